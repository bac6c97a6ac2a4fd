"""What was said of some records is what the table of all examinations says of them.

CPU: about three seconds.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from polars.testing import assert_frame_equal

import worlds
from esclusa.ledger.records import Draft
from esclusa.model import (
    Consignment,
    Examination,
    Feedback,
    Level,
    Marking,
    TransportEquipment,
)
from esclusa.node import Node, examinations

BOXES = tuple(f"NRXU{number:07}" for number in range(4))
BILLS = tuple(f"B{number}" for number in range(6))
CARRIERS = ("NRLN", "ALTM")


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = worlds.make(tmp_path_factory.mktemp("some") / "node")
    yield made
    made.close()


def labels(node: Node) -> list[int]:
    """Two markings of ours, and what a partner gave."""
    ours = [node.labels.intern(node.agency, Marking(level=level))
            for level in (Level.OFFICIAL, Level.SECRET)]  # fmt: skip
    return [*ours, node.labels.intern("NORTHREACH", Marking(), "NORTHREACH")]


def some(rng: random.Random, values: tuple[str, ...], most: int) -> tuple[str, ...]:
    return tuple(rng.sample(values, rng.randint(0, most)))


def body(rng: random.Random, number: int) -> Any:
    """A bill, a box, an examination, or what a partner said back; few names, so that they meet."""
    box, one = rng.choice(BOXES), rng.choice(BILLS)
    match rng.choice(("bill", "bill", "box", "exam", "exam", "exam", "told")):
        case "bill":
            return Consignment(
                carrier=rng.choice(CARRIERS), bill=one, arrival=f"2026-03-{rng.randint(1, 28):02}",
                equipment=tuple(TransportEquipment(number=each) for each in some(rng, BOXES, 2)),
            )  # fmt: skip
        case "box":
            return TransportEquipment(number=box)
        case "told":
            return Feedback(
                agency="NORTHREACH", to="MARISOL_CUSTOMS", about=f"{number:032x}",
                about_kind="consignment", result=rng.choice(("found", "nothing_found")),
                bill=one, carrier=rng.choice(CARRIERS), at="2026-03-20T10:00:00Z",
            )  # fmt: skip
    return Examination(
        agency="MC", number=str(rng.randint(1, 12)), carrier=rng.choice(("", *CARRIERS)),
        result=rng.choice(("found", "nothing_found", "not_performed")),
        bills=some(rng, BILLS, 2), equipment=rng.choice(("", box)),
        event=rng.choice(("", "EV-1", "EV-2")), methods=("scan",),
        completed=f"2026-03-{rng.randint(1, 28):02}T10:00Z", reported="2026-03-29T10:00Z",
    )  # fmt: skip


def write(node: Node, rng: random.Random, count: int) -> None:
    under = labels(node)
    for _number in range(count):
        made = body(rng, rng.randint(0, 1 << 60))
        place = under[2] if isinstance(made, Feedback) else rng.choice(under[:2])
        held = node.labels.get(place)
        draft = Draft(body=made, originator=held.originator, label_id=place)
        with node.store.write() as connection:
            node.pipeline.store_drafts(connection, [draft])


@pytest.mark.parametrize("few", [1_000, 1])
def test_some_are_told_as_all_are(node: Node, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examinations, "_FEW", few)
    rng, rows = random.Random(few), 0
    for _round in range(8):
        write(node, rng, 14)
        for visible in ({labels(node)[0]}, set(labels(node))):
            with node.store.read() as connection:
                asked = (connection, node.labels, visible)
                whole = examinations.outcomes_under(*asked)
                names = whole["subject"].unique().to_list()
                for subjects in (names[:1], rng.sample(names, len(names) // 2), [*names, "x"]):
                    told = examinations.outcomes_of(*asked, subjects)
                    wanted = whole.filter(whole["subject"].is_in(subjects))
                    assert_frame_equal(told, wanted)
                    rows += told.height
    assert rows > 100


def test_of_nothing_nothing_is_told(node: Node) -> None:
    with node.store.read() as connection:
        told = examinations.outcomes_of(connection, node.labels, set(labels(node)), ())
        whole = examinations.outcomes_under(connection, node.labels, set(labels(node)))
    assert told.height == 0
    assert told.schema == whole.schema
