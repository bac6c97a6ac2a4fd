"""Values that several statements share: places, parties, identifiers, seals."""

from __future__ import annotations

from typing import Any

import msgspec


def value_text(value: Any) -> str:
    """Return one value of a record as people read it: ``-18`` for -18.0, ``yes`` for True.

    The facts on a page and the evidence of a reason use the same words, so one can be found by the
    other.
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


class Identifier(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A number or code that names somebody or something.

    ``scheme`` is one of ``imo``, ``mmsi``, ``call_sign``, ``iso6346``, ``passport``,
    ``national_id``, ``tax``, ``registration``, ``duns``, ``imo_company``,
    ``other`` or a sender's own word.
    ``valid`` is the verdict of the scheme's check digit: None where it has none; False is a flag,
    the value is kept as sent.
    """

    scheme: str
    value: str
    valid: bool | None = None
    country: str = ""


class Place(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place as the sender named it.

    ``code`` is a UN/LOCODE (``PAONX``), an IATA airport code (``PTY``) or the sender's own word, as
    ``scheme`` says: ``unlocode``, ``iata``, ``country``, or "" when unknown.
    """

    code: str = ""
    name: str = ""
    scheme: str = ""


class Party(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person or firm in a role.

    ``role``: ``shipper``, ``consignee``, ``notify``, ``carrier``, ``agent``, ``forwarder``,
    ``declarant``, ``importer``, ``exporter``, ``stuffer``, ``consolidator``, ``reporting`` or
    ``other``; who owns or runs a ship or a firm, one of the ``CAPACITIES`` of
    :mod:`esclusa.model.ownership`. ``country`` is ISO 3166-1 alpha-2 when the sender gave one,
    else "".
    """

    role: str
    name: str = ""
    address: str = ""
    city: str = ""
    country: str = ""
    identifiers: tuple[Identifier, ...] = ()
    contact: str = ""


class Seal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A seal on transport equipment; ``affixed_by`` is ``carrier``, ``shipper``, ``customs``,
    ``terminal``, ``veterinary`` or "" (UN/EDIFACT 9303)."""

    number: str
    affixed_by: str = ""
