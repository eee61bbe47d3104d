"""Programs, consents, accounts, stories and shares."""

from chassis.backbone import create_backbone, drop_backbone
from chassis.migrating import protect, run, service_name

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TAKING_PART = """
    create table programs (
        tenant_id uuid not null,
        program_id uuid not null,
        name varchar(200) not null,
        state varchar(16) not null,
        opened_at timestamptz not null,
        closed_at timestamptz,
        primary key (tenant_id, program_id)
    );
    create table advocates (
        tenant_id uuid not null,
        person_id uuid not null,
        active boolean not null,
        primary key (tenant_id, person_id)
    );
    create table enrolments (
        tenant_id uuid not null,
        person_id uuid not null,
        program_id uuid not null,
        joined_at timestamptz not null,
        left_at timestamptz,
        primary key (tenant_id, person_id, program_id),
        foreign key (tenant_id, program_id) references programs (tenant_id, program_id)
    );
    create table consents (
        tenant_id uuid not null,
        consent_id uuid not null,
        person_id uuid not null,
        purpose varchar(32) not null,
        network varchar(32),
        text_version varchar(32) not null,
        given_at timestamptz not null,
        withdrawn_at timestamptz,
        primary key (tenant_id, consent_id)
    );
    create unique index consents_given on consents (tenant_id, person_id, purpose, network)
        nulls not distinct where withdrawn_at is null;
"""

_ACCOUNTS = """
    create table accounts (
        tenant_id uuid not null,
        account_id uuid not null,
        person_id uuid not null,
        network varchar(32) not null,
        network_user_id varchar(255) not null,
        handle varchar(255) not null,
        state varchar(16) not null,
        connected_at timestamptz not null,
        disconnected_at timestamptz,
        reason varchar(32),
        access_token bytea,
        refresh_token bytea,
        expires_at timestamptz,
        primary key (tenant_id, account_id)
    );
    create unique index accounts_of_person
        on accounts (tenant_id, person_id, network, network_user_id);
    create unique index accounts_connected on accounts (tenant_id, network, network_user_id)
        where state = 'connected';
    create table revocations (
        tenant_id uuid not null,
        revocation_id uuid not null,
        account_id uuid not null,
        network varchar(32) not null,
        place varchar(100) not null,
        token bytea not null,
        attempts integer not null,
        due_at timestamptz not null,
        primary key (tenant_id, revocation_id)
    );
    create table connection_doors (
        state_hash varchar(64) primary key,
        tenant_id uuid not null,
        person_id uuid not null,
        network varchar(32) not null,
        verifier bytea not null,
        expires_at timestamptz not null
    );
    create index connection_doors_expiry on connection_doors (expires_at);
"""

_STORIES = """
    create table stories (
        tenant_id uuid not null,
        story_id uuid not null,
        version integer not null,
        author_id uuid not null,
        campaign_id uuid,
        title text not null,
        body text not null,
        link text,
        language varchar(35) not null,
        topics text[] not null,
        variants jsonb not null,
        networks text[] not null,
        team_ids uuid[] not null,
        regions text[] not null,
        countries text[] not null,
        languages text[] not null,
        embargo_until timestamptz,
        expires_at timestamptz,
        published_at timestamptz not null,
        live_from timestamptz not null,
        withdrawn_at timestamptz,
        primary key (tenant_id, story_id)
    );
    create index stories_newest on stories (tenant_id, live_from, story_id);
"""

_SHARES = """
    create table shares (
        tenant_id uuid not null,
        share_id uuid not null,
        person_id uuid not null,
        account_id uuid not null,
        story_id uuid not null,
        story_version integer not null,
        campaign_id uuid,
        network varchar(32) not null,
        state varchar(16) not null,
        reason varchar(100),
        words text not null,
        text text not null,
        language varchar(35) not null,
        disclosure varchar(16) not null,
        own_words boolean not null,
        decision jsonb not null,
        code varchar(32),
        link text,
        target text,
        traceparent varchar(64),
        created_at timestamptz not null,
        wake_at timestamptz,
        lease uuid,
        attempts integer not null,
        looks integer not null,
        sent_at timestamptz,
        uncertain_since timestamptz,
        published_at timestamptz,
        post_id varchar(255),
        post_url text,
        revision integer not null,
        primary key (tenant_id, share_id),
        foreign key (tenant_id, account_id) references accounts (tenant_id, account_id)
    );
    create index shares_of_person on shares (tenant_id, person_id, share_id);
    create index shares_of_story on shares (tenant_id, story_id, state);
    create index shares_to_wake on shares (tenant_id, wake_at) where wake_at is not null;
    create table share_steps (
        tenant_id uuid not null,
        share_id uuid not null,
        revision integer not null,
        state varchar(16) not null,
        reason varchar(100),
        at timestamptz not null,
        primary key (tenant_id, share_id, revision),
        foreign key (tenant_id, share_id) references shares (tenant_id, share_id)
    );
"""


def upgrade() -> None:
    """Create the first tables."""
    create_backbone()
    for tables in (_TAKING_PART, _ACCOUNTS, _STORIES, _SHARES):
        run(tables)
    run(f"grant select, insert, delete on connection_doors to {service_name()}_app;\n")
    protect("programs", "advocates", "enrolments", "consents", "accounts", "stories", "share_steps")
    protect("shares", "revocations", swept=["shares", "revocations"])


def downgrade() -> None:
    """Drop them again."""
    for table in (
        "share_steps",
        "shares",
        "stories",
        "connection_doors",
        "revocations",
        "accounts",
        "consents",
        "enrolments",
        "advocates",
        "programs",
    ):
        run(f"drop table {table};\n")
    drop_backbone()
