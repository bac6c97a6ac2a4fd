"""Mentions as they are read from a register's file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from esclusa.analysis.resolution import Mention, Tie
from esclusa.analysis.screening import normalise
from esclusa.ledger.register.file import File, Said, lots, marks, number_of, read_content

COLUMNS: Final = "m.id, v.record, m.path, v.label, m.seq, m.role, s.content"
JOINED: Final = "mention m JOIN version v ON v.seq = m.seq JOIN said s ON s.s = m.s"


def made(row: Sequence[Any], ties: tuple[Tie, ...] = (), said: Said | None = None) -> Mention:
    """Return a mention of a row of :data:`COLUMNS`, without ties unless they are given; ``said`` is
    what it states, where that was read already."""
    said = said or read_content(row[6])
    return Mention(
        id=row[0], record=row[1], path=row[2], label=row[3], seq=row[4], role=row[5],
        type=said.type, names=said.names, birth_dates=said.birth_dates,
        nationalities=said.nationalities, identifiers=said.identifiers, addresses=said.addresses,
        places=said.places, phones=said.phones, ties=ties,
    )  # fmt: skip


def mention(file: File, name: str) -> Mention | None:
    """Return a mention by its id, without ties."""
    row = file.one(f"SELECT {COLUMNS} FROM {JOINED} WHERE m.id = ?", (name,))
    return made(row) if row else None


def mentions(file: File, names: Iterable[str]) -> dict[str, Mention]:
    """Return mentions by id, without ties; those that are not here are left out."""
    found: dict[str, Mention] = {}
    for some in lots(names):
        query = f"SELECT {COLUMNS} FROM {JOINED} WHERE m.id IN {marks(some)}"
        found.update((row[0], made(row)) for row in file.all(query, some))
    return found


def tied(file: File, name: str) -> Mention | None:
    """Return a mention by its id, with ties, each once."""
    row = file.one(f"SELECT {COLUMNS} FROM {JOINED} WHERE m.id = ?", (name,))
    if row is None:
        return None
    rows = file.all(
        "SELECT thing.kind, thing.value, tie.role FROM mention JOIN tie ON tie.m = mention.m "
        "JOIN thing ON thing.t = tie.t WHERE mention.id = ? ORDER BY tie.t",
        (name,),
    )
    return made(row, tuple(Tie(*one) for one in rows))


def texts_of(said: Said) -> tuple[str, ...]:
    """Return the names and numbers of a content, among which people look."""
    return (*said.names, *(item.partition(":")[2] for item in said.identifiers))


def words_of(said: Said) -> list[int]:
    """Return the digests of the words of a content's names and numbers."""
    return sorted({number_of(w) for text in texts_of(said) for w in normalise(text).tokens})
