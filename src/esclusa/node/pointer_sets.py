"""A new set of keys for a partner, computed before the transaction that stores it.

A set of 100,000 persons takes minutes. Meanwhile others must be able to write, and a transaction
that is tried again because they did must not compute it again.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from typing import Final

import msgspec

from esclusa.analysis.screening.processes import pool
from esclusa.node.pointer_terms import Found
from esclusa.sharing.pointers import answering
from esclusa.sharing.pointers.answering import Owner
from esclusa.sharing.pointers.catalogue import Mapped, Part
from esclusa.sharing.pointers.epochs import Epoch
from esclusa.sharing.pointers.keys import Pointer
from esclusa.sharing.pointers.messages import Catalogue, Scope
from esclusa.sharing.pointers.terms import Terms

MANY: Final = 50_000
"""Keys from which on processes are started: some three seconds of work."""


class Made(msgspec.Struct, frozen=True):
    """An epoch that is not open yet, its set, and the records in it: number of version → id."""

    epoch: Epoch
    catalogue: Catalogue
    members: dict[int, str]

    def __repr__(self) -> str:
        return f"Made({self.epoch!r})"


def make(
    owner: Owner, scope: Scope, terms: Terms, found: Iterable[Found], now: dt.datetime, workers: int
) -> Made:
    """Return the next epoch of a scope with the set of the records that were found.

    :param workers: processes that compute a set of many keys.
    :raises PointerError: when the terms do not give this search, or the set is too large.
    """
    keys: set[Pointer] = set()
    members = {}
    for record, _label, some in found:
        keys |= some
        if some:
            members[record.seq] = record.id

    def prepared(mapped: Mapped) -> tuple[Epoch, Catalogue]:
        return answering.prepare(owner, scope, terms, keys, now, secrets.token_bytes, mapped)

    if workers <= 1 or len(keys) < MANY:
        return Made(*prepared(map), members)
    try:
        with pool(workers, _begin, behind=True) as processes:
            return Made(*prepared(across(processes, 2 * workers)), members)
    except BrokenProcessPool:  # a machine short of memory ended one of them
        return Made(*prepared(map), members)


def across(processes: Executor, ahead: int) -> Mapped:
    """Return a ``map`` over the processes that hands out at most ``ahead`` parts at a time: all of
    them together would be a copy of all keys."""

    def mapped(
        work: Callable[[Part], list[bytes]], parts: Iterable[Part]
    ) -> Iterator[list[bytes]]:  # fmt: skip
        waiting: deque[Future[list[bytes]]] = deque()
        for part in parts:
            waiting.append(processes.submit(work, part))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    return mapped


def _begin() -> None:
    """The processes need nothing before their first part."""
