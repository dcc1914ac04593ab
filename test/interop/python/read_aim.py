"""read_aim.py REPO: what the real Aim reads from a repository, one JSON object a line, in the shape of expected.py.

A fresh `Repo` and its queries are all that is used, as a person with a notebook would use them. The last line is
`{"index": …}`: which store served the queries and what is wrong with the index.
"""

import argparse
import json
import re
import sqlite3
from pathlib import Path

import quiet  # noqa: F401  (before aim)
from aim.sdk.repo import Repo
from aim.sdk.sequence import Sequence

from aim_index import index_problems
from canonical import bytes_mark, canonical, float_bits, sequence_key

KINDS = {"metric": "metrics", "images": "images", "texts": "texts", "audios": "audios", "figures": "figures"}
# a query that does not name it leaves out the archived runs
ALL = "(run.archived == True or run.archived == False)"
QUERIES = {
    "metrics": lambda repo: repo.query_metrics(f'{ALL} and metric.name != ""', report_mode=0),
    "images": lambda repo: repo.query_images(f'{ALL} and images.name != ""', report_mode=0),
    "texts": lambda repo: repo.query_texts(f'{ALL} and texts.name != ""', report_mode=0),
    "audios": lambda repo: repo.query_audios(f'{ALL} and audios.name != ""', report_mode=0),
    "figures": lambda repo: repo.query_figure_objects(f'{ALL} and figures.name != ""', report_mode=0),
}


def seconds(value) -> str:
    return "none" if value is None else float_bits(float(value))


def bits(values: list) -> list:
    return [float_bits(float("nan") if value is None else float(value)) for value in values]


def value_of(item):
    """One tracked object, its bytes as a mark."""
    if isinstance(item, (list, tuple)):
        return [value_of(part) for part in item]
    kind = item.get_typename()
    if kind in ("aim.text", "aim.log_line"):
        return item.data
    if kind == "aim.figure":
        return {**item.json(), "figure": canonical(json.loads(item.data))}
    fields = item.storage.collect() if hasattr(item.storage, "collect") else item.storage[...]
    data = bytes_mark(bytes(item.storage["data"]))
    value = {"caption": fields["caption"], "data": data, "format": fields["format"]}
    if kind == "aim.image":
        return {**value, "width": str(fields["width"]), "height": str(fields["height"]), "mode": fields["mode"]}
    return value


def summary(sequence: Sequence) -> dict:
    """What the meta tree says of the sequence; first and last values of objects are left out by the converter."""
    tree = sequence._meta_tree.collect(resolve_objects=False)
    kept = {"dtype": tree["dtype"], "version": tree["version"]}
    for name in ("first_step", "last_step", "record_max_length"):
        if name in tree:
            kept[name] = str(tree[name])
    if tree["version"] == 2:
        kept.update({name: float_bits(tree[name]) for name in ("first", "last", "min", "max") if name in tree})
    return kept


def sequence_record(sequence: Sequence) -> dict:
    steps, (values, epochs, times) = sequence.data.items_list()
    record = {**summary(sequence), "steps": [str(step) for step in steps], "times": bits(times)}
    if sequence.version == 2:
        return {**record, "values": bits(values), "epochs": bits(epochs)}
    return {**record, "values": [value_of(value) for value in values]}


def sequences(run) -> dict:
    found = {}
    for kind, name in KINDS.items():
        sequence_class = Sequence.registry[kind]
        for key, context, _ in run.iter_sequence_info_by_type(sequence_class.allowed_dtypes()):
            record = sequence_record(sequence_class(key, context, run))
            found.setdefault(name, {})[sequence_key(key, context.to_dict())] = record
    return found


def log_records(run) -> list:
    sequence = run.get_log_records()
    if sequence is None:
        return []
    steps, (values, _, times) = sequence.data.items_list()
    found = []
    for step, record, time in zip(steps, values, times):
        said = record.json()
        found.append(
            {
                "step": str(step),
                "level": str(record.level),
                "message": said["message"],
                "args": canonical(said["args"]),
                "timestamp": seconds(said["timestamp"]),
                "time": seconds(time),
            }
        )
    return found


def logs(run) -> dict:
    sequence = run.get_terminal_logs()
    if sequence is None:
        return {}
    steps, (values, _, _) = sequence.data.items_list()
    return {"steps": [str(step) for step in steps], "lines": [value.data for value in values]}


def links(run) -> dict:
    found = run.meta_run_tree.collect("artifacts") if run.artifacts else {}
    return {name: item.storage["uri"] for name, item in found.items()}


def properties(run, database) -> dict:
    props = run.props
    row = database.execute("SELECT id FROM run WHERE hash = ?", (run.hash,)).fetchone()
    notes = database.execute("SELECT content FROM note WHERE run_id = ? ORDER BY id", row).fetchall()
    colours = dict(database.execute("SELECT name, color FROM tag").fetchall())
    for tag in run.tags:
        # one that was made by Aim's SDK has none
        assert re.fullmatch("#[0-9A-Fa-f]{6}|None", str(colours[tag])), f"{colours[tag]} is no colour of the tag {tag}"
    return {
        "hash": run.hash,
        "name": run.name,
        "description": run.description or "",
        "notes": [content for (content,) in notes],
        "creation_time": seconds(run.creation_time),
        "end_time": seconds(run.end_time),
        "active": run.active,
        "archived": bool(run.archived),
        "tags": list(run.tags),
        "experiment": run.experiment,
        "experiment_description": props.experiment_obj.description or "",
        "experiment_notes": [note["content"] for note in props.experiment_obj.notes],
    }


def read_run(run, database) -> dict:
    record = {
        **properties(run, database),
        "attributes": canonical(run.meta_run_tree.collect("attrs")),
        **sequences(run),
        "logs": logs(run),
        "log_records": log_records(run),
        "artifacts": links(run),
    }
    return {key: value for key, value in record.items() if value not in ({}, None)}


def query_differences(repo: Repo, found: dict) -> list:
    """Sequences that a query over the whole repository gives otherwise than the runs themselves."""
    problems = []
    for name, query in QUERIES.items():
        queried = {(item.run.hash, sequence_key(item.name, item.context.to_dict())) for item in query(repo).iter()}
        listed = {(run, key) for run, record in found.items() for key in record.get(name, {})}
        problems += [f"{name}: {key} of {run} is not found by a query" for run, key in sorted(listed - queried)]
        problems += [f"{name}: a query finds {key} of {run}, the run does not" for run, key in sorted(queried - listed)]
    return problems


def listed_runs(repo: Repo):
    """All runs as queries list them: those of the empty query, which has no archived ones, first."""
    for query in ("", "run.archived == True"):
        for collection in repo.query_runs(query, report_mode=0).iter_runs():
            yield collection.run


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repo")
    parser.add_argument("--only", action="append", help="only the runs with these hashes")
    options = parser.parse_args()
    root = str(Path(options.repo).resolve())
    repo = Repo(root)
    database = sqlite3.connect(f"file:{root}/.aim/run_metadata.sqlite?mode=ro", uri=True)
    served_by = type(repo.request_container("meta", None, read_only=True)).__name__
    found = {}
    for run in listed_runs(repo):
        if options.only is None or run.hash in options.only:
            found[run.hash] = read_run(run, database)
            print(json.dumps(found[run.hash], ensure_ascii=False))
    problems = index_problems(root) + ([] if options.only else query_differences(repo, found))
    if served_by != "RocksContainer":
        problems.append(f"queries are served by {served_by}, not by the index")
    hidden = set(repo.list_all_runs()) - set(found) if options.only is None else set()
    problems += [f"run {run} is in the repository but no query lists it" for run in sorted(hidden)]
    print(json.dumps({"index": {"served_by": served_by, "problems": problems}}))


if __name__ == "__main__":
    main()
