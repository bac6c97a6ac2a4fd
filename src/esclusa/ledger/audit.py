"""The audit log: who read or did what, for which purpose; each line hashes all lines before it.

``subject`` is an identifier and ``detail`` holds counts and codes: an auditor sees the whole log
and no content. The reason that a person gives for a recall or an erasure is there as it was typed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import islice
from operator import attrgetter
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from esclusa.ledger import audit_sets, bulk
from esclusa.ledger.records import now_text
from esclusa.ledger.schema import audit

_PARTS: Final = ("at", "who", "role", "purpose", "action", "subject", "detail")


_LAST: Final = sa.select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
"""Made once: it is asked before each line, and putting it together took longer than the answer."""


def line_hash(previous: bytes, *parts: str) -> bytes:
    """Return the SHA-256 of the hash before and this line's parts."""
    return hashlib.sha256(previous + "\x1f".join(parts).encode()).digest()


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What is said in one line. ``at`` is ISO 8601 UTC, "" for now."""

    who: str
    role: str
    purpose: str
    action: str
    subject: str = ""
    detail: str = ""
    at: str = ""


def write_line(
    connection: sa.Connection, *, who: str, role: str, purpose: str, action: str,
    subject: str = "", detail: str = "", at: str = "",
) -> int:  # fmt: skip
    """Append one line inside the caller's write transaction and return its number."""
    line = Line(who=who, role=role, purpose=purpose, action=action, subject=subject,
                detail=detail, at=at)  # fmt: skip
    return write_lines(connection, (line,))


def write_lines(connection: sa.Connection, said: Iterable[Line]) -> int:
    """Append lines in order inside the caller's write transaction; return the last number."""
    now, seq, previous = now_text(), *_end(connection)
    rows = []
    for line in said:
        seq += 1
        parts = (line.at or now, line.who, line.role, line.purpose, line.action, line.subject,
                 line.detail)  # fmt: skip
        previous = line_hash(previous, str(seq), *parts)
        rows.append((seq, *parts, previous))
    bulk.insert_tuples(connection, audit, rows)
    return seq


def write_many(
    connection: sa.Connection, *, who: str, role: str, purpose: str,
    said: Sequence[audit_sets.Deed | audit_sets.Deeds],
) -> None:  # fmt: skip
    """Append what the exchange did to records.

    Where one thing was done to very many, one line stands for all: see
    :mod:`esclusa.ledger.audit_sets`.
    """
    now, seq, previous = now_text(), *_end(connection)
    # What is the same in every line of the batch is put together once.
    between = f"\x1f{now}\x1f{who}\x1f{role}\x1f{purpose}\x1f"
    rows: list[tuple[Any, ...]] = []
    lists: dict[int, Mapping[int, str]] = {}
    cut = audit_sets.Cutter()
    for action, about, members in audit_sets.together(said):
        told: Iterable[tuple[str, str]]
        if len(members) >= audit_sets.LEAST and role == "exchange":
            parts, digest = cut(members)
            lists[seq + 1] = parts
            told = [("", audit_sets.detail(about, len(members), digest))]
        else:
            told = ((name, audit_sets.detail_of(about, version)) for name, version in members)
        for subject, detail in told:
            seq += 1
            text = f"{seq}{between}{action}\x1f{subject}\x1f{detail}"
            previous = hashlib.sha256(previous + text.encode()).digest()
            rows.append((seq, now, who, role, purpose, action, subject, detail, previous))
    bulk.insert_tuples(connection, audit, rows)
    audit_sets.keep(connection, lists)


def _end(connection: sa.Connection) -> tuple[int, bytes]:
    """Return number and hash of the last line, (0, b"") before the first."""
    last = connection.execute(_LAST).first()
    return (last.seq, bytes(last.hash)) if last else (0, b"")


def lines(
    connection: sa.Connection, *, limit: int, before: int = 0, who: str = "", action: str = "",
    subject: str = "", purpose: str = "", since: str = "", until: str = "",
) -> list[Any]:  # fmt: skip
    """Return lines, newest first; ``before`` pages backwards by line number. ``since`` is included,
    ``until`` is not; both are moments, or their beginnings, in ISO 8601 UTC.

    Asked about a subject, a line that stands for many is told as the subject's own."""
    query = sa.select(audit)
    if before:
        query = query.where(audit.c.seq < before)
    if since:
        query = query.where(audit.c.at >= since)
    if until:
        query = query.where(audit.c.at < until)
    named = {"who": who, "action": action, "subject": subject, "purpose": purpose}
    for name, value in named.items():
        if value:
            query = query.where(audit.c[name] == value)
    rows = connection.execute(query.order_by(audit.c.seq.desc()).limit(limit)).all()
    of_many = [
        line for line in reversed(audit_sets.about(connection, subject, since=since))
        if (not before or line.seq < before) and (not until or line.at < until)
        and all(getattr(line, name) == value for name, value in named.items() if value)
    ]  # fmt: skip
    newest = merge(rows, of_many, key=attrgetter("seq"), reverse=True)
    return list(islice(newest, limit))


def since(connection: sa.Connection, seq: int, *, limit: int) -> list[Any]:
    """Return the lines behind a number, oldest first; for counting, not for people."""
    query = sa.select(audit).where(audit.c.seq > seq).order_by(audit.c.seq)
    return list(connection.execute(query.limit(limit)))


def about(connection: sa.Connection, subject: str, *, since: str = "") -> Iterator[Any]:
    """Yield the exchange's lines about one subject from a moment on, oldest first; a line that
    stands for many is told as the subject's own."""
    query = sa.select(audit).where(
        audit.c.subject == subject, audit.c.role == "exchange", audit.c.at >= since
    )
    ordered = query.order_by(audit.c.seq)
    alone = connection.execute(ordered, execution_options={"yield_per": 200})
    of_many = audit_sets.about(connection, subject, since=since)
    yield from merge(alone, of_many, key=attrgetter("seq"))


def broken_lines(connection: sa.Connection) -> Iterator[int]:
    """Yield the number of each line whose hash or number does not follow from the line before, or
    that stands for a list which is not the one it names."""
    previous, expected = b"", 1
    rows = connection.execute(
        sa.select(audit).order_by(audit.c.seq), execution_options={"yield_per": 1000}
    )
    for row in rows:
        parts = (row.at, row.who, row.role, row.purpose, row.action, row.subject, row.detail)
        right = line_hash(previous, str(row.seq), *parts)
        if row.seq != expected or bytes(row.hash) != right or (
            audit_sets.is_set(row) and not audit_sets.holds(connection, row)
        ):  # fmt: skip
            yield row.seq
        previous, expected = bytes(row.hash), row.seq + 1


def last_about(connection: sa.Connection, subject: str, action: str) -> Any:
    """Return the newest line of one action about one subject, None when there is none."""
    query = sa.select(audit).where(audit.c.subject == subject, audit.c.action == action)
    return connection.execute(query.order_by(audit.c.seq.desc()).limit(1)).first()


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """How many lines were walked, the first that does not follow (0 for none), the last hash."""

    lines: int
    broken: int
    seal: bytes


def verified(connection: sa.Connection) -> Verified:
    """Walk the whole log and return what was found."""
    broken = next(broken_lines(connection), 0)
    query = sa.select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
    last = connection.execute(query).first()
    return Verified(
        lines=last.seq if last else 0, broken=broken, seal=bytes(last.hash) if last else b""
    )


def hash_of(connection: sa.Connection, number: int) -> bytes:
    """Return the hash of the line of a number, b"" when there is none."""
    found = connection.execute(sa.select(audit.c.hash).where(audit.c.seq == number)).scalar()
    return bytes(found) if found else b""
