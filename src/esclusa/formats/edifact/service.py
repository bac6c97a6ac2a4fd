"""Where an interchange starts and which service characters it uses.

Senders leave out UNA, drop its blank, or contradict it in the very next segment. So UNA is a
claim that UNB and the first UNH confirm: the character after "UNB" is the element separator, the
one after the syntax identifier the component separator, the one before UNH the terminator.
ISO 9735-1 § 7.1 (UNA) and annex A (default service characters of level A and B).
"""

from __future__ import annotations

import re

import msgspec

from esclusa.formats.edifact.segment import Separators

BLANKS = " \t\r\n"

START = re.compile(
    r"UNA.{5,6}[ \t\r\n]{0,16}(?=UN[BGH][^A-Za-z0-9 \t\r\n])"
    r"|UNB[^A-Za-z0-9 \t\r\n](?=[A-Z])"
    r"|(?<![A-Za-z0-9])UN[GH](?=[+\x1d][A-Za-z0-9])",
    re.DOTALL,
)
"""An interchange, or a group or message that lost its envelope."""

START_SPAN = 128
"""No match of START is longer; the last so many characters of a block wait for the next."""

LOOKAHEAD = 1024
"""UNB is shorter than 300 bytes in all samples; the first UNH or UNG lies within this."""

SYNTAX_IDENTIFIER = re.compile(r"UNB.[A-Z]{3}[A-Z0-9](.)[0-9]", re.DOTALL)
FIRST_LINE = re.compile(r"[^\r\n]*+[\r\n]++(?=[A-Z]{3})")

LEVEL_A = Separators()
LEVEL_B = Separators(component="\x1f", element="\x1d", release="", terminator="\x1c")
"""IS1, IS3 and IS4 of ISO 9735 level B, which has no release character."""


class Start(msgspec.Struct, frozen=True):
    """``at`` is the index of UNB, UNG or UNH; ``faults`` are (code, sentence)."""

    at: int
    marks: Separators
    faults: tuple[tuple[str, str], ...] = ()


def read_start(text: str, begin: int, before: Separators | None) -> Start:
    """Settle the service characters of the interchange whose START match is at ``begin``.

    :param text: must reach LOOKAHEAD characters further, or to the end of the file.
    :param before: service characters of the interchange before this one in the file.
    """
    match = START.match(text, begin)
    advised = match is not None and match.group().startswith("UNA")
    at = match.end() if match and advised else begin
    first = _first_segment(text, at)
    marks: Separators | None = None
    faults: tuple[tuple[str, str], ...] = ()
    if advised:
        marks, faults = _advised(text[begin + 3 : at], _last_mark(first, text[at + 3]))
        if marks is None or marks.element != text[at + 3]:
            faults = (("una.separators", "UNA contradicts the segment that follows it"),)
            marks = None
    if marks is None:
        marks, guessed = _implied(text, at, first, before)
        faults += guessed
    return _confirmed(at, marks, first, faults)


def _advised(advice: str, terminator: str) -> tuple[Separators | None, tuple[tuple[str, str], ...]]:
    """Read the characters after "UNA"; None when they cannot serve."""
    if len(advice) == 5 or (advice[5] in "\r\n" and advice[4] == terminator):
        fault = ("una.short", "UNA has five characters, expected six (the blank is lost)")
        return _marks(advice[:4] + " " + advice[4]), (fault,)
    return _marks(advice[:6]), ()


def _marks(six: str) -> Separators | None:
    component, element, decimal, release, reserved, terminator = list(six)
    release = "" if release == " " else release
    used = [component, element, terminator] + ([release] if release else [])
    alone = len(set(used)) == len(used)
    if not alone or not all(_can_separate(mark) for mark in used):
        return None
    if (set(used) - {terminator}) & set(BLANKS):
        return None
    spare = reserved if _can_separate(reserved) and reserved not in [*used, *BLANKS] else ""
    return Separators(component, element, decimal, release, "", terminator, spare)


def _can_separate(mark: str) -> bool:
    return mark.isascii() and not mark.isalnum() and mark not in " \t"


def _implied(
    text: str, at: int, first: str, before: Separators | None
) -> tuple[Separators, tuple[tuple[str, str], ...]]:
    """Service characters without UNA: the defaults, or what UNB itself shows."""
    element = text[at + 3]
    if element == LEVEL_B.element:
        return LEVEL_B, ()
    shown = SYNTAX_IDENTIFIER.match(text, at)
    component = shown[1] if shown else LEVEL_A.component
    if (element, component) == (LEVEL_A.element, LEVEL_A.component):
        return LEVEL_A, ()
    fault = ("una.missing", "separators other than the default ones, UNA expected")
    if before and (element, component) == (before.element, before.component):
        return msgspec.structs.replace(before, repetition=""), (fault,)
    terminator = _last_mark(first, element) or LEVEL_A.terminator
    marks = _marks(component + element + ".?" + " " + terminator)
    return marks or _marks(component + element + ".  " + terminator) or LEVEL_A, (fault,)


def _confirmed(
    at: int, marks: Separators, first: str, faults: tuple[tuple[str, str], ...]
) -> Start:
    """Replace the terminator when the first segment plainly ends with another one."""
    seen = _last_mark(first, marks.element)
    if not seen or marks.terminator in first or seen in (marks.component, marks.release):
        return Start(at, marks, faults)
    reason = f"segments end with {seen!r}, expected {marks.terminator!r}"
    fixed = msgspec.structs.replace(marks, terminator=seen)
    return Start(at, fixed, (*faults, ("terminator", reason)))


def _first_segment(text: str, at: int) -> str:
    """From the opening segment up to the first group or message after it, "" if none.

    Of a message without interchange, its first line if more lines follow.
    """
    if text.startswith("UNH", at):
        line = FIRST_LINE.match(text, at, at + LOOKAHEAD)
        return line.group() if line else ""
    places = [text.find(tag + text[at + 3], at + 4, at + LOOKAHEAD) for tag in ("UNH", "UNG")]
    found = min((place for place in places if place >= 0), default=-1)
    return text[at:found] if found >= 0 else ""


def _last_mark(first: str, element: str) -> str:
    """The character that closes the opening segment, "" if it cannot be told."""
    last = first.rstrip(BLANKS)
    if not last:
        return ""
    mark = last[-1]
    if not mark.isalnum() and mark.isascii() and mark != element:
        return mark
    breaks = first[len(last) :].strip(" \t")
    return "\n" if "\n" in breaks else breaks[:1]
