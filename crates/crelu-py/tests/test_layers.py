"""The parts of the method against dense algebra, duality, and what they must refuse."""

import numpy as np
import pytest

import crelu

#: Sums of the same terms in another order, relative.
ROUNDING = 1e-9


@pytest.fixture
def problem():
    """Data with a column of ones, targets of two neurons, gates."""
    rng = np.random.default_rng(3)
    X = np.column_stack([rng.normal(size=(60, 3)), np.ones(60)])
    y = np.maximum(X @ [1.0, -0.5, 0.2, 0.1], 0) - np.maximum(X @ [0.3, 1.0, 0.0, -0.2], 0)
    y += 0.1 * rng.normal(size=60)
    gates, _ = crelu.sample_gates(X, 25, random_state=1)
    return X, y, gates


def objective_of(X, y, solution, beta, loss):
    opens = X @ solution.gates[solution.pattern_of].T >= 0
    fitted = (X @ solution.blocks.T * opens) @ solution.signs
    values = {
        "squared": (fitted - y) ** 2 / 2,
        "logistic": np.logaddexp(0, -y * fitted),
    }[loss]
    return fitted, values.mean() + beta * np.linalg.norm(solution.blocks, axis=1).sum()


# ---- gates


def test_gates_have_the_patterns_that_they_give():
    X = np.random.default_rng(0).normal(size=(30, 3))
    gates, patterns = crelu.sample_gates(X, 12, random_state=5)
    assert gates.shape == (12, 3) and patterns.shape == (30, 12) and patterns.dtype == bool
    assert (patterns == (X @ gates.T >= 0)).all()
    assert len({column.tobytes() for column in patterns.T}) == 12 and patterns.any(axis=0).all()
    again, _ = crelu.sample_gates(X, 12, random_state=5)
    assert (gates == again).all()
    other, _ = crelu.sample_gates(X, 12, random_state=6)
    assert (gates != other).any()


def test_gates_between_samples_lie_halfway():
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=(20, 2)), np.ones(20)])
    y = np.where(X[:, 0] > 0, 1.0, -1.0)
    gates, _ = crelu.sample_gates(X, 8, y=y, bias=True, sampler="data")
    for gate in gates:
        pairs = [(i, j) for i in range(20) for j in range(20) if y[i] != y[j]]
        middle = [np.allclose(gate[:2], X[i, :2] - X[j, :2]) for i, j in pairs]
        i, j = pairs[middle.index(True)]
        assert abs((X[i] + X[j]) / 2 @ gate) < ROUNDING


# ---- the programme


@pytest.mark.parametrize("loss", ["squared", "logistic"])
@pytest.mark.parametrize("activation", ["relu", "gated"])
def test_programme_is_bracketed_by_its_point_and_its_dual_point(problem, activation, loss):
    X, y, gates = problem
    y = y if loss == "squared" else np.where(y > 0, 1.0, -1.0)
    beta, n = 0.01, len(X)
    solution = crelu.solve_convex(X, y, gates, beta, activation=activation, loss=loss, tol=1e-4)
    assert solution.status == "converged"
    assert solution.bound <= solution.objective <= solution.bound / (1 - 1e-4) + ROUNDING
    fitted, objective = objective_of(X, y, solution, beta, loss)
    assert np.allclose(fitted, solution.fitted)
    assert abs(objective - solution.objective) <= ROUNDING * objective
    assert (np.diff(solution.history["bound"]) >= 0).all() and len(solution.history["bound"]) > 1
    # inside the cones
    opens = X @ solution.gates[solution.pattern_of].T >= 0
    signs = 2 * opens - 1
    if activation == "relu":
        assert (signs * (X @ solution.blocks.T) >= -ROUNDING).all()
    # what the dual point proves, from itself alone
    theta = solution.theta
    alpha = np.zeros(opens.shape)
    for block, row, value in solution.multipliers:
        alpha[int(row), int(block)] = value
    assert (alpha >= 0).all() and (activation == "relu" or not alpha.any())
    reach = (X.T @ (opens * theta[:, None])) * solution.signs + X.T @ (signs * alpha)
    most = n * beta / np.linalg.norm(reach, axis=0).max()
    if loss == "squared":
        c = min(most, theta @ y / (theta @ theta))
        bound = (c * theta @ y - c**2 * theta @ theta / 2) / n
        assert abs(bound - solution.bound) <= 1e-7 * bound


def test_programme_of_no_penalty_is_least_squares(problem):
    X, y, gates = problem
    solution = crelu.solve_convex(X, y, gates[:3], 1e-9, activation="gated", tol=1e-9, max_iter=20000)
    opens = X @ solution.gates.T >= 0
    features = np.hstack([X * opens[:, [k]] for k in range(len(solution.gates))])
    best = np.linalg.lstsq(features, y, rcond=None)[0]
    want = ((features @ best - y) ** 2).mean() / 2
    assert solution.objective <= want * (1 + 1e-4)
    assert solution.objective >= want * (1 - 1e-6)


def test_programme_of_several_outputs_keeps_their_columns(problem):
    X, y, gates = problem
    Y = np.column_stack([y, 2 * y, np.zeros_like(y)])
    solution = crelu.solve_convex(X, Y, gates, 0.01)
    assert solution.fitted.shape == solution.theta.shape == Y.shape
    assert not solution.blocks[solution.output_of == 2].any()
    alone = crelu.solve_convex(X, 2 * y, gates, 0.01)
    own = ((solution.fitted[:, 1] - Y[:, 1]) ** 2).mean() / 2
    assert abs(own - ((alone.fitted - Y[:, 1]) ** 2).mean() / 2) < 0.05 * own + 1e-4


def test_programme_that_is_cut_short_still_brackets(problem):
    X, y, gates = problem
    short = crelu.solve_convex(X, y, gates, 0.01, tol=1e-9, max_iter=3)
    assert short.status == "iteration_limit" and short.n_iter <= 3
    full = crelu.solve_convex(X, y, gates, 0.01, tol=1e-6)
    assert short.bound <= full.objective and full.bound <= short.objective


# ---- prices


def test_price_is_that_of_numpy_and_the_search_finds_a_dearer(problem):
    X, y, gates = problem
    given = crelu.price(X, y, gates)
    unit = gates / np.linalg.norm(gates, axis=1)[:, None]
    want = y @ np.maximum(X @ unit.T, 0)
    assert np.allclose(given.prices, np.abs(want)) and np.allclose(given.neurons, unit)
    assert (given.signs == np.where(want < 0, -1, 1)).all()
    found = crelu.price(X, y)
    assert (np.diff(found.prices) <= 0).all()
    assert found.prices[0] >= given.prices.max()
    dense = found.signs * (y @ np.maximum(X @ found.neurons.T, 0))
    assert np.allclose(dense, found.prices)


def test_price_at_an_optimum_is_the_penalty(problem):
    X, y, _ = problem
    beta = 0.01
    model = crelu.ConvexReLURegressor(beta=beta, prove=False, tol=1e-4, thin=0.0)
    model.set_params(train="global").fit(X[:, :3], y)
    standard = (X[:, :3] - X[:, :3].mean(axis=0)) / X[:, :3].std(axis=0)
    data = np.column_stack([standard, np.ones(len(X))])
    theta = y - model.predict(X[:, :3])
    dearest = crelu.price(data, theta).prices[0]
    assert abs(dearest / (len(X) * beta) - 1) < 0.05


# ---- linear systems


@pytest.fixture
def system():
    rng = np.random.default_rng(7)
    Q = np.linalg.qr(rng.normal(size=(80, 80)))[0]
    A = Q * (np.arange(1, 81.0) ** -3 * 1e3) @ Q.T
    return (A + A.T) / 2, rng.normal(size=80)


def test_pcg_solves_as_numpy_whatever_the_operator(system):
    sparse = pytest.importorskip("scipy.sparse")
    linalg = pytest.importorskip("scipy.sparse.linalg")
    A, b = system
    A = A + np.eye(80)
    want = np.linalg.solve(A, b)
    for operator in (A, np.asfortranarray(A), lambda x: A @ x, sparse.csr_array(A),
                     linalg.aslinearoperator(A)):  # fmt: skip
        solved = crelu.pcg(operator, b, tol=1e-12)
        assert solved.status == "converged" and np.allclose(solved.x, want)
        residual = np.linalg.norm(b - A @ solved.x) / np.linalg.norm(b)
        assert abs(residual - solved.residual) < 1e-13
        assert len(solved.residuals) >= solved.n_iter > 0
    started = crelu.pcg(A, b, x0=want, tol=1e-8)
    assert started.n_iter == 0


def test_nystrom_is_the_formula_and_saves_iterations(system):
    A, b = system
    shift = 1e-2
    sketch = crelu.nystrom(A, shift, rank=30, random_state=2)
    U, values = sketch.basis, sketch.eigenvalues
    assert np.allclose(U.T @ U, np.eye(len(values)))
    assert (np.diff(values) <= 0).all()
    assert (values <= np.linalg.eigvalsh(A)[::-1][: len(values)] * (1 + 1e-6)).all()
    inside = U.T @ b
    want = b + U @ (((values[-1] + shift) / (values + shift) - 1) * inside)
    assert np.allclose(sketch.solve(b), want)
    moved = sketch.with_shift(1.0)
    want = b + U @ (((values[-1] + 1) / (values + 1) - 1) * inside)
    assert np.allclose(moved.solve(b), want) and sketch.shift == shift
    system = A + shift * np.eye(80)
    plain = crelu.pcg(system, b, tol=1e-10)
    better = crelu.pcg(system, b, tol=1e-10, preconditioner=sketch)
    called = crelu.pcg(lambda x: system @ x, b, tol=1e-10, preconditioner=sketch.solve)
    assert better.n_iter == called.n_iter < plain.n_iter / 2
    assert np.allclose(better.x, np.linalg.solve(system, b))
    by_function = crelu.nystrom(lambda x: A @ x, shift, rank=30, n=80, random_state=2)
    assert np.allclose(by_function.eigenvalues, values)


def test_what_an_operator_raises_is_raised(system):
    _, b = system

    def broken(x):
        raise RuntimeError("no product today")

    with pytest.raises(RuntimeError, match="no product today"):
        crelu.pcg(broken, b)
    with pytest.raises(RuntimeError, match="no product today"):
        crelu.nystrom(broken, 1.0, n=80)
    with pytest.raises(RuntimeError, match="no product today"):
        crelu.pcg(np.eye(80), b, preconditioner=broken)
    with pytest.raises(ValueError, match="79 numbers for 80"):
        crelu.pcg(lambda x: x[1:], b)


# ---- bounds


@pytest.mark.parametrize("loss", ["squared", "logistic", "huber"])
def test_proof_is_below_every_network_and_verifies(problem, loss):
    X, y, gates = problem
    y = np.where(y > 0, 1.0, -1.0) if loss == "logistic" else y
    beta = 0.05
    proof = crelu.prove(X, y, beta, loss=loss, delta=0.5, seconds=0.5)
    assert proof.kind in ("enumeration", "relaxation")
    solution = crelu.solve_convex(X, y, gates, beta, loss=loss, delta=0.5)
    assert 0 < proof.bound <= solution.objective
    told = {"loss": loss, "delta": 0.5}
    assert crelu.verify(X, y, beta, proof.certificate, **told) >= proof.bound * (1 - 1e-8)


def test_proof_of_weights_is_that_of_repeated_samples(problem):
    X, y, _ = problem
    weights = np.where(np.arange(60) % 3 == 0, 2.0, 1.0)
    twice = np.repeat(np.arange(60), weights.astype(int))
    weighted = crelu.prove(X, y, 0.05, sample_weight=weights)
    repeated = crelu.prove(X[twice], y[twice], 0.05)
    assert abs(weighted.bound / repeated.bound - 1) < 1e-3
    verified = crelu.verify(X, y, 0.05, weighted.certificate, sample_weight=weights)
    assert verified >= weighted.bound * (1 - 1e-8)


def test_certificate_that_does_not_hold_is_refused(problem):
    X, y, _ = problem
    proof = crelu.prove(X, y, 0.05)
    other = X.copy()
    other[7, 1] += 1e-9
    cut = proof.certificate[:-8]
    # numbers of its tensors, at the end of the file, and the bound that its header states
    tampered = proof.certificate[:-1600] + bytes(1600)
    stated = repr(proof.bound).encode()
    assert proof.certificate.count(stated) == 1
    higher = proof.certificate.replace(stated, stated[:2] + b"9" * (len(stated) - 2))
    for data, certificate in [
        ((other, y, 0.05), proof.certificate),
        ((X, y, 0.051), proof.certificate),
        ((X, y, 0.05), cut),
        ((X, y, 0.05), b"none"),
        ((X, y, 0.05), tampered),
        ((X, y, 0.05), higher),
    ]:
        with pytest.raises(ValueError, match="^certificate: ") as refusal:
            crelu.verify(*data, certificate)
        assert "\n" not in str(refusal.value)
    with pytest.raises(ValueError, match="^certificate: "):
        crelu.verify(X, y, 0.05, proof.certificate, loss="huber")


# ---- refusals


def test_what_does_not_fit_is_one_line(problem):
    X, y, gates = problem
    bad = X.copy()
    bad[2, 1] = np.nan
    for call, says in [
        (lambda: crelu.sample_gates(bad), r"X\[2, 1\] is nan: must be finite"),
        (lambda: crelu.sample_gates(X[0]), r"X: must be a matrix"),
        (lambda: crelu.sample_gates(X, 0), "n_patterns: must be a whole number, at least 1; got 0"),
        (lambda: crelu.sample_gates(X, sampler="conv"), "sampler: must be one of"),
        (lambda: crelu.sample_gates(X, sampler="data"), "y: sampler='data' needs targets"),
        (lambda: crelu.solve_convex(X, y[1:], gates, 0.1), "y: length 59, expected 60"),
        (lambda: crelu.solve_convex(X, y, gates[:, 1:], 0.1), "gates: 3 columns, expected 4"),
        (lambda: crelu.solve_convex(X, y, gates, -0.1), "beta: must be at least 0"),
        (lambda: crelu.solve_convex(X, y, gates, 0.1, primal="lu"), "primal: must be one of"),
        (lambda: crelu.solve_convex(X, y, gates, 0.1, loss="logistic"), "logistic|label|-1"),
        (lambda: crelu.price(X, y, np.zeros((2, 4))), "neurons: row 0 has length zero"),
        (lambda: crelu.nystrom(X, 1.0), "A: shape"),
        (lambda: crelu.nystrom(np.eye(3), 0.0), "shift: must be above 0"),
        (lambda: crelu.nystrom(-np.eye(3), 1.0), "not positive semidefinite"),
        (lambda: crelu.nystrom(lambda x: x, 1.0), "a function needs its side, n="),
        (lambda: crelu.pcg(np.diag([1.0, -1.0]), [1.0, 1.0]), "not positive definite"),
        (lambda: crelu.pcg(np.eye(3), [1.0, 1.0]), "A: shape"),
        (lambda: crelu.prove(X, y, 0.0), "beta = 0"),
        (lambda: crelu.prove(X, y, 0.1, loss="huber", delta=-1), "delta: must be"),
        (lambda: crelu.prove(X, y, 0.1, sample_weight=-np.ones(60)), "weights: row 0"),
    ]:
        with pytest.raises(ValueError, match=says) as refusal:
            call()
        assert "\n" not in str(refusal.value)
