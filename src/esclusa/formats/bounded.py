"""How many defects of one message are named."""

from __future__ import annotations

from collections.abc import Sequence

from esclusa.model import Defect, Severity


def unlisted(count: int, limit: int) -> str:
    """Return the sentence that stands for the defects of a message past the limit."""
    return f"{count:,} more defects of this message are not listed, past the limit of {limit:,}"


def bounded(found: Sequence[Defect], limit: int, code: str) -> tuple[Defect, ...]:
    """Return at most ``limit`` defects; fatal ones stay, a closing note of ``code`` counts the
    rest and stands where the message does."""
    if len(found) <= limit:
        return tuple(found)
    first = sorted(found, key=lambda defect: defect.severity is not Severity.FATAL)[:limit]
    closing = Defect(
        code=code,
        severity=Severity.NOTE,
        reason=unlisted(len(found) - limit, limit),
        offset=found[0].offset,
        length=found[0].length,
    )
    return (*first, closing)
