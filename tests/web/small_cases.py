"""Cases of a small node: one in work with everything in it, one that is closed; ``name`` stands for
every text that a person wrote."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping
from typing import Any, BinaryIO

import msgspec

from esclusa.casework.case_moves import FASTER
from esclusa.casework.case_words import ITEMS, WRITTEN, fields, rows
from esclusa.casework.cases import fold
from esclusa.casework.forms import FieldMistake, MoveMistakes
from esclusa.errors import InputError, NotFound, StateError
from esclusa.model import CaseMove, CaseWords, EvidenceFile, Level, Marking, Recorded
from esclusa.node import case_telling as telling
from esclusa.node.case_package import Package
from esclusa.node.case_rows import Kept, kept_of
from esclusa.node.case_writing import Wanted
from esclusa.sharing import case_views as views
from esclusa.sharing.reader import Action, Reader

NOW = dt.datetime(2026, 11, 19, 12, tzinfo=dt.UTC)
CASE, OTHER, ENDED = "00000000000000d1", "00000000000000d2", "00000000000000d3"
EVIDENCE = "e1"
_FILE = EvidenceFile(name="seal.jpg", sha256="55c64d0fcd6f9d5f7c828093857e3fdf" * 2, size=81_234)


class SmallCases:
    """The services of :class:`esclusa.node.case_desk.CaseDesk`."""

    def __init__(self, name: str, record: str) -> None:
        self.name, self.record = name, record

    def _step(self, name: str, move: str, hour: int, *, of: str = "", item: str = "",
              kind: str = "", file: EvidenceFile | None = None, words: bool = True,
              **said: str) -> tuple[CaseMove, CaseWords | None]:  # fmt: skip
        told = [
            (field, self.name if self.name and fields()[field].type in WRITTEN else value)
            for field, value in said.items()
        ]
        shell, written = (
            tuple(Recorded(name=n, value=v) for n, v in told
                  if (fields()[n].type in WRITTEN) == free)
            for free in (False, True)
        )  # fmt: skip
        made = CaseMove(
            case=CASE, step=name, move=move, by=self.name or "analyst", item=kind, of=of,
            at=f"2026-11-19T{hour:02}:00:00Z", recorded=shell,
        )  # fmt: skip
        if file and self.name:
            file = msgspec.structs.replace(file, name=self.name)
        has = words and bool(written or item or file)
        return made, CaseWords(
            case=CASE, step=name, item=item, file=file, recorded=written
        ) if has else None  # fmt: skip

    def _kept(self, name: str) -> Kept:
        if name not in (CASE, OTHER, ENDED):
            raise NotFound("no such case")
        who = self.name or "analyst"
        steps = [
            self._step("s1", "open", 7), self._step("s2", "name", 7, title="Boxes of Altamira",
                                                    summary="three boxes, one exporter"),
        ]  # fmt: skip
        if name == CASE:
            steps += [
                self._step("i1", "put", 7, item=self.record, kind="alert", why="same exporter"),
                self._step("i2", "put", 7, kind="record", words=False),
                self._step("s3", "start", 8), self._step("s4", "join", 8, person="supervisor"),
                self._step("t1", "task", 8, task="ask the carrier", member=who,
                           due="2026-11-18T10:00:00Z"),
                self._step("t2", "task", 8, of="i1", task="read the image", member=who,
                           due="2026-12-01T10:00:00Z"),
                self._step("e1", "take_in", 9, file=_FILE, what="photo of the seal",
                           source="gate camera 3"),
                self._step("e2", "take_in", 9, file=_FILE, what="bill of lading", source="carrier"),
                self._step("s5", "read", 10, of="e1", why="compare the number"),
                self._step("s6", "seal", 10, of="e2", seal="MC-0071", reason="goes to court"),
                self._step("n1", "note", 11, text="the seal differs from the bill"),
                self._step("h1", "share", 11, partner="northreach", joint="00000000000000e1",
                           agreement="marisol-northreach 2", reason="both see the boxes"),
            ]  # fmt: skip
        if name == OTHER:
            steps += [self._step("s3", "suspend", 8, until="2026-11-19T10:00:00Z",
                                 reason="the yard is full")]  # fmt: skip
        if name == ENDED:
            steps += [self._step("s3", "close", 8, outcome="nothing_found",
                                 closing="scan and opening")]  # fmt: skip
        moves = [msgspec.structs.replace(move, case=name) for move, _words in steps]
        words = [one for _move, one in steps if one is not None]
        return kept_of(
            fold(moves, words), {move.step: 1 for move in moves},
            {one.step: f"w-{one.step}" for one in words},
        )  # fmt: skip

    def _row(self, name: str, by: str = "analyst") -> views.CaseRow:
        return telling.row(self._kept(name), by, NOW, 1)

    def cases(self, reader: Reader, **asked: Any) -> views.CasePage:
        reader.require(Action.CASE_READ)
        rows_ = tuple(self._row(one) for one in (CASE, OTHER, ENDED))
        return views.CasePage(rows=rows_, more=bool(self.name))

    def show(self, reader: Reader, name: str) -> views.CaseView:
        reader.require(Action.CASE_READ)
        kept = self._kept(name)
        it = kept.case
        told = telling.Telling(
            kept, by="analyst", supervisor=True, may_move=reader.may(Action.CASE_MOVE), now=NOW,
            levels=dict.fromkeys(kept.labels, Level.OFFICIAL), people=("supervisor", "other"),
            titles={("alert", self.record): self.name or "NRTH 0001"},
        )  # fmt: skip
        marking = Marking(level=Level.OFFICIAL)
        return views.CaseView(
            row=self._row(name), version=it.version, summary=it.said("name", "summary"),
            outcome=telling.word("state", "closed") if it.outcome else None, members=it.members,
            opened_by=it.steps[0].move.by, opened=it.steps[0].move.at, marking=marking,
            base=marking, originator="marisol", several=name == CASE,
            items=told.items({self.record: [self._row(OTHER)]}), tasks=told.tasks(),
            notes=told.notes(), evidence=told.evidence(), steps=told.steps(),
            moves=(*told.form_of("name"), *told.moves(), *told.form_of("take_in")),
            may_export=reader.may(Action.CASE_EXPORT), shares=told.shares(),
            may_share=reader.may(Action.CASE_SHARE),
        )  # fmt: skip

    def start(self, reader: Reader, kind: str = "", name: str = "") -> views.CaseStartView:
        reader.require(Action.CASE_MOVE)
        if name == "nothing":
            raise NotFound("no such alert")
        return views.CaseStartView(
            kind=telling.word("item", kind) if kind else None, id=name,
            title=(self.name or "NRTH 0001") if kind else "",
            held_by=(self._row(OTHER),) if kind else (), cases=(self._row(CASE),) if kind else (),
            fields=telling.form(rows()["name"], {}),
            why=telling.form(rows()["put"], {}) if kind else None, level=1, levels=(1, 2), compartments=("PAX",),
        )  # fmt: skip

    def of_item(self, reader: Reader, kind: str, name: str) -> views.OfItemView:
        may = reader.may(Action.CASE_READ)
        assert kind in ITEMS
        return views.OfItemView(cases=(self._row(CASE),) if may else (), can_be_put=may)

    def open(self, reader: Reader, given: Mapping[str, str], **more: Any) -> views.CaseView:
        reader.require(Action.CASE_MOVE)
        if not given.get("title"):
            raise MoveMistakes((FieldMistake(field="title", problem="missing"),))
        return self.show(reader, CASE)

    def put(self, reader: Reader, name: str, kind: str, item: str, **more: Any) -> views.CaseView:
        reader.require(Action.CASE_MOVE)
        return self.show(reader, name)

    def move(self, reader: Reader, name: str, wanted: Wanted) -> views.CaseView:
        reader.require(Action.CASE_MOVE)
        self._check(name, wanted)
        return self.show(reader, name)

    def _check(self, name: str, wanted: Wanted) -> None:
        if wanted.version and wanted.version != self._kept(name).case.version:
            raise StateError(FASTER)
        if "" in wanted.given.values():
            empty = [field for field, value in wanted.given.items() if not value]
            raise MoveMistakes(tuple(FieldMistake(field=f, problem="missing") for f in empty))

    def take_in(self, reader: Reader, name: str, file: str, stream: BinaryIO,
                wanted: Wanted) -> views.CaseView:  # fmt: skip
        reader.require(Action.CASE_EVIDENCE)
        self._check(name, wanted)
        if not stream.read(1):
            raise InputError("the file is empty", file=file, field="files", problem="empty")
        return self.show(reader, name)

    def read(self, reader: Reader, name: str, evidence: str, *, why: str = "",
             ) -> tuple[EvidenceFile, BinaryIO]:  # fmt: skip
        reader.require(Action.CASE_EVIDENCE)
        if evidence == "e2":
            raise StateError("a thing that is 'sealed' does not allow the move 'read'")
        data = b"<script>alert(1)</script>"
        return EvidenceFile(name="señal.html", sha256="0" * 64, size=len(data)), io.BytesIO(data)

    def export(self, reader: Reader, name: str, given: Mapping[str, str], **more: Any) -> Package:
        reader.require(Action.CASE_EXPORT)
        if given.get("to") == "nobody":
            raise StateError("the file seal.jpg is altered; verify the evidence")
        return Package(name=f"case-{name}.zip", file=io.BytesIO(b"PK"), size=2, seal="0" * 64,
                       files=())  # fmt: skip

    def verify(self, reader: Reader, name: str) -> tuple[views.CheckView, ...]:
        reader.require(Action.CASE_READ)
        self._kept(name)
        return tuple(
            views.CheckView(name=code, file=self.name or f"{code}.jpg", sha256="0" * 64,
                            result=telling.word("check", code), found="1" * 64)
            for code in ("altered", "missing", "erased", "intact")
        )  # fmt: skip
