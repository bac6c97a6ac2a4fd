"""A list that changes is compared with everything in retention at once.

Afterwards every alert is the one that a fresh node would have which had loaded the list first: the
same reasons with the same points under the same labels. What a reason says of an entry that did not
change stays as it was said: its edition, and how rare words were then.
"""

from __future__ import annotations

import io
import json
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

import worlds
from esclusa.analysis.screening import many, sieve
from esclusa.errors import ConfigError, NotFound
from esclusa.ledger import records
from esclusa.ledger.schema import queue
from esclusa.model import Alert, Marking, Reason
from esclusa.node import Node
from esclusa.node.list_desk import key_of
from esclusa.node.retro import Retro
from esclusa.sharing.views import QueueFilter
from exchange_cases import Bill, give, held, record_of
from exchange_worlds import World

PASSENGER = "FABIO DELVALLE JURADO"
BILLS = (
    ("B1", "OTRA FIRMA SA", "GENERAL CARGO"),
    ("B2", "ISTMO PRIMAVERA SA", "BANANAS"),
    ("B3", "SALINAS DEL ESTE SA", "GENERAL CARGO"),
    ("B4", "FIRMA SIN LISTA SA", "GENERAL CARGO"),
    ("B5", "PUERTO NORTE LTDA", "BANANAS"),
)
FIRST = {"p1": ["OTRA FIRMA"], "p2": ["SALINAS DEL ESTE"], "p4": ["OTRA COSA"]}
SECOND = {"p1": ["OTRA FIRMA"], "p3": ["ISTMO PRIMAVERA"], "p4": ["OTRA COSA", "PUERTO NORTE"]}
"""One entry stays, one goes, one comes, one gets another name that meets a kept record."""
PEOPLE = {"s1": [PASSENGER], "s2": ["JULIA DELVALLE QUIJANO"]}

Held = dict[tuple[str, str], tuple[object, ...]]


def listing(entries: dict[str, list[str]], schema: str = "Company") -> bytes:
    """Return a list in OpenSanctions JSON lines: id → names."""
    rows = ({"id": uid, "schema": schema, "properties": {"name": names}}
            for uid, names in entries.items())  # fmt: skip
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def bring(
    node: Node, list_id: str, data: bytes, marking: Marking = worlds.PUBLIC, name: str = "list.json"
) -> None:
    """Bring an edition into force, whatever it drops."""
    desk, who = node.list_desk, node.operator()
    files = [(name, io.BytesIO(data))]
    if desk.add(who, list_id, list_id, files, marking=marking).held:
        desk.confirm(who, list_id, reason="as the office said", key=key_of(marking))


def messages(node: Node) -> None:
    """Take in cargo, an amendment of it, travellers, and some of it again in secret."""
    worlds.take_in(node, "bills.edi", worlds.cuscar(*BILLS))
    worlds.take_in(node, "more.edi", worlds.cuscar(("B4", "FIRMA SIN LISTA SA", "OTHER"), ship="X"))
    worlds.take_in(node, "flight.edi", worlds.sample(worlds.PASSENGERS))
    worlds.take_in(node, "box.edi", worlds.box("B7", "MSKU1234565", "SEAL77"))
    worlds.take_in(node, "late.edi", worlds.box("B8", "TCLU4265646", "SEAL77"))
    hidden = (("B3", "SALINAS DEL ESTE SA", "HIDDEN"), ("B9", "ISTMO PRIMAVERA SA", "HIDDEN"))
    worlds.take_in(node, "hidden.edi", worlds.cuscar(*hidden), marking=worlds.SECRET)


def lists_at_last(node: Node) -> None:
    bring(node, "own", listing(SECOND))
    bring(node, "own", listing({"x": ["FIRMA SIN LISTA"]}), worlds.SECRET)
    bring(node, "people", listing(PEOPLE, "Person"), worlds.SECRET)
    bring(node, "lost", worlds.sample("lost-documents.csv"), name="lost.csv")


def standing(node: Node) -> Held:
    """Return every alert in force by subject and marking, with its row of the queue."""
    columns = (queue.c.title, queue.c.score, queue.c.state, queue.c.open, queue.c.port,
               queue.c.arrival, queue.c.breadth, queue.c.source_id)  # fmt: skip
    found: Held = {}
    with node.store.read() as connection:
        rows = connection.execute(
            sa.select(queue.c.subject_id, queue.c.label_id, queue.c.seq, *columns)
        ).all()
        bodies = records.bodies(connection, [row.seq for row in rows])
        alerts = {
            (b.subject_id, b.score, len(b.reasons)): b for b in bodies if isinstance(b, Alert)
        }
        for row in rows:
            if row.breadth:
                label = node.labels.get(row.label_id)
                alert = alerts[row.subject_id, row.score, row.breadth]
                marking = (
                    f"{label.originator} {label.marking.canonical().decode()} {label.supplier}"
                )
                reasons = tuple(map(without_edition, alert.reasons))
                found[row.subject_id, marking] = (*row[3:], reasons)
    return found


def without_edition(reason: Reason) -> Reason:
    """Leave out what a list says of itself (its edition) and of all names together: how rare a word
    is, in the third digit of the score, stays as it was for entries that did not change."""
    if reason.source != "list" or reason.match is None:
        return reason
    match = msgspec.structs.replace(reason.match, score=round(reason.match.score, 1))
    return msgspec.structs.replace(reason, version="", detail=(), detail_es=(), match=match)


def test_after_an_update_every_alert_is_that_of_a_node_that_had_the_list_first(
    tmp_path: Path, ledger_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = worlds.make(tmp_path / "fresh")
    lists_at_last(fresh)
    messages(fresh)
    node = worlds.make(tmp_path / "node", ledger_url)
    bring(node, "own", listing(FIRST))
    bring(node, "people", listing({"s2": ["JULIA DELVALLE QUIJANO"], "s9": ["NO ONE"]}, "Person"),
          worlds.SECRET)  # fmt: skip
    messages(node)
    monkeypatch.setattr(many, "_FEW_QUERIES", 0)
    lists_at_last(node)

    assert standing(node) == standing(fresh)
    markings = {marking for _subject, marking in standing(node)}
    codes = {r.code for held in standing(node).values() for r in held[-1]}  # type: ignore[attr-defined]
    assert len(markings) > 1
    assert {"own:p1", "own:p3", "own:p4", "own:x", "people:s1", "C15"} <= codes
    assert "own:p2" not in codes
    assert node.check() == []
    fresh.close()
    node.close()


def test_what_rules_said_stands_although_other_records_came_since(tmp_path: Path) -> None:
    """The first to hold a seal had nobody to share it with; a list that changes says nothing new
    about that."""
    node = worlds.make(tmp_path)
    worlds.take_in(node, "box.edi", worlds.box("B7", "MSKU1234565", "SEAL77"))
    worlds.take_in(node, "late.edi", worlds.box("B8", "TCLU4265646", "SEAL77"))
    before = codes_of(node)
    bring(node, "own", listing({"p1": ["OTRA FIRMA"]}))
    assert {title: found - {"own:p1"} for title, found in codes_of(node).items()} == {
        "NRCH B7": set(), **before
    }  # fmt: skip
    assert "C15" in before["NRCH B8"]
    assert "NRCH B7" not in before
    node.close()


def codes_of(node: Node) -> dict[str, set[str]]:
    return {
        row.title: {reason.code for reason in row.reasons}
        for row in worlds.queue_of(node, node.operator())
        if row.state != "withdrawn"
    }


def test_an_alert_whose_entry_went_is_void_and_stays_in_the_history(tmp_path: Path) -> None:
    node = worlds.make(tmp_path)
    bring(node, "own", listing({"p1": ["SALINAS DEL ESTE"], "p2": ["NOBODY HERE"]}))
    worlds.take_in(node, "bills.edi", worlds.cuscar(("B3", "SALINAS DEL ESTE SA", "BANANAS")))
    (row,) = node.queue(node.operator(), QueueFilter(kind="consignment")).rows
    bring(node, "own", listing({"p2": ["NOBODY HERE"]}))
    assert node.queue(node.operator(), QueueFilter(kind="consignment")).rows == ()
    assert node.alert(node.operator(), row.alert_id).state == "withdrawn"
    node.close()


def test_a_decided_alert_is_left_alone_when_its_own_entries_did_not_change(tmp_path: Path) -> None:
    """A list comes anew every day; officers are not asked again for that."""
    node = worlds.make(tmp_path)
    bring(node, "own", listing(FIRST))
    worlds.take_in(node, "bills.edi", worlds.cuscar(BILLS[0]))
    who = node.operator()
    (row,) = [row for row in worlds.queue_of(node, who) if row.title == "NRCH B1"]
    node.claim(who, row.alert_id)
    node.verdict(who, row.alert_id, verdict="refer", reason="looked at")
    bring(node, "own", listing(FIRST | {"p9": ["NEW NAME"]}))
    assert node.alert(who, row.alert_id).state == "closed"
    bring(node, "own", listing(FIRST | {"p1": ["OTRA FIRMA", "OTRA FIRMA DE ULTRAMAR"]}))
    assert node.alert(who, row.alert_id).state == "new"
    node.close()


def test_what_was_withdrawn_or_erased_is_not_compared(tmp_path: Path) -> None:
    node = worlds.make(tmp_path)
    worlds.take_in(node, "bills.edi", worlds.cuscar(*BILLS[:2]))
    worlds.take_in(node, "gone.edi", worlds.cuscar(BILLS[0], function="1"))
    (named,) = [
        row.record_id
        for row in node.search(node.operator(), "ISTMO").rows
        if row.kind == "consignment"
    ]
    node.erase(node.administrator(), named, reason="asked for")
    bring(node, "own", listing(SECOND))
    assert not {"NRCH B1", "NRCH B2"} & codes_of(node).keys()
    node.close()


def test_copies_of_partners_are_compared_and_go_with_all_that_rests_on_them(two: World) -> None:
    giver, holder = two["marisol"], two["northreach"]
    give(two, Bill(consignee="ISTMO PRIMAVERA SA"))
    (copy,) = [record.id for record in held(holder, "ISTMO")]
    bring(holder, "own", listing({"p3": ["ISTMO PRIMAVERA"]}))
    rows = [row for row in worlds.queue_of(holder, holder.operator()) if row.subject_id == copy]
    assert ["own:p3" in {reason.code for reason in row.reasons} for row in rows] == [True]
    giver.exchange.withdraw([record_of(giver, "ISTMO").id], by="ana")
    two.sync("marisol", "northreach")
    with pytest.raises(NotFound):
        holder.alert(holder.operator(), rows[0].alert_id)
    assert held(holder, "ISTMO") == []


# --- in batches -----------------------------------------------------------------------------------


def slowly(node: Node, batch: int = 2) -> Retro:
    """Return a comparison that goes by two records at a time."""
    node.list_desk.retro = Retro(node.pipeline, batch=batch)
    return node.list_desk.retro


def kill_after(monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    """Let the process die after so many batches, before the next is stored."""
    left, step = iter(range(steps)), Retro._step

    def dies(self: Retro, *args: object, **more: object) -> bool:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return step(self, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Retro, "_step", dies)


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_killed_between_batches_it_goes_on_behind_the_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    fresh = worlds.make(tmp_path / "fresh")
    bring(fresh, "own", listing(SECOND))
    worlds.take_in(fresh, "bills.edi", worlds.cuscar(*BILLS))
    node = worlds.make(tmp_path / "node")
    worlds.take_in(node, "bills.edi", worlds.cuscar(*BILLS))
    slowly(node)
    with monkeypatch.context() as dying:
        kill_after(dying, steps)
        with pytest.raises(KeyboardInterrupt):
            bring(node, "own", listing(SECOND))
    assert retro_of(node).state == "running"
    node.close()

    again = Node.open(tmp_path / "node")
    slowly(again)
    again.process_waiting()
    done = retro_of(again)
    assert (done.state, done.compared) == ("done", compared(again))
    assert standing(again) == standing(fresh)
    assert again.check() == []
    fresh.close()
    again.close()


def retro_of(node: Node, list_id: str = "own") -> object:
    return node.list_desk.show(node.operator(), list_id).editions[0].retro


def compared(node: Node) -> int:
    """Return how many records of kinds that are screened are in force."""
    kinds = ("consignment", "equipment", "transport_event", "port_call", "traveller")
    with node.store.read() as connection:
        return sum(
            1 for kind in kinds for _ in records.current_of_kind(connection, node.labels, kind)
        )


def test_batches_of_any_size_give_the_same(tmp_path: Path) -> None:
    seen = []
    for size in (1, 3, 20_000):
        node = worlds.make(tmp_path / str(size))
        worlds.take_in(node, "bills.edi", worlds.cuscar(*BILLS))
        slowly(node, size)
        bring(node, "own", listing(SECOND))
        found = retro_of(node)
        seen.append((standing(node), found.compared, found.changed, found.ended))  # type: ignore[attr-defined]
        node.close()
    assert seen[0] == seen[1] == seen[2]
    assert seen[0][1:] == (5, 3, 0)


def test_more_processes_find_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen, asked = [], []
    spread = sieve.Sieve._spread
    monkeypatch.setattr(sieve.Sieve, "_spread", lambda *of: (asked.append(1), spread(*of))[1])
    monkeypatch.setattr(sieve, "MANY", 2)
    for workers in (1, 2):
        node = worlds.make(tmp_path / str(workers))
        worlds.take_in(node, "bills.edi", worlds.cuscar(*BILLS))
        node.list_desk.retro = Retro(node.pipeline, workers=workers)
        bring(node, "own", listing(SECOND))
        found = retro_of(node)
        seen.append((standing(node), found.compared, found.changed, found.ended))  # type: ignore[attr-defined]
        assert bool(asked) is (workers > 1)
        node.close()
    assert seen[0] == seen[1]
    assert seen[0][1:] == (5, 3, 0)


def test_the_setting_says_how_many_processes(tmp_path: Path) -> None:
    worlds.make(tmp_path).close()
    file = tmp_path / "esclusa.toml"
    file.write_text(f"{file.read_text()}list_workers = 3\n")
    node = Node.open(tmp_path)
    assert node.list_desk.retro._workers == 3
    node.close()
    for wrong in ("0", "65"):
        file.write_text(file.read_text().replace("workers = 3", f"workers = {wrong}"))
        with pytest.raises(ConfigError, match=f"list_workers {wrong}: a number from 1 to 64"):
            Node.open(tmp_path)
        file.write_text(file.read_text().replace(f"workers = {wrong}", "workers = 3"))


def test_two_processes_at_one_comparison_do_not_do_it_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second finds the mark moved and leaves the rest to the first."""
    node = worlds.make(tmp_path)
    worlds.take_in(node, "bills.edi", worlds.cuscar(*BILLS))
    other = Node.open(tmp_path)
    slowly(node)
    step = Retro._step

    def meanwhile(self: Retro, *args: object, **more: object) -> bool:
        monkeypatch.setattr(Retro, "_step", step)
        Retro(other.pipeline, batch=3).run()
        return step(self, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Retro, "_step", meanwhile)
    bring(node, "own", listing(SECOND))
    found = retro_of(node)
    assert (found.state, found.compared, found.changed) == ("done", 5, 3)  # type: ignore[attr-defined]
    other.close()
    node.close()


def test_what_another_process_takes_in_after_the_update_meets_the_new_list(tmp_path: Path) -> None:
    """It made ready for the old one: the list is looked at again in the transaction that stores."""
    node = worlds.make(tmp_path)
    bring(node, "own", listing(FIRST))
    other = Node.open(tmp_path)
    worlds.take_in(other, "one.edi", worlds.cuscar(("B9", "NADIE SA", "BANANAS")))
    source = other.receive(
        other.operator(), "bills.edi", io.BytesIO(worlds.cuscar(BILLS[1]))
    )  # fmt: skip
    original = other.analyst.refresh

    def then_updated(label: int | None) -> None:
        original(label)
        bring(node, "own", listing(FIRST | {"p3": ["ISTMO PRIMAVERA"]}))

    other.analyst.refresh = then_updated  # type: ignore[method-assign]
    other.process(source.id)
    assert "own:p3" in codes_of(node)["NRCH B2"]
    other.close()
    node.close()


def test_an_index_that_was_followed_screens_like_one_that_was_built(tmp_path: Path) -> None:
    node = worlds.make(tmp_path)
    for entries in (FIRST, SECOND, SECOND | {"p8": ["FIRMA SIN LISTA"]}):
        bring(node, "own", listing(entries))
        node.screen(node.operator(), name="x")
    built = Node.open(tmp_path)
    for _bill, name, _goods in BILLS:
        left, right = (each.screen(each.operator(), name=name) for each in (node, built))
        assert left == right
    built.close()
    node.close()


def test_an_erased_entry_meets_nobody_once_lists_are_read_again(tmp_path: Path) -> None:
    """It went without an edition; following the editions alone would keep it."""
    node = worlds.make(tmp_path)
    bring(node, "own", listing(FIRST))
    (hit,) = node.screen(node.operator(), name="SALINAS DEL ESTE")
    node.erase(node.administrator(), hit.record_id, reason="asked for")
    bring(node, "own", listing({"p1": FIRST["p1"], "p4": FIRST["p4"], "p9": ["NEW NAME"]}))
    assert node.screen(node.operator(), name="SALINAS DEL ESTE") == ()
    assert node.screen(node.operator(), name="NEW NAME")[0].uid == "p9"
    node.close()
