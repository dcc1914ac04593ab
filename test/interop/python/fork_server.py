"""fork_server.py: runs the other scripts in processes that have MLflow and Aim imported already.

Importing the two takes seconds, and the tests run hundreds of scripts. Each line on stdin is a JSON object
{"argv": […], "stdin": "…"}; the script runs in a fork of this process, alone and from the start, and the answer is one
line {"code", "stdout", "stderr"}. `-c CODE` runs code, as python itself would. It ends when stdin does.
"""

import json
import os
import runpy
import sys
import tempfile

import quiet  # noqa: F401  (before mlflow and aim)
import aim  # noqa: F401
import mlflow.tracking  # noqa: F401
import PIL.Image  # noqa: F401
from aim.sdk.repo import Repo  # noqa: F401


def run(argv: list):
    """What `python argv…` does, in this process."""
    if argv[0] == "-c":
        sys.argv = ["-c", *argv[2:]]
        exec(compile(argv[1], "<string>", "exec"), {"__name__": "__main__"})
    else:
        sys.argv = argv
        runpy.run_path(argv[0], run_name="__main__")


def answer(pid: int, files: list) -> dict:
    _, status = os.waitpid(pid, 0)
    texts = []
    for file in files[1:]:
        file.seek(0)
        texts.append(file.read().decode("utf-8", "replace"))
    return {"code": os.waitstatus_to_exitcode(status), "stdout": texts[0], "stderr": texts[1]}


def serve() -> list | None:
    """Answers requests; in the forked process it returns what to run there, in the first one None at the end."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    for line in sys.stdin:
        request = json.loads(line)
        files = [tempfile.TemporaryFile() for _ in range(3)]
        files[0].write(request["stdin"].encode())
        files[0].seek(0)
        pid = os.fork()
        if pid == 0:
            for descriptor, file in enumerate(files):
                os.dup2(file.fileno(), descriptor)
            sys.stdin = open(0, encoding="utf-8", closefd=False)
            return request["argv"]
        replies.write(json.dumps(answer(pid, files)) + "\n")
        replies.flush()
    return None


if __name__ == "__main__":
    script = serve()
    if script is not None:
        run(script)
