"""What DuckDB and PostgreSQL say differently: types, patterns, lists and calculations.

A calculation whose result is not a finite number is unknown. DuckDB computes like IEEE 754 and
gives an infinity, which becomes null here. PostgreSQL ends the whole query instead, when a result
is too large and also when it is too small, so there a look at the operands comes first; powers of
two make that look exact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from esclusa.analysis.targeting.frame import UNIT


class Dialect(NamedTuple):
    """How one database writes what the language means.

    ``types`` maps a catalogue type to the column type it must have. ``matches`` takes a text and a
    pattern, ``calculate`` an operator and two operands, all as SQL; ``functions`` holds what
    differs from :data:`SHARED`.
    """

    name: str
    types: Mapping[str, str]
    matches: Callable[[str, str], str]
    calculate: Callable[[str, str, str], str]
    functions: Mapping[str, Callable[..., str]]


def text(value: str) -> str:
    """Return an SQL text; neither database gives a backslash a meaning in one."""
    return "'" + value.replace("'", "''") + "'"


def texts(values: Sequence[str]) -> str:
    """Return an SQL array of texts."""
    return "ARRAY[" + ", ".join(map(text, values)) + "]"


def joined(value: str) -> str:
    """Return the elements of an array as one text, with a unit separator between them."""
    return f"array_to_string({value}, {text(UNIT)})"


# --- PostgreSQL ---------------------------------------------------------------------------------

_HALF: Final = "CASE WHEN abs({0}) < 1e-300 THEN 0 ELSE {0} * 0.5 END"
"""Half of a number; what is too small to halve cannot move the sum of two large ones."""

_ADD: Final = (
    "WHEN greatest(abs(x.l), abs(x.r)) < 2::float8 ^ 1022 THEN x.l + x.r "
    f"WHEN abs(({_HALF.format('x.l')}) + ({_HALF.format('x.r')})) < 2::float8 ^ 1023 "
    "THEN x.l + x.r"
)
_MULTIPLY: Final = (
    "WHEN x.l = 0 OR x.r = 0 THEN 0 "
    "WHEN abs(x.l) >= 1 AND abs(x.r) >= 1 THEN CASE WHEN "
    "abs(x.l * 2::float8 ^ -512) * abs(x.r * 2::float8 ^ -512) < 1 THEN x.l * x.r END "
    "WHEN greatest(abs(x.l), abs(x.r)) < 1 AND least(abs(x.l), abs(x.r)) < 2::float8 ^ -500 "
    "THEN CASE WHEN abs(x.l * 2::float8 ^ 537) * abs(x.r * 2::float8 ^ 537) > 0.5 "
    "THEN x.l * x.r ELSE 0 END "
    "ELSE x.l * x.r"
)
_DIVIDE: Final = (
    "WHEN x.r = 0 THEN NULL "
    "WHEN x.l = 0 THEN 0 "
    "WHEN abs(x.r) < 1 THEN CASE "
    "WHEN abs(x.l) < 2::float8 ^ -51 THEN x.l / x.r "
    "WHEN abs(x.r) < 2::float8 ^ -500 AND abs(x.l) > 2::float8 ^ 600 THEN NULL "
    "WHEN abs(x.l * 2::float8 ^ -512) / abs(x.r * 2::float8 ^ 512) < 1 THEN x.l / x.r END "
    "WHEN abs(x.l) >= 2::float8 ^ -50 THEN x.l / x.r "
    "WHEN abs(x.r) > 2::float8 ^ 200 AND abs(x.l) < 2::float8 ^ -1000 THEN 0 "
    "WHEN abs(x.l * 2::float8 ^ 600) / abs(x.r * 2::float8 ^ -400) > 2::float8 ^ -75 "
    "THEN x.l / x.r ELSE 0"
)
_GUARDED: Final[Mapping[str, str]] = {"+": _ADD, "*": _MULTIPLY, "/": _DIVIDE}


def _guarded(op: str, left: str, right: str) -> str:
    if op == "-":
        op, right = "+", f"-({right})"
    # OFFSET keeps the planner from writing the operands out at each of their mentions.
    operands = f"SELECT ({left})::float8 AS l, ({right})::float8 AS r OFFSET 0"
    body = f"CASE WHEN x.l IS NULL OR x.r IS NULL THEN NULL {_GUARDED[op]} END"
    return f"(SELECT {body} FROM ({operands}) AS x)"


def _round_guarded(value: str, step: str) -> str:
    quotient = _guarded("/", "v.v", step)
    rest = _guarded("-", "v.v", _guarded("*", f"round({quotient})", step))
    return (
        f"(SELECT CASE WHEN v.v IS NOT NULL THEN v.v <> 0 AND coalesce({rest} = 0, false) END "
        f"FROM (SELECT ({value})::float8 AS v OFFSET 0) AS v)"
    )


POSTGRESQL: Final = Dialect(
    name="postgresql",
    types={
        "text": "text",
        "number": "double precision",
        "flag": "boolean",
        "date": "date",
        "texts": "text[]",
    },
    matches=lambda value, pattern: f"({value} ~ {text(pattern)})",
    calculate=_guarded,
    functions={
        "count": lambda x: f"cardinality({x})::float8",
        "contains": lambda x, y: f"(strpos({x}, {text(y)}) > 0)",
        "ends_with": lambda x, y: f"(right({x}, {len(y)}) = {text(y)})",
        "any_in": lambda x, y: f"({x} && {texts(y)})",
        "element": lambda x, y: f"({x} = ANY({y}))",
        "is_round": lambda x, y: _round_guarded(x, f"{y!r}::float8"),
    },
)


# --- DuckDB -------------------------------------------------------------------------------------


def _finite(op: str, left: str, right: str) -> str:
    # A list of one, since DuckDB would write an operand of CASE or NULLIF out at each mention.
    return f"list_filter([{left} {op} {right}], lambda x: isfinite(x))[1]"


def _round_plain(value: str, step: float) -> str:
    of = f"{step!r}::DOUBLE"
    return f"({value} <> 0 AND {value} - round_even({value} / {of}, 0) * {of} = 0)"


DUCKDB: Final = Dialect(
    name="duckdb",
    types={
        "text": "VARCHAR",
        "number": "DOUBLE",
        "flag": "BOOLEAN",
        "date": "DATE",
        "texts": "VARCHAR[]",
    },
    matches=lambda value, pattern: f"regexp_matches({value}, {text(pattern)})",
    calculate=_finite,
    functions={
        "count": lambda x: f"len({x})::DOUBLE",
        "contains": lambda x, y: f"contains({x}, {text(y)})",
        "ends_with": lambda x, y: f"suffix({x}, {text(y)})",
        "any_in": lambda x, y: f"list_has_any({x}, {texts(y)})",
        "element": lambda x, y: f"list_contains({y}, {x})",
        "is_round": _round_plain,
    },
)

DIALECTS: Final[Mapping[str, Dialect]] = {one.name: one for one in (DUCKDB, POSTGRESQL)}
