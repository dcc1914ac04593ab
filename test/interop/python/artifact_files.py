"""The artifacts of a run: where they lie, and the check that MLflow's own client lists the same files."""

import re
from pathlib import Path
from urllib.parse import quote, unquote, urlparse

import quiet  # noqa: F401  (before mlflow)
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

from canonical import one_of
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
    if run.directory is None:
        return None, False
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


def downloaded_files(run: Run, client, scratch: Path) -> dict:
    """The same over the network, all by MLflow's client; None for a file that it cannot download."""
    found = {}
    repository = get_artifact_repository(run.artifact_uri, client.uri)
    for index, path in enumerate(sorted(_list_remote(repository, ""), key=str.encode)):
        (scratch / str(index)).mkdir()
        try:
            found[path] = Path(repository.download_artifacts(path, str(scratch / str(index))))
        except (*READING_ERRORS, OSError):
            found[path] = None
    return found


class Files:
    """
    The files of a run as relative path → where the test can read them, and the links that lead to them in MLflow.

    `as_named` says whether they lie where MLflow names.
    """

    def __init__(self, run: Run, client, scratch: Path, none: bool):
        self.remote = None
        self.files, self.as_named = {}, True
        if none:
            return
        if run.directory is not None or artifact_root(run)[0] is not None:
            self.files, self.as_named = listed_files(run, client)
        elif urlparse(run.artifact_uri or "").scheme not in ("", "file"):
            self.remote = run.artifact_uri
            self.files = downloaded_files(run, client, scratch)
        else:
            self.as_named = False  # a run without files may have no directory
            if client.client.list_artifacts(run.id):
                raise AssertionError(f"MLflow lists artifacts of {run.id} at {run.artifact_uri}, which is not there")

    def link(self, path: str):
        """What an Aim artifact's uri may be for this path; '.' is the artifact root."""
        if self.remote is not None:
            tails = [""] if path == "." else [f"/{quote(path)}", f"/{path}"]
            return one_of(*(f"{self.remote.rstrip('/')}{tail}" for tail in tails))
        at, first = next(iter(self.files.items()))
        file = root_of(first, at) / path
        return one_of(f"file://{quote(str(file))}", f"file://{file}", f"file://{quote(str(file))}/")


def root_of(file: Path, path: str) -> Path:
    """The directory of which `path` leads to `file`."""
    for _ in path.split("/"):
        file = file.parent
    return file


def _list_remote(repository, path: str):
    """By MLflow's repository for the location: its client also asks for logged models, which servers of 2.x do not have."""
    for item in repository.list_artifacts(path or None):
        if item.is_dir:
            yield from _list_remote(repository, item.path)
        else:
            yield item.path


def _list_by_client(client, run_id: str, path: str):
    for item in client.list_artifacts(run_id, path or None):
        if item.is_dir:
            yield from _list_by_client(client, run_id, item.path)
        else:
            yield item.path
