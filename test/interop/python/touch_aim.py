"""touch_aim.py ACTION REPO RUN: what a person does to a converted run with Aim's SDK.

continue: resumes, tracks a point and a text, sets a param, closes; rename, tag, archive: by the run's properties.
"""

import sys
from pathlib import Path

import quiet  # noqa: F401  (before aim)
from aim import Run, Text
from aim.sdk.repo import Repo


def continue_run(repo: Repo, hash_: str):
    run = Run(hash_, repo=repo, system_tracking_interval=None, capture_terminal_logs=False)
    run.track(0.25, name="loss", context={})
    run.track(Text("continued"), name="said", step=0)
    run["continued"] = {"by": "sdk"}
    run.close()


def rename(repo: Repo, hash_: str):
    repo.get_run(hash_).name = "renamed in Aim"


def tag(repo: Repo, hash_: str):
    repo.get_run(hash_).add_tag("tagged in Aim")


def archive(repo: Repo, hash_: str):
    repo.get_run(hash_).archived = True


ACTIONS = {"continue": continue_run, "rename": rename, "tag": tag, "archive": archive}


def main():
    action, path, hash_ = sys.argv[1:]
    repo = Repo.from_path(str(Path(path).resolve()))
    ACTIONS[action](repo, hash_)


if __name__ == "__main__":
    main()
