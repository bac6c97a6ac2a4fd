"""What people said about a possible match of a party with a list entry."""

from __future__ import annotations

import msgspec


class PartyFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A party as a record states it, as far as screening compares it.

    ``type``: ``any``, ``person``, ``organisation``, ``vessel`` or ``container``. ``birth_date`` is
    ISO 8601, possibly partial; ``identifiers`` are ``scheme:value``, as sent. ``redress`` are the
    redress numbers stated: they are no facts of the party, so a decision is the same with and
    without them.
    """

    name: str
    type: str = "any"
    birth_date: str = ""
    nationality: str = ""
    identifiers: tuple[str, ...] = ()
    redress: tuple[str, ...] = ()


class Said(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A decision as it stands: its outcome from ``casework/match_outcomes.csv``, by whom, when
    (ISO 8601 UTC), why, and its last day (``YYYY-MM-DD``, included).

    ``redress`` is the number under which the party may state the decision later, "" for none.
    ``entry`` are digests of the list entry's facts at that time, by part: what changed can be
    named without keeping what it was.
    """

    outcome: str
    by: str
    at: str
    reason: str
    until: str
    redress: str = ""
    entry: dict[str, str] = {}


class MatchDecision(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="kind",
    tag="match_decision",
):
    """A person's step on a possible match: ``decide`` or ``undo``; each is a version of one record.

    ``digest`` is that of the party's facts in normal form; list, entry and digest are the natural
    key, so the same party on another bill is the same match. ``said`` is what stands after the
    step, None when nothing does. ``at`` is ISO 8601 UTC, ``number`` counts the steps from 1.
    """

    list_id: str
    uid: str
    digest: str
    party: PartyFacts
    number: int
    move: str
    by: str
    at: str
    said: Said | None = None


class ReasonMatch(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The match that a reason speaks of: its id, which is also that of decisions on it, its score
    (0 to 100) and what people said.

    ``state``: "" when nobody decided, an outcome that stands, ``reopened``, or ``redress`` where a
    redress number keeps it quiet. ``decision`` is the record of the decision that counts or
    counted; it is another match's where the party stated that one's redress number. ``grant`` is
    the record of a redress number that the party states, whether it keeps the match quiet or not;
    ``partner`` tells that the record is a copy of a partner's.
    """

    id: str
    score: float
    state: str = ""
    decision: str = ""
    grant: str = ""
    partner: bool = False
