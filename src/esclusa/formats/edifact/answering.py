"""CONTRL: tell the sender of an interchange which of its messages were taken, and what is wrong
with the others (ISO 9735-4; CONTRL of version D release 3, in syntax version 4 of 4 release 1).

What CONTRL can say is place and kind: the segment's number in its message, the element, a code of
0085. Our own sentence about a defect has no room in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO, Final, Generic, TypeVar

from esclusa.errors import FormatError
from esclusa.formats.edifact.checking import SEVERITIES, Checked, checked
from esclusa.formats.edifact.drafting import SERVICE, Element, segment
from esclusa.formats.edifact.segment import RawMessage, Segment
from esclusa.formats.edifact.syntax import read_messages
from esclusa.formats.edifact.writing import (
    NewMessage,
    interchange_head,
    message_head,
    write_interchange,
)
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.formats.work import Work
from esclusa.model import Defect, Severity

REJECTED: Final = "4"
ACKNOWLEDGED: Final = "7"
UNSPECIFIED: Final = "18"

CODES: Final = (
    ("una.", "20"), ("charset", "21"), (".size", "18"), (".count", "29"), (".reference", "28"),
    ("outside", "33"), (".junk", "33"), (".missing", "13"), (".unknown", "15"),
    (".unexpected", "15"), (".order", "15"), ("group.repetitions", "36"), (".repetitions", "35"),
    (".excess", "16"), (".long", "39"), (".short", "40"), (".class", "37"), (".code", "12"),
    ("truncated", "13"), (".type", "13"),
)  # fmt: skip
"""Words in our codes and what 0085 calls it; the first that stands in a code counts."""

_SERVICE: Final = frozenset({"UNH", "UNT"})


_MANDATORY: Final = 3
"""Type, version and release of S009 come before the agency, which is the last it must have."""
_NEEDED: Final = (("sender", 2), ("recipient", 3), ("control reference", 5))


def nobody(unb: Segment) -> Defect | None:
    """Return what hinders an answer: a header that does not name what the answer must repeat."""
    lacking = [name for name, element in _NEEDED if not unb.get(element)]
    if not lacking:
        return None
    return Defect(
        code="edifact.unb.unanswerable", severity=Severity.ERROR, offset=unb.offset,
        length=unb.length, segment="UNB",
        reason=f"the header names no {' and no '.join(lacking)}, so nobody can be answered",
    )  # fmt: skip


T = TypeVar("T")


class Received(Generic[T]):
    """What is to be said of one interchange: its header, the defects between its messages, and of
    each message UNH and what was made of it."""

    def __init__(self, head: Segment) -> None:
        self.head = head
        self.defects: list[Defect] = []
        self.messages: list[tuple[Segment, T]] = []


def answer(
    stream: BinaryIO, *, prepared: str, reference: str, file: str = "", directory: str = "",
    guide: str | None = None, reject: Severity = Severity.ERROR, limits: Limits = DEFAULT,
    tell: Callable[[Defect], None] = lambda _defect: None,
) -> Iterator[bytes]:  # fmt: skip
    """Answer each interchange of a stream with one that holds a CONTRL; its bytes in pieces.

    One without messages or header is not answered: nobody is named in it. Nor is one whose header
    lacks what the answer must repeat; ``tell`` is told of that one.

    :param prepared: ISO 8601 local time to the minute, for UNB.
    :param reference: of the first answer's interchange, at most 12 characters; a number is added
        where there are several.
    :param reject: the least severity of a defect for which a message is rejected.
    :raises FormatError: no interchange can be answered.
    :raises EsclusaError: as reading and :func:`~esclusa.formats.edifact.validation.validate` do.
    """

    def judge(raw: RawMessage, work: Work) -> Checked:
        return checked(raw, directory=directory, guide=guide, limits=limits, work=work)

    number = 0
    for found in interchanges(stream, file, limits, judge):
        if (defect := nobody(found.head)) is not None:
            tell(defect)
            continue
        number += 1
        own = reference if number == 1 else f"{reference}{number}"
        yield from write_interchange(
            head_of(found.head, prepared, own), [_message(found, reject)], file=file
        )
    if not number:
        raise FormatError(
            "no interchange with a header and a message, so none to answer", file=file
        )


def interchanges(
    stream: BinaryIO, file: str, limits: Limits, judge: Callable[[RawMessage, Work], T]
) -> Iterator[Received[T]]:
    """Yield each interchange that has a header and a message; ``judge`` is shown each message.

    Of a message only its UNH and what ``judge`` returned are kept.
    """
    present: Received[T] | None = None
    between: list[Defect] = []  # told before the next header is known
    work = Work(file, limits)
    for item in read_messages(stream, file=file, limits=limits, work=work):
        if isinstance(item, Defect):
            between.append(item)
            continue
        head = item.interchange.head if item.interchange else None
        if present is not None and head is not present.head:
            ends = item.interchange.offset if item.interchange else item.offset
            present.defects += [defect for defect in between if defect.offset < ends]
            between = [defect for defect in between if defect.offset >= ends]
            yield present
            present = None
        if head is None:
            continue
        if present is None:
            present = Received(head)
        present.messages.append((item.segments[0], judge(item, work)))
    if present is not None:
        present.defects += between
        yield present


def head_of(unb: Segment, prepared: str, reference: str) -> Segment:
    """Return UNB of an answer: from their recipient to their sender, in their syntax."""
    return interchange_head(
        sender=_party(unb, 3), recipient=_party(unb, 2), prepared=prepared, reference=reference,
        syntax=unb.get(1) or "UNOA", version=unb.get(1, 2) or "3",
    )  # fmt: skip


def _party(unb: Segment, element: int) -> Element:
    return tuple(unb.element(element)) or ("",)


def _message(found: Received[Checked], reject: Severity) -> NewMessage:
    unb = found.head
    fourth = unb.get(1, 2) == "4"
    head = message_head("1", "CONTRL", "4.1" if fourth else "D.3")
    return NewMessage(head, list(_segments(found, reject)))


def _segments(found: Received[Checked], reject: Severity) -> Iterator[Segment]:
    unb = found.head
    named = (unb.get(5), _party(unb, 2), _party(unb, 3))
    bad = _worst(found.defects, reject)
    if bad is not None:
        yield segment("UCI", *named, REJECTED, code_of(bad), _service(bad) or "UNB", _place(bad))
    else:
        yield segment("UCI", *named, ACKNOWLEDGED)
    for unh, told in found.messages:
        wrong = [defect for defect in told.defects if counts(defect, reject)]
        if wrong:
            yield from _rejection(unh, wrong)


def _rejection(unh: Segment, wrong: list[Defect]) -> Iterator[Segment]:
    """UCM of a message, with UCS and UCD for each segment in which something is wrong."""
    service = next((d for d in wrong if _service(d) in _SERVICE or not d.segment_no), None)
    type_ = unh.element(2)
    # S009 may be left out, but not given by halves.
    named = (unh.get(1), tuple(type_) if len(type_) > _MANDATORY and all(type_[:4]) else "",
             REJECTED)  # fmt: skip
    if service is not None:
        tag = _service(service) or "UNH"
        yield segment("UCM", *named, code_of(service), tag, _place(service))
    else:
        yield segment("UCM", *named)
    by_segment: dict[int, list[Defect]] = {}
    for defect in wrong:
        if defect is not service and defect.segment_no:
            by_segment.setdefault(defect.segment_no, []).append(defect)
    for number, some in sorted(by_segment.items()):
        whole = next((defect for defect in some if not defect.element), None)
        yield segment("UCS", str(number), code_of(whole) if whole else "")
        for defect in some:
            if defect.element:
                yield segment("UCD", code_of(defect), _place(defect))


def counts(defect: Defect, reject: Severity) -> bool:
    """Answer whether a defect is at least so severe."""
    return SEVERITIES.index(defect.severity) >= SEVERITIES.index(reject)


def _worst(defects: list[Defect], reject: Severity) -> Defect | None:
    some = [defect for defect in defects if counts(defect, reject)]
    return max(some, key=lambda defect: SEVERITIES.index(defect.severity), default=None)


def code_of(defect: Defect) -> str:
    """Return the code of 0085 that is nearest to a defect's."""
    word = defect.code.partition(".")[2]
    return next((code for part, code in CODES if part in word), UNSPECIFIED)


def _service(defect: Defect) -> str:
    """0135: the service segment in which it is, or which is missing; "" when it is none."""
    named = defect.code.split(".")[1].upper()
    return next((tag for tag in (defect.segment, named) if tag in SERVICE), "")


def _place(defect: Defect) -> Element:
    """S011: the tag counts as position 1, so element 3 is position 4 (0098)."""
    element, _, component = defect.element.partition(".")
    if not element.isdigit():
        return ()
    return (str(int(element) + 1), component) if component.isdigit() else (str(int(element) + 1),)
