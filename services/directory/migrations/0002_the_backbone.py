"""The outbox by days, dead letters that can be settled, answers that can be given twice."""

from chassis.backbone import strengthen_backbone, weaken_backbone
from chassis.migrating import run

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_STATES = ("tenants", "people")


def upgrade() -> None:
    """Bring the chassis's tables up to date, and remember when a state was announced."""
    strengthen_backbone()
    for table in _STATES:
        run(f"alter table {table} add column changed_at timestamptz not null default 'epoch';\n")


def downgrade() -> None:
    """Bring them back."""
    for table in _STATES:
        run(f"alter table {table} drop column changed_at;\n")
    weaken_backbone()
