"""One watchlist in memory, for :class:`small_node.SmallNode`."""

from __future__ import annotations

from typing import Any

from esclusa.errors import NotFound
from esclusa.node.list_loading import Loaded
from esclusa.sharing import list_views as views
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.views import ListView

LIST = "marisol"
MOMENT = "2026-11-02T08:00:00Z"


class SmallLists:
    """The services of :class:`esclusa.node.list_desk.ListDesk`.

    :param name: a hostile text that stands wherever somebody's words would.
    """

    def __init__(self, name: str = "") -> None:
        self.name = name or "Marisol list"

    def lists(self, reader: Reader) -> tuple[ListView, ...]:
        reader.require(Action.LIST_READ)
        return (
            ListView(
                id=LIST, title=self.name, format="ofac.sdn", edition="2026-11-01", entries=1200,
                loaded=MOMENT, loaded_by="supervisor", number=2, source=self.name,
                prepared="2026-10-31", key="0a1b2c3d", held=True,
            ),
        )  # fmt: skip

    def show(self, reader: Reader, list_id: str, *, key: str = "") -> views.ListDetail:
        (found,) = self.lists(reader)
        if list_id != LIST:
            raise NotFound("no such list")
        held, now = (self._edition(number) for number in (3, 2))
        return views.ListDetail(
            id=LIST, key=found.key, title=self.name, editions=(held, now), list=found
        )

    def _edition(self, number: int) -> views.EditionView:
        held = number == 3
        compared = views.RetroView(
            state="" if held else "running", compared=7, changed=2, ended=1, started=MOMENT
        )
        return views.EditionView(
            number=number, edition="2026-11-01-1234abcd", state="held" if held else "in_force",
            entries=900 if held else 1200, added=3, changed=2, removed=301 if held else 4,
            loaded=MOMENT, loaded_by="supervisor", retro=compared, why="shrinks" if held else "",
            prepared="2026-10-31", source=self.name, decided_by="" if held else "supervisor",
            reason="" if held else self.name,
        )  # fmt: skip

    def report(
        self, reader: Reader, list_id: str, number: int = 0, *, key: str = "", what: str = "",
        page: int = 1,
    ) -> views.ListReport:  # fmt: skip
        self.show(reader, list_id)
        row = views.ListChange(
            what="changed", uid="77", name=self.name, fields=("aliases", "weak_aliases"),
            record_id="7" * 36,
        )  # fmt: skip
        return views.ListReport(
            id=LIST, key="0a1b2c3d", title=self.name, entries=900, added=3, changed=2, removed=301,
            rows=(row,), what=what, page=page, pages=7, why="shrinks",
            edition=self._edition(number),
        )  # fmt: skip

    def diff(self, reader: Reader, list_id: str, files: Any, **more: Any) -> views.ListReport:
        reader.require(Action.LIST_WRITE)
        return self.report(reader, list_id)

    def add(self, reader: Reader, list_id: str, title: str, files: Any, **more: Any) -> Loaded:
        reader.require(Action.LIST_WRITE)
        return Loaded(entries=1, added=1, changed=0, removed=0, edition="e", defects=())

    def update(self, reader: Reader, list_id: str, files: Any, **more: Any) -> Loaded:
        return self.add(reader, list_id, "", files)

    def confirm(self, reader: Reader, list_id: str, **more: Any) -> Loaded:
        return self.add(reader, list_id, "", ())

    def discard(self, reader: Reader, list_id: str, **more: Any) -> None:
        reader.require(Action.LIST_WRITE)

    def compare_waiting(self) -> None:
        """Nothing waits."""


class SmallListUses:
    """The service of :class:`esclusa.node.list_use.ListUses`."""

    def __init__(self, name: str = "") -> None:
        self.lists = SmallLists(name)

    def use(self, reader: Reader, list_id: str, *, key: str = "") -> views.ListUse:
        reader.require(Action.WARNING_READ)
        shown = self.lists.show(reader, list_id, key=key)
        return views.ListUse(
            id=shown.id, key=shown.key, title=shown.title, more=True,
            here=views.UseRow(matches=12, the_same=3, not_the_same=4, examined=5, found=2),
            partners=(views.UseRow(partner="northreach", matches=2, the_same=1, seized=1),),
        )  # fmt: skip
