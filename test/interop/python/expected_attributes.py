"""mapping.md, “Properties of the run” and “Attributes”: what Aim must hold of a run apart from its sequences."""

import ast
import hashlib
import json
import re
import warnings
from dataclasses import replace

from canonical import canonical, float_bits, one_of
from source import Run
from source_uri import is_uri, without_credentials

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


def properties(run: Run, now: int) -> dict:
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
        "tags": [run.status] if run.status in ("FAILED", "KILLED") else [],
        "experiment": run.experiment.name,
        "experiment_description": run.experiment.tags.get(NOTE, ""),
    }


def mlflow_attribute(run: Run, store: str) -> dict:
    source = present({name: run.tags.get(tag) for tag, name in SOURCE_TAGS.items()})
    if source.get("git_dirty", "").lower() in ("true", "false"):
        source["git_dirty"] = source["git_dirty"].lower() == "true"
    fields = {
        "run_id": run.id,
        "experiment_id": run.experiment.id,
        "experiment_name": run.experiment.name,
        "status": run.status,
        "lifecycle_stage": "deleted" if run.archived else "active",
        "user": run.tags.get("mlflow.user") or run.user,
        "artifact_uri": run.artifact_uri,
        "parent_run_id": run.tags.get("mlflow.parentRunId"),
        "source": source,
        "entry_point": run.tags.get("mlflow.project.entryPoint") or run.entry_point,
        "tags": {key: value for key, value in run.tags.items() if key.startswith("mlflow.") and remains(run, key)},
    }
    # of a file store given as a path the contract does not say whether the URI is that path
    uris = without_credentials(store) if is_uri(store) else [store, f"file://{store}"]
    return {**canonical(present(fields)), "tracking_uri": one_of(*(f"str:{uri}" for uri in uris))}


def remains(run: Run, key: str) -> bool:
    """A tag that has a place of its own is not repeated; an empty one has none, but for the note and the name."""
    if key in (NOTE, RUN_NAME):
        return False
    if key == HISTORY:
        return not takes_history(run)
    return run.tags[key] == "" or key not in PLACED


def takes_history(run: Run) -> bool:
    history = parsed_json(run.tags.get(HISTORY))
    return not run.models and isinstance(history, list) and history != []


def dataset_order(dataset: dict) -> tuple:
    return dataset["name"], dataset["digest"], dataset["context"] or ""


def model_order(model: dict) -> tuple:
    """By step and id; those that are not among the run's outputs have no step and come first."""
    return (model["step"] is not None, model["step"] or 0, model["model_id"])


def dataset_attribute(dataset: dict) -> dict:
    parsed = {name: parsed_json(dataset[name]) for name in ("source", "schema", "profile")}
    return canonical(present({**dataset, **parsed}))


def model_attribute(model: dict, raw_params: bool) -> dict:
    params = model["params"] if raw_params else {key: typed(value) for key, value in model["params"].items()}
    return canonical(present({**model, "params": params}))


def system_params(run: Run) -> dict:
    """In the shape of Aim's own `__system_params`, as far as the tags tell."""
    tags = run.tags
    commit = present({"hash": tags.get("mlflow.source.git.commit")})
    git = {"branch": tags.get("mlflow.source.git.branch"), "remote_origin_url": tags.get("mlflow.source.git.repoURL")}
    script = tags.get("mlflow.source.name")
    is_script = script and script != "<console>" and tags.get("mlflow.source.type") == "LOCAL"
    fields = {"git_info": present({**git, "commit": commit}), "arguments": [script] if is_script else None}
    return canonical(present(fields))


def without_tokens(key: str, value: str) -> str:
    """What MLflow itself has written loses the tokens of the URLs in it."""
    if not key.startswith("mlflow.") or key in (NOTE, RUN_NAME):
        return value
    return re.sub(r"\b(https?://)[^/?#\s]*@", r"\1", value)


def attributes(run: Run, store: str, raw_params: bool) -> dict:
    run = replace(run, tags={key: without_tokens(key, value) for key, value in run.tags.items()})
    params = run.params if raw_params else {key: typed(value) for key, value in run.params.items()}
    tags = {key: value for key, value in run.tags.items() if not key.startswith("mlflow.")}
    expected = {
        "params": canonical(params),
        "tags": canonical(tags),
        "mlflow_run_id": canonical(run.id),
        "mlflow_run_name": canonical(run.name or run.tags.get(RUN_NAME) or ""),
        "mlflow": mlflow_attribute(run, store),
        "datasets": [dataset_attribute(item) for item in sorted(run.datasets, key=dataset_order)],
        "__system_params": system_params(run),
    }
    if run.models:
        ordered = sorted(run.models, key=model_order)
        expected["models"] = [model_attribute(model, raw_params) for model in ordered]
    elif takes_history(run):
        expected["models"] = canonical(parsed_json(run.tags[HISTORY]))
    return {key: value for key, value in expected.items() if value not in ({}, [], "str:")}
