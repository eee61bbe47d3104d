"""Pauses, in which nothing is posted."""

from chassis.migrating import protect, run

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let everything of a company wait."""
    run(
        """
        create table pauses (
            tenant_id uuid not null,
            pause_id uuid not null,
            until timestamptz,
            resumed_at timestamptz,
            primary key (tenant_id, pause_id)
        );
        """
    )
    protect("pauses", swept=["pauses"])


def downgrade() -> None:
    """Let nothing wait."""
    run("drop table pauses;\n")
