"""How many bytes the statements of a set can take at most, without writing them.

A message may not state many times its own bytes (``limits.growth``), which one long value repeated
in every bill would do. To write every statement only to count its bytes would cost as much as a
third of reading it; the segments of a set bound them well enough for all sets but hostile ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.reading import Reading
from esclusa.formats.x12.transaction import TransactionSet
from esclusa.model import Consignment

STATEMENT: Final = 2000
"""Names of fields, numbers and fixed words (of a disposition, of a scheme) that one statement has
beside its parts."""

PART: Final = 600
"""The same of what one segment adds: a party, a line of goods, a container with its seals."""

ESCAPED: Final = 6
"""Bytes of a character in JSON, at most."""

USES: Final = 2
"""A value stands so often in the statement that it belongs to, at most."""

REPEATED: Final = 5
"""Segments of which each statement may repeat all values: M10, V1, P4 (carrier and voyage)."""

REPEATED_IN_GOODS: Final = 2
"""Segments of which each line of goods may: M11 (kind of packages), VID (the container)."""


def most(raw: RawMessage, readings: Sequence[Reading]) -> int:
    """Return no fewer bytes than the JSON of the statements."""
    statements = lines = named = 0
    for reading in readings:
        statements += len(reading.statements)
        for each in reading.statements:
            if isinstance(each, Consignment):
                goods = len(each.goods)
                lines += goods
                named += goods * len(each.equipment)
    texts = raw.texts if isinstance(raw, TransactionSet) else []
    sizes = list(map(len, texts)) or [len(each.text) for each in raw.segments]
    longest = max(sizes)
    repeated = (REPEATED * statements + REPEATED_IN_GOODS * lines + named) * longest
    fixed = STATEMENT * statements + PART * (len(sizes) + named)
    return fixed + ESCAPED * (USES * sum(sizes) + repeated)
