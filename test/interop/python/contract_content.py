"""contract_content.py URI: writes what rest-store.test.ts says a source holds, by MLflow's client; prints the ids of the runs."""

import json
import sys

import quiet  # noqa: F401  (before mlflow)
from mlflow.entities import Dataset, DatasetInput, InputTag, LoggedModelOutput, LoggedModelStatus

from store_writer import START, StoreWriter

POINTS = 30_000


def main():
    writer = StoreWriter(sys.argv[1])
    kept = writer.experiment("contract", {"mlflow.note.content": "# Note"})
    full = writer.run(kept, "1e5", {"team": "red"})
    writer.params(full, {"lr": "0.1", "net/depth": "3", "empty": "", "text": "a\nb\r\nc\n", "unicode": "实验 🚀"})
    writer.points(full, [("loss", at / 7, START + at * 250, at) for at in range(POINTS)])
    odd = [float("nan"), float("inf"), float("-inf"), 0.0, 5e-324, 0.1 + 0.2, 1e22]
    writer.points(full, [("odd/values", value, at, at - 4) for at, value in enumerate(odd)])
    steps = [-(2**40), 2, 5, 2**53 + 1, 2**62]
    writer.points(full, [("with space", float(at), 7, step) for at, step in enumerate(steps)])
    writer.files(full, {"a.txt": b"", "a-b.txt": b"x", "a/b.txt": b"nested", "deep/er/100% ü.txt": "ü".encode()})
    writer.files(full, {"large.txt": b"y" * 600_000})
    dataset = Dataset("train", "x1", "local", '{"uri": "/data"}', None, None)
    writer.client.log_inputs(full, [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])])
    model = writer.client.create_logged_model(kept, name="model", source_run_id=full, params={"depth": "3"})
    writer.client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
    writer.client.log_outputs(full, [LoggedModelOutput(model.model_id, 7)])
    writer.end(full)
    gone = writer.run(kept, "gone")
    writer.end(gone, "FAILED")
    writer.client.delete_run(gone)
    deleted = writer.experiment("old: ünd\nweg")
    running = writer.run(deleted, "going on")
    writer.points(running, [("loss", 0.5, START, 0), ("loss", 0.25, START + 1, 1)])
    writer.client.delete_experiment(deleted)
    writer.experiment("empty")
    print(json.dumps({"full": full, "gone": gone, "running": running, "model": model.model_id}))


if __name__ == "__main__":
    main()
