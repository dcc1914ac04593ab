"""random_rocks.py DIRECTORY SEED…: for each seed a database that Aim's own RocksDB writes with Aim's options: puts, deletions
and range deletions in random order, flushed, compacted and opened again now and then, and never closed in the end.

Prints one JSON object a line: key → value in hexadecimal digits, as they have to be.
"""

import json
import os
import random
import sys
from pathlib import Path

import quiet  # noqa: F401  (before aim)
import aimrocks

OPTIONS = {
    "create_if_missing": True,
    "write_buffer_size": 1 << 20,
    "db_write_buffer_size": 1 << 20,
    "max_write_buffer_number": 1,
    "num_levels": 4,
    "level0_file_num_compaction_trigger": 8,
}


def some_key(random_: random.Random) -> bytes:
    return b"/".join(random_.choice([b"a", b"bb", b"\xfe\x00", b"loss"]) for _ in range(random_.randint(1, 4)))


def some_value(random_: random.Random) -> bytes:
    length = random_.choice([0, 1, 9, 9, 9, 200, 5000, 70_000])
    return random_.choice([bytes(length), random_.randbytes(length)])


def write(directory: Path, seed: int) -> tuple:
    random_, model = random.Random(seed), {}
    db = aimrocks.DB(str(directory), aimrocks.Options(**OPTIONS))
    for _ in range(random_.randint(20, 400)):
        action, key = random_.random(), some_key(random_)
        if action < 0.7:
            model[key] = some_value(random_)
            db.put(key, model[key])
        elif action < 0.8:
            model.pop(key, None)
            db.delete(key)
        elif action < 0.9:
            start, end = sorted([key, some_key(random_)])
            model = {one: value for one, value in model.items() if not start <= one < end}
            if start < end:
                db.delete_range(start, end)
        elif action < 0.95:
            db.flush()
        elif action < 0.97:
            db.compact_range()
        elif action < 0.99:
            db.flush()
            del db
            db = aimrocks.DB(str(directory), aimrocks.Options(**OPTIONS))
    return db, model


def main():
    root, *seeds = sys.argv[1:]
    open_databases = []
    for seed in seeds:
        db, model = write(Path(root) / seed, int(seed))
        open_databases.append(db)
        print(json.dumps({key.hex(): value.hex() for key, value in model.items()}))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
