"""What faces see of what our warnings led to at partners, and what we told partners of theirs."""

from __future__ import annotations

import msgspec

from esclusa.sharing.referral_views import WordView


class WarningRow(msgspec.Struct, frozen=True, kw_only=True):
    """A record of ours, or a referral that we asked for, and what came of it at a partner.

    ``kind`` is the record's, or ``referral``; ``record`` is its id, or the referral's name.
    ``found``: something was found; ``seized``: a seizure was reported. ``event`` is the number that
    services share. Of a list entry ``decided`` is what a person there said of a possible match:
    ``the_same``, ``not_the_same``, "" nothing yet; ``examined`` is false while nobody has looked.
    """

    kind: str
    record: str
    title: str
    partner: str
    found: bool
    seized: bool
    categories: tuple[WordView, ...]
    at: str
    event: str
    examined: bool = True
    decided: str = ""


class WarningPage(msgspec.Struct, frozen=True, kw_only=True):
    """What our warnings led to, the newest first; ``more``: not all are here. ``found`` of
    ``examined`` and ``seized`` count all of them by event: one opening once. ``the_same`` and
    ``not_the_same`` count answers to possible matches with entries of our lists."""

    rows: tuple[WarningRow, ...]
    more: bool
    examined: int
    found: int
    seized: int
    the_same: int = 0
    not_the_same: int = 0
