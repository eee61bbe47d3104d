"""The outbox by days, letters to settle, answers given twice; tenants' keys, late stories."""

from chassis.backbone import strengthen_backbone, weaken_backbone
from chassis.migrating import protect, run

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the chassis's tables up to date; make room for keys and for what comes too late."""
    strengthen_backbone()
    run(
        """
        create table tenant_keys (
            tenant_id uuid not null,
            number integer not null,
            wrapped bytea not null,
            wrapped_by varchar(64) not null,
            made_at timestamptz not null,
            primary key (tenant_id, number)
        );
        create table withdrawals (
            tenant_id uuid not null,
            story_id uuid not null,
            withdrawn_at timestamptz not null,
            primary key (tenant_id, story_id)
        );
        """
    )
    protect("tenant_keys", "withdrawals")


def downgrade() -> None:
    """Bring them back; what was sealed with a tenant's key cannot be opened after that."""
    run("drop table withdrawals;\ndrop table tenant_keys;\n")
    weaken_backbone()
