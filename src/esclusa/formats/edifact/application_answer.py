"""APERAK: tell the sender of an interchange what is wrong with the content of its messages
(application error and acknowledgement message of D.01B).

CONTRL says place and kind of a fault of syntax. APERAK says in a sentence what the directory, the
guide and the typed reader find wrong with what a message states. A message whose syntax is broken
states nothing, so that is said here too. Codes of ERC are our own list, named in each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

from esclusa.errors import FormatError
from esclusa.formats.edifact.answering import counts, head_of, interchanges, nobody
from esclusa.formats.edifact.drafting import segment
from esclusa.formats.edifact.reader import TYPES
from esclusa.formats.edifact.repertoire import Charset, charset, one
from esclusa.formats.edifact.segment import RawMessage, Segment
from esclusa.formats.edifact.validation import validate
from esclusa.formats.edifact.writing import NewMessage, message_head, write_interchange
from esclusa.formats.limits import DEFAULT, Limits
from esclusa.formats.reading import messages_of
from esclusa.formats.work import Work
from esclusa.model import Defect, Severity

NAME: Final = "305"
"""1001: application error and acknowledgement."""
REJECTED: Final = ("27", "RE")
"""1225 not accepted, 4343 rejected."""
RESERVED: Final = ("45", "AP")
"""1225 accepted with reserves, 4343 accepted: something is told that rejects nothing."""
ACCEPTED: Final = ("44", "AP")
"""1225 accepted without reserves, 4343 accepted."""

LIST: Final = ("ESCLUSA-DEFECT", "ZZZ")
"""1131 and 3055 beside each code of ERC: a list of our own, mutually defined."""

CLASSES: Final = (
    (".missing", "MISSING"), (".unknown", "UNKNOWN"), (".unexpected", "UNKNOWN"),
    (".order", "ORDER"), (".outside", "ORDER"), (".repetitions", "TOOMANY"),
    (".repeated", "TOOMANY"), (".excess", "TOOMANY"), (".long", "LENGTH"), (".short", "LENGTH"),
    (".size", "LENGTH"), (".class", "FORMAT"), (".code", "CODE"), (".unit", "CODE"),
    ("hs_code", "CODE"), (".undg", "CODE"), (".gender", "CODE"), (".function", "CODE"),
    (".date", "DATE"), (".time", "DATE"), (".count", "COUNT"), (".container", "CHECK"),
    (".imo", "CHECK"), (".number", "NUMBER"), ("charset", "FORMAT"), ("truncated", "MISSING"),
)  # fmt: skip
"""Words in our codes and 9321; the first that stands in a code counts."""

OTHER: Final = "OTHER"

UNANSWERED: Final = frozenset({"APERAK", "CONTRL"})
"""Answers themselves: two that answer each other's answers never end."""

_ERRORS: Final = 99_999
"""Segment group 4 stands so often at most."""
_TEXT: Final = 512
_REFERENCE: Final = 70
_LINE: Final = 999_999

Found = tuple[Defect, ...]


def answer(
    stream: BinaryIO, *, prepared: str, reference: str, file: str = "", directory: str = "",
    guide: str | None = None, reject: Severity = Severity.ERROR, limits: Limits = DEFAULT,
    tell: Callable[[Defect], None] = lambda _defect: None,
) -> Iterator[bytes]:  # fmt: skip
    """Answer each interchange of a stream with one that holds an APERAK for each of its messages.

    Parameters and errors are those of :func:`~esclusa.formats.edifact.answering.answer`. Each
    defect of severity warning or worse is told; those of ``reject`` or worse reject the message.
    A CONTRL or an APERAK gets no answer.
    """

    def judge(raw: RawMessage, work: Work) -> Found | None:
        return None if raw.type in UNANSWERED else _defects(raw, directory, guide, limits, work)

    number = 0
    for found in interchanges(stream, file, limits, judge):
        asked = [(unh, told) for unh, told in found.messages if told is not None]
        if asked and (defect := nobody(found.head)) is not None:
            tell(defect)
        elif asked:
            number += 1
            own = reference if number == 1 else f"{reference}{number}"
            head = head_of(found.head, prepared, own)
            yield from write_interchange(
                head, _messages(head, found.head, asked, prepared, reject), file=file
            )
    if not number:
        raise FormatError(
            "no interchange with a header and a message that asks for an answer, so none to answer",
            file=file,
        )


def _defects(
    raw: RawMessage, directory: str, guide: str | None, limits: Limits, work: Work
) -> Found:
    """What reader, typed reader, directory and guide say of a message, notes left out."""
    told = [*validate(raw, directory=directory, guide=guide, limits=limits, work=work)]
    for message in messages_of(raw, "edifact", TYPES.get(raw.type), limits, work):
        told += message.defects
    found = [defect for defect in told if counts(defect, Severity.WARNING)]
    return tuple(sorted(found, key=lambda defect: defect.offset)[:_ERRORS])


def _messages(
    head: Segment, unb: Segment, asked: list[tuple[Segment, Found]], prepared: str,
    reject: Severity,
) -> Iterator[NewMessage]:  # fmt: skip
    into = charset(head.get(1), head.marks)
    batch = _known(unb.get(5), into)
    for number, (unh, told) in enumerate(asked, 1):
        said = [*_opening(f"{head.get(5)}-{number}", prepared, told, reject)]
        said.append(segment("RFF", ("ACW", _known(unh.get(1), into))))
        said.append(segment("RFF", ("ALL", batch)))
        for defect in told:
            said += _error(defect, _known(unh.get(1), into), into)
        yield NewMessage(message_head(str(number), "APERAK", "D.01B"), said)


def _opening(number: str, prepared: str, told: Found, reject: Severity) -> Iterator[Segment]:
    """BGM, whose 1225 and 4343 say whether the message was taken, and when that was said."""
    bad = any(counts(defect, reject) for defect in told)
    verdict = REJECTED if bad else RESERVED if told else ACCEPTED
    yield segment("BGM", NAME, number, *verdict)
    moment = "".join(filter(str.isdigit, prepared))[:12]
    yield segment("DTM", ("137", moment, "203"))


def _error(defect: Defect, reference: str, into: Charset) -> Iterator[Segment]:
    """One defect: its class, its sentence with code and severity, and where it is.

    1156 is the line, here the segment, of the message that 1154 names. FTX after it holds the byte
    in the file, the tag and the element.
    """
    yield segment("ERC", (class_of(defect), *LIST))
    said = (defect.reason, defect.code, defect.severity.value)
    yield segment("FTX", "AAO", "", "", tuple(_fitting(text, into) for text in said))
    line = str(defect.segment_no) if 0 < defect.segment_no <= _LINE else ""
    yield segment("RFF", ("ACW", reference, line))
    place = (str(defect.offset), _fitting(defect.segment, into), defect.element)
    yield segment("FTX", "AAO", "", "", place)


def class_of(defect: Defect) -> str:
    """Return the code of our list (9321) for a defect."""
    return next((code for part, code in CLASSES if part in defect.code), OTHER)


def _known(reference: str, into: Charset) -> str:
    """A reference as it came; "" when it cannot be repeated so."""
    whole = len(reference) <= _REFERENCE and isinstance(one(reference, into), bytes)
    return reference if whole else ""


def _fitting(text: str, into: Charset) -> str:
    """A sentence in a set: capitals where there are no others, a dash for what it lacks."""
    text = text[:_TEXT]
    if not isinstance(one("a", into), bytes):
        text = text.upper()[:_TEXT]
    while not isinstance(at := one(text, into), bytes):
        text = f"{text[:at]}-{text[at + 1 :]}"
    return text
