"""The owner's set holds what its marking and an agreement in force let be found, and no more."""

from __future__ import annotations

import datetime as dt
from typing import Any

import agreement_worlds as pacts
import msgspec
import pytest
from pointer_worlds import clause, containers, seeded

from esclusa.errors import AgreementError
from esclusa.model import (
    EVERYONE,
    Alert,
    Level,
    Marking,
    Record,
    TransportEquipment,
)
from esclusa.sharing.agreement import InForce, rehearsed
from esclusa.sharing.pointers import answering
from esclusa.sharing.pointers.admission import Candidate, in_force_with, set_of, terms_of
from esclusa.sharing.pointers.answering import Owner
from esclusa.sharing.pointers.messages import Scope, encode
from esclusa.sharing.pointers.terms import DRAFT_LIMITS, Limits, PointerClause, Search, check
from esclusa.sharing.terms import Consent, Source

NOW = pacts.NOW
AGREEMENT = pacts.bound(pacts.sample())
SCOPE = Scope("marisol", "northreach", AGREEMENT.digest, "targeting", "container")
NAMED = Marking(level=Level.OFFICIAL, releasable_to=frozenset({"northreach"}))
KEY = containers({7})
(POINTER,) = KEY


def box(marking: Marking = NAMED, **more: Any) -> Record:
    """Return a container's record of Marisol."""
    return pacts.record(TransportEquipment(number=POINTER.parts[0]), marking=marking, **more)


def held(
    *records: Record, rules: PointerClause | None = None, within: Scope = SCOPE,
    agreement: InForce = AGREEMENT, now: dt.datetime = NOW, sources: tuple[Source, ...] = (),
    consents: tuple[Consent, ...] = (),
) -> frozenset[Any]:  # fmt: skip
    """Return what may be found of some records."""
    candidates = [Candidate(record, sources) for record in records]
    return set_of(candidates, agreement, rules or clause(), within, now, consents)


def test_a_record_that_names_the_asker_can_be_found() -> None:
    assert held(box()) == KEY


def marked(**changes: Any) -> Record:
    """Return the record under another marking."""
    return box(msgspec.structs.replace(NAMED, **changes))


THEIRS = box(originator="altamira")
STAYS: dict[str, Record] = {
    "names nobody": marked(releasable_to=frozenset()),
    "names another": marked(releasable_to=frozenset({"altamira"})),
    "level above the clause": marked(level=Level.CONFIDENTIAL),
    "a caveat that the clause does not list": marked(caveats=frozenset({"PAX"})),
    "no purpose": marked(purposes=frozenset()),
    "another purpose": marked(purposes=frozenset({"audit"})),
    "handling code against the purpose": marked(caveats=frozenset({"H0"})),
    "retention over": marked(retain_until=NOW.date() - dt.timedelta(days=1)),
    "retention over before the epoch is": marked(retain_until=NOW.date()),
    "withdrawn": box(withdrawn=True),
    "erased": msgspec.structs.replace(box(), body=None),
    "derived from an unknown record": box(derived_from=("nobody-knows",)),
    "another agency's, under its control": msgspec.structs.replace(
        THEIRS, marking=msgspec.structs.replace(NAMED, caveats=frozenset({"ORCON"}))
    ),
    "an alert": pacts.record(Alert(subject_id="x", subject_kind="equipment", score=1, title="x")),
}


@pytest.mark.parametrize("record", STAYS.values(), ids=STAYS)
def test_a_record_that_may_not_be_found_is_not_in_the_set(record: Record) -> None:
    assert held(record) == frozenset()


@pytest.mark.parametrize("record", STAYS.values(), ids=STAYS)
def test_two_worlds_with_and_without_a_record_that_may_not_be_found_are_the_same_bytes(
    record: Record,
) -> None:
    """Not one byte that leaves the owner tells that the record exists."""
    said = []
    for records in ([box()], [box(), record], [record, box()]):
        terms = terms_of(AGREEMENT, clause())
        owner = Owner(me="marisol", asker="northreach")
        _owner, made, rows = answering.open_epoch(
            owner, SCOPE, terms, held(*records), NOW, seeded(1)
        )
        said.append((encode(made), msgspec.json.encode(rows)))
    assert said[0] == said[1] == said[2]


def test_another_agencys_record_can_be_found_with_its_consent() -> None:
    record = STAYS["another agency's, under its control"]
    rules = clause(caveats=("ORCON",))
    consent = Consent(originator="altamira", record_id=record.id, to="northreach")
    assert held(record, rules=rules) == frozenset()
    assert held(record, rules=rules, consents=(consent,)) == KEY
    short = msgspec.structs.replace(consent, until=NOW + dt.timedelta(hours=23))
    assert held(record, rules=rules, consents=(short,)) == frozenset()


def test_a_record_weaker_than_its_source_cannot_be_found() -> None:
    source = Source(id="s", originator="marisol", marking=Marking(level=Level.SECRET))
    record = box(derived_from=("s",))
    assert held(record, sources=(source,)) == frozenset()


def test_the_clauses_that_hand_over_fields_do_not_matter() -> None:
    """The sample hands over no equipment; hits on it may be told all the same."""
    assert not [item for item in AGREEMENT.agreement.clauses if item.kind == "equipment"]
    assert held(box()) == KEY


@pytest.mark.parametrize(
    ("changes", "within"),
    [
        ({"records": ("traveller",)}, {}),
        ({"purposes": ("sanctions",)}, {}),
        ({"level": "open"}, {}),
        ({"searches": clause().searches[:1]}, {}),
        ({}, {"purpose": "investigation"}),
        ({}, {"subject": "vessel"}),
        ({}, {"asker": "altamira"}),
    ],
)
def test_what_the_clause_does_not_name_is_not_in_the_set(
    changes: dict[str, Any], within: dict[str, Any]
) -> None:
    scope = msgspec.structs.replace(SCOPE, **within)
    assert held(box(), rules=clause(**changes), within=scope) == frozenset()


def test_the_scope_is_of_this_agreement_and_this_owner() -> None:
    for change in ({"agreement": "0" * 64}, {"owner": "northreach"}):
        with pytest.raises(AgreementError, match="another agreement or another owner"):
            held(box(), within=msgspec.structs.replace(SCOPE, **change))


@pytest.mark.parametrize("when", [AGREEMENT.begins - dt.timedelta(seconds=1), AGREEMENT.ends])
def test_outside_the_days_of_the_agreement_nothing_can_be_found(when: dt.datetime) -> None:
    assert held(box(), now=when) == frozenset()
    with pytest.raises(AgreementError):
        in_force_with([AGREEMENT], "northreach", when)


def test_exactly_one_signed_agreement_is_needed() -> None:
    assert in_force_with([AGREEMENT], "northreach", NOW) == AGREEMENT
    other = pacts.bound(pacts.sample(id="another"))
    for agreements in ([], [AGREEMENT, other], [rehearsed(pacts.sample())]):
        with pytest.raises(AgreementError, match="one signed agreement"):
            in_force_with(agreements, "northreach", NOW)
    with pytest.raises(AgreementError, match="one signed agreement"):
        in_force_with([AGREEMENT], "altamira", NOW)


def test_a_draft_lets_nothing_be_searched() -> None:
    draft = rehearsed(pacts.sample())
    with pytest.raises(AgreementError, match="draft"):
        terms_of(draft, clause())
    scope = msgspec.structs.replace(SCOPE, agreement=draft.digest)
    assert held(box(), agreement=draft, within=scope) == frozenset()


def test_everyone_is_a_name_too() -> None:
    assert held(marked(releasable_to=frozenset({EVERYONE}))) == KEY


# --- the clause -----------------------------------------------------------------------------------

FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "giver": ({"giver": "altamira"}, "none of the parties"),
    "purpose": ({"purposes": ("curiosity",)}, "'curiosity' is not one of"),
    "caveat": ({"caveats": ("a,b",)}, "caveats"),
    "search twice": ({"searches": clause().searches[:1] * 2}, "stands twice"),
    "key of another kind": (
        {"searches": (Search(subject="vessel", keys=("passport",), limits=DRAFT_LIMITS["vessel"]),)},
        "'passport' is not one of imo, mmsi",
    ),
    "limits": (
        {"searches": (Search(subject="vessel", keys=("imo",),
                             limits=Limits(question=64, day=16, epoch=64, year=64)),)},
        "must not become smaller",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTS)
def test_a_clause_with_a_fault_is_refused_by_name(case: str) -> None:
    changes, said = FAULTS[case]
    with pytest.raises(AgreementError, match=said):
        check(clause(**changes), AGREEMENT.agreement)


def test_a_clause_travels_as_json_and_an_unknown_word_in_it_is_refused() -> None:
    text = msgspec.json.encode(clause())
    assert msgspec.json.decode(text, type=PointerClause) == clause()
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text[:-1] + b',"free":true}', type=PointerClause)
