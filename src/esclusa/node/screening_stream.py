"""Screening parties as they come: JSON lines in, one answer a line out, in order.

A party is an object with ``name`` and any other column that a table of queries may have. Each line
is answered before the next is read, so a program can hold the pipe open and ask all day. A line
that cannot be used is answered with what is wrong and where; the lines after it are answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO, Final

import msgspec

from esclusa.analysis.screening import Hit, Screener, make_query, sentences

LONGEST: Final = 64 * 1024
"""Bytes of one line; a party takes some hundred."""


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """One line of questions. Fields that are not known here are passed over."""

    name: str
    query_id: str = ""
    type: str = "any"
    birth_date: str = ""
    nationality: str = ""
    identifiers: tuple[str, ...] = ()
    birth_place: str = ""
    address: str = ""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One possible match, its reasons as sentences."""

    list_id: str
    uid: str
    edition: str
    entry_type: str
    entry_name: str
    matched_name: str
    score: float
    answer: str
    cannot_tell: tuple[str, ...]
    detail: tuple[str, ...]
    detail_es: tuple[str, ...]


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to one line. ``query_id`` is the party's, else the line's number. No hit says
    nothing about the party. ``error`` says why a line has no answer, ``offset`` its first byte."""

    query_id: str
    hits: tuple[Found, ...] = ()
    error: str = ""
    offset: int = -1


def screen_lines(screener: Screener, stream: BinaryIO) -> Iterator[Answer]:
    """Yield one answer for each line that is not blank; never raises for what a line holds."""
    offset, number = 0, 0
    while line := stream.readline(LONGEST + 1):
        start, number = offset, number + 1
        offset += len(line)
        if len(line) > LONGEST:
            offset += _skip(stream, line)
            yield _refused(number, start, f"line {number} is longer than {LONGEST:,} bytes")
        elif line.strip():
            yield _answer(screener, line, number, start)


def _skip(stream: BinaryIO, line: bytes) -> int:
    """Read on to the end of an overlong line and return how many bytes that took."""
    skipped = 0
    while line and not line.endswith(b"\n"):
        line = stream.readline(LONGEST)
        skipped += len(line)
    return skipped


def _answer(screener: Screener, line: bytes, number: int, offset: int) -> Answer:
    try:
        party = _decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        reason = f"line {number} is not one JSON object with the text name"
        return _refused(number, offset, reason)
    query = make_query(
        party.name, party.type, party.birth_date, party.nationality, party.identifiers,
        party.birth_place, party.address,
    )  # fmt: skip
    hits = tuple(_found(hit) for hit in screener.query(query))
    return Answer(query_id=party.query_id or str(number), hits=hits)


_decode: Final[Callable[[bytes], Party]] = msgspec.json.Decoder(Party).decode


def _refused(number: int, offset: int, reason: str) -> Answer:
    return Answer(query_id=str(number), error=reason, offset=offset)


def _found(hit: Hit) -> Found:
    return Found(
        list_id=hit.list_id, uid=hit.uid, edition=hit.edition, entry_type=hit.entry_type,
        entry_name=hit.entry_name, matched_name=hit.matched_name, score=hit.score,
        answer=hit.answer, cannot_tell=hit.cannot_tell, detail=tuple(sentences(hit, "en")),
        detail_es=tuple(sentences(hit, "es")),
    )  # fmt: skip
