"""The outbox without a key that nobody asks for, and with room for its marks."""

from chassis.backbone import burden_outbox, lighten_outbox

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it lighter."""
    lighten_outbox()


def downgrade() -> None:
    """Bring it back as it was."""
    burden_outbox()
