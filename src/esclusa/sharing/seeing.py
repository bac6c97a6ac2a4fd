"""What a person saw of an alert: its state at a moment, and a short sign that stands for all of it.

A step on an alert hands the sign back. When the alert says something else by then, somebody was
faster or the facts changed, and the step is refused before it is written over. The sign is made of
what its reader sees and of nothing else: under another label it is another alert.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any, Final

import msgspec

from esclusa.model import Alert, Body

_DIGITS: Final = 6
"""Characters of the sign, 36 bits: two states of one alert share it once in 7e10 pairs."""


def state_of(row: Any, now: str) -> str:
    """Return the state of a row of the queue at a moment: a snooze that has ended left it new.

    :param now: as :func:`~esclusa.ledger.records.now_text` writes it.
    """
    return "new" if row.state == "snoozed" and row.until <= now else str(row.state)


def seen(row: Any, alert: Body | None, now: str) -> str:
    """Return the sign of what a row and its alert say at a moment."""
    reasons = alert.reasons if isinstance(alert, Alert) else ()
    state = state_of(row, now)
    said = (state, row.claimed_by, row.verdict, row.until if state == "snoozed" else "", reasons)
    digest = hashlib.sha256(msgspec.json.encode(said)).digest()
    return base64.urlsafe_b64encode(digest)[:_DIGITS].decode()
