"""The outbox without a key that nobody asks for, and with room for its marks."""

from chassis import outbox_tables

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make it lighter."""
    outbox_tables.lighten()


def downgrade() -> None:
    """Bring it back as it was."""
    outbox_tables.burden()
