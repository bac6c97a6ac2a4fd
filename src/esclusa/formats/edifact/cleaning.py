"""What lies between two terminators, made into the text of a segment without losing a character.

Line breaks are a transport's doing (telex and mail wrap at 64 to 80 columns) and are taken out;
blanks and control codes before the tag are passed over. Everything else stays, and is reported
if it should not be there.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from esclusa.formats.edifact.charset import ESCAPED, decode
from esclusa.formats.edifact.segment import Separators, join_released
from esclusa.model import Severity

BLANKS = " \t\r\n"
CONTROLS = "".join(map(chr, range(0x20))) + "\x7f"
BYTE_ORDER_MARK = "\xef\xbb\xbf"
BEYOND = re.compile(r"[^\x00-\x7f]")
SHIFTED = re.compile(r"\x1b\$.*?(?:\x1b\([A-Z]|\Z)", re.DOTALL)
"""A run of multi-byte characters between two escape sequences."""


class Fault(msgspec.Struct, frozen=True):
    """Something irregular in a piece; ``at`` counts bytes from the start of the piece.

    ``code`` lacks the syntax's prefix (``edifact.`` or ``x12.``).
    """

    code: str
    severity: Severity
    reason: str
    at: int


class Piece(msgspec.Struct, frozen=True):
    """``text`` begins with the tag, which stood ``lead`` bytes into the piece."""

    text: str
    lead: int
    faults: tuple[Fault, ...] = ()


@lru_cache(maxsize=64)
def _lead(marks: Separators) -> str:
    return BLANKS + CONTROLS.translate({ord(mark): None for mark in marks.active()})


@lru_cache(maxsize=64)
def irregular(marks: Separators) -> re.Pattern[str]:
    """Finds a character that a plain segment does not have: control, non-ASCII or release."""
    known = re.escape(marks.component + marks.element + marks.repetition)
    odd = f"[^ -~{known}]"
    return re.compile(f"{odd}|{re.escape(marks.release)}" if marks.release else odd)


@lru_cache(maxsize=64)
def _control(marks: Separators) -> re.Pattern[str]:
    known = marks.active()
    return re.compile(f"[{re.escape(''.join(c for c in CONTROLS if c not in known))}]")


@lru_cache(maxsize=64)
def _released_well(marks: Separators) -> re.Pattern[str]:
    """Matches text whose release characters all stand before one that may be released."""
    release = re.escape(marks.release)
    valid = f"{release}[{re.escape(marks.releasable())}]"
    return re.compile(f"(?:[^{release}]++|{valid})*+", re.DOTALL)


@lru_cache(maxsize=64)
def _released_end(marks: Separators) -> re.Pattern[str]:
    return re.compile(f"{re.escape(marks.release)}[\r\n]*{re.escape(marks.terminator)}")


def cut(window: str, marks: Separators, codec: str) -> list[str]:
    """Split at every terminator that is not released; the last part is not yet complete."""
    if codec == ESCAPED and "\x1b" in window:
        return _cut_escaped(window, marks)
    parts = window.split(marks.terminator)
    if not marks.release or not _released_end(marks).search(window):
        return parts
    return join_released(parts, marks.terminator, marks.release, wrap="\r\n")


def _cut_escaped(window: str, marks: Separators) -> list[str]:
    """Cut around multi-byte runs (ISO 2022), whose bytes may look like a terminator."""
    masked = SHIFTED.sub(lambda run: "\xff" * len(run[0]), window)
    parts = []
    at = 0
    for part in cut(masked, marks, ""):
        parts.append(window[at : at + len(part)])
        at += len(part) + 1
    return parts


def clean(part: str, marks: Separators, codec: str) -> Piece:
    """Make the text of a segment out of the raw piece between two terminators.

    :param part: one character per byte (Latin-1).
    :param codec: Python codec of the declared character set.
    """
    body = part.lstrip(_lead(marks)).removeprefix(BYTE_ORDER_MARK)
    lead = len(part) - len(body)
    faults = _lead_faults(part[:lead])
    text = body.replace("\r", "").replace("\n", "")
    if not irregular(marks).search(text):
        return Piece(text, lead, faults)
    decoded, used = decode(text, codec)
    faults += _control_fault(body, decoded, lead, marks)
    faults += _release_fault(body, decoded, lead, marks)
    if used:
        beyond = BEYOND.search(body)
        at = lead + (beyond.start() if beyond else 0)
        reason = f"bytes outside the declared character set, read as {used}"
        faults += (Fault("charset", Severity.WARNING, reason, at),)
    return Piece(decoded, lead, faults)


def releases_well(text: str, marks: Separators) -> bool:
    """Does every release character stand before one that may be released?"""
    release = marks.release
    if not release or release not in text:
        return True
    return _released_well(marks).fullmatch(text) is not None


def _lead_faults(lead: str) -> tuple[Fault, ...]:
    rest = lead.replace(BYTE_ORDER_MARK, "").lstrip(BLANKS)
    if not rest:
        return ()
    reason = f"control code {ord(rest[0]):#04x} before a segment, passed over"
    return (Fault("control", Severity.WARNING, reason, lead.index(rest[0])),)


def _control_fault(body: str, text: str, lead: int, marks: Separators) -> tuple[Fault, ...]:
    control = _control(marks).search(text)
    if not control:
        return ()
    reason = f"control code {ord(control[0]):#04x} inside a segment, kept"
    return (Fault("control", Severity.WARNING, reason, lead + body.index(control[0])),)


def _release_fault(body: str, text: str, lead: int, marks: Separators) -> tuple[Fault, ...]:
    if releases_well(text, marks):
        return ()
    release = marks.release
    reason = f"release character {release!r} before a plain character, kept as text"
    return (Fault("release", Severity.WARNING, reason, lead + body.index(release)),)
