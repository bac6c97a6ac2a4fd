"""Numbers as the text of a message."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

_DECIMALS: Final = 12
"""Most decimals that the readers take; 5004 and 6314 of UN/EDIFACT are n..18 in all."""


def decimal(value: float) -> str:
    """Return a finite number as text, a point before at most twelve decimals."""
    if float(value).is_integer():
        return str(int(value))
    shortest = format(Decimal(repr(value)), "f")
    if len(shortest.partition(".")[2]) <= _DECIMALS:
        return shortest
    return f"{value:.{_DECIMALS}f}".rstrip("0")
