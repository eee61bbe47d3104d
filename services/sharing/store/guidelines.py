"""Questions about the rules of guidelines."""

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from chassis.tenancy import tenant_of
from contracts.checks.checking import HeldRules
from contracts.checks.rules import RULES, Rule
from services.sharing.tables import GuidelineRow


async def rules_that_hold(session: AsyncSession) -> HeldRules:
    """Answer the rules that hold, by guideline."""
    question = (
        select(GuidelineRow.guideline_id, GuidelineRow.rules)
        .where(~col(GuidelineRow.retired))
        .order_by(col(GuidelineRow.guideline_id))
    )
    kept = (await session.exec(question)).all()
    return {guideline_id: RULES.validate_python(rules) for guideline_id, rules in kept}


async def keep_rules(
    session: AsyncSession, guideline_id: UUID, version: int, rules: tuple[Rule, ...]
) -> None:
    """Keep the rules of a version, unless a later one is known; retired it stays."""
    row = {
        "tenant_id": tenant_of(session),
        "guideline_id": guideline_id,
        "version": version,
        "rules": RULES.dump_python(rules, mode="json"),
        "retired": False,
    }
    kept = insert(GuidelineRow).values(row)
    statement = kept.on_conflict_do_update(
        index_elements=["tenant_id", "guideline_id"],
        set_={"version": kept.excluded.version, "rules": kept.excluded.rules},
        where=col(GuidelineRow.version) < kept.excluded.version,
    )
    await (await session.connection()).execute(statement)


async def mark_retired(session: AsyncSession, guideline_id: UUID, version: int) -> None:
    """Let a guideline hold no more, also one that nobody here has heard of yet."""
    row = {
        "tenant_id": tenant_of(session),
        "guideline_id": guideline_id,
        "version": version,
        "rules": [],
        "retired": True,
    }
    statement = (
        insert(GuidelineRow)
        .values(row)
        .on_conflict_do_update(
            index_elements=["tenant_id", "guideline_id"], set_={"retired": True, "rules": []}
        )
    )
    await (await session.connection()).execute(statement)
