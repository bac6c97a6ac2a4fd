"""Redress: each step from each state, two people behind each number, and what a number does to a
match. About 3 s of CPU."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.casework.forms import MoveMistakes
from esclusa.casework.redress import (
    ENDED,
    GRANTED,
    NONE,
    Case,
    allowed,
    next_move,
    replay,
    rows,
    words,
)
from esclusa.casework.redress_effect import (
    QUIET,
    effect,
    entry_digest,
    entry_numbers,
    entry_of,
    sentence,
    stated,
)
from esclusa.codes import redress as numbers
from esclusa.errors import StateError
from esclusa.model import (
    Identifier,
    ListEntry,
    PartyFacts,
    RedressEntry,
    RedressGrant,
    RedressMove,
    RedressPerson,
)

DAY = dt.date(2026, 11, 27)
BOUNDS = (DAY, dt.date(2031, 11, 28))
X = RedressPerson(name="Fabio Delvalle Jurado", birth_date="1971-05-12", nationality="PAN",
                  documents=("passport:PA-1111112",))  # fmt: skip
ENTRY = ListEntry(
    list_id="wanted", uid="W7", type="person", name="Fabio Delvalle Jurado",
    birth_dates=("1969",), identifiers=(Identifier(scheme="passport", value="ZZ 9876543"),),
)  # fmt: skip
NAMED = entry_of("wanted", "W7", ENTRY)
GIVEN = {
    "statement": "Taken for somebody else of that name.", "seen": "Passport in original",
    "ground": "Another birth date and parents", "until": "2027-11-27", "reason": "as he asked",
    "refuse_code": "papers_missing", "refuse_text": "No paper was brought.",
    "revoke_code": "misuse", "revoke_text": "Somebody else used it twice.",
}  # fmt: skip
NUMBER = numbers.made(range(10))
STEPS = sorted({move for move, _state in rows() if move != "expire"})


def step(
    case: Case, move: str, by: str = "ana", *, lead: bool = True, day: dt.date = DAY, **more: Any
) -> RedressMove:  # fmt: skip
    row = rows().get((move, case.state))
    said = {name: GIVEN[name] for name in row.needs} if row else {}
    said |= more.pop("said", {})
    version = more.pop("version", "")
    asked = RedressMove(
        case=case.id, number=0, move=move, by=by, at=f"{day}T08:00:00Z",
        person=X if move == "apply" else RedressPerson(),
        entries=(NAMED,) if move == "apply" else (), **more,
    )  # fmt: skip
    return next_move(case, asked, said, supervisor=lead, bounds=BOUNDS, drawn=range(10),
                     version=version)  # fmt: skip


def after(*moves: str, by: dict[str, str] | None = None, today: dt.date = DAY) -> Case:
    """Return a case after these steps; grants are made by lena, all else by ana."""
    made: list[RedressMove] = []
    case = Case(id="c1")
    for move in moves:
        who = (by or {}).get(move) or ("lena" if move in ("grant", "renew") else "ana")
        made.append(step(case, move, who))
        case = replay(made, f"{DAY}")
    return replay(made, f"{today}") if made else case


REACHED = {
    NONE: (), "applied": ("apply",), "checked": ("apply", "papers"),
    GRANTED: ("apply", "papers", "grant"), "refused": ("apply", "refuse"),
    "withdrawn": ("apply", "withdraw"), "revoked": ("apply", "papers", "grant", "revoke"),
    "expired": ("apply", "papers", "grant"),
}  # fmt: skip
LATER = dt.date(2028, 1, 1)


@pytest.mark.parametrize(("state", "move"), [*itertools.product(REACHED, STEPS)])
def test_each_step_from_each_state_is_allowed_by_the_table_or_refused_with_the_state(
    state: str, move: str
) -> None:
    case = after(*REACHED[state], today=LATER if state == "expired" else DAY)
    assert case.state == state
    if move == "renew":
        case = msgspec.structs.replace(case, fresh=True, papers_by=frozenset({"ana"}))
    if (move, state) in rows():
        made = step(case, move, "lena")
        assert made.number == len(case.steps) + 1
    else:
        with pytest.raises(StateError, match="does not allow the step"):
            step(case, move, "lena")


def test_two_people_stand_behind_a_number() -> None:
    checked = after("apply", "papers", by={"papers": "Hugo"})
    for who in ("ana", "hugo ", "HUGO"):
        with pytest.raises(StateError, match="a second person decides"):
            step(checked, "grant", who)
    with pytest.raises(StateError, match="a supervisor"):
        step(checked, "grant", "lena", lead=False)
    made = step(checked, "grant", "lena", partners=("northreach",))
    assert made.redress == NUMBER
    assert (made.until, made.partners, made.person) == ("2027-11-27", ("northreach",), X)
    with pytest.raises(StateError, match="a supervisor"):
        step(after("apply"), "refuse", lead=False)


def test_a_renewal_needs_papers_seen_since_and_keeps_the_number() -> None:
    granted = after("apply", "papers", "grant")
    with pytest.raises(StateError, match="papers must be seen first"):
        step(granted, "renew", "lena")
    seen = after("apply", "papers", "grant", "papers")
    assert (seen.state, seen.number) == (GRANTED, NUMBER)
    with pytest.raises(StateError, match="second person"):
        step(seen, "renew", "ana")
    later = {"until": "2029-01-01"}
    renewed = step(seen, "renew", "lena", said=later)
    assert (renewed.redress, renewed.until) == (NUMBER, "2029-01-01")


def test_a_number_expires_with_its_last_day_and_can_be_renewed() -> None:
    assert after("apply", "papers", "grant", today=dt.date(2027, 11, 27)).state == GRANTED
    assert after("apply", "papers", "grant", today=dt.date(2027, 11, 28)).state == "expired"
    case = after("apply", "papers", "grant", today=LATER)
    assert [row.move for row in allowed(case, "lena", supervisor=True)] == ["papers"]
    with pytest.raises(StateError, match="does not allow"):
        step(case, "expire")


def test_who_was_faster_wins_and_the_other_is_told() -> None:
    case = after("apply", "papers")
    with pytest.raises(StateError, match="somebody was faster"):
        step(case, "grant", "lena", version="1")
    assert step(case, "grant", "lena", version="2").number == 3


@pytest.mark.parametrize(
    ("change", "field", "problem"),
    [
        ({"person": RedressPerson()}, "name", "missing"),
        ({"person": RedressPerson(name="A B", birth_date="1971", documents=("passport:1",))},
         "birth_date", "day"),
        ({"person": RedressPerson(name="A B", birth_date="1971-02-30", documents=("passport:1",))},
         "birth_date", "day"),
        ({"person": RedressPerson(name="A B", birth_date="1971-05-12")}, "documents", "missing"),
        ({"person": RedressPerson(name="A B", birth_date="1971-05-12", documents=("gun:1",))},
         "documents", "document"),
        ({"person": RedressPerson(name="A\x00B", birth_date="1971-05-12",
                                  documents=("passport:1",))}, "name", "damaged"),
        ({"person": RedressPerson(name="A" * 201, birth_date="1971-05-12",
                                  documents=("passport:1",))}, "name", "long"),
        ({"entries": ()}, "entries", "missing"),
        ({"entries": tuple(RedressEntry(list_id="l", uid=str(n)) for n in range(51))},
         "entries", "long"),
    ],
)  # fmt: skip
def test_an_application_names_each_field_that_is_wrong(
    change: dict[str, Any], field: str, problem: str
) -> None:
    asked = RedressMove(case="c1", number=0, move="apply", by="ana", at="2026-11-27T08:00:00Z",
                        person=X, entries=(NAMED,))  # fmt: skip
    with pytest.raises(MoveMistakes) as caught:
        next_move(Case(id="c1"), msgspec.structs.replace(asked, **change), GIVEN | {},
                  supervisor=False, bounds=BOUNDS, drawn=range(10))  # fmt: skip
    assert (field, problem) in {(one.field, one.problem) for one in caught.value.mistakes}


@pytest.mark.parametrize(
    ("move", "state", "said", "problem"),
    [
        ("grant", "checked", {"until": "2026-11-26"}, "bounds"),
        ("grant", "checked", {"until": "2040-01-01"}, "bounds"),
        ("grant", "checked", {"until": "11/12/2027"}, "day"),
        ("grant", "checked", {"ground": "ok"}, "short"),
        ("grant", "checked", {"ground": "x" * 2001}, "long"),
        ("revoke", GRANTED, {"revoke_code": "because"}, "code"),
        ("refuse", "checked", {"refuse_text": " "}, "missing"),
        ("withdraw", "applied", {"colour": "blue"}, "unknown"),
    ],
)
def test_what_a_step_records_is_checked(
    move: str, state: str, said: dict[str, str], problem: str
) -> None:
    with pytest.raises(MoveMistakes) as caught:
        step(after(*REACHED[state]), move, "lena", said=said)
    assert [one.problem for one in caught.value.mistakes] == [problem]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.sampled_from(("ana", "hugo", "lena")),
                          st.booleans(), st.integers(0, 500)), max_size=14))  # fmt: skip
def test_random_schedules_keep_the_rules(plan: list[tuple[str, str, bool, int]]) -> None:
    """The model: whatever people try in whatever order, a number in force has two people behind it,
    an ended case stays ended, and the steps replay to the same case in any order."""
    made: list[RedressMove] = []
    day, ended, number = DAY, "", ""
    for move, by, lead, days in plan:
        day = min(day + dt.timedelta(days=days), BOUNDS[1])
        case = replay(made, f"{day}") if made else Case(id="c1")
        if ended:
            assert case.state == ended
        try:
            done = step(case, move, by, lead=lead, day=day, said=(
                {"until": f"{min(day + dt.timedelta(days=365), BOUNDS[1])}"}
                if move in ("grant", "renew") and (move, case.state) in rows() else {}
            ))  # fmt: skip
        except StateError:
            continue
        made.append(done)
        if done.redress:
            saw = [m.by for m in made if m.move in ("apply", "papers")]
            since = [m.by for m in made[_last_grant(made[:-1]) :] if m.move == "papers"]
            assert lead
            assert since
            assert by not in (since if number else saw)
            assert number in ("", done.redress)
            number = done.redress
        now = replay(reversed(made), f"{day}")
        assert now == replay(made, f"{day}")
        if now.state in ENDED:
            ended = now.state


def _last_grant(made: list[RedressMove]) -> int:
    return max((n + 1 for n, m in enumerate(made) if m.redress), default=0)


def test_a_case_stands_when_its_oldest_steps_were_erased() -> None:
    made: list[RedressMove] = []
    for move in ("apply", "papers", "grant", "papers"):
        case = replay(made, f"{DAY}") if made else Case(id="c1")
        made.append(step(case, move, "lena" if move == "grant" else "ana"))
    left = replay(made[2:], f"{DAY}")
    assert (left.state, left.number, left.person, left.entries) == (GRANTED, NUMBER, X, (NAMED,))


# --- what a number does ---------------------------------------------------------------------------

GRANT = RedressGrant(redress=NUMBER, agency="marisol", state="granted", at="2026-11-27T09:00:00Z",
                     until="2027-11-27", person=X, entries=(NAMED,))  # fmt: skip
PARTY = PartyFacts(name="JURADO FABIO DELVALLE", type="person", birth_date="1971-05-12",
                   nationality="PA", identifiers=("passport:PA1111112",),
                   redress=(numbers.shown(NUMBER),))  # fmt: skip


def why(party: PartyFacts = PARTY, grant: RedressGrant = GRANT, entry: ListEntry = ENTRY,
        today: str = "2026-12-01") -> str:  # fmt: skip
    found = effect([grant], party, list_id=entry.list_id, uid=entry.uid,
                   entry_now=entry_digest(entry), listed=entry_numbers(entry), today=today)  # fmt: skip
    return found.why if found else ""


def changed(item: Any, **more: Any) -> Any:
    return msgspec.structs.replace(item, **more)


def test_the_person_vouched_for_is_quiet_and_the_sentence_says_who_and_when() -> None:
    assert why() == QUIET
    found = effect([GRANT], PARTY, list_id="wanted", uid="W7", entry_now=NAMED.digest,
                   listed=(), today="2026-12-01")  # fmt: skip
    assert found is not None
    english = sentence(found, "en")
    assert english.startswith(f"Quiet: redress number {numbers.shown(NUMBER)}, granted by marisol")
    assert "2026-11-27" in english
    assert "concedido por marisol" in sentence(found, "es")


@pytest.mark.parametrize(
    ("party", "said"),
    [
        (changed(PARTY, redress=()), ""),
        (changed(PARTY, redress=("R7K2-D9QF-4M8X",)), ""),
        (changed(PARTY, name="Fabio Delvalle"), "name"),
        (changed(PARTY, birth_date="1969-02-03"), "birth_date"),
        (changed(PARTY, birth_date="1971"), "birth_date"),
        (changed(PARTY, birth_date=""), "birth_date"),
        (changed(PARTY, nationality="ES"), "nationality"),
        (changed(PARTY, nationality=""), QUIET),
        (changed(PARTY, identifiers=()), "documents"),
        (changed(PARTY, identifiers=("passport:PA2222223",)), "documents"),
        (changed(PARTY, identifiers=("passport:PA1111112", "id_card:8-1-1")), "documents"),
        (changed(PARTY, identifiers=("passport:PA1111112", "visa:V1")), QUIET),
        (changed(PARTY, identifiers=("passport:PA1111112", "visa:ZZ9876543")), "listed_number"),
        (changed(PARTY, identifiers=("passport:PA1111112", f"other:{NUMBER}"), redress=()), QUIET),
    ],
)  # fmt: skip
def test_whoever_differs_is_not_quiet_and_the_difference_is_named(
    party: PartyFacts, said: str
) -> None:
    assert why(party) == said


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (changed(ENTRY, uid="W8"), "entry"),
        (changed(ENTRY, list_id="other"), "entry"),
        (changed(ENTRY, birth_dates=("1969", "1971-05-12")), "entry_changed"),
        (changed(ENTRY, remarks="see the file", programs=("X",), listed_on="2026-01-01"), QUIET),
    ],
)
def test_another_entry_or_one_that_changed_is_not_quiet(entry: ListEntry, said: str) -> None:
    assert why(entry=entry) == said


@pytest.mark.parametrize(
    ("grant", "today", "said"),
    [
        (GRANT, "2027-11-27", QUIET),
        (GRANT, "2027-11-28", "expired"),
        (changed(GRANT, state="ended", person=RedressPerson(), entries=()), "2026-12-01", "ended"),
        (changed(GRANT, person=changed(X, birth_date="")), "2026-12-01", "birth_date"),
        (changed(GRANT, person=changed(X, name="")), "2026-12-01", "name"),
        (changed(GRANT, person=changed(X, documents=())), "2026-12-01", "documents"),
        (changed(GRANT, entries=(changed(NAMED, digest=""),)), "2026-12-01", "entry_changed"),
        (changed(GRANT, entries=()), "2026-12-01", "entry"),
    ],
)
def test_a_number_that_ended_or_was_cut_by_an_agreement_keeps_nothing_quiet(
    grant: RedressGrant, today: str, said: str
) -> None:
    assert why(grant=grant, today=today) == said


@settings(max_examples=200, deadline=None)
@given(
    name=st.sampled_from(("Fabio Delvalle Jurado", "Fabian Delvalle Jurado", "X Y")),
    born=st.sampled_from(("1971-05-12", "1971-05-13", "1969", "")),
    papers=st.lists(st.sampled_from(("passport:PA1111112", "passport:ZZ9876543", "visa:V1",
                                     "id_card:8")), max_size=3),
    numbered=st.booleans(),
)  # fmt: skip
def test_nobody_but_the_person_vouched_for_is_ever_quiet(
    name: str, born: str, papers: list[str], numbered: bool
) -> None:
    party = PartyFacts(name=name, birth_date=born, identifiers=tuple(papers),
                       redress=(NUMBER,) if numbered else ())  # fmt: skip
    his = name == X.name and born == X.birth_date
    own = "passport:PA1111112" in papers and not {"passport:ZZ9876543", "id_card:8"} & set(papers)
    assert (why(party) == QUIET) == (numbered and his and own)


def test_numbers_are_found_under_whatever_scheme_and_nothing_else_is_one() -> None:
    party = PartyFacts(name="A", identifiers=(f"other:{numbers.shown(NUMBER)}", "passport:PA1"),
                       redress=("0123456", NUMBER.lower()))  # fmt: skip
    assert stated(party) == (NUMBER,)


def test_every_word_is_in_both_languages() -> None:
    for group in ("state", "field", "refuse_code", "revoke_code", "quiet"):
        assert words(group)
        assert all(word.en and word.es and word.en != word.es for word in words(group).values())
    assert {row.target for row in rows().values()} | {NONE} == set(words("state"))
