"""What the Python layer adds to a fit: the seconds of `fit` beside those of the core inside of it.

    cargo xtask bench overhead
"""

import time
import warnings

import numpy as np

from crelu import ConvexReLUClassifier, ConvexReLURegressor

#: The most that the layer may add to a fit of 1000 rows.
MOST = 0.05


def main():
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(0)
    worst = 0.0
    X = rng.normal(size=(1000, 20))
    y = np.maximum(X[:, 0], 0) - np.maximum(X[:, 1] - X[:, 2], 0) + 0.3 * rng.normal(size=1000)
    # strong penalties: short fits, which are the hard case
    for name, model, target in (
        ("numbers", ConvexReLURegressor(beta=0.2, prove=False), y),
        ("labels", ConvexReLUClassifier(beta=0.05, prove=False), np.where(y > 0, "a", "b")),
    ):
        model.fit(X, target)
        shares = []
        for _ in range(5):
            begun = time.perf_counter()
            model.fit(X, target)
            whole = time.perf_counter() - begun
            shares.append(1.0 - model.report_["seconds"]["total"] / whole)
        share, inside = float(np.median(shares)), model.report_["seconds"]["total"]
        worst = max(worst, share)
        print(f"1000 x 20, {name}: {inside:.3f} s inside, {100 * share:.2f} % around it", flush=True)
    print(f"most: {100 * worst:.2f} %, {100 * MOST:.0f} % are allowed")
    return 0 if worst <= MOST else 1


if __name__ == "__main__":
    raise SystemExit(main())
