"""backend="wgpu": a graphics adapter, of software where there is no card."""

import os

import numpy as np
import pytest

from crelu import ConvexReLURegressor


def test_adapter_that_is_not_there_is_named(hinges, monkeypatch):
    X, y = hinges
    monkeypatch.setenv("CRELU_ADAPTER", "no such card")
    with pytest.raises(RuntimeError, match="backend='wgpu': no graphics adapter"):
        ConvexReLURegressor(beta=0.1, backend="wgpu").fit(X, y)
    # others do not ask for one
    ConvexReLURegressor(beta=0.1, backend="auto", max_iter=2, prove=False).fit(X, y)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_adapter_reaches_the_objective_of_the_processor(command_line, hinges):
    if "software" not in command_line("devices") and os.environ.get("CRELU_GPU") != "require":
        pytest.skip("no software adapter here")
    X, y = hinges
    options = {"beta": 0.05, "train": "sampled", "patterns": 20, "primal": "cg", "prove": False}
    there = ConvexReLURegressor(backend="wgpu", **options).fit(X, y)
    assert there.report_["primal"]["backend"] == "wgpu"
    here = ConvexReLURegressor(**options).fit(X, y)
    np.testing.assert_allclose(
        there.report_["objective_network"], here.report_["objective_network"], rtol=2e-3
    )
    assert np.abs(there.predict(X) - here.predict(X)).max() < 0.2
