"""What faces see of requests for information: rows of the desk, one request with its history, what
can be done. Texts in both languages come with the values; moments are ISO 8601 UTC."""

from __future__ import annotations

import msgspec

from esclusa.model import InformationSubject, Marking
from esclusa.sharing.referral_views import (
    CodeView,
    FieldView,
    GroundView,
    MoveView,
    RecordedView,
    WordView,
)

__all__ = [
    "AskedRecordView",
    "CodeView",
    "FieldView",
    "GroundView",
    "InformationRatesView",
    "InformationStepView",
    "MoveView",
    "PointedView",
    "RecordedView",
    "RequestClockView",
    "RequestPage",
    "RequestPartnerView",
    "RequestRow",
    "RequestStartView",
    "RequestView",
    "RequestsOfRecordView",
    "WordView",
]  # fmt: skip


class PointedView(msgspec.Struct, frozen=True, kw_only=True):
    """A record that a move points to. ``id`` and ``title`` are "" where it is not here for the
    reader: not arrived, taken back, or under another marking."""

    name: str
    id: str = ""
    title: str = ""


class InformationStepView(msgspec.Struct, frozen=True, kw_only=True):
    """A move in the history. ``side``: ``requester`` or ``answerer``. ``lost`` says why it does not
    count, None when it does; ``late``: an answer or refusal after the due moment; ``after`` is
    where the request stood then. ``records`` are what an answer points to."""

    move: WordView
    agency: str
    side: str
    by: str
    at: str
    after: WordView
    recorded: tuple[RecordedView, ...]
    records: tuple[PointedView, ...] = ()
    lost: WordView | None = None
    late: bool = False


class RequestClockView(msgspec.Struct, frozen=True, kw_only=True):
    """The clock of a question. ``profile`` is what the question named, ``hours`` how long that is,
    ``due`` the due moment with all that was added.

    ``rested_minutes`` is how long the clock rested; ``resting_since`` is set while more is needed.
    ``extended`` counts extensions. ``left_minutes`` is below 0 when the time is over, None where no
    clock runs.
    """

    profile: WordView
    hours: int
    asked: str
    due: str
    rested_minutes: int = 0
    resting_since: str = ""
    extended: int = 0
    left_minutes: int | None = None


class RequestRow(msgspec.Struct, frozen=True, kw_only=True):
    """A request in the desk's list. ``side`` is ours: ``requester`` or ``answerer``; ``ours`` tells
    whether the next move is ours to make. ``incomplete``: moves are missing between those held."""

    id: str
    side: str
    requester: str
    answerer: str
    subject: InformationSubject
    kind: WordView
    state: WordView
    open: bool
    ours: bool
    clock: RequestClockView
    last: str
    level: int
    incomplete: bool = False


class RequestView(msgspec.Struct, frozen=True, kw_only=True):
    """A request with its history and the moves that the reader can make now.

    ``version`` is to be handed back with a move. ``waiting`` counts moves whose turn has not come.
    ``stays`` says why our moves do not reach the other side, None when they do. ``record`` is what
    it was asked about here, ``theirs`` the record of ours that the other side asks about; "" where
    there is none for the reader. ``unagreed`` are words of the other side (its clock, its ground)
    that the agreement in force does not list.
    """

    row: RequestRow
    version: str
    steps: tuple[InformationStepView, ...]
    moves: tuple[MoveView, ...]
    marking: Marking
    originator: str
    waiting: int = 0
    stays: WordView | None = None
    record: str = ""
    theirs: str = ""
    unagreed: tuple[WordView, ...] = ()


class InformationRatesView(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of the requests that the reader may see, of one side: see
    :class:`~esclusa.casework.information_rates.Rates`. ``due`` is the denominator of ``in_time``.
    """

    side: str
    asked: int
    waiting: int
    due: int
    in_time: int
    late: int
    silent: int
    withdrawn: int
    full: int
    part: int
    nothing_known: int
    refused: tuple[GroundView, ...]
    extended: int
    escalated: int


class RequestPage(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of the desk: what waits for us first, by what is due; ``more``: not all are here."""

    rows: tuple[RequestRow, ...]
    more: bool


class RequestPartnerView(msgspec.Struct, frozen=True, kw_only=True):
    """A partner that may be asked, with the urgencies that the agreement with it lists; ``stays``
    says why a question would not reach it."""

    agency: str
    clocks: tuple[CodeView, ...]
    stays: WordView | None


class AskedRecordView(msgspec.Struct, frozen=True, kw_only=True):
    """The record that a question is about: its id, its title, and the alert that led to it."""

    id: str
    title: str
    alert: str


class RequestStartView(msgspec.Struct, frozen=True, kw_only=True):
    """What a form for a new question needs: who can be asked, what to record, the levels that the
    question may have, and the requests about this record that there are.

    ``levels`` is empty for a question about a record: it stands under that record's marking.
    """

    record: AskedRecordView | None
    partners: tuple[RequestPartnerView, ...]
    fields: tuple[FieldView, ...]
    levels: tuple[int, ...]
    requests: tuple[RequestRow, ...]


class RequestsOfRecordView(msgspec.Struct, frozen=True, kw_only=True):
    """The requests that were asked here about a record, for its page, and whether one can be."""

    requests: tuple[RequestRow, ...]
    can_be_asked: bool
