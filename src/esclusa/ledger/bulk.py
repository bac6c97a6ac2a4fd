"""Many rows at once, handed to the driver as tuples.

For the tables that an ingest fills, SQLAlchemy's own way of preparing a dictionary of parameters
per row took a tenth of the whole time from bytes to queue (profiled at 100,000 consignments).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

T = TypeVar("T")

_AT_ONCE: Final = 10_000
"""Values in one statement by :func:`among`: some hundred kilobytes of JSON."""

_PASS_OVER: Final = " ON CONFLICT DO NOTHING"


def insert(
    connection: sa.Connection, table: sa.TableClause, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows that each hold the same columns; values are the driver's own (int, str, bytes).

    :raises sqlalchemy.exc.IntegrityError: when a key exists already.
    """
    _insert(connection, table, rows, "")


def add(
    connection: sa.Connection, table: sa.TableClause, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows; one whose key exists already is passed over."""
    _insert(connection, table, rows, _PASS_OVER)


def put(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, or write over those that have the same primary key."""
    keys = [column.name for column in table.primary_key]
    others = [column.name for column in table.c if column.name not in keys]
    named = ", ".join(f'"{key}"' for key in keys)
    changes = ", ".join(f'"{name}" = excluded."{name}"' for name in others)
    _insert(connection, table, rows, f" ON CONFLICT ({named}) DO UPDATE SET {changes}")


def insert_tuples(
    connection: sa.Connection, table: sa.Table, rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert rows that hold every column of the table in its order.

    :raises sqlalchemy.exc.IntegrityError: when a key exists already.
    """
    if rows:
        _run(connection, table, [column.name for column in table.c], rows, "")


def add_tuples(connection: sa.Connection, table: sa.Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """As :func:`insert_tuples`; a row whose key exists already is passed over."""
    if rows:
        _run(connection, table, [column.name for column in table.c], rows, _PASS_OVER)


def listed(connection: sa.Connection) -> str:
    """Return SQL for a JSON list of texts, bound as ``wanted``, as a table with a column ``value``:
    one parameter, however long the list."""
    if connection.dialect.name == "sqlite":
        return "json_each(:wanted)"
    return "(SELECT json_array_elements_text(CAST(:wanted AS json)) AS value)"


def among(
    connection: sa.Connection, column: sa.ColumnElement[Any], wanted: Sequence[str] | Sequence[int]
) -> sa.ColumnElement[bool]:
    """Return that a column holds one of these values: one parameter, so that one statement serves
    for any number of them. A list of parameters is written anew for each length, and that costs
    more than most such statements take to run."""
    text = sa.literal(msgspec.json.encode(wanted).decode(), sa.Text)
    if connection.dialect.name == "sqlite":
        return column.in_(sa.select(sa.func.json_each(text).table_valued("value").c.value))
    each = sa.func.json_array_elements_text(sa.cast(text, postgresql.JSON)).table_valued("value")
    values = sa.select(sa.cast(each.c.value, column.type)).scalar_subquery()
    # An array, and not a table to join with. Row security lets PostgreSQL compare a column with a
    # table's converted values only after it has looked at the labels of every row; an array's
    # values it looks up in the column's index.
    return column == sa.func.any(sa.func.array(values))


def lots(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut values into pieces for :func:`among`."""
    for start in range(0, len(items), _AT_ONCE):
        yield items[start : start + _AT_ONCE]


def _insert(
    connection: sa.Connection, table: sa.TableClause, rows: Sequence[Mapping[str, Any]], then: str
) -> None:
    if not rows:
        return
    names = [column.name for column in table.c if column.name in rows[0]]  # two or more
    _run(connection, table, names, list(map(itemgetter(*names), rows)), then)


def _run(
    connection: sa.Connection, table: sa.TableClause, names: Sequence[str],
    rows: Sequence[tuple[Any, ...]], then: str,
) -> None:  # fmt: skip
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    columns = ", ".join(f'"{name}"' for name in names)
    marks = ", ".join([mark] * len(names))
    statement = f'INSERT INTO "{table.name}" ({columns}) VALUES ({marks}){then}'
    connection.exec_driver_sql(statement, list(rows))
