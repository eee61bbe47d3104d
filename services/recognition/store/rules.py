"""What a tenant has decided: its rules, and whether it has a board."""

from dataclasses import asdict
from typing import cast

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.tenancy import tenant_of
from services.recognition.domain.board import BoardSettings, SwitchedBy
from services.recognition.domain.rules import Rule, Trigger
from services.recognition.tables import RuleRow, TenantSettingsRow


async def lock_settings(session: AsyncSession) -> BoardSettings:
    """Lock what the tenant has decided, its rules included; answers its board settings."""
    tenant_id = tenant_of(session)
    # The defaults get a row here, or there would be nothing to lock.
    first = {"tenant_id": tenant_id, "board_enabled": BoardSettings().enabled}
    await (await session.connection()).execute(
        insert(TenantSettingsRow).values(first).on_conflict_do_nothing()
    )
    row = await session.get_one(TenantSettingsRow, tenant_id, with_for_update=True)
    return _settings(row)


async def board_settings(session: AsyncSession) -> BoardSettings:
    """Answer the tenant's board settings, or how they are before anybody decides."""
    row = await session.get(TenantSettingsRow, tenant_of(session))
    return _settings(row) if row else BoardSettings()


async def save_board_settings(session: AsyncSession, settings: BoardSettings) -> None:
    """Save the tenant's board settings."""
    await session.merge(
        TenantSettingsRow(
            tenant_id=tenant_of(session),
            board_enabled=settings.enabled,
            board_switched_by=settings.switched_by,
        )
    )


async def kept_rules(session: AsyncSession) -> list[Rule]:
    """Answer the rules that the tenant made or changed; domain's RULES_MAX bounds them."""
    rows = (await session.exec(select(RuleRow))).all()
    return [
        Rule(
            **row.model_dump(exclude={"tenant_id", "trigger"}), trigger=cast("Trigger", row.trigger)
        )
        for row in rows
    ]


async def save_rule(session: AsyncSession, rule: Rule) -> None:
    """Save a rule."""
    await session.merge(RuleRow(tenant_id=tenant_of(session), **asdict(rule)))


def _settings(row: TenantSettingsRow) -> BoardSettings:
    return BoardSettings(row.board_enabled, cast("SwitchedBy | None", row.board_switched_by))
