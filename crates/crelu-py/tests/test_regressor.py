import numpy as np
import pytest

from crelu import ConvexReLURegressor


def test_hinges_are_learnt_in_their_units(hinges):
    X, y = hinges
    model = ConvexReLURegressor().fit(X, y)
    assert model.score(X, y) > 0.98
    hidden = np.maximum(X @ model.coef_hidden_.T + model.intercept_hidden_, 0)
    own = hidden @ model.coef_output_.T + model.intercept_
    np.testing.assert_allclose(model.predict(X), own[:, 0], rtol=1e-9)


def test_several_targets_are_columns(hinges):
    X, y = hinges
    both = np.column_stack([y, -2 * y])
    model = ConvexReLURegressor(beta=1e-3, prove=False).fit(X, both)
    assert model.predict(X).shape == both.shape
    assert model.score(X, both) > 0.9
    assert model.coef_output_.shape[0] == 2 == len(model.intercept_)


def test_single_precision_and_any_layout_give_the_same_network(hinges):
    X, y = hinges
    X = X.astype(np.float32)
    plain = ConvexReLURegressor(beta=1e-3, prove=False).fit(X.astype(np.float64), y)
    for other in (X, np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2]):
        model = ConvexReLURegressor(beta=1e-3, prove=False).fit(other, y)
        np.testing.assert_array_equal(model.predict(X), plain.predict(X))


def test_huber_loss_is_not_led_by_an_outlier(hinges):
    X, y = hinges
    bad = y.copy()
    bad[::10] += 100
    # a weaker penalty lets a hundred neurons follow the outliers and the rest, too
    huber = ConvexReLURegressor(beta=0.1, loss="huber", prove=False).fit(X, bad)
    squared = ConvexReLURegressor(beta=0.1, prove=False).fit(X, bad)
    off = lambda model: np.median(np.abs(model.predict(X) - y))  # noqa: E731
    assert off(huber) < 0.2 * off(squared)


def test_threads_change_nothing(hinges):
    X, y = hinges
    one = ConvexReLURegressor(beta=1e-3, n_jobs=1, prove=False).fit(X, y).predict(X)
    two = ConvexReLURegressor(beta=1e-3, n_jobs=2, prove=False).fit(X, y).predict(X)
    np.testing.assert_allclose(one, two, rtol=1e-6)


def test_folds_of_a_splitter_and_of_a_list_are_taken(hinges):
    from sklearn.model_selection import KFold

    X, y = hinges
    splitter = KFold(3, shuffle=True, random_state=0)
    one = ConvexReLURegressor(cv=splitter, prove=False).fit(X, y)
    two = ConvexReLURegressor(cv=list(splitter.split(X, y))).fit(X, y)
    assert one.beta_ == two.beta_
    assert "split2_test_score" in one.cv_results_ and "split3_test_score" not in one.cv_results_


def test_warm_start_ends_where_a_fit_of_its_own_does(hinges):
    X, y = hinges
    model = ConvexReLURegressor(beta=0.05, warm_start=True, prove=False).fit(X, y)
    model.set_params(beta=0.01).fit(X, y)
    own = ConvexReLURegressor(beta=0.01, prove=False).fit(X, y)
    np.testing.assert_allclose(
        model.report_["objective_network"], own.report_["objective_network"], rtol=5e-3
    )


def test_limits_warn_and_leave_a_network(hinges):
    from sklearn.exceptions import ConvergenceWarning

    X, y = hinges
    with pytest.warns(ConvergenceWarning, match="iteration_limit"):
        model = ConvexReLURegressor(beta=1e-4, max_iter=1, prove=False).fit(X, y)
    assert np.isfinite(model.predict(X)).all()
