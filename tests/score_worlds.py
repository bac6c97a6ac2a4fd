"""A node with consignments of which it is known what was found, for tests of models and scores.

    node = scored_node(folder)                        # open records alone
    node = scored_node(folder, secret=True)           # and secret ones, which change every figure

Four hundred bills over forty days, each on its own day; low value for the weight carries most finds.
Cost: about two CPU seconds a node, fitting one more.
"""

from __future__ import annotations

import datetime as dt
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import worlds
from esclusa.analysis.scoring import Recipe
from esclusa.ledger import records
from esclusa.ledger.records import Draft
from esclusa.model import Consignment, Examination, Finding, GoodsItem, Marking, Party, Place
from esclusa.node import Node
from esclusa.sharing.reader import Reader, Role

QUICK = Recipe(bags=1, widths=(4,), most_bins=8)
"""Enough to learn the one thing that is planted."""
COUNT = 400
START = dt.datetime(2026, 3, 2, 6, tzinfo=dt.UTC)
AS_OF = START + dt.timedelta(days=60)


def supervisor(node: Node, **more: object) -> Reader:
    """Return a supervisor of the node."""
    return worlds.reader(node, **{"role": Role.SUPERVISOR, "name": "sol", **more})


def scored_node(folder: Path, *, secret: bool = False, count: int = COUNT) -> Node:
    """Return a node with bills and what came of examining them; see the top."""
    node = worlds.make(folder)
    fill(node, Marking(), "PZ", count, seed=1)
    if secret:
        fill(node, worlds.SECRET, "QX", count // 2, seed=2)
    node.model_desk.now = node.score_desk.now = lambda: AS_OF
    return node


@contextmanager
def copied(folder: Path, own: Path) -> Iterator[Node]:
    """Open a copy of a closed node, so that a test changes nothing for another."""
    shutil.copytree(folder, own)
    node = Node.open(own)
    node.model_desk.now = node.score_desk.now = lambda: AS_OF
    try:
        yield node
    finally:
        node.close()


def fill(node: Node, marking: Marking, carrier: str, count: int, *, seed: int) -> list[str]:
    """Put bills and examinations under a marking; return the record ids of the bills."""
    draw = random.Random(seed)
    label = node.labels.intern(node.agency, marking)
    names: list[str] = []
    by_day: dict[dt.datetime, list[Draft]] = {}
    for number in range(count):
        day = START + dt.timedelta(days=number * 40 // count)
        per_kg = draw.lognormvariate(1.5, 0.8)
        found = draw.random() < (0.55 if per_kg < 3.0 else 0.04)
        body = bill(carrier, number, per_kg, draw)
        by_day.setdefault(day, []).append(Draft(body=body, originator=node.agency, label_id=label))
        if number % 5 == 4:
            continue  # never examined
        exam = examination(carrier, number, found, day + dt.timedelta(hours=30), draw)
        by_day.setdefault(day + dt.timedelta(hours=31), []).append(
            Draft(body=exam, originator=node.agency, label_id=label)
        )
    for moment, drafts in sorted(by_day.items()):
        with node.store.write() as connection:
            made = records.append(connection, drafts, recorded=_text(moment))
        names += [
            one.id
            for one, draft in zip(made, drafts, strict=True)
            if isinstance(draft.body, Consignment)
        ]
    return names


def bill(carrier: str, number: int, per_kg: float, draw: random.Random) -> Consignment:
    """Return a made-up bill with a value for its weight."""
    mass = draw.uniform(800, 20_000)
    return Consignment(
        carrier=carrier, bill=f"B{number}", load_port=Place(code="COCTG"),
        discharge_port=Place(code=draw.choice(("PAONX", "PABLB"))),
        parties=(
            Party(role="consignee", name=f"IMPORTADORA {draw.randrange(40)} SA"),
            Party(role="consignor", name=f"EXPORTADORA {draw.randrange(15)} LTDA"),
        ),
        goods=(
            GoodsItem(
                description="BANANAS", hs_code=draw.choice(("080390", "090111", "620342")),
                packages=draw.randrange(10, 900), gross_mass_kg=round(mass, 1),
                value=round(mass * per_kg, 2), currency="USD",
            ),
        ),
    )  # fmt: skip


def examination(
    carrier: str, number: int, found: bool, moment: dt.datetime, draw: random.Random
) -> Examination:
    """Return what came of looking into a bill; a quarter of them by a control sample."""
    control = draw.random() < 0.25
    return Examination(
        agency=carrier + "EX", number=f"E{number}", result="found" if found else "nothing_found",
        carrier=carrier, bills=(f"B{number}",), started=_text(moment), completed=_text(moment),
        reported=_text(moment), methods=("physical_full",),
        findings=(Finding(category="drugs"),) if found else (),
        lane="control_random" if control else "value", probability=0.2 if control else None,
    )  # fmt: skip


def _text(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
