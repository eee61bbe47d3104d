"""What guidelines find in a text, and in a story."""

from uuid import UUID

from chassis.callers import Me, Now, Transaction
from chassis.problems import refuses
from chassis.routing import Router
from services.content.domain.languages import LanguageUnknown
from services.content.domain.stories import StoryNotFound
from services.content.schemas import text_findings as schemas
from services.content.use_cases import text_findings as use_cases

router = Router(prefix="/v1")


@router.post(
    "/guidelines/check", response_model=schemas.TextFindingsView, **refuses(LanguageUnknown)
)
async def check_against_guidelines(
    body: schemas.TextCheckIn, _me: Me, session: Transaction, clock: Now
) -> schemas.TextFindingsView:
    """Check any text against all guidelines that hold, before somebody else does.

    The text is kept nowhere. Sharing runs the same check, when a share is made and again right
    before it goes out.
    """
    found = await use_cases.check_text(
        session, clock, body.text, network=body.network, language=body.language
    )
    return schemas.view_findings(found)


@router.get(
    "/stories/{story_id}/findings",
    response_model=schemas.TextFindingsView,
    **refuses(StoryNotFound),
)
async def read_story_findings(
    story_id: UUID, me: Me, session: Transaction, clock: Now
) -> schemas.TextFindingsView:
    """Read what the guidelines find in a story, in the version that you may see.

    Where one says `refuse`, the story cannot be submitted, approved or published.
    """
    return schemas.view_findings(await use_cases.findings_of(session, clock, me, story_id))
