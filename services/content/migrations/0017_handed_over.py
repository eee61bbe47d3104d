"""Stories are handed over: who is credited for what is live, and from whom to whom it went."""

from importlib import import_module

from chassis.migrating import run, run_whole

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_AUTHOR = "'=author:' || s.author_id,"
_AUTHOR_AND_CREDITED = f"""{_AUTHOR}
                    '=credited:' || case
                        when shown.seen = 'live' then coalesce(s.live_author_id, s.author_id)
                        else s.author_id end,
"""


def upgrade() -> None:
    """Make room, and index whom a story is credited to; what there is was handed over by nobody."""
    before = import_module("services.content.migrations.0016_found_by_audience")
    run(before.NOBODY_SAVES)
    run(
        """
        alter table stories add column live_author_id uuid;
        alter table story_trail
            add column from_person_id uuid, add column to_person_id uuid;
        """
    )
    run_whole(before.INDEX_STORIES.replace(_AUTHOR, _AUTHOR_AND_CREDITED))
    run(before.INDEX_ALL)


def downgrade() -> None:
    """Forget it: what was handed over is credited to who has it now, and the trail breaks there."""
    before = import_module("services.content.migrations.0016_found_by_audience")
    run(before.NOBODY_SAVES)
    run_whole(before.INDEX_STORIES)
    run(before.INDEX_ALL)
    run(
        """
        alter table story_trail drop column to_person_id, drop column from_person_id;
        alter table stories drop column live_author_id;
        """
    )
