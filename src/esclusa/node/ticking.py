"""Time passes for a served node, once a minute: leases, expiry, news for partners, scores."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from esclusa.node.jobs import Jobs

_SECONDS: Final = 60


@contextmanager
def ticking(jobs: Jobs, *, seconds: float = _SECONDS) -> Iterator[None]:
    """Do the jobs again and again beside the block, in a thread that ends with it.

    :param seconds: from the end of one round to the beginning of the next.
    """
    stop = threading.Event()
    thread = threading.Thread(target=_run, args=(jobs, stop, seconds), name="time", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=10)


def _run(jobs: Jobs, stop: threading.Event, seconds: float) -> None:
    while not stop.wait(seconds):
        jobs.run(until=stop.is_set)
