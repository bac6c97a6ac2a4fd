"""A mention: one place in one record that names somebody or something.

Every mention carries the label of the record it was read from, an opaque number. All that this
room derives from mentions rests on labels, so that a reader's part can be derived from what he may
see alone.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

import msgspec

PERSON: Final = "person"
ORGANISATION: Final = "organisation"
PARTY: Final = "party"
"""A person or a firm: cargo messages do not say which."""
VESSEL: Final = "vessel"
CONTAINER: Final = "container"
ADDRESS: Final = "address"
DOCUMENT: Final = "document"
PHONE: Final = "phone"
TYPES: Final = (PERSON, ORGANISATION, PARTY, VESSEL, CONTAINER, ADDRESS, DOCUMENT, PHONE)

NUMBERED: Final = frozenset({CONTAINER, DOCUMENT, PHONE})
"""Types that are their number: equal numbers are one thing, others are another."""
GROUPS: Final = {
    PERSON: "name", ORGANISATION: "name", PARTY: "name", VESSEL: "vessel", ADDRESS: "address",
}  # fmt: skip
"""Mentions of different groups are never compared."""


class Tie(msgspec.Struct, frozen=True, gc=False):
    """What a mention has to do with something else that others may have to do with as well.

    ``kind`` is ``consignment``, ``voyage``, ``journey``, ``booking``, ``document``, ``phone``,
    ``address`` or ``owner``; ``value`` its number in comparable form; ``role`` the part that the
    mention plays in it (``shipper``, ``agent``, ``crew``, ``carried``), "" if none is said. What an
    ``owner`` tie names is one statement of who owns or runs what, with its share and dates: who is
    ``owned`` or ``run`` plays the one part, ``registered_owner``, ``operator`` … the other.
    """

    kind: str
    value: str
    role: str = ""


class Mention(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One naming of a person, firm, ship, container, address, document or phone.

    ``record`` is the record's id, ``path`` the place in it, ``label`` the opaque number of its
    marking, ``seq`` the record's number in the order of arrival. Dates as in a list entry
    (``1971``, ``1971-05-02``, ``1960/1965``). ``nationalities`` are country codes or words,
    ``identifiers`` are written ``scheme:value``. ``ties`` feed :mod:`esclusa.analysis.links`.
    """

    id: str
    record: str
    path: str
    label: int
    seq: int
    type: str
    names: tuple[str, ...] = ()
    birth_dates: tuple[str, ...] = ()
    nationalities: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    role: str = ""
    ties: tuple[Tie, ...] = ()


def mention_id(record: str, path: str, label: int) -> str:
    """Return the id of the mention at ``path`` of a record under a label: 20 hexadecimal digits."""
    return blake2b(f"{record}\n{path}\n{label}".encode(), digest_size=10).hexdigest()
