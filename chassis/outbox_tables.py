"""The outbox's table through its revisions, as migrations make it."""

from chassis.migrating import run, run_whole
from chassis.outbox import PARTITIONS_AHEAD_DAYS

FILLFACTOR = 50
"""Per cent. Every row is written twice, the second time with the mark that it was sent: a quarter
cheaper where the page has room for it. The table is as large in the end (measured)."""


def create() -> None:
    """Create it, as of revision 0001."""
    run(_OUTBOX_AT_FIRST)


def keep_by_day() -> None:
    """Keep it by days, as of revision 0002 (ADR 25)."""
    run(_OUTBOX_BY_DAY)
    run_whole(_MAKE_PARTITIONS)
    run_whole(_DROP_PARTITIONS)
    run(_MOVE_IN)


def keep_in_one() -> None:
    """Bring it back to revision 0001."""
    run(_OUTBOX_IN_ONE)


def lighten() -> None:
    """Make what leaves it cost less, as of revision 0003 (ADR 26)."""
    run("alter table outbox drop constraint outbox_pkey;\n")
    run_whole(_MAKE_PARTITIONS_HALF_FULL)
    run_whole(_SET_FILLFACTOR.format(setting=f"set (fillfactor = {FILLFACTOR})"))


def burden() -> None:
    """Bring it back to revision 0002."""
    run("alter table outbox add primary key (position, created_at);\n")
    run_whole(_MAKE_PARTITIONS)
    run_whole(_SET_FILLFACTOR.format(setting="reset (fillfactor)"))


_OUTBOX_AT_FIRST = """
    create table outbox (
        position bigint generated always as identity primary key,
        id uuid not null unique,
        tenant_id uuid not null,
        topic varchar(249) not null,
        aggregatetype varchar(64) not null,
        aggregateid uuid not null,
        type varchar(128) not null,
        payload text,
        happened_at timestamptz not null,
        traceparent varchar(64),
        sent_at timestamptz
    );
    create index outbox_unsent on outbox (position) where sent_at is null;
"""

_COLUMNS = """
    position, id, tenant_id, topic, aggregatetype, aggregateid, type, payload, happened_at,
    traceparent, sent_at
"""

# Days in UTC. The default partition takes what no day was made for, so that nothing is refused.
_OUTBOX_BY_DAY = """
    alter table outbox rename to outbox_before;
    alter index outbox_pkey rename to outbox_before_pkey;
    alter index outbox_unsent rename to outbox_before_unsent;
    create table outbox (
        position bigint generated always as identity,
        id uuid not null,
        tenant_id uuid not null,
        topic varchar(249) not null,
        aggregatetype varchar(64) not null,
        aggregateid uuid not null,
        type varchar(128) not null,
        payload text,
        happened_at timestamptz not null,
        traceparent varchar(64),
        sent_at timestamptz,
        created_at timestamptz not null default now(),
        primary key (position, created_at)
    ) partition by range (created_at);
    create table outbox_default partition of outbox default;
    create index outbox_unsent on outbox (position) where sent_at is null;
    create table outbox_rewinds (
        rewind_id uuid primary key,
        sent_since timestamptz not null,
        reason text not null,
        asked_by varchar(255) not null,
        asked_at timestamptz not null default now(),
        done_at timestamptz,
        unmarked bigint
    );
"""

_MOVE_IN = f"""
    select make_outbox_partitions({PARTITIONS_AHEAD_DAYS});
    insert into outbox ({_COLUMNS}) overriding system value
        select {_COLUMNS} from outbox_before order by position;
    select setval(pg_get_serial_sequence('outbox', 'position'),
                  nextval(pg_get_serial_sequence('outbox_before', 'position')), false);
    drop table outbox_before;
"""  # noqa: S608 - all of it is ours

_OUTBOX_IN_ONE = f"""
    drop function make_outbox_partitions;
    drop function drop_outbox_partitions;
    drop table outbox_rewinds;
    alter table outbox rename to outbox_by_day;
    alter index outbox_pkey rename to outbox_by_day_pkey;
    alter index outbox_unsent rename to outbox_by_day_unsent;
{_OUTBOX_AT_FIRST}    insert into outbox ({_COLUMNS}) overriding system value
        select {_COLUMNS} from outbox_by_day order by position on conflict do nothing;
    select setval(pg_get_serial_sequence('outbox', 'position'),
                  nextval(pg_get_serial_sequence('outbox_by_day', 'position')), false);
    drop table outbox_by_day;
"""  # noqa: S608 - all of it is ours

# The relay role owns nothing, so it may do these two things and no others. A partition is attached
# and not created in place: that would wait for everybody who writes into any other.
_MAKE_PARTITIONS = """
    create or replace function make_outbox_partitions(days integer) returns integer
    language plpgsql security definer
    set search_path = pg_catalog, public, pg_temp set lock_timeout = '2s'
    as $$
    declare
        today date := (now() at time zone 'utc')::date;
        made integer := 0;
        first timestamptz;
        past timestamptz;
        name text;
    begin
        for ahead in 0 .. days loop
            first := (today + ahead)::timestamp at time zone 'utc';
            past := (today + ahead + 1)::timestamp at time zone 'utc';
            name := 'outbox_' || to_char(today + ahead, 'YYYYMMDD');
            -- A day of which rows lie in the default partition stays there whole.
            if to_regclass('public.' || name) is null and not exists (
                select from outbox_default where created_at >= first and created_at < past
            ) then
                execute format('create table public.%I (like public.outbox including defaults)',
                               name);
                execute format(
                    'alter table public.outbox attach partition public.%I'
                    ' for values from (%L) to (%L)', name, first, past);
                made := made + 1;
            end if;
        end loop;
        return made;
    end
    $$
"""

_MAKE_PARTITIONS_HALF_FULL = _MAKE_PARTITIONS.replace(
    "including defaults)", f"including defaults) with (fillfactor = {FILLFACTOR})"
)

_SET_FILLFACTOR = """
    do $$
    declare
        name text;
    begin
        for name in select inhrelid::regclass::text from pg_inherits
            where inhparent = 'public.outbox'::regclass
        loop
            execute format('alter table %s {setting}', name);
        end loop;
    end
    $$
"""

_DROP_PARTITIONS = """
    create function drop_outbox_partitions(before date) returns integer
    language plpgsql security definer
    set search_path = pg_catalog, public, pg_temp set lock_timeout = '2s'
    as $$
    declare
        dropped integer := 0;
        name text;
        needed boolean;
    begin
        for name in
            select relname from pg_class join pg_inherits on inhrelid = oid
            where inhparent = 'public.outbox'::regclass and relname ~ '^outbox_[0-9]{8}$'
              and to_date(right(relname, 8), 'YYYYMMDD') < before
            order by relname
        loop
            -- What was not sent is not dropped, however old it is, nor what was sent only lately.
            execute format('lock table public.%I in access exclusive mode', name);
            execute format('select exists (select from public.%I'
                           ' where sent_at is null or sent_at >= $1)', name)
                into needed using before::timestamp at time zone 'utc';
            if not needed then
                execute format('drop table public.%I', name);
                dropped := dropped + 1;
            end if;
        end loop;
        return dropped;
    end
    $$
"""
