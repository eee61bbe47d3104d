"""Which texts of a story are checked, and what is said of a language that is not."""

from dataclasses import dataclass
from uuid import UUID

from services.content.domain.dullness.checking import Dullness, check, checked_language
from services.content.domain.stories import Version


@dataclass(frozen=True)
class Checked:
    """A text that was checked, or, without a result, is in a language that is not."""

    language: str
    dullness: Dullness | None


@dataclass(frozen=True)
class CheckedStory:
    """The texts of one version of a story, checked; variants by their network."""

    story_id: UUID
    version: int
    content_hash: str
    body: Checked
    variants: tuple[tuple[str, Checked], ...]


def check_text(text: str, tag: str) -> Checked:
    """Check a text in the language of a BCP 47 tag, if that is checked; raises NothingToCheck."""
    language = checked_language(tag)
    return Checked(tag, None if language is None else check(text, language))


def check_version(story_id: UUID, version: Version) -> CheckedStory:
    """Check the body of a version, and each of its variants in its own language."""
    content = version.content
    return CheckedStory(
        story_id=story_id,
        version=version.version,
        content_hash=version.content_hash,
        body=check_text(content.body, content.language),
        variants=tuple(
            (one.network, check_text(one.text, one.language)) for one in content.variants
        ),
    )
