"""mapping.md, “Figures”: what Aim must hold of pages and JSON that Plotly wrote."""

import base64
import json
import re
import struct

from canonical import canonical

FORMATS = {"i1": "b", "u1": "B", "u1c": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "f4": "f", "f8": "d"}
CALL = re.compile(r"Plotly\.(newPlot|addFrames)\(")
DECODER = json.JSONDecoder()


def plain(value):
    """Plotly 6's binary arrays as lists of numbers, which is what JavaScript reads and writes."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if {"dtype", "bdata"} <= set(value) and value["dtype"] in FORMATS:
        data = base64.b64decode(value["bdata"])
        kind = "<" + FORMATS[value["dtype"]]
        numbers = [number(item) for (item,) in struct.iter_unpack(kind, data)]
        if "shape" not in value:
            return numbers
        rows, columns = (int(size) for size in value["shape"].split(","))
        return [numbers[row * columns : (row + 1) * columns] for row in range(rows)]
    return {key: plain(item) for key, item in value.items()}


def number(value):
    if value != value:
        return None
    return int(value) if value == int(value) else value


def is_figure(value) -> bool:
    return (
        isinstance(value, dict)
        and set(value) <= {"data", "layout", "frames", "config"}
        and isinstance(value.get("layout"), dict)
        and isinstance(value.get("data"), list)
        and all(isinstance(trace, dict) for trace in value["data"])
    )


def figure_of_json(text: str):
    """The figure that a JSON text is, or None."""
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return marked(value) if is_figure(value) else None


def figures_of_page(data: bytes) -> list:
    """The figures in a page, in their order."""
    text = data.decode(errors="replace")
    found = []
    for call in CALL.finditer(text):
        values = json_arguments(text, call.end())
        if call[1] == "newPlot" and len(values) > 1 and isinstance(values[0], list):
            found.append({"data": values[0], "layout": values[1]})
        elif call[1] == "addFrames" and values and found:
            found[-1]["frames"] = values[0]
    return [marked(value) for value in found if is_figure(value)]


def json_arguments(text: str, at: int) -> list:
    """The JSON values behind the first argument, which is a string."""
    place = re.compile(r"\s*(\"[^\"]*\"|'[^']*')\s*,\s*").match(text, at)
    values, at = [], place.end() if place else len(text)
    while at < len(text) and text[at] in "[{":
        value, at = DECODER.raw_decode(text, at)
        values.append(value)
        at = re.compile(r"\s*,?\s*").match(text, at).end()
    return values


def marked(value) -> dict:
    return figure(plain(value))


def figure(value) -> dict:
    """As read_aim.py prints a figure whose JSON is this value."""
    return {"format": "raw_json", "source": "plotly", "version": "unknown", "figure": canonical(value)}
