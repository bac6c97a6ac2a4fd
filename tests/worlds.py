"""Small worlds for tests: a node in a folder, with or without a secret that some may not know.

>>> node = build(tmp_path, secret=False)          # doctest: +SKIP
>>> reader(node, clearance=Level.OFFICIAL)        # doctest: +SKIP

The secret world of :func:`build` also holds: manifests and tables with the same bills, boxes, seals
and parties as the open ones, and with others; a passenger list of the same flight; a list that names
parties and travellers of the open messages, and one that shares its id with an open list; broken
messages in quarantine; and what cleared people did with all that.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import planted_models
import rule_texts
from esclusa.errors import NotFound
from esclusa.model import EVERYONE, Level, Marking
from esclusa.node import Node
from esclusa.sharing.reader import Reader, Role
from esclusa.sharing.views import QueueFilter, QueueRow

MANIFEST = "manifest-northreach-0412.edi"
DAMAGED = "manifest-damaged.edi"
PASSENGERS = "passengers-altamira-AM218.edi"
SECRET = Marking(level=Level.SECRET)
PUBLIC = Marking(releasable_to=frozenset({EVERYONE}))

OPEN_BILLS = (
    ("B1", "ISTMO PRIMAVERA SA", "GENERAL CARGO"),
    ("B2", "OTRA FIRMA SA", "BANANAS"),
    ("B3", "SALINAS DEL ESTE SA", "BANANAS"),
)
"""No list names the third one but a secret one: its alert exists in secret alone."""
HIDDEN_BILLS = (
    ("B1", "ISTMO PRIMAVERA SA", "GENERAL CARGO HIDDEN"),
    ("B8", "GHOST FIRM", "GENERAL CARGO"),
)
LATE_BILLS = (HIDDEN_BILLS[0], ("B9", "GHOST FIRM", "GENERAL CARGO"))
MAPPING = """
id = "marisol-office"
title = "Tables of the office at pier 7"
target = "consignment"
separator = ";"

[constants]
carrier = "MRSL"

[columns]
"Referencia" = "bill"
"Consignatario" = "parties.consignee.name"
"Detalle" = "goods.description"
"""
MAPPED = b"Referencia;Consignatario;Detalle\nT1;FIRMA CUATRO SA;BANANAS\n"
"""A table that the mapping fits."""
GUESSED = b"BL;Carrier;Goods\nT2;MRSL;BANANAS\n"
OWNED = b"Ship;IMO;Registered owner;Owner since\nNORTHREACH STAR;9074729;OTRA FIRMA SA;2019-03-01\n"
"""A register of ships without a mapping: who owns the ship of the bills."""
HIDDEN_OWNED = OWNED.replace(b"OTRA FIRMA SA", b"GHOST FIRM")
HIDDEN_TABLE = MAPPED.replace(b"BANANAS", b"BANANAS HIDDEN")
EXAMINED_HEAD = (
    "Agency,Number,Result,Container,Carrier,Bills,Voyage,Vessel,Port,Started,Completed,Reported,"
    "Methods,Cause,Category,Found,Quantity,Unit,Lane,Probability,Selection,Event,New seal,Remarks\n"
)
"""Headings of the shipped mapping of examinations."""


def examined(*rows: tuple[str, ...]) -> bytes:
    """Return a table of examinations that the shipped mapping reads: (number, result, container,
    bills, lane, probability) a row; a find is of drugs."""
    lines = []
    for number, result, box, bills, lane, chance in rows:
        made = result != "not performed"
        hours = "2026-11-25T08:00Z,2026-11-25T09:00Z" if made else ","
        how = f"{'scan' if made else ''},{'' if made else 'waived'}"
        find = "drugs,PACKAGES,46,KGM" if result == "found" else ",,,"
        lines.append(f"MC,{number},{result},{box},NRCH,{bills},,,PAONX,{hours},2026-11-26T10:00Z,"
                     f"{how},{find},{lane},{chance},,,,")  # fmt: skip
    return (EXAMINED_HEAD + "\n".join(lines) + "\n").encode()


EXAMINED = examined(("E1", "nothing found", "", "B1", "control_random", "0.05"),
                    ("E2", "not performed", "", "B2", "value", "1"))  # fmt: skip
HIDDEN_EXAMINED = examined(("E1", "found", "", "B1", "value", "1"),
                           ("E3", "found", "NRXU4430056", "", "mandatory", ""),
                           ("E8", "found", "", "B8;B2", "value", "0.5"))  # fmt: skip
WORDS = (
    "GENERAL", "HIDDEN", "GHOST", "ISTMO", "B1", "B8", "BANANAS", "NORTHREACH", "NRXU4430056",
    "NR670643", "delvalle", "otra firma", "a", "E8",
)  # fmt: skip
"""Words to search for: of open records, of secret ones (HIDDEN, GHOST, B8), of both."""
NAMES = ("ISTMO PRIMAVERA SA", "OTRA FIRMA SA", "GHOST FIRM", "FABIO DELVALLE JURADO")
"""Names to screen: listed in secret, listed openly, on no list, listed in secret."""

SECRET_RULE = "S1"
"""A rule of the node's own that only the cleared may know of."""

PORT, ARRIVAL = "PAONX", "2026-12-01"
"""Where and when the bills of these worlds arrive."""
PASSWORD = "correct horse battery"
ROLES = ("analyst", "supervisor", "auditor", "administrator")
CLEARED = "bea"
"""The one who knows the secrets; the accounts named after the roles know none."""


def sample(name: str) -> bytes:
    """Return the bytes of a shipped sample."""
    return files("esclusa.samples").joinpath(name).read_bytes()


def reader(node: Node, *, clearance: Level = Level.OFFICIAL, **more: object) -> Reader:
    """Return an analyst of the node's agency."""
    values = {"name": "ana", "role": Role.ANALYST, "agency": node.agency, **more}
    return Reader(clearance=clearance, **values)  # type: ignore[arg-type]


def list_of(*entries: tuple[str, str], schema: str = "Company") -> bytes:
    """Return a list in OpenSanctions JSON lines: (id, name), of organisations if nothing is said."""
    return b"".join(
        json.dumps(
            {"id": uid, "schema": schema, "properties": {"name": [name]}}
        ).encode() + b"\n"
        for uid, name in entries
    )  # fmt: skip


def build(folder: Path, *, secret: bool, database: str = "") -> Node:
    """Return a node with open messages and lists, and with secrets among them when asked to."""
    node = make(folder, database)
    with_list(node, "own_public", ("p1", "OTRA FIRMA"))
    node.add_mapping(node.operator(), "office.toml", io.BytesIO(MAPPING.encode()))
    node.add_mapping(node.operator(), "examinations.toml", io.BytesIO(sample("examinations.toml")))
    own_rule(node)
    if secret:
        add_secrets(node)
    take_in(node, "open.edi", cuscar(*OPEN_BILLS))
    take_in(node, "manifest.edi", sample(MANIFEST))
    take_in(node, "damaged.edi", sample(DAMAGED))
    take_in(node, "flight.edi", sample(PASSENGERS))
    take_in(node, "mapped.csv", MAPPED)
    take_in(node, "guessed.csv", GUESSED)
    take_in(node, "examined.csv", EXAMINED)
    take_in(node, "owned.csv", OWNED)
    if secret:
        take_in(node, "late.edi", cuscar(*LATE_BILLS), marking=SECRET)
        work_in_secret(node)
    score_all(node, secret=secret)
    select_all(node, secret=secret)
    return node


@contextmanager
def both(folder: Path, make: Callable[..., Node] = build) -> Iterator[tuple[Node, Node]]:
    """Yield the world without secrets and the one with them, and close them.

    :param make: makes a node in a folder, with secrets when ``secret`` is true.
    """
    plain, secret = (make(folder / str(wanted), secret=wanted) for wanted in (False, True))
    yield plain, secret
    plain.close()
    secret.close()


def select_all(node: Node, *, secret: bool) -> None:
    """Propose what is opened at a port, drawn and revealed, drawn, or committed to; and in secret a
    sheet at the same place, with secret bills on it, and one at another."""
    (node.folder / "selection.key").write_bytes(bytes(32))  # one seed in both worlds
    bea, desk = reader(node, name=CLEARED, role=Role.SUPERVISOR), node.selection_desk
    for shift in ("A", "B", "C"):
        made = desk.commit(bea, port=PORT, day=ARRIVAL, shift=shift, capacity=2)
        if shift != "C":
            desk.draw(bea, made.name)
    desk.reveal(bea, f"{PORT}/{ARRIVAL}/A")
    if secret:
        top = reader(node, name=CLEARED, role=Role.SUPERVISOR, clearance=Level.SECRET)
        for shift in ("A", "S"):
            made = desk.commit(top, port=PORT, day=ARRIVAL, shift=shift, capacity=2, level=4)
            desk.draw(top, made.name)
            desk.reveal(top, made.name)


def score_all(node: Node, *, secret: bool) -> None:
    """Score every bill by a model that all may know; and in secret all anew by one that they may
    not know."""
    bea = reader(node, name=CLEARED, role=Role.SUPERVISOR)
    node.model_desk.activate(bea, planted_models.plant(node, "open"), reason="card read")
    node.score_desk.score(bea)
    if secret:
        top = reader(node, name=CLEARED, role=Role.SUPERVISOR, clearance=Level.SECRET)
        hidden = planted_models.plant(node, "hidden", marking=SECRET, intercept=-20_000)
        node.model_desk.activate(top, hidden, reason="GHOST FIRM is known to us")
        node.score_desk.score(top)


def add_secrets(node: Node) -> None:
    """Put what only a reader cleared for it may know into a node."""
    firms = (("s1", "ISTMO PRIMAVERA"), ("s2", "FIRMA CUATRO"), ("s5", "SALINAS DEL ESTE"))
    people = (("s3", "FABIO DELVALLE JURADO"), ("s4", "JULIA DELVALLE QUIJANO"))
    with_list(node, "own_secret", *firms, marking=SECRET)
    with_list(node, "own_people", *people, marking=SECRET, schema="Person")
    with_list(node, "own_public", ("p1", "OTRA FIRMA"), ("p9", "GHOST FIRM"), marking=SECRET)
    take_in(node, "hidden.edi", cuscar(*HIDDEN_BILLS), marking=SECRET)
    take_in(node, "same.edi", sample(MANIFEST), marking=SECRET)
    take_in(node, "broken.edi", sample(DAMAGED), marking=SECRET)
    take_in(node, "flight.edi", sample(PASSENGERS), marking=SECRET)
    for table in (MAPPED, GUESSED, HIDDEN_TABLE):
        take_in(node, "table.csv", table, marking=SECRET)
    rule_in_secret(node)
    take_in(node, "examined.csv", EXAMINED, marking=SECRET)
    take_in(node, "owned.csv", HIDDEN_OWNED, marking=SECRET)
    take_in(node, "owned.csv", OWNED, marking=SECRET)
    take_in(node, "examined.csv", HIDDEN_EXAMINED, marking=SECRET)


def own_rule(node: Node) -> None:
    """Bring a rule of the node's own into force that every reader may know of."""
    node.rule_desk.write(cleared(node), rule_texts.rule("N0", "PLANTAINS"))
    node.rule_desk.rehearse(cleared(node), "N0")
    node.rule_desk.approve(node.operator(), "N0", reason="asked for")


def rule_in_secret(node: Node) -> None:
    """Have the cleared analyst write and rehearse a rule that fires on open records too, and have
    it approved; and leave a draft of hers."""
    for name, word in ((SECRET_RULE, "BANANAS"), ("S2", "GENERAL")):
        text = rule_texts.rule(name, word, points=1)
        node.rule_desk.write(cleared(node), text, level=int(Level.SECRET))
        node.rule_desk.rehearse(cleared(node), name)
    node.rule_desk.approve(node.operator(), SECRET_RULE, reason="GHOST FIRM is known to us")


def add_people(node: Node) -> None:
    """Give a node one account per role, cleared for official records."""
    for role in ROLES:
        node.add_user(node.administrator(), name=role, password=PASSWORD, role=role)


def work_in_secret(node: Node) -> None:
    """Let the cleared analyst read, claim and decide what rests on secrets."""
    bea = cleared(node)
    node.search(bea, "GHOST")
    node.screen(bea, name="ISTMO PRIMAVERA")
    rows = [row for row in queue_of(node, bea) if row.level == Level.SECRET]
    for row in rows[:4]:
        node.record(bea, row.subject_id)
        node.claim(bea, row.alert_id)
    for row in rows[:2]:
        node.verdict(bea, row.alert_id, verdict="refer", reason="GHOST FIRM is known to us")


def queue_of(node: Node, who: Reader) -> tuple[QueueRow, ...]:
    """Return the first 200 alerts of any state."""
    return node.queue(who, QueueFilter(state="all", limit=200)).rows


def ids_of(node: Node) -> set[str]:
    """Return ids of records, alerts, files and held messages that a fully cleared reader finds."""
    top = cleared(node)
    found = {row.record_id for word in WORDS for row in node.search(top, word, limit=200).rows}
    for alert in queue_of(node, top):
        found |= {alert.alert_id, alert.subject_id}
        found |= {reason.record_id for reason in alert.reasons if reason.record_id}
    for file in node.sources(top):
        found |= {file.id} | {held.id for held in node.source(top, file.id).quarantine}
    return found


def only_in(secret: Node, plain: Node) -> list[str]:
    """Return the ids that a fully cleared reader finds in the one node and that are not in the other.

    A record of the other is there although no search finds it: withdrawn, say, by an earlier test.
    """
    top = cleared(plain)

    def is_there(name: str) -> bool:
        try:
            plain.record(top, name)
        except NotFound:
            return False
        return True

    return sorted(name for name in ids_of(secret) - ids_of(plain) if not is_there(name))


def cleared(node: Node) -> Reader:
    """Return the analyst who may know the secrets."""
    return reader(node, clearance=Level.SECRET, name=CLEARED)


def take_in(node: Node, name: str, data: bytes, marking: Marking | None = None) -> str:
    """Receive and process bytes; return the source's id."""
    view = node.receive(node.operator(), name, io.BytesIO(data), marking=marking)
    node.process(view.id)
    return view.id


def make(folder: Path, database: str = "") -> Node:
    """Return an empty node of Marisol's customs."""
    return Node.create(folder, agency="marisol", title="Marisol", database=database)


def with_list(
    node: Node, list_id: str, *entries: tuple[str, str], marking: Marking = PUBLIC,
    schema: str = "Company",
) -> None:  # fmt: skip
    """Bring a small list into force."""
    data = io.BytesIO(list_of(*entries, schema=schema))
    node.add_list(node.operator(), list_id, list_id, [(f"{list_id}.json", data)], marking=marking)


def cuscar(
    *bills: tuple[str, str, str], ship: str = "NORTHREACH STAR", function: str = "9"
) -> bytes:
    """Return a small CUSCAR interchange: (bill, consignee, goods) per consignment."""
    groups = []
    for number, (bill, consignee, goods) in enumerate(bills, 1):
        groups.append(
            f"CNI+{number}+{bill}'RFF+BM:{bill}'LOC+9+CNSHA:139:6'LOC+11+PAONX:139:6'"
            f"NAD+CZ+++ALTAMIRA EXPORT LTD'NAD+CN+++{consignee}'"
            f"GID+1+10:CT'FTX+AAA+++{goods}'MEA+AAE+G+KGM:12000'"
        )
    body = (
        f"BGM+85+M1+{function}'DTM+132:202612010800:203'"
        f"TDT+20+0412N+1++NRCH:172:20+++9074729:146::{ship}'" + "".join(groups)
    )
    segments = body.count("'") + 2
    return (
        "UNA:+.? 'UNB+UNOC:3+NRCH+MARISOL+261123:1200+I1'UNH+1+CUSCAR:D:95B:UN'"
        f"{body}UNT+{segments}+1'UNZ+1+I1'"
    ).encode("latin-1")


def box(bill: str, number: str, seal: str) -> bytes:
    """Return a CUSCAR interchange with one consignment in one sealed container."""
    equipment = f"SGP+{number}'EQD+CN+{number}+22G1'SEL+{seal}+CA'UNT+"
    plain = cuscar((bill, "OTRA FIRMA SA", "MACHINE PARTS")).decode("latin-1")
    head, tail = plain.split("UNT+")
    counted, rest = tail.split("+", 1)
    return f"{head}{equipment}{int(counted) + 3}+{rest}".encode("latin-1")


def interchange(messages: int, each: int = 5, *, first: int = 1) -> bytes:
    """Return a CUSCAR interchange of many small messages: bills ``K1``, ``K2`` … in order."""
    parts = ["UNA:+.? 'UNB+UNOC:3+NRCH+MARISOL+261123:1200+I7'"]
    bill = first
    for number in range(1, messages + 1):
        groups = ""
        for place in range(1, each + 1):
            goods = "GENERAL CARGO" if bill % 3 == 0 else f"MACHINE PARTS {bill}"
            groups += (
                f"CNI+{place}+K{bill}'RFF+BM:K{bill}'LOC+9+CNSHA:139:6'LOC+11+PAONX:139:6'"
                f"NAD+CZ+++ALTAMIRA EXPORT {bill % 40} LTD'NAD+CN+++FIRMA {bill % 70} SA'"
                f"GID+1+10:CT'FTX+AAA+++{goods}'MEA+AAE+G+KGM:12000'"
            )
            bill += 1
        body = (
            f"BGM+85+M{number}+9'DTM+132:202612010800:203'"
            "TDT+20+0412N+1++NRCH:172:20+++9074729:146::NORTHREACH STAR'" + groups
        )
        segments = body.count("'") + 2
        parts.append(f"UNH+{number}+CUSCAR:D:95B:UN'{body}UNT+{segments}+{number}'")
    parts.append(f"UNZ+{messages}+I7'")
    return "".join(parts).encode("latin-1")
