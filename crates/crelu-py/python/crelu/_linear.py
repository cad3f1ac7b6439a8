"""The randomised preconditioner and conjugate gradients, on NumPy arrays and functions."""

from dataclasses import dataclass, field

import numpy as np

from . import _core
from ._checks import count, matrix, number, vector


def _operator(name, A, n):
    """What the core takes for a symmetric operator of side `n`."""
    if hasattr(A, "__array__") or isinstance(A, (list, tuple)):
        A = matrix(name, A)
        if A.shape[0] != A.shape[1] or (n is not None and len(A) != n):
            raise ValueError(f"{name}: shape {A.shape}, expected {'a square' if n is None else (n, n)}")
        return A
    if n is None:
        shape = getattr(A, "shape", None)
        if shape is None:
            raise ValueError(f"{name}: a function needs its side, n=")
        n = shape[0]
    if getattr(A, "shape", (n, n)) != (n, n):
        raise ValueError(f"{name}: shape {A.shape}, expected {(n, n)}")
    return _products(name, A), int(n)


def _products(name, A):
    """The products of a sparse matrix, a linear operator, or a function of a vector."""
    if hasattr(A, "__matmul__"):
        product = A.__matmul__
    elif callable(A):
        product = A
    else:
        raise ValueError(f"{name}: must be a matrix, an operator with @, or a function of a vector")
    return lambda x: np.ascontiguousarray(np.asarray(product(x), dtype=np.float64).reshape(-1))


class Nystrom:
    """The preconditioner that `nystrom` makes: ``A ~ U diag(eigenvalues) U'``, joined with a shift.

    Attributes
    ----------
    basis : ndarray of shape (n, rank)
        ``U``, orthonormal columns.
    eigenvalues : ndarray of shape (rank,)
        Descending; none is above that of ``A``, but for rounding.
    shift : float
        That of the system ``A + shift I``.
    """

    def __init__(self, core):
        self._core = core
        self.basis = core.basis
        self.eigenvalues = core.eigenvalues
        self.shift = core.shift

    def solve(self, r):
        """``P^-1 r``.

        Parameters
        ----------
        r : array-like of shape (n,)
            A vector.

        Returns
        -------
        ndarray of shape (n,)
            ``(last + shift) U diag(1 / (eigenvalues + shift)) U' r + (I - U U') r``, with ``last`` the last eigenvalue of
            the sketch: 0 where the sketch has found the whole range of ``A``.
        """
        return self._core.solve(vector("r", r, len(self.basis)))

    def with_shift(self, shift):
        """The same sketch for another shift.

        Parameters
        ----------
        shift : float
            Above 0.

        Returns
        -------
        Nystrom
            Without a product with ``A``.
        """
        return Nystrom(self._core.with_shift(number("shift", shift)))


def nystrom(A, shift, rank=50, *, n=None, random_state=0):
    """The randomised Nystrom preconditioner of ``A + shift I``.

    Parameters
    ----------
    A : array-like of shape (n, n), sparse matrix, linear operator or callable
        Symmetric and positive semidefinite. A callable is handed a vector of shape (n,) and returns ``A`` times it.
    shift : float
        Above 0.
    rank : int
        Columns of the sketch: that many products with ``A``.
    n : int, optional
        The side, of a callable.
    random_state : int
        Seed of the sketch.

    Returns
    -------
    Nystrom
        For `pcg`.

    Raises
    ------
    ValueError
        For an operator that is not square or not semidefinite, NaN, or a shift that is not above 0.

    References
    ----------
    Frangella, Tropp & Udell, Randomized Nystrom preconditioning, SIAM J. Matrix Anal. Appl. 44 (2023).
    """
    operator = _operator("A", A, n)
    shift = number("shift", shift)
    return Nystrom(_core.Nystrom(operator, count("rank", rank), shift, count("random_state", random_state, 0)))


@dataclass
class PcgResult:
    """The answer of `pcg`.

    Attributes
    ----------
    x : ndarray of shape (n,)
        The best iterate.
    status : str
        'converged', 'iteration_limit', or 'stagnated' at the limit of the precision.
    n_iter : int
        Products with ``A`` inside the iteration.
    residual : float
        ``|b - A x| / |b|``, computed from `x`.
    residuals : ndarray of shape (n_iter,)
        Those that the recurrence carried.
    """

    x: np.ndarray
    status: str
    n_iter: int
    residual: float
    residuals: np.ndarray = field(repr=False)


def pcg(A, b, *, preconditioner=None, x0=None, tol=1e-8, max_iter=1000):
    """Preconditioned conjugate gradients for ``A x = b``.

    Parameters
    ----------
    A : array-like of shape (n, n), sparse matrix, linear operator or callable
        Symmetric and positive definite, as of `nystrom`.
    b : array-like of shape (n,)
        The right-hand side.
    preconditioner : Nystrom or callable, optional
        A callable is handed a vector of shape (n,) and returns an approximation of ``A^-1`` times it: symmetric, positive
        definite, always the same.
    x0 : array-like of shape (n,), optional
        The start; zeros.
    tol : float
        ``|b - A x| / |b|`` to reach.
    max_iter : int
        Most products with ``A``.

    Returns
    -------
    PcgResult
        Whatever the status.

    Raises
    ------
    ValueError
        For arrays that do not fit, NaN, and operators that are not positive definite.
    """
    b = vector("b", b)
    operator = _operator("A", A, len(b))
    start = np.zeros(len(b)) if x0 is None else vector("x0", x0, len(b))
    if isinstance(preconditioner, Nystrom):
        if len(preconditioner.basis) != len(b):
            side = len(preconditioner.basis)
            raise ValueError(f"preconditioner: of side {side}, expected {len(b)}")
        preconditioner = preconditioner._core
    elif preconditioner is not None:
        preconditioner = _products("preconditioner", preconditioner)
    tol = number("tol", tol, or_equal=True)
    x, status, n_iter, residual, residuals = _core.pcg(
        operator, b, start, preconditioner, tol, count("max_iter", max_iter, least=0)
    )
    return PcgResult(x, status, n_iter, residual, np.array(residuals))
