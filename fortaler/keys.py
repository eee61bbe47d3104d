"""The operator's commands for keys: which there are, and how one gives way to another."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

import typer

from chassis.clock import SystemClock
from chassis.crypto import new_key
from chassis.rotation import KEPT_FOR_S, Rotation, RotationRefused, as_owner
from chassis.settings import SealingSettings
from fortaler import running, services

app = typer.Typer(
    help="The platform's keys, and tenants' data keys that they wrap.", no_args_is_help=True
)

ServiceName = Annotated[str, typer.Argument(metavar="SERVICE", help="One that keeps secrets.")]
Tenant = Annotated[UUID | None, typer.Option(help="The tenant's id.")]


@app.command()
def new() -> None:
    """Print a fresh platform key, for FORTALER_SEALING_KEYS."""
    typer.echo(new_key())


@app.command("list")
def show(service: ServiceName) -> None:
    """Show which platform key wraps how many tenants' data keys, and which one does from now on."""

    async def look(rotation: Rotation) -> None:
        seen = await rotation.overview()
        for name in sorted({*seen.here, *seen.wrapped_by}):
            notes = ["current"] * (name == seen.current) + ["missing here"] * (
                name not in seen.here
            )
            words = [f"{name}: {seen.wrapped_by.get(name, 0)} data keys", *notes]
            typer.echo(", ".join(words))
        if seen.sealed_before:
            typer.echo(f"Sealed without a data key, of the old form: {seen.sealed_before} secrets.")

    _rotate(service, look)


@app.command()
def rewrap(service: ServiceName) -> None:
    """Wrap all data keys by the current platform key, so that the others can be taken away.

    May be killed and run again, and the service goes on meanwhile.
    """
    _rotate(service, lambda rotation: rotation.rewrap())


@app.command()
def renew(
    service: ServiceName,
    tenant: Tenant = None,
    everybody: Annotated[bool, typer.Option("--all", help="Every tenant.")] = False,
    keep_s: Annotated[
        float, typer.Option(min=0, help="How long an old data key outlives its last secret.")
    ] = KEPT_FOR_S,
) -> None:
    """Give a tenant a new data key, seal its secrets anew, and drop the old one.

    May be killed and run again, and the service goes on meanwhile.
    """
    if (tenant is None) is not everybody:
        raise typer.BadParameter("Name one tenant, or say --all.", param_hint="--tenant")
    _rotate(service, lambda rotation: rotation.renew(tenant, kept_for_s=keep_s))


@app.command()
def shred(
    service: ServiceName,
    tenant: Annotated[UUID, typer.Option(help="The tenant's id.")],
    yes: Annotated[bool, typer.Option("--yes", help="There is no way back.")] = False,
) -> None:
    """Drop a tenant's data keys: nobody can open its secrets any more, in no backup of them either.

    A backup that holds the keys too is as good as before, until it is gone.
    """
    if not yes:
        raise typer.BadParameter("There is no way back: say --yes.", param_hint="--yes")
    _rotate(service, lambda rotation: rotation.shred(tenant))


def _rotate(name: str, work: Callable[[Rotation], Awaitable[None]]) -> None:
    if name not in services.NAMES:
        raise typer.BadParameter(f"There is no service {name!r}.", param_hint="SERVICE")
    service = services.load(name)
    if not issubclass(service.settings, SealingSettings):
        raise typer.BadParameter(f"{name} keeps no secrets.", param_hint="SERVICE")
    running.reach()
    settings = service.settings()

    async def run() -> list[str]:
        async with as_owner(settings, name) as connection:
            rotation = Rotation(
                connection, settings.platform_keys(), service.sealed, SystemClock(), typer.echo
            )
            await work(rotation)
            return rotation.troubles

    troubles = asyncio.run(run())
    for trouble in troubles:
        typer.echo(trouble, err=True)
    if troubles:
        raise RotationRefused(f"{len(troubles)} did not open, and were left as they are.")
