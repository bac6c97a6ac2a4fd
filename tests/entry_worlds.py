"""Marisol shares entries of its own lists with Northreach, which screens against them."""

from __future__ import annotations

import datetime as dt
import io
import re
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml

import worlds
from esclusa.model import Level, Marking
from esclusa.sharing.agreement.shape import Clause
from esclusa.sharing.views import QueueFilter
from exchange_cases import Bill, manifest
from exchange_worlds import World, for_partners, officer, own, take_in

GIVER, TAKER = "marisol", "northreach"
DOCS: Final = Path(__file__).parents[1] / "docs" / "lists.md"


def entries_clause(giver: str = GIVER, *paths: str, **changes: Any) -> Clause:
    """Return the clause that the manual gives as an example, with another giver or other fields."""
    (block,) = re.findall(r"```yaml\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    (said,) = yaml.safe_load(block)
    given = {"fields": [{"do": "keep", "paths": list(paths)}]} if paths else {}
    return msgspec.convert(
        said | {"id": f"entries-{giver}", "giver": giver} | given | changes, Clause
    )


def warn(world: World, list_id: str, *entries: tuple[str, str], schema: str = "Company",
         level: Level = Level.OFFICIAL) -> None:  # fmt: skip
    """Bring a list of Marisol's that Northreach may know into force there, and carry it over."""
    marking = for_partners(TAKER, level=level)
    node = world[GIVER]
    files = [("list.json", io.BytesIO(worlds.list_of(*entries, schema=schema)))]
    if node.list_desk.add(node.operator(), list_id, list_id, files, marking=marking).held:
        node.list_desk.confirm(node.operator(), list_id, reason="as said")
    node.exchange.publish()
    world.sync(GIVER, TAKER)


def bill(world: World, name: str, consignee: str, marking: Marking | None = None) -> None:
    said = Bill(bill=name, consignee=consignee, shipper=f"S {name}", notify=f"N {name}", goods="G",
                marks="M", street="S", seal=f"S{name}")  # fmt: skip
    data = manifest(said)
    take_in(world[TAKER], marking or Marking(level=Level.OFFICIAL), data, f"{name}.edi")


def rows(world: World, name: str, **who: Any) -> list[Any]:
    node = world[TAKER]
    page = node.queue(officer(node, **who), QueueFilter(state="all", limit=200))
    return [row for row in page.rows if name in row.title]


def said(world: World, name: str, **who: Any) -> list[str]:
    """Return what alerts on a bill say of lists."""
    return [r.text_en for row in rows(world, name, **who) for r in row.reasons
            if r.source == "list"]  # fmt: skip


def entry_of(world: World, agency: str, word: str) -> Any:
    (item,) = [one for one in own(world[agency], "list_entry") if word in str(one.body)]
    return item


def later(world: World, hours: float) -> None:
    world.clock.ahead += dt.timedelta(hours=hours)
