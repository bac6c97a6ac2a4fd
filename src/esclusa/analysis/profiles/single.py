"""One row of a consignment as plain values: what :mod:`.rows` makes of columns.

A data frame costs as much for one row as for five hundred, so a question about one consignment goes
without. The values are those of ``taken`` and ``measured``; a property test holds them together.
"""

from __future__ import annotations

import datetime as dt
import math
from bisect import bisect_right
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from esclusa.analysis.profiles.answers import COLUMNS
from esclusa.analysis.profiles.catalogue import Measure, measures
from esclusa.analysis.profiles.effects import Change, Version
from esclusa.analysis.profiles.peers import edges
from esclusa.analysis.profiles.rows import (
    DERIVED,
    EARLIEST,
    LATEST,
    MOST_LONG,
    MOST_SHORT,
    NUMBERS,
    TEXTS,
    detour,
)
from esclusa.errors import InputError

Plain = dict[str, Any]
"""Values by column of ``ROW_COLUMNS``; a column that is missing is null."""
Number = float | None

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_TICK: Final = dt.timedelta(microseconds=1)
_MINUTE: Final = dt.timedelta(minutes=1)
_OF_A_DAY: Final = 1 / 1440
"""By this the column engine multiplies where it is told to divide by a constant."""
_DIGITS: Final = tuple(zip((2, 4, 6), DERIVED, strict=True))


def row_taken(row: Mapping[str, Any]) -> Plain:
    """Return one row as ``taken`` has it, ``at`` in microseconds.

    :raises InputError: the moment or the id is missing or out of range.
    """
    name, at = row.get("id"), row.get("at")
    if name is None or at is None:
        raise InputError("rows: a row has no id or no at")
    ticks = (at - _EPOCH) // _TICK
    if not EARLIEST <= ticks < LATEST:
        raise InputError("rows: a moment in at is not between 1980 and 2300")
    made: Plain = {"id": name, "at": ticks, "withdrawn": bool(row.get("withdrawn"))}
    for text in TEXTS:
        made[text] = row.get(text) or None
    made["via"] = row.get("via") or ""
    for number in NUMBERS:
        value = row.get(number)
        made[number] = float(value) if value is not None and math.isfinite(value) else None
    hs = made["hs"] or ""
    long = len(hs.encode())
    for length, column in _DIGITS:
        made[column] = hs[:length] if long >= length else None
    made["departs"], made["arrives"] = row.get("departs"), row.get("arrives")
    return made


def row_measured(row: Plain) -> dict[str, Number]:
    """Return the raw features of a row from :func:`row_taken`, as ``measured`` has them."""
    mass, value, verified = row["mass_kg"], row["value"], row["verified_kg"]
    heavy, box, checked = _above(mass), _above(row["declared_kg"]), _above(verified)
    per_box = _ratio(heavy, _above(row["boxes"]))
    short = (row["size_type"] or "").startswith("2")
    one_currency = row["currency"] is not None and row["currency"] == row["freight_currency"]
    days = None
    if row["departs"] is not None and row["arrives"] is not None:
        days = (row["arrives"] - row["departs"]) // _MINUTE * _OF_A_DAY
    worth = _above(value)
    return {
        "mass_kg": mass,
        "packages": row["packages"],
        "value": value,
        "boxes": row["boxes"],
        "value_per_kg": _ratio(worth, heavy),
        "mass_per_package_kg": _ratio(heavy, _above(row["packages"])),
        "mass_per_box_kg": per_box,
        "freight_per_kg": _ratio(_above(row["freight"]), heavy),
        "freight_to_value": _ratio(row["freight"], worth) if one_currency else None,
        "transit_days": days if days is not None and days > 0 else None,
        "lead_hours": row["lead_hours"],
        "verified_gap": _ratio(_less(verified, row["declared_kg"]), checked),
        "stow_gap": _ratio(_less(row["stow_kg"], verified), checked),
        "tare_gap": _ratio(_less(_less(row["declared_kg"], mass), row["tare_kg"]), box),
        "fill": _ratio(per_box, MOST_SHORT if short else MOST_LONG),
        "detour": detour(row["load_port"], row["via"], row["discharge_port"]),
        "round_value": None if value is None else float(_is_round(value)),
        "missing_value": float(value is None),
        "missing_hs": float(row["hs"] is None),
        "missing_notify": float(row["notify"] is None),
        "missing_stuffing": float(row["stuffing"] is None),
        "text_fit": row["text_fit"],
    }


def row_version(row: Plain, raw: Mapping[str, Number]) -> tuple[str, Version]:
    """Return the record id and the version that a row stands for."""
    values = tuple(row[name] for name in COLUMNS)
    steps = tuple(_step(measure, raw[measure.name]) for measure in measures())
    return row["id"], Version(Change(row["at"], values, steps), row["withdrawn"])


def _step(measure: Measure, value: Number) -> int:
    """Return the step of a value in the histogram of its peers, -1 for none."""
    return -1 if value is None else bisect_right(_plain_edges(measure.low, measure.high), value)


@cache
def _plain_edges(low: float, high: float) -> list[float]:
    return [float(edge) for edge in edges(low, high)]


def _is_round(value: float) -> bool:
    return value - 1000.0 * math.floor(value * (1 / 1000)) == 0  # as the column engine has it


def _above(number: Number) -> Number:
    return number if number is not None and number > 0 else None


def _ratio(one: Number, other: Number) -> Number:
    return None if one is None or other is None else one / other


def _less(one: Number, other: Number) -> Number:
    return None if one is None or other is None else one - other
