"""All records of one file are taken back in one step, as whole and as well proved as one by one.

Many rows of the exchange that change at once stand in pages; 80 records are enough for that. One
world is made for the whole module (about six CPU seconds, the tests on it one).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from esclusa.errors import ExchangeError, InputError, NotFound, StateError
from esclusa.ledger import audit, schema
from esclusa.model import Level
from esclusa.node import Node
from esclusa.sharing import keeping
from esclusa.sharing.exchange.messages import CLASSES, Content, Narrow, Onward, Put, Recall
from esclusa.sharing.exchange.rows import Entry, Grade
from esclusa.sharing.exchange.state import TABLES
from esclusa.sharing.partner_views import RecallHolder, RecallPlanView
from esclusa.sharing.reader import Action, Role
from exchange_cases import Bill, copies, give, held, receipts, record_of, refused, traces
from exchange_worlds import World, for_partners, officer

COUNT = 80
BILLS = tuple(
    Bill(bill=f"KANARI{number:04d}", shipper=f"KANARI SHIPPER {number}", goods=f"GOODS {number}")
    for number in range(COUNT)
)
OTHER = Bill(bill="STAYSHERE", shipper="OTRA FIRMA", consignee="FIRMA DOS", notify="N", goods="MAIZ",
             marks="M", street="S", seal="OTHERSEAL")  # fmt: skip
HIDDEN = Bill(bill="HIDDENBILL", shipper="TERCERA FIRMA", consignee="FIRMA TRES", seal="THIRDSEAL")
WORD = b"KANARI"
WHY = "sent to the wrong port's office"


def source_of(node: Node, bill: str) -> str:
    return str(record_of(node, bill).provenance.source)


def supervisor(node: Node, **changes: Any) -> Any:
    return officer(node, role=Role.SUPERVISOR, **changes)


def state_of(node: Node) -> dict[str, Any]:
    state = node.exchange.state()
    return {name: dict(getattr(state, name)) for name in TABLES}


class Done(msgspec.Struct):
    """The world after the recall, and what it said on the way."""

    world: World
    before: list[str]
    view: Any
    refusals: dict[str, str]
    plans: tuple[RecallPlanView, RecallPlanView, RecallPlanView]
    file: str


@pytest.fixture(scope="module")
def done(made_two: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    folder = tmp_path_factory.mktemp("many")
    with World.copied(made_two, folder, "marisol", "northreach") as world:
        giver, holder = world["marisol"], world["northreach"]
        give(world, *BILLS)
        give(world, OTHER)
        give(world, HIDDEN, marking=for_partners("northreach", level=Level.SECRET))
        before = traces(holder, WORD)
        desk, file = giver.partner_desk, source_of(giver, "KANARI0001")
        secret = source_of(giver, "HIDDENBILL")
        low = supervisor(giver, clearance=Level.OFFICIAL)
        refusals = {
            "hidden": refused(lambda: desk.recall_source(low, secret, WHY), NotFound),
            "nothing": refused(lambda: desk.recall_source(low, "no such file", WHY), NotFound),
            "hidden plan": refused(lambda: desk.recall_plan(low, secret), NotFound),
            "nothing plan": refused(lambda: desk.recall_plan(low, "no such file"), NotFound),
            "no reason": refused(lambda: desk.recall_source(low, file, "  "), InputError),
            "other": refused(
                lambda: desk.recall_source(low, file, WHY, version="seen long ago"), StateError
            ),
        }
        plan = desk.recall_plan(low, file)
        view = desk.recall_source(low, file, WHY, version=plan.version)
        sent = desk.recall_plan(low, file)
        refusals["again"] = refused(lambda: desk.recall_source(low, file, WHY), ExchangeError)
        world.sync("marisol", "northreach")
        yield Done(world, before, view, refusals, (plan, sent, desk.recall_plan(low, file)), file)


def test_one_step_tells_how_many_and_from_whom(done: Done) -> None:
    assert (done.view.records, done.view.holders) == (COUNT, ("northreach",))
    assert done.refusals["again"] == "no partner has a record of that file from us"


def test_the_plan_before_is_what_was_then_taken_back(done: Done) -> None:
    before, sent, after = done.plans
    assert (before.records, before.stays, len(before.rows), before.more) == (COUNT, 0, COUNT, False)
    assert before.holders == (RecallHolder(holder="northreach", records=COUNT, recalled=0, gone=0),)
    assert {row.title for row in before.rows} >= {"NRCH KANARI0000", "NRCH KANARI0079"}
    assert all(row.holders == ("northreach",) for row in before.rows)
    assert sent.holders == (RecallHolder(holder="northreach", records=0, recalled=COUNT, gone=0),)
    assert after.holders == (RecallHolder(holder="northreach", records=0, recalled=0, gone=COUNT),)
    assert (after.records, after.stays, after.rows) == (0, COUNT, ())
    assert len({before.version, sent.version}) == 2


def test_a_reason_is_needed_and_stands_with_the_figures_in_one_line(done: Done) -> None:
    assert done.refusals["no reason"] == "input: a recall needs a written reason"
    assert done.refusals["other"] == (
        "what partners have of this file has changed since you looked"
    )
    lines = sa.select(schema.audit.c.detail).where(
        schema.audit.c.action == Action.RELEASE_RECALL, schema.audit.c.subject == done.file
    )
    with done.world["marisol"].store.read() as connection:
        assert list(connection.execute(lines).scalars()) == [f"records={COUNT} holders=1 {WHY}"]


def test_a_file_that_a_reader_may_not_see_is_no_file(done: Done) -> None:
    assert done.refusals["hidden"] == done.refusals["nothing"]
    assert done.refusals["hidden plan"] == done.refusals["nothing plan"]
    grants = done.world["marisol"].exchange.state().grants.values()
    assert sum(grant.state is Grade.OUT for grant in grants) >= 1  # the other file stays out


def test_nothing_of_them_is_left_at_the_holder_and_the_rest_is_whole(done: Done) -> None:
    holder = done.world["northreach"]
    assert done.before  # the search does find them while they are there
    assert traces(holder, b"KANARI0") == []
    assert traces(holder, b"KANARI SHIPPER") == []
    assert held(holder, "KANARI0") == []
    kept = {msgspec.json.decode(copy.content.body)["bill"] for copy in copies(holder)}
    assert "STAYSHERE" in kept
    assert not any(bill.startswith("KANARI0") for bill in kept)


def test_each_record_has_a_receipt_that_lists_each_class_of_storage(done: Done) -> None:
    found = receipts(done.world["marisol"], "northreach")
    recalled = [receipt for receipt in found if receipt.reason == "recall"]
    assert len({receipt.record for receipt in recalled}) == COUNT
    assert all(set(receipt.erased) == set(CLASSES) for receipt in recalled)
    assert all(receipt.erased["tables"] >= 2 for receipt in recalled)
    assert done.world["northreach"].exchange.state().owed == {}


@pytest.mark.parametrize("agency", ["marisol", "northreach"])
def test_pages_were_written_and_read_anew_they_give_the_same_state(done: Done, agency: str) -> None:
    node = done.world[agency]
    with node.store.read() as connection:
        names = sa.text("SELECT DISTINCT name FROM exchange_row WHERE name LIKE 'page/2/%'")
        kind = "recall" if agency == "marisol" else "receipt"
        assert {f"page/2/entries/{kind}"} < set(connection.execute(names).scalars())
    fresh = Node.open(node.folder)
    assert state_of(fresh) == state_of(node)
    fresh.close()


@pytest.mark.parametrize("agency", ["marisol", "northreach"])
def test_every_step_of_every_record_stands_in_an_audit_log_that_holds(
    done: Done, agency: str
) -> None:
    node = done.world[agency]
    ours, theirs = (
        ("grant:recalled", "receipt:taken", "grant:ended"),
        ("copy:removed", "copy:erased"),
    )
    names = [key[2] for key, grant in done.world["marisol"].exchange.state().grants.items()
             if grant.state is Grade.GONE]  # fmt: skip
    with node.store.read() as connection:
        assert next(audit.broken_lines(connection), 0) == 0
        for name in names:
            said = [line.action for line in audit.about(connection, name)]
            for step in ours if agency == "marisol" else theirs:
                assert said.count(f"exchange:{step}") == 1


def test_a_restored_holder_reads_the_same_numbers_again(done: Done) -> None:
    """The chain holds over statements whose content has gone: the whole stream can be sent again."""
    giver = done.world["marisol"].exchange.state()
    bare = [entry.message for entry in giver.entries.values() if isinstance(entry.message, Put)]
    assert sum(message.content is None for message in bare) == COUNT


# --- pages by themselves ------------------------------------------------------------------------


def entry(number: int, content: Content | None) -> Entry:
    put = Put("marisol", f"r{number}", 1, 1, "consignment", "", msgspec.Raw(b"{}"), Onward(), "d",
              None, content)  # fmt: skip
    return Entry(put, f"head{number}")


def test_rows_with_content_stand_by_themselves_and_never_in_a_page() -> None:
    content = Content("salt", msgspec.Raw(b'"KANARI"'))
    table: dict[Any, Any] = {("northreach", n): entry(n, None) for n in range(200)}
    full = {("northreach", n): entry(n, content) for n in range(200, 210)}
    kept = keeping.kept({"entries": table | full})
    assert all(b"KANARI" not in page for _name, page in kept.pages)
    assert len(kept.rows) == len(full)
    assert kept.overtaken == {"entries": [keeping.key_text(key) for key in table]}


def test_a_page_gives_back_every_key_and_row_and_what_was_taken_back() -> None:
    narrow = Narrow("marisol", "x", 2, 2, msgspec.Raw(b"{}"), Onward("never"), "d")
    table: dict[Any, Any] = {("northreach", n): Entry(Recall("marisol", f"r{n}", 2, 2), f"h{n}")
                             for n in range(1500)}  # fmt: skip
    table |= {("northreach", 7): None, ("northreach", 1400): None,
              ("northreach", 9): Entry(narrow, "h9")}  # fmt: skip
    floors = {("marisol", f"r{n}"): n for n in range(100)}
    kept = keeping.kept({"entries": table, "floors": floors})
    assert kept.rows == {}
    assert len(kept.pages) == 4  # at most a thousand rows in one, all of one kind
    back: dict[str, dict[Any, Any]] = {"entries": {}, "floors": {}}
    for name, page in kept.pages:
        back[keeping.page_of(name)].update(keeping.read_page(name, page))
    assert back == {"entries": table, "floors": floors}


def test_a_page_overtakes_no_row_behind_the_last_number_that_was_stored() -> None:
    table: dict[Any, Any] = {("northreach", n): entry(n, None) for n in range(1, 101)}
    table |= {("altamira", n): entry(n, None) for n in range(1, 11)}
    table[("northreach", 40)] = None
    kept = keeping.kept({"entries": table}, {"northreach": 60, "altamira": 0})
    stored = [keeping.key_text(("northreach", n)) for n in range(1, 61)]
    assert {name: sorted(keys) for name, keys in kept.overtaken.items()} == {
        "entries": sorted(stored)
    }
    assert len(kept.pages) == 1  # and every one of them stands in the page


def test_few_rows_make_no_page() -> None:
    floors = {("marisol", f"r{n}"): n for n in range(10)}
    kept = keeping.kept({"floors": floors})
    assert kept.pages == []
    assert kept.rows == keeping.written({"floors": floors})
