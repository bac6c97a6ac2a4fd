"""A form of the yard: what it needs, what contradicts itself, times in their zone. Well under one
CPU second."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from esclusa.casework.yard import FormMistakes, cleaned, digest_of, examination
from esclusa.codes.examination import faults, lists
from esclusa.model import Examination
from esclusa.sharing.yard_views import Filled

NOW = dt.datetime(2026, 11, 28, 18, 0, tzinfo=dt.UTC)
PLAIN = Filled(
    id="6f1c2f0a-9d5e-4c0e-8f39-0d6b7a4c1e55", subject="s", box="MARU1000000",
    result="nothing_found", methods=("scan", "dogs"), started="2026-11-28 10:00",
    completed="2026-11-28 11:30", zone="America/Panama", seal="NR1", new_seal="NR2",
)  # fmt: skip
SEIZED = msgspec.structs.replace(
    PLAIN, result="found", category="drugs", what="PACKAGES", quantity="46.5", unit="KGM"
)


def made(filled: Filled, **more: Any) -> Examination:
    about = {
        "agency": "marisol", "by": "ana", "now": NOW, "lane": "value", "probability": 0.25,
        "selection": "PABLB/2026-11-28", "carrier": "NRCH", "bill": "B1", "port": "PABLB",
    }  # fmt: skip
    return examination(cleaned(filled), **(about | more))


def problems(**changes: Any) -> set[tuple[str, str]]:
    """Return what is wrong with the plain form after some changes."""
    with pytest.raises(FormMistakes) as error:
        made(msgspec.structs.replace(PLAIN, **changes))
    return {(one.field, one.problem) for one in error.value.mistakes}


def test_a_form_states_an_examination_with_its_times_in_utc() -> None:
    found = made(SEIZED)
    assert (found.started, found.completed) == ("2026-11-28T15:00:00Z", "2026-11-28T16:30:00Z")
    assert (found.equipment, found.carrier, found.bills) == ("MARU1000000", "NRCH", ("B1",))
    assert found.methods == ("dogs", "scan") and found.new_seal == "NR2"
    find = found.findings[0]
    assert (find.category, find.what, find.quantity, find.unit) == (
        "drugs",
        "PACKAGES",
        46.5,
        "KGM",
    )
    assert (found.lane, found.probability, found.selection) == ("value", 0.25, "PABLB/2026-11-28")
    assert found.number == made(SEIZED).number != made(SEIZED, by="ben").number
    assert found.number != made(msgspec.structs.replace(SEIZED, id=str(uuid.uuid4()))).number
    assert faults(found) == ()


@pytest.mark.parametrize(
    ("changes", "wrong"),
    (
        ({"result": ""}, {("result", "missing")}),
        ({"result": "clean"}, {("result", "code")}),
        ({"methods": ()}, {("methods", "missing")}),
        ({"methods": ("guess",)}, {("methods", "code")}),
        ({"completed": ""}, {("completed", "missing")}),
        ({"cause": "gone"}, {("cause", "idle")}),
        ({"result": "found"}, {("category", "missing")}),
        ({"category": "drugs"}, {("category", "idle")}),
        ({"what": "PACKAGES"}, {("category", "idle")}),
        ({"result": "inconclusive", "what": "PACKAGES"}, {("category", "missing")}),
        ({"result": "not_performed", "methods": ()}, {("cause", "missing")}),
        ({"result": "not_performed", "cause": "gone"}, {("methods", "idle")}),
        ({"started": "28/11/2026 10:00"}, {("started", "moment")}),
        ({"started": "2026-11-31 10:00"}, {("started", "moment")}),
        ({"completed": "2026-11-28 09:59"}, {("completed", "order")}),
        ({"completed": "2026-11-28 13:11"}, {("completed", "future")}),
        ({"zone": "Atlantis"}, {("zone", "zone")}),
        ({"zone": "../../etc/passwd"}, {("zone", "zone")}),
        ({"id": "7"}, {("id", "id")}),
        ({"quantity": "many"}, {("quantity", "number"), ("category", "idle")}),
        ({"seal": "x" * 201}, {("seal", "long")}),
        ({"remarks": "x" * 2001}, {("remarks", "long")}),
        ({"officer": "a\x00b"}, {("officer", "damaged")}),
    ),
)  # fmt: skip
def test_each_field_that_is_wrong_is_named(
    changes: dict[str, Any], wrong: set[tuple[str, str]]
) -> None:
    assert problems(**changes) == wrong


@pytest.mark.parametrize("text", ("nan", "inf", "0", "-1", "1e10"))
def test_a_quantity_is_a_number_above_0(text: str) -> None:
    with pytest.raises(FormMistakes):
        made(msgspec.structs.replace(SEIZED, quantity=text))


@pytest.mark.parametrize(
    ("text", "zone"), (("2026-11-01 01:30", "America/New_York"), ("2026-03-08 02:30", "America/New_York"))
)  # fmt: skip
def test_an_hour_that_the_clocks_show_twice_or_never_is_asked_in_utc(text: str, zone: str) -> None:
    assert problems(started="", completed=text, zone=zone) == {("completed", "twice")}
    found = made(msgspec.structs.replace(PLAIN, started="", completed=text, zone="UTC"))
    assert found.completed == text.replace(" ", "T") + ":00Z"


def test_a_clock_a_little_ahead_of_the_nodes_is_no_future() -> None:
    found = made(msgspec.structs.replace(PLAIN, completed="2026-11-28 13:09"))
    assert found.reported == found.completed == "2026-11-28T18:09:00Z"


def test_the_digest_is_of_what_was_filled_in_and_of_nothing_else() -> None:
    other = msgspec.structs.replace(PLAIN, methods=("dogs", "scan", "dogs"), remarks=" \r\n")
    assert digest_of(cleaned(PLAIN), "A") == digest_of(cleaned(other), "A")
    assert digest_of(cleaned(PLAIN), "A") != digest_of(cleaned(PLAIN), "B")
    assert digest_of(cleaned(PLAIN), "A") != digest_of(cleaned(SEIZED), "A")


CODES = lists()


@given(
    st.builds(
        Filled,
        id=st.sampled_from([PLAIN.id, "x"]), subject=st.just("s"), box=st.just("MARU1000000"),
        result=st.sampled_from([*CODES.result, "", "x"]),
        cause=st.sampled_from([*CODES.cause, "", "x"]),
        methods=st.lists(st.sampled_from([*CODES.method, "x"]), max_size=3).map(tuple),
        started=st.sampled_from(["", "2026-11-28 10:00", "2026-11-28T10:01", "x"]),
        completed=st.sampled_from(["", "2026-11-28 10:00", "2026-11-29 10:00"]),
        zone=st.sampled_from(["UTC", "America/Panama", ""]),
        category=st.sampled_from([*CODES.category, "", "x"]), what=st.text(max_size=3),
        quantity=st.sampled_from(["", "1", "x"]), unit=st.sampled_from(["", "KGM"]),
        remarks=st.text(max_size=3),
    )
)  # fmt: skip
def test_whatever_is_filled_in_is_named_as_wrong_or_makes_an_examination_that_stands(
    filled: Filled,
) -> None:
    try:
        found = made(filled)
    except FormMistakes as error:
        assert error.mistakes
    else:
        assert faults(found) == ()
