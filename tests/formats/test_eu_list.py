"""The Union's list of financial sanctions: XML with strong and weak names, CSV in both forms."""

from __future__ import annotations

import pytest
from lists_reading import defects, entries, held, messages, read_all

from esclusa.formats.lists import eu_fsf, eu_fsf_csv
from esclusa.model import Alias, Identifier, ListEntry, Severity

XML = held("eu_fsf_fictional.xml")
CSV = held("eu_fsf_fictional.csv")
OLD = held("eu_fsf_old_fictional.csv")


def test_a_person_of_the_list() -> None:
    assert entries(read_all(eu_fsf.FORMAT, XML))["EU.9001.10"] == ListEntry(
        list_id="eu_fsf",
        uid="EU.9001.10",
        type="person",
        name="Bruno Ramiro Marisol Vega",
        aliases=(Alias(name="Бруно Марисоль"), Alias(name="El Tesorero", weak=True)),
        birth_dates=("1965-03-12", "1965/1969", "1960/1962"),
        birth_places=("Marisol, PANAMA",),
        nationalities=("PA",),
        identifiers=(
            Identifier(scheme="passport", value="NR1234567", country="PA"),
            Identifier(scheme="national_id", value="8-1-2"),
        ),
        addresses=("Calle 5, Casa 9, 0801, Marisol, PANAMA",),
        programs=("NRL",),
        listed_on="2024-07-09",
        remarks=(
            "Title: Dr.; Function: Treasurer; Gender: M; Date of birth: to 1980; "
            "Paper: NR1234567 known expired; Address: (last known); "
            "Regulation: 2024/9001 (OJ L9001); Fictional subject"
        ),
    )


def test_a_company_has_its_numbers_and_the_day_it_was_designated() -> None:
    firm = entries(read_all(eu_fsf.FORMAT, XML))["EU.9002.11"]
    assert (firm.type, firm.listed_on) == ("organisation", "2025-01-10")
    assert firm.identifiers == (
        Identifier(scheme="imo_company", value="1790183"),
        Identifier(scheme="registration", value="155-1-2345", country="PA"),
    )
    assert "UN reference: NRe.001" in firm.remarks


def test_the_edition_is_the_time_the_file_was_made() -> None:
    made = {m.prepared for m in messages(read_all(eu_fsf.FORMAT, XML))}
    assert made == {"2026-02-14T16:47:04.449+01:00"}


def test_years_open_at_one_side_are_no_range_and_stay_in_the_remarks() -> None:
    (note,) = defects(read_all(eu_fsf.FORMAT, XML))
    assert (note.code, note.severity) == ("eu.birth_date", Severity.NOTE)
    assert XML[note.offset :].startswith(b"<birthdate ")


@pytest.mark.parametrize(
    ("attributes", "dates"),
    [
        ('circa="false" year="1965" monthOfYear="3"', ("1965-03",)),
        ('circa="true" yearRangeFrom="1960" yearRangeTo="1962"', ("1958/1964",)),
        ('circa="true" birthdate="1965-03-12"', ("1963/1967",)),
        ('calendarType="GREGORIAN" birthdate="1965-02-31"', ()),
        ('calendarType="ISLAMIC" year="1385" monthOfYear="1"', ()),
        ('circa="false"', ()),
    ],
)
def test_dates_of_birth_exact_in_part_about_and_in_another_calendar(
    attributes: str, dates: tuple[str, ...]
) -> None:
    at = XML.index(b"<birthdate")
    end = XML.rindex(b"<birthdate")
    made = XML[:at] + f"<birthdate {attributes}/>".encode() + XML[XML.index(b"/>", end) + 2 :]
    found = entries(read_all(eu_fsf.FORMAT, made))["EU.9001.10"]
    assert found.birth_dates == dates


def test_a_subject_with_weak_names_alone_is_kept_and_said_to_be_weak() -> None:
    items = read_all(eu_fsf.FORMAT, XML.replace(b'strong="true"', b'strong="false"'))
    made = entries(items)["EU.9002.11"]
    assert (made.name, made.aliases) == ("Altamira Lines S.A.", ())
    assert [d.code for d in defects(items)].count("eu.name.weak") == 2


def test_rows_of_one_entity_are_one_entry_wherever_they_stand() -> None:
    items = read_all(eu_fsf_csv.FORMAT, CSV)
    made, from_xml = entries(items), entries(read_all(eu_fsf.FORMAT, XML))
    assert list(made) == ["EU.9001.10", "EU.9002.11"]
    person = made["EU.9001.10"]
    assert person.name == from_xml[person.uid].name
    assert person.aliases == (Alias(name="Бруно Марисоль"),)
    assert person.birth_dates == ("1965-03-12", "1965/1969")
    assert person.addresses == from_xml[person.uid].addresses
    assert person.identifiers == from_xml[person.uid].identifiers[:1]
    assert made["EU.9002.11"].listed_on == from_xml["EU.9002.11"].listed_on
    assert {m.prepared for m in messages(items)} == {"2026-02-14"}
    assert defects(items) == []


def test_an_entry_of_rows_stands_where_its_first_row_does() -> None:
    for message in messages(read_all(eu_fsf_csv.FORMAT, CSV)):
        cut = CSV[message.offset : message.offset + message.length]
        assert cut.startswith(b"14/02/2026;")
        assert cut.endswith(b"\r\n")
        assert message.reference.encode() in cut


def test_the_older_form_is_read_too() -> None:
    made = entries(read_all(eu_fsf_csv.FORMAT, OLD))
    assert {uid: entry.type for uid, entry in made.items()} == {
        "9001": "person", "9002": "organisation",
    }  # fmt: skip
    assert made["9001"].birth_dates == ("1965-03-12", "1967")
    assert made["9001"].addresses == ("9 Calle 5, 0801, Marisol, PANAMA",)
