"""The outbox by days, dead letters that can be settled, answers that can be given twice."""

from chassis.backbone import strengthen_backbone, weaken_backbone

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the chassis's tables up to date."""
    strengthen_backbone()


def downgrade() -> None:
    """Bring them back."""
    weaken_backbone()
