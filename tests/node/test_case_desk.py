"""The case room on a ledger: steps, evidence, custody, packages, erasure. About 12 s of CPU."""

from __future__ import annotations

import datetime as dt
import errno
import io
import json
import os
import random
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

import worlds
from case_worlds import CLOSED, DUE, NAMED, NOW, PHOTO, TAKEN, alert, boss, go, lead, made, opened
from case_worlds import take as take_in
from esclusa.casework.forms import MoveMistakes
from esclusa.errors import Forbidden, InputError, LimitError, NotFound, StateError
from esclusa.ledger import records
from esclusa.ledger.schema import audit, record, source
from esclusa.node import Node, case_evidence
from esclusa.node.case_writing import Wanted
from esclusa.sharing.reader import Role

CHILD = Path(__file__).parent / "kill_case_child.py"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    one = made(tmp_path_factory.mktemp("cases"))
    yield one
    one.close()


def custody(node: Node, name: str) -> list[list[str]]:
    view = node.case_desk.show(lead(node), name)
    return [[step.move.code for step in file.custody] for file in view.evidence]


def rows_of(node: Node) -> tuple[int, int, int]:
    with node.store.read() as connection:
        return tuple(  # type: ignore[return-value]
            connection.execute(sa.select(sa.func.count()).select_from(one)).scalar_one()
            for one in (record, source, audit)
        )


def test_a_case_from_an_alert_to_its_outcome(node: Node) -> None:
    name = opened(node, kind="alert", item=alert(node), why="same exporter").row.id
    view = go(node, name, "start")
    view = go(node, name, "join", person="supervisor")
    view = go(node, name, "task", task="ask the carrier", member="supervisor", due=DUE)
    with pytest.raises(StateError, match="tasks wait: 1"):
        go(node, name, "close", **CLOSED)
    view = go(node, name, "done", boss(node), of=view.tasks[0].name, result="papers seen")
    view = go(node, name, "note", text="the seal differs from the bill")
    view = take_in(node, name)
    view = go(node, name, "suspend", until="2026-12-01T08:00Z", reason="the yard is full")
    assert (view.row.until, view.row.over) == ("2026-12-01T08:00:00Z", False)
    go(node, name, "resume")
    view = go(node, name, "close", **CLOSED)
    assert view.row.state.code == "closed" and not view.row.open
    assert view.outcome is not None and view.outcome.es == "Reconocido, nada encontrado"
    assert [s.move.code for s in view.steps] == [
        "open", "name", "put", "start", "join", "task", "done", "note", "take_in", "suspend",
        "resume", "close",
    ]  # fmt: skip
    assert view.items[0].title == "NRCH B2"
    assert name not in {row.id for row in node.case_desk.cases(lead(node)).rows}
    view = go(node, name, "reopen", reason="a second box came")
    assert (view.row.state.code, view.outcome) == ("reopened", None)
    assert node.check() == []


def test_overdue_tasks_come_first_and_a_suspension_that_is_over_is_said(node: Node) -> None:
    late, later, over = (opened(node).row.id for _ in range(3))
    go(node, later, "task", task="read the image", member="analyst", due="2026-12-05T10:00Z")
    go(node, late, "task", task="call the yard", member="analyst", due="2026-12-09T10:00Z")
    go(node, late, "task", task="call the ship", member="analyst", due="2026-11-28T10:00Z")
    go(node, over, "suspend", until="2026-11-28T10:00Z", reason="waits for the laboratory")
    node.case_desk.now = lambda: NOW + dt.timedelta(days=2)
    try:
        rows = node.case_desk.cases(lead(node)).rows
        tasks = node.case_desk.show(lead(node), late).tasks
    finally:
        node.case_desk.now = lambda: NOW
    assert [row.id for row in rows[:3]] == [late, over, later]
    assert (rows[0].overdue, rows[1].over) == (1, True)
    assert [(task.task, task.overdue) for task in tasks] == [
        ("call the ship", True), ("call the yard", False),
    ]  # fmt: skip


def test_who_is_no_member_is_refused_and_the_lead_can_be_handed_over(node: Node) -> None:
    name = opened(node).row.id
    other = worlds.reader(node, name="other")
    with pytest.raises(StateError, match="members of the case"):
        go(node, name, "note", other, text="x")
    with pytest.raises(MoveMistakes):  # no account has this name
        go(node, name, "hand_over", person="nobody", reason="on leave")
    with pytest.raises(MoveMistakes):  # an auditor works on no case
        go(node, name, "hand_over", person="auditor", reason="on leave")
    view = go(node, name, "hand_over", person="supervisor", reason="on leave from Monday")
    assert (view.row.lead, view.members) == ("supervisor", ("analyst", "supervisor"))
    with pytest.raises(StateError, match="lead of the case, supervisor"):
        go(node, name, "close", **CLOSED)
    assert go(node, name, "close", boss(node), **CLOSED).row.state.code == "closed"
    auditor = worlds.reader(node, name="auditor", role=Role.AUDITOR)
    for asked in (node.case_desk.cases, lambda who: node.case_desk.show(who, name)):
        with pytest.raises(Forbidden):
            asked(auditor)


def test_somebody_was_faster_is_refused_and_nothing_is_written(node: Node) -> None:
    view = opened(node)
    go(node, view.row.id, "start", version=view.version)
    before = rows_of(node)
    with pytest.raises(StateError, match="somebody was faster"):
        go(node, view.row.id, "note", text="x", version=view.version)
    with pytest.raises(StateError, match="somebody was faster"):
        take_in(node, view.row.id, version=view.version)
    assert rows_of(node) == before


def test_an_alert_that_is_in_another_case_is_said(node: Node) -> None:
    """Under its own id, and under that of the record that it is about."""
    item = worlds.queue_of(node, lead(node))[-1]
    first = opened(node, kind="alert", item=item.alert_id).row.id
    start = node.case_desk.start(lead(node), "alert", item.alert_id)
    assert first in {row.id for row in start.held_by}
    assert first not in {row.id for row in start.cases}
    second = opened(node, kind="record", item=item.subject_id)
    assert first in {row.id for row in second.items[0].also_in}
    with pytest.raises(StateError, match="in the case already"):
        node.case_desk.put(lead(node), first, "alert", item.alert_id)
    held = node.case_desk.of_item(lead(node), "alert", item.alert_id).cases
    assert {first, second.row.id} <= {row.id for row in held}
    view = node.case_desk.show(lead(node), first)
    go(node, first, "take_out", of=view.items[0].name, reason="the other case has it")
    held = node.case_desk.of_item(lead(node), "alert", item.alert_id).cases
    assert first not in {row.id for row in held}
    go(node, second.row.id, "close", **CLOSED)
    held = node.case_desk.of_item(lead(node), "alert", item.alert_id).cases
    assert second.row.id not in {row.id for row in held}


def test_an_entity_is_put_in_and_called_by_its_name(node: Node) -> None:
    found = node.entities.find(lead(node), "OTRA FIRMA").rows[0]
    view = opened(node, kind="entity", item=found.id)
    assert (view.items[0].id, view.items[0].title) == (found.id, found.names[0])
    for kind, name in (("entity", "ent-nobody"), ("alert", "nothing"), ("record", "nothing"),
                       ("referral", "nothing")):  # fmt: skip
        with pytest.raises(NotFound):
            node.case_desk.put(lead(node), view.row.id, kind, name)
    with pytest.raises(InputError, match="is not one of alert"):
        node.case_desk.put(lead(node), view.row.id, "case", view.row.id)


# --- evidence -----------------------------------------------------------------------------------


def test_the_same_file_twice_is_one_content_with_two_custody_lines(node: Node) -> None:
    name = opened(node).row.id
    data = b"the same photo"
    take_in(node, name, data, "one.jpg")
    view = take_in(node, name, data, "two.jpg")
    assert {file.sha256 for file in view.evidence} == {view.evidence[0].sha256}
    assert [file.file for file in view.evidence] == ["one.jpg", "two.jpg"]
    assert custody(node, name) == [["take_in"], ["take_in"]]
    with node.store.read() as connection:
        query = sa.select(source.c.id).where(source.c.sha256 == view.evidence[0].sha256)
        assert len(connection.execute(query).all()) == 1
    assert len(list((node.folder / "vault").rglob(view.evidence[0].sha256[2:]))) == 1
    assert view.evidence[0].sha256 not in {file.id for file in node.sources(lead(node))}
    assert "one.jpg" not in {file.name for file in node.sources(lead(node), limit=200)}


def test_each_reading_handing_over_and_sealing_is_a_line_that_stays(node: Node) -> None:
    name = opened(node).row.id
    file = take_in(node, name).evidence[0].name
    found, stream = node.case_desk.read(lead(node), name, file, why="compare the number")
    with stream:
        assert (stream.read(), found.name) == (PHOTO, "seal.jpg")
    go(node, name, "hand_on", of=file, to="laboratory", reason="fibres")
    go(node, name, "seal", of=file, seal="MC-0071", reason="goes to court")
    with pytest.raises(StateError, match="sealed"):
        node.case_desk.read(lead(node), name, file)
    view = go(node, name, "unseal", of=file, reason="the court asks for it")
    assert custody(node, name) == [["take_in", "read", "hand_on", "seal", "unseal"]]
    lines = view.evidence[0].custody
    assert [line.by for line in lines] == ["analyst"] * 5
    assert lines[1].recorded[0].value == "compare the number"
    logged = [row for row in node.audit(worlds.reader(node, role=Role.AUDITOR))
              if row.action == "case:evidence" and row.subject == name]  # fmt: skip
    assert [row.detail.split()[0] for row in reversed(logged)] == custody(node, name)[0]
    with node.store.write() as connection, pytest.raises(sa.exc.DatabaseError):
        connection.execute(record.update().where(record.c.kind == "case_move").values(body=b"{}"))


def test_verify_says_what_is_altered_missing_or_erased(node: Node) -> None:
    name = opened(node).row.id
    for number in range(4):
        view = take_in(node, name, b"proof %d" % number, f"{number}.jpg")
    paths = [node.vault.path(file.sha256) for file in view.evidence]
    kept = [path.read_bytes() for path in paths[:2]]
    paths[0].write_bytes(b"proof 9")
    paths[1].unlink()
    erased = next(s.record for s in view.steps if s.step == view.evidence[2].name)
    node.erase(node.administrator(), erased, reason="court order")
    found = node.case_desk.verify(lead(node), name)
    assert [one.result.code for one in found] == ["altered", "missing", "erased", "intact"]
    for file in view.evidence[:2]:
        with pytest.raises(StateError, match="not handed out"):
            node.case_desk.read(lead(node), name, file.name)
        with pytest.raises(StateError, match="not handed out"):
            go(node, name, "seal", of=file.name, seal="S", reason="court")
    with pytest.raises(StateError, match="verify the evidence"):
        node.case_desk.export(lead(node), name, {})
    assert set(paths[2].read_bytes()) == {0}
    shown = node.case_desk.show(lead(node), name).evidence[2]
    assert (shown.erased, shown.file, shown.sha256, shown.what) == (True, "", "", "")
    assert [line.erased for line in shown.custody] == [True]
    for path, data in zip(paths, kept, strict=False):
        path.write_bytes(data)
    assert node.check() == []


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\evidence\\a.jpg", "a.jpg"), ("", "unnamed"),
        ("a\x00b\n.jpg", "ab.jpg"), ("\u202egpj.exe", "gpj.exe"), ("...", "unnamed"),
        ("x" * 999, "x" * 200), ("señal.jpg", "señal.jpg"), (" a  b .", "a b"),
        ('"><script>.html', '"><script>.html'), ("\ud800.jpg", "jpg"),
    ],
)  # fmt: skip
def test_a_hostile_file_name_becomes_one_that_can_be_shown(given: str, shown: str) -> None:
    assert case_evidence.file_name(given) == shown


class Broken(io.RawIOBase):
    """A stream that breaks off after some bytes."""

    def __init__(self, error: Exception) -> None:
        self._error = error
        self._left = 3

    def read(self, size: int = -1) -> bytes:
        self._left -= 1
        if self._left < 0:
            raise self._error
        return b"x" * min(max(size, 1), 1000)


def leftovers(node: Node) -> set[str]:
    return {str(path) for path in (node.folder / "vault").rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "stream",
    [Broken(OSError(errno.ECONNRESET, "gone")), Broken(RuntimeError("client left")),
     io.BytesIO(b""), io.BytesIO(b"y" * 4000)],
    ids=["broken", "left", "empty", "oversized"],
)  # fmt: skip
def test_an_upload_that_fails_leaves_nothing(
    node: Node, stream: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = msgspec.structs.replace(node.settings, evidence_bytes=3000)
    monkeypatch.setattr(node.case_desk, "_settings", small)
    name = opened(node).row.id
    before, files = rows_of(node), leftovers(node)
    wanted = Wanted(move="take_in", given=TAKEN)
    with pytest.raises((OSError, RuntimeError, InputError)) as caught:
        node.case_desk.take_in(lead(node), name, "a.bin", stream, wanted)
    if isinstance(stream, io.BytesIO):
        assert isinstance(caught.value, LimitError if stream.getvalue() else InputError)
        assert "a.bin" in str(caught.value)
    assert (rows_of(node), leftovers(node)) == (before, files)


@pytest.mark.parametrize("where", ["write", "fsync", "replace", "append", "line"])
def test_a_fault_at_any_step_of_taking_in_leaves_no_half(
    node: Node, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole bytes that no step names may stay under their hash; a step without its bytes never."""
    name = opened(node).row.id
    before, files = rows_of(node), leftovers(node)

    def fail(*_: Any, **__: Any) -> Any:
        raise OSError(errno.ENOSPC, "no space")

    with monkeypatch.context() as faulty:
        if where == "write":
            faulty.setattr("esclusa.ledger.custody.Path.open", fail)
        elif where == "fsync":
            faulty.setattr(os, "fsync", fail)
        elif where == "replace":
            faulty.setattr(Path, "replace", fail)
        elif where == "append":
            faulty.setattr(records, "append", fail)
        else:
            faulty.setattr("esclusa.node.case_writing.audit.write_line", fail)
        with pytest.raises(OSError, match="no space"):
            take_in(node, name, b"bytes of %s" % where.encode())
    assert rows_of(node) == before
    fresh = leftovers(node) - files
    assert not any("incoming" in path for path in fresh)
    assert len(fresh) == (where in ("append", "line"))
    assert custody(node, name) == []
    assert take_in(node, name, b"bytes of %s" % where.encode()).evidence[0].state.code == "kept"


# --- packages -----------------------------------------------------------------------------------


def packed(node: Node, name: str, **given: str) -> bytes:
    made_ = node.case_desk.export(lead(node), name, given, language="es")
    with made_.file:
        data = made_.file.read()
    assert len(data) == made_.size
    return data


def test_a_package_holds_the_case_and_is_sealed(node: Node) -> None:
    name = opened(node, kind="alert", item=alert(node)).row.id
    kept, sealed = b"photo for the package", b"sealed photo"
    take_in(node, name, kept, "<b>one</b>.jpg")
    view = take_in(node, name, sealed, "two.jpg")
    go(node, name, "seal", of=view.evidence[1].name, seal="S-1", reason="court")
    go(node, name, "note", text="<script>alert(1)</script>")
    data = packed(node, name, to="prosecutor", why="file 12/26")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names, page = archive.namelist(), archive.read("case.html").decode()
        manifest, told = json.loads(archive.read("manifest.json")), archive.read("case.json")
        assert archive.read(f"evidence/{view.evidence[0].sha256}") == kept
    assert names == ["case.json", "case.html", f"evidence/{view.evidence[0].sha256}",
                     "manifest.json"]  # fmt: skip
    assert [(one["state"], bool(one["path"])) for one in manifest["evidence"]] == [
        ("kept", True), ("sealed", False),
    ]  # fmt: skip
    assert sealed not in data and b"two.jpg" in told
    assert "<script" not in page and "&lt;script&gt;" in page and "Historial" in page
    assert page.count("http-equiv") == 1 and "default-src 'none'" in page
    assert json.loads(told)["moves"] == []
    good, members = node.case_desk.verify_package(lead(node), name, io.BytesIO(data), "c.zip")
    assert good and {one.result.code for one in members} == {"intact"}
    assert custody(node, name) == [["take_in", "read"], ["take_in", "seal"]]
    assert "export" in [step.move.code for step in node.case_desk.show(lead(node), name).steps]


def changed(data: bytes, how: str) -> bytes:
    """Return a package with one member changed, dropped or added, its manifest made to fit or not."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            raw = old.read(info.filename)
            if how == "dropped" and info.filename == "case.html":
                continue
            if how == "altered" and info.filename == "case.json":
                raw = raw.replace(b"Altamira", b"Altimira")
            if how == "resealed" and info.filename == "manifest.json":
                raw = raw.replace(b'"made"', b' "made"')
            new.writestr(info.filename, raw)
        if how == "added":
            new.writestr("more.txt", b"x")
    return out.getvalue()


def test_a_changed_package_is_found(node: Node) -> None:
    name = opened(node).row.id
    take_in(node, name, b"photo %s" % name.encode())
    data = packed(node, name)
    for how, sealed, result in (("altered", True, "altered"), ("dropped", True, "missing"),
                                ("added", True, "added"), ("resealed", False, "intact")):  # fmt: skip
        good, members = node.case_desk.verify_package(
            lead(node), name, io.BytesIO(changed(data, how)), "c.zip"
        )
        assert (good, result in {one.result.code for one in members}) == (sealed, True), how
    for bad in (b"", b"PK", data[:-30], zipped({}), zipped({"manifest.json": b"{}"})):
        with pytest.raises(InputError, match=r"c\.zip"):
            node.case_desk.verify_package(lead(node), name, io.BytesIO(bad), "c.zip")
    with pytest.raises(InputError, match="another case"):
        node.case_desk.verify_package(lead(node), opened(node).row.id, io.BytesIO(data), "c.zip")


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        for name, data in members.items():
            new.writestr(name, data)
    return out.getvalue()


# --- erasure ------------------------------------------------------------------------------------


def test_an_erased_record_leaves_the_case_and_the_history_says_so(tmp_path: Path) -> None:
    node = made(tmp_path)
    row = worlds.queue_of(node, lead(node))[0]
    view = opened(node, kind="alert", item=row.alert_id, why="JUAN PEREZ again")
    name, item = view.row.id, view.items[0].name
    go(node, name, "note", of=item, text="JUAN PEREZ signed it")
    go(node, name, "task", of=item, task="ask JUAN PEREZ", member="analyst", due=DUE)
    take_in(node, name, b"JUAN PEREZ his passport", of=item)
    before = go(node, name, "note", text="of the whole case")
    node.erase(node.administrator(), row.subject_id, reason="court order")
    view = node.case_desk.show(lead(node), name)
    assert b"PEREZ" not in json.dumps(view_of(view)).encode()
    assert [(s.move.code, s.by, s.at) for s in view.steps] == [
        (s.move.code, s.by, s.at) for s in before.steps
    ]
    assert {s.move.code for s in view.steps if s.erased} == {"put", "note", "task", "take_in"}
    assert [step.erased for step in view.notes] == [True, False]
    assert (view.items[0].erased, view.items[0].id, view.items[0].title) == (True, "", "")
    assert (view.tasks[0].erased, view.tasks[0].task, view.evidence[0].erased) == (True, "", True)
    assert view.version != before.version
    assert node.case_desk.of_item(lead(node), "alert", row.alert_id).cases == ()
    node.store.scrub()
    for path in node.folder.rglob("*"):
        assert not path.is_file() or b"PEREZ" not in path.read_bytes(), path
    assert node.check() == []
    node.close()


def view_of(view: Any) -> Any:
    return msgspec.to_builtins(view)


def test_bytes_that_another_step_stands_for_stay_when_one_is_erased(tmp_path: Path) -> None:
    node = made(tmp_path)
    one, other = opened(node).row.id, opened(node).row.id
    step = take_in(node, one).steps[-1]
    file = take_in(node, other).evidence[0]
    node.erase(node.administrator(), step.record, reason="taken in twice")
    assert node.vault.path(file.sha256).read_bytes() == PHOTO
    assert node.case_desk.verify(lead(node), other)[0].result.code == "intact"
    last = node.case_desk.show(lead(node), other).steps[-1]
    node.erase(node.administrator(), last.record, reason="court order")
    assert set(node.vault.path(file.sha256).read_bytes()) == {0}
    came = worlds.cuscar(("B7", "OTRA FIRMA SA", "TEA"))
    worlds.take_in(node, "b7.edi", came)
    third = opened(node).row.id
    step = take_in(node, third, came).steps[-1]
    node.erase(node.administrator(), step.record, reason="it is at intake already")
    digest = step.recorded[1].value
    assert node.vault.path(digest).read_bytes() == came
    assert node.check() == []
    node.close()


def test_a_closed_case_is_erased_when_its_time_has_run_out(tmp_path: Path) -> None:
    node = made(tmp_path)
    name, still = opened(node).row.id, opened(node).row.id
    file = take_in(node, name).evidence[0]
    go(node, name, "close", **CLOSED)
    days = node.settings.case_kept_days
    last = (NOW.date() + dt.timedelta(days=days)).isoformat()
    assert node.case_desk.due(last) == frozenset()
    assert node.purge(node.administrator(), last) == 0
    over = (NOW.date() + dt.timedelta(days=days + 1)).isoformat()
    due = node.case_desk.due(over)
    assert len(due) == 7  # the steps open, name, take_in and close, and what three wrote down
    assert node.purge(node.administrator(), over) >= len(due)
    with pytest.raises(NotFound):
        node.case_desk.show(lead(node), name)
    assert node.case_desk.show(lead(node), still).row.title == NAMED["title"]
    assert set(node.vault.path(file.sha256).read_bytes()) == {0}
    assert node.check() == []
    node.close()


def test_a_case_goes_with_the_backup(tmp_path: Path) -> None:
    node = made(tmp_path / "a")
    name = opened(node).row.id
    take_in(node, name)
    node.backup(tmp_path / "b.tar")
    fresh = worlds.make(tmp_path / "c")
    fresh.restore(tmp_path / "b.tar")
    assert fresh.case_desk.show(lead(fresh), name).row.title == NAMED["title"]
    assert [one.result.code for one in fresh.case_desk.verify(lead(fresh), name)] == ["intact"]
    node.close()
    fresh.close()


def test_killed_at_random_moments_every_step_has_its_bytes_and_none_is_lost(tmp_path: Path) -> None:
    """About 5 s of CPU in the processes that are killed."""
    node = worlds.make(tmp_path)
    name = node.case_desk.open(node.operator(), NAMED).row.id
    chance, acknowledged = random.Random(20261127), set()
    for number in range(4):
        moment = chance.uniform(0.02, 0.4)
        asked = [sys.executable, str(CHILD), str(node.folder), name, f"{moment}", f"{number}000"]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        assert done.returncode < 0, done.stderr  # ended by the signal
        acknowledged |= {f"{line}.jpg" for line in done.stdout.split()}
        kept = {file.file for file in node.case_desk.show(node.operator(), name).evidence}
        assert kept >= acknowledged
        assert {one.result.code for one in node.case_desk.verify(node.operator(), name)} <= {
            "intact"
        }
    assert acknowledged
    assert node.check() == []
    left = list((node.folder / "vault").glob("incoming-*"))
    for path in left:
        os.utime(path, (0, 0))
    node.case_desk.settle()
    assert not list((node.folder / "vault").glob("incoming-*"))
    node.close()


def test_bytes_that_no_step_names_are_removed_after_a_day_and_no_others(tmp_path: Path) -> None:
    node = made(tmp_path)
    view = opened(node)
    kept = take_in(node, view.row.id).evidence[0].sha256
    case_evidence.keep(node.vault, "a", io.BytesIO(b"refused, whole"), limit=99)
    sources = {one.sha256 for one in _sources(node)}
    old, young = set(node.vault.untouched(0)) - sources, b"on its way"
    assert len(old) == 1
    for sha256 in (*old, kept):
        os.utime(node.vault.path(sha256), (0, 0))
    fresh = case_evidence.keep(node.vault, "b", io.BytesIO(young), limit=99).sha256
    node.case_desk.settle()
    assert set(node.vault.untouched(0)) == sources | {fresh}
    assert node.check() == []
    os.utime(node.vault.path(fresh), (0, 0))
    node.case_desk.settle()  # once a day is enough
    assert node.vault.path(fresh).exists()
    node.case_desk.now = lambda: NOW + dt.timedelta(days=1)
    node.case_desk.settle()
    assert set(node.vault.untouched(0)) == sources
    node.close()


def _sources(node: Node) -> list[Any]:
    with node.store.read() as connection:
        return list(connection.execute(sa.select(source)))
