"""write_index.py INDEX SECONDS: opens the index with Aim's own RocksDB for writing, puts a record, and closes it, again and
again, as Aim's indexing does for each run. Says `ready` after the first time; prints a JSON object at the end: how often it
wrote, and what went wrong."""

import json
import random
import sys
import time

import quiet  # noqa: F401  (before aim)
import aimrocks

OPTIONS = {"create_if_missing": True, "num_levels": 4, "max_open_files": -1, "write_buffer_size": 1 << 20}


def main():
    index, seconds = sys.argv[1], float(sys.argv[2])
    end, writes, problems = None, 0, []
    while end is None or time.monotonic() < end:
        try:
            db = aimrocks.DB(index, aimrocks.Options(**OPTIONS))
            db.put(b"aim\xfe", str(writes).encode())
            db.flush()
            del db
            writes += 1
            time.sleep(random.uniform(0, 0.03))
        except Exception as error:  # whatever RocksDB says: a missing file is what we look for
            problems.append(f"{type(error).__name__}: {error}")
        if end is None:
            print("ready", flush=True)
            end = time.monotonic() + seconds
    print(json.dumps({"writes": writes, "problems": problems[:10], "count": len(problems)}))


if __name__ == "__main__":
    main()
