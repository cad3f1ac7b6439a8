from collections.abc import Callable, Sequence
from typing import Any, Literal, Optional, Union

import numpy as np
import numpy.typing as npt

__version__: str

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
    def outputs(
        self, rows: npt.NDArray[Any], threads: Optional[int] = None
    ) -> npt.NDArray[np.float64]: ...
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

def fit(
    rows: npt.NDArray[Any],
    target: Union[npt.NDArray[np.float64], _Labels],
    options: dict[str, Any],
    *,
    weights: Optional[npt.NDArray[np.float64]] = None,
    threads: Optional[int] = None,
    feature_names: Optional[Sequence[str]] = None,
    target_name: Optional[str] = None,
    callback: Optional[Callable[[str], Optional[bool]]] = None,
) -> Fitted: ...
