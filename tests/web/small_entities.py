"""One entity and one open pair in memory, for :class:`small_node.SmallNode`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from esclusa.errors import NotFound
from esclusa.sharing import entity_views as views
from esclusa.sharing.reader import Action, Reader

MENTION, OTHER = "0123456789abcdef0123", "123456789abcdef01234"
ENTITY = f"ent-{MENTION}"
JUDGEMENT = "5f0c6c2e-0000-5000-8000-000000000009"


class SmallEntities:
    """The services of :class:`esclusa.node.entity_desk.EntityDesk`.

    :param name: a hostile text that stands wherever a sender's words would.
    """

    def __init__(self, name: str = "") -> None:
        self.name = name or "ORILLA SUR & SONS"

    def _row(self) -> views.EntityRow:
        return views.EntityRow(
            id=ENTITY, types=("party", "organisation"), names=(self.name,),
            identifiers=(self.name,), members=2,
        )  # fmt: skip

    def _member(self, name: str) -> views.MemberView:
        return views.MemberView(
            id=name, record_id=JUDGEMENT, record_title=self.name, path="/parties/0", type="party",
            role=self.name, names=(self.name,), identifiers=(self.name,), source=self.name,
            birth_dates=("1971",), nationalities=(self.name,), addresses=(self.name,),
            phones=(self.name,),
        )  # fmt: skip

    def _pair(self) -> views.PairView:
        return views.PairView(
            a=self._member(MENTION), b=self._member(OTHER), points=1.5, verdict="possible",
            parts_en=("+1 " + self.name,), parts_es=("+1 " + self.name,),
        )  # fmt: skip

    def _said(self) -> views.JudgementView:
        return views.JudgementView(
            id=JUDGEMENT, a=self._member(MENTION), b=None, verdict="different", by="analyst",
            at="2026-11-19T12:00:00Z", reason=self.name, contradicted=True,
            rests=(views.RestView(side="a", why="changed", parts=("names", "phones")),
                   views.RestView(side="b", why="gone")), may_undo=True,
        )  # fmt: skip

    def find(self, reader: Reader, text: str, *, limit: int = 50) -> views.EntityPage:
        reader.require(Action.SEARCH)
        return views.EntityPage(query=text, rows=(self._row(),), more=True)

    @contextmanager
    def together(self, reader: Reader) -> Iterator[None]:
        yield

    def show(
        self, reader: Reader, name: str, *, most: int = 500,
        turned: views.Turned = views.Turned(),  # noqa: B008
    ) -> views.EntityView:  # fmt: skip
        reader.require(Action.RECORD_READ)
        if name not in (ENTITY, f"ent-{OTHER}"):
            raise NotFound("no such entity")
        pair = (self._pair(),)
        return views.EntityView(
            entity=self._row(), members=(self._member(MENTION), self._member(OTHER)), bonds=pair,
            refused=pair, questions=pair, judgements=(self._said(),), equal=2, version=self.name,
            cut=("members", "bonds", "questions"),
        )  # fmt: skip

    def links(
        self, reader: Reader, name: str, *, depth: int = 1, most: int | None = None,
        turned: views.Turned = views.Turned(),  # noqa: B008
    ) -> views.NearView:  # fmt: skip
        reader.require(Action.RECORD_READ)
        link = views.LinkView(
            a=self._row(), b=self._row(), kind="voyage", value=self.name, records=(JUDGEMENT,)
        )
        return views.NearView(ways=((link,),), count=1, hubs=(self.name,), cut=True)

    def paths(self, reader: Reader, one: str, other: str) -> views.NearView:
        return self.links(reader, one)

    def questions(self, reader: Reader, *, limit: int = 50) -> tuple[views.PairView, ...]:
        reader.require(Action.RECORD_READ)
        return (self._pair(),)

    def judgements(self, reader: Reader, *, limit: int = 50) -> views.JudgementPage:
        reader.require(Action.RECORD_READ)
        return views.JudgementPage(rows=(self._said(),), more=True)

    def pair(self, reader: Reader, one: str, other: str) -> views.PairPage:
        reader.require(Action.RECORD_READ)
        if {one, other} - {MENTION, OTHER}:
            raise NotFound("no such mention")
        return views.PairPage(
            pair=self._pair(), one=ENTITY, other=ENTITY, judgement=self._said(), may_undo=True,
            before=(), after=(MENTION, OTHER),
        )  # fmt: skip
