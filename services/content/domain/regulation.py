"""Regulated tenants: what a principal approves before its use, and how long records are kept.

FINRA 2210 and its notices 10-06 and 17-18 tell static content, which a principal approves
before its use, from interactive content, which is supervised.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from chassis.errors import Refusal
from services.content.domain.deciders import NOBODY, Actor, Deciders
from services.content.domain.policies import PRINCIPAL, Stage
from services.content.domain.rounds import Round
from services.content.domain.stories import OVERSEERS
from services.content.domain.texts import Content, content_hash

RETENTION_YEARS_DEFAULT = 3
"""From the last use on (SEC rule 17a-4(b)(4))."""


class PrincipalsMissing(Refusal):
    """A regulated tenant says who its principals are."""

    kind = "invalid"
    title = "Principals are missing"


class PrincipalApprovalMissing(Refusal):
    """In a regulated tenant a principal approves static content before it is used."""

    kind = "conflict"
    title = "A principal has not approved it"


class ClassIsForPrincipals(Refusal):
    """A principal of a regulated company makes a story interactive; its author never does."""

    kind = "forbidden"
    title = "Only a principal changes the class"


class ReviewsOfAllForSupervisors(Refusal):
    """All reviews are seen by reviewers, program managers, admins and principals."""

    kind = "forbidden"
    title = "Not yours to supervise"


@dataclass(frozen=True)
class Regulation:
    """Whether a tenant is regulated, and how; each change is a version of its own, and is kept."""

    version: int = 0
    regulated: bool = False
    retention_years: int = RETENTION_YEARS_DEFAULT
    principals: Deciders = NOBODY
    changed_by: UUID | None = None
    changed_at: datetime | None = None


def check(regulation: Regulation) -> None:
    """Check that somebody could approve what has to be approved."""
    if regulation.regulated and not regulation.principals.keys():
        raise PrincipalsMissing("Name roles or people.", field="/principals")


def further_stages(regulation: Regulation, content: Content) -> tuple[Stage, ...]:
    """Answer the stages that come after those of any policy."""
    if regulation.regulated and content.communication_class == "static":
        return (Stage(PRINCIPAL, regulation.principals),)
    return ()


def supervisors(regulation: Regulation) -> Deciders:
    """Answer who supervises: what is interactive too, which has no stage of theirs."""
    return regulation.principals if regulation.regulated else NOBODY


def check_use(regulation: Regulation, content: Content, round_: Round | None) -> None:
    """Check that what goes live was approved by a principal where it has to be.

    It is asked at publication too: the tenant may have become regulated after the approval.
    """
    needed = further_stages(regulation, content)
    if needed and not (round_ and round_.passed_a_principal):
        raise PrincipalApprovalMissing("Revise and submit it, so that a principal is asked.")


def classed(before: Content, after: Content, *, is_named: bool) -> Content:
    """Answer what somebody edited in the class that it has by that.

    Of an author the class would be a claim, and a principal has judged what the story said then:
    whatever says something else is static, until a principal classifies it. This holds in every
    tenant, since one may be regulated tomorrow. If the edit names the class (`is_named`), it names
    the one that comes of it; ClassIsForPrincipals.
    """
    if after.communication_class == "static" or content_hash(before) == content_hash(after):
        return after
    if is_named:
        raise ClassIsForPrincipals(
            "What says something else is static, until a principal classifies it.",
            field="/communication_class",
        )
    return replace(after, communication_class="static")


def is_principal(regulation: Regulation, actor: Actor) -> bool:
    """Answer whether somebody is a principal of a regulated tenant."""
    return regulation.regulated and regulation.principals.include(actor)


def check_principal(regulation: Regulation, actor: Actor) -> None:
    """Check that somebody may say what class a story has."""
    if not is_principal(regulation, actor):
        raise ClassIsForPrincipals("This is for the principals of a regulated company.")


def check_supervises(regulation: Regulation, actor: Actor) -> None:
    """Check that somebody may see the reviews of all."""
    if not (actor.roles & OVERSEERS or is_principal(regulation, actor)):
        raise ReviewsOfAllForSupervisors("Ask for what waits for you.", parameter="waiting_for")
