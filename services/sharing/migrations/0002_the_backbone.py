"""The outbox by days, dead letters to settle, answers given twice; a key of each tenant's own."""

from chassis.backbone import strengthen_backbone, weaken_backbone
from chassis.migrating import protect, run

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the chassis's tables up to date, and make room for tenants' keys."""
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
        """
    )
    protect("tenant_keys")


def downgrade() -> None:
    """Bring them back; what was sealed with a tenant's key cannot be opened after that."""
    run("drop table tenant_keys;\n")
    weaken_backbone()
