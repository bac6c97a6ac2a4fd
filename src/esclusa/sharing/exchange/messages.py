"""What two nodes say to each other: messages, and the batch that carries them.

A record on the wire is named by (originator, record, version). ``version`` is the originator's
number for its statements about that record: each new content, correction, narrower marking or
withdrawal takes a higher one. Numbers may jump, so a jump tells a partner nothing. ``edition``
counts what one supplier has said to one partner about that record: the same version cut again under
a new agreement, or sent again after its lease ran out, takes a higher edition. It jumps where the
supplier's numbering broke, beyond all that it may have forgotten.

Times are aware UTC datetimes (ISO 8601 with ``Z`` in JSON). Hashes are SHA-256 in hexadecimal.
Markings and contents travel as the exact JSON the sender wrote: a marking that the receiver does
not know refuses its message and leaves the rest of the batch readable.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw

Count = Annotated[int, Meta(ge=0)]
Number = Annotated[int, Meta(ge=1)]
Word = Annotated[str, Meta(min_length=1, max_length=200)]
Line = Annotated[str, Meta(max_length=2000)]

Use = Literal["pass", "derive"]
"""What consent is for: handing the record on as it is, or resting another record on it."""

Step = Literal["acknowledged", "extended", "answered", "refused"]
"""How far a request has come; the last two end it."""

Reason = Literal[
    "recall", "narrow", "lease", "expiry", "agreement", "superseded", "refused", "nothing_held",
    "passed",
]  # fmt: skip
"""Why a receipt was written. ``passed`` reports a new onward holder, all others an erasure or a
refusal; ``nothing_held`` answers a statement about a copy whose content is not here."""

CLASSES = ("tables", "indexes", "lake", "caches", "exports")
"""Where a copy may lie. A receipt for an erasure names each with the number of places emptied."""


class _Part(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """Part of a message. A field we do not know may be a restriction, so it is refused."""


class _Said(_Part, tag_field="type", frozen=True):
    """Anything that may stand in an outbox."""


class Content(_Part, frozen=True):
    """The fields that were released, as JSON, and the salt of their digest."""

    salt: str
    body: Raw


class Onward(_Part, frozen=True):
    """What the receiver may do with third agencies: ``never``, ``consent`` (ask the originator each
    time) or ``within`` (free among ``agencies``, unless the marking says ``ORCON``)."""

    rule: Literal["never", "consent", "within"] = "consent"
    agencies: tuple[str, ...] = ()


class ConsentAnswer(_Said, tag="consent_answer", frozen=True):
    """The originator's word on one use of one record by ``asker`` towards ``to``.

    ``number`` counts the originator's answers to this question; the highest holds. ``signature`` is
    the originator's own, so the answer can be shown to the agency that the record is passed to.
    """

    originator: Word
    record: Word
    asker: Word
    to: Word
    use: Use
    number: Number
    granted: bool
    until: dt.datetime | None = None
    key: str = ""
    signature: str = ""


class _Statement(_Said, frozen=True):
    originator: Word
    record: Word
    version: Number
    edition: Number


class _Carrier(_Statement, frozen=True):
    """A statement with content. ``content`` stays the last field: the outbox hash leaves it out."""

    kind: Word
    agreement: str
    marking: Raw
    onward: Onward
    digest: str
    consent: ConsentAnswer | None = None
    content: Content | None = None


class Put(_Carrier, tag="put", frozen=True):
    """Here is a record, or a newer version of it. Without content it was overtaken in the outbox by
    a later statement about the same record."""


class Correct(_Carrier, tag="correct", frozen=True):
    """What we said before was wrong; this replaces it, and what rests on it must be looked at."""


class Narrow(_Statement, tag="narrow", frozen=True):
    """Handle the copy you hold under this stricter marking, or keep only this lesser content.

    Without content, and with the digest of what is held, only the marking changes.
    """

    marking: Raw
    onward: Onward
    digest: str
    content: Content | None = None


class Recall(_Statement, tag="recall", frozen=True):
    """Erase your copy, and have it erased wherever you passed it on. Needs no agreement."""

    why: Line = ""


class LeaseRefresh(_Said, tag="lease_refresh", frozen=True):
    """All you hold from us of this originator may be read until ``ends`` on our running clock.

    A running clock only counts time: neither a wrong wall clock nor setting it moves it. The batch
    says where that clock stood when it was made; only the difference counts.
    """

    originator: Word
    ends: dt.timedelta
    agreement: str


class Receipt(_Said, tag="receipt", frozen=True):
    """What ``holder`` did with a copy; ``erased`` counts emptied places by class of storage.

    A receipt proves that the holder's software said so, not that nobody copied the screen.
    """

    originator: Word
    record: Word
    version: Count
    edition: Count
    holder: Word
    reason: Reason
    rule: str = ""
    erased: dict[str, Count] = {}


class ConsentAsk(_Said, tag="consent_ask", frozen=True):
    """May ``asker`` use your record towards ``to``? Travels up the path the record came."""

    originator: Word
    record: Word
    asker: Word
    to: Word
    use: Use
    why: Line = ""


class Request(_Said, tag="request", frozen=True):
    """A request for information; ``about`` names its subject, ``due`` its clock's end."""

    id: Word
    kind: Word
    due: dt.datetime
    about: Line = ""
    body: Raw = Raw(b"null")


class Answer(_Said, tag="answer", frozen=True):
    """A step in answering a request. ``reason`` of a refusal comes from the agreement's list."""

    id: Word
    step: Step
    due: dt.datetime | None = None
    reason: str = ""
    body: Raw = Raw(b"null")


class Held(_Part, frozen=True):
    """One line of an inventory: what the writer holds, or held, from the reader.

    ``handling`` is a hash of the marking and the onward rule under which it is held.
    """

    originator: Word
    record: Word
    version: Count
    edition: Count
    digest: str = ""
    held: bool = False
    why: str = ""
    handling: str = ""


class Checkpoint(_Said, tag="checkpoint", frozen=True):
    """Where the writer stands after its numbering broke, or the inventory that repairs the break.

    ``back`` says: my outbox went back, I continue after your number ``number``; tell me what you
    hold from me. ``holds`` is the answer to that, true when ``number`` had been taken in.
    ``log`` may carry a signed checkpoint of the writer's transparency log.
    """

    number: Count
    head: str
    back: bool = False
    holds: tuple[Held, ...] | None = None
    consents: tuple[ConsentAnswer, ...] = ()
    log: str = ""


class AgreementChange(_Said, tag="agreement_change", frozen=True):
    """From here on we work under the agreement with this digest, or it has ended for us."""

    digest: str
    ended: bool = False


Statement = Put | Correct | Narrow | Recall
Message = (
    Put | Correct | Narrow | Recall | LeaseRefresh | Receipt | ConsentAsk | ConsentAnswer
    | Request | Answer | Checkpoint | AgreementChange
)  # fmt: skip
ASKING = frozenset({Request, Answer})
"""Messages that people's requests for information consist of."""


class Seen(_Part, frozen=True):
    """A place in the other side's outbox: its number, and the chained hash up to it."""

    number: Count = 0
    head: str = ""


class Batch(_Part, frozen=True):
    """Consecutive messages ``first`` … of ``sender``'s outbox to ``receiver``.

    ``previous`` is the outbox's chained hash before ``first`` ("" before number 1). ``seen`` is how
    far the sender has taken in the receiver's outbox. ``made`` is the sender's clock, and orders
    nothing; ``run`` is its running clock, for leases. A batch without messages is a plain
    acknowledgement.
    """

    sender: Word
    receiver: Word
    first: Number
    previous: str
    messages: tuple[Message, ...]
    seen: Seen
    made: dt.datetime
    run: dt.timedelta
    agreement: str = ""


class Verified(msgspec.Struct, frozen=True, gc=False):
    """A batch whose bytes, root and signature have been checked; ``signer`` is the agency whose
    role key signed it, valid at that time."""

    batch: Batch
    signer: str
    key: str = ""
