"""Lessons, their versions, and how far people are with them."""

from chassis.migrating import protect, run

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let people be taught."""
    run(
        """
        create table lessons (
            tenant_id uuid not null,
            lesson_id uuid not null,
            state varchar(16) not null,
            version integer not null,
            live_version integer,
            created_at timestamptz not null,
            published_at timestamptz,
            primary key (tenant_id, lesson_id)
        );
        create table lesson_versions (
            tenant_id uuid not null,
            lesson_id uuid not null,
            version integer not null,
            title varchar(200) not null,
            text text not null,
            language varchar(35) not null,
            topic varchar(50) not null,
            position integer not null,
            minutes integer not null,
            roles varchar(32)[] not null,
            questions jsonb not null,
            primary key (tenant_id, lesson_id, version),
            foreign key (tenant_id, lesson_id) references lessons (tenant_id, lesson_id)
        );
        create index lesson_versions_in_order
            on lesson_versions (tenant_id, topic, position, lesson_id);
        create table lesson_progress (
            tenant_id uuid not null,
            lesson_id uuid not null,
            person_id uuid not null,
            tries integer not null,
            tried_since timestamptz,
            completed_version integer,
            completed_at timestamptz,
            primary key (tenant_id, lesson_id, person_id),
            foreign key (tenant_id, lesson_id) references lessons (tenant_id, lesson_id)
        );
        create index lesson_progress_of_person
            on lesson_progress (tenant_id, person_id, lesson_id);
        """
    )
    protect("lessons", "lesson_versions", "lesson_progress")


def downgrade() -> None:
    """Drop them again."""
    run(
        """
        drop table lesson_progress;
        drop table lesson_versions;
        drop table lessons;
        """
    )
