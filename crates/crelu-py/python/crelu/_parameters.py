"""What the estimators have in common, written down once: their parameters and what a fit leaves."""

import inspect
import textwrap

PARAMETERS = '''
beta : float or "cv", default="cv"
    The penalty of the mean objective. "cv": ten values from 0.3 to 0.0003 of the one at which the
    network is zero, chosen by cross-validation.
loss : {losses}, default="auto"
    What is minimised; "auto" is {auto}.
{own}train : {"global", "sampled"} or None, default=None
    Generated neurons, or one convex programme over sampled activation patterns. None: "global",
    of gated networks "sampled".
activation : {"relu", "gated"}, default="relu"
    What a neuron computes.
patterns : int, default=100
    Patterns of a sampled programme.
primal : str, default="auto"
    The linear solve of the convex programme, as the command line names it.
backend : {"faer", "nalgebra", "wgpu", "auto"}, default="faer"
    What computes the products of a fit: a library, or a graphics adapter ("wgpu", in single
    precision; the environment variable CRELU_ADAPTER names or numbers it). "auto": an adapter that
    is no software, for large data. Predictions are made by the processor.
tol : float or None, default=None
    Relative gap at which a fit is converged. None: 1e-3.
thin : float or None, default=None
    The smallest network is returned whose objective is at most ``1 + thin`` times the best.
    None: 1e-3, or 0 with ``max_neurons``.
max_neurons : int or None, default=None
    Most neurons.
max_iter : int or None, default=None
    Most iterations, or rounds. None: 2000 sampled, 500 global.
time_limit : float or None, default=None
    Seconds after which the best network so far is taken.
missing : {"error", "impute"}, default="error"
    What a missing value is: an error, or filled by the median of its column in training, or a level
    of its own in a column of text, with a further 0/1 column where training had some.
categorical : "auto", "none" or list of str or int, default="auto"
    Columns that become one 0/1 column a level, sorted by bytes. "auto": those of text, and those of
    a categorical dtype. A list names or numbers further ones, whatever they hold.
cv : int, splitter or iterable of (train, test) indices, default=5
    The folds of ``beta="cv"``: stratified for labels; with ``groups``, whole groups are held out.
rule : {"best", "1se", "small"}, default="1se"
    The penalty of the best mean score, the largest within a standard error of it, or that of the
    smallest network within one.
metric : {metrics} or None, default=None
    What held-out rows are scored by. None: {metric}.
early_stop : float or None, default=None
    A share of the samples, drawn by the seed, that is held out to end a fit at a given ``beta``: after
    every round (check, where patterns are sampled) they are scored by ``metric``, and the network that
    scored best is kept, which is not thinned. `fit` takes samples of one's own: ``validation``.
patience : int, default=10
    Rounds without a better score after which such a fit ends.
random_state : int, RandomState or None, default=0
    The seed. The same seed gives the same network.
n_jobs : int or None, default=None
    Threads; None and -1: all cores. The result does not depend on it.
warm_start : bool, default=False
    Whether a fit starts from the network of the last.
verbose : int, default=0
    Above 0: a line a second.
prove : float, "quick", False or None, default=None
    Seconds for a proven bound over all networks; None: a quick one where it is cheap.
'''

ATTRIBUTES = '''
coef_hidden_ : ndarray of shape (n_neurons, n_coded)
    Input weights of the neurons for features that are not scaled; ``coded_names_`` says which.
intercept_hidden_ : ndarray of shape (n_neurons,)
    Their biases.
coef_output_ : ndarray of shape (n_outputs, n_neurons)
    Output weights.
intercept_ : ndarray of shape (n_outputs,)
    The output's bias.
n_features_in_ : int
    Columns of ``X``.
feature_names_in_ : ndarray of shape (n_features_in_,)
    Their names, where ``X`` has names.
coded_names_ : ndarray of shape (n_coded,) or None
    Names of the features that the columns become: ``colour=red``, ``size (missing)``.
n_iter_ : int
    Iterations, or rounds.
beta_ : float
    The penalty in force.
cv_results_ : dict of ndarrays, or None
    The path of penalties: ``beta``, ``objective``, ``neurons``, and where there are folds
    ``mean_test_score``, ``se_test_score``, ``split0_test_score`` ...
dual_gap_ : float
    Relative gap of the network to the bound of its convex programme.
search_gap_ : float or None
    Relative gap to the bound that holds if no neuron is dearer than the largest search found:
    evidence, not proof.
proven_bound_ : float or None
    No two-layer ReLU network has an objective below it.
history_ : list of dict
    The course of the fit.
report_ : dict
    All that is known about the fit, as the command line writes it.
'''

FIT = '''
Trains the network.

Parameters
----------
X : array-like, sparse matrix or frame of shape (n_samples, n_features)
    Features: numbers, and in frames and arrays of objects columns of text, too.
y : array-like of shape {shape}
    {targets}
sample_weight : array-like of shape (n_samples,) or None, default=None
    Weights of the samples, at least 0.
groups : array-like of shape (n_samples,) or None, default=None
    Groups of samples that the folds of ``beta="cv"`` hold out together.
validation : tuple (X, y) or (X, y, sample_weight), or None, default=None
    Samples that are not trained on, whose score ends the fit at a given ``beta``: see ``early_stop``.
callback : callable or None, default=None
    Called with a dict now and then; if it returns False, the best network so far is taken.

Returns
-------
{name}
    This estimator.

Raises
------
KeyboardInterrupt
    On Ctrl-C; the estimator has the best network until then.

Warns
-----
ConvergenceWarning
    If a limit came before the fit converged; it says the gap that is left.
'''


def _filled(text, words):
    for word, value in words.items():
        text = text.replace("{" + word + "}", value)
    return text


def documented(**words):
    """Fills the shared parts into a class's docstring, and the docstring of its `fit`."""

    def of(cls):
        own = textwrap.indent(textwrap.dedent(words.get("own", "")).lstrip("\n"), "")
        shared = {**words, "own": own}
        document = inspect.cleandoc(cls.__doc__)
        document = document.replace("{parameters}", _filled(PARAMETERS, shared).strip())
        cls.__doc__ = document.replace("{attributes}", ATTRIBUTES.strip())
        cls.fit.__doc__ = _filled(FIT, {**words, "name": cls.__name__}).strip()
        return cls

    return of


def with_parameters_of(base):
    """Gives an ``__init__(self, *, own=..., **shared)`` the parameters of `base`, too, for all that look
    at its signature, as scikit-learn and help do.
    """

    def of(init):
        own = inspect.signature(init)
        named = [p for p in own.parameters.values() if p.kind is not p.VAR_KEYWORD]
        shared = list(inspect.signature(base.__init__).parameters.values())[1:]
        init.__signature__ = own.replace(parameters=named + shared)
        return init

    return of
