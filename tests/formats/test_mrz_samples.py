"""The specimen zones of ICAO Doc 9303 and of two public projects, and zones made to order.

``zone_fields`` gives anything that can be written; the other tests of zones take it from here.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import strategies as st

from esclusa.formats import mrz
from esclusa.formats.mrz import Fields, Kind, Verdict, Zone
from esclusa.formats.mrz.layout import LAYOUTS

DATA = Path(__file__).resolve().parents[1] / "data" / "mrz" / "zones.json"
SAMPLES = json.loads(DATA.read_text())
VALID = ["\n".join(one["lines"]) for one in SAMPLES if one["valid"]]
WRONG = ["\n".join(one["lines"]) for one in SAMPLES if not one["valid"]]

SPECIMENS = {
    Kind.TD1: ("I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"),
    Kind.TD2: ("I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6"),
    Kind.TD3: ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"),
    Kind.MRV_A: ("V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L8988901C4XXX4009078F96121096ZE184226B<<<<<<"),
    Kind.MRV_B: ("V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "L8988901C4XXX4009078F9612109<<<<<<<<"),
}  # fmt: skip
"""Parts 4 to 7, appendix B of each."""

TD3 = "\n".join(SPECIMENS[Kind.TD3])

STATES = st.sampled_from(["UTO", "D", "PAN", "GBD", "XXA", "XXB", "UNO", "EUE", "RKS"])
LETTERS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=7)
CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<"


def names(most: int) -> st.SearchStrategy[str]:
    return (
        st.lists(LETTERS, min_size=1, max_size=4)
        .map(" ".join)
        .map(lambda name: name[:most].strip())
    )


def inner(most: int) -> st.SearchStrategy[str]:
    """Text that may have fillers inside and at its start."""
    return st.text(CHARACTERS, max_size=most).map(lambda text: text.rstrip("<"))


def days(*, unknown: bool) -> st.SearchStrategy[str]:
    whole = st.dates(dt.date(1930, 1, 1), dt.date(2049, 12, 31)).map(lambda day: f"{day:%y%m%d}")
    if not unknown:
        return whole
    return st.one_of(
        whole,
        whole.map(lambda day: day[:4] + "<<"),
        whole.map(lambda day: day[:2] + "<<<<"),
        st.just("<<<<<<"),
    )


@st.composite
def zone_fields(draw: st.DrawFn, kind: Kind | None = None) -> Fields:
    """Fields that fit: names of any length that their field holds, long numbers where allowed."""
    layout = LAYOUTS[kind or draw(st.sampled_from(Kind))]
    surname = draw(names(layout.name.width // 2 - 2))
    room = layout.optional.width
    number = draw(inner(9).filter(bool))
    if layout.long_numbers and draw(st.booleans()):
        tail = draw(st.text(CHARACTERS[:-1], min_size=1, max_size=room - 2))
        number, room = number.replace("<", "0").ljust(9, "7") + tail, room - len(tail) - 2
    optional = draw(inner(room))
    empty = draw(st.sampled_from("<0")) if layout.checked_optional and not optional else ""
    return Fields(
        kind=layout.kind,
        document_code=draw(st.sampled_from(layout.first_letters)) + draw(st.sampled_from(["", "P", "D", "O"])),
        issuer=draw(STATES),
        surname=surname,
        given_names=draw(st.one_of(st.just(""), names(layout.name.width - len(surname) - 2))),
        document_number=number,
        nationality=draw(STATES),
        birth_date=draw(days(unknown=True)),
        sex=draw(st.sampled_from(["M", "F", ""])),
        expiry_date=draw(days(unknown=False)),
        optional=optional,
        optional_2=draw(inner(11)) if layout.optional_2 else "",
        empty_check=empty,
    )  # fmt: skip


@pytest.mark.parametrize("kind", Kind)
def test_the_specimens_of_doc_9303_are_read_without_a_defect(kind: Kind) -> None:
    zone = mrz.read("\n".join(SPECIMENS[kind]))
    assert (zone.fields.kind, zone.fields.surname, zone.fields.given_names) == (
        kind,
        "ERIKSSON",
        "ANNA MARIA",
    )
    assert zone.valid
    assert zone.defects == ()


@pytest.mark.parametrize("text", VALID)
def test_public_specimens_are_valid_and_come_back_byte_for_byte(text: str) -> None:
    zone = mrz.read(text)
    assert zone.valid
    assert {defect.code for defect in zone.defects} <= {"mrz.name.primary"}
    assert "\n".join(mrz.write(zone.fields)) == text


@pytest.mark.parametrize("text", WRONG)
def test_public_wrong_zones_are_refused_or_told_at_their_place(text: str) -> None:
    zone = mrz.attempt(text)
    if not isinstance(zone, Zone):
        assert zone.code == "mrz.type"
        return
    assert not zone.valid
    told = {(one.segment_no, one.element) for one in zone.defects}
    for check in zone.checks:
        if check.verdict is Verdict.WRONG:
            assert (check.line, str(check.position)) in told
