"""Counts are padded to a few sizes, so a size tells little."""

from __future__ import annotations

from typing import Final

QUESTIONS: Final = (16, 64, 256, 1024, 4096)
"""Sizes of a question. One consignment, one ship's crew, one flight: each has its size."""
LEAST: Final = 1024
"""The smallest set. A larger one has the next power of two, so its true size hides in a range as
wide as its half."""


def question_size(count: int) -> int:
    """Return the size of a question about so many keys, 0 when it takes more than one question."""
    return next((size for size in QUESTIONS if count <= size), 0)


def catalogue_size(count: int) -> int:
    """Return the number of entries of a set with so many true ones."""
    return max(LEAST, 1 << (count - 1).bit_length()) if count else LEAST
