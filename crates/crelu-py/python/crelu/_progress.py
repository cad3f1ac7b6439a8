"""What a fit says while it runs."""

import json
import sys
import time

#: Seconds between two lines.
LINE_EVERY = 1.0


class Progress:
    """Prints a line a second, and hands events to the user's callback.

    Parameters
    ----------
    verbose : int
        0: nothing is printed.
    callback : callable or None
        Called with a dict; False ends the fit with the best network so far.
    """

    def __init__(self, verbose, callback):
        self.verbose = verbose
        self.callback = callback
        self.next = 0.0

    @staticmethod
    def of(verbose, callback):
        """What the core calls; None where nobody listens."""
        return Progress(verbose, callback) if verbose or callback is not None else None

    def __call__(self, event):
        event = json.loads(event)
        if self.verbose and time.monotonic() >= self.next:
            self.next = time.monotonic() + LINE_EVERY
            print(_line(event), file=sys.stdout, flush=True)
        return None if self.callback is None else self.callback(event)


def _line(event):
    kind = event["event"]
    if kind == "doing":
        return f"[crelu] {event['what']}"
    if kind == "prepared":
        return f"[crelu] {event['n']} rows, {event['d']} columns, beta {event['beta']:.4e}"
    if kind == "proven":
        return f"[crelu] proven bound {event['proven_bound']:.6g}"
    if kind == "folds":
        why = f": {event['why']}" if event["why"] else ""
        return f"[crelu] {event['folds']} folds{why}"
    if kind == "step":
        part = "all rows" if event["fold"] is None else f"fold {event['fold'] + 1}"
        score = "" if event["score"] is None else f", score {event['score']:.4g}"
        return (
            f"[crelu] {part}, penalty {event['step']} of {event['steps']}: beta {event['beta']:.4e}, "
            f"{event['neurons']} neurons{score}"
        )
    if kind == "chosen":
        return (
            f"[crelu] beta {event['beta']:.4e} is chosen: {event['metric']} {event['mean']:.4g} "
            f"+- {event['se']:.2g}"
        )
    if kind == "cut":
        return f"[crelu] cut short: beta {event['beta']:.4e}"
    gap = event.get("search_gap")
    gap = event.get("gap") if gap is None else gap
    gap = "" if gap is None else f", gap {gap:.1e}"
    return (
        f"[crelu] {event['iteration']}: J {event['objective_network']:.6g}, "
        f"{event['neurons']} neurons{gap}"
    )
