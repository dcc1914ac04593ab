"""Writes runs through the real MLflow client. What MLflow refuses is collected in `refused`, not raised."""

import os
import tempfile
from pathlib import Path

import quiet  # noqa: F401  (before mlflow)
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

START = 1_700_000_000_000
HOUR = 3_600_000

STANDARD_TAGS = {
    "mlflow.user": "ada",
    "mlflow.source.name": "train.py",
    "mlflow.source.type": "LOCAL",
    "mlflow.source.git.commit": "0123456789abcdef0123456789abcdef01234567",
    "mlflow.source.git.branch": "main",
    "mlflow.source.git.repoURL": "https://example.com/vision.git",
}


class StoreWriter:
    def __init__(self, store: str):
        """`store`: a directory or a tracking URI."""
        self.client = MlflowClient(store if "://" in store else os.path.abspath(store))
        self.refused = []

    def attempt(self, what: str, action) -> bool:
        """Runs what MLflow may refuse, and remembers that it did."""
        try:
            action()
            return True
        except (MlflowException, OSError, ValueError, TypeError) as error:
            self.refused.append({"what": what, "error": str(error)[:200]})
            return False

    def experiment(self, name: str, tags: dict | None = None) -> str:
        return self.client.create_experiment(name, tags=tags or {})

    def run(self, experiment: str, name: str | None = None, tags: dict | None = None, start: int = START) -> str:
        run = self.client.create_run(experiment, start_time=start, tags=tags or {}, run_name=name)
        return run.info.run_id

    def end(self, run: str, status: str = "FINISHED", end: int = START + HOUR):
        if status in ("RUNNING", "SCHEDULED"):
            self.client.update_run(run, status=status)
        else:
            self.client.set_terminated(run, status=status, end_time=end)

    def points(self, run: str, rows: list):
        """rows: (key, value, timestamp, step)"""
        for index in range(0, len(rows), 1000):
            self.client.log_batch(run, metrics=[Metric(*row) for row in rows[index : index + 1000]])

    def params(self, run: str, params: dict):
        for key, value in params.items():
            self.attempt(f"param {key[:40]!r}", lambda: self.client.log_batch(run, params=[Param(key, value)]))

    def tags(self, run: str, tags: dict):
        for key, value in tags.items():
            self.attempt(f"tag {key[:40]!r}", lambda: self.client.log_batch(run, tags=[RunTag(key, value)]))

    def files(self, run: str, files: dict, directory: str = ""):
        """relative path → bytes, logged one by one."""
        with tempfile.TemporaryDirectory() as scratch:
            for path, data in files.items():
                file = Path(scratch, directory, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
                target = os.path.dirname(os.path.join(directory, path))
                self.attempt(f"artifact {path!r}", lambda: self.client.log_artifact(run, str(file), target or None))


def curve(key: str, points: int, start: int = START, level: float = 1.0) -> list:
    """A believable falling curve without a random number."""
    return [
        (key, level / (1 + 0.05 * step) + 0.001 * ((step * 7919) % 13), start + step * 1000, step)
        for step in range(points)
    ]
