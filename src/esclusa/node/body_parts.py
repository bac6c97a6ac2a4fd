"""As much of a stored voyage and its boxes as linking and placing need. Reading these few fields
costs a fraction of the whole body; msgspec passes over the rest."""

from __future__ import annotations

import msgspec


class Ship(msgspec.Struct, frozen=True):
    name: str = ""
    imo: str = ""


class Voyage(msgspec.Struct, frozen=True):
    reference: str = ""
    conveyance: Ship = Ship()


class Box(msgspec.Struct, frozen=True):
    number: str = ""
