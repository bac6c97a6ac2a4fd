"""CUSRES read and written: what customs decided on declarations, bills and containers."""

from __future__ import annotations

import csv
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from test_containers_writing import SHIP, VOYAGE_0412, faults
from typed_reading import codes, edifact_message, read_sample
from typed_writing import (
    CODE,
    MOMENT,
    PLACE,
    VOYAGE,
    check_same,
    messages,
    returned,
    stating,
    texts,
    written,
)
from typed_writing import text as words

from esclusa.formats.edifact import directory
from esclusa.formats.edifact.common import CODES
from esclusa.formats.edifact.cusres import DECISION
from esclusa.formats.edifact.drafting import WritingError
from esclusa.formats.edifact.write_common import CODE as WRITE
from esclusa.model import (
    Consignment,
    Function,
    Identifier,
    Message,
    Party,
    Place,
    TransportEquipment,
    TransportEvent,
    Voyage,
    natural_key,
)

PAONX = Place(code="PAONX", scheme="unlocode")
BOX = TransportEquipment(number="CSQU3054383", number_valid=True)
OTHER_BOX = TransportEquipment(number="NRXU4430056", number_valid=True)

RELEASED = """
    BGM+962+R77+11
    NAD+DT+ALT1::ZZZ++ALTAMIRA BROKERS
    LOC+22+PAONX
    DTM+137:202604241100:203
    DTM+9:202604241030:203
    GIS+4
    FTX+AAI+++GOODS MAY LEAVE
    EQD+CN+CSQU3054383+22G1
    RFF+ABT:26PA0000123
    RFF+BM:NR1
"""


def message(body: str, edition: str = "96A") -> Message:
    return edifact_message("CUSRES", body, f"D:{edition}:UN")


def events(body: str, edition: str = "96A") -> list[TransportEvent]:
    found = message(body, edition).statements
    return [each for each in found if isinstance(each, TransportEvent)]


# -- reading: the header ---------------------------------------------------------------------------


def test_an_indicator_is_what_customs_decided_on_the_bill_and_container() -> None:
    assert events(RELEASED) == [
        TransportEvent(
            event="clear", code="4", bill="NR1", place=PAONX, occurred="2026-04-24T10:30",
            reason="GOODS MAY LEAVE", documents=("ABT:26PA0000123",),
            equipment=replace(BOX, size_type="22G1"),
            parties=(
                Party(
                    role="declarant", name="ALTAMIRA BROKERS",
                    identifiers=(Identifier(scheme="other", value="ALT1"),),
                ),
            ),
        )
    ]  # fmt: skip


def test_a_response_states_something_though_its_function_is_none_of_a_manifest() -> None:
    assert message(RELEASED).function is Function.ORIGINAL
    assert message(RELEASED.replace("R77+11", "R77+1")).function is Function.CANCELLATION
    assert message(RELEASED.replace("R77+11", "R77+53")).statements == ()


@pytest.mark.parametrize(
    ("code", "event"),
    [
        ("1", "accept"), ("2", "refuse"), ("3", "refuse"), ("4", "clear"), ("5", "inspect"),
        ("7", "hold"), ("8", "release"), ("9", "accept"), ("17", "other"), ("26", "hold"),
        ("33", "refuse"), ("66", "accept"),
    ],
)  # fmt: skip
def test_each_decision_has_its_event(code: str, event: str) -> None:
    (found,) = events(f"BGM+961+R1+9\nGIS+{code}\nRFF+BM:NR1")
    assert (found.event, found.code) == (event, code)


def test_goods_released_by_a_notice_of_release_are_released() -> None:
    assert [each.event for each in events("BGM+99+R1+9\nGIS+4\nRFF+BM:NR1")] == ["release"]
    assert [each.event for each in events("BGM+132+R1+9\nGIS+4\nRFF+BM:NR1")] == ["clear"]


def test_an_indicator_that_decides_nothing_is_a_document() -> None:
    (found,) = events("BGM+961+R1+9\nGIS+23\nGIS+7\nRFF+BM:NR1")
    assert (found.event, found.code, found.documents) == ("hold", "7", ("GIS:23",))


def test_a_code_of_a_list_of_its_own_is_kept_and_not_taken_for_one_of_the_un() -> None:
    (found,) = events("BGM+961+R1+9\nGIS+4:ZZZ:105\nRFF+BM:NR1")
    assert (found.event, found.code) == ("other", "4")


def test_several_decisions_on_several_containers_are_an_event_each() -> None:
    body = "GIS+1\nGIS+5\nEQD+CN+CSQU3054383\nEQD+CN+NRXU4430056\nRFF+BM:NR1"
    found = events(f"BGM+961+R1+9\n{body}")
    assert [(each.event, each.equipment and each.equipment.number) for each in found] == [
        ("accept", "CSQU3054383"), ("accept", "NRXU4430056"),
        ("inspect", "CSQU3054383"), ("inspect", "NRXU4430056"),
    ]  # fmt: skip
    assert len({natural_key(each) for each in found}) == 4


def test_errors_without_a_decision_are_a_refusal_with_the_point_and_code_of_each() -> None:
    body = """
        BGM+963+R1+11
        FTX+AAO+++BILL NOT KNOWN
        ERP+2:5:1
        ERC+105
        ERC+106
        ERP+1
        ERC+9
        RFF+BM:NR1
    """
    (found,) = events(body)
    assert (found.event, found.code, found.bill) == ("refuse", "", "NR1")
    assert found.reason == "BILL NOT KNOWN"
    assert found.documents == ("ERP:2:5:1", "ERC:105", "ERC:106", "ERP:1", "ERC:9")


def test_an_error_names_its_segment_its_reference_and_its_words_in_later_directories() -> None:
    body = """
        BGM+963+R1+11
        GIS+2
        RFF+ABO:MAN1
        ERP+2:5+NAD:3:1
        RFF+BM:NR1
        ERC+105
        FTX+AAO+++CONSIGNEE MISSING
    """
    (found,) = events(body, "01B")
    assert (found.event, found.code, found.bill) == ("refuse", "2", "")
    assert found.documents == ("ABO:MAN1", "BM:NR1", "ERP:2:5+NAD:3:1", "ERC:105")
    assert found.reason == "CONSIGNEE MISSING"


@pytest.mark.parametrize(
    ("bgm", "event"),
    [("961+R1+27", "refuse"), ("961+R1+44", "accept"), ("963+R1+9", "refuse"), ("132+R1", "clear")],
)
def test_without_indicator_the_kind_of_answer_decides(bgm: str, event: str) -> None:
    (found,) = events(f"BGM+{bgm}\nRFF+BM:NR1")
    assert (found.event, found.code) == (event, "")


def test_an_answer_that_does_not_say_what_was_decided_is_other_with_a_warning() -> None:
    found = message("BGM+961+R1+9\nRFF+BM:NR1")
    assert [each.event for each in found.statements] == ["other"]  # type: ignore[union-attr]
    assert codes(found) == ["cusres.decision"]


def test_an_answer_that_names_nothing_else_is_about_the_number_of_its_message() -> None:
    (found,) = events("BGM+961+26PA0000123+9\nGIS+1")
    assert (found.event, found.documents) == ("accept", ("BGM:26PA0000123",))


def test_taxes_and_packages_do_not_decide() -> None:
    body = """
        BGM+961+R1+9
        GIS+4
        PAC+3++CT
        PCI+28+MARKS
        FTX+PAC+++THREE CARTONS
        TAX+1
        MOA+55:120
        GIS+7
        RFF+BM:NR1
        MOA+40:999
        CUX+2:USD
        TAX+1
        MOA+55:120
        GIS+5
    """
    (found,) = events(body)
    assert (found.event, found.reason) == ("clear", "")


def test_an_own_code_of_the_reason_is_the_code_of_the_event() -> None:
    (found,) = events("BGM+961+R1+9\nFTX+ACD++1H:ZZZ:ZZZ+HOLD AT PORT\nGIS+7\nRFF+BM:NR1", "01B")
    assert (found.event, found.code, found.reason) == ("hold", "1H", "HOLD AT PORT")


def test_the_moment_of_the_message_stands_in_for_that_of_the_decision() -> None:
    (found,) = events("BGM+961+R1+9\nDTM+137:20260424:102\nGIS+4\nRFF+BM:NR1")
    assert found.occurred == "2026-04-24"


def test_an_answer_that_names_nothing_at_all_states_nothing() -> None:
    found = message("BGM+961++9")
    assert (found.statements, codes(found)) == ((), ["cusres.decision"])


def test_containers_of_the_header_are_those_of_the_only_document() -> None:
    (found,) = events("BGM+961+R1+9\nEQD+CN+CSQU3054383\nDOC+705+NR1\nGIS+4", "01B")
    assert (found.event, found.bill, found.equipment) == ("clear", "NR1", BOX)


# -- reading: several subjects ---------------------------------------------------------------------


def test_a_decision_of_the_header_holds_for_each_of_several_bills_and_its_own_containers() -> None:
    body = """
        BGM+961+R1+9
        GIS+4
        RFF+ABT:26PA1
        RFF+BM:NR1
        EQD+CN+CSQU3054383
        RFF+BM:NR2
        DTM+58:20260425:102
        EQD+CN+NRXU4430056
    """
    one, two = events(body)
    assert (one.bill, one.equipment, one.documents) == ("NR1", BOX, ("ABT:26PA1",))
    assert (two.bill, two.equipment, two.occurred) == ("NR2", OTHER_BOX, "2026-04-25")


def test_each_document_of_later_directories_has_its_own_decision() -> None:
    body = """
        BGM+961+R1+9
        DTM+137:20260424:102
        TDT+20+0412W+1++NRLN:172:20+++9999993:146::NORTHREACH PIONEER
        LOC+22+PAONX
        NAD+CA+NRLN:172:20
        DOC+705+NR1
        FTX+AAA+++BANANAS
        GIS+4
        EQD+CN+CSQU3054383
        DOC+714+NR2
        FTX+AAI+++OPEN AND LOOK
        LOC+43+PACTB
        GIS+5
        NAD+IM+++ALTAMIRA FRUIT
        CTA+IC+:INES LUNA
        COM+5075550001:TE
        TAX+1
        GIS+7
        CST+1
        FTX+AAI+++LINE ONE
        DOC+929+26PA9
        ERP+2
        ERC+105
    """
    one, two, three = events(body, "01B")
    assert (one.event, one.bill, one.reason, one.equipment) == ("clear", "NR1", "", BOX)
    assert (one.carrier, one.voyage, one.place) == ("NRLN", VOYAGE_0412, PAONX)
    assert (two.event, two.bill, two.reason) == ("inspect", "NR2", "OPEN AND LOOK")
    assert two.place == Place(code="PACTB", scheme="unlocode")
    assert two.parties[0] == Party(
        role="importer", name="ALTAMIRA FRUIT", contact="INES LUNA; 5075550001"
    )
    assert (three.event, three.bill) == ("refuse", "")
    assert three.documents == ("929:26PA9", "ERP:2", "ERC:105")
    assert {each.occurred for each in (one, two, three)} == {"2026-04-24"}


def test_a_document_of_which_nothing_is_said_is_one_that_customs_asks_for() -> None:
    (found,) = events("BGM+962+R1+11\nGIS+6\nRFF+BM:NR1\nDOC+380+INV7")
    assert (found.event, found.bill, found.documents) == ("inspect", "NR1", ("380:INV7",))


def test_the_indicator_of_the_latest_directories_is_read() -> None:
    (found,) = events("BGM+961+R1+9\nGEI+1+7\nRFF+BM:NR1", "17B")
    assert (found.event, found.code) == ("hold", "7")


def test_a_segment_of_another_message_and_a_container_without_number_are_noted() -> None:
    found = message("BGM+961+R1+9\nGIS+4\nEQD+CN\nZZZ+1\nRFF+BM:NR1")
    assert codes(found) == ["cusres.equipment.number", "cusres.segment.unknown"]
    assert len(found.statements) == 1


# -- writing ---------------------------------------------------------------------------------------

HELD = TransportEvent(
    event="hold", occurred="2026-04-24T10:30", place=PAONX, carrier="NRLN", bill="NR1", code="1H",
    equipment=replace(BOX, size_type="22G1", load_status="full"), voyage=VOYAGE_0412,
    reason="HOLD AT PORT", documents=("ABT:26PA1", "GIS:23", "ERP:2:5+NAD:3:1", "ERC:105"),
    parties=(Party(role="declarant", name="ALTAMIRA BROKERS", contact="INES LUNA"),),
)  # fmt: skip


def test_a_decision_is_written_segment_by_segment_in_the_order_of_the_directory() -> None:
    other = replace(HELD, equipment=OTHER_BOX)
    assert texts("CUSRES", stating(HELD, other)) == [
        "UNH+M1+CUSRES:D:01B:UN",
        "BGM+961+M1+9",
        "DTM+137:202604131015:203",
        "DTM+9:202604241030:203",
        "FTX+ACD++1H:ZZZ:ZZZ+HOLD AT PORT",
        "TDT+20+0412W+1++NRLN:172:20+++9999993:146::NORTHREACH PIONEER",
        "LOC+22+PAONX:139:6",
        "GIS+7",
        "GIS+23",
        "EQD+CN+CSQU3054383+22G1:102:5+++5",
        "EQD+CN+NRXU4430056",
        "NAD+CA+NRLN:172:20",
        "NAD+DT+++ALTAMIRA BROKERS",
        "CTA+IC+:INES LUNA",
        "RFF+BM:NR1",
        "RFF+ABT:26PA1",
        "ERP+2:5+NAD:3:1",
        "ERC+105",
        "UNT+19+M1",
    ]
    assert faults(written("CUSRES", stating(HELD, other))) == []
    assert returned("CUSRES", HELD, other) == [HELD, other]


def test_a_clearance_and_a_release_are_told_apart() -> None:
    cleared = TransportEvent(event="clear", bill="NR1", code="4", occurred="2026-04-24")
    released = replace(cleared, event="release")
    assert returned("CUSRES", cleared, released) == [cleared, released]


def test_what_only_a_code_of_its_own_says_comes_back_with_that_code() -> None:
    short = TransportEvent(event="other", bill="NR1", code="70")
    long = replace(short, code="PENALTY-70")
    none = replace(short, code="")
    assert returned("CUSRES", short, long, none) == [short, long, none]


def test_an_event_without_code_comes_back_with_the_code_that_was_written() -> None:
    held = TransportEvent(event="hold", bill="NR1")
    assert returned("CUSRES", held) == [replace(held, code="7")]


def test_a_decision_on_no_bill_and_no_container_keeps_the_number_it_answers_to() -> None:
    found = TransportEvent(event="accept", code="1", documents=("BGM:26PA1",))
    assert returned("CUSRES", found, replace(found, documents=())) == [
        found, replace(found, documents=()),
    ]  # fmt: skip


def test_a_second_bill_is_written_as_another_reference() -> None:
    found = TransportEvent(event="clear", code="4", bill="NR1", documents=("AWB:700-1",))
    assert returned("CUSRES", found) == [replace(found, documents=("ZZZ:AWB:700-1",))]


@pytest.mark.parametrize(
    "wrong",
    [
        replace(HELD, event="load"),
        replace(HELD, stage="planned"),
        replace(HELD, equipment=TransportEquipment(number="")),
        Consignment(carrier="NRLN", bill="NR1"),
    ],
)
def test_what_would_come_back_as_something_else_is_refused(
    wrong: TransportEvent | Consignment,
) -> None:
    with pytest.raises(WritingError):
        written("CUSRES", stating(wrong))


def names_of(file: str, table: str) -> dict[str, str]:
    """Code → name of one list of a code map."""
    text = files("esclusa.formats.edifact").joinpath(file).read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["code"]: row["name"] for row in rows if row["list"] == table}


@pytest.mark.parametrize(
    ("table", "element"),
    [
        ("customs_decision", "7365"), ("customs_moment", "2005"), ("customs_place", "3227"),
        ("bill_document", "1001"), ("response_document", "1001"), ("response_event", "1225"),
    ],
)  # fmt: skip
def test_every_code_that_is_read_is_of_the_official_list_under_its_name(
    table: str, element: str
) -> None:
    official = directory.codes("D.17B", element) or {}
    for code, name in names_of("code_map.csv", table).items():
        assert official[code] == name


@pytest.mark.parametrize(
    ("table", "element"),
    [("cusres_event", "7365"), ("cusres_document", "1001"), ("cusres_moment", "2005")],
)
def test_every_code_that_is_written_is_of_the_list_of_its_directory(
    table: str, element: str
) -> None:
    official = directory.codes("D.01B", element) or {}
    for code, name in names_of("write_map.csv", table).items():
        assert official[code] == name


def test_every_function_of_an_answer_is_of_the_official_list() -> None:
    assert set(CODES["response_function"]) <= set(directory.codes("D.17B", "1225") or ())


def test_what_is_written_for_an_event_is_read_as_that_event() -> None:
    for event, code in WRITE["cusres_event"].items():
        assert DECISION[code] == event


# -- any record ------------------------------------------------------------------------------------

DOCUMENT = st.builds("{}:{}".format, st.sampled_from(["ABT", "BN", "MB", "ABO"]), words(1))
POINT = st.sampled_from(["ERP:1", "ERP:2:5", "ERP:2:5:1", "ERP:2:5+NAD:3:1", "ERP:2+RFF"])
ERRORS = st.lists(
    st.builds(lambda point, errors: (point, *errors), POINT, st.lists(CODE.map("ERC:{}".format))),
    max_size=3,
).map(lambda found: tuple(each for one in found for each in one))
INDICATORS = st.lists(st.sampled_from(["GIS:22", "GIS:23", "GIS:24"]), max_size=2)
PARTY = st.builds(
    Party,
    role=st.sampled_from(["declarant", "importer", "consignee", "agent", "other"]),
    name=words(1),
    city=words(),
    contact=st.sampled_from(["", "INES LUNA", "INES LUNA; ines@altamira.example"]),
)
UNIT = st.builds(
    replace,
    st.sampled_from([BOX, OTHER_BOX]),
    size_type=st.sampled_from(["", "22G1", "45R1"]),
    load_status=st.sampled_from(["", "full", "empty"]),
)


def _event(event: str, code: str, errors: tuple[str, ...], more: TransportEvent) -> TransportEvent:
    own = tuple(dict.fromkeys(more.documents))
    if event == "other" and not code:
        errors = ()  # errors alone are a refusal
    return replace(more, event=event, code=code, documents=(*own, *errors))


EVENT = st.builds(
    _event,
    st.sampled_from(["accept", "refuse", "inspect", "hold", "clear", "release", "other"]),
    st.sampled_from(["1H", "7", "4", "101,102", "OWN LIST"]),
    ERRORS,
    st.builds(
        TransportEvent,
        event=st.just("other"),
        occurred=MOMENT,
        place=PLACE,
        equipment=st.none() | UNIT,
        carrier=st.sampled_from(["", "NRLN"]),
        bill=words(1),
        voyage=VOYAGE,
        inland=VOYAGE,
        reason=words(),
        parties=st.lists(PARTY, max_size=2).map(tuple),
        documents=st.builds(lambda *parts: (*parts[0], *dict.fromkeys(parts[1])), st.lists(DOCUMENT, max_size=3), INDICATORS),
    ),
)  # fmt: skip


@given(messages(EVENT, most=3))
@settings(max_examples=60, deadline=None)
def test_any_decision_comes_back_as_it_was_and_breaks_no_rule(found: Message) -> None:
    check_same("CUSRES", found)
    data = written("CUSRES", found)
    assert [each for each in faults(data) if "longer" not in each] == []


def test_a_ship_and_its_answer_survive_together() -> None:
    found = replace(HELD, voyage=Voyage(reference="0412W", carrier="NRLN", conveyance=SHIP))
    assert returned("CUSRES", found) == [found]


def test_what_a_350_tells_of_bills_goes_out_as_a_response_and_comes_back() -> None:
    found = read_sample("../fictional/customs-status-350.x12")
    told = [each for one in found for each in one.statements]
    decided = [each for each in told if each.event in WRITE["cusres_event"] | {"release": "4"}]  # type: ignore[union-attr]
    assert decided
    assert returned("CUSRES", *decided) == decided
