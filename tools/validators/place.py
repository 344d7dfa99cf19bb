"""The field's own checkers of what is deployed, and where they are put."""

import os
import shutil
from pathlib import Path

from deploy.local.settings import Settings

KUBERNETES = "1.34.0"
NOT_HAD = ("Kafka", "KafkaNodePool", "KafkaTopic", "KafkaUser")
"""Kinds whose definitions no registry of packages carries: Strimzi publishes them with its releases alone."""


def folder() -> Path:
    """Where `python -m tools.validators` puts programs (`bin`) and schemas (`schemas`)."""
    return Settings.from_environment().cache / "validators"


def program(name: str) -> str | None:
    """The path of a checker: ours first, else whatever is on the PATH."""
    return shutil.which(name, path=os.pathsep.join([str(folder() / "bin"), os.environ["PATH"]]))
