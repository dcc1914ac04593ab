"""change_run.py STORE CHANGE [NUMBER]: changes a run of a store, by default the first, through the real MLflow client, and prints
its id. Beyond the last run the numbers begin anew."""

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
    store, change, *number = sys.argv[1:]
    client = StoreWriter(store).client
    experiments = sorted(item.experiment_id for item in client.search_experiments(view_type=ViewType.ACTIVE_ONLY))
    runs = sorted(run.info.run_id for run in client.search_runs(experiments))
    run = runs[int(number[0]) % len(runs) if number else 0]
    CHANGES[change](client, run)
    print(run)


if __name__ == "__main__":
    main()
