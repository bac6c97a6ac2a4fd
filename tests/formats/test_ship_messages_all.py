"""CALINF, VESDEP, BERMAN, CUSREP, WASDIS, IFTDGN: what holds for each of them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from ship_messages import (
    BODIES,
    check_fidelity,
    damaged,
    errors,
    interchange,
    message,
    messages_of,
)
from test_typed_mutations import MUTATIONS
from typed_writing import stating, written

from esclusa.formats.edifact.drafting import WritingError
from esclusa.model import Function, PortCall, ShipDeclaration, Traveller

KINDS = sorted(BODIES)


@pytest.mark.parametrize("kind", KINDS)
def test_a_clean_message_has_no_defect_and_states_something(kind: str) -> None:
    found = message(kind)
    assert found.statements
    assert found.defects == ()


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_read_is_written_and_comes_back_as_it_was(kind: str) -> None:
    for function in Function:
        check_fidelity(kind, replace(message(kind), function=function))


@pytest.mark.parametrize("kind", KINDS)
def test_the_message_that_the_tests_rest_on_is_one_of_its_directory(kind: str) -> None:
    head, middle, behind = interchange(kind)
    assert errors((head + "'".join([*middle, ""]) + behind).encode()) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_segment_costs_its_neighbours_nothing(kind: str) -> None:
    whole = message(kind)
    for data in damaged(kind):
        found = messages_of(data)
        assert found["A"].statements == whole.statements
        assert found["C"].statements == whole.statements


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_anywhere_keeps_the_messages_before_the_cut(kind: str) -> None:
    whole = message(kind)
    head, middle, _ = interchange(kind)
    text = "'".join([*middle, ""])
    for at in range(0, len(text), 11):
        found = messages_of((head + text[:at]).encode())
        assert found["A"].statements == whole.statements


@pytest.mark.parametrize("kind", KINDS)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=40, deadline=None)
def test_a_mutated_message_is_read_or_refused_and_never_raises(kind: str, seed: int) -> None:
    rng = random.Random(seed)
    head, middle, behind = interchange(kind)
    data = (head + "'".join([*middle, ""]) + behind).encode()
    for _ in range(rng.randrange(1, 8)):
        data = rng.choice(MUTATIONS)(rng, data, b"'") or b"'"
    for found in messages_of(data).values():
        assert not (found.refused and found.statements)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "IFTDGN"])
def test_a_message_that_names_neither_port_nor_stay_states_nothing(kind: str) -> None:
    head, middle, behind = interchange(kind)
    kept = [each for each in middle if not each.startswith(("LOC", "TSR", "RFF+ATZ"))]
    found = messages_of((head + "'".join([*kept, ""]) + behind).encode())["B"]
    assert found.statements == ()
    assert found.refused
    assert any(defect.code.endswith(".port.missing") for defect in found.defects)


@pytest.mark.parametrize("kind", KINDS)
def test_a_statement_of_another_kind_is_refused(kind: str) -> None:
    with pytest.raises(WritingError, match=f"statement 1, {kind} carries"):
        written(kind, stating(Traveller(surname="RUIZ")))


@pytest.mark.parametrize("kind", ["CALINF", "VESDEP", "BERMAN", "CUSREP", "WASDIS"])
def test_a_declaration_of_a_form_that_the_message_does_not_carry_is_refused(kind: str) -> None:
    call = next(each for each in message("BERMAN").statements if isinstance(each, PortCall))
    other = ShipDeclaration(form="health", voyage=call.voyage, port=call.port)
    with pytest.raises(WritingError, match="ship declaration"):
        written(kind, stating(other))
