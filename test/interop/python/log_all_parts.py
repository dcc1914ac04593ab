"""log_all_parts.py URI: one finished run that has something of every part: param, tag, metric, dataset, model."""

import sys
import tempfile

import quiet  # noqa: F401  (before mlflow)
import mlflow
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric
from mlflow.tracking import MlflowClient

mlflow.set_tracking_uri(sys.argv[1])
client = MlflowClient()
experiment = client.create_experiment("parts", artifact_location=tempfile.gettempdir() + "/none")
run = client.create_run(experiment, run_name="all").info.run_id
client.log_param(run, "lr", "0.1")
client.set_tag(run, "team", "red")
client.log_batch(run, metrics=[Metric(key, step / 3, 1700000000000 + step, step) for key in ("acc", "loss") for step in range(4)])
dataset = Dataset(name="iris", digest="abc", source_type="local", source="{}")
client.log_inputs(run, [DatasetInput(dataset, [InputTag("mlflow.data.context", "train")])])
client.create_logged_model(experiment, name="net", source_run_id=run, params={"depth": "3"})
client.set_terminated(run)
