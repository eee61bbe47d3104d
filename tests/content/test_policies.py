"""Approval policies: which one holds, what cannot be one, and what a running round keeps."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from contracts.content import StoryReviewed, StoryStageApproved
from services.content.domain.deciders import Deciders
from services.content.domain.policies import POLICIES_MAX, Policy, Stage, policy_for
from services.content.use_cases.policies import make_policy
from tests.content.approving import (
    REVIEWERS,
    a_policy,
    a_stage,
    as_owner,
    delegated,
    hired,
    made,
    trail,
    waiting,
)
from tests.content.conftest import Newsroom, approval_of, done, refusal_of
from tests.content.test_stories import somebody_waits
from tests.world import problem_of

NOON = datetime(2031, 5, 4, 12, tzinfo=UTC)
SPRING, AUTUMN = UUID(int=1), UUID(int=2)
ADMINS = {"roles": ["admin"]}
NOBODY = "0196a4c0-0000-7000-8000-000000000000"


def policy(
    name: str,
    *,
    kinds: tuple[str, ...] = (),
    campaigns: tuple[UUID, ...] = (),
    age: int = 0,
    archived: bool = False,
) -> Policy:
    made_at = NOON - timedelta(days=age)
    return Policy(
        UUID(bytes=name.encode().ljust(16)[:16]), name, kinds, campaigns, (), False, made_at,
        NOON if archived else None,
    )  # fmt: skip


ANY = policy("any")
NEWS = policy("news", kinds=("news",))
IN_SPRING = policy("in spring", campaigns=(SPRING,))
SPRING_NEWS = policy("spring news", kinds=("news", "job"), campaigns=(SPRING, AUTUMN))


@pytest.mark.parametrize(
    ("policies", "kind", "campaign", "holds"),
    [
        ([], "news", SPRING, None),
        ([ANY], "news", None, "any"),
        ([ANY, NEWS], "news", None, "news"),
        ([ANY, NEWS], "job", None, "any"),
        ([ANY, NEWS, IN_SPRING], "news", SPRING, "in spring"),
        ([ANY, NEWS, IN_SPRING, SPRING_NEWS], "news", SPRING, "spring news"),
        ([SPRING_NEWS, IN_SPRING, NEWS, ANY], "news", SPRING, "spring news"),
        ([ANY, NEWS, IN_SPRING, SPRING_NEWS], "article", SPRING, "in spring"),
        ([ANY, NEWS, IN_SPRING, SPRING_NEWS], "news", None, "news"),
        ([NEWS, IN_SPRING], "article", None, None),
        ([SPRING_NEWS], "job", AUTUMN, "spring news"),
        ([policy("older", age=3), policy("newer", age=1)], "news", None, "newer"),
        ([policy("newer", age=1), policy("older", age=3)], "news", None, "newer"),
        ([policy("gone", kinds=("news",), archived=True), ANY], "news", None, "any"),
    ],
)
def test_the_most_specific_policy_holds_and_of_two_the_newer(
    policies: list[Policy], kind: str, campaign: UUID | None, holds: str | None
) -> None:
    found = policy_for(policies, kind=kind, campaign_id=campaign)

    assert (found.name if found else None) == holds


async def test_a_policy_is_made_found_changed_and_archived(newsroom: Newsroom) -> None:
    kept = await made(newsroom, a_stage("brand"), a_stage("legal", quorum=2))
    path = f"/v1/approval_policies/{kept['policy_id']}"

    changed = done(await newsroom.as_("ada").patch(path, {"name": "All of ours"}))
    archived = done(await newsroom.as_("pia").post(f"{path}/archive"))
    again = done(await newsroom.as_("pia").post(f"{path}/archive"))

    assert changed == {**kept, "name": "All of ours"}
    assert archived == again
    assert archived["archived_at"] is not None
    found = done(await newsroom.as_("pia").get("/v1/approval_policies", archived=True))["items"]
    assert found == [archived] == [done(await newsroom.as_("pia").get(path))]
    late = await newsroom.as_("pia").patch(path, {"name": "Too late"})
    assert (late.status_code, problem_of(late)) == (409, "policy-archived")


async def test_stages_come_one_after_the_other(newsroom: Newsroom) -> None:
    lea = await hired(newsroom, "lea", "employee")
    legal = a_stage("legal", deciders={"person_ids": [lea]})
    await made(newsroom, a_stage("brand", quorum=2), legal)
    story = await newsroom.submitted()
    states = []

    for who, stage in (("ravi", None), ("rosa", "brand"), ("lea", "legal")):
        answer = await newsroom.do(who, story, "review", approval_of(story, stage))
        states.append(answer["state"])

    assert states == ["in_review", "in_review", "approved"]
    acts = [
        (one["actor"]["display_name"], one["act"], one["stage"])
        for one in (await trail(newsroom, story))
    ]
    assert acts[2:] == [
        ("Ravi", "approved", "brand"),
        ("Rosa", "approved", "brand"),
        ("Lea", "approved", "legal"),
    ]


async def test_a_review_is_told_when_it_is_decided_and_approvals_on_the_way_by_themselves(
    newsroom: Newsroom,
) -> None:
    await made(newsroom, a_stage("brand", quorum=2), a_stage("legal", deciders=ADMINS))
    passed, sent_back = await newsroom.submitted(), await newsroom.submitted()

    for who, stage in (("ravi", "brand"), ("rosa", "brand"), ("ada", "legal")):
        await newsroom.do(who, passed, "review", approval_of(passed, stage))
    await newsroom.approve(sent_back)
    await newsroom.do("rosa", sent_back, "review", refusal_of(sent_back, "request_changes"))

    heard = await newsroom.content.announced(newsroom.tenant)
    on_the_way = [one for one in heard if isinstance(one, StoryStageApproved)]
    decided = [one for one in heard if isinstance(one, StoryReviewed)]
    assert [(str(one.story_id), one.stage, one.approvals_missing) for one in on_the_way] == [
        (passed["story_id"], "brand", 1),
        (passed["story_id"], "brand", 0),
        (sent_back["story_id"], "brand", 1),
    ]
    assert [(str(one.story_id), one.stage, one.decision) for one in decided] == [
        (passed["story_id"], "legal", "approved"),
        (sent_back["story_id"], "brand", "changes_requested"),
    ]
    assert not any(one.public for one in (*on_the_way, *decided))
    # Each tells the trail's head as it was then.
    heads = [one["entry_hash"] for one in await trail(newsroom, passed)]
    assert [one.trail_head for one in (*on_the_way[:2], decided[0])] == heads[2:]


async def test_a_later_stage_does_not_decide_before_its_turn(newsroom: Newsroom) -> None:
    lea = await hired(newsroom, "lea", "employee")
    await made(newsroom, a_stage("brand"), a_stage("legal", deciders={"person_ids": [lea]}))
    story = await newsroom.submitted()

    answer = await newsroom.try_to("lea", story, "review", approval_of(story))

    assert (answer.status_code, problem_of(answer)) == (403, "not-allowed-on-story")
    # What will be hers to decide is hers to read.
    assert done(await newsroom.as_("lea").get(f"/v1/stories/{story['story_id']}"))


async def test_a_no_at_any_stage_ends_the_round(newsroom: Newsroom) -> None:
    await made(newsroom, a_stage("brand"), a_stage("legal", deciders=ADMINS))
    story = await newsroom.submitted()
    await newsroom.do("ravi", story, "review", approval_of(story))

    why = {"decision": "request_changes", "reasons": ["Whose figure?"]}
    unnamed = await newsroom.try_to("ada", story, "review", {**approval_of(story), **why})
    no = {**approval_of(story, "legal"), **why}
    ended = await newsroom.do("ada", story, "review", no)
    again = await newsroom.do("ana", story, "submit")

    assert (unnamed.status_code, problem_of(unnamed)) == (409, "another-stage-waits")
    assert unnamed.json()["stage"] == "legal"
    assert ended["state"] == "changes_requested"
    assert again["state"] == "in_review"
    # From the first stage on.
    assert await waiting(newsroom, "ada") == []
    assert await waiting(newsroom, "rosa") == [story["working"]["title"]]


async def test_a_running_round_keeps_the_policy_that_it_began_with(newsroom: Newsroom) -> None:
    kept = await made(newsroom, a_stage("brand", quorum=2))
    path = f"/v1/approval_policies/{kept['policy_id']}"
    before = await newsroom.submitted(title="Before")

    done(await newsroom.as_("pia").patch(path, {"stages": [a_stage("legal")]}))
    after = await newsroom.submitted(title="After")

    assert (await newsroom.approve(before))["state"] == "in_review"
    assert (await newsroom.approve(after))["state"] == "approved"


async def test_any_edit_after_an_approval_starts_anew(newsroom: Newsroom) -> None:
    await made(newsroom, a_stage("brand"), a_stage("legal", deciders=ADMINS))
    story = await newsroom.submitted()
    await newsroom.approve(story)
    await newsroom.do("ada", story, "review", approval_of(story, "legal"))
    await newsroom.do("ana", story, "revise")
    path = f"/v1/stories/{story['story_id']}"
    edited = done(await newsroom.as_("ana").patch(path, {"title": "Another"}))
    await newsroom.do("ana", story, "submit")

    stale = await newsroom.try_to("ravi", story, "review", approval_of(story))
    first = await newsroom.do("ravi", edited, "review", approval_of(edited))
    early = await newsroom.try_to("ana", story, "publish")

    assert (stale.status_code, problem_of(stale)) == (409, "content-changed")
    assert first["state"] == "in_review"
    assert (early.status_code, problem_of(early)) == (409, "wrong-story-state")


async def test_a_contributor_does_not_decide_either(newsroom: Newsroom) -> None:
    carl = await hired(newsroom, "carl", "employee", "reviewer")
    story = await newsroom.submitted(contributor_ids=[carl])

    answer = await newsroom.try_to("carl", story, "review", approval_of(story))

    assert (answer.status_code, problem_of(answer)) == (403, "own-story")
    assert await waiting(newsroom, "carl") == []


@pytest.mark.parametrize("begun_anew", [False, True])
async def test_who_contributed_before_does_not_decide_on_what_became_of_it(
    newsroom: Newsroom, begun_anew: bool
) -> None:
    carl = await hired(newsroom, "carl", "employee", "reviewer")
    lea = await hired(newsroom, "lea", "employee")
    await delegated(newsroom, "carl", lea)
    story = await newsroom.submitted(contributor_ids=[carl])
    no = refusal_of(story, "request_changes")
    if begun_anew:
        await newsroom.approve(story)
        await newsroom.do("ana", story, "revise")
    else:
        await newsroom.do("ravi", story, "review", no)
    path = f"/v1/stories/{story['story_id']}"
    done(await newsroom.as_("ana").patch(path, {"contributor_ids": []}))
    again = await newsroom.do("ana", story, "submit")

    answers = [
        await newsroom.try_to(who, again, "review", approval_of(again)) for who in ("carl", "lea")
    ]

    assert [(one.status_code, problem_of(one)) for one in answers] == [
        (403, "own-story"),
        (403, "not-allowed-on-story"),
    ]
    assert await waiting(newsroom, "carl") == await waiting(newsroom, "lea") == []


async def test_one_person_decides_once_on_a_stage(newsroom: Newsroom) -> None:
    await made(newsroom, a_stage("brand", quorum=2))
    story = await newsroom.submitted()
    await newsroom.approve(story)

    answer = await newsroom.try_to("ravi", story, "review", approval_of(story))

    assert (answer.status_code, problem_of(answer)) == (409, "already-decided")


HOURS = {"hours": 8}


@pytest.mark.parametrize(
    ("changed", "problem", "pointer"),
    [
        ({"stages": []}, "stage-empty", "/stages"),
        ({"stages": [a_stage(deciders={})]}, "stage-empty", "/stages/0/deciders"),
        ({"stages": [a_stage("legal"), a_stage("legal")]}, "stage-repeated", "/stages/1/name"),
        ({"stages": [a_stage("principal")]}, "stage-name-reserved", "/stages/0/name"),
        (
            {"stages": [a_stage(deciders={"person_ids": [NOBODY]}, quorum=2)]},
            "quorum-too-large",
            "/stages/0/quorum",
        ),
        ({"stages": [a_stage(deciders={"person_ids": [NOBODY]})]}, "decider-unknown", None),
        ({"stages": [a_stage(deciders={"team_ids": [NOBODY]})]}, "decider-unknown", None),
        ({"stages": [a_stage(f"s{n}") for n in range(1_000)]}, "validation-failed", None),
        ({"stages": [a_stage(deciders={"roles": ["boss"]})]}, "validation-failed", None),
        ({"stages": [a_stage(quorum=0)]}, "validation-failed", None),
        ({"campaign_ids": [NOBODY]}, "campaign-unknown", "/campaign_ids"),
        ({"kinds": ["gossip"]}, "validation-failed", None),
        (
            {"stages": [a_stage(deadline={**HOURS, "remind_after_hours": [4, 2]})]},
            "deadlines-out-of-order",
            "/stages/0/deadline/remind_after_hours",
        ),
        (
            {"stages": [a_stage(deadline={**HOURS, "remind_after_hours": [8]})]},
            "deadlines-out-of-order",
            "/stages/0/deadline/remind_after_hours",
        ),
        (
            {
                "stages": [
                    a_stage(deadline={**HOURS, "escalate_after_hours": 7, "escalate_to": REVIEWERS})
                ]
            },
            "deadlines-out-of-order",
            "/stages/0/deadline/escalate_after_hours",
        ),
        (
            {"stages": [a_stage(deadline={**HOURS, "escalate_after_hours": 9})]},
            "deadlines-out-of-order",
            "/stages/0/deadline/escalate_to",
        ),
    ],
)
async def test_what_cannot_be_a_policy_is_refused(
    quiet_newsroom: Newsroom, changed: dict[str, Any], problem: str, pointer: str | None
) -> None:
    body = {**a_policy(), **changed}

    answer = await quiet_newsroom.as_("pia").post("/v1/approval_policies", body)

    assert (answer.status_code, problem_of(answer)) == (422, problem), answer.text
    assert answer.json().get("pointer") == pointer


async def test_of_two_who_make_the_last_policy_at_once_one_is_too_late(newsroom: Newsroom) -> None:
    context, tenant_id = newsroom.content.context, newsroom.tenant.tenant_id
    async with as_owner(newsroom) as owner:
        await owner.execute(
            "insert into approval_policies select $1, gen_random_uuid(), 'Ours', '{}', '{}', '[]',"
            " false, now() from generate_series(2, $2)",
            tenant_id,
            POLICIES_MAX,
        )

    async with context.database.transaction(tenant_id) as session:
        stage = Stage("brand", Deciders(roles=("reviewer",)))
        fields = {"name": "The last", "kinds": (), "campaign_ids": (), "stages": (stage,)}
        await make_policy(session, context.clock, {**fields, "comments_must_be_resolved": False})
        late = asyncio.create_task(newsroom.as_("pia").post("/v1/approval_policies", a_policy()))
        await somebody_waits(context.database, late)
    answer = await late

    assert (answer.status_code, problem_of(answer)) == (409, "policies-too-many")


async def test_only_admins_and_program_managers_make_policies(quiet_newsroom: Newsroom) -> None:
    answer = await quiet_newsroom.as_("ravi").post("/v1/approval_policies", a_policy())

    assert (answer.status_code, problem_of(answer)) == (403, "role-missing")
