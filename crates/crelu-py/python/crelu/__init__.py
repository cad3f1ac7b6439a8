"""Two-layer ReLU networks by convex optimisation, as scikit-learn estimators.

`ConvexReLUClassifier` and `ConvexReLURegressor` train without anything to tune: the penalty is chosen
by cross-validation. Their models are the files of the command line `crelu` (`load`, `save`), and graphs and
modules of other runtimes (`to_onnx`, `to_torch`).

The parts of the method are functions on NumPy arrays: `sample_gates`, `solve_convex`, `price`, `nystrom`, `pcg`,
`prove`, `verify`.
"""

from ._bound import Proof, prove, verify
from ._classifier import ConvexReLUClassifier
from ._core import __version__
from ._export import to_onnx, to_torch
from ._files import load, save
from ._linear import Nystrom, PcgResult, nystrom, pcg
from ._programme import ConvexSolution, Priced, price, sample_gates, solve_convex
from ._regressor import ConvexReLURegressor

__all__ = [
    "ConvexReLUClassifier",
    "ConvexReLURegressor",
    "ConvexSolution",
    "Nystrom",
    "PcgResult",
    "Priced",
    "Proof",
    "__version__",
    "load",
    "nystrom",
    "pcg",
    "price",
    "prove",
    "sample_gates",
    "save",
    "solve_convex",
    "to_onnx",
    "to_torch",
    "verify",
]
