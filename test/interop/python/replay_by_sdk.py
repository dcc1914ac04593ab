"""replay_by_sdk.py REPO NEW: writes every run of REPO again into NEW through Aim's SDK.

The SDK's public way of writing is used for everything: attributes by `run[key]`, points and objects by the tracker,
with the times that REPO has instead of the clock's. What the two repositories then differ in, record by record, is
where the converter's storage is not the SDK's.
"""

import os
import sys
from pathlib import Path

import quiet  # noqa: F401  (before aim)
from aim import Audio, Image, Run, Text
from aim.ext.resource.log import LogLine
from aim.sdk.logging import LogRecord
from aim.sdk.objects.artifact import Artifact
from aim.sdk.objects.figure import Figure
from aim.sdk.repo import Repo
from aim.sdk.run import BasicRunAutoClean
from aim.sdk.sequence import Sequence
from aim.storage.object import CustomObject
from aim.storage.types import BLOB
from PIL import Image as Pillow


def image(found) -> Image:
    """An image with the very bytes: the constructor would encode the picture anew."""
    made = Image(Pillow.new("RGB", (1, 1)), caption=found.caption)
    for name in ("format", "width", "height", "mode", "source"):
        made.storage[name] = found.storage[name]
    made.storage["data"] = BLOB(data=bytes(found.storage["data"]))
    return made


def figure(found) -> Figure:
    """A figure with the very text: the constructor takes one of Plotly's objects, which is not installed here."""
    made = Figure.__new__(Figure)
    CustomObject.__init__(made)
    for name in ("format", "source", "version"):
        made.storage[name] = found.storage[name]
    made.storage["data"] = BLOB(data=found.data)
    return made


def log_record(found) -> LogRecord:
    said = found.json()
    info = tuple(found.storage["__logger_info"])
    return LogRecord(
        said["message"], found.level, timestamp=said["timestamp"], logger_info=info, **(said["args"] or {})
    )


MAKERS = {
    "aim.image": image,
    "aim.audio": lambda found: Audio(bytes(found.storage["data"]), found.storage["format"], found.storage["caption"]),
    "aim.figure": figure,
    "aim.text": lambda found: Text(found.data),
    "aim.log_line": lambda found: LogLine(found.data),
    "aim.log_record": log_record,
}


def again(value):
    if isinstance(value, (list, tuple)):
        return [again(item) for item in value]
    return value if isinstance(value, float) else MAKERS[value.get_typename()](value)


def all_sequences(run):
    for types in (
        run.meta_run_tree.collect("typed_traces").values() if "typed_traces" in run.meta_run_tree.keys() else []
    ):
        for context_id, names in types.items():
            for name in names:
                context = run.idx_to_ctx(context_id)
                kind = (
                    Sequence.registry["metric"]
                    if run.meta_run_tree["traces", context_id, name, "version"] == 2
                    else Sequence
                )
                yield kind(name, context, run)


def replay_sequence(found, made: Run):
    steps, (values, _, times) = found.data.items_list()
    for step, value, time in zip(steps, values, times):
        made._tracker._track(again(value), time, found.name, step, None, context=found.context.to_dict())


def replay_run(found, repo: Repo):
    made = Run(
        found.hash, repo=repo, experiment=found.experiment, system_tracking_interval=None, capture_terminal_logs=False
    )
    for key, value in found.meta_run_tree.collect("attrs").items():
        made[key] = value
    for sequence in all_sequences(found):
        replay_sequence(sequence, made)
    base = found.meta_run_tree.get("artifacts_uri", None)
    if base is not None:
        made.set_artifacts_uri(base)
    for name, item in (found.meta_run_tree.collect("artifacts") if found.artifacts else {}).items():
        artifact = Artifact(item.storage["path"], uri=item.storage["base_uri"], name=name)
        artifact.storage["uri"] = item.storage["uri"]
        artifact.storage["path"] = item.storage["path"]
        made.meta_run_tree.subtree("artifacts")[name] = artifact
    end = found.end_time
    BasicRunAutoClean.set_run_end_time = lambda cleaner: cleaner.meta_run_tree.__setitem__("end_time", end)
    made.close()


def main():
    source = Repo(str(Path(sys.argv[1]).resolve()))
    target = Repo(str(Path(sys.argv[2]).resolve()), init=True)
    runs = [collection.run for collection in source.query_runs("", report_mode=0).iter_runs()]
    for run in runs:  # the SDK takes a hash only where there is a directory of that name
        os.makedirs(Path(target.path) / "meta" / "chunks" / run.hash)
    for run in runs:
        replay_run(run, target)
    target._recreate_index()


if __name__ == "__main__":
    main()
