"""ask_aim.py REPO: the names of the runs that each query on stdin finds, one JSON list a line."""

import json
import sys

import quiet  # noqa: F401  (before aim)
from aim.sdk.repo import Repo

repo = Repo(sys.argv[1])
for query in sys.stdin.read().splitlines():
    print(json.dumps(sorted(found.run.name for found in repo.query_runs(query, report_mode=0).iter_runs())))
