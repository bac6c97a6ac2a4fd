"""Redress against a partner's list entry: one false match quiet with a trace, every true one said,
all of it gone with the entry. One pair of nodes, 9 s of CPU."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

import redress_worlds
import worlds
from entry_worlds import GIVER, TAKER, entries_clause, entry_of, later
from esclusa.errors import InputError, NotFound, StateError
from esclusa.model import Level
from esclusa.node import Node
from exchange_cases import refused, traces
from exchange_worlds import World, for_partners, officer
from redress_worlds import (
    NAME,
    STATEMENT,
    X_BORN,
    X_PAPER,
    Y_BORN,
    Y_PAPER,
    X,
    apply,
    fly,
    grant,
    listed,
    reasons,
    waits,
)

OTHERS = tuple((f"F{n}", f"{one} QUILLFEATHER") for n, one in enumerate(redress_worlds.OTHERS))


def wanted(world: World, *, born: str = "1969", uid: str = "W7", level: Level = Level.OFFICIAL,
           name: str = NAME) -> None:  # fmt: skip
    """Bring a list of wanted persons into force at the giver, and carry its entries over."""
    import json

    people = [(uid, name), *OTHERS]
    lines = [
        {"id": one, "schema": "Person",
         "properties": {"name": [said]} | ({"birthDate": [born]} if one == uid else {})}
        for one, said in people
    ]  # fmt: skip
    data = io.BytesIO(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    node = world[GIVER]
    marking = for_partners(TAKER, level=level)
    desk = node.list_desk
    if desk.add(
        node.operator(), f"wanted_{uid.lower()}", "Wanted", [("w.json", data)], marking=marking
    ).held:
        desk.confirm(node.operator(), f"wanted_{uid.lower()}", reason="as said")
    node.exchange.publish()
    world.sync(GIVER, TAKER)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path, GIVER, TAKER) as two:
        two.agree(GIVER, TAKER, clauses=(entries_clause(),))
        for agency in (GIVER, TAKER):
            two[agency].analyst.now = two.clock
        wanted(two)
        yield two


def granted(node: Node) -> tuple[str, str]:
    """Return the case and the number that X is given against the partner's entry."""
    view = grant(node, fly(node, "AM400"))
    return view.row.case, view.row.number


def test_the_next_false_match_is_quiet_with_a_trace_and_every_true_one_is_said(
    world: World,
) -> None:
    node = world[TAKER]
    case, number = granted(node)
    view = node.redress_desk.show(officer(node), case)
    (entry,) = view.entries
    assert (entry.list_id, entry.name, entry.changed) == ("from-marisol", NAME, False)
    assert view.can_share == ()
    again = fly(node, "AM401", number=number)
    reason = listed(node, again)
    assert (reason.points, waits(node, again)) == (0.0, False)
    assert "Quiet: redress number" in reason.text_en and "from-marisol" in reason.text_en
    assert reason.match is not None and reason.match.state == "redress"
    # Without the number, with another birth date, with another's passport, with the listed one's.
    for flight, more in (
        ("AM402", {}), ("AM403", {"number": number, "born": Y_BORN}),
        ("AM404", {"number": number, "paper": "PA2222223"}),
        ("AM405", {"number": number, "born": Y_BORN, "paper": Y_PAPER}),
    ):  # fmt: skip
        true = fly(node, flight, **more)
        assert listed(node, true).points > 0 and waits(node, true), flight
    assert node.redress_desk.show(officer(node), case).uses != ()
    assert node.check() == []


def test_an_entry_that_says_something_else_now_is_matched_as_before(world: World) -> None:
    node = world[TAKER]
    case, number = granted(node)
    assert not waits(node, fly(node, "AM411", number=number))
    wanted(world, born=X_BORN[:4])  # now it is the year in which X was born
    record = fly(node, "AM412", number=number)
    assert listed(node, record).points > 0 and waits(node, record)
    assert "the list entry has changed since" in listed(node, record).text_en
    (entry,) = node.redress_desk.show(officer(node), case).entries
    assert entry.changed


def test_case_and_number_go_with_the_entry_and_leave_no_trace(world: World) -> None:
    node = world[TAKER]
    case, number = granted(node)
    record = fly(node, "AM421", number=number)
    entry = entry_of(world, GIVER, "W7")
    copy = entry_of(world, TAKER, NAME).id
    assert traces(node, copy.encode()) != []
    assert world[GIVER].exchange.withdraw([entry.id], by="ana") == (TAKER,)
    world.sync(GIVER, TAKER)
    assert reasons(node, record) == ()
    for ask in (lambda: node.redress_desk.show(officer(node), case),
                lambda: node.redress_desk.number(officer(node), number)):  # fmt: skip
        with pytest.raises(NotFound):
            ask()
    assert [row.case for row in node.redress_desk.cases(officer(node)).rows] == []
    assert node.check() == []


def test_it_is_hidden_while_the_partners_lease_has_run_out(world: World) -> None:
    node = world[TAKER]
    case, number = granted(node)
    later(world, 24 * 60)
    fly(node, "AM431", number=number)
    with pytest.raises(NotFound):
        node.redress_desk.show(officer(node), case)


def test_it_is_told_to_nobody_and_mixed_with_nothing(world: World) -> None:
    node = world[TAKER]
    record = fly(node, "AM441")
    view = apply(node, record)
    desk = node.redress_desk
    desk.move(officer(node), view.row.case, "papers", {"seen": "Passport, in original"})
    given = {"ground": "Other parents", "until": redress_worlds._day(node, 100)}
    with pytest.raises(StateError, match="told to nobody else"):
        desk.move(redress_worlds.lead(node), view.row.case, "grant", given, partners=(GIVER,))
    worlds.with_list(node, "ours", ("o1", "DOBLE NOMBRE"))
    ours = next(one for one in own_entries(node) if one.body.uid == "o1")
    match = listed(node, record).match
    assert match is not None
    with pytest.raises(InputError, match="or of those of one partner"):
        desk.apply(officer(node), X, STATEMENT, match=match.id, entries=(ours.id,))


def own_entries(node: Node) -> list[object]:
    from exchange_worlds import own

    return own(node, "list_entry")


def test_who_may_not_see_the_entry_sees_neither_case_nor_number_nor_use(world: World) -> None:
    node = world[TAKER]
    wanted(world, uid="R9", level=Level.RESTRICTED, name="OTRO NOMBRE RESERVADO")
    low = officer(node, clearance=Level.OFFICIAL)
    person = redress_worlds.RedressPerson(
        name="OTRO NOMBRE RESERVADO", birth_date=X_BORN, nationality="PAN",
        documents=(f"passport:{X_PAPER}",),
    )  # fmt: skip
    name = "NOMBRE RESERVADO:OTRO"
    view = grant(node, fly(node, "AM451", name=name), person=person)
    record = fly(node, "AM452", name=name, number=view.row.number)
    assert "Quiet" in listed(node, record).text_en
    assert reasons(node, record, low) == ()
    desk = node.redress_desk
    said = [
        [refused(lambda c=c: desk.show(low, c), NotFound) for c in (view.row.case, "0" * 16)],
        [refused(lambda n=n: desk.number(low, n), NotFound)
         for n in (view.row.number, "RPE4-QYGW-VJ8N")],
    ]  # fmt: skip
    assert all(one == other for one, other in said)
    assert desk.cases(low).rows == ()
    counted = desk.counts(low)
    assert (counted.numbers, counted.quiet) == (0, 0)
