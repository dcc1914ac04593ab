"""Imported before mlflow and aim: no telemetry, no progress bars, no chatter on stdout, no network."""

import logging
import os
import warnings

for name, value in {
    "MLFLOW_ALLOW_FILE_STORE": "true",  # MLflow 3.13+ refuses file stores without it
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_RECORD_ENV_VARS_IN_MODEL_LOGGING": "false",
    "GIT_PYTHON_REFRESH": "quiet",
    "MPLBACKEND": "Agg",
    "__AIM_DISABLE_TELEMETRY__": "true",
}.items():
    os.environ.setdefault(name, value)

warnings.filterwarnings("ignore")
logging.getLogger().setLevel(logging.CRITICAL)  # MLflow's file store warns through the root logger
LOGGERS = ("mlflow", "alembic", "aim", "git")
for name in LOGGERS:
    logging.getLogger(name).setLevel(logging.ERROR)
