"""Stores as earlier versions of MLflow left them, and the damage that real stores carry; written directly."""

from pathlib import Path

import media

START = 1_600_000_000_000
LINES = "286984091544987137"


def write(path: Path, content: str | bytes):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def experiment(store: Path, id_: str, name: str, location: str, quoted: bool = False, more: str = "") -> Path:
    written = f"'{id_}'" if quoted else id_
    write(store / id_ / "meta.yaml", f"artifact_location: {location}\nexperiment_id: {written}\nname: {name}\n{more}")
    return store / id_


def run(directory: Path, id_: str, location: str, lines: dict | None = None, whole: bool = True, **changes) -> Path:
    """
    A run of MLflow 1.0: `run_uuid` alone, bare experiment id; `changes` add or (None) remove lines of its meta.
    A run that is not `whole` lacks the folders that are empty, as copies by git or zip do.
    """
    meta = {
        "artifact_uri": f"{location}/{id_}/artifacts",
        "end_time": str(START + 60_000),
        "entry_point_name": "''",
        "experiment_id": directory.name,
        "name": "''",
        "run_uuid": id_,
        "source_name": "''",
        "source_type": "4",
        "source_version": "''",
        "start_time": str(START),
        "status": "3",
        "tags": "[]",
        "user_id": "ada",
        **changes,
    }
    write(
        directory / id_ / "meta.yaml", "".join(f"{key}: {value}\n" for key, value in meta.items() if value is not None)
    )
    for key, text in (lines or {}).items():
        write(directory / id_ / "metrics" / key, text)
    for folder in ("metrics", "params", "tags", "artifacts") if whole else ():
        (directory / id_ / folder).mkdir(parents=True, exist_ok=True)
    write(directory / id_ / "tags" / "mlflow.runName", f"old {id_[:4]}")
    write(directory / id_ / "params" / "alpha", "0.5")
    return directory / id_


def identifier(number: int) -> str:
    return f"{number:02d}" + "ab12cd34ef56ab78" + "0" * 14


def old(directory: str) -> dict:
    store = Path(directory).resolve()
    first_versions(store)
    foreign_locations(store)
    later_lines(store)
    damage(store)
    return {}


def first_versions(store: Path):
    location = str(store / "0")
    zero = experiment(store, "0", "Default", location)
    two = "".join(f"{START + i} {1 / (i + 1)}\n" for i in range(5))
    run(zero, identifier(1), location, {"two columns": two, "nested/two": f"{START} 1.0\n"})
    run(zero, identifier(2), location, {"three": f"{START} 0.5 0\n{START + 1} 0.25 1\n"}, lifecycle_stage="active")
    run(zero, identifier(3), location, whole=False, status="4", user_id=None, source_name=None, entry_point_name=None)
    run(zero, identifier(4), location, end_time="null", status=None)
    run(zero, identifier(5), location, {"loss": f"{START + 5000} 1.0 1\n"}, end_time="null")
    run(zero, identifier(6), location, end_time=None, lifecycle_stage="deleted")
    both = run(zero, identifier(7), location, run_id=identifier(7), lifecycle_stage="active", experiment_id="'0'")
    write(both / "artifacts" / "model.txt", "kept\n")
    run(zero, identifier(8), location, {"loss": f"{START + 7000} 1.0 0\n"}, start_time="null", end_time="null")
    run(zero, identifier(9), location, start_time="null", end_time="null")
    run(zero, "named-run_7", location, {"loss": f"{START} 1.0 0\n"})


def foreign_locations(store: Path):
    """Artifact locations of other machines: the files lie beside the run."""
    places = [
        "file:///C:/Users/ada/mlruns",
        "C:\\Users\\ada\\mlruns",
        "file:C:\\Users\\ada\\mlruns",
        "/home/nobody/mlruns",
        "./mlruns",
    ]
    for index, place in enumerate(places):
        id_ = str(index + 1)
        location = f"{place}\\{id_}" if "\\" in place else f"{place}/{id_}"
        directory = experiment(store, id_, f"from elsewhere {index}", location, more="lifecycle_stage: active\n")
        made = run(directory, identifier(20 + index), location, {"loss": f"{START} 1.0 0\n"})
        write(made / "artifacts" / "plots" / "a.png", media.encoded(media.picture(index), "PNG"))
        write(made / "artifacts" / "note.txt", "here\n")
        write(made / "artifacts" / "model.pkl", b"\x80\x04N.")
    gone = experiment(store, "6", "gone", "s3://bucket/6", more="lifecycle_stage: active\n")
    run(gone, identifier(30), "s3://bucket/6", {"loss": f"{START} 1.0 0\n"})
    gone = experiment(store, "7", "lost", "/home/nobody/else/7", more="lifecycle_stage: active\n")
    run(gone, identifier(31), "/home/nobody/else/7", {"loss": f"{START} 1.0 0\n"})


def later_lines(store: Path):
    """Lines with a dataset: five columns, and six where its name has a space (MLflow itself cannot read those)."""
    directory = experiment(store, LINES, "lines", str(store / LINES), quoted=True, more="lifecycle_stage: active\n")
    common = {"experiment_id": f"'{LINES}'", "lifecycle_stage": "active"}
    five = "".join(f"{START + i} {i / 2} {i * 3} train abc{i}\n" for i in range(4))
    run(
        directory,
        identifier(40),
        str(directory),
        run_id=identifier(40),
        lines={"five": five, "three": f"{START} 1.0 1\n"},
        **common,
    )
    run(
        directory,
        identifier(41),
        str(directory),
        run_id=identifier(41),
        lines={"six": f"{START} 0.5 7 train set d1\n{START} 0.6 8 a b c d2\n"},
        **common,
    )
    bad = f"{START} 1.0 0\nnonsense\n{START} 2.0 1\n{START} 3.0\tx 2\n{START} abc 3\n{START}\n{START} 4.0 4\n"
    run(
        directory,
        identifier(42),
        str(directory),
        run_id=identifier(42),
        lines={"bad": bad, "only bad": "x\ny\n", "empty": "", "good": f"{START} 1.0 0\n"},
        **common,
    )
    torn = f"{START} 1.0 0\n{START} 2.0 1"
    run(directory, identifier(44), str(directory), run_id=identifier(44), lines={"no newline": torn}, **common)
    run(
        directory,
        identifier(45),
        str(directory),
        run_id=identifier(45),
        lines={"no newline": torn},
        status="1",
        end_time="null",
        **common,
    )
    latin = run(directory, identifier(46), str(directory), run_id=identifier(46), **common)
    write(latin / "params" / "latin", "caf\u00e9".encode("latin-1"))
    write(latin / "tags" / "latin", "\u00fcber".encode("latin-1"))
    run(
        directory,
        identifier(43),
        str(directory),
        run_id=identifier(43),
        lines={"windows": f"{START} 1.0 0\r\n{START + 1} 2.0 1\r\n"},
        **common,
    )


def damage(store: Path):
    directory = experiment(store, "8", "damaged", str(store / "8"), more="lifecycle_stage: active\n")
    write(directory / "no meta at all" / "artifacts" / "model" / "MLmodel", "x: y\n")
    write(directory / identifier(50) / "metrics" / "loss", f"{START} 1.0 0\n")
    write(directory / identifier(51) / "meta.yaml", "")
    write(directory / identifier(52) / "meta.yaml", "run_uuid: [unfinished\n")
    run(directory, identifier(53), str(directory), experiment_id="99")
    run(directory, identifier(54), str(directory), {"loss": f"{START} 1.0 0\n"})
    write(directory / "stray file.txt", "x")
    write(store / "stray file.txt", "x")
    write(store / "not an experiment" / "file.txt", "x")
    write(store / "9" / "meta.yaml", "")
    write(store / "models" / "registered" / "meta.yaml", "name: registered\n")
    (store / "11").mkdir()
    (store / ".trash").mkdir(exist_ok=True)
    trashed = experiment(store / ".trash", "12", "thrown away", str(store / "12"), more="lifecycle_stage: deleted\n")
    run(trashed, identifier(60), str(store / "12"), {"loss": f"{START} 1.0 0\n"}, lifecycle_stage="deleted")
