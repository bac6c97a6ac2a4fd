"""What people are shown of possible matches and decisions on them, released to one reader."""

from __future__ import annotations

import msgspec

from esclusa.model import Marking, PartyFacts


class MatchRow(msgspec.Struct, frozen=True, kw_only=True):
    """A match that waits for a decision. ``alerts`` counts the alerts that tell of it; ``state`` is
    "" or ``reopened``. ``score`` is 0 to 100."""

    match_id: str
    score: float
    state: str
    party: str
    entry: str
    list_id: str
    uid: str
    subject_id: str
    subject_kind: str
    title: str
    arrival: str
    alerts: int
    level: int


class MatchPage(msgspec.Struct, frozen=True, kw_only=True):
    """The matches that wait, the highest score first, then the earliest arrival."""

    rows: tuple[MatchRow, ...]
    more: bool


class SideRow(msgspec.Struct, frozen=True, kw_only=True):
    """A part of both sides. ``verdict``: ``agrees``, ``partly``, ``differs``, ``not_asked`` (the
    record states none) or ``not_listed``."""

    part: str
    asked: tuple[str, ...]
    listed: tuple[str, ...]
    verdict: str


class StepView(msgspec.Struct, frozen=True, kw_only=True):
    """A step on a match: what somebody decided, or took back. ``outcome`` is what stood after it,
    "" for nothing. ``about``: ``match`` (this one), ``entry`` or ``party`` (an earlier one)."""

    decision_id: str
    number: int
    move: str
    by: str
    at: str
    outcome: str
    reason: str
    until: str
    redress: str
    about: str
    party: str
    list_id: str
    uid: str


class MatchView(msgspec.Struct, frozen=True, kw_only=True):
    """A possible match with both sides. ``state`` is "", an outcome or ``reopened``; ``told_en``
    and ``told_es`` say who decided what and why it counts no more. ``marking`` is that of a
    decision made here. ``may_undo`` tells that this reader may take the last decision back."""

    match_id: str
    score: float
    state: str
    told_en: str
    told_es: str
    party: PartyFacts
    subject_id: str
    subject_kind: str
    title: str
    entry_id: str
    entry: str
    list_id: str
    uid: str
    sides: tuple[SideRow, ...]
    speaks_for: tuple[str, ...]
    speaks_for_es: tuple[str, ...]
    speaks_against: tuple[str, ...]
    speaks_against_es: tuple[str, ...]
    cannot_tell: tuple[str, ...]
    cannot_tell_es: tuple[str, ...]
    steps: tuple[StepView, ...]
    earlier: tuple[StepView, ...]
    marking: Marking
    originator: str
    until: str
    last_day: str
    may_undo: bool
