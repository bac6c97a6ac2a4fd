"""A partner's list entries are screened against here, and leave no trace when they are taken back.
About 11 s of CPU."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import worlds
from entry_worlds import (
    GIVER,
    TAKER,
    bill,
    entries_clause,
    entry_of,
    later,
    rows,
    said,
    warn,
)
from esclusa.errors import NotFound
from esclusa.ledger import records
from esclusa.ledger.schema import queue
from esclusa.model import Level, Marking
from esclusa.sharing.views import QueueFilter
from exchange_cases import Bill, manifest, refused, traces
from exchange_worlds import World, for_partners, officer, own, take_in


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(tmp_path_factory.mktemp("entries"), GIVER, TAKER) as two:
        two.agree(GIVER, TAKER, clauses=(entries_clause(),))
        yield two


def test_kept_and_new_records_meet_a_partners_entry_at_once(world: World) -> None:
    bill(world, "KEPT1", "CANARIA VERDE SA")
    assert rows(world, "KEPT1") == []
    warn(world, "own", ("x1", "CANARIA VERDE"))
    (line,) = said(world, "KEPT1")
    assert "CANARIA VERDE" in line and "from-marisol" in line
    bill(world, "NEW1", "CANARIA VERDE SA")
    assert said(world, "NEW1") == [line]


def test_the_alert_carries_both_markings_and_the_text_too(world: World) -> None:
    """The entry is RESTRICTED and for targeting; the bill is open to every officer here."""
    warn(world, "inner", ("x2", "RESERVADA TRADING"), level=Level.RESTRICTED)
    bill(world, "BOTH1", "RESERVADA TRADING SA")
    (line,) = said(world, "BOTH1")
    assert "RESERVADA TRADING" in line
    for low in ({"clearance": Level.OFFICIAL}, {"purpose": "audit"}):
        assert rows(world, "BOTH1", **low) == []
        found = world[TAKER].search(officer(world[TAKER], **low), "RESERVADA").rows
        assert [row.title for row in found if "RESERVADA" in row.title] == []
    secret = Marking(level=Level.RESTRICTED)
    warn(world, "both", ("x20", "AMARILLA CANARIA"))
    bill(world, "BOTH2", "AMARILLA CANARIA SA", secret)
    assert rows(world, "BOTH2", clearance=Level.OFFICIAL) == []
    assert said(world, "BOTH2") != []


def test_a_recall_ends_alerts_and_leaves_no_trace(world: World) -> None:
    warn(world, "taken", ("CANARYUID", "CANARYNAME LIMITADA"))
    bill(world, "RECALL1", "CANARYNAMEX LIMITADA")
    node, name = world[TAKER], entry_of(world, TAKER, "CANARYUID").id
    (row,) = rows(world, "RECALL1")
    (match,) = [r.match for r in row.reasons if r.match]
    node.match_desk.decide(officer(node), match.id, outcome="cannot_tell", reason="CANARYWHY")
    assert traces(node, b"CANARYUID", b"CANARYNAME ", b"CANARYWHY") != []
    entry = entry_of(world, GIVER, "CANARYUID")
    assert world[GIVER].exchange.withdraw([entry.id], by="ana") == (TAKER,)
    world.sync(GIVER, TAKER)
    assert rows(world, "RECALL1") == []
    assert traces(node, b"CANARYUID", b"CANARYNAME ", b"CANARYWHY") == []
    bill(world, "RECALL2", "CANARYNAMEX LIMITADA")
    assert rows(world, "RECALL2") == []
    assert node.record(officer(node), name).erased
    assert node.check() == []


def test_a_decided_alert_with_other_reasons_opens_again_when_its_entry_goes(world: World) -> None:
    worlds.with_list(world[TAKER], "ours", ("o1", "DOBLE NOMBRE"))
    warn(world, "theirs", ("x3", "DOBLE NOMBRE"))
    bill(world, "TWICE1", "DOBLE NOMBRE SA")
    assert len(said(world, "TWICE1")) == 2
    node = world[TAKER]
    (row,) = rows(world, "TWICE1")
    node.verdict(officer(node), row.alert_id, verdict="refer", reason="on two lists")
    warn(world, "theirs", ("x4", "OTRA COSA"))  # x3 is gone from the edition
    (row,) = rows(world, "TWICE1")
    assert (row.state, len(said(world, "TWICE1"))) == ("new", 1)


def test_a_corrected_entry_is_compared_with_everything_again(world: World) -> None:
    warn(world, "spelled", ("x5", "MALESCRITA VIEJA"))
    bill(world, "SPELL1", "MALESCRITA VIEJA SA")
    bill(world, "SPELL2", "BIENESCRITA NUEVA SA")
    assert said(world, "SPELL1") and not rows(world, "SPELL2")
    warn(world, "spelled", ("x5", "BIENESCRITA NUEVA"))
    assert not rows(world, "SPELL1") and said(world, "SPELL2")
    said_here = [line for line in traces(world[TAKER], b"MALESCRITA VIEJA") if ".edi" not in line]
    assert said_here != []  # the bill says so; the entry and what quoted it do not
    assert "MALESCRITA VIEJA" not in str(own(world[TAKER], "alert"))


def test_an_entry_is_hidden_when_its_lease_ends_and_met_again_when_it_is_renewed(
    tmp_path: Any,
) -> None:
    with World(tmp_path, GIVER, TAKER) as two:
        two.agree(GIVER, TAKER, clauses=(entries_clause(),))
        warn(two, "own", ("x1", "CANARIA VERDE"))
        bill(two, "LEASE1", "CANARIA VERDE SA")
        assert said(two, "LEASE1") != []
        node = two[TAKER]
        typed = {"name": "CANARIA VERDE", "type": "any"}
        assert node.screen(officer(node), **typed) != ()
        later(two, 169)
        node.exchange.tick()
        assert rows(two, "LEASE1") == []
        assert node.screen(officer(node), **typed) == ()
        assert [row.id for row in node.lists(officer(node))] == []
        bill(two, "LEASE2", "CANARIA VERDE SA")
        assert "LEASE2" not in str([row.title for row in _all(node)])
        two[GIVER].exchange.tick()
        two.sync(GIVER, TAKER)
        assert said(two, "LEASE1") != [] and said(two, "LEASE2") != []
        later(two, 169 + 24 * 30)
        node.exchange.tick()
        assert rows(two, "LEASE1") == rows(two, "LEASE2") == []
        assert traces(node, b'CANARIA VERDE"') == []
        assert own(node, "list_entry") == []


def _all(node: Any) -> list[Any]:
    with node.store.read() as connection:
        return list(connection.execute(queue.select()))


LOST = (
    "Number,Document type,Issuing state,Kind of loss,Date of loss,Remarks\n"
    "{box},Container,PA,stolen,2026-01-02,\n"
    "{ship},Vessel,PA,stolen,2026-01-02,\n"
    "{passport},Passport,PA,lost,2026-01-02,\n"
)


def test_stolen_boxes_and_ships_and_lost_documents_are_met(tmp_path: Path) -> None:
    world = World(tmp_path, GIVER, TAKER)
    world.agree(GIVER, TAKER, clauses=(entries_clause(),))
    data = LOST.format(box="TGHU3000006", ship="9074729", passport="XT8772151").encode()
    node, giver = world[TAKER], world[GIVER]
    bill(world, "THING1", "NADIE CONOCIDO")
    box = manifest(Bill(bill="THING2", consignee="C", shipper="S", notify="N", goods="G", marks="M",
                        street="S", box="TGHU3000006"))  # fmt: skip
    take_in(node, Marking(level=Level.OFFICIAL), box, "thing2.edi")
    assert said(world, "THING1") == said(world, "THING2") == []
    giver.list_desk.add(giver.operator(), "lost", "lost", [("lost.csv", io.BytesIO(data))],
                        marking=for_partners(TAKER))  # fmt: skip
    giver.exchange.publish()
    world.sync(GIVER, TAKER)
    assert [line for line in said(world, "THING1") if "NORTHREACH STAR" in line] != []
    assert any("“TGHU3000006” may be “TGHU3000006”" in line for line in said(world, "THING2"))
    (row,) = rows(world, "THING2")
    box_reason = next(r for r in row.reasons if "TGHU3000006" in r.text_en)
    assert [(one.path, one.value) for one in box_reason.evidence] == [
        ("equipment.0.number", "TGHU3000006")]  # fmt: skip
    view = node.match_desk.match(officer(node), box_reason.match.id)
    assert (view.entry, view.uid, view.list_id) == ("TGHU3000006", "PA/TGHU3000006", "from-marisol")
    worlds.take_in(node, "flight.edi", worlds.sample(worlds.PASSENGERS))
    guard = officer(node, purpose="border_control", caveats=frozenset({"PAX"}))
    people = node.queue(guard, QueueFilter(state="all", limit=200)).rows
    told = [r.text_en for row in people for r in row.reasons if "XT8772151" in r.text_en]
    assert len(told) == 1 and "from-marisol" in told[0]
    world.close()


def test_a_narrowed_entry_is_met_under_its_new_marking_alone(world: World) -> None:
    """The entry's owner marks it for targeting alone and RESTRICTED: the alert before is gone."""
    warn(world, "narrow", ("x9", "ESTRECHA CANARIA"))
    bill(world, "NARROW1", "ESTRECHA CANARIA SA")
    assert said(world, "NARROW1", clearance=Level.OFFICIAL) != []
    strict = for_partners(TAKER, level=Level.RESTRICTED)
    again([("x9", "ESTRECHA CANARIA")], world, "narrow", strict)
    assert said(world, "NARROW1", clearance=Level.OFFICIAL) == []
    assert len(said(world, "NARROW1")) == 1


def again(entries: list[tuple[str, str]], world: World, list_id: str, marking: Marking) -> None:
    """State list entries of Marisol's anew under another marking, as a person who narrows does."""
    node = world[GIVER]
    found = [one for one in own(node, "list_entry") if getattr(one.body, "list_id", "") == list_id]
    label = node.labels.intern(GIVER, marking)
    drafts = [records.Draft(body=one.body, originator=GIVER, label_id=label) for one in found]
    assert len(drafts) == len(entries)
    with node.store.write() as connection:
        records.append(connection, drafts)
    node.exchange.publish()
    world.sync(GIVER, TAKER)


def test_whoever_may_not_know_a_partners_list_sees_the_world_without_it(tmp_path: Path) -> None:
    """Two worlds: in one Marisol's RESTRICTED entries came, in the other they did not."""
    seen = []
    for secret in (False, True):
        with World(tmp_path / str(secret), GIVER, TAKER) as two:
            two.agree(GIVER, TAKER, clauses=(entries_clause(),))
            worlds.with_list(two[TAKER], "ours", ("o1", "FIRMA CANARIA"))
            bill(two, "KEPT1", "FIRMA CANARIA SA")
            bill(two, "KEPT2", "OTRA CANARIA SA")
            if secret:
                hidden = ("h1", "OTRA CANARIA"), ("h2", "FIRMA CANARIA SECRETA")
                warn(two, "hidden", *hidden, level=Level.RESTRICTED)
            bill(two, "NEW1", "OTRA CANARIA SA")
            node = two[TAKER]
            assert bool(rows(two, "KEPT2")) == bool(rows(two, "NEW1")) == secret
            low = officer(node, clearance=Level.OFFICIAL)
            seen.append(everything(node, low))
    plain, secret_one = seen
    assert plain == secret_one


def everything(node: Any, who: Any) -> dict[str, Any]:
    """Return what a reader is told by every way that lists and alerts go out."""
    queue_page = node.queue(who, QueueFilter(state="all", limit=200))
    alerts = {row.title: node.alert(who, row.alert_id) for row in queue_page.rows}
    return {
        "queue": [(row.title, row.score, row.state, [r.text_en for r in row.reasons])
                  for row in queue_page.rows],
        "count": queue_page.count,
        "details": {name: [r.detail for r in one.alert.reasons] for name, one in alerts.items()},
        "lists": [(row.id, row.entries, row.number) for row in node.lists(who)],
        "matches": [(row.party, row.list_id, row.score)
                    for row in node.match_desk.matches(who).rows],
        "typed": [(hit.list_id, hit.score) for name in ("OTRA CANARIA", "FIRMA CANARIA SECRETA")
                  for hit in node.screen(who, name=name)],
        "search": [row.title for row in node.search(who, "CANARIA").rows],
        "from": refused(lambda: node.list_desk.show(who, "from-marisol"), NotFound),
        "warnings": node.feedback_desk.warnings(who).rows,
    }  # fmt: skip


def test_the_entries_of_a_month_are_one_list(tmp_path: Path, monkeypatch: Any) -> None:
    """The last day of keeping is the first of its month, never later than agreed."""
    with World(tmp_path, GIVER, TAKER) as two:
        clause = entries_clause()
        two.agree(GIVER, TAKER, clauses=(clause,))
        today = two.clock().replace(day=14)
        for day in (12, 13):
            moment = f"{today.replace(day=day):%Y-%m-%dT%H:%M:%S.%fZ}"
            monkeypatch.setattr(records, "now_text", lambda moment=moment: moment)
            warn(two, f"day{day}", (f"d{day}", f"DIA {day} CANARIA"))
        monkeypatch.undo()
        found = own(two[TAKER], "list_entry")
        (last,) = {item.marking.retain_until for item in found}
        assert len(found) == 2 and last is not None
        agreed = today.date() + dt.timedelta(days=clause.retention_days)
        assert (last.day, last <= agreed, (agreed - last).days < 45) == (1, True, True)
        (row,) = two[TAKER].lists(officer(two[TAKER]))
        assert (row.id, row.entries) == ("from-marisol", 2)


@pytest.mark.postgres
def test_on_postgresql_as_on_sqlite(tmp_path: Path, fresh_postgres: str) -> None:
    with World(tmp_path, GIVER, TAKER, databases={TAKER: fresh_postgres}) as two:
        two.agree(GIVER, TAKER, clauses=(entries_clause(),))
        bill(two, "KEPT1", "CANARYNAMEX LIMITADA")
        warn(two, "own", ("CANARYUID", "CANARYNAME LIMITADA"))
        bill(two, "NEW1", "CANARYNAMEX LIMITADA")
        assert len(said(two, "KEPT1")) == len(said(two, "NEW1")) == 1
        node = two[TAKER]
        assert node.list_uses.use(officer(node), "from-marisol").here.matches == 1
        two[GIVER].exchange.withdraw([entry_of(two, GIVER, "CANARYUID").id], by="ana")
        two.sync(GIVER, TAKER)
        assert rows(two, "KEPT1") == rows(two, "NEW1") == []
        assert traces(node, b"CANARYUID", b"CANARYNAME ") == []
        assert node.lists(officer(node)) == ()


def test_a_node_that_was_killed_in_between_meets_nothing_that_is_gone(tmp_path: Path) -> None:
    """The list keeps up after the transaction. Killed before it does, a node misses nothing once it
    ticks again; and an entry that was erased is met by nobody, list or no list."""
    with World(tmp_path, GIVER, TAKER) as two:
        two.agree(GIVER, TAKER, clauses=(entries_clause(),))
        two[TAKER].exchange.taken.clear()
        bill(two, "KEPT1", "CANARIA VERDE SA")
        warn(two, "own", ("x1", "CANARIA VERDE"))
        assert said(two, "KEPT1") == []
        node = two.reopen(TAKER)
        node.exchange.tick()
        assert len(said(two, "KEPT1")) == 1
        node.exchange.taken.clear()
        two[GIVER].exchange.withdraw([entry_of(two, GIVER, "CANARIA").id], by="ana")
        two.sync(GIVER, TAKER)
        assert [row.id for row in node.lists(officer(node))] == ["from-marisol"]  # not kept up yet
        bill(two, "NEW1", "CANARIA VERDE SA")
        assert rows(two, "KEPT1") == rows(two, "NEW1") == []
        assert node.screen(officer(node), name="CANARIA VERDE") == ()
        node.exchange.tick()
        assert node.lists(officer(node)) == ()


def test_a_published_list_is_given_to_nobody(world: World) -> None:
    """Each side loads it from its publisher; else every hit would be told twice."""
    node = world[GIVER]
    worlds.with_list(node, "published", ("p1", "PUBLICADA CANARIA"))
    node.exchange.publish()
    world.sync(GIVER, TAKER)
    (entry,) = [one for one in own(node, "list_entry") if "PUBLICADA" in str(one.body)]
    assert entry.marking.releasable_to == {"*"}
    assert [one for one in own(world[TAKER], "list_entry") if "PUBLICADA" in str(one.body)] == []
    assert node.exchange.name_of(entry.id) not in node.exchange.state().own
    assert node.exchange.planned(entry, TAKER) is None
