"""mapping.md, “Properties of the run” and “Typed values”; the attributes are made in expected_layout.py."""

import ast
import hashlib
import json
import re
import warnings

from canonical import float_bits
from source import Run

INT64 = range(-(2**63), 2**63)
DAY = 24 * 3600 * 1000
SOURCE_TAGS = {
    "mlflow.source.name": "name",
    "mlflow.source.type": "type",
    "mlflow.source.git.commit": "git_commit",
    "mlflow.source.git.branch": "git_branch",
    "mlflow.source.git.repoURL": "git_repo_url",
    "mlflow.source.git.dirty": "git_dirty",
}
NOTE, RUN_NAME, HISTORY = "mlflow.note.content", "mlflow.runName", "mlflow.log-model.history"
# Tags that have a place of their own in Aim
PLACED = {*SOURCE_TAGS, "mlflow.user", "mlflow.parentRunId", "mlflow.project.entryPoint"}


def run_hash(run_id: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9_]+", run_id):
        return run_id
    return hashlib.sha256(run_id.encode()).hexdigest()[:32]


def holdable(value) -> bool:
    """Whether Aim's storage can keep the value as it is."""
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, int):
        return value in INT64
    if isinstance(value, float):
        return value == value and abs(value) != float("inf")
    if isinstance(value, str):
        return not any(0xD800 <= ord(char) < 0xE000 for char in value)
    if isinstance(value, (list, tuple)):
        return all(map(holdable, value))
    if isinstance(value, dict):
        return all(isinstance(key, (str, int)) and holdable(key) for key in value) and all(
            map(holdable, value.values())
        )
    return False


def typed(text: str):
    """A param's string as the literal of Python it reads as; what is none, or no value of Aim's, stays a string."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value = ast.literal_eval(text)
        return with_keys(value) if holdable(value) else text
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text


def with_keys(value):
    """Empty keys, which Aim cannot hold, become `(empty)`; booleans as keys become integers, as Aim's SDK has them."""
    if isinstance(value, dict):
        named = {int(key) if isinstance(key, bool) else key: with_keys(item) for key, item in value.items()}
        return {free_name(named) if key == "" else key: item for key, item in named.items()}
    if isinstance(value, (list, tuple)):
        return [with_keys(item) for item in value]
    return value


def free_name(named: dict) -> str:
    """`(empty)`, or the first of `(empty) 2`, `(empty) 3` … that is not taken."""
    return next(name for name in ("(empty)", *(f"(empty) {n}" for n in range(2, 100))) if name not in named)


def parsed_json(text: str | None):
    """JSON texts are parsed where they parse; a number that reading would change stays the string of its digits."""
    if text is None:
        return None
    try:
        value = json.loads(text, parse_int=exact_int, parse_float=exact_float)
        return with_keys(value)
    except (ValueError, RecursionError):
        return text


def exact_int(digits: str):
    return int(digits) if int(digits) in INT64 else digits


def exact_float(digits: str):
    return digits if abs(float(digits)) == float("inf") else float(digits)


def present(mapping: dict) -> dict:
    """Keys that are not there are left out; so are empty objects."""
    return {key: value for key, value in mapping.items() if value is not None and value != {} and value != ""}


def last_sign(run: Run) -> int | None:
    """The last sign of life that the source itself tells: the newest point, or the start."""
    return max([time for time in (last_point(run), run.start) if time is not None], default=None)


def last_point(run: Run) -> int | None:
    return max((point.timestamp for metric in run.metrics.values() for point in metric.points), default=None)


def end_time(run: Run, now: int) -> int | None:
    """At least 1 ms after 1970, because Aim takes 0 for active."""
    if run.status in ("FINISHED", "FAILED", "KILLED"):
        known = [time for time in (run.end, last_point(run), run.start) if time is not None]
        return max(known[0], 1) if known else 1
    if run.status == "RUNNING":
        sign = last_sign(run)
        if sign is not None and now - sign > DAY:
            return max(sign, 1)
    return None


def creation_time(run: Run) -> int:
    known = [time for time in (run.end, last_point(run)) if time is not None]
    return run.start if run.start is not None else min(known, default=0)


def is_stale(run: Run, now: int) -> bool:
    return run.status == "RUNNING" and end_time(run, now) is not None


def seconds(milliseconds: int | None) -> str:
    return "none" if milliseconds is None else float_bits(milliseconds / 1000)


def plain_line(note: str) -> str:
    """The first of a hundred lines that says something, without its Markdown."""
    for line in note.split("\n")[:100]:
        text = re.sub(r"^(\s*(#{1,6}(?=\s)|>|[-*+](?=\s)|\d{1,9}[.)](?=\s)))*\s*", "", line[:1000])
        text = re.sub(r"!?\[([^\[\]]*)\]\([^()]*\)", r"\1", text)
        text = re.sub(r"\*|`|__|~~", "", text).strip()
        if any(char.isalnum() for char in text):
            return text if len(text) <= 200 else text[:199].rstrip() + "…"
    return ""


def labels(run: Run, keys: list) -> list:
    of_tags = [f"{key}: {run.tags[key]}" for key in sorted(set(keys)) if key in run.tags]
    return ([run.status] if run.status in ("FAILED", "KILLED") else []) + of_tags


def properties(run: Run, now: int, keys: list) -> dict:
    note = run.tags.get(NOTE)
    end = end_time(run, now)
    hash_ = run_hash(run.id)
    return {
        "hash": hash_,
        "name": run.name or run.tags.get(RUN_NAME) or f"Run: {hash_}",
        "description": note or "",
        "notes": [note] if note else [],
        "creation_time": seconds(creation_time(run)),
        "end_time": seconds(end),
        "active": end is None,
        "archived": run.archived,
        "tags": labels(run, keys),
        "experiment": run.experiment.name,
        "experiment_description": plain_line(run.experiment.tags.get(NOTE, "")),
        "experiment_notes": [text for text in [run.experiment.tags.get(NOTE)] if text],
    }
