"""A mapping file: what each column of a sender's table means.

Written by hand or proposed by :mod:`~esclusa.formats.tabular.guess`, in JSON or TOML, and kept: a
sender's layout changes rarely. ``docs/mapping-files.md`` is its manual.
"""

from __future__ import annotations

import tomllib
from typing import Literal

import msgspec

from esclusa.errors import FormatError
from esclusa.formats.tabular.convert import KINDS, Style
from esclusa.formats.tabular.dialect import codec_name
from esclusa.formats.tabular.fields import Target, fields, lacking

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
    ``separator`` are found out. ``date_order`` tells ``03/04/2026`` apart. ``list_id`` names the
    list for ``list_entry``. ``sheet`` is a sheet's name, "" for the first.
    """

    id: str
    target: Literal["consignment", "list_entry", "traveller"]
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
    field that the target does not have, or a required field that nothing fills.
    """
    try:
        text = data.decode("utf-8-sig")
        raw = msgspec.json.decode(text) if text.lstrip()[:1] == "{" else tomllib.loads(text)
        mapping = msgspec.convert(raw, Mapping)
    except (ValueError, msgspec.MsgspecError, RecursionError) as error:
        raise FormatError(f"not a mapping: {error}", file=file) from None
    if faults := check(mapping):
        raise FormatError(f"mapping {mapping.id}: {'; '.join(faults)}", file=file)
    return mapping


def dump_mapping(mapping: Mapping) -> bytes:
    """Return the mapping as indented JSON text, ready to be kept and edited."""
    return msgspec.json.format(msgspec.json.encode(mapping), indent=1) + b"\n"


def check(mapping: Mapping) -> list[str]:
    """Return everything that makes a mapping unusable, one sentence each; none when it is good."""
    target = fields().targets[mapping.target]
    filled = [rule.field for rule in rules(mapping).values()] + list(mapping.constants)
    faults = [
        f"{mapping.target} has no field {path!r}" for path in filled if path not in target.fields
    ]
    faults += [f"no column or constant fills {path!r}" for path in lacking(mapping.target, filled)]
    if mapping.header_row == 0 and not all(_position(key) for key in mapping.columns):
        faults.append("without a header row every column is named by its position, as in '#3'")
    if len(mapping.separator) > 1 or mapping.separator in ("\n", "\r", '"'):
        faults.append("separator is one character, not a quote or a line end")
    faults += _unreadable_constants(mapping, target)
    if mapping.encoding and not _codec(mapping.encoding):
        faults.append(f"encoding {mapping.encoding!r} is not known")
    return faults


def _unreadable_constants(mapping: Mapping, target: Target) -> list[str]:
    style = Style(mapping.decimal, mapping.date_order)
    faults = []
    for path, text in mapping.constants.items():
        field = target.fields.get(path)
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


def _codec(name: str) -> bool:
    try:
        return codec_name(name) != ""
    except LookupError:
        return False


def _position(key: str) -> bool:
    return key.startswith("#") and key[1:].isdigit() and key[1:] != "0"
