"""Redress in a small node: one case whose papers were seen, one with a number that was stated;
``name`` stands for every text that a person wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from esclusa.casework.forms import FieldMistake, MoveMistakes
from esclusa.casework.redress import Case, replay, rows
from esclusa.errors import InputError, NotFound, StateError
from esclusa.model import Level, Marking, Recorded, RedressEntry, RedressMove, RedressPerson
from esclusa.node import redress_rows as held
from esclusa.node.redress_paper import paper_pdf, paper_text
from esclusa.node.redress_rows import Kept
from esclusa.node.referral_telling import reason
from esclusa.sharing import redress_views as views
from esclusa.sharing.reader import Action, Reader, Role

CHECKED, GIVEN = "00000000000000d1", "00000000000000d2"
"""A case that waits for a second person; one with a number."""
NUMBER = "RPE4-QYGW-VJ8N"
DAY = "2026-11-19"


class SmallRedress:
    """The services of :class:`esclusa.node.redress_desk.RedressDesk`."""

    def __init__(self, name: str, record: str) -> None:
        self.name, self.record = name, record

    def _person(self) -> RedressPerson:
        said = self.name or "FABIO DELVALLE JURADO"
        return RedressPerson(name=said, birth_date="1971-05-12", nationality="PAN",
                             documents=(f"passport:{self.name or 'PA1111112'}",))  # fmt: skip

    def _case(self, name: str) -> Case:
        if name not in (CHECKED, GIVEN):
            raise NotFound("no such redress case")
        entry = RedressEntry(list_id="wanted", uid="W7", digest="0" * 32)
        said = {"apply": {"statement": "taken for another"}, "papers": {"seen": "passport"},
                "grant": {"ground": "another birth date"}}  # fmt: skip
        wanted = ("apply", "papers", "grant")[: 2 if name == CHECKED else 3]
        return replay([
            RedressMove(
                case=name, number=place, move=move, by=self.name or "ana",
                at=f"{DAY}T0{place}:00:00Z", person=self._person(), entries=(entry,),
                recorded=tuple(Recorded(name=field, value=self.name or text)
                               for field, text in said[move].items()),
                redress=NUMBER.replace("-", "") if move == "grant" else "",
                until="2027-11-19" if move == "grant" else "",
                partners=("northreach", "altamira") if move == "grant" else (),
            )
            for place, move in enumerate(wanted, 1)
        ], DAY)  # fmt: skip

    def _entries(self) -> tuple[views.EntryView, ...]:
        return (
            views.EntryView(list_id="wanted", uid="W7", name=self.name or "FABIO DELVALLE",
                            record=self.record),
            views.EntryView(list_id="wanted", uid="W8", name=self.name or "FABIO DEL VALLE",
                            record=self.record, changed=True),
            views.EntryView(list_id="hidden", uid="H1"),
        )  # fmt: skip

    def _uses(self) -> tuple[views.UseView, ...]:
        return (
            views.UseView(record=self.record, title=self.name or "DELVALLE, FABIO", did="quiet",
                          text_en=self.name or "Quiet", text_es=self.name or "En silencio"),
            views.UseView(record=self.record, title=self.name or "OTRO, FABIO", did="",
                          text_en=self.name or "Another name", text_es=self.name or "Otro nombre"),
        )  # fmt: skip

    def _row(self, name: str) -> views.CaseRow:
        return held.row(Kept(case=self._case(name), label=1), 1)

    def cases(self, reader: Reader, **asked: Any) -> views.CasePage:
        reader.require(Action.REDRESS_READ)
        return views.CasePage(rows=(self._row(CHECKED), self._row(GIVEN)), more=bool(self.name))

    def show(self, reader: Reader, name: str) -> views.CaseView:
        reader.require(Action.REDRESS_READ)
        case = self._case(name)
        moves = held.moves(case, reader.name, supervisor=reader.role is Role.SUPERVISOR,
                           until="2027-11-19")  # fmt: skip
        return views.CaseView(
            row=self._row(name), version=case.version, person=case.person, entries=self._entries(),
            granted=case.granted, steps=held.steps(case), moves=moves,
            marking=Marking(level=Level.OFFICIAL), originator="marisol", partners=case.partners,
            stays=(("altamira", reason("kind_not_agreed")),) if name == GIVEN else (),
            can_share=("altamira", "northreach"), uses=self._uses() if name == GIVEN else (),
            last_day="2031-11-19",
        )  # fmt: skip

    def start(self, reader: Reader, match: str = "") -> views.StartView:
        reader.require(Action.REDRESS_MOVE)
        if match == "nothing":
            raise NotFound("no such match")
        return views.StartView(
            match=match, person=self._person(), entries=self._entries(),
            fields=held.form(rows()["apply", "none"]), marking=Marking(level=Level.OFFICIAL),
            originator="marisol",
        )  # fmt: skip

    def number(self, reader: Reader, text: str) -> tuple[views.NumberView, ...]:
        reader.require(Action.REDRESS_READ)
        if text == "nothing":
            raise NotFound("no such redress number is known here")
        if text != NUMBER:
            raise InputError("no redress number")
        return (
            views.NumberView(
                number=NUMBER, agency="marisol", state="granted", at=f"{DAY}T03:00:00Z",
                until="2027-11-19", person=self._person(), entries=self._entries(),
                record=self.record, case=GIVEN, uses=self._uses(),
            ),
        )  # fmt: skip

    def counts(self, reader: Reader, **asked: Any) -> views.CountsView:
        reader.require(Action.REDRESS_READ)
        return views.CountsView(
            definition="misidentified/1", since="", until=DAY, cleared=2, quiet=1, unfit=1,
            numbers=1, partners_numbers=0,
            lists=(views.ListCount(list_id=self.name or "wanted", cleared=2, quiet=1),),
        )  # fmt: skip

    def paper(self, reader: Reader, name: str, *, pdf: bool = False) -> bytes:
        reader.require(Action.REDRESS_READ)
        case = self._case(name)
        return paper_pdf(case, "Marisol") if pdf else paper_text(case, "Marisol").encode()

    def apply(self, reader: Reader, person: RedressPerson, given: Mapping[str, str],
              **more: Any) -> views.CaseView:  # fmt: skip
        reader.require(Action.REDRESS_MOVE)
        _require(given)
        return self.show(reader, CHECKED)

    def move(self, reader: Reader, name: str, move: str, given: Mapping[str, str], *,
             version: str = "", **more: Any) -> views.CaseView:  # fmt: skip
        reader.require(Action.REDRESS_MOVE)
        if version and version != self._case(name).version:
            raise StateError("somebody was faster")
        _require(given)
        return self.show(reader, name)


def _require(given: Mapping[str, str]) -> None:
    if empty := [field for field, value in given.items() if not value]:
        raise MoveMistakes(tuple(FieldMistake(field=f, problem="missing") for f in empty))
