from collections.abc import Callable, Sequence
from typing import Any, Literal, Optional, TypedDict, Union

import numpy as np
import numpy.typing as npt

__version__: str

_Places = Union[npt.NDArray[np.int32], npt.NDArray[np.int64]]
_Sparse = tuple[npt.NDArray[np.float64], _Places, _Places, int]
_Rows = Union[npt.NDArray[Any], _Sparse]
_Texts = Sequence[Optional[Sequence[str]]]

class Model:
    task: Literal["classify", "regress"]
    labels: Optional[list[str]]
    feature_names: Optional[list[str]]
    n_features: int
    n_outputs: int
    beta: float
    objective: float
    gap: float
    is_gated: bool
    has_probabilities: bool
    @staticmethod
    def from_bytes(bytes: bytes) -> Model: ...
    def to_bytes(self) -> bytes: ...
    columns: Optional[list[tuple[Optional[list[str]], bool]]]
    column_names: Optional[list[str]]
    def outputs(
        self, rows: _Rows, texts: Optional[_Texts] = None, threads: Optional[int] = None
    ) -> tuple[npt.NDArray[np.float64], list[tuple[int, str, int]]]: ...
    def probabilities(
        self, outputs: npt.NDArray[np.float64]
    ) -> Optional[npt.NDArray[np.float64]]: ...
    def weights(
        self,
    ) -> tuple[
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
        npt.NDArray[np.float64],
    ]: ...
    def gates(self) -> Optional[tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]: ...

class Fitted:
    model: Model
    report: str
    certificate: Optional[bytes]
    raised: Optional[BaseException]

_Labels = tuple[npt.NDArray[np.int64], list[str], Optional[list[float]]]

class _HeldOut(TypedDict):
    rows: _Rows
    target: Union[npt.NDArray[np.float64], _Labels]
    weights: Optional[npt.NDArray[np.float64]]
    texts: Optional[_Texts]

class _Problem(TypedDict):
    rows: _Rows
    target: Union[npt.NDArray[np.float64], _Labels]
    options: dict[str, Any]
    weights: Optional[npt.NDArray[np.float64]]
    texts: Optional[_Texts]
    impute: bool
    held_out: Optional[_HeldOut]
    names: Optional[Sequence[str]]
    target_names: Sequence[Optional[str]]

def fit(
    problem: _Problem,
    *,
    threads: Optional[int] = None,
    callback: Optional[Callable[[str], Optional[bool]]] = None,
    run_folds: Optional[Callable[[int, list[float], str], list[Optional[list[float]]]]] = None,
) -> Fitted: ...
def score_fold(
    problem: _Problem,
    fold: int,
    betas: Sequence[float],
    metric: str,
    *,
    threads: Optional[int] = None,
) -> list[float]: ...

def to_onnx(model: Model, dtype: str) -> bytes: ...
def standardisation(model: Model) -> Optional[tuple[list[float], list[float]]]: ...
def layer(model: Model, gates: bool) -> Optional[list[list[float]]]: ...

_Array = npt.NDArray[np.float64]
_Function = Callable[[_Array], _Array]
_Operator = Union[_Array, tuple[_Function, int]]

class Nystrom:
    basis: _Array
    eigenvalues: _Array
    shift: float
    def __new__(cls, operator: _Operator, rank: int, shift: float, seed: int) -> Nystrom: ...
    def with_shift(self, shift: float) -> Nystrom: ...
    def solve(self, r: _Array) -> _Array: ...

def sample_gates(
    x: _Array, y: _Array, count: int, has_bias: bool, sampler: str, seed: int
) -> tuple[_Array, npt.NDArray[np.bool_]]: ...
def solve_convex(
    x: _Array, y: _Array, gates: _Array, beta_sum: float, settings: dict[str, Any]
) -> dict[str, Any]: ...
def price(
    x: _Array,
    theta: _Array,
    neurons: Optional[tuple[_Array, _Array]],
    ascents: dict[str, int],
) -> tuple[_Array, _Array, _Array]: ...
def pcg(
    operator: _Operator,
    b: _Array,
    start: _Array,
    preconditioner: Union[None, Nystrom, _Function],
    tol: float,
    max_iter: int,
) -> tuple[_Array, str, int, float, list[float]]: ...
def prove(data: dict[str, Any], seconds: Optional[float]) -> Optional[tuple[float, str, bytes]]: ...
def verify(data: dict[str, Any], certificate: bytes) -> float: ...
