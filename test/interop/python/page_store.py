"""page_store.py URI: a store as people have it, for looking at it in Aim's UI: autolog, datasets, models, nested runs, notes, tags.

The last line is a JSON object with the ids of its runs by name.
"""

import json
import sys

import quiet  # noqa: F401  (before mlflow)
import mlflow
import numpy
from mlflow.entities import Metric
from mlflow.tracking import MlflowClient
from sklearn.linear_model import LogisticRegression

START = 1_767_603_600_000
EXPERIMENT_NOTE = "# Iris baselines\n\nWe look for the **smallest** model.\n"
FIVE_PARAMS = {"lr": 0.01, "batch_size": 32, "epochs": 10, "optimizer": "adam", "depth": 3}

mlflow.set_tracking_uri(sys.argv[1])
client = MlflowClient()
runs = {}


def plain_run(experiment: str, name: str, start: int, parent: str | None = None, status: str = "FINISHED", **tags) -> str:
    nested = {} if parent is None else {"mlflow.parentRunId": parent}
    run = client.create_run(experiment, start, run_name=name, tags={**nested, **tags}).info.run_id
    for key, value in FIVE_PARAMS.items():
        client.log_param(run, key, value)
    points = [Metric(key, 1 / (step + 1), start + step, step) for key in ("loss", "acc") for step in range(5)]
    client.log_batch(run, metrics=points)
    client.set_terminated(run, status, start + 60_000)
    runs[name] = run
    return run


def autologged_run(experiment: str):
    """A real training: sklearn's autolog logs its params, metrics and model."""
    mlflow.sklearn.autolog(log_datasets=False, silent=True)
    data = numpy.array([[0.0, 1], [1, 1], [2, 0], [3, 0]] * 5)
    target = numpy.array([0, 0, 1, 1] * 5)
    with mlflow.start_run(experiment_id=experiment, run_name="iris-autolog", tags={"stage": "dev", "team": "vision"}) as run:
        mlflow.set_tag("mlflow.note.content", "Logged by **autolog**.")
        mlflow.log_input(mlflow.data.from_numpy(data, targets=target, name="iris", digest="5a5c68bf"), context="train")
        mlflow.log_input(mlflow.data.from_numpy(data[:4], name="wine", digest="cd5d3d0f"), context="test")
        LogisticRegression(C=0.5, max_iter=50).fit(data, target)
        runs["iris-autolog"] = run.info.run_id
    mlflow.sklearn.autolog(disable=True)


def main():
    tags = {"mlflow.note.content": EXPERIMENT_NOTE, "owner": "ada"}
    experiment = client.create_experiment("iris", tags=tags)
    autologged_run(experiment)
    plain_run(experiment, "five-params", START, stage="prod", team="vision")
    plain_run(experiment, "broken", START + 1000, status="FAILED", stage="dev")
    sweep = plain_run(experiment, "sweep-parent", START + 2000)
    trial = plain_run(experiment, "trial-0", START + 3000, sweep, stage="dev")
    plain_run(experiment, "trial-1", START + 4000, sweep, stage="dev")
    plain_run(experiment, "fold-0", START + 5000, trial)
    plain_run(experiment, "orphan", START + 6000, "0123456789abcdef0123456789abcdef")
    deleted = plain_run(experiment, "deleted-trial", START + 7000, sweep)
    client.delete_run(deleted)
    print(json.dumps(runs))


main()
