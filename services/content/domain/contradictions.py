"""Which rules cannot both be kept where both apply; what they name is folded once for all pairs."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from contracts.checks.reading import handle_key, host_key, tag_key, with_parents
from contracts.checks.rules import Address, Hashtags, Links, Mentions, Rule, with_wider

Way = tuple[str, str]
"""A kind of rule, and what it makes of what it names: only some of these clash."""


@dataclass(frozen=True)
class Keyed:
    """A rule ready to be compared with many: what it names and where it applies, folded once."""

    rule: Rule
    keys: frozenset[str]
    networks: frozenset[str]
    languages: frozenset[str]
    wider: frozenset[str]
    """Its languages, and those that cover them."""


Keyeds = Mapping[Way, Sequence[Keyed]]
"""Rules by their way. What contradicts nothing is not among them."""


def keyed(rules: Iterable[Rule]) -> Keyeds:
    """Make rules ready to be compared."""
    by_way: dict[Way, list[Keyed]] = {}
    for rule in rules:
        if (told := _names(rule)) is not None:
            use, keys = told
            languages = frozenset(one.lower() for one in rule.languages)
            one = Keyed(rule, keys, frozenset(rule.networks), languages, with_wider(languages))
            by_way.setdefault((rule.kind, use), []).append(one)
    return by_way


def among(rules: Keyeds) -> Iterator[tuple[Rule, Rule]]:
    """Answer the pairs of rules that cannot both be kept."""
    for one, other, clash in _CLASHES:
        yield from _clashing(rules.get(one, ()), rules.get(other, ()), clash)


def between(these: Keyeds, those: Keyeds) -> Iterator[tuple[Rule, Rule]]:
    """Answer the pairs of one of these and one of those that cannot both be kept."""
    for one, other, clash in _CLASHES:
        yield from _clashing(these.get(one, ()), those.get(other, ()), clash)
        for their, our in _clashing(those.get(one, ()), these.get(other, ()), clash):
            yield our, their


def _clashing(
    ones: Sequence[Keyed], others: Sequence[Keyed], clash: Callable[[Keyed, Keyed], bool]
) -> Iterator[tuple[Rule, Rule]]:
    for one in ones:
        for other in others:
            if clash(one, other) and _meet(one, other):
                yield one.rule, other.rule


def _names(rule: Rule) -> tuple[str, frozenset[str]] | None:
    """Answer the use of a rule and the keys of what it names, or None if nothing clashes."""
    if isinstance(rule, Hashtags):
        return rule.use, frozenset(map(tag_key, rule.tags))
    if isinstance(rule, Mentions):
        return rule.use, frozenset(map(handle_key, rule.profiles))
    if isinstance(rule, Links):
        hosts = map(host_key, rule.hosts)
        # Whoever forbids a host forbids all under it: what is allowed stands under its parents.
        return rule.use, with_parents(hosts) if rule.use == "allowed" else frozenset(hosts)
    if isinstance(rule, Address):
        return rule.form, frozenset()
    return None


def _meet(one: Keyed, other: Keyed) -> bool:
    if one.networks and other.networks and one.networks.isdisjoint(other.networks):
        return False
    if not one.languages or not other.languages:
        return True
    return not (one.languages.isdisjoint(other.wider) and one.wider.isdisjoint(other.languages))


def _share(one: Keyed, other: Keyed) -> bool:
    return not one.keys.isdisjoint(other.keys)


def _ask_for_more(required: Keyed, allowed: Keyed) -> bool:
    return not required.keys <= allowed.keys


def _always(_one: Keyed, _other: Keyed) -> bool:
    return True


_CLASHES: Sequence[tuple[Way, Way, Callable[[Keyed, Keyed], bool]]] = (
    (("hashtags", "required"), ("hashtags", "forbidden"), _share),
    (("hashtags", "suggested"), ("hashtags", "forbidden"), _share),
    (("mentions", "required"), ("mentions", "forbidden"), _share),
    (("mentions", "allowed"), ("mentions", "forbidden"), _share),
    (("mentions", "required"), ("mentions", "allowed"), _ask_for_more),
    (("links", "allowed"), ("links", "forbidden"), _share),
    (("address", "formal"), ("address", "informal"), _always),
)
