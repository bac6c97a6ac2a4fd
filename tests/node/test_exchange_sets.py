"""What the exchange does to many records at once is told of each of them as if it stood alone.

The same steps are taken in two worlds: where from six on like lines of the audit log are one line
and a list, and the hashes of six messages stand apart from their entry in the log; and where all
stand one by one. No reader finds a difference. About 12 s of CPU.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from esclusa.errors import Forbidden, NotFound
from esclusa.ledger import audit, audit_sets
from esclusa.ledger import exchange as rows
from esclusa.ledger.schema import audit_part
from esclusa.model import Level
from esclusa.node import Node, log_leaves
from esclusa.node.chronicle import Chronicle, check_proof
from esclusa.node.copies import Copies
from esclusa.sharing.audit_views import AuditFilter
from esclusa.sharing.exchange.rows import Grade
from esclusa.sharing.exchange.state import TABLES
from esclusa.sharing.reader import Reader, Role
from exchange_cases import Bill, give, manifest, receipts, record_of, refused, traces
from exchange_worlds import World, for_partners, officer, own, take_in

BOTH = ("marisol", "northreach")
HIGHER = for_partners("northreach", level=Level.RESTRICTED)
NEVER = 10**9
MANY = 6


def bills(word: str, count: int, **changes: str) -> tuple[Bill, ...]:
    return tuple(
        Bill(bill=f"{word}{number:03d}", shipper=f"{word} SHIPPER {number}", **changes)
        for number in range(count)
    )


def many(patch: pytest.MonkeyPatch, least: int = MANY) -> None:
    patch.setattr(audit_sets, "LEAST", least)
    patch.setattr(log_leaves, "LONG", least)


def recall_all(world: World, word: str) -> None:
    giver = world["marisol"]
    named = [item.id for item in own(giver) if item.body.bill.startswith(word)]
    giver.exchange.withdraw(named, by="ana")
    world.sync(*BOTH)


def played(made: Path, folder: Path, least: int) -> World:
    """Records go out, some hidden, some hidden at first; two of the files come back."""
    world = World.copied(made, folder, *BOTH)
    with pytest.MonkeyPatch.context() as patch:
        many(patch, least)
        give(world, *bills("LATER", 8, goods="EARLIER WORDS"), marking=HIGHER)
        give(world, *bills("KANARI", 12))
        give(world, *bills("HIDDEN", 9), marking=HIGHER)
        give(world, *bills("STAYS", 7))
        give(world, *bills("LATER", 8))
        recall_all(world, "KANARI")
        recall_all(world, "HIDDEN")
    return world


@pytest.fixture(scope="module")
def sets_and_lines(
    made_two: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[World, World]]:
    with (
        played(made_two, tmp_path_factory.mktemp("sets"), MANY) as sets,
        played(made_two, tmp_path_factory.mktemp("lines"), NEVER) as lines,
    ):
        yield sets, lines


def readers(node: Node) -> dict[str, Reader]:
    return {
        "low": officer(node, clearance=Level.OFFICIAL),
        "cleared": officer(node, clearance=Level.RESTRICTED),
        "chief": officer(node, role=Role.SUPERVISOR, clearance=Level.OFFICIAL),
        "auditor": officer(node, role=Role.AUDITOR, purpose="audit"),
    }


def lists(node: Node) -> int:
    with node.store.read() as connection:
        query = sa.select(sa.func.count(sa.distinct(audit_part.c.seq)))
        return connection.execute(query).scalar_one()


def names(node: Node) -> list[str]:
    """Return the ids of every record that a node has or had, and one that it never had."""
    with node.store.read() as connection:
        query = sa.text("SELECT DISTINCT id FROM record WHERE kind = 'consignment' ORDER BY id")
        return [*connection.execute(query).scalars(), "no such record"]


def test_lists_were_made_at_both_ends_and_only_where_they_were_to_be(
    sets_and_lines: tuple[World, World],
) -> None:
    sets, lines = sets_and_lines
    for agency in BOTH:
        assert lists(sets[agency]) >= 5
        assert lists(lines[agency]) == 0
        with sets[agency].store.read() as connection:
            assert list(audit.broken_lines(connection)) == []
    assert len({r.record for r in receipts(sets["marisol"], "northreach")}) >= 21


@pytest.mark.parametrize("agency", BOTH)
def test_every_trail_is_the_same_for_every_reader(
    sets_and_lines: tuple[World, World], agency: str
) -> None:
    sets, lines = (world[agency] for world in sets_and_lines)
    assert names(sets) == names(lines)
    told: Counter[str] = Counter()
    for who in readers(sets):
        for name in names(sets):
            found = [trail_of(node, readers(node)[who], name) for node in (sets, lines)]
            assert found[0] == found[1], (who, name)
            told[who] += len(found[0]) if isinstance(found[0], list) else 0
    assert told["auditor"] >= told["cleared"] > told["low"] > 0


def trail_of(node: Node, reader: Reader, name: str) -> Any:
    """Return the steps of a trail without their times, or the sentence of a refusal."""
    try:
        view = node.partner_desk.trail(reader, name)
    except NotFound as error:
        return str(error)
    return [(step.who, step.event, step.detail) for step in view.steps]


def test_a_low_reader_learns_nothing_of_a_hidden_record_nor_of_its_hidden_past(
    sets_and_lines: tuple[World, World],
) -> None:
    node = sets_and_lines[0]["marisol"]
    low, auditor = (readers(node)[name] for name in ("low", "auditor"))
    hidden, later = (record_of(node, f"{word}003").id for word in ("HIDDEN", "LATER"))
    trail = node.partner_desk.trail
    assert refused(lambda: trail(low, hidden), NotFound) == refused(
        lambda: trail(low, "no such record"), NotFound
    )
    seen, whole = ([s.event for s in trail(who, later).steps] for who in (low, auditor))
    assert seen.count("exchange:record:stated") == 1
    assert whole.count("exchange:record:stated") == 2
    # How many others a line stands for, and the digest of their list, are for the log alone.
    steps = trail(auditor, hidden).steps
    assert steps and not any("records=" in s.detail or "digest=" in s.detail for s in steps)


def counted(node: Node, reader: Reader) -> dict[str, int]:
    view = node.casework_reports.report(reader, f"{dt.datetime.now(dt.UTC):%Y-%m}")
    (section,) = [one for one in view.sections if one.section == "exchange"]
    return {
        f"{row.figure}/{row.part}": number
        for row in section.rows
        if (number := row.cells["now"].number)
    }


@pytest.mark.parametrize("agency", BOTH)
def test_a_report_counts_for_each_reader_what_it_counted_before(
    sets_and_lines: tuple[World, World], agency: str
) -> None:
    figure = {"marisol": "exchange_recalled/northreach", "northreach": "exchange_erased/marisol"}
    found: dict[str, dict[str, int]] = {}
    for who in ("low", "cleared", "chief"):
        sets, lines = (counted(w[agency], readers(w[agency])[who]) for w in sets_and_lines)
        assert sets == lines, who
        found[who] = sets
    if agency == "marisol":
        assert found["low"][figure[agency]] == 12
        assert found["cleared"][figure[agency]] == 21
    else:
        assert found["cleared"][figure[agency]] > found["low"].get(figure[agency], 0)


def test_the_pack_has_a_line_for_each_record_under_the_number_of_its_list(
    sets_and_lines: tuple[World, World],
) -> None:
    packs = []
    for world in sets_and_lines:
        node = world["marisol"]
        day = dt.datetime.now(dt.UTC).date()
        auditor = readers(node)["auditor"]
        first, last = ((day + dt.timedelta(days=n)).isoformat() for n in (-2, 1))
        packs.append(list(csv.DictReader(io.StringIO(node.audit_desk.pack(auditor, first, last)))))
    columns = ("who", "role", "purpose", "action", "subject", "detail")
    told = [
        Counter(
            tuple(row[name] for name in columns)
            for row in pack
            if row["role"] == "exchange" and " digest=" not in row["detail"]
        )
        for pack in packs
    ]
    assert told[0] == told[1]
    assert {row["number"] for row in packs[0] if not row["hash"]} == {
        row["number"] for row in packs[0] if " digest=" in row["detail"]
    }
    assert all(row["hash"] for row in packs[1])


def test_who_looked_and_the_lines_of_one_record_are_told_to_the_auditor_alone(
    sets_and_lines: tuple[World, World],
) -> None:
    found = []
    for world in sets_and_lines:
        node = world["marisol"]
        auditor, low = (readers(node)[who] for who in ("auditor", "low"))
        name = node.exchange.name_of(record_of(node, "KANARI003").id)
        for ask in (
            lambda n=node, r=low, s=name: n.audit_desk.lines(r, AuditFilter(subject=s)),
            lambda n=node, r=low, s=name: n.audit_desk.about(r, s),
        ):
            with pytest.raises(Forbidden):
                ask()
        shown = node.audit_desk.lines(auditor, AuditFilter(subject=name))
        found.append([(line.action, line.subject, line.detail) for line in shown])
        (use,) = [one for one in node.audit_desk.about(auditor, name) if one.who == "exchange"]
        found[-1].append((str(use.lines), use.who, use.role))
    assert found[0] == found[1]
    assert len(found[0]) > 4


# --- the hashes of the messages -------------------------------------------------------------------


def apart(node: Node) -> dict[str, bytes]:
    with node.store.read() as connection:
        return dict(rows.of_table(connection, rows.LEAVES))


def test_hashes_that_stand_apart_are_those_of_both_ends_and_prove_each_batch(
    sets_and_lines: tuple[World, World],
) -> None:
    sets, lines = sets_and_lines
    assert len(apart(sets["marisol"])) >= 5
    assert apart(lines["marisol"]) == {}
    for agency, direction in (("marisol", "out"), ("northreach", "in")):
        node = sets[agency]
        assert node.exchange.log.verify() == ()
        entries = [e for e in node.exchange.log.entries() if e.direction == direction]
        long = [entry for entry in entries if len(entry.leaves) >= MANY]
        assert len(long) >= 5
        for entry in long:
            proof = node.exchange.log.prove(entry.index)
            assert proof.leaves == entry.leaves
            check_proof(proof, agency, node.exchange.ring(), dt.datetime.now().timestamp())
    out, came = (
        {e.header: e.leaves for e in sets[agency].exchange.log.entries() if e.direction == way}
        for agency, way in (("marisol", "out"), ("northreach", "in"))
    )
    assert all(out[header] == leaves for header, leaves in came.items())


@pytest.mark.parametrize("damage", ["altered", "reordered", "shortened", "dropped"])
def test_hashes_that_are_not_those_of_the_batch_are_found_and_the_entry_named(
    sets_and_lines: tuple[World, World], damage: str
) -> None:
    node = sets_and_lines[0]["marisol"]
    root, row = sorted(apart(node).items())[0]
    changed = {
        "altered": bytes([row[0] ^ 1]) + row[1:], "reordered": row[32:64] + row[:32] + row[64:],
        "shortened": row[:-32], "dropped": None,
    }  # fmt: skip
    named = [e.index for e in node.exchange.log.entries() if f'"root":"{root}"' in e.header]
    _keep(node, root, changed[damage])
    try:
        wrong = node.exchange.log.verify()
    finally:
        _keep(node, root, row)
    assert [sentence.split(":")[0] for sentence in wrong] == [f"entry {n}" for n in named]
    assert named
    assert node.exchange.log.verify() == ()


def _keep(node: Node, root: str, row: bytes | None) -> None:
    with node.store.write() as connection:
        rows.put(connection, {(rows.LEAVES, root): row})


# --- interruptions, and others at the same folder -------------------------------------------------


class Broken(Exception):
    """The fault that a test puts in."""


def _broken(*_args: Any, **_named: Any) -> Any:
    raise Broken


def state_of(node: Node) -> dict[str, Any]:
    state = node.exchange.state()
    return {name: dict(getattr(state, name)) for name in TABLES}


@pytest.fixture
def patched(monkeypatch: pytest.MonkeyPatch) -> None:
    many(monkeypatch)


@pytest.mark.usefixtures("patched")
def test_where_a_list_cannot_be_kept_nothing_was_recalled(
    two: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(two, *bills("KANARI", 8))
    node = two["marisol"]
    before, known = state_of(node), lists(node)
    with monkeypatch.context() as patch:
        patch.setattr(audit_sets, "keep", _broken)
        with pytest.raises(Broken):
            node.exchange.withdraw([item.id for item in own(node)], by="ana")
    assert (state_of(node), lists(node)) == (before, known)
    recall_all(two, "KANARI")
    assert lists(node) > known
    assert traces(two["northreach"], b"KANARI0", b"KANARI SHIPPER") == []
    with node.store.read() as connection:
        assert list(audit.broken_lines(connection)) == []


@pytest.mark.usefixtures("patched")
def test_a_crash_before_the_entry_of_a_long_batch_loses_none_of_its_hashes(
    two: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_in(two["marisol"], for_partners("northreach"), manifest(*bills("KANARI", 8)), "k.edi")
    two["marisol"].exchange.publish()
    batch = two["marisol"].exchange.batch("northreach")
    with monkeypatch.context() as patch:
        patch.setattr(Chronicle, "_note", _broken)
        with pytest.raises(Broken):
            two["northreach"].exchange.receive(batch)
    header = batch.split(b"\n", 1)[0].decode()
    node = two.reopen("northreach")
    ours, theirs = (
        [e.leaves for e in one.exchange.log.entries() if e.header == header]
        for one in (node, two["marisol"])
    )
    assert ours == theirs and len(ours[0]) >= 8
    assert node.exchange.log.verify() == ()


@pytest.mark.usefixtures("patched")
@pytest.mark.parametrize(("other", "again"), [("logs a batch", 0), ("recalls a record", 1)])
def test_what_another_process_enters_in_the_log_is_no_move_of_the_exchange(
    two: World, monkeypatch: pytest.MonkeyPatch, other: str, again: int
) -> None:
    give(two, *bills("KANARI", 8))
    take_in(two["marisol"], for_partners("northreach"), manifest(*bills("NEWS", 7)), "n.edi")
    node, beside = two["marisol"], Node.open(two["marisol"].folder)
    node.exchange.publish()
    beside.exchange.now = two.clock
    mine = [record_of(node, f"KANARI00{number}").id for number in range(7)]
    theirs = record_of(node, "KANARI007").id
    entries = len(node.exchange.log.entries())
    tried: list[int] = []
    prepare = Copies.prepare

    def meanwhile(copies: Copies, *given: Any) -> None:
        prepare(copies, *given)
        if copies is node.exchange._copies:
            tried.append(1)
            if len(tried) == 1 and other == "logs a batch":
                beside.exchange.batch("northreach")
            elif len(tried) == 1:
                beside.exchange.withdraw([theirs], by="eva")

    with monkeypatch.context() as patch:
        patch.setattr(Copies, "prepare", meanwhile)
        node.exchange.withdraw(mine, by="ana")
    assert len(tried) == 1 + again
    assert len(node.exchange.log.entries()) == entries + (other == "logs a batch")
    fresh = Node.open(node.folder)
    assert state_of(fresh) == state_of(node) == state_of(beside)
    fresh.close()
    beside.close()
    two.sync(*BOTH)
    assert len(receipts(node, "northreach")) == 7 + again
    assert node.exchange.log.verify() == ()


# --- PostgreSQL -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("patched")
def test_on_both_databases_each_record_has_its_steps_and_the_log_holds(pair: World) -> None:
    give(pair, *bills("KANARI", 9))
    give(pair, *bills("HIDDEN", 7), marking=HIGHER)
    recall_all(pair, "KANARI")
    node = pair["northreach"]
    assert lists(node) >= 3
    assert traces(node, b"KANARI0", b"KANARI SHIPPER") == []
    grants = pair["marisol"].exchange.state().grants.items()
    gone = [key[2] for key, grant in grants if grant.state is Grade.GONE]
    assert len(gone) == 9
    with node.store.read() as connection:
        assert list(audit.broken_lines(connection)) == []
        for name in gone:
            said = [line.action for line in audit.about(connection, name)]
            assert said.count("exchange:copy:taken") == said.count("exchange:copy:erased") == 1
            assert said.index("exchange:copy:taken") < said.index("exchange:copy:erased")
    assert node.exchange.log.verify() == ()
    low, cleared = (counted(node, readers(node)[who]) for who in ("low", "cleared"))
    assert cleared["exchange_received/marisol"] - low["exchange_received/marisol"] >= 7
