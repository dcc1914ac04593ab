"""digest_rocks.py DATABASE…: for each a JSON string, the SHA-256 over all its records as Aim's own RocksDB reads them."""

import hashlib
import json
import sys
from pathlib import Path

from aim_index import records


def main():
    for directory in sys.argv[1:]:
        digest = hashlib.sha256()
        for key, value in sorted((key.hex(), value.hex()) for key, value in records(Path(directory)).items()):
            digest.update(f"{key}={value}\n".encode())
        print(json.dumps(digest.hexdigest()))


if __name__ == "__main__":
    main()
