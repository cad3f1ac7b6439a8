"""scikit-learn's own checks, all of them, without an expected failure.

With the parameters that an estimator has by itself, which choose the penalty by cross-validation, a fit takes
thirty times as long as one with a penalty that is given: all checks do so with --full, and some always.
"""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from crelu import ConvexReLUClassifier, ConvexReLURegressor

#: Those that the choice of a penalty could break.
OF_THE_CHOICE = {
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
    "check_fit_idempotent",
    "check_fit2d_1sample",
    "check_parameters_default_constructible",
    "check_do_not_raise_errors_in_init_or_set_param",
}


def name_of(check):
    return getattr(check, "func", check).__name__


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks([ConvexReLUClassifier(beta=0.02, prove=False), ConvexReLURegressor(beta=0.02, prove=False)])
def test_estimator_keeps_the_contract(estimator, check):
    check(estimator)


@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks([ConvexReLUClassifier(), ConvexReLURegressor()])
def test_estimator_keeps_the_contract_by_itself(estimator, check, request):
    if name_of(check) not in OF_THE_CHOICE and not request.config.getoption("--full"):
        pytest.skip("runs with --full")
    check(estimator)
