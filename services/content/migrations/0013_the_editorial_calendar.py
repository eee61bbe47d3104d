"""What is planned when stands in a calendar, which other programs can follow."""

from chassis.migrating import protect, run, service_name

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Hang up the calendar."""
    run(
        """
        create table plan_items (
            tenant_id uuid not null,
            item_id uuid not null,
            title varchar(200) not null,
            campaign_id uuid,
            planned_at timestamptz,
            planned_on date,
            networks varchar(32)[] not null,
            language varchar(35),
            audience jsonb not null,
            responsible_id uuid,
            story_id uuid,
            created_by uuid not null,
            created_at timestamptz not null,
            changed_at timestamptz not null,
            revision integer not null,
            dropped_at timestamptz,
            primary key (tenant_id, item_id),
            foreign key (tenant_id, campaign_id) references campaigns (tenant_id, campaign_id),
            foreign key (tenant_id, story_id) references stories (tenant_id, story_id),
            constraint plan_items_of_one_time check (num_nonnulls(planned_at, planned_on) = 1)
        );
        create index plan_items_at on plan_items (tenant_id, planned_at);
        create index plan_items_on on plan_items (tenant_id, planned_on);
        alter table plan_invitations
            add foreign key (tenant_id, item_id) references plan_items (tenant_id, item_id);
        create index story_versions_embargoes on story_versions (tenant_id, embargo_until)
            where embargo_until is not null;
        create index story_versions_ends on story_versions (tenant_id, expires_at)
            where expires_at is not null;
        create index story_trail_published on story_trail (tenant_id, happened_at)
            where act = 'published';
        create table calendar_feeds (
            tenant_id uuid not null,
            feed_id uuid not null,
            person_id uuid not null,
            name varchar(100) not null,
            campaign_id uuid,
            network varchar(32),
            language varchar(35),
            mine boolean not null,
            token_hash varchar(64) not null,
            created_at timestamptz not null,
            renewed_at timestamptz not null,
            primary key (tenant_id, feed_id)
        );
        create index calendar_feeds_of_person on calendar_feeds (tenant_id, person_id, feed_id);
        create table calendar_doors (
            token_hash varchar(64) primary key,
            tenant_id uuid not null,
            feed_id uuid not null
        );
        """
    )
    protect("plan_items", "calendar_feeds")
    # Asked before a tenant is known (design 10.14): it holds hashes, and nothing to be changed.
    run(f"grant select, insert, delete on calendar_doors to {service_name()}_app;\n")


def downgrade() -> None:
    """Take it down."""
    run(
        """
        drop table calendar_doors;
        drop table calendar_feeds;
        drop index story_trail_published;
        drop index story_versions_ends;
        drop index story_versions_embargoes;
        delete from plan_invitations where item_id is not null;
        alter table plan_invitations drop constraint plan_invitations_tenant_id_item_id_fkey;
        drop table plan_items;
        """
    )
