"""The brake on failed sign-ins.

An attempt is counted before the password is looked at and forgiven when it was right, so many
attempts at the same time do not slip through. The memory is bounded: an attacker who invents names
pushes out the oldest ones and still meets the brake on the address.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

FREE_PER_NAME: Final = 5
FREE_PER_ADDRESS: Final = 30
"""People behind one gateway share an address."""
LONGEST_WAIT_S: Final = 60
"""More would let a stranger keep a person out by guessing wrongly in that person's name."""
KEYS: Final = 10_000
FORGET_AFTER_S: Final = 3_600


class Throttle:
    """Count sign-in attempts by name and by address; thread-safe.

    >>> brake = Throttle(clock=lambda: 0.0)
    >>> [brake.attempt("ana", "192.0.2.7") for _ in range(7)]
    [0, 0, 0, 0, 0, 2, 2]
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def attempt(self, name: str, address: str) -> int:
        """Count an attempt; return the seconds to wait, 0 when it may go on."""
        keys = (("name " + name.casefold(), FREE_PER_NAME), ("from " + address, FREE_PER_ADDRESS))
        with self._lock:
            wait = max(self._wait(key, free) for key, free in keys)
            if not wait:
                for key, _ in keys:
                    self._count(key)
            return wait

    def forgive(self, name: str, address: str) -> None:
        """Forget the name's attempts and take one back from the address: the password was right."""
        with self._lock:
            self._seen.pop("name " + name.casefold(), None)
            count, last = self._seen.get("from " + address, (0, 0.0))
            if count:
                self._seen["from " + address] = (count - 1, last)

    def _wait(self, key: str, free: int) -> int:
        count, last = self._seen.get(key, (0, 0.0))
        if count < free or self._clock() - last > FORGET_AFTER_S:
            return 0
        due = last + min(2 ** min(count - free + 1, 10), LONGEST_WAIT_S)
        return max(0, -int(-(due - self._clock()) // 1))

    def _count(self, key: str) -> None:
        count, last = self._seen.get(key, (0, 0.0))
        fresh = self._clock() - last > FORGET_AFTER_S
        self._seen[key] = (1 if fresh else count + 1, self._clock())
        self._seen.move_to_end(key)
        while len(self._seen) > KEYS:
            self._seen.popitem(last=False)
