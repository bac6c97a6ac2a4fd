"""Candidates for selection: what arrives at a port, with its reasons, its score and its past.

Everything is read under the labels that are given: those of the sheet. So a sheet is that of a node
which holds nothing else, and everyone who may read it may know all that it rests on.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec
import polars as pl
import sqlalchemy as sa

from esclusa.analysis.selection import Candidate, Past, Policy, Trail
from esclusa.errors import LimitError
from esclusa.ledger import versions
from esclusa.ledger.labels import Labels
from esclusa.ledger.schema import record
from esclusa.model import Alert, record_id
from esclusa.node.examinations import outcomes_under
from esclusa.node.score_rows import assessments

LATELY_DAYS: Final = 28
TRAIL_DAYS: Final = 56
"""An exam's find is followed so long after it became known."""
FRESH_DAYS: Final = 56
"""An importer is fresh so long after his first consignment."""
_BORN: Final = "born_on_lane"
"""The kind of cell that counts importers, each once, and not their bills."""
_SUBHEADING: Final = 6
"""Digits of a tariff code that are the same in all countries (Harmonized System)."""
_LEAST_USUAL: Final = 7
"""Days without which nothing can be called usual."""
MOST: Final = 20_000
"""Candidates of one sheet; more is no port's shift but a slip in the question."""
_LIST: Final = "list"
_CLEARED: Final = frozenset({"not_the_same", "redress"})
"""The outcome of a person who found that the list means somebody else (match_outcomes.csv)."""


class _Port(msgspec.Struct, frozen=True):
    code: str = ""


class _Party(msgspec.Struct, frozen=True):
    role: str
    name: str = ""
    country: str = ""


class _Goods(msgspec.Struct, frozen=True):
    value: float | None = None
    currency: str = ""
    hs_code: str = ""


class Cargo(msgspec.Struct, frozen=True):
    """As much of a consignment as selection and its report need."""

    carrier: str = ""
    bill: str = ""
    arrival: str = ""
    load_port: _Port = _Port()
    discharge_port: _Port = _Port()
    transhipment_ports: tuple[_Port, ...] = ()
    parties: tuple[_Party, ...] = ()
    goods: tuple[_Goods, ...] = ()

    @property
    def importer(self) -> str:
        """Return the name of the importer, or else of the consignee, as one spelling."""
        found = self._party("importer", "consignee")
        return " ".join(found.name.upper().split()) if found else ""

    @property
    def importer_country(self) -> str:
        """Return the country that the importer states."""
        found = self._party("importer", "consignee")
        return found.country if found else ""

    @property
    def agent(self) -> str:
        """Return the name of the agent, forwarder or declarant, as one spelling."""
        found = self._party("agent", "forwarder", "declarant")
        return " ".join(found.name.upper().split()) if found else ""

    @property
    def lane(self) -> str:
        """Return ports of loading and discharge."""
        if not self.load_port.code or not self.discharge_port.code:
            return ""
        return f"{self.load_port.code} > {self.discharge_port.code}"

    @property
    def subheading(self) -> str:
        """Return the first line's tariff code, as far as it is the same in all countries."""
        code = self.goods[0].hs_code[:_SUBHEADING] if self.goods else ""
        return code if len(code) == _SUBHEADING else ""

    @property
    def value(self) -> float | None:
        """Return the value of all goods, None where one states none or currencies differ."""
        values = [one.value for one in self.goods]
        if not values or None in values or len({one.currency for one in self.goods}) > 1:
            return None
        return sum(value for value in values if value is not None)

    def comes_to(self, port: str) -> bool:
        """Tell whether it is discharged or transhipped at a port."""
        return port in {self.discharge_port.code, *(one.code for one in self.transhipment_ports)}

    def _party(self, *roles: str) -> _Party | None:
        named = (p for role in roles for p in self.parties if p.role == role and p.name)
        return next(named, None)


class Kept(msgspec.Struct, frozen=True):
    """A consignment in force: its record id, when its first version was recorded (where all are
    asked for), and what it says."""

    id: str
    recorded: dt.date
    cargo: Cargo


class Listed(msgspec.Struct, frozen=True):
    """Candidates, and by which model they are ordered: "" where points of rules do."""

    candidates: tuple[Candidate, ...]
    by_model: str


_CARGO: Final = msgspec.json.Decoder(Cargo)
_ALERT: Final = msgspec.json.Decoder(Alert)


def cargos(
    connection: sa.Connection, visible: Collection[int], names: Collection[str] | None = None
) -> dict[str, Kept]:
    """Return the consignments in force under these labels, by record id.

    :param names: None for all of them.
    """
    if names is not None:
        found: Iterable[versions.Held] = versions.named(
            connection, visible, {"consignment"}, names
        ).values()
    else:
        found = _all(connection, visible)
    first = _first_days(connection, visible) if names is None else {}
    return {
        one.id: Kept(
            one.id, min(one.recorded.date(), first.get(one.id, dt.date.max)),
            _CARGO.decode(one.body),
        )
        for one in found
    }  # fmt: skip


def _first_days(connection: sa.Connection, visible: Collection[int]) -> dict[str, dt.date]:
    """Return when consignments that were changed since were first recorded: an amended bill did not
    come on the day of its amendment."""
    query = sa.select(record.c.id, sa.func.min(record.c.recorded_time)).where(
        record.c.kind == "consignment", record.c.label_id.in_(sorted(visible)),
        sa.not_(record.c.current),
    )  # fmt: skip
    rows = connection.execute(query.group_by(record.c.id))
    return {name: dt.datetime.fromisoformat(day).date() for name, day in rows}


def _all(connection: sa.Connection, visible: Collection[int]) -> Iterator[versions.Held]:
    query = sa.select(
        record.c.seq, record.c.id, record.c.kind, record.c.label_id, record.c.recorded_time,
        record.c.withdrawn, record.c.valid_time, record.c.body,
    ).where(
        record.c.kind == "consignment", record.c.label_id.in_(sorted(visible)), record.c.current,
        sa.not_(record.c.withdrawn), record.c.body.is_not(None),
    )  # fmt: skip
    rows = connection.execute(query.order_by(record.c.seq), execution_options={"yield_per": 1000})
    for row in rows:
        yield versions.Held(
            row.seq, row.id, row.kind, row.label_id, dt.datetime.fromisoformat(row.recorded_time),
            row.withdrawn, row.valid_time, bytes(row.body),
        )  # fmt: skip


def listed(
    connection: sa.Connection, labels: Labels, visible: Collection[int], agency: str, *,
    port: str, day: str, until: str, now: dt.datetime, policy: Policy,
) -> Listed:  # fmt: skip
    """Return the candidates of a port: consignments that arrive from ``day`` to ``until``.

    What was examined already is no candidate. Cells are told apart by a digest of their name, so
    that a sheet names nobody.

    :param day: the first day of arrival, ISO 8601, and ``until`` the last one.
    :param now: what was recorded or known by now counts.
    :raises LimitError: when there are more than a sheet can hold.
    """
    every = cargos(connection, visible)
    outcomes = outcomes_under(connection, labels, visible, kinds=("consignment",), known_by=now)
    exams = [
        row
        for row in outcomes.select("subject", "examined", "found", "known").iter_rows(named=True)
        if row["examined"]
    ]
    opened = {row["subject"]: row["found"] for row in exams}
    here = [
        one for one in every.values()
        if one.cargo.comes_to(port) and day <= one.cargo.arrival[:10] <= until
        and one.id not in opened
    ]  # fmt: skip
    if len(here) > MOST:
        raise LimitError(f"{len(here)} candidates, a sheet holds {MOST}; ask for a shorter time")
    names = {one.id for one in here}
    lately = {
        row["subject"] for row in exams
        if row["known"] and (now - row["known"]).days < TRAIL_DAYS and row["found"] is not None
    }  # fmt: skip
    scores = assessments(connection, visible, names | lately if policy.follow else names)
    alerts = alerts_of(connection, visible, agency, names)
    scored = bool(here) and all(name in scores for name in names)
    asked = lately if policy.weighs_lately() else None
    pasts = _Pasts(every.values(), opened, now.date(), asked)
    promised = {
        name: scores[name].probability for name in lately
        if policy.follow and scored and name in scores
    }  # fmt: skip
    trails = _Trails(pasts, every, opened, promised)
    return Listed(
        candidates=tuple(
            Candidate(
                subject=one.id,
                score=scores[one.id].probability if scored else _points(alerts.get(one.id)),
                value=one.cargo.value,
                mandatory=_mandatory(alerts.get(one.id), policy),
                cells=pasts.of(one, policy.kinds()),
                trails=trails.of(one, policy.followed()),
            )
            for one in sorted(here, key=lambda one: one.id)
        ),
        by_model=scores[here[0].id].model if scored else "",
    )  # fmt: skip


def alerts_of(
    connection: sa.Connection, visible: Collection[int], agency: str, names: Collection[str]
) -> dict[str, Alert]:
    """Return the alert on each of these records, the one with most reasons of several."""
    wanted = {record_id(agency, "alert", name) for name in names}
    found: dict[str, Alert] = {}
    for held in versions.named(connection, visible, {"alert"}, wanted).values():
        alert = _ALERT.decode(held.body)
        before = found.get(alert.subject_id)
        if before is None or len(alert.reasons) > len(before.reasons):
            found[alert.subject_id] = alert
    return found


def _points(alert: Alert | None) -> float:
    """Return points as a number that orders like them and is below one."""
    return alert.score / (100 + alert.score) if alert else 0.0


def _mandatory(alert: Alert | None, policy: Policy) -> tuple[str, ...]:
    """Return why a candidate has to be opened: a list names a party, or a rule says always."""
    told = set()
    for reason in alert.reasons if alert else ():
        if reason.source == _LIST:
            cleared = reason.match is not None and reason.match.state in _CLEARED
            if policy.list_hits and not cleared:
                told.add("list")
        elif reason.code in policy.always:
            told.add(f"rule {reason.code}")
    return tuple(sorted(told))


class _Pasts:
    """Counts of each cell: bills lately and ever, exams and finds.

    Of the importers whose first bill came lately on a lane (``born_on_lane``) each counts once, on
    the lanes of his first day, and not his bills.

    Where ``looked`` names the exams of the last weeks, these are counted too, and what was usual:
    the bills between the first weeks of the node, in which everybody seems new, and the last ones.
    """

    def __init__(
        self, every: Iterable[Kept], opened: Mapping[str, bool | None], today: dt.date,
        looked: Collection[str] | None,
    ) -> None:  # fmt: skip
        kept = list(every)
        self._looked = None if looked is None else Counter[tuple[str, str]]()
        self._usual: Counter[tuple[str, str]] = Counter()
        started = min((one.recorded for one in kept), default=today)
        self._settled = started + dt.timedelta(days=FRESH_DAYS)
        self._before = (today - self._settled).days + 1 - LATELY_DAYS
        self._first: dict[str, dt.date] = {}
        for one in kept:
            name = one.cargo.importer
            self._first[name] = min(one.recorded, self._first.get(name, one.recorded))
        self._ever: Counter[tuple[str, str]] = Counter()
        self._lately: Counter[tuple[str, str]] = Counter()
        self._opened: Counter[tuple[str, str]] = Counter()
        self._found: Counter[tuple[str, str]] = Counter()
        born: set[tuple[str, str]] = set()
        for one in kept:
            late = (today - one.recorded).days < LATELY_DAYS
            for cell in self.cells(one).items():
                kind, lane = cell
                if kind != _BORN or self._born_here(one, lane, born):
                    self._ever[cell] += 1
                    self._lately[cell] += late
                    self._usual[cell] += not late and one.recorded >= self._settled
                if self._looked is not None:
                    self._looked[cell] += one.id in (looked or ())
                if opened.get(one.id) is not None:
                    self._opened[cell] += 1
                    self._found[cell] += bool(opened[one.id])

    def _born_here(self, one: Kept, lane: str, born: set[tuple[str, str]]) -> bool:
        """Tell whether a bill is of its importer's first day, the first of these on its lane."""
        name = one.cargo.importer
        if one.recorded != self._first[name] or (name, lane) in born:
            return False
        born.add((name, lane))
        return True

    def cells(self, one: Kept) -> dict[str, str]:
        """Return the names of the cells of a consignment, by kind."""
        cargo = one.cargo
        cells = {}
        if cargo.importer:
            cells["importer"] = cargo.importer
            if cargo.lane:
                known = (one.recorded - self._first[cargo.importer]).days
                fresh = known < FRESH_DAYS
                if fresh:
                    cells["new_on_lane"] = cargo.lane
                if fresh and cargo.subheading:
                    cells["new_goods_on_lane"] = f"{cargo.lane} {cargo.subheading}"
                if known < LATELY_DAYS:
                    cells[_BORN] = cargo.lane
                cells["fresh_lane"] = f"{cargo.lane} {'fresh' if fresh else 'known'}"
        if cargo.lane:
            cells["lane"] = cargo.lane
        if cargo.carrier:
            cells["carrier"] = cargo.carrier
        if cargo.agent:
            cells["agent"] = cargo.agent
        return cells

    def of(self, one: Kept, kinds: Sequence[str]) -> dict[str, Past]:
        """Return what is known of the cells of a consignment."""
        cells = self.cells(one)
        return {
            kind: Past(
                cell=hashlib.sha256(f"{kind} {cells[kind]}".encode()).hexdigest()[:16],
                lately=self._lately[kind, cells[kind]], ever=self._ever[kind, cells[kind]],
                examined=self._opened[kind, cells[kind]], found=self._found[kind, cells[kind]],
                usual=self._was_usual(kind, cells[kind]),
                looked=None if self._looked is None else self._looked[kind, cells[kind]],
            )
            for kind in kinds
            if kind in cells
        }  # fmt: skip

    def _was_usual(self, kind: str, cell: str) -> float | None:
        """Return the bills of a cell in as long a time before; None while that is not known."""
        if self._looked is None or self._before < _LEAST_USUAL:
            return None
        return round(self._usual[kind, cell] * LATELY_DAYS / self._before, 9)


class _Trails:
    """What exams of a cell found lately, against what the scores of these exams had promised."""

    def __init__(
        self, pasts: _Pasts, every: Mapping[str, Kept], opened: Mapping[str, bool | None],
        promised: Mapping[str, float],
    ) -> None:  # fmt: skip
        self._pasts = pasts
        self._found: Counter[tuple[str, str]] = Counter()
        self._promised: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
        for name in sorted(promised.keys() & every.keys()):
            for cell in pasts.cells(every[name]).items():
                self._found[cell] += bool(opened[name])
                self._promised[cell].append(promised[name])

    def of(self, one: Kept, kinds: Sequence[str]) -> dict[str, Trail]:
        """Return the trails of a consignment's cells; none for a cell without exams lately."""
        cells = self._pasts.cells(one)
        return {
            kind: Trail(
                found=self._found[kind, cells[kind]],
                promised=round(math.fsum(self._promised[kind, cells[kind]]), 9),
            )
            for kind in kinds
            if kind in cells and (kind, cells[kind]) in self._promised
        }


CELL_KINDS: Final = (
    "importer", "born_on_lane", "new_goods_on_lane", "fresh_lane", "new_on_lane", "lane", "carrier",
    "agent",
)  # fmt: skip
"""Kinds of cell that a policy of this node may name."""


def rules_of(alert: Alert | None) -> list[str]:
    """Return the ids of the rules that speak in an alert."""
    reasons = alert.reasons if alert else ()
    return sorted({reason.code for reason in reasons if reason.source != _LIST})


def groups_of(cargo: Cargo) -> dict[str, str | None]:
    """Return the groups of a consignment that a report compares, None where it states none."""
    told = {
        "importer_country": cargo.importer_country, "lane_of_trade": cargo.lane,
        "carrier": cargo.carrier, "agent": cargo.agent,
    }  # fmt: skip
    return {kind: name or None for kind, name in told.items()}


def result_of(outcomes: pl.DataFrame) -> dict[str, tuple[bool | None, str]]:
    """Return what came of each subject: whether something was found, and the word for it."""
    rows = outcomes.select("subject", "found", "result").iter_rows()
    return {subject: (found, result) for subject, found, result in rows}
