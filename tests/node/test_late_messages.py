"""A manifest that arrives after its amendment or cancellation is kept, told of, and not in force."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import permutations
from pathlib import Path
from typing import Any, Final

import pytest

import worlds
from esclusa.casework.sentences import translated
from esclusa.intake.batches import Held
from esclusa.model import Level, Marking
from esclusa.node import Node
from esclusa.node.order_notes import LATE, UNKNOWN
from esclusa.sharing.views import QueueFilter, SourceView

SECRET: Final = Marking(level=Level.SECRET)
SAMPLES: Final = ("manifest-northreach-0412.edi", "manifest-northreach-0412-amendment.edi")
BILL: Final = "NRLN04120044"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = worlds.make(tmp_path_factory.mktemp("late") / "node")
    worlds.with_list(made, "own_public", ("p1", "OTRA FIRMA"))
    yield made
    made.close()


def cuscar(bill: str, day: str, function: str, consignee: str) -> bytes:
    """Return a manifest of one bill, prepared at noon of a day in November."""
    data = worlds.cuscar((bill, consignee, "BANANAS"), function=function)
    return data.replace(b"261123:1200", f"2611{day}:1200".encode()).replace(
        b"UNH+1+", f"UNH+{bill}D{day}+".encode()
    ).replace(b"+1'UNZ", f"+{bill}D{day}'UNZ".encode())  # fmt: skip


def manifest_309(bill: str, day: str, function: str, consignee: str) -> bytes:
    """Return an X12 309 of one bill, prepared at noon of a day in November."""
    action = {"9": "", "4": "", "1": f"M13*NRLN**D*{bill}*1*CTN~"}[function]
    kind = {"9": "W", "4": "X", "1": "X"}[function]
    body = (
        f"ST*309*00{day}~M10*NRLN*O*PA*9074729*NORTHREACH STAR*0412W*000412*1*{kind}*L~"
        f"P4*5201*20261201*1~LX*1~{action}M11*{bill}*CNSHA*10*CTN*7500*K****SHANGHAI**NRLN~"
        f"N1*SH*ALTAMIRA EXPORT LTD~N1*CN*{consignee}~"
        f"VID*4B*NRXU*3570937*NR516968*****42G1*L~N10*10*BANANAS**J***K*7500~"
    )
    return (
        "ISA*00*          *00*          *02*NRLN           *ZZ*MARISOLCUSTOMS "
        f"*2611{day}*1200*U*00401*0000004{day}*0*P*>~GS*SO*NRLN*MARISOLCUSTOMS*202611{day}*1200"
        f"*4{day}*X*004010~{body}SE*{body.count('~') + 1}*00{day}~GE*1*4{day}~IEA*1*0000004{day}~"
    ).encode()


def take(node: Node, data: bytes, name: str, marking: Marking | None = None) -> SourceView:
    source = worlds.take_in(node, name, data, marking=marking)
    return node.source(worlds.cleared(node), source)


def notes(view: SourceView, code: str) -> list[str]:
    return [defect.reason for defect in view.defects if defect.code == code]


def in_force(node: Node, bill: str) -> tuple[object, ...]:
    """Return what is said of a bill, nothing if it is withdrawn, and the alerts that stand on it."""
    who = worlds.reader(node)
    rows = node.search(who, bill, kind="consignment").rows
    said = [
        {fact.path: fact.value for fact in node.record(who, row.record_id).facts} for row in rows
    ]
    names = sorted(value for facts in said for path, value in facts.items() if "name" in path)
    alerts = node.queue(who, QueueFilter(state="all", limit=200)).rows
    told = sorted(
        (row.title.replace(bill, "BILL"), row.score, row.state) for row in alerts
        if bill in row.title and row.state != "withdrawn"
    )  # fmt: skip
    return tuple(names), tuple(told)


@pytest.mark.parametrize("made", [cuscar, manifest_309], ids=["cuscar", "309"])
def test_every_order_of_arrival_ends_in_one_state(
    node: Node, made: Callable[[str, str, str, str], bytes]
) -> None:
    """An original, its amendment, and with them a cancellation: what is in force, and the alerts
    on it, are the same whatever comes first."""
    for functions in (("9", "4"), ("9", "4", "1")):
        ends = []
        for number, order in enumerate(permutations(range(len(functions)))):
            bill = f"NR{made.__name__[0].upper()}{len(functions)}{number}"
            sent = [
                made(bill, str(20 + place), function, ("LINO SA", *["OTRA FIRMA SA"] * 2)[place])
                for place, function in enumerate(functions)
            ]
            views = [take(node, sent[place], "m.edi") for place in order]
            late = sum(view.counts.get("late", 0) for view in views)
            assert (late > 0) is (list(order) != sorted(order)), order
            assert all(bool(view.counts.get("late")) is bool(notes(view, LATE)) for view in views)
            ends.append(in_force(node, bill))
        assert ends == [ends[0]] * len(ends)
        assert all(map(bool, ends[0])) is ("1" not in functions)


def test_the_samples_bill_keeps_its_amended_consignee(tmp_path: Path) -> None:
    worlds_of = []
    for names in (SAMPLES, SAMPLES[::-1]):
        node = worlds.make(tmp_path / names[0])
        views = [take(node, worlds.sample(name), name) for name in names]
        worlds_of.append(in_force(node, BILL))
        node.close()
    assert worlds_of[0] == worlds_of[1]
    assert worlds_of[0][0]
    note, *others = notes(views[-1], LATE)
    assert note.startswith(
        "prepared 2026-04-13T10:15:00, before message NR0412B1 (2026-04-16T02:40:00) of the same sender, "
        "which arrived first: kept, not in force; statements concerned: "
    )
    told = [int(one.rpartition(" ")[2]) for one in (note, *others)]
    assert sum(told) == views[-1].counts["late"]
    assert translated(note).startswith("preparado 2026-04-13T10:15:00, antes del mensaje NR0412B1 ")
    assert views[-1].counts["defects"] == len(views[-1].defects)


def test_the_same_late_file_again_changes_nothing(node: Node) -> None:
    take(node, cuscar("AGAIN", "22", "4", "LINO SA"), "amended.edi")
    late = cuscar("AGAIN", "20", "9", "OTRA FIRMA SA")
    assert take(node, late, "late.edi").counts["late"] == 1
    again = take(node, late + b"\r\n", "late again.edi")
    assert (again.counts.get("late", 0), notes(again, LATE)) == (0, [])
    assert again.counts["unchanged"] == again.counts["statements"]


def test_a_late_original_goes_when_the_bill_is_erased(node: Node) -> None:
    take(node, cuscar("GONE", "22", "4", "LINO SA"), "amended.edi")
    late = take(node, cuscar("GONE", "20", "9", "SALINAS DEL ESTE SA"), "late.edi")
    (row,) = node.search(worlds.reader(node), "GONE", kind="consignment").rows
    node.erase(node.administrator(), row.record_id, reason="asked for")
    assert not node.search(worlds.reader(node), "GONE", kind="consignment").rows
    with node.store.read() as connection:
        held = connection.exec_driver_sql(
            "SELECT sha256 FROM source WHERE id = ?", (late.id,)
        ).scalar_one()
    assert b"SALINAS" not in node.vault.path(held).read_bytes()


def test_no_file_that_said_an_erased_bill_again_keeps_its_words(node: Node) -> None:
    """Sent again in other bytes; late and again; and once more after the erasure."""
    amended = cuscar("TWICE", "22", "4", "LINO SALADO SA")
    late = cuscar("TWICE", "20", "9", "LINO SALADO DEL ESTE SA")
    files = (amended, amended + b"\r\n", late, late + b"\r\n")
    for data in files:
        take(node, data, "m.edi")
    (row,) = node.search(worlds.reader(node), "TWICE", kind="consignment").rows
    assert len(holding(node, b"LINO SALADO")) == len(files)
    node.erase(node.administrator(), row.record_id, reason="asked for")
    assert not holding(node, b"LINO SALADO")
    take(node, amended, "m.edi")
    assert not holding(node, b"LINO SALADO")


def holding(node: Node, words: bytes) -> list[Path]:
    """Return the files in custody that hold some words."""
    files = (path for path in node.vault.folder.rglob("*") if path.is_file())
    return [path for path in files if words in path.read_bytes()]


def test_a_held_original_that_is_read_again_stays_below_its_amendment(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message in quarantine is the common way to come late."""
    broken = cuscar("HELD", "20", "9", "OTRA FIRMA SA")
    with monkeypatch.context() as patch:
        patch.setattr("esclusa.intake.batches._Collector.take", _hold)
        view = take(node, broken, "held.edi")
    (held,) = view.quarantine
    take(node, cuscar("HELD", "22", "4", "LINO SA"), "amended.edi")
    before = in_force(node, "HELD")
    view = node.retry(worlds.cleared(node), held.id)
    assert in_force(node, "HELD") == before
    assert len(notes(view, LATE)) == 1
    assert view.counts["defects"] == len(view.defects)


def _hold(collector: Any, item: Any) -> None:
    """Put a message into quarantine, as if no reader understood it yet."""
    collector.items += 1
    collector.held.append(
        Held(offset=item.offset, length=item.length, message=item.reference, reason="not yet")
    )


def test_what_brings_back_a_cancelled_bill_without_a_time_is_told(node: Node) -> None:
    take(node, cuscar("BACK", "22", "1", "LINO SA"), "cancelled.edi")
    timeless = cuscar("BACK", "20", "9", "LINO SA").replace(b"261120:1200", b":")
    view = take(node, timeless, "timeless.edi")
    (note,) = notes(view, UNKNOWN)
    assert note.startswith("states again what message BACKD22 had cancelled")
    assert translated(note).startswith("declara de nuevo lo que el mensaje BACKD22 ")
    assert in_force(node, "BACK")[0]


def test_no_note_tells_of_a_message_under_another_marking(tmp_path: Path) -> None:
    """The open file is told what it is told in a world without the secret one."""
    told = []
    for secret in (False, True):
        node = worlds.make(tmp_path / str(secret))
        if secret:
            take(node, cuscar("HUSH", "22", "4", "GHOST FIRM"), "secret.edi", marking=SECRET)
            take(node, cuscar("HUSH", "19", "9", "LINO SA"), "late.edi", marking=SECRET)
        source = worlds.take_in(node, "open.edi", cuscar("HUSH", "20", "9", "LINO SA"))
        view = node.source(worlds.reader(node), source)
        told.append((view.counts, view.defects, in_force(node, "HUSH")))
        node.close()
    assert told[0] == told[1]
    assert not told[0][1]
