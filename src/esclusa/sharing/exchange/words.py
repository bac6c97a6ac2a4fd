"""The closed lists of words that the exchange uses in errors, alarms and audit lines."""

from __future__ import annotations

from typing import Final

REFUSALS: Final = {
    "not_ready": "the node is being migrated; nothing moves",
    "stranger": "the other agency has no agreement with us, or signed for somebody else",
    "clock": "the batch was made further in our future than the agreed difference of clocks",
    "fork": "the numbers were used before with other content: a restored backup, or two nodes",
    "ahead": "the partner has taken in more than we have sent: we are a restored backup",
    "agreement": "no agreement in force, another text than ours, or not begun",
    "marking": "the marking holds a word that we do not know",
    "audience": "the marking does not name us",
    "purpose": "the marking allows no purpose",
    "expiry": "the time to keep it has passed",
    "signature": "the bytes are not what their sender signed, or its key does not hold",
    "own": "a record of ours came back as somebody's copy",
    "superseded": "the originator itself has told us something newer",
    "content": "the content is not the one that its digest names",
    "consent": "the originator's consent is missing, not its own, or not for this",
    "wider": "a narrowing would have allowed more than before",
    "unaccounted": "a partner holds what we do not remember giving",
    "held": "there is no readable copy here",
    "version": "a version at or below the latest",
    "request": "a step that the request does not allow",
    "receipt": "an erasure that does not account for every class of storage",
    "log": "the head of a partner's log does not continue what it showed us before",
}
"""Every rule that refuses, with its meaning."""

EVENTS: Final = (
    "exchange:record:stated", "exchange:record:withdrawn", "exchange:record:reopened",
    "exchange:copy:taken", "exchange:copy:narrowed", "exchange:copy:removed",
    "exchange:copy:refused", "exchange:copy:erased",
    "exchange:grant:sent", "exchange:grant:recalled", "exchange:grant:ended",
    "exchange:receipt:taken", "exchange:consent:asked", "exchange:consent:answered",
    "exchange:request:sent", "exchange:request:taken", "exchange:request:answered",
    "exchange:agreement:adopted", "exchange:agreement:ended",
    "exchange:outbox:resumed", "exchange:inventory:taken", "exchange:batch:refused",
)  # fmt: skip
"""Every audit event, ``room:subject:action``."""
