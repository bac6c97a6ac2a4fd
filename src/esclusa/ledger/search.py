"""Full-text search over current records: SQLite FTS5 and PostgreSQL tsvector behind one function.

Results come newest first. A relevance rank would be computed over all records, visible or not, and
so would tell a reader something about those he may not see.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Final

import sqlalchemy as sa

from esclusa.ledger.schema import record
from esclusa.ledger.store import is_walled

_WORD: Final = re.compile(r"\w+", re.UNICODE)
_WORDS_USED: Final = 12
_WORDS: Final = sa.table("record_text", sa.column("rowid", sa.Integer))


def search(
    connection: sa.Connection, visible: Collection[int], text: str, *, kind: str = "", limit: int
) -> list[Any]:
    """Return rows of records whose text holds every word typed (the last one as a prefix).

    Punctuation parts words; there is no query language, so nothing typed can be a syntax error.
    """
    words = _WORD.findall(text)[:_WORDS_USED]
    if not words:
        return []
    query = sa.select(record).where(record.c.label_id.in_(visible), record.c.current).limit(limit)
    if connection.dialect.name == "sqlite":
        # The index of words gives its rows from the newest on: the walk ends with the page.
        matched = query.join(_WORDS, _WORDS.c.rowid == record.c.seq).where(
            sa.text("record_text MATCH :question").bindparams(question=_sqlite_question(words))
        )
        query = matched.order_by(_WORDS.c.rowid.desc())
    else:
        held = (
            _walled_match(words, kind, limit)
            if is_walled(connection) else _postgresql_match(words)
        )  # fmt: skip
        query = query.where(record.c.seq.in_(held)).order_by(record.c.seq.desc())
    if kind:
        query = query.where(record.c.kind == kind)
    return list(connection.execute(query))


def _sqlite_question(words: list[str]) -> str:
    return " ".join(f'"{word}"' for word in words) + "*"


def _postgresql_match(words: list[str]) -> sa.TextualSelect:
    return (
        sa.text("SELECT seq FROM record_text WHERE words @@ to_tsquery('simple', :question)")
        .bindparams(question=_tsquery(words))
        .columns(record.c.seq)
    )


def _walled_match(words: list[str], kind: str, limit: int) -> sa.TextualSelect:
    """The index of words is closed to readers; the database's own function asks it for them."""
    return (
        sa.text("SELECT seq FROM record_search(:question, :wanted, :most) AS seq")
        .bindparams(question=_tsquery(words), wanted=kind, most=limit)
        .columns(record.c.seq)
    )


def _tsquery(words: list[str]) -> str:
    return " & ".join(f"'{word}'" for word in words) + ":*"
