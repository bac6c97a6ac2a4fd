"""Decisions on matches: what the step table allows, and what a decision is worth when facts change."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from esclusa.casework.match_facts import entry_digests, party_digest
from esclusa.casework.match_sides import sides
from esclusa.casework.matches import (
    NOT_THE_SAME,
    Worth,
    counts,
    next_step,
    outcomes,
    sentence,
    worth,
)
from esclusa.errors import InputError, StateError
from esclusa.model import Alias, Identifier, ListEntry, MatchDecision, PartyFacts, Said, Traveller
from esclusa.model.people import TravelDocument

START = dt.date(2026, 11, 26)
ENTRY = ListEntry(
    list_id="own", uid="p1", type="person", name="FABIO DELVALLE JURADO",
    aliases=(Alias(name="EL ZORRO", weak=True),), birth_dates=("1971-05-12",),
    identifiers=(Identifier(scheme="passport", value="AB 123456"),), remarks="once", programs=("X",),
)  # fmt: skip
PARTY = PartyFacts(
    name="Fabio Delvalle Jurado", type="person", birth_date="1980-02-01", nationality="PA",
    identifiers=("passport:PA7654321",),
)  # fmt: skip


def said(outcome: str = NOT_THE_SAME, entry: ListEntry = ENTRY, **more: str) -> Said:
    values = {
        "by": "ana", "at": f"{START}T10:00:00Z", "reason": "Born in another year.",
        "until": f"{START + dt.timedelta(days=30)}", **more,
    }  # fmt: skip
    return Said(outcome=outcome, entry=entry_digests(entry), **values)


def step(by: str = "ana", move: str = "decide", party: PartyFacts = PARTY) -> MatchDecision:
    return MatchDecision(
        list_id="own", uid="p1", digest=party_digest(party), party=party, number=0, move=move,
        by=by, at=f"{START}T10:00:00Z",
    )  # fmt: skip


def decided(what: Said, party: PartyFacts = PARTY) -> tuple[str, MatchDecision]:
    return "d1", msgspec.structs.replace(step(party=party), said=what)


def now(
    known: tuple[str, MatchDecision], party: PartyFacts = PARTY, entry: ListEntry = ENTRY,
    day: dt.date = START,
) -> Worth:  # fmt: skip
    return worth([known], party, entry_digests(entry), f"{day}")


def with_(thing: PartyFacts, **more: object) -> PartyFacts:
    return msgspec.structs.replace(thing, **more)  # type: ignore[arg-type]


# --- the same facts ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "party",
    [
        PARTY,
        with_(PARTY, name="FABIO DELVALLE  JURADO"),
        with_(PARTY, nationality="PAN"),
        with_(PARTY, identifiers=("passport:pa-7654321",)),
    ],
)
def test_another_way_to_write_the_same_facts_is_the_same_party(party: PartyFacts) -> None:
    assert party_digest(party) == party_digest(PARTY)
    assert now(decided(said()), party).cleared


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        ({"name": "Fabio Delvalle", "identifiers": PARTY.identifiers}, "name"),
        ({"birth_date": "1980-02-02"}, "birth_date"),
        ({"nationality": "CO"}, "nationality"),
        ({"identifiers": ("passport:PA1111112",)}, "identifiers"),
        ({"identifiers": ()}, "identifiers"),
    ],
)
def test_another_fact_of_the_party_reopens_and_is_named(
    changed: dict[str, object], part: str
) -> None:
    found = now(decided(said()), with_(PARTY, **changed))
    assert (found.state, found.causes) == ("reopened", (("party", (part,)),))
    assert "Match cleared on 2026-11-26 by ana; reopened because" in sentence(found, "en")


def test_a_stranger_to_the_party_is_not_told_of_its_decision() -> None:
    other = PartyFacts(name="Julia Quijano", type="person")
    assert now(decided(said()), other) == Worth()


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        ({"birth_dates": ("1980-02-01",)}, "birth_dates"),
        ({"aliases": ()}, "names"),
        ({"name": "FABIO JURADO"}, "names"),
        ({"identifiers": ()}, "identifiers"),
        ({"nationalities": ("PA",)}, "nationalities"),
    ],
)
def test_another_fact_of_the_entry_reopens_and_is_named(
    changed: dict[str, object], part: str
) -> None:
    entry = msgspec.structs.replace(ENTRY, **changed)  # type: ignore[arg-type]
    found = now(decided(said()), entry=entry)
    assert (found.state, found.causes) == ("reopened", (("entry", (part,)),))


def test_remarks_programmes_and_the_day_of_listing_reopen_nothing() -> None:
    entry = msgspec.structs.replace(ENTRY, remarks="twice", programs=("Y",), listed_on="2026-01-01")
    assert now(decided(said()), entry=entry).cleared


def test_the_reason_names_date_person_and_cause_in_both_languages() -> None:
    entry = msgspec.structs.replace(ENTRY, birth_dates=("1980",))
    found = now(decided(said()), entry=entry)
    assert sentence(found, "en") == (
        "Match cleared on 2026-11-26 by ana; reopened because the list entry changed: birth dates"
    )
    assert sentence(found, "es") == (
        "Coincidencia descartada el 2026-11-26 por ana; reabierta porque cambió la entrada de la "
        "lista: fechas de nacimiento"
    )


# --- redress ----------------------------------------------------------------------------------------


def test_a_stated_redress_number_keeps_a_match_cleared_under_a_new_document() -> None:
    known = decided(said(redress="0123456"))
    again = with_(PARTY, identifiers=("passport:PA9999991", "other:012-3456"))
    found = now(known, again)
    assert found.cleared and found.redress
    assert "states the redress number 0123456" in sentence(found, "en")


@pytest.mark.parametrize(
    "changed", [{"name": "Julia Quijano"}, {"birth_date": "1981-02-01"}, {"birth_date": ""}]
)
def test_a_redress_number_under_another_name_or_birth_date_clears_nothing(
    changed: dict[str, str],
) -> None:
    known = decided(said(redress="0123456"))
    other = with_(PARTY, identifiers=("other:0123456",), **changed)
    assert not now(known, other).cleared


def test_a_number_that_no_decision_names_clears_nothing() -> None:
    other = with_(PARTY, identifiers=("passport:PA9999991", "other:0123456"))
    assert not now(decided(said()), other).cleared


# --- steps ------------------------------------------------------------------------------------------


def make(steps: list[MatchDecision], by: str = "ana", **more: object) -> MatchDecision:
    values = {"state": "undecided", "supervisor": False, "said": said(), **more}
    bounds = (START, START + dt.timedelta(days=100))
    return next_step(steps, match=step(by), bounds=bounds, **values)  # type: ignore[arg-type]


def test_the_software_decides_nothing() -> None:
    for move in ("expire", "entry", "party"):
        with pytest.raises(StateError):
            next_step([], match=step("analysis", move), state="decided", supervisor=True,
                      said=said(), bounds=(START, START))  # fmt: skip


@pytest.mark.parametrize("until", ["2026-11-25", "2027-03-07", "soon", ""])
def test_a_decision_ends_within_bounds(until: str) -> None:
    with pytest.raises(InputError):
        make([], said=said(until=until))


def test_no_outcome_calls_a_party_clear_or_safe() -> None:
    words = {word for o in outcomes() for word in f"{o.text_en} {o.text_es}".lower().split()}
    assert not {"clear", "safe", "clean", "harmless", "seguro", "limpio"} & words


def test_both_sides_say_what_agrees_what_contradicts_and_what_is_missing() -> None:
    body = Traveller(surname="Delvalle", documents=(TravelDocument(number="PA7654321"),))
    found = {side.part: side.verdict for side in sides(PARTY, body, "surname", ENTRY)}
    assert found == {
        "names": "agrees", "birth_dates": "differs", "nationalities": "not_listed",
        "identifiers": "differs",
    }  # fmt: skip


# --- any order of what can happen ---------------------------------------------------------------------


class Life(RuleBasedStateMachine):
    """Decide, undo, let time pass, change the entry and the party in any order: the written rules,
    told once more in the plainest words, give what the code gives."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[MatchDecision] = []
        self.stack: list[tuple[Said, ListEntry]] = []
        self.day, self.entry, self.party = START, ENTRY, PARTY

    def state(self) -> str:
        return self.worth().state

    def worth(self) -> Worth:
        known = [("d1", self.steps[-1])] if self.steps else []
        return worth(known, self.party, entry_digests(self.entry), f"{self.day}")

    @rule(
        outcome=st.sampled_from([item.code for item in outcomes()]),
        by=st.sampled_from(["ana", "eva"]), supervisor=st.booleans(), days=st.integers(0, 40),
    )  # fmt: skip
    def decide(self, outcome: str, by: str, supervisor: bool, days: int) -> None:
        until = self.day + dt.timedelta(days=days)
        what = said(outcome, self.entry, by=by, until=f"{until}")
        standing = self.state() == "decided"
        mine = not self.stack or self.stack[-1][0].by == by
        asked = step(by, party=PARTY)
        try:
            made = next_step(self.steps, match=asked, state=self.state(), supervisor=supervisor,
                             said=what, bounds=(self.day, until))  # fmt: skip
        except StateError:
            assert standing and not mine and not supervisor
            return
        assert not standing or mine or supervisor
        self.steps.append(made)
        self.stack.append((what, self.entry))

    @precondition(lambda self: self.steps)
    @rule(by=st.sampled_from(["ana", "eva"]), supervisor=st.booleans())
    def undo(self, by: str, supervisor: bool) -> None:
        allowed = bool(self.stack) and (supervisor or self.stack[-1][0].by == by)
        allowed = allowed and self.state() != "undecided"
        try:
            made = next_step(self.steps, match=step(by, "undo"), state=self.state(),
                             supervisor=supervisor, said=None, bounds=(self.day, self.day))  # fmt: skip
        except StateError:
            assert not allowed
            return
        assert allowed
        self.steps.append(made)
        self.stack.pop()

    @rule(days=st.integers(1, 30))
    def time_passes(self, days: int) -> None:
        self.day += dt.timedelta(days=days)

    @rule(year=st.sampled_from(["1971-05-12", "1980"]), remarks=st.sampled_from(["once", "twice"]))
    def the_entry_changes(self, year: str, remarks: str) -> None:
        self.entry = msgspec.structs.replace(ENTRY, birth_dates=(year,), remarks=remarks)

    @rule(born=st.sampled_from(["1980-02-01", "1980-02-02"]))
    def the_party_changes(self, born: str) -> None:
        self.party = with_(PARTY, birth_date=born)

    @invariant()
    def what_it_is_worth_is_what_the_rules_say(self) -> None:
        found = self.worth()
        if not self.stack:
            assert found == Worth()
            return
        last, entry = self.stack[-1]
        same = (self.party == PARTY and self.entry.birth_dates == entry.birth_dates
                and f"{self.day}" <= last.until)  # fmt: skip
        assert found.state == ("decided" if same else "reopened")
        assert found.cleared == (same and not counts(last.outcome))
        assert found.said == last

    @invariant()
    def every_step_is_kept_and_numbered(self) -> None:
        assert [item.number for item in self.steps] == list(range(1, len(self.steps) + 1))


Life.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestLife = Life.TestCase
