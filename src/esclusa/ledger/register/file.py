"""A register's file: its tables, and what of them is read and written by more than one module.

=========== ====================================================================================
version     versions in force that were taken in: number, record, label (as resolution knows it)
said        what mentions state, each content once, and the digest of its comparable form
mention     a place in a version that names somebody: its node, its content, the place, the role
node        a comparable content (``packed``), its points with itself, the earliest mention of its
            entity (NULL where equal content is not enough to be one: then each mention is one)
spelling    which contents a node has: how often, and first by which mention
block       which nodes are looked for under a key; ``refs`` of a node refine too common keys
near        points of pairs that are at least possible, both ways
open_pair   those of them that nothing joined, the likeliest first
tie, thing  what mentions are tied to
word        which contents have a word in a name or number
judged      what people said about pairs of mentions, and whether it counts now
=========== ====================================================================================

Keys, ties and words are kept as 64-bit digests.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import msgspec

from esclusa.analysis.resolution import Judgement, Mention

FORMAT: Final = "3"
_WAIT: Final = 60.0
"""Seconds to wait for another process that brings the same file up to date."""
_MANY: Final = 500
_CACHE: Final = 32_000
"""KiB of a file that a process holds in memory."""

_TABLES: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE version (seq INTEGER PRIMARY KEY, record TEXT NOT NULL, label INTEGER NOT NULL);
CREATE TABLE said (s INTEGER PRIMARY KEY, hash BLOB NOT NULL, content BLOB NOT NULL,
                   digest TEXT NOT NULL);
CREATE TABLE mention (m INTEGER PRIMARY KEY, id TEXT NOT NULL, seq INTEGER NOT NULL,
                      n INTEGER NOT NULL, s INTEGER NOT NULL, path TEXT NOT NULL,
                      role TEXT NOT NULL);
CREATE TABLE node (n INTEGER PRIMARY KEY, content TEXT NOT NULL, packed BLOB NOT NULL,
                   own REAL NOT NULL, entity TEXT, refs BLOB NOT NULL);
CREATE TABLE spelling (n INTEGER NOT NULL, s INTEGER NOT NULL, size INTEGER NOT NULL,
                       first_seq INTEGER NOT NULL, first_id TEXT NOT NULL,
                       PRIMARY KEY (n, s)) WITHOUT ROWID;
CREATE TABLE block (key INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (key, n)) WITHOUT ROWID;
CREATE TABLE near (a INTEGER NOT NULL, b INTEGER NOT NULL, points REAL NOT NULL,
                   PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE TABLE open_pair (less REAL NOT NULL, a INTEGER NOT NULL, b INTEGER NOT NULL,
                        PRIMARY KEY (less, a, b)) WITHOUT ROWID;
CREATE TABLE thing (t INTEGER PRIMARY KEY, kind TEXT NOT NULL, value TEXT NOT NULL);
CREATE TABLE tie (t INTEGER NOT NULL, m INTEGER NOT NULL, n INTEGER NOT NULL, role TEXT NOT NULL,
                  PRIMARY KEY (t, m)) WITHOUT ROWID;
CREATE TABLE word (w INTEGER NOT NULL, s INTEGER NOT NULL, PRIMARY KEY (w, s)) WITHOUT ROWID;
CREATE TABLE judged (seq INTEGER PRIMARY KEY, said BLOB, stands INTEGER NOT NULL);
"""
_INDEXES: Final = """
CREATE UNIQUE INDEX said_hash ON said (hash);
CREATE UNIQUE INDEX mention_id ON mention (id);
CREATE INDEX mention_seq ON mention (seq);
CREATE INDEX mention_age ON mention (n, seq, id);
CREATE INDEX mention_said ON mention (s, n, seq, id);
CREATE UNIQUE INDEX node_content ON node (content);
CREATE INDEX node_entity ON node (entity);
CREATE INDEX spelling_said ON spelling (s);
CREATE INDEX tie_mention ON tie (m);
CREATE INDEX tie_node ON tie (n, t);
"""


class Judged(msgspec.Struct, frozen=True):
    """A judgement, and the digests of what its two mentions stated when it was made."""

    judgement: Judgement
    a: dict[str, str]
    b: dict[str, str]


class Said(msgspec.Struct, frozen=True, array_like=True):
    """What a mention states, without where it says it."""

    type: str
    names: tuple[str, ...]
    birth_dates: tuple[str, ...]
    nationalities: tuple[str, ...]
    identifiers: tuple[str, ...]
    addresses: tuple[str, ...]
    places: tuple[str, ...]
    phones: tuple[str, ...]


_MACHINE: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_INTERRUPT,
    }
)  # fmt: skip
_ENCODER: Final = msgspec.msgpack.Encoder()
_SAID: Final = msgspec.msgpack.Decoder(Said)
_JUDGED: Final = msgspec.msgpack.Decoder(Judged)


def number_of(text: str) -> int:
    """Return the 64-bit digest of a text, as a signed number."""
    made = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(made, "big", signed=True)


def content_of(mention: Mention) -> bytes:
    """Return what a mention states, without where it says it, as bytes."""
    said = Said(
        mention.type, mention.names, mention.birth_dates, mention.nationalities,
        mention.identifiers, mention.addresses, mention.places, mention.phones,
    )  # fmt: skip
    return _ENCODER.encode(said)


def read_content(content: bytes) -> Said:
    """Return what :func:`content_of` wrote."""
    return _SAID.decode(content)


def hash_of(content: bytes) -> bytes:
    """Return what tells one content from every other."""
    return blake2b(content, digest_size=16).digest()


def lots(values: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield values by five hundred, as many as one statement takes without care."""
    held = list(values)
    for start in range(0, len(held), _MANY):
        yield held[start : start + _MANY]


def marks(values: Sequence[Any]) -> str:
    """Return a question mark for each value, in brackets."""
    return f"({','.join('?' * len(values))})"


def is_of_the_machine(error: sqlite3.Error) -> bool:
    """Tell whether an error is about the machine (busy, full, no right) and not about the file."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    return code in _MACHINE


class File:
    """A register's file, open. One thread at a time."""

    def __init__(self, path: Path | None = None, *, fresh: bool = False) -> None:
        """Open a file that is there, perhaps empty.

        :param path: None for one in memory.
        :param fresh: it is to be filled at once: no indexes, and worth nothing before it is whole.
        :raises sqlite3.DatabaseError: when it is no register, or a broken one.
        """
        self.path = path
        name = f"file:{quote(str(path))}?mode=rw" if path is not None else ":memory:"
        self.db: Final = sqlite3.connect(
            name, uri=True, isolation_level=None, check_same_thread=False, timeout=_WAIT
        )
        try:
            if path is not None:
                if path.exists() and path.stat().st_size % self.one("PRAGMA page_size")[0]:
                    # SQLite would read noughts where the last page ends too early.
                    raise sqlite3.DatabaseError("the file ends within a page")
                self.db.execute(f"PRAGMA journal_mode = {'OFF' if fresh else 'WAL'}")
            self.db.execute(f"PRAGMA synchronous = {'OFF' if fresh else 'NORMAL'}")
            self.db.execute("PRAGMA secure_delete = ON")  # erased is gone from the file too
            self.db.execute("PRAGMA cell_size_check = ON")  # a broken page is told from a sound one
            self.db.execute(f"PRAGMA cache_size = -{_CACHE}")
            if not self.all("SELECT 1 FROM sqlite_master LIMIT 1"):
                self._make(_TABLES if fresh else _TABLES + _INDEXES)
        except sqlite3.DatabaseError:
            self.db.close()
            raise

    def _make(self, text: str) -> None:
        for statement in text.split(";"):
            self.db.execute(statement)

    def index(self) -> None:
        """Make the indexes of a fresh file that was filled."""
        self._make(_INDEXES)

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    def begin(self) -> None:
        """Read one state of the file from now on."""
        self.db.execute("BEGIN")

    def end(self) -> None:
        """End what :meth:`begin` began; safe to repeat."""
        if self.db.in_transaction:
            self.db.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """All of the block or nothing; other processes wait."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    def whole(self) -> bool:
        """Tell whether the file holds together, and contents are those that were written."""
        try:
            sound = self.all("PRAGMA quick_check(1)") == [("ok",)]
            return sound and all(
                hash_of(content) == name
                for name, content in self.db.execute("SELECT hash, content FROM said")
            )
        except sqlite3.Error:
            return False

    def settle(self) -> bool:
        """Leave nothing of what was erased in the journal beside the file; False when somebody who
        reads an older state hinders that for longer than a write waits."""
        return int(self.one("PRAGMA wal_checkpoint(TRUNCATE)")[0]) == 0

    # -- rows

    def all(self, text: str, values: Sequence[Any] = ()) -> list[Any]:
        """Return all rows of a query."""
        return self.db.execute(text, values).fetchall()

    def one(self, text: str, values: Sequence[Any] = ()) -> Any:
        """Return the first row of a query, None without one."""
        return self.db.execute(text, values).fetchone()

    def run(self, text: str, values: Sequence[Any] = ()) -> None:
        """Do one statement."""
        self.db.execute(text, values)

    def many(self, text: str, rows: Iterable[Sequence[Any]]) -> None:
        """Do one statement for each row."""
        self.db.executemany(text, rows)

    def get(self, name: str) -> str:
        """Return what is noted under a name, "" for nothing."""
        row = self.one("SELECT value FROM meta WHERE name = ?", (name,))
        return str(row[0]) if row else ""

    def put(self, name: str, value: str) -> None:
        """Note something under a name."""
        self.run("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    # -- what people said

    def judged(self) -> dict[int, Judged | None]:
        """Return the newest step on each pair by its sequence number; None where nothing stands
        after it."""
        rows = self.all("SELECT seq, said FROM judged")
        return {seq: _JUDGED.decode(said) if said is not None else None for seq, said in rows}

    def standing(self) -> dict[str, Judgement]:
        """Return the judgements that count now, by id."""
        rows = self.all("SELECT said FROM judged WHERE stands")
        return {one.id: one for one in (_JUDGED.decode(row[0]).judgement for row in rows)}

    def put_judged(self, seq: int, said: Judged | None) -> None:
        """Keep a step; it does not count before it is said to."""
        held = _ENCODER.encode(said) if said is not None else None
        self.run("INSERT OR REPLACE INTO judged VALUES (?, ?, 0)", (seq, held))
