"""A node with a sheet for the yard, for tests of its desk, pages and API.

    node = yard_node(folder)                    # a sheet of twelve boxes is drawn
    node = yard_node(folder, secret=True)       # and secret bills, examinations and a secret sheet

About one CPU second a node.
"""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import msgspec

import selection_worlds as made
import worlds
from esclusa.model import Level, Marking
from esclusa.node import Node
from esclusa.sharing.reader import Reader
from esclusa.sharing.yard_views import Filled, YardBox

NAME = made.NAME
ADDRESS = f"/yard/{made.PORT}.{made.DAY}.A"
DONE = "2026-04-07 09:30"


def yard_node(folder: Path, *, secret: bool = False) -> Node:
    """Return a node whose sheet of the day is drawn; see the top."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "selection.key").write_bytes(bytes(range(32)))
    node = made.filled_node(folder, secret=secret)
    draw(node, made.supervisor(node))
    if secret:
        draw(node, made.cleared(node), level=Level.SECRET)
        bills = [box.title for box in node.yard_desk.sheet(officer(node), NAME).boxes[:3]]
        told = [made.examination(bill, 900 + n, found=True) for n, bill in enumerate(bills)]
        made.keep(node, worlds.SECRET, told, made.LATER)
    return node


def draw(node: Node, reader: Reader, *, level: int | None = None) -> None:
    """Commit to a sheet of the day and draw it."""
    desk = node.selection_desk
    sheet = desk.commit(
        reader, port=made.PORT, day=made.DAY, shift="A", capacity=made.CAPACITY, level=level
    )
    desk.draw(reader, sheet.name)


def officer(node: Node, name: str = "ana", **more: Any) -> Reader:
    """Return an analyst who works in the yard."""
    return worlds.reader(node, name=name, **more)


def boxes(node: Node, who: Reader | None = None) -> tuple[YardBox, ...]:
    """Return the boxes of the sheet."""
    return node.yard_desk.sheet(who or officer(node), NAME).boxes


def filled(box: YardBox, **changes: Any) -> Filled:
    """Return a form about a box, with nothing found, under a new id unless one is given."""
    plain = Filled(
        id=str(uuid.uuid4()), subject=box.subject, box=box.box, result="nothing_found",
        methods=("physical_full",), completed=DONE, zone="America/Panama", seal="S1",
    )  # fmt: skip
    return msgspec.structs.replace(plain, **changes)


def examinations(node: Node, box: str, who: Reader | None = None) -> int:
    """Return how many examinations a reader finds that name a box."""
    return len(node.search(who or officer(node), box, kind="examination").rows)


PUBLIC = Marking()
