"""Models in other runtimes predict as the estimators do."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris

from crelu import ConvexReLUClassifier, ConvexReLURegressor, load, to_onnx, to_torch

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")

#: Of outputs of size 1: float32 columns lose 6e-8 of themselves.
SAME = 1e-5
#: The order of sums in float64.
SAME_DOUBLE = 1e-10


def evaluated(content, inputs):
    onnx.checker.check_model(onnx.load_from_string(content), full_check=True)
    session = runtime.InferenceSession(content, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, inputs)))


def assert_near(got, want, within):
    assert got.shape == want.shape
    assert np.abs(got - want).max() <= within * max(1.0, np.abs(want).max())


def shares(model, X, result, within):
    """Labels and probabilities; a row on the border may fall to either side."""
    p = model.predict_proba(X)
    assert_near(result["probabilities"], p, within)
    clear = np.sort(p, axis=1)[:, -1] - np.sort(p, axis=1)[:, -2] > 2 * within
    assert clear.mean() > 0.9
    assert (result["label"][clear] == model.predict(X)[clear]).all()


@pytest.mark.parametrize("activation", ["relu", "gated"])
@pytest.mark.parametrize("kind", ["regression", "targets", "squared", "logistic", "softmax"])
def test_onnx_predicts_as_the_estimator(kind, activation):
    options = {"beta": 0.01, "activation": activation, "prove": False, "patterns": 40}
    if kind in ("regression", "targets"):
        X, y = load_diabetes(return_X_y=True, scaled=False)
        y = y if kind == "regression" else np.column_stack([y, X[:, 2] * 0.5 - y])
        model = ConvexReLURegressor(**{**options, "beta": 3.0}).fit(X, y)
    elif kind == "softmax":
        X, y = load_iris(return_X_y=True)
        model = ConvexReLUClassifier(**options).fit(X, np.array(["a", "b", "c"])[y])
    else:
        X, y = load_breast_cancer(return_X_y=True)
        model = ConvexReLUClassifier(loss=kind, **options).fit(X, y)
    assert model.coef_hidden_.shape[0] > 1
    for dtype, within in [("float32", SAME), ("float64", SAME_DOUBLE)]:
        # the same numbers go to both
        rows = X.astype(dtype)
        result = evaluated(model.to_onnx(dtype=dtype), {"X": rows})
        if kind in ("regression", "targets"):
            want = model.predict(rows)
            assert result["variable"].dtype == dtype
            assert_near(result["variable"], want.reshape(len(X), -1), within)
        else:
            shares(model, rows, result, within)
            text = kind == "softmax"
            assert result["label"].dtype == (object if text else np.int64)


def test_onnx_of_a_frame_takes_its_columns():
    pandas = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    table = pandas.DataFrame(
        {
            "kind": rng.choice(["coat", "hat", "shoe"], 90),
            "size": rng.normal(40, 3, 90),
        }
    )
    y = np.where(table["kind"] == "hat", 20.0, 60.0) + np.maximum(table["size"] - 40, 0)
    table.loc[::7, "size"] = np.nan
    table.loc[::11, "kind"] = None
    model = ConvexReLURegressor(beta=0.01, missing="impute").fit(table, y)
    probe = table.copy()
    probe.loc[3, "kind"] = "glove"
    with pytest.warns(UserWarning, match="glove"):
        want = model.predict(probe)
    inputs = {
        "kind": probe["kind"].fillna("").astype(str).to_numpy(object)[:, None],
        "size": probe["size"].to_numpy(np.float32)[:, None],
    }
    result = evaluated(model.to_onnx(), inputs)
    assert_near(result["variable"][:, 0], want, SAME)


def test_onnx_without_probabilities_has_scores():
    X, y = load_iris(return_X_y=True)
    model = ConvexReLUClassifier(loss="squared", beta=0.01).fit(X, y)
    result = evaluated(model.to_onnx(dtype="float64"), {"X": X})
    assert_near(result["scores"], model.decision_function(X), SAME_DOUBLE)
    assert (result["label"] == model.predict(X)).all()


def test_onnx_of_a_hole_that_is_not_filled_is_nan(hinges):
    X, y = hinges
    X = np.column_stack([X, np.ones(len(X))])
    model = ConvexReLURegressor(beta=0.01).fit(X, y)
    for column in (0, X.shape[1] - 1):
        rows = X[:3].copy()
        rows[1, column] = np.nan
        got = evaluated(model.to_onnx(dtype="float64"), {"X": rows})["variable"]
        assert np.isnan(got[1, 0]) and np.isfinite(got[[0, 2]]).all()


def test_onnx_file_is_that_of_the_command_line(hinges, tmp_path, command_line):
    X, y = hinges
    model = ConvexReLURegressor(beta=0.01).fit(X, y)
    model.save(tmp_path / "m.safetensors")
    content = to_onnx(model, tmp_path / "m.onnx")
    assert (tmp_path / "m.onnx").read_bytes() == content
    assert load(tmp_path / "m.safetensors").to_onnx() == content
    words = ["export", tmp_path / "m.safetensors", "--onnx", tmp_path / "c.onnx"]
    assert "X in, variable out" in command_line(*words)
    assert (tmp_path / "c.onnx").read_bytes() == content


def test_onnx_that_cannot_be_made_is_one_error(hinges, tmp_path):
    X, y = hinges
    with pytest.raises(ValueError, match="not fitted"):
        to_onnx(ConvexReLURegressor())
    model = ConvexReLURegressor(beta=0.01).fit(X, y)
    with pytest.raises(ValueError, match="dtype: must be one of 'float32', 'float64'; got 'int8'"):
        model.to_onnx(tmp_path / "m.onnx", dtype="int8")
    with pytest.raises(OSError):
        model.to_onnx(tmp_path / "none" / "m.onnx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("activation", ["relu", "gated"])
def test_torch_module_gives_the_outputs(hinges, rings, activation):
    torch = pytest.importorskip("torch")
    options = {"beta": 0.01, "activation": activation, "patterns": 40}
    X, y = hinges
    X = np.column_stack([X, np.ones(len(X))])
    model = ConvexReLURegressor(**options).fit(X, y)
    module = to_torch(model)
    with torch.no_grad():
        got = module(torch.tensor(X)).numpy()
    assert_near(got[:, 0], model.predict(X), SAME_DOUBLE)
    X, y = rings
    model = ConvexReLUClassifier(**options).fit(X, y)
    module = model.to_torch()
    got = module(torch.tensor(X))
    assert_near(got.detach().numpy()[:, 0], model.decision_function(X), SAME_DOUBLE)
    got.sum().backward()
    assert module.hidden.weight.grad.abs().sum() > 0


def test_torch_is_imported_when_it_is_asked_for(hinges, monkeypatch):
    import sys

    X, y = hinges
    model = ConvexReLURegressor(beta=0.01).fit(X, y)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError):
        model.to_torch()
