"""sql_schema.py URI: lets MLflow make its tables in an empty database."""

import sys

import quiet  # noqa: F401  (before mlflow)
from mlflow.tracking import MlflowClient

MlflowClient(sys.argv[1]).search_experiments()
