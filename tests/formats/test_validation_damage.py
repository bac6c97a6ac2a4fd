"""Validation against directory and guide: clean messages stay clean, each fault is told at its place.

Whether an order of segments is allowed is decided here by a regular expression made from the
structure, which knows no resynchronisation: the walk must agree with it on every message and on every
damaged one. What stands inside segments is damaged at a known element, component and byte.
``ESCLUSA_LONG=1`` damages a hundred times as often.
"""

from __future__ import annotations

import io
import os
import random
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from esclusa.formats.edifact import directory, guides
from esclusa.formats.edifact.directory import Element, Node, Part
from esclusa.formats.edifact.guides import Guide, overlaid
from esclusa.formats.edifact.segment import RawMessage, Segment
from esclusa.formats.edifact.syntax import read_messages
from esclusa.formats.edifact.validation import Schema, schema, validate
from esclusa.model import Defect, Severity

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = (ROOT / "tests" / "data" / "edifact", ROOT / "src" / "esclusa" / "samples")
SEEDS = 4_000 if os.environ.get("ESCLUSA_LONG") else 40
"""Damages of each sample message and family (order, content), of long ones a tenth."""

LONG_ONE = 200
"""Segments."""

STRUCTURE = ("edifact.segment.", "edifact.group.")

BROKEN = {
    # Real faults, by message as the sample's file name begins.
    "BAPLIE__nezpik": "D.95B order under D.15A: no UNS, EQD before LOC",
    "INFENT__indice-co__EDI.Net__edifact.Paiement": "group 4 (SEQ) is mandatory and not there",
    "INFENT__nerdocs__pydifact__sage_coala": "a second IND in group 4, which allows one",
    "INVOIC__indice-co__EDI.Net__edifact.Issue203": "no BGM",
    "INVOIC__tdecaluwe": "a second BGM",
    "MEDRPT__nerdocs": "version 1.901 of a health service: NAD in the header, ten FTX in a row",
    "ORDERS__smooks__smooks-edi-cartridge__BAD_ORDERS": "36 DTM on purpose",
    "PAXLST__smooks__smooks-edi-cartridge__bad-paxlst": "a second RFF on purpose, and two LOC of a document",
    "PAXLST__smooks__smooks-edi-cartridge__paxlst": "two LOC of a document, D.01B allows one",
    "manifest-damaged": "made to be broken",
    # Pieces of documentation and of other projects' tests: UNH, a few segments, UNT.
    "IFTMBF__looksocial": "TDT after NAD",
    "IFTMIN__Chemaclass": "pieces without BGM or NAD",
    "IFTMIN__indice-co__EDI.Net__edifact.Issue188": "pieces without BGM",
    "INVOIC__Chemaclass": "pieces without BGM or UNS",
    "INVOIC__hupe1980": "pieces without UNS and MOA",
    "ORDERS__Chemaclass": "pieces without BGM, DTM or UNS",
    "ORDERS__hupe1980": "pieces without DTM or UNS",
    "ORDERS__nerdocs__pydifact__test_segmentcollection": "UNH and UNT alone",
    "ORDRSP__indice-co__EDI.Net__edifact.ORDRSP.edi": "DTM before the RFF of group 1",
    "UTILMD__hupe1980": "an ORDERS piece without UNS",
}  # fmt: skip


@cache
def samples() -> tuple[tuple[str, RawMessage], ...]:
    """Return every whole message of the samples whose type a directory has."""
    files = [file for folder in SAMPLES for file in sorted(folder.glob("*.edi"))]
    return tuple(
        (file.name, raw)
        for file in files
        for raw in read_messages(io.BytesIO(file.read_bytes()), file=file.name)
        if isinstance(raw, RawMessage)
        and raw.segments[-1].tag == "UNT"
        and directory.nearest(raw.directory, raw.type)
    )


def edition_of(raw: RawMessage) -> tuple[str, Guide]:
    guide = guides.stated(raw.type, raw.association)
    return directory.nearest(guides.within(raw.directory, guide), raw.type), guide


def schema_of(raw: RawMessage) -> Schema:
    edition, guide = edition_of(raw)
    return schema(edition, raw.type, guide.id)


def structural(defects: tuple[Defect, ...]) -> list[Defect]:
    return [defect for defect in defects if defect.code.startswith(STRUCTURE)]


# -- a grammar that knows nothing of the walk -------------------------------------------------------


@cache
def grammar(edition: str, kind: str, guide: str) -> re.Pattern[str]:
    """Return the structure as a regular expression over ``UNH;BGM;DTM;``."""
    chosen = guides.by_id(guide)
    return re.compile(expression(overlaid(directory.structure(edition, kind), chosen), chosen, ""))


def expression(nodes: tuple[Node, ...], guide: Guide, inside: str) -> str:
    text = ""
    for at, node in enumerate(nodes):
        if node.tag and at == 0 and inside in guide.opens:
            one = "(?:" + "|".join(re.escape(each) for each in guide.opens[inside]) + ");"
        elif node.tag:
            one = node.tag + ";"
        else:
            one = expression(node.inside, guide, node.group)
        text += f"(?:{one}){{{int(node.mandatory)},{node.repeats}}}"
    return text


def words(raw: RawMessage, guide: Guide) -> list[str]:
    openers = {token for tokens in guide.opens.values() for token in tokens}
    found = []
    for segment in raw.segments:
        token = f"{segment.tag}+{segment.get(1)}"
        found.append(token if token in openers else segment.tag)
    return found


def allowed(raw: RawMessage) -> bool:
    edition, guide = edition_of(raw)
    text = "".join(word + ";" for word in words(raw, guide))
    return grammar(edition, raw.type, guide.id).fullmatch(text) is not None


# -- writing a damaged message, and reading it with the reader --------------------------------------


def written(raw: RawMessage, texts: list[str]) -> bytes:
    marks = raw.segments[0].marks
    una = f"UNA{marks.component}{marks.element}{marks.decimal}{marks.release or ' '}{marks.repetition or ' '}{marks.terminator}"
    unb = f"UNB{marks.element}UNOY{marks.component}{4 if marks.repetition else 3}{marks.element}A{marks.element}B"
    return (una + marks.terminator.join([unb, *texts, ""])).encode("utf-8")


def reread(raw: RawMessage, texts: list[str]) -> tuple[RawMessage, bytes]:
    data = written(raw, texts)
    found = [item for item in read_messages(io.BytesIO(data)) if isinstance(item, RawMessage)]
    assert len(found) == 1
    return found[0], data


def texts_of(raw: RawMessage) -> list[str]:
    return [segment.text for segment in raw.segments]


@cache
def clean() -> tuple[tuple[str, RawMessage], ...]:
    """Return the sample messages without a structural fault, written anew."""
    found = [(name, reread(raw, texts_of(raw))[0]) for name, raw in samples() if allowed(raw)]
    return tuple((name, raw) for name, raw in found if len(raw.segments) > 3)


def seeds(raw: RawMessage) -> int:
    return SEEDS if len(raw.segments) <= LONG_ONE else SEEDS // 10


# -- samples ----------------------------------------------------------------------------------------


def test_the_samples_are_enough() -> None:
    assert len(samples()) > 120
    assert len(clean()) > 25
    assert len({raw.type for _, raw in clean()}) >= 10


@pytest.mark.parametrize("at", range(len(samples())))
def test_structure_is_faulted_just_where_the_segment_table_forbids_it(at: int) -> None:
    name, raw = samples()[at]
    assert bool(structural(validate(raw))) is not allowed(raw), name


@pytest.mark.parametrize("at", range(len(samples())))
def test_no_clean_sample_has_a_defect_of_structure(at: int) -> None:
    name, raw = samples()[at]
    known = any(name.startswith(start) for start in BROKEN)
    assert known or structural(validate(raw)) == [], name


def test_each_sample_said_to_be_broken_is_broken() -> None:
    names = {name for name, raw in samples() if structural(validate(raw))}
    assert {start for start in BROKEN if not any(name.startswith(start) for name in names)} == set()


@pytest.mark.parametrize("kind", ["PAXLST", "BAPLIE", "CUSCAR"])
def test_our_own_samples_follow_their_guides(kind: str) -> None:
    own = [
        raw
        for name, raw in samples()
        if "__" not in name and "damaged" not in name and raw.type == kind
    ]
    assert own
    assert [structural(validate(raw)) for raw in own] == [[]] * len(own)


# -- damaged order ----------------------------------------------------------------------------------


def dropped(texts: list[str], at: int, chance: random.Random, tags: list[str]) -> list[str]:
    return texts[:at] + texts[at + 1 :]


def doubled(texts: list[str], at: int, chance: random.Random, tags: list[str]) -> list[str]:
    return [*texts[:at], texts[at], *texts[at:]]


def swapped(texts: list[str], at: int, chance: random.Random, tags: list[str]) -> list[str]:
    if at + 2 >= len(texts):
        return texts
    return [*texts[:at], texts[at + 1], texts[at], *texts[at + 2 :]]


def unknown(texts: list[str], at: int, chance: random.Random, tags: list[str]) -> list[str]:
    return [*texts[:at], "XQX", *texts[at:]]


def misplaced(texts: list[str], at: int, chance: random.Random, tags: list[str]) -> list[str]:
    tag = chance.choice(tags)
    same = [text for text in texts if text.startswith(tag)]
    return [*texts[:at], same[0] if same else tag, *texts[at:]]


def repeated(texts: list[str], at: int, chance: random.Random, tags: list[str]) -> list[str]:
    return texts[:at] + [texts[at]] * 100 + texts[at + 1 :]


DAMAGES: tuple[Callable[[list[str], int, random.Random, list[str]], list[str]], ...] = (
    dropped, doubled, swapped, unknown, misplaced, repeated,
)  # fmt: skip


def damage_order(raw: RawMessage, chance: random.Random) -> tuple[str, int, RawMessage]:
    """Return the name of a damage, the segment number where it is, and the damaged message."""
    at = chance.randrange(1, len(raw.segments) - 1)
    tags = sorted(schema_of(raw).plan.tags - {"UNH", "UNT"})
    damage = chance.choice(DAMAGES)
    made, _ = reread(raw, damage(texts_of(raw), at, chance, tags))
    return damage.__name__, at + 1, made


@pytest.mark.parametrize("at", range(len(clean())))
def test_one_damaged_place_gives_one_defect_there(at: int) -> None:
    name, raw = clean()[at]
    chance = random.Random(at)
    far = 0
    for _ in range(seeds(raw)):
        kind, number, made = damage_order(raw, chance)
        found = structural(validate(made))
        note = f"{name}: {kind} at {number}: {[(each.code, each.segment_no) for each in found]}"
        assert bool(found) is not allowed(made), note
        if not found:
            continue
        if kind != "repeated":
            assert len(found) == 1, note
            # What is noticed at the next segment, or one later where both could stand, is in place.
            far += min(abs(each.segment_no - number) for each in found) > 2
        if kind == "unknown":
            assert (found[0].code, found[0].segment, found[0].segment_no) == (
                "edifact.segment.unknown",
                "XQX",
                number,
            )
        assert all(made.segments[each.segment_no - 1].offset == each.offset for each in found), note
    assert far <= seeds(raw) // 10, name


def test_two_thousand_damages_are_made_in_the_default_run() -> None:
    assert 2 * sum(seeds(raw) for _, raw in clean()) >= 2_000


# -- damaged content --------------------------------------------------------------------------------


def spots(raw: RawMessage) -> list[tuple[int, int, int, Part, Element, str]]:
    """Return every filled component: segment index, element, component, part, element spec, value."""
    made = schema_of(raw)
    found = []
    for index, segment in enumerate(raw.segments):
        content = made.content(segment.tag, segment.marks)
        if content is None or "?" in segment.text or segment.tag in ("UNH", "UNT"):
            continue
        if segment.marks.repetition and segment.marks.repetition in segment.text:
            continue
        for number, values in enumerate(segment.elements(), 1):
            spec = content.elements[number - 1] if number <= len(content.elements) else None
            for component, value in enumerate(values, 1):
                if spec is not None and value and component <= len(spec.parts):
                    found.append((index, number, component, spec.parts[component - 1], spec, value))
    return found


def put(segment: Segment, number: int, component: int, value: str) -> str:
    """Return the segment's text with one component set."""
    marks = segment.marks
    parts = segment.text.split(marks.element)
    values = parts[number].split(marks.component)
    values[component - 1] = value
    parts[number] = marks.component.join(values)
    return marks.element.join(parts)


def byte_of(
    text: str, marks_element: str, marks_component: str, number: int, component: int
) -> int:
    """Return where a component begins in a segment's text."""
    parts = text.split(marks_element)
    values = parts[number].split(marks_component)
    return (
        len(marks_element.join(parts[:number]))
        + 1
        + len(marks_component.join(values[: component - 1]))
        + (component > 1)
    )


def damage_content(raw: RawMessage, chance: random.Random) -> tuple[str, str, int, str, str] | None:
    """Return a code, a segment's new text, its index, the element's name, and the bad value."""
    index, number, component, part, spec, _ = chance.choice(spots(raw))
    segment = raw.segments[index]
    name = f"{number}.{component}" if spec.composite else str(number)
    codes = schema_of(raw).content(segment.tag, segment.marks)
    assert codes is not None
    match chance.randrange(4):
        case 0:
            long = ("7" if part.form == "n" else "X") * (part.longest + 1)
            return "edifact.element.long", put(segment, number, component, long), index, name, long
        case 1 if part.form == "n" and part.longest >= 2:
            word = "AB"[: part.longest].ljust(part.shortest, "C")
            return "edifact.element.class", put(segment, number, component, word), index, name, word
        case 2 if part.id in codes.codes and not foreign(segment, number, component, spec):
            word = "~" * part.shortest
            return "edifact.element.code", put(segment, number, component, word), index, name, word
        case 3 if number == len(segment):
            more = segment.text + segment.marks.element * (len(codes.elements) + 120 - number) + "X"
            return "edifact.element.excess", more, index, str(len(codes.elements) + 120), "X"
        case _:
            return None


def foreign(segment: Segment, number: int, component: int, spec: Element) -> bool:
    """Answer whether the component's code is of another's list."""
    values = segment.element(number)
    later = zip(spec.parts[component:], values[component:], strict=False)
    return any(part.id in ("1131", "3055") and value for part, value in later)


@pytest.mark.parametrize("at", range(len(clean())))
def test_a_damaged_value_is_told_at_its_element_and_byte(at: int) -> None:
    name, raw = clean()[at]
    chance = random.Random(1000 + at)
    before = [(each.code, each.segment_no, each.element) for each in validate(raw)]
    made = 0
    while made < seeds(raw):
        damage = damage_content(raw, chance)
        if damage is None:
            continue
        made += 1
        code, text, index, element, value = damage
        if (code, index + 1, element) in before:
            continue
        texts = texts_of(raw)
        texts[index] = text
        again, data = reread(raw, texts)
        note = f"{name}: {code} at {element} of {text}"
        found = [
            each
            for each in validate(again)
            if (each.code, each.segment_no, each.element) not in before
        ]
        mine = [each for each in found if each.code == code and each.element == element]
        assert [each.segment_no for each in mine] == [index + 1], f"{note}: {found}"
        assert len(found) == 1 or structural(tuple(found)), note
        if text.isascii():
            assert data[mine[0].offset : mine[0].offset + mine[0].length].decode() == value, note


@pytest.mark.parametrize("at", range(len(clean())))
def test_what_must_be_there_is_missed(at: int) -> None:
    """Each mandatory element and component of each segment in turn is emptied."""
    name, raw = clean()[at]
    for index, number, component, part, spec, _ in spots(raw)[:60]:
        if not (part.mandatory and spec.mandatory):
            continue
        segment = raw.segments[index]
        texts = texts_of(raw)
        texts[index] = put(segment, number, component, "")
        if segment.tag in schema_of(raw).plan.known:
            continue  # without its qualifier it would open another group
        again, _ = reread(raw, texts)
        found = [
            each
            for each in validate(again)
            if each.segment_no == index + 1 and each.code.endswith(".missing")
        ]
        assert found, f"{name}: {texts[index]}"
        assert all(each.severity is Severity.ERROR for each in found)
        assert {each.element.split(".")[0] for each in found} == {str(number)}, (
            f"{name}: {texts[index]}"
        )


@pytest.mark.parametrize("at", range(0, len(samples()), 2))
def test_the_quick_way_never_passes_what_the_slow_way_would_tell(at: int) -> None:
    _, raw = samples()[at]
    made = schema_of(raw)
    chance = random.Random(at)
    for segment in raw.segments[:120]:
        content = made.content(segment.tag, raw.segments[0].marks)
        if content is None:
            continue
        text = segment.text
        for _ in range(4):
            if content.sound(text):
                copy = Segment(text, segment.tag, 0, len(text) + 1, 1, segment.marks)
                assert list(content.flaws(copy)) == [], text
            place = chance.randrange(3, len(text) + 1)
            text = (
                text[:place]
                + chance.choice(["+", ":", "1", "A", "::", "", "X" * 40, "-", ".", "?+"])
                + text[place + chance.randrange(3) :]
            )


# -- any bytes --------------------------------------------------------------------------------------


def mutated(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(changed) + 1)
        match chance.randrange(4):
            case 0:
                changed[place : place + 1] = bytes([chance.choice(b"'+:?*~\n\r\0UN\xff\xc3Z9")])
            case 1:
                del changed[place : place + chance.randint(1, 40)]
            case 2:
                changed[place:place] = changed[place : place + chance.randint(1, 200)]
            case _:
                changed[place:place] = chance.choice(
                    [b"'BGM'", b"+++", b":::::", b"'NAD+", b"'UNT+1+1'UNH+1+BAPLIE:D:95B'"]
                )
    return bytes(changed)


def test_no_bytes_make_validation_raise_and_each_defect_lies_in_the_message() -> None:
    chance = random.Random(9)
    files = [
        file.read_bytes()[:3000] for folder in SAMPLES for file in sorted(folder.glob("*.edi"))
    ]
    count = 0
    for _ in range(SEEDS * 20):
        data = mutated(chance.choice(files), chance)
        for raw in read_messages(io.BytesIO(data)):
            if isinstance(raw, RawMessage):
                for defect in validate(raw):
                    count += 1
                    assert defect.code and defect.reason, data
                    assert raw.offset <= defect.offset <= raw.offset + raw.length, (data, defect)
                    assert 0 <= defect.segment_no <= len(raw.segments), (data, defect)
    assert count > SEEDS * 20
