"""Reads a file store from its files, as mlflow-sources.md §1 describes them, MLflow 1.x to 3.17.

This is the second opinion beside the real client: it also reads what MLflow's own reader refuses (a run with one bad
metric line, run metas of other versions), and it is compared with the client wherever the client can read.
"""

import re
from pathlib import Path

import yaml

from source import Experiment, Metric, Point, Run

STATUS = {"1": "RUNNING", "2": "SCHEDULED", "3": "FINISHED", "4": "FAILED", "5": "KILLED"}
MODEL_STATUS = {"1": "PENDING", "2": "READY", "3": "FAILED"}
NO_EXPERIMENTS = {".trash", "models"}
NO_RUNS = {"tags", "datasets", "traces", "models"}
INT64 = range(-(2**63), 2**63)


class FailsafeLoader(yaml.SafeLoader):
    """Every scalar a string, but plain `null`, `~` and nothing: a run called 1e5 stays what it is."""


FailsafeLoader.yaml_implicit_resolvers = {}
FailsafeLoader.add_implicit_resolver(
    "tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]
)


def read_meta(path: Path) -> dict | None:
    """A meta.yaml, or None where there is no usable one."""
    try:
        meta = yaml.load(path.read_text("utf-8"), FailsafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return None
    return meta if isinstance(meta, dict) else None


def read_values(directory: Path) -> dict:
    """The files below `directory` as key → whole content; a key's `/` are directories. No UTF-8 becomes U+FFFD."""
    if not directory.is_dir():
        return {}
    files = (path for path in directory.rglob("*") if path.is_file())
    return {path.relative_to(directory).as_posix(): path.read_bytes().decode("utf-8", "replace") for path in files}


def bad_values(directory: Path) -> int:
    """How many files below `directory` are no UTF-8."""
    files = [path.read_bytes() for path in directory.rglob("*") if path.is_file()] if directory.is_dir() else []
    return sum(data.decode("utf-8", "replace").encode() != data for data in files)


def parse_line(line: str) -> Point | None:
    """`timestamp value [step [dataset_name… dataset_digest]]`, or None."""
    fields = line.split(" ")
    if len(fields) < 2:
        return None
    try:
        timestamp, value = int(fields[0]), float(fields[1])
        step = int(fields[2]) if len(fields) > 2 else 0
    except ValueError:
        return None
    dataset = (" ".join(fields[3:-1]), fields[-1]) if len(fields) > 4 else None
    return Point(step, value, timestamp, dataset) if step in INT64 else None


def read_metric(path: Path, is_over: bool) -> Metric:
    """The last line of a run that is not over may be half written: without its newline it does not count."""
    metric = Metric([])
    lines = path.read_bytes().decode("utf-8").replace("\r\n", "\n").split("\n")
    tail = lines.pop()
    if tail and is_over:
        lines.append(tail)
    metric.misread = bool(tail) and not is_over
    for line in lines:
        point = parse_line(line)
        if point is None:
            metric.bad_lines += 1
        else:
            metric.points.append(point)
            # MLflow takes the step from three columns only, and returns 0 for five
            metric.misread = metric.misread or len(line.split(" ")) >= 5
    return metric


def read_metrics(directory: Path, is_over: bool) -> dict:
    if not directory.is_dir():
        return {}
    files = (path for path in directory.rglob("*") if path.is_file())
    return {path.relative_to(directory).as_posix(): read_metric(path, is_over) for path in files}


def read_datasets(run: Run) -> list:
    datasets = []
    for meta_file in sorted((run.directory / "inputs").glob("*/meta.yaml")):
        inputs = read_meta(meta_file)
        if inputs is None or inputs.get("source_type") != "DATASET":
            continue
        dataset = read_meta(run.experiment.directory / "datasets" / inputs["source_id"] / "meta.yaml")
        if dataset is not None:
            names = ("name", "digest", "source_type", "source", "schema", "profile")
            context = (inputs.get("tags") or {}).get("mlflow.data.context")
            datasets.append({**{name: dataset.get(name) for name in names}, "context": context})
    return datasets


def read_models(run: Run) -> list:
    """The logged models of MLflow 3 that name this run as their source, or that its outputs name."""
    steps = {}
    for meta_file in (run.directory / "outputs").glob("*/meta.yaml"):
        output = read_meta(meta_file)
        if output is not None:
            steps[meta_file.parent.name] = int(output.get("step") or 0)
    models = []
    for meta_file in sorted((run.experiment.directory / "models").glob("*/meta.yaml")):
        meta = read_meta(meta_file)
        if meta is None or (meta.get("source_run_id") != run.id and meta["model_id"] not in steps):
            continue
        if meta.get("lifecycle_stage") == "deleted":
            continue
        models.append(
            {
                "model_id": meta["model_id"],
                "name": meta.get("name"),
                "type": meta.get("model_type"),
                "status": MODEL_STATUS.get(meta.get("status")),
                "artifact_uri": meta.get("artifact_location"),
                "step": steps.get(meta["model_id"]),
                "params": read_values(meta_file.parent / "params"),
                "tags": read_values(meta_file.parent / "tags"),
            }
        )
    return models


def number(text: str | None) -> int | None:
    return None if text in (None, "") else int(text)


def read_run(directory: Path, experiment: Experiment) -> Run | None:
    """A run, or None where the directory holds none."""
    meta = read_meta(directory / "meta.yaml")
    if meta is None:
        return None
    run_id = meta.get("run_id") or meta.get("run_uuid")
    if run_id != directory.name or meta.get("experiment_id") != experiment.id:
        return None
    status = STATUS[meta.get("status") or "1"]
    run = Run(
        id=run_id,
        experiment=experiment,
        directory=directory,
        name=meta.get("run_name") or meta.get("name"),
        status=status,
        deleted=meta.get("lifecycle_stage") == "deleted",
        start=number(meta.get("start_time")),
        end=number(meta.get("end_time")),
        user=meta.get("user_id"),
        artifact_uri=meta.get("artifact_uri"),
        entry_point=meta.get("entry_point_name"),
        params=read_values(directory / "params"),
        tags=read_values(directory / "tags"),
        metrics=read_metrics(directory / "metrics", status in ("FINISHED", "FAILED", "KILLED")),
        bad_fields=bad_values(directory / "params") + bad_values(directory / "tags"),
    )
    run.datasets = read_datasets(run)
    run.models = read_models(run)
    return run


def read_experiments(store: Path) -> list:
    """All experiments, those in .trash included."""
    experiments = []
    for root in (store, store / ".trash"):
        for directory in sorted(root.iterdir()) if root.is_dir() else []:
            meta = read_meta(directory / "meta.yaml") if directory.name not in NO_EXPERIMENTS else None
            if meta is None or meta.get("experiment_id") != directory.name:
                continue
            deleted = root is not store or meta.get("lifecycle_stage") == "deleted"
            tags = read_values(directory / "tags")
            experiments.append(Experiment(directory.name, meta.get("name"), deleted, tags, directory))
    return experiments


def read_store(store: Path):
    """All runs of all experiments, one at a time."""
    for experiment in read_experiments(store):
        for directory in sorted(experiment.directory.iterdir()):
            run = read_run(directory, experiment) if directory.is_dir() and directory.name not in NO_RUNS else None
            if run is not None:
                yield run
