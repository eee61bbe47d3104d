"""What recognition does when it hears of something."""

from collections.abc import Sequence

from sqlmodel.ext.asyncio.session import AsyncSession

from chassis import people
from chassis.handling import Delivery, Handlers
from contracts.content import LessonCompleted, StoryPublished
from contracts.metrics import SharePerformed
from contracts.sharing import (
    AdvocateJoined,
    AdvocateLeft,
    ConsentGiven,
    ConsentWithdrawn,
    SharePublished,
)
from services.recognition import use_cases
from services.recognition.domain import ledger

handlers = Handlers()
handlers.include(people.handlers)


@handlers.on(AdvocateJoined)
async def let_earn(delivery: Delivery[AdvocateJoined], session: AsyncSession) -> None:
    """Let a person earn from now on; nobody earns who did not join (V1)."""
    await use_cases.join(session, delivery)


@handlers.on(AdvocateLeft)
async def let_go(delivery: Delivery[AdvocateLeft], session: AsyncSession) -> None:
    """Let a person go: off the boards, and no more points (V2)."""
    await use_cases.leave(session, delivery)


@handlers.on(ConsentGiven)
async def let_be_ranked(delivery: Delivery[ConsentGiven], session: AsyncSession) -> None:
    """Put a person on the boards when that is what they said yes to (design 10.11)."""
    if delivery.event.purpose == "rankings":
        await use_cases.decide_on_ranking(
            session, delivery.event.person_id, given=True, at=delivery.happened_at
        )


@handlers.on(ConsentWithdrawn)
async def take_off_boards(delivery: Delivery[ConsentWithdrawn], session: AsyncSession) -> None:
    """Take a person off the boards who does not want to be ranked any more (G2)."""
    if delivery.event.purpose == "rankings":
        await use_cases.decide_on_ranking(
            session, delivery.event.person_id, given=False, at=delivery.happened_at
        )


@handlers.on_batch(SharePerformed)
async def reward_effect(
    deliveries: Sequence[Delivery[SharePerformed]], session: AsyncSession
) -> None:
    """Give points for what others did with shares, or take them back when it is corrected."""
    told = [(ledger.of_performance(one.event, one.event_id), one) for one in deliveries]
    await use_cases.book(session, told)


@handlers.on_batch(SharePublished)
async def reward_own_words(
    deliveries: Sequence[Delivery[SharePublished]], session: AsyncSession
) -> None:
    """Give points for words of one's own (S2)."""
    told = [
        (ledger.of_share(one.event, one.event_id, one.happened_at), one)
        for one in deliveries
        if one.event.own_words
    ]
    await use_cases.book(session, told)


@handlers.on_batch(StoryPublished)
async def reward_writing(
    deliveries: Sequence[Delivery[StoryPublished]], session: AsyncSession
) -> None:
    """Give points to the author of a story that went live (C2)."""
    told = [(ledger.of_story(one.event, one.event_id, one.happened_at), one) for one in deliveries]
    await use_cases.book(session, told)


@handlers.on_batch(LessonCompleted)
async def reward_learning(
    deliveries: Sequence[Delivery[LessonCompleted]], session: AsyncSession
) -> None:
    """Give points for a lesson that was completed (C6)."""
    told = [(ledger.of_lesson(one.event, one.event_id, one.happened_at), one) for one in deliveries]
    await use_cases.book(session, told)
