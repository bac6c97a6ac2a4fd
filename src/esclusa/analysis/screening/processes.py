"""Worker processes for screening: fresh interpreters that end with the process that made them."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from threading import Thread
from typing import Any, Final

_BEHIND: Final = 5
"""Steps of niceness: beside one that has none, a third of the time of a core that both want."""


def pool(
    workers: int, begin: Callable[..., None], *args: Any, behind: bool = False
) -> ProcessPoolExecutor:
    """Return a pool of so many processes, each of which first calls ``begin`` with ``args``.

    What ``begin`` keeps stays as long as the process: the collector need not walk it.

    :param behind: whether they take what this process leaves of the machine, which has work of its
        own on which theirs waits.
    """
    # Forking a process with polars' threads in it can hang; a fresh interpreter cannot.
    return ProcessPoolExecutor(
        workers, mp_context=multiprocessing.get_context("spawn"), initializer=_first,
        initargs=(begin, args, behind),
    )  # fmt: skip


def _first(begin: Callable[..., None], args: tuple[Any, ...], behind: bool) -> None:
    if behind:
        os.nice(_BEHIND)
    # A keyboard's interrupt reaches all processes; the one that made these says when to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    begin(*args)
    gc.freeze()


def _end_with_parent() -> None:
    """Workers of a pool whose maker was killed would wait for work for ever, index and all."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
