"""The lists of the United Kingdom: the UK Sanctions List (XML, CSV) and OFSI's ConList.csv."""

from __future__ import annotations

import pytest
from lists_reading import defects, entries, held, messages, read_all

from esclusa.formats.lists import uk_conlist, uk_sanctions, uk_sanctions_csv
from esclusa.formats.lists.dates import ordered_date
from esclusa.model import Alias, Identifier, ListEntry, Severity

XML = held("uk_sanctions_fictional.xml")
CSV = held("uk_sanctions_fictional.csv")
CONLIST = held("uk_conlist_fictional.csv")


def test_a_person_of_the_sanctions_list() -> None:
    assert entries(read_all(uk_sanctions.FORMAT, XML))["NRL0001"] == ListEntry(
        list_id="uk_sanctions",
        uid="NRL0001",
        type="person",
        name="Bruno Ramiro MARISOL VEGA",
        aliases=(
            Alias(name="Bruno Marisol"),
            Alias(name="Bruno Vega"),
            Alias(name="El Tesorero", weak=True),
            Alias(name="Бруно Марисоль"),
        ),
        birth_dates=("1965-03-12", "1967"),
        birth_places=("Marisol, Panama",),
        nationalities=("PA",),
        identifiers=(
            Identifier(scheme="passport", value="NR1234567"),
            Identifier(scheme="national_id", value="8-1-2"),
        ),
        addresses=("Calle 5, Casa 9, Marisol, 0801, Panama",),
        programs=("The Northreach (Sanctions) Regulations 2024",),
        listed_on="2024-07-09",
        remarks=(
            "Date of birth: 31/02/1965; Title: Dr.; Position: Treasurer; Gender: Male; "
            "Sanctions imposed: Asset freeze|Travel Ban; Designated by: UK; OFSI group: 90001; "
            "UN reference: NRi.001; Fictional subject."
        ),
    )


def test_a_ship_of_the_sanctions_list() -> None:
    ship = entries(read_all(uk_sanctions.FORMAT, XML))["NRL0003"]
    assert (ship.type, ship.nationalities) == ("vessel", ("PA",))
    assert ship.identifiers == (Identifier(scheme="imo", value="9074728", valid=False),)
    assert "Owner or operator: Northreach Trading Ltd; Former flag: Colombia" in ship.remarks


def test_a_company_of_the_sanctions_list() -> None:
    firm = entries(read_all(uk_sanctions.FORMAT, XML))["NRL0002"]
    assert firm.type == "organisation"
    assert [i.scheme for i in firm.identifiers] == ["registration", "phone", "email"]
    assert firm.remarks == "Type of entity: Shipping company; Parent company: Altamira Lines S.A."


def test_wrong_values_are_named_at_the_element_that_has_them() -> None:
    found = defects(read_all(uk_sanctions.FORMAT, XML))
    assert [(d.code, d.severity) for d in found] == [
        ("uk.birth_date", Severity.NOTE), ("uk.check_digit", Severity.NOTE),
    ]  # fmt: skip
    wrong = (b"<DOB>31/02/1965</DOB>", b"<IMONumber>IMO9074728</IMONumber>")
    assert all(XML[d.offset :].startswith(text) for d, text in zip(found, wrong, strict=True))


def test_rows_with_one_unique_id_are_one_entry() -> None:
    items = read_all(uk_sanctions_csv.FORMAT, CSV)
    made = entries(items)
    assert list(made) == ["NRL0001", "NRL0003"]
    assert made["NRL0001"].name == "Bruno Ramiro MARISOL VEGA"
    assert made["NRL0001"].aliases == (
        Alias(name="El Tesorero", weak=True), Alias(name="Bruno Marisol"),
        Alias(name="Бруно Марисоль"),
    )  # fmt: skip
    assert made["NRL0001"].birth_dates == ("1965-03-12", "1967")
    assert made["NRL0003"].identifiers == (Identifier(scheme="imo", value="9074729", valid=True),)
    assert [d.code for d in defects(items)] == ["uk.birth_date"]


def test_the_older_heading_of_the_kind_is_known() -> None:
    old = CSV.replace(b'"Designation Type"', b'"Individual, Entity, Ship"')
    assert entries(read_all(uk_sanctions_csv.FORMAT, old))["NRL0003"].type == "vessel"


def test_the_edition_of_each_is_the_day_in_its_first_lines() -> None:
    for form, data in (
        (uk_sanctions.FORMAT, XML), (uk_sanctions_csv.FORMAT, CSV), (uk_conlist.FORMAT, CONLIST),
    ):  # fmt: skip
        assert {m.prepared for m in messages(read_all(form, data))} == {"2026-02-14"}


def test_rows_with_one_group_id_are_one_entry() -> None:
    assert entries(read_all(uk_conlist.FORMAT, CONLIST))["90001"] == ListEntry(
        list_id="uk_conlist",
        uid="90001",
        type="person",
        name="Bruno Ramiro MARISOL VEGA",
        aliases=(Alias(name="Bruno MARISOL"), Alias(name="EL TESORERO", weak=True)),
        birth_dates=("1965", "1965-03"),
        birth_places=("Marisol, Panama",),
        nationalities=("PA",),
        identifiers=(
            Identifier(scheme="passport", value="NR1234567"),
            Identifier(scheme="national_id", value="8-1-2"),
        ),
        addresses=("Calle 5, Marisol, Panama",),
        programs=("Northreach",),
        listed_on="2024-07-09",
        remarks=(
            "Title: Dr.; Position: Treasurer; Passport details: Issued in Marisol; "
            "Date of birth: 31/02/1965; (UK Sanctions List Ref):NRL0001. Fictional subject."
        ),
    )


def test_the_imo_number_of_a_ship_is_taken_from_the_other_information() -> None:
    ship = entries(read_all(uk_conlist.FORMAT, CONLIST))["90003"]
    assert (ship.type, ship.aliases) == ("vessel", (Alias(name="ALTAMIRA STAR"),))
    assert ship.identifiers == (Identifier(scheme="imo", value="9074728", valid=False),)
    assert ship.remarks.startswith("Former names: ALTAMIRA STAR; ")


def test_a_primary_name_in_a_later_row_stands_before_an_alias_in_the_first() -> None:
    first, *rows = CONLIST.split(b"\r\n")
    heading, body = rows[0], rows[1:-1]
    turned = b"\r\n".join((first, heading, *reversed(body), b""))
    made = entries(read_all(uk_conlist.FORMAT, turned))
    assert made["90001"].name == "Bruno Ramiro MARISOL VEGA"
    assert made["90003"].name == "NORTHREACH STAR"


@pytest.mark.parametrize(
    ("text", "order", "date"),
    [
        ("12/03/1965", "dmy", "1965-03-12"),
        ("03/12/1965", "mdy", "1965-03-12"),
        ("1965/03/12", "ymd", "1965-03-12"),
        ("1965/03/12", "dmy", "1965-03-12"),
        ("00/03/1965", "dmy", "1965-03"),
        ("00/00/1965", "dmy", "1965"),
        ("dd/mm/1965", "dmy", "1965"),
        ("12/00/1965", "dmy", "1965"),
        ("31/02/1965", "dmy", ""),
        ("12/13/1965", "dmy", ""),
        ("12/03/65", "dmy", ""),
        ("12/xx/1965", "dmy", ""),
        ("12/03/١٩٦٥", "dmy", ""),
        ("00/00/0000", "dmy", ""),
        ("1/2/3/4", "dmy", ""),
        ("circa 1965", "dmy", "1963/1967"),
        ("", "dmy", ""),
        ("9" * 200, "dmy", ""),
    ],
)
def test_dates_of_parts_between_strokes(text: str, order: str, date: str) -> None:
    assert ordered_date(text, order) == date
