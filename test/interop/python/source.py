"""What a tracking store holds, as plain records: filled from the files and overruled by the real MLflow client, or by it alone."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Experiment:
    id: str
    name: str
    deleted: bool
    tags: dict
    directory: Path | None = None  # of a file store only


@dataclass
class Point:
    """One line of a metric file; `timestamp` in milliseconds, `dataset` a name and a digest."""

    step: int
    value: float
    timestamp: int
    dataset: tuple | None = None


@dataclass
class Metric:
    """Points in arrival order; `bad_lines` cannot be parsed; `misread` when MLflow's own reader gives other points."""

    points: list
    bad_lines: int = 0
    misread: bool = False


@dataclass
class Run:
    """Times are milliseconds since the epoch, or None. `directory` is that of a file store, None elsewhere."""

    id: str
    experiment: Experiment
    directory: Path | None
    name: str | None
    status: str
    deleted: bool
    start: int | None
    end: int | None
    user: str | None
    artifact_uri: str | None
    entry_point: str | None
    params: dict = field(default_factory=dict)
    tags: dict = field(default_factory=dict)
    metrics: dict = field(default_factory=dict)
    datasets: list = field(default_factory=list)
    models: list = field(default_factory=list)
    bad_fields: int = 0

    @property
    def archived(self) -> bool:
        return self.deleted or self.experiment.deleted
