"""Points may be for a lesson, which belongs to no story."""

from chassis.migrating import run

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let an entry be about a lesson in the place of a story."""
    # No check that one of the two is there: a ledger is too long to be read under a lock.
    run(
        """
        alter table ledger
            alter column story_id drop not null,
            add column lesson_id uuid;
        alter table early_happenings
            alter column story_id drop not null,
            add column lesson_id uuid;
        """
    )


def downgrade() -> None:
    """Let entries be about stories alone: the points stay, and a lesson stands as the story."""
    run(
        """
        update ledger set story_id = lesson_id where story_id is null;
        alter table ledger alter column story_id set not null, drop column lesson_id;
        delete from early_happenings where story_id is null;
        alter table early_happenings alter column story_id set not null, drop column lesson_id;
        """
    )
