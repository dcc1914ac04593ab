"""make_database.py DIR: an mlflow.db in DIR as the MLflow that runs this makes it, and what that MLflow reads from it.

The databases beside this file were made with mlflow-skinny 1.30.1, 2.9.2 and 2.22.1 on Python 3.11:

    pip install "mlflow-skinny==1.30.1" "sqlalchemy<2" "alembic<2" sqlparse "numpy<2" "pandas<2.1" "setuptools<70" "protobuf<5" "Flask<3"
    pip install "mlflow-skinny==2.9.2"  "sqlalchemy<2.1" "alembic<2" sqlparse "numpy<2" "pandas<3" "setuptools<70" "Flask<4"
    pip install "mlflow-skinny==2.22.1" "sqlalchemy<2.1" "alembic<2" sqlparse "numpy<3" "pandas<3" setuptools "Flask<4"

each in an environment of its own.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

import mlflow
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.tracking import MlflowClient

START = 1_700_000_000_000
NAN, INF = float("nan"), float("inf")
VALUES = [0.5, NAN, INF, -INF, 0.1 + 0.2, 5e-324, -1e22]
STEPS = [0, -5, 2**53 + 1, -(2**40), 7, 7, 1]


def write(client: MlflowClient):
    experiment = client.create_experiment("old: Ünïcode 🚀", tags={"mlflow.note.content": "# Note", "team": "red"})
    run = client.create_run(experiment, start_time=START, tags={"mlflow.user": "ada", "mlflow.runName": "full"}).info.run_id
    rows = [Metric("odd", value, START + at // 2, step) for at, (value, step) in enumerate(zip(VALUES, STEPS))]
    rows += [Metric("loss", 1 / (1 + at), START + at, at) for at in reversed(range(300))]
    client.log_batch(run, metrics=rows)
    client.log_metric(run, "same", 1.0, START, 0)
    client.log_metric(run, "same", 2.0, START + 1, 0)
    client.log_metric(run, "same", 2.0, START + 1, 0)
    client.log_batch(run, params=[Param("lr", "0.1"), Param("text", "a\nb 🚀"), Param("net/depth", "[3, 4]")])
    client.log_batch(run, tags=[RunTag("mlflow.note.content", "*note*"), RunTag("empty", "")])
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch, "notes 1.txt")
        file.write_text("hello\n", "utf-8")
        client.log_artifact(run, str(file), "out")
    datasets(client, run)
    client.set_terminated(run, "FINISHED", START + 60_000)
    for status in ("FAILED", "KILLED"):
        run = client.create_run(experiment, start_time=START, tags={"mlflow.runName": status.lower()}).info.run_id
        client.set_terminated(run, status, START + 1000)
    run = client.create_run(experiment, start_time=START, tags={"mlflow.runName": "deleted"}).info.run_id
    client.log_metric(run, "loss", 1.0, START, 0)
    client.set_terminated(run, "FINISHED", START + 1000)
    client.delete_run(run)
    gone = client.create_experiment("gone")
    client.set_terminated(client.create_run(gone, start_time=START).info.run_id, "FINISHED", START + 1000)
    client.delete_experiment(gone)


def datasets(client: MlflowClient, run: str):
    try:
        from mlflow.entities import Dataset, DatasetInput, InputTag
    except ImportError:
        return  # before 2.4
    train = Dataset("train", "d1", "local", json.dumps({"uri": "/data/t.csv"}), '{"x": 1}', '{"rows": 10}')
    client.log_inputs(run, [DatasetInput(train, [InputTag("mlflow.data.context", "training")])])


def read(client: MlflowClient) -> dict:
    experiments = client.search_experiments(view_type=ViewType.ALL)
    runs = client.search_runs([item.experiment_id for item in experiments], run_view_type=ViewType.ALL)
    return {
        "mlflow": mlflow.__version__,
        "experiments": sorted((experiment_record(item) for item in experiments), key=lambda item: item["id"]),
        "runs": sorted((run_record(client, run) for run in runs), key=lambda item: item["id"]),
    }


def experiment_record(item) -> dict:
    return {"id": item.experiment_id, "name": item.name, "stage": item.lifecycle_stage, "tags": dict(item.tags)}


def run_record(client: MlflowClient, run) -> dict:
    info, inputs = run.info, getattr(run, "inputs", None)
    return {
        "id": info.run_id,
        "experiment": info.experiment_id,
        "name": getattr(info, "run_name", None) or run.data.tags.get("mlflow.runName"),
        "status": info.status,
        "stage": info.lifecycle_stage,
        "start": info.start_time,
        "end": info.end_time,
        "params": dict(run.data.params),
        "tags": dict(run.data.tags),
        "metrics": {key: history(client, info.run_id, key) for key in sorted(run.data.metrics)},
        "datasets": [[item.dataset.name, item.dataset.digest] for item in inputs.dataset_inputs] if inputs else [],
    }


def history(client: MlflowClient, run: str, key: str) -> list:
    """[timestamp, step, value] in order of all three; int64 and what JSON has no number for as text."""
    points = client.get_metric_history(run, key)
    points.sort(key=lambda item: (item.timestamp, item.step, 0 if item.value != item.value else item.value))
    return [[item.timestamp, str(item.step), repr(item.value)] for item in points]


def main():
    directory = Path(sys.argv[1]).resolve()
    directory.mkdir(parents=True)
    os.chdir(directory)
    client = MlflowClient(f"sqlite:///{directory}/mlflow.db")
    write(client)
    text = json.dumps(read(client), ensure_ascii=False, indent=1)
    (directory / "expected.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
