"""Notices as rows: what accounts chose, what waits, the outbox, the counts of use, forms.

No row holds content of a record. All times are ISO 8601 UTC text as ``records.now_text`` writes it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from esclusa.ledger import bulk
from esclusa.ledger.records import slices
from esclusa.ledger.schema import (
    notice_choice,
    notice_form,
    notice_item,
    notice_mark,
    notice_message,
    notice_use,
    record,
)

WAITING, SENDING, SENT, EMPTY, REFUSED, GIVEN_UP = (
    "waiting", "sending", "sent", "empty", "refused", "given_up",
)  # fmt: skip
STATES: Final = (WAITING, SENDING, SENT, EMPTY, REFUSED, GIVEN_UP)
"""``empty``: by the time of sending there was nothing left that its reader may be told."""


def _inserted(connection: sa.Connection, table: sa.Table) -> Any:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    return dialect.insert(table)


# --- choices --------------------------------------------------------------------------------------


def choices(connection: sa.Connection) -> list[Any]:
    """Return what every account chose, by account."""
    return list(connection.execute(sa.select(notice_choice).order_by(notice_choice.c.account)))


def choice(connection: sa.Connection, account: str) -> Any:
    """Return what an account chose, None when it never did."""
    query = sa.select(notice_choice).where(notice_choice.c.account == account)
    return connection.execute(query).first()


def choose(connection: sa.Connection, account: str, now: str, **values: Any) -> None:
    """Change columns of an account's row (``body``, ``agency``, ``feed``), or make it."""
    row = {"account": account, "body": b"{}", "since": now} | values
    changed = {name: row[name] for name in values} or {"account": account}
    made = _inserted(connection, notice_choice).values(row)
    connection.execute(
        made.on_conflict_do_update(index_elements=[notice_choice.c.account], set_=changed)
    )


def of_feed(connection: sa.Connection, token: str) -> Any:
    """Return the row whose feed has this token's digest, None when none has."""
    query = sa.select(notice_choice).where(
        notice_choice.c.feed == token, notice_choice.c.feed != ""
    )
    return connection.execute(query).first()


# --- what is new ----------------------------------------------------------------------------------


def mark(connection: sa.Connection, name: str) -> str | None:
    """Return how far something was read, None when it never was."""
    query = sa.select(notice_mark.c.value).where(notice_mark.c.name == name)
    return connection.execute(query).scalar()


def set_mark(connection: sa.Connection, name: str, value: str) -> None:
    """Keep how far something was read."""
    made = _inserted(connection, notice_mark).values(name=name, value=value)
    connection.execute(
        made.on_conflict_do_update(
            index_elements=[notice_mark.c.name], set_={"value": made.excluded.value}
        )
    )


def recorded(
    connection: sa.Connection, after: int, kinds: Collection[str], *, limit: int
) -> tuple[int, list[Any]]:
    """Return the versions of these kinds stored behind a sequence number, in order, as (seq, id,
    kind, label_id), and the number up to which that is all; for the node, not for people."""
    columns = (record.c.seq, record.c.id, record.c.kind, record.c.label_id)
    query = sa.select(*columns).where(record.c.seq > after, record.c.kind.in_(sorted(kinds)))
    rows = list(connection.execute(query.order_by(record.c.seq).limit(limit)))
    if len(rows) == limit:
        return int(rows[-1].seq), rows
    last = connection.execute(sa.select(sa.func.coalesce(sa.func.max(record.c.seq), 0)))
    return int(last.scalar_one()), rows


def add(connection: sa.Connection, rows: Sequence[Mapping[str, str]]) -> None:
    """Enter what accounts are to be told; what one was told already is passed over."""
    bulk.add(connection, notice_item, rows)


# --- items and messages ---------------------------------------------------------------------------


def unbound(connection: sa.Connection, now: str, channels: Collection[str]) -> list[Any]:
    """Return (account, channel) of what is due and in no message yet.

    :param channels: those that go as messages.
    """
    c = notice_item.c
    query = sa.select(c.account, c.channel).where(
        c.message == "", c.due <= now, c.channel.in_(sorted(channels))
    )
    return list(connection.execute(query.distinct().order_by(c.account, c.channel)))


def bind(connection: sa.Connection, name: str, account: str, channel: str, now: str) -> None:
    """Make a message of all that is due for an account by a channel."""
    c = notice_item.c
    connection.execute(
        notice_message.insert().values(
            id=name, account=account, channel=channel, at=now, state=WAITING, due=now
        )
    )
    mine = sa.and_(c.account == account, c.channel == channel, c.message == "", c.due <= now)
    connection.execute(notice_item.update().where(mine).values(message=name))


def items_of(connection: sa.Connection, message: str) -> list[Any]:
    """Return the items of a message, oldest first."""
    query = sa.select(notice_item).where(notice_item.c.message == message)
    return list(connection.execute(query.order_by(notice_item.c.at, notice_item.c.key)))


def items_by(connection: sa.Connection, account: str, channel: str, *, limit: int) -> list[Any]:
    """Return the newest items of an account by a channel, newest first."""
    c = notice_item.c
    query = sa.select(notice_item).where(c.account == account, c.channel == channel)
    return list(connection.execute(query.order_by(c.at.desc(), c.key).limit(limit)))


def item(connection: sa.Connection, name: str) -> Any:
    """Return an item by its id, None when there is none."""
    return connection.execute(sa.select(notice_item).where(notice_item.c.id == name)).first()


def next_waiting(connection: sa.Connection, now: str, passed: Collection[str]) -> Any:
    """Return the oldest message whose turn has come, None when none waits.

    :param passed: channels that do not answer just now.
    """
    c = notice_message.c
    query = sa.select(notice_message).where(
        c.state.in_((WAITING, SENDING)), c.due <= now, c.channel.not_in(sorted(passed))
    )
    return connection.execute(query.order_by(c.due, c.id).limit(1)).first()


def take(connection: sa.Connection, row: Any, until: str) -> bool:
    """Take a message for sending; until a moment nobody else may. False when somebody was faster.

    Taken by a process that died it comes back at that moment, to be sent again.
    """
    c = notice_message.c
    same = sa.and_(c.id == row.id, c.state == row.state, c.due == row.due)
    changed = notice_message.update().where(same)
    done = connection.execute(changed.values(state=SENDING, due=until, attempts=c.attempts + 1))
    return bool(done.rowcount)


def settle(connection: sa.Connection, name: str, **values: str) -> None:
    """Write what became of a message (``state``, ``due``, ``told``, ``done``)."""
    connection.execute(notice_message.update().where(notice_message.c.id == name).values(**values))


def messages(
    connection: sa.Connection, *, states: Collection[str], limit: int
) -> list[tuple[Any, int]]:
    """Return messages in these states, newest first, each with how many items it gathers."""
    c = notice_message.c
    counted = sa.select(sa.func.count()).where(notice_item.c.message == c.id).scalar_subquery()
    query = sa.select(notice_message, counted.label("items")).where(c.state.in_(sorted(states)))
    rows = connection.execute(query.order_by(c.at.desc(), c.id).limit(limit))
    return [(row, int(row.items)) for row in rows]


def message(connection: sa.Connection, name: str) -> Any:
    """Return a message by its id, None when there is none."""
    query = sa.select(notice_message).where(notice_message.c.id == name)
    return connection.execute(query).first()


def states(connection: sa.Connection) -> dict[str, int]:
    """Return how many messages stand in each state."""
    query = sa.select(notice_message.c.state, sa.func.count()).group_by(notice_message.c.state)
    return {state: int(count) for state, count in connection.execute(query)}


def sweep(connection: sa.Connection, *, items: str, messages: str, forms: str) -> None:
    """Remove what is older than these moments: items that wait in no open message, messages that
    are done, forms that have run out."""
    open_ones = sa.select(notice_message.c.id).where(notice_message.c.state.in_((WAITING, SENDING)))
    i, m = notice_item.c, notice_message.c
    connection.execute(
        notice_item.delete().where(i.at < items, i.due < items, i.message.not_in(open_ones))
    )
    connection.execute(
        notice_message.delete().where(m.at < messages, m.state.not_in((WAITING, SENDING)))
    )
    connection.execute(notice_form.delete().where(notice_form.c.until < forms))


# --- use ------------------------------------------------------------------------------------------


def count(
    connection: sa.Connection, uses: Iterable[tuple[str, str, str, str]], *, times: int = 1
) -> None:
    """Add to the counts of (agency, channel, what, day)."""
    for agency, channel, what, day in uses:
        made = _inserted(connection, notice_use).values(
            agency=agency, channel=channel, what=what, day=day, count=times
        )
        connection.execute(
            made.on_conflict_do_update(
                index_elements=list(notice_use.primary_key.columns),
                set_={"count": notice_use.c.count + times},
            )
        )


def counts(connection: sa.Connection, since: str) -> list[Any]:
    """Return the sums since a day as (agency, channel, what, count, last day)."""
    u = notice_use.c
    query = sa.select(
        u.agency, u.channel, u.what, sa.func.sum(u.count).label("count"),
        sa.func.max(u.day).label("last"),
    ).where(u.day >= since).group_by(u.agency, u.channel, u.what)  # fmt: skip
    return list(connection.execute(query.order_by(u.agency, u.channel, u.what)))


def last_days(connection: sa.Connection, whats: Collection[str]) -> dict[str, str]:
    """Return the last day on which each agency did one of these things."""
    u = notice_use.c
    query = sa.select(u.agency, sa.func.max(u.day)).where(u.what.in_(sorted(whats)))
    rows = connection.execute(query.group_by(u.agency))
    return {row[0]: str(row[1]) for row in rows}


# --- forms ----------------------------------------------------------------------------------------


def add_form(connection: sa.Connection, **values: str) -> None:
    """Enter a form under its token's digest."""
    connection.execute(notice_form.insert().values(**values))


def form(connection: sa.Connection, token: str) -> Any:
    """Return the form with this token's digest, None when there is none."""
    return connection.execute(sa.select(notice_form).where(notice_form.c.token == token)).first()


def use_form(connection: sa.Connection, token: str, now: str) -> bool:
    """Use a form up; False when it was."""
    c = notice_form.c
    changed = notice_form.update().where(c.token == token, c.used == "").values(used=now)
    return bool(connection.execute(changed).rowcount)


def bodies(connection: sa.Connection, names: Collection[str]) -> dict[str, Any]:
    """Return the rows of these accounts' choices by account."""
    found: dict[str, Any] = {}
    for some in slices(sorted(names)):
        query = sa.select(notice_choice).where(notice_choice.c.account.in_(some))
        found |= {row.account: row for row in connection.execute(query)}
    return found
