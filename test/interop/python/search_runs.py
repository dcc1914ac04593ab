"""Fills a store with given runs, or asks MLflow's own client which runs a filter finds.

    search_runs.py fill URI ARTIFACTS < runs.json   prints {name: run id}
    search_runs.py ask URI < filters.jsonl          prints for each filter the ids that are found, or {"error": sentence}
"""

import json
import sys

import quiet  # noqa: F401  (before mlflow)
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag
from mlflow.tracking import MlflowClient


def fill(client: MlflowClient, artifacts: str, runs: list) -> None:
    experiment = client.create_experiment("searched", artifact_location=artifacts)
    ids = {}
    for run in runs:
        made = client.create_run(experiment, start_time=run["start"], run_name=run["name"])
        run_id = made.info.run_id
        client.log_batch(
            run_id,
            metrics=[
                Metric(key, float(value), time, step)
                for key, points in run["metrics"].items()
                for step, time, value in points
            ],
            params=[Param(key, value) for key, value in run["params"].items()],
            tags=[RunTag(key, value) for key, value in run["tags"].items()],
        )
        inputs = [
            DatasetInput(Dataset(name, digest, "local", "{}"), [InputTag("mlflow.data.context", context)])
            for name, digest, context in run["datasets"]
        ]
        if inputs:
            client.log_inputs(run_id, inputs)
        if run["status"] != "RUNNING":
            client.set_terminated(run_id, run["status"], run["end"])
        if run["deleted"]:
            client.delete_run(run_id)
        ids[run["name"]] = run_id
    print(json.dumps(ids))


def ask(client: MlflowClient, filters) -> None:
    experiment = client.get_experiment_by_name("searched").experiment_id
    for line in filters:
        try:
            found = client.search_runs([experiment], json.loads(line), max_results=1000)
            print(json.dumps(sorted(run.info.run_id for run in found)))
        except Exception as error:  # whatever MLflow throws at a filter
            print(json.dumps({"error": f"{type(error).__name__}: {error}"[:300]}))


if __name__ == "__main__":
    client = MlflowClient(sys.argv[2])
    if sys.argv[1] == "fill":
        fill(client, sys.argv[3], json.load(sys.stdin))
    else:
        ask(client, sys.stdin)
