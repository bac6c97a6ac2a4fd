"""What faces see of joint cases: cases that two services share, with one history of both.

``at``, ``last`` and ``due`` are ISO 8601 UTC, "" where there is none.
"""

from __future__ import annotations

import msgspec

from esclusa.model import Marking
from esclusa.sharing.referral_views import FieldView, RecordedView, WordView


class JointRow(msgspec.Struct, frozen=True, kw_only=True):
    """A joint case in a list. ``side`` is ours: ``owner`` shared it, ``guest`` has it from the
    other. ``case`` is our own case that belongs to it, "" where it was not taken up, or the reader
    may not know of that. ``missing`` counts steps that are not here."""

    id: str
    owner: str
    guest: str
    side: str
    partner: str
    title: str
    state: WordView
    theirs: WordView
    last: str
    level: int
    case: str = ""
    missing: int = 0


class JointItemView(msgspec.Struct, frozen=True, kw_only=True):
    """A thing that both services hold, as its reader has it here."""

    kind: WordView
    id: str
    title: str


class JointStepView(msgspec.Struct, frozen=True, kw_only=True):
    """A step of either side. ``about`` names the thing that it is about; ``elsewhere``: that, or
    what was put in, is none that the reader has. ``lost`` says why it does not count."""

    step: str
    agency: str
    move: WordView
    by: str
    at: str
    recorded: tuple[RecordedView, ...] = ()
    about: str = ""
    elsewhere: bool = False
    item: JointItemView | None = None
    lost: WordView | None = None


class JointThingView(msgspec.Struct, frozen=True, kw_only=True):
    """A note, a task, an item or a file of evidence, with the steps about it (of evidence: its
    chain of custody). ``size`` is in bytes; ``ours``: our service was given the task and the reader
    can say that it is done."""

    name: str
    kind: str
    agency: str
    title: str
    state: WordView
    by: str
    at: str
    steps: tuple[JointStepView, ...]
    person: str = ""
    due: str = ""
    result: str = ""
    what: str = ""
    source: str = ""
    sha256: str = ""
    size: int = 0
    ours: bool = False
    elsewhere: bool = False
    item: JointItemView | None = None


class JointView(msgspec.Struct, frozen=True, kw_only=True):
    """A joint case with its one history. ``stays`` says why our last step does not reach the other
    side. ``given`` counts our steps that went out, ``back`` those of them that were taken back, and
    ``receipts`` for how many of these the partner has confirmed that they are erased."""

    row: JointRow
    version: str
    summary: str
    reason: str
    agreement: str
    marking: Marking
    steps: tuple[JointStepView, ...]
    tasks: tuple[JointThingView, ...]
    notes: tuple[JointThingView, ...]
    items: tuple[JointThingView, ...]
    evidence: tuple[JointThingView, ...]
    ended: bool = False
    can_take_up: bool = False
    stays: WordView | None = None
    given: int = 0
    back: int = 0
    receipts: int = 0


class SharePartnerView(msgspec.Struct, frozen=True, kw_only=True):
    """A partner that a case can be shared with. ``stays`` says why nothing would reach it,
    ``shared`` that it has the case already."""

    agency: str
    stays: WordView | None
    shared: bool


class ShareStartView(msgspec.Struct, frozen=True, kw_only=True):
    """What a form to share a case needs: partners, the fields of the step, the case's version."""

    case: str
    title: str
    version: str
    partners: tuple[SharePartnerView, ...]
    fields: tuple[FieldView, ...]
