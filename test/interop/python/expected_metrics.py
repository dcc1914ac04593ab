"""mapping.md, “Metrics”: which sequences Aim must hold, point by point, and what was lost on the way."""

import re
from dataclasses import replace

import quiet  # noqa: F401  (before aim)
from aim.storage.hashing import hash_auto

from canonical import float_bits, sequence_key
from source import Metric

NODE_METRICS = {
    "cpu_utilization_percentage": "__system__cpu",
    "system_memory_usage_percentage": "__system__memory_percent",
    "disk_usage_percentage": "__system__disk_percent",
    "system_memory_usage_megabytes": "__system__memory_usage_megabytes",
    "disk_usage_megabytes": "__system__disk_usage_megabytes",
    "disk_available_megabytes": "__system__disk_available_megabytes",
    "network_receive_megabytes": "__system__network_receive_megabytes",
    "network_transmit_megabytes": "__system__network_transmit_megabytes",
}
GPU_METRICS = {
    "utilization_percentage": "__system__gpu",
    "memory_usage_percentage": "__system__gpu_memory_percent",
    "power_usage_watts": "__system__gpu_power_watts",
    "power_usage_percentage": "__system__gpu_power_percent",
    "memory_usage_megabytes": "__system__gpu_memory_usage_megabytes",
    "memory_usage_gigabytes": "__system__gpu_memory_usage_gigabytes",
}


def aim_name(key: str) -> tuple:
    """Aim's name and context for a metric key of MLflow."""
    if key in NODE_METRICS.values():
        return key, {"key": key}
    found = re.fullmatch(r"system/(?:([^/]+)/)?(?:gpu_(0|[1-9][0-9]*)_)?([a-z_]+)", key)
    if found is None:
        return key, {}
    node, gpu, quantity = found.groups()
    name = (NODE_METRICS if gpu is None else GPU_METRICS).get(quantity)
    if name is None:
        return key, {}
    context = {**({} if node is None else {"node": node}), **({} if gpu is None else {"gpu": int(gpu)})}
    return name, context


def in_milliseconds(points: list, start: int | None) -> list:
    """Times in seconds (MLflow before 1.0) are those that place a point no earlier than a day before its run began."""
    if start is None or start < 1e11:
        return points
    first = (start - 24 * 3600 * 1000) / 1000
    return [
        replace(point, timestamp=point.timestamp * 1000) if first <= point.timestamp < 1e11 else point
        for point in points
    ]


def last_wins(points: list) -> list:
    """One point for each place that Aim has: the id of a step is a hash of its double, so huge steps may share one."""
    places = {}
    for point in points:
        places[hash_auto(point.step)] = point
    return list(places.values())


def numbered(points: list) -> list:
    return [replace(point, step=index) for index, point in enumerate(points)]


def all_on_one_step(points: list) -> bool:
    return len(points) > 1 and len({point.step for point in points}) == 1


def repetitions(points: list) -> list:
    """The k-th repetition at a step goes to the k-th list."""
    layers, seen = [], {}
    for point in points:
        place = hash_auto(point.step)
        layer = seen.get(place, 0)
        seen[place] = layer + 1
        if layer == len(layers):
            layers.append([])
        layers[layer].append(point)
    return layers


def summary(points: list) -> dict:
    """
    What Aim's SDK writes into the meta tree for this sequence tracked in order of step, with `last` always there.

    NaN moves neither bound. The SDK goes on calling a point the first until one with a step of 0 or more has come.
    """
    first = next((point for point in points if point.step >= 0), points[-1])
    expected = {
        "dtype": "float",
        "version": 2,
        "first_step": str(first.step),
        "first": float_bits(first.value),
        "last_step": str(points[-1].step),
        "last": float_bits(points[-1].value),
    }
    low, high = float("inf"), float("-inf")
    for point in points:
        if point.value > high:
            high = point.value
            expected["max"] = float_bits(high)
        if point.value < low:
            low = point.value
            expected["min"] = float_bits(low)
    return expected


def sequence(points: list) -> dict:
    points = sorted(points, key=lambda point: point.step)
    return {
        **summary(points),
        "steps": [str(point.step) for point in points],
        "values": [float_bits(point.value) for point in points],
        "times": [float_bits(point.timestamp / 1000) for point in points],
        "epochs": ["nan"] * len(points),
    }


def by_dataset(points: list) -> list:
    """The points of each dataset, and those of none, with what these add to the context of the metric."""
    datasets = {point.dataset for point in points}
    names = [dataset[0] for dataset in datasets if dataset is not None]
    series = []
    for dataset in datasets:
        context = {} if dataset is None else {"dataset": dataset[0]}
        if dataset is not None and dataset[1] and names.count(dataset[0]) > 1:
            context["digest"] = dataset[1]
        series.append((context, [point for point in points if point.dataset == dataset]))
    return series


PREFIXES = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test", "eval": "eval"}


def names_of(keys: list, contexts: str | None) -> dict:
    """Aim's name and context for each key; with `--context auto` the usual prefixes become the context `subset`."""
    names = {key: aim_name(key) for key in keys}
    if contexts is None:
        return names
    if contexts != "auto":
        raise NotImplementedError(contexts)
    wanted = {}
    for key in keys:
        found = re.fullmatch(r"(train|val|valid|validation|test|eval)[_/](.+)", key, re.DOTALL)
        if found and found[2] not in NODE_METRICS.values() and found[2] not in ("(empty)", "logs", "__log_records"):
            wanted[key] = (found[2], {"subset": PREFIXES[found[1]]})
    for key, name in wanted.items():
        if list(wanted.values()).count(name) == 1:
            names[key] = name
    return names


def metric_clashes(metrics: dict, contexts: str | None) -> int:
    """How many keys keep their own names although they have a prefix."""
    if contexts is None:
        return 0
    names = names_of(list(metrics), contexts)
    prefixed = [key for key in metrics if re.match(r"(train|val|valid|validation|test|eval)[_/].", key, re.DOTALL)]
    return sum("subset" not in names[key][1] for key in prefixed)


def metric_sequences(metrics: dict, policy: str, contexts: str | None) -> tuple:
    """The sequences, and the numbers of points collapsed and of metrics renumbered."""
    sequences, collapsed, renumbered = {}, 0, 0
    names = names_of(list(metrics), contexts)
    for key, metric in metrics.items():
        name, context = names[key]
        numbers = [add_sequences(sequences, name, {**context, **own}, points, policy) for own, points in by_dataset(metric.points)]
        collapsed += sum(one for one, _ in numbers)
        renumbered += any(one for _, one in numbers)
    return sequences, collapsed, renumbered


def add_sequences(sequences: dict, name: str, context: dict, points: list, policy: str) -> tuple:
    """Adds the sequences of points; how many of them collapsed, and whether they were renumbered."""
    if policy == "split":
        for index, layer in enumerate(repetitions(points)):
            layered = context if index == 0 else {**context, "repeat": index}
            sequences[sequence_key(name, layered)] = sequence(layer)
        return 0, False
    if policy == "index" or (policy == "auto" and all_on_one_step(points)):
        changed = numbered(points)
        sequences[sequence_key(name, context)] = sequence(changed)
        return 0, [point.step for point in changed] != [point.step for point in points]
    changed = last_wins(points)
    sequences[sequence_key(name, context)] = sequence(changed)
    return len(points) - len(changed), False


def skipped_lines(metrics: dict) -> int:
    return sum(metric.bad_lines for metric in metrics.values() if isinstance(metric, Metric))
