"""Rows held out end a fit, and choose its network."""

import numpy as np
import pytest

from crelu import ConvexReLUClassifier, ConvexReLURegressor


def noisy(n, seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 6))
    return X, np.maximum(X[:, 0], 0) - np.maximum(X[:, 1], 0) + rng.normal(size=n)


def free(**parameters):
    """A fit that follows the noise unless it is stopped."""
    return ConvexReLURegressor(beta=1e-4, prove=False, **parameters)


def test_validation_keeps_the_network_that_scores_best_on_it():
    X, y = noisy(150, 0)
    held_out = noisy(400, 1)
    model = free(patience=3).fit(X, y, validation=held_out)
    stop = model.report_["early_stop"]
    assert stop["metric"] == "r2" and stop["rows"] == 400 and stop["patience"] == 3
    assert model.score(*held_out) == pytest.approx(stop["score"], rel=1e-9)
    # the figures of its history are those of the rows held out, the best is the one that is kept
    scores = [entry["test_r2"] for entry in model.history_ if entry.get("test_r2") is not None]
    assert max(scores) == pytest.approx(stop["score"], rel=1e-9)
    if stop["stopped"]:
        assert len(scores) >= 4 and max(scores[-3:]) <= stop["score"]
    whole = free().fit(X, y)
    assert model.score(*held_out) > whole.score(*held_out)


def test_share_is_that_of_the_command_line(tmp_path, command_line):
    X, y = noisy(200, 2)
    model = free(early_stop=0.25, random_state=5).fit(X, y)
    assert model.report_["early_stop"]["rows"] == 50 and model.report_["n"] == 150
    np.savetxt(tmp_path / "rows.csv", np.column_stack([X, y]), delimiter=",", fmt="%.17g")
    command_line(
        "fit", tmp_path / "rows.csv", "--early-stop", "0.25", "--beta", "1e-4", "--seed", "5", "--no-prove",
        "--task", "regress", "--quiet", "--out", tmp_path / "there.safetensors",
    )  # fmt: skip
    from crelu import load

    np.testing.assert_allclose(
        load(tmp_path / "there.safetensors").predict(X), model.predict(X), rtol=1e-9
    )


def test_validation_of_text_and_labels_is_coded_as_training_is(frames):
    rng = np.random.default_rng(7)
    colour = rng.choice(["red", "blue"], 120)
    size = rng.normal(size=120)
    size[3] = np.nan
    label = np.where((colour == "red") ^ (np.nan_to_num(size) > 0), "yes", "no")
    frame = frames.DataFrame({"colour": colour.tolist(), "size": size})
    model = ConvexReLUClassifier(beta=1e-3, missing="impute", prove=False)
    model.fit(frame[:80], label[:80], validation=(frame[80:], label[80:], np.ones(40)))
    stop = model.report_["early_stop"]
    assert stop["metric"] == "log_loss" and stop["rows"] == 40
    of_label = model.predict_proba(frame[80:])[np.arange(40), (label[80:] == "yes").astype(int)]
    assert -np.log(of_label).mean() == pytest.approx(stop["score"], rel=1e-9)
    with pytest.raises(ValueError, match="'maybe' is not in y"):
        model.fit(frame[:80], label[:80], validation=(frame[80:82], ["yes", "maybe"]))


def test_what_does_not_go_with_it_is_refused():
    X, y = noisy(40, 3)
    for model, validation, told in (
        (ConvexReLURegressor(early_stop=0.2), None, "early_stop: belongs to a single penalty"),
        (ConvexReLURegressor(), (X, y), "validation: belongs to a single penalty"),
        (free(early_stop=0.2, thin=0.1), None, "thin: early_stop keeps"),
        (free(max_neurons=4), (X, y), "max_neurons: validation keeps"),
        (free(early_stop=0.2), (X, y), "leave one of them out"),
        (free(early_stop=1.5), None, "early_stop: must be a share"),
        (free(early_stop=0.001), None, "early_stop: leaves no row"),
        (free(early_stop=0.2, patience=0), None, "at least 1"),
        (free(early_stop="much"), None, "early_stop"),
        (free(), X, "validation: must be"),
        (free(), (X, y[:-1]), "inconsistent"),
        (free(), (X[:, :-1], y), "features"),
        (free(metric="accuracy"), (X, y), "metric"),
    ):
        with pytest.raises((ValueError, TypeError), match=told):
            model.fit(X, y, validation=validation)
