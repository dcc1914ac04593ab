"""The same records as source_files.py gives, as far as the real MLflow client can read them: its word is final.

Where the client fails on a whole run (one malformed metric line is enough) or is known to be wrong (`Metric.misread`),
the files stand; every such case is counted and told, so that it cannot hide a mistake.
"""

from pathlib import Path

import yaml

import quiet  # noqa: F401  (before mlflow)
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from source import Metric, Point, Run


# What MLflow's reader throws at a store that is damaged or older than it
READING_ERRORS = (MlflowException, ValueError, TypeError, KeyError, AttributeError, OverflowError, yaml.YAMLError)


def dataset_record(item) -> dict:
    names = ("name", "digest", "source_type", "source", "schema", "profile")
    context = next((tag.value for tag in item.tags if tag.key == "mlflow.data.context"), None)
    return {**{name: getattr(item.dataset, name) for name in names}, "context": context}


def model_record(model, step: int | None) -> dict:
    return {
        "model_id": model.model_id,
        "name": model.name,
        "type": model.model_type,
        "status": str(model.status),
        "artifact_uri": model.artifact_location,
        "step": step,
        "params": dict(model.params),
        "tags": dict(model.tags),
    }


class Client:
    """`experiment_ids` are those of the files: one alien directory makes MLflow refuse to list any."""

    def __init__(self, store: Path, experiment_ids: list):
        self.client = MlflowClient(str(store))
        self.unreadable = []
        try:
            found = list(self._all_experiments())
        except READING_ERRORS as error:
            self.unreadable.append({"store": str(store), "error": str(error)[:200]})
            found = [item for item in map(self._experiment, experiment_ids) if item is not None]
        self.experiments = {item.experiment_id: item for item in found}
        self.runs = {}
        for experiment_id in self.experiments:
            self._list_runs(experiment_id)

    def _experiment(self, id_: str):
        try:
            return self.client.get_experiment(id_)
        except READING_ERRORS as error:
            self.unreadable.append({"experiment": id_, "error": str(error)[:200]})
            return None

    def _all_experiments(self):
        token = None
        while True:
            page = self.client.search_experiments(view_type=ViewType.ALL, max_results=50, page_token=token)
            yield from page
            token = page.token
            if not token:
                return

    def _list_runs(self, experiment_id: str):
        token = None
        while True:
            try:
                page = self.client.search_runs([experiment_id], "", ViewType.ALL, max_results=100, page_token=token)
            except READING_ERRORS:
                return  # one unreadable run hides all others of its experiment: `overrule` asks for each
            for run in page:
                self.runs[run.info.run_id] = run
            token = page.token
            if not token:
                return

    def _run(self, run_id: str):
        if run_id not in self.runs:
            self.runs[run_id] = self.client.get_run(run_id)
        return self.runs[run_id]

    def overrule(self, run: Run) -> Run:
        """`run` as the client sees it; as it was where the client cannot read it."""
        try:
            seen = self._run(run.id)
            metrics = {key: self._history(run, key) for key in seen.data.metrics}
        except READING_ERRORS as error:
            self.unreadable.append({"run": run.id, "error": f"{type(error).__name__}: {error}"[:200]})
            return run
        experiment = self.experiments.get(run.experiment.id)
        if experiment is None:
            return run
        run.experiment.name = experiment.name
        run.experiment.deleted = experiment.lifecycle_stage == "deleted"
        run.experiment.tags = dict(experiment.tags)
        run.name = seen.info.run_name
        run.status = seen.info.status
        run.deleted = seen.info.lifecycle_stage == "deleted"
        run.start, run.end = seen.info.start_time, seen.info.end_time
        run.user, run.artifact_uri = seen.info.user_id, seen.info.artifact_uri
        run.params, run.tags = dict(seen.data.params), dict(seen.data.tags)
        run.metrics = metrics
        run.datasets = [dataset_record(item) for item in seen.inputs.dataset_inputs] if seen.inputs else []
        run.models = self._models(run, seen)
        return run

    def _history(self, run: Run, key: str) -> Metric:
        points = self.client.get_metric_history(run.id, key)
        from_file = run.metrics[key]
        if from_file.misread:
            return from_file
        return Metric([Point(item.step, item.value, item.timestamp) for item in points], from_file.bad_lines)

    def _models(self, run: Run, seen) -> list:
        steps = {item.model_id: item.step for item in seen.outputs.model_outputs} if seen.outputs else {}
        found = self.client.search_logged_models([run.experiment.id], max_results=1000)
        return [
            model_record(model, steps.get(model.model_id))
            for model in found
            if model.source_run_id == run.id or model.model_id in steps
        ]
