"""Keys give way while others work, and while power fails: every secret opens, whatever happens."""

import asyncio
import json
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.crypto import KEY_BYTES, SealBroken, WrappedKey, sealed_with
from chassis.sealing import Sealing
from chassis.tenancy import tenant_of
from fortaler.embedded.postgres import EmbeddedPostgres
from services.sharing.networks.outside import Outside
from services.sharing.publishing.rounds import publish_round
from tests.sharing.conftest import Advocate, Company
from tests.sharing.doomed_rotation import Work, killed_at
from tests.sharing.keeping import (
    keys_of,
    opened_secrets,
    rotating,
    rows_of,
    seal_as_before,
    sealed_secrets,
    settings_of,
)

ADVOCATES = 4
ROUNDS = 3
MOMENTS_MAX = 100
KEPT_FOR_S = 3.0
"""Here nobody takes longer than a moment from reading a secret to opening it."""


class Strict(Sealing):
    """A seal that remembers of which tenants something did not open."""

    broken: list[UUID]

    async def open(self, session: AsyncSession, sealed: bytes, *, place: str) -> str:
        try:
            return await super().open(session, sealed, place=place)
        except SealBroken:
            self.broken.append(tenant_of(session))
            raise


async def test_every_secret_opens_while_keys_are_renewed_and_rewrapped(company: Company) -> None:
    context, settings = company.publisher, settings_of(company)
    outside: Outside = context.resources
    seal = Strict(context.database, context.clock, settings.platform_keys())
    seal.broken = []
    publisher = replace(context, resources=replace(outside, seal=seal))
    advocates = [await company.advocate(f"ana{number}") for number in range(ADVOCATES)]
    shares: list[tuple[Advocate, dict[str, Any]]] = []
    over = asyncio.Event()

    async def publish() -> None:
        while not over.is_set():
            story = await company.publish_story()
            shares.extend([(one, await one.share(story)) for one in advocates])
            # A token ends, so that it is renewed and sealed while keys change. Two at a time could
            # be somebody's token and its successor, which the account would not survive.
            await company.sandbox.misbehave("expire_token")
            company.sandbox.time.passes(seconds=1)
            await publish_round(publisher)

    async def rotate() -> None:
        for number in range(ROUNDS):
            async with rotating(company, "second" if number % 2 else "third") as operator:
                await operator.rotation.renew(company.tenant.tenant_id, kept_for_s=KEPT_FOR_S)
                await operator.rotation.rewrap()
        over.set()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(publish())
        tasks.create_task(rotate())
    await company.sandbox.forget_faults()
    for _ in range(10):
        company.sandbox.time.passes(seconds=95)
        await publish_round(publisher)

    assert company.tenant.tenant_id not in seal.broken
    assert {(await one.read(share))["state"] for one, share in shares} == {"published"}
    assert len(shares) >= ADVOCATES * ROUNDS
    assert [number for number, _ in await keys_of(company)] == [1 + ROUNDS]
    assert len(await opened_secrets(company)) == 2 * ADVOCATES


@pytest.mark.parametrize("work", ["rewrap", "renew"])
async def test_a_rotation_that_is_killed_at_any_moment_loses_nothing(
    company: Company, work: Work
) -> None:
    await company.advocate("ana")
    bo = await company.advocate("bo")
    await bo.calls.delete(f"/v1/accounts/{bo.account_id}")
    before = await opened_secrets(company)
    struck: list[str] = []

    for moment in range(1, MOMENTS_MAX):
        current = ("second", "third")[moment % 2]
        if work == "rewrap":
            await seal_as_before(company)
        settings = settings_of(company, current)
        came = await killed_at(settings, work, company.tenant.tenant_id, moment)
        struck.append(came)
        assert await opened_secrets(company) == before, f"killed at {moment}: {came}"
        await finish(company, work, current)
        assert await opened_secrets(company) == before, f"gone on after {moment}: {came}"
        if came == "done":
            break

    assert struck[-1] == "done"
    assert {"before a commit", "after a commit"} <= set(struck)
    if work == "renew":
        assert {"before a statement", "after a statement"} <= set(struck)


async def finish(company: Company, work: Work, current: str) -> None:
    """Run the rotation again, to its end, and see that nothing is left of what was before."""
    async with rotating(company, current) as operator:
        if work == "rewrap":
            await operator.rotation.rewrap()
        else:
            await operator.rotation.renew(company.tenant.tenant_id, kept_for_s=0)
    [(number, wrapped_by)] = await keys_of(company)
    secrets = await sealed_secrets(company)
    assert all(sealed.startswith(sealed_with(number)) for sealed, _ in secrets)
    assert work == "renew" or wrapped_by == current


@pytest.mark.own_servers
async def test_no_token_and_no_key_stands_anywhere_in_clear(
    company: Company,
    postgres: EmbeddedPostgres,
    scratch: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    ana = await company.advocate("ana")
    bo = await company.advocate("bo")
    await ana.calls.post("/v1/accounts", {"network": "sandbox"})
    share = await ana.share(await company.publish_story())
    await company.sandbox.misbehave("expire_token")
    await company.publish(after_s=1)
    await bo.calls.delete(f"/v1/accounts/{bo.account_id}")
    secrets = await opened_secrets(company)
    keys = await data_keys(company)
    async with rotating(company) as operator:
        await operator.rotation.renew(company.tenant.tenant_id, kept_for_s=0)
        await operator.rotation.rewrap()
        said = list(operator.said)
    keys += await data_keys(company)
    await flushed(postgres)

    canaries = canaries_of(secrets, keys, company)
    written = await asyncio.to_thread(everything_in, scratch / "postgres")
    told = "\n".join([*capfd.readouterr(), *said]).encode()

    assert (await ana.read(share))["state"] == "published"
    assert len(canaries) >= 12
    # What is looked for would be found: what is not secret is there, in the same files.
    assert company.tenant.tenant_id.bytes in written
    assert ana.handle.encode() in written
    for canary in canaries:
        assert canary not in written
        assert canary not in told


async def flushed(postgres: EmbeddedPostgres) -> None:
    """Let PostgreSQL write what it only has in memory."""
    connection = await asyncpg.connect(
        host=postgres.host,
        port=postgres.port,
        user=postgres.superuser,
        password=postgres.password,
        database="sharing",
    )
    await connection.execute("checkpoint")
    await connection.close()


def everything_in(directory: Path) -> bytes:
    """Answer all that stands in the files of a directory: tables, logs of writes, server's log."""
    found = []
    for folder, _, files in os.walk(directory):
        for path in (Path(folder) / file for file in files):
            # The server goes on working, and takes files away.
            with suppress(FileNotFoundError):
                found += [path.read_bytes()] if path.is_file() else []
    return b"".join(found)


async def data_keys(company: Company) -> list[bytes]:
    """Answer the company's data keys as they are, which nobody but a test asks for."""
    question = "select * from tenant_keys where tenant_id = $1"
    keys = settings_of(company).platform_keys()
    found = []
    for row in await rows_of(company, question):
        del row["made_at"]
        found.append(keys._unwrap(WrappedKey(**row)))
    assert all(len(one) == KEY_BYTES for one in found)
    return found


def canaries_of(secrets: list[str], keys: list[bytes], company: Company) -> list[bytes]:
    """Answer what must stand nowhere: tokens, and keys as they are, in hex and in base64."""
    settings = settings_of(company)
    platform = [settings.sealing_key, *settings.sealing_keys.values()]
    texts = [*secrets, *(key.get_secret_value() for key in platform if key is not None)]
    return [
        *(text.encode() for text in texts),
        *keys,
        *(key.hex().encode() for key in keys),
        *(json.dumps([*key])[1:-1].encode() for key in keys),
    ]
