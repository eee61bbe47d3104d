"""What metrics needs to be told besides what every service needs."""

import os
import tempfile
from pathlib import Path

from pydantic import Field

from chassis.settings import ServiceSettings


def _default_spool_dir() -> Path:
    # Everybody may write to the system's directory, so that each user has one of their own there.
    return Path(tempfile.gettempdir()) / f"fortaler-spool-{os.getuid()}"


class MetricsSettings(ServiceSettings):
    """`spool_dir` keeps clicks while Kafka is away: give it a disk that outlives a restart."""

    spool_dir: Path = Field(default_factory=_default_spool_dir)
