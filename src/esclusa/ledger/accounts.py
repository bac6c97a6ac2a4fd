"""Accounts and sessions, as rows. Passwords and tokens come here hashed."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from esclusa.ledger import asked
from esclusa.ledger.records import now_text
from esclusa.ledger.schema import account, audit, session, sign_in_link


def add(
    connection: sa.Connection, *, name: str, password: str, role: str, clearance: int, caveats: str,
    must_change: bool = False,
) -> bool:  # fmt: skip
    """Enter an account, whose person has chosen no language yet; False when the name is taken."""
    if find(connection, name):
        return False
    connection.execute(
        account.insert().values(
            name=name, password=password, role=role, clearance=clearance, caveats=caveats,
            created=now_text(), must_change=must_change, language="",
        )
    )  # fmt: skip
    return True


def find(connection: sa.Connection, name: str) -> Any:
    """Return an account's row or None."""
    return connection.execute(sa.select(account).where(account.c.name == name)).first()


def all_accounts(connection: sa.Connection) -> list[Any]:
    """Return every account by name."""
    return list(connection.execute(_ALL))


_ALL: Final = sa.select(account).order_by(account.c.name)


def change(connection: sa.Connection, name: str, **values: Any) -> None:
    """Change columns of an account (``language``, ``time_zone``, ``active``, ``password``)."""
    connection.execute(account.update().where(account.c.name == name).values(**values))


def open_session(
    connection: sa.Connection, *, token: str, name: str, purpose: str, csrf: str, expires: str,
    way: str = "", issuer: str = "", subject: str = "", provider_session: str = "",
) -> None:  # fmt: skip
    """Enter a session and sweep the expired ones.

    :param way: by what the person was proved, "" for a password; ``issuer``, ``subject`` and
        ``provider_session`` are what an identity provider calls itself, person and session.
    """
    connection.execute(session.delete().where(session.c.expires < now_text()))
    connection.execute(
        session.insert().values(
            token=token, account=name, purpose=purpose, csrf=csrf, expires=expires, way=way,
            issuer=issuer, subject=subject, provider_session=provider_session,
        )
    )  # fmt: skip


def find_session(connection: sa.Connection, token: str) -> Any:
    """Return a live session with its active account, None otherwise."""
    return connection.execute(asked.SESSION, {"token": token, "now": now_text()}).first()


def change_session(connection: sa.Connection, token: str, *, purpose: str) -> None:
    """Change the purpose of a session."""
    connection.execute(session.update().where(session.c.token == token).values(purpose=purpose))


def close_session(connection: sa.Connection, token: str) -> None:
    """Remove a session."""
    connection.execute(session.delete().where(session.c.token == token))


def close_sessions(connection: sa.Connection, name: str) -> int:
    """End every session of an account; return how many were live."""
    mine = session.c.account == name
    live = (
        sa.select(sa.func.count()).select_from(session).where(mine, session.c.expires >= now_text())
    )
    count = connection.execute(live).scalar_one()
    connection.execute(session.delete().where(mine))
    return int(count)


def close_provider_sessions(
    connection: sa.Connection, *, issuer: str, subject: str, provider_session: str
) -> dict[str, int]:
    """End the sessions that an identity provider opened and has ended; return how many of each
    account.

    :param subject: whose, "" where the session alone is named.
    :param provider_session: which one, "" for all of the subject. A session of the subject that
        came without such a name ends as well: it may be the one.
    """
    c = session.c
    mine = [c.issuer == issuer, c.way != ""]
    if subject:
        mine.append(c.subject == subject)
    if provider_session:
        named = (provider_session, "") if subject else (provider_session,)
        mine.append(c.provider_session.in_(named))
    found = _counts(
        connection, sa.select(c.account, sa.func.count()).where(*mine).group_by(c.account)
    )
    connection.execute(session.delete().where(*mine))
    return found


def live_sessions(connection: sa.Connection) -> dict[str, int]:
    """Return how many live sessions each account has that has any."""
    query = sa.select(session.c.account, sa.func.count()).where(session.c.expires >= now_text())
    return _counts(connection, query.group_by(session.c.account))


def last_opened(connection: sa.Connection, name: str) -> str:
    """Return when an account's person signed in last, "" for never (ISO 8601 UTC)."""
    query = sa.select(audit.c.at).where(audit.c.who == name, audit.c.action == "session:open")
    found = connection.execute(query.order_by(audit.c.seq.desc()).limit(1)).scalar()
    return str(found or "")


def linked(connection: sa.Connection) -> dict[str, int]:
    """Return how many people of an identity provider are tied to each account that has any."""
    query = sa.select(sign_in_link.c.account, sa.func.count()).where(sign_in_link.c.account != "")
    return _counts(connection, query.group_by(sign_in_link.c.account))


def active_with(connection: sa.Connection, role: str) -> set[str]:
    """Return the names of the active accounts of a role."""
    query = sa.select(account.c.name).where(account.c.role == role, account.c.active)
    return set(connection.execute(query).scalars())


def _counts(connection: sa.Connection, query: sa.Select[Any]) -> dict[str, int]:
    return {row[0]: int(row[1]) for row in connection.execute(query)}
