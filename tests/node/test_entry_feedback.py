"""What a partner's list entry led to flows back to it, and no more than the agreement says. About
8 s of CPU."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from test_feedback import clause

import worlds
from entry_worlds import GIVER, TAKER, bill, entries_clause, entry_of, rows, said, warn
from esclusa.errors import Forbidden, InputError, NotFound
from esclusa.ledger import records
from esclusa.model import Level, Marking
from esclusa.sharing.reader import Role
from exchange_cases import refused
from exchange_worlds import World, officer, own
from seizure_worlds import said as seizure


def made(folder: Path, *, agreed: bool = True) -> World:
    two = World(folder, GIVER, TAKER)
    two.agree(GIVER, TAKER, clauses=(entries_clause(), *(clause() if agreed else ())))
    node = two[TAKER]
    node.add_mapping(node.operator(), "e.toml", io.BytesIO(worlds.sample("examinations.toml")))
    return two


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with made(tmp_path_factory.mktemp("entry-feedback")) as two:
        yield two


def matched(world: World, name: str, firm: str, marking: Marking | None = None) -> str:
    """Let a bill of Northreach's meet an entry; return the match."""
    bill(world, name, f"{firm} SA", marking)
    (found,) = [r.match.id for row in rows(world, name) for r in row.reasons if r.match]
    return found


def decide(world: World, match: str, outcome: str) -> None:
    node = world[TAKER]
    node.match_desk.decide(officer(node), match, outcome=outcome, reason="papers compared")
    settle(world)


def look(world: World, bill: str, result: str, marking: Marking | None = None) -> None:
    row = (f"E{bill}", result, "", bill, "value", "")
    worlds.take_in(world[TAKER], f"{bill}{result}.csv", worlds.examined(row), marking=marking)
    settle(world)


def settle(world: World) -> None:
    world[TAKER].exchange.tick()
    world.sync(GIVER, TAKER)


def told(world: World, word: str, **who: Any) -> list[tuple[str, bool, bool]]:
    """Return what Marisol sees of its entry: (decided, examined, found)."""
    page = world[GIVER].feedback_desk.warnings(officer(world[GIVER], **who), limit=200)
    return sorted(
        (r.decided, r.examined, r.found) for r in page.rows if word in r.title
    )  # fmt: skip


def test_an_answer_to_a_match_flows_back_and_is_taken_back_with_it(world: World) -> None:
    warn(world, "own", ("x1", "VERDEMAR CAUTIVA"), ("x2", "AZULMAR CAUTIVA"))
    first = matched(world, "FEED1", "VERDEMAR CAUTIVA")
    assert told(world, "VERDEMAR") == []
    decide(world, first, "the_same")
    assert told(world, "VERDEMAR") == [("the_same", False, False)]
    other = matched(world, "FEED2", "AZULMAR CAUTIVA")
    decide(world, other, "not_the_same")
    assert told(world, "AZULMAR") == [("not_the_same", False, False)]
    page = world[GIVER].feedback_desk.warnings(officer(world[GIVER]))
    assert page.the_same >= 1 and page.not_the_same >= 1
    record = entry_of(world, GIVER, "VERDEMAR").id
    (row,) = world[GIVER].feedback_desk.of_record(officer(world[GIVER]), record)
    assert (row.kind, row.record, row.partner) == ("list_entry", record, TAKER)
    node = world[TAKER]
    node.match_desk.undo(officer(node), other)
    settle(world)
    assert told(world, "AZULMAR") == []


def test_what_was_found_flows_back_and_counts_as_no_examination_of_a_record(world: World) -> None:
    warn(world, "finds", ("x3", "ROJOMAR CAUTIVA"), ("x4", "GRISMAR CAUTIVA"))
    match = matched(world, "FEED3", "ROJOMAR CAUTIVA")
    before = world[GIVER].outcomes(officer(world[GIVER])).height
    look(world, "FEED3", "found")
    assert told(world, "ROJOMAR") == [("", True, True)]
    decide(world, match, "the_same")
    assert told(world, "ROJOMAR") == [("the_same", True, True)]
    cleared = matched(world, "FEED4", "GRISMAR CAUTIVA")
    decide(world, cleared, "not_the_same")
    look(world, "FEED4", "found")
    assert told(world, "GRISMAR") == [("not_the_same", False, False)]
    assert world[GIVER].outcomes(officer(world[GIVER])).height == before
    rows_told = [row for row in world[GIVER].feedback_desk.warnings(officer(world[GIVER])).rows
                 if "ROJOMAR" in row.title]  # fmt: skip
    assert [row.examined for row in rows_told] == [True]


def test_a_seizure_that_the_warning_led_to_is_told(world: World) -> None:
    """Northreach opens a bill that met the entry, under a number of its own, and reports what it
    took."""
    warn(world, "seized", ("x9", "PARDOMAR CAUTIVA"))
    matched(world, "FEED9S", "PARDOMAR CAUTIVA")
    row = ("EX9", "found", "", "FEED9S", "value", "")
    data = worlds.examined(row).replace(b",value,,,,,", b",value,,,OPEN-9,,")
    worlds.take_in(world[TAKER], "seized.csv", data)
    node = world[TAKER]
    label = node.labels.intern(TAKER, Marking(level=Level.OFFICIAL))
    report = seizure("S-9", agency=TAKER, event="OPEN-9", equipment="", bill="FEED9S")
    with node.store.write() as connection:
        records.append(connection, [records.Draft(body=report, originator=TAKER, label_id=label)])
    settle(world)
    page = world[GIVER].feedback_desk.warnings(officer(world[GIVER]), limit=200)
    (row_seen,) = [row for row in page.rows if "PARDOMAR" in row.title]
    assert (row_seen.found, row_seen.seized, row_seen.event) == (True, True, "OPEN-9")
    (theirs,) = world[GIVER].list_uses.use(officer(world[GIVER]), "seized").partners
    assert (theirs.found, theirs.seized) == (1, 1)


def test_nothing_of_our_own_record_goes_and_no_guess_can_be_tested(world: World) -> None:
    warn(world, "quiet", ("x5", "NEGROMAR CAUTIVA"))
    match = matched(world, "CANARYBILL5", "NEGROMAR CAUTIVA")
    decide(world, match, "the_same")
    entry = entry_of(world, TAKER, "NEGROMAR").id
    (body,) = [one.body for one in own(world[GIVER], "feedback") if one.body.about == entry]
    words = msgspec.json.encode(body)
    for word in (b"CANARYBILL5", b"NEGROMAR", b"papers compared", b"ana", match.encode()):
        assert word not in words, word
    assert body.match not in {one.id for agency in (GIVER, TAKER)
                              for kind in ("alert", "match_decision", "consignment")
                              for one in own(world[agency], kind)}  # fmt: skip


def test_what_rests_on_a_stricter_record_stays_at_home(world: World) -> None:
    warn(world, "strict", ("x6", "BLANCOMAR CAUTIVA"))
    bill(world, "FEED6", "BLANCOMAR CAUTIVA SA", Marking(level=Level.SECRET))
    node = world[TAKER]
    cleared = {"clearance": Level.SECRET}
    (row,) = rows(world, "FEED6", **cleared)
    (match,) = [r.match.id for r in row.reasons if r.match]
    node.match_desk.decide(officer(node, **cleared), match, outcome="the_same", reason="seen")
    settle(world)
    assert [one for one in own(node, "feedback") if one.body.decided and
            one.body.about == entry_of(world, TAKER, "BLANCOMAR").id]  # fmt: skip
    assert told(world, "BLANCOMAR") == []
    look(world, "FEED6", "found", Marking(level=Level.SECRET))
    assert told(world, "BLANCOMAR") == []


def test_who_may_not_see_the_entry_sees_nothing_of_what_it_led_to(world: World) -> None:
    warn(world, "inner", ("x7", "HONDOMAR CAUTIVA"), level=Level.RESTRICTED)
    decide(world, matched(world, "FEED7", "HONDOMAR CAUTIVA"), "the_same")
    assert told(world, "HONDOMAR") == [("the_same", False, False)]
    assert told(world, "HONDOMAR", clearance=Level.OFFICIAL) == []
    record = entry_of(world, GIVER, "HONDOMAR").id
    low = officer(world[GIVER], clearance=Level.OFFICIAL)
    assert world[GIVER].feedback_desk.of_record(low, record) == ()


def test_a_recall_takes_back_what_was_said_of_the_entry(world: World) -> None:
    warn(world, "gone", ("x8", "FUERAMAR CAUTIVA"))
    matched(world, "FEED8", "FUERAMAR CAUTIVA")
    look(world, "FEED8", "nothing found")
    assert told(world, "FUERAMAR") == [("", True, False)]
    world[GIVER].exchange.withdraw([entry_of(world, GIVER, "FUERAMAR").id], by="ana")
    world.sync(GIVER, TAKER)
    settle(world)
    assert said(world, "FEED8") == [] and told(world, "FUERAMAR") == []


def test_without_a_clause_nothing_is_written_and_nothing_goes(tmp_path: Path) -> None:
    with made(tmp_path, agreed=False) as two:
        warn(two, "own", ("x1", "CERRADOMAR CAUTIVA"))
        decide(two, matched(two, "FEED9", "CERRADOMAR CAUTIVA"), "the_same")
        assert own(two[TAKER], "feedback") == own(two[GIVER], "feedback") == []
        assert told(two, "CERRADOMAR") == []


def use(world: World, agency: str, list_id: str, **who: Any) -> dict[str, tuple[int, ...]]:
    """Return what came of a list, by service ("" here): matches, the same, not, examined, found."""
    node = world[agency]
    found = node.list_uses.use(officer(node, **who), list_id)
    return {
        row.partner: (row.matches, row.the_same, row.not_the_same, row.examined, row.found)
        for row in (found.here, *found.partners)
    }


def test_both_sides_count_what_came_of_a_list(tmp_path: Path) -> None:
    with made(tmp_path) as two:
        warn(two, "counted", ("y1", "UNOMAR CAUTIVA"), ("y2", "DOSMAR CAUTIVA"))
        match = matched(two, "USE1", "UNOMAR CAUTIVA")
        matched(two, "USE2", "DOSMAR CAUTIVA")
        assert use(two, TAKER, "from-marisol") == {"": (2, 0, 0, 0, 0)}
        assert use(two, GIVER, "counted") == {"": (0, 0, 0, 0, 0)}
        decide(two, match, "the_same")
        look(two, "USE1", "found")
        look(two, "USE2", "nothing found")
        assert use(two, TAKER, "from-marisol") == {
            "": (2, 1, 0, 2, 1), GIVER: (2, 1, 0, 2, 1)}  # fmt: skip
        assert use(two, GIVER, "counted") == {"": (0, 0, 0, 0, 0), TAKER: (2, 1, 0, 2, 1)}
        low = {"clearance": Level.OPEN}
        assert refused(lambda: use(two, TAKER, "from-marisol", **low), NotFound)
        assert refused(lambda: use(two, TAKER, "from-marisol", role=Role.AUDITOR), Forbidden)
        secret = matched_secret(two)
        assert use(two, TAKER, "from-marisol")[""] == (2, 1, 0, 2, 1)
        assert use(two, TAKER, "from-marisol", clearance=Level.SECRET)[""][0] == secret


def matched_secret(two: World) -> int:
    """Let a secret bill meet an entry under another name; return how many matches there are."""
    bill(two, "USE3", "DOSMAR CAUTIVA LIMITADA", Marking(level=Level.SECRET))
    return 3


def test_a_partners_list_is_changed_by_nobody_here(world: World) -> None:
    warn(world, "fixed", ("y3", "FIJOMAR CAUTIVA"))
    node = world[TAKER]
    files = [("x.json", io.BytesIO(worlds.list_of(("a", "OTRA COSA"))))]
    boss = node.operator()
    key = node.lists(boss)[0].key
    for act in (node.list_desk.update, node.list_desk.diff):
        why = refused(lambda act=act: act(boss, "from-marisol", files, key=key), InputError)
        assert "marisol's" in why
