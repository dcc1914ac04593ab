"""compact_rocks.py DATABASE…: opens databases for writing with Aim's own RocksDB, adds a record, compacts everything and
prints as JSON what of the records that were there has changed. For copies: Aim's files stay behind."""

import json
import sys
from pathlib import Path

import quiet  # noqa: F401  (before aim)
import aimrocks

from aim_index import OPTIONS, readable, records


def changes(directory: Path) -> list:
    before = records(directory)
    db = aimrocks.DB(str(directory), aimrocks.Options(**OPTIONS), read_only=False)
    db.put(b"\xff", b"of Aim")
    db.flush()
    db.compact_range()
    del db
    after = records(directory)
    if after.pop(b"\xff", None) != b"of Aim":
        return [f"{directory.name}: what was added is not there"]
    keys = before.keys() | after.keys()
    return [f"{directory.name}: {readable(key)}" for key in keys if before.get(key) != after.get(key)]


def main():
    print(json.dumps([change for path in sys.argv[1:] for change in changes(Path(path))]))


if __name__ == "__main__":
    main()
