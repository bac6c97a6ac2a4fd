"""Requests for information of a small node: one that waits for us, one of ours whose clock rests,
one answered late with records; ``name`` stands for every text that a person or a partner wrote."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from esclusa.casework.forms import FieldMistake, MoveMistakes
from esclusa.casework.information import merge
from esclusa.casework.information_moves import Agreed
from esclusa.casework.information_words import codes
from esclusa.errors import NotFound, StateError
from esclusa.model import InformationMove, InformationSubject, Level, Marking, Recorded
from esclusa.node import information_telling as telling
from esclusa.node.information_rows import Kept
from esclusa.node.move_telling import code_views
from esclusa.sharing import information_views as views
from esclusa.sharing.reader import Action, Reader, Role

NOW = dt.datetime(2026, 11, 19, 12, tzinfo=dt.UTC)
WAITS, RESTS, LATE = "00000000000000d4", "00000000000000e5", "00000000000000f6"
_WHY = telling.reason("kind_not_agreed")
_AGREED = Agreed(
    clocks=("8h", "7d"), refusals=("not_available", "national_security"), purposes=("targeting",)
)


class SmallRequests:
    """The services of :class:`esclusa.node.information_desk.InformationDesk`."""

    def __init__(self, name: str, record: str) -> None:
        self.name, self.record = name, record

    def _move(self, sides: tuple[str, str], agency: str, numbers: tuple[int, int], move: str,
              hour: int, **said: str) -> InformationMove:  # fmt: skip
        asked = move == "ask"
        return InformationMove(
            request="", requester=sides[0], answerer=sides[1], agency=agency, number=numbers[0],
            seen=numbers[1], move=move, by=self.name or "ana", at=f"2026-11-19T{hour:02}:00:00Z",
            clock="8h" if asked else "", due="2026-11-19T22:00:00Z" if move == "extend" else "",
            subject=InformationSubject(
                kind="vessel", name=self.name or "NORTHREACH STAR", number=self.name or "9074729",
                more=self.name or "flag of Northreach",
            ) if asked else InformationSubject(),
            recorded=tuple(
                Recorded(name=field, value=self.name or value) for field, value in said.items()
            ),
            records=("a", "b") if move == "answer_part" else (),
        )  # fmt: skip

    def _kept(self, name: str) -> Kept:
        if name not in (WAITS, RESTS, LATE):
            raise NotFound("no such request for information")
        sides = ("northreach", "marisol") if name == WAITS else ("marisol", "northreach")
        moves = [self._move(sides, sides[0], (1, 0), "ask", 3, question="who owns her now?",
                            purpose="targeting", legal_basis="treaty")]  # fmt: skip
        if name == RESTS:
            moves.append(self._move(sides, sides[1], (1, 1), "need_more", 9, missing="which?"))
        if name == LATE:
            moves += [
                self._move(sides, sides[1], (1, 1), "extend", 9, extension_reason="archive"),
                self._move(sides, sides[1], (2, 1), "answer_part", 23, answer="a firm",
                           not_given="its owner"),
                self._move(sides, sides[0], (2, 1), "withdraw", 23, reason="settled"),
            ]  # fmt: skip
        return Kept(
            request=merge(moves), labels={(move.agency, move.number): 1 for move in moves},
            record="" if name == WAITS else self.record,
        )  # fmt: skip

    def _row(self, name: str) -> views.RequestRow:
        return msgspec.structs.replace(telling.row(self._kept(name), "marisol", NOW, 1), id=name)

    def requests(self, reader: Reader, **asked: Any) -> views.RequestPage:
        reader.require(Action.REQUEST_READ)
        rows = tuple(map(self._row, (WAITS, RESTS, LATE)))
        return views.RequestPage(rows=rows, more=bool(self.name))

    def show(self, reader: Reader, name: str) -> views.RequestView:
        reader.require(Action.REQUEST_READ)
        it = self._kept(name).request
        moves = telling.moves(it, "marisol", _AGREED, supervisor=reader.role is Role.SUPERVISOR,
                              at="2026-11-19T10:00:00Z")  # fmt: skip
        found = {"a": (self.record, self.name or "NRCH 0001")}
        return views.RequestView(
            row=self._row(name), version=it.version,
            steps=telling.steps(it, lambda one: found.get(one, ("", "")), lambda _who, by: by),
            moves=moves,
            marking=Marking(level=Level.OFFICIAL), originator=it.requester,
            waiting=int(name == LATE), stays=_WHY if name == LATE else None,
            record="" if name == WAITS else self.record, theirs=self.record if name == WAITS else "",
            unagreed=(telling.coded("clock", "14d"),) if name == LATE else (),
        )  # fmt: skip

    def rates(self, reader: Reader) -> tuple[views.InformationRatesView, ...]:
        reader.require(Action.REQUEST_READ)
        ours = [self._kept(name).request for name in (RESTS, LATE)]
        return (
            telling.rates("requester", ours),
            telling.rates("answerer", [self._kept(WAITS).request]),
        )

    def start(self, reader: Reader, name: str = "") -> views.RequestStartView:
        reader.require(Action.REQUEST_MOVE)
        if name == "nothing":
            raise NotFound("no such record")
        listed = code_views(codes("clock").values())
        record = views.AskedRecordView(
            id=self.record, title=self.name or "NRCH 0001", alert=self.record
        )
        filled = {"subject_name": self.name or "NRCH 0001", "purpose": "targeting"}
        return views.RequestStartView(
            record=record if name else None,
            partners=(views.RequestPartnerView(agency="northreach", clocks=listed, stays=None),
                      views.RequestPartnerView(agency="altamira", clocks=(), stays=_WHY)),
            fields=telling.opening(filled, ("8h", "7d")), levels=() if name else (0, 1, 2),
            requests=(self._row(RESTS),) if name else (),
        )  # fmt: skip

    def of_record(self, reader: Reader, name: str) -> views.RequestsOfRecordView:
        may = reader.may(Action.REQUEST_READ)
        rows = (self._row(RESTS),) if may and name == self.record else ()
        return views.RequestsOfRecordView(requests=rows, can_be_asked=may)

    def ask(self, reader: Reader, partner: str, given: Mapping[str, str], **more: Any,
            ) -> views.RequestView:  # fmt: skip
        reader.require(Action.REQUEST_MOVE)
        if not given.get("question"):
            raise MoveMistakes((FieldMistake(field="question", problem="missing"),))
        return self.show(reader, RESTS)

    def move(self, reader: Reader, name: str, move: str, given: Mapping[str, str],
             *, version: str = "", record_ids: Sequence[str] = ()) -> views.RequestView:  # fmt: skip
        reader.require(Action.REQUEST_MOVE)
        if version and version != self._kept(name).request.version:
            raise StateError("somebody was faster")
        if "" in given.values():
            empty = [field for field, value in given.items() if not value]
            raise MoveMistakes(tuple(FieldMistake(field=f, problem="missing") for f in empty))
        return self.show(reader, name)
