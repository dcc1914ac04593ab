"""fork_server.py SOCKET MODULE…: runs Python programs in forks of a process that has imported these modules.

Importing MLflow and Aim takes seconds, and the tests run hundreds of scripts and many servers. Each connection to the
Unix socket SOCKET is one program. The request is a line of JSON:

    argv     what follows `python` on a command line: a script, `-c CODE` or `-m MODULE`, and its arguments
    env      environment variables, beside those of this process
    cwd      its working directory
    stdin    its input; none by default
    output   a file to which its stdout and stderr are appended; they come with the last answer otherwise
    group    the process group that it joins; by default it leads one of its own

The answers are lines of JSON: {"pid"} at once, and {"code", "stdout", "stderr"} when it has ended. Where the requester
closes the connection before, the process group is killed. This process ends when its stdin does.
"""

import atexit
import gc
import importlib
import json
import logging
import os
import runpy
import selectors
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import traceback
import warnings

import quiet  # before the modules

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD)


class Job:
    """A program that runs for a connection."""

    def __init__(self, connection: socket.socket, request: dict):
        self.connection = connection
        self.request = request
        self.files = [tempfile.TemporaryFile() for _ in range(3)]
        self.files[0].write(request.get("stdin", "").encode())
        self.files[0].seek(0)
        if "output" in request:
            self.files[1] = self.files[2] = open(request["output"], "ab")
        self.pid = 0

    def tell(self, **answer):
        try:
            self.connection.sendall((json.dumps(answer) + "\n").encode())
        except OSError:
            pass  # nobody waits for it any more

    def end(self, status: int):
        texts = ["", ""]
        if "output" not in self.request:
            for i, file in enumerate(self.files[1:]):
                file.seek(0)
                texts[i] = file.read().decode("utf-8", "replace")
        self.tell(code=os.waitstatus_to_exitcode(status), stdout=texts[0], stderr=texts[1])
        self.close()

    def kill(self):
        try:
            os.killpg(self.request.get("group", self.pid), signal.SIGKILL)
        except ProcessLookupError:
            pass

    def close(self):
        self.connection.close()
        for file in self.files:
            file.close()


class Forked:
    """Stands in for subprocess.Popen where a program starts another one of `python -m`: it is forked as well."""

    def __init__(self, server: str, output: str, argv: list, env: dict | None, cwd: str | None):
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.connect(server)
        request = {"argv": argv, "env": dict(env or os.environ), "cwd": cwd or os.getcwd()}
        request |= {"output": output, "group": os.getpgid(0)}
        self.connection.sendall((json.dumps(request) + "\n").encode())
        self.answers = self.connection.makefile(encoding="utf-8")
        self.pid = json.loads(self.answers.readline())["pid"]
        self.returncode = None
        self.stdin = self.stdout = self.stderr = None

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            self.returncode = json.loads(self.answers.readline())["code"]
        return self.returncode

    def poll(self) -> int | None:
        with selectors.DefaultSelector() as selector:
            selector.register(self.connection, selectors.EVENT_READ)
            return self.wait() if self.returncode is not None or selector.select(0) else None

    def communicate(self, input=None, timeout: float | None = None):
        self.wait()
        return None, None

    def send_signal(self, number: int):
        os.kill(self.pid, number)

    def terminate(self):
        self.send_signal(signal.SIGTERM)

    def kill(self):
        self.send_signal(signal.SIGKILL)


def fork_what_it_starts(server: str, output: str):
    class Popen(subprocess.Popen):
        def __new__(cls, command, *args, env=None, cwd=None, **kwargs):
            if isinstance(command, list) and command[:2] == [sys.executable, "-m"]:
                return Forked(server, output, command[1:], env, cwd)
            return super().__new__(cls)

    subprocess.Popen = Popen


def run(argv: list):
    """What `python argv…` does, in this process."""
    if argv[0] == "-c":
        sys.argv = ["-c", *argv[2:]]
        exec(compile(argv[1], "<string>", "exec"), {"__name__": "__main__"})
    elif argv[0] == "-m":
        sys.argv = argv[1:]
        sys.path.insert(0, os.getcwd())
        runpy.run_module(argv[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = argv
        runpy.run_path(argv[0], run_name="__main__")


def exit_code(argv: list) -> int:
    try:
        run(argv)
    except SystemExit as ended:
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def become(job: Job, server: str):
    """Turns the forked process into the program that is asked for. Does not return."""
    request = job.request
    os.setpgid(0, request.get("group", 0))
    for number in SIGNALS:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    for descriptor, file in enumerate(job.files):
        os.dup2(file.fileno(), descriptor)
    job.close()
    sys.stdin = open(0, encoding="utf-8", closefd=False)
    os.chdir(request["cwd"])
    os.environ.update(request["env"])
    # they read their settings from the environment when they are imported
    for name in [name for name in sys.modules if f"{name}.".startswith(("mlflow.server.", "aim.web."))]:
        del sys.modules[name]
    if "output" in request:  # a server
        for name in quiet.LOGGERS:
            logging.getLogger(name).setLevel(logging.NOTSET)
        fork_what_it_starts(server, request["output"])
    code = exit_code(request["argv"])
    # what the interpreter would do at its end, without freeing what it shares with the fork server
    threading._shutdown()
    atexit._run_exitfuncs()
    # a WAL is merged into its database by whoever closes that last
    for connection in [each for each in gc.get_objects() if isinstance(each, sqlite3.Connection)]:
        connection.close()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


def read_line(connection: socket.socket) -> bytes:
    parts = []
    while not parts or not parts[-1].endswith(b"\n"):
        part = connection.recv(1 << 16)
        if part == b"":
            return b""
        parts.append(part)
    return b"".join(parts)


def serve(server: str, listener: socket.socket):
    """Starts what is asked for, until stdin ends."""
    selector = selectors.DefaultSelector()
    woken, waker = socket.socketpair()
    for end in (woken, waker):
        end.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.set_wakeup_fd(waker.fileno())
    for source in (listener, woken, sys.stdin):
        selector.register(source, selectors.EVENT_READ)
    jobs = {}

    def begin():
        connection, _ = listener.accept()
        line = read_line(connection)
        if line == b"":
            connection.close()
            return
        job = Job(connection, json.loads(line))
        job.pid = os.fork()
        if job.pid == 0:
            signal.set_wakeup_fd(-1)
            for each in (listener, woken, waker, selector, *(other.connection for other in jobs.values())):
                each.close()
            become(job, server)
        os.setpgid(job.pid, job.request.get("group", 0))
        jobs[job.pid] = job
        selector.register(connection, selectors.EVENT_READ, job)
        job.tell(pid=job.pid)

    def reap():
        while jobs:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            job = jobs.pop(pid)
            if job.connection in selector.get_map():
                selector.unregister(job.connection)
            job.end(status)

    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                begin()
            elif key.fileobj is woken:
                woken.recv(1 << 10)
                reap()
            elif key.fileobj is sys.stdin:
                for job in jobs.values():
                    job.kill()
                return
            elif key.data.connection.fileno() >= 0:
                # nothing more is ever asked: the requester has gone
                selector.unregister(key.data.connection)
                key.data.kill()


def main():
    server, *modules = sys.argv[1:]
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(server)
    listener.listen(64)
    warnings.simplefilter("ignore")
    for module in modules:
        importlib.import_module(module)
    if threading.active_count() > 1:
        sys.exit(f"One of the modules has started a thread, which would not be in a fork: {threading.enumerate()}")
    gc.collect()
    gc.freeze()
    serve(server, listener)


if __name__ == "__main__":
    main()
