"""997 and 999: tell the sender of an X12 interchange which of its transaction sets were taken, and
what is wrong with them (ASC X12 functional acknowledgment 997, release 004010; implementation
acknowledgment 999, release 005010).

What they can say is place and kind: the segment's number in its set, a code of their lists. Our own
sentence about a defect has no room in them. 997 judges the syntax; 999 tells besides which values
could not be used, but such a value rejects no set.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

import msgspec

from esclusa.errors import FormatError
from esclusa.formats.edifact.segment import Group, Interchange, RawMessage, Segment, Separators
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.formats.reading import Notes
from esclusa.formats.work import Work
from esclusa.formats.x12.reader import TYPES
from esclusa.formats.x12.syntax import read_messages
from esclusa.model import Defect, Severity

_ORDER: Final = tuple(Severity)
_ISA_WIDTHS: Final = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1)

SEGMENT: Final = (
    (".unknown", "1"), (".unexpected", "2"), (".missing", "3"), (".order", "7"),
    (".repetitions", "5"), (".junk", "1"),
)  # fmt: skip
"""Words in our codes and what AK304 calls them; 8: the segment has element errors."""
SET: Final = (("se.missing", "2"), ("se.reference", "3"), ("se.count", "4"), ("st.type", "6"),
              ("truncated", "2"))  # fmt: skip
"""The same for AK502; 5: one or more segments in error."""
GROUP: Final = (("ge.missing", "3"), ("ge.reference", "4"), ("ge.count", "5"))
"""The same for AK905."""
ELEMENT: Final = (
    (".missing", "1"), (".excess", "3"), (".short", "4"), (".long", "5"), ("character", "6"),
    (".number", "6"), (".count", "6"), (".date", "8"), (".time", "9"),
)  # fmt: skip
"""The same for AK403 and IK403; 7: the value is none of those that may stand there."""


class Dialect(msgspec.Struct, frozen=True):
    """How an acknowledgment says things: its number, least release, and its segments' names.

    ``values``: it tells of values too.
    """

    number: str
    release: str
    segment: str
    element: str
    verdict: str
    values: bool


DIALECTS: Final = {
    "997": Dialect("997", "004010", "AK3", "AK4", "AK5", False),
    "999": Dialect("999", "005010", "IK3", "IK4", "IK5", True),
}

Told = tuple[RawMessage, tuple[Defect, ...]]
"""A set, whose defects are those of its syntax, and the defects of its values."""


def answer(
    stream: BinaryIO, *, prepared: str, reference: int, file: str = "",
    reject: Severity = Severity.ERROR, acknowledgment: str = "997", limits: Limits = DEFAULT,
) -> Iterator[bytes]:  # fmt: skip
    """Answer each interchange of a stream with one that acknowledges each functional group.

    Sets outside any group are not answered: an acknowledgment names a group.

    :param prepared: ISO 8601 local time to the minute.
    :param reference: control number of the first answer; each further one counts on.
    :param reject: the least severity of a defect of syntax for which a set is rejected.
    :param acknowledgment: ``997`` or ``999``.
    :raises FormatError: no interchange can be answered.
    :raises ValueError: there is no such acknowledgment.
    :raises LimitError: as reading does.
    """
    dialect = DIALECTS.get(acknowledgment)
    if dialect is None:
        raise ValueError(
            f"{acknowledgment!r} is no acknowledgment; there are {', '.join(DIALECTS)}"
        )
    number = 0
    for found, groups, between in _interchanges(stream, file, limits, dialect):
        yield _written(found, groups, between, prepared, reference + number, reject, file, dialect)
        number += 1
    if not number:
        raise FormatError("no interchange with a group and a transaction set to answer", file=file)


def _interchanges(
    stream: BinaryIO, file: str, limits: Limits, dialect: Dialect
) -> Iterator[tuple[Interchange, list[tuple[Group, list[Told]]], list[Defect]]]:
    present: Interchange | None = None
    groups: list[tuple[Group, list[Told]]] = []
    between: list[Defect] = []
    for item in read_messages(stream, file=file, limits=limits, work=Work(file, limits)):
        if isinstance(item, Defect):
            between.append(item)
            continue
        if present is not None and item.interchange is not present:
            ends = item.interchange.offset if item.interchange else item.offset
            yield present, groups, [defect for defect in between if defect.offset < ends]
            between = [defect for defect in between if defect.offset >= ends]
            present, groups = None, []
        if item.interchange is None or item.interchange.head is None or item.group is None:
            continue
        present = item.interchange
        if not groups or groups[-1][0] is not item.group:
            groups.append((item.group, []))
        values = _values(item, limits) if dialect.values else ()
        del item.segments[1:]  # what is wrong with it has been said
        groups[-1][1].append((item, values))
    if present is not None:
        yield present, groups, between


def _values(item: RawMessage, limits: Limits) -> tuple[Defect, ...]:
    """What the typed reader of a set, if there is one, finds wrong with its values."""
    reader = TYPES.get(item.type)
    if reader is None:
        return ()
    notes = Notes(item.reference, item.offset, limits.defects_per_message)
    reader(item, notes)
    return tuple(notes.found)


def _written(
    found: Interchange, groups: list[tuple[Group, list[Told]]], between: list[Defect],
    prepared: str, number: int, reject: Severity, file: str, dialect: Dialect,
) -> bytes:  # fmt: skip
    assert found.head is not None
    isa, gs = found.head, groups[0][0].head
    assert gs is not None
    marks = isa.marks
    date, time = prepared[:10].replace("-", ""), prepared[11:16].replace(":", "")
    control = f"{number % 10**9:09d}"
    old = [word.strip() for word in isa.text.split(marks.element)] + [""] * 17
    # Theirs go back, but for ISA01 to ISA04: passwords are not repeated.
    head = ("00", "", "00", "", old[7], old[8], old[5], old[6], date[2:], time, old[11], old[12],
            control, "0", old[15])  # fmt: skip
    lines = ["ISA" + marks.element + marks.element.join(
        word[:width].ljust(width) for word, width in zip(head, _ISA_WIDTHS, strict=True)
    ) + marks.element + marks.component]  # fmt: skip
    version = gs.get(8)
    lines.append(_line(marks, "GS", "FA", gs.get(3), gs.get(2), date, time, str(number), "X",
                       version if version.isdigit() and version >= dialect.release
                       else dialect.release))  # fmt: skip
    for place, (group, sets) in enumerate(groups, 1):
        ends = groups[place][0].offset if place < len(groups) else None
        late = [
            defect for defect in between
            if defect.code.startswith("x12.ge") and group.offset <= defect.offset
            and (ends is None or defect.offset <= ends)
        ]  # fmt: skip
        body = list(_acknowledged(group, sets, late, reject, dialect))
        reference = f"{place:04d}"
        lines.append(_line(marks, "ST", dialect.number, reference))
        lines += [_line(marks, *words) for words in body]
        lines.append(_line(marks, "SE", str(len(body) + 2), reference))
    lines.append(_line(marks, "GE", str(len(groups)), str(number)))
    lines.append(_line(marks, "IEA", "1", control))
    try:
        return "".join(line + marks.terminator for line in lines).encode("latin-1")
    except UnicodeEncodeError:
        reason = "a character in the headers of the interchange cannot be written in X12"
        raise FormatError(reason, file=file, offset=isa.offset) from None


def _line(marks: Separators, *words: str) -> str:
    """Join elements, empty ones at the end left out."""
    found = list(words)
    while not found[-1]:
        found.pop()
    return marks.element.join(found)


def _acknowledged(
    group: Group, sets: list[Told], late: list[Defect], reject: Severity, dialect: Dialect
) -> Iterator[tuple[str, ...]]:
    """AK1 to AK9 of a group; ``late`` are the defects of its trailer. 999 repeats the release of
    the group and the convention of each set."""
    assert group.head is not None
    more = (group.head.get(8),) if dialect.values else ()
    yield "AK1", group.head.get(1), group.head.get(6), *more
    taken = 0
    for one, values in sets:
        head, defects = one.segments[0], one.defects
        wrong = [defect for defect in defects if _least(defect) >= _ORDER.index(reject)]
        noted = (defects or values) and not wrong
        convention = (head.get(3),) if dialect.values else ()
        yield "AK2", head.get(1), head.get(2), *convention
        yield from _segments(head, [*defects, *values], dialect)
        code = _coded(defects, SET) or ("5" if defects or values else "")
        yield dialect.verdict, "R" if wrong else "E" if noted else "A", code
        taken += not wrong
    said = group.claimed
    claimed = said if said.isascii() and said.isdigit() and len(said) <= 6 else str(len(sets))
    verdict = "A" if taken == len(sets) else "P" if taken else "R"
    if verdict == "A" and (late or any(one.defects or values for one, values in sets)):
        verdict = "E"
    yield "AK9", verdict, claimed, str(len(sets)), str(taken), _coded(late[:1], GROUP)


def _segments(head: Segment, defects: list[Defect], dialect: Dialect) -> Iterator[tuple[str, ...]]:
    """Notes of the segments in which something is wrong; ST and SE are told in the verdict."""
    by_number: dict[int, list[Defect]] = {}
    for defect in defects:
        if defect.segment_no and not _coded([defect], SET):
            by_number.setdefault(defect.segment_no, []).append(defect)
    for number, some in sorted(by_number.items()):
        tag = next((defect.segment for defect in some if defect.segment), "")
        yield dialect.segment, tag or head.tag, str(number), "", _coded(some, SEGMENT) or "8"
        for defect in some:
            element, _, part = defect.element.partition(".")
            if element.isdigit():
                place = head.marks.component.join([element, part]) if part else element
                yield dialect.element, place, "", _coded([defect], ELEMENT) or "7"


def _least(defect: Defect) -> int:
    return _ORDER.index(defect.severity)


def _coded(defects: list[Defect], table: tuple[tuple[str, str], ...]) -> str:
    return next((code for defect in defects for word, code in table if word in defect.code), "")
