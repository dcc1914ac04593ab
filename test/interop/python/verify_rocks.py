"""verify_rocks.py DATABASE: reads every entry of a RocksDB through Aim's own RocksDB, checksums verified; prints what
is wrong as a JSON list. For machines without rocksdb-tools."""

import json
import sys

import aimrocks

from aim_index import records


def main():
    try:
        records(sys.argv[1])
        print("[]")
    except (aimrocks.errors.Corruption, aimrocks.errors.RocksIOError, aimrocks.errors.NotSupported) as error:
        print(json.dumps([str(error)]))


if __name__ == "__main__":
    main()
