"""mapping.md, “Artifacts”: the images, texts, audios, logs and links that Aim must hold, byte by byte."""

import codecs
import fnmatch
import io
import re
import struct
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from pathlib import Path

from PIL import Image

from canonical import bytes_mark, float_bits, one_of, sequence_key
from expected_figures import figure_of_json, figures_of_page
from expected_tables import table

EXTENSIONS = {
    **dict.fromkeys("jpg bmp jpeg png gif svg webp".split(), "image"),
    **dict.fromkeys("txt log py js yaml yml json csv tsv md rst jsonnet".split(), "text"),
    **dict.fromkeys("flac mp3 wav".split(), "audio"),
    **dict.fromkeys("html htm".split(), "figure"),
}
FORMATS = {"PNG": "png", "JPEG": "jpeg", "MPO": "jpeg", "GIF": "gif", "BMP": "bmp", "WEBP": "webp"}
# log_image(key=…, step=…): `+` since MLflow 3.11.1, `%` before
HISTORY = re.compile(
    r"^images/(?P<key>.+)(?P<mark>[+%])step(?P=mark)(?P<step>-?\d+)(?P=mark)timestamp(?P=mark)(?P<time>\d+)"
    r"(?P=mark)[0-9a-f-]{36}(?P<twin>(?P=mark)compressed)?\.(?P<extension>png|webp)$"
)
# log_table with images
TABLE_TWIN = re.compile(r"^(table_images/.+/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.webp$")
LINKS_OF_ONE_DIRECTORY = 200
MAX_BYTES, MAX_TEXT = 100_000_000, 10_000_000


def extension(path: str) -> str:
    name = path.rsplit("/", 1)[-1]
    return name.rsplit(".", 1)[-1].lower() if "." in name else ""


def svg_size(data: bytes) -> tuple | None:
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError:
        return None
    if not root.tag.endswith("svg"):
        return None
    size = [re.match(r"[\d.]+", root.get(name, "")) for name in ("width", "height")]
    if all(size):
        return tuple(int(float(item.group())) for item in size)
    box = root.get("viewBox", "").replace(",", " ").split()
    return (int(float(box[2])), int(float(box[3]))) if len(box) == 4 else (300, 150)


def png_header(data: bytes) -> tuple | None:
    if data[:8] != b"\x89PNG\r\n\x1a\n" or data[12:16] != b"IHDR" or len(data) < 33:
        return None
    return struct.unpack(">II", data[16:24])


def image(path: str, data: bytes) -> dict | None:
    """What aim.image must hold, or None where the header is of no image that Aim's UI paints."""
    value = {"caption": path, "data": bytes_mark(data)}
    if extension(path) == "svg":
        size = svg_size(data)
        if size is None:
            return None
        return {**value, "format": "svg+xml", "width": str(size[0]), "height": str(size[1]), "mode": {"$any": True}}
    try:
        with Image.open(io.BytesIO(data)) as opened:
            if opened.format not in FORMATS:
                return None
            width, height = opened.size
            kind, mode = FORMATS[opened.format], opened.mode
    except (OSError, ValueError, SyntaxError):
        size = png_header(data)  # Pillow looks further than the header, the contract does not
        if size is None:
            return None
        (width, height), kind, mode = size, "png", {"$any": True}
    return {**value, "format": kind, "width": str(width), "height": str(height), "mode": mode}


class Artifacts:
    """Collects a run's files; `links` and the counts are what was not transferred."""

    def __init__(self, start: str, options, link):
        """
        `start` is the time of files that have none of their own: the bits of the run's start in seconds. `link` gives
        what the URI of a path may be.
        """
        self.link = link
        self.start = start
        self.terminal_log = options.terminal_log
        self.by_file = options.image_sequences == "file"
        # kind → sequence → step → (path, time, value): time is None for a file that has none of its own
        self.places = {kind: defaultdict(lambda: defaultdict(list)) for kind in ("images", "audios")}
        self.grouped = set()
        self.texts, self.tables, self.figures, self.logs, self.links = {}, {}, {}, {}, {}
        self.replaced_texts = 0

    def add_all(self, files: dict):
        """relative path → where the bytes are, None where they cannot be had"""
        for path, file in files.items():
            history = HISTORY.match(path)
            table = TABLE_TWIN.match(path)
            original = f"{table[1]}.png" if table else None
            if history and history["twin"]:
                original = path.replace(f"{history['mark']}compressed.webp", ".png")
            if original is None or original not in files:
                self.add(path, file, history)

    def add(self, path: str, file: Path, history):
        kind = EXTENSIONS.get(extension(path))
        data = file.read_bytes() if kind and file is not None else b""
        limit = MAX_TEXT if kind == "text" else MAX_BYTES
        if kind is None or file is None or len(data) > limit:
            self.links[path] = file
        elif kind == "text":
            self.add_text(path, data)
        elif kind == "figure":
            self.add_figures(path, file, figures_of_page(data))
        elif kind == "audio":
            self.add_to_directory(
                "audios", path, {"caption": path, "data": bytes_mark(data), "format": extension(path)}
            )
        else:
            self.add_image(path, file, data, history)

    def add_figures(self, path: str, file: Path, figures: list):
        if figures:
            self.figures[path] = {step: [(path, None, figure)] for step, figure in enumerate(figures)}
        else:
            self.links[path] = file

    def add_image(self, path: str, file: Path, data: bytes, history):
        value = image(path, data)
        if value is None:
            self.links[path] = file
        elif history is not None and int(history["step"]) >= 0:
            key = history["key"].replace("~" if history["mark"] == "+" else "#", "/")
            time = float_bits(int(history["time"]) / 1000)
            self.places["images"][key][int(history["step"])].append((path, time, value))
        else:
            # Aim's sequences of objects begin at step 0: a picture of a step before stays one of its directory
            self.add_to_directory("images", path, value)

    def add_to_directory(self, kind: str, path: str, value: dict):
        alone = self.by_file or "/" not in path
        name = path if alone else path.rsplit("/", 1)[0]
        self.places[kind][name][0].append((path, None, value))
        if not alone:
            self.grouped.add((kind, name))

    def add_text(self, path: str, data: bytes):
        encoding = "utf-16" if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8"
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            text = data.decode(encoding, "replace")
            self.replaced_texts += 1
        figure = figure_of_json(text) if extension(path) == "json" else None
        shown = None if figure else table(path, text)
        if figure:
            self.add_figures(path, None, [figure])
        else:
            self.texts[path] = text
        if shown is not None:
            self.tables[path] = shown
        if self.terminal_log and not self.logs and fnmatch.fnmatch(path, self.terminal_log):
            # Aim draws the lines of a log as HTML
            html = text.replace("&", "&amp;").replace("<", "&lt;")
            lines = html.removesuffix("\n").split("\n")
            self.logs = {"steps": [str(step) for step in range(len(lines))], "lines": lines}

    def sequences(self) -> dict:
        found = {"images": {}, "texts": {}, "audios": {}, "figures": {}}
        for kind, context in (("images", "image"), ("audios", "audio")):
            for name, steps in self.places[kind].items():
                # a history that meets a directory of its name shares its sequence; so do pictures of one step
                lists = (kind, name) in self.grouped or any(len(files) > 1 for files in steps.values())
                found[kind][sequence_key(name, {"type": context})] = self.sequence(f"aim.{context}", steps, lists)
        for context, texts in (("text", self.texts), ("table", self.tables)):
            for path, text in texts.items():
                found["texts"][sequence_key(path, {"type": context})] = self.sequence(
                    "aim.text", {0: [(path, None, text)]}, False
                )
        for path, steps in self.figures.items():
            found["figures"][sequence_key(path, {"type": "figure"})] = self.sequence("aim.figure", steps, False)
        return found

    def sequence(self, dtype: str, steps: dict, lists: bool) -> dict:
        ordered = sorted(steps)
        files = [sorted(steps[step], key=lambda file: file[0].encode()) for step in ordered]
        expected = {
            "dtype": f"list({dtype})" if lists else dtype,
            "version": 1,
            "first_step": str(ordered[0]),
            "last_step": str(ordered[-1]),
            "steps": [str(step) for step in ordered],
            "times": [self.time_of(some) for some in files],
            "values": [[value for _, _, value in some] if lists else some[0][2] for some in files],
        }
        return {**expected, "record_max_length": str(max(map(len, files)))} if lists else expected

    def time_of(self, files: list):
        """Of several files at one step, the time of any."""
        own = [time for _, time, _ in files if time is not None]
        return one_of(*own, *([self.start] if len(own) < len(files) else []))

    def artifacts(self) -> dict:
        """Links by name; where a directory holds more than 200 of them, the directory itself."""
        directories = defaultdict(list)
        for path in self.links:
            directories[path.rsplit("/", 1)[0] if "/" in path else ""].append(path)
        listed = {}
        for directory, paths in directories.items():
            if len(paths) > LINKS_OF_ONE_DIRECTORY:
                listed[directory or "."] = self.link(directory or ".")
            else:
                listed.update({path: self.link(path) for path in paths})
        return listed
