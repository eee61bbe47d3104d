"""Counters, and notes with and without walls."""

from chassis.backbone import create_backbone, drop_backbone
from chassis.migrating import protect, run

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    create_backbone()
    run(
        """
        create table counters (
            tenant_id uuid not null,
            counter_id uuid not null,
            advances bigint not null,
            primary key (tenant_id, counter_id)
        );
        create table notes (
            tenant_id uuid not null,
            note_id uuid not null,
            title varchar(100) not null,
            words varchar(500) not null,
            primary key (tenant_id, note_id)
        );
        create table open_notes (like notes including all);
        grant select, insert on open_notes to bench_app;
        """
    )
    protect("counters", "notes")


def downgrade() -> None:
    """Drop them again."""
    run("drop table open_notes;\ndrop table notes;\ndrop table counters;\n")
    drop_backbone()
