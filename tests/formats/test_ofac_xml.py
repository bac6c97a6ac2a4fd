"""OFAC's lists in XML: the plain form and the advanced one say the same as the CSV edition."""

from __future__ import annotations

import pytest
from lists_reading import defects, entries, held, messages, read_all

from esclusa.formats.lists import ofac_advanced, ofac_sdn_xml
from esclusa.model import Alias, Identifier, ListEntry, Message

PLAIN = held("ofac_sdn_fictional.xml")
ADVANCED = held("ofac_advanced_fictional.xml")


def plain(data: bytes = PLAIN) -> dict[str, ListEntry]:
    return entries(read_all(ofac_sdn_xml.FORMAT, data))


def advanced(data: bytes = ADVANCED) -> dict[str, ListEntry]:
    return entries(read_all(ofac_advanced.FORMAT, data))


def test_a_person_of_the_plain_form() -> None:
    assert plain()["90001"] == ListEntry(
        list_id="ofac_sdn_xml",
        uid="90001",
        type="person",
        name="MARISOL VEGA, Bruno Ramiro",
        aliases=(Alias(name="MARISOL, Bruno"), Alias(name="EL TESORERO", weak=True)),
        birth_dates=("1965-03-12", "1965/1969"),
        birth_places=("Marisol, Panama",),
        nationalities=("PA", "CO"),
        identifiers=(Identifier(scheme="passport", value="NR1234567", country="PA"),),
        addresses=("Calle 5, Casa 9, Marisol, 0801, Panama",),
        programs=("NRL-EO1", "NRL-EO2"),
        remarks=(
            "Date of birth: 31 Feb 1965; Title: Treasurer; Gender: Male; "
            "Secondary sanctions risk: Northreach Sanctions Regulations; "
            "(Linked To: NORTHREACH TRADING LTD)"
        ),
    )


def test_a_ship_of_the_plain_form_has_its_numbers_flag_and_owner() -> None:
    ship = plain()["90003"]
    assert (ship.type, ship.nationalities) == ("vessel", ("PA",))
    assert ship.identifiers == (
        Identifier(scheme="imo", value="9074729", valid=True),
        Identifier(scheme="mmsi", value="351234000"),
        Identifier(scheme="call_sign", value="HONR1"),
    )
    assert "Vessel type: Crude Oil Tanker; Owner: Northreach Trading Ltd" in ship.remarks


def test_an_aircraft_of_the_plain_form_is_known_by_its_registration() -> None:
    plane = plain()["90004"]
    assert plane.type == "aircraft"
    assert plane.identifiers == (Identifier(scheme="registration", value="HP-9001NR"),)


def test_a_former_name_is_an_alias_and_said_to_be_former() -> None:
    for firm in (plain()["90002"], advanced()["90002"]):
        assert firm.type == "organisation"
        assert firm.aliases == (Alias(name="NORTHREACH BROTHERS"),)
        assert firm.remarks == "Former names: NORTHREACH BROTHERS"


def test_the_edition_of_either_form_is_the_day_it_was_published() -> None:
    for form, data in ((ofac_sdn_xml.FORMAT, PLAIN), (ofac_advanced.FORMAT, ADVANCED)):
        assert {m.prepared for m in messages(read_all(form, data))} == {"2026-02-14"}


@pytest.mark.parametrize("space", [b"http://tempuri.org/sdnList.xsd", b""])
def test_the_name_space_of_the_old_host_makes_no_difference(space: bytes) -> None:
    new = b"https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/XML"
    assert new in PLAIN
    assert plain(PLAIN.replace(new, space)) == plain()


def test_a_date_that_is_none_is_named_at_its_own_byte() -> None:
    (defect,) = defects(read_all(ofac_sdn_xml.FORMAT, PLAIN))
    assert defect.code == "ofac_xml.birth_date"
    cut = PLAIN[defect.offset : PLAIN.index(b"</dateOfBirthItem>", defect.offset)]
    assert cut.startswith(b"<dateOfBirthItem>")
    assert b"31 Feb 1965" in cut


def test_a_person_of_the_advanced_form() -> None:
    assert advanced()["90001"] == ListEntry(
        list_id="ofac_advanced",
        uid="90001",
        type="person",
        name="MARISOL VEGA, Bruno",
        aliases=(Alias(name="Марисоль Вега, Бруно"), Alias(name="EL TESORERO", weak=True)),
        birth_dates=("1965-03-12",),
        birth_places=("Marisol, Panama",),
        nationalities=("PA",),
        identifiers=(
            Identifier(scheme="passport", value="NR1234567", country="PA"),
            Identifier(scheme="wallet", value="XBT 1NorthreachFictional"),
        ),
        addresses=("Calle 5, Casa 9, Marisol, Panama",),
        programs=("NRL-EO1",),
        listed_on="2024-07-09",
        remarks=(
            "Paper: NR1234567 fraudulent; Title: Treasurer; Gender: Male; List: SDN List; "
            "Measure: Block; Legal basis: Northreach Order 1; Seen at Northreach."
        ),
    )


def test_a_ship_of_the_advanced_form_keeps_a_number_with_a_wrong_check_digit_flagged() -> None:
    ship = advanced()["90003"]
    assert (ship.type, ship.nationalities, ship.listed_on) == ("vessel", ("PA",), "2025-01-10")
    assert ship.identifiers == (
        Identifier(scheme="imo", value="9074728", valid=False),
        Identifier(scheme="mmsi", value="351234000"),
        Identifier(scheme="call_sign", value="HONR1"),
    )
    assert "Former flag: Colombia; Owner: Northreach Trading Ltd" in ship.remarks
    assert ship.remarks.endswith("Owned or Controlled By: NORTHREACH TRADING LTD")
    codes = [d.code for d in defects(read_all(ofac_advanced.FORMAT, ADVANCED))]
    assert codes == ["ofac_advanced.check_digit", "ofac_advanced.feature"]


def period(start: str, end: str, about: str = "false") -> bytes:
    """The advanced list with another date of birth; dates are ``yyyy-m-d``, in part or empty."""

    def edge(tag: str, date: str) -> str:
        parts = zip(("Year", "Month", "Day"), date.split("-"), strict=False)
        return (
            f"<{tag}>" + "".join(f"<{part}>{text}</{part}>" for part, text in parts) + f"</{tag}>"
        )

    def side(tag: str, date: str) -> str:
        inner = edge("From", date) + edge("To", date)
        return f'<{tag} Approximate="{about}">{inner}</{tag}>' if date else ""

    first = ADVANCED.index(b"<DatePeriod")
    last = ADVANCED.index(b"</DatePeriod>")
    made = f"<DatePeriod>{side('Start', start)}{side('End', end)}".encode()
    return ADVANCED[:first] + made + ADVANCED[last:]


@pytest.mark.parametrize(
    ("start", "end", "date"),
    [
        ("1965-3-12", "1965-3-12", "1965-03-12"),
        ("1965-3-12", "", "1965-03-12"),
        ("1965-3-1", "1965-3-31", "1965-03"),
        ("1964-2-1", "1964-2-29", "1964-02"),
        ("1965-1-1", "1965-12-31", "1965"),
        ("1965-1-1", "1967-12-31", "1965/1967"),
        ("1965-3-12", "1965-6-1", "1965-03-12/1965-06-01"),
        ("1965", "1967", "1965/1967"),
        ("1965-3", "", "1965-03"),
    ],
)
def test_a_period_is_a_day_a_month_a_year_or_a_range(start: str, end: str, date: str) -> None:
    assert advanced(period(start, end))["90001"].birth_dates == (date,)


def test_an_approximate_period_is_two_years_wider_on_either_side() -> None:
    about = period("1965-1-1", "1965-12-31", "true")
    assert advanced(about)["90001"].birth_dates == ("1963/1967",)


@pytest.mark.parametrize(("start", "end"), [("1965-2-31", ""), ("1967", "1965"), ("", "")])
def test_a_period_that_is_none_is_left_out(start: str, end: str) -> None:
    assert advanced(period(start, end))["90001"].birth_dates == ()


def test_a_party_without_a_listing_is_an_entry_without_a_programme() -> None:
    assert advanced()["90002"].programs == ()


def test_a_listing_or_paper_of_nobody_changes_nothing() -> None:
    data = ADVANCED.replace(b'ProfileID="90001" ListID', b'ProfileID="7" ListID')
    assert advanced(data)["90001"].programs == ()
    data = ADVANCED.replace(b'IdentityID="6746"', b'IdentityID="7"')
    assert [i.scheme for i in advanced(data)["90001"].identifiers] == ["wallet"]


def test_what_is_named_by_a_number_the_file_does_not_explain_is_left_out() -> None:
    first = ADVANCED.index(b"<ReferenceValueSets>")
    last = ADVANCED.index(b"</ReferenceValueSets>")
    made = advanced(ADVANCED[:first] + b"<ReferenceValueSets>" + ADVANCED[last:])
    assert made["90001"].type == "other"
    assert made["90001"].name == "Bruno MARISOL VEGA"
    assert [a.weak for a in made["90001"].aliases] == [False, True]


def test_a_file_cut_before_its_listings_keeps_its_parties() -> None:
    items = read_all(ofac_advanced.FORMAT, ADVANCED[: ADVANCED.index(b"<SanctionsEntries>")])
    assert list(entries(items)) == ["90001", "90002", "90003"]
    assert not isinstance(items[-1], Message)
    assert items[-1].code == "xml.syntax"
