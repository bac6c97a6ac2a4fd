"""Filters that people keep, as rows: whose, under which name, which query string."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from esclusa.ledger.records import now_text
from esclusa.ledger.schema import saved_view


def of(connection: sa.Connection, account: str) -> list[Any]:
    """Return the rows of one account by name."""
    query = sa.select(saved_view).where(saved_view.c.account == account)
    return list(connection.execute(query.order_by(saved_view.c.name)))


def put(connection: sa.Connection, account: str, name: str, query: str) -> None:
    """Enter a filter; one kept under the same name is replaced."""
    drop(connection, account, name)
    connection.execute(
        saved_view.insert().values(account=account, name=name, query=query, saved=now_text())
    )


def drop(connection: sa.Connection, account: str, name: str) -> bool:
    """Take a filter out; False when there is none of that name."""
    mine = sa.and_(saved_view.c.account == account, saved_view.c.name == name)
    return bool(connection.execute(saved_view.delete().where(mine)).rowcount)
