"""Carrying to several partners side by side, also while what they are told is still being made.

A recall of a whole file is ordered lot by lot, and each lot is durable by itself. Whoever carries
need not wait for the last one: the first partner erases the first lot while the next ones are still
being ordered, and one partner that is slow or cannot be reached holds up no other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Semaphore
from typing import Final

from esclusa.errors import EsclusaError
from esclusa.node.exchange import Exchange
from esclusa.node.line import Send, Synced, closed, exchanged

_AT_ONCE: Final = 8
"""Partners that are in contact at the same time: each keeps a batch, its answer and a connection
to the ledger."""

_ROUNDS: Final = 10
"""How often it is looked for news that came up when all was carried; what is left then waits for
the next time."""

Outcome = Synced | EsclusaError
"""What became of one partner: how far it came, or what ended it."""


@contextmanager
def carrying(exchange: Exchange, sends: Mapping[str, Send]) -> Iterator[dict[str, Outcome]]:
    """Carry news to and from partners, side by side, while the block runs, and after it until
    neither side has any; then each witnesses our log, as in :func:`esclusa.node.line.sync`.

    :param sends: how to send to each partner.
    :return: what became of each, in the order of ``sends``; filled in when the block is over. A
        partner that fails is told so there, and holds up no other, nor the block. What the block
        raises is raised once all else was carried.
    """
    over, places, bells = Event(), Semaphore(_AT_ONCE), {partner: Event() for partner in sends}

    def ring(partners: Iterable[str]) -> None:
        for partner in partners:
            if partner in bells:
                bells[partner].set()

    done: dict[str, Outcome] = {}
    # A thread for each partner waits for news; who may be in contact is counted apart.
    with ThreadPoolExecutor(max(1, len(sends)), thread_name_prefix="carry") as threads:
        exchange.told.append(ring)
        try:
            made = {
                partner: threads.submit(
                    _carried, exchange, partner, send, bells[partner], over, places
                )
                for partner, send in sends.items()
            }
            exchange.tick()
            yield done
        finally:
            over.set()
            ring(bells)
            exchange.told.remove(ring)
    done.update({partner: future.result() for partner, future in made.items()})
    # What one partner said last may be news for another who was done by then, and so may what that
    # one answers.
    for _ in range(_ROUNDS):
        late = [
            (partner, outcome.batches) for partner, outcome in done.items()
            if isinstance(outcome, Synced) and exchange.has_news(partner)
        ]  # fmt: skip
        for partner, batches in late:
            done[partner] = _again(exchange, partner, sends[partner], batches)
        if not late:
            break


def _carried(
    exchange: Exchange, partner: str, send: Send, bell: Event, over: Event, places: Semaphore
) -> Outcome:
    """Carry whenever the bell rings, and once more when all is over."""
    batches = 0
    try:
        while True:
            bell.clear()  # before the look: what rings from here on is heard below
            last = over.is_set()
            if last or exchange.has_news(partner):
                with places:
                    batches += exchanged(exchange, partner, send)
                    if last:
                        return closed(exchange, partner, send, batches)
            bell.wait()
    except EsclusaError as error:
        return error


def _again(exchange: Exchange, partner: str, send: Send, batches: int) -> Outcome:
    try:
        return closed(exchange, partner, send, batches + exchanged(exchange, partner, send))
    except EsclusaError as error:
        return error
