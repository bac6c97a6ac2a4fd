"""Who owns, controls or runs a ship or a firm, as a source states it."""

from __future__ import annotations

from typing import Final

import msgspec

from esclusa.model.common import Party
from esclusa.model.movement import Conveyance

OWNING: Final = frozenset(
    {
        "owner",
        "registered_owner",
        "beneficial_owner",
        "shareholder",
        "controller",
        "owner_operator",
    }
)
"""Capacities of who owns: in the ship's register, in the end (FATF recommendations 24 and 25), by
shares, by control; ``owner`` where the source does not say which, ``owner_operator`` where it
leaves open whether it owns or runs."""
RUNNING: Final = frozenset({"operator", "manager", "ism_company", "charterer"})
"""Capacities of who runs what another owns: operator, ship manager, the Company that holds the
document of compliance (SOLAS IX/1.2), bareboat charterer."""
CAPACITIES: Final = OWNING | RUNNING


class Ownership(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="ownership"
):
    """One statement: ``owner`` owns, controls or runs a ship or a firm.

    The owner's ``role`` is the capacity in which it does, one of :data:`CAPACITIES`. Of ``ship``
    and ``firm`` one is filled. ``owner_type`` is ``person``, ``organisation`` or "";
    ``owner_birth_date`` may be partial. ``share_percent`` is 0 to 100, None where none is stated.
    ``held_from`` and ``held_until`` are ISO 8601 dates, both included; an empty ``held_until``
    says that the source states no end, not that it still holds. ``register`` names the source,
    ``reference`` the entry in it. Natural key: register + reference + capacity where both are
    stated, else register + subject + capacity + owner + ``held_from``.
    """

    owner: Party
    ship: Conveyance = Conveyance()
    firm: Party | None = None
    owner_type: str = ""
    owner_birth_date: str = ""
    share_percent: float | None = None
    held_from: str = ""
    held_until: str = ""
    register: str = ""
    reference: str = ""
    remarks: str = ""


def known_by(one: Conveyance | Party) -> str:
    """Return the number, else the name, that a ship or a party is known by, in upper case.

    A party's number that fails its check digit does not count.
    """
    if isinstance(one, Conveyance):
        found = one.imo or one.registration or one.call_sign or one.mmsi or one.name
    else:
        sound = (item.value for item in one.identifiers if item.valid is not False)
        found = next(sound, "") or one.name
    return found.strip().upper()


def subject_of(body: Ownership) -> Conveyance | Party:
    """Return what is owned or run: the firm where one is named, else the ship."""
    return body.firm if body.firm is not None else body.ship


def stake(
    subject: str, owner: str, capacity: str, *, share: float | None = None, since: str = "",
    until: str = "", former: bool = False,
) -> str:  # fmt: skip
    """Return one stake as a line that is the same for equal statements of any source: what is owned
    or run and by whom (see :func:`known_by`), capacity, share in per cent, and the interval of
    ISO 8601-2 §10 (``..`` is an open end; an interval of which nothing is stated is left out).
    ``former`` says that it has ended, of a source that does not say when.

    ``9074729 < NORTHREACH SHIPPING SA; registered_owner; 60 %; 2019-03-01/..``
    """
    parts = [f"{subject} < {owner}", capacity]
    if share is not None:
        parts.append(f"{share:g} %")
    return "; ".join(filter(None, (*parts, held(since, until), "former" if former else "")))


def held(since: str, until: str) -> str:
    """Return two dates as an interval of ISO 8601-2 §10, ``..`` for an open end; "" for none."""
    return f"{since or '..'}/{until or '..'}" if since or until else ""
