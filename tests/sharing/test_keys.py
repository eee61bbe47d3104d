"""Keys: each company has its own, platform keys give way, and no secret is lost by it."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import LargeBinary
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.crypto import KeyMissing, PlatformKeys, SealBroken, new_key, sealed_with
from chassis.ids import new_id
from chassis.rotation import KEPT_FOR_S, RotationRefused
from chassis.sealing import KEYS_REMEMBERED_MAX, REMEMBERED_FOR, Sealing
from services.sharing import tables
from services.sharing.main import SERVICE
from services.sharing.networks.base import Tokens
from services.sharing.networks.outside import Outside
from services.sharing.publishing.rounds import ERRAND_TIMEOUT_S, publish_round
from services.sharing.store import accounts as account_store
from services.sharing.use_cases import accounts as account_use_cases
from services.sharing.use_cases import publishing as use_cases
from tests.patience import PATIENCE_S, until, within
from tests.sharing.conftest import Advocate, Company
from tests.sharing.keeping import (
    Rotating,
    keys_of,
    opened_secrets,
    rotating,
    rows_of,
    seal_as_before,
    sealed_secrets,
    settings_of,
)
from tests.world import World


async def something_of_each(company: Company) -> Advocate:
    """Let the company keep a sealed secret in every column that holds some."""
    ana = await company.advocate("ana")
    bo = await company.advocate("bo")
    await bo.calls.delete(f"/v1/accounts/{bo.account_id}")
    await ana.calls.post("/v1/accounts", {"network": "sandbox"})
    assert len(await sealed_secrets(company)) == 4
    return ana


def test_every_sealed_column_is_known_to_the_rotation() -> None:
    binary = {
        (table.name, column.name)
        for table in tables.METADATA.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }

    declared = {(column.table, column.column) for column in SERVICE.sealed}

    assert binary - {("tenant_keys", "wrapped")} == declared


def test_an_old_key_is_kept_longer_than_anybody_takes_to_open_what_they_read() -> None:
    assert KEPT_FOR_S > ERRAND_TIMEOUT_S + 30


async def test_of_many_who_are_the_first_to_seal_all_use_one_key(company: Company) -> None:
    sealings = [
        Sealing(company.publisher.database, company.publisher.clock, settings.platform_keys())
        for settings in [settings_of(company)] * 4
    ]

    async def seal(sealing: Sealing) -> bytes:
        database = company.publisher.database
        async with database.transaction(company.tenant.tenant_id) as session:
            return await sealing.close(session, "secret", place="p")

    sealed = await asyncio.gather(*(seal(one) for one in sealings * 2))

    assert await keys_of(company) == [(1, "first")]
    assert all(one.startswith(sealed_with(1)) for one in sealed)
    async with company.publisher.database.transaction(company.tenant.tenant_id) as session:
        opened = [await sealings[0].open(session, one, place="p") for one in sealed]
    assert opened == ["secret"] * 8


async def test_a_key_outlives_the_transaction_in_which_it_was_first_needed(
    company: Company,
) -> None:
    outside: Outside = company.publisher.resources

    async def seal_and_fail(session: AsyncSession) -> None:
        await outside.seal.close(session, "secret", place="p")
        raise LookupError

    with pytest.raises(LookupError):
        async with company.publisher.database.transaction(company.tenant.tenant_id) as session:
            await seal_and_fail(session)

    assert await keys_of(company) == [(1, "first")]


async def test_what_was_copied_from_another_company_opens_nowhere(
    company: Company, world: World
) -> None:
    await company.advocate()
    elsewhere = Company(company.sharing, company.sandbox, world.new_tenant())
    eva = await elsewhere.advocate("eva")
    question = "select access_token from accounts where tenant_id = $1"
    [stolen] = await rows_of(company, question)

    await rows_of(
        elsewhere,
        "update accounts set access_token = $2 where tenant_id = $1 returning 1",
        stolen["access_token"],
    )
    with pytest.raises(SealBroken):
        await opened_secrets(elsewhere)
    await rows_of(
        elsewhere,
        "update tenant_keys set wrapped = (select wrapped from tenant_keys where tenant_id = $2)"
        " where tenant_id = $1 returning 1",
        company.tenant.tenant_id,
    )
    with pytest.raises(SealBroken):
        await opened_secrets(elsewhere)

    share = await eva.share(await elsewhere.publish_story())
    context = replace(elsewhere.publisher, resources=forgetful(elsewhere))
    elsewhere.sandbox.time.passes(seconds=1)
    await publish_round(context)
    waiting = await eva.read(share)
    await rows_of(elsewhere, "update shares set wake_at = null where tenant_id = $1 returning 1")
    assert (waiting["state"], waiting["reason"]) == ("scheduled", "token_unreadable")
    assert await elsewhere.sandbox.posts_of(eva.handle) == []


def forgetful(company: Company) -> Outside:
    """What a worker holds that has just begun: no key is remembered."""
    outside: Outside = company.publisher.resources
    context = company.publisher
    keys = settings_of(company).platform_keys()
    return replace(outside, seal=Sealing(context.database, context.clock, keys))


async def test_a_key_is_remembered_for_a_while_and_then_asked_for_again(company: Company) -> None:
    await company.advocate()
    seal, database = forgetful(company).seal, company.publisher.database
    [(sealed, place), _] = await sealed_secrets(company)

    async def opened() -> str:
        async with database.transaction(company.tenant.tenant_id) as session:
            return await seal.open(session, sealed, place=place)

    first = await opened()
    async with rotating(company) as operator:
        await operator.rotation.shred(company.tenant.tenant_id)

    assert await opened() == first
    company.sandbox.time.passes(seconds=REMEMBERED_FOR.total_seconds())
    with pytest.raises(KeyMissing, match="1"):
        await opened()


async def test_not_all_keys_of_the_world_are_remembered(company: Company) -> None:
    seal, keys = forgetful(company).seal, settings_of(company).platform_keys()
    key = keys.unwrap(keys.make(company.tenant.tenant_id, 1))

    for _ in range(KEYS_REMEMBERED_MAX + 10):
        seal._remember(new_id(), key)

    assert len(seal._remembered) == KEYS_REMEMBERED_MAX


async def test_a_remembered_key_needs_no_connection(company: Company) -> None:
    await company.advocate()
    seal, database = forgetful(company).seal, company.publisher.database
    [(sealed, place), _] = await sealed_secrets(company)
    async with database.transaction(company.tenant.tenant_id) as session:
        await seal.open(session, sealed, place=place)

    async with database.transaction(company.tenant.tenant_id) as session:
        await seal.open(session, sealed, place=place)

        assert session.sync_session._transaction is not None
        assert session.sync_session._transaction._connections == {}


async def test_after_rewrapping_no_other_platform_key_is_needed(company: Company) -> None:
    ana = await something_of_each(company)
    before, sealed = await opened_secrets(company), await sealed_secrets(company)

    async with rotating(company, "second") as operator:
        await operator.rotation.rewrap()
        await operator.rotation.rewrap()
        seen = await operator.rotation.overview()

    assert operator.troubles_of(company) == []
    assert await keys_of(company) == [(1, "second")]
    assert await sealed_secrets(company) == sealed
    assert await opened_secrets(company, only(company, "second")) == before
    assert seen.current == "second"
    assert operator.said[-1].startswith("Done: 0 data keys rewrapped, 0 secrets")
    share = await ana.share(await company.publish_story())
    await company.publish()
    assert (await ana.read(share))["state"] == "published"


def only(company: Company, name: str) -> PlatformKeys:
    """Answer the keys of a process that was given one alone."""
    settings = settings_of(company)
    known = {"first": settings.sealing_key, **settings.sealing_keys}
    key = known[name]
    assert key is not None
    return PlatformKeys({name: key.get_secret_value()}, name)


async def test_what_earlier_releases_sealed_opens_and_is_sealed_anew(company: Company) -> None:
    ana = await something_of_each(company)
    before = await opened_secrets(company)
    async with rotating(company, "second") as operator:
        of_others = (await operator.rotation.overview()).sealed_before
    await seal_as_before(company)
    share = await ana.share(await company.publish_story())
    await company.publish()

    assert await opened_secrets(company) == before
    assert (await ana.read(share))["state"] == "published"
    async with rotating(company, "second") as operator:
        seen = await operator.rotation.overview()
        await operator.rotation.rewrap()

    assert seen.sealed_before == of_others + 4
    assert all(one.startswith(sealed_with(1)) for one, _ in await sealed_secrets(company))
    assert await opened_secrets(company, only(company, "second")) == before


async def test_what_earlier_releases_sealed_needs_no_data_key_to_be_there(
    company: Company,
) -> None:
    await something_of_each(company)
    before = await opened_secrets(company)
    await seal_as_before(company)
    await rows_of(company, "delete from tenant_keys where tenant_id = $1 returning 1")

    async with rotating(company) as operator:
        await operator.rotation.renew(company.tenant.tenant_id, kept_for_s=0)

    assert await keys_of(company) == [(1, "first")]
    assert await opened_secrets(company) == before


async def test_a_renewed_key_seals_everything_and_the_old_one_is_dropped(company: Company) -> None:
    ana = await something_of_each(company)
    before = await opened_secrets(company)

    async with rotating(company) as operator:
        await operator.rotation.renew(company.tenant.tenant_id, kept_for_s=0)

    assert await keys_of(company) == [(2, "first")]
    assert all(one.startswith(sealed_with(2)) for one, _ in await sealed_secrets(company))
    assert await opened_secrets(company) == before
    share = await ana.share(await company.publish_story())
    await company.publish()
    assert (await ana.read(share))["state"] == "published"


async def test_many_batches_are_sealed_anew(company: Company) -> None:
    ana = await company.advocate()
    context = company.publisher
    outside: Outside = context.resources
    async with context.database.transaction(company.tenant.tenant_id) as session:
        for number in range(230):
            place = f"accounts/{number}/refresh_token"
            session.add(
                tables.RevocationRow(
                    tenant_id=company.tenant.tenant_id,
                    revocation_id=new_id(),
                    account_id=UUID(ana.account_id),
                    network="sandbox",
                    place=place,
                    token=await outside.seal.close(session, f"token {number}", place=place),
                    attempts=0,
                    due_at=context.clock.now(),
                )
            )
    before = await opened_secrets(company)

    async with rotating(company) as operator:
        await operator.rotation.renew(company.tenant.tenant_id, kept_for_s=0)

    assert len(before) == 232
    assert await opened_secrets(company) == before
    assert await keys_of(company) == [(2, "first")]


async def test_whoever_has_read_a_secret_can_open_it_while_its_key_is_renewed(
    company: Company,
) -> None:
    await company.advocate()
    [(read, place), _] = await sealed_secrets(company)
    async with rotating(company) as operator, asyncio.TaskGroup() as tasks:
        renewing = tasks.create_task(
            operator.rotation.renew(company.tenant.tenant_id, kept_for_s=3600)
        )
        await within(PATIENCE_S, operator.waits_to_drop())

        async with company.publisher.database.transaction(company.tenant.tenant_id) as session:
            opened = await forgetful(company).seal.open(session, read, place=place)
        renewing.cancel()

    assert opened in await opened_secrets(company)
    assert await keys_of(company) == [(1, "first"), (2, "first")]
    # The renewal that was not finished is, and no third key is made for it.
    async with rotating(company) as operator:
        await operator.rotation.renew(company.tenant.tenant_id, kept_for_s=0)
    assert await keys_of(company) == [(2, "first")]


async def test_a_token_that_was_sealed_anew_is_still_renewed_when_the_network_rejects_it(
    company: Company,
) -> None:
    ana = await company.advocate()
    share = await ana.share(await company.publish_story())
    context = company.publisher
    company.sandbox.time.passes(seconds=1)
    async with context.database.transaction(company.tenant.tenant_id) as session:
        errand = await use_cases.claim(
            session, context.clock, context.resources, UUID(share["share_id"]), new_id()
        )
    assert errand is not None
    renewals = company.sandbox.renewals(ana.handle)
    async with rotating(company) as operator, asyncio.TaskGroup() as tasks:
        renewing = tasks.create_task(
            operator.rotation.renew(company.tenant.tenant_id, kept_for_s=3600)
        )
        await within(PATIENCE_S, operator.waits_to_drop())
        renewing.cancel()

    async with context.database.transaction(company.tenant.tenant_id) as session:
        renewed = await account_use_cases.renew(
            session, context.clock, context.resources, errand.account
        )

    assert renewed is not None
    assert company.sandbox.renewals(ana.handle) == renewals + 1


async def test_an_old_key_is_not_dropped_before_a_secret_under_it_can_be_seen(
    company: Company,
) -> None:
    ana = await company.advocate()
    outside: Outside = company.publisher.resources
    account_id, now = UUID(ana.account_id), company.publisher.clock.now()

    async def waited_for(operator: Rotating, renewing: asyncio.Task[None]) -> bool:
        pid = operator.connection.get_server_pid()
        question = "select 1 from pg_locks where not granted and pid = $2 and $1::uuid is not null"
        return bool(await rows_of(company, question, pid)) or renewing.done()

    async with rotating(company) as operator, asyncio.TaskGroup() as tasks:
        async with company.publisher.database.transaction(company.tenant.tenant_id) as session:
            # Somebody has sealed with the old key, and is slow to commit.
            tokens = await outside.close_tokens(
                session, Tokens("late", None, None), account_id=account_id, at=now
            )
            await account_store.add_revocation(session, account_id, "sandbox", tokens, due_at=now)
            await session.flush()
            renewing = tasks.create_task(
                operator.rotation.renew(company.tenant.tenant_id, kept_for_s=0)
            )
            await until(lambda: waited_for(operator, renewing))
        await within(PATIENCE_S, renewing)

    assert "late" in await opened_secrets(company)


async def test_a_row_that_is_locked_is_come_back_to(company: Company) -> None:
    ana, bo = await company.advocate("ana"), await company.advocate("bo")
    before = await opened_secrets(company)
    question = "select access_token from accounts where tenant_id = $1 and account_id = $2"

    async def sealed_anew(one: Advocate) -> bool:
        [row] = await rows_of(company, question, UUID(one.account_id))
        return bytes(row["access_token"]).startswith(sealed_with(2))

    async with rotating(company) as operator, asyncio.TaskGroup() as tasks:
        async with company.publisher.database.transaction(company.tenant.tenant_id) as session:
            await account_store.lock_account(session, UUID(ana.account_id))
            renewing = tasks.create_task(
                operator.rotation.renew(company.tenant.tenant_id, kept_for_s=0)
            )
            await until(lambda: sealed_anew(bo))
            assert not await sealed_anew(ana)
        await within(PATIENCE_S, renewing)

    assert operator.troubles_of(company) == []
    assert await keys_of(company) == [(2, "first")]
    assert await opened_secrets(company) == before


async def test_a_secret_that_does_not_open_stops_nobody_and_keeps_its_key(
    company: Company,
) -> None:
    ana, bo = await company.advocate("ana"), await company.advocate("bo")
    await rows_of(
        company,
        "update accounts set access_token = access_token || $3"
        " where tenant_id = $1 and account_id = $2 returning 1",
        UUID(ana.account_id),
        b"\x00",
    )

    async with rotating(company) as operator:
        await operator.rotation.renew(company.tenant.tenant_id, kept_for_s=0)

    assert await keys_of(company) == [(1, "first"), (2, "first")]
    assert all(ana.account_id in trouble for trouble in operator.troubles_of(company))
    assert len(operator.troubles_of(company)) == 2
    share = await bo.share(await company.publish_story())
    await company.publish()
    assert (await bo.read(share))["state"] == "published"


async def test_a_platform_key_that_is_missing_is_named_and_the_rest_is_done(
    company: Company, world: World
) -> None:
    await company.advocate()
    elsewhere = Company(company.sharing, company.sandbox, world.new_tenant())
    await elsewhere.advocate("eva")
    foreign = PlatformKeys({"gone-by": new_key()}, "gone-by").make(company.tenant.tenant_id, 1)
    question = "select wrapped, wrapped_by from tenant_keys where tenant_id = $1"
    [kept] = await rows_of(company, question)
    wrap = (
        "update tenant_keys set wrapped = $2, wrapped_by = $3"
        " where tenant_id = $1 and number = 1 returning 1"
    )
    await rows_of(company, wrap, foreign.wrapped, "gone-by")

    async with rotating(company, "third") as operator:
        await operator.rotation.rewrap()
        await operator.rotation.renew(company.tenant.tenant_id, kept_for_s=0)
        seen = await operator.rotation.overview()
    await rows_of(company, wrap, kept["wrapped"], kept["wrapped_by"])

    troubles = operator.troubles_of(company)
    assert len(troubles) >= 2
    assert all("'gone-by' is not here" in trouble for trouble in troubles)
    assert await keys_of(elsewhere) == [(1, "third")]
    assert seen.wrapped_by["gone-by"] == 1
    assert "gone-by" not in seen.here


async def test_two_rotations_do_not_meet(company: Company) -> None:
    await company.advocate()
    async with (
        rotating(company) as operator,
        rotating(company) as another,
        asyncio.TaskGroup() as tasks,
    ):
        renewing = tasks.create_task(
            operator.rotation.renew(company.tenant.tenant_id, kept_for_s=3600)
        )
        await within(PATIENCE_S, operator.waits_to_drop())

        for work in (
            another.rotation.rewrap(),
            another.rotation.renew(None),
            another.rotation.shred(company.tenant.tenant_id),
        ):
            with pytest.raises(RotationRefused, match="Another rotation"):
                await work
        assert (await another.rotation.overview()).current == "first"
        renewing.cancel()

    async with rotating(company) as later:
        await later.rotation.rewrap()


async def test_a_shredded_companys_secrets_open_nowhere_and_others_do(
    company: Company, world: World
) -> None:
    ana = await company.advocate()
    elsewhere = Company(company.sharing, company.sandbox, world.new_tenant())
    await elsewhere.advocate("eva")
    others = await opened_secrets(elsewhere)

    async with rotating(company) as operator:
        await operator.rotation.shred(company.tenant.tenant_id)
        with pytest.raises(RotationRefused, match="no data key"):
            await operator.rotation.shred(company.tenant.tenant_id)

    with pytest.raises(KeyMissing):
        await opened_secrets(company)
    assert await opened_secrets(elsewhere) == others
    # Whoever connects anew gets a key anew.
    assert (await company.connect(ana)).status_code == 200
    assert await keys_of(company) == [(1, "first")]


async def test_what_a_platform_key_sealed_itself_cannot_be_shredded(company: Company) -> None:
    await company.advocate()
    await seal_as_before(company)

    async with rotating(company) as operator:
        with pytest.raises(RotationRefused, match="rewrap first"):
            await operator.rotation.shred(company.tenant.tenant_id)

    assert len(await opened_secrets(company)) == 2


async def test_a_company_of_which_nothing_is_kept_cannot_be_rotated(company: Company) -> None:
    async with rotating(company) as operator:
        for work in (
            operator.rotation.renew(company.tenant.tenant_id),
            operator.rotation.shred(company.tenant.tenant_id),
        ):
            with pytest.raises(RotationRefused, match="no data key"):
                await work

    assert await keys_of(company) == []
