"""What faces see of cases: rows of the room, one case with its history, what can be done.

Everything here is of the part that the reader may see. Texts in both languages come with the
values; ``at``, ``last``, ``due`` and ``until`` are ISO 8601 UTC, "" where there is none.
"""

from __future__ import annotations

import msgspec

from esclusa.model import Marking
from esclusa.sharing.referral_views import MoveView, RecordedView, WordView


class CaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """A case in the list of the room. ``mine``: the reader is a member. ``overdue`` counts tasks
    past their deadline, ``waiting`` all that wait; ``due`` is the next deadline. ``over`` tells
    that it is suspended until a moment that has passed."""

    id: str
    title: str
    state: WordView
    open: bool
    lead: str
    mine: bool
    waiting: int
    overdue: int
    due: str
    until: str
    over: bool
    last: str
    level: int


class ItemView(msgspec.Struct, frozen=True, kw_only=True):
    """A thing that was put in. ``title`` is what it is called for this reader, "" where it is not
    here any more; ``also_in`` are other open cases that hold it: suspicion of double work."""

    name: str
    kind: WordView
    id: str
    title: str
    state: WordView
    by: str
    at: str
    level: int
    erased: bool = False
    also_in: tuple[CaseRow, ...] = ()
    moves: tuple[MoveView, ...] = ()


class TaskView(msgspec.Struct, frozen=True, kw_only=True):
    """A task. ``person`` has it; ``belongs`` is the item that it is about, "" for the case."""

    name: str
    task: str
    person: str
    due: str
    state: WordView
    overdue: bool
    by: str
    at: str
    level: int
    erased: bool = False
    belongs: str = ""
    moves: tuple[MoveView, ...] = ()


class CaseStepView(msgspec.Struct, frozen=True, kw_only=True):
    """A step in the history. ``about`` names the thing that it is about, as the page names it;
    ``record`` is the id of what it wrote down, "" where it wrote nothing. ``erased``: it wrote
    something that was erased since."""

    step: str
    move: WordView
    by: str
    at: str
    after: WordView
    recorded: tuple[RecordedView, ...]
    level: int
    of: str = ""
    about: str = ""
    record: str = ""
    erased: bool = False


class EvidenceView(msgspec.Struct, frozen=True, kw_only=True):
    """A file of evidence with its chain of custody, oldest line first. ``size`` is in bytes."""

    name: str
    file: str
    sha256: str
    size: int
    what: str
    source: str
    state: WordView
    seal: str
    level: int
    custody: tuple[CaseStepView, ...]
    erased: bool = False
    belongs: str = ""
    moves: tuple[MoveView, ...] = ()


class CaseShareView(msgspec.Struct, frozen=True, kw_only=True):
    """That a case is shared with a partner, or belongs to one that a partner shares. ``ours``: the
    case is ours; ``joint`` names the joint case; ``moves``: taking it back."""

    name: str
    partner: str
    joint: str
    ours: bool
    state: WordView
    by: str
    at: str
    why: str = ""
    agreement: str = ""
    moves: tuple[MoveView, ...] = ()


class CaseView(msgspec.Struct, frozen=True, kw_only=True):
    """A case with its history and the moves that the reader can make now.

    ``marking`` is the join of all that is shown; ``base`` that of the case itself. ``several``
    tells that there is more than one, so that a note can be written for the readers of either.
    ``version`` is to be handed back with a move: it changes with each step that the reader may see.
    """

    row: CaseRow
    version: str
    summary: str
    outcome: WordView | None
    members: tuple[str, ...]
    opened_by: str
    opened: str
    marking: Marking
    base: Marking
    originator: str
    several: bool
    items: tuple[ItemView, ...]
    tasks: tuple[TaskView, ...]
    notes: tuple[CaseStepView, ...]
    evidence: tuple[EvidenceView, ...]
    steps: tuple[CaseStepView, ...]
    moves: tuple[MoveView, ...]
    may_export: bool = False
    shares: tuple[CaseShareView, ...] = ()
    may_share: bool = False


class CasePage(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of the room: those with overdue tasks first; ``more``: not all are here."""

    rows: tuple[CaseRow, ...]
    more: bool


class CaseStartView(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed to put a thing into a case: what it is called, the cases that hold it, those
    it can be put into, and the fields of a new one with the ``levels`` and ``compartments`` that it
    can have. ``kind`` is None where nothing is put in."""

    kind: WordView | None
    id: str
    title: str
    held_by: tuple[CaseRow, ...]
    cases: tuple[CaseRow, ...]
    fields: MoveView
    why: MoveView | None
    level: int
    levels: tuple[int, ...]
    compartments: tuple[str, ...] = ()


class OfItemView(msgspec.Struct, frozen=True, kw_only=True):
    """The cases that hold a thing, for its page, and whether it can be put into one."""

    cases: tuple[CaseRow, ...]
    can_be_put: bool


class CheckView(msgspec.Struct, frozen=True, kw_only=True):
    """A file of evidence, or a member of a package, compared with its recorded hash. ``result``:
    ``intact``, ``altered``, ``missing`` or ``erased``."""

    name: str
    file: str
    sha256: str
    result: WordView
    found: str = ""
