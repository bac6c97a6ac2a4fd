"""What people decided before, at the moment when a record is screened.

Reads the decisions about the entries that were hit, works out what they are worth for each party,
and puts that into the reasons. Which decisions count for a reason is a question of labels: those
alone that every reader of the reason may see.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.casework import redress_effect
from esclusa.casework.match_facts import entry_digests, party_digest
from esclusa.casework.matches import (
    DECIDED,
    REOPENED,
    THE_SAME,
    UNDECIDED,
    Worth,
    sentence,
    worth,
)
from esclusa.casework.redress_effect import Effect, effect, entry_digest, entry_numbers, stated
from esclusa.codes import redress as numbers
from esclusa.ledger import matches, records, redress
from esclusa.ledger.labels import Labels
from esclusa.model import (
    ListEntry,
    MatchDecision,
    PartyFacts,
    Reason,
    ReasonMatch,
    RedressGrant,
    natural_key,
    record_id,
)
from esclusa.node.alerts import LabelAlgebra
from esclusa.node.queries import Query
from esclusa.node.screens import Match

REDRESS: Final = "redress"
"""The state of a match that a redress number keeps quiet."""

Known = Mapping[str, Sequence[tuple[str, MatchDecision, int]]]
"""Decisions by entry (``list:uid``): record id, newest step, label."""


class Weighed(msgspec.Struct, frozen=True, kw_only=True):
    """A match with what people said of it. ``place`` is how many better ones count; ``number`` is
    what a redress number does that the party states."""

    match: Match
    found: ReasonMatch
    worth: Worth
    place: int
    number: Effect | None = None

    @property
    def cleared(self) -> bool:
        """Tell whether the match has no points now."""
        return self.worth.cleared or (self.number is not None and self.number.quiet)


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """What decisions and redress numbers ask of a list entry."""

    digests: dict[str, str] = {}
    digest: str = ""
    numbers: frozenset[str] = frozenset()


def party_of(query: Query) -> PartyFacts:
    """Return the facts of a query that a decision rests on."""
    return PartyFacts(
        name=query.name,
        type=query.type,
        birth_date=query.birth_date,
        nationality=query.nationality,
        identifiers=query.identifiers,
        redress=query.redress,
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
        self._entries: dict[tuple[str, int], Listed] = {}
        self._grants: dict[str, list[tuple[str, RedressGrant, int]]] = {}

    def look(self, codes: set[str]) -> None:
        """Read the decisions about these entries (``list:uid``), in one question."""
        fresh = {f"match_entry:{code}" for code in codes - self._looked}
        self._looked |= codes
        found = matches.decisions(self._connection, self._labels, None, fresh)
        for value, held in found.items():
            code = value.removeprefix("match_entry:")
            self._known[code] = [(item.id, matches.step_of(item), label) for item, label in held]

    def look_numbers(self, queries: Iterable[Query]) -> None:
        """Read the grants of the redress numbers that these parties state, in one question."""
        asked = {number for query in queries for number in stated(party_of(query))}
        for item, label in redress.grants(self._connection, self._labels, None, asked):
            grant = redress.grant_of(item)
            known = self._grants.setdefault(numbers.normalise(grant.redress), [])
            known.append((item.id, grant, label))

    def granting(self, query: Query) -> frozenset[int]:
        """Return the labels of the grants of numbers that a party states."""
        if not self._grants:
            return frozenset()
        held = (self._grants.get(number, ()) for number in stated(party_of(query)))
        return frozenset(label for each in held for _name, _grant, label in each)

    def weigh(
        self, query: Query, found: Sequence[Match], *, list_label: int, needed: int,
        granting: int | None = None,
    ) -> Iterator[Weighed]:  # fmt: skip
        """Yield a party's matches with what people said of them, best first.

        :param needed: the label of the reasons that these matches become.
        :param granting: the label of a partner's grants that count as well.
        """
        if not found:
            return
        party = party_of(query)
        digest = party_digest(party)
        place = 0
        for match in found:
            worth_now = self._worth(match, party, list_label, needed)
            name, number = self._number(match, party, list_label, needed, granting, worth_now)
            quiet = number is not None and number.quiet
            item = Weighed(
                match=match,
                found=ReasonMatch(
                    id=match_id(self._agency, match.list_id, match.uid, party, digest),
                    score=match.score,
                    state=REDRESS if quiet else state_of(worth_now),
                    decision=worth_now.decision,
                    grant=name,
                    partner=granting is not None,
                ),
                worth=worth_now,
                place=place,
                number=number,
            )
            yield item
            place += not item.cleared

    def _number(
        self, match: Match, party: PartyFacts, list_label: int, needed: int, granting: int | None,
        said: Worth,
    ) -> tuple[str, Effect | None]:  # fmt: skip
        """Return what a redress number does to a match, with the grant's record. Where a person has
        decided that the party is the one listed, that decision counts and no number."""
        held = [
            (name, grant)
            for number in (stated(party) if self._grants else ())
            for name, grant, label in self._grants.get(number, ())
            if label == granting or self._algebra.covers(label, needed)
        ]
        stands = said.said if said.state == DECIDED else None
        confirmed = stands is not None and stands.outcome == THE_SAME
        if not held or confirmed:
            return "", None
        entry = self._entry(match.record_id, list_label)
        found = effect(
            [grant for _name, grant in held], party, list_id=match.list_id, uid=match.uid,
            entry_now=entry.digest, listed=entry.numbers, today=self._today,
        )  # fmt: skip
        if found is None:
            return "", None
        return next(name for name, grant in held if grant is found.grant), found

    def _worth(self, match: Match, party: PartyFacts, list_label: int, needed: int) -> Worth:
        held = self._known.get(f"{match.list_id}:{match.uid}", ())
        known = [(name, step) for name, step, label in held if self._algebra.covers(label, needed)]
        if not known:
            return Worth()
        return worth(known, party, self._entry(match.record_id, list_label).digests, self._today)

    def _entry(self, name: str, label: int) -> Listed:
        key = (name, label)
        if key not in self._entries:
            found = records.get(self._connection, self._labels, {label}, name)
            body = found.body if found else None
            self._entries[key] = (
                Listed(
                    digests=entry_digests(body), digest=entry_digest(body),
                    numbers=entry_numbers(body),
                )
                if isinstance(body, ListEntry) else Listed()
            )  # fmt: skip
        return self._entries[key]


def told(reason: Reason, weighed: Weighed) -> Reason:
    """Return a list match's reason with its match, what people said of it, and what a redress
    number does; a cleared one has no points and stays."""
    return msgspec.structs.replace(
        reason,
        points=0.0 if weighed.cleared else reason.points,
        text_en=". ".join((reason.text_en, *_said(weighed, "en"))),
        text_es=". ".join((reason.text_es, *_said(weighed, "es"))),
        match=weighed.found,
    )


def _said(weighed: Weighed, language: str) -> Iterator[str]:
    if text := sentence(weighed.worth, language):
        yield text
    if weighed.number is not None:
        yield redress_effect.sentence(weighed.number, language)


def silenced(reason: Reason, by: Weighed) -> Reason:
    """Return a rule's reason that says nothing more once a redress number counts; it stays."""
    assert by.number is not None
    english, spanish = (redress_effect.sentence(by.number, language) for language in ("en", "es"))
    return msgspec.structs.replace(
        reason, points=0.0, text_en=f"{reason.text_en}. {english}",
        text_es=f"{reason.text_es}. {spanish}", match=by.found,
    )  # fmt: skip


def state_of(found: Worth) -> str:
    """Return the state as reasons name it: "", an outcome that stands, or ``reopened``."""
    if found.state == DECIDED and found.said is not None:
        return found.said.outcome
    return {UNDECIDED: "", REOPENED: REOPENED}[found.state]
