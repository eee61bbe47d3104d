"""The pictures of a story, and which of them were withdrawn."""

from chassis.migrating import protect, run

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a story have pictures; those that there are have none."""
    run(
        """
        alter table stories add column media jsonb not null default '[]';
        create table withdrawn_media (
            tenant_id uuid not null,
            media_id uuid not null,
            withdrawn_at timestamptz not null,
            primary key (tenant_id, media_id)
        );
        """
    )
    protect("withdrawn_media")


def downgrade() -> None:
    """Let it have none."""
    run("drop table withdrawn_media;")
    run("alter table stories drop column media;")
