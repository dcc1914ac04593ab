"""The plain shapes: small, wide, long."""

from store_writer import START, STANDARD_TAGS, StoreWriter, curve


def small(writer: StoreWriter):
    for index in range(2):
        note = {"mlflow.note.content": f"# Experiment {index}\n\nnotes", "team": f"t{index}"}
        experiment = writer.experiment(f"small-{index}", note)
        for number in range(3):
            start = START + (index * 3 + number) * 60_000
            tags = {**STANDARD_TAGS, "stage": ["dev", "prod"][number % 2]}
            run = writer.run(experiment, f"run-{number}", tags, start)
            writer.params(run, {"lr": str(0.1 / (number + 1)), "layers": "[64, 32]", "name": "resnet", "epochs": "20"})
            writer.points(run, [row for key in ("loss", "val/loss", "lr") for row in curve(key, 20, start)])
            writer.files(run, {"out/notes.txt": f"run {number}\n".encode()})
            writer.end(run, end=start + 20_000)


def wide(writer: StoreWriter):
    experiment = writer.experiment("wide")
    run = writer.run(experiment, "wide", STANDARD_TAGS)
    writer.params(run, {f"group{index % 7}/param_{index:03d}": str(index / 8) for index in range(200)})
    writer.points(run, [row for index in range(1000) for row in curve(f"group{index % 7}/metric_{index:04d}", 2)])
    writer.end(run)


def long(writer: StoreWriter):
    experiment = writer.experiment("long")
    run = writer.run(experiment, "long", STANDARD_TAGS)
    for index in range(10):
        writer.points(run, curve(f"metric_{index}", 20_000, level=index + 1.0))
    writer.end(run, end=START + 20_000_000)
