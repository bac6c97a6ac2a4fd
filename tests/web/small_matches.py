"""One possible match in memory, for :class:`small_node.SmallNode`."""

from __future__ import annotations

from esclusa.errors import NotFound
from esclusa.model import Marking, PartyFacts
from esclusa.sharing import match_views as views
from esclusa.sharing.reader import Action, Reader

MATCH = "5f0c6c2e-0000-5000-8000-000000000007"


class SmallMatches:
    """The services of :class:`esclusa.node.match_desk.MatchDesk`.

    :param name: a hostile text that stands wherever a sender's words would.
    """

    def __init__(self, name: str = "") -> None:
        self.name = name or "ORILLA SUR & SONS"

    def matches(self, reader: Reader, *, limit: int = 50) -> views.MatchPage:
        reader.require(Action.MATCH_READ)
        row = views.MatchRow(
            match_id=MATCH, score=88.25, state="", party=self.name, entry=self.name,
            list_id="marisol", uid="77", subject_id=MATCH, subject_kind="consignment",
            title=self.name, arrival="2026-11-24T06:00", alerts=2, level=1,
        )  # fmt: skip
        return views.MatchPage(rows=(row,), more=False)

    def neighbours(self, reader: Reader, name: str) -> tuple[str, str]:
        return "", MATCH

    def match(self, reader: Reader, name: str) -> views.MatchView:
        reader.require(Action.MATCH_READ)
        if name != MATCH:
            raise NotFound("no such match")
        step = views.StepView(
            decision_id=MATCH, number=1, move="decide", by="analyst", at="2026-11-19T12:00:00Z",
            outcome="not_the_same", reason=self.name, until="2027-11-19", redress="0123456",
            about="entry", party=self.name, list_id="marisol", uid="77",
        )  # fmt: skip
        side = views.SideRow(
            part="names", asked=(self.name,), listed=(self.name,), verdict="agrees"
        )
        return views.MatchView(
            match_id=MATCH, score=88.25, state="reopened", told_en=self.name, told_es=self.name,
            party=PartyFacts(name=self.name), subject_id=MATCH, subject_kind="consignment",
            title=self.name, entry_id=MATCH, entry=self.name, list_id="marisol", uid="77",
            sides=(side,), speaks_for=("+1 " + self.name,), speaks_for_es=("+1 " + self.name,),
            speaks_against=(), speaks_against_es=(), cannot_tell=(), cannot_tell_es=(),
            steps=(step,), earlier=(step,), marking=Marking(), originator="NORTHREACH",
            until="2027-11-19", last_day="2031-11-19", may_undo=True,
        )  # fmt: skip
