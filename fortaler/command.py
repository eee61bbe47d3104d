"""The operator's command: `fortaler up`, `serve`, `migrate`, `topics`, `outbox`, `token`, ..."""

from enum import StrEnum
from typing import Annotated

import typer

from fortaler import dead_letters, keys, outbox, services

app = typer.Typer(
    name="fortaler",
    help="The backend of an employee advocacy program.",
    no_args_is_help=True,
    # Locals may hold secrets, and a traceback is read by people.
    pretty_exceptions_show_locals=False,
    pretty_exceptions_enable=False,
)
topics_app = typer.Typer(help="The topics of Kafka.", no_args_is_help=True)
app.add_typer(topics_app, name="topics")
app.add_typer(outbox.app, name="outbox")
app.add_typer(keys.app, name="keys")
app.add_typer(dead_letters.app, name="dead-letters")


class Role(StrEnum):
    """What a process of a service does."""

    WEB = "web"
    WORKER = "worker"
    ALL = "all"


@app.command()
def up(
    story: Annotated[bool, typer.Option(help="Play the demo story on the first start.")] = True,
) -> None:
    """Bring up the whole platform on this machine, and stay until Ctrl-C.

    PostgreSQL and Apache Kafka are brought along, unless FORTALER_DATABASE_URL or
    FORTALER_KAFKA_BOOTSTRAP_SERVERS name your own; FORTALER_BROKERS=3 brings three brokers. Data
    stay in FORTALER_DATA_DIR (.local).
    """
    from fortaler.demo import playing
    from fortaler.local import LocalSettings
    from fortaler.up import run

    run(LocalSettings(), typer.echo, play=playing.play_once if story else playing.skip)


@app.command()
def serve(
    service: Annotated[str, typer.Argument(help=f"gateway, outside, {', '.join(services.NAMES)}")],
    role: Annotated[Role, typer.Option(help="What this process does.")] = Role.ALL,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.", min=1, max=65535)] = 8000,
) -> None:
    """Serve one service, or the gateway, with settings from the environment (FORTALER_...).

    `outside` is a local issuer on the port and a sandbox network on the one after it: stand-ins,
    for trying things out.
    """
    from fortaler import serving

    if service == "gateway":
        serving.serve_gateway(host, port)
    elif service == "outside":
        from fortaler.local import Local, LocalSettings

        serving.serve_outside(Local.open(LocalSettings()), host, port)
    elif service in services.NAMES:
        serving.serve_service(service, role.value, host, port)
    else:
        raise typer.BadParameter(f"There is no service {service!r}.", param_hint="SERVICE")


@app.command()
def migrate(
    service: Annotated[
        list[str] | None, typer.Argument(help="Which services; all of them by default.")
    ] = None,
) -> None:
    """Create the services' databases and roles where they are missing, and migrate them.

    Connects as FORTALER_DATABASE_ADMIN_USER with FORTALER_DATABASE_ADMIN_PASSWORD.
    """
    from fortaler.databases import migrate_services
    from fortaler.local import LocalSettings

    names = service or list(services.NAMES)
    if unknown := set(names) - set(services.NAMES):
        raise typer.BadParameter(f"There is no service {sorted(unknown)[0]!r}.")
    settings = LocalSettings()
    migrate_services(
        names,
        admin_user=settings.database_admin_user,
        admin_password=settings.database_admin_password,
    )
    typer.echo(f"Migrated: {', '.join(names)}.")


@topics_app.command("apply")
def apply_topics(
    replication: Annotated[int, typer.Option(help="Replicas of each partition.", min=1)] = 1,
) -> None:
    """Create the topics that are missing. What exists is left as it is.

    From three replicas on, a record is acknowledged when two brokers have it.
    """
    from chassis.settings import Settings
    from fortaler.databases import create_topics

    created = create_topics(Settings().kafka_bootstrap_servers, replication=replication)
    typer.echo(f"Created: {', '.join(created) or 'nothing, all topics are there'}.")


@topics_app.command("manifest")
def print_topics(
    cluster: Annotated[str, typer.Option(help="The name of Strimzi's Kafka.")] = "fortaler",
    replication: Annotated[int, typer.Option(help="Replicas of each partition.", min=1)] = 3,
) -> None:
    """Print the topics as resources of Strimzi, for a Kafka on Kubernetes."""
    from fortaler.strimzi import manifest

    typer.echo(manifest(cluster=cluster, replication=replication), nl=False)


@app.command()
def secrets() -> None:
    """Print new secrets as lines of an environment file: compose's .env, Kubernetes' Secrets."""
    from fortaler.local import new_secrets

    for name, secret in new_secrets().items():
        typer.echo(f"{name}={secret}")


@app.command()
def token(
    subject: Annotated[str, typer.Argument(help="Whom it speaks for, such as ana.")],
    tenant: Annotated[
        str, typer.Option(help="The tenant's slug; `operator` for the operator.")
    ] = "nordlys",
    hours: Annotated[int, typer.Option(help="How long it is valid.", min=1, max=24)] = 1,
) -> None:
    """Print an access token of the local issuer, for trying things out on this machine."""
    from datetime import timedelta

    from chassis.clock import SystemClock
    from chassis.settings import Settings
    from fortaler.local import Local, LocalSettings
    from fortaler.local_issuer.keys import IssuerKeys, UnknownIssuer, issuer_url

    local = Local.open(LocalSettings())
    try:
        signed = IssuerKeys(local.issuer_keys).sign_access_token(
            issuer_url(local.issuer_url, tenant),
            tenant,
            subject,
            Settings().audience,
            now=SystemClock().now(),
            lifetime=timedelta(hours=hours),
        )
    except UnknownIssuer as error:
        raise typer.BadParameter(f"No tenant can have that slug: {tenant!r}.") from error
    typer.echo(signed)


@app.command()
def demo(
    once: Annotated[bool, typer.Option(help="Not if it was played on these data before.")] = False,
) -> None:
    """Play the demo story once more, with a new tenant, on the platform that is up."""
    from fortaler.demo import playing
    from fortaler.local import Local, LocalSettings

    (playing.play_once if once else playing.play)(Local.open(LocalSettings()), typer.echo)


def main() -> None:
    """Run the command; what an operator can mend is said in one line, without a traceback."""
    from fortaler.ending import end_when_told

    end_when_told()
    try:
        app()
    except Exception as failure:
        from fortaler.failures import in_one_line

        told = in_one_line(failure)
        if told is None:
            raise
        typer.echo(f"fortaler: {told}", err=True)
        raise SystemExit(1) from None
