"""The outbox by days, letters to settle, answers given twice; tenants' keys, late stories."""

from chassis.backbone import (
    create_tenant_keys,
    drop_tenant_keys,
    strengthen_backbone,
    weaken_backbone,
)
from chassis.migrating import protect, run

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the chassis's tables up to date; make room for keys and for what comes too late."""
    strengthen_backbone()
    create_tenant_keys()
    run(
        """
        create table withdrawals (
            tenant_id uuid not null,
            story_id uuid not null,
            withdrawn_at timestamptz not null,
            primary key (tenant_id, story_id)
        );
        """
    )
    protect("withdrawals")


def downgrade() -> None:
    """Bring them back; what was sealed with a tenant's key cannot be opened after that."""
    run("drop table withdrawals;\n")
    drop_tenant_keys()
    weaken_backbone()
