"""Write what happened to bills, containers and ships as 350, 353 or 355 of release 004010.

A set has one voyage and each of its loops one port, so events of others stand in sets and loops of
their own.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Final

from esclusa.formats.edifact.segment import Segment
from esclusa.formats.edifact.write_common import lines, reference_of, refused, wrong_kind
from esclusa.formats.x12 import write_common as common
from esclusa.formats.x12.customs_answer_355 import SEPARATOR
from esclusa.formats.x12.customs_events_353 import EVENTS, MANIFEST, TRANSFER
from esclusa.formats.x12.drafting import segment
from esclusa.formats.x12.events import DISPOSITIONS, INBOND, REMARK
from esclusa.formats.x12.writing import NewSet, set_head
from esclusa.model import Message, Place, TransportEvent, Voyage

FUNCTIONAL: Final = "SO"
"""Functional identifier (479) of customs sets in release 004010."""

_WHAT: Final = "event"
_FROM_CUSTOMS: Final = "Z"
"""Manifest type (256) of what customs sends to carriers."""

_FIXED: Final = ("QTY", "ENTRYTYPE", "ENTRY", "MB")
"""Words of documents that X4 has elements for."""

_CODE_OF: Final = {meant: code for code, meant in EVENTS.items()}
_KIND_OF: Final = {event: kind for kind, event in MANIFEST.items()}
_SHORT: Final = 25
"""Length of V902."""
_INFORMATION: Final = 80
"""Length of K301 to K303."""


def _events(message: Message, kind: str) -> Iterator[TransportEvent]:
    for each in message.statements:
        if not isinstance(each, TransportEvent):
            raise wrong_kind(each, kind, "transport events")
        yield each


def _sets(message: Message, kind: str, bodies: Iterable[Iterable[Segment]]) -> list[NewSet]:
    return [
        NewSet(set_head(kind, reference_of(message, at)), list(body))
        for at, body in enumerate(bodies)
    ]


def _port(place: Place) -> Segment | None:
    code = place.code or common.text(place.name)
    return segment("P4", code) if code else None


def _local(event: TransportEvent) -> tuple[str, str]:
    """Date and time for a segment that has no place for a zone."""
    date, time, zone = common.moment(event.occurred, _WHAT) if event.occurred else ("", "", "")
    if zone:
        raise refused("its moment has a zone, which the segment has no place for", _WHAT)
    return date, time


def _remarks(words: str) -> Iterator[Segment]:
    """K1, two lines each."""
    found = common.cut(words, REMARK)
    for at in range(0, len(found), 2):
        yield segment("K1", *found[at : at + 2])


def _numbers(event: TransportEvent) -> list[str]:
    """In-bond numbers of the documents."""
    return [
        rest for word, _, rest in (each.partition(":") for each in event.documents)
        if word == INBOND and rest.strip()
    ]  # fmt: skip


# -- 350 ------------------------------------------------------------------------------------------


def write_350(message: Message) -> list[NewSet]:
    """Write events as customs status information.

    :raises WritingError: a statement is of another kind, an event has no disposition code, or a
        value cannot be written.
    """
    voyages: dict[Voyage, dict[Place, list[TransportEvent]]] = {}
    for each in _events(message, "350"):
        voyages.setdefault(each.voyage, {}).setdefault(each.place, []).append(each)
    return _sets(message, "350", (_status(voyage, ports) for voyage, ports in voyages.items()))


def _status(voyage: Voyage, ports: dict[Place, list[TransportEvent]]) -> Iterator[Segment]:
    yield common.m10(voyage, _FROM_CUSTOMS)
    for place, found in ports.items():
        yield _port(place) or segment("P4")
        for each in sorted(found, key=_about_cargo):  # V9 stands before X4
            yield from _posting(each) if _about_cargo(each) else _ship_event(each)


def _about_cargo(event: TransportEvent) -> bool:
    return bool(event.bill or event.equipment is not None)


def _posting(event: TransportEvent) -> Iterator[Segment]:
    """X4 with its K1, N9 and N7."""
    if not event.code:
        raise refused("it has no disposition code", _WHAT)
    date, time, zone = common.moment(event.occurred, _WHAT) if event.occurred else ("", "", "")
    fixed, rest = _documents(event)
    master = fixed["MB"]
    box = event.equipment.number if event.equipment is not None else ""
    yield segment(
        "X4", event.bill, fixed["QTY"], fixed["ENTRYTYPE"], fixed["ENTRY"], date, time, event.code,
        master[4:], event.carrier, master[:4], *common.initials(box), "", "", "", "", zone,
    )  # fmt: skip
    name = DISPOSITIONS[event.code].name if event.code in DISPOSITIONS else ""
    yield from _remarks(event.reason.removeprefix(name).removeprefix("; "))
    for word, value in rest:
        if word == "EQ":
            yield segment("N7", *common.initials(value))
        else:
            yield segment("N9", word, value)


def _documents(event: TransportEvent) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """What X4 has elements for, and the rest for N9 and N7."""
    fixed, rest = dict.fromkeys(_FIXED, ""), list[tuple[str, str]]()
    for each in event.documents:
        word, colon, value = each.partition(":")
        value = common.text(value)
        if word in fixed and value and not fixed[word]:
            fixed[word] = value
        elif colon and value and 2 <= len(word) <= 3 and word.isalnum():
            rest.append((word, value))
        else:
            rest.append(("ZZ", common.text(each)))
    return fixed, rest


def _ship_event(event: TransportEvent) -> Iterator[Segment]:
    """V9 about the ship; a long text goes into K1."""
    date, time = _local(event)
    words = common.text(event.reason)
    short = words if len(words) <= _SHORT else ""
    yield segment("V9", event.code, short, date, time)
    yield from _remarks("" if short else words)


# -- 353 ------------------------------------------------------------------------------------------


def write_353(message: Message) -> list[NewSet]:
    """Write arrivals, departures and transfers as customs events advisory details.

    :raises WritingError: a statement is of another kind, an event is none of these, an event of the
        ship has no code, there is no date, or a value cannot be written.
    """
    groups: dict[tuple[Voyage, str, Place], list[TransportEvent]] = {}
    for each in _events(message, "353"):
        key = (each.voyage, _KIND_OF.get(each.event, ""), each.place)
        groups.setdefault(key, []).append(each)
    return _sets(message, "353", (_advisory(*key, found) for key, found in groups.items()))


def _advisory(
    voyage: Voyage, kind: str, place: Place, found: list[TransportEvent]
) -> Iterator[Segment]:
    yield common.m10(voyage, kind)
    if port := _port(place):
        yield port
    for each in found:
        yield _m15(each)
        words = each.reason
        if each.event == "other" and each.code in EVENTS:
            words = words.removeprefix(TRANSFER).removeprefix("; ")
        yield from _remarks(words)


def _m15(event: TransportEvent) -> Segment:
    if not event.occurred:
        raise refused("it has no date", _WHAT)
    date, time = _local(event)
    subject, number = _subject(event)
    code = _CODE_OF.get((event.event, subject), "") if subject != "ship" else event.code
    if not code or (subject == "ship" and code in EVENTS):
        reason = "353 has no code for it: arrivals, departures and transfers, of a ship with a code"
        raise refused(reason, _WHAT)
    box = event.equipment
    seal = box.seals[0].number if box is not None and box.seals else ""
    tax, carrier = _next_carrier(event)
    return segment(
        "M15", code, number, date, event.place.code, event.carrier, time, seal, tax, carrier,
        common.text(event.place.name),
    )  # fmt: skip


def _subject(event: TransportEvent) -> tuple[str, str]:
    """What the event is about, and its number."""
    if event.equipment is not None:
        return "container", event.equipment.number
    if event.bill:
        return "bill", event.bill
    if numbers := _numbers(event):
        return "inbond", numbers[0]
    return "ship", event.voyage.reference


def _next_carrier(event: TransportEvent) -> tuple[str, str]:
    """Tax number and code of the first party that is a carrier."""
    for party in event.parties:
        if party.role == "carrier":
            known = {each.scheme: each.value for each in reversed(party.identifiers)}
            return known.get("tax", ""), known.get("other", "")
    return "", ""


# -- 355 ------------------------------------------------------------------------------------------


def write_355(message: Message) -> list[NewSet]:
    """Write acceptances and refusals as customs answers.

    :raises WritingError: a statement is of another kind, an event is neither, or a value cannot be
        written.
    """
    groups: dict[Hashable, list[TransportEvent]] = {}
    whole: dict[Hashable, int] = {}
    for each in _events(message, "355"):
        if each.event not in ("accept", "refuse"):
            raise refused("355 carries acceptances and refusals alone", _WHAT)
        key = (each.voyage, each.place)
        if _subject(each)[0] == "ship":  # one verdict to a set
            whole[key] = whole.get(key, -1) + 1
            groups.setdefault((key, whole[key]), []).append(each)
        else:
            groups.setdefault((key, 0), []).append(each)
    return _sets(message, "355", map(_answer, groups.values()))


def _answer(found: list[TransportEvent]) -> Iterator[Segment]:
    first = found[0]
    yield common.m10(first.voyage, _FROM_CUSTOMS)
    yield _port(first.place) or segment("P4")
    whole = [each for each in found if _subject(each)[0] == "ship"]
    items = [each for each in found if _subject(each)[0] != "ship"]
    verdict = ""
    for each in whole:
        errors, verdict = _errors(each)
        yield from errors
    for number, each in enumerate(items, 1):
        yield segment("LX", str(number))
        yield _named(each)
        if each.event == "refuse":  # K1 behind a bill says that it was refused
            errors, rest = _errors(each)
            yield from errors
            yield from _remarks(rest or ("" if errors else "REJECTED"))
    yield from _verdict(whole, items, verdict)


def _named(event: TransportEvent) -> Segment:
    subject, number = _subject(event)
    if subject == "bill":
        return segment("M11", number, *[""] * 10, event.carrier)
    return segment("M15", _CODE_OF["arrive", subject], number, "", "", event.carrier)


def _errors(event: TransportEvent) -> tuple[list[Segment], str]:
    """K1 for each code with its text, and the text that has no code."""
    codes = event.code.split(",") if event.code else []
    texts = common.text(event.reason).split(SEPARATOR, len(codes)) if event.reason else []
    found: list[Segment] = []
    for at, code in enumerate(codes):
        words = texts[at] if at < len(texts) else ""
        if words:
            found += _remarks(f"{code} {words}")
        else:
            found.append(segment("K1", code))
    return found, SEPARATOR.join(texts[len(codes) :])


def _verdict(
    whole: list[TransportEvent], items: list[TransportEvent], verdict: str
) -> Iterator[Segment]:
    """K3, where the errors alone do not say it."""
    refused_items = any(each.event == "refuse" for each in items)
    for each in whole:
        said = verdict.upper()
        implied = "refuse" if each.code or refused_items else "accept"
        known = "refuse" if "REJECT" in said else "accept" if "ACCEPT" in said else implied
        if known != each.event:
            word = "REJECTED" if each.event == "refuse" else "ACCEPTED"
            verdict = f"{verdict} {word}".strip()
    found = lines(verdict, _INFORMATION)
    for at in range(0, len(found), 3):
        yield segment("K3", *found[at : at + 3])
