"""busy_rocks.py DIRECTORY: writes a database with Aim's own RocksDB and Aim's options, without end: one more key at a time, of
which the last hundred stay, with tables, compactions and new MANIFESTs in quick succession. Prints a line when it has begun."""

import sys

import quiet  # noqa: F401  (before aim)
import aimrocks

from random_rocks import OPTIONS

KEPT = 100


def main():
    directory = sys.argv[1]
    number = 0
    while True:
        db = aimrocks.DB(directory, aimrocks.Options(**OPTIONS))
        for _ in range(2000):
            db.put(b"%012d" % number, b"%d" % number * 50)
            if number >= KEPT:
                db.delete(b"%012d" % (number - KEPT))
            number += 1
            if number % 40 == 0:
                db.flush()
            if number % 700 == 0:
                db.compact_range()
        db.flush()
        del db
        if number == 2000:
            print("begun", flush=True)


if __name__ == "__main__":
    main()
