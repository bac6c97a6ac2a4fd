"""Selections as people see them: steps put together, titles of records, the line of trade-offs."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.analysis.selection import ONE, Candidate, Policy, Sheet, pareto
from esclusa.casework.selection_steps import COMMIT, DRAW, REVEAL, after_swaps
from esclusa.ledger import versions
from esclusa.ledger.indexing import title_of
from esclusa.ledger.labels import Label
from esclusa.model import Consignment, Level, SelectionMove
from esclusa.node.selection_candidates import Cargo
from esclusa.sharing import selection_views as views

_CONSIGNMENT: Final = msgspec.json.Decoder(Consignment)
_CARGO: Final = msgspec.json.Decoder(Cargo)
_ORDER: Final = ("mandatory", "value", "control_random", "control_lane", "none")


class Drawn:
    """The steps on one selection under one label, oldest first. There is a commitment always."""

    def __init__(self, record_id: str, label_id: int, steps: tuple[SelectionMove, ...]) -> None:
        self.record_id = record_id
        self.label_id = label_id
        self.steps = steps
        self.commit = next(one for one in steps if one.move == COMMIT)
        self.draw = next((one for one in steps if one.move == DRAW), None)
        self.reveal = next((one for one in steps if one.move == REVEAL), None)
        self.port, self.day, self.shift = self.commit.port, self.commit.day, self.commit.shift

    @property
    def state(self) -> str:
        """Return how far it is: ``committed``, ``drawn`` or ``revealed``."""
        return "revealed" if self.reveal else "drawn" if self.draw else "committed"

    def sheet(self) -> Sheet | None:
        """Return what was drawn, None before."""
        return self._sheet

    @cached_property
    def _sheet(self) -> Sheet | None:
        return msgspec.json.decode(self.draw.sheet, type=Sheet) if self.draw else None

    def candidates(self) -> tuple[Candidate, ...]:
        """Return the list that the draw was made from."""
        if self.draw is None:
            return ()
        return msgspec.json.decode(self.draw.candidates, type=tuple[Candidate, ...])

    def policy(self) -> Policy | None:
        """Return the policy that the draw was made by."""
        return msgspec.json.decode(self.draw.policy, type=Policy) if self.draw else None

    def proposed(self) -> frozenset[str]:
        """Return what is proposed for opening now, after all changes."""
        sheet = self.sheet()
        return after_swaps([one.subject for one in sheet.chosen()] if sheet else [], self.steps)


def row_view(one: Drawn, name: str, level: int) -> views.SelectionRow:
    """Return a selection as a row of a list."""
    sheet = one.sheet()
    return views.SelectionRow(
        record_id=one.record_id, name=name, port=one.port, day=one.day, shift=one.shift,
        state=one.state,
        capacity=one.commit.capacity, candidates=len(sheet.lines) if sheet else 0,
        proposed=len(one.proposed()), over=sheet.over if sheet else 0, level=level,
    )  # fmt: skip


def sheet_view(
    connection: sa.Connection, seen: Collection[int], one: Drawn, *, name: str, label: Label,
    may_write: bool, trade: bool,
) -> views.SelectionView:  # fmt: skip
    """Return a selection with its sheet.

    :param seen: labels under which titles of candidates may be read. What is gone since has none.
    """
    sheet, policy = one.sheet(), one.policy()
    candidates = {each.subject: each for each in one.candidates()}
    named = {step.out for step in one.steps} | {step.taken for step in one.steps} | set(candidates)
    held = {
        row.id: row
        for row in versions.named(connection, seen, {"consignment"}, named - {""}).values()
    }
    bodies = {name: _CONSIGNMENT.decode(row.body) for name, row in held.items()}
    cargo = {name: _CARGO.decode(row.body) for name, row in held.items()}
    titles = {name: title_of(body) for name, body in bodies.items()}
    now = one.proposed()
    rows = []
    for line in sheet.lines if sheet else ():
        each = candidates[line.subject]
        body, told = bodies.get(line.subject), cargo.get(line.subject)
        rows.append(views.SheetRow(
            subject_id=line.subject, title=titles.get(line.subject, ""), lane=line.lane,
            now=line.subject in now, score=each.score, value=each.value,
            chance=line.chance / ONE, reasons=each.mandatory,
            boxes=tuple(box.number for box in body.equipment if box.number) if body else (),
            importer=told.importer if told else "", trade_lane=told.lane if told else "",
        ))  # fmt: skip
    rows.sort(key=lambda r: (not r.now, _ORDER.index(r.lane), -r.score, r.subject_id))
    return views.SelectionView(
        record_id=one.record_id, name=name, port=one.port, day=one.day, shift=one.shift,
        state=one.state,
        capacity=one.commit.capacity, commitment=one.commit.commitment,
        until=one.draw.until if one.draw else "", by_model=one.draw.by_model if one.draw else "",
        policy_version=sheet.policy_version if sheet else "",
        policy_digest=sheet.policy if sheet else "",
        candidates_digest=sheet.candidates if sheet else "", over=sheet.over if sheet else 0,
        rows=tuple(rows),
        steps=tuple(
            views.SelectionStepView(
                move=step.move, by=step.by, at=step.at, reason=step.reason,
                commitment=step.commitment, out=titles.get(step.out, step.out),
                taken=titles.get(step.taken, step.taken), seed=step.seed,
            )
            for step in one.steps
        ),
        trade=_trade(sheet, policy, candidates) if trade and sheet and policy else (),
        level=int(label.marking.level), marking=marking_text(label), may_write=may_write,
    )  # fmt: skip


def marking_text(label: Label) -> str:
    """Return a marking in words that stand in both languages: level, originator, to whom, how."""
    marking = label.marking
    parts = [Level(marking.level).name, label.originator]
    if marking.releasable_to:
        parts.append("→ " + ", ".join(sorted(marking.releasable_to)))
    parts += sorted(marking.caveats)
    return " · ".join(parts)


def _trade(
    sheet: Sheet, policy: Policy, candidates: dict[str, Candidate]
) -> tuple[views.TradePoint, ...]:
    """Return the line of settings for the slots that expected worth had on this sheet."""
    must = {line.subject for line in sheet.lines if line.lane == "mandatory"}
    slots = sum(line.lane == "value" for line in sheet.lines)
    pool = [one for name, one in sorted(candidates.items()) if name not in must]
    return tuple(
        views.TradePoint(
            formula=point.formula, value_weight=point.value_weight, finds=point.finds,
            value=point.value, efficient=point.efficient,
            chosen=_is(point.formula, point.value_weight, policy),
        )
        for point in pareto(pool, slots, policy.value_unit)
    )  # fmt: skip


def _is(formula: str, weight: float, policy: Policy) -> bool:
    if policy.formula == "chance" or policy.value_weight == 0:
        return formula == "chance"
    return formula == policy.formula and abs(weight - policy.value_weight) < 0.05
