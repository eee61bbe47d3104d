"""Pictures, what the people shown have permitted, which stories show them, and the brand kit."""

from chassis.migrating import protect, run

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_MEDIA = """
    create table media (
        tenant_id uuid not null,
        media_id uuid not null,
        state varchar(16) not null,
        filename varchar(200),
        content_type varchar(50) not null,
        bytes bigint not null,
        sha256 varchar(64),
        width integer,
        height integer,
        alt_texts jsonb not null,
        origin jsonb not null,
        people_shown integer not null,
        in_library boolean not null,
        uploaded_by uuid not null,
        object_name varchar(64) not null,
        created_at timestamptz not null,
        ready_at timestamptz,
        withdrawn_at timestamptz,
        review_since timestamptz,
        cleared boolean not null,
        erased boolean not null,
        ask_at timestamptz,
        sweep_at timestamptz,
        primary key (tenant_id, media_id)
    );
    create index media_of_uploader on media (tenant_id, uploaded_by, media_id);
    create index media_due on media (sweep_at) where sweep_at is not null;
    create index media_to_ask on media (ask_at)
        where state = 'ready' and ask_at is not null;
    create table media_permissions (
        tenant_id uuid not null,
        permission_id uuid not null,
        media_id uuid not null,
        person_id uuid,
        outside_name varchar(200),
        purposes varchar(32)[] not null,
        networks varchar(32)[] not null,
        holds_from timestamptz not null,
        holds_until timestamptz,
        how_given varchar(1000) not null,
        recorded_by uuid not null,
        recorded_at timestamptz not null,
        withdrawn_at timestamptz,
        left_at timestamptz,
        primary key (tenant_id, permission_id),
        foreign key (tenant_id, media_id) references media (tenant_id, media_id)
    );
    create index media_permissions_of_media
        on media_permissions (tenant_id, media_id, permission_id);
    create index media_permissions_of_person on media_permissions (tenant_id, person_id, media_id);
    create table story_media (
        tenant_id uuid not null,
        media_id uuid not null,
        story_id uuid not null,
        working boolean not null,
        live boolean not null,
        primary key (tenant_id, media_id, story_id),
        foreign key (tenant_id, story_id) references stories (tenant_id, story_id),
        foreign key (tenant_id, media_id) references media (tenant_id, media_id)
    );
    create index story_media_of_story on story_media (tenant_id, story_id);
    create table brand_assets (
        tenant_id uuid not null,
        brand_asset_id uuid not null,
        kind varchar(16) not null,
        name varchar(200) not null,
        position integer not null,
        usage varchar(2000),
        logo jsonb,
        colour jsonb,
        font jsonb,
        changed_at timestamptz not null,
        primary key (tenant_id, brand_asset_id)
    );
    create index brand_assets_in_order on brand_assets (tenant_id, position, brand_asset_id);
"""
_TABLES = ("media", "media_permissions", "story_media", "brand_assets")


def upgrade() -> None:
    """Make the tables."""
    run(_MEDIA)
    protect(*_TABLES, swept=("media",))


def downgrade() -> None:
    """Drop them."""
    for table in reversed(_TABLES):
        run(f"drop table {table};")
