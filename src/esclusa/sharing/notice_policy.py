"""What of a node's labels a channel may carry to its reader. No database, no clock.

Whoever may see a record at the node may not therefore see it in a mail: the mail rests on servers
that nobody here rules, and no recall reaches it. So each channel has its own limits:

1. **content** goes up to the channel's ``level``, and only without compartments and handling codes;
2. a **copy** of a partner's record, and what rests on one, has no content on a channel, unless the
   administrator says that the channel may carry copies: a recall would not reach it;
3. that **something waits** may be told up to ``waits``, and without compartments;
4. above that the channel says nothing.

The limits narrow the labels, and the question is asked anew under what is left: so what a channel
says is what it would say in a world without the rest, in its titles, scores, counts and times. They
come after the rules of :mod:`esclusa.sharing.policy`, never in their place.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from esclusa.model import Marking
from esclusa.sharing.vocabularies.handling import compartments


class Sight(StrEnum):
    """What a channel may carry of what stands under a label."""

    CONTENT = "content"
    WAITS = "waits"
    NOTHING = "nothing"


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """A channel's limits: highest level of content, highest level of what may be hinted at, and
    whether copies may go."""

    level: int = 0
    waits: int = 2
    copies: bool = False


def sight(marking: Marking, *, copy: bool, limit: Limit) -> Sight:
    """Return what a channel may carry of what stands under this marking.

    :param copy: it is, or rests on, a partner's record.
    """
    if marking.level > limit.waits or compartments(marking.caveats):
        return Sight.NOTHING
    if marking.level > limit.level or (copy and not limit.copies):
        return Sight.WAITS
    # A copy carries its supplier's handling codes; where copies may go, these are allowed for.
    return Sight.CONTENT if copy or not marking.caveats else Sight.WAITS
