"""Copies MLflow experiments, runs and artifacts into Aim.

    import mlflow2aim

    summary = mlflow2aim.convert("mlruns", "aim-repo", experiment=["resnet*"])
    print(summary["complete"], summary["runs"]["new"])
"""

from ._convert import ConvertError, convert

__all__ = ["ConvertError", "convert"]
