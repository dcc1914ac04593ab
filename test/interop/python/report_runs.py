"""report_runs.py STORE: runs of a file store of which a report has something to say, logged by the real MLflow client.

Prints a JSON object: the ids of the runs by what is special about them.
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import quiet  # noqa: F401  (before mlflow)
from mlflow.tracking import MlflowClient

START = 1_760_000_000_000
HOSTILE = '</script><script>attacked=1</script><img src=x onerror="attacked=1"> \u202egnp.exe \u2028 &amp; "\''


def main():
    store = sys.argv[1]
    os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
    client = MlflowClient(tracking_uri=store)
    experiment = client.create_experiment("resnet50-imagenet")
    ids = {}

    def log(key, name, files=(), points=200):
        run = client.create_run(experiment, start_time=START, run_name=name).info.run_id
        ids[key] = run
        client.log_param(run, "lr", "0.1")
        for step in range(points):
            client.log_metric(run, "loss", 1 / (step + 1), timestamp=START + step, step=step)
        for file, content in files:
            with tempfile.TemporaryDirectory() as directory:
                path = Path(directory) / file
                path.write_bytes(content)
                client.log_artifact(run, str(path))
        client.set_terminated(run, end_time=START + 1000)
        return Path(store) / experiment / run

    log("plain", "baseline")
    log("files", "with-checkpoints", [("last.pt", b"1"), ("best.pt", b"2"), ("features.pkl", b"3"), ("log.txt", b"4")])
    log("hostile", HOSTILE, [("a.pkl", b"5")])
    moved = client.create_experiment("archive", artifact_location=(Path(store).parent / "unmounted").as_uri())
    ids["unread"] = client.create_run(moved, start_time=START, run_name="half-readable").info.run_id
    client.set_terminated(ids["unread"], end_time=START + 1000)
    # somebody has copied a run by hand into another experiment
    copied = log("copied", "copied-by-hand")
    meta = Path(shutil.copytree(copied, Path(store) / moved / ids["copied"])) / "meta.yaml"
    meta.write_text(meta.read_text().replace(experiment, moved))
    for i in range(5):
        log(f"trial{i}", f"trial {i}", points=50)
    print(json.dumps(ids))


if __name__ == "__main__":
    main()
