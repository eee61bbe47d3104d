"""What routes ask for besides the caller: the networks, and the running process."""

from typing import Annotated

from fastapi import Depends, Request

from chassis.service import Context
from services.sharing.networks.outside import Outside as Opened


def read_outside(request: Request) -> Opened:
    """Answer the networks of this process."""
    outside: Opened = request.app.state.resources
    return outside


def read_context(request: Request) -> Context:
    """Answer the running process, for the one door that is open before a tenant is known."""
    context: Context = request.app.state.context
    return context


Outside = Annotated[Opened, Depends(read_outside)]
Process = Annotated[Context, Depends(read_context)]
