"""Searches on other machines: two workers of Dask on this one."""

import numpy as np
import pytest
from joblib import parallel_config
from sklearn.model_selection import GridSearchCV

from crelu import ConvexReLUClassifier, ConvexReLURegressor

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def cluster():
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None
    ) as cluster:
        with distributed.Client(cluster) as client:
            yield client


@pytest.mark.filterwarnings("ignore")
def test_search_over_a_cluster_is_the_one_alone(cluster, rings):
    X, y = rings
    search = GridSearchCV(
        ConvexReLUClassifier(beta=0.1, prove=False, n_jobs=1), {"beta": [0.1, 0.003]}, cv=3
    )
    alone = search.fit(X, y).cv_results_["mean_test_score"]
    with parallel_config(backend="dask"):
        there = search.fit(X, y).cv_results_["mean_test_score"]
    np.testing.assert_array_equal(alone, there)


@pytest.mark.filterwarnings("ignore")
def test_folds_over_a_cluster_are_those_alone(cluster, hinges, rings):
    ran = cluster.run(lambda: None)
    assert len(ran) == 2
    for kind, (X, y) in ((ConvexReLURegressor, hinges), (ConvexReLUClassifier, rings)):
        model = kind(max_iter=4, prove=False, n_jobs=1, cv=3)
        alone = model.fit(X, y)
        scores, outputs = alone.cv_results_, alone.predict(X)
        tasks = len(cluster.get_task_stream())
        with parallel_config(backend="dask"):
            there = kind(**model.get_params()).fit(X, y)
        # the folds ran there
        assert len(cluster.get_task_stream()) >= tasks + 3
        assert there.beta_ == alone.beta_
        for name, values in scores.items():
            np.testing.assert_allclose(there.cv_results_[name], values, rtol=1e-9)
        np.testing.assert_array_equal(there.predict(X), outputs)


@pytest.mark.filterwarnings("ignore")
def test_folds_inside_a_search_over_a_cluster(cluster, hinges):
    X, y = hinges
    model = ConvexReLURegressor(max_iter=3, prove=False, n_jobs=1, cv=2)
    search = GridSearchCV(model, {"rule": ["best", "1se"]}, cv=2)
    alone = search.fit(X, y).cv_results_["mean_test_score"]
    with parallel_config(backend="dask"):
        there = search.fit(X, y).cv_results_["mean_test_score"]
    np.testing.assert_allclose(alone, there, rtol=1e-9)


@pytest.mark.filterwarnings("ignore")
def test_error_of_a_fold_elsewhere_is_raised(cluster, rings):
    X, y = rings
    with parallel_config(backend="dask"):
        with pytest.raises(ValueError, match="metric"):
            ConvexReLUClassifier(metric="r2").fit(X, y)
