"""What happens to advocates and their shares, as recognition would hear of it."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import zip_longest
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.ids import new_id
from contracts.content import LessonCompleted
from contracts.directory import PersonDeactivated, PersonProvisioned, Role
from contracts.engagement import EngagementKind
from contracts.metrics import SharePerformed
from contracts.sharing import (
    AdvocateJoined,
    AdvocateLeft,
    ConsentGiven,
    ConsentWithdrawn,
)
from services.recognition.domain.rules import TRIGGERS, default_rules
from tests.news import a_share_is_out, a_story_is_live
from tests.world import Caller, News, OpenService, Tenant

PROGRAM = UUID("01890000-0000-7000-8000-000000000001")


class Story:
    """One tenant's people, and the news about them."""

    def __init__(self, service: OpenService, tenant: Tenant) -> None:
        self.service = service
        self.tenant = tenant

    def as_(self, subject: str) -> Caller:
        """Answer somebody of the tenant who calls."""
        return self.service.as_(self.tenant, subject)

    async def colleague(self, subject: str, *roles: Role, **attributes: Any) -> PersonProvisioned:
        """Somebody who works here, and takes no part."""
        return await self.service.hire(self.tenant, subject, *roles, **attributes)

    async def advocate(self, subject: str, *roles: Role, **attributes: Any) -> PersonProvisioned:
        """Somebody who has joined the program."""
        person = await self.colleague(subject, *roles, **attributes)
        await self.joins(person)
        return person

    async def ranked(self, subject: str, *, clicks: int = 0, **attributes: Any) -> UUID:
        """An advocate who asked to be on boards, with so many clicks on a share."""
        person = await self.advocate(subject, **attributes)
        await self.wants_to_be_ranked(person)
        if clicks:
            await self.performed(person.person_id, delta=clicks)
        return person.person_id

    async def joins(
        self,
        person: PersonProvisioned,
        program_id: UUID = PROGRAM,
        *,
        at: datetime | None = None,
    ) -> None:
        """A person takes part from now on."""
        joined = AdvocateJoined(person_id=person.person_id, program_id=program_id)
        await self.hear(joined, at=at)

    async def leaves(
        self,
        person: PersonProvisioned,
        program_id: UUID = PROGRAM,
        *,
        at: datetime | None = None,
    ) -> None:
        """A person leaves the program."""
        await self.hear(AdvocateLeft(person_id=person.person_id, program_id=program_id), at=at)

    async def is_deactivated(self, person: PersonProvisioned) -> None:
        """A person leaves the company, and so, as sharing says, the program."""
        state = person.model_dump() | {"active": False, "roles": []}
        await self.hear(PersonDeactivated(**state))
        await self.leaves(person)

    async def wants_to_be_ranked(self, person: PersonProvisioned) -> None:
        """A person says yes to rankings."""
        await self.hear(
            ConsentGiven(
                person_id=person.person_id, purpose="rankings", network=None, text_version="1"
            )
        )

    async def takes_ranking_back(self, person_id: UUID) -> None:
        """A person takes the yes to rankings back."""
        await self.hear(
            ConsentWithdrawn(
                person_id=person_id, purpose="rankings", network=None, text_version="1"
            )
        )

    def performance(
        self,
        person_id: UUID,
        *,
        kind: EngagementKind = "click",
        delta: int = 1,
        share_id: UUID | None = None,
        at: datetime | None = None,
    ) -> SharePerformed:
        """What metrics says that others did with a share."""
        return SharePerformed(
            share_id=share_id or new_id(),
            story_id=new_id(),
            campaign_id=None,
            person_id=person_id,
            kind=kind,
            window_start=at or self.service.context.clock.now(),
            delta=delta,
            total=max(delta, 0),
            revision=1,
        )

    async def performed(
        self,
        person_id: UUID,
        *,
        event_id: UUID | None = None,
        traceparent: str | None = None,
        **news: Any,
    ) -> str:
        """Metrics says what others did with a share; answers how the message ended."""
        event = self.performance(person_id, **news)
        return await self.hear(event, event_id=event_id, traceparent=traceparent)

    async def performed_together(
        self, *events: SharePerformed, traces: Sequence[str | None] = ()
    ) -> Counter[Any]:
        """Metrics says all this in one batch; answers how the messages ended."""
        return await self.service.hear_all(
            self.tenant,
            [
                News(event, traceparent=traceparent)
                for event, traceparent in zip_longest(events, traces)
            ],
        )

    async def shared(
        self,
        person_id: UUID,
        *,
        own_words: bool = True,
        at: datetime | None = None,
        event_id: UUID | None = None,
        traceparent: str | None = None,
    ) -> str:
        """Sharing says that a share is out; answers how the message ended."""
        event = a_share_is_out(person_id=person_id, own_words=own_words)
        return await self.hear(event, at=at, event_id=event_id, traceparent=traceparent)

    async def wrote(self, author_id: UUID, *, at: datetime | None = None) -> str:
        """Content says that somebody's story went live; answers how the message ended."""
        return await self.hear(a_story_is_live(author_id=author_id), at=at)

    async def learned(self, person_id: UUID, lesson_id: UUID, *, at: datetime | None = None) -> str:
        """Content says that somebody completed a lesson; answers how the message ended."""
        event = LessonCompleted(lesson_id=lesson_id, version=1, person_id=person_id)
        return await self.hear(event, at=at)

    async def hear(self, event: Any, **circumstances: Any) -> str:
        """Let recognition hear of anything; answers how the message ended."""
        endings = await self.service.hear(self.tenant, event, **circumstances)
        return str(next(ending for ending, count in endings.items() if count))

    async def points(self, subject: str) -> int:
        """Answer somebody's balance, as they read it themselves."""
        answer = await self.as_(subject).get("/v1/points/me")
        assert answer.status_code == 200, answer.text
        return int(answer.json()["balance"])

    async def statement(self, subject: str, **query: Any) -> list[dict[str, Any]]:
        """Answer somebody's statement, as they read it themselves."""
        answer = await self.as_(subject).get("/v1/points/me/statement", **query)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    async def board(self, subject: str, **query: Any) -> dict[str, Any]:
        """Answer the board, as somebody sees it."""
        answer = await self.as_(subject).get("/v1/board", **query)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def rows(self, question: str) -> list[tuple[Any, ...]]:
        """Ask the tenant's tables."""
        async with self.service.context.database.transaction(self.tenant.tenant_id) as session:
            found = await (await session.connection()).execute(text(question))
            return [tuple(row) for row in found]

    def rule_id(self, trigger: str) -> UUID:
        """Answer the id of the default rule on a trigger."""
        defaults = default_rules(self.tenant.tenant_id)
        return defaults[[str(one) for one in TRIGGERS].index(trigger)].rule_id


def names(places: list[dict[str, Any]]) -> list[str]:
    """Answer whom a list of places shows, from the top."""
    return [place["display_name"] for place in places]
