"""Colleagues have ideas, and vote for those of others."""

from chassis.migrating import protect, run

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Put up the box."""
    run(
        """
        create table ideas (
            tenant_id uuid not null,
            idea_id uuid not null,
            author_id uuid not null,
            title varchar(200) not null,
            text text not null,
            language varchar(35) not null,
            topics varchar(50)[] not null,
            campaign_id uuid,
            state varchar(16) not null,
            reason text,
            votes integer not null,
            story_id uuid,
            submitted_at timestamptz not null,
            decided_at timestamptz,
            primary key (tenant_id, idea_id),
            foreign key (tenant_id, campaign_id) references campaigns (tenant_id, campaign_id),
            foreign key (tenant_id, story_id) references stories (tenant_id, story_id)
        );
        create index ideas_of_author on ideas (tenant_id, author_id, idea_id);
        create index ideas_by_votes on ideas (tenant_id, votes, idea_id);
        create table idea_votes (
            tenant_id uuid not null,
            idea_id uuid not null,
            person_id uuid not null,
            primary key (tenant_id, idea_id, person_id),
            foreign key (tenant_id, idea_id) references ideas (tenant_id, idea_id)
        );
        """
    )
    protect("ideas", "idea_votes")


def downgrade() -> None:
    """Take it down."""
    run(
        """
        drop table idea_votes;
        drop table ideas;
        """
    )
