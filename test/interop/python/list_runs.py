"""list_runs.py REPO: the hashes of the runs that a query of a fresh Aim lists, as a JSON list."""

import json
import sys
from pathlib import Path

import quiet  # noqa: F401  (before aim)
from aim.sdk.repo import Repo


def main():
    repo = Repo(str(Path(sys.argv[1]).resolve()))
    runs = [collection.run for collection in repo.query_runs("", report_mode=0).iter_runs()]
    for run in runs:
        assert run["mlflow_run_id"] == run.hash, f"run {run.hash} has no attributes"
    print(json.dumps(sorted(run.hash for run in runs)))


if __name__ == "__main__":
    main()
