"""How stories did, as metrics tells it, and whether enough people shared them to show it."""

from chassis.migrating import protect, run

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let it be added up; what was told before was told to others only."""
    run(
        """
        create table story_figures (
            tenant_id uuid not null,
            story_id uuid not null,
            kind varchar(16) not null,
            total bigint not null,
            since timestamptz not null,
            as_of timestamptz not null,
            primary key (tenant_id, story_id, kind)
        );
        create table story_sharers (
            tenant_id uuid not null,
            story_id uuid not null,
            person_id uuid not null,
            primary key (tenant_id, story_id, person_id)
        );
        """
    )
    protect("story_figures", "story_sharers")


def downgrade() -> None:
    """Forget it; the topic remembers for as long as it does."""
    run(
        """
        drop table story_sharers;
        drop table story_figures;
        """
    )
