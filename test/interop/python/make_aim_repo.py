"""make_aim_repo.py REPO [--reindex | --no-index]: a repository with runs that Aim's own SDK wrote.

--reindex: with an index of Aim's own; --no-index: without any. Otherwise it is as `aim init` and tracking leave it: an
index that is empty, until an `aim up` fills it. Prints the hashes of the runs as a JSON list.
"""

import argparse
import json
import os
import shutil
from pathlib import Path

import quiet  # noqa: F401  (before aim)
from aim import Image, Run, Text
from aim.sdk.repo import Repo
from PIL import Image as Pillow


def make_run(repo: Repo, number: int) -> str:
    run = Run(repo=repo, experiment=f"own {number}", system_tracking_interval=None, capture_terminal_logs=False)
    run["hparams"] = {"lr": 0.1 * number, "layers": [1, 2], "nested": {"a": None}}
    run["params"] = {"shared with converted runs": number}
    for step in range(20):
        run.track(1 / (step + number), name="loss", step=step, context={"subset": "train"})
        run.track(step, name="count", step=step)
    run.track(Image(Pillow.new("RGB", (4, 3), "red"), caption="red"), name="pictures", step=0)
    run.track(Text("own text"), name="texts", step=0)
    run.add_tag("own")
    run.name = f"own run {number}"
    hash_ = run.hash
    run.close()
    return hash_


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repo")
    parser.add_argument("--reindex", action="store_true")
    parser.add_argument("--no-index", action="store_true")
    options = parser.parse_args()
    os.makedirs(options.repo, exist_ok=True)
    repo = Repo.from_path(str(Path(options.repo).resolve()), init=True)
    hashes = [make_run(repo, number) for number in (1, 2, 3)]
    if options.reindex:
        repo._recreate_index()
    repo.structured_db = None
    print(json.dumps(hashes))
    if options.no_index:
        shutil.rmtree(Path(options.repo) / ".aim" / "meta" / "index")


if __name__ == "__main__":
    main()
