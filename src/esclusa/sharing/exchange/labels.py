"""Markings on the wire: read fail-closed, and addressed to one partner.

Records are many and markings few, so both directions are remembered by value.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from typing import Final

import msgspec

from esclusa.errors import MarkingError
from esclusa.model.marking import EVERYONE, Level, Marking, parse_marking
from esclusa.sharing.exchange.messages import Onward

ORCON: Final = "ORCON"
"""The caveat of originator control: neither passed on nor built upon without consent."""

NOTHING: Final = Marking(level=Level.SECRET, purposes=frozenset())
"""For a copy whose content is gone: released to nobody, for nothing."""


@lru_cache(maxsize=4096)
def _read(text: bytes) -> Marking | None:
    try:
        return parse_marking(text)
    except MarkingError:
        return None


def read(raw: msgspec.Raw) -> Marking | None:
    """Return the marking that a partner wrote, None when any word of it is unknown."""
    return _read(bytes(raw))


@lru_cache(maxsize=4096)
def addressed(marking: Marking, partner: str) -> Marking:
    """Return the marking as one partner may see it: released to it and to nobody else.

    Who else may have the record is not shown: a readable group tells its members about each other.
    """
    return msgspec.structs.replace(marking, releasable_to=frozenset({partner}))


@lru_cache(maxsize=4096)
def written(marking: Marking) -> msgspec.Raw:
    """Return the JSON of a marking."""
    return msgspec.Raw(marking.canonical())


@lru_cache(maxsize=4096)
def handling(marking: Marking, onward: Onward) -> str:
    """Return a short name for a way of handling: equal ways have equal names."""
    said = marking.canonical() + msgspec.json.encode(onward)
    return sha256(said).hexdigest()[:32]


def names(words: frozenset[str], word: str) -> bool:
    """Tell whether a list of words names one; the empty list names nobody."""
    return word in words or EVERYONE in words


def under_control(marking: Marking) -> bool:
    """Tell whether the originator keeps control of passing on and building upon."""
    return ORCON in marking.caveats


@lru_cache(maxsize=4096)
def is_below(lower: Marking, upper: Marking) -> bool:
    """Tell whether ``upper`` is at least as strict as ``lower`` in every part but the audience."""
    top = anyone(upper)
    return anyone(lower).join(top) == top


@lru_cache(maxsize=4096)
def anyone(marking: Marking) -> Marking:
    """Return a marking without its audience, for comparing the other parts."""
    return msgspec.structs.replace(marking, releasable_to=frozenset({EVERYONE}))
