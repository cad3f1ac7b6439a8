"""What people combine an estimator with."""

import pickle
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder

import crelu
from crelu import ConvexReLUClassifier, ConvexReLURegressor


def test_pipelines_searches_and_calibration(rings):
    X, y = rings
    model = ConvexReLUClassifier(beta=0.01, prove=False)
    pipeline = make_pipeline(MinMaxScaler(), model)
    assert cross_val_score(pipeline, X, y, cv=3).mean() > 0.8
    search = GridSearchCV(model, {"beta": [0.1, 0.003]}, cv=3, n_jobs=2).fit(X, y)
    assert search.best_params_["beta"] == 0.003
    calibrated = CalibratedClassifierCV(model, cv=3).fit(X, y)
    assert calibrated.predict_proba(X).shape == (len(y), 2)


def test_column_transformer_hands_on_text(rings):
    pandas = pytest.importorskip("pandas")
    X, y = rings
    frame = pandas.DataFrame(X, columns=list("abc")).assign(kind=np.where(X[:, 0] > 0, "u", "v"))
    coding = ColumnTransformer([("kind", OneHotEncoder(), ["kind"])], remainder="passthrough")
    model = ConvexReLUClassifier(beta=0.01, prove=False)
    assert make_pipeline(coding, model).fit(frame, y).score(frame, y) > 0.8


def test_clone_and_pickle_keep_parameters_and_predictions(hinges):
    X, y = hinges
    model = ConvexReLURegressor(beta=0.01, max_neurons=3, random_state=4, prove=False).fit(X, y)
    assert clone(model).get_params() == model.get_params()
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert again.report_ == model.report_


def test_files_go_both_ways(tmp_path, rings, hinges):
    for kind, (X, y) in ((ConvexReLUClassifier, rings), (ConvexReLURegressor, hinges)):
        model = kind(beta=0.01, prove=False).fit(X, y)
        path = tmp_path / "model.safetensors"
        crelu.save(model, path)
        again = crelu.load(path)
        assert type(again) is kind
        np.testing.assert_array_equal(again.predict(X), model.predict(X))
        again.save(tmp_path / "again.safetensors")
        assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(b"no model")
    with pytest.raises(ValueError, match="bad.safetensors"):
        crelu.load(bad)
    with pytest.raises(OSError):
        model.save(tmp_path / "no" / "folder")
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "again.safetensors",
        "bad.safetensors",
        "model.safetensors",
    ]


def test_numeric_labels_come_back_from_a_file(tmp_path, rings):
    X, y = rings
    model = ConvexReLUClassifier(beta=0.01, prove=False).fit(X, np.where(y == "outer", 7, 3))
    model.save(tmp_path / "m")
    again = crelu.load(tmp_path / "m")
    assert again.classes_.dtype.kind == "i" and list(again.classes_) == [3, 7]


def test_callback_hears_and_stops(hinges):
    X, y = hinges
    heard = []
    ConvexReLURegressor(beta=1e-3, prove=False).fit(X, y, callback=heard.append)
    assert {"doing", "prepared", "check"} <= {event["event"] for event in heard}
    model = ConvexReLURegressor(beta=1e-6, tol=0.0, prove=False)
    model.fit(X, y, callback=lambda event: False)
    assert model.report_["status"] == "interrupted"
    assert np.isfinite(model.predict(X)).all()

    def fail(event):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        ConvexReLURegressor(beta=1e-3, prove=False).fit(X, y, callback=fail)


def test_verbose_prints_where_the_fit_is(hinges, capsys):
    X, y = hinges
    ConvexReLURegressor(beta=1e-3, verbose=1, prove=False).fit(X, y)
    assert "[crelu]" in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
def test_interrupt_keeps_the_network_and_raises():
    # the callback runs in the main thread, and sends what Ctrl-C sends
    code = """
    import os, signal
    import numpy as np
    from crelu import ConvexReLURegressor

    X = np.random.default_rng(0).normal(size=(400, 12))
    y = np.abs(X).sum(axis=1) + np.sin(9 * X[:, 0])
    model = ConvexReLURegressor(beta=1e-7, tol=0.0, thin=0.0, prove=False)
    sent = []

    def once(event):
        if event["event"] == "check" and not sent:
            sent.append(event)
            os.kill(os.getpid(), signal.SIGINT)

    try:
        model.fit(X, y, callback=once)
    except KeyboardInterrupt:
        assert model.report_["status"] == "interrupted", model.report_["status"]
        assert np.isfinite(model.predict(X)).all()
        print("kept")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=1800
    )
    assert done.stdout == "kept\n", done.stderr


def test_interpreter_is_free_during_a_fit():
    import threading

    X = np.random.default_rng(0).normal(size=(600, 12))
    y = np.abs(X).sum(axis=1)
    counts, over = [0], threading.Event()

    def count():
        while not over.is_set():
            counts[0] += 1

    counter = threading.Thread(target=count)
    model = ConvexReLURegressor(beta=1e-4, max_iter=5, n_jobs=1, prove=False)
    seen = []
    counter.start()
    try:
        model.fit(X, y, callback=lambda event: seen.append(counts[0]))
    except Warning:
        pass
    finally:
        over.set()
        counter.join()
    # it counts between the events, where the core works
    assert max(np.diff(seen)) > 100, seen


def test_documented_examples_run():
    import doctest

    from crelu import _classifier, _regressor

    for module in (_classifier, _regressor):
        result = doctest.testmod(module)
        assert result.attempted > 0 and result.failed == 0
