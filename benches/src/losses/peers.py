"""One of scikit-learn's classifiers on one of the sets: prints its scores, its seconds and the memory of this
process as JSON. The arguments: what to do, as JSON.
"""

import gzip
import json
import pathlib
import resource
import sys
import time
import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

MODELS = {
    "MLPClassifier": lambda: MLPClassifier(random_state=0),
    "LogisticRegression": lambda: LogisticRegression(max_iter=1000),
}


def images(folder, part):
    def bytes_of(name, offset):
        with gzip.open(pathlib.Path(folder) / name) as file:
            return np.frombuffer(file.read(), dtype=np.uint8, offset=offset)

    labels = bytes_of(f"{part}-labels-idx1-ubyte.gz", 8)
    return bytes_of(f"{part}-images-idx3-ubyte.gz", 16).reshape(len(labels), -1).astype(float), labels


def parts(request):
    if "folder" in request:
        return *images(request["folder"], "train"), *images(request["folder"], "t10k")
    table = np.loadtxt(request["file"], delimiter=",", skiprows=1)
    X, y = table[:, :-1], table[:, -1].astype(int)
    test = np.zeros(len(y), dtype=bool)
    test[request["held_out"]] = True
    return X[~test], y[~test], X[test], y[test]


def main():
    warnings.simplefilter("ignore")
    request = json.loads(sys.argv[1])
    X, y, X_test, y_test = parts(request)
    scaler = StandardScaler().fit(X)
    X, X_test = scaler.transform(X), scaler.transform(X_test)
    model = MODELS[request["model"]]()
    begun, spent = time.perf_counter(), time.process_time()
    model.fit(X, y)
    seconds, spent = time.perf_counter() - begun, time.process_time() - spent
    p = model.predict_proba(X_test)
    right = y_test[:, None] == model.classes_[None, :]
    row = {
        "accuracy": float(np.mean(model.classes_[p.argmax(axis=1)] == y_test)),
        "log_loss": float(log_loss(y_test, np.clip(p, 1e-15, 1 - 1e-15), labels=model.classes_)),
        "brier": float(np.mean(((p - right) ** 2).sum(axis=1))),
        "seconds": seconds,
        "core_seconds": spent,
        "iterations": int(np.max(model.n_iter_)),
        "neurons": 100 if request["model"] == "MLPClassifier" else None,
        # kilobytes on Linux
        "memory": 1024.0 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        "n": len(y),
        "d": X.shape[1],
    }
    print(json.dumps(row))


if __name__ == "__main__":
    main()
