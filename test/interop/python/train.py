"""train.py URI [EXPERIMENT]: three runs that train at once, through the real MLflow client, each in a thread of its own.

Prints {"runs": [id, …]} when all three have begun. Each logs points, now and then an image, as fast as a small training
would. When stdin ends they end (finished, failed, killed), and the points that each has logged are printed as {run: points}.
"""

import json
import os
import sys
import threading
import time

import media
import quiet  # noqa: F401  (before mlflow)
from mlflow.tracking import MlflowClient

STEP_SECONDS = 0.05
STEPS_AN_IMAGE = 20
ENDINGS = ["FINISHED", "FAILED", "KILLED"]


def train(client: MlflowClient, run: str, stop: threading.Event, logged: dict):
    client.log_param(run, "lr", "0.01")
    step = 0
    while not stop.is_set():
        client.log_metric(run, "loss", 1 / (1 + step), step=step)
        client.log_metric(run, "val/accuracy", step / (1 + step), step=step)
        if step % STEPS_AN_IMAGE == 0:
            client.log_image(run, media.picture(step), key="sample", step=step, synchronous=True)
        step += 1
        logged[run] = step
        time.sleep(STEP_SECONDS)


def main():
    uri = sys.argv[1]
    client = MlflowClient(uri if "://" in uri else os.path.abspath(uri))
    experiment = client.create_experiment(sys.argv[2] if len(sys.argv) > 2 else "live")
    runs = [client.create_run(experiment, run_name=f"live {number}").info.run_id for number in range(3)]
    stop, logged = threading.Event(), {}
    threads = [threading.Thread(target=train, args=(client, run, stop, logged)) for run in runs]
    for thread in threads:
        thread.start()
    print(json.dumps({"runs": runs}), flush=True)
    sys.stdin.read()
    stop.set()
    for thread in threads:
        thread.join()
    for run, status in zip(runs, ENDINGS):
        client.set_terminated(run, status)
    print(json.dumps(logged), flush=True)


if __name__ == "__main__":
    main()
