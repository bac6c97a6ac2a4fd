"""Time passes for a served node: leases, expiry, new records for partners, once a minute."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from esclusa.errors import EsclusaError
from esclusa.node.exchange import Exchange

_SECONDS: Final = 60
_LOG: Final = logging.getLogger("esclusa")


@contextmanager
def ticking(exchange: Exchange, *, seconds: float = _SECONDS) -> Iterator[None]:
    """Let the exchange's time pass beside the block, in a thread that ends with it.

    A tick that fails is tried again with the next; the log gets the kind of error and no content.
    """
    stop = threading.Event()
    thread = threading.Thread(target=_run, args=(exchange, stop, seconds), name="time", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=10)


def _run(exchange: Exchange, stop: threading.Event, seconds: float) -> None:
    while not stop.wait(seconds):
        try:
            exchange.tick()
        except EsclusaError as error:
            _LOG.error("time did not pass for the exchange: %s", type(error).__name__)
