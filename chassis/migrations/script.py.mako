"""${message}."""

from chassis.migrating import protect, run

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Say what is new."""


def downgrade() -> None:
    """Say how it was before."""
