"""scikit-learn's own checks, all of them."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from crelu import ConvexReLUClassifier, ConvexReLURegressor

# a penalty that is given: a fit takes a thirtieth of the time of one that is chosen
ESTIMATORS = [ConvexReLUClassifier(beta=0.02), ConvexReLURegressor(beta=0.02)]


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks(ESTIMATORS)
def test_estimator_keeps_the_contract(estimator, check):
    check(estimator)
