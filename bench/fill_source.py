"""Fills a tracking database with runs like those that make-store.mjs writes, for the benchmark of sources.

MLflow itself makes the schema and the experiment. The rows are then inserted in bulk, because MLflow's own log_batch
takes minutes for a million points; what lies in the tables in the end is the same.

usage: fill_source.py URI RUNS METRICS POINTS    (a PostgreSQL or MySQL database is created)
       fill_source.py --drop URI
"""

import io
import math
import sys
import uuid

import sqlalchemy
from mlflow import MlflowClient
from sqlalchemy.engine import make_url

START = 1_700_000_000_000
STEP_MS = 250
ROWS_AT_ONCE = 50_000

RUN_COLUMNS = (
    "run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time, end_time, source_version,"
    " lifecycle_stage, artifact_uri, experiment_id"
)


def server_of(uri: str):
    """A connection to the server that a database lies on, outside of transactions."""
    url = make_url(uri)
    home = "postgres" if url.get_backend_name() == "postgresql" else "information_schema"
    return sqlalchemy.create_engine(url.set(database=home), isolation_level="AUTOCOMMIT").connect()


def on_server(uri: str, statement: str) -> None:
    if make_url(uri).get_backend_name() == "sqlite":
        return
    with server_of(uri) as connection:
        connection.execute(sqlalchemy.text(statement.format(make_url(uri).database)))


def insert(connection, table: str, columns: str, rows: list) -> None:
    cursor = connection.cursor()
    if "psycopg2" in type(connection.dbapi_connection).__module__:
        text = io.StringIO("".join("\t".join(map(str, row)) + "\n" for row in rows))
        cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", text)
    else:
        mark = "?" if "sqlite" in type(connection.dbapi_connection).__module__ else "%s"
        marks = ", ".join(mark for _ in rows[0])
        cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)


def fill(uri: str, runs: int, metrics: int, points: int) -> None:
    on_server(uri, "CREATE DATABASE {}")
    experiment = int(MlflowClient(uri).create_experiment("bench"))
    engine = sqlalchemy.create_engine(uri)
    key = "`key`" if engine.dialect.name == "mysql" else '"key"'
    connection = engine.raw_connection()
    ids = [uuid.UUID(int=(index + 1) * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128).hex for index in range(runs)]
    put = lambda *arguments: insert(connection, *arguments)  # noqa: E731

    def header(index: int, run: str) -> tuple:
        start = START + index * 60_000
        end = start + points * STEP_MS
        place = f"mlflow-artifacts:/{experiment}/{run}/artifacts"
        return (run, f"run-{index:05}", "LOCAL", "train.py", "", "ada", "FINISHED", start, end, "", "active", place, experiment)

    put("runs", RUN_COLUMNS, [header(*pair) for pair in enumerate(ids)])
    put("params", f"{key}, value, run_uuid", [(name, "0.1", run) for run in ids for name in ("lr", "momentum", "seed")])
    put("tags", f"{key}, value, run_uuid", [("mlflow.runName", f"run-{i:05}", run) for i, run in enumerate(ids)])
    columns = f"{key}, value, timestamp, run_uuid, step, is_nan"
    is_nan = "f" if engine.dialect.name == "postgresql" else 0
    rows = []
    for index, run in enumerate(ids):
        for metric in range(metrics):
            name = f"metric_{metric}"
            point = lambda step: (  # noqa: E731
                *(name, math.exp(-step / points) + (step * 7919 % 1000) / 1e4, START + index * 60_000 + step * STEP_MS),
                *(run, step, is_nan),
            )
            rows.extend(point(step) for step in range(points))
            put("latest_metrics", columns, [point(points - 1)])
            if len(rows) >= ROWS_AT_ONCE:
                put("metrics", columns, rows)
                rows = []
    if rows:
        put("metrics", columns, rows)
    connection.commit()


if __name__ == "__main__":
    if sys.argv[1] == "--drop":
        on_server(sys.argv[2], "DROP DATABASE IF EXISTS {}")
    else:
        fill(sys.argv[1], *map(int, sys.argv[2:5]))
