"""What people decided before, at the moment when a record is screened.

Reads the decisions about the entries that were hit, works out what they are worth for each party,
and puts that into the reasons. Which decisions count for a reason is a question of labels: those
alone that every reader of the reason may see.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

import msgspec
import sqlalchemy as sa

from esclusa.casework.match_facts import entry_digests, party_digest
from esclusa.casework.matches import DECIDED, REOPENED, UNDECIDED, Worth, sentence, worth
from esclusa.ledger import matches, records
from esclusa.ledger.labels import Labels
from esclusa.model import (
    ListEntry,
    MatchDecision,
    PartyFacts,
    Reason,
    ReasonMatch,
    natural_key,
    record_id,
)
from esclusa.node.alerts import LabelAlgebra
from esclusa.node.queries import Query
from esclusa.node.screens import Match

Known = Mapping[str, Sequence[tuple[str, MatchDecision, int]]]
"""Decisions by entry (``list:uid``): record id, newest step, label."""


class Weighed(msgspec.Struct, frozen=True, kw_only=True):
    """A match with what people said of it. ``place`` is how many better ones count."""

    match: Match
    found: ReasonMatch
    worth: Worth
    place: int


def party_of(query: Query) -> PartyFacts:
    """Return the facts of a query that a decision rests on."""
    return PartyFacts(
        name=query.name,
        type=query.type,
        birth_date=query.birth_date,
        nationality=query.nationality,
        identifiers=query.identifiers,
    )


def match_id(agency: str, list_id: str, uid: str, party: PartyFacts, digest: str = "") -> str:
    """Return the id of the match of a party with an entry: that of decisions on it as well.

    :param digest: the party's, where it is at hand.
    """
    step = MatchDecision(
        list_id=list_id, uid=uid, digest=digest or party_digest(party), party=party, number=0,
        move="", by="", at="",
    )  # fmt: skip
    return record_id(agency, "match_decision", natural_key(step))


class Memory:
    """Decisions about the entries that one batch of records hit."""

    def __init__(
        self, connection: sa.Connection, labels: Labels, algebra: LabelAlgebra, *, agency: str,
        moment: dt.datetime,
    ) -> None:  # fmt: skip
        self._connection = connection
        self._labels = labels
        self._algebra = algebra
        self._agency = agency
        self._today = f"{moment:%Y-%m-%d}"
        self._known: dict[str, list[tuple[str, MatchDecision, int]]] = {}
        self._looked: set[str] = set()
        self._entries: dict[tuple[str, int], dict[str, str]] = {}

    def look(self, codes: set[str]) -> None:
        """Read the decisions about these entries (``list:uid``), in one question."""
        fresh = {f"match_entry:{code}" for code in codes - self._looked}
        self._looked |= codes
        found = matches.decisions(self._connection, self._labels, None, fresh)
        for value, held in found.items():
            code = value.removeprefix("match_entry:")
            self._known[code] = [(item.id, matches.step_of(item), label) for item, label in held]

    def weigh(
        self, query: Query, found: Sequence[Match], *, list_label: int, needed: int
    ) -> Iterator[Weighed]:
        """Yield a party's matches with what people said of them, best first.

        :param needed: the label of the reasons that these matches become.
        """
        if not found:
            return
        party = party_of(query)
        digest = party_digest(party)
        place = 0
        for match in found:
            worth_now = self._worth(match, party, list_label, needed)
            yield Weighed(
                match=match,
                found=ReasonMatch(
                    id=match_id(self._agency, match.list_id, match.uid, party, digest),
                    score=match.score,
                    state=state_of(worth_now),
                    decision=worth_now.decision,
                ),
                worth=worth_now,
                place=place,
            )
            place += not worth_now.cleared

    def _worth(self, match: Match, party: PartyFacts, list_label: int, needed: int) -> Worth:
        held = self._known.get(f"{match.list_id}:{match.uid}", ())
        known = [(name, step) for name, step, label in held if self._algebra.covers(label, needed)]
        if not known:
            return Worth()
        return worth(known, party, self._entry(match.record_id, list_label), self._today)

    def _entry(self, name: str, label: int) -> dict[str, str]:
        key = (name, label)
        if key not in self._entries:
            found = records.get(self._connection, self._labels, {label}, name)
            body = found.body if found else None
            self._entries[key] = entry_digests(body) if isinstance(body, ListEntry) else {}
        return self._entries[key]


def told(reason: Reason, weighed: Weighed) -> Reason:
    """Return a list match's reason with its match and what people said of it; a cleared one has no
    points and stays."""
    english, spanish = (sentence(weighed.worth, language) for language in ("en", "es"))
    return msgspec.structs.replace(
        reason,
        points=0.0 if weighed.worth.cleared else reason.points,
        text_en=f"{reason.text_en}. {english}" if english else reason.text_en,
        text_es=f"{reason.text_es}. {spanish}" if spanish else reason.text_es,
        match=weighed.found,
    )


def state_of(found: Worth) -> str:
    """Return the state as reasons name it: "", an outcome that stands, or ``reopened``."""
    if found.state == DECIDED and found.said is not None:
        return found.said.outcome
    return {UNDECIDED: "", REOPENED: REOPENED}[found.state]
