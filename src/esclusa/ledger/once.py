"""Questions that several services ask of one snapshot: each is asked once.

A page that looks at a record asks five desks, and each reads the record first. A snapshot answers
the same each time, so within one reading that says so (:func:`remembering`) the answer is kept as
long as its connection is held. Elsewhere everything is asked anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, TypeVar, cast

import sqlalchemy as sa

T = TypeVar("T")

_ASKED: Final = "asked"
_READING: Final[ContextVar[set[object] | None]] = ContextVar("reading", default=None)


@contextmanager
def reading() -> Iterator[None]:
    """Let the block be one reading: what :func:`is_first` is asked of is brought up to date once
    in it."""
    before = _READING.set(set())
    try:
        yield
    finally:
        _READING.reset(before)


def is_first(what: object) -> bool:
    """Tell whether this is the first time in the present reading; always where there is none."""
    seen = _READING.get()
    if seen is None or what not in seen:
        if seen is not None:
            seen.add(what)
        return True
    return False


def remembering(connection: sa.Connection) -> None:
    """Let answers be kept from now on. Only for a connection that shows one snapshot until it is
    given back, and writes nothing."""
    connection.execution_options(**{_ASKED: {}})


def once(connection: sa.Connection, key: tuple[object, ...], ask: Callable[[], T]) -> T:
    """Return the answer to a question, asked now if it was not before.

    :param key: the question, with all that the answer depends on, the reader's labels too.
    """
    held = connection.get_execution_options().get(_ASKED)
    if held is None:
        return ask()
    if key not in held:
        held[key] = ask()
    return cast("T", held[key])
