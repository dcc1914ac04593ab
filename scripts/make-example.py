"""make-example.py [DIRECTORY]: writes the example store examples/mlruns with the real MLflow.

    node scripts/prepare-interop.mjs
    .cache/interop/venv/bin/python scripts/make-example.py

A small team's three months: image classifiers, a learning-rate sweep, a speech denoiser. Everything is seeded, ids and
clock included, so the same MLflow writes the same bytes. The store claims to lie in /home/ada/vision/mlruns, as a store
that was copied from a colleague does: its artifacts are found beside the runs.
"""

import json
import math
import random
import shutil
import sys
from pathlib import Path

from example_content import CLASSES, EPOCHS, confusion, cosine, falling, log_of, rising, rng, samples, sound
from example_store import BEGIN, DAY, HOUR, MINUTE, Store
from mlflow.entities import Dataset, DatasetInput, InputTag, LoggedModelOutput, LoggedModelStatus, RunTag

CLAIMED = "/home/ada/vision/mlruns"


def system_metrics(store: Store, run: str, start: int, minutes: int):
    base = {
        "cpu_utilization_percentage": 55,
        "system_memory_usage_percentage": 41,
        "gpu_0_utilization_percentage": 88,
        "gpu_0_memory_usage_percentage": 63,
        "gpu_0_power_usage_watts": 212,
    }
    for key, level in base.items():
        values = [round(level + rng.gauss(0, 4), 1) for _ in range(minutes)]
        store.curve(run, f"system/{key}", values, start, MINUTE)


def classifiers(store: Store):
    table = (
        "| run | idea |\n|---|---|\n| baseline | step schedule |\n| cosine | cosine schedule |\n| mixup | mixup 0.4 |\n"
    )
    note = f"# CIFAR-10 classifiers\n\nWhich augmentation and schedule get **ResNet-18** past 94 %?\n\n{table}"
    experiment = store.experiment("cifar10-resnet18", note, team="vision")
    ideas = [
        ("baseline", "step", 0.1, 0.916, {}),
        ("cosine", "cosine", 0.1, 0.938, {}),
        ("cosine-mixup", "cosine", 0.1, 0.947, {"mixup": 0.4}),
    ]
    for index, (name, schedule, lr, ceiling, more) in enumerate(ideas):
        start = BEGIN + index * DAY
        params = {
            "lr": lr,
            "schedule": schedule,
            "batch_size": 128,
            "epochs": EPOCHS,
            "augment": "['crop', 'flip']",
            "amp": True,
            "seed": index,
        }
        note = f"Idea: **{name}**.\n\nBest validation accuracy {ceiling:.1%}."
        run = store.run(
            experiment,
            name,
            start,
            "train.py",
            {**params, **more},
            **{"mlflow.note.content": note, "stage": "candidate"},
        )
        losses = falling(2.3, 0.05 + 0.04 * index, 0.13, 0.012)
        rates = cosine(lr) if schedule == "cosine" else [lr * 0.1 ** (epoch // 10) for epoch in range(EPOCHS)]
        curves = {
            "train/loss": losses,
            "val/loss": falling(2.2, 0.36 - 0.06 * index, 0.14, 0.02),
            "lr": rates,
            "train/accuracy": rising(0.2, 0.985, 0.14, 0.004),
            "val/accuracy": rising(0.22, ceiling, 0.15, 0.006),
        }
        for key, values in curves.items():
            store.curve(run, key, values, start, 4 * MINUTE)
        for epoch in (0, 5, 10, 20, 29):
            store.client.log_image(
                run,
                samples(epoch, epoch / EPOCHS),
                key="predictions",
                step=epoch,
                timestamp=start + (epoch + 1) * 4 * MINUTE,
            )
        store.file(run, "plots/confusion.png", confusion(ceiling))
        store.file(run, "logs/train.txt", log_of(name, losses, "done"))
        store.file(run, "classes.json", json.dumps(CLASSES).encode())
        store.file(run, "checkpoints/last.pt", random.Random(index).randbytes(2048))
        system_metrics(store, run, start, 20)
        dataset = Dataset(
            "cifar10",
            "c10a7e",
            "http",
            json.dumps({"url": "https://www.cs.toronto.edu/~kriz/cifar.html"}),
            None,
            json.dumps({"num_rows": 50000}),
        )
        store.client.log_inputs(run, [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])])
        store.end(run, start + EPOCHS * 4 * MINUTE + 5 * MINUTE)
    diverged(store, experiment)


def diverged(store: Store, experiment: str):
    start = BEGIN + 3 * DAY
    params = {"lr": 1.5, "schedule": "cosine", "batch_size": 128, "epochs": EPOCHS, "amp": True, "clip": None}
    run = store.run(
        experiment,
        "lr-1.5",
        start,
        "train.py",
        params,
        **{"mlflow.note.content": "Diverged in epoch 6: no gradient clipping."},
    )
    losses = [2.31, 2.12, 2.4, 3.9, 11.7, 402.5, float("nan"), float("nan")]
    store.curve(run, "train/loss", losses, start, 4 * MINUTE)
    store.curve(run, "lr", cosine(1.5)[: len(losses)], start, 4 * MINUTE)
    store.file(run, "logs/train.txt", log_of("lr-1.5", losses, "RuntimeError: loss is NaN, giving up"))
    store.end(run, start + 36 * MINUTE, "FAILED")


def sweep(store: Store):
    experiment = store.experiment(
        "sweep-lr-wd",
        "Grid over learning rate and weight decay, 8 epochs each.\n\nOne parent run, one child a cell.",
        team="vision",
    )
    start = BEGIN + 7 * DAY
    parent = store.run(
        experiment,
        "grid",
        start,
        "sweep.py",
        {"lr": "[0.01, 0.03, 0.1]", "weight_decay": "[0.0001, 0.001]", "epochs": 8},
    )
    best = 0.0
    cells = [(lr, decay) for lr in (0.01, 0.03, 0.1) for decay in (0.0001, 0.001)]
    for index, (lr, decay) in enumerate(cells):
        begin = start + index * HOUR
        name = f"lr={lr} wd={decay}"
        run = store.run(
            experiment,
            name,
            begin,
            "train.py",
            {"lr": lr, "weight_decay": decay, "epochs": 8},
            **{"mlflow.parentRunId": parent},
        )
        quality = 0.80 + 0.05 * (1 - abs(math.log10(lr / 0.03))) + (0.01 if decay == 0.001 else 0)
        store.curve(run, "val/accuracy", rising(0.2, quality, 0.5, 0.006, 8), begin, 5 * MINUTE)
        store.curve(run, "train/loss", falling(2.3, 1 - quality, 0.4, 0.02, 8), begin, 5 * MINUTE)
        store.end(run, begin + 42 * MINUTE, "KILLED" if index == len(cells) - 1 else "FINISHED")
        best = max(best, quality)
    store.client.log_metric(parent, "best/val_accuracy", round(best, 4), timestamp=start + 6 * HOUR, step=0)
    store.end(parent, start + 6 * HOUR)


def denoiser(store: Store):
    experiment = store.experiment(
        "speech-denoise", "A small U-Net on 8 kHz speech. Listen to `samples/`.", team="audio"
    )
    for index, (name, channels) in enumerate((("unet-16", 16), ("unet-32", 32))):
        start = BEGIN + (20 + index) * DAY
        params = {
            "model.channels": channels,
            "model.kernel": "(5, 5)",
            "optimizer": "{'name': 'adam', 'betas': [0.9, 0.999]}",
            "lr": "3e-4",
            "resume": None,
        }
        run = store.run(
            experiment,
            name,
            start,
            "denoise.py",
            params,
            **{"mlflow.note.content": "Hiss is down, consonants still blurred."},
        )
        store.curve(run, "loss", falling(0.9, 0.11 - 0.03 * index, 0.2, 0.004, 20), start, 3 * MINUTE)
        store.curve(run, "si_sdr", rising(1.0, 11.0 + 2 * index, 0.2, 0.1, 20), start, 3 * MINUTE)
        for batch in range(5):  # logged without a step, as people do
            store.client.log_metric(
                run,
                "test/si_sdr",
                round(10.5 + 2 * index + rng.gauss(0, 0.3), 3),
                timestamp=start + HOUR + batch * 1000,
            )
        store.file(run, "samples/noisy.wav", sound(440, 0.25))
        store.file(run, "samples/denoised.wav", sound(440, 0.06 - 0.03 * index))
        store.file(
            run,
            "report.md",
            f"# {name}\n\n* SI-SDR: {11 + 2 * index} dB\n* parameters: {channels * 21_000:,}\n".encode(),
        )
        model = store.client.create_logged_model(
            experiment, name="denoiser", source_run_id=run, params={"channels": str(channels)}, model_type="audio"
        )
        store.client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
        store.client.log_outputs(run, [LoggedModelOutput(model.model_id, 19)])
        store.client.log_batch(run, tags=[RunTag("reviewed", "yes")])
        store.end(run, start + HOUR + 5 * MINUTE)


def move_to_claimed(directory: Path):
    """As if the store had been copied here from where it says that it lies."""
    for meta in directory.rglob("meta.yaml"):
        meta.write_text(meta.read_text("utf-8").replace(str(directory), CLAIMED), "utf-8")


def main():
    target = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent / "examples" / "mlruns").resolve()
    shutil.rmtree(target, ignore_errors=True)
    store = Store(str(target))
    classifiers(store)
    sweep(store)
    denoiser(store)
    move_to_claimed(target)
    shutil.rmtree(target / ".trash", ignore_errors=True)


if __name__ == "__main__":
    main()
