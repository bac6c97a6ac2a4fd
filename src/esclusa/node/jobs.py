"""What a served node does without being asked, and how it went: each job by its name.

How it went is kept in memory alone: it is about this process, and tells no content of a record.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterator
from threading import Lock
from typing import Final

import msgspec

_LOG: Final = logging.getLogger("esclusa")


class JobState(msgspec.Struct, frozen=True, kw_only=True):
    """How a job went: when it last began (UTC, None before the first time), how many seconds that
    took, the kind of error that ended it ("" for none), how often it ran and how often it failed.
    """

    name: str
    began: dt.datetime | None = None
    seconds: float = 0.0
    error: str = ""
    runs: int = 0
    failures: int = 0


class Jobs:
    """Named jobs, done one after the other."""

    def __init__(self) -> None:
        self._jobs: dict[str, Callable[[], object]] = {}
        self._states: dict[str, JobState] = {}
        self._lock = Lock()

    def add(self, name: str, job: Callable[[], object]) -> None:
        """Add a job that is safe to do at any time and as often as one likes."""
        self._jobs[name] = job
        self._states[name] = JobState(name=name)

    def states(self) -> tuple[JobState, ...]:
        """Return how each job went last, in the order in which they are done."""
        with self._lock:
            return tuple(self._states.values())

    def run(self, until: Callable[[], bool] = lambda: False) -> None:
        """Do every job once. One that fails is tried again with the next run; the others are done.

        :param until: asked before each job; true leaves the rest for the next time.
        """
        for name, job in self._jobs.items():
            if until():
                return
            self._do(name, job)

    def _do(self, name: str, job: Callable[[], object]) -> None:
        began, clock, error = dt.datetime.now(dt.UTC), time.perf_counter(), ""
        try:
            job()
        except Exception as failed:
            # Whatever it is, the next job and the next round must come. Its kind alone is told: the
            # sentence may be about a record.
            error = type(failed).__name__
            _LOG.error("%s: %s", name, error)
        with self._lock:
            before = self._states[name]
            self._states[name] = msgspec.structs.replace(
                before, began=began, seconds=time.perf_counter() - clock, error=error,
                runs=before.runs + 1, failures=before.failures + bool(error),
            )  # fmt: skip

    def __iter__(self) -> Iterator[str]:
        return iter(self._jobs)
