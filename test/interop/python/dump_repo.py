"""dump_repo.py REPO [--digest]: every record of a repository's databases, as Aim's own RocksDB and decoder read them.

One JSON object: database (relative to .aim) → readable key → canonical value; with --digest, database → SHA-256 of
that. The relational part is there as `run_metadata.sqlite`, without ids and without what tells when it was written.
Checksums of the index depend on where the repository lies and when it was written, so they are left out too; of the
records that all runs share there (attrs, contexts, traces_types) the last writer's stand, so only their keys count.
"""

import argparse
import hashlib
import json
import sqlite3
from pathlib import Path

from aim_index import is_shared, readable, records
from aim.storage.encoding import decode

from canonical import bytes_mark, canonical

ROWS = {
    "experiments": "SELECT name, is_archived, description FROM experiment",
    "tags": "SELECT name, color, is_archived, description FROM tag",
    "runs": "SELECT r.hash, r.name, r.description, r.is_archived, r.created_at, e.name, r.finalized_at "
    "FROM run r LEFT JOIN experiment e ON e.id = r.experiment_id",
    "run tags": "SELECT r.hash, t.name FROM run_tag x JOIN run r ON r.id = x.run_id JOIN tag t ON t.id = x.tag_id",
    "notes": "SELECT r.hash, n.content FROM note n JOIN run r ON r.id = n.run_id",
}


FLAGS = {b"": "BLOB", b"\x06": "array", b"\x07": "object"}


def value(raw: bytes):
    if raw in FLAGS:
        return FLAGS[raw]
    if raw[0] == 0x0F:
        return f"custom:{raw[1:].decode()}"
    decoded = canonical(decode(raw))
    long = isinstance(decoded, str) and len(decoded) > 10_000
    return f"long:{bytes_mark(raw)}" if long else decoded


def dump_database(directory: Path) -> dict:
    is_index = directory.name == "index"
    found = {}
    for key, raw in records(directory).items():
        name = readable(key)
        if not name.startswith("/index_cache/"):
            found[name] = "shared" if is_index and is_shared(key) else value(raw)
    return found


def dump_rows(file: Path) -> dict:
    database = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    return {name: sorted(database.execute(query).fetchall(), key=repr) for name, query in ROWS.items()}


def dump(root: str) -> dict:
    aim = Path(root) / ".aim"
    databases = sorted(path.parent for path in aim.glob("**/CURRENT"))
    found = {str(path.relative_to(aim)): dump_database(path) for path in databases}
    return {**found, "run_metadata.sqlite": dump_rows(aim / "run_metadata.sqlite")}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repo")
    parser.add_argument("--digest", action="store_true")
    options = parser.parse_args()
    found = dump(options.repo)
    if options.digest:
        texts = {name: json.dumps(content, sort_keys=True) for name, content in found.items()}
        found = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
