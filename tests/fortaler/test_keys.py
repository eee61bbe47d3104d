"""The operator's commands for keys, on a PostgreSQL of their own: what they do and say."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from typer.testing import CliRunner

from chassis.clock import SystemClock
from chassis.crypto import WrappedKey, new_key, read_key
from chassis.database import address
from chassis.ids import new_id
from chassis.migrating import migrate, provision
from fortaler import keys, running, services
from fortaler.embedded.postgres import EmbeddedPostgres
from fortaler.local import Local, LocalSettings
from services.sharing.domain.accounts import place_of
from services.sharing.settings import SharingSettings

PASSWORD = "a-password-that-nobody-may-read"
TOKEN = "a-token-that-nobody-may-read"
NOBODY = "127.0.0.1:9"


@dataclass
class Site:
    """A database of sharing, its settings as an environment holds them, and the command there."""

    environment: dict[str, str]
    further: dict[str, str]

    @property
    def settings(self) -> SharingSettings:
        given = {
            name.removeprefix("FORTALER_").lower(): value
            for name, value in self.environment.items()
        }
        return SharingSettings.model_validate({**given, "sealing_keys": self.further})

    def says(self, *arguments: str, **settings: str) -> tuple[int, str]:
        """Run a command of the operator; answers its exit code and all that it said."""
        inherited = {name: value for name, value in os.environ.items() if "FORTALER_" not in name}
        given = {f"FORTALER_{name}": value for name, value in settings.items()}
        done = subprocess.run(
            [sys.executable, "-m", "fortaler", "keys", *arguments],
            env={**inherited, **self.environment, **given},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        secrets = [
            PASSWORD,
            TOKEN,
            *self.further.values(),
            self.environment["FORTALER_SEALING_KEY"],
        ]
        assert not [secret for secret in secrets if secret in done.stdout]
        assert "Traceback" not in done.stdout
        return done.returncode, done.stdout

    def ask(self, question: str, *values: object) -> list[asyncpg.Record]:
        """Ask the database as its owner."""

        async def ask() -> list[asyncpg.Record]:
            url = address(self.settings, "sharing", "owner").set(drivername="postgresql")
            connection = await asyncpg.connect(url.render_as_string(hide_password=False))
            try:
                return list(await connection.fetch(question, *values))
            finally:
                await connection.close()

        return asyncio.run(ask())

    def company(self) -> UUID:
        """Let there be a company with a connected account; answers its id."""
        tenant_id, account_id, now = new_id(), new_id(), SystemClock().now()
        platform = self.settings.platform_keys()
        kept = platform.make(tenant_id, 1)
        place = place_of(account_id, "access_token")
        self.ask(
            "insert into tenant_keys values ($1, $2, $3, $4, $5)",
            *(tenant_id, kept.number, kept.wrapped, kept.wrapped_by, now),
        )
        self.ask(
            "insert into accounts (tenant_id, account_id, person_id, network, network_user_id,"
            " handle, state, connected_at, access_token)"
            " values ($1, $2, $3, 'sandbox', 'u', 'ana', 'connected', $4, $5)",
            *(
                tenant_id,
                account_id,
                new_id(),
                now,
                platform.unwrap(kept).close(TOKEN, place=place),
            ),
        )
        return tenant_id

    def token_of(self, tenant_id: UUID) -> tuple[int, str, str]:
        """Answer a company's data key's number, what wraps it, and what it opens."""
        [row] = self.ask("select * from accounts where tenant_id = $1", tenant_id)
        [key] = self.ask(
            "select tenant_id, number, wrapped_by, wrapped from tenant_keys where tenant_id = $1",
            tenant_id,
        )
        place = place_of(row["account_id"], "access_token")
        opened = self.settings.platform_keys().unwrap(WrappedKey(**key))
        return key["number"], key["wrapped_by"], opened.open(row["access_token"], place=place)


@pytest.fixture(scope="module")
def server(scratch: Path) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL of these tests alone: the command takes all that a service keeps in hand."""
    with EmbeddedPostgres(scratch / "postgres-of-keys", durable=False) as server:
        yield server


@pytest.fixture(scope="module")
def everything(server: EmbeddedPostgres) -> Site:
    """Sharing's database, and settings with two platform keys."""
    further = {"next": new_key()}
    site = Site(
        {
            "FORTALER_DATABASE_URL": f"postgresql://{server.host}:{server.port}",
            "FORTALER_DATABASE_PASSWORD": PASSWORD,
            "FORTALER_SEALING_KEY": new_key(),
            "FORTALER_SEALING_KEYS": f'{{"next": "{further["next"]}"}}',
        },
        further,
    )
    sharing = services.load("sharing")

    async def prepare() -> None:
        settings = site.settings
        await provision(
            settings, "sharing", admin_user=server.superuser, admin_password=server.password
        )
        await migrate(settings, "sharing", sharing.migrations, sharing.metadata)

    asyncio.run(prepare())
    return site


@pytest.fixture
def site(everything: Site) -> Site:
    """The same, with nothing kept."""
    everything.ask("delete from accounts")
    everything.ask("delete from tenant_keys")
    return everything


def test_a_platform_key_gives_way_to_another(site: Site) -> None:
    companies = [site.company() for _ in range(3)]

    before = site.says("list", "sharing")
    done = site.says("rewrap", "sharing", SEALING_KEY_CURRENT="next")
    again = site.says("rewrap", "sharing", SEALING_KEY_CURRENT="next")
    after = site.says("list", "sharing", SEALING_KEY_CURRENT="next")

    assert before == (0, "first: 3 data keys, current\nnext: 0 data keys\n")
    assert done[0] == again[0] == 0
    assert "3 data keys rewrapped" in done[1]
    assert "0 data keys rewrapped" in again[1]
    assert after == (0, "first: 0 data keys\nnext: 3 data keys, current\n")
    assert [site.token_of(one) for one in companies] == [(1, "next", TOKEN)] * 3


def test_data_keys_are_renewed_for_one_company_or_for_all(site: Site) -> None:
    ours, theirs = site.company(), site.company()

    one = site.says("renew", "sharing", "--tenant", str(ours), "--keep-s", "0")
    after_one = [site.token_of(company) for company in (ours, theirs)]
    everybody = site.says("renew", "sharing", "--all", "--keep-s", "0")

    assert one[0] == everybody[0] == 0
    assert "1 old data keys dropped" in one[1]
    assert "2 old data keys dropped" in everybody[1]
    assert after_one == [(2, "first", TOKEN), (1, "first", TOKEN)]
    assert [site.token_of(company)[::2] for company in (ours, theirs)] == [(3, TOKEN), (2, TOKEN)]


def test_a_shredded_company_has_no_key(site: Site) -> None:
    ours, theirs = site.company(), site.company()

    done = site.says("shred", "sharing", "--tenant", str(ours), "--yes")
    again = site.says("shred", "sharing", "--tenant", str(ours), "--yes")

    assert (done[0], again[0]) == (0, 1)
    assert "has no data key" in again[1]
    assert site.ask("select tenant_id from tenant_keys") == [(theirs,)]


def test_a_platform_key_that_is_taken_away_too_early_is_named(site: Site) -> None:
    company = site.company()
    alone = {"SEALING_KEY": new_key(), "SEALING_KEYS": "{}"}
    site.ask("update tenant_keys set wrapped_by = 'gone-by'")

    seen = site.says("list", "sharing", **alone)
    done = site.says("rewrap", "sharing", **alone)

    assert "gone-by: 1 data keys, missing here" in seen[1]
    assert done[0] == 1
    assert f"tenant {company}: The platform key 'gone-by' is not here." in done[1]
    assert done[1].splitlines()[-1] == "fortaler: 1 did not open, and were left as they are."


def test_a_fresh_key_is_printed(site: Site) -> None:
    made = {site.says("new")[1].strip() for _ in range(2)}

    assert {len(read_key(key)) for key in made} == {32}
    assert len(made) == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("list nobody", "no service"),
        ("list content", "keeps no secrets"),
        ("renew sharing", "--all"),
        (f"renew sharing --all --tenant {new_id()}", "--all"),
        ("renew sharing --tenant nordlys", "UUID"),
        ("renew sharing --all --keep-s -1", "equal to 0"),
        (f"shred sharing --tenant {new_id()}", "--yes"),
    ],
)
def test_an_argument_that_cannot_be_is_refused(arguments: str, told: str) -> None:
    done = CliRunner().invoke(keys.app, arguments.split())

    assert done.exit_code == 2
    assert told in done.output


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"DATABASE_URL": f"postgresql://{NOBODY}"}, "FORTALER_DATABASE_URL"),
        ({"SEALING_KEY_CURRENT": "nobody"}, "FORTALER_SEALING_KEY_CURRENT"),
        ({"SEALING_KEYS": '{"next": "short"}'}, "FORTALER_SEALING_KEYS cannot be used: a sealing"),
        ({"SEALING_KEYS": "no json"}, "sealing_keys"),
        ({"SEALING_KEYS": f'{{"first": "{new_key()}"}}'}, "id of FORTALER_SEALING_KEY already"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(site: Site, settings: dict[str, str], told: str) -> None:
    code, said = site.says("list", "sharing", **settings)

    assert code == 1
    assert said.count("\n") == 1
    assert said.startswith("fortaler: ")
    assert told in said


def test_the_platform_of_this_machine_is_found(site: Site, tmp_path: Path) -> None:
    site.company()
    local = Local.open(LocalSettings(data_dir=tmp_path))
    database_url = site.environment["FORTALER_DATABASE_URL"]
    running.keep(local, database_url=database_url, kafka_bootstrap_servers=NOBODY)
    inherited = {name: value for name, value in os.environ.items() if "FORTALER_" not in name}

    done = subprocess.run(
        [sys.executable, "-m", "fortaler", "keys", "list", "sharing"],
        env={
            **inherited,
            "FORTALER_DATA_DIR": str(tmp_path),
            "FORTALER_DATABASE_PASSWORD": PASSWORD,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, "first: 1 data keys, current\n")
