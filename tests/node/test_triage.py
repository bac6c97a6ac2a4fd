"""Snooze, bulk verdict and saved views at a node: nothing lost, nothing hidden shown.

One world for the module, about 4 CPU seconds.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

import worlds
from esclusa.casework import snooze
from esclusa.errors import InputError, LimitError, MovedOn, NotFound, StateError
from esclusa.ledger.schema import queue as queue_table
from esclusa.model import Level
from esclusa.node import Node
from esclusa.sharing.reader import Reader, Role
from esclusa.sharing.views import BulkView, QueueFilter, QueueRow

BILLS = [(f"T{n:02}", f"FIRMA {n} SA", "GENERAL CARGO") for n in range(12)]
MISSING = "00000000-0000-5000-8000-000000000000"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = worlds.make(tmp_path_factory.mktemp("triage") / "node")
    worlds.take_in(made, "open.edi", arriving(*BILLS))
    hidden = arriving(("T90", "GHOST FIRM", "GENERAL CARGO"))
    worlds.take_in(made, "hidden.edi", hidden, marking=worlds.SECRET)
    yield made
    made.close()


def arriving(*bills: tuple[str, str, str], hours: int = 240) -> bytes:
    """Return a manifest of a ship that arrives in so many hours."""
    at = dt.datetime.now(dt.UTC) + dt.timedelta(hours=hours)
    return worlds.cuscar(*bills).replace(b"202612010800", f"{at:%Y%m%d%H%M}".encode())


@pytest.fixture
def ana(node: Node) -> Reader:
    return worlds.reader(node)


@pytest.fixture
def bea(node: Node) -> Reader:
    return worlds.reader(node, name="bea", role=Role.SUPERVISOR)


def new(node: Node, who: Reader, many: int = 3) -> list[QueueRow]:
    rows = node.queue(who, QueueFilter(state="new", limit=200)).rows
    return [row for row in rows if row.title.startswith("NRCH T")][:many]


def signs(rows: list[QueueRow]) -> dict[str, str]:
    return {row.alert_id: row.seen for row in rows}


def decide(node: Node, who: Reader, chosen: dict[str, str]) -> BulkView:
    return node.bulk_desk.decide(who, chosen, verdict="explained", reason="Papers seen.")


def soon(hours: int = 2) -> str:
    return snooze.in_hours(hours, dt.datetime.now(dt.UTC))


def rewind(node: Node, alert_id: str) -> None:
    """Let the snooze of an alert end a moment ago, in the queue as in its history."""
    past = snooze.in_hours(-1, dt.datetime.now(dt.UTC))
    with node.store.write() as connection:
        named = queue_table.c.alert_id == alert_id
        connection.execute(sa.update(queue_table).where(named).values(until=past))


def states(node: Node, who: Reader) -> dict[str, set[str]]:
    return {
        state: {row.alert_id for row in node.queue(who, QueueFilter(state=state, limit=200)).rows}
        for state in ("open", "new", "claimed", "snoozed", "closed", "all")
    }


def test_a_snoozed_alert_leaves_the_open_queue_and_is_back_at_its_moment(
    node: Node, ana: Reader
) -> None:
    before = states(node, ana)
    name = new(node, ana)[0].alert_id
    view = node.snooze(ana, name, until=soon(), reason="papers are on their way")
    assert (view.state, view.moves[-1].reason) == ("snoozed", "papers are on their way")
    now = states(node, ana)
    assert name not in now["open"] | now["new"] | now["claimed"] | now["closed"]
    assert now["snoozed"] == {name}
    assert now["all"] == before["all"]
    counted = node.queue(ana, QueueFilter()).count
    assert counted == len(now["open"])
    rewind(node, name)
    assert states(node, ana) == before
    assert node.alert(ana, name).state == "new"
    assert node.queue(ana, QueueFilter()).count == counted + 1
    node.undo(ana, name)
    assert node.alert(ana, name).state == "new"


def test_a_snooze_beyond_the_arrival_is_refused_and_changes_nothing(
    node: Node, ana: Reader
) -> None:
    row = new(node, ana)[0]
    with pytest.raises(StateError, match="after what the alert is about"):
        node.snooze(ana, row.alert_id, until=soon(24 * 30), reason="later")
    assert node.alert(ana, row.alert_id).seen == row.seen


def test_an_earlier_arrival_wakes_it_though_the_reasons_stay(node: Node, ana: Reader) -> None:
    row = next(row for row in new(node, ana, 12) if row.title == "NRCH T11")
    node.snooze(ana, row.alert_id, until=soon(96), reason="later")
    worlds.take_in(node, "sooner.edi", arriving(BILLS[11], hours=150))
    assert node.alert(ana, row.alert_id).state == "snoozed"
    worlds.take_in(node, "soon.edi", arriving(BILLS[11], hours=40))
    view = node.alert(ana, row.alert_id)
    assert (view.state, view.moves[-1].move, view.moves[-1].by) == ("new", "reopen", "analysis")
    now = next(r for r in new(node, ana, 12) if r.alert_id == row.alert_id)
    assert now.arrival != row.arrival


def test_changed_facts_wake_it(node: Node, ana: Reader) -> None:
    row = next(row for row in new(node, ana, 12) if row.title == "NRCH T10")
    node.snooze(ana, row.alert_id, until=soon(), reason="later")
    worlds.with_list(node, "own_ten", ("t10", "FIRMA 10 SA"))
    changed = ("T10", "FIRMA 10 SA", "GENERAL CARGO AND PERSONAL EFFECTS")
    worlds.take_in(node, "changed.edi", arriving(changed))
    assert node.alert(ana, row.alert_id).state == "new"


def test_a_step_on_what_somebody_else_has_changed_is_refused_with_who_and_when(
    node: Node, ana: Reader, bea: Reader
) -> None:
    row = new(node, ana)[0]
    node.claim(bea, row.alert_id)
    for step in ("verdict", "snooze"):
        more = {"verdict": "explained"} if step == "verdict" else {"until": soon()}
        with pytest.raises(MovedOn) as caught:
            node.desk.move(ana, row.alert_id, step, reason="seen", seen=row.seen, **more)
        assert (caught.value.by, caught.value.move) == ("bea", "claim")
        assert caught.value.at == node.alert(ana, row.alert_id).moves[-1].at
    node.release(bea, row.alert_id)
    assert node.alert(ana, row.alert_id).seen == row.seen


def test_one_verdict_on_many_is_one_line_of_the_log_that_names_all_and_one_undo(
    node: Node, ana: Reader
) -> None:
    rows = new(node, ana)
    before = states(node, ana)
    done = decide(node, ana, signs(rows))
    assert done.done == tuple(row.alert_id for row in rows)
    assert done.against == ()
    lines = node.audit(worlds.reader(node, role=Role.AUDITOR), action="alert:verdict")
    line = next(line for line in lines if line.subject == done.bulk)
    assert line.detail == " ".join(("explained alerts=3", *done.done))
    assert len([one for one in lines if one.subject in done.done]) == 0
    for name in done.done:
        last = node.alert(ana, name).moves[-1]
        assert (last.verdict, last.reason, last.bulk) == ("explained", "Papers seen.", done.bulk)
    assert set(done.done) <= states(node, ana)["closed"]
    back = node.bulk_desk.undo(ana, done.bulk)
    assert set(back.done) == set(done.done)
    assert states(node, ana) == before
    again = node.bulk_desk.undo(ana, done.bulk)
    assert (again.done, again.rest, len(again.against)) == ((), (), 3)


def test_a_bulk_is_refused_as_a_whole_when_one_has_moved_on(
    node: Node, ana: Reader, bea: Reader
) -> None:
    rows = new(node, ana)
    chosen = signs(rows)
    node.claim(bea, rows[1].alert_id)
    told = decide(node, ana, chosen)
    assert told.done == ()
    assert told.rest == (rows[0].alert_id, rows[2].alert_id)
    assert [(item.alert_id, item.why, item.by, item.move, item.title) for item in told.against] == [
        (rows[1].alert_id, "moved", "bea", "claim", rows[1].title)
    ]
    assert {row.state for row in new(node, ana, 12)} == {"new"}
    rest = decide(node, ana, {name: chosen[name] for name in told.rest})
    assert len(rest.done) == 2
    with pytest.raises(StateError, match="only ana or a supervisor"):
        node.undo(worlds.reader(node, name="eva"), rows[0].alert_id)
    refused = node.bulk_desk.undo(worlds.reader(node, name="eva"), rest.bulk)
    assert [item.why for item in refused.against] == ["state", "state"]
    node.undo(bea, rows[0].alert_id)
    told = node.bulk_desk.undo(ana, rest.bulk)
    assert [(item.by, item.move) for item in told.against] == [("bea", "undo")]
    assert told.rest == (rows[2].alert_id,)
    assert node.bulk_desk.undo(ana, rest.bulk, rest=True).done == (rows[2].alert_id,)
    node.undo(bea, rows[1].alert_id)


def test_a_bulk_and_its_undo_tell_nothing_of_a_hidden_alert(node: Node, ana: Reader) -> None:
    cleared = worlds.cleared(node)
    hidden = next(row for row in new(node, cleared, 50) if row.title == "NRCH T90")
    answers = []
    for name in (hidden.alert_id, MISSING):
        told = decide(node, ana, {name: hidden.seen, new(node, ana)[0].alert_id: ""})
        assert [item.why for item in told.against] == ["missing"]
        answers.append(str(told).replace(name, "X"))
        with pytest.raises(NotFound):
            node.snooze(ana, name, until=soon(), reason="x")
        assert node.place(ana, name, QueueFilter()) == ""
    assert answers[0] == answers[1]
    done = decide(node, cleared, {hidden.alert_id: hidden.seen})
    errors = []
    for bulk in (done.bulk, MISSING):
        with pytest.raises(NotFound) as caught:
            node.bulk_desk.undo(ana, bulk)
        errors.append(str(caught.value))
    assert errors[0] == errors[1]
    assert node.bulk_desk.undo(cleared, done.bulk).done == (hidden.alert_id,)


@pytest.mark.parametrize(
    ("chosen", "verdict", "reason"),
    [
        ({}, "explained", "x"),
        ({MISSING: ""}, "harmless", "x"),
        ({MISSING: ""}, "explained", "  "),
        ({MISSING: ""}, "explained", "x" * 2001),
    ],
)
def test_a_bulk_needs_alerts_a_verdict_of_the_list_and_a_reason(
    node: Node, ana: Reader, chosen: dict[str, str], verdict: str, reason: str
) -> None:
    with pytest.raises(InputError):
        node.bulk_desk.decide(ana, chosen, verdict=verdict, reason=reason)
    with pytest.raises(LimitError, match="at most 1000"):
        decide(node, ana, {str(number): "" for number in range(1001)})


def test_the_place_of_an_alert_begins_a_page_that_holds_it(node: Node, ana: Reader) -> None:
    for sort in ("score", "recent", "arrival"):
        wanted = QueueFilter(state="all", sort=sort, limit=4)
        for row in node.queue(ana, QueueFilter(state="all", sort=sort, limit=200)).rows:
            cursor = node.place(ana, row.alert_id, wanted)
            page = node.queue(ana, QueueFilter(state="all", sort=sort, limit=4, cursor=cursor))
            assert row.alert_id in {one.alert_id for one in page.rows}


def test_a_view_is_its_persons_own(node: Node, ana: Reader, bea: Reader) -> None:
    views = node.saved_views
    views.keep(ana, " Pier 7 ", "port=PAONX")
    views.keep(ana, "Pier 7", "port=PAONX&sort=recent")
    assert [(view.name, view.query) for view in views.all(ana)] == [
        ("Pier 7", "port=PAONX&sort=recent")
    ]
    assert views.all(bea) == ()
    with pytest.raises(NotFound):
        views.drop(bea, "Pier 7")
    for name in ("", "  ", "x" * 61, "two\nlines"):
        with pytest.raises(InputError, match="name of one line"):
            views.keep(ana, name, "")
    for number in range(49):
        views.keep(bea, f"v{number}", "")
    views.keep(bea, "v49", "")
    with pytest.raises(LimitError):
        views.keep(bea, "one more", "")
    views.drop(ana, "Pier 7")
    assert views.all(ana) == ()


def test_what_happens_under_a_stricter_label_neither_shows_nor_blocks(
    node: Node, ana: Reader
) -> None:
    """An alert under two labels is two alerts: the cleared one's snooze is not the other's."""
    worlds.with_list(node, "secret", ("s1", "FIRMA 5 SA"), marking=worlds.SECRET)
    worlds.take_in(node, "again.edi", arriving(("T05", "FIRMA 5 SA LTD", "GENERAL CARGO")))
    cleared = worlds.reader(node, name=worlds.CLEARED, clearance=Level.SECRET)
    low = next(row for row in new(node, ana, 12) if row.title == "NRCH T05")
    high = next(row for row in new(node, cleared, 50) if row.title == "NRCH T05")
    assert len(high.reasons) > len(low.reasons)
    node.snooze(cleared, high.alert_id, until=soon(), reason="GHOST FIRM is known to us")
    assert node.alert(ana, low.alert_id).seen == low.seen
    assert decide(node, ana, {low.alert_id: low.seen}).done == (low.alert_id,)
    assert node.alert(cleared, low.alert_id).state == "snoozed"
