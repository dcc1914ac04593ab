"""Writes a file store directly, file by file as MLflow 3 would, for stores of thousands of runs.

Only the standard library: the benchmark uses it too.
"""

import hashlib
import math
import random
import struct
import zlib
from pathlib import Path

START = 1_700_000_000_000
KEYS = ["loss", "accuracy", "train/loss", "train/accuracy", "val/loss", "val/accuracy", "lr", "grad_norm", "f1", "auc"]
TAGS = {
    "mlflow.user": "ada",
    "mlflow.source.name": "train.py",
    "mlflow.source.type": "LOCAL",
    "mlflow.source.git.commit": "0123456789abcdef0123456789abcdef01234567",
}
EXPERIMENT = """artifact_location: {location}
creation_time: {time}
experiment_id: '{id}'
last_update_time: {time}
lifecycle_stage: active
name: {name}
"""
RUN = """artifact_uri: {location}/{id}/artifacts
end_time: {end}
entry_point_name: ''
experiment_id: '{experiment}'
lifecycle_stage: active
run_id: {id}
run_name: {name}
run_uuid: {id}
source_name: ''
source_type: 4
source_version: ''
start_time: {start}
status: 3
tags: []
user_id: ada
"""


def metric_keys(count: int) -> list:
    return [KEYS[index] if index < len(KEYS) else f"group{index % 7}/metric_{index:04d}" for index in range(count)]


def write(path: Path, text: str):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8", newline="")


def noise_png(seed: int, size: int) -> bytes:
    """A valid grey PNG of about `size` bytes that does not compress."""
    side = max(1, math.isqrt(size))
    pixels = random.Random(seed).randbytes(side * side)
    rows = b"".join(b"\0" + pixels[index * side : (index + 1) * side] for index in range(side))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b"")


def metric_text(rng: random.Random, points: int, start: int) -> str:
    value, lines = rng.uniform(0.5, 2.0), []
    for step in range(points):
        value += rng.gauss(-0.0005, 0.01)
        lines.append(f"{start + step * 250} {value} {step}\n")
    return "".join(lines)


def write_run(directory: Path, name: str, start: int, keys: list, images: list, options, rng: random.Random):
    experiment = directory.parent
    for folder in ("metrics", "params", "tags", "artifacts"):
        (directory / folder).mkdir(parents=True)
    fields = {"location": experiment, "id": directory.name, "experiment": experiment.name, "name": name, "start": start}
    write(directory / "meta.yaml", RUN.format(end=start + options.points * 250, **fields))
    for key, value in {**TAGS, "mlflow.runName": name}.items():
        write(directory / "tags" / key, value)
    for index in range(options.params):
        write(directory / "params" / f"param_{index:03d}", str(round(rng.random(), 6)))
    for key in keys:
        write(directory / "metrics" / key, metric_text(rng, options.points, start))
    for index in range(options.texts):
        write(directory / "artifacts" / "texts" / f"text_{index:03d}.txt", f"text {index} of {name}\n" * 20)
    for index in range(options.images):
        path = directory / "artifacts" / "samples" / f"image_{index:03d}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(images[(index + start // 60_000) % len(images)])


def fast(options) -> dict:
    store = Path(options.directory).resolve()
    rng = random.Random(options.seed)
    keys = metric_keys(options.metrics)
    images = (
        [noise_png(options.seed * 1000 + index, options.image_bytes) for index in range(8)] if options.images else []
    )
    (store / ".trash").mkdir(parents=True, exist_ok=True)
    experiments = []
    for index in range(options.experiments):
        directory = store / str(300_000_000_000_000_000 + options.seed * 1_000_000 + index)
        write(
            directory / "meta.yaml",
            EXPERIMENT.format(location=directory, time=START, id=directory.name, name=f"fast-{index:03d}"),
        )
        write(directory / "tags" / "mlflow.note.content", f"# Experiment {index}")
        experiments.append(directory)
    for number in range(options.runs):
        experiment = experiments[number % len(experiments)]
        # a leading letter: an id of digits with one e would read as a number in YAML 1.2
        run = "a" + hashlib.md5(f"{options.seed}/{experiment.name}/{number}".encode()).hexdigest()[1:]
        write_run(experiment / run, f"run-{number:05d}", START + number * 60_000, keys, images, options, rng)
    return {"runs": options.runs, "points": options.runs * options.metrics * options.points}
