"""Accounts and sessions, as rows. Passwords and tokens come here hashed."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from esclusa.ledger.records import now_text
from esclusa.ledger.schema import account, session


def add(
    connection: sa.Connection, *, name: str, password: str, role: str, clearance: int, caveats: str
) -> bool:
    """Enter an account; False when the name is taken."""
    if find(connection, name):
        return False
    connection.execute(
        account.insert().values(
            name=name, password=password, role=role, clearance=clearance, caveats=caveats,
            created=now_text(),
        )
    )  # fmt: skip
    return True


def find(connection: sa.Connection, name: str) -> Any:
    """Return an account's row or None."""
    return connection.execute(sa.select(account).where(account.c.name == name)).first()


def all_accounts(connection: sa.Connection) -> list[Any]:
    """Return every account by name."""
    return list(connection.execute(sa.select(account).order_by(account.c.name)))


def change(connection: sa.Connection, name: str, **values: Any) -> None:
    """Change columns of an account (``language``, ``time_zone``, ``active``, ``password``)."""
    connection.execute(account.update().where(account.c.name == name).values(**values))


def open_session(
    connection: sa.Connection, *, token: str, name: str, purpose: str, csrf: str, expires: str
) -> None:
    """Enter a session and sweep the expired ones."""
    connection.execute(session.delete().where(session.c.expires < now_text()))
    connection.execute(
        session.insert().values(
            token=token, account=name, purpose=purpose, csrf=csrf, expires=expires
        )
    )


def find_session(connection: sa.Connection, token: str) -> Any:
    """Return a live session with its active account, None otherwise."""
    query = (
        sa.select(session.c.purpose, session.c.csrf, session.c.expires, account)
        .join(account, account.c.name == session.c.account)
        .where(session.c.token == token, session.c.expires >= now_text(), account.c.active)
    )
    return connection.execute(query).first()


def change_session(connection: sa.Connection, token: str, *, purpose: str) -> None:
    """Change the purpose of a session."""
    connection.execute(session.update().where(session.c.token == token).values(purpose=purpose))


def close_session(connection: sa.Connection, token: str) -> None:
    """Remove a session."""
    connection.execute(session.delete().where(session.c.token == token))
