"""change_run.py STORE CHANGE: changes one run of a store through the real MLflow client, and prints its id."""

import sys

import media
from mlflow.entities import ViewType

from store_writer import START, StoreWriter

CHANGES = {
    "point": lambda client, run: client.log_metric(run, "loss", 0.125, timestamp=START + 999_999, step=20),
    "param": lambda client, run: client.log_param(run, "added", "[1, 2]"),
    "tag": lambda client, run: client.set_tag(run, "added", "yes"),
    "rename": lambda client, run: client.set_tag(run, "mlflow.runName", "renamed in MLflow"),
    "file": lambda client, run: client.log_image(run, media.picture(7), "plots/added.png"),
    "end": lambda client, run: client.set_terminated(run, "FAILED", end_time=START + 77_000),
    "note": lambda client, run: client.set_tag(run, "mlflow.note.content", "# A note\n\nadded"),
    "delete": lambda client, run: client.delete_run(run),
}


def main():
    store, change = sys.argv[1:]
    client = StoreWriter(store).client
    experiments = sorted(item.experiment_id for item in client.search_experiments(view_type=ViewType.ACTIVE_ONLY))
    runs = sorted(run.info.run_id for run in client.search_runs(experiments))
    CHANGES[change](client, runs[0])
    print(runs[0])


if __name__ == "__main__":
    main()
