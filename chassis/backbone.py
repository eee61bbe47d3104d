"""The tables that the chassis keeps in every service's database, as migrations make them."""

from chassis import outbox_tables
from chassis.migrating import protect, run, run_whole, service_name


def create_backbone() -> None:
    """Create the tables that the chassis keeps in every service's database, as of revision 0001."""
    service = service_name()
    outbox_tables.create()
    run(_BACKBONE_TABLES)
    run(
        f"""
        grant insert on outbox to {service}_app;
        grant select, delete, update (sent_at) on outbox to {service}_relay;
        grant select, insert on inbox to {service}_app;
        grant select, delete on inbox to {service}_relay;
        grant select, insert on dead_letters to {service}_app;
        grant select on alembic_version to {service}_app;
        """
    )
    protect("known_tenants", "known_people")


def drop_backbone() -> None:
    """Drop what create_backbone created."""
    run(
        """
        drop table known_people;
        drop table known_tenants;
        drop table dead_letters;
        drop table inbox;
        drop table outbox;
        """
    )


def strengthen_backbone() -> None:
    """Bring those tables to revision 0002.

    The outbox is kept by days, and can be sent again; dead letters can be settled; an answer can be
    given twice; and what is known of people and companies says as of when.
    """
    service = service_name()
    outbox_tables.keep_by_day()
    run(_SETTLED_AND_REPEATED)
    run_whole(_FORGET_ANSWERS)
    run_whole(_FORGET_LETTERS)
    protect("idempotency_keys")
    run(
        f"""
        grant insert on outbox to {service}_app;
        grant select, delete, update (sent_at) on outbox to {service}_relay;
        grant select, insert, update (done_at, unmarked) on outbox_rewinds to {service}_relay;
        grant update (state, attempts, reason, reason_kind, settled_at, settled_by, settled_why)
            on dead_letters to {service}_app;
        grant select on dead_letters to {service}_relay;
        revoke execute on function make_outbox_partitions, drop_outbox_partitions,
            forget_answers, forget_letters from public;
        grant execute on function make_outbox_partitions, drop_outbox_partitions,
            forget_answers, forget_letters to {service}_relay;
        """  # noqa: S608 - all of it is ours
    )


def weaken_backbone() -> None:
    """Bring those tables back to revision 0001; what nobody knew of there is gone."""
    service = service_name()
    outbox_tables.keep_in_one()
    run(
        f"""
        grant insert on outbox to {service}_app;
        grant select, delete, update (sent_at) on outbox to {service}_relay;
        revoke select on dead_letters from {service}_relay;
        revoke update (state, attempts, reason, reason_kind, settled_at, settled_by, settled_why)
            on dead_letters from {service}_app;
        """  # noqa: S608 - all of it is ours
    )
    run(_UNSETTLED)


def create_tenant_keys() -> None:
    """Create the table of tenants' data keys, in a service that keeps secrets (`sealing`)."""
    run(
        """
        create table tenant_keys (
            tenant_id uuid not null,
            number integer not null,
            wrapped bytea not null,
            wrapped_by varchar(64) not null,
            made_at timestamptz not null,
            primary key (tenant_id, number)
        );
        """
    )
    protect("tenant_keys")


def drop_tenant_keys() -> None:
    """Drop it; what was sealed with a tenant's key cannot be opened after that."""
    run("drop table tenant_keys;\n")


_BACKBONE_TABLES = """
    create table inbox (
        consumer varchar(64) not null,
        event_id uuid not null,
        seen_at timestamptz not null default now(),
        primary key (consumer, event_id)
    );
    create index inbox_seen on inbox using brin (seen_at);
    create table dead_letters (
        id uuid primary key,
        consumer varchar(64) not null,
        topic varchar(249) not null,
        partition integer not null,
        record_offset bigint not null,
        record_key bytea,
        record_value bytea,
        record_headers jsonb not null,
        reason text not null,
        parked_at timestamptz not null,
        unique (consumer, topic, partition, record_offset)
    );
    create table known_tenants (
        tenant_id uuid primary key,
        name varchar(200) not null,
        country varchar(2) not null,
        language varchar(35) not null,
        time_zone varchar(64) not null,
        active boolean not null
    );
    create table known_people (
        tenant_id uuid not null,
        person_id uuid not null,
        subject varchar(255) not null,
        display_name varchar(200) not null,
        team_id uuid,
        region varchar(100),
        country varchar(2),
        language varchar(35),
        time_zone varchar(64),
        leader boolean not null,
        roles varchar(32)[] not null,
        active boolean not null,
        primary key (tenant_id, person_id)
    );
    create index known_people_subject on known_people (tenant_id, subject);
"""


_SETTLED_AND_REPEATED = """
    alter table dead_letters
        add column reason_kind varchar(64) not null default 'unknown',
        add column record_digest bytea not null default '\\x',
        add column state varchar(16) not null default 'parked',
        add column attempts integer not null default 0,
        add column settled_at timestamptz,
        add column settled_by varchar(255),
        add column settled_why text,
        drop constraint dead_letters_consumer_topic_partition_record_offset_key,
        add constraint dead_letters_of_record
            unique (consumer, topic, partition, record_offset, record_digest);
    alter table dead_letters alter column record_digest drop default;
    create index dead_letters_parked on dead_letters (parked_at) where state = 'parked';
    create index dead_letters_settled on dead_letters (settled_at) where state <> 'parked';
    alter table known_tenants add column as_of timestamptz not null default 'epoch';
    alter table known_people add column as_of timestamptz not null default 'epoch';
    create table idempotency_keys (
        tenant_id uuid not null,
        caller bytea not null,
        key varchar(255) not null,
        fingerprint bytea not null,
        status smallint not null,
        headers jsonb not null,
        body bytea not null,
        answered_at timestamptz not null,
        primary key (tenant_id, caller, key)
    );
    create index idempotency_keys_answered on idempotency_keys (answered_at);
"""

_FORGET_ANSWERS = """
    create function forget_answers(before timestamptz, at_most integer) returns integer
    language sql security definer set search_path = pg_catalog, public, pg_temp
    as $$
        with forgotten as (
            delete from idempotency_keys where ctid = any(array(
                select ctid from idempotency_keys where answered_at < before
                order by answered_at limit at_most))
            returning 1)
        select count(*)::integer from forgotten
    $$
"""

# Only what a person has settled can be forgotten, whatever it is asked for.
_FORGET_LETTERS = """
    create function forget_letters(before timestamptz, at_most integer) returns integer
    language sql security definer set search_path = pg_catalog, public, pg_temp
    as $$
        with forgotten as (
            delete from dead_letters where ctid = any(array(
                select ctid from dead_letters where state <> 'parked' and settled_at < before
                order by settled_at limit at_most))
            returning 1)
        select count(*)::integer from forgotten
    $$
"""

# At one place there is one letter again: the first.
_UNSETTLED = """
    drop function forget_letters;
    drop function forget_answers;
    drop table idempotency_keys;
    alter table known_people drop column as_of;
    alter table known_tenants drop column as_of;
    drop index dead_letters_parked;
    drop index dead_letters_settled;
    delete from dead_letters late using dead_letters early
        where (late.consumer, late.topic, late.partition, late.record_offset)
            = (early.consumer, early.topic, early.partition, early.record_offset)
        and late.id > early.id;
    alter table dead_letters
        drop constraint dead_letters_of_record,
        add unique (consumer, topic, partition, record_offset),
        drop column reason_kind,
        drop column record_digest,
        drop column state,
        drop column attempts,
        drop column settled_at,
        drop column settled_by,
        drop column settled_why;
"""
