"""Metrics of MLflow 3 on datasets, and metrics whose keys tell of which part of the data they are."""

from store_writer import START, STANDARD_TAGS, StoreWriter, curve


def on_datasets(writer: StoreWriter, run: str, model: str):
    """One metric on several datasets and on none; two datasets of one name."""

    def log(key: str, value: float, step: int, later: int, dataset: tuple = (None, None)):
        name, digest = dataset
        writer.client.log_metric(
            run, key, value, START + later, step, model_id=model, dataset_name=name, dataset_digest=digest
        )

    log("linked", 0.75, 3, 0, ("ds", "abc"))
    for step in range(3):
        log("accuracy", 0.9 + step / 100, step, 10 * step, ("train", "t1"))
        log("accuracy", 0.5 + step / 100, step, 10 * step + 1, ("test", "e1"))
        log("accuracy", 0.4 + step / 100, step, 10 * step + 2, ("test", "e2"))
        log("accuracy", 0.3 + step / 100, step, 10 * step + 3)
        log("train/accuracy", 0.2 + step / 100, step, step, ("train", "t1"))


def prefixes(writer: StoreWriter, experiment: str):
    """Metrics of several parts of the data, as their keys tell; two of them would be one."""
    run = writer.run(experiment, "prefixes", STANDARD_TAGS)
    for key in ("train_loss", "val/loss", "valid_acc", "eval/a/b", "train_", "test/f1", "test_f1", "loss"):
        writer.points(run, curve(key, 3))
    writer.end(run)
