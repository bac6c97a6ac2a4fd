"""Steps on many alerts and kept filters of a small node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from esclusa.errors import InputError
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.views import Against, BulkView, SavedView

BULK = "0b1f0c52-3f3c-5d0a-9a53-6f8f3a1f9c11"


class SmallBulk:
    """Writes the verdict through the node; who is marked in ``node.faster`` stands against it."""

    def __init__(self, node: Any) -> None:
        self.node = node

    def decide(
        self, reader: Reader, chosen: Mapping[str, str], *, verdict: str, reason: str
    ) -> BulkView:
        reader.require(Action.ALERT_VERDICT)
        against = tuple(
            Against(
                alert_id=name, why="moved", title=self.node.name or "NRTH", by="bea",
                at="2026-11-20T10:00:00Z", move="claim",
            )
            for name in chosen
            if name in self.node.faster
        )  # fmt: skip
        rest = tuple(name for name in chosen if name not in self.node.faster)
        if against:
            return BulkView(against=against, rest=rest)
        for name in chosen:
            self.node.verdict(reader, name, verdict=verdict, reason=reason)
        self.node.last = tuple(chosen)
        return BulkView(bulk=BULK, done=tuple(chosen))

    def undo(self, reader: Reader, bulk: str, *, rest: bool = False) -> BulkView:
        for name in self.node.last:
            self.node.undo(reader, name)
        return BulkView(bulk=bulk, done=self.node.last)


class SmallViews:
    """Keeps the filters of each person in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, str]] = {}

    def all(self, reader: Reader) -> tuple[SavedView, ...]:
        mine = self.kept.get(reader.name, {})
        return tuple(SavedView(name=name, query=query) for name, query in sorted(mine.items()))

    def keep(self, reader: Reader, name: str, query: str) -> None:
        if not name.strip():
            raise InputError("a view needs a name", field="name", problem="name", expected="1–60")
        self.kept.setdefault(reader.name, {})[name.strip()] = query

    def drop(self, reader: Reader, name: str) -> None:
        del self.kept[reader.name][name]
