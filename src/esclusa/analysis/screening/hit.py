"""What screening answers with."""

from __future__ import annotations

import msgspec


class Part(msgspec.Struct, frozen=True):
    """One named part of a score. ``values`` fill the sentence that ``code`` names."""

    code: str
    points: float
    values: tuple[tuple[str, str], ...] = ()


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A list entry that a query may mean. Its score, 0 to 100, is the sum of its parts' points.

    ``rank`` counts from 1 within the query. ``edition`` is that of the list, ``version`` that of
    the weights. ``evidence`` are the query's fields that the score rests on (``name``,
    ``birth_date``, ``nationality``, ``identifiers``). A hit is a question for a person, never a
    finding.
    """

    list_id: str
    uid: str
    edition: str
    version: str
    entry_type: str
    entry_name: str
    matched_name: str
    weak_alias: bool
    score: float
    rank: int
    matched_weight: float
    parts: tuple[Part, ...]
    evidence: tuple[str, ...]

    @property
    def cannot_tell(self) -> tuple[str, ...]:
        """Codes of what would have decided but is missing somewhere, such as ``no_birth_date``."""
        return tuple(part.code for part in self.parts if part.code.startswith("no_"))
