"""How much effort a run of the benchmarks may take: told by `BENCH_ROUNDS` and its like."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Effort(BaseSettings):
    """How often and how long is measured."""

    model_config = SettingsConfigDict(env_prefix="BENCH_", frozen=True, extra="ignore")

    rounds: int = Field(default=5, ge=1, le=50)
    """A and B in turn, so often; odd, so that a median is a measurement."""
    seconds: float = Field(default=2.0, gt=0, le=60)
    """One measurement's length; programs that count instead take what that time would hold."""
    only: str = ""
    """Names of programs between commas; all of them when empty."""
    results: Path = Path(__file__).parent / "results" / "latest.jsonl"
    """Where the lines are kept from which docs/performance.md has its tables."""

    def scaled(self, per_second: int) -> int:
        """Answer how many of something make one measurement."""
        return max(1, round(per_second * self.seconds))
