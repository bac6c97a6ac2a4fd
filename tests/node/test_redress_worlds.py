"""Redress in two worlds that differ in one secret number: whoever may not know it sees no
difference, and whoever may sees the match quiet. About 6 s of CPU."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

import worlds
from esclusa.codes import redress as numbers
from esclusa.errors import EsclusaError
from esclusa.ledger import records
from esclusa.ledger.records import Draft
from esclusa.model import Level, Marking, RedressGrant
from esclusa.node import Node
from esclusa.node.screen_again import screen_again
from exchange_worlds import officer
from redress_worlds import (
    HIDDEN,
    HIDDEN_NUMBER,
    X,
    apply,
    fly,
    grant,
    hide,
    lead,
    list_y,
    score,
    waits,
)

_RANDOM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?|[0-9a-f]{16}")
SECRET_NUMBER = "R23456789AB6"


def flown(folder: Path, *, secret: bool) -> Node:
    """Return a node with a traveller who states a number that is granted in secret, if it is."""
    node = worlds.make(folder)
    list_y(node)
    if secret:
        hide(node)
        _grant_in_secret(node)
    fly(node, "AM400", number=SECRET_NUMBER)
    fly(node, "AM401")
    return node


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, Node]]:
    with worlds.both(tmp_path_factory.mktemp("redress"), flown) as pair:
        yield pair


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[tuple[Node, Node]]:
    """The same for a test that writes."""
    with worlds.both(tmp_path, flown) as pair:
        yield pair


def _grant_in_secret(node: Node) -> None:
    from esclusa.casework.redress_effect import entry_of
    from exchange_worlds import own

    (entry,) = [item.body for item in own(node, "list_entry") if item.body.uid == "W7"]
    label = node.labels.intern(node.agency, Marking(level=Level.SECRET))
    body = RedressGrant(
        redress=SECRET_NUMBER, agency=node.agency, state="granted", at="2026-11-23T08:00:00Z",
        until="2199-01-01", person=X, entries=(entry_of("wanted", "W7", entry),),
    )  # fmt: skip
    with node.store.write() as connection:
        records.append(connection, [Draft(body=body, originator=node.agency, label_id=label)])


def answer(action: Callable[[], Any]) -> str:
    try:
        value = action()
    except EsclusaError as error:
        return f"{type(error).__name__}: {error}"
    text = value.decode() if isinstance(value, bytes) else msgspec.json.encode(value).decode()
    return _RANDOM.sub("…", text)


def everything(node: Node, level: Level) -> dict[str, str]:
    """Ask the desk for all that a reader can ask for."""
    who, desk = officer(node, clearance=level), node.redress_desk
    found = {f"cases {state}": answer(lambda s=state: desk.cases(who, state=s))
             for state in ("all", "open", "granted")}  # fmt: skip
    found["counts"] = answer(lambda: desk.counts(who))
    for name in (HIDDEN, "0" * 16):
        found[f"show {name}"] = answer(lambda n=name: desk.show(who, n))
        found[f"paper {name}"] = answer(lambda n=name: desk.paper(who, n))
        found[f"move {name}"] = answer(
            lambda n=name: desk.move(who, n, "revoke", {"revoke_text": "x"})
        )
    for number in (HIDDEN_NUMBER, SECRET_NUMBER, "RPE4-QYGW-VJ8M"):
        found[f"number {number}"] = answer(lambda n=number: desk.number(who, n))
    for flight in ("AM400", "AM401"):
        for row in node.search(who, flight, kind="traveller").rows:
            found[f"record {flight}"] = answer(lambda r=row: node.record(who, r.record_id))
    found["matches"] = answer(lambda: node.match_desk.matches(who))
    found["queue"] = answer(lambda: node.queue(who, worlds.QueueFilter(limit=50)))
    return found


@pytest.mark.parametrize("level", (Level.OPEN, Level.OFFICIAL, Level.CONFIDENTIAL))
def test_whoever_may_not_know_a_number_sees_the_same(both: tuple[Node, Node], level: Level) -> None:
    plain, secret = (everything(node, level) for node in both)
    assert plain == secret


def test_whoever_may_know_it_sees_it(both: tuple[Node, Node]) -> None:
    assert numbers.is_valid(SECRET_NUMBER)
    shown = everything(both[1], Level.SECRET)
    assert "GHOST PERSON" in shown["number " + HIDDEN_NUMBER]
    assert "GHOST WORDS" in shown["show " + HIDDEN]


def test_a_number_known_in_secret_alone_keeps_nothing_quiet_below(both: tuple[Node, Node]) -> None:
    node = both[1]
    record = node.search(officer(node), "AM400", kind="traveller").rows[0].record_id
    assert waits(node, record)
    assert score(node, record) > 0
    with node.store.write() as connection:
        screen_again(node.pipeline, connection, {record})
    assert score(node, record) > 0


def test_what_is_written_in_both_worlds_is_written_alike(fresh: tuple[Node, Node]) -> None:
    told = []
    for node in fresh:
        record = node.search(officer(node), "AM401", kind="traveller").rows[0].record_id
        first = answer(lambda n=node, r=record: apply(n, r))
        given = grant(node, record)
        after = answer(
            lambda n=node, v=given: n.redress_desk.move(
                lead(n),
                v.row.case,
                "revoke",
                {"revoke_code": "in_error", "revoke_text": "A mistake."},
            )
        )
        told.append([first, re.sub(r"R[0-9A-Z]{3}-[0-9A-Z]{4}-[0-9A-Z]{4}", "R…", after)])
    assert told[0] == told[1]
