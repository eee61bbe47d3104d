"""Approval in stages, comments, delegations, regulated tenants, and a trail that is a chain."""

from typing import Any
from uuid import UUID

from chassis.migrating import protect, run, run_whole, service_name
from services.content.domain import chain

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables, carry on with reviews that are under way, and chain the trails."""
    run(_TABLES)
    protect(
        "approval_policies",
        "review_rounds",
        "review_tasks",
        "delegations",
        "approval_settings",
        "story_comments",
        swept=["review_rounds"],
    )
    app = f"{service_name()}_app"
    # Evidence, as the trail is: the service itself must not be able to lose it.
    run(
        f"""
        revoke update, delete on approval_settings from {app};
        revoke delete on stories, story_versions, review_rounds, story_comments from {app};
        """
    )
    _chain_trails()
    run(_REVIEWS_UNDER_WAY)
    run_whole(_RETAINED_UNTIL)
    run_whole(_REFUSE)
    for table in _RETAINED:
        run(
            f"""
            create trigger retained before delete on {table}
                for each row execute function refuse_early_deletion();
            """
        )


def downgrade() -> None:
    """Bring the tables back as they were; what time did is no longer told."""
    for table in _RETAINED:
        run(f"drop trigger retained on {table};\n")
    run(f"grant delete on stories, story_versions to {service_name()}_app;\n")
    run(
        """
        drop function refuse_early_deletion();
        drop function retained_until(uuid, uuid);
        drop table story_comments;
        drop table approval_settings;
        drop table delegations;
        drop table review_tasks;
        drop table review_rounds;
        drop table approval_policies;
        delete from story_trail where actor_id is null;
        alter table story_trail
            drop column entry_hash, drop column comment,
            drop column on_behalf_of, drop column stage,
            alter column actor_id set not null;
        alter table stories
            drop column trail_entries, drop column trail_head, drop column maker_ids;
        """
    )


def _chain_trails() -> None:
    from alembic import op
    from sqlalchemy import text

    bind = op.get_bind()
    reached: dict[str, Any] = {"tenant_id": UUID(int=0), "story_id": UUID(int=0), "position": 0}
    head = chain.EMPTY
    while rows := [dict(row) for row in bind.execute(text(_TRAIL), reached).mappings()]:
        for row in rows:
            if row["position"] == 1:
                head = chain.EMPTY
            head = chain.sealed(head, row["story_id"], _entry(row))
            row["entry_hash"] = head.entry_hash
        bind.execute(text(_SEAL), rows)
        reached = {name: rows[-1][name] for name in reached}
    bind.execute(text(_TELL))


def _entry(row: dict[str, Any]) -> chain.Entry:
    fields = {name: value for name, value in row.items() if name not in {"tenant_id", "story_id"}}
    return chain.Entry(**{**fields, "reasons": tuple(fields["reasons"])})


_TRAIL = """
    select tenant_id, story_id, position, act, actor_id, version, content_hash, reasons, happened_at
    from story_trail where (tenant_id, story_id, position) > (:tenant_id, :story_id, :position)
    order by tenant_id, story_id, position limit 1000
"""
_SEAL = """
    update story_trail set entry_hash = :entry_hash
    where tenant_id = :tenant_id and story_id = :story_id and position = :position
"""
_TELL = """
    update stories s set trail_entries = last.position, trail_head = last.entry_hash,
        maker_ids = array(
            select s.author_id union
            select unnest(v.contributor_ids) from story_versions v
            where v.tenant_id = s.tenant_id and v.story_id = s.story_id)
    from (select distinct on (tenant_id, story_id) tenant_id, story_id, position, entry_hash
          from story_trail order by tenant_id, story_id, position desc) last
    where s.tenant_id = last.tenant_id and s.story_id = last.story_id
"""
"""Once a story, by the last entry of its trail, however long and of how many versions that is; and
who made it, as far as its versions say."""

_RETAINED = ("stories", "story_versions", "story_trail", "review_rounds", "story_comments")

_TABLES = """
    alter table story_trail
        alter column actor_id drop not null,
        add column stage varchar(40),
        add column on_behalf_of uuid,
        add column comment text,
        add column entry_hash varchar(64);
    alter table stories
        add column trail_entries integer not null default 0,
        add column trail_head varchar(64),
        add column maker_ids uuid[] not null default '{}';
    create table approval_policies (
        tenant_id uuid not null,
        policy_id uuid not null,
        name varchar(200) not null,
        kinds varchar(32)[] not null,
        campaign_ids uuid[] not null,
        stages jsonb not null,
        comments_must_be_resolved boolean not null,
        created_at timestamptz not null,
        archived_at timestamptz,
        primary key (tenant_id, policy_id)
    );
    create table review_rounds (
        tenant_id uuid not null,
        story_id uuid not null,
        round integer not null,
        version integer not null,
        content_hash varchar(64) not null,
        plan jsonb not null,
        state varchar(32) not null,
        submitted_at timestamptz not null,
        stage_index integer not null,
        stage varchar(40) not null,
        stage_since timestamptz not null,
        due_at timestamptz,
        wake_at timestamptz,
        marks_passed integer not null,
        approvals jsonb not null,
        approvals_missing integer not null,
        kind varchar(32) not null,
        campaign_id uuid,
        communication_class varchar(32) not null,
        primary key (tenant_id, story_id, round),
        foreign key (tenant_id, story_id) references stories (tenant_id, story_id)
    );
    create index review_rounds_by_age
        on review_rounds (tenant_id, submitted_at, story_id, round);
    create index review_rounds_of_class
        on review_rounds (tenant_id, communication_class, submitted_at, story_id, round);
    create index review_rounds_due on review_rounds (wake_at) where wake_at is not null;
    create table review_tasks (
        tenant_id uuid not null,
        story_id uuid not null,
        waits_for varchar(64) not null,
        round integer not null,
        submitted_at timestamptz not null,
        stage varchar(40) not null,
        policy_id uuid,
        due_at timestamptz,
        kind varchar(32) not null,
        campaign_id uuid,
        communication_class varchar(32) not null,
        barred uuid[] not null,
        primary key (tenant_id, story_id, waits_for),
        foreign key (tenant_id, story_id, round)
            references review_rounds (tenant_id, story_id, round)
    );
    create index review_tasks_waiting
        on review_tasks (tenant_id, waits_for, submitted_at, story_id);
    create table delegations (
        tenant_id uuid not null,
        delegation_id uuid not null,
        from_person_id uuid not null,
        to_person_id uuid not null,
        begins_at timestamptz not null,
        ends_at timestamptz not null,
        policy_id uuid,
        stage varchar(40),
        created_at timestamptz not null,
        ended_at timestamptz,
        primary key (tenant_id, delegation_id)
    );
    create index delegations_to on delegations (tenant_id, to_person_id, ends_at);
    create index delegations_from on delegations (tenant_id, from_person_id, delegation_id);
    create table approval_settings (
        tenant_id uuid not null,
        version integer not null,
        regulated boolean not null,
        retention_years integer not null,
        principals jsonb not null,
        changed_by uuid not null,
        changed_at timestamptz not null,
        primary key (tenant_id, version)
    );
    create table story_comments (
        tenant_id uuid not null,
        story_id uuid not null,
        comment_id uuid not null,
        parent_id uuid,
        version integer not null,
        author_id uuid not null,
        pointer varchar(200) not null,
        begins integer,
        ends integer,
        excerpt text,
        text text not null,
        created_at timestamptz not null,
        resolved_at timestamptz,
        resolved_by uuid,
        primary key (tenant_id, story_id, comment_id),
        foreign key (tenant_id, story_id) references stories (tenant_id, story_id)
    );
    create index story_comments_unresolved on story_comments (tenant_id, story_id)
        where resolved_at is null and parent_id is null;
"""

_REVIEWS_UNDER_WAY = """
    insert into review_rounds
        select s.tenant_id, s.story_id, 1, s.version, v.content_hash,
               '{"policy_id": null, "comments_must_be_resolved": false, "time_zone": "UTC",
                 "stages": [{"name": "review", "quorum": 1, "deadline": null,
                             "deciders": {"roles": ["reviewer"], "team_ids": [],
                                          "person_ids": []}}]}',
               'open', t.happened_at, 0, 'review', t.happened_at, null, null, 0, '[]', 1,
               v.kind, v.campaign_id, v.communication_class
        from stories s
        join story_versions v using (tenant_id, story_id, version)
        cross join lateral (
            select max(happened_at) as happened_at from story_trail
            where tenant_id = s.tenant_id and story_id = s.story_id and act = 'submitted') t
        where s.state = 'in_review';
    insert into review_tasks
        select r.tenant_id, r.story_id, 'role:reviewer', 1, r.submitted_at, 'review', null, null,
               r.kind, r.campaign_id, r.communication_class, s.maker_ids
        from review_rounds r
        join stories s using (tenant_id, story_id);
"""

_RETAINED_UNTIL = """
    create function retained_until(whose uuid, which uuid) returns timestamptz
    language sql stable as $$
        with periods as (
            select regulated, retention_years,
                   lead(changed_at, 1, 'infinity') over (order by version) as ends
            from approval_settings where tenant_id = whose)
        select max(
            greatest(
                (select max(happened_at) from story_trail
                 where tenant_id = whose and story_id = which),
                case when s.live_version is not null then now() end)
            + make_interval(years => p.retention_years))
        from stories s cross join periods p
        where s.tenant_id = whose and s.story_id = which
          and p.regulated and s.created_at < p.ends
    $$
"""
"""The last use, and the years after it, of every time in which the tenant was regulated while the
story was there: switching it off later unlocks nothing."""

_REFUSE = """
    create function refuse_early_deletion() returns trigger language plpgsql as $$
    begin
        if retained_until(old.tenant_id, old.story_id) > now() then
            raise exception 'A record of a regulated company is kept for longer.'
                using errcode = 'restrict_violation';
        end if;
        return old;
    end
    $$
"""
