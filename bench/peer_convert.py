"""Runs `aim convert mlflow` on a file store, and prints a line of JSON: its seconds and the versions it ran with.

Two things are done for it, without which it converts nothing with a current MLflow: the client gets back
`list_experiments`, which MLflow 2 removed, and MLFLOW_ALLOW_FILE_STORE is set, without which MLflow 3 opens no file
store. Its start-up (Python, the imports, `aim init`) is not counted.

usage: peer_convert.py STORE REPO
"""

import json
import os
import platform
import sys
import time
from importlib.metadata import version

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
# these two only save it time
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"

import mlflow  # noqa: E402
from aim.cli.convert.commands import convert  # noqa: E402
from aim.sdk.repo import Repo  # noqa: E402

mlflow.MlflowClient.list_experiments = mlflow.MlflowClient.search_experiments


def main(store: str, repo: str) -> None:
    Repo.from_path(repo, init=True)
    start = time.perf_counter()
    convert.main(["--repo", repo, "mlflow", "--tracking_uri", store], standalone_mode=False)
    seconds = time.perf_counter() - start
    versions = {"aim": version("aim"), "mlflow": version("mlflow"), "Python": platform.python_version()}
    print(json.dumps({"seconds": seconds, "versions": versions}))


if __name__ == "__main__":
    main(*sys.argv[1:])
