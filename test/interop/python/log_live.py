"""log_live.py URI: trains, as far as a database notices, until stdin ends. Prints `ready`, then one JSON object.

The URI of a SQLite database may end in `?timeout=1`: the seconds that a commit waits for its readers before it fails.
"""

import json
import sys
import threading
import time

import quiet  # noqa: F401  (before mlflow)
from mlflow.entities import Metric
from mlflow.tracking import MlflowClient


def main():
    client = MlflowClient(sys.argv[1])
    run = client.create_run(client.create_experiment("live")).info.run_id
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    errors, batches, longest = [], 0, 0.0
    print("ready", flush=True)
    while not ended.is_set():
        began = time.monotonic()
        rows = [Metric(f"live {key}", batches / 7, 1_700_000_000_000 + batches, batches) for key in range(10)]
        try:
            client.log_batch(run, metrics=rows)
        except Exception as error:  # noqa: BLE001  whatever training would have died of
            errors.append(f"{type(error).__name__}: {error}"[:300])
        batches += 1
        longest = max(longest, time.monotonic() - began)
    print(json.dumps({"errors": errors, "batches": batches, "longest": round(longest, 3)}), flush=True)


main()
