"""What can be done to reviews: decided, one or many, seen waiting, and woken by time."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import outbox
from chassis.clock import Clock
from chassis.errors import Refusal
from chassis.paging import PageRequest
from chassis.people import Person
from contracts.content import (
    StoryReviewed,
    StoryReviewEscalated,
    StoryReviewOverdue,
    StoryReviewReminded,
    StoryStageApproved,
)
from contracts.events import Event
from services.content.domain import life, regulation, rounds
from services.content.domain.deadlines import What
from services.content.domain.life import Decision, Verdict
from services.content.domain.rounds import Round, Standing
from services.content.domain.stories import Act, Story
from services.content.store import stories as store
from services.content.store import waiting
from services.content.store.comments import unresolved_comments
from services.content.store.delegations import delegators_of
from services.content.store.regulation import regulation_of_the_tenant
from services.content.store.trail import Told
from services.content.store.waiting import Filters, Line
from services.content.use_cases.approval import keep
from services.content.use_cases.pictures import check_pictures
from services.content.use_cases.text_findings import StoryChecks, begin_checks

_ACT_OF: Mapping[Decision, Act] = {
    "approve": "approved",
    "request_changes": "changes_requested",
    "reject": "rejected",
}
_ACT_OF_TIME: Mapping[What, Act] = {
    "remind": "reminded",
    "overdue": "overdue",
    "escalate": "escalated",
}


async def review_story(
    session: AsyncSession,
    clock: Clock,
    me: Person,
    verdict: Verdict,
    *,
    checks: StoryChecks | None = None,
) -> Story:
    """Decide on the stage that waits. Of two reviewers at once one is first."""
    now = clock.now()
    story = await store.lock_story(session, verdict.story_id)
    reviewed, by = await _reviewed(session, story, me, verdict, at=now)
    if verdict.decision == "approve":
        await check_pictures(session, reviewed, at=now)
    assert story.round is not None
    stage, act = story.round.stage.name, _ACT_OF[verdict.decision]
    told = Told(act, verdict.reasons, stage, by.on_behalf_of, verdict.comment)
    kept = await keep(session, story, reviewed, me, told, at=now, checks=checks)
    outbox.add(session, _told_of(story.round, kept, me, act, by), at=now)
    return kept


async def review_stories(
    session: AsyncSession, clock: Clock, me: Person, verdicts: Sequence[Verdict]
) -> Sequence[Story | Refusal]:
    """Decide on many stories, each by itself; answers in the order asked.

    All of it is one transaction, so that the answer is true as a whole and a repeat with its key
    does nothing. A refusal is raised before anything of its story is written, so it undoes and
    leaves nothing. What a decision takes time for is done before any story is locked.
    """
    checks = await begin_checks(session)
    for verdict in verdicts:
        await _look_ahead(session, clock, me, verdict, checks)
    # What was read so far may be old by the time that it is locked.
    session.expunge_all()
    outcomes: dict[int, Story | Refusal] = {}
    # In one order for all, so that two who decide on the same stories never wait for each other.
    for index in sorted(range(len(verdicts)), key=lambda one: verdicts[one].story_id):
        try:
            outcomes[index] = await review_story(session, clock, me, verdicts[index], checks=checks)
        except Refusal as refusal:
            outcomes[index] = refusal
    return [outcomes[index] for index in range(len(verdicts))]


async def reviews_waiting_for(
    session: AsyncSession, clock: Clock, me: Person, page: PageRequest, filters: Filters
) -> Sequence[Line]:
    """Answer what somebody may decide on now, the longest waiting first."""
    now = clock.now()
    delegators = await delegators_of(session, me.person_id, at=now)
    return await waiting.waiting_for(session, me, delegators, page, filters, at=now)


async def reviews_of_the_tenant(
    session: AsyncSession, clock: Clock, me: Person, page: PageRequest, filters: Filters
) -> Sequence[Line]:
    """Answer reviews of all, for whoever oversees them or supervises as a principal."""
    regulation.check_supervises(await regulation_of_the_tenant(session), me)
    return await waiting.reviews(session, page, filters, at=clock.now())


async def wake_review(session: AsyncSession, clock: Clock, story_id: UUID) -> None:
    """Say what time has to say about a story's review: once, whoever else is at it."""
    now = clock.now()
    story = await store.lock_story(session, story_id)
    if story.round is None:
        return
    woken, said = rounds.wake(story.round, at=now)
    for what in said:
        told = Told(_ACT_OF_TIME[what], stage=woken.stage.name)
        woken_story = life.woken(story, woken)
        story = await keep(session, story, woken_story, None, told, at=now)
        outbox.add(session, _told_by_time(story_id, woken, what), at=now)


async def _look_ahead(
    session: AsyncSession, clock: Clock, me: Person, verdict: Verdict, checks: StoryChecks
) -> None:
    """Look at what somebody is about to approve, as `checks` then remember it by its hash.

    The rules' answer to the longest of texts takes a second, and others would wait for it.
    """
    if verdict.decision != "approve":
        return
    now = clock.now()
    # What is refused now is asked again when it is decided, and answered by that.
    with suppress(Refusal):
        story = await store.get_story(session, verdict.story_id)
        reviewed, _ = await _reviewed(session, story, me, verdict, at=now)
        await checks.check(reviewed, at=now)


async def _reviewed(
    session: AsyncSession, story: Story, me: Person, verdict: Verdict, *, at: datetime
) -> tuple[Story, Standing]:
    """Answer what a decision makes of a story, and by whose right; nothing is kept yet."""
    return life.review(
        story,
        me,
        verdict,
        at=at,
        delegators=await delegators_of(session, me.person_id, at=at),
        unresolved=await unresolved_comments(session, story.story_id),
    )


def _told_of(before: Round, story: Story, me: Person, act: Act, by: Standing) -> Event:
    about = {
        "story_id": story.story_id,
        "version": before.version,
        "reviewer_id": me.person_id,
        "content_hash": before.content_hash,
        "round": before.number,
        "stage": before.stage.name,
        "on_behalf_of": by.on_behalf_of,
        "trail_entries": story.trail.entries,
        "trail_head": story.trail.entry_hash,
    }
    if story.round and story.round.state == "open":
        missing = before.approvals_missing - 1
        return StoryStageApproved.model_validate({**about, "approvals_missing": missing})
    return StoryReviewed.model_validate({**about, "decision": act})


def _told_by_time(story_id: UUID, round_: Round, what: What) -> Event:
    about = {
        "story_id": story_id,
        "version": round_.version,
        "round": round_.number,
        "stage": round_.stage.name,
        "due_at": round_.due_at,
        "waits_for": sorted(round_.deciders.keys()),
    }
    kinds: Mapping[What, type[Event]] = {
        "remind": StoryReviewReminded,
        "overdue": StoryReviewOverdue,
        "escalate": StoryReviewEscalated,
    }
    return kinds[what].model_validate(about)
