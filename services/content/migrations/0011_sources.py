"""Sources: feeds that are polled, and the items found in them that may become stories."""

from chassis.migrating import protect, run

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for sources; the poller looks for due ones of all tenants."""
    run(_TABLES)
    protect("sources", "source_items", swept=["sources"])


def downgrade() -> None:
    """Take it away again."""
    run(
        """
        drop table source_items;
        drop table sources;
        """
    )


_TABLES = """
    create table sources (
        tenant_id uuid not null,
        source_id uuid not null,
        name varchar(200) not null,
        url varchar(2000) not null,
        host varchar(253) not null,
        language varchar(35) not null,
        topics varchar(50)[] not null,
        campaign_id uuid,
        interval_minutes integer not null,
        paused boolean not null,
        ended_because varchar(32),
        format varchar(8),
        problem varchar(32),
        failures integer not null,
        created_at timestamptz not null,
        polled_at timestamptz,
        succeeded_at timestamptz,
        due_at timestamptz,
        not_before timestamptz not null,
        lease_id uuid,
        etag varchar(500),
        last_modified varchar(100),
        primary key (tenant_id, source_id),
        foreign key (tenant_id, campaign_id) references campaigns (tenant_id, campaign_id)
    );
    create index sources_due on sources (due_at) where due_at is not null;
    create table source_items (
        tenant_id uuid not null,
        item_id uuid not null,
        source_id uuid not null,
        key varchar(64) not null,
        link_key varchar(64),
        title varchar(200) not null,
        excerpt text not null,
        link varchar(2000),
        published_at timestamptz,
        found_at timestamptz not null,
        state varchar(16) not null,
        story_id uuid,
        primary key (tenant_id, item_id),
        unique (tenant_id, source_id, key),
        foreign key (tenant_id, source_id) references sources (tenant_id, source_id)
            on delete cascade,
        foreign key (tenant_id, story_id) references stories (tenant_id, story_id)
    );
    create index source_items_of_source on source_items (tenant_id, source_id, item_id);
    create index source_items_by_state on source_items (tenant_id, state, item_id);
    create index source_items_by_link on source_items (tenant_id, link_key);
"""
