"""A network that drops, repeats, reorders, delays and partitions, and people who carry bundles."""

from __future__ import annotations

import datetime as dt

import msgspec

from esclusa.sharing.exchange.messages import Batch


class Packet(msgspec.Struct, frozen=True, gc=False):
    """A batch on its way. ``sound`` is False when its bytes or signature do not hold, ``forged`` True
    when its sender never made it so; ``left`` is the true time at which it left, ``to`` at
    whose door it arrives if not its receiver's."""

    batch: Batch
    signer: str
    left: dt.datetime
    sound: bool = True
    by_hand: bool = False
    forged: bool = False
    to: str = ""


class Network:
    """What is under way, and which pairs cannot reach each other. Bundles pass everywhere."""

    def __init__(self) -> None:
        self.flight: list[Packet] = []
        self.seen: list[Packet] = []
        self.cut: set[frozenset[str]] = set()

    def send(self, packet: Packet) -> None:
        """Put a packet under way."""
        self.flight.append(packet)

    def parts(self, one: str, two: str) -> bool:
        """Tell whether two nodes cannot reach each other now."""
        return bool(self.cut) and frozenset((one, two)) in self.cut

    def reaches(self, packet: Packet) -> bool:
        """Tell whether a packet can arrive now."""
        return packet.by_hand or not self.parts(packet.batch.sender, packet.batch.receiver)

    def draw(self, chance: float, index: int) -> Packet | None:
        """Take the packet at ``index``: lost (below .08), left for a repeat (below .2), or out.

        A packet that cannot arrive waits.
        """
        packet = self.flight[index]
        if not self.reaches(packet):
            return None
        if chance >= 0.2 or chance < 0.08:
            self.flight[index] = self.flight[-1]
            self.flight.pop()
        if chance < 0.08 and not packet.by_hand:
            return None
        return packet
