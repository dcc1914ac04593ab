"""Reads a tracking source with MLflow's own client and keeps nothing: every run, and every history of its metrics.

Prints a line of JSON: the seconds (start-up not counted) and what was read.

usage: read_client.py URI
"""

import json
import sys
import time

from mlflow import MlflowClient
from mlflow.entities import ViewType


def main(uri: str) -> None:
    client = MlflowClient(uri)
    ids = [experiment.experiment_id for experiment in client.search_experiments(view_type=ViewType.ALL)]
    start = time.perf_counter()
    runs = points = 0
    token = None
    while True:
        page = client.search_runs(ids, run_view_type=ViewType.ALL, max_results=1000, page_token=token)
        for run in page:
            runs += 1
            for key in run.data.metrics:
                points += len(client.get_metric_history(run.info.run_id, key))
        token = page.token
        if not token:
            break
    print(json.dumps({"seconds": time.perf_counter() - start, "runs": runs, "points": points}))


if __name__ == "__main__":
    main(sys.argv[1])
