"""`fortaler dead-letters`: what could not be taken in; why, and what becomes of it."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from fortaler import services

if TYPE_CHECKING:
    from chassis.replaying import Order, Repair
    from chassis.settling import Which

app = typer.Typer(
    help="Messages that could not be taken in, and wait for a person.", no_args_is_help=True
)

LIMIT = 50
LIMIT_MAX = 1000
"""More lines than that nobody reads; filters and `--before` lead on."""

_SPAN = re.compile(r"(\d{1,6})([mhd])")
_SPANS = {"m": "minutes", "h": "hours", "d": "days"}

Service = Annotated[str, typer.Argument(help=f"One of {', '.join(services.NAMES)}.")]
Ids = Annotated[list[UUID] | None, typer.Argument(help="Which letters, by their ids.")]
All = Annotated[bool, typer.Option("--all", help="All that wait and fit the filters.")]
Topic = Annotated[str | None, typer.Option(help="Only from this topic.")]
Type = Annotated[str | None, typer.Option(help="Only of this event type.")]
ParkedFor = Annotated[
    str | None,
    typer.Option("--parked-for", help="Only with this kind of reason, or these words in it."),
]
Tenant = Annotated[UUID | None, typer.Option(help="Only of this tenant.")]
Since = Annotated[
    str | None,
    typer.Option(help="Only parked since then: 2026-11-24T09:30Z, or 90m, 2h, 3d."),
]
Until = Annotated[str | None, typer.Option(help="Only parked before then; as --since.")]
By = Annotated[str | None, typer.Option(help="Who settles; the system's user by default.")]
Why = Annotated[str, typer.Option("--reason", help="Why; it is kept in the letter.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Tell what would be; change nothing.")]


@app.command("list")
def list_letters(
    service: Annotated[
        str | None, typer.Argument(help="Which service; a table of all by default.")
    ] = None,
    state: Annotated[str, typer.Option(help="parked, replayed, discarded, or any.")] = "parked",
    topic: Topic = None,
    type_: Annotated[str | None, typer.Option("--type", help="Only of this event type.")] = None,
    reason: Annotated[
        str | None,
        typer.Option("--reason", "--parked-for", help="Only with this kind or these words."),
    ] = None,
    tenant: Tenant = None,
    since: Since = None,
    until: Until = None,
    before: Annotated[UUID | None, typer.Option(help="Only older ones than this letter.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=LIMIT_MAX)] = LIMIT,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON document a line.")] = False,
) -> None:
    """List letters, the newest first; without a service, count those of all services."""
    from fortaler import settling

    which = _which(state, topic, type_, reason, tenant, since, until)
    if service is None:
        settling.count_all(which, as_json=as_json)
    else:
        settling.list_of(_known(service), which, limit=limit, before=before, as_json=as_json)


@app.command()
def show(
    service: Service,
    letter_id: Annotated[UUID, typer.Argument(help="Which letter.")],
    body: Annotated[
        bool,
        typer.Option("--body", help="Write the body and nothing else; it may hold personal data."),
    ] = False,
) -> None:
    """Show a letter: where it comes from, its headers, and why it was parked.

    Reason and key may quote what was sent. The body may hold personal data, so it is shown only
    when it is asked for.
    """
    from fortaler import settling

    settling.show(_known(service), letter_id, body=body)


@app.command()
def replay(
    service: Service,
    why: Why,
    ids: Ids = None,
    everything: All = False,
    topic: Topic = None,
    type_: Annotated[str | None, typer.Option("--type", help="Only of this event type.")] = None,
    parked_for: ParkedFor = None,
    tenant: Tenant = None,
    since: Since = None,
    until: Until = None,
    value: Annotated[
        Path | None, typer.Option(help="Handle this file's bytes as the body.", dir_okay=False)
    ] = None,
    header: Annotated[
        list[str] | None, typer.Option(help="Handle it with this header: name=value.")
    ] = None,
    key: Annotated[str | None, typer.Option(help="Handle it under this record key.")] = None,
    from_topic: Annotated[
        str | None, typer.Option(help="Handle it as if it had come from this topic.")
    ] = None,
    dry_run: DryRun = False,
    by: By = None,
) -> None:
    """Give letters to the service anew: in their order, each with its effects or not at all.

    What fails again stays parked with its new reason, and holds back what follows under its key.
    A single letter can be repaired; the original stays in it. Ends with 1 when some failed.
    """
    from fortaler import settling

    _one_or_the_other(ids, everything=everything)
    repair = _repair(value, header, key, from_topic)
    if repair is not None and len(ids or ()) != 1:
        raise typer.BadParameter("Only a single letter can be repaired.")
    which = _which("parked", topic, type_, parked_for, tenant, since, until)
    order = _order(by, why, rehearsal=dry_run)
    if everything:
        well = settling.replay_all(_known(service), which, order)
    else:
        well = settling.replay(_known(service), ids or [], order, repair)
    if not well:
        raise typer.Exit(1)


@app.command()
def discard(
    service: Service,
    why: Why,
    ids: Ids = None,
    everything: All = False,
    topic: Topic = None,
    type_: Annotated[str | None, typer.Option("--type", help="Only of this event type.")] = None,
    parked_for: ParkedFor = None,
    tenant: Tenant = None,
    since: Since = None,
    until: Until = None,
    dry_run: DryRun = False,
    by: By = None,
) -> None:
    """Settle letters without any effect, for good. Ends with 1 when some could not be."""
    from fortaler import settling

    _one_or_the_other(ids, everything=everything)
    which = _which("parked", topic, type_, parked_for, tenant, since, until)
    order = _order(by, why, rehearsal=dry_run)
    if everything:
        well = settling.discard_all(_known(service), which, order)
    else:
        well = settling.discard(_known(service), ids or [], order)
    if not well:
        raise typer.Exit(1)


def _known(service: str) -> str:
    if service not in services.NAMES:
        raise typer.BadParameter(f"There is no service {service!r}.", param_hint="SERVICE")
    return service


def _one_or_the_other(ids: list[UUID] | None, *, everything: bool) -> None:
    if bool(ids) == everything:
        raise typer.BadParameter("Say either which letters, by their ids, or --all.")


def _which(
    state: str,
    topic: str | None,
    type_: str | None,
    reason: str | None,
    tenant_id: UUID | None,
    since: str | None,
    until: str | None,
) -> "Which":
    from chassis.settling import Which

    if state not in {"parked", "replayed", "discarded", "any"}:
        raise typer.BadParameter("Say parked, replayed, discarded or any.", param_hint="--state")
    return Which(
        state=None if state == "any" else state,  # type: ignore[arg-type]  # just looked at
        topic=topic,
        type=type_,
        reason=reason,
        tenant_id=tenant_id,
        since=_instant(since, "--since"),
        until=_instant(until, "--until"),
    )


def _instant(said: str | None, option: str) -> datetime | None:
    """Answer the instant that is meant: one in UTC where no zone is said, or a span before now."""
    from chassis.clock import SystemClock

    if said is None:
        return None
    if span := _SPAN.fullmatch(said):
        return SystemClock().now() - timedelta(**{_SPANS[span[2]]: int(span[1])})
    try:
        found = datetime.fromisoformat(said)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        wanted = "Say an instant such as 2026-11-24T09:30Z, or a span such as 90m, 2h or 3d."
        raise typer.BadParameter(wanted, param_hint=option) from error


def _order(by: str | None, why: str, *, rehearsal: bool) -> "Order":
    from chassis.replaying import Order
    from fortaler.running import whoever_asks

    if not why.strip():
        raise typer.BadParameter("Say why: it is kept in the letter.", param_hint="--reason")
    return Order(by=(by or whoever_asks())[:255], why=why.strip(), rehearsal=rehearsal)


def _repair(
    value: Path | None, headers: list[str] | None, key: str | None, from_topic: str | None
) -> "Repair | None":
    from chassis.replaying import Repair

    if value is None and not headers and key is None and from_topic is None:
        return None
    named: dict[str, bytes] = {}
    for header in headers or ():
        name, sign, says = header.partition("=")
        if not (name and sign):
            raise typer.BadParameter("A header is name=value.", param_hint="--header")
        named[name] = says.encode()
    return Repair(
        value=value.read_bytes() if value else None,
        key=key.encode() if key is not None else None,
        topic=from_topic,
        headers=named,
    )
