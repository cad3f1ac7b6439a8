"""Two-layer ReLU networks by convex optimisation, as scikit-learn estimators.

`ConvexReLUClassifier` and `ConvexReLURegressor` train without anything to tune: the penalty is chosen
by cross-validation. Their models are the files of the command line `crelu` (`load`, `save`).
"""

from ._classifier import ConvexReLUClassifier
from ._core import __version__
from ._files import load, save
from ._regressor import ConvexReLURegressor

__all__ = ["ConvexReLUClassifier", "ConvexReLURegressor", "__version__", "load", "save"]
