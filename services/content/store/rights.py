"""By which right somebody may decide on what waits, as PostgreSQL is asked for it.

What `rounds.standing` says of one story is said here of all that wait, in one place.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.content.domain.deciders import Actor, Delegator, keys_of
from services.content.domain.policies import PRINCIPAL

RIGHTS = """
    unnest(
        cast(:keys as text[]), cast(:holders as uuid[]),
        cast(:policy_ids as uuid[]), cast(:stages as text[])
    ) with ordinality as h (waits_for, holder, policy_id, stage, place)
"""
"""What somebody may decide by: their own, and that of those for whom they stand in, in the order in
which `rounds.standing` looks for one."""

# What a delegation is limited to stands in one `case`: PostgreSQL would take what it says for rare,
# expect less than a page of it, and read all the table.
REACHES = """
    t.waits_for = h.waits_for
    and not (cast(:me as uuid) = any(t.barred) or h.holder = any(t.barred))
    and case when h.holder = cast(:me as uuid) then true
             else t.stage <> cast(:own_right_only as text)
                  and (h.policy_id is null or t.policy_id = h.policy_id)
                  and (h.stage is null or t.stage = h.stage) end
"""
"""Whether a right of those, `h`, lets them decide on a task `t` of `review_tasks`."""


def rights_of(me: Actor, delegators: Sequence[Delegator]) -> dict[str, Any]:
    """Answer what RIGHTS and REACHES ask for."""
    rights: list[tuple[str, UUID, UUID | None, str | None]] = [
        (key, me.person_id, None, None) for key in sorted(keys_of(me))
    ]
    for one in delegators:
        rights += [(key, one.person_id, one.policy_id, one.stage) for key in sorted(keys_of(one))]
    keys, holders, policy_ids, stages = (list(each) for each in zip(*rights, strict=True))
    return {
        "keys": keys,
        "holders": holders,
        "policy_ids": policy_ids,
        "stages": stages,
        "me": me.person_id,
        # No delegation reaches it, as `rounds` says of one story.
        "own_right_only": PRINCIPAL,
    }
