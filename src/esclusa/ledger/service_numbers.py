"""Service numbers as rows: what partners are shown in place of an account's name.

A number belongs to one account for ever. An account that gets another keeps the ones before it, so
that what was said under them stays its own; nobody else ever gets them.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

from esclusa.ledger.asked import same
from esclusa.ledger.records import now_text
from esclusa.ledger.schema import account, service_number


def current(connection: sa.Connection, name: str) -> str:
    """Return the number that an account has now, "" for none."""
    return str(connection.execute(_CURRENT, {"name": name}).scalar() or "")


_CURRENT: Final = sa.select(service_number.c.number).where(
    same(service_number.c.account, "name"), service_number.c.current
)


def holder(connection: sa.Connection, number: str) -> Any:
    """Return the row of a number, whoever has or had it, None when it was never given."""
    query = sa.select(service_number).where(service_number.c.number == number)
    return connection.execute(query).first()


def all_numbers(connection: sa.Connection) -> list[Any]:
    """Return every number that was ever given, the ones in use last."""
    return list(connection.execute(_ALL))


_ALL: Final = sa.select(service_number).order_by(
    service_number.c.current, service_number.c.since, service_number.c.number
)


def without(connection: sa.Connection) -> list[str]:
    """Return the names of the accounts that have no number now."""
    having = sa.select(service_number.c.account).where(service_number.c.current)
    query = sa.select(account.c.name).where(account.c.name.not_in(having))
    return list(connection.execute(query.order_by(account.c.name)).scalars())


def give(connection: sa.Connection, name: str, number: str) -> None:
    """Give an account a number, "" to leave it without; one that it had before is taken up again.

    The caller has made sure that the number is nobody else's.
    """
    mine = service_number.c.account == name
    connection.execute(service_number.update().where(mine).values(current=False))
    if not number:
        return
    before = sa.and_(mine, service_number.c.number == number)
    if connection.execute(service_number.update().where(before).values(current=True)).rowcount:
        return
    connection.execute(
        service_number.insert().values(number=number, account=name, since=now_text(), current=True)
    )
