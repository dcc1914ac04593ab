"""track_everything.py REPO: runs as Aim's own SDK leaves them, with one of every kind of value, sequence and ending.

Two runs are closed, one of them opened again and continued; the last process ends without closing the third, whose newest
entries are then in the write-ahead logs alone. Prints nothing.
"""

import math
import os
import sys
from pathlib import Path

import quiet  # noqa: F401  (before aim)
import numpy as np
from aim import Audio, Distribution, Image, Run, Text
from aim.sdk.repo import Repo
from PIL import Image as Pillow

QUIET = {"system_tracking_interval": None, "capture_terminal_logs": False}


def attributes(run: Run, number: int):
    run["hparams"] = {"lr": 0.1 * number, "layers": [1, 2], "nested": {"a": None, "b": True, "c": {}}, 3: 4}
    run["texts"] = {"s": "strü", "empty": "", "bytes": b"\x00\xfe"}
    run["replaced"] = {"a": 1, "b": {"c": 2}}
    run["replaced"] = {"x": 1}
    run["removed"] = 1
    del run["removed"]


def metrics(run: Run, number: int):
    for step in range(300):
        run.track(1 / (step + number), name="loss", step=step, context={"subset": "train"})
        run.track(step, name="count", step=step)
    for step in [5, 3, 9, 3, 3, 7, 0]:
        run.track(float(step) * number, name="out of order", step=step, context={"k": 1.5, "f": True, "n": [1, None]})
    for step in [-5, -3]:
        run.track(1.0, name="negative", step=step)
    for step, value in enumerate([1, 2.5, math.nan, math.inf, -0.0, 0.0, 5e-324]):
        run.track(value, name="mixed", step=step)
    run.track(math.nan, name="nan", step=0)
    run.track(np.float32(1.5), name="numpy", step=0, epoch=3)
    run.track(1.0, name="far", step=2**40)
    run.track(1.0, name="float step", step=2.0)


def objects(run: Run):
    for step in range(3):
        picture = Image(Pillow.new("RGB", (4, 3), "red"), caption="red")
        run.track(picture, name="pictures", step=step)
        run.track([picture] * (step + 1), name="lists", step=step)
        run.track(Text(f"text {step}"), name="texts", step=step)
        run.track(Distribution(np.arange(20.0)), name="distributions", step=step)
    run.track(Audio(np.zeros(100, dtype=np.int16), rate=8000, format="wav"), name="audio", step=0)
    run.log_info("hello", x=1)


def make_run(repo: Repo, number: int) -> Run:
    run = Run(repo=repo, experiment=f"own {number}", log_system_params=True, **QUIET)
    attributes(run, number)
    metrics(run, number)
    objects(run)
    run.add_tag("own")
    run.name = f"own run {number}"
    return run


def main():
    directory = sys.argv[1]
    os.makedirs(directory, exist_ok=True)
    repo = Repo.from_path(str(Path(directory).resolve()), init=True)
    for number in (1, 2):
        run = make_run(repo, number)
        hash_ = run.hash
        run.close()
    continued = Run(hash_, repo=repo, **QUIET)
    continued.track(5.0, name="loss", step=400, context={"subset": "train"})
    continued["later"] = [1, {"a": 2}]
    continued.close()
    make_run(repo, 3)
    os._exit(0)


if __name__ == "__main__":
    main()
