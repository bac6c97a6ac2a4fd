"""OFAC's SDN list: every row an entry, the remarks taken apart, broken rows alone in quarantine."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esclusa.errors import UnknownFormat
from esclusa.formats import Limits, detect, open_file
from esclusa.formats.lists.ofac_remarks import identifier, parse_remarks
from esclusa.formats.lists.ofac_sdn import (
    FORMAT,
    kind_of_file,
    read,
    read_ofac,
    read_ofac_files,
)
from esclusa.model import Alias, Defect, Identifier, ListEntry, Message, Severity

DATA = Path(__file__).parents[1] / "data" / "lists"
SHIPPED = Path(str(files("esclusa.samples"))) / "lists"
SDN = (DATA / "ofac_sdn_excerpt.csv").read_bytes()
ROW = b'1,"NAME","vessel","CUBA","-0- ","CL21","Tug","-0- ",212,"Cuba","Samir S.A.","-0- "\r\n'


def entries(items: list[Message | Defect]) -> list[ListEntry]:
    return [s for m in items if isinstance(m, Message) for s in m.statements]  # type: ignore[misc]


def entry(data: bytes) -> ListEntry:
    return entries(list(read(io.BytesIO(data))))[0]


@pytest.fixture(scope="module")
def whole_list() -> list[Message | Defect]:
    names = ("ofac_add.csv.gz", "ofac_sdn.csv.gz", "ofac_alt.csv.gz")
    return list(read_ofac_files([SHIPPED / name for name in names]))


@pytest.fixture(scope="module")
def raw_rows() -> list[list[str]]:
    with open_file(SHIPPED / "ofac_sdn.csv.gz") as stream:
        text = stream.read().decode("utf-8")
    return [row for row in csv.reader(io.StringIO(text, newline="")) if row[0].isdigit()]


def test_every_row_of_the_published_list_becomes_one_entry(
    whole_list: list[Message | Defect], raw_rows: list[list[str]]
) -> None:
    made = entries(whole_list)
    assert [e.uid for e in made] == [row[0] for row in raw_rows]
    assert len(made) == 11443
    assert Counter(e.type for e in made) == {
        "person": 5890, "organisation": 4575, "vessel": 685, "aircraft": 293,
    }  # fmt: skip


def test_every_ship_number_in_the_remarks_is_found_and_passes_its_check_digit(
    whole_list: list[Message | Defect], raw_rows: list[list[str]]
) -> None:
    written = {
        row[0]: set(re.findall(r"Vessel Registration Identification (?:IMO +)?(\d{7})\b", row[11]))
        for row in raw_rows
        if row[2] == "vessel"
    }
    found = {
        e.uid: {i.value for i in e.identifiers if i.scheme == "imo" and i.valid}
        for e in entries(whole_list)
        if e.type == "vessel"
    }
    assert found == written
    assert sum(map(bool, found.values())) == 680


def test_every_date_of_birth_in_the_published_list_is_understood(
    whole_list: list[Message | Defect], raw_rows: list[list[str]]
) -> None:
    assert "ofac.birth_date" not in {
        d.code for m in whole_list if isinstance(m, Message) for d in m.defects
    }
    assert sum(len(e.birth_dates) for e in entries(whole_list)) == sum(
        len(set(re.findall(r"\bDOB ([^;]+?)(?:;|\.?$)", row[11]))) for row in raw_rows
    )


def test_companion_rows_of_another_day_are_counted_in_one_note_each(
    whole_list: list[Message | Defect],
) -> None:
    notes = [m for m in whole_list if isinstance(m, Defect)]
    assert [(n.code, n.severity) for n in notes] == [("ofac.companion.stranger", Severity.NOTE)] * 2
    assert "alt.csv: 5,749 rows" in notes[0].reason
    assert "add.csv: 8,639 rows" in notes[1].reason


def test_companions_give_strong_aliases_and_addresses() -> None:
    sdn, alt, add = (
        io.BytesIO((DATA / f"ofac_{name}_excerpt.csv").read_bytes())
        for name in ("sdn", "alt", "add")
    )
    made = {e.uid: e for e in entries(list(read_ofac(sdn, alt=alt, add=add)))}
    assert made["306"].aliases == (
        Alias(name="NATIONAL BANK OF CUBA"), Alias(name="BNC", weak=True),
    )  # fmt: skip
    assert made["36"].addresses == ("Havana, Cuba",)
    assert len(made["306"].addresses) > 1


def test_a_list_without_header_line_loses_no_entry() -> None:
    assert SDN.startswith(b"36,")
    assert len(entries(list(read(io.BytesIO(SDN))))) == 165


def test_the_end_mark_of_dos_text_files_is_no_entry_and_no_defect() -> None:
    assert SDN.endswith(b"\x1a")
    items = list(read(io.BytesIO(SDN)))
    assert all(isinstance(item, Message) and not item.refused for item in items)


def test_offset_and_length_are_the_bytes_of_the_row() -> None:
    for message in read(io.BytesIO(SDN)):
        assert isinstance(message, Message)
        cut = SDN[message.offset : message.offset + message.length]
        assert cut.startswith(message.reference.encode() + b",")
        assert cut.endswith(b"\r\n")


def test_columns_of_a_vessel() -> None:
    ship = entry(ROW)
    assert ship.type == "vessel"
    assert ship.nationalities == ("CU",)
    assert ship.identifiers == (Identifier(scheme="call_sign", value="CL21"),)
    assert ship.remarks == "Vessel type: Tug; Gross registered tonnage: 212; Owner: Samir S.A."


def test_several_programmes_stand_in_brackets() -> None:
    assert entry(ROW.replace(b"CUBA", b"SDGT] [IFSR")).programs == ("SDGT", "IFSR")


def test_an_aircraft_is_known_by_its_registration() -> None:
    plane = entry(b'9,"EP-MNT",aircraft,SDGT,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n')
    assert plane.identifiers == (Identifier(scheme="registration", value="EP-MNT"),)


@pytest.mark.parametrize(
    ("remark", "date"),
    [
        ("DOB 12 Mar 1965", "1965-03-12"),
        ("DOB Mar 1965", "1965-03"),
        ("DOB 1965", "1965"),
        ("DOB circa 1965", "1963/1967"),
        ("DOB circa 12 Mar 1965", "1963/1967"),
        ("DOB circa 1979-1982", "1977/1984"),
        ("DOB 1960 to 1965", "1960/1965"),
        ("DOB Jan 1973 to Dec 1974", "1973-01/1974-12"),
        ("DOB 01 Jan 1973 to 31 Dec 1973", "1973-01-01/1973-12-31"),
        ("alt. DOB 31 Dec 1980", "1980-12-31"),
    ],
)
def test_dates_of_birth_are_iso_8601_partial_or_a_range(remark: str, date: str) -> None:
    assert parse_remarks(remark + ".").birth_dates == (date,)


@pytest.mark.parametrize("remark", ["DOB 31 Feb 1965", "DOB unknown", "DOB 1970 to 1960"])
def test_a_date_that_is_none_is_left_out_and_named(remark: str) -> None:
    found = parse_remarks(remark)
    assert found.birth_dates == ()
    assert found.unread == (remark.removeprefix("DOB "),)
    row = ROW.replace(b'"-0- "\r\n', f'"{remark}."\r\n'.encode())
    message = next(iter(read(io.BytesIO(row))))
    assert isinstance(message, Message)
    assert [d.code for d in message.defects] == ["ofac.birth_date"]


@pytest.mark.parametrize(
    ("part", "scheme", "value", "country", "valid"),
    [
        ("Passport X123 (Panama) issued 1 Jan 2014 expires 1 Jan 2024", "passport", "X123", "PA", None),
        ("Passport RL 3367620 (Lebanon)", "passport", "RL 3367620", "LB", None),
        ("National ID No. 0048894753 (Iran)", "national_id", "0048894753", "IR", None),
        ("Cedula No. 71702964 (Colombia)", "national_id", "71702964", "CO", None),
        ("Tax ID No. 7727083115 (Russia)", "tax", "7727083115", "RU", None),
        ("RUC # 12555-91-124494 (Panama)", "tax", "12555-91-124494", "PA", None),
        ("Registration Number 4967 (Iran)", "registration", "4967", "IR", None),
        ("Vessel Registration Identification IMO 9165815", "imo", "9165815", "", True),
        ("Vessel Registration Identification IMO  9165815", "imo", "9165815", "", True),
        ("Vessel Registration Identification IMO 9165816", "imo", "9165816", "", False),
        ("Vessel Registration Identification 9165815", "imo", "9165815", "", True),
        ("Vessel Registration Identification 15411 (Malta)", "registration", "15411", "MT", None),
        ("Company Number IMO 5418446", "imo_company", "5418446", "", None),
        ("Company Number 11650050 (Cyprus)", "registration", "11650050", "CY", None),
        ("MMSI 256864000", "mmsi", "256864000", "", None),
        ("Matricula Mercantil No 54369602 (Medellin)", "registration", "54369602 (Medellin)", "", None),
        ("D-U-N-S Number 85-244-5670", "duns", "85-244-5670", "", None),
    ],
)  # fmt: skip
def test_a_number_in_the_remarks_becomes_an_identifier(
    part: str, scheme: str, value: str, country: str, valid: bool | None
) -> None:
    assert identifier(part) == Identifier(scheme=scheme, value=value, country=country, valid=valid)


@pytest.mark.parametrize(
    "part", ["Linked To: MAHAN AIR", "Gender Male", "Passport", "MMSIX 1", "Secondary sanctions 5"]
)
def test_other_parts_are_no_identifiers(part: str) -> None:
    assert identifier(part) is None


def test_a_quoted_alias_in_the_remarks_is_weak() -> None:
    found = parse_remarks("a.k.a. 'EL FLACO'; f.k.a. 'ABDEL' AZIZ'; Linked To: X.")
    assert found.aliases == (
        Alias(name="EL FLACO", weak=True), Alias(name="ABDEL' AZIZ", weak=True),
    )  # fmt: skip


def test_an_alias_that_is_strong_and_weak_counts_as_strong() -> None:
    row = ROW.replace(b'"-0- "\r\n', b"\"a.k.a. 'MOON'.\"\r\n")
    made = entries(list(read_ofac(io.BytesIO(row), alt=io.BytesIO(b'1,9,"aka","MOON",-0- \r\n'))))
    assert made[0].aliases == (Alias(name="MOON"),)


def test_nationality_and_citizenship_become_country_codes() -> None:
    found = parse_remarks("nationality Korea, North; citizen Burma; alt. citizen Panama.")
    assert found.nationalities == ("KP", "MM", "PA")


def test_remarks_that_fill_their_column_are_marked_as_cut(
    whole_list: list[Message | Defect],
) -> None:
    cut = [
        m for m in whole_list
        if isinstance(m, Message) and any(d.code == "ofac.remarks.cut" for d in m.defects)
    ]  # fmt: skip
    assert len(cut) == 14
    assert all(not m.refused for m in cut)


def test_a_file_cut_in_half_loses_the_cut_row_alone() -> None:
    at = SDN.index(b"\r\n306,") + 12
    items = [m for m in read(io.BytesIO(SDN[:at])) if isinstance(m, Message)]
    assert [m.refused for m in items] == [False, False, True]
    assert items[-1].offset == SDN.index(b"\r\n306,") + 2
    assert items[-1].defects[0].reason == "row 3 has 2 columns, 12 were expected"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"x,NAME,-0- ,CUBA,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n", "no entry number"),
        (b"7,-0- ,-0- ,CUBA,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n", "names nobody"),
        (b"7,A,B,-0- ,CUBA,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n", "13 columns"),
    ],
)
def test_a_shifted_row_is_refused_and_its_neighbours_are_read(row: bytes, reason: str) -> None:
    items = list(read(io.BytesIO(ROW + row + ROW)))
    assert [isinstance(m, Message) and m.refused for m in items] == [False, True, False]
    broken = items[1]
    assert isinstance(broken, Message)
    assert reason in broken.defects[0].reason
    assert broken.defects[0].offset == broken.offset == len(ROW)
    assert "NAME" not in broken.defects[0].reason


def test_an_unknown_type_is_kept_as_other_with_a_warning() -> None:
    message = next(iter(read(io.BytesIO(ROW.replace(b"vessel", b"balloon")))))
    assert isinstance(message, Message)
    assert message.statements[0].type == "other"  # type: ignore[union-attr]
    assert [d.severity for d in message.defects] == [Severity.WARNING]


def test_a_row_of_ten_megabytes_is_skipped_without_being_held() -> None:
    huge = b'2,"' + b"A" * 10_000_000 + b'",-0- \r\n'
    items = list(read(io.BytesIO(ROW + huge + ROW)))
    assert [isinstance(m, Message) and m.refused for m in items] == [False, True, False]
    assert isinstance(items[1], Message)
    assert (items[1].offset, items[1].length) == (len(ROW), len(huge))


def test_a_broken_companion_row_is_an_error_that_names_the_companion() -> None:
    items = list(read_ofac(io.BytesIO(ROW), alt=io.BytesIO(b"1,9\r\n")))
    assert isinstance(items[0], Defect)
    assert items[0].severity is Severity.ERROR
    assert items[0].reason.startswith("alt.csv: row 1")
    assert len(entries(items)) == 1


def test_files_are_told_apart_by_their_rows_not_their_names() -> None:
    kinds = [kind_of_file((DATA / f"ofac_{n}_excerpt.csv").read_bytes()[:4096])
             for n in ("sdn", "alt", "add")]  # fmt: skip
    assert kinds == ["sdn", "alt", "add"]
    assert kind_of_file(b"a,b\n1,2\n") == ""
    assert detect(SDN[:4096], "download") is FORMAT


def test_companions_without_the_list_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormat, match=r"sdn\.csv is missing"):
        list(read_ofac_files([DATA / "ofac_alt_excerpt.csv"]))
    sdn = DATA / "ofac_sdn_excerpt.csv"
    with pytest.raises(UnknownFormat, match=r"sdn\.csv was given before"):
        list(read_ofac_files([sdn, sdn]))
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    with pytest.raises(UnknownFormat, match=r"other\.csv: none of sdn"):
        list(read_ofac_files([sdn, other]))


@given(st.binary(max_size=600), st.integers(0, len(SDN)))
def test_any_bytes_put_into_the_list_are_read_without_an_exception(junk: bytes, at: int) -> None:
    data = SDN[:at] + junk + SDN[at:]
    limits = Limits(row_bytes=5_000)
    for item in read(io.BytesIO(data), limits=limits):
        if isinstance(item, Message):
            assert 0 <= item.offset <= item.offset + item.length <= len(data)
            assert item.refused is not bool(item.statements)


@given(st.text(max_size=300))
def test_remarks_of_any_text_are_taken_apart_without_an_exception(text: str) -> None:
    found = parse_remarks(text)
    assert all(alias.weak for alias in found.aliases)
    assert all(re.fullmatch(r"[0-9/-]+", date) for date in found.birth_dates)
