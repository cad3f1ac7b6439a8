"""Arrays of other libraries, handed over as they are."""

import numpy as np
import pytest

from crelu import ConvexReLUClassifier, ConvexReLURegressor


def check_arrays(of, hinges, rings):
    X, y = hinges
    X = X.astype(np.float32)
    y = y.astype(np.float32)
    plain = ConvexReLURegressor(beta=0.01, prove=False).fit(X, y)
    model = ConvexReLURegressor(beta=0.01, prove=False).fit(of(X), of(y))
    for rows in (of(X), X):
        np.testing.assert_array_equal(model.predict(rows), plain.predict(X))
    assert isinstance(model.predict(of(X)), np.ndarray)
    X, labels = rings
    y = (labels == "outer").astype(np.int32)
    model = ConvexReLUClassifier(beta=0.01, prove=False).fit(of(X), of(y), sample_weight=of(y + 1))
    plain = ConvexReLUClassifier(beta=0.01, prove=False).fit(
        np.asarray(of(X)), y, sample_weight=y + 1
    )
    np.testing.assert_array_equal(model.predict_proba(of(X)), plain.predict_proba(np.asarray(of(X))))


@pytest.mark.full
def test_jax_arrays_are_taken(hinges, rings):
    jax = pytest.importorskip("jax")
    check_arrays(jax.numpy.asarray, hinges, rings)


def test_torch_tensors_are_taken(hinges, rings):
    torch = pytest.importorskip("torch")
    check_arrays(torch.as_tensor, hinges, rings)
    # what is learnt from needs no gradient of its own
    X, y = hinges
    with pytest.raises((RuntimeError, TypeError, ValueError)):
        ConvexReLURegressor(beta=0.1).fit(torch.tensor(X, requires_grad=True), y)
