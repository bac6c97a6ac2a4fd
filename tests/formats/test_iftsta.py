"""IFTSTA read and written: what happened to consignments and containers on their way."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from test_containers_writing import SHIP, VOYAGE_0412, faults
from test_cusres import DOCUMENT, PARTY, names_of
from typed_reading import codes, edifact_message, messages, read_edifact
from typed_writing import (
    A_PLACE,
    MASS,
    MOMENT,
    PLACE,
    VOYAGE,
    check_same,
    returned,
    samples_of,
    stating,
    texts,
    written,
)  # fmt: skip
from typed_writing import box as a_box
from typed_writing import messages as made_messages
from typed_writing import text as words

from esclusa.formats.edifact import directory
from esclusa.formats.edifact.common import CODES
from esclusa.formats.edifact.drafting import WritingError
from esclusa.formats.edifact.iftsta import meant
from esclusa.formats.edifact.write_common import CODE as WRITE
from esclusa.model import (
    Conveyance,
    Function,
    Identifier,
    Message,
    Party,
    Place,
    PortCall,
    Seal,
    TransportEquipment,
    TransportEvent,
    Voyage,
)

DATA = Path(__file__).parents[1] / "data" / "edifact"
SAMPLES = sorted(DATA.glob("IFTSTA*.edi"))
PAONX = Place(code="PAONX", scheme="unlocode")
ECGYE = Place(code="ECGYE", scheme="unlocode")
BOX = TransportEquipment(number="CSQU3054383", number_valid=True)
OTHER_BOX = TransportEquipment(number="NRXU4430056", number_valid=True)

REC24 = (
    "1-41 44-51 53 54 57-121 123-159 161-172 174-216 218-220 222 224 225 227-229 231-236 238-243 "
    "247 248 250 251 253-256 258 260 265-267 269-288 291 292 295 297-302 306-374"
)
"""The codes of UN/ECE Recommendation 24, revision 6 (2017), up to the last that is read here."""


def message(body: str, edition: str = "01B") -> Message:
    return edifact_message("IFTSTA", body, f"D:{edition}:UN")


def events(body: str, edition: str = "01B") -> list[TransportEvent]:
    found = message(body, edition).statements
    return [each for each in found if isinstance(each, TransportEvent)]


# -- reading ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name[:60])
def test_the_public_samples_tell_of_a_container_that_left_by_rail(path: Path) -> None:
    (found,) = messages(read_edifact(path.read_bytes()))
    (event,) = found.statements
    assert isinstance(event, TransportEvent)
    assert (event.event, event.stage, event.code) == ("depart", "actual", "P")
    assert event.occurred == "2022-11-19T07:10"
    assert event.place == Place(code="USSYR", name="SYRACUSE")
    assert event.equipment == TransportEquipment(
        number="TRHU4561222", number_valid=False, size_type="45G1", load_status="full"
    )
    assert (event.carrier, event.bill) == ("ABCD", "ABCD224O4023815X")
    assert event.inland == Voyage(
        carrier="ABCD", conveyance=Conveyance(mode="rail", name="CSX TRANSPORTATION")
    )
    assert event.voyage == Voyage()
    assert event.reason == "Rail Departed from In-Transit Locat"
    assert event.parties == (
        Party(
            role="carrier", name="SENDER-COMP", address="STREET 1, 99999", city="CITY1",
            country="DE", identifiers=(Identifier(scheme="other", value="ABCD"),),
        ),
    )  # fmt: skip
    assert event.documents == (
        "BN:24O4023815", "EQ:TRHU4561222", "4F:100113938", "AAZ:ABCD", "EQ:TRHU4307252",
        "CO:2023521591", "FF:31075687",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("code", "event"),
    [
        ("1", "arrive"), ("12", "clear"), ("13", "pick_up"), ("17", "refuse"), ("21", "deliver"),
        ("24", "depart"), ("28", "strip"), ("29", "discharge"), ("48", "load"), ("78", "release"),
        ("90", "hold"), ("93", "stuff"), ("218", "damage"), ("228", "inspect"), ("101", "other"),
        ("AE", "load"), ("UV", "discharge"), ("VA", "arrive"), ("VD", "depart"), ("I", "gate_in"),
        ("OA", "gate_out"), ("CT", "clear"), ("PA", "hold"), ("QQ", "other"),
    ],
)  # fmt: skip
def test_each_status_has_its_event_and_keeps_its_code(code: str, event: str) -> None:
    (found,) = events(f"BGM+77+R1+9\nCNI+1+NR1\nSTS+1+{code}")
    assert (found.event, found.code, found.bill) == (event, code, "NR1")


@pytest.mark.parametrize("sts", ["1+48::ZZZ", "1+48::NRL", "2+48", "1+AE:ZZZ:ZZZ"])
def test_a_code_of_another_list_is_kept_and_not_taken_for_a_status_of_transport(sts: str) -> None:
    (found,) = events(f"BGM+77+R1+9\nCNI+1\nSTS+{sts}")
    assert found.event == "other"
    assert found.code in ("48", "AE")


def test_a_status_on_several_containers_is_an_event_for_each() -> None:
    body = """
        BGM+77+R1+9
        CNI+1+NR1
        STS+1+29
        DTM+334:202604240930:203
        EQD+CN+CSQU3054383
        MEA+AAE+G+KGM:21300
        SEL+778812+CA
        EQA+CH+X1
        SEL+999+CA
        EQD+CN+NRXU4430056
    """
    one, two = events(body)
    assert one.equipment == replace(BOX, gross_mass_kg=21300.0, seals=(Seal(number="778812", affixed_by="carrier"),))  # fmt: skip
    assert two.equipment == OTHER_BOX
    assert one.occurred == two.occurred == "2026-04-24T09:30"


def test_a_reference_names_the_container_where_no_equipment_does() -> None:
    (found,) = events("BGM+77+R1+9\nCNI+1+NR1\nSTS+1+29\nRFF+EQ:CSQU3054383\nRFF+BN:B1")
    assert (found.equipment, found.documents) == (BOX, ("BN:B1",))


def test_the_carriage_has_its_own_moments_places_and_references() -> None:
    body = """
        BGM+77+R1+9
        CNI+1+NR1
        LOC+9+ECGYE
        STS+1+48
        DTM+334:20260424:102
        LOC+175+ECGYE
        TDT+20++1++NRLN:172:20+++9999993:146::NORTHREACH PIONEER
        DTM+133:20260425:102
        RFF+VON:0412W
        LOC+11+PAONX
        DTM+132:20260501:102
        TDT+30++3
        LOC+11+PACTB
        EQD+CN+CSQU3054383
        RFF+ABC:1
        GID+1
        FTX+AAA+++BANANAS
    """
    (found,) = events(body)
    assert (found.occurred, found.place, found.voyage) == ("2026-04-24", ECGYE, VOYAGE_0412)
    assert found.inland == Voyage(conveyance=Conveyance(mode="road"))
    assert found.equipment == replace(BOX, load_port=ECGYE, discharge_port=PAONX)
    assert (found.documents, found.reason) == (("ABC:1",), "")


def test_what_the_header_and_the_consignment_say_holds_for_each_status() -> None:
    body = """
        BGM+77+R1+9
        NAD+MS+NORTHREACH
        NAD+CA+NRLN:172:20
        NAD+CN+++ALTAMIRA FRUIT
        CTA+IC+:INES LUNA
        RFF+BN:B1
        FTX+AAI+++WEEKLY
        CNI+1+NR1
        STS+1+48
        STS+1+24
        CNI+2+NR2
        STS+1+48
        RFF+BM:NR2X
    """
    found = events(body)
    assert [(each.event, each.bill) for each in found] == [
        ("load", "NR1"), ("depart", "NR1"), ("load", "NR2X"),
    ]  # fmt: skip
    for each in found:
        assert (each.carrier, each.reason, each.documents) == ("NRLN", "WEEKLY", ("BN:B1",))
        assert each.parties == (Party(role="consignee", name="ALTAMIRA FRUIT", contact="INES LUNA"),)  # fmt: skip


@pytest.mark.parametrize(
    ("dtm", "stage"),
    [("334", "actual"), ("178", "actual"), ("132", "estimated"), ("369", "estimated"), ("189", "planned"), ("203", "planned")],
)  # fmt: skip
def test_the_moment_says_whether_it_happened_or_is_awaited(dtm: str, stage: str) -> None:
    (found,) = events(f"BGM+77+R1+9\nCNI+1\nSTS+1+1\nDTM+{dtm}:20260424:102")
    assert (found.stage, found.occurred) == (stage, "2026-04-24")


def test_reasons_of_a_status_are_documents_and_words() -> None:
    body = "BGM+77+R1+9\nCNI+1+NR1\nSTS+1+68:::PRE-INFORMED+17:::NEW ETA+40\nDOC+705+NR7"
    (found,) = events(body)
    assert (found.event, found.code) == ("other", "68")
    assert found.documents == ("STS:17", "STS:40", "705:NR7")
    assert found.reason == "PRE-INFORMED; NEW ETA"


def test_equipment_before_any_consignment_has_the_statuses_that_follow() -> None:
    body = """
        BGM+266+R1+9
        EQD+CN+CSQU3054383+22G1
        SEL+778812+CA
        STS+1+218
        LOC+175+PAONX
        DTM+334:20260424:102
        EQD+CN+NRXU4430056
        STS+1+34
    """
    one, two = events(body, "17B")
    assert (one.event, one.place, one.occurred) == ("damage", PAONX, "2026-04-24")
    assert one.equipment is not None
    assert (one.equipment.number, one.equipment.seals) == (BOX.number, (Seal(number="778812", affixed_by="carrier"),))  # fmt: skip
    assert (two.event, two.equipment) == ("other", OTHER_BOX)


def test_a_status_report_states_something_though_its_function_is_status() -> None:
    assert message("BGM+77+R1+8\nCNI+1+NR1\nSTS+1+1").function is Function.ORIGINAL
    assert message("BGM+77+R1+53\nCNI+1+NR1\nSTS+1+1").statements == ()


def test_a_segment_of_another_message_and_a_container_without_number_are_noted() -> None:
    found = message("BGM+77+R1+9\nCNI+1+NR1\nSTS+1+1\nEQD+CN\nMEA+AAE+G+KGM:1\nZZZ+1")
    assert codes(found) == ["iftsta.equipment.number", "iftsta.segment.unknown"]
    assert len(found.statements) == 1


# -- writing ---------------------------------------------------------------------------------------

LOADED = TransportEvent(
    event="load", occurred="2026-04-24T10:30", place=ECGYE, carrier="NRLN", bill="NR1", code="AE",
    equipment=TransportEquipment(
        number="CSQU3054383", number_valid=True, size_type="45R1", load_status="full",
        gross_mass_kg=21300.0, verified_mass_kg=21420.5, tare_kg=4600.0, load_port=ECGYE,
        discharge_port=PAONX, seals=(Seal(number="778812", affixed_by="carrier"),),
    ),
    voyage=Voyage(reference="0412W", carrier="NRLN", conveyance=SHIP),
    inland=Voyage(reference="7", conveyance=Conveyance(mode="road")),
    reason="ON DECK", documents=("STS:17", "BN:B1"),
    parties=(Party(role="consignee", name="ALTAMIRA FRUIT", contact="INES LUNA"),),
)  # fmt: skip


def test_a_status_is_written_segment_by_segment_in_the_order_of_the_directory() -> None:
    assert texts("IFTSTA", stating(LOADED)) == [
        "UNH+M1+IFTSTA:D:01B:UN",
        "BGM+77+M1+9",
        "DTM+137:202604131015:203",
        "NAD+MS+NORTHREACH:160:ZZZ",
        "CNI+1+NR1",
        "LOC+9+ECGYE:139:6",
        "LOC+11+PAONX:139:6",
        "STS+1+AE::116+17",
        "RFF+BM:NR1",
        "RFF+BN:B1",
        "DTM+334:202604241030:203",
        "FTX+ACD+++ON DECK",
        "NAD+CA+NRLN:172:20",
        "NAD+CN+++ALTAMIRA FRUIT",
        "CTA+IC+:INES LUNA",
        "LOC+175+ECGYE:139:6",
        "TDT+20+0412W+1++NRLN:172:20+++9999993:146::NORTHREACH PIONEER",
        "TDT+1+7+3",
        "EQD+CN+CSQU3054383+45R1:102:5+++5",
        "MEA+AAE+G+KGM:21300",
        "MEA+AAE+VGM+KGM:21420.5",
        "MEA+AAE+T+KGM:4600",
        "SEL+778812+CA",
        "UNT+24+M1",
    ]
    assert faults(written("IFTSTA", stating(LOADED))) == []
    assert returned("IFTSTA", LOADED) == [LOADED]


def test_a_code_that_does_not_say_the_event_stands_with_the_reason() -> None:
    found = TransportEvent(event="clear", bill="NR1", code="1C", reason="RELEASED")
    assert texts("IFTSTA", stating(found))[5:7] == ["STS+1+12::6", "RFF+BM:NR1"]
    assert returned("IFTSTA", found) == [found]


def test_a_gate_has_the_code_of_x12_because_the_recommendation_has_none() -> None:
    found = TransportEvent(event="gate_in", equipment=BOX, code="I")
    assert "STS+1+I::116" in texts("IFTSTA", stating(found))
    assert returned("IFTSTA", found) == [found]


@pytest.mark.parametrize("code", ["", "101", "48", "AE", "70", "OWN LIST"])
def test_an_event_that_is_none_of_the_known_keeps_its_code(code: str) -> None:
    found = TransportEvent(event="other", bill="NR1", code=code)
    assert returned("IFTSTA", found) == [found]


def test_an_event_without_code_comes_back_with_the_code_that_was_written() -> None:
    found = TransportEvent(event="load", bill="NR1")
    assert returned("IFTSTA", found) == [replace(found, code="48")]


@pytest.mark.parametrize("stage", ["planned", "estimated"])
@pytest.mark.parametrize("event", ["arrive", "depart", "deliver", "load"])
def test_what_is_awaited_comes_back_as_awaited(event: str, stage: str) -> None:
    found = TransportEvent(
        event=event, stage=stage, occurred="2026-04-24", bill="NR1",
        code=WRITE["iftsta_event"][event],
    )  # fmt: skip
    assert returned("IFTSTA", found) == [found]


@pytest.mark.parametrize(
    "wrong",
    [
        replace(LOADED, event="weigh"),
        replace(LOADED, stage="planned", occurred=""),
        replace(LOADED, equipment=TransportEquipment(number="")),
        PortCall(voyage=VOYAGE_0412, port=PAONX),
    ],
)
def test_what_would_come_back_as_something_else_is_refused(
    wrong: TransportEvent | PortCall,
) -> None:
    with pytest.raises(WritingError):
        written("IFTSTA", stating(wrong))


@pytest.mark.parametrize("sample", samples_of("edifact.iftsta"), ids=lambda sample: sample[0][:60])
def test_what_the_samples_state_is_written_without_fault_and_comes_back(
    sample: tuple[str, Message],
) -> None:
    found = replace(sample[1], prepared="2026-04-13T10:15:00")
    check_same("IFTSTA", found)
    assert faults(written("IFTSTA", found)) == []


# -- code lists ------------------------------------------------------------------------------------


def test_every_status_is_of_recommendation_24_which_the_directory_asks_for() -> None:
    known = set[str]()
    for part in REC24.split():
        first, _, last = part.partition("-")
        known |= {str(code) for code in range(int(first), int(last or first) + 1)}
    assert set(CODES["transport_status"]) <= known


def test_every_moment_is_of_the_official_list_under_its_name() -> None:
    official = directory.codes("D.17B", "2005") or {}
    for code, name in names_of("code_map.csv", "status_moment").items():
        assert official[code] == name


@pytest.mark.parametrize("stage", ["actual", "estimated", "planned"])
def test_every_moment_that_is_written_tells_its_stage_and_is_of_its_directory(stage: str) -> None:
    official = directory.codes("D.01B", "2005") or {}
    for code, name in names_of("write_map.csv", f"iftsta_{stage}").items():
        assert official[code] == name
        assert CODES["status_moment"][code] == stage


def test_what_is_written_for_an_event_is_read_as_that_event() -> None:
    for event, code in WRITE["iftsta_event"].items():
        assert meant(code, "6" if code.isdigit() else "116") == event


# -- any record ------------------------------------------------------------------------------------

SEALS = st.lists(
    st.builds(Seal, number=words(1), affixed_by=st.sampled_from(["carrier", "customs", ""])),
    unique=True,
    max_size=2,
).map(tuple)
UNIT = a_box(
    temperature_c=st.none(),
    operator=st.just(""),
    seals=SEALS,
    load_port=PLACE,
    discharge_port=PLACE,
    gross_mass_kg=MASS,
)


def _event(event: str, code: str, staged: tuple[str, str], more: TransportEvent) -> TransportEvent:
    stage, occurred = staged
    documents = tuple(dict.fromkeys(more.documents))
    return replace(
        more, event=event, code=code, stage=stage, occurred=occurred, documents=documents
    )


EVENT = st.builds(
    _event,
    st.sampled_from([*WRITE["iftsta_event"], "other"]),
    st.sampled_from(["48", "AE", "24", "1H", "101,102", "OWN LIST"]),
    st.one_of(
        st.tuples(st.just("actual"), MOMENT),
        st.tuples(st.sampled_from(["planned", "estimated"]), MOMENT.filter(bool)),
    ),
    st.builds(
        TransportEvent,
        event=st.just("other"),
        place=st.one_of(st.just(Place()), A_PLACE),
        equipment=st.none() | UNIT,
        carrier=st.sampled_from(["", "NRLN"]),
        bill=words(),
        voyage=VOYAGE,
        inland=VOYAGE,
        reason=words(),
        parties=st.lists(PARTY, max_size=2).map(tuple),
        documents=st.builds(
            lambda whys, rest: (*whys, *rest),
            st.lists(st.sampled_from(["STS:17", "STS:40"]), unique=True),
            st.lists(DOCUMENT, max_size=3),
        ),
    ),
)  # fmt: skip


@given(made_messages(EVENT, most=3))
@settings(max_examples=60, deadline=None)
def test_any_event_comes_back_as_it_was_and_breaks_no_rule(found: Message) -> None:
    check_same("IFTSTA", found)
    assert [each for each in faults(written("IFTSTA", found)) if "longer" not in each] == []
