"""log_remote_artifacts.py STORE COPY ROOT: runs of a file store whose artifacts lie at ROOT, in s3:, gs: or wasbs:.

The real MLflow logs the files. COPY becomes the same store with the same files in its own directories, byte for byte as
they were before they were logged: what the remote ones have to come out as. The bucket or container is made first. Prints
a JSON object, the URI of each run's artifacts by its id.
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlparse

import media
from shape_artifacts import ODD_NAMES
from store_writer import STANDARD_TAGS, StoreWriter, curve


def make_bucket(root: str):
    parsed = urlparse(root)
    if parsed.scheme == "s3":
        import boto3

        client = boto3.client("s3", endpoint_url=os.environ["MLFLOW_S3_ENDPOINT_URL"], region_name="us-east-1")
        client.create_bucket(Bucket=parsed.netloc)
    elif parsed.scheme == "wasbs":
        from azure.storage.blob import BlobServiceClient

        service = BlobServiceClient.from_connection_string(os.environ["AZURE_STORAGE_CONNECTION_STRING"])
        service.create_container(parsed.netloc.split("@")[0])
    elif parsed.scheme == "gs":
        from google.auth.credentials import AnonymousCredentials
        from google.cloud import storage

        storage.Client(project="test", credentials=AnonymousCredentials()).create_bucket(parsed.netloc)


def odd_files(root: str) -> dict:
    """Azure takes a backslash for a slash."""
    unfit = {"\n", "\\"} if root.startswith("wasbs:") else {"\n"}
    names = [name for name in ODD_NAMES if name.endswith(".txt") and not unfit.intersection(name)]
    return {f"names/{name}": f"{name}\n".encode() for name in names}


def files(seed: int, root: str) -> dict:
    kinds = {"images": media.images(seed), "text": media.texts(seed), "audio": media.audios(seed)}
    plain = {f"{directory}/{name}": data for directory, found in kinds.items() for name, data in found.items()}
    large = b"".join(index.to_bytes(4, "big").hex().encode() + b"\n" for index in range(100_000))
    return {**plain, **odd_files(root), "large.txt": large, "empty.txt": b"", "model/weights.bin": bytes(1000)}


def log(writer: StoreWriter, experiment: str, name: str, content: dict) -> str:
    run = writer.run(experiment, name, STANDARD_TAGS)
    writer.points(run, curve("loss", 3))
    with tempfile.TemporaryDirectory() as scratch:
        write(Path(scratch), content)
        writer.client.log_artifacts(run, scratch)
    writer.end(run)
    return run


def write(directory: Path, content: dict):
    for path, data in content.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def listed(client, run: str, path: str = "") -> set:
    found = set()
    for item in client.list_artifacts(run, path or None):
        found |= listed(client, run, item.path) if item.is_dir else {item.path}
    return found


def main(store: str, copy: str, root: str):
    make_bucket(root)
    writer = StoreWriter(store)
    experiment = writer.client.create_experiment("remote", artifact_location=root)
    contents = {}
    for seed in range(2):
        content = files(seed, root)
        contents[log(writer, experiment, f"files-{seed}", content)] = content
    contents[log(writer, experiment, "no files", {})] = {}
    uris = {}
    for run, content in contents.items():
        uris[run] = writer.client.get_run(run).info.artifact_uri
        assert listed(writer.client, run) == set(content), listed(writer.client, run) ^ set(content)
    shutil.copytree(store, copy)
    for run, content in contents.items():
        directory = Path(copy, experiment, run)
        write(directory / "artifacts", content)
        meta = directory / "meta.yaml"
        text = meta.read_text()
        assert f"artifact_uri: {uris[run]}" in text
        meta.write_text(text.replace(f"artifact_uri: {uris[run]}", f"artifact_uri: {directory}/artifacts"))
    print(json.dumps(uris))


main(*sys.argv[1:])
