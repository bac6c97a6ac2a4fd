"""Python's search for cycles, put off while much is made of which nothing is in a cycle."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final


class _Collecting:
    """The search, off while any thread is in :func:`uncollected`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._blocks = 0
        self._was = False

    def begin(self) -> None:
        with self._lock:
            if not self._blocks:
                self._was = gc.isenabled()
                gc.disable()
            self._blocks += 1

    def end(self) -> None:
        with self._lock:
            self._blocks -= 1
            if not self._blocks and self._was:
                gc.enable()


_COLLECTING: Final = _Collecting()


@contextmanager
def uncollected() -> Iterator[None]:
    """Let Python look for no cycles meanwhile: work on many records makes many objects, none of
    them in a cycle, and each look would walk all that is alive (a third of the time of a move on
    the exchange, a fifth of that of a comparison with a list)."""
    _COLLECTING.begin()
    try:
        yield
    finally:
        _COLLECTING.end()
