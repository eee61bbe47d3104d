"""`fortaler outbox`: what waits to be sent, and sending again what Kafka has lost."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar

import typer

from fortaler import services

T = TypeVar("T")

app = typer.Typer(
    help="What services have announced, and Kafka has or has not.", no_args_is_help=True
)

REWINDS_SHOWN = 5
ASK_INTERVAL_S = 0.5

Service = Annotated[str, typer.Argument(help=f"One of {', '.join(services.NAMES)}.")]


@app.command()
def status(
    service: Annotated[
        str | None, typer.Argument(help="Which service; all of them by default.")
    ] = None,
) -> None:
    """Show what waits, how far back a rewind can go, and the last rewinds."""
    for name in [_known(service)] if service else services.NAMES:
        for line in _ask(name, _status):
            typer.echo(line)


@app.command()
def rewind(
    service: Service,
    reason: Annotated[str, typer.Option(help="Why; it is kept beside what was done.")],
    since: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%MZ", "%Y-%m-%d"],
            help="Send again what was sent since then (UTC).",
        ),
    ] = None,
    last_hours: Annotated[
        float | None, typer.Option(min=0.01, help="Send again what was sent in the last hours.")
    ] = None,
    wait_s: Annotated[float, typer.Option(min=0, help="How long to wait until it is done.")] = 60.0,
    by: Annotated[str | None, typer.Option(help="Who asks; the system's user by default.")] = None,
) -> None:
    """Send again what Kafka was sent since some time, after it was lost or restored.

    Consumers take in what they have not seen; what they know has no second effect. The relay that
    leads does it, so a worker of the service must run.
    """
    from chassis.clock import SystemClock
    from fortaler.running import whoever_asks

    now = SystemClock().now()
    if (since is None) == (last_hours is None):
        raise typer.BadParameter("Say either --since or --last-hours.")
    start = since.replace(tzinfo=UTC) if since else now - timedelta(hours=last_hours or 0)
    if start > now:
        raise typer.BadParameter("Nothing was sent in the future.", param_hint="--since")

    async def doing(connection: Any) -> int | None:
        from chassis import rewinding

        asked = await rewinding.ask(
            connection, sent_since=start, reason=reason, asked_by=by or whoever_asks(), at=now
        )
        return await _until_done(connection, asked, wait_s)

    unmarked = _ask(_known(service), doing)
    if unmarked is None:
        typer.echo("It is asked for, and waits for a worker of the service that leads.", err=True)
        raise typer.Exit(1)
    typer.echo(f"{unmarked} events that were sent since {start:%Y-%m-%dT%H:%M:%SZ} go again.")


async def _until_done(connection: Any, rewind_id: Any, wait_s: float) -> int | None:
    from chassis import rewinding

    deadline = asyncio.get_running_loop().time() + wait_s
    # A row that another process changes cannot be waited for.
    while (found := await rewinding.get(connection, rewind_id)).done_at is None:
        if asyncio.get_running_loop().time() > deadline:
            return None
        await asyncio.sleep(ASK_INTERVAL_S)
    return found.unmarked


async def _status(connection: Any) -> list[str]:
    from chassis import relay, rewinding

    lag = await relay.lag_of(connection)
    oldest = await rewinding.goes_back_to(connection)
    lines = [
        f"{await connection.fetchval('select current_database()')}: {lag.unsent} wait"
        + (f", the first of them for {lag.oldest_s:.0f} s" if lag.unsent else "")
        + (f"; goes back to {oldest:%Y-%m-%dT%H:%M:%SZ}" if oldest else "; is empty")
    ]
    for one in await rewinding.latest(connection, REWINDS_SHOWN):
        done = f"{one.unmarked} events" if one.done_at else "waits"
        lines.append(
            f"  rewind to {one.sent_since:%Y-%m-%dT%H:%M:%SZ}, asked for by {one.asked_by}"
            f" at {one.asked_at:%Y-%m-%dT%H:%M:%SZ}: {done} ({one.reason})"
        )
    return lines


def _known(service: str) -> str:
    if service not in services.NAMES:
        raise typer.BadParameter(f"There is no service {service!r}.", param_hint="SERVICE")
    return service


def _ask(service: str, doing: Callable[[Any], Awaitable[T]]) -> T:
    """Ask a service's database as its relay, which may see the outbox."""
    from chassis.database import Database
    from chassis.settings import ServiceSettings
    from fortaler.running import reach

    reach()
    database = Database(ServiceSettings(), service)

    async def run() -> T:
        connection = await database.connect("relay")
        try:
            return await doing(connection)
        finally:
            await connection.close()
            await database.close()

    return asyncio.run(run())
