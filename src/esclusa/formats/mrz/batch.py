"""Many zones of one kind at once: columns of lines in, a table with all verdicts out.

Strings are cut by polars, check digits computed by numpy for the whole column. Same fields, same
verdicts as :func:`~esclusa.formats.mrz.read`, row by row; defects beyond them are the single
reader's. Kept apart because polars and numpy cost more to load than the rest of the package.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from esclusa.errors import FormatError
from esclusa.formats.mrz.layout import CODE, FILLER, ISSUER, LAYOUTS, Kind, Layout, Span, after
from esclusa.formats.mrz.zone import Verdict

Bytes = npt.NDArray[np.uint8]
Column = Sequence[str] | npt.NDArray[Any] | pl.Series

_FOREIGN: Final = 255
_VALUES: Final = bytearray([_FOREIGN] * 256)
_VALUES[48:58] = range(10)
_VALUES[65:91] = range(10, 36)
_VALUES[ord(FILLER)] = 0

_BLOCK: Final = 16_384
"""Rows summed at once: their values stay in the processor's cache."""

_BYTE: Final = ord(FILLER)
_WORDS: Final = [verdict.value for verdict in Verdict]
_VERDICTS: Final = pl.Series(_WORDS, dtype=pl.Enum(_WORDS))
_VALID, _WRONG, _NOT_GIVEN = range(3)
_FIGURES: Final = pl.Series([*"0123456789"])
_FAULTS: Final = pl.Series(["", "length", "character", "type"])
_LENGTH, _CHARACTER, _TYPE = 1, 2, 3


def table(kind: Kind, *columns: Column) -> pl.DataFrame:
    """Return one row for each zone, in the order given.

    ``columns`` are the first lines, the second lines and, for TD1, the third lines: lists, numpy
    arrays of text or polars series, in upper case and of full width as ``Zone.lines`` has them.

    The table has the names of :class:`~esclusa.formats.mrz.Fields`; for each check digit
    ``<field>_given``, ``<field>_computed`` and ``<field>_verdict``; ``names_truncated``; ``valid``
    as ``Zone.valid``; and ``fault``: "" or why a row is no zone of this kind, ``length``,
    ``character`` or ``type``. Such a row is null in its other columns.

    Raises :class:`~esclusa.errors.FormatError` when the number of columns or their lengths differ.
    """
    layout = LAYOUTS[kind]
    lines = _checked_columns(layout, columns)
    faults = np.zeros(len(lines[0]), dtype=np.uint8)
    lines = [_of_width(column, layout.width, faults) for column in lines]
    raw = [_Line("".join(column).encode(), layout.width) for column in lines]
    for line in raw:
        _mark_foreign(line, faults)
    letters = np.frombuffer(layout.first_letters.encode(), dtype=np.uint8)
    faults[(faults == 0) & ~np.isin(raw[0].column(0), letters)] = _TYPE
    frame = pl.DataFrame(_named(lines))
    return _without_faulty(_with_verdicts(frame, layout, raw), faults)


def _named(lines: list[list[str]]) -> list[pl.Series]:
    return [pl.Series(f"line_{at}", line, dtype=pl.String) for at, line in enumerate(lines)]


class _Line:
    """One line of every zone, as a matrix: bytes, and what they count in a check digit."""

    __slots__ = ("codes", "foreign", "values")

    def __init__(self, text: bytes, width: int) -> None:
        counted = text.translate(_VALUES)
        self.codes = np.frombuffer(text, dtype=np.uint8).reshape(-1, width)
        self.values = np.frombuffer(counted, dtype=np.uint8).reshape(-1, width)
        self.foreign = _FOREIGN.to_bytes() in counted

    def column(self, at: int) -> Bytes:
        """Return the character at one place in every row, by itself in memory."""
        return np.ascontiguousarray(self.codes[:, at])


def _mark_foreign(line: _Line, faults: Bytes) -> None:
    if line.foreign:
        faults[(faults == 0) & (line.values == _FOREIGN).any(axis=1)] = _CHARACTER


def _without_faulty(frame: pl.DataFrame, faults: Bytes) -> pl.DataFrame:
    if faults.any():
        whole = pl.lit(pl.Series(faults == 0))
        frame = frame.with_columns(pl.when(whole).then(pl.all()).otherwise(None))
    return frame.with_columns(_FAULTS.gather(faults).alias("fault"))


def _checked_columns(layout: Layout, columns: Sequence[Column]) -> list[list[str]]:
    if len(columns) != layout.count or len({len(column) for column in columns}) > 1:
        given = ", ".join(str(len(column)) for column in columns) or "none"
        reason = f"{layout.kind} has {layout.count} columns of equal length, given: {given}"
        raise FormatError(reason)
    return [column if isinstance(column, list) else list(column) for column in columns]


def _of_width(column: list[str], width: int, faults: Bytes) -> list[str]:
    """The lines; one that has not the width or goes beyond ASCII gives way to fillers."""
    try:
        if set(map(len, column)) <= {width} and "".join(column).isascii():
            return column
    except TypeError:
        pass  # None or a number among the lines: told row by row
    mended = []
    for row, line in enumerate(column):
        if not isinstance(line, str) or len(line) != width:
            faults[row] = _LENGTH
        elif line.isascii():
            mended.append(str(line))
            continue
        else:
            faults[row] = faults[row] or _CHARACTER
        mended.append(FILLER * width)
    return mended


def _with_verdicts(frame: pl.DataFrame, layout: Layout, raw: list[_Line]) -> pl.DataFrame:
    checks = _checks(layout)
    given = {name: raw[digit.line].column(digit.start) for name, _, digit in checks}
    digits = {name: _computed(raw, spans) for name, spans, _ in checks}
    long = _long(raw, layout)
    if long.any():
        rows = np.flatnonzero(long)
        told, right = _long_digits(raw, rows, layout)
        given["document_number"] = given["document_number"].copy()
        given["document_number"][rows], digits["document_number"][rows] = told, right
    found = _cut(frame, layout, long, raw)
    return found.with_columns(_verdict_columns(found, given, digits))


def _verdict_columns(
    frame: pl.DataFrame, given: dict[str, Bytes], digits: dict[str, Bytes]
) -> list[pl.Series]:
    columns: list[pl.Series] = []
    valid = np.ones(len(frame), dtype=np.bool_)
    for name, told in given.items():
        verdict = np.full(len(told), _WRONG, dtype=np.uint8)
        verdict[told == _BYTE] = _NOT_GIVEN
        verdict[told == digits[name] + ord("0")] = _VALID
        columns.append(_CHARACTERS.gather(told).alias(f"{name}_given"))
        columns.append(_FIGURES.gather(digits[name]).alias(f"{name}_computed"))
        columns.append(_VERDICTS.gather(verdict).alias(f"{name}_verdict"))
        good = verdict == _VALID
        if name == "personal_number":
            good |= (verdict == _NOT_GIVEN) & (frame["optional"] == "").to_numpy()
        valid &= good
    return [*columns, pl.Series("valid", valid)]


_CHARACTERS: Final = pl.Series([chr(byte) for byte in range(256)])


def _checks(layout: Layout) -> list[tuple[str, tuple[Span, ...], Span]]:
    """Name, what it is computed over, and place of each check digit, in the order of ``Zone``."""
    checks: list[tuple[str, tuple[Span, ...], Span]] = [
        ("document_number", (layout.number,), after(layout.number)),
        ("birth_date", (layout.birth,), after(layout.birth)),
        ("expiry_date", (layout.expiry,), after(layout.expiry)),
    ]
    if layout.checked_optional:
        checks.append(("personal_number", (layout.optional,), after(layout.optional)))
    if layout.composite_digit is not None:
        checks.append(("composite", layout.composite, layout.composite_digit))
    return checks


def _computed(raw: list[_Line], spans: tuple[Span, ...]) -> Bytes:
    """The check digit of the same spans in each row.

    Sums stay below 90 · 35 · 7, which 16 bits hold. Not a product of floating point matrices: its
    library starts threads, which wait for work on the cores that cut the strings.
    """
    digits = np.zeros(len(raw[0].values), dtype=np.uint8)
    for start in range(0, len(digits), _BLOCK):
        rows = slice(start, start + _BLOCK)
        parts = [raw[one.line].values[rows, one.start : one.end] for one in spans]
        digits[rows] = _sums(parts) % 10
    return digits


def _sums(parts: list[Bytes]) -> npt.NDArray[np.uint16]:
    """Weighted sums of rows that stand side by side in ``parts``."""
    weights = np.resize(np.array((7, 3, 1), dtype=np.uint16), sum(one.shape[1] for one in parts))
    sums = np.zeros(len(parts[0]), dtype=np.uint16)
    at = 0
    for part in parts:
        width = part.shape[1]
        sums += np.einsum("ij,j->i", part.astype(np.uint16), weights[at : at + width])
        at += width
    return sums


def _long(raw: list[_Line], layout: Layout) -> npt.NDArray[np.bool_]:
    """Rows whose document number goes on in the optional data (part 5 §4.2.2, note j)."""
    if not layout.long_numbers:
        return np.zeros(len(raw[0].codes), dtype=np.bool_)
    line, digit = raw[layout.number.line], layout.number.end
    rest = raw[layout.optional.line].column(layout.optional.start)
    found: npt.NDArray[np.bool_] = (
        (line.column(digit) == _BYTE) & (line.column(digit - 1) != _BYTE) & (rest != _BYTE)
    )
    return found


def _long_digits(
    raw: list[_Line], rows: npt.NDArray[np.intp], layout: Layout
) -> tuple[Bytes, Bytes]:
    """Given and computed digit of long numbers: the last character before the first filler."""
    number, optional = layout.number, layout.optional
    rest = raw[optional.line].codes[rows, optional.start : optional.end]
    fillers = rest == _BYTE
    last = np.where(fillers.any(axis=1), fillers.argmax(axis=1), optional.width) - 1
    head = raw[number.line].values[rows, number.start : number.end]
    tail = raw[optional.line].values[rows, optional.start : optional.end].copy()
    tail[np.arange(optional.width) >= last[:, None]] = 0
    return rest[np.arange(len(rest)), last], (_sums([head, tail]) % 10).astype(np.uint8)


def _text(span: Span) -> pl.Expr:
    return pl.col(f"line_{span.line}").str.slice(span.start, span.width)


def _plain(span: Span) -> pl.Expr:
    return _text(span).str.strip_chars_end(FILLER)


def _cut(
    frame: pl.DataFrame, layout: Layout, long: npt.NDArray[np.bool_], raw: list[_Line]
) -> pl.DataFrame:
    """The columns of ``Fields``, in their order, and ``names_truncated``."""
    number, optional = _plain(layout.number), _plain(layout.optional)
    if long.any():
        is_long, parted = pl.lit(pl.Series(long)), optional.str.splitn(FILLER, 2)
        whole = _text(layout.number) + parted.struct.field("field_0").str.head(-1)
        left = parted.struct.field("field_1").fill_null("")
        number = pl.when(is_long).then(whole).otherwise(number)
        optional = pl.when(is_long).then(left).otherwise(optional)
    names = _plain(layout.name).str.replace_all(FILLER, " ", literal=True).str.splitn("  ", 2)
    second = pl.lit("") if layout.optional_2 is None else _plain(layout.optional_2)
    last = raw[layout.name.line].column(layout.name.end - 1)
    return frame.select(
        pl.lit(str(layout.kind)).alias("kind"),
        _plain(CODE).alias("document_code"),
        _plain(ISSUER).alias("issuer"),
        names.struct.field("field_0").fill_null("").alias("surname"),
        names.struct.field("field_1").fill_null("").alias("given_names"),
        number.alias("document_number"),
        _plain(layout.nationality).alias("nationality"),
        _text(layout.birth).alias("birth_date"),
        _plain(layout.sex).alias("sex"),
        _text(layout.expiry).alias("expiry_date"),
        optional.alias("optional"),
        second.alias("optional_2"),
        _empty_check(layout).alias("empty_check"),
        pl.lit(pl.Series(last != _BYTE)).alias("names_truncated"),
    )


def _empty_check(layout: Layout) -> pl.Expr:
    if not layout.checked_optional:
        return pl.lit("")
    empty = _plain(layout.optional) == ""
    return pl.when(empty).then(_text(after(layout.optional))).otherwise(pl.lit(""))
