"""mapping.md, “Attributes”: what Aim's queries call `run.…`."""

import re
from dataclasses import replace
from urllib.parse import quote, urlsplit, urlunsplit

from canonical import canonical, one_of
from expected_attributes import HISTORY, NOTE, PLACED, RUN_NAME, SOURCE_TAGS, parsed_json, present, typed
from source import Run
from source_uri import is_uri, without_credentials

NAMED = 10
PARENT = "mlflow.parentRunId"


def info_attribute(run: Run, store: str) -> dict:
    fields = {
        "experiment_id": run.experiment.id,
        "status": run.status,
        "lifecycle_stage": "deleted" if run.archived else "active",
        "artifact_uri": run.artifact_uri,
        "entry_point": run.tags.get("mlflow.project.entryPoint") or run.entry_point,
    }
    # of a file store given as a path the contract does not say whether the URI is that path
    uris = without_credentials(store) if is_uri(store) else [store, f"file://{store}"]
    return {**canonical(present(fields)), "tracking_uri": one_of(*(f"str:{uri}" for uri in uris))}


def source_attribute(run: Run) -> dict:
    source = present({name: run.tags.get(tag) for tag, name in SOURCE_TAGS.items()})
    if source.get("git_dirty", "").lower() in ("true", "false"):
        source["git_dirty"] = source["git_dirty"].lower() == "true"
    return source


def brief(texts: list) -> str:
    """Ten of them; the others are counted."""
    texts = [text for text in texts if text]
    more = f" and {len(texts) - NAMED} more" if len(texts) > NAMED else ""
    return ", ".join(texts[:NAMED]) + more


def brief_dataset(dataset: dict) -> str:
    digest = f"({dataset['digest']})" if dataset["digest"] else ""
    return " ".join(text for text in (dataset["name"], digest, dataset["context"]) if text)


def brief_model(model) -> str:
    if not isinstance(model, dict):
        return ""
    name = model.get("name") or model.get("model_id") or model.get("artifact_path") or ""
    return f"{name} (step {model['step']})" if model.get("step") else name


def remains(run: Run, key: str) -> bool:
    """A tag that has a place of its own is not repeated; an empty one has none, but for the note and the name."""
    if key in (NOTE, RUN_NAME):
        return False
    if key == HISTORY:
        return not takes_history(run)
    return run.tags[key] == "" or key not in PLACED


def takes_history(run: Run) -> bool:
    history = parsed_json(run.tags.get(HISTORY))
    return not run.models and isinstance(history, list) and history != []


def dataset_order(dataset: dict) -> tuple:
    return dataset["name"], dataset["digest"], dataset["context"] or ""


def model_order(model: dict) -> tuple:
    """By step and id; those that are not among the run's outputs have no step and come first."""
    return (model["step"] is not None, model["step"] or 0, model["model_id"])


def dataset_attribute(dataset: dict) -> dict:
    parsed = {name: parsed_json(dataset[name]) for name in ("source", "schema", "profile")}
    return canonical(present({**dataset, **parsed}))


def model_attribute(model: dict, run: Run, raw_params: bool) -> dict:
    """Without the params that are the run's."""
    own = {key: value for key, value in model["params"].items() if run.params.get(key) != value}
    params = own if raw_params else {key: typed(value) for key, value in own.items()}
    return canonical(present({**model, "params": params}))


def system_params(run: Run) -> dict:
    """In the shape of Aim's own `__system_params`, as far as the tags tell."""
    tags = run.tags
    commit = present({"hash": tags.get("mlflow.source.git.commit")})
    git = {"branch": tags.get("mlflow.source.git.branch"), "remote_origin_url": tags.get("mlflow.source.git.repoURL")}
    script = tags.get("mlflow.source.name")
    is_script = script and script != "<console>" and tags.get("mlflow.source.type") == "LOCAL"
    fields = {"git_info": present({**git, "commit": commit}), "arguments": [script] if is_script else None}
    return canonical(present(fields))


def without_tokens(key: str, value: str) -> str:
    """What MLflow itself has written loses the tokens of the URLs in it."""
    if not key.startswith("mlflow.") or key in (NOTE, RUN_NAME):
        return value
    return re.sub(r"\b(https?://)[^/?#\s]*@", r"\1", value)


def page(run: Run, server: str) -> str:
    """Where MLflow's UI shows the run."""
    if not server.startswith(("http://", "https://")):
        return ""
    parts = urlsplit(server)
    base = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))
    return f"{base}/#/experiments/{quote(run.experiment.id, safe='')}/runs/{quote(run.id, safe='')}"


def own_tags(tags: dict) -> dict:
    return {key: value for key, value in tags.items() if not key.startswith("mlflow.")}


def trees(runs: list) -> dict:
    """Of each run, where it stands among the nested runs of its experiment."""
    known = {(run.experiment.id, run.id): run for run in runs}
    return {run.id: tree_of(run, runs, known) for run in runs}


def tree_of(run: Run, runs: list, known: dict) -> dict:
    def parent_of(id_):
        found = known.get((run.experiment.id, id_))
        return found and found.tags.get(PARENT)

    def name_of(id_):
        found = known.get((run.experiment.id, id_))
        return found and (found.name or found.tags.get(RUN_NAME))

    mine = [one for one in runs if one.tags.get(PARENT) == run.id and one.experiment.id == run.experiment.id]
    children = sum(not one.deleted for one in mine)
    path = [run.id]
    while parent_of(path[-1]) and parent_of(path[-1]) not in path and len(path) <= 64:
        path.append(parent_of(path[-1]))
    fields = {"children": children or None}
    if len(path) > 1 or parent_of(run.id):
        parent = parent_of(run.id)
        fields |= {"parent_id": parent, "parent": name_of(parent)}
        if not parent_of(path[-1]):
            fields |= {"root_id": path[-1], "root": name_of(path[-1]), "depth": len(path) - 1}
    elif children:
        fields["depth"] = 0
    return {key: value for key, value in fields.items() if value not in (None, "")}


def attributes(run: Run, tree: dict, options) -> dict:
    store, raw_params, mlflow_ui = options.store, options.raw_params, options.mlflow_ui
    run = replace(run, tags={key: without_tokens(key, value) for key, value in run.tags.items()})
    params = run.params if raw_params else {key: typed(value) for key, value in run.params.items()}
    datasets = sorted(run.datasets, key=dataset_order)
    models = sorted(run.models, key=model_order)
    history = parsed_json(run.tags[HISTORY]) if takes_history(run) else []
    system_tags = {key: value for key, value in run.tags.items() if key.startswith("mlflow.") and remains(run, key)}
    mlflow = filled(
        {
            "url": canonical(page(run, mlflow_ui or store)),
            "info": info_attribute(run, store),
            "source": canonical(source_attribute(run)),
            "user_tags": canonical(own_tags(run.tags)),
            "system_tags": canonical(system_tags),
            "experiment_tags": canonical(own_tags(run.experiment.tags)),
            "datasets": [dataset_attribute(item) for item in datasets],
            "models": [model_attribute(item, run, raw_params) for item in models] or canonical(history),
        }
    )
    at_top = {
        "params": canonical(params),
        "tags": canonical(own_tags(run.tags)),
        "mlflow_run_id": canonical(run.id),
        "mlflow_run_name": canonical(run.name or run.tags.get(RUN_NAME) or ""),
        "produced": canonical(present({"models": brief([brief_model(item) for item in models or history])})),
        "used": canonical(present({"datasets": brief([brief_dataset(item) for item in datasets])})),
        "tree": canonical(tree),
        "user": canonical(present({"name": run.tags.get("mlflow.user") or run.user})),
        "mlflow": mlflow,
        "__system_params": system_params(run),
    }
    # Aim's UI takes each of these for what is called so within `mlflow`, and lists nothing of it
    return {**filled(at_top), **{f"mlflow.{key}": {} for key in mlflow}}


def filled(fields: dict) -> dict:
    return {key: value for key, value in fields.items() if value not in ({}, [], "str:")}
