"""The artifacts of a run: where they lie, and the check that MLflow's own client lists the same files."""

import re
from pathlib import Path
from urllib.parse import unquote, urlparse

from source import Run
from source_client import READING_ERRORS


def local_location(uri: str | None) -> Path | None:
    """The local directory that an artifact URI names; None for another scheme or another system's path."""
    if not uri or re.match(r"^(file:/*)?[A-Za-z]:[\\/]", uri):
        return None
    parsed = urlparse(uri)
    if parsed.scheme == "":
        return Path(uri)
    return Path(unquote(parsed.path)) if parsed.scheme == "file" and parsed.netloc in ("", "localhost") else None


def artifact_root(run: Run) -> tuple:
    """Where the run's artifacts lie now, and whether that is the place which MLflow names."""
    named = local_location(run.artifact_uri)
    if named is not None and named.is_dir():
        return named, True
    beside = run.directory / "artifacts"
    return (beside if beside.is_dir() else None), False


def listed_files(run: Run, client) -> tuple:
    """
    The files of the run as relative path → absolute path, sorted by path, and whether they lie where MLflow names.

    MLflow's client has the word wherever it can list; it cannot where the location it knows is gone (the store was
    moved), and it refuses some names (`%`, `#` …), for which the directory itself stands.
    """
    root, as_named = artifact_root(run)
    if root is None:
        return {}, False
    found = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
    if as_named and client is not None:
        try:
            listed = set(_list_by_client(client.client, run.id, ""))
        except READING_ERRORS:
            listed = None
        if listed is not None and listed != set(found):
            raise AssertionError(
                f"MLflow lists other artifacts of {run.id} than the directory holds: {listed ^ set(found)}"
            )
    return {path: found[path] for path in sorted(found, key=lambda path: path.encode())}, as_named


def _list_by_client(client, run_id: str, path: str):
    for item in client.list_artifacts(run_id, path or None):
        if item.is_dir:
            yield from _list_by_client(client, run_id, item.path)
        else:
            yield item.path
