"""Reports on casework as faces see them: figures of periods beside each other, what each counts,
the records behind one, reports that were kept, and the supervisor's board."""

from __future__ import annotations

import msgspec


class CellView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A figure in one period; see :class:`~esclusa.analysis.figures.Figure`. ``hidden`` says that
    it stays out of this report because it is small or would give away one that is."""

    number: int | None = None
    of: int | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    hidden: bool = False


class FigureRow(msgspec.Struct, frozen=True, kw_only=True):
    """A figure, or one ``part`` of it ("" for the whole).

    ``cells`` holds its numbers by what the period is to the report's: ``now``, ``before``, and, of
    a month, ``year`` (the same month of the year before). ``title_en`` and ``title_es`` are what
    the figure, or the part, is called. ``address`` leads to the records behind it.
    """

    figure: str
    version: int
    unit: str
    title_en: str
    title_es: str
    cells: dict[str, CellView]
    part: str = ""
    address: str = ""


class SectionView(msgspec.Struct, frozen=True, kw_only=True):
    """Figures that are read together, each followed by its parts."""

    section: str
    rows: tuple[FigureRow, ...]


class DayRow(msgspec.Struct, frozen=True, kw_only=True):
    """A day: alerts raised and alerts decided."""

    day: str
    raised: int
    decided: int


class MeaningView(msgspec.Struct, frozen=True, kw_only=True):
    """A definition: what counts and what does not, in both languages."""

    figure: str
    version: int
    section: str
    unit: str
    title_en: str
    title_es: str
    counts_en: str
    counts_es: str
    not_en: str
    not_es: str


class KeptRow(msgspec.Struct, frozen=True, kw_only=True):
    """A report that was kept: its period, when (ISO 8601 UTC), by whom, the SHA-256 of what it
    holds, the level of its marking. ``changed`` is how many figures are others now, None where that
    was not worked out here."""

    period: str
    digest: str
    at: str
    by: str
    level: int
    changed: int | None = None


class CaseworkReport(msgspec.Struct, frozen=True, kw_only=True):
    """The report of a month or year, for one reader.

    ``first`` and ``last`` are its days, ``compared`` the names of the periods beside it by what
    they are to it. ``over`` tells whether it has ended: the figures of one that has not are of the
    part up to ``made`` (ISO 8601 UTC). ``clearance``, ``caveats`` and ``purpose`` are the reader's:
    it counts only what he may see; ``level`` and ``marking`` say what all of it rests on.
    ``hides_small`` says that small figures were left out. ``days`` are those of a month, none where
    small figures are hidden.
    """

    period: str
    first: str
    last: str
    over: bool
    made: str
    agency: str
    compared: dict[str, str]
    sections: tuple[SectionView, ...]
    definitions: tuple[MeaningView, ...]
    clearance: int
    caveats: tuple[str, ...]
    purpose: str
    level: int
    marking: str
    hides_small: bool = False
    days: tuple[DayRow, ...] = ()
    kept: tuple[KeptRow, ...] = ()


class BehindRow(msgspec.Struct, frozen=True, kw_only=True):
    """A record behind a figure. ``kind`` is ``alert``, ``match``, ``referral``, ``examination``,
    ``record`` or ``file``; ``at`` the moment that places it (ISO 8601 UTC, or a day); ``value`` how
    much it counts. ``title`` is "" where its content has been erased. ``address`` is its page."""

    id: str
    kind: str
    at: str
    part: str
    part_en: str
    part_es: str
    value: int
    title: str
    address: str


class BehindView(msgspec.Struct, frozen=True, kw_only=True):
    """What stands behind a figure: ``number`` rows in all, of which ``rows`` are those from
    ``offset`` on."""

    period: str
    figure: str
    part: str
    title_en: str
    title_es: str
    meaning: MeaningView
    number: int
    offset: int
    rows: tuple[BehindRow, ...]


class ChangedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of a kept report, as it was and as it is now."""

    figure: str
    version: int
    part: str
    unit: str
    section: str
    title_en: str
    title_es: str
    kept: CellView
    now: CellView
    changed: bool


class KeptView(msgspec.Struct, frozen=True, kw_only=True):
    """A report that was kept, beside the figures of now under the same labels.

    ``intact`` tells whether its content still has its digest; ``rests_on`` says in words under
    which clearance it was made.
    """

    row: KeptRow
    intact: bool
    rests_on: str
    marking: str
    rows: tuple[ChangedRow, ...]
    definitions: tuple[MeaningView, ...]


class AgeCell(msgspec.Struct, frozen=True, kw_only=True):
    """How many of a queue wait since so long: ``band`` is ``day`` (less than one), ``days`` (one to
    three), ``week`` (three to seven) or ``longer``; ``address`` leads to them."""

    band: str
    count: int
    address: str


class QueueState(msgspec.Struct, frozen=True, kw_only=True):
    """A queue of work: how many wait, how many of them are ``late``, since when the oldest waits
    (ISO 8601 UTC, "" where no time is known), how old they are, and where they are found."""

    queue: str
    count: int
    late: int
    oldest: str
    ages: tuple[AgeCell, ...]
    address: str
    late_address: str


class OfficerRow(msgspec.Struct, frozen=True, kw_only=True):
    """A person: alerts that he holds now, since when the oldest, open cases that he leads, and
    verdicts of the last fourteen days that stand."""

    name: str
    claimed: int
    oldest: str
    leads: int
    decided: int
    address: str


class DueRow(msgspec.Struct, frozen=True, kw_only=True):
    """A rule or list that wants looking after: ``why`` is ``review_due``, ``stopped``, ``stale`` or
    ``held``; ``since`` is the day it speaks of."""

    kind: str
    name: str
    title_en: str
    title_es: str
    why: str
    since: str
    address: str


class BoardView(msgspec.Struct, frozen=True, kw_only=True):
    """Work that waits, who works on what, and what was done in fourteen days, as far as the reader
    may see. ``made`` is ISO 8601 UTC."""

    made: str
    queues: tuple[QueueState, ...]
    officers: tuple[OfficerRow, ...]
    days: tuple[DayRow, ...]
    due: tuple[DueRow, ...]
    level: int
    marking: str


class WaitingView(msgspec.Struct, frozen=True, kw_only=True):
    """What waits in a queue, the longest first: ``number`` in all, of which ``rows`` are those from
    ``offset`` on. ``part`` of a row is who holds it."""

    queue: str
    number: int
    offset: int
    rows: tuple[BehindRow, ...]
