"""What moves, on which voyage, calling where."""

from __future__ import annotations

import msgspec

from esclusa.model.common import Party, Place


class Conveyance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The means of transport. ``mode``: ``sea``, ``air``, ``road``, ``rail`` or "".

    ``imo`` is the seven digits alone; ``imo_valid`` the verdict of its check digit, None if absent.
    ``flag`` is ISO 3166-1 alpha-2.
    """

    mode: str = ""
    name: str = ""
    imo: str = ""
    imo_valid: bool | None = None
    mmsi: str = ""
    call_sign: str = ""
    registration: str = ""
    flag: str = ""


class Voyage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One journey of a conveyance under a carrier's number (voyage, flight, truck run)."""

    reference: str = ""
    carrier: str = ""
    conveyance: Conveyance = Conveyance()


class PortCall(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="port_call"
):
    """A conveyance at a port.

    Times are ISO 8601 text; without a zone they are local to ``port``. Natural key: IMO number (or
    conveyance name) + call reference (or voyage + port). ``berth`` is the sender's word for the
    quay, ``purposes`` are codes of UN/EDIFACT 8025 or the sender's words, ``draught_m`` is metres.
    """

    voyage: Voyage
    port: Place
    call_reference: str = ""
    arrival: str = ""
    departure: str = ""
    last_ports: tuple[Place, ...] = ()
    next_port: Place = Place()
    berth: str = ""
    purposes: tuple[str, ...] = ()
    crew_count: int | None = None
    passenger_count: int | None = None
    draught_m: float | None = None
    parties: tuple[Party, ...] = ()
