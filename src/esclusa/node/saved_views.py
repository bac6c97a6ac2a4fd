"""Saved views: filters of the queue that a person keeps under names of his own.

A view is its address and nothing more: it holds no record and grants nothing, and whoever opens it
sees what he may see at that moment. Nobody else learns of it: it is a setting of the person's, like
the language, and shows in no list, count or log but his.
"""

from __future__ import annotations

from typing import Final

from esclusa.errors import InputError, LimitError, NotFound
from esclusa.ledger import saved_views
from esclusa.ledger.store import Store
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.views import SavedView

MOST: Final = 50
"""Views of one person."""
NAME_LENGTH: Final = 60
"""Characters of a view's name."""
_QUERY_LENGTH: Final = 1_000


class SavedViews:
    """The saved views of a node's people."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def all(self, reader: Reader) -> tuple[SavedView, ...]:
        """Return the reader's views by name."""
        reader.require(Action.QUEUE_READ)
        with self._store.read() as connection:
            rows = saved_views.of(connection, reader.name)
        return tuple(SavedView(name=row.name, query=row.query) for row in rows)

    def keep(self, reader: Reader, name: str, query: str) -> None:
        """Keep a filter under a name; one kept under the same name is replaced.

        :param query: the query string of the filter's address, already checked by the face.
        :raises InputError: when the name is empty, too long or not one line of text.
        :raises LimitError: when the reader has ``MOST`` views already.
        """
        reader.require(Action.QUEUE_READ)
        name = name.strip()
        if not name or len(name) > NAME_LENGTH or not name.isprintable():
            reason = f"a view needs a name of one line, 1 to {NAME_LENGTH} characters"
            raise InputError(reason, field="name", problem="name", expected=f"1–{NAME_LENGTH}")
        if len(query) > _QUERY_LENGTH:
            raise InputError(
                f"the view's address is longer than {_QUERY_LENGTH} characters", field="query",
                problem="long", expected=f"≤ {_QUERY_LENGTH}",
            )  # fmt: skip
        with self._store.write() as connection:
            known = {row.name for row in saved_views.of(connection, reader.name)}
            if name not in known and len(known) >= MOST:
                raise LimitError(f"you keep {MOST} views already; drop one first")
            saved_views.put(connection, reader.name, name, query)

    def drop(self, reader: Reader, name: str) -> None:
        """Drop one of the reader's views; raises ``NotFound`` when there is none of that name."""
        reader.require(Action.QUEUE_READ)
        with self._store.write() as connection:
            if not saved_views.drop(connection, reader.name, name.strip()):
                raise NotFound("no such view")
