"""Sign-ins through an identity provider, as rows: those under way, and who is who.

A link with an account is one that an administrator approved. A link without one is a person who
came, was let in nowhere, and may ask to be.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from esclusa.ledger.records import now_text
from esclusa.ledger.schema import logout_seen, sign_in_attempt, sign_in_link

MOST_ATTEMPTS: Final = 5_000
"""Sign-ins under way at once; a flood of begun ones pushes out the oldest and fills no disk."""
MOST_WAITING: Final = 200
"""People who wait for an administrator; a flood pushes out the oldest."""


def begin(
    connection: sa.Connection, *, state: str, browser: str, nonce: str, verifier: str, wish: str,
    expires: str,
) -> None:  # fmt: skip
    """Enter a sign-in under way and sweep those whose time is over."""
    table = sign_in_attempt
    connection.execute(table.delete().where(table.c.expires < now_text()))
    surplus = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
    if surplus >= MOST_ATTEMPTS:
        first = sa.select(table.c.state).order_by(table.c.expires)
        oldest = first.limit(surplus - MOST_ATTEMPTS + 1)
        connection.execute(table.delete().where(table.c.state.in_(oldest)))
    connection.execute(
        table.insert().values(
            state=state, browser=browser, nonce=nonce, verifier=verifier, wish=wish,
            expires=expires,
        )
    )  # fmt: skip


def take(connection: sa.Connection, state: str) -> Any:
    """Return a sign-in under way and remove it: it is used once. None when there is none."""
    mine = sign_in_attempt.c.state == state
    row = connection.execute(
        sa.select(sign_in_attempt).where(mine, sign_in_attempt.c.expires >= now_text())
    ).first()
    connection.execute(sign_in_attempt.delete().where(mine))
    return row


def link_of(connection: sa.Connection, issuer: str, subject: str) -> Any:
    """Return the row of a subject of an issuer, None when it never came."""
    return connection.execute(sa.select(sign_in_link).where(_is(issuer, subject))).first()


def links(connection: sa.Connection) -> list[Any]:
    """Return every link and everyone who waits, the newest first."""
    return list(connection.execute(sa.select(sign_in_link).order_by(sign_in_link.c.seen.desc())))


def came(connection: sa.Connection, issuer: str, subject: str, *, said: str, code: str) -> str:
    """Note that a subject came; return the code that stands for it.

    :param said: what it calls itself.
    :param code: the code to give it when it comes for the first time.
    """
    known = link_of(connection, issuer, subject)
    if known is None:
        waiting = sign_in_link.c.account == ""
        kept = sa.select(sign_in_link.c.code).where(waiting).order_by(sign_in_link.c.seen.desc())
        beyond = kept.offset(MOST_WAITING - 1).limit(MOST_ATTEMPTS)
        connection.execute(sign_in_link.delete().where(waiting, sign_in_link.c.code.in_(beyond)))
        connection.execute(
            sign_in_link.insert().values(
                issuer=issuer, subject=subject, account="", said=said, code=code, seen=now_text(),
                approver="", since="",
            )
        )  # fmt: skip
        return code
    seen = sign_in_link.update().where(_is(issuer, subject)).values(said=said, seen=now_text())
    connection.execute(seen)
    return str(known.code)


def by_code(connection: sa.Connection, code: str) -> Any:
    """Return the link that a code stands for, None when there is none."""
    return connection.execute(sa.select(sign_in_link).where(sign_in_link.c.code == code)).first()


def approve(connection: sa.Connection, code: str, *, account: str, by: str) -> None:
    """Tie a subject to an account."""
    connection.execute(
        sign_in_link.update()
        .where(sign_in_link.c.code == code)
        .values(account=account, approver=by, since=now_text())
    )


def logout_is_new(connection: sa.Connection, issuer: str, jti: str, *, until: str) -> bool:
    """Note that a word of the provider came that somebody is signed out; False when it came before.

    :param until: from when on it would not be believed any more (ISO 8601 UTC).
    """
    table = logout_seen
    connection.execute(table.delete().where(table.c.until < now_text()))
    mine = sa.and_(table.c.issuer == issuer, table.c.jti == jti)
    if connection.execute(sa.select(table.c.jti).where(mine)).first() is not None:
        return False
    connection.execute(table.insert().values(issuer=issuer, jti=jti, until=until))
    return True


def drop(connection: sa.Connection, code: str) -> bool:
    """Forget a link or a person who waits; False when there is none of that code."""
    gone = connection.execute(sign_in_link.delete().where(sign_in_link.c.code == code))
    return bool(gone.rowcount)


def _is(issuer: str, subject: str) -> sa.ColumnElement[bool]:
    return sa.and_(sign_in_link.c.issuer == issuer, sign_in_link.c.subject == subject)
