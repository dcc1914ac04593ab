"""mapping.md, “Metrics”: which sequences Aim must hold, point by point, and what was lost on the way."""

import re

import quiet  # noqa: F401  (before aim)
from aim.storage.hashing import hash_auto

from canonical import float_bits, sequence_key
from source import Metric, Point

NODE_METRICS = {
    "cpu_utilization_percentage": "__system__cpu",
    "system_memory_usage_percentage": "__system__memory_percent",
    "disk_usage_percentage": "__system__disk_percent",
}
GPU_METRICS = {
    "utilization_percentage": "__system__gpu",
    "memory_usage_percentage": "__system__gpu_memory_percent",
    "power_usage_watts": "__system__gpu_power_watts",
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
        Point(point.step, point.value, point.timestamp * 1000) if first <= point.timestamp < 1e11 else point
        for point in points
    ]


def last_wins(points: list) -> list:
    """One point for each place that Aim has: the id of a step is a hash of its double, so huge steps may share one."""
    places = {}
    for point in points:
        places[hash_auto(point.step)] = point
    return list(places.values())


def numbered(points: list) -> list:
    return [Point(index, point.value, point.timestamp) for index, point in enumerate(points)]


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


def metric_sequences(metrics: dict, policy: str) -> tuple:
    """The sequences, and the numbers of points collapsed and of metrics renumbered."""
    sequences, collapsed, renumbered = {}, 0, 0
    for key, metric in metrics.items():
        name, context = aim_name(key)
        points = metric.points
        if not points:
            continue
        if policy == "split":
            for index, layer in enumerate(repetitions(points)):
                layered = context if index == 0 else {**context, "repeat": index}
                sequences[sequence_key(name, layered)] = sequence(layer)
            continue
        if policy == "index" or (policy == "auto" and all_on_one_step(points)):
            changed = numbered(points)
            renumbered += [point.step for point in changed] != [point.step for point in points]
        else:
            changed = last_wins(points)
            collapsed += len(points) - len(changed)
        sequences[sequence_key(name, context)] = sequence(changed)
    return sequences, collapsed, renumbered


def skipped_lines(metrics: dict) -> int:
    return sum(metric.bad_lines for metric in metrics.values() if isinstance(metric, Metric))
