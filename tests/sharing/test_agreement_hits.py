"""Pointer clauses in an agreement: checked, told in both languages, compared, signed."""

from __future__ import annotations

from importlib.resources import files
from typing import Any, get_args

import msgspec
import pytest

from esclusa.errors import AgreementError
from esclusa.model import Body
from esclusa.sharing.agreement import Agreement, compare, describe, digest, read_agreement
from esclusa.sharing.agreement.shape import Limits, PointerClause

TEXT = files("esclusa.samples").joinpath("agreements", "marisol-northreach.yaml").read_bytes()
CLAUSE = b"""
pointers:
  - id: hits-in-lists
    giver: marisol
    records: [list_entry]
    purposes: [targeting, sanctions]
    level: restricted
    searches:
      - subject: vessel
        keys: [imo, mmsi]
        limits: {question: 64, day: 512, epoch: 512, year: 40000}
      - subject: person
        keys: [passport]
        limits: {question: 64, day: 512, epoch: 512, year: 40000}
"""


@pytest.fixture
def agreement() -> Agreement:
    return read_agreement(TEXT + CLAUSE)


def with_clause(agreement: Agreement, **changes: Any) -> Agreement:
    """Return the agreement with its pointer clause changed."""
    clause = msgspec.structs.replace(agreement.pointers[0], **changes)
    return msgspec.structs.replace(agreement, pointers=(clause,))


def test_an_agreement_without_searches_keeps_the_digest_that_was_signed_before_they_existed() -> (
    None
):
    signed_before = "f95e08cc5838bc21574a8379d382d7ce58143c693aa766928a3e11fa31058117"
    assert digest(read_agreement(TEXT)) == signed_before
    assert digest(read_agreement(TEXT + b"\npointers: []\n")) == signed_before
    assert digest(read_agreement(TEXT + CLAUSE)) != signed_before


@pytest.mark.parametrize(
    ("was", "now", "line", "said"),
    [
        (b"giver: marisol\n    records", b"giver: altamira\n    records", 5, "none of the parties"),
        (b"[imo, mmsi]", b"[imo, passport]", 11, "'passport' is not one of imo, mmsi"),
        (b"[imo, mmsi]", b"[imo, imo]", 11, "'imo' stands twice"),
        (b"subject: person", b"subject: vessel", 13, "'vessel' stands twice"),
        (b"[targeting, sanctions]", b"[fun]", 7, "'fun' is not one of"),
        (b"day: 512, epoch", b"day: 32, epoch", 12, "must not become smaller"),
        (b"hits-in-lists", b"cargo-to-northreach", 4, "stands twice"),
        (b"level: restricted", b"level: restricted\n    free: true", 9, "not known here"),
    ],
)
def test_a_fault_is_named_with_its_line(was: bytes, now: bytes, line: int, said: str) -> None:
    assert was in CLAUSE
    with pytest.raises(AgreementError, match=said) as caught:
        read_agreement(TEXT + CLAUSE.replace(was, now, 1), file="pact.yaml")
    assert caught.value.line == TEXT.count(b"\n") + line - 1


def test_one_search_may_be_given_for_a_purpose_by_one_clause_only(agreement: Agreement) -> None:
    """Else nobody could say which limits hold."""
    second = CLAUSE.replace(b"\npointers:\n", b"").replace(b"hits-in-lists", b"more")
    with pytest.raises(AgreementError, match="another clause lets a person be searched"):
        read_agreement(TEXT + CLAUSE + second)


def test_what_may_be_searched_is_told_in_both_languages(agreement: Agreement) -> None:
    said = list(describe(agreement))
    english, spanish = ([item.in_(code) for item in said] for code in ("en", "es"))
    assert ("Clause hits-in-lists: northreach may search each list entry of marisol for targeting, "
            "sanctions, and hears only hit or no hit:") in english  # fmt: skip
    assert any("IMO number, MMSI; at most 64 keys in one question" in text for text in english)
    assert any("número OMI, MMSI; como máximo 64 claves en una pregunta" in t for t in spanish)
    assert any("a new key every 24 hours" in text for text in english)


def test_what_becomes_searchable_and_what_no_longer_is_named_key_by_key(
    agreement: Agreement,
) -> None:
    bare = read_agreement(TEXT)
    newly = compare(bare, agreement)
    assert {(c.what, c.path, c.kind, c.purposes) for c in newly} == {
        ("newly", f"hit:{key}", "list_entry", ("sanctions", "targeting"))
        for key in ("imo", "mmsi", "passport")
    }
    assert {c.what for c in compare(agreement, bare)} == {"no_longer"}
    assert compare(agreement, agreement) == ()
    narrower = with_clause(agreement, purposes=("targeting",))
    assert {(c.what, c.purposes) for c in compare(agreement, narrower)} == {
        ("no_longer", ("sanctions",))
    }


def test_a_clause_under_another_name_is_no_change(agreement: Agreement) -> None:
    assert compare(agreement, with_clause(agreement, id="renamed")) == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"level": "secret"}, "now SECRET, before RESTRICTED"),
        ({"caveats": ("ORCON",)}, "now ORCON, before none"),
        ({"epoch_hours": 48}, "every 48 hours"),
        ({"grace_hours": 1}, "until 1 hours later"),
        ({"catalogue": 2048}, "at most 2,048 entries, before 1,048,576"),
    ],
)
def test_a_condition_that_changes_is_told(
    agreement: Agreement, changes: dict[str, Any], said: str
) -> None:
    found = compare(agreement, with_clause(agreement, **changes))
    assert len(found) == 4  # two purposes, two kinds of thing
    assert all(c.what == "handling" and said in c.text.en for c in found)


def test_a_limit_that_changes_is_told(agreement: Agreement) -> None:
    clause: PointerClause = agreement.pointers[0]
    wider = Limits(question=64, day=1024, epoch=1024, year=40_000)
    searches = (msgspec.structs.replace(clause.searches[0], limits=wider), clause.searches[1])
    found = compare(agreement, with_clause(agreement, searches=searches))
    assert len(found) == 2
    assert all("1,024 in 24 hours" in c.text.en and "512 in 24" in c.text.en for c in found)


@pytest.mark.parametrize(
    "inner", ["entity_judgement", "match_decision", "alert", "alert_move"]
)  # fmt: skip
def test_what_people_decided_inside_is_named_by_no_clause(inner: str) -> None:
    assert inner in {item.__struct_config__.tag for item in get_args(Body)}
    given, searched = b"kind: consignment", b"records: [list_entry]"
    for clause in (given, searched):
        kind = clause.rpartition(b" ")[2].strip(b"[]")
        text = (TEXT + CLAUSE).replace(clause, clause.replace(kind, inner.encode()), 1)
        assert text != TEXT + CLAUSE
        with pytest.raises(AgreementError, match=f"'{inner}'"):
            read_agreement(text)
