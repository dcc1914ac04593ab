import json
import os
import signal
import subprocess
import tempfile
from typing import TYPE_CHECKING, Any, Dict, List, Optional

from ._options import ConvertOptions
from ._program import command

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._options import Value

# The exit codes of a conversion that went to its end: complete, some runs failed or incomplete, verify found differences.
_ENDED = (0, 3, 4)


class ConvertError(Exception):
    """A conversion that could not be done, or was called wrongly.

    `code` is the stable code of the error (docs/codes.md), or None where the arguments were wrong; `exit_code` that of the command.
    """

    def __init__(self, message: str, code: Optional[str], exit_code: int) -> None:
        super().__init__(message)
        self.code = code
        self.exit_code = exit_code


def convert(
    tracking_uri: "Optional[Value]" = None,
    repo: "Optional[Value]" = None,
    **options: "Unpack[ConvertOptions]",
) -> Dict[str, Any]:
    """Converts an MLflow store into an Aim repository, or brings an earlier conversion up to date.

    Options are the flags of `mlflow2aim convert`, with `_` for `-`: `experiment=["resnet*"]`, `include_deleted=True`. Sequences
    repeat a flag, and rules for artifacts count in the order in which they are given. What is not given comes from the environment
    and the configuration file, as it does for the command.

    Returns the `summary` of the report (docs/report.md): `complete`, `runs`, `points` and so on. Failed runs do not raise:
    `complete` is false then, and `failedRuns` names the first ten. Raises ConvertError when nothing could be done. On Ctrl-C the
    conversion ends with whole runs only, and KeyboardInterrupt is raised.
    """
    given = dict(options, tracking_uri=tracking_uri, repo=repo)
    with tempfile.TemporaryDirectory(prefix="mlflow2aim-") as directory:
        report = os.path.join(directory, "report.json")
        exit_code, stderr = _run(command() + ["convert", *_flags(given), "--quiet", "--no-color", "--report", report])
        told = _read(report)
    if exit_code in _ENDED and told is not None:
        return told["summary"]
    error = (told or {}).get("error", {})
    message = error.get("message") or stderr.strip() or "mlflow2aim ended with exit code {}".format(exit_code)
    raise ConvertError(message, error.get("code"), exit_code)


def _flags(options: Dict[str, Any]) -> List[str]:
    flags = []  # type: List[str]
    for name, value in options.items():
        if name not in ConvertOptions.__annotations__ and name not in ("tracking_uri", "repo"):
            raise TypeError("convert() has no option {!r}".format(name))
        flag = "--" + name.replace("_", "-")
        if value is None or value is False:
            continue
        if value is True:
            flags.append(flag)
            continue
        values = value if isinstance(value, (list, tuple, set, frozenset)) else [value]
        # One word, so that a value may begin with a dash.
        flags.extend("{}={}".format(flag, os.fspath(one) if hasattr(one, "__fspath__") else one) for one in values)
    return flags


def _run(line: List[str]) -> "tuple[int, str]":
    """Runs this in a process group of its own, so that it sees each Ctrl-C once: the one that is sent here."""
    group = {"creationflags": 0x200} if os.name == "nt" else {"start_new_session": True}  # type: Dict[str, Any]
    interrupt = getattr(signal, "CTRL_BREAK_EVENT", signal.SIGINT)
    with subprocess.Popen(
        line, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8", errors="replace", **group
    ) as child:
        try:
            stderr = child.communicate()[1]
        except BaseException:
            child.send_signal(interrupt)
            child.communicate()
            raise
        return child.returncode, stderr


def _read(report: str) -> Optional[Dict[str, Any]]:
    try:
        with open(report, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return None
