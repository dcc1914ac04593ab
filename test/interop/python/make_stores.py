"""make_stores.py SHAPE TARGET [numbers]: writes a tracking store for the tests and the benchmark.

Shapes small, edge, wide, long and artifacts go through the real MLflow client into a directory or any tracking URI
(a server, a database; the artifacts of a database then lie in --artifacts DIR/mlruns, as MLflow has them by default);
`old` writes the layouts of earlier versions; `fast` writes thousands of runs directly, as MLflow would. The last line is
a JSON object about what was written.
"""

import argparse
import json
import os
import time


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shape", choices=["small", "edge", "wide", "long", "artifacts", "old", "fast"])
    parser.add_argument("directory", metavar="target", help="a directory, or a tracking URI")
    parser.add_argument("--artifacts", help="databases only: where a training script would run")
    for name, default in {
        "runs": 100,
        "metrics": 10,
        "points": 100,
        "params": 5,
        "images": 0,
        "texts": 0,
        "seed": 1,
    }.items():
        parser.add_argument(f"--{name}", type=int, default=default, help=f"fast only; {default} by default")
    parser.add_argument("--image-bytes", type=int, default=10_000, help="fast only: the size of one image")
    parser.add_argument("--experiments", type=int, default=1, help="fast only: the runs are dealt out among them")
    return parser.parse_args()


def write_by_client(shape: str, target: str, artifacts_below: str | None) -> dict:
    if artifacts_below is not None:
        os.makedirs(artifacts_below, exist_ok=True)
        os.chdir(artifacts_below)
    from shape_artifacts import artifacts
    from shape_edge import edge
    from shapes_plain import long, small, wide
    from store_writer import StoreWriter

    writer = StoreWriter(target)
    {"small": small, "edge": edge, "wide": wide, "long": long, "artifacts": artifacts}[shape](writer)
    return {"refused": writer.refused}


def main():
    options = arguments()
    began = time.time()
    if options.shape == "fast":
        from store_fast import fast

        written = fast(options)
    elif options.shape == "old":
        from store_old import old

        written = old(options.directory)
    else:
        written = write_by_client(options.shape, options.directory, options.artifacts)
    print(json.dumps({"shape": options.shape, "seconds": round(time.time() - began, 2), **written}, ensure_ascii=False))


if __name__ == "__main__":
    main()
