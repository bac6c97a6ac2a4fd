"""Hit or no hit between two nodes: what is found, what ends a search, and what nobody learns."""

from __future__ import annotations

import base64
import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from pointer_node_worlds import (
    BOX,
    CANARIES,
    HELD,
    LISTED,
    NOT_HELD,
    PERSON,
    VESSEL,
    analyst,
    ask,
    chief,
    enter,
    hits,
    outcomes,
    search,
)

from esclusa.errors import ExchangeError, Forbidden, NotFound, PointerError, StateError
from esclusa.ledger import exchange as rows
from esclusa.model import Consignment, Level
from esclusa.node import Node
from esclusa.node import pointer_rows as kept
from esclusa.node.pointer_desk import pointers_of
from esclusa.sharing.agreement.shape import Limits
from esclusa.sharing.exchange.messages import Answer, Request
from esclusa.sharing.pointers import names
from esclusa.sharing.reader import Role
from exchange_worlds import World, for_partners, officer, own, take_in

BOTH = ("northreach", "marisol")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{64,}")
"""Elements and entries as they stand in JSON. In half a million random letters a short word stands
by chance once in thirty runs; in the bytes that they mean it does not."""


def events(node: Node) -> list[str]:
    """Return the events in a node's log of searches, in order."""
    return [row.event.removeprefix("pointers:") for row in node.pointers.log()]


def hit_of(node: Node) -> str:
    """Return the id of the only hit."""
    (line,) = node.pointer_desk.found(analyst(node), only_hits=True)
    return line.id


# --- what is found --------------------------------------------------------------------------------


def test_what_the_owner_holds_is_a_hit_and_anything_else_is_none_for_each_kind_of_key(
    searchable: World,
) -> None:
    enter(searchable["marisol"], *LISTED)
    for key in HELD:
        ask(searchable["northreach"], key, HELD[key], NOT_HELD[key])
    searchable.sync(*BOTH, rounds=20)
    assert outcomes(searchable["northreach"]) == {
        **dict.fromkeys(HELD.values(), "hit"), **dict.fromkeys(NOT_HELD.values(), "no_hit"),
    }  # fmt: skip


def test_a_search_goes_by_hand_in_sealed_bundles_with_both_nodes_restarted_in_between(
    searchable: World,
) -> None:
    enter(searchable["marisol"], *LISTED)
    ask(searchable["northreach"], "passport", HELD["passport"], NOT_HELD["passport"])
    for _ in range(2):  # a wish and its set, a question and its reply
        for giver, taker in (BOTH, BOTH[::-1]):
            bundle = searchable[giver].exchange.bundle(taker)
            searchable.reopen(giver)
            searchable.reopen(taker).exchange.receive_bundle(bundle)
    assert outcomes(searchable["northreach"]) == {
        HELD["passport"]: "hit", NOT_HELD["passport"]: "no_hit",
    }  # fmt: skip


def test_a_batch_that_comes_twice_or_late_changes_nothing(searchable: World) -> None:
    enter(searchable["marisol"], *LISTED)
    asker, owner = searchable["northreach"].exchange, searchable["marisol"].exchange
    ask(searchable["northreach"], "imo", HELD["imo"])
    said: list[tuple[Node, bytes]] = []
    for _ in range(3):
        said.append((searchable["marisol"], asker.batch("marisol")))
        owner.receive(said[-1][1])
        said.append((searchable["northreach"], owner.batch("northreach")))
        asker.receive(said[-1][1])
    before = [events(searchable[name]) for name in BOTH]
    for node, batch in said:
        node.exchange.receive(batch)
    assert [events(searchable[name]) for name in BOTH] == before
    assert outcomes(searchable["northreach"]) == {HELD["imo"]: "hit"}


def test_one_set_serves_all_searches_of_an_epoch_and_the_next_epoch_has_another(
    searchable: World,
) -> None:
    enter(searchable["marisol"], *LISTED)
    assert search(searchable, "imo", HELD["imo"]) == {HELD["imo"]: "hit"}
    assert search(searchable, "mmsi", HELD["mmsi"]) == {HELD["mmsi"]: "hit"}
    assert events(searchable["marisol"]).count("epoch:opened") == 1
    searchable.clock.ahead += dt.timedelta(hours=25)
    assert search(searchable, "imo", NOT_HELD["imo"]) == {NOT_HELD["imo"]: "no_hit"}
    taken = [r.number for r in searchable["northreach"].pointers.log() if "taken" in r.event]
    assert taken == [1, 2]


def test_a_record_that_comes_later_is_found_from_the_next_epoch_on(searchable: World) -> None:
    enter(searchable["marisol"], PERSON)
    assert search(searchable, "imo", HELD["imo"]) == {HELD["imo"]: "no_hit"}
    enter(searchable["marisol"], VESSEL)
    assert search(searchable, "mmsi", HELD["mmsi"]) == {HELD["mmsi"]: "no_hit"}
    searchable.clock.ahead += dt.timedelta(hours=25)
    assert search(searchable, "vessel_name", HELD["vessel_name"]) == {HELD["vessel_name"]: "hit"}


def test_clocks_that_differ_as_agreed_hinder_nothing(searchable: World) -> None:
    enter(searchable["marisol"], *LISTED)
    clock = searchable.clock
    searchable["marisol"].exchange.now = lambda: clock() + dt.timedelta(minutes=8)
    assert search(searchable, "imo", HELD["imo"]) == {HELD["imo"]: "hit"}


def test_a_large_set_travels_in_parts(searchable: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "PART_SIZE", 3000)
    enter(searchable["marisol"], *LISTED)
    assert search(searchable, "iso6346", HELD["iso6346"]) == {HELD["iso6346"]: "hit"}
    with searchable["northreach"].store.read() as connection:
        assert not list(rows.of_table(connection, kept.PART))


# --- what is not found ----------------------------------------------------------------------------


def test_a_record_not_marked_for_the_asker_or_above_the_level_is_not_found(
    searchable: World,
) -> None:
    enter(searchable["marisol"], VESSEL, marking=for_partners("altamira"))
    enter(searchable["marisol"], BOX, marking=for_partners("northreach", level=Level.SECRET))
    assert search(searchable, "imo", HELD["imo"]) == {HELD["imo"]: "no_hit"}
    assert search(searchable, "iso6346", HELD["iso6346"]) == {HELD["iso6346"]: "no_hit"}


@pytest.mark.parametrize("how", ["withdrawn", "erased"])
def test_a_record_that_must_no_longer_be_found_ends_its_epoch_before_the_next_answer(
    searchable: World, how: str
) -> None:
    marisol = searchable["marisol"]
    (name,) = enter(marisol, VESSEL)
    enter(marisol, BOX)
    assert search(searchable, "imo", HELD["imo"]) == {HELD["imo"]: "hit"}
    if how == "withdrawn":
        enter(marisol, VESSEL, withdrawn=True)
    else:
        marisol.erase(marisol.administrator(), name, reason="test")
    assert search(searchable, "mmsi", HELD["mmsi"]) == {HELD["mmsi"]: "no_hit"}
    assert "epoch:closed" in events(marisol)
    refused = [row.outcome for row in marisol.pointers.log() if row.outcome]
    assert refused == ["epoch"]


def test_a_recall_of_the_records_closes_their_pointers(searchable: World) -> None:
    marisol = searchable["marisol"]
    take_in(marisol, for_partners("northreach"))
    searchable["marisol"].exchange.publish()
    searchable.sync(*BOTH)
    bills = [record for record in own(marisol) if isinstance(record.body, Consignment)]
    firm = next(
        party.name for bill in bills for party in bill.body.parties if names.is_firm(party.name)
    )
    assert search(searchable, "company_name", firm) == {firm: "hit"}
    for bill in bills:
        if firm in {party.name for party in bill.body.parties}:
            marisol.partner_desk.recall(chief(marisol), bill.id, "wrong office")
    name = f"{firm} "  # typed once more
    assert search(searchable, "company_name", name) == {name: "no_hit"}
    assert "epoch:closed" in events(marisol)


def test_a_newer_version_with_the_same_keys_leaves_the_epoch_open(searchable: World) -> None:
    marisol = searchable["marisol"]
    enter(marisol, VESSEL)
    assert search(searchable, "imo", HELD["imo"]) == {HELD["imo"]: "hit"}
    enter(marisol, msgspec.structs.replace(VESSEL, addresses=("Muelle 4",)))
    assert search(searchable, "mmsi", HELD["mmsi"]) == {HELD["mmsi"]: "hit"}
    assert "epoch:closed" not in events(marisol)


# --- without a right ------------------------------------------------------------------------------


def test_without_an_agreement_or_a_clause_nothing_is_asked(two: World) -> None:
    enter(two["marisol"], *LISTED)
    with pytest.raises(PointerError, match="no clause gives a search for a vessel"):
        ask(two["northreach"], "imo", HELD["imo"])
    two["northreach"].exchange.end("marisol", by="test")
    with pytest.raises(PointerError, match="agreement"):
        ask(two["northreach"], "imo", HELD["imo"])
    with pytest.raises(NotFound):
        ask(two["northreach"], "imo", HELD["imo"], partner="altamira")
    assert events(two["northreach"]) == events(two["marisol"]) == []


def test_neither_another_purpose_nor_the_other_direction_is_given(searchable: World) -> None:
    with pytest.raises(PointerError, match="investigation"):
        ask(searchable["northreach"], "imo", HELD["imo"], purpose="investigation")
    with pytest.raises(PointerError, match="no clause"):
        ask(searchable["marisol"], "imo", HELD["imo"], partner="northreach")


def test_an_agreement_that_ended_at_the_owner_answers_nothing_and_destroys_the_keys(
    searchable: World,
) -> None:
    marisol = searchable["marisol"]
    enter(marisol, *LISTED)
    assert search(searchable, "imo", HELD["imo"]) == {HELD["imo"]: "hit"}
    ask(searchable["northreach"], "mmsi", HELD["mmsi"])
    marisol.exchange.end("northreach", by="test")
    searchable.sync(*BOTH, rounds=12)
    assert outcomes(searchable["northreach"])[HELD["mmsi"]] == "refused: agreement"
    assert marisol.pointers.owner._owner("northreach").epochs == ()


def test_a_seed_is_destroyed_with_the_time_to_follow_up(searchable: World) -> None:
    marisol = searchable["marisol"]
    enter(marisol, *LISTED)
    search(searchable, "imo", HELD["imo"])
    assert len(marisol.pointers.owner._owner("northreach").epochs) == 1
    searchable.clock.ahead += dt.timedelta(hours=24 + 72)
    marisol.exchange.tick()
    assert marisol.pointers.owner._owner("northreach").epochs == ()
    with marisol.store.read() as connection:
        assert not list(rows.of_table(connection, kept.SET))


# --- limits ---------------------------------------------------------------------------------------


def test_when_a_limit_is_reached_nothing_more_is_asked_and_the_next_day_opens_it(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, *BOTH)
    few = Limits(question=16, day=32, epoch=32, year=64)
    world.agree("marisol", "northreach", pointers=(hits(limits=few),))
    enter(world["marisol"], *LISTED)
    for key in ("imo", "mmsi"):
        assert search(world, key, HELD[key]) == {HELD[key]: "hit"}
    with pytest.raises(PointerError, match="16 elements would be asked and 0 may be asked now"):
        ask(world["northreach"], "imo", NOT_HELD["imo"])
    assert world["northreach"].pointers.log()[-1].outcome == "limit"
    assert search(world, "iso6346", HELD["iso6346"]) == {HELD["iso6346"]: "hit"}
    world.clock.ahead += dt.timedelta(hours=25)
    assert search(world, "imo", NOT_HELD["imo"]) == {NOT_HELD["imo"]: "no_hit"}
    world.close()


def test_an_asker_that_forgets_its_count_is_refused_by_the_owner(searchable: World) -> None:
    """A restored backup, or a partner that cheats: the owner counts for itself."""
    northreach = searchable["northreach"]
    enter(searchable["marisol"], *LISTED)
    for number in range(8):  # 8 questions of 64 elements are the 512 of a day
        values = [f"352{number:03}{n:03}" for n in range(17)]
        ask(northreach, "mmsi", *values)
        searchable.sync(*BOTH, rounds=12)
    with northreach.store.write() as connection:
        rows.put(connection, {(kept.ASKER, "marisol"): None})
    assert search(searchable, "imo", HELD["imo"]) == {HELD["imo"]: "refused: limit"}
    assert searchable["marisol"].pointers.log()[-1].outcome == "limit"


# --- what nobody learns ---------------------------------------------------------------------------


def crossed(world: World, key: str, *values: str) -> list[tuple[str, bytes]]:
    """Search, and return every batch that crossed, each with its sender."""
    ask(world["northreach"], key, *values)
    said: list[tuple[str, bytes]] = []
    for _ in range(4):
        for giver, taker in (BOTH, BOTH[::-1]):
            batch = world[giver].exchange.batch(taker)
            said.append((giver, batch))
            world[taker].exchange.receive(batch)
    return said


def test_no_key_stands_in_a_batch_in_the_log_in_the_audit_or_at_rest(searchable: World) -> None:
    enter(searchable["marisol"], *LISTED)
    said = b""
    for key in HELD:
        said += b"".join(
            batch for _giver, batch in crossed(searchable, key, HELD[key], NOT_HELD[key])
        )
    node = searchable["northreach"]
    assert set(outcomes(node).values()) == {"hit", "no_hit"}
    for each in searchable.nodes.values():
        said += msgspec.json.encode(each.pointers.log())
        auditor = officer(each, role=Role.AUDITOR, purpose="audit")
        said += msgspec.json.encode(each.audit(auditor, limit=1000))
        with each.store.read() as connection:
            for _seq, name, key, row in rows.changed(connection, 0):
                said += name.encode() + key.encode() + (row or b"")
    plain = _BASE64.sub(lambda found: base64.b64decode(found[0][: len(found[0]) // 4 * 4]), said)
    assert not [canary for canary in CANARIES if canary in plain.lower()]


def shape(said: list[tuple[str, bytes]]) -> list[tuple[str, list[int]]]:
    """Return who said messages of which lengths; the header's holds the time of day, and so varies
    by itself."""
    return [(giver, [len(line) for line in batch.split(b"\n")[1:-2]]) for giver, batch in said]


def test_with_and_without_a_record_that_may_not_be_found_all_that_crosses_is_alike(
    searchable_anew: Callable[[], World],
) -> None:
    worlds = [searchable_anew(), searchable_anew()]
    secret = for_partners("altamira", level=Level.SECRET)
    enter(worlds[0]["marisol"], VESSEL, marking=secret)
    seen = []
    for number, world in enumerate(worlds):
        enter(world["marisol"], PERSON)
        first = crossed(world, "imo", HELD["imo"], NOT_HELD["imo"])
        if not number:  # the hidden record comes and goes, and the epoch stays
            enter(world["marisol"], VESSEL, marking=secret, withdrawn=True)
        second = crossed(world, "mmsi", HELD["mmsi"])
        seen.append((shape(first), shape(second), outcomes(world["northreach"]),
                     events(world["northreach"]), events(world["marisol"])))  # fmt: skip
    for one, two in zip(*seen, strict=True):
        assert one == two
    for world in worlds:
        world.close()


def test_a_hit_and_a_miss_look_alike_on_the_line_and_to_the_owner(
    searchable_anew: Callable[[], World],
) -> None:
    seen = []
    for value in (HELD["imo"], NOT_HELD["imo"]):
        world = searchable_anew()
        enter(world["marisol"], *LISTED)
        said = crossed(world, "imo", value)
        seen.append((shape(said), events(world["marisol"])))
        world.close()
    assert seen[0] == seen[1]


def test_seeds_blinds_and_what_was_typed_lie_locked(searchable: World) -> None:
    enter(searchable["marisol"], *LISTED)
    ask(searchable["northreach"], "imo", HELD["imo"])
    searchable.sync(*BOTH, rounds=1)
    search(searchable, "passport", HELD["passport"])
    for name, tables in (("marisol", (kept.OWNER,)), ("northreach", (kept.ASKER, kept.SEARCH))):
        with searchable[name].store.read() as connection:
            for table in tables:
                found = list(rows.of_table(connection, table))
                assert found
                assert all(row.startswith(b"age-encryption.org/v1") for _key, row in found)


def test_a_body_of_another_form_is_refused_once_and_a_person_is_told(searchable: World) -> None:
    marisol, northreach = (searchable[name].exchange for name in BOTH[::-1])
    from esclusa.sharing.exchange import requests

    due = searchable.clock() + dt.timedelta(days=1)
    asked = Request("r1", kept.KIND, due, "", msgspec.Raw(b'{"type":"pointer_shoe"}'))
    northreach.change(lambda draft, _rows: requests.send(draft, "marisol", asked))
    searchable.sync(*BOTH)
    row = northreach.state().questions["northreach", "marisol", "r1"]
    assert (row.step, bytes(row.body)) == ("answered", b'{"type":"pointer_refusal","rule":"shape"}')
    assert [item.rule for item in marisol.alarms.values()] == ["request"]


# --- after a hit ----------------------------------------------------------------------------------


@pytest.fixture
def told(searchable: World) -> World:
    """A hit on a passport, of which Northreach has told Marisol."""
    enter(searchable["marisol"], *LISTED)
    search(searchable, "passport", HELD["passport"], NOT_HELD["passport"])
    node = searchable["northreach"]
    node.pointer_desk.tell(analyst(node), hit_of(node))
    searchable.sync(*BOTH)
    return searchable


def answer_at(world: World) -> tuple[str, str, str, tuple[str, ...]]:
    """Return how far the hit has come at the asker, and what was said."""
    node = world["northreach"]
    (line,) = node.pointer_desk.found(analyst(node), only_hits=True)
    return line.step, line.said, line.reason, line.records


def test_nothing_beyond_the_hit_flows_before_a_person_of_the_owner_answers(told: World) -> None:
    marisol, northreach = told["marisol"], told["northreach"]
    for _ in range(3):
        told.clock.ahead += dt.timedelta(hours=1)
        marisol.exchange.tick()
        told.sync(*BOTH)
    assert answer_at(told) == ("acknowledged", "", "", ())
    assert not own(northreach, "list_entry")
    (case,) = marisol.pointer_desk.cases(chief(marisol))
    assert (case.asker, case.key, case.value) == ("northreach", "passport", "PA PA0123456")
    assert len(case.records) == 1
    marisol.pointer_desk.answer(
        chief(marisol), "northreach", case.id, granted=True, said="Call the desk."
    )
    assert marisol.pointer_desk.cases(chief(marisol)) == ()
    told.sync(*BOTH)
    assert answer_at(told) == ("answered", "Call the desk.", "", ())
    assert not own(northreach, "list_entry")


def test_a_person_of_the_owner_may_refuse_with_a_ground_of_the_agreement(told: World) -> None:
    marisol = told["marisol"]
    (case,) = marisol.pointer_desk.cases(chief(marisol))
    with pytest.raises(ExchangeError, match="national_security"):
        marisol.pointer_desk.answer(
            chief(marisol), "northreach", case.id, granted=False, reason="mood"
        )
    marisol.pointer_desk.answer(
        chief(marisol), "northreach", case.id, granted=False, reason="national_security"
    )
    told.sync(*BOTH)
    assert answer_at(told) == ("refused", "", "national_security", ())


def test_a_hit_is_told_once_and_only_while_it_can_be_followed_up(searchable: World) -> None:
    enter(searchable["marisol"], *LISTED)
    search(searchable, "imo", HELD["imo"])
    node = searchable["northreach"]
    searchable.clock.ahead += dt.timedelta(hours=24 + 72)
    with pytest.raises(StateError, match="search again"):
        node.pointer_desk.tell(analyst(node), hit_of(node))
    searchable.clock.ahead -= dt.timedelta(hours=24 + 72)
    node.pointer_desk.tell(analyst(node), hit_of(node))
    with pytest.raises(StateError, match="before"):
        node.pointer_desk.tell(analyst(node), hit_of(node))


def test_a_request_with_evidence_of_no_hit_is_answered_without_a_look(searchable: World) -> None:
    enter(searchable["marisol"], *LISTED)
    search(searchable, "imo", HELD["imo"])
    node, marisol = searchable["northreach"], searchable["marisol"]
    forge(node, NOT_HELD["imo"])
    node.pointer_desk.tell(analyst(node), hit_of(node))
    searchable.sync(*BOTH)
    assert answer_at(searchable) == ("refused", "", "evidence", ())
    assert marisol.pointer_desk.cases(chief(marisol)) == ()


def forge(node: Node, value: str) -> None:
    """Let a node believe that its hit was about another value."""
    (item,) = node.pointers.asker.searches()
    (pointer,) = pointers_of("imo", value)
    (followed,) = item.hits
    hit = msgspec.structs.replace(followed.hit, pointer=pointer)
    changed = msgspec.structs.replace(
        item, pointers=(pointer,), hits=(msgspec.structs.replace(followed, hit=hit),)
    )
    node.exchange.change(lambda _draft, found: node.pointers.asker._keep(found, changed))


def test_records_behind_a_hit_are_named_only_as_far_as_the_person_may_see_them(
    told: World,
) -> None:
    marisol = told["marisol"]
    low = officer(marisol, role=Role.SUPERVISOR, clearance=Level.OPEN)
    (case,) = marisol.pointer_desk.cases(low)
    assert case.records == ()


# --- people ---------------------------------------------------------------------------------------


def test_an_analyst_sees_own_searches_a_supervisor_all_an_auditor_the_log(
    searchable: World,
) -> None:
    enter(searchable["marisol"], *LISTED)
    search(searchable, "imo", HELD["imo"])
    node = searchable["northreach"]
    desk = node.pointer_desk
    other = msgspec.structs.replace(analyst(node), name="bea")
    auditor = officer(node, role=Role.AUDITOR, purpose="audit")
    assert desk.found(other) == ()
    assert len(desk.found(chief(node))) == 1
    assert [line.event for line in desk.log(auditor)][-1] == "pointers:question:settled"
    with pytest.raises(NotFound):
        desk.tell(other, hit_of(node))
    for refused in (lambda: desk.found(auditor), lambda: desk.cases(analyst(node)),
                    lambda: desk.log(analyst(node)),
                    lambda: desk.ask(auditor, "marisol", "imo", [("", HELD["imo"])])):  # fmt: skip
        with pytest.raises(Forbidden):
            refused()


def test_both_logs_can_be_laid_side_by_side(searchable: World) -> None:
    enter(searchable["marisol"], *LISTED)
    search(searchable, "imo", HELD["imo"])
    asked = {r.message for r in searchable["northreach"].pointers.log() if "asked" in r.event}
    answered = {r.message for r in searchable["marisol"].pointers.log() if "answered" in r.event}
    assert asked == answered and len(asked) == 1


def test_findings_are_erased_after_thirty_days(searchable: World) -> None:
    enter(searchable["marisol"], *LISTED)
    search(searchable, "imo", HELD["imo"])
    searchable.clock.ahead += dt.timedelta(days=30, hours=1)
    searchable["northreach"].exchange.tick()
    assert outcomes(searchable["northreach"]) == {}


def test_an_answer_is_a_message_of_the_exchange_like_all_others(searchable: World) -> None:
    enter(searchable["marisol"], *LISTED)
    search(searchable, "imo", HELD["imo"])
    said = [entry.message for entry in searchable["marisol"].exchange.state().entries.values()]
    assert sum(isinstance(message, Answer) for message in said) == 2
    assert searchable["marisol"].exchange.log.verify() == ()
