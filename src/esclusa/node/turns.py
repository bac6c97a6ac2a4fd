"""A lock that is taken in turns: whoever lets go of it and wants it again waits for the others.

Python's own locks are not fair. A recall takes the exchange's lock once for each lot and would take
it again before any thread that carries to a partner wakes up; the lots would then be ordered one
after the other with nobody told of the first.
"""

from __future__ import annotations

import threading


class Turns:
    """A lock for ``with``; the thread that holds it may take it again."""

    def __init__(self) -> None:
        self._next = threading.Lock()
        self._lock = threading.Lock()
        self._holder = 0
        self._times = 0

    def __enter__(self) -> None:
        me = threading.get_ident()
        if self._holder != me:  # no other thread ever writes our number there
            # One waits for the lock itself, all others for that place: so whoever has just let go
            # finds the place taken and comes after the one who stands in it.
            with self._next:
                self._lock.acquire()
            self._holder = me
        self._times += 1

    def __exit__(self, *_error: object) -> None:
        self._times -= 1
        if not self._times:
            self._holder = 0
            self._lock.release()
