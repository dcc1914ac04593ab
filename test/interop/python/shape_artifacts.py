"""The shape of files: every kind, odd names, image histories, tables, and a directory of too many others."""

from pathlib import Path

import media
from store_writer import START, STANDARD_TAGS, StoreWriter, curve

ODD_NAMES = [
    "with space.txt",
    "percent%20name.txt",
    "100%.txt",
    "ünïcode-实验-🚀.txt",
    "plus+amp&eq=.txt",
    "semi;comma,.txt",
    "quote'single.txt",
    "question?.txt",
    "hash#tag.txt",
    "back\\slash.txt",
    "new\nline.txt",
    "dot.dir/a.b.c.txt",
    "-dash.txt",
    "long" * 50 + ".txt",
    "no-kind 100%#?.bin",
]


PLOTS = Path(__file__).parent.parent / "plotly"


def artifacts(writer: StoreWriter):
    experiment = writer.experiment("files")
    for number in range(2):
        run = writer.run(experiment, f"files-{number}", STANDARD_TAGS)
        writer.points(run, curve("loss", 3))
        every_kind(writer, run, number)
        writer.end(run)
    run = writer.run(experiment, "many others", STANDARD_TAGS)
    writer.files(run, {f"part-{index:03d}.bin": bytes([index]) for index in range(203)}, "shards")
    writer.files(run, {f"part-{index:03d}.bin": bytes([index]) for index in range(3)}, "few")
    writer.end(run)
    run = writer.run(experiment, "too large", STANDARD_TAGS)
    writer.files(run, {"huge.txt": b"0123456789abcde\n" * 640_000, "fits.txt": b"0123456789abcde\n" * 60_000})
    writer.end(run)
    writer.end(writer.run(experiment, "no files", {}))


def every_kind(writer: StoreWriter, run: str, seed: int):
    writer.files(run, media.images(seed), "images")
    writer.files(run, {"top.png": media.images(seed)["plain.png"], "top.wav": media.wav(), "top.txt": b"top\n"})
    writer.files(run, media.texts(seed), "text")
    writer.files(run, media.audios(seed), "audio")
    writer.files(run, media.others(seed), "other")
    writer.files(run, media.wrong(seed), "wrong")
    writer.files(run, {name: f"{name}\n".encode() for name in ODD_NAMES}, "names")
    deep = "/".join(f"d{level}" for level in range(12))
    writer.files(run, {"leaf.txt": b"deep\n", "leaf.png": media.images(seed)["plain.png"]}, deep)
    client = writer.client
    for step in (0, 1, 10, 5_000_000_000):
        image = media.picture(step % 97)
        client.log_image(run, image, key="eval/sample imgs", step=step, timestamp=START + step % 1000)
    lone = f"images/lone+step+3+timestamp+{START}+01234567-89ab-cdef-0123-456789abcdef+compressed.webp"
    writer.files(run, {lone: media.images(seed)["lossy.webp"]})
    old = f"images/of#before%step%2%timestamp%{START}%01234567-89ab-cdef-0123-456789abcdef"
    writer.files(
        run, {f"{old}.png": media.images(seed)["plain.png"], f"{old}%compressed.webp": media.images(seed)["lossy.webp"]}
    )
    client.log_image(run, media.picture(3), "direct/red.png")
    client.log_table(run, {"a": [1, 2], "b": ["x", "ü"], "c": [None, 1.5]}, "tables/t.json")
    client.log_table(run, {"a": [3], "b": ["z"], "c": [float("nan")]}, "tables/t.json")
    client.log_table(run, {"picture": [media.picture(5), media.picture(6)]}, "tables/pictures.json")
    tables(writer, run)
    plots(writer, run)
    client.log_dict(run, {"k": [1, {"x": None}]}, "dict/d.json")
    client.log_dict(run, {"k": "ü"}, "dict/d.yml")
    client.log_text(run, "text ü\n", "txt/log_text.txt")


def tables(writer: StoreWriter, run: str):
    """Tables in other clothes, and what is none."""
    header = [f"c{column}" for column in range(25)]
    wide = [[str(row * column) for column in range(25)] for row in range(230)]
    files = {
        "plain.csv": "epoch,loss,note\n1,0.50,ok\n2,.25,\"a, \"\"b\"\"\nc\"\n",
        "semicolons.csv": "\ufeffname;value\r\n実験;1,5\r\nlong " + "x" * 80 + ";2\r\n",
        "tabs.tsv": "a\tb\n1\n\n2\tx|y\t3\n",
        "wide.csv": "\n".join(",".join(row) for row in [header, *wide]),
        "unclosed.csv": 'a,b\n"1,2\n',
        "header.csv": "a,b\n",
        "large.csv": "a,b\n" + "1,2\n" * 260_000,
        "number.json": "3",
    }
    writer.files(run, {name: text.encode() for name, text in files.items()}, "tables/more")


def plots(writer: StoreWriter, run: str):
    """What Plotly wrote, once with a script in front as long as plotly.js, as `include_plotlyjs=True` puts it there."""
    samples = {path.name: path.read_bytes() for path in PLOTS.iterdir() if path.suffix != ".md"}
    script = b"<script>function f(gd,data){Plotly.newPlot(gd,data,{})}" + b"/* plotly.js */" * 250_000 + b"</script>"
    writer.files(run, {**samples, "embedded.HTM": script + samples["plotly-6.html"]}, "plots")
    writer.files(run, {"top.html": samples["plotly-5.html"], "config.json": b'{"data": [1], "layout": {}}'})
