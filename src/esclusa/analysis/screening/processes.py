"""Worker processes for screening: fresh interpreters that end with the process that made them."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from threading import Thread
from typing import Any


def pool(workers: int, begin: Callable[..., None], *args: Any) -> ProcessPoolExecutor:
    """Return a pool of so many processes, each of which first calls ``begin`` with ``args``.

    What ``begin`` keeps stays as long as the process: the collector need not walk it.
    """
    # Forking a process with polars' threads in it can hang; a fresh interpreter cannot.
    return ProcessPoolExecutor(
        workers, mp_context=multiprocessing.get_context("spawn"), initializer=_first,
        initargs=(begin, args),
    )  # fmt: skip


def _first(begin: Callable[..., None], args: tuple[Any, ...]) -> None:
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
