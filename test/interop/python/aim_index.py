"""Whether a repository's index is complete and true: without it a run is invisible to every query of Aim."""

from pathlib import Path

import quiet  # noqa: F401  (before aim)
import aimrocks
from aim.sdk.index_manager import RepoIndexManager
from aim.sdk.repo import Repo
from aim.storage.encoding import decode_path, encode_path

# What Aim's own writer passes (aim/storage/rockscontainer.pyx): num_levels matters, a file below level 3 is refused.
OPTIONS = {"create_if_missing": False, "num_levels": 4, "max_open_files": -1}
SHARED = (("meta", "attrs"), ("meta", "contexts"), ("meta", "traces_types"))


def records(directory: Path) -> dict:
    """All records of one RocksDB as raw key → raw value."""
    db = aimrocks.DB(str(directory), aimrocks.Options(**OPTIONS), read_only=True)
    items = db.iteritems()
    items.seek_to_first()
    found = dict(items)
    del items, db
    return found


def readable(key: bytes) -> str:
    if key.startswith(b"BLOBS\xfe"):
        return "BLOBS " + readable(key[6:])
    return "/" + "/".join(map(str, decode_path(key)))


def is_shared(key: bytes) -> bool:
    """Records of the whole repository (attrs, contexts, traces_types), of which the last writer's stand."""
    return tuple(decode_path(key.removeprefix(b"BLOBS\xfe"))[:2]) in SHARED


def index_problems(root: str) -> list:
    """What is wrong with `meta/index`, as sentences; empty when it is the union of all runs with true checksums."""
    aim = Path(root) / ".aim"
    chunks = sorted(path for path in (aim / "meta" / "chunks").glob("*") if path.is_dir())
    if not (aim / "meta" / "index" / "CURRENT").exists():
        return ["there is no index"]
    index = records(aim / "meta" / "index")
    checksums = RepoIndexManager(Repo.from_path(root))
    problems, expected = [], {}
    for chunk in chunks:
        found = records(chunk)
        expected.update(found)
        missing = [
            key for key, value in found.items() if key not in index or (index[key] != value and not is_shared(key))
        ]
        if missing:
            problems.append(
                f"run {chunk.name}: {len(missing)} records differ in the index, first {readable(missing[0])}"
            )
        cached = index.get(encode_path(("index_cache", chunk.name)))
        if cached != b"\x04" + checksums._get_run_checksum(chunk.name).encode():
            problems.append(f"run {chunk.name}: index_cache is {cached!r}, so aim up would index it again")
        expected[encode_path(("index_cache", chunk.name))] = cached
    extra = [readable(key) for key in index if key not in expected and not is_shared(key)]
    if extra:
        problems.append(f"the index holds {len(extra)} records of no run, first {extra[0]}")
    return problems
