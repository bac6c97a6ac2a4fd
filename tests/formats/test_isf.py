"""US Importer Security Filing: CATAIR records, July 2017 version 3; fixed columns."""

from __future__ import annotations

import io
import random
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.errors import LimitError
from esclusa.formats import columns, isf
from esclusa.formats.columns import Line
from esclusa.formats.limits import Limits
from esclusa.formats.reading import Notes
from esclusa.model import (
    Consignment,
    Defect,
    Function,
    GoodsItem,
    Identifier,
    Message,
    Party,
    Place,
    Severity,
    TransportEvent,
    decode_body,
    encode_body,
    natural_key,
)


def record(tag: str, **values: str) -> str:
    """A record with its values in their columns, 80 wide."""
    text = [" "] * 80
    for name, value in {"tag": tag, **values}.items():
        column = next(each for each in isf.RECORDS[tag].columns if each.name == name)
        room = column.last - column.first + 1
        assert len(value) <= room, name
        text[column.first - 1 : column.first - 1 + len(value)] = value
    return "".join(text)


HEADER = record(
    "SF10", submission="1", shipment="01", action="A", action_reason="CT", importer_qualifier="EI",
    importer="12-3456789XX", mode="11", transaction="", scac="NRLN", bond_holder="12-3456789XX",
    bond_activity="01", bond_type="8",
)  # fmt: skip
FILING = [
    HEADER,
    record("SF15", qualifier="OB", bill="NRLNUS04120112"),
    record("SF15", qualifier="BM", bill="AMFEHB7"),
    record("SF20", qualifier="CR", reference="ORDER 77"),
    record("SF20", qualifier="MB", reference="NRLNMASTER1"),
    record("SF25", description="CN", initial="NRXU", number="000000000357093", check="7", size_type="42G1"),
    record("SF30", entity="MF", name="BRIGHT HARBOUR ELECTRONICS CO LTD"),
    record("SF35", qualifier_1="15", address_1="88 EAST WHARF ROAD", qualifier_2="14", address_2="SUITE 5"),
    record("SF36", city="SHANGHAI", region="SH", postal="200000", country="CN"),
    record("SF40", hs_code="851713", origin="CN"),
    record("SF40", hs_code="8517140000", origin="VN"),
    record("SF30", entity="SE", qualifier="DUN", identifier="123456789"),
    record("SF30", entity="BY", name="CORAL WAY PRODUCE INC"),
    record("SF31", entity="DH", name="CORAL WAY"),
    record("SF30", entity="ST", qualifier="FR", identifier="A123"),
    record("SF30", entity="LG", name="EAST WHARF WAREHOUSE"),
    record("SF30", entity="CS", name="NINE BRIDGES CONSOLIDATORS"),
    record("SF30", entity="CN", qualifier="EI", identifier="98-7654321XX"),
    record("SF30", entity="IM", qualifier="EI", identifier="12-3456789XX"),
]  # fmt: skip


def data(records: list[str]) -> bytes:
    return ("\n".join(records) + "\n").encode("latin-1")


def read(content: bytes) -> list[Message | Defect]:
    return list(isf.read(io.BytesIO(content), file="filing.txt"))


def filing(*records: str) -> Message:
    (message,) = read(data(list(records)))
    assert isinstance(message, Message)
    return message


def bills(message: Message) -> list[Consignment]:
    return [each for each in message.statements if isinstance(each, Consignment)]


def codes(message: Message) -> list[str]:
    return [each.code for each in message.defects]


# -- what a filing states -------------------------------------------------------------------------


def test_each_bill_of_a_filing_is_a_consignment_and_no_clean_filing_has_a_defect() -> None:
    message = filing(*FILING)
    assert [natural_key(each) for each in bills(message)] == ["NRLN/US04120112", "AMFE/HB7"]
    assert (message.format, message.function, message.defects) == (
        "isf.filing",
        Function.ORIGINAL,
        (),
    )
    assert (message.offset, message.length) == (0, 81 * len(FILING) - 1)


def test_sf30_to_sf36_are_the_parties_and_the_entity_code_is_kept() -> None:
    found = bills(filing(*FILING))[0].parties
    assert [each.role for each in found] == [
        "other", "exporter", "importer", "other", "stuffer", "consolidator", "consignee", "importer",
    ]  # fmt: skip
    assert [each.identifiers[-1].value for each in found] == [
        "MF", "SE", "BY", "ST", "LG", "CS", "CN", "IM",
    ]  # fmt: skip
    assert found[0] == Party(
        role="other", name="BRIGHT HARBOUR ELECTRONICS CO LTD",
        address="88 EAST WHARF ROAD, SUITE 5, SH 200000", city="SHANGHAI", country="CN",
        identifiers=(Identifier(scheme="entity_code", value="MF"),),
    )  # fmt: skip
    assert found[1].identifiers[0] == Identifier(scheme="duns", value="123456789")
    assert found[2].name == "CORAL WAY PRODUCE INC, CORAL WAY"
    assert found[6].identifiers[0] == Identifier(scheme="tax", value="98-7654321XX")


def test_the_importer_of_the_header_is_a_party_unless_an_entity_says_it() -> None:
    found = bills(filing(HEADER, FILING[1]))[0].parties
    assert found == (
        Party(role="importer", identifiers=(Identifier(scheme="tax", value="12-3456789XX"),)),
    )


@pytest.mark.parametrize(
    ("qualifier", "scheme"),
    [("EI", "tax"), ("34", "national_id"), ("AEF", "passport"), ("DNS", "duns"), ("ANI", "other"),
     ("CIN", "other"), ("FR", "other")],
)  # fmt: skip
def test_the_qualifier_gives_the_scheme_of_a_number(qualifier: str, scheme: str) -> None:
    party = record("SF30", entity="CN", qualifier=qualifier, identifier="1")
    found = bills(
        filing(record("SF10", submission="1", shipment="01", action="A"), FILING[1], party)
    )
    assert found[0].parties[0].identifiers[0] == Identifier(scheme=scheme, value="1")


def test_sf40_are_goods_with_their_country_of_origin() -> None:
    assert bills(filing(*FILING))[0].goods == (
        GoodsItem(sequence=1, hs_code="851713", origin_country="CN", equipment=()),
        GoodsItem(sequence=2, hs_code="8517140000", origin_country="VN"),
    )


def test_sf25_is_a_container_with_its_check_digit_apart() -> None:
    (box,) = bills(filing(*FILING))[0].equipment
    assert (box.number, box.number_valid, box.size_type) == ("NRXU3570937", True, "42G1")
    whole = record("SF25", description="CN", initial="NRXU", number="000000003570937")
    (box,) = bills(filing(HEADER, FILING[1], whole))[0].equipment
    assert (box.number, box.number_valid) == ("NRXU3570937", True)


def test_references_are_documents_and_the_master_bill() -> None:
    found = bills(filing(HEADER.replace(" " * 15 + "NRLN", "ABC-00000000001NRLN"), *FILING[1:]))[0]
    assert found.documents == ("ISF:ABC-00000000001", "CR:ORDER 77")
    assert found.master_bill == "NRLNMASTER1"
    assert found.voyage.carrier == "NRLN"


def test_the_estimates_of_an_informal_shipment_are_those_of_its_only_item() -> None:
    estimates = record(
        "SF13", sub_type="01", value="00000000500", quantity="00000000012", unit="PCS",
        weight="00000000100", weight_unit="L",
    )  # fmt: skip
    (item,) = bills(filing(HEADER, estimates, FILING[1], FILING[9]))[0].goods
    assert (item.hs_code, item.packages, item.package_type) == ("851713", 12, "PCS")
    assert (item.value, item.currency) == (500.0, "USD")
    assert item.gross_mass_kg == pytest.approx(45.359237)
    message = filing(HEADER, estimates, *FILING[1:])
    assert codes(message) == ["isf.estimates"]
    assert len(bills(message)[0].goods) == 2


def test_isf_5_names_the_foreign_port_and_the_place_of_delivery() -> None:
    ports = record(
        "SF50", unlading_list="UN", unlading="PAONX", delivery_list="K", delivery="22519"
    )
    found = bills(filing("SF102" + HEADER[5:], FILING[1], ports))[0]
    assert found.discharge_port == Place(code="PAONX", scheme="unlocode")
    assert found.delivery_place == Place(code="22519")


@pytest.mark.parametrize(
    ("action", "function"),
    [("A", Function.ORIGINAL), ("R", Function.AMENDMENT), ("D", Function.CANCELLATION)],
)
def test_the_action_is_the_function(action: str, function: Function) -> None:
    assert filing("SF10101" + action + HEADER[8:], FILING[1]).function is function


# -- CBP's answer ---------------------------------------------------------------------------------


def told(kind: str, code: str, text: str) -> str:
    return record("SF90", type=kind, code=code, text=text)


def test_an_answer_states_what_became_of_the_bills_and_not_what_was_filed() -> None:
    message = filing(
        *FILING[:3],
        told("11", "125", "INVALID ISF IMPORTER NUMBER"),
        told("01", "", "ISF REJECTED"),
    )
    assert message.format == "isf.answer"
    assert len(message.statements) == 2
    first = message.statements[0]
    assert isinstance(first, TransportEvent)
    assert (first.event, first.code, first.bill) == ("refuse", "125", "US04120112")
    assert first.reason == "INVALID ISF IMPORTER NUMBER; ISF REJECTED"


@pytest.mark.parametrize(
    ("kind", "event"), [("01", "refuse"), ("02", "accept"), ("03", "accept"), ("11", "refuse")]
)
def test_the_last_verdict_on_the_message_counts(kind: str, event: str) -> None:
    (found,) = filing(HEADER, FILING[1], told(kind, "", "X")).statements
    assert isinstance(found, TransportEvent)
    assert found.event == event


# -- bad input ------------------------------------------------------------------------------------


def test_defects_name_line_and_columns_and_the_byte_of_the_column() -> None:
    bad = record("SF40", hs_code="85X713", origin="CN")
    message = filing(HEADER, FILING[1], bad)
    assert codes(message) == ["columns.class", "value.hs_code"]
    first = message.defects[0]
    assert first.reason == (
        "line 3, columns 5 to 14 (Harmonized number): '85X713' stands there, digits are expected"
    )
    assert (first.offset, first.length, first.element) == (2 * 81 + 4, 10, "5")
    assert (first.segment, first.segment_no) == ("SF40", 3)
    assert bills(message)[0].goods[0].origin_country == "CN"


def test_an_empty_mandatory_column_is_told() -> None:
    message = filing(HEADER, FILING[1], record("SF36", city="SHANGHAI"))
    assert codes(message) == ["columns.missing"]
    assert "columns 64 to 65 (Country code)" in message.defects[0].reason


def test_a_filing_without_bill_is_refused_and_its_neighbour_stands() -> None:
    first, second = read(data([HEADER, FILING[9], *FILING[:2]]))
    assert isinstance(first, Message)
    assert first.refused
    assert codes(first) == ["isf.bill.missing", "isf.message.unusable"]
    assert isinstance(second, Message)
    assert len(second.statements) == 1


def test_records_of_other_applications_are_passed_over_and_told_once() -> None:
    content = data(["A3901ABC      112625", "B3901ABCSF", *FILING[:2], "Y3901ABCSF", "Z3901ABC"])
    note, message = read(content)
    assert isinstance(note, Defect)
    assert (note.code, note.severity) == ("isf.record.outside", Severity.NOTE)
    assert isinstance(message, Message)
    assert len(message.statements) == 1
    assert isf.FORMAT.sniff(content, "x")


def test_a_record_that_lost_its_header_is_an_error() -> None:
    lost, message = read(data([FILING[9], *FILING[:2]]))
    assert isinstance(lost, Defect)
    assert (lost.code, lost.severity, lost.segment_no) == ("isf.record.outside", Severity.ERROR, 1)
    assert isinstance(message, Message)


def test_an_unknown_record_and_a_line_that_is_too_long_are_told() -> None:
    message = filing(HEADER, FILING[1], "SF77" + " " * 76, FILING[9] + "XX")
    assert codes(message) == ["isf.record.unknown", "columns.width"]
    assert "line 4 has 82 columns, expected 80" in message.defects[1].reason
    assert len(bills(message)[0].goods) == 1


def test_a_file_without_a_filing_is_refused_in_one_sentence() -> None:
    defects = read(b"NOTHING\n")
    assert [each.code for each in defects if isinstance(each, Defect)] == [
        "isf.record.outside",
        "isf.none",
    ]


def test_mail_may_take_the_blanks_at_the_ends_and_mainframes_send_no_line_breaks() -> None:
    expected = filing(*FILING).statements
    short = data([each.rstrip() for each in FILING]).replace(b"\n", b"\r\n")
    for content in (short, "".join(FILING).encode("ascii")):
        (message,) = read(content)
        assert isinstance(message, Message)
        assert (message.statements, message.defects) == (expected, ())


def test_bytes_that_are_not_ascii_keep_the_columns_where_they_are() -> None:
    party = record("SF30", entity="BY", name="PEÑA", qualifier="DUN", identifier="1")
    message = filing(HEADER, FILING[1], party)
    found = bills(message)[0].parties[1]
    assert (found.name, found.identifiers[0].value) == ("PEÑA", "1")


def test_limits_refuse_the_file() -> None:
    with pytest.raises(LimitError, match="more than 1 filings"):
        list(isf.read(io.BytesIO(data([*FILING[:2]] * 2)), limits=Limits(messages=1)))
    with pytest.raises(LimitError, match="more than 2 records"):
        list(isf.read(io.BytesIO(data(FILING[:3])), limits=Limits(segments=2)))
    with pytest.raises(LimitError, match="larger than the limit of 100 bytes"):
        list(isf.read(io.BytesIO(data(FILING)), limits=Limits(file_bytes=100)))


def test_many_bills_with_many_parties_cannot_grow_without_bound() -> None:
    many = [record("SF15", qualifier="OB", bill=f"NRLN{at}") for at in range(3000)]
    parties = [record("SF30", entity="CS", name=f"FIRM {at}") for at in range(3000)]
    message = filing(HEADER, *many, *parties)
    assert message.refused
    assert codes(message) == ["isf.message.growth"]


@pytest.mark.parametrize(
    ("head", "answer"),
    [
        (HEADER.encode(), True),
        (b"B3901ABCSF\n" + HEADER.encode(), True),
        (b"SF10,name,city\n", False),
        (b"Name,SF101001A\n", False),
        (b"", False),
    ],
)
def test_a_filing_is_known_by_its_header(head: bytes, answer: bool) -> None:
    assert isf.FORMAT.sniff(head, "x") is answer


@given(seed=st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_a_mutated_file_is_read_or_refused_and_never_raises(seed: int) -> None:
    rng = random.Random(seed)
    content = bytearray(data([*FILING, *FILING[:2], told("01", "", "X")]))
    for _ in range(rng.randrange(1, 8)):
        at = rng.randrange(len(content))
        action = rng.randrange(4)
        if action == 0:
            del content[at:]
        elif action == 1:
            content[at : at + rng.randrange(90)] = rng.choice(
                [b"", b"\n", b"\xff", b"SF10", b"\x00"]
            )
        elif action == 2:
            content[at:at] = content[: rng.randrange(200)]
        else:
            content[at : at + 1] = bytes([rng.randrange(256)])
        content = content or bytearray(b"SF10")
    for item in read(bytes(content)):
        if isinstance(item, Message):
            assert not (item.refused and item.statements)
            assert all(decode_body(encode_body(each)) == each for each in item.statements)


# -- the columns ----------------------------------------------------------------------------------


def test_every_record_of_the_table_is_80_columns_wide() -> None:
    assert {layout.width for layout in isf.RECORDS.values()} == {80}
    assert sorted(isf.RECORDS) == [
        f"SF{number}" for number in (10, 13, 15, 20, 25, 30, 31, 35, 36, 40, 50, 90)
    ]


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ("A1,x,2,4,X,M,t", "A1 has a gap at column 1"),
        ("A1,x,1,4,X,M,t\nA1,y,6,9,X,M,t", "A1 has a gap at column 5"),
        ("A1,x,1,4,X,M,t\nA1,x,5,9,X,M,t", "A1 names 'x' twice"),
        ("A1,x,1,0,X,M,t", "A1 has a gap at column 1"),
    ],
)
def test_a_table_whose_columns_do_not_tile_is_refused(
    rows: str,
    reason: str,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path_factory.mktemp("columns")
    (folder / "columns_table").mkdir()
    (folder / "columns_table" / "__init__.py").touch()
    text = "record,column,first,last,class,use,title\n" + rows
    (folder / "columns_table" / "t.csv").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "columns_table", raising=False)
    with pytest.raises(ValueError, match=reason):
        columns.load("columns_table", "t.csv")


def test_lines_have_their_place_in_the_file() -> None:
    content = b"AB\r\n" + b"12345678" + b"\nXYZ"
    assert list(columns.lines(io.BytesIO(content), 4)) == [
        Line("AB", 0, 1), Line("1234", 4, 2), Line("5678", 8, 3), Line("XYZ", 13, 4),
    ]  # fmt: skip


def test_a_line_without_end_is_held_in_pieces() -> None:
    content = b"x" * (4 * 4096 * 3)
    found = list(columns.lines(io.BytesIO(content), 4))
    assert {len(each.text) for each in found} == {4}
    assert found[-1].offset == len(content) - 4


def test_a_short_line_lacks_its_last_columns() -> None:
    notes = Notes("", 0, 9)
    found = columns.cut(Line("SF40851713", 0, 1), isf.RECORDS["SF40"], notes)
    assert (found["hs_code"], found["origin"], notes.found) == ("851713", "", [])
