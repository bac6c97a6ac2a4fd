"""Mail addresses of accounts as rows: asked for, confirmed by their holder.

A code comes here hashed. ``asked`` is the moment from which a letter may go, ``until`` the last of
its code, ``tries`` how often a wrong one was given; ``sent`` counts letters since ``since``.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from esclusa.ledger.schema import mail_address


def one(connection: sa.Connection, account: str) -> Any:
    """Return the row of an account's address, None when it has none."""
    query = sa.select(mail_address).where(mail_address.c.account == account)
    return connection.execute(query).first()


def every(connection: sa.Connection) -> dict[str, Any]:
    """Return the row of each account that has an address."""
    rows = connection.execute(sa.select(mail_address).order_by(mail_address.c.account))
    return {row.account: row for row in rows}


def confirmed(connection: sa.Connection) -> dict[str, str]:
    """Return the address of each account that has confirmed it."""
    query = sa.select(mail_address.c.account, mail_address.c.address)
    rows = connection.execute(query.where(mail_address.c.confirmed != ""))
    return {row.account: row.address for row in rows}


def begin(connection: sa.Connection, account: str, address: str, now: str) -> None:
    """Ask for an address anew, whatever was confirmed before; letters go on being counted."""
    values = {"address": address, "confirmed": "", "code": "", "until": "", "asked": now,
              "tries": 0}  # fmt: skip
    if one(connection, account) is None:
        connection.execute(mail_address.insert().values(account=account, **values))
    else:
        change(connection, account, **values)


def change(connection: sa.Connection, account: str, **values: Any) -> None:
    """Change columns of an account's row."""
    connection.execute(
        mail_address.update().where(mail_address.c.account == account).values(**values)
    )


def letters(connection: sa.Connection, address: str, since: str) -> int:
    """Return how many letters went to an address, of whatever account, counted from a moment on."""
    c = mail_address.c
    query = sa.select(sa.func.coalesce(sa.func.sum(c.sent), 0))
    return int(connection.execute(query.where(c.address == address, c.since >= since)).scalar_one())
