"""The log rows of both sides, and the closed lists of words in them. No row holds a key."""

from __future__ import annotations

import datetime as dt
from typing import Final, Literal

import msgspec

from esclusa.sharing.pointers.messages import Scope

EVENTS: Final = (
    "pointers:epoch:opened", "pointers:epoch:closed", "pointers:catalogue:taken",
    "pointers:question:asked", "pointers:question:answered", "pointers:question:settled",
    "pointers:question:refused", "pointers:hit:told", "pointers:hit:taken",
)  # fmt: skip
"""Every audit event, ``room:subject:action``."""

REFUSALS: Final = {
    "stranger": "the scope names other agencies than the two that speak",
    "agreement": "no pointer clause in force gives this for this purpose",
    "epoch": "no such epoch is open; there is a new one, or none yet",
    "catalogue": "another set than the one of this epoch, or a set that breaks its own form",
    "size": "a message, a question or a set larger than agreed, or of no agreed size",
    "shape": "a message cut short or of another form",
    "element": "something that is no element of the group, twice the same, or out of order",
    "limit": "more than may be asked now",
    "replay": "a message that has been taken in before, or that nobody waits for",
    "proof": "the proof does not hold: the owner used another key",
    "evidence": "a hit that this node has not told",
}
"""Every rule that refuses, with its meaning."""

Event = Literal[
    "pointers:epoch:opened", "pointers:epoch:closed", "pointers:catalogue:taken",
    "pointers:question:asked", "pointers:question:answered", "pointers:question:settled",
    "pointers:question:refused", "pointers:hit:told", "pointers:hit:taken",
]  # fmt: skip


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the log: when, what, with whom, under which scope and epoch, how many.

    ``elements`` counts with padding. ``asked`` and ``hits`` are the asker's own counts, 0 in the
    owner's log. ``message`` is the SHA-256 of the message, so both logs can be laid side by side.
    ``outcome`` is the rule that refused, "" when nothing did.
    """

    at: dt.datetime
    event: Event
    partner: str
    scope: Scope
    number: int
    elements: int = 0
    asked: int = 0
    hits: int = 0
    message: str = ""
    outcome: str = ""
