"""What makes a mention the same for a judgement: who stands there, not the place alone.

A mention is known by record and place in it. An amended record may name another party there, and
of that one nobody has said anything. So a judgement keeps digests of what stood on either side, as
decisions on matches do of a list entry, and counts while the facts are those.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from esclusa.analysis.resolution import Mention
from esclusa.casework.match_facts import digest, plain
from esclusa.codes.text import compact

PARTS: Final = (
    "type", "names", "birth_dates", "nationalities", "identifiers", "addresses", "phones",
)  # fmt: skip
"""What a judgement rests on. The role, the voyage, the goods are none: they are not the party."""

NOT_KEPT: Final = "not_kept"
"""In place of the parts that changed, where a judgement says nothing of its facts."""


def mention_digests(mention: Mention) -> dict[str, str]:
    """Return a digest for each part that a mention states.

    Words are taken as stated but for letter case and blanks, in any order; numbers without blanks
    and hyphens. No normal form of a later version may make a party look changed.
    """
    parts: dict[str, Iterable[str]] = {
        "type": (mention.type,),
        "names": map(plain, mention.names),
        "birth_dates": mention.birth_dates,
        "nationalities": map(plain, mention.nationalities),
        "identifiers": map(_number, mention.identifiers),
        "addresses": map(plain, (*mention.addresses, *mention.places)),
        "phones": mention.phones,
    }
    stated = {part: sorted(set(said)) for part, said in parts.items()}
    return {part: digest(said) for part, said in stated.items() if said}


def changed(then: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """Return the parts that are not what they were, in the order of ``PARTS``; a part stated on one
    side alone is one. ``("not_kept",)`` where nothing was kept to compare with."""
    if not then:
        return (NOT_KEPT,)
    return tuple(part for part in PARTS if then.get(part) != now.get(part))


def _number(identifier: str) -> str:
    scheme, _, value = identifier.partition(":")
    return f"{plain(scheme)}:{compact(value)}"
