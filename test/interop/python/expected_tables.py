"""mapping.md, “Tables”: what Aim must show of texts that hold tables."""

import csv
import io
import json
import re
import unicodedata

ROWS, COLUMNS, WIDTH, BYTES = 200, 20, 60, 1_000_000
NUMERIC = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


class Digits(str):
    """A number of a JSON text as it stands there."""


def table(path: str, text: str) -> str | None:
    """The table drawn, or None for a text without one."""
    kind = path.rsplit(".", 1)[-1].lower()
    if kind not in ("json", "csv", "tsv") or len(text.encode()) > BYTES:
        return None
    rows = of_json(text) if kind == "json" else of_values(text.removeprefix("\ufeff"), kind)
    return drawn(rows) if rows is not None and len(rows) > 1 else None


def of_values(text: str, kind: str) -> list | None:
    line = re.split("[\r\n]", text, maxsplit=1)[0]
    delimiter = "\t" if kind == "tsv" else next((mark for mark in ",;\t" if mark in line), ",")
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        return [row for row in rows if row]
    except csv.Error:
        return None


def of_json(text: str) -> list | None:
    try:
        value = json.loads(text, parse_int=Digits, parse_float=Digits)
    except ValueError:
        return None
    if not isinstance(value, dict) or not isinstance(value.get("columns"), list) or not isinstance(value.get("data"), list):
        return None
    return [[cell(item) for item in row] for row in [value["columns"], *value["data"]]]


def cell(value) -> str:
    return value if isinstance(value, str) else nested(value)


def nested(value) -> str:
    if isinstance(value, Digits):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {nested(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(nested, value))}]"
    return json.dumps(value, ensure_ascii=False)


def width(text: str) -> int:
    return sum(
        0 if unicodedata.category(char) in ("Mn", "Me", "Cf") else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )


def shown(text: str) -> str:
    text = text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return "".join("\ufffd" if unicodedata.category(char) == "Cc" else char for char in text)


def short(text: str) -> str:
    if width(text) <= WIDTH:
        return text
    while width(text) >= WIDTH:
        text = text[:-1]
    return f"{text}…"


def drawn(rows: list) -> str:
    columns = max(map(len, rows))
    some = [row[:COLUMNS] + [""] * (min(columns, COLUMNS) - len(row)) for row in rows[: ROWS + 1]]
    cells = [[short(shown(value)).replace("|", "\\|") for value in row] for row in some]
    widths = [max(3, *(width(row[i]) for row in cells)) for i in range(len(some[0]))]
    right = []
    for i in range(len(some[0])):
        filled = [row[i] for row in some[1:] if row[i] not in ("", "null")]
        right.append(bool(filled) and all(NUMERIC.fullmatch(value) for value in filled))
    lines = []
    for row in cells:
        padded = []
        for value, wide, to_right in zip(row, widths, right):
            space = " " * (wide - width(value))
            padded.append(space + value if to_right else value + space)
        lines.append(f"| {' | '.join(padded)} |")
    rule = ["-" * (wide - 1) + ":" if to_right else "-" * wide for wide, to_right in zip(widths, right)]
    lines.insert(1, f"| {' | '.join(rule)} |")
    below = []
    if len(rows) - 1 > ROWS:
        below.append(f"Rows 1 to {ROWS} of {len(rows) - 1}.")
    if columns > COLUMNS:
        names = (rows[0] + [""] * columns)[COLUMNS:columns]
        told = [short(shown(name)) or f"column {COLUMNS + i + 1}" for i, name in enumerate(names)]
        below.append(f"Columns 1 to {COLUMNS} of {columns}; left out: {', '.join(told)}.")
    cut = sum(short(shown(value)) != shown(value) for row in some for value in row)
    if cut:
        below.append(f"Cut, at …: {cut} of the cells.")
    return "\n".join(lines + ([""] + below if below else [])) + "\n"
