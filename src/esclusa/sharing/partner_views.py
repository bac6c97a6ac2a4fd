"""What people are shown of the exchange: plain values, already released to one reader."""

from __future__ import annotations

import msgspec

from esclusa.model import Marking
from esclusa.sharing.agreement.words import Sentence


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """Places in both outboxes. They count messages about every record, so they are for auditors and
    administrators, who see the whole log and no content; others get none."""

    sent: int
    acknowledged: int
    taken_in: int
    log_size: int
    cosigned_size: int


class AgreementView(msgspec.Struct, frozen=True, kw_only=True):
    """An agreement: its standing is a word of ``Standing``; times are ISO 8601 UTC."""

    id: str
    version: int
    digest: str
    title: Sentence
    standing: str
    begins: str
    ends: str
    says: tuple[Sentence, ...] = ()


class ReceiptView(msgspec.Struct, frozen=True, kw_only=True):
    """What a holder said it did with a copy. ``erased`` counts emptied places by class."""

    record: str
    record_id: str
    holder: str
    version: int
    reason: str
    rule: str
    erased: dict[str, int]


class AlarmView(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a person must look at."""

    at: str
    rule: str
    partner: str
    text: str


class PartnerView(msgspec.Struct, frozen=True, kw_only=True):
    """A partner as one reader may see it. Counts are of records that this reader may see.

    ``state``: ``in_force``, ``ended`` or ``none`` (no agreement). ``up_to_date``: it has taken in
    all that was said about agreements and about records that this reader may see. ``heard`` is when
    its last batch came ("" never). Its copies here are hidden at ``readable_until`` unless it
    renews its lease, ours there at ``lent_until``. Alarms that follow from records are for auditors
    and administrators.
    """

    agency: str
    address: str
    state: str
    up_to_date: bool
    heard: str
    readable_until: str
    lent_until: str
    given: int
    recalled: int
    held: int
    agreements: tuple[AgreementView, ...] = ()
    receipts: tuple[ReceiptView, ...] = ()
    alarms: tuple[AlarmView, ...] = ()
    numbers: Numbers | None = None


class FieldView(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one filled field. ``outcome``: goes, masked, generalised or withheld.

    ``rule`` names agreement, clause and path, ``reason`` says why it is withheld.
    """

    path: str
    outcome: str
    value: str
    rule: str
    reason: Sentence | None = None


class PreviewView(msgspec.Struct, frozen=True, kw_only=True):
    """What a partner would get of a record, before it goes. ``reason`` says why nothing goes."""

    record_id: str
    partner: str
    goes: bool
    reason: Sentence | None = None
    purpose: str = ""
    fields: tuple[FieldView, ...] = ()
    marking: Marking | None = None
    onward: str = ""
    keep_until: str = ""


class HolderView(msgspec.Struct, frozen=True, kw_only=True):
    """Where a record is: with whom, at which version and how it stands there (``out``,
    ``recalled``, ``gone``, ``refused``, ``lapsed``, ``passed``)."""

    holder: str
    through: str
    version: int
    state: str
    agreement: str
    receipt: ReceiptView | None = None


class TrailStep(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the audit log about a record's travels; ``at`` is UTC."""

    at: str
    who: str
    event: str
    detail: str


class TrailView(msgspec.Struct, frozen=True, kw_only=True):
    """How a record was disseminated. ``record`` is the name by which partners know it."""

    record_id: str
    record: str
    originator: str
    holders: tuple[HolderView, ...]
    steps: tuple[TrailStep, ...]


class RecallHolder(msgspec.Struct, frozen=True, kw_only=True):
    """A partner, and how many records of a file it has from us now, how many were taken back, and
    of how many it has confirmed that they are erased."""

    holder: str
    records: int
    recalled: int
    gone: int


class RecallRow(msgspec.Struct, frozen=True, kw_only=True):
    """A record that would be taken back, and who has it from us."""

    record_id: str
    kind: str
    title: str
    holders: tuple[str, ...]


class RecallPlanView(msgspec.Struct, frozen=True, kw_only=True):
    """What taking back all records of a file would take back now: ``records`` that somebody has,
    with whom, and the first of them by name; ``more``: not all are listed. ``stays`` counts records
    of the file that no partner has. ``version`` changes with what would be taken back."""

    source: str
    file: str
    version: str
    records: int
    stays: int
    holders: tuple[RecallHolder, ...]
    rows: tuple[RecallRow, ...]
    more: bool


class RecalledView(msgspec.Struct, frozen=True, kw_only=True):
    """How many records of a file were taken back, and from whom."""

    records: int
    holders: tuple[str, ...]


class QuestionView(msgspec.Struct, frozen=True, kw_only=True):
    """A question for consent. ``state``: asked, granted, refused; ``ours`` tells whether we ask."""

    originator: str
    record: str
    record_id: str
    asker: str
    to: str
    use: str
    state: str
    ours: bool
    until: str = ""
