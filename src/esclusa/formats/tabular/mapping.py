"""A mapping file: what each column of a sender's table means.

Written by hand or proposed by :mod:`~esclusa.formats.tabular.guess`, in JSON or TOML, and kept: a
sender's layout changes rarely. ``docs/mapping-files.md`` is its manual.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from esclusa.errors import FormatError, LimitError
from esclusa.formats.tabular.convert import KINDS, Style
from esclusa.formats.tabular.dialect import codec_name
from esclusa.formats.tabular.fields import Target, fields, lacking

MAPPING_BYTES: Final = 128 * 1024
"""Largest mapping file: a thousand columns with long headings take about 80,000 bytes."""

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

_HEADER_ROWS: Final = 1_000

_POSITION: Final = re.compile(r"#([1-9][0-9]{0,5})")

_PROGRAMS: Final = ("unicode-escape", "raw-unicode-escape")
"""Ways of writing text inside programs; no table comes in them."""

_PROBE: Final = "a;1\n"

_SCALE: Final = 1e9
"""No unit is further from another: nanograms to grams."""

NOTHING = ("", "-", "--", "---", ".", "N/A", "n/a", "#N/A", "NULL", "null", "NIL", "nil", "S/N")
"""Cells that say "no value". ``NA`` is not among them: it is Namibia."""


class Column(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one column fills.

    ``split`` cuts a cell into several values. ``scale`` multiplies a number: 1000 for tonnes in a
    field of kilograms.
    """

    field: str
    split: str = ""
    scale: float = 1.0


class Mapping(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """How a table is read.

    ``columns`` goes from a heading, or ``#3`` for the third column, to a field path or a
    :class:`Column`. ``constants`` fills fields that no column holds. ``header_row`` is the row of
    the headings from 1, 0 when there are none; rows above it are left out. Empty ``encoding`` and
    ``separator`` are found out. ``nothing`` lists cells that say "no value"; a blank one always
    does. ``date_order`` tells ``03/04/2026`` apart. ``list_id`` names the
    list for ``list_entry``. ``sheet`` is a sheet's name, "" for the first.
    """

    id: str
    target: Literal["consignment", "examination", "list_entry", "ownership", "traveller"]
    columns: dict[str, str | Column]
    title: str = ""
    constants: dict[str, str] = {}
    header_row: int = 1
    encoding: str = ""
    separator: str = ""
    decimal: Literal[".", ","] = "."
    date_order: Literal["ymd", "dmy", "mdy"] = "ymd"
    nothing: tuple[str, ...] = NOTHING
    sheet: str = ""
    list_id: str = ""
    blank_continues: bool = True
    """A row without a bill number belongs to the bill above it, as in sheets with merged cells."""


def load_mapping(data: bytes, *, file: str = "") -> Mapping:
    """Read a mapping file, JSON when it starts with ``{``, else TOML.

    Raises :class:`~esclusa.errors.FormatError` naming what is wrong: syntax, an unknown key, a
    field that the target does not have, or a required field that nothing fills; and
    :class:`~esclusa.errors.LimitError` past ``MAPPING_BYTES``.
    """
    if len(data) > MAPPING_BYTES:
        raise LimitError(f"a mapping has at most {MAPPING_BYTES:,} bytes", file=file)
    raw: object = None
    try:
        text = data.decode("utf-8-sig")
        raw = msgspec.json.decode(text) if text.lstrip()[:1] == "{" else tomllib.loads(text)
        mapping = msgspec.convert(raw, Mapping)
    except (ValueError, msgspec.MsgspecError, RecursionError) as error:
        reason = _wrong_column(raw) or str(error)
        raise FormatError(f"not a mapping: {reason}", file=file) from None
    if faults := check(mapping):
        raise FormatError(f"mapping {mapping.id[:64]!r}: {'; '.join(faults)}", file=file)
    return mapping


def _wrong_column(raw: object) -> str:
    """Return the name of the first column whose rule is none, and why; "" when all are."""
    columns = raw.get("columns") if isinstance(raw, dict) else None
    for key, rule in columns.items() if isinstance(columns, dict) else ():
        try:
            msgspec.convert(rule, str | Column)
        except msgspec.ValidationError as error:
            return f"column {key[:60]!r}: {error}"
    return ""


def dump_mapping(mapping: Mapping) -> bytes:
    """Return the mapping as indented JSON text, ready to be kept and edited."""
    return msgspec.json.format(msgspec.json.encode(mapping), indent=1) + b"\n"


def check(mapping: Mapping) -> list[str]:
    """Return everything that makes a mapping unusable, one sentence each; none when it is good."""
    target = fields().targets[mapping.target]
    filled = [rule.field for rule in rules(mapping).values()] + list(mapping.constants)
    faults = list(_wrong_values(mapping))
    faults += [
        f"{mapping.target} has no field {path!r}" for path in filled if path not in target.fields
    ]
    faults += [f"no column or constant fills {path!r}" for path in lacking(mapping.target, filled)]
    return faults + _unreadable_constants(mapping, target)


def _wrong_values(mapping: Mapping) -> Iterator[str]:
    if not _ID.fullmatch(mapping.id):
        yield "id has at most 64 letters, digits, '.', '_' and '-'"
    if not 0 <= mapping.header_row <= _HEADER_ROWS:
        yield f"header_row is a number from 0 to {_HEADER_ROWS:,}"
    if mapping.header_row == 0 and not all(map(position, mapping.columns)):
        yield "without a header row every column is named by its position, as in '#3'"
    if len(mapping.separator) > 1 or mapping.separator in ("\n", "\r", '"'):
        yield "separator is one character, not a quote or a line end"
    if mapping.encoding and not _usable(mapping.encoding):
        yield f"encoding {mapping.encoding!r} is not known"
    for key, rule in rules(mapping).items():
        if not 1 / _SCALE <= rule.scale <= _SCALE:
            yield f"scale of column {key[:60]!r} is not between {1 / _SCALE:g} and {_SCALE:g}"


def _unreadable_constants(mapping: Mapping, target: Target) -> list[str]:
    style = Style(mapping.decimal, mapping.date_order)
    faults = []
    for path, text in mapping.constants.items():
        field = target.fields.get(path)
        if any(ord(char) < 32 for char in text):
            faults.append(f"constant for {path} holds a control character")
        try:
            if field:
                KINDS[field.kind](text, style)
        except ValueError as error:
            faults.append(f"constant {text!r} for {path} {error}")
    return faults


def rules(mapping: Mapping) -> dict[str, Column]:
    """Return each column's rule, a bare field path made one."""
    return {
        key: rule if isinstance(rule, Column) else Column(field=rule)
        for key, rule in mapping.columns.items()
    }


def position(key: str) -> int | None:
    """Return the number of the column that a key names by its place, ``#3``; None for a heading."""
    found = _POSITION.fullmatch(key)
    return int(found[1]) if found else None


def _usable(encoding: str) -> bool:
    """Answer whether an encoding is known, and writes text in one or two bytes a character; Python
    calls other things encodings too, such as ``base64`` and ``idna``."""
    try:
        codec = codec_name(encoding)
        if codec in _PROGRAMS:
            return False
        bytes(range(256)).decode(codec, errors="replace")
        data = _PROBE.encode(codec)
        return len(data) <= 2 * len(_PROBE) and data.decode(codec) == _PROBE
    except (LookupError, ValueError):
        return False
