"""The outbox by days, dead letters to settle, answers given twice; a key of each tenant's own."""

from chassis.backbone import (
    create_tenant_keys,
    drop_tenant_keys,
    strengthen_backbone,
    weaken_backbone,
)

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the chassis's tables up to date, and make room for tenants' keys."""
    strengthen_backbone()
    create_tenant_keys()


def downgrade() -> None:
    """Bring them back; what was sealed with a tenant's key cannot be opened after that."""
    drop_tenant_keys()
    weaken_backbone()
