"""read_points.py REPO: the points and params of every run as raw records, through Aim's own RocksDB alone.

One JSON object a run: params as canonical values, and for each metric its points in order of step, as
[step, bits of the value, bits of the time]. The columns of a sequence must hold the same keys, and the key of a point
must be Aim's own hash of its step; otherwise this fails.
"""

import json
import sys
from collections import defaultdict
from pathlib import Path

from aim_index import records
from aim.storage.encoding import decode, decode_path
from aim.storage.hashing import hash_auto
from aim.storage.treeutils import decode_tree

from canonical import canonical, float_bits, sequence_key


def metrics(aim: Path, run: str, contexts: dict) -> dict:
    columns = defaultdict(lambda: defaultdict(dict))
    for key, raw in records(aim / "seqs" / "chunks" / run).items():
        path = decode_path(key)
        if tuple(path[:4]) == ("seqs", "v2", "chunks", run) and len(path) == 8:
            context, name, column, point = path[4:]
            columns[sequence_key(name, contexts[context])][column][point] = decode(raw)
    return {name: points(name, found) for name, found in columns.items()}


def points(name: str, columns: dict) -> list:
    for column in ("step", "val", "time", "epoch"):
        assert columns[column].keys() == columns["step"].keys(), f"{name}: the columns hold different points"
    for key, step in columns["step"].items():
        assert key == hash_auto(step), f"{name}: {key} is not the hash of {step}"
        assert columns["epoch"][key] is None, f"{name}: there is an epoch at {step}"
    ordered = sorted(columns["step"], key=lambda key: columns["step"][key])
    take = lambda column, key: float_bits(columns[column][key])  # noqa: E731
    return [[str(columns["step"][key]), take("val", key), take("time", key)] for key in ordered]


def main():
    aim = Path(sys.argv[1]) / ".aim"
    for chunk in sorted((aim / "meta" / "chunks").iterdir()):
        tree = decode_tree(iter(sorted(records(chunk).items())))["meta"]["chunks"][chunk.name]
        params = tree["attrs"].get("params", {})
        print(
            json.dumps(
                {
                    "hash": chunk.name,
                    "params": canonical(params),
                    "metrics": metrics(aim, chunk.name, tree.get("contexts", {})),
                }
            )
        )


if __name__ == "__main__":
    main()
