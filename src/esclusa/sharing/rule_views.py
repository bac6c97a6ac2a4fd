"""What people are shown of rules: their own node's, step by step, and what rehearsals gave."""

from __future__ import annotations

import msgspec


class RateView(msgspec.Struct, frozen=True, kw_only=True):
    """Hits, how many were examined, in how many something was found; the share of finds among the
    examined with Wilson's 95 % interval, None where nobody examined any."""

    hits: int
    examined: int
    found: int
    share: float | None = None
    low: float | None = None
    high: float | None = None


class OverlapView(msgspec.Struct, frozen=True, kw_only=True):
    """How many hits another active rule shares."""

    rule: str
    hits: int


class ExampleView(msgspec.Struct, frozen=True, kw_only=True):
    """A record that the rule fires on."""

    record_id: str
    title: str


class FiguresView(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule would have done; see :class:`~esclusa.model.RehearsalFigures`."""

    rows: int
    unjudged: int
    all: RateView
    alone: RateView
    active: int
    before: RateView | None = None
    overlap: tuple[OverlapView, ...] = ()
    examples: tuple[ExampleView, ...] = ()
    since: str = ""
    until: str = ""
    apart: tuple[str, ...] = ()


class MistakeView(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a text; ``line`` and ``column`` count from 1, 0 when it has no place.
    ``code`` names the sentence, and stays when it is worded anew."""

    reason: str
    reason_es: str
    code: str
    line: int = 0
    column: int = 0


class FailureView(msgspec.Struct, frozen=True, kw_only=True):
    """A test of the rule's own that does not come out. ``found`` may be a sentence on why it cannot
    run; ``found_es`` and ``code`` are of that sentence, "" otherwise."""

    test: str
    expected: str
    found: str
    found_es: str = ""
    code: str = ""


class TriedView(msgspec.Struct, frozen=True, kw_only=True):
    """A text that was checked, and rehearsed if there was no mistake and it was asked for. Nothing
    of it is kept."""

    id: str = ""
    version: str = ""
    mistakes: tuple[MistakeView, ...] = ()
    failures: tuple[FailureView, ...] = ()
    figures: FiguresView | None = None


class RuleStepView(msgspec.Struct, frozen=True, kw_only=True):
    """A step on a rule. ``at`` is ISO 8601 UTC; ``state`` is what the version became."""

    number: int
    move: str
    version: str
    state: str
    by: str
    at: str
    reason: str = ""


class RuleVersionView(msgspec.Struct, frozen=True, kw_only=True):
    """A version with its state today. ``why`` says why one that is approved cannot run, "" if it
    can, and ``why_es`` says it in Spanish. ``digest`` is the fingerprint of its text, which whoever
    approves it hands back. ``waiting`` names who asked for a rehearsal that has not been made, ""
    for nobody, and ``waiting_since`` says when."""

    version: str
    state: str
    text: str
    digest: str
    authors: tuple[str, ...]
    valid_from: str
    valid_to: str
    approved: str = ""
    why: str = ""
    why_es: str = ""
    failures: tuple[FailureView, ...] = ()
    figures: FiguresView | None = None
    waiting: str = ""
    waiting_since: str = ""


class OwnRuleView(msgspec.Struct, frozen=True, kw_only=True):
    """A rule of the node's own with everything that was done with it. ``name`` is how to ask for
    it: its id, with a key behind ``@`` when rules under several markings share that id. ``open`` is
    the version that is draft or rehearsed, ``running`` the one in force, "" when there is none.
    ``moves`` are those that this reader may make now."""

    name: str
    id: str
    record_id: str
    level: int
    title_en: str
    title_es: str
    versions: tuple[RuleVersionView, ...]
    steps: tuple[RuleStepView, ...]
    open: str = ""
    running: str = ""
    moves: tuple[str, ...] = ()
