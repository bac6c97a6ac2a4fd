"""What partners' copies say about a record of ours speaks under both markings, to whoever may see
both and to nobody else. About 8 s of CPU."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from test_acceptance_scenarios import ASKING, HOST, _events, sealed
from test_around import bill as freight
from test_around import keep

from esclusa.model import Level, Marking, Party, Seal, TransportEquipment
from esclusa.sharing.views import QueueFilter
from exchange_cases import BOX, OTHER_BOX, Bill, manifest
from exchange_worlds import World, for_partners, officer, own, take_in

OURS = Marking(level=Level.OFFICIAL)
"""What a service marks its own bills with: for every purpose, and for as long as it keeps them."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with made(tmp_path_factory.mktemp("joined")) as two:
        yield two


def made(folder: Path) -> World:
    """Return Marisol, which tells Northreach of boxes for targeting, and Northreach."""
    two = World(folder, HOST, ASKING)
    two.agree(HOST, ASKING, clauses=(_events(HOST, "altamira"),))
    return two


def gate(world: World, seal: str, level: Level = Level.OFFICIAL, event: str = "34") -> None:
    """Let Marisol's gate see a seal on box A, and carry that over."""
    mark = for_partners(ASKING, level=level)
    take_in(world[HOST], mark, sealed(world, event, 6, seal), f"{seal}.edi")
    world[HOST].exchange.publish()
    world.sync(HOST, ASKING)


def bill(world: World, name: str, seal: str, marking: Marking = OURS) -> None:
    said = Bill(bill=name, shipper="S", consignee="C", notify="N", goods="G", marks="M", street="S",
                box=OTHER_BOX, seal=seal)  # fmt: skip
    take_in(world[ASKING], marking, manifest(said), f"{name}.edi")


def reasons(world: World, name: str, **who: Any) -> set[str]:
    node = world[ASKING]
    page = node.queue(officer(node, **who), QueueFilter(state="all", limit=200))
    return {r.text_en for row in page.rows if name in row.title for r in row.reasons}


def cloned(seal: str) -> str:
    return f"Seal {seal} is also on another container."


def test_a_cloned_seal_is_seen_whichever_comes_first(world: World) -> None:
    gate(world, "880001")
    bill(world, "FIRST1", "880001")
    assert cloned("880001") in reasons(world, "FIRST1")
    bill(world, "LAST1", "880002")
    assert cloned("880002") not in reasons(world, "LAST1")
    gate(world, "880002")
    assert cloned("880002") in reasons(world, "LAST1")


def test_the_alert_is_for_whoever_may_see_both(world: World) -> None:
    gate(world, "880003", Level.RESTRICTED)
    bill(world, "BOTH3", "880003")
    assert cloned("880003") in reasons(world, "BOTH3")
    # The copy is for targeting alone, and the RESTRICTED one for the cleared alone.
    for who in ({"purpose": "border_control"}, {"clearance": Level.OFFICIAL}):
        assert cloned("880003") not in reasons(world, "BOTH3", **who)
    node = world[ASKING]
    elsewhere = node.labels.intern(ASKING, Marking(purposes=frozenset({"border_control"})))
    copies = [item.id for item in node.labels.all() if item.supplier == HOST]
    assert copies != []
    assert not any(node.algebra.looks(elsewhere, copy) for copy in copies)  # nobody sees both


def test_a_recall_and_the_lease_take_it_with_them(tmp_path: Path) -> None:
    with made(tmp_path) as two:
        gate(two, "880005")
        gate(two, "880006", event="36")
        bill(two, "GONE5", "880005")
        bill(two, "GONE6", "880006")
        (event,) = [item for item in own(two[HOST], "transport_event") if "880005" in str(item)]
        two[HOST].exchange.withdraw([event.id], by="ana")
        two.sync(HOST, ASKING)
        assert cloned("880005") not in reasons(two, "GONE5")
        assert cloned("880006") in reasons(two, "GONE6")
        two.clock.ahead += dt.timedelta(hours=169)
        two[ASKING].exchange.tick()
        assert cloned("880006") not in reasons(two, "GONE6")
        assert two[ASKING].check() == []


def test_whoever_may_not_see_the_copies_sees_the_world_without_them(tmp_path: Path) -> None:
    seen = []
    for secret in (False, True):
        with made(tmp_path / str(secret)) as two:
            bill(two, "PLAIN1", "880011")
            if secret:
                gate(two, "880011", Level.RESTRICTED)
                gate(two, "880012", Level.RESTRICTED, "36")
            bill(two, "PLAIN2", "880012")
            bill(two, "PLAIN3", "880012")
            assert (cloned("880011") in reasons(two, "PLAIN1")) == secret
            seen.append([told(two, who) for who in ({"clearance": Level.OFFICIAL},
                                                    {"purpose": "border_control"})])  # fmt: skip
    plain, secret_one = seen
    assert plain == secret_one


def told(world: World, who: dict[str, Any]) -> list[Any]:
    node = world[ASKING]
    reader = officer(node, **who)
    page = node.queue(reader, QueueFilter(state="all", limit=200))
    alerts = [node.alert(reader, row.alert_id) for row in page.rows]
    records = {row.title: node.record(reader, row.subject_id) for row in page.rows}
    return [
        page.count,
        sorted((row.title, row.score, row.state, row.level) for row in page.rows),
        sorted((r.text_en, r.points) for one in alerts for r in one.alert.reasons),
        sorted(len(one.links) for one in records.values()),
        sorted(row.title for row in node.search(reader, "880012").rows),
        sorted(row.title for row in node.search(reader, "CSQU3054383").rows),
        msgspec.json.encode(node.outcomes(reader).rows()),
    ]


def test_what_stood_before_something_older_lets_it_speak_when_it_goes(world: World) -> None:
    """A rule looks at the newest few records of a seal. Four of Marisol's say nothing against the
    box; behind them an older one does, and when they are taken back it speaks. The bill had no
    alert."""
    gate(world, "880021")
    later = [f"88002{number}" for number in range(2, 6)]
    for hours, seal in enumerate(later, 1):
        same = sealed(world, "36", hours, "880021", seal).replace(BOX.encode(), OTHER_BOX.encode())
        take_in(world[HOST], for_partners(ASKING), same, f"{seal}.edi")
    world[HOST].exchange.publish()
    world.sync(HOST, ASKING)
    bill(world, "BEHIND1", "880021")
    assert cloned("880021") not in reasons(world, "BEHIND1")
    told = [item.id for item in own(world[HOST], "transport_event")
            if any(seal in str(item.body) for seal in later)]  # fmt: skip
    world[HOST].exchange.withdraw(told, by="ana")
    world.sync(HOST, ASKING)
    assert cloned("880021") in reasons(world, "BEHIND1")


def test_a_bill_judged_again_keeps_what_its_version_before_told(world: World) -> None:
    """Marisol takes back an event that a bill of ours was judged with; the bill's amendment stays
    a reason."""
    gate(world, "880031")
    unit = TransportEquipment(number=OTHER_BOX, seals=(Seal(number="880031"),))
    keep(world[ASKING], freight("AMEND1", equipment=(unit,)))
    other = (Party(role="consignee", name="Otro del Todo"),)
    keep(world[ASKING], freight("AMEND1", equipment=(unit,), parties=other))
    assert {"C11", "C15"} <= codes(world, "AMEND1")
    (event,) = [item for item in own(world[HOST], "transport_event") if "880031" in str(item.body)]
    world[HOST].exchange.withdraw([event.id], by="ana")
    world.sync(HOST, ASKING)
    assert "C15" not in codes(world, "AMEND1")
    assert "C11" in codes(world, "AMEND1")


def codes(world: World, name: str) -> set[str]:
    node = world[ASKING]
    page = node.queue(officer(node), QueueFilter(state="all", limit=200))
    return {r.code for row in page.rows if name in row.title for r in row.reasons}
