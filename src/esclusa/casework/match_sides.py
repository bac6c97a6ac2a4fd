"""Both sides of a possible match, part by part, for a person who decides."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final

import msgspec

from esclusa.analysis.screening import normalise
from esclusa.analysis.screening.dates import compare, parse_span
from esclusa.analysis.screening.identifiers import parse_identifier
from esclusa.analysis.screening.query import country_code
from esclusa.model import Body, ListEntry, PartyFacts, Traveller

AGREES: Final = "agrees"
PARTLY: Final = "partly"
DIFFERS: Final = "differs"
NOT_ASKED: Final = "not_asked"
NOT_LISTED: Final = "not_listed"


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """A part as the record and the list state it, and what the two say about each other."""

    part: str
    asked: tuple[str, ...]
    listed: tuple[str, ...]
    verdict: str


def sides(party: PartyFacts, body: Body | None, path: str, entry: ListEntry) -> tuple[Side, ...]:
    """Return the parts that either side states, names first.

    :param body: the record that states the party, None when it is not there any more.
    :param path: where the party stands in it (``parties.1.name``, ``surname``).
    """
    names = (entry.name, *(alias.name for alias in entry.aliases))
    numbers = tuple(f"{item.scheme}:{item.value}" for item in entry.identifiers)
    found = (
        _side("names", (party.name,), names, lambda a, b: _names(a, b, party.type)),
        _side("birth_dates", _one(party.birth_date), entry.birth_dates, _dates),
        _side("birth_places", _born(body), entry.birth_places, _words),
        _side("nationalities", _one(party.nationality), entry.nationalities, _countries),
        _side("identifiers", party.identifiers, numbers, _numbers),
        _side("addresses", _addresses(body, path), entry.addresses, _words),
    )
    return tuple(side for side in found if side.asked or side.listed)


def _side(
    part: str, asked: Sequence[str], listed: Sequence[str],
    judge: Callable[[Sequence[str], Sequence[str]], str],
) -> Side:  # fmt: skip
    verdict = NOT_ASKED if not asked else NOT_LISTED if not listed else judge(asked, listed)
    return Side(part=part, asked=tuple(asked), listed=tuple(listed), verdict=verdict)


def _one(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


def _born(body: Body | None) -> tuple[str, ...]:
    return _one(body.birth_place) if isinstance(body, Traveller) else ()


def _addresses(body: Body | None, path: str) -> tuple[str, ...]:
    if isinstance(body, Traveller):
        return _one(body.residence)
    places = path.split(".")
    parties = getattr(body, "parties", ())
    if places[0] != "parties" or int(places[1]) >= len(parties):
        return ()
    party = parties[int(places[1])]
    return _one(", ".join(filter(None, (party.address, party.city, party.country))))


def _names(asked: Sequence[str], listed: Sequence[str], kind: str) -> str:
    ours = {normalise(name, kind).tokens for name in asked}
    return AGREES if ours & {normalise(name, kind).tokens for name in listed} else PARTLY


def _dates(asked: Sequence[str], listed: Sequence[str]) -> str:
    ours = next(filter(None, map(parse_span, asked)), None)
    theirs = [span for span in map(parse_span, listed) if span]
    if ours is None or not theirs:
        return NOT_ASKED if ours is None else NOT_LISTED
    verdict = compare(ours, theirs)
    return AGREES if verdict == "day" else DIFFERS if "contradiction" in verdict else PARTLY


def _countries(asked: Sequence[str], listed: Sequence[str]) -> str:
    return AGREES if _common(map(country_code, asked), map(country_code, listed)) else DIFFERS


def _numbers(asked: Sequence[str], listed: Sequence[str]) -> str:
    ours, theirs = ({parse_identifier(text) for text in side} for side in (asked, listed))
    if ours & theirs:
        return AGREES
    return PARTLY if _common((v for _s, v in ours), (v for _s, v in theirs)) else DIFFERS


def _words(asked: Sequence[str], listed: Sequence[str]) -> str:
    ours = set(normalise(" ".join(asked)).tokens)
    shared = max((len(ours & set(normalise(text).tokens)) for text in listed), default=0)
    return AGREES if shared == len(ours) > 0 else PARTLY if shared > 1 else DIFFERS


def _common(left: Iterable[str], right: Iterable[str]) -> Collection[str]:
    return (set(left) & set(right)) - {""}
