"""Models for other runtimes."""

import os

from . import _core
from ._atomic import write_atomic


def to_onnx(model, path=None, *, dtype="float32"):
    """The ONNX graph of a trained estimator, from raw columns to predictions.

    Coding of text and holes, standardisation, network, labels and probabilities are inside; it is what the
    command line's ``crelu export --onnx`` writes.

    Parameters
    ----------
    model : ConvexReLUClassifier or ConvexReLURegressor
        A trained estimator.
    path : str or path-like, optional
        A file, written whole or not at all.
    dtype : {'float32', 'float64'}
        The numbers that the graph takes and gives; inside it computes in float64.

    Returns
    -------
    bytes
        The file's content. Inputs: ``X``, shape (n_samples, n_columns), or with text columns one input a column, of
        its name, shape (n_samples, 1). Outputs: ``variable``, shape (n_samples, n_targets); of a classifier ``label``,
        shape (n_samples,), and ``probabilities``, shape (n_samples, n_classes), or ``scores`` where the loss gives
        no probabilities.
    """
    content = _core.to_onnx(_trained(model), dtype)
    if path is not None:
        write_atomic(os.fspath(path), content)
    return content


def to_torch(model):
    """A trained estimator as a module of PyTorch, in float64.

    Parameters
    ----------
    model : ConvexReLUClassifier or ConvexReLURegressor
        A trained estimator.

    Returns
    -------
    torch.nn.Module
        It takes a tensor of features, shape (n_samples, n_features), as numbers: of a table with text, coded as
        `coded_names_` says. It gives the outputs of the network, shape (n_samples, n_outputs), in the target's units;
        of a classifier those of `decision_function`. What standardises the features is a buffer, not trained; the
        parameters are ``hidden.weight`` (a neuron a row, for standardised features), ``hidden.bias``, ``output.weight``,
        ``output.bias``; those of ``gates`` are not trained.
    """
    import torch

    core = _trained(model)
    double = torch.float64

    def linear(rows):
        table = torch.tensor(rows, dtype=double).reshape(len(rows), core.n_features + 1)
        own = torch.nn.Linear(core.n_features, len(rows), dtype=double)
        with torch.no_grad():
            own.weight.copy_(table[:, :-1])
            own.bias.copy_(table[:, -1])
        return own

    class ConvexReLUNetwork(torch.nn.Module):
        """``output(act(hidden((X - mean) / scale)))``"""

        def __init__(self):
            super().__init__()
            mean, scale = _core.standardisation(core) or (
                [0.0] * core.n_features,
                [1.0] * core.n_features,
            )
            self.register_buffer("mean", torch.tensor(mean, dtype=double))
            # a feature that does not vary is zero
            inverse = [1.0 / s if s > 0.0 else 0.0 for s in scale]
            self.register_buffer("inverse_scale", torch.tensor(inverse, dtype=double))
            self.hidden = linear(_core.layer(core, False))
            gates = _core.layer(core, True)
            self.gates = None if gates is None else linear(gates).requires_grad_(False)
            _, _, weight, bias = core.weights()
            self.output = torch.nn.Linear(weight.shape[1], weight.shape[0], dtype=double)
            with torch.no_grad():
                self.output.weight.copy_(torch.tensor(weight, dtype=double))
                self.output.bias.copy_(torch.tensor(bias, dtype=double))

        def forward(self, X):
            inputs = (X.to(self.mean.dtype) - self.mean) * self.inverse_scale
            products = self.hidden(inputs)
            if self.gates is None:
                return self.output(torch.relu(products))
            return self.output(products * (self.gates(inputs) >= 0))

    return ConvexReLUNetwork().eval()


def _trained(model):
    from sklearn.utils.validation import check_is_fitted

    check_is_fitted(model, "_model")
    return model._model
