"""Lessons count as contributions, of those who take part and as little as learning is (C6)."""

from datetime import UTC, datetime, timedelta

from chassis.ids import new_id
from contracts.recognition import PointsAwarded
from tests.recognition.story import Story
from tests.world import problem_of

NOON = datetime(2026, 5, 6, 12, tzinfo=UTC)


async def test_a_completed_lesson_is_rewarded_with_its_cause(story: Story) -> None:
    ana = await story.advocate("ana")
    lesson_id = new_id()

    await story.learned(ana.person_id, lesson_id)

    (entry,) = await story.statement("ana", trigger="lesson_completed")
    assert (entry["points"], entry["cause"]) == (5, "You completed a lesson")
    assert (entry["lesson_id"], entry["story_id"], entry["share_id"]) == (
        str(lesson_id),
        None,
        None,
    )
    told = await story.service.announced(story.tenant)
    assert [type(one) for one in told] == [PointsAwarded]


async def test_many_lessons_in_a_day_end_at_the_cap(story: Story) -> None:
    ana = await story.advocate("ana")
    await story.joins(ana, new_id(), at=NOON - timedelta(days=1))

    for one in range(5):
        await story.learned(ana.person_id, new_id(), at=NOON + timedelta(minutes=one))

    assert await story.points("ana") == 15


async def test_who_does_not_take_part_earns_nothing_by_learning(story: Story) -> None:
    bo = await story.colleague("bo")

    await story.learned(bo.person_id, new_id())

    assert await story.points("bo") == 0
    for table in ("ledger", "balances", "tallies", "month_totals"):
        assert await story.rows(f"select 1 from {table}") == []


async def test_a_lesson_read_before_the_joining_counts_once_that_is_heard(story: Story) -> None:
    bo = await story.colleague("bo")
    await story.learned(bo.person_id, new_id(), at=NOON)

    await story.joins(bo, at=NOON - timedelta(hours=1))

    assert await story.points("bo") == 5


async def test_what_was_learned_after_leaving_is_taken_back_when_that_is_heard(
    story: Story,
) -> None:
    ana = await story.colleague("ana")
    await story.joins(ana, at=NOON - timedelta(hours=2))
    await story.learned(ana.person_id, new_id(), at=NOON)

    await story.leaves(ana, at=NOON - timedelta(hours=1))

    assert await story.points("ana") == 0
    entries = await story.statement("ana")
    assert sorted(one["points"] for one in entries) == [-5, 5]
    assert len({one["lesson_id"] for one in entries}) == 1


async def test_learning_need_not_be_rewarded(story: Story) -> None:
    ana = await story.advocate("ana")
    await story.colleague("pia", "program_manager")
    rule_id = story.rule_id("lesson_completed")

    done = await story.as_("pia").patch(f"/v1/rules/{rule_id}", {"active": False})
    await story.learned(ana.person_id, new_id())

    assert done.status_code == 200, done.text
    assert await story.points("ana") == 0


async def test_a_rule_may_reward_learning_by_its_name(story: Story) -> None:
    await story.colleague("pia", "program_manager")
    rule = {"trigger": "lesson_completed", "name": "Learned something", "points": 2}

    made = await story.as_("pia").post("/v1/rules", rule)
    wrong = await story.as_("pia").post("/v1/rules", {**rule, "trigger": "lesson_opened"})

    assert made.status_code == 201, made.text
    assert (wrong.status_code, problem_of(wrong)) == (422, "trigger-not-recognised")
