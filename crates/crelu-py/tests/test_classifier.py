import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.metrics import log_loss

from crelu import ConvexReLUClassifier


def forward(model, X):
    """The network by its public weights."""
    hidden = np.maximum(X @ model.coef_hidden_.T + model.intercept_hidden_, 0)
    return hidden @ model.coef_output_.T + model.intercept_


def test_two_classes_are_learnt_and_the_weights_are_those_of_the_outputs(rings):
    X, y = rings
    model = ConvexReLUClassifier(beta=1e-3, prove=False).fit(X, y)
    assert model.score(X, y) > 0.95
    assert list(model.classes_) == ["inner", "outer"]
    np.testing.assert_allclose(
        model.decision_function(X), forward(model, X)[:, 0], rtol=1e-9, atol=1e-9
    )
    p = model.predict_proba(X)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert ((p[:, 1] >= 0.5) == (model.predict(X) == "outer")).all()
    np.testing.assert_allclose(np.exp(model.predict_log_proba(X)), p)


def test_report_and_attributes_are_those_of_the_fit(rings):
    X, y = rings
    model = ConvexReLUClassifier(beta=0.01).fit(X, y)
    assert model.beta_ == 0.01
    assert model.report_["neurons"] == model.coef_hidden_.shape[0]
    assert model.report_["status"] in ("converged", "settled")
    assert model.n_iter_ == model.report_["iterations"] >= 1
    assert 0 <= model.dual_gap_ <= 1 and model.history_
    # the objective from the data and what is public
    loss, f = model.report_["loss"], model.decision_function(X)
    sign = np.where(y == "outer", 1.0, -1.0)
    mean = {
        "squared": np.mean((f - sign) ** 2) / 2,
        "logistic": np.mean(np.logaddexp(0, -sign * f)),
    }[loss]
    assert mean <= model.report_["objective_network"]
    assert 0 < model.proven_bound_ <= model.report_["objective_network"]


def test_three_classes_give_one_probability_each():
    X, y = load_iris(return_X_y=True)
    model = ConvexReLUClassifier(beta=1e-3, prove=False).fit(X, y)
    assert model.score(X, y) > 0.95
    assert model.decision_function(X).shape == (150, 3)
    p = model.predict_proba(X)
    assert (p.argmax(axis=1) == model.predict(X)).all()
    assert log_loss(y, p) < 0.2


def test_squared_loss_of_three_classes_has_no_probabilities():
    X, y = load_iris(return_X_y=True)
    model = ConvexReLUClassifier(beta=1e-3, loss="squared", prove=False).fit(X, y)
    assert model.score(X, y) > 0.9
    assert not hasattr(model, "predict_proba")


@pytest.mark.parametrize("loss", ["squared", "logistic"])
@pytest.mark.parametrize("train", ["global", "sampled"])
def test_losses_in_both_modes(rings, loss, train):
    X, y = rings
    model = ConvexReLUClassifier(beta=1e-3, loss=loss, train=train, prove=False).fit(X, y)
    assert model.report_["loss"] == loss
    assert model.score(X, y) > 0.9


def test_penalty_is_chosen_by_cross_validation(rings):
    X, y = rings
    model = ConvexReLUClassifier().fit(X, y)
    results = model.cv_results_
    assert (np.diff(results["beta"]) < 0).all()
    assert np.isclose(results["beta"], model.beta_, rtol=1e-9).any()
    folds = np.array([results[f"split{k}_test_score"] for k in range(5)])
    np.testing.assert_allclose(folds.mean(axis=0), results["mean_test_score"])
    assert model.score(X, y) > 0.8


def test_class_weights_are_sample_weights(rings):
    X, y = rings
    of_class = {"inner": 1.0, "outer": 3.0}
    one = ConvexReLUClassifier(beta=0.01, class_weight=of_class, prove=False).fit(X, y)
    weights = np.where(y == "outer", 3.0, 1.0)
    other = ConvexReLUClassifier(beta=0.01, prove=False).fit(X, y, sample_weight=weights)
    np.testing.assert_array_equal(one.decision_function(X), other.decision_function(X))


def test_repeated_rows_are_their_weight_in_any_order(rings):
    X, y = rings
    times = np.arange(len(y)) % 3
    order = np.random.default_rng(5).permutation(times.sum())
    X_all, y_all = (np.repeat(part, times, axis=0)[order] for part in (X, y))
    for class_weight in (None, "balanced"):
        model = ConvexReLUClassifier(beta=0.01, class_weight=class_weight, prove=False)
        one = model.fit(X, y, sample_weight=times).decision_function(X)
        other = model.fit(X_all, y_all).decision_function(X)
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)


def test_rows_of_no_weight_are_as_if_they_were_not_there(rings):
    X, y = rings
    weights = np.where(np.arange(len(y)) < 90, 1.0, 0.0)
    one = ConvexReLUClassifier(beta=0.01, prove=False).fit(X, y, sample_weight=weights)
    other = ConvexReLUClassifier(beta=0.01, prove=False).fit(X[:90], y[:90])
    np.testing.assert_allclose(
        one.decision_function(X), other.decision_function(X), rtol=1e-9, atol=1e-9
    )


def test_gated_network_is_trained_and_predicts(rings):
    X, y = rings
    model = ConvexReLUClassifier(beta=1e-3, activation="gated", patterns=50, prove=False).fit(X, y)
    assert model.report_["train_mode"] == "sampled"
    assert model.score(X, y) > 0.9


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"beta": "auto"}, "beta"),
        ({"beta": -1.0}, "beta"),
        ({"loss": "hinge"}, "loss"),
        ({"train": "adam"}, "train"),
        ({"beta": 0.1, "tol": float("nan")}, "tol"),
        ({"beta": 0.1, "patterns": "many"}, "patterns"),
        ({"rule": "worst"}, "rule"),
        ({"n_jobs": 0}, "n_jobs"),
        ({"beta": 0.1, "train": "sampled", "max_neurons": 3}, "max_neurons"),
    ],
)
def test_wrong_argument_is_named(rings, arguments, says):
    X, y = rings
    with pytest.raises((ValueError, TypeError), match=says):
        ConvexReLUClassifier(**arguments).fit(X, y)
