"""What people said about two mentions: whether they name one and the same."""

from __future__ import annotations

import msgspec


class JudgedMention(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A mention that a judgement speaks of: its id, the record and the place in it.

    ``facts`` are digests of what stood there, by part: another party that comes to stand in the
    same place can be told without keeping what the first one was.
    """

    id: str
    record_id: str
    path: str
    facts: dict[str, str] = {}


class EntityJudgement(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="kind",
    tag="entity_judgement",
):
    """A person's step on a pair of mentions: ``judge`` or ``undo``; each a version of one record.

    ``a`` and ``b`` stand in the order of their ids, which make the natural key. ``verdict`` is what
    stands after the step: ``same``, ``different``, or "" when nothing does. ``at`` is ISO 8601 UTC,
    ``number`` counts the steps from 1.
    """

    a: JudgedMention
    b: JudgedMention
    number: int
    move: str
    by: str
    at: str
    verdict: str = ""
    reason: str = ""
