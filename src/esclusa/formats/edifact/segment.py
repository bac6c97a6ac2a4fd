"""Segments and raw messages: what the EDIFACT and X12 syntax engines hand to the typed readers.

A segment keeps its text as sent (decoded, release characters still in place) and splits it only
when asked. Measured: building one list per element makes Python's cyclic garbage collector three
to ten times slower than the reading itself, so a segment is one object the collector need not
visit (``gc=False``: its fields are strings and numbers and cannot form a cycle).
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from esclusa.model import Defect


class Separators(msgspec.Struct, frozen=True):
    """The service characters in force (ISO 9735-1 § 8; X12.6 § 3.2), one character each.

    ``repetition`` and ``release`` are "" where the syntax in force has none. ``reserved`` is the
    fifth character of UNA while it separates nothing.
    """

    component: str = ":"
    element: str = "+"
    decimal: str = "."
    release: str = "?"
    repetition: str = ""
    terminator: str = "'"
    reserved: str = ""

    def active(self) -> str:
        """The characters that text must not contain unless released."""
        return self.component + self.element + self.release + self.repetition + self.terminator

    def releasable(self) -> str:
        """The characters that a release character may precede.

        Senders also release the decimal mark and the repetition separator of version 4.
        """
        return self.active() + self.reserved + self.decimal + "*"

    def split(self, text: str, separator: str) -> list[str]:
        """Split at each ``separator`` that no release character precedes; releases stay."""
        parts = text.split(separator)
        if not self.release or self.release not in text:
            return parts
        return join_released(parts, separator, self.release)

    def resolve(self, text: str) -> str:
        """Take the release characters out of ``text``; one that releases nothing is text."""
        if not self.release or self.release not in text:
            return text
        return _released(self.release, self.releasable()).sub(r"\1", text)

    def escape(self, text: str) -> str:
        """Put a release character before each service character (the reverse of resolve)."""
        if not self.release:
            return text
        return _service(self.active()).sub(self.release.replace("\\", r"\\") + r"\g<0>", text)


@lru_cache(maxsize=64)
def _released(release: str, releasable: str) -> re.Pattern[str]:
    return re.compile(f"{re.escape(release)}([{re.escape(releasable)}])", re.DOTALL)


@lru_cache(maxsize=64)
def _service(characters: str) -> re.Pattern[str]:
    return re.compile(f"[{re.escape(characters)}]")


def join_released(parts: list[str], separator: str, release: str, *, wrap: str = "") -> list[str]:
    """Rejoin what was split at a released separator: a part that ends in an odd run of releases.

    :param wrap: line breaks that may have come between the release and the separator.
    """
    joined: list[str] = []
    held: list[str] = []
    edge = release + wrap
    for part in parts:
        if not held and part[-1:] not in edge:
            joined.append(part)
            continue
        held.append(part)
        if not ends_released(part.rstrip(wrap) if wrap else part, release):
            joined.append(separator.join(held))
            held = []
    if held:
        joined.append(separator.join(held))
    return joined


def ends_released(text: str, release: str) -> bool:
    """Does the last character of ``text`` release the one that follows?"""
    if text[-1:] != release:
        return False
    return (len(text) - len(text.rstrip(release))) % 2 == 1


def _repeats(value: str, marks: Separators) -> list[list[str]]:
    """The occurrences of one element, each as components."""
    occurrences = marks.split(value, marks.repetition) if marks.repetition else [value]
    return [
        [marks.resolve(part) for part in marks.split(occurrence, marks.component)]
        for occurrence in occurrences
    ]


class Segment(msgspec.Struct, gc=False, eq=False):
    """One segment in its message. Elements and components count from 1.

    ``offset`` is the byte position of the tag in the file, ``length`` the bytes up to and with
    the terminator, ``number`` the position in the message (UNH or ST = 1). ``text`` is the
    decoded segment without terminator and line breaks, release characters in place.
    """

    text: str
    tag: str
    offset: int
    length: int
    number: int
    marks: Separators

    def get(self, element: int, component: int = 1) -> str:
        """One component as text, "" when absent; of a repeated element the first occurrence."""
        marks = self.marks
        if marks.release and marks.release in self.text:
            values = self.element(element)
            return values[component - 1] if len(values) >= component else ""
        parts = self.text.split(marks.element, element + 1)
        if len(parts) <= element:
            return ""
        value = parts[element]
        if marks.repetition and marks.repetition in value:
            value = value.split(marks.repetition, 1)[0]
        pieces = value.split(marks.component, component)
        return pieces[component - 1] if len(pieces) >= component else ""

    def element(self, element: int) -> list[str]:
        """The components of an element, [] when absent; of a repeated one the first occurrence."""
        marks = self.marks
        text, repeat = self.text, marks.repetition
        if (repeat and repeat in text) or (marks.release and marks.release in text):
            repeats = self.repeats(element)
            return repeats[0] if repeats else []
        parts = text.split(marks.element, element + 1)
        return parts[element].split(marks.component) if len(parts) > element else []

    def repeats(self, element: int) -> list[list[str]]:
        """Every occurrence of a repeated element (syntax version 4, X12), each as components."""
        marks = self.marks
        parts = marks.split(self.text, marks.element)
        if not 1 <= element < len(parts):
            return []
        return _repeats(parts[element], marks)

    def elements(self) -> list[list[str]]:
        """Every element, as :meth:`element` gives it; the first of the list is element 1."""
        marks = self.marks
        text, repeat = self.text, marks.repetition
        if (repeat and repeat in text) or (marks.release and marks.release in text):
            parts = marks.split(text, marks.element)
            return [_repeats(part, marks)[0] for part in parts[1:]]
        component, parts = marks.component, text.split(marks.element)[1:]
        if component not in text:
            return [[part] for part in parts]
        return [part.split(component) for part in parts]

    def __len__(self) -> int:
        return len(self.marks.split(self.text, self.marks.element)) - 1

    def __bool__(self) -> bool:
        return True


class Interchange(msgspec.Struct):
    """An interchange, as far as it was read. ``bare``: messages that came without its header."""

    offset: int
    reference: str = ""
    sender: str = ""
    recipient: str = ""
    prepared: str = ""
    codec: str = "ascii"
    version: str = ""
    bare: bool = False
    messages: int = 0
    groups: int = 0
    head: Segment | None = None


class Group(msgspec.Struct):
    """A functional group. ``claimed`` is how many messages its trailer says it holds."""

    offset: int
    reference: str
    agency: str = ""
    version: str = ""
    messages: int = 0
    claimed: str = ""
    head: Segment | None = None


class RawMessage(msgspec.Struct, kw_only=True, eq=False):
    """One message with its envelope's words, before any business meaning.

    ``type`` is UNH S009.0065 ("CUSCAR") or ST01 ("309"); ``directory`` is version.release
    ("D.95B") or GS08; ``agency`` and ``association`` are 0051 and 0057 of S009; ``reference`` is
    UNH 0062 or ST02. ``prepared`` is ISO 8601 without a zone (the envelope has none), "" when
    unreadable. ``codec`` is the Python codec of the character set that UNB declares. ``offset`` and
    ``length`` span UNH to UNT (ST to SE) in bytes of the file. ``interchange`` and ``group`` are
    the envelopes it stands in; when they have been read to their ends, they say so.
    """

    type: str = ""
    directory: str = ""
    agency: str = ""
    association: str = ""
    reference: str = ""
    interchange_sender: str = ""
    interchange_recipient: str = ""
    interchange_reference: str = ""
    prepared: str = ""
    codec: str = "ascii"
    offset: int = 0
    length: int = 0
    segments: list[Segment] = []
    defects: list[Defect] = []
    interchange: Interchange | None = None
    group: Group | None = None

    def held(self) -> int:
        """How many segments there are so far."""
        return len(self.segments)

    def keep(self, segment: Segment) -> None:
        """Add the next segment."""
        self.segments.append(segment)
