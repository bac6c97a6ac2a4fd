"""Nodes of two services, one of which may search the other's records, for the tests."""

from __future__ import annotations

from typing import Any

from esclusa.ledger import records
from esclusa.model import Body, ListEntry, Marking, TransportEquipment
from esclusa.model.common import Identifier
from esclusa.node import Node
from esclusa.sharing.agreement.shape import Limits, PointerClause, Search, Subject
from esclusa.sharing.pointers.terms import KEYS
from esclusa.sharing.reader import Reader, Role
from exchange_worlds import World, for_partners, officer

SUBJECTS: tuple[Subject, ...] = ("person", "company", "vessel", "container")
LIMITS = Limits(question=64, day=512, epoch=512, year=40_000)

PERSON = ListEntry(
    list_id="watch", uid="1", type="person", name="Ana Rivas Montero", birth_dates=("1980-02-29",),
    nationalities=("PA",),
    identifiers=(Identifier(scheme="passport", value="PA0123456", country="PA"),
                 Identifier(scheme="national_id", value="8-123-4567", country="PA")),
)  # fmt: skip
COMPANY = ListEntry(
    list_id="watch", uid="2", type="organisation", name="Istmo Primavera SA",
    identifiers=(Identifier(scheme="registration", value="155-1234", country="PA"),
                 Identifier(scheme="tax", value="900123456", country="CO"),
                 Identifier(scheme="duns", value="150483782")),
)  # fmt: skip
VESSEL = ListEntry(
    list_id="watch", uid="3", type="vessel", name="Aurora del Istmo",
    identifiers=(Identifier(scheme="imo", value="9074729"),
                 Identifier(scheme="mmsi", value="352123456")),
)  # fmt: skip
BOX = TransportEquipment(number="CSQU3054383")
LISTED = (PERSON, COMPANY, VESSEL, BOX)

HELD = {
    "passport": "PAN/PA 0123456", "national_id": "PA/8-123-4567",
    "name_birth": "Rivas Montero, Ana/1980-02-29", "name_year": "Anna Rivas/1980",
    "registration": "PA/155-1234", "tax": "Colombia/900.123.456", "duns": "15-048-3782",
    "company_name": "ISTMO PRIMAVERA, S.A.",
    "imo": "IMO 9074729", "mmsi": "352123456", "vessel_name": "M/V Aurora del Istmo",
    "iso6346": "CSQU 305438-3",
}  # fmt: skip
"""A value of each kind of key that is held, as a person types it."""
NOT_HELD = {
    "passport": "PAN/PA 7777777", "national_id": "PA/8-777-7777",
    "name_birth": "Rivas Montero, Ana/1981-02-28", "name_year": "Pedro Quintana/1980",
    "registration": "PA/155-9999", "tax": "CO/900.999.999", "duns": "80-473-5132",
    "company_name": "Astilleros Bahia Honda", "imo": "9176187", "mmsi": "352999999",
    "vessel_name": "Estrella Polar", "iso6346": "MSKU9070323",
}  # fmt: skip
CANARIES = (b"0123456", b"81234567", b"8-123-4567", b"1551234", b"155-1234", b"900123456",
            b"150483782", b"9074729", b"352123456", b"3054383", b"rivas", b"istmo", b"aurora",
            b"7777777", b"9176187", b"9070323", b"quintana", b"astilleros", b"estrella")  # fmt: skip
"""What stands in the values above, in small letters."""


def hits(giver: str = "marisol", **changes: Any) -> PointerClause:
    """Return a clause by which the giver lets everything be searched."""
    limits = changes.pop("limits", LIMITS)
    searches = tuple(
        Search(subject=subject, keys=tuple(k for k, s in KEYS.items() if s == subject),
               limits=limits)
        for subject in SUBJECTS
    )  # fmt: skip
    given: dict[str, Any] = {
        "id": "hits", "giver": giver, "records": ("list_entry", "equipment", "traveller", "consignment"),
        "purposes": ("targeting", "sanctions"), "level": "restricted", "searches": searches,
    }  # fmt: skip
    return PointerClause(**{**given, **changes})


def enter(node: Node, *entries: Body, marking: Marking | None = None,
          withdrawn: bool = False) -> list[str]:  # fmt: skip
    """Append records to a node's ledger, marked for Northreach; return their ids."""
    marking = marking or for_partners("northreach")
    label = node.labels.intern(node.agency, marking)
    drafts = [
        records.Draft(body=entry, originator=node.agency, label_id=label, withdrawn=withdrawn)
        for entry in entries
    ]
    with node.store.write() as connection:
        return [item.id for item in records.append(connection, drafts)]


def analyst(node: Node, **changes: Any) -> Reader:
    """Return an analyst of a node who works for targeting."""
    return officer(node, **changes)


def chief(node: Node) -> Reader:
    """Return a supervisor of a node."""
    return officer(node, role=Role.SUPERVISOR)


def ask(node: Node, key: str, *values: str, partner: str = "marisol", **changes: Any) -> None:
    """Search a partner's records as an analyst."""
    typed = [("", value) for value in values]
    entered = node.pointer_desk.ask(analyst(node, **changes), partner, key, typed)
    assert not entered.faults


def outcomes(node: Node, **changes: Any) -> dict[str, str]:
    """Return what became of each value that was searched; hits win."""
    lines = node.pointer_desk.found(analyst(node, **changes))
    found: dict[str, str] = {}
    for line in lines:
        word = f"{line.outcome}: {line.rule}" if line.rule else line.outcome
        if found.get(line.value) != "hit":
            found[line.value] = word
    return found


def search(world: World, key: str, *values: str, **changes: Any) -> dict[str, str]:
    """Ask, carry all to and fro, and return what became of each value."""
    ask(world["northreach"], key, *values, **changes)
    world.sync("northreach", "marisol", rounds=12)
    return {value: outcomes(world["northreach"], **changes)[value] for value in values}
