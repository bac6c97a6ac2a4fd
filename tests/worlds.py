"""Small worlds for tests: a node in a folder, with or without a secret that some may not know.

>>> node = build(tmp_path, secret=False)          # doctest: +SKIP
>>> reader(node, clearance=Level.OFFICIAL)        # doctest: +SKIP
"""

from __future__ import annotations

import io
import json
from importlib.resources import files
from pathlib import Path

from esclusa.model import EVERYONE, Level, Marking
from esclusa.node import Node
from esclusa.sharing.reader import Reader, Role

MANIFEST = "manifest-northreach-0412.edi"
SECRET = Marking(level=Level.SECRET)
PUBLIC = Marking(releasable_to=frozenset({EVERYONE}))


def sample(name: str) -> bytes:
    """Return the bytes of a shipped sample."""
    return files("esclusa.samples").joinpath(name).read_bytes()


def reader(node: Node, *, clearance: Level = Level.OFFICIAL, **more: object) -> Reader:
    """Return an analyst of the node's agency."""
    values = {"name": "ana", "role": Role.ANALYST, "agency": node.agency, **more}
    return Reader(clearance=clearance, **values)  # type: ignore[arg-type]


def list_of(*entries: tuple[str, str]) -> bytes:
    """Return a list in OpenSanctions JSON lines: (id, organisation name)."""
    return b"".join(
        json.dumps(
            {"id": uid, "schema": "Company", "properties": {"name": [name]}}
        ).encode() + b"\n"
        for uid, name in entries
    )  # fmt: skip


def take_in(node: Node, name: str, data: bytes, marking: Marking | None = None) -> str:
    """Receive and process bytes; return the source's id."""
    view = node.receive(node.operator(), name, io.BytesIO(data), marking=marking)
    node.process(view.id)
    return view.id


def make(folder: Path, database: str = "") -> Node:
    """Return an empty node of Marisol's customs."""
    return Node.create(folder, agency="marisol", title="Marisol", database=database)


def with_list(
    node: Node, list_id: str, *entries: tuple[str, str], marking: Marking = PUBLIC
) -> None:
    """Bring a small list into force."""
    data = io.BytesIO(list_of(*entries))
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
