"""The command: `mlflow2aim` and `python -m mlflow2aim`."""

import os
import signal
import subprocess
import sys

from ._program import command


def main() -> None:
    """Runs the command with the arguments of this process; signals reach it, and its exit code is this one's."""
    line = command() + sys.argv[1:]
    if os.name == "nt":
        # Ctrl-C reaches both processes there; the command ends in its own time.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        sys.exit(subprocess.call(line))
    os.execv(line[0], line)


if __name__ == "__main__":
    main()
