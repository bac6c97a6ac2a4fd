"""The rows of a node's exchange state: frozen, plain, one struct per table.

Keys: a copy and a grant are named by (other agency, originator, record): for a copy the other is
who supplied it, for a grant who received it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum

import msgspec
from msgspec import Raw

from esclusa.model.marking import Marking
from esclusa.sharing.exchange.messages import (
    ConsentAnswer,
    Content,
    Message,
    Onward,
    Reason,
    Request,
    Step,
)

CopyKey = tuple[str, str, str]
Pair = tuple[str, str]
EntryKey = tuple[str, int]
TrailKey = tuple[str, str, str]
ConsentKey = tuple[str, str, str, str, str]
QuestionKey = tuple[str, str, str]


_ZERO = dt.timedelta()


class _Row(msgspec.Struct, frozen=True, gc=False):
    """A row never changes; a new one takes its place."""


class Clock(_Row, frozen=True):
    """The node's clock at its last transition, and how long it has run forward in all."""

    wall: dt.datetime
    run: dt.timedelta

    def at(self, now: dt.datetime) -> dt.timedelta:
        """Return how long the clock has run at ``now``; a clock set back adds nothing."""
        gone = now - self.wall
        return self.run + gone if gone > _ZERO else self.run


class Pact(_Row, frozen=True):
    """What the exchange needs of the agreement in force with a partner, from both signed texts.

    It holds from ``begins`` up to and without ``ends``. ``lease`` is how long a copy may be read
    after its supplier's last word; ``grace`` how long it then stays hidden before it is erased.
    ``skew`` is the largest difference of clocks the parties agreed to bear.
    """

    digest: str
    begins: dt.datetime
    ends: dt.datetime
    lease: dt.timedelta
    grace: dt.timedelta
    skew: dt.timedelta
    refusals: frozenset[str] = frozenset()
    ended: bool = False


class Hold(StrEnum):
    """Why an own record must be looked at before it flows anew."""

    NONE = ""
    REOPENED = "reopened"
    UNACCOUNTED = "unaccounted"


class Own(_Row, frozen=True):
    """A record that this node originated, at its latest statement. ``roots`` are the copies of
    others that it rests on, directly or through own records. No content: withdrawn, or lost."""

    originator: str
    record: str
    kind: str
    version: int
    marking: Marking
    content: Content | None
    roots: tuple[CopyKey, ...] = ()
    hold: Hold = Hold.NONE


class Copy(_Row, frozen=True):
    """What this node holds from a supplier, or, without content, what it has let go of and why.

    ``marking`` names this node alone: who else may hold the record is nobody's business here.
    """

    supplier: str
    originator: str
    record: str
    kind: str
    version: int
    edition: int
    marking: Marking
    onward: Onward
    digest: str
    content: Content | None
    why: str = ""


class Owed(_Row, frozen=True):
    """An erasure that storage has not confirmed yet; its receipt is due."""

    reason: Reason
    version: int
    edition: int


class Cut(_Row, frozen=True):
    """What a release rule lets go: content with its salted digest, names of the fields, marking
    (the item's or stricter, retention included) and what the receiver may do with it."""

    content: Content
    digest: str
    fields: tuple[str, ...]
    marking: Marking
    onward: Onward


class Grade(StrEnum):
    """How a grant stands. LAPSED: the partner's lease ran out and ours cannot renew it now."""

    OUT = "out"
    RECALLED = "recalled"
    GONE = "gone"
    REFUSED = "refused"
    LAPSED = "lapsed"


class Grant(_Row, frozen=True):
    """What this node last said to a partner about a record. ``number`` is the place in the outbox,
    ``via`` the supplier of the copy that was passed on ("" for an own record), ``agreement`` the
    text it was cut under."""

    version: int
    edition: int
    digest: str
    fields: tuple[str, ...]
    marking: Marking
    onward: Onward
    state: Grade
    number: int
    via: str = ""
    agreement: str = ""


class Outbox(_Row, frozen=True):
    """The outbox to a partner: last number and chained hash; highest number acknowledged; the
    partner's place by its latest word (``cursor``); and where numbering was taken up again after it
    broke (``base``)."""

    last: int = 0
    head: str = ""
    acked: int = 0
    cursor: int = 0
    base: int = 0
    base_head: str = ""


class Entry(_Row, frozen=True):
    """A message in an outbox, with the chained hash up to it."""

    message: Message
    head: str


class Inbox(_Row, frozen=True):
    """How far a partner's outbox has been taken in."""

    number: int = 0
    head: str = ""


class Lease(_Row, frozen=True):
    """When reading ends for copies of one originator from one supplier (``leases``), or at one
    partner (``lent``): a moment of this node's running clock."""

    ends: dt.timedelta


class Consent(_Row, frozen=True):
    """A question for consent and its answer so far. ``back`` is the partner it came from, "" when
    this node asked. ``lapsed`` marks a grant whose end has been acted on. ``ways`` are the
    suppliers whose copies it was asked about, each with whether an answer has come back from there:
    people here may see the copy of one supplier and not that of another."""

    answer: ConsentAnswer | None = None
    back: str = ""
    lapsed: bool = False
    ways: tuple[tuple[str, bool], ...] = ()


Consents = Mapping[ConsentKey, Consent]


class Question(_Row, frozen=True):
    """A request for information, at its latest step ("" before the first), with the reason and the
    body of that step."""

    request: Request
    step: Step | None = None
    due: dt.datetime | None = None
    late: bool = False
    reason: str = ""
    body: Raw = Raw(b"null")
