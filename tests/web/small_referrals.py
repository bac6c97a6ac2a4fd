"""Referrals of a small node: one that waits for us as the host, one that we asked for; ``name``
stands for every text that a person or a partner wrote."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec

from esclusa.casework.forms import FieldMistake, MoveMistakes
from esclusa.casework.referrals import merge
from esclusa.errors import NotFound, StateError
from esclusa.model import Level, Marking, Recorded, ReferralMove, ReferralSubject
from esclusa.node import referral_telling as telling
from esclusa.node.referral_rows import Kept
from esclusa.sharing import referral_views as views
from esclusa.sharing.reader import Action, Reader, Role

NOW = dt.datetime(2026, 11, 19, 12, tzinfo=dt.UTC)
ASKED, OURS, LOUD = "00000000000000a1", "00000000000000b2", "00000000000000c3"
"""A request that waits for us; one of ours whose clock rests; one escalated, with a lost move."""
_WHY = telling.reason("kind_not_agreed")


class SmallReferrals:
    """The services of :class:`esclusa.node.referral_desk.ReferralDesk`."""

    def __init__(self, name: str, record: str) -> None:
        self.name, self.record = name, record

    def _move(self, sides: tuple[str, str], agency: str, numbers: tuple[int, int], move: str,
              hour: int, **said: str) -> ReferralMove:  # fmt: skip
        asks, host = sides
        return ReferralMove(
            referral="", requester=asks, host=host, agency=agency, number=numbers[0],
            seen=numbers[1], move=move, by=self.name or "ana", at=f"2026-11-19T{hour:02}:00:00Z",
            cut_off="2026-11-19T20:00:00Z" if move == "request" else "",
            subject=self._subject() if move == "request" else ReferralSubject(),
            recorded=tuple(
                Recorded(name=field, value=self.name or value) for field, value in said.items()
            ),
        )  # fmt: skip

    def _subject(self) -> ReferralSubject:
        return ReferralSubject(
            carrier="NRCH", bill=self.name or "NRTH 0001", boxes=(self.name or "CSQU3054383",),
            ship=self.name or "NORTHREACH STAR", voyage="0412N",
        )  # fmt: skip

    def _kept(self, name: str) -> Kept:
        sides = ("northreach", "marisol") if name == ASKED else ("marisol", "northreach")
        moves = [self._move(sides, sides[0], (1, 0), "request", 8, risk_reasons="goods do not fit",
                            legal_purpose="treaty")]  # fmt: skip
        if name == OURS:
            moves.append(self._move(sides, sides[1], (1, 1), "ask", 9, question="which seal?"))
        if name == LOUD:
            moves += [
                self._move(sides, sides[1], (1, 1), "decline", 9, decline_code="no_capacity",
                           decline_text="yard full until Friday"),
                self._move(sides, sides[0], (2, 0), "ask_waiver", 10, exception_code="relief"),
                self._move(sides, sides[0], (3, 1), "escalate", 11, escalation_reason="same lane"),
            ]  # fmt: skip
        if name not in (ASKED, OURS, LOUD):
            raise NotFound("no such referral")
        labels = {(move.agency, move.number): 1 for move in moves}
        record = "" if name == ASKED else self.record
        return Kept(referral=merge(moves), labels=labels, record=record)

    def _row(self, name: str) -> views.ReferralRow:
        row = telling.row(self._kept(name), "marisol", NOW, 1)
        return _named(row, name)

    def _news(self, *, stage: str = "actual", against: bool = False) -> views.BoxNewsView:
        return views.BoxNewsView(
            box=self.name or "CSQU3054383", event="load", stage=stage,
            occurred=self.name or "2026-11-19T10:40", place=self.name or "ECGYE",
            ship=self.name or "NORTHREACH STAR", voyage=self.name or "0412N", record=self.record,
            recorded="2026-11-19T11:05:00Z", level=2, against=against,
        )  # fmt: skip

    def referrals(self, reader: Reader, **asked: Any) -> views.ReferralPage:
        reader.require(Action.REFERRAL_READ)
        rows = tuple(map(self._row, (ASKED, OURS, LOUD)))
        return views.ReferralPage(rows=rows, more=bool(self.name))

    def show(self, reader: Reader, name: str) -> views.ReferralView:
        reader.require(Action.REFERRAL_READ)
        kept = self._kept(name)
        it = kept.referral
        moves = telling.moves(it, "marisol", reader.name, at="2026-11-19T12:00:00Z",
                              supervisor=reader.role is Role.SUPERVISOR)  # fmt: skip
        return views.ReferralView(
            row=self._row(name), version=it.version, steps=telling.steps(it, lambda _agency, by: by), drafts=(),
            moves=moves, marking=Marking(level=Level.OFFICIAL), originator=it.requester,
            waiver_by=it.waiver.by if it.waiver else "", waiting=int(name == LOUD),
            stays=_WHY if name == LOUD else None, record=kept.record,
            alert=kept.record, examination=kept.record if name == LOUD else "",
            news=(self._news(against=name == LOUD), self._news(stage="planned")),
        )  # fmt: skip

    def rates(
        self, reader: Reader, *, since: str = "", until: str = ""
    ) -> tuple[views.RatesView, ...]:
        reader.require(Action.REFERRAL_READ)
        kept = [self._kept(name).referral for name in (OURS, LOUD)]
        return (
            telling.rates("requester", kept, since=since, until=until),
            telling.rates("host", [self._kept(ASKED).referral], since=since, until=until),
        )

    def start(self, reader: Reader, name: str) -> views.StartView:
        reader.require(Action.REFERRAL_MOVE)
        if name == "nothing":
            raise NotFound("no such record")
        hosts = (views.HostView(agency="northreach", stays=None),
                 views.HostView(agency="altamira", stays=_WHY))  # fmt: skip
        boxes = (self.name or "CSQU3054383", "MSKU9070323")
        return views.StartView(
            record=self.record, alert=self.record, title=self.name or "NRTH 0001",
            subject=ReferralSubject(carrier="NRCH", bill=self.name or "NRTH 0001", boxes=boxes),
            hosts=hosts, fields=telling.opening(), referrals=(self._row(OURS),),
        )  # fmt: skip

    def of_record(self, reader: Reader, name: str) -> views.OfRecordView:
        may = reader.may(Action.REFERRAL_READ)
        rows = (self._row(OURS),) if may and name == self.record else ()
        return views.OfRecordView(referrals=rows, can_be_referred=may)

    def open(self, reader: Reader, name: str, host: str, given: Mapping[str, str], **more: Any,
             ) -> views.ReferralView:  # fmt: skip
        reader.require(Action.REFERRAL_MOVE)
        if not given.get("cut_off"):
            raise MoveMistakes((FieldMistake(field="cut_off", problem="missing"),))
        return self.show(reader, OURS)

    def move(self, reader: Reader, name: str, move: str, given: Mapping[str, str],
             *, version: str = "") -> views.ReferralView:  # fmt: skip
        reader.require(Action.REFERRAL_MOVE)
        if version and version != self._kept(name).referral.version:
            raise StateError("somebody was faster")
        if "" in given.values():
            empty = [field for field, value in given.items() if not value]
            raise MoveMistakes(tuple(FieldMistake(field=f, problem="missing") for f in empty))
        return self.show(reader, name)


def _named(row: views.ReferralRow, name: str) -> views.ReferralRow:
    return msgspec.structs.replace(row, id=name)
