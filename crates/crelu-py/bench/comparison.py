"""Cross-validated scores beside those of scikit-learn's models, under the same folds.

    cargo xtask bench comparison [--sets NAME,...] [--models NAME,...] [--quick] [--seconds S] [--page]

Every fold of every model is a line of `docs/results/comparison.jsonl` (`--quick`: of a file below `target`): a
run goes on where the last ended, and `--seconds` ends it in time. The page is written from the lines that are
there; `--page` does that alone. To measure a model or a set again, take its lines out.
"""

import argparse
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile
import time
import warnings

# one thread each: the seconds of a core are comparable, whatever else the machine does
for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

import numpy as np
from sets import SETS
from sklearn.compose import (
    TransformedTargetRegressor,
    make_column_selector,
    make_column_transformer,
)
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC, SVR

from crelu import ConvexReLUClassifier, ConvexReLURegressor

ROOT = pathlib.Path(__file__).parents[3]
LINES = ROOT / "docs/results/comparison.jsonl"
QUICK = ROOT / "target/bench/comparison.jsonl"
PAGE = ROOT / "docs/results/COMPARISON.md"

OWN = "crelu"
#: Models whose fit depends on a seed, and is repeated with others.
RANDOM = (OWN, "MLP", "HistGradientBoosting")
#: The search of the tuned network: three folds inside of the training rows.
GRID = {"alpha": [1e-4, 1e-2, 1.0], "hidden_layer_sizes": [(20,), (100,)]}
#: Sets whose fits take minutes: one seed.
SLOW = ("digits", "Fashion, ten classes")


def commit():
    """The version that is measured, as far as it is known."""
    git = ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"]
    try:
        return subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def models(labels, seed):
    """The models by name, each with whether it codes columns of text by itself."""
    network = MLPClassifier if labels else MLPRegressor
    tuned = GridSearchCV(network(random_state=seed, max_iter=1000), GRID, cv=3)
    if not labels:
        # it does not scale targets by itself, and hardly moves where they are large
        tuned = TransformedTargetRegressor(tuned, transformer=StandardScaler())
    boosting = HistGradientBoostingClassifier if labels else HistGradientBoostingRegressor
    return {
        OWN: (ConvexReLUClassifier if labels else ConvexReLURegressor)(random_state=seed, n_jobs=1),
        "MLP": network(random_state=seed),
        "MLP, tuned": tuned,
        "SVM": SVC() if labels else SVR(),
        "linear": LogisticRegression(max_iter=2000) if labels else Ridge(),
        "HistGradientBoosting": boosting(random_state=seed),
    }


def prepared(name, model, X):
    """What the others need before: columns of text as 0/1 columns, and scaled numbers."""
    if name == OWN:
        return model
    if hasattr(X, "columns"):
        text = make_column_selector(dtype_exclude=np.number)
        coding = make_column_transformer(
            (OneHotEncoder(handle_unknown="ignore", sparse_output=False), text),
            remainder="passthrough",
        )
        return make_pipeline(coding, StandardScaler(), model)
    return make_pipeline(StandardScaler(), model)


def parameters(model):
    """Numbers that a fitted model holds."""
    model = model[-1] if hasattr(model, "steps") else model
    model = getattr(model, "regressor_", model)
    model = getattr(model, "best_estimator_", model)
    if hasattr(model, "coef_hidden_"):
        parts = ("coef_hidden_", "intercept_hidden_", "coef_output_", "intercept_")
        return sum(getattr(model, part).size for part in parts)
    if hasattr(model, "coefs_"):
        return sum(part.size for part in (*model.coefs_, *model.intercepts_))
    if hasattr(model, "support_vectors_"):
        return model.support_vectors_.size + model.dual_coef_.size
    if hasattr(model, "_predictors"):
        # a feature, a threshold or a value, a node
        return sum(2 * len(tree.nodes) for trees in model._predictors for tree in trees)
    return np.size(model.coef_) + np.size(model.intercept_)


def tasks(names, chosen, folds, seeds):
    # the first seed of all sets before the second of any
    for seed in range(seeds):
        for name in names:
            for model in chosen:
                if seed == 0 or model in RANDOM and name not in SLOW:
                    for fold in range(folds):
                        yield {"set": name, "model": model, "seed": seed, "fold": fold}


def run(task, folds):
    """Scores one model on one fold of one set; None where the set is not here."""
    made = SETS[task["set"]]()
    if made is None:
        return None
    X, y, labels = made
    splitter = (StratifiedKFold if labels else KFold)(folds, shuffle=True, random_state=0)
    train, test = list(splitter.split(X, y))[task["fold"]]
    rows = (lambda part: X.iloc[part]) if hasattr(X, "iloc") else (lambda part: X[part])
    model = models(labels, task["seed"])[task["model"]]
    model = prepared(task["model"], model, X)
    begun = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(rows(train), y[train])
    seconds = time.process_time() - begun
    return {
        **task,
        "folds": folds,
        "rows": len(y),
        "columns": X.shape[1],
        "labels": labels,
        "score": float(model.score(rows(test), y[test])),
        "seconds": seconds,
        "parameters": int(parameters(model)),
        "commit": commit(),
    }


def known(folds):
    """The lines of earlier runs with as many folds; one that was cut off is none."""
    if not LINES.exists():
        return []
    lines = []
    for text in LINES.read_text(encoding="utf-8").splitlines():
        try:
            lines.append(json.loads(text))
        except ValueError:
            continue
    return [line for line in lines if line["folds"] == folds]


def add(line):
    """Appends a line, behind the end of one that was cut off."""
    with open(LINES, "a+b") as file:
        file.seek(max(0, file.tell() - 1))
        begin = b"" if file.read(1) in (b"", b"\n") else b"\n"
        file.write(begin + json.dumps(line).encode() + b"\n")


def key(line):
    return tuple(line[name] for name in ("set", "model", "seed", "fold"))


def summary(lines):
    """Of each model of each set: its scores by fold, averaged over seeds, and the rest."""
    out = {}
    for line in lines:
        out.setdefault(line["set"], {}).setdefault(line["model"], []).append(line)
    for name, by_model in out.items():
        for model, rows in by_model.items():
            folds, seeds = {}, {}
            for row in rows:
                folds.setdefault(row["fold"], []).append(row["score"])
                seeds.setdefault(row["seed"], []).append(row["score"])
            folds = np.array([np.mean(folds[fold]) for fold in sorted(folds)])
            whole = [np.mean(s) for s in seeds.values() if len(s) == len(folds)]
            by_model[model] = {
                "folds": folds,
                "seeds": float(np.std(whole, ddof=1)) if len(whole) > 1 else None,
                "seconds": float(np.median([row["seconds"] for row in rows])),
                "parameters": float(np.median([row["parameters"] for row in rows])),
                "row": rows[0],
            }
    return out


def verdict(own, other):
    """Better, level or worse than another by the differences of the folds: within their standard error
    is level."""
    apart = own["folds"] - other["folds"]
    error = np.std(apart, ddof=1) / np.sqrt(len(apart)) if len(apart) > 1 else 0.0
    if abs(apart.mean()) <= max(error, 1e-12):
        return "level"
    return "better" if apart.mean() > 0 else "worse"


def page(lines, folds):
    sets = {name: it for name, it in summary(lines).items() if OWN in it}
    sets = {
        name: {m: it for m, it in by_model.items() if len(it["folds"]) == folds}
        for name, by_model in sets.items()
    }
    whole = set(models(True, 0))
    left = [name for name in SETS if set(sets.get(name, {})) != whole]
    sets = {name: sets[name] for name in SETS if OWN in sets.get(name, {})}
    others = [model for model in models(True, 0) if model != OWN]
    own = (line for line in lines if line["model"] == OWN)
    versions = sorted({line.get("commit", "unknown") for line in own})
    out = [
        "# Beside other models",
        "",
        f"Written by `cargo xtask bench comparison` from {len(sets)} sets under the same {folds} outer "
        "folds (seed 0; stratified for labels). The score is the accuracy, or r2 for numbers: the mean, "
        "and after +- the deviation of the folds. Seeds: the deviation of that mean over the seeds 0, 1 and 2, where they ran. "
        "Seconds: the median of a fit on one thread, with the search where there is one, of the core's own time. Numbers: those that the model "
        "holds (of trees two a node). *crelu* has the parameters that it has by itself; the others get "
        "scaled columns and columns of text as 0/1 columns, and are scikit-learn's defaults (*linear*: "
        "LogisticRegression or Ridge; *SVM*: SVC or SVR), the tuned network the best of "
        f"{len(GRID['alpha'])} penalties and {len(GRID['hidden_layer_sizes'])} widths by three folds "
        "inside, of up to 1000 epochs, its targets scaled. The text tables, the teachers, the moons and Friedman 1 are generated.",
        "",
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}, a machine with other work. *crelu* of commit {', '.join(versions)}.",
        "",
        *([f"Not complete yet: {'; '.join(left)}.", ""] if left else []),
        "## Where crelu stands",
        "",
        "Level: the mean difference of the folds is within its standard error.",
        "",
        "| against | better | level | worse | worse on |",
        "|---|---|---|---|---|",
    ]
    for model in others:
        of = {name: verdict(it[OWN], it[model]) for name, it in sets.items() if model in it}
        count = [list(of.values()).count(word) for word in ("better", "level", "worse")]
        worse = "; ".join(name for name, word in of.items() if word == "worse") or "-"
        out.append(f"| {model} | {count[0]} | {count[1]} | {count[2]} | {worse} |")
    for name, by_model in sets.items():
        row = by_model[OWN]["row"]
        kind = "labels" if row["labels"] else "numbers"
        out += [
            "",
            f"## {name}",
            "",
            f"{row['rows']} rows, {row['columns']} columns, {kind}.",
            "",
            "| model | score | seeds | seconds | numbers | crelu is |",
            "|---|---|---|---|---|---|",
        ]
        best = max(it["folds"].mean() for it in by_model.values())
        for model in (OWN, *others):
            if model not in by_model:
                continue
            it = by_model[model]
            mean, spread = it["folds"].mean(), np.std(it["folds"], ddof=1)
            score = f"{mean:.4f}" if mean < best else f"**{mean:.4f}**"
            seeds = "-" if it["seeds"] is None else f"{it['seeds']:.4f}"
            word = "" if model == OWN else verdict(by_model[OWN], it)
            out.append(
                f"| {model} | {score} +- {spread:.4f} | {seeds} | {float(format(it['seconds'], '.2g')):g} | "
                f"{it['parameters']:.0f} | {word} |"
            )
    return "\n".join(out) + "\n"


def write_page(text, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".comparison-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(temporary, 0o644)
    os.replace(temporary, path)


def names_of(text):
    return re.split(r",(?! )", text)


def main():
    global LINES
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commas = "names, with commas that are followed by no space between them"
    parser.add_argument("--sets", type=names_of, help=commas)
    parser.add_argument("--models", type=names_of, help=commas)
    parser.add_argument("--quick", action="store_true", help="two small sets, three folds, one seed")
    parser.add_argument("--seconds", type=float, help="begin nothing after so many")
    parser.add_argument("--page", action="store_true", help="only write the page")
    arguments = parser.parse_args()
    begun = time.monotonic()
    if arguments.quick:
        LINES = QUICK
    folds, seeds = (3, 1) if arguments.quick else (5, 3)
    names = list(SETS)[:2] if arguments.quick else list(SETS)
    chosen = list(models(True, 0))
    for kind, asked, known_names in (
        ("set", arguments.sets, list(SETS)),
        ("model", arguments.models, list(chosen)),
    ):
        unknown = [name for name in asked or () if name not in known_names]
        if unknown:
            there = ", ".join(map(repr, known_names))
            parser.error(f"no {kind} {unknown[0]!r}; there are {there}")
    names, chosen = arguments.sets or names, arguments.models or chosen
    done = known(folds)
    have = {key(line) for line in done}
    LINES.parent.mkdir(parents=True, exist_ok=True)
    todo = [] if arguments.page else [t for t in tasks(names, chosen, folds, seeds) if key(t) not in have]
    for at, task in enumerate(todo):
        if arguments.seconds is not None and time.monotonic() - begun > arguments.seconds:
            print(f"{len(todo) - at} fits are left for another run", file=sys.stderr)
            break
        line = run(task, folds)
        if line is None:
            print(f"{task['set']}: left out, its files are not installed", file=sys.stderr)
            continue
        add(line)
        done.append(line)
        print(
            f"[{at + 1}/{len(todo)}] {line['set']}, {line['model']}, seed {line['seed']}, fold "
            f"{line['fold']}: {line['score']:.4f} in {line['seconds']:.2g} s",
            file=sys.stderr,
            flush=True,
        )
    text = page(done, folds)
    if arguments.quick:
        print(text)
    else:
        write_page(text, PAGE)


if __name__ == "__main__":
    main()
