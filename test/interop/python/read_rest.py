"""read_rest.py URL: what a serving `aim up` tells its UI, one JSON object a run, in the shape of read_aim.py.

Only what the explorers ask for: the list of runs, and the metrics, images, texts and audios with their bytes. The
streamed binary answers are decoded by hand; a value's own coding is Aim's.
"""

import json
import struct
import sys
import urllib.parse
import urllib.request

import quiet  # noqa: F401  (before aim)
import numpy
from aim.storage.treeutils import decode_tree

from canonical import bytes_mark, canonical, float_bits, sequence_key

BLOBS_A_REQUEST = 200
# Without a range Aim 3.29.1 begins at the first step of some sequence (its minimum forgets a 0), not of all
WIDE = {
    "record_range": f"0:{2**40}",
    "record_density": 1_000_000,
    "index_range": "0:1000000",
    "index_density": 1_000_000,
    "report_progress": "false",
}


def entries(data: bytes):
    """u32le length, key path, u32le length, value; again and again."""
    position = 0
    while position < len(data):
        parts = []
        for _ in range(2):
            (length,) = struct.unpack_from("<I", data, position)
            parts.append(data[position + 4 : position + 4 + length])
            position += 4 + length
        yield tuple(parts)


def fetch(url: str, body=None) -> bytes:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return answer.read()


def tree(url: str, body=None) -> dict:
    data = fetch(url, body)
    return decode_tree(entries(data)) if data else {}


def search(base: str, kind: str, query: str, **more) -> dict:
    return tree(f"{base}/api/runs/search/{kind}/?" + urllib.parse.urlencode({"q": query, **more}))


def doubles(array: dict) -> list:
    return [float(value) for value in numpy.frombuffer(array["blob"], "<f8")]


def metric(trace: dict) -> dict:
    return {
        "steps": [str(int(step)) for step in doubles(trace["iters"])],
        "values": [float_bits(value) for value in doubles(trace["values"])],
        "times": [float_bits(value) for value in doubles(trace["timestamps"])],
    }


def value_of(item, blobs: dict):
    if isinstance(item, (list, tuple)):
        return [value_of(part, blobs) for part in item]
    if "blob_uri" not in item:
        return item["data"]
    names = [name for name in ("caption", "format", "width", "height") if name in item]
    return {**{name: str(item[name]) for name in names}, "data": bytes_mark(blobs[item["blob_uri"]])}


def blob_uris(item):
    if isinstance(item, (list, tuple)):
        for part in item:
            yield from blob_uris(part)
    elif "blob_uri" in item:
        yield item["blob_uri"]


def objects(base: str, kind: str) -> dict:
    """run → sequence → steps and values; the bytes fetched as the UI does, by their URIs in batches."""
    runs = search(base, kind, f'{kind}.name != ""', **WIDE)
    traces = [(run, trace) for run, found in runs.items() for trace in found["traces"]]
    uris = [uri for _, trace in traces for uri in blob_uris(trace["values"])]
    blobs = {}
    for index in range(0, len(uris), BLOBS_A_REQUEST):
        blobs.update(tree(f"{base}/api/runs/{kind}/get-batch/", uris[index : index + BLOBS_A_REQUEST]))
    found = {}
    for run, trace in traces:
        record = {
            "steps": [str(step) for step in trace["iters"]],
            "values": [value_of(v, blobs) for v in trace["values"]],
        }
        found.setdefault(run, {})[sequence_key(trace["name"], trace["context"])] = record
    return found


def properties(run: str, found: dict) -> dict:
    props = found["props"]
    return {
        "hash": run,
        "name": props["name"],
        "description": props["description"] or "",
        "experiment": props["experiment"]["name"],
        "tags": [tag["name"] for tag in props["tags"]],
        "archived": props["archived"],
        "active": props["active"],
        "creation_time": float_bits(props["creation_time"]),
        "end_time": "none" if props["end_time"] is None else float_bits(props["end_time"]),
        "attributes": canonical(found["params"]),
    }


def main():
    base = sys.argv[1]
    runs = search(base, "run", "", limit=0, report_progress="false")
    records = {run: properties(run, found) for run, found in runs.items()}
    metrics = search(base, "metric", 'metric.name != ""', p=1_000_000, report_progress="false")
    for run, found in metrics.items():
        named = {sequence_key(trace["name"], trace["context"]): metric(trace) for trace in found["traces"]}
        records[run]["metrics"] = named
    for kind in ("images", "texts", "audios"):
        for run, sequences in objects(base, kind).items():
            records[run][kind] = sequences
    for record in records.values():
        print(json.dumps(record, ensure_ascii=False))


if __name__ == "__main__":
    main()
