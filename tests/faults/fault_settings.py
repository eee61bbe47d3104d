"""How big the faults are that are played, and from which seed."""

import secrets

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class FaultSettings(BaseSettings):
    """What may be said of the fault tests: FAULT_EVENTS, FAULT_SEED, FAULT_OUTAGE_S."""

    model_config = SettingsConfigDict(env_prefix="FAULT_", frozen=True, extra="ignore")

    events: int = Field(default=1000, ge=100, le=100_000)
    """How many events a storm commits; every hundredth meets a fault."""
    seed: int = Field(default_factory=lambda: secrets.randbelow(1_000_000))
    """What the faults of a storm are drawn from; another one each time, unless it is said."""
    outage_s: float = Field(default=4.0, gt=0, le=600)
    """How long servers are away."""

    def __str__(self) -> str:
        """Say how to have the same again."""
        return f"FAULT_SEED={self.seed} FAULT_EVENTS={self.events}"
