"""scikit-learn's own checks, all of them: no failure is expected."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from crelu import ConvexReLUClassifier, ConvexReLURegressor


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks([ConvexReLUClassifier(), ConvexReLURegressor()])
def test_estimator_keeps_the_contract(estimator, check):
    check(estimator)
