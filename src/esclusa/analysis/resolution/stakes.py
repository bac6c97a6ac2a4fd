"""What ties who owns or runs a ship or a firm to what is owned: one statement, named alike on both
sides, of which each tells the part that it plays."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from esclusa.analysis.resolution.mention import Tie
from esclusa.codes import schemes
from esclusa.model import Identifier, ListEntry, Party, Relation, ShipDeclaration, Voyage
from esclusa.model.ownership import CAPACITIES, OWNING, known_by, stake

Ties = tuple[Tie, ...]

OWNER: Final = "owner"
"""The kind of these ties."""


def owns(what: str, capacity: str) -> Ties:
    """Return the tie of who owns or runs something to the statement that says so."""
    return (Tie(OWNER, what, capacity),)


def owned(what: str, capacity: str) -> Ties:
    """Return the tie of what is owned or run to the statement that says so."""
    return (Tie(OWNER, what, "owned" if capacity in OWNING else "run"),)


def had(parties: Iterable[Party], voyage: Voyage) -> Ties:
    """Return the ties of a ship to the statements who of the parties owns or runs it."""
    ship = known_by(voyage.conveyance)
    return tuple(
        tie
        for party in parties
        if ship and party.role in CAPACITIES and known_by(party)
        for tie in owned(stake(ship, known_by(party), party.role), party.role)
    )


def having(party: Party, voyage: Voyage) -> Ties:
    """Return the tie of a party to the statement that it owns or runs the ship of a voyage."""
    ship = known_by(voyage.conveyance)
    if not ship or party.role not in CAPACITIES:
        return ()
    return owns(stake(ship, known_by(party), party.role), party.role)


def company(body: ShipDeclaration) -> dict[str, Party]:
    """Return the Company of a ship's security declaration (MSC.1/Circ.1305; FAL data numbers
    IMO0031 and IMO0032) by the place of its name, nothing where none is named."""
    said = {one.code: (number, one.value.strip()) for number, one in enumerate(body.values)}
    number, name = said.get("IMO0032", (0, ""))
    if body.form != "security" or not name:
        return {}
    digits = schemes.normalise("imo_company", said.get("IMO0031", (0, ""))[1])
    valid = schemes.check("imo_company", digits)
    known = Identifier(scheme="imo_company", value=digits, valid=valid)
    party = Party(role="ism_company", name=name, identifiers=(known,) if digits else ())
    return {f"values.{number}.value": party}


def side(body: ListEntry, one: Relation, *, ours: bool) -> Ties:
    """Return the tie of an entry, or of whom it is related to, to the statement that says so. Where
    both are entries of one list, either names the other, and their ids tell that it is the same."""
    here = (one.uid and f"{body.list_id}:{body.uid}") or _numbered(body)
    there = f"{body.list_id}:{one.uid}" if one.uid else one.name.strip().upper()
    subject, owner = (there, here) if one.owns else (here, there)
    what = stake(
        subject, owner, one.role, share=one.share_percent, since=one.held_from,
        until=one.held_until, former=one.former,
    )  # fmt: skip
    return (owns if one.owns is ours else owned)(what, one.role)


def _numbered(body: ListEntry) -> str:
    imo = (i.value for i in body.identifiers if i.scheme == "imo" and i.valid is not False)
    return next(imo, "") or body.name.strip().upper()
