"""The folds of beta="cv"."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GroupKFold, KFold, ShuffleSplit

from crelu import ConvexReLUClassifier, ConvexReLURegressor


def quick(**arguments):
    return ConvexReLURegressor(max_iter=3, prove=False, **arguments)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_splitter_and_its_list_are_the_same(hinges):
    X, y = hinges
    cv = KFold(3, shuffle=True, random_state=0)
    one = quick(cv=cv).fit(X, y)
    other = quick(cv=list(cv.split(X))).fit(X, y)
    np.testing.assert_array_equal(one.predict(X), other.predict(X))
    assert "split2_test_score" in one.cv_results_ and "split3_test_score" not in one.cv_results_


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_groups_are_held_out_together(hinges):
    X, y = hinges
    # the target is that of the group: only folds that tear groups apart can know it
    groups = np.arange(150) % 25
    X = np.column_stack([groups == g for g in range(25)]).astype(float)
    y = np.random.default_rng(2).normal(size=25)[groups]
    score = {}
    for name, (cv, of) in {
        "rows": (5, None),
        "groups": (5, [f"g{g}" for g in groups]),
        "splitter": (GroupKFold(5), groups),
    }.items():
        model = quick(cv=cv).fit(X, y, groups=of)
        score[name] = model.cv_results_["mean_test_score"].max()
    assert score["rows"] > 0.9 and score["groups"] < 0.3 and score["splitter"] < 0.3, score
    with pytest.raises(ValueError, match="[Gg]roups|inconsistent"):
        quick().fit(X, y, groups=groups[:10])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_rows_of_no_weight_are_in_no_fold(hinges):
    X, y = hinges
    weights = np.where(np.arange(150) < 100, 2.0, 0.0)
    cv = ShuffleSplit(3, random_state=0)
    parts = [(a[a < 100], b[b < 100]) for a, b in cv.split(X)]
    one = quick(cv=cv).fit(X, y, sample_weight=weights)
    other = quick(cv=parts).fit(X[:100], y[:100])
    np.testing.assert_allclose(
        one.cv_results_["mean_test_score"], other.cv_results_["mean_test_score"], rtol=1e-12
    )


def test_rules_order_penalties_and_metrics_are_taken(rings):
    X, y = rings
    chosen = {}
    for rule in ("best", "1se"):
        model = ConvexReLUClassifier(rule=rule, metric="accuracy", cv=3, prove=False).fit(X, y)
        assert model.report_["cv"]["metric"] == "accuracy"
        chosen[rule] = model.beta_
    assert chosen["1se"] >= chosen["best"]


def test_course_of_a_choice_is_told_and_stopped(hinges):
    X, y = hinges
    heard = []
    with pytest.warns(ConvergenceWarning, match="gap of"):
        quick(cv=3).fit(X, y, callback=heard.append)
    kinds = [event["event"] for event in heard]
    steps = [event for event in heard if event["event"] == "step"]
    assert kinds.count("folds") == kinds.count("chosen") == 1
    assert {step["fold"] for step in steps} == {None, 0, 1, 2}
    assert len(steps) == 40

    def stop(event):
        return not (event["event"] == "step" and event["step"] == 4)

    model = quick(cv=3).fit(X, y, callback=stop)
    assert model.report_["status"] == "interrupted" and np.isfinite(model.predict(X)).all()


@pytest.mark.parametrize("cv", [1, 0])
def test_too_few_folds_are_refused(hinges, cv):
    X, y = hinges
    with pytest.raises(ValueError, match="folds|cv"):
        ConvexReLURegressor(cv=cv).fit(X, y)
