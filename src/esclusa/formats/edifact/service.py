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

LOOKAHEAD = 4096
"""UNB is shorter than 300 bytes in all samples; the first UNH or UNG lies within this."""

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
    if not match or not match.group().startswith("UNA"):
        return _confirmed(text, begin, _implied(text, begin, before), ())
    at = match.end()
    advice = text[begin + 3 : at]
    marks, faults = _advised(advice, _seen_terminator(text, at, text[at + 3]))
    if marks is None or marks.element != text[at + 3]:
        fault = ("una.separators", "UNA contradicts the segment that follows it")
        return _confirmed(text, at, _implied(text, at, before), (fault,))
    return _confirmed(text, at, marks, faults)


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
    spare = "" if reserved in BLANKS or reserved in used or not reserved.isascii() else reserved
    return Separators(component, element, decimal, release, "", terminator, spare)


def _can_separate(mark: str) -> bool:
    return mark.isascii() and not mark.isalnum() and mark not in " \t"


def _implied(text: str, at: int, before: Separators | None) -> Separators:
    """Service characters without UNA: the defaults, or what UNB itself shows."""
    element = text[at + 3]
    if element == LEVEL_B.element:
        return LEVEL_B
    shown = re.compile(r"UNB.[A-Z]{3}[A-Z0-9](.)[0-9]", re.DOTALL).match(text, at)
    component = shown[1] if shown else LEVEL_A.component
    if (element, component) == (LEVEL_A.element, LEVEL_A.component):
        return LEVEL_A
    if before and (element, component) == (before.element, before.component):
        return msgspec.structs.replace(before, repetition="")
    terminator = _seen_terminator(text, at, element) or LEVEL_A.terminator
    marks = _marks(component + element + ".?" + " " + terminator)
    return marks or _marks(component + element + ".  " + terminator) or LEVEL_A


def _confirmed(text: str, at: int, marks: Separators, faults: tuple[tuple[str, str], ...]) -> Start:
    """Replace the terminator when the first segment plainly ends with another one."""
    seen = _seen_terminator(text, at, marks.element)
    first = _before_message(text, at, marks.element)
    if not seen or seen == marks.terminator or marks.terminator in first:
        return Start(at, marks, faults)
    if seen in (marks.component, marks.release):
        return Start(at, marks, faults)
    reason = f"segments end with {seen!r}, expected {marks.terminator!r}"
    fixed = msgspec.structs.replace(marks, terminator=seen)
    return Start(at, fixed, (*faults, ("terminator", reason)))


def _before_message(text: str, at: int, element: str) -> str:
    """From the opening segment up to the first group or message after it, "" if none."""
    if text.startswith("UNH", at):
        line = re.compile(r"[^\r\n]*[\r\n]+(?=[A-Z]{3})").match(text, at, at + LOOKAHEAD)
        return line.group() if line else ""
    head = re.compile("UN[GH]" + re.escape(element)).search(text, at + 4, at + LOOKAHEAD)
    return text[at : head.start()] if head else ""


def _seen_terminator(text: str, at: int, element: str) -> str:
    """The character that closes the opening segment, "" if it cannot be told."""
    first = _before_message(text, at, element)
    last = first.rstrip(BLANKS)
    if not last:
        return ""
    mark = last[-1]
    if not mark.isalnum() and mark.isascii() and mark != element:
        return mark
    return "\n" if "\n" in first[len(last) :] else ""
