"""Every oddity that MLflow 3.17 lets one write into a file store."""

import json
import time

import media
from edge_values import GPU_METRICS, METRIC_NAMES, NODE_METRICS, PARAMS, RUN_NAMES, STEPS, VALUES
from mlflow.entities import Dataset, DatasetInput, InputTag, LoggedModelOutput, LoggedModelStatus

from shape_metrics import on_datasets, prefixes
from store_writer import HOUR, START, STANDARD_TAGS, StoreWriter, curve

NOTE = "# Heading\n\n**bold** `code`\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n<script>alert(1)</script>\n\n$x^2$ ünï 🚀\n"


def edge(writer: StoreWriter):
    tags = {"mlflow.note.content": NOTE, "k/with/slash": "v", "empty": "", "long": "x" * 5000}
    experiment = writer.experiment("edge/Ünïcode α→ω 实验 🚀", tags)
    values(writer, experiment)
    steps(writer, experiment)
    names(writer, experiment)
    params_and_tags(writer, experiment)
    lives(writer, experiment)
    inputs_and_models(writer, experiment)
    prefixes(writer, experiment)
    histories(writer, experiment)
    experiments(writer)


def values(writer: StoreWriter, experiment: str):
    run = writer.run(experiment, "values", STANDARD_TAGS)
    rows = [(key, value, START + step, step) for key, some in VALUES.items() for step, value in enumerate(some)]
    writer.points(run, [*rows, ("ints", 3, START, 0), ("ints", 4, START, 1)])
    writer.end(run)


def steps(writer: StoreWriter, experiment: str):
    run = writer.run(experiment, "steps", STANDARD_TAGS)
    writer.points(
        run,
        [(key, index * 1.5, START + index, step) for key, some in STEPS.items() for index, step in enumerate(some)],
    )
    times = {
        "ts zero": [0],
        "ts seconds": [1_700_000_000],
        "ts future": [4_102_444_800_000],
        "ts late": [START + 9, START + 3, START],
    }
    writer.points(run, [(key, 1.0, time, index) for key, some in times.items() for index, time in enumerate(some)])
    writer.points(run, [("identical", 7.0, START, 1)] * 3)
    writer.end(run)


def names(writer: StoreWriter, experiment: str):
    run = writer.run(experiment, "names", STANDARD_TAGS)
    for index, name in enumerate(METRIC_NAMES):
        writer.attempt(
            f"metric {name[:40]!r}", lambda: writer.points(run, [(name, index + s / 4, START + s, s) for s in range(3)])
        )
    writer.end(run)
    run = writer.run(experiment, "system", STANDARD_TAGS)
    keys = [f"system/{prefix}{name}" for prefix in ("", "node-1/") for name in [*NODE_METRICS, *GPU_METRICS]]
    writer.points(
        run,
        [
            row
            for key in [*keys, "systematic/cpu_utilization_percentage", "system/gpu_07_utilization_percentage"]
            for row in curve(key, 3)
        ],
    )
    writer.end(run)


def params_and_tags(writer: StoreWriter, experiment: str):
    run = writer.run(experiment, "params", {**STANDARD_TAGS, "mlflow.note.content": NOTE})
    writer.params(run, PARAMS)
    writer.tags(
        run,
        {
            "long": "t" * 8000,
            "empty": "",
            "nl": "a\nb",
            "тег": "värde 🚀",
            "slash/tag": "1",
            "sp tag": "1",
            "json": '{"a": 1}',
            "mlflow": "no prefix",
            "mlflow.custom": "x",
            "mlflow.project.entryPoint": "main",
            "mlflow.source.git.diff": "diff --git a/x b/x\n+1\n",
            "mlflow.source.git.dirty": "True",
            "mlflow.source.git.repoURL": "https://oauth2:SECRET@example.com/a/b.git",
            "mlflow.databricks.notebook": "see https://SECRET@example.com/x, or ada@example.com",
            "own.url": "https://ada:SECRET@example.com",
            "mlflow.docker.image.uri": "img:1",
            "mlflow.loggedImages": "True",
            "mlflow.autologging": "sklearn",
        },
    )
    writer.end(run)
    history = [
        {
            "run_id": "x",
            "artifact_path": "model",
            "flavors": {"sklearn": {"version": "1.0"}},
            "utc_time_created": "2023-01-01",
        }
    ]
    run = writer.run(experiment, "models of 2.x", {"mlflow.log-model.history": json.dumps(history)})
    writer.end(run)
    run = writer.run(experiment, "broken history", {"mlflow.log-model.history": "[{"})
    writer.end(run)
    empty = {
        "mlflow.note.content": "",
        "mlflow.source.name": "",
        "mlflow.parentRunId": "",
        "mlflow.log-model.history": "[]",
    }
    writer.end(writer.run(experiment, "empty tags", empty))
    writer.end(writer.run(experiment, "console", {"mlflow.source.name": "<console>", "mlflow.source.type": "LOCAL"}))
    writer.end(writer.run(experiment, "notebook", {"mlflow.source.name": "a.ipynb", "mlflow.source.type": "NOTEBOOK"}))


def lives(writer: StoreWriter, experiment: str):
    parent = writer.run(experiment, "parent", STANDARD_TAGS)
    child = writer.run(experiment, "child", {**STANDARD_TAGS, "mlflow.parentRunId": parent})
    for run in (parent, child, writer.run(experiment, "orphan", {"mlflow.parentRunId": "0" * 32})):
        writer.points(run, curve("loss", 3))
        writer.end(run)
    for status in ("FINISHED", "FAILED", "KILLED", "RUNNING", "SCHEDULED"):
        run = writer.run(experiment, f"status {status}", STANDARD_TAGS)
        writer.points(run, curve("loss", 3))
        writer.end(run, status)
    now = int(time.time() * 1000)
    run = writer.run(experiment, "running now", STANDARD_TAGS, start=now - HOUR)
    writer.points(run, curve("loss", 3, now - HOUR))
    run = writer.run(experiment, "running long, alive", STANDARD_TAGS)
    writer.points(run, [("loss", 1.0, now - HOUR, 0)])
    writer.run(experiment, "running, no points", {})
    for name in RUN_NAMES:
        writer.attempt(f"run name {name[:40]!r}", lambda: writer.end(writer.run(experiment, name, {})))
    writer.end(writer.run(experiment, None, {}))
    run = writer.run(experiment, "renamed before", {})
    writer.client.set_tag(run, "mlflow.runName", "renamed after")
    writer.end(run)
    writer.end(writer.run(experiment, "end before start", {}, start=START + 9000), end=START)
    for name in ("deleted", "restored"):
        run = writer.run(experiment, name, STANDARD_TAGS)
        writer.points(run, curve("loss", 3))
        writer.end(run, "KILLED" if name == "deleted" else "FINISHED")
        writer.client.delete_run(run)
    writer.client.restore_run(run)


def inputs_and_models(writer: StoreWriter, experiment: str):
    run = writer.run(experiment, "datasets", STANDARD_TAGS)
    schema = json.dumps({"mlflow_colspec": [{"type": "double", "name": "x", "required": True}]})
    profile = json.dumps(
        {"num_rows": 10, "share": 0.5, "whole": 2.0, "none": None, "": "empty key", "big": 2**70, "nan": float("nan")}
    )
    train = Dataset("train set ü", "d1", "local", json.dumps({"uri": "/data/t.csv"}), schema, profile)
    inputs = [
        DatasetInput(train, [InputTag("mlflow.data.context", "training")]),
        DatasetInput(Dataset("eval", "d2", "http", "not json", None, None), []),
        DatasetInput(Dataset("eval", "d1", "http", "{}", None, None), [InputTag("mlflow.data.context", "test")]),
    ]
    writer.client.log_inputs(run, inputs)
    writer.end(run)
    writer.attempt("logged models", lambda: models(writer, experiment))  # servers of MLflow 2 have none


def models(writer: StoreWriter, experiment: str):
    run = writer.run(experiment, "models", STANDARD_TAGS)
    make = writer.client.create_logged_model
    first = make(
        experiment,
        name="net",
        source_run_id=run,
        tags={"kind": "ü"},
        params={"lr": "0.1", "n": "3"},
        model_type="agent",
    )
    writer.client.finalize_logged_model(first.model_id, LoggedModelStatus.READY)
    second = make(experiment, name="failed", source_run_id=run)
    writer.client.finalize_logged_model(second.model_id, LoggedModelStatus.FAILED)
    make(experiment, name="pending", source_run_id=run)
    writer.client.log_outputs(run, [LoggedModelOutput(first.model_id, 7)])
    on_datasets(writer, run, first.model_id)
    writer.end(run)


def histories(writer: StoreWriter, experiment: str):
    """Image histories that meet a directory of the same name, repeat a step, or begin below zero."""
    run = writer.run(experiment, "history beside a directory", {})
    writer.files(run, {"a.png": media.encoded(media.picture(1), "PNG")}, "images")
    for step in (0, 2):
        writer.client.log_image(run, media.picture(step + 2), key="images", step=step, timestamp=START + step)
    writer.end(run)
    run = writer.run(experiment, "history with a repeated step", {})
    for seed in (1, 2):
        writer.client.log_image(run, media.picture(seed), key="twice", step=4, timestamp=START + seed)
    writer.end(run)
    run = writer.run(experiment, "history below zero", {})
    for step in (-2, 0, 3):
        writer.attempt(
            f"image at step {step}",
            lambda: writer.client.log_image(run, media.picture(step + 5), key="neg", step=step, timestamp=START),
        )
    writer.end(run)


def experiments(writer: StoreWriter):
    writer.experiment("empty")
    deleted = writer.experiment("deleted", {"mlflow.note.content": "gone"})
    for number in range(2):
        run = writer.run(deleted, f"in deleted {number}", {})
        writer.points(run, curve("loss", 3))
        writer.end(run)
    writer.client.delete_experiment(deleted)
    restored = writer.experiment("restored")
    writer.end(writer.run(restored, "x", {}))
    writer.client.delete_experiment(restored)
    writer.client.restore_experiment(restored)
    renamed = writer.experiment("renamed before")
    writer.client.rename_experiment(renamed, "renamed: after #1")
    writer.end(writer.run(renamed, "in renamed", {}))
    writer.end(writer.run("0", "in default", {}))
    for name in ("  spaced  ", "123", "true", "a" * 240, "C:\\path", "name: colon", "multi\nline", "1e5"):
        made = []
        if writer.attempt(f"experiment {name[:40]!r}", lambda: made.append(writer.experiment(name))):
            writer.end(writer.run(made[0], "x", {}))
