"""The parts of the method let other threads run meanwhile, and end at Ctrl-C."""

import os
import signal
import sys
import threading

import numpy as np
import pytest

import crelu
from crelu import _core

#: What another thread does before it sends what Ctrl-C sends.
COUNT = 10_000
#: No thread takes the interpreter from another within so many seconds: it must be let go.
NEVER = 1000.0


def small():
    """So few numbers that NumPy does not let the interpreter go."""
    rng = np.random.default_rng(5)
    return rng.normal(size=(80, 6)), rng.normal(size=80)


def gates():
    return crelu.sample_gates(small()[0], 10**6)


def programme():
    X, y = small()
    few, _ = crelu.sample_gates(X, 40)
    # a step of the inexact method that never reaches a gap of 0
    return lambda: crelu.solve_convex(
        X, y, few, beta=1e-6, tol=0.0, max_iter=10**9, primal="cg"
    )


def search():
    X, y = small()
    return lambda: crelu.price(X, y, ascents=10**6)


def proof():
    X, y = small()
    return lambda: crelu.prove(X, y, beta=1e-4, seconds=10**6)


def conjugate_gradients():
    n = 1200
    A = np.random.default_rng(6).normal(size=(n, n))
    A = A @ A.T + 1e-9 * np.eye(n)
    b = np.ones(n)
    return lambda: _core.pcg(A, b, np.zeros(n), None, 0.0, 10**9)


def sketch():
    A = np.eye(3000)
    return lambda: _core.Nystrom(A, 1500, 1.0, 0)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of Unix")
@pytest.mark.skipif(
    threading.current_thread() is not threading.main_thread(), reason="signals come to the main thread"
)
@pytest.mark.parametrize(
    "make",
    [lambda: gates, programme, search, proof, conjugate_gradients, sketch],
    ids=["gates", "programme", "search", "proof", "conjugate gradients", "sketch"],
)
def test_parts_let_the_interpreter_go_and_end_at_ctrl_c(make):
    call = make()
    begun, counted, returned = threading.Event(), [], []

    def interrupt():
        begun.wait()
        for k in range(COUNT):
            counted.append(k)
        os.kill(os.getpid(), signal.SIGINT)

    other = threading.Thread(target=interrupt, daemon=True)
    before = sys.getswitchinterval()
    other.start()
    sys.setswitchinterval(NEVER)
    try:
        with pytest.raises(KeyboardInterrupt):
            begun.set()
            call()
            returned.append(len(counted))
            # its signal must not come to somebody else
            sys.setswitchinterval(before)
            other.join()
    finally:
        sys.setswitchinterval(before)
        other.join()
    # it neither came to its end, nor was it the join that was interrupted
    assert not returned and len(counted) == COUNT
