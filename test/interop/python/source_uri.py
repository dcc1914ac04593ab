"""What a tracking server or a database holds, by the real MLflow client alone: there are no files to compare it with."""

import sys
from urllib.parse import urlsplit, urlunsplit

import quiet  # noqa: F401  (before mlflow)
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from source import Experiment, Metric, Point, Run
from source_client import dataset_record, model_record

INF = float("inf")


def is_uri(store: str) -> bool:
    return "://" in store and not store.startswith("file:")


def without_credentials(uri: str) -> list:
    """The URI as it may stand in Aim: without the password, with the user or not, with a slash at the end or not."""
    parts = urlsplit(uri)
    user, at, host = parts.netloc.rpartition("@")
    users = ["", f"{user.partition(':')[0]}@"] if at else [""]
    shown = [urlunsplit(parts._replace(netloc=f"{name}{host}")) if at else uri for name in users]
    return [*shown, *(one.rstrip("/") for one in shown)]


class UriClient:
    """`in_files`: whether behind the server lies a file store, which keeps order and infinities as they were logged."""

    def __init__(self, uri: str, in_files: bool):
        self.uri = uri
        self.client = MlflowClient(uri)
        self.in_files = in_files
        self.models = {}

    def runs(self):
        """All runs of all experiments, deleted ones included."""
        for seen in self._pages(lambda token: self.client.search_experiments(ViewType.ALL, 50, page_token=token)):
            deleted = seen.lifecycle_stage == "deleted"
            experiment = Experiment(seen.experiment_id, seen.name, deleted, dict(seen.tags))
            self.models = self._models_of(seen.experiment_id)
            for run in self._pages(
                lambda token: self.client.search_runs([experiment.id], "", ViewType.ALL, 100, None, token)
            ):
                yield self._run(experiment, run)

    @staticmethod
    def _pages(ask):
        token = None
        while True:
            page = ask(token)
            yield from page
            token = page.token
            if not token:
                return

    def _run(self, experiment: Experiment, seen) -> Run:
        info = seen.info
        return Run(
            id=info.run_id,
            experiment=experiment,
            directory=None,
            name=info.run_name,
            status=info.status,
            deleted=info.lifecycle_stage == "deleted",
            start=info.start_time,
            end=info.end_time,
            user=info.user_id,
            artifact_uri=info.artifact_uri,
            entry_point=None,
            params=dict(seen.data.params),
            tags=dict(seen.data.tags),
            metrics={key: self._history(info.run_id, key) for key in seen.data.metrics},
            datasets=[dataset_record(item) for item in seen.inputs.dataset_inputs] if seen.inputs else [],
            models=self._models(seen),
        )

    def _history(self, run_id: str, key: str) -> Metric:
        points = [
            Point(item.step, item.value, item.timestamp, self._dataset(run_id, item))
            for item in self.client.get_metric_history(run_id, key)
        ]
        if not self.in_files:
            # a database keeps NaN as a marked 0, and infinity as the largest double
            points.sort(key=lambda point: (point.timestamp, point.step, 0 if point.value != point.value else point.value))
            for point in points:
                if abs(point.value) == sys.float_info.max:
                    point.value = INF if point.value > 0 else -INF
        return Metric(points)

    def _dataset(self, run_id: str, point) -> tuple | None:
        """Over a database a history does not tell the dataset; the model that the point was logged for as well does."""
        if getattr(point, "dataset_name", None):
            return point.dataset_name, point.dataset_digest or ""
        place = (run_id, point.key, point.timestamp, point.step)
        for model in self.models.values():
            for metric in model.metrics or []:
                if (metric.run_id, metric.key, metric.timestamp, metric.step) == place and metric.dataset_name:
                    return metric.dataset_name, metric.dataset_digest or ""
        return None

    def _models_of(self, experiment_id: str) -> dict:
        try:
            pages = self._pages(lambda token: self.client.search_logged_models([experiment_id], None, None, 50, None, token))
            return {model.model_id: model for model in pages}
        except MlflowException as error:
            if error.get_http_status_code() == 404 or error.error_code == "ENDPOINT_NOT_FOUND":
                return {}  # MLflow 2 has none
            raise

    def _models(self, seen) -> list:
        steps = {item.model_id: item.step for item in seen.outputs.model_outputs} if seen.outputs else {}
        return [
            model_record(model, steps.get(id_))
            for id_, model in self.models.items()
            if model.source_run_id == seen.info.run_id or id_ in steps
        ]
