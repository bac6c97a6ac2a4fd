"""The files in which a node keeps entities: each is read under its own labels alone, holds nothing
that was erased, and is never believed when it does not fit the ledger. About 25 CPU seconds."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest

import worlds
from entity_folders import anew, folder_of, places_of, told, told_or_why
from esclusa.errors import LedgerError, StateError
from esclusa.ledger.register import File
from esclusa.ledger.register.file import FORMAT
from esclusa.ledger.standing import standing
from esclusa.model import Level, Marking
from esclusa.node import Node
from esclusa.node.entity_folder import Folder
from esclusa.node.entity_keeping import Registers
from esclusa.node.entity_making import Maker
from esclusa.node.entity_taking import Taking

WORDS = (
    "ISTMO PRIMAVERA",
    "OTRA FIRMA",
    "SALINAS",
    "ALTAMIRA EXPORT",
    "CANARIO",
    "NORTHREACH STAR",
)
BILLS = (
    ("B1", "ISTMO PRIMAVERA SA", "GENERAL CARGO"),
    ("B2", "OTRA FIRMA SA", "BANANAS"),
    ("B3", "SALINAS DEL ESTE SA", "BANANAS"),
)
CANARY = ("B7", "CANARIO QUETZAL SL", "COFFEE")
RESTRICTED = Marking(level=Level.RESTRICTED)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    made = worlds.make(tmp_path / "node")
    worlds.take_in(made, "one.edi", worlds.cuscar(*BILLS))
    yield made
    made.close()


def fits(node: Node, *who: Any) -> bool:
    """Tell whether what is kept is what the ledger gives anew."""
    readers = who or (worlds.reader(node), worlds.cleared(node))
    return all(told(node.entities, one, WORDS) == told(anew(node), one, WORDS) for one in readers)


def erase(node: Node, bill: str) -> None:
    name = node.search(worlds.cleared(node), bill).rows[0].record_id
    node.erase(node.administrator(), name, reason="asked for")


# --- labels ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = worlds.build(tmp_path_factory.mktemp("registers") / "node", secret=True)
    yield made
    made.close()


def test_a_file_is_read_by_readers_of_just_its_labels_and_holds_nothing_else(
    secret: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[tuple[frozenset[int], Path]] = []
    known = Taking.known

    def noting(self: Taking, file: File) -> Any:
        assert file.path is not None
        if file.path.suffix == ".db":  # and not one that is being made
            read.append((now, file.path))
        return known(self, file)

    monkeypatch.setattr(Taking, "known", noting)
    cleared, plain = worlds.cleared(secret), worlds.reader(secret)
    others = [
        worlds.reader(secret, clearance=Level.OPEN),
        worlds.reader(secret, name="eva", clearance=Level.SECRET),
    ]
    for who in (cleared, plain, *others, plain, cleared):
        now = frozenset(secret.gate.visible(who))
        told(secret.entities, who, ("FIRM", "GHOST FIRM", "MARISOL"))
    of_labels = {labels: {path for seen, path in read if seen == labels} for labels, _ in read}
    assert len(of_labels) == 3  # eva sees what bea sees
    assert all(len(paths) == 1 for paths in of_labels.values())
    assert len({path for paths in of_labels.values() for path in paths}) == 3
    hidden = frozenset(secret.gate.visible(cleared)) - frozenset(secret.gate.visible(plain))
    assert hidden
    for labels, (path,) in of_labels.items():
        names = {name for name, word in places_of(secret, "GHOST FIRM") if name == path.name}
        assert bool(names) == bool(hidden & labels), path
    assert (folder_of(secret).stat().st_mode & 0o777) == 0o700
    assert {path.stat().st_mode & 0o077 for path in folder_of(secret).glob("*.db*")} == {0}


def test_a_new_marking_begins_with_a_copy_of_fewer_labels_never_of_more(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[bool] = []
    copied = Maker.copied

    def noting(self: Maker, *given: Any) -> bool:
        begun.append(copied(self, *given))
        return begun[-1]

    monkeypatch.setattr(Maker, "copied", noting)
    worlds.take_in(node, "hid.edi", worlds.cuscar(CANARY), marking=worlds.SECRET)
    assert fits(node, worlds.cleared(node)) and begun[0] is False
    begun.clear()
    # Of the cleared reader's file nothing may come to the other: his is made of records alone.
    told(node.entities, worlds.reader(node), WORDS)
    assert begun == [False]
    held = {name for name, _ in places_of(node, "CANARIO")}
    assert len(held) == 1 and len(list(folder_of(node).glob("*.db"))) == 2
    begun.clear()
    more = worlds.cuscar(("B8", "ISTMO PRIMAVERA SA", "TILES"), ("B9", "OTRA FIRMA SA", "TILES"))
    worlds.take_in(node, "new.edi", more, marking=RESTRICTED)
    told(node.entities, worlds.cleared(node), WORDS)
    assert begun == [True]
    assert fits(node)
    assert {name for name, _ in places_of(node, "CANARIO")} > held
    own = node.entities.registers.file(node.gate.visible(worlds.reader(node)))
    assert own is not None and own.path is not None
    assert own.path.name not in {name for name, _ in places_of(node, "CANARIO")}


# --- erased ----------------------------------------------------------------------------------------

FIRST = ("ALPACA", "BORUCA", "CABUYA", "DORADO", "EMBERA", "FRIJOL", "GARUFA", "HUACAL", "IGUANA",
         "JICARA", "KIOSCO", "LABRIO")  # fmt: skip
SECOND = ("MACANO", "NANCEX", "OCELOT", "PIBAXO", "QUIJOX", "ROBLEZ", "SURUBI", "TAGUAX", "URRACA",
          "VICUNA", "WAUNAN", "YUCATE")  # fmt: skip


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node with 144 firms of names that share no word with another's, but for pairs."""
    made = worlds.make(tmp_path_factory.mktemp("crowd") / "node")
    bills = [
        (f"C{n:02}{m:02}", f"{one}{other} {other}{one} SA", "TILES")
        for n, one in enumerate(FIRST)
        for m, other in enumerate(SECOND)
    ]
    for start in range(0, len(bills), 24):
        worlds.take_in(made, f"{start}.edi", worlds.cuscar(*bills[start : start + 24]))
        told(made.entities, worlds.reader(made), (FIRST[0],))
    yield made
    made.close()


def test_erased_names_are_in_no_byte_of_any_file_and_the_others_are(crowd: Node) -> None:
    who = worlds.reader(crowd)
    names = [f"{one}{other}" for one in FIRST for other in SECOND]
    assert len({word for _, word in places_of(crowd, *names)}) == 144
    gone = []
    for n, one in enumerate(FIRST[:4]):
        for m, other in enumerate(SECOND[::3]):
            erase(crowd, f"C{n:02}{3 * m:02}")
            gone += [f"{one}{other}", f"{other}{one}"]
            assert not places_of(crowd, *gone)
    assert not [name for name in gone if crowd.entities.find(who, name).rows]
    left = {word for _, word in places_of(crowd, *names)}
    assert left == set(names) - set(gone)


def test_what_is_purged_leaves_every_file_in_sets_not_one_by_one(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    worlds.take_in(node, "two.edi", worlds.cuscar(CANARY))
    for who in (worlds.reader(node), worlds.reader(node, clearance=Level.OPEN)):
        told(node.entities, who, WORDS)
    assert places_of(node, "CANARIO", "ISTMO")
    sets: list[int] = []
    forget = Registers.forget

    def noting(self: Registers, seqs: Any = ()) -> None:
        sets.append(len(seqs))
        forget(self, seqs)

    node.store.after_erasure[:] = [lambda seqs: noting(node.entities.registers, seqs)]
    assert node.purge(node.administrator(), "2100-01-01") >= 4
    assert len([size for size in sets if size]) == 1 and max(sets) >= 4
    assert not places_of(node, "CANARIO", "ISTMO", "OTRA FIRMA")
    assert fits(node)


def test_what_another_process_erases_leaves_a_file_that_this_one_holds_open(node: Node) -> None:
    worlds.take_in(node, "two.edi", worlds.cuscar(CANARY))
    told(node.entities, worlds.reader(node), WORDS)
    assert places_of(node, "CANARIO")
    other = Node.open(node.folder)
    erase(other, "B7")
    other.close()
    assert not places_of(node, "CANARIO")
    assert fits(node)


def test_an_erasure_that_a_reader_hinders_takes_the_whole_file_away(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    worlds.take_in(node, "two.edi", worlds.cuscar(CANARY))
    told(node.entities, worlds.reader(node), WORDS)
    node.entities.registers.close()
    (path,) = folder_of(node).glob("*.db")
    reading = File(path)
    reading.begin()
    assert reading.one("SELECT count(*) FROM mention")[0]
    monkeypatch.setattr("esclusa.ledger.register.file._WAIT", 0.1)
    erase(node, "B7")
    assert not path.exists() and not places_of(node, "CANARIO")
    assert reading.one("SELECT count(*) FROM mention")[0]  # what began before ends as it began
    reading.end()
    reading.close()
    assert fits(node) and not places_of(node, "CANARIO")


def test_a_record_erased_while_a_file_is_made_is_not_in_it(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    worlds.take_in(node, "two.edi", worlds.cuscar(CANARY))
    put, before = Folder.put, list[Any]()

    def erasing(self: Folder, part: Path, name: str) -> Path:
        before.extend(places_of(node, "CANARIO"))
        monkeypatch.setattr(Folder, "put", put)
        erase(node, "B7")
        return put(self, part, name)

    monkeypatch.setattr(Folder, "put", erasing)
    visible = node.gate.visible(worlds.reader(node))
    node.entities.registers.make(visible)
    assert before and not places_of(node, "CANARIO")
    assert fits(node)


def test_a_judgement_leaves_with_the_records_that_it_is_about(node: Node) -> None:
    worlds.take_in(node, "two.edi", worlds.cuscar(CANARY))
    who = worlds.reader(node)
    one, other = (node.entities.find(who, word).rows[0].id for word in ("CANARIO", "ISTMO"))
    node.entities.judge(who, one, other, verdict="different", reason="seen ZARZAPARRILLA papers")
    assert {word for _, word in places_of(node, "ZARZAPARRILLA", "CANARIO")} == {
        "ZARZAPARRILLA", "CANARIO",
    }  # fmt: skip
    erase(node, "B7")
    assert not places_of(node, "ZARZAPARRILLA", "CANARIO")
    assert fits(node)


# --- broken ----------------------------------------------------------------------------------------


def half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def torn(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


DAMAGES: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_bytes(b""),
    "half": half,
    "torn": torn,
    "text": lambda path: path.write_text("not a database at all, " * 400),
    "head": lambda path: path.write_bytes(b"\xff" * 100 + path.read_bytes()[100:]),
    "journal": lambda path: path.with_name(path.name + "-wal").write_bytes(b"\x7f" * 5000),
    "page": lambda path: path.write_bytes(path.read_bytes()[:-4096]),
    "gone": lambda path: path.unlink(),
}


@pytest.mark.parametrize("damage", sorted(DAMAGES))
def test_a_broken_file_is_made_anew(node: Node, damage: str) -> None:
    who = worlds.reader(node)
    right = told(node.entities, who, WORDS)
    node.entities.registers.close()
    (path,) = folder_of(node).glob("*.db")
    DAMAGES[damage](path)
    assert told_or_why(node.entities, who, WORDS) == right
    node.entities.registers.keep_up()
    assert told(node.entities, who, WORDS) == right


def test_no_page_of_a_file_can_be_lost_without_being_missed(
    node: Node, caplog: pytest.LogCaptureFixture
) -> None:
    who, registers = worlds.reader(node), node.entities.registers
    right, missed = told(node.entities, who, WORDS), 0
    registers.close()
    (path,) = folder_of(node).glob("*.db")
    data = path.read_bytes()
    size = int.from_bytes(data[16:18], "big")
    for page in range(len(data) // size):
        for fill in (b"\0", b"\xa5"):
            (path,) = folder_of(node).glob("*.db")
            path.write_bytes(data[: page * size] + fill * size + data[(page + 1) * size :])
            caplog.clear()
            said = told_or_why(node.entities, who, WORDS)
            if said != right:
                assert str(said).startswith("StateError: the register of entities was broken")
                missed += 1
                assert told(node.entities, who, WORDS) == right
            registers.close()
    assert missed > 10


def test_a_file_that_may_not_be_read_is_left_alone_and_said(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = worlds.reader(node)
    told(node.entities, who, WORDS)
    (path,) = folder_of(node).glob("*.db")
    locked = sqlite3.connect(path, isolation_level=None)
    locked.execute("BEGIN IMMEDIATE")
    node.entities.registers.close()
    monkeypatch.setattr("esclusa.ledger.register.file._WAIT", 0.05)
    worlds.take_in(node, "two.edi", worlds.cuscar(CANARY))
    said = told_or_why(node.entities, who, WORDS)
    assert said == "LedgerError: the register of entities answered: database is locked"
    locked.execute("ROLLBACK")
    locked.close()
    assert path.exists() and fits(node)


def test_an_error_of_the_reader_of_a_sound_file_is_told_as_it_is(node: Node) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        node.entities.seen(worlds.reader(node)) as (_connection, _visible, known),
    ):
        assert 1 // (len(known.entities) * 0)
    assert len(list(folder_of(node).glob("*.db"))) == 1
    assert fits(node)


def test_contents_changed_in_the_file_are_found_when_something_goes_wrong(node: Node) -> None:
    who = worlds.reader(node)
    told(node.entities, who, WORDS)
    registers = node.entities.registers
    file = registers.file(node.gate.visible(who))
    assert file is not None
    assert file.whole()
    file.run("UPDATE said SET content = x'00' WHERE s = 1")
    assert not file.whole()
    with pytest.raises(StateError, match="broken and is made anew"):
        told(node.entities, who, WORDS)
    assert fits(node)


# --- another clock ---------------------------------------------------------------------------------


def test_erasures_that_bear_an_earlier_moment_are_followed_too(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    worlds.take_in(node, "two.edi", worlds.cuscar(CANARY, ("B8", "CANARIO OTRO SL", "TILES")))
    erase(node, "B8")
    told(node.entities, worlds.reader(node), WORDS)
    monkeypatch.setattr("esclusa.ledger.records.now_text", lambda: "2020-01-01T00:00:00.000000Z")
    node.store.after_erasure.clear()  # as if the process had been killed in between
    erase(node, "B7")
    assert places_of(node, "CANARIO")
    node.entities.registers.forget()
    assert not places_of(node, "CANARIO")
    assert fits(node)


# --- use -------------------------------------------------------------------------------------------


def test_what_nobody_asks_for_is_left_alone_and_goes_when_there_are_many(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, registers = worlds.reader(node), node.entities.registers
    told(node.entities, who, WORDS)
    visible = node.gate.visible(who)
    file = registers.file(visible)
    assert file is not None
    before = file.get("mark")
    worlds.take_in(node, "two.edi", worlds.cuscar(CANARY))
    registers.keep_up()
    assert file.get("mark") != before
    file.put("used", "2026-01-01T00:00:00+00:00")
    before = file.get("mark")
    worlds.take_in(node, "three.edi", worlds.cuscar(("B8", "CANARIO OTRO SL", "TILES")))
    registers.keep_up()
    assert file.get("mark") == before
    assert fits(node)
    assert file.get("used") > "2026-01-01T00:00:00+00:00"
    monkeypatch.setattr("esclusa.node.entity_folder._KEPT", 2)
    registers.close()
    for name in ("a", "b", "c"):
        shutil.copy(file.path or "", folder_of(node) / f"{name}-1.db")
    with registers._folder.making():
        registers._folder.prune(())
    assert len(list(folder_of(node).glob("*.db"))) == 1
    assert fits(node)


def test_a_file_far_behind_comes_nearer_step_by_step_or_is_made_anew(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = worlds.reader(node)
    told(node.entities, who, WORDS)
    monkeypatch.setattr("esclusa.node.entity_keeping._STEP", 3)
    worlds.take_in(node, "many.edi", worlds.interchange(2))
    with node.gate.reading(who) as (connection, visible):
        file = node.entities.registers.file(visible)
        assert file is not None
        here, registers = standing(connection), node.entities.registers
        states = [registers.catch_up(connection, visible, file, here) for _ in range(6)]
    assert states[:3] == ["more"] * 3 and states[-1] == "current"
    assert fits(node, who)
    monkeypatch.setattr("esclusa.node.entity_keeping._ANEW", 1)
    worlds.take_in(node, "lots.edi", worlds.interchange(2, first=60))
    with node.gate.reading(who) as (connection, visible):
        here = standing(connection)
        assert node.entities.registers.catch_up(connection, visible, file, here) == "anew"
    assert fits(node, who)
    assert file.path is not None and not file.path.exists()


# --- making ----------------------------------------------------------------------------------------


def test_while_a_file_is_made_others_are_answered_and_who_waits_too_long_is_told(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, others = worlds.reader(node), worlds.reader(node, clearance=Level.OPEN)
    told(node.entities, others, WORDS)
    put, making, done = Folder.put, Event(), Event()

    def slowly(self: Folder, part: Path, name: str) -> Path:
        making.set()
        assert done.wait(60)
        return put(self, part, name)

    monkeypatch.setattr(Folder, "put", slowly)
    node.entities.registers.patience = 0.01
    for _ in range(2):  # the second time nobody begins anew
        with pytest.raises(StateError, match="worked out, which takes some minutes; ask again"):
            told(node.entities, who, WORDS)
        assert making.wait(60)
    assert told(node.entities, others, WORDS)
    node.entities.registers.patience = 60
    done.set()
    assert fits(node, who)
    assert not list(folder_of(node).glob("*.part"))


def test_what_goes_wrong_while_a_file_is_made_is_told_to_who_waits(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: Any) -> Path:
        raise OSError(28, "No space left on device")

    node.entities.registers.patience = 60
    with monkeypatch.context() as patched:
        patched.setattr(Folder, "put", full)
        with pytest.raises(LedgerError, match="cannot be made: No space left on device"):
            told(node.entities, worlds.reader(node), WORDS)
    assert not list(folder_of(node).glob("*.part"))
    assert fits(node, worlds.reader(node))


def test_a_check_names_a_damaged_file_and_all_are_made_anew(node: Node) -> None:
    who, registers = worlds.reader(node), node.entities.registers
    told(node.entities, who, WORDS)
    assert node.check() == []
    for wrong in ("UPDATE said SET content = x'00' WHERE s = 1", "DELETE FROM version"):
        file = registers.file(node.gate.visible(who))
        assert file is not None
        file.run(wrong)
        (found,) = node.check()
        assert found.startswith("entities/") and found.endswith("rebuild` makes it anew")
        assert registers.remake() == 1
        assert node.check() == []
    assert fits(node)


# --- the format ------------------------------------------------------------------------------------

KEPT = {
    "1": "83e967217bcfd12f7cc0234375cb5ad7c9151056eff5d54b2acc1f024b1f17e0",
    "2": "3517284e273abbd6c530b29a7851947e6659e0b51e5c5ce0a9a688baf99f6ec2",
    "3": "3517284e273abbd6c530b29a7851947e6659e0b51e5c5ce0a9a688baf99f6ec2",
}
"""What files of each format hold of one small ledger. The third holds who owns what as well, of
which this ledger has nothing."""


def test_what_is_kept_changes_only_with_its_format(node: Node) -> None:
    """When this fails, something made files differ that were made of the same records: raise
    ``FORMAT``, so that the files that are there are made anew, and note the new digest here."""
    worlds.take_in(node, "manifest.edi", worlds.sample(worlds.MANIFEST))
    who = worlds.reader(node)
    told(node.entities, who, ("ISTMO",))
    file = node.entities.registers.file(node.gate.visible(who))
    assert file is not None
    columns = {
        "version": "*", "said": "*", "mention": "*", "spelling": "*", "block": "*", "thing": "*",
        "tie": "*", "word": "*", "node": "n, content, packed, round(own, 6), entity, refs",
        "near": "a, b, round(points, 6)", "open_pair": "round(less, 6), a, b",
    }  # fmt: skip
    held = {
        name: sorted(map(repr, file.all(f"SELECT {some} FROM {name}")))
        for name, some in columns.items()
    }
    assert all(held[name] for name in ("said", "node", "block", "tie", "word"))
    assert hashlib.sha256(repr(held).encode()).hexdigest() == KEPT[FORMAT]
