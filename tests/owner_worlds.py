"""Small registers of ships and firms: who owns and runs what, for tests of the links of owners."""

from __future__ import annotations

import io
from pathlib import Path

import worlds
from esclusa.model import Marking
from esclusa.node import Node

FOLDER = Path(__file__).parent / "data" / "owners"
MAPPING = (FOLDER / "ship-register.toml").read_bytes()
"""How a register of ships is read: columns of its own for each capacity."""
SHIPS = (FOLDER / "ship-register.csv").read_bytes()
FIRMS_MAPPING = (FOLDER / "owners-of-firms.toml").read_bytes()
"""How an extract of a company register is read: one row, one owner."""
FIRMS = (FOLDER / "owners-of-firms.csv").read_bytes()
SHIP, IMO = "NORTHREACH STAR", "9074729"
"""The ship of the manifests of :mod:`worlds`."""
HEAD = SHIPS.split(b"\n", 1)[0] + b"\n"


def with_mappings(node: Node) -> Node:
    """Keep both mappings in a node."""
    for name, text in (("ships.toml", MAPPING), ("firms.toml", FIRMS_MAPPING)):
        node.add_mapping(node.operator(), name, io.BytesIO(text))
    return node


def register(owner: str, *, entry: str = "X1", ship: str = SHIP, imo: str = IMO) -> bytes:
    """Return a register of one ship with one registered owner."""
    return HEAD + f"{entry},{ship},{imo},PA,{owner},,2019-03-01,,,,\n".encode()


def take(node: Node, data: bytes, marking: Marking | None = None, name: str = "ships.csv") -> None:
    """Take a register in."""
    worlds.take_in(node, name, data, marking=marking)
