"""How make-example.py writes runs: the real MLflow client, with a clock and ids that are the same every time."""

import logging
import os
import random
import tempfile
import time
import uuid
import warnings
from pathlib import Path

for name, value in {
    "MLFLOW_ALLOW_FILE_STORE": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}.items():
    os.environ.setdefault(name, value)
warnings.filterwarnings("ignore")
logging.getLogger("mlflow").setLevel(logging.ERROR)

from mlflow.entities import Metric, Param
from mlflow.tracking import MlflowClient

BEGIN = 1_767_603_600_000  # 5 January 2026, 09:00 UTC
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000

clock = {"now": BEGIN / 1000}
ids = random.Random(11)
time.time = lambda: clock["now"]
uuid.uuid4 = lambda: uuid.UUID(int=ids.getrandbits(128), version=4)


class Store:
    def __init__(self, directory: str):
        self.client = MlflowClient(directory)

    def experiment(self, name: str, note: str, **tags) -> str:
        return self.client.create_experiment(name, tags={"mlflow.note.content": note, **tags})

    def run(self, experiment: str, name: str, start: int, script: str, params: dict, **tags) -> str:
        clock["now"] = start / 1000
        known = {
            "mlflow.user": "ada",
            "mlflow.source.name": script,
            "mlflow.source.type": "LOCAL",
            "mlflow.source.git.commit": "9f2b7c41d5e8a0364b1c9d7e2f5a8b3c6d0e1f24",
            "mlflow.source.git.branch": "main",
            "mlflow.source.git.repoURL": "https://github.com/ada-example/vision.git",
        }
        run = self.client.create_run(experiment, start_time=start, run_name=name, tags={**known, **tags}).info.run_id
        self.client.log_batch(run, params=[Param(key, str(value)) for key, value in params.items()])
        return run

    def curve(self, run: str, key: str, values: list, start: int, interval: int):
        points = [Metric(key, value, start + (step + 1) * interval, step) for step, value in enumerate(values)]
        self.client.log_batch(run, metrics=points)

    def file(self, run: str, path: str, data: bytes):
        with tempfile.TemporaryDirectory() as scratch:
            file = Path(scratch, Path(path).name)
            file.write_bytes(data)
            self.client.log_artifact(run, str(file), os.path.dirname(path) or None)

    def end(self, run: str, end: int, status: str = "FINISHED"):
        clock["now"] = end / 1000
        self.client.set_terminated(run, status=status, end_time=end)
