"""What people see of selections and of the report on them."""

from __future__ import annotations

import msgspec


class SheetRow(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate on a sheet. ``chance`` is a share; ``reasons`` why it has to be opened; ``now``
    tells whether it is proposed after all changes."""

    subject_id: str
    title: str
    lane: str
    now: bool
    score: float
    value: float | None
    chance: float
    reasons: tuple[str, ...] = ()
    boxes: tuple[str, ...] = ()
    importer: str = ""
    trade_lane: str = ""


class SelectionStepView(msgspec.Struct, frozen=True, kw_only=True):
    """A step on a selection. ``out`` and ``taken`` are titles of records, "" where not named."""

    move: str
    by: str
    at: str
    reason: str = ""
    commitment: str = ""
    out: str = ""
    taken: str = ""
    seed: str = ""


class TradePoint(msgspec.Struct, frozen=True, kw_only=True):
    """What a formula expects of the slots: finds, and the value that they are worth."""

    formula: str
    value_weight: float
    finds: float
    value: float
    efficient: bool
    chosen: bool


class SelectionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A selection in a list, asked for by its ``name``. ``state`` is ``committed``, ``drawn`` or
    ``revealed``."""

    record_id: str
    name: str
    port: str
    day: str
    shift: str
    state: str
    capacity: int
    candidates: int
    proposed: int
    over: int
    level: int


class SelectionView(msgspec.Struct, frozen=True, kw_only=True):
    """A selection with its sheet, after all changes; the rows proposed for opening first.

    ``marking`` says in words to whom the sheet may be shown.
    """

    record_id: str
    name: str
    port: str
    day: str
    shift: str
    state: str
    capacity: int
    commitment: str
    until: str
    by_model: str
    policy_version: str
    policy_digest: str
    candidates_digest: str
    over: int
    rows: tuple[SheetRow, ...]
    steps: tuple[SelectionStepView, ...]
    trade: tuple[TradePoint, ...]
    level: int
    marking: str
    may_write: bool


class ProofView(msgspec.Struct, frozen=True, kw_only=True):
    """All that somebody else needs to make a draw again, as JSON text where it is a document."""

    port: str
    day: str
    shift: str
    capacity: int
    commitment: str
    seed: str
    policy: str
    candidates: str
    sheet: str


class VerifiedView(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a draw is what it says; ``faults`` are sentences, none when all is well."""

    port: str
    day: str
    shift: str
    faults: tuple[str, ...]


class RateRow(msgspec.Struct, frozen=True, kw_only=True):
    """A find rate with its interval; None where nothing gave a result."""

    name: str
    chosen: int
    examined: int
    found: int
    share: float | None
    low: float | None
    high: float | None
    title_en: str = ""
    title_es: str = ""


class EstimateRow(msgspec.Struct, frozen=True, kw_only=True):
    """A number with its interval; None where nothing is known."""

    name: str
    value: float | None
    low: float | None
    high: float | None


class GroupRow(msgspec.Struct, frozen=True, kw_only=True):
    """A group: how often it was chosen for cause, how often something was found, and the others."""

    kind: str
    name: str
    came: int
    chosen: int
    examined: int
    found: int
    selection: float
    others_selection: float | None
    hits: float | None
    low: float | None
    high: float | None
    others_hits: float | None
    chance: float
    alarm: bool


class WeekRow(msgspec.Struct, frozen=True, kw_only=True):
    """A week of a report; weeks begin on Monday."""

    week: str
    candidates: int
    cause: RateRow
    control: RateRow
    missed: EstimateRow


class ReportView(msgspec.Struct, frozen=True, kw_only=True):
    """The report of a period. ``marking`` says in words what all of it rests on."""

    since: str
    until: str
    made: str
    definitions: int
    outcome_definitions: int
    sheets: int
    candidates: int
    weeks: tuple[WeekRow, ...]
    lanes: tuple[RateRow, ...]
    others: RateRow
    rules: tuple[RateRow, ...]
    pool: int
    control_examined: int
    control_found: int
    control_unanswered: int
    control_unseen: int
    missed: EstimateRow
    missed_total: EstimateRow
    table: tuple[EstimateRow, ...]
    groups: tuple[GroupRow, ...]
    left_out: tuple[tuple[str, int], ...]
    level: int
    marking: str
