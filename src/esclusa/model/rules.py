"""A rule of the node's own: what people did with it, step by step."""

from __future__ import annotations

import msgspec


class RuleRate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How many records a rule fires on, how many of them somebody examined, in how many of these
    something was found. What nobody examined counts in no rate."""

    hits: int = 0
    examined: int = 0
    found: int = 0


class RuleOverlap(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How many hits another active rule shares."""

    rule: str
    hits: int


class RehearsalFigures(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a rule would have done over the records that were looked at.

    ``rows`` records were looked at, recorded from ``since`` to ``until`` (days, UTC); ``unjudged``
    of them lacked data. ``alone`` counts hits that none of the ``active`` other rules has.
    ``before`` are the hits of the version in force on the same records, None when there is none.
    ``examples`` are record ids: finds first, then what was examined in vain, then others. ``apart``
    are codes of what differs from judging when a record comes in.
    """

    rows: int
    unjudged: int
    all: RuleRate = RuleRate()
    alone: RuleRate = RuleRate()
    active: int = 0
    before: RuleRate | None = None
    overlap: tuple[RuleOverlap, ...] = ()
    examples: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    apart: tuple[str, ...] = ()


class RuleMove(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="kind",
    tag="rule_move",
):
    """A person's step on a rule; each a version of one record. Natural key: the rule's id.

    ``move`` and ``state`` come from ``casework/rule_states.csv``; ``state`` is where the named
    ``version`` of the rule stands after the step. ``number`` counts the steps from 1, ``at`` is
    ISO 8601 UTC. ``text`` is the rule as its file, with the steps that write one; ``valid_from``
    and ``valid_to`` are its days. ``digest`` is the fingerprint of the text that the step is about,
    with the lists that it reads. ``figures`` are those of a rehearsal.
    """

    rule_id: str
    number: int
    move: str
    version: str
    by: str
    at: str
    state: str = ""
    reason: str = ""
    text: str = ""
    digest: str = ""
    valid_from: str = ""
    valid_to: str = ""
    figures: RehearsalFigures | None = None
