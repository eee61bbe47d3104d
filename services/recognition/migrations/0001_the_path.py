"""Rules, the ledger, and who wants to be ranked."""

from chassis.backbone import create_backbone, drop_backbone
from chassis.migrating import protect, run, service_name

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = (
    "tenant_settings",
    "rules",
    "enrolments",
    "stays",
    "early_happenings",
    "ranking_consents",
    "ledger",
    "tallies",
    "balances",
    "month_totals",
)


def upgrade() -> None:
    """Create the first tables."""
    create_backbone()
    run(_PEOPLE_AND_RULES)
    run(_POINTS)
    protect(*_TABLES)
    # Append-only: whoever breaks into the service still cannot rewrite what was given for what.
    run(f"revoke update, delete on ledger from {service_name()}_app;\n")


def downgrade() -> None:
    """Drop them again."""
    for table in reversed(_TABLES):
        run(f"drop table {table};\n")
    drop_backbone()


_PEOPLE_AND_RULES = """
    create table tenant_settings (
        tenant_id uuid primary key,
        board_enabled boolean not null,
        board_switched_by varchar(32)
    );
    create table rules (
        tenant_id uuid not null,
        rule_id uuid not null,
        trigger varchar(32) not null,
        name varchar(100) not null,
        points integer not null,
        daily_points_max integer,
        active boolean not null,
        primary key (tenant_id, rule_id)
    );
    create table enrolments (
        tenant_id uuid not null,
        person_id uuid not null,
        program_id uuid not null,
        primary key (tenant_id, person_id, program_id)
    );
    create table stays (
        tenant_id uuid not null,
        person_id uuid not null,
        stay_id uuid not null,
        joined_at timestamptz,
        left_at timestamptz,
        primary key (tenant_id, person_id, stay_id),
        check (joined_at is not null or left_at is not null)
    );
    create table early_happenings (
        tenant_id uuid not null,
        cause_id uuid not null,
        place bigint not null generated always as identity,
        person_id uuid not null,
        trigger varchar(32) not null,
        units bigint not null,
        share_id uuid,
        story_id uuid not null,
        happened_at timestamptz not null,
        kept_at timestamptz not null default now(),
        primary key (tenant_id, cause_id)
    );
    create index early_happenings_of_person on early_happenings (tenant_id, person_id);
    create index early_happenings_kept on early_happenings (tenant_id, kept_at);
    create table ranking_consents (
        tenant_id uuid not null,
        person_id uuid not null,
        primary key (tenant_id, person_id)
    );
"""

_POINTS = """
    create table ledger (
        tenant_id uuid not null,
        entry_id uuid not null,
        person_id uuid not null,
        points bigint not null check (points <> 0),
        units integer not null,
        cut boolean not null,
        rule_id uuid not null,
        rule_name varchar(100) not null,
        trigger varchar(32) not null,
        cause_id uuid not null,
        share_id uuid,
        story_id uuid not null,
        day date not null,
        happened_at timestamptz not null,
        primary key (tenant_id, entry_id),
        unique (tenant_id, rule_id, cause_id)
    );
    create index ledger_of_person on ledger (tenant_id, person_id, happened_at, entry_id);
    create table tallies (
        tenant_id uuid not null,
        person_id uuid not null,
        rule_id uuid not null,
        day date not null,
        subject_id uuid not null,
        units bigint not null check (units >= 0),
        earned bigint not null,
        awarded bigint not null check (awarded >= 0 and awarded <= earned),
        primary key (tenant_id, person_id, rule_id, day, subject_id)
    );
    create table balances (
        tenant_id uuid not null,
        person_id uuid not null,
        points bigint not null check (points >= 0),
        primary key (tenant_id, person_id)
    );
    create index balances_by_points on balances (tenant_id, points, person_id);
    create table month_totals (
        tenant_id uuid not null,
        month date not null,
        person_id uuid not null,
        points bigint not null,
        primary key (tenant_id, month, person_id)
    );
    create index month_totals_by_points on month_totals (tenant_id, month, points, person_id);
"""
