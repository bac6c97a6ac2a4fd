"""A node with a day of bills at a port, drawn and examined, for tests of selection and its report.

    node = selected_node(folder)                  # open records alone
    node = selected_node(folder, secret=True)     # and secret ones, with a secret sheet of their own

Sixty bills arrive on one day; twelve are known from the weeks before. About one CPU second a node.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import worlds
from esclusa.ledger import records
from esclusa.ledger.records import Draft
from esclusa.model import (
    Alert,
    Consignment,
    Examination,
    Finding,
    GoodsItem,
    Level,
    Marking,
    Party,
    Place,
    Reason,
    TransportEquipment,
)
from esclusa.node import Node
from esclusa.sharing.reader import Reader, Role

PORT = "PABLB"
DAY = "2026-04-06"
NAME = f"{PORT}/{DAY}/A"
CAPACITY = 12
NOW = dt.datetime(2026, 4, 6, 5, tzinfo=dt.UTC)
LATER = dt.datetime(2026, 4, 9, 5, tzinfo=dt.UTC)
HIDDEN = "FANTASMA OCULTO SA"
"""An importer that only secret records name."""


def supervisor(node: Node, **more: object) -> Reader:
    """Return a supervisor of the node."""
    return worlds.reader(node, **{"role": Role.SUPERVISOR, "name": "sol", **more})


def cleared(node: Node) -> Reader:
    """Return a supervisor who knows the secrets."""
    return supervisor(node, name="bea", clearance=Level.SECRET)


def at(node: Node, moment: dt.datetime) -> None:
    """Set the clocks of selection and report."""
    node.selection_desk.now = node.report_desk.now = lambda: moment


def filled_node(folder: Path, *, secret: bool = False) -> Node:
    """Return a node with bills, before anything is drawn."""
    node = worlds.make(folder)
    fill(node, Marking(), "PZ", "IMPORTADORA")
    if secret:
        fill(node, worlds.SECRET, "QX", HIDDEN)
    at(node, NOW)
    return node


def selected_node(folder: Path, *, secret: bool = False, seed: bytes = bytes(range(32))) -> Node:
    """Return a node with a day drawn, changed, examined and revealed; see the top."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "selection.key").write_bytes(seed)
    node = filled_node(folder, secret=secret)
    play(node, supervisor(node), Marking())
    if secret:
        play(node, cleared(node), worlds.SECRET, level=Level.SECRET)
    return node


def play(node: Node, reader: Reader, marking: Marking, *, level: int | None = None) -> None:
    """Commit, draw, change, examine and reveal."""
    desk = node.selection_desk
    at(node, NOW)
    made = desk.commit(reader, port=PORT, day=DAY, shift="A", capacity=CAPACITY, level=level)
    desk.draw(reader, made.name)
    view = desk.show(reader, made.name)
    off = next(row for row in view.rows if row.lane == "value")
    on = next(row for row in view.rows if row.lane == "none")
    desk.swap(reader, made.name, out=off.subject_id, taken=on.subject_id, reason="box not unloaded")
    view = desk.show(reader, made.name)
    exams = [
        examination(row.title, number, found=number % 4 == 0)
        for number, row in enumerate(row for row in view.rows if row.now)
    ]
    keep(node, marking, exams, LATER)
    desk.reveal(reader, made.name)
    at(node, LATER + dt.timedelta(days=1))


def fill(node: Node, marking: Marking, carrier: str, importer: str) -> None:
    """Put bills under a marking, with alerts on every fifth: one by a list, others by a rule."""
    before = [bill(carrier, importer, number, "2026-03-10") for number in range(60, 72)]
    keep(node, marking, before, dt.datetime(2026, 3, 9, 6, tzinfo=dt.UTC))
    told = [
        examination(f"{carrier} B{number}", 100 + number, found=number % 3 == 0)
        for number in range(60, 68)
    ]
    keep(node, marking, told, dt.datetime(2026, 3, 12, 6, tzinfo=dt.UTC))
    now = [bill(carrier, importer, number, DAY) for number in range(60)]
    names = keep(node, marking, now, dt.datetime(2026, 4, 4, 6, tzinfo=dt.UTC))
    alerts = [alert(name, number) for number, name in enumerate(names) if number % 5 == 0]
    keep(node, marking, alerts, dt.datetime(2026, 4, 4, 7, tzinfo=dt.UTC))


def keep(node: Node, marking: Marking, bodies: list, moment: dt.datetime) -> list[str]:
    """Write records and return their ids."""
    label = node.labels.intern(node.agency, marking)
    drafts = [Draft(body=body, originator=node.agency, label_id=label) for body in bodies]
    with node.store.write() as connection:
        made = records.append(connection, drafts, recorded=_text(moment))
    return [one.id for one in made]


def bill(carrier: str, importer: str, number: int, arrival: str) -> Consignment:
    """Return a made-up bill to the port."""
    return Consignment(
        carrier=carrier, bill=f"B{number}", load_port=Place(code=("COCTG", "ECGYE")[number % 2]),
        discharge_port=Place(code=PORT), arrival=arrival,
        parties=(
            Party(role="consignee", name=f"{importer} {number % 9}", country=("PA", "CR")[number % 2]),
            Party(role="agent", name=f"AGENCIA {number % 4}"),
        ),
        equipment=(TransportEquipment(number=f"MARU{1000000 + number}"),),
        goods=(GoodsItem(description="BANANAS", value=1000.0 + 300 * number, currency="USD"),),
    )  # fmt: skip


def alert(subject: str, number: int) -> Alert:
    """Return an alert: of a list for the first and thirtieth, of a rule for the others."""
    listed = number % 30 == 0
    return Alert(
        subject_id=subject, subject_kind="consignment", score=10.0 + number, title=f"B{number}",
        reasons=(
            Reason(
                source="list" if listed else "rule", code="marisol:7" if listed else "C06",
                version="1", points=10.0 + number, text_en="Said.", text_es="Dicho.",
            ),
        ),
    )  # fmt: skip


def examination(title: str, number: int, *, found: bool) -> Examination:
    """Return what came of looking into a bill, named by the title of its record."""
    carrier, bill_number = title.split()[:2]
    return Examination(
        agency=f"{carrier}EX", number=f"E{number}", result="found" if found else "nothing_found",
        carrier=carrier, bills=(bill_number,), started="2026-04-07T08:00:00Z",
        completed="2026-04-07T09:00:00Z", reported="2026-04-07T10:00:00Z",
        methods=("physical_full",), findings=(Finding(category="drugs"),) if found else (),
    )  # fmt: skip


def _text(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
