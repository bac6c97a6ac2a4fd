"""A small world of casework whose figures were worked out by hand, with or without a secret.

    node = node_of(folder)                  # what everybody may know
    node = node_of(folder, secret=True)     # and alerts, matches, files … that few may know

Everything happens in the spring of 2026, in a few figures in March 2025; nothing asks the clock.
About half a CPU second a node.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import sqlalchemy as sa

import worlds
from esclusa.casework.alerts import ANALYSIS, next_move
from esclusa.ledger import audit, queue, records
from esclusa.ledger.records import Draft
from esclusa.ledger.schema import quarantine, record, source
from esclusa.model import (
    Alert,
    AlertMove,
    Body,
    Consignment,
    Examination,
    Finding,
    Level,
    Marking,
    MatchDecision,
    PartyFacts,
    Reason,
    Recorded,
    ReferralMove,
    ReferralSubject,
    Said,
    kind_of,
    natural_key,
    record_id,
)
from esclusa.node import Node
from esclusa.sharing.reader import Reader, Role

US, THEM, OTHERS = "marisol", "northreach", "altamira"
NOW = dt.datetime(2026, 4, 9, 5, tzinfo=dt.UTC)
HIDDEN = "FANTASMA OCULTO SA"
"""A name that stands in secret records alone."""

Step = tuple[str, str, str, str]
"""Move, moment, who, and verdict."""

ALERTS: dict[str, tuple[str, str, tuple[Step, ...]]] = {
    "A1": ("consignment", "2026-03-01T00:00:00", (
        ("verdict", "2026-03-01T10:00:00", "ana", "refer"),)),
    "A2": ("consignment", "2026-02-27T00:00:00", (
        ("claim", "2026-02-28T00:00:00", "ana", ""),
        ("verdict", "2026-03-02T00:00:00", "ana", "explained"))),
    "A3": ("consignment", "2026-03-31T23:59:59", (
        ("claim", "2026-04-01T00:00:00", "bea", ""),)),
    "A4": ("consignment", "2026-03-05T00:00:00", (
        ("verdict", "2026-03-06T00:00:00", "ana", "explained"),
        ("undo", "2026-03-06T01:00:00", "ana", ""))),
    "A5": ("traveller", "2026-03-10T00:00:00", (
        ("verdict", "2026-03-11T00:00:00", "ana", "refer"),
        ("reopen", "2026-03-20T00:00:00", ANALYSIS, ""),
        ("verdict", "2026-03-20T06:00:00", "ana", "duplicate"))),
    "A6": ("consignment", "2026-02-10T00:00:00", (
        ("verdict", "2026-02-12T00:00:00", "ana", "other_party"),
        ("reopen", "2026-02-28T00:00:00", ANALYSIS, ""),
        ("verdict", "2026-03-01T00:00:00", "ana", "explained"))),
    "A7": ("consignment", "2025-03-15T00:00:00", (
        ("verdict", "2025-03-15T01:00:00", "ana", "refer"),)),
}  # fmt: skip
"""Alerts by name: kind of the subject, when raised, moves."""
SECRET_ALERTS: dict[str, tuple[str, str, tuple[Step, ...]]] = {
    # What rests on secrets says more of A1 than everybody may know, and was decided otherwise.
    "A1": ("consignment", "2026-03-01T00:00:00", (
        ("verdict", "2026-03-02T00:00:00", "bea", "inform"),)),
    "A9": ("consignment", "2026-03-03T00:00:00", (
        ("verdict", "2026-03-04T00:00:00", "bea", "refer"),)),
}  # fmt: skip
MATCHES = (
    ("M1", "2026-03-02T08:00:00Z", "not_the_same"), ("M2", "2026-03-03T08:00:00Z", "not_the_same"),
    ("M3", "2026-03-04T08:00:00Z", "the_same"), ("M4", "2026-03-05T08:00:00Z", "cannot_tell"),
    ("M5", "2026-02-05T08:00:00Z", "the_same"),
)  # fmt: skip
"""Matches by name: when decided, and how; M6 was decided in March and taken back."""
BILLS = ("B1", "B2", "B3", "B4", "B5")
EXAMS = (
    # number, bill, lane, result, completed, event
    ("E1", "B1", "value", "found", "2026-03-05T10:00:00Z", "V1"),
    ("E1b", "B1", "value", "found", "2026-03-05T11:00:00Z", "V1"),  # the same opening, told twice
    ("E2", "B2", "value", "nothing_found", "2026-03-06T10:00:00Z", ""),
    ("E3", "B3", "control_random", "nothing_found", "2026-03-07T10:00:00Z", ""),
    ("E4", "B4", "control_random", "inconclusive", "2026-03-08T10:00:00Z", ""),
    ("E5", "B5", "mandatory", "nothing_found", "2026-02-08T10:00:00Z", ""),
)
RULES = {"B1": ("C05", "C07"), "B2": ("C05",), "B3": (), "B4": ("C05",), "B5": ("C05",)}
"""The rules that speak in the alert on each bill."""


def supervisor(node: Node, **more: object) -> Reader:
    """Return a supervisor of the node."""
    return worlds.reader(node, **{"role": Role.SUPERVISOR, "name": "sol", **more})


def cleared(node: Node) -> Reader:
    """Return a supervisor who knows the secrets."""
    return supervisor(node, name="bea", clearance=Level.SECRET)


def node_of(folder: Path, *, secret: bool = False, database: str = "") -> Node:
    """Return the node of this world, with secrets when asked to."""
    node = worlds.make(folder, database)
    node.report_desk.now = node.casework_reports.now = lambda: NOW
    label = node.labels.intern(US, Marking(level=Level.OFFICIAL))
    hidden = node.labels.intern(US, Marking(level=Level.SECRET))
    host = Marking(level=Level.OFFICIAL, releasable_to=frozenset({US}))
    theirs = {one: node.labels.intern(one, host) for one in (THEM, OTHERS)}
    book = Book()
    with node.store.write() as connection:
        for name, (kind, at, steps) in ALERTS.items():
            _alert(book, label, name, kind, at, steps)
        for name, at, outcome in MATCHES:
            _match(book, label, name, at, outcome)
        _match(book, label, "M6", "2026-03-06T08:00:00Z", "the_same", back="2026-03-07T08:00:00Z")
        _openings(book, label)
        _referrals(book, label, theirs)
        _file(connection, label, "f1", "2026-03-02T00:00:00Z", "edifact", messages=4, defects=3)
        _file(connection, label, "f2", "2026-03-09T00:00:00Z", "edifact", messages=1, quarantined=1)
        _file(connection, label, "f3", "2026-03-31T23:59:59Z", "", state="refused")
        _file(connection, label, "f4", "2026-02-28T23:59:59Z", "wco", messages=2)
        if secret:
            for name, (kind, at, steps) in SECRET_ALERTS.items():
                _alert(book, hidden, name, kind, at, steps, breadth=2)
            _match(book, hidden, "M1", "2026-03-02T09:00:00Z", "the_same")
            _match(book, hidden, "M9", "2026-03-02T09:00:00Z", "the_same")
            _exam(book, hidden, "E9", "B4", "value", "found", "2026-03-08T10:00:00Z", "")
            _file(connection, hidden, "f9", "2026-03-02T00:00:00Z", "edifact", messages=9)
            _log(connection, "secret-record", "exchange:grant:sent", "2026-03-03T00:00:00Z")
        book.write(connection)
    return node


class Book:
    """What is to be written, in the order of its time: as a ledger has it."""

    def __init__(self) -> None:
        self._drafts: list[tuple[str, Draft]] = []
        self._alerts: list[tuple[str, int, dict[str, object]]] = []

    def put(self, body: Body, label: int, at: str, **more: object) -> str:
        """Enter a statement at a moment, and return the id that it will have."""
        values = {"originator": US, "label_id": label, "valid_time": at, **more}
        self._drafts.append((at, Draft(body=body, **values)))  # type: ignore[arg-type]
        return record_id(str(values["originator"]), kind_of(body), natural_key(body))

    def queue(self, name: str, label: int, row: dict[str, object]) -> None:
        """Enter an alert's row in the queue."""
        self._alerts.append((name, label, row))

    def write(self, connection: sa.Connection, *, now: bool = False) -> None:
        """Write all of it; ``now``: as recorded at present, whatever it is about."""
        for at, draft in sorted(self._drafts, key=lambda one: _micro(one[0])):
            records.append(connection, [draft], recorded="" if now else _micro(at))
        for name, label, row in self._alerts:
            found = sa.select(record.c.seq).where(record.c.id == name, record.c.label_id == label)
            seq = connection.execute(found).scalar_one()
            queue.put(connection, [{**row, "alert_id": name, "label_id": label, "seq": seq}])


def _micro(at: str) -> str:
    """Return a moment as the ledger writes it."""
    return at.removesuffix("Z") + ".000000Z"


def told_late(node: Node) -> None:
    """Report, long after, an opening of March that nobody had told of."""
    book, label = Book(), node.labels.intern(US, Marking(level=Level.OFFICIAL))
    _exam(book, label, "E6", "B5", "value", "found", "2026-03-30T10:00:00Z", "")
    with node.store.write() as connection:
        book.write(connection, now=True)


def subject_of(name: str) -> str:
    """Return the id of the consignment that a bill states."""
    return record_id(US, "consignment", f"NRCH/{name}")


def alert_id(name: str) -> str:
    """Return the id of an alert of this world."""
    return record_id(US, "alert", subject_of(name))


def _alert(
    book: Book, label: int, name: str, kind: str, at: str, steps: tuple[Step, ...],
    *, breadth: int = 1, rules: tuple[str, ...] = (),
) -> None:  # fmt: skip
    title = HIDDEN if breadth > 1 else f"NRCH {name}"
    reasons = tuple(
        Reason(source="rule", code=rule, version="1", points=10, text_en=rule, text_es=rule)
        for rule in rules
    )
    body = Alert(subject_id=subject_of(name), subject_kind=kind, score=10, title=title,
                 reasons=reasons)  # fmt: skip
    named = book.put(body, label, at)
    moves: list[AlertMove] = []
    for move, moment, by, verdict in steps:
        made = next_move(moves, alert_id=named, move=move, by=by, at=_micro(moment),
                         verdict=verdict, reason="as told" if verdict else "")  # fmt: skip
        moves.append(made)
        book.put(made, label, moment, derived_from=(named,))
    last = moves[-1] if moves else None
    book.queue(named, label, {
        "subject_id": subject_of(name), "subject_kind": kind, "source_id": "", "breadth": breadth, "title": title, "score": 10.0,
        "open": last is None or last.state in queue.OPEN_STATES,
        "state": last.state if last else "new", "claimed_by": last.claimed_by if last else "",
        "verdict": last.verdict if last else "", "port": "PAONX", "arrival": "2026-12-01",
        "created": _micro(at), "until": "",
    })  # fmt: skip


def _match(book: Book, label: int, name: str, at: str, outcome: str, back: str = "") -> None:
    facts = PartyFacts(name=HIDDEN if name == "M9" else f"FIRMA {name}")
    said = Said(outcome=outcome, by="ana", at=at, reason="seen", until="2027-01-01")
    made = MatchDecision(list_id="own", uid=name, digest="d", party=facts, number=1, move="decide",
                         by="ana", at=at, said=said)  # fmt: skip
    book.put(made, label, at)
    if back:
        undone = MatchDecision(list_id="own", uid=name, digest="d", party=facts, number=2,
                               move="undo", by="ana", at=back)  # fmt: skip
        book.put(undone, label, back)


def _openings(book: Book, label: int) -> None:
    for bill in BILLS:
        said = Consignment(carrier="NRCH", bill=bill, arrival="2026-03-05", departure="2026-02-01")
        book.put(said, label, "2026-02-01T00:00:00Z")
        # Their alerts are of the year before, so that they are in no other count of this world.
        _alert(book, label, bill, "consignment", "2024-02-01T00:00:00", (), rules=RULES[bill])
    for number, bill, lane, result, at, event in EXAMS:
        _exam(book, label, number, bill, lane, result, at, event)


def _exam(
    book: Book, label: int, number: str, bill: str, lane: str, result: str, at: str,
    event: str,
) -> None:  # fmt: skip
    found = (Finding(category="drugs", what=HIDDEN if number == "E9" else ""),)
    made = Examination(
        agency="MC", number=number, result=result, carrier="NRCH", bills=(bill,), started=at,
        completed=at, reported=at, methods=("scan",), lane=lane, event=event,
        findings=found if result == "found" else (),
    )  # fmt: skip
    book.put(made, label, at)


def _referrals(book: Book, ours: int, theirs: dict[str, int]) -> None:
    """Six that we asked in March and one in February, two that we were asked in March."""
    for name, day, host, answer in (
        ("r1", "02", THEM, ("accept", "2026-03-02T06:00:00Z")),
        ("r2", "03", THEM, ("decline", "2026-03-03T02:00:00Z")),
        ("r3", "04", OTHERS, ("decline", "2026-03-04T04:00:00Z")),
        ("r4", "05", THEM, ("expire", "2026-03-06T01:00:00Z")),
        ("r5", "06", OTHERS, None),
    ):
        _asked(book, ours, name, f"2026-03-{day}T00:00:00Z", US, host)
        if answer and answer[0] == "expire":
            _said(book, ours, name, US, host, US, 2, 0, "expire", answer[1], by="(node)")
        elif answer:
            told = () if name == "r3" else (Recorded(name="decline_code", value="no_capacity"),)
            recorded = told if answer[0] == "decline" else ()
            _said(book, theirs[host], name, US, host, host, 1, 1, *answer, recorded=recorded)
    _asked(book, ours, "r0", "2026-02-06T00:00:00Z", US, THEM)
    _asked(book, ours, "r6", "2026-03-06T00:00:00Z", US, THEM)
    _said(book, theirs[THEM], "r6", US, THEM, THEM, 1, 1, "void", "2026-03-07T00:00:00Z",
          recorded=(Recorded(name="void_code", value="bill_deleted"),))  # fmt: skip
    for name in ("q1", "q2"):
        _asked(book, theirs[THEM], name, "2026-03-08T00:00:00Z", THEM, US)
    _said(book, ours, "q1", THEM, US, US, 1, 1, "accept", "2026-03-08T03:00:00Z")
    for number, move in enumerate(("scan", "scan_anomaly", "examine", "seize"), 2):
        _said(
            book,
            ours,
            "q1",
            THEM,
            US,
            US,
            number,
            1,
            move,
            f"2026-03-08T0{number + 2}:00:00Z",
        )


def _asked(book: Book, label: int, name: str, at: str, requester: str, host: str) -> None:
    end = (dt.datetime.fromisoformat(at) + dt.timedelta(days=1)).isoformat()
    about = ReferralSubject(carrier="NRCH", bill=f"K{name.upper()}", port="PAONX")
    _said(book, label, name, requester, host, requester, 1, 0, "request", at, cut_off=end,
          subject=about)  # fmt: skip


def _said(
    book: Book, label: int, name: str, requester: str, host: str, agency: str,
    number: int, seen: int, move: str, at: str, by: str = "ana", **more: object,
) -> None:  # fmt: skip
    made = ReferralMove(
        referral=name, requester=requester, host=host, agency=agency, number=number, seen=seen,
        move=move, by=by, at=at, **more,  # type: ignore[arg-type]
    )  # fmt: skip
    book.put(made, label, at, originator=agency)


def _file(
    connection: sa.Connection, label: int, name: str, at: str, form: str, *, state: str = "done",
    **counts: int,
) -> None:  # fmt: skip
    connection.execute(source.insert().values(
        id=name, sha256=name, name=HIDDEN if name == "f9" else name, size=1, label_id=label,
        state=state, received=at, received_by="ana", mapping="", counts=json.dumps(counts),
        format=form,
    ))  # fmt: skip
    for number in range(counts.get("quarantined", 0)):
        connection.execute(quarantine.insert().values(
            id=f"{name}-{number}", source_id=name, label_id=label, offset=number, length=1,
            message="m", reason="byte 1: broken", state="held",
        ))  # fmt: skip


def _log(connection: sa.Connection, name: str, action: str, at: str) -> None:
    audit.write_line(
        connection, who="node", role="exchange", purpose="exchange", action=action, subject=name,
        detail=f"partner={THEM} originator={US} version=1", at=at,
    )  # fmt: skip
