"""The page of the comparison says what its lines say, losses among them."""

import json
import pathlib
import sys

import numpy as np
import pytest

BENCH = pathlib.Path(__file__).parents[1] / "bench"


@pytest.fixture
def comparison(monkeypatch):
    pytest.importorskip("pandas")
    monkeypatch.syspath_prepend(str(BENCH))
    import comparison

    yield comparison
    for name in ("comparison", "sets"):
        sys.modules.pop(name, None)


def lines(comparison, scores, folds=5):
    for model, of in scores.items():
        for fold in range(folds):
            yield {
                "set": "iris", "model": model, "seed": 0, "fold": fold, "folds": folds, "rows": 150,
                "columns": 4, "labels": True, "score": of[fold], "seconds": 144.0, "parameters": 7,
            }  # fmt: skip


def test_page_shows_losses_as_losses(comparison):
    own = np.array([0.90, 0.91, 0.89, 0.90, 0.92])
    noise = np.array([0.01, -0.01, 0.01, -0.01, 0.0])
    scores = {
        "crelu": own,
        "MLP": own + 0.05 + noise / 10,
        "MLP, tuned": own + noise,
        "SVM": own - 0.05 + noise / 10,
    }
    text = comparison.page(list(lines(comparison, scores)), 5)
    assert "| MLP | 0 | 0 | 1 | iris |" in text
    assert "| MLP, tuned | 0 | 1 | 0 | - |" in text
    assert "| SVM | 1 | 0 | 0 | - |" in text
    assert "Not complete yet: iris; wine" in text
    assert "| MLP | **0.9540**" in text
    assert text.count("| 140 | 7 |") == len(scores)


def test_run_goes_on_where_the_last_ended(comparison, monkeypatch, tmp_path):
    monkeypatch.setattr(comparison, "LINES", tmp_path / "lines.jsonl")
    task = {"set": "iris", "model": "linear", "seed": 0, "fold": 1}
    line = comparison.run(task, 3)
    assert line["score"] > 0.9 and line["parameters"] == 15 and line["rows"] == 150
    # the last line was cut off
    comparison.LINES.write_text(json.dumps(line) + "\n" + json.dumps(line)[:20])
    comparison.add({**line, "fold": 2})
    again = [comparison.key(line) for line in comparison.known(3)]
    assert again == [("iris", "linear", 0, 1), ("iris", "linear", 0, 2)]
    assert comparison.known(5) == []


def test_sets_are_at_least_twelve_and_what_they_say(comparison):
    assert len(comparison.SETS) >= 12
    for name, make in comparison.SETS.items():
        made = make()
        if made is None:
            assert "Fashion" in name
            continue
        X, y, labels = made
        assert len(X) == len(y) >= 100
        assert labels == (len(np.unique(y)) <= 10), name
        assert hasattr(X, "columns") == ("text" in name)
