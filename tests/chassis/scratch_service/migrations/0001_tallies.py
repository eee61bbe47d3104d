"""Counters, tallies of them, and what was seen in which order."""

from chassis.backbone import create_backbone, drop_backbone
from chassis.migrating import protect, run

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the first tables."""
    create_backbone()
    run(
        """
        create table counters (
            tenant_id uuid not null,
            counter_id uuid not null,
            number integer not null,
            primary key (tenant_id, counter_id)
        );
        create table tallies (
            tenant_id uuid not null,
            counter_id uuid not null,
            advances integer not null,
            primary key (tenant_id, counter_id)
        );
        create table seen (
            tenant_id uuid not null,
            place bigint generated always as identity,
            counter_id uuid not null,
            number integer not null,
            primary key (tenant_id, place)
        );
        create table notes (
            tenant_id uuid not null,
            note_id uuid not null,
            words varchar(100) not null,
            primary key (tenant_id, note_id),
            unique (tenant_id, words) deferrable initially deferred
        );
        """
    )
    protect("counters", "tallies", "seen", "notes")


def downgrade() -> None:
    """Drop them again."""
    run("drop table notes;\ndrop table seen;\ndrop table tallies;\ndrop table counters;\n")
    drop_backbone()
