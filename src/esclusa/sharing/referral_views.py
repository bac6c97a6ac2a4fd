"""What faces see of referrals: rows of the desk, one referral with its history, what can be done.

Texts in both languages come with the values; ``at``, ``cut_off`` and ``due`` are ISO 8601 UTC.
"""

from __future__ import annotations

import msgspec

from esclusa.model import Marking, ReferralSubject


class WordView(msgspec.Struct, frozen=True, kw_only=True):
    """A code with its text."""

    code: str
    en: str
    es: str


class RecordedView(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a move recorded; ``text`` holds the words of a code."""

    field: WordView
    value: str
    text: WordView | None = None


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """A move in the history. ``side``: ``requester`` or ``host``. ``lost`` says why it does not
    count, None when it does; ``after`` is where the referral stood then."""

    move: WordView
    agency: str
    side: str
    by: str
    at: str
    after: WordView
    recorded: tuple[RecordedView, ...]
    lost: WordView | None = None


class CodeView(msgspec.Struct, frozen=True, kw_only=True):
    """A code that can be chosen, and what it means."""

    word: WordView
    meaning_en: str
    meaning_es: str


class FieldView(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a form. ``type``: ``text``, ``long``, ``number``, ``moment`` or ``code``;
    ``needed``: ``yes``, ``no``, or ``one_of`` where one field of a group must be filled.
    ``value`` is what a draft holds."""

    word: WordView
    type: str
    needed: str
    most: int
    codes: tuple[CodeView, ...] = ()
    value: str = ""


class MoveView(msgspec.Struct, frozen=True, kw_only=True):
    """A move that the reader can make now, with what it records."""

    move: WordView
    fields: tuple[FieldView, ...]


class ClockView(msgspec.Struct, frozen=True, kw_only=True):
    """The host's clock. ``due`` is the vessel's cut-off and the time that the clock rested.

    ``rested_minutes`` is what was added; ``resting_since`` is set while a question is open.
    ``left_minutes`` is below 0 when the time is over, None where no clock runs.
    ``after_cut_off``: the vessel's cut-off has passed, whatever the clock says.
    """

    cut_off: str = ""
    due: str = ""
    rested_minutes: int = 0
    resting_since: str = ""
    left_minutes: int | None = None
    after_cut_off: bool = False


class ReferralRow(msgspec.Struct, frozen=True, kw_only=True):
    """A referral in the desk's list. ``side`` is ours: ``requester`` or ``host``; ``ours`` tells
    whether the next move is ours to make. ``incomplete``: moves are missing between those held."""

    id: str
    side: str
    requester: str
    host: str
    subject: ReferralSubject
    state: WordView
    open: bool
    ours: bool
    do_not_load: bool
    clock: ClockView
    last: str
    level: int
    incomplete: bool = False


class BoxNewsView(msgspec.Struct, frozen=True, kw_only=True):
    """What a message told of a box of a referral.

    ``event`` and ``stage`` as in a transport event, ``occurred`` as its sender wrote it (local to
    ``place`` unless a zone is written), ``recorded`` when it came in (UTC). ``level`` is that of
    its record, which may be above the referral's. ``against``: it tells a loading although the
    referral says "do not load".
    """

    box: str
    event: str
    stage: str
    occurred: str
    place: str
    ship: str
    voyage: str
    record: str
    recorded: str
    level: int
    against: bool = False


class ReferralView(msgspec.Struct, frozen=True, kw_only=True):
    """A referral with its history and the moves that the reader can make now.

    ``version`` is to be handed back with a move: it changes with each move that becomes known.
    ``drafts`` are steps before the request, which stay at home. ``waiting`` counts moves whose turn
    has not come. ``stays`` says why our moves do not reach the other side, None when they do.
    ``record`` and ``alert`` are what it was opened about here, "" where it came from outside.
    ``news`` is what messages that the reader may see have told of its boxes.
    """

    row: ReferralRow
    version: str
    steps: tuple[StepView, ...]
    drafts: tuple[StepView, ...]
    moves: tuple[MoveView, ...]
    marking: Marking
    originator: str
    waiver_by: str = ""
    waiting: int = 0
    stays: WordView | None = None
    record: str = ""
    alert: str = ""
    examination: str = ""
    news: tuple[BoxNewsView, ...] = ()


class GroundView(msgspec.Struct, frozen=True, kw_only=True):
    """How many the host declined on one ground; the code "" where the agreement keeps it back."""

    word: WordView
    count: int


class ExceptionView(msgspec.Struct, frozen=True, kw_only=True):
    """How many waivers were asked for by one version of a standard exception, with the text that it
    had then and the days on which that was in force (``until`` "" for no end). The code ``written``
    is a written reason, ``kept_back`` what the agreement keeps back."""

    word: WordView
    count: int
    version: int = 0
    since: str = ""
    until: str = ""
    meaning_en: str = ""
    meaning_es: str = ""


class RatesView(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of the referrals that the reader may see, of one side: see
    :class:`~esclusa.casework.referral_rates.Rates`. ``due`` is the denominator of ``answered``.

    ``since`` and ``until`` are the first and last day on which they were asked for, "" for no
    bound; ``version`` is that of the definitions (docs/reports.md)."""

    side: str
    asked: int
    waiting: int
    due: int
    answered: int
    silent: int
    waived: int
    void: int
    declined: tuple[GroundView, ...]
    exceptions: tuple[ExceptionView, ...]
    found: int
    nothing_found: int
    since: str = ""
    until: str = ""
    version: int = 1


class ReferralPage(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of the desk: what waits for us first, by what is due; ``more``: not all are here."""

    rows: tuple[ReferralRow, ...]
    more: bool


class OfRecordView(msgspec.Struct, frozen=True, kw_only=True):
    """The referrals of a record, for its page, and whether one can be opened about it."""

    referrals: tuple[ReferralRow, ...]
    can_be_referred: bool


class HostView(msgspec.Struct, frozen=True, kw_only=True):
    """A partner that may be asked; ``stays`` says why a request would not reach it."""

    agency: str
    stays: WordView | None


class StartView(msgspec.Struct, frozen=True, kw_only=True):
    """What a form for a new referral needs: the subject, who can be asked, what to record, and the
    referrals of this record that there are."""

    record: str
    alert: str
    title: str
    subject: ReferralSubject
    hosts: tuple[HostView, ...]
    fields: tuple[FieldView, ...]
    referrals: tuple[ReferralRow, ...]
