"""Gives the wheel the tag of its platform: it holds compiled code, but none of Python's."""

import os

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PlatformTag(BuildHookInterface):
    def initialize(self, version, build_data):
        build_data["pure_python"] = False
        build_data["tag"] = "py3-none-" + os.environ["MLFLOW2AIM_WHEEL_PLATFORM"]
