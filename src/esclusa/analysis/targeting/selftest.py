"""Run the tests that rules carry.

Each test goes through the same features, columns and engine as real records. A test states fields
as they stand in the table, or a part of a record whose missing entries are filled with nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
import polars as pl

from esclusa.analysis.targeting.catalogue import columns
from esclusa.analysis.targeting.context import (
    ConsignmentContext,
    EquipmentContext,
    PortCallContext,
    TravellerContext,
)
from esclusa.analysis.targeting.features import (
    consignment_table,
    equipment_table,
    port_call_table,
    traveller_table,
)
from esclusa.analysis.targeting.frame import frame_of
from esclusa.analysis.targeting.pack import Compiled, Pack
from esclusa.analysis.targeting.rule import RuleTest
from esclusa.analysis.targeting.words import mismatch
from esclusa.errors import RuleError, Term
from esclusa.model import Consignment, PortCall, TransportEquipment, Traveller


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A rule's test that did not come out as expected; ``found`` may also be what went wrong:
    that is ``problem``, too."""

    rule: str
    test: str
    expected: str
    found: str
    problem: RuleError | None = None


class PackReport(msgspec.Struct, frozen=True, kw_only=True):
    """What checking a pack found. ``passed`` is true when no test failed."""

    pack: str
    rules: int
    tests: int
    failures: tuple[Failure, ...]

    @property
    def passed(self) -> bool:
        return not self.failures


_ODD: Final = "un valor no es del tipo de su campo"


class _Subject(NamedTuple):
    body: type[Any]
    context: type[Any]
    table: Callable[[Sequence[Any], Sequence[Any]], pl.DataFrame]
    least: Mapping[str, Any]


_SUBJECTS: Final[Mapping[str, _Subject]] = {
    "consignment": _Subject(
        Consignment, ConsignmentContext, consignment_table, {"carrier": "", "bill": ""}
    ),
    "equipment": _Subject(TransportEquipment, EquipmentContext, equipment_table, {"number": ""}),
    "port_call": _Subject(PortCall, PortCallContext, port_call_table, {"voyage": {}, "port": {}}),
    "traveller": _Subject(
        Traveller, TravellerContext, lambda b, x: traveller_table(b, x, complete=True),
        {"surname": ""},
    ),
}  # fmt: skip


def check_pack(pack: Pack) -> PackReport:
    """Run every test of every rule, whatever its dates; never raises for what a test contains."""
    outcomes = [(found, test) for found in pack.rules for test in found.rule.tests]
    failures = [failure for pair in outcomes if (failure := _failure(*pair)) is not None]
    return PackReport(
        pack=f"{pack.id} {pack.version}",
        rules=len(pack.rules),
        tests=len(outcomes),
        failures=tuple(failures),
    )


def verdict(found: Compiled, test: RuleTest) -> str:
    """Return ``true``, ``false`` or ``unknown``: what the rule says about a test's example.

    :raises RuleError: (or a msgspec, polars, arithmetic, value or type error) the example cannot be
        a row.
    """
    subject = test.subject or found.rule.subjects[0]
    table = _given(subject, test.given) if test.given is not None else _recorded(subject, test)
    value = table.select(found.expressions[subject].alias("v"))["v"][0]
    return "unknown" if value is None else str(value).lower()


def table_of(subject: str, record: Mapping[str, Any], context: Mapping[str, Any]) -> pl.DataFrame:
    """Return the one-row feature table of a part of a record.

    :raises RuleError: an entry that the model does not have.
    :raises msgspec.ValidationError: one of another type.
    """
    kind = _SUBJECTS[subject]
    known = dict(context)
    if "previous" in known:
        known["previous"] = _whole("consignment", known["previous"])
    body = _strict(_whole(subject, record), kind.body)
    return kind.table([body], [_strict(known, kind.context)])


def _failure(found: Compiled, test: RuleTest) -> Failure | None:
    problem = None
    try:
        outcome = verdict(found, test)
    except RuleError as error:
        problem = error
    except msgspec.ValidationError as error:
        problem = RuleError("cannot run: {said}", said=mismatch(str(error)))
    except (ArithmeticError, ValueError, TypeError, pl.exceptions.PolarsError) as error:
        # What the column engine says of a value is for whoever knows it.
        problem = RuleError("cannot run: {said}", said=Term(str(error), es=_ODD))
    if problem is not None:
        outcome = problem.reason
    if outcome == test.expect:
        return None
    return Failure(
        rule=found.rule.id, test=test.name, expected=test.expect, found=outcome, problem=problem
    )


def _given(subject: str, values: Mapping[str, Any]) -> pl.DataFrame:
    known = columns(subject)
    for name, value in values.items():
        if name not in known:
            raise RuleError("cannot run: {subject} has no field {name}", subject=subject, name=name)
        if isinstance(value, dt.datetime):
            raise RuleError("cannot run: {name} is a day, not a moment", name=name)
    return frame_of(subject, {name: [_number(value)] for name, value in values.items()}, 1)


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _recorded(subject: str, test: RuleTest) -> pl.DataFrame:
    return table_of(subject, test.record or {}, test.context)


def _whole(subject: str, record: Mapping[str, Any]) -> dict[str, Any]:
    return {**_SUBJECTS[subject].least, **record, "kind": subject}


def _strict(data: Mapping[str, Any], kind: type[Any]) -> Any:
    """Convert and refuse entries that the struct does not have, at every level."""
    body = msgspec.convert(data, kind)
    _refuse_unknown(data, body, "")
    return body


def _refuse_unknown(data: Any, body: Any, path: str) -> None:
    if isinstance(data, Mapping):
        for name, value in data.items():
            if name != "kind" and not hasattr(body, name):
                raise RuleError("cannot run: there is no {name}", name=path + name)
            _refuse_unknown(value, getattr(body, name, None), f"{path}{name}.")
    elif isinstance(data, list):
        for index, value in enumerate(data):
            _refuse_unknown(value, body[index], f"{path}{index}.")
