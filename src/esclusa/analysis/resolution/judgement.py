"""What a person said about two mentions: ``same`` or ``different``.

A judgement stands above every score. It is never changed: it is withdrawn, and everything is then
as if it had never been. Of two judgements on one pair the later counts. Where a chain of ``same``
contradicts a ``different``, ``different`` counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

SAME: Final = "same"
DIFFERENT: Final = "different"


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """``a`` and ``b`` are mention ids; ``at`` is ISO 8601 UTC; ``label`` the opaque number of the
    marking under which the judgement stands; ``by`` and ``reason`` are the person's."""

    id: str
    a: str
    b: str
    verdict: str
    by: str
    at: str
    label: int
    reason: str = ""

    def __post_init__(self) -> None:
        if self.verdict not in (SAME, DIFFERENT):
            raise ValueError(f"verdict {self.verdict!r} is not one of {SAME}, {DIFFERENT}")
        if self.a == self.b:
            raise ValueError("a judgement needs two mentions, not one twice")

    @property
    def pair(self) -> tuple[str, str]:
        """The two mention ids in order."""
        return min(self.a, self.b), max(self.a, self.b)


class Notice(msgspec.Struct, frozen=True):
    """Something that a person should be told. ``code``: ``overruled`` (a later judgement on the
    same pair says otherwise) or ``contradicted`` (``same`` goes against ``different``)."""

    code: str
    judgement: str
    by: str = ""


def in_force(
    judgements: Iterable[Judgement],
) -> tuple[dict[tuple[str, str], Judgement], tuple[Notice, ...]]:
    """Return the judgement that counts for each pair, and who was overruled by whom."""
    found: dict[tuple[str, str], Judgement] = {}
    notices = []
    for one in sorted(judgements, key=lambda j: (j.at, j.id)):
        earlier = found.get(one.pair)
        if earlier is not None and earlier.verdict != one.verdict:
            notices.append(Notice("overruled", earlier.id, one.id))
        found[one.pair] = one
    return found, tuple(notices)
