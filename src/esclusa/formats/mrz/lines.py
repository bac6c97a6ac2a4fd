"""From what somebody pasted, scanned or sent to the two or three lines of a zone.

Lower case, blanks, a byte order mark, CRLF, empty lines and lines that were joined are understood
and told; nothing else is repaired. A digit that looks like a letter stays what it is
(``lookalikes`` says so).
"""

from __future__ import annotations

import re
from typing import Final

from esclusa.formats.mrz.layout import BY_SHAPE, FILLER, WIDTHS, Layout
from esclusa.model import Defect, Severity

LONGEST: Final = 1024
"""Characters of one zone. Three lines of 30 with blanks between all characters have 180."""

_CLEAN: Final = re.compile(r"[A-Z0-9<\n]+")
_ILLEGAL: Final = re.compile(r"[^A-Z0-9<]")
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_BLANKS: Final = " \t\u00a0"
_NO_BLANKS: Final = dict.fromkeys(map(ord, _BLANKS))
_FILLED: Final = dict.fromkeys(map(ord, _BLANKS), FILLER)
_LOWER: Final = re.compile(r"[a-z]")
_UPPER: Final = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}
_SURROGATE: Final = re.compile("[\ud800-\udc7f\udd00-\udfff]")
_MARK: Final = "\ufeff"

_JOINED: Final = {3 * 30: 3, 2 * 36: 2, 2 * 44: 2}
"""Length of a zone whose line ends were lost → number of its lines."""


class Places:
    """Turns an index in the text into a byte, and makes the defects of one zone.

    ``base`` is the byte of the file where the text begins.
    """

    __slots__ = ("base", "found", "starts", "text")

    def __init__(self, text: str, base: int) -> None:
        self.text = text
        self.base = base
        self.starts: tuple[int, ...] = ()
        self.found: list[Defect] = []

    def defect(
        self, code: str, severity: Severity, reason: str, line: int, position: int, length: int = 1
    ) -> Defect:
        """Return a defect at a line and position, both from 1; position 0 is the whole line."""
        start = self.starts[line - 1] if line <= len(self.starts) else 0
        before = self.text[: start + max(position - 1, 0)]
        element = f"{position}-{position + length - 1}" if length > 1 else str(position)
        where = f"line {line}, position {element}" if position else f"line {line}"
        return Defect(
            code=f"mrz.{code}",
            severity=severity,
            reason=f"{where}: {reason}",
            offset=self.base + len(before.encode("utf-8", _errors(before))),
            length=length,
            segment="line",
            segment_no=line,
            element=element if position else "",
        )

    def note(self, code: str, reason: str, line: int, position: int) -> None:
        """Keep a defect that costs nothing."""
        self.found.append(self.defect(code, Severity.NOTE, reason, line, position))


def _errors(text: str) -> str:
    """Bytes that are no UTF-8 count one each; other lone surrogates of a text three."""
    return "surrogatepass" if _SURROGATE.search(text) else "surrogateescape"


def split(source: str | bytes, base: int = 0) -> tuple[tuple[str, ...], Layout, Places] | Defect:
    """Return the lines of one zone, their layout and where they stand; a fatal defect if none.

    Lines come in upper case, blanks out, of full width, with A to Z, 0 to 9 and ``<`` alone.
    """
    head = source[: 4 * LONGEST + 1]  # no more is decoded than shows that it is too long
    text = head if isinstance(head, str) else head.decode("utf-8", "surrogateescape")
    places = Places(text, base)
    if len(text) > LONGEST:
        reason = f"text is longer than {LONGEST:,} characters; a zone has some ninety"
        return places.defect("size", Severity.FATAL, reason, 1, 0)
    if _CLEAN.fullmatch(text):
        lines = tuple(text.removesuffix("\n").split("\n"))
        layout = BY_SHAPE.get((len(lines), len(lines[0]), lines[0][:1]))
        if layout is not None and len({len(line) for line in lines}) == 1:
            places.starts = layout.starts
            return lines, layout, places
    return _understood(text, places)


def _understood(text: str, places: Places) -> tuple[tuple[str, ...], Layout, Places] | Defect:
    """The same for a text that is not plainly a zone."""
    raw = _raw_lines(text, places)
    places.starts = tuple(start for start, _ in raw)
    if len(raw) not in WIDTHS:
        reason = f"found {len(raw)} lines, a zone has 2 (of 36 or 44) or 3 (of 30)"
        return places.defect("lines", Severity.FATAL, reason, min(len(raw), 4) or 1, 0)
    width = _width([line for _, line in raw])
    lines: list[str] = []
    for number, (_, line) in enumerate(raw, 1):
        fitted = _fitted(line, width)
        if fitted is None:
            return _wrong_length(places, number, line, width, len(raw))
        _told(places, number, line, fitted[1])
        upper = fitted[0].translate(_UPPER)
        if bad := _ILLEGAL.search(upper):
            return _illegal(places, number, line, bad.group())
        lines.append(upper)
    layout = BY_SHAPE.get((len(lines), width, lines[0][0]))
    if layout is None:
        return _unknown(places, len(lines), width, lines[0][0])
    return tuple(lines), layout, places


def _raw_lines(text: str, places: Places) -> list[tuple[int, str]]:
    """Start and text of each line that is not blank."""
    start = len(_MARK) if text.startswith(_MARK) else 0
    if start:
        places.note("mark", "a byte order mark stands before the zone; it was passed over", 1, 1)
    raw: list[tuple[int, str]] = []
    ends = [(found.start(), found.end()) for found in _LINE_END.finditer(text, start)]
    for stop, following in (*ends, (len(text), len(text))):
        if text[start:stop].strip(_BLANKS):
            raw.append((start, text[start:stop]))
        start = following
    return _parted(raw, places) if len(raw) == 1 else _with_ends(text, raw, ends, places)


def _with_ends(
    text: str, raw: list[tuple[int, str]], ends: list[tuple[int, int]], places: Places
) -> list[tuple[int, str]]:
    places.starts = tuple(start for start, _ in raw)
    if any(text[start:stop] != "\n" for start, stop in ends) and raw:
        reason = "lines end in carriage return and line feed, or in carriage return alone"
        places.note("line_end", reason, 1, len(raw[0][1]) + 1)
    return raw


def _parted(raw: list[tuple[int, str]], places: Places) -> list[tuple[int, str]]:
    """A single line that has the length of a whole zone, cut where its lines must end."""
    start, line = raw[0]
    bare = line.strip(_BLANKS)
    count = _JOINED.get(len(bare))
    if count is None:
        return raw
    start += len(line) - len(line.lstrip(_BLANKS))
    width = len(bare) // count
    places.starts = (start,)
    places.note("joined", f"{count} lines of {width} characters stand in one", 1, width + 1)
    return [(start + at, bare[at : at + width]) for at in range(0, len(bare), width)]


def _width(lines: list[str]) -> int:
    """The width that most lines have or come nearest to, the first line deciding a tie."""
    widths = WIDTHS[len(lines)]
    if len(lines) == 3:
        return widths[0]
    fitting = [width for line in lines for width in widths if _fitted(line, width) is not None]
    if fitting:
        return max(fitting, key=fitting.count)
    length = len(lines[0].strip(_BLANKS))
    return min(widths, key=lambda width: abs(width - length))


def _fitted(line: str, width: int) -> tuple[str, str] | None:
    """The line in its width, and what was done with its blanks ("" if it has none).

    It fits without the blanks round it, as it stands, or without any. Blanks inside a line of full
    width stand for fillers.
    """
    bare = line.strip(_BLANKS)
    for form in (bare, line):
        if len(form) == width:
            filled = form.translate(_FILLED)
            done = "taken for fillers" if filled != form else "left out" if form != line else ""
            return filled, done
    packed = bare.translate(_NO_BLANKS)
    return (packed, "left out") if len(packed) == width else None


def _told(places: Places, number: int, line: str, blanks: str) -> None:
    if blanks:
        position = next(at for at, char in enumerate(line, 1) if char in _BLANKS)
        places.note("blank", f"blanks stand in the line; they were {blanks}", number, position)
    if found := _LOWER.search(line):
        reason = "letters are in lower case; they were read as upper case"
        places.note("case", reason, number, found.start() + 1)


def _wrong_length(places: Places, number: int, line: str, width: int, count: int) -> Defect:
    bare = line.strip(_BLANKS)
    lead = len(line) - len(line.lstrip(_BLANKS))
    shape = f"a zone of {count} lines has {width} characters in each"
    reason = f"line has {len(bare)} characters, {shape}"
    position = lead + min(len(bare), width) + 1
    return places.defect("length", Severity.FATAL, reason, number, position)


def _illegal(places: Places, number: int, line: str, char: str) -> Defect:
    """The place is that in the line as it was sent, blanks counted."""
    position = next(at for at, sent in enumerate(line, 1) if sent.translate(_UPPER) == char)
    shown = f"{char!r} (U+{ord(char):04X})" if char.isprintable() else f"U+{ord(char):04X}"
    reason = f"{shown} cannot stand in a zone, only A to Z, 0 to 9 and < (Doc 9303-3 §4.3)"
    return places.defect("character", Severity.FATAL, reason, number, position)


def _unknown(places: Places, count: int, width: int, letter: str) -> Defect:
    known = " ".join(sorted(key[2] for key in BY_SHAPE if key[:2] == (count, width)))
    hint = "; I may be meant" if letter == "1" and "I" in known else ""
    reason = (
        f"document code begins with {letter}, {count} lines of {width} begin with one of {known}"
    )
    return places.defect("type", Severity.FATAL, reason + hint, 1, 1)
