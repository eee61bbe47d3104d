"""Campaigns, stories with their versions, and the trail of who did what."""

from chassis.backbone import create_backbone, drop_backbone
from chassis.migrating import protect, run, service_name

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the first tables."""
    create_backbone()
    run(_TABLES)
    protect("campaigns", "stories", "story_versions", "story_trail")
    # Who did what is evidence: the service itself must not be able to change or lose it (C3).
    run(f"revoke update, delete on story_trail from {service_name()}_app;\n")


def downgrade() -> None:
    """Drop them again."""
    run(
        """
        drop table story_trail;
        drop table story_versions;
        drop table stories;
        drop table campaigns;
        """
    )
    drop_backbone()


_TABLES = """
    create table campaigns (
        tenant_id uuid not null,
        campaign_id uuid not null,
        name varchar(200) not null,
        purpose varchar(32) not null,
        starts_at timestamptz,
        ends_at timestamptz,
        opened_at timestamptz not null,
        closed_at timestamptz,
        primary key (tenant_id, campaign_id)
    );
    create table stories (
        tenant_id uuid not null,
        story_id uuid not null,
        author_id uuid not null,
        state varchar(32) not null,
        version integer not null,
        live_version integer,
        approved_hash varchar(64),
        submitted boolean not null,
        created_at timestamptz not null,
        primary key (tenant_id, story_id)
    );
    create index stories_of_author on stories (tenant_id, author_id, story_id);
    create index stories_by_state on stories (tenant_id, state, story_id);
    create table story_versions (
        tenant_id uuid not null,
        story_id uuid not null,
        version integer not null,
        title varchar(200) not null,
        body text not null,
        link varchar(2000),
        language varchar(35) not null,
        topics varchar(50)[] not null,
        variants jsonb not null,
        audience jsonb not null,
        campaign_id uuid,
        embargo_until timestamptz,
        expires_at timestamptz,
        content_hash varchar(64) not null,
        primary key (tenant_id, story_id, version),
        foreign key (tenant_id, story_id) references stories (tenant_id, story_id),
        foreign key (tenant_id, campaign_id) references campaigns (tenant_id, campaign_id)
    );
    create index story_versions_of_campaign on story_versions (tenant_id, campaign_id, story_id);
    create table story_trail (
        tenant_id uuid not null,
        story_id uuid not null,
        position integer not null,
        act varchar(32) not null,
        actor_id uuid not null,
        version integer not null,
        content_hash varchar(64) not null,
        reasons text[] not null,
        happened_at timestamptz not null,
        primary key (tenant_id, story_id, position),
        foreign key (tenant_id, story_id) references stories (tenant_id, story_id)
    );
"""
