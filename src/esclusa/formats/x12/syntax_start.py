"""Where an X12 interchange starts and which separators it uses (X12.5 § 3, X12.6 § 3.2).

ISA has fixed width: its 4th character separates elements, the 105th components, the 106th ends
segments. Mail and editors trim its padding, so the separators are found by counting elements, and
a width that differs is reported.
"""

from __future__ import annotations

import re

import msgspec

from esclusa.formats.edifact.segment import Separators

START = re.compile(
    r"ISA(?P<mark>[^A-Za-z0-9 \t\r\n])[0-9A-Z ]{0,2}(?P=mark)"
    r"|(?<![A-Za-z0-9*])(?:GS\*[A-Z]{2}\*|ST\*[0-9]{3}\*)"
)
"""An interchange, or a group or transaction set that lost its envelope."""

LOOKAHEAD = 1024
"""ISA has 106 bytes; within this the segment after a bare GS or ST begins in all samples."""

ELEMENTS = 16
WIDTH = 106
BARE = Separators(component=">", element="*", release="", terminator="~")
"""What most senders use; only for sets that come without ISA."""


class Start(msgspec.Struct, frozen=True):
    """``faults`` are (code, sentence) about a doubtful ISA."""

    marks: Separators
    faults: tuple[tuple[str, str], ...] = ()


def read_start(text: str, at: int) -> Start:
    """Settle the separators of what begins at ``at``.

    :param text: must reach LOOKAHEAD characters further, or to the end of the file.
    """
    if not text.startswith("ISA", at):
        return Start(msgspec.structs.replace(BARE, terminator=_terminator_of_bare(text, at)))
    element = text[at + 3]
    places = _element_places(text, at, element)
    if len(places) < ELEMENTS:
        fault = ("isa.elements", f"ISA has {len(places)} elements, expected {ELEMENTS}")
        marks = msgspec.structs.replace(BARE, element=element)
        return Start(_distinct(marks), (fault,))
    return _from_isa(text, at, places)


def _element_places(text: str, at: int, element: str) -> list[int]:
    """Indexes of the first sixteen element separators."""
    places: list[int] = []
    found = text.find(element, at, at + LOOKAHEAD)
    while found >= 0 and len(places) < ELEMENTS:
        places.append(found)
        found = text.find(element, found + 1, at + LOOKAHEAD)
    return places


def _from_isa(text: str, at: int, places: list[int]) -> Start:
    last = places[-1]
    component, terminator = text[last + 1 : last + 2], text[last + 2 : last + 4]
    terminator = "\n" if terminator[:2] == "\r\n" else terminator[:1]
    faults: tuple[tuple[str, str], ...] = ()
    width = len(re.sub("[\r\n]", "", text[at:last])) + 3
    if width != WIDTH:
        faults = (("isa.width", f"ISA has {width} bytes, expected {WIDTH}"),)
    repetition = text[places[10] + 1 : places[11]].strip("\r\n ")
    marks = Separators(component, text[at + 3], ".", "", repetition, terminator)
    if not _usable(component) or not _usable(terminator):
        reason = f"{component + terminator!r} cannot be component separator and terminator"
        faults += (("isa.separators", reason),)
        marks = msgspec.structs.replace(marks, component=">", terminator="~")
    return Start(_distinct(marks), faults)


def _distinct(marks: Separators) -> Separators:
    """Drop what would make two separators the same; a repetition "U" means there is none."""
    repetition = marks.repetition
    if len(repetition) != 1 or not _usable(repetition) or repetition in _fixed(marks):
        marks = msgspec.structs.replace(marks, repetition="")
    if marks.component in (marks.element, marks.terminator):
        marks = msgspec.structs.replace(marks, component="\x1f")
    if marks.terminator == marks.element:
        marks = msgspec.structs.replace(marks, terminator="\n")
    return marks


def _fixed(marks: Separators) -> str:
    return marks.component + marks.element + marks.terminator


def _usable(mark: str) -> bool:
    return len(mark) == 1 and mark.isascii() and not mark.isalnum() and mark not in " \t"


def _terminator_of_bare(text: str, at: int) -> str:
    """The character between a bare GS or ST and the tag that follows it."""
    follows = re.compile(r"(?:GS|ST)\*[^~\r\n]*?([^\w* .:-])[ \r\n]*[A-Z][A-Z0-9]{1,2}\*")
    found = follows.match(text, at, at + LOOKAHEAD)
    if found:
        return found[1] if found[1] != "\r" else "\n"
    line = re.compile(r"(?:GS|ST)\*[^~\r\n]*\r?\n").match(text, at, at + LOOKAHEAD)
    return "\n" if line else BARE.terminator
