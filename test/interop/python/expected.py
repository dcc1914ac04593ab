"""expected.py STORE [policy flags]: one JSON object a line, what Aim must hold of each run of a tracking store.

STORE is the directory of a file store, whose files are compared with what MLflow's client says, or any tracking URI (a
server, a database), which the client alone reads.

Derived from what the real MLflow client says and from docs/mapping.md alone, never from the converter: the two
implementations check each other. read_aim.py prints the same shape. A value that the contract leaves open is written
as {"$oneOf": […]}, {"$any": true} or {"$absent": true}.
"""

import argparse
import copy
import json
import sys
import time
import tempfile
from pathlib import Path

from artifact_files import Files
from expected_artifacts import Artifacts
from expected_attributes import creation_time, end_time, is_stale, last_point, properties, seconds, typed
from expected_layout import attributes, trees
from expected_metrics import in_milliseconds, metric_clashes, metric_sequences, skipped_lines
from canonical import float_bits
from source_client import Client
from source_files import read_experiments, read_store
from source_uri import UriClient, is_uri


def disagreements(mine, theirs) -> list:
    """Fields in which the reader of files and MLflow's client differ, where MLflow is not known to be wrong."""
    names = ("status", "deleted", "start", "end", "artifact_uri", "params", "tags", "datasets", "models")
    found = [name for name in names if ordered(getattr(mine, name)) != ordered(getattr(theirs, name))]
    points = {
        key: [(p.step, float_bits(p.value), p.timestamp) for p in metric.points]
        for run in (mine, theirs)
        for key, metric in run.metrics.items()
    }
    for key, metric in mine.metrics.items():
        if [(p.step, float_bits(p.value), p.timestamp) for p in metric.points] != points[key]:
            found.append(f"metric {key}")
    return found


def ordered(value):
    return sorted(value, key=lambda item: json.dumps(item, sort_keys=True)) if isinstance(value, list) else value


def log_records(run, now: int, losses: dict, artifacts, as_named: bool) -> dict:
    """One warning for each kind of loss, with its number; some kinds of notice need not become one."""
    kinds = {
        **losses,
        "artifacts not transferred": len(artifacts.links),
        "lines skipped": skipped_lines(run.metrics),
        "texts replaced": artifacts.replaced_texts,
    }
    optional = {
        "fields unreadable": run.bad_fields > 0,
        "artifacts unreachable": not as_named,
        "stale": is_stale(run, now),
    }
    times = (end_time(run, now), last_point(run), run.start)
    return {
        "required": {kind: str(number) for kind, number in kinds.items() if number},
        "optional": sum(optional.values()),
        "level": "30",
        "time": seconds(next((time for time in times if time is not None), 0)),
    }


def expected_run(run, client, tree: dict, options) -> dict:
    for metric in run.metrics.values():
        metric.points = in_milliseconds(metric.points, run.start)
    sequences, collapsed, renumbered = metric_sequences(run.metrics, options.repeated_steps, options.context)
    losses = {
        "points collapsed": collapsed,
        "metrics renumbered": renumbered,
        "metrics that keep their names": metric_clashes(run.metrics, options.context),
    }
    with tempfile.TemporaryDirectory() as scratch:
        files = Files(run, client, Path(scratch), options.no_artifacts)
        artifacts = Artifacts(seconds(creation_time(run)), options, files.link)
        artifacts.add_all(files.files)
    record = {
        **properties(run, options.now, options.label),
        "attributes": attributes(run, tree, options),
        "metrics": sequences,
        **artifacts.sequences(),
        "logs": artifacts.logs,
        "log_records": log_records(run, options.now, losses, artifacts, files.as_named),
        "artifacts": artifacts.artifacts(),
    }
    return {key: value for key, value in record.items() if value not in ({}, None)}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", help="a directory or a tracking URI; any word with --typed")
    parser.add_argument("--files-behind", action="store_true", help="the server keeps a file store, not a database")
    parser.add_argument("--repeated-steps", default="auto", choices=["auto", "last", "split", "index"])
    parser.add_argument("--context", choices=["auto"])
    parser.add_argument("--include-deleted", action="store_true")
    parser.add_argument("--raw-params", action="store_true")
    parser.add_argument("--no-artifacts", action="store_true")
    parser.add_argument("--terminal-log")
    parser.add_argument("--mlflow-ui")
    parser.add_argument("--label", action="append", default=[], help="the key of a tag")
    parser.add_argument("--image-sequences", default="directory", choices=["file", "directory"])
    parser.add_argument("--now", type=int, default=int(time.time() * 1000))
    parser.add_argument("--typed", action="store_true", help="only: type the params given as JSON lines on stdin")
    return parser.parse_args()


def main():
    options = arguments()
    if options.typed:
        from canonical import canonical

        for line in sys.stdin:
            print(json.dumps(canonical(typed(json.loads(line)))))
        return
    runs = runs_of_uri(options) if is_uri(options.store) else runs_of_directory(options)
    runs = list(runs)
    found = trees([run for run, _ in runs])
    for run, client in runs:
        if options.include_deleted or not run.archived:
            print(json.dumps(expected_run(run, client, found[run.id], options), ensure_ascii=False))


def runs_of_uri(options):
    client = UriClient(options.store, options.files_behind)
    for run in client.runs():
        yield run, client


def runs_of_directory(options):
    """Read from the files and by MLflow's client: the two must agree."""
    store = Path(options.store).resolve()
    options.store = str(store)
    client = Client(store, [item.id for item in read_experiments(store)])
    seen = set()
    for from_files in read_store(store):
        run = client.overrule(copy.deepcopy(from_files))
        wrong = disagreements(from_files, run)
        if wrong:
            raise AssertionError(f"run {run.id}: the files and MLflow's client differ in {', '.join(wrong)}")
        seen.add(run.id)
        yield run, client
    missed = set(client.runs) - seen
    if missed:
        raise AssertionError(f"MLflow's client lists runs that the files do not show: {', '.join(missed)}")
    print(json.dumps({"unreadable by MLflow": client.unreadable}), file=sys.stderr)


if __name__ == "__main__":
    main()
