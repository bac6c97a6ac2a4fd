"""The rules of release to a reader at this node. No database, no clock.

A reader may see a record when all of these hold:

1. the marking's level is at most the reader's clearance;
2. the reader's agency is the originator, or is named in ``releasable_to``, or ``releasable_to``
   says everyone; an empty ``releasable_to`` is the originator alone;
3. the reader holds every caveat of the marking that is a compartment; a handling code (ORCON, H0 to
   H3) shuts nobody out who works here, it binds what may be done;
4. the reader's present purpose is among the marking's purposes, or they say any purpose, and every
   handling code allows it;
5. the marking's ``retain_until`` has not passed.

Whatever is not plainly allowed is refused.
"""

from __future__ import annotations

import datetime as dt

from esclusa.model import EVERYONE, Marking
from esclusa.sharing.reader import Reader
from esclusa.sharing.vocabularies.handling import compartments, purposes_left


def may_see(reader: Reader, originator: str, marking: Marking, today: dt.date) -> bool:
    """Tell whether the reader may see what carries this marking."""
    return (
        marking.level <= reader.clearance
        and (reader.agency == originator or _names(marking.releasable_to, reader.agency))
        and reader.holds(compartments(marking.caveats))
        and _names(marking.purposes, reader.purpose)
        and _names(purposes_left(marking.caveats), reader.purpose)
        and (marking.retain_until is None or today <= marking.retain_until)
    )


def is_below(lower: Marking, upper: Marking) -> bool:
    """Tell whether everyone who may see ``upper`` may also see ``lower``."""
    return lower.join(upper) == upper


def _names(words: frozenset[str], word: str) -> bool:
    return EVERYONE in words or word in words
