"""watch_rocks.py META SEQS SECONDS: opens the two databases of a run with Aim's own RocksDB again and again, as Aim's
server does, and looks whether each state is whole and none is older than the one before. Prints a JSON object: how often
it looked, how many points it saw last, and what was wrong."""

import json
import sys
import time
from collections import Counter
from pathlib import Path

import quiet  # noqa: F401  (before aim)
import aimrocks
from aim.storage.encoding import decode, decode_path

from aim_index import records


def points(directory: Path) -> Counter:
    """How many records each column of each metric has."""
    counts = Counter()
    for key in records(directory):
        path = decode_path(key)
        if path[:2] == ("seqs", "v2") and len(path) == 8:
            counts[path[4:7]] += 1
    return counts


def last_steps(directory: Path) -> dict:
    return {
        decode_path(key)[-2]: decode(value)
        for key, value in records(directory).items()
        if decode_path(key)[-1] == "last_step"
    }


def main():
    meta, seqs, seconds = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
    end, looks, before, problems = time.monotonic() + seconds, 0, Counter(), []
    while time.monotonic() < end:
        try:
            steps = last_steps(meta)
            counts = points(seqs)
        except (aimrocks.errors.Corruption, aimrocks.errors.RocksIOError, aimrocks.errors.NotFound) as error:
            problems.append(str(error))
            continue
        looks += 1
        if any(count < before[column] for column, count in counts.items()) or before.keys() - counts.keys():
            problems.append("points that were there have gone")
        for (context, name, _), count in counts.items():
            if {counts[(context, name, column)] for column in ("val", "step", "time", "epoch")} != {count}:
                problems.append(f"the columns of {name} are of different lengths")
            if steps.get(name, -1) >= count:
                problems.append(f"{name} has a summary of points that are not there")
        before = counts
    print(json.dumps({"looks": looks, "points": max(before.values(), default=0), "problems": problems[:10]}))


if __name__ == "__main__":
    main()
