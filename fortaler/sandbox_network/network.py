"""Everything a route of the sandbox network needs, put together once per app."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request

from fortaler.sandbox_network.clients import Client
from fortaler.sandbox_network.misbehaviour import Misbehaviours
from fortaler.sandbox_network.rate_limit import PostRate
from fortaler.sandbox_network.store import Store


@dataclass(frozen=True, slots=True)
class Network:
    """One sandbox network: its memory, its clock and its moods."""

    public_url: str
    clients: Mapping[str, Client]
    store: Store
    now: Callable[[], datetime]
    operator_secret: str | None = field(repr=False)
    misbehaviours: Misbehaviours = field(default_factory=Misbehaviours)
    post_rate: PostRate = field(default_factory=PostRate)

    @property
    def epoch_s(self) -> float:
        """Answer the time as the store keeps it."""
        return self.now().timestamp()


async def network_of(request: Request) -> Network:
    """Answer the network that this app serves."""
    network: Network = request.app.state.network
    return network


def moment(epoch_s: float) -> datetime:
    """Answer a stored time as an instant in UTC."""
    return datetime.fromtimestamp(epoch_s, UTC)


Here = Annotated[Network, Depends(network_of)]
