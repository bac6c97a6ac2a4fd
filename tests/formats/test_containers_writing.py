"""COPRAR, COARRI, CODECO, COPARN, VERMAS, MOVINS written, and what comes back when they are read."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from test_containers_reading import ECGYE, PAONX, SAMPLES, sample
from typed_writing import (
    A_PLACE,
    CODE,
    CONVEYANCE,
    MOMENT,
    PLACE,
    UNDG,
    VOYAGE,
    box,
    messages,
    returned,
    stating,
    text,
    texts,
    written,
)  # fmt: skip
from typed_writing import read as read_written

from esclusa.formats.edifact import reader
from esclusa.formats.edifact.containers import KINDS, damage
from esclusa.formats.edifact.drafting import WritingError
from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.edifact.syntax import read_messages
from esclusa.formats.edifact.validation import validate
from esclusa.model import (
    Consignment,
    Conveyance,
    Function,
    Message,
    Party,
    Place,
    PortCall,
    Seal,
    Severity,
    TransportEquipment,
    TransportEvent,
    Voyage,
)

DATA = Path(__file__).parents[1] / "data" / "edifact"
ORDER = "COPRAR__apimeister__edifact-types__d95b_coprar.edi__5d3b3e7e.edi"

SHIP = Conveyance(mode="sea", name="NORTHREACH PIONEER", imo="9999993", imo_valid=True)
VOYAGE_0412 = Voyage(reference="0412W", carrier="NRLN", conveyance=SHIP)
LORRY = Voyage(
    carrier="MARISOL HAULAGE", conveyance=Conveyance(mode="road", registration="MX991", name="")
)
FRUIT = Party(role="reporting", name="ALTAMIRA FRUIT", contact="INES LUNA; ines@altamira.example")
BOX = TransportEquipment(
    number="CSQU3054383", number_valid=True, size_type="45R1", load_status="full",
    gross_mass_kg=21300.0, verified_mass_kg=21420.5, tare_kg=4600.0, temperature_c=-18.0,
    undg=("3082",), operator="NRLN", stowage="0010584", load_port=ECGYE, discharge_port=PAONX,
    seals=(Seal(number="778812", affixed_by="carrier"),),
)  # fmt: skip
LOAD = TransportEvent(
    event="load", stage="planned", occurred="2026-04-11T12:00", place=ECGYE, equipment=BOX,
    carrier="AMFE", bill="NR1", voyage=VOYAGE_0412, inland=LORRY, reason="KEEP UPRIGHT",
    parties=(Party(role="shipper", name="ALTAMIRA FRUIT"),), documents=("BN:N4006", "SQ:1"),
)  # fmt: skip
CALL = PortCall(
    voyage=VOYAGE_0412, port=ECGYE, arrival="2026-04-11T05:00", departure="2026-04-12T18:30",
    next_port=PAONX,
)  # fmt: skip
REPORT = replace(LOAD, event="discharge", stage="actual", place=PAONX)
WEIGHED = TransportEvent(
    event="weigh", occurred="2026-04-13T19:39", place=PAONX, code="SM1", voyage=VOYAGE_0412,
    equipment=TransportEquipment(
        number="CSQU3054383", number_valid=True, size_type="22G1", verified_mass_kg=12120.0,
        seals=(Seal(number="45545", affixed_by="shipper"),),
    ),
    parties=(FRUIT, Party(role="other", name="MARISOL SCALES")),
    documents=("BN:N4006", "DOC:W77"),
)  # fmt: skip
STOW = TransportEvent(
    event="load", stage="planned", place=ECGYE, voyage=VOYAGE_0412, reason="ON DECK",
    equipment=replace(BOX, seals=()),
)  # fmt: skip

EXAMPLES = {
    "COPRAR": (CALL, LOAD),
    "COARRI": (replace(CALL, port=PAONX), REPORT, damage(REPORT, "DE", "DENT; LEFT WALL")),
    "CODECO": (replace(LOAD, event="gate_in", stage="actual", carrier=""),),
    "COPARN": (replace(LOAD, event="accept", parties=(FRUIT,)),),
    "VERMAS": (WEIGHED,),
    "MOVINS": (replace(CALL, next_port=Place()), STOW, replace(STOW, event="discharge")),
}  # fmt: skip


def faults(data: bytes) -> list[str]:
    """What the directory says is wrong, but for notes."""
    return [
        f"{each.segment_no} {each.reason}"
        for raw in read_messages(io.BytesIO(data))
        if isinstance(raw, RawMessage)
        for each in validate(raw)
        if each.severity is not Severity.NOTE
    ]


def check_same(kind: str, message: Message) -> None:
    """What comes back is what went; a call comes with each of its lists."""
    found = read_written(written(kind, message))
    assert {each.function for each in found} <= {message.function}
    back = [each for one in found for each in one.statements]
    calls = {each for each in back if isinstance(each, PortCall)}
    assert calls == {each for each in message.statements if isinstance(each, PortCall)}
    rest = Counter(each for each in back if not isinstance(each, PortCall))
    assert rest == Counter(each for each in message.statements if not isinstance(each, PortCall))


def test_an_order_is_written_segment_by_segment_in_the_order_of_the_directory() -> None:
    assert texts("COPRAR", stating(CALL, LOAD)) == [
        "UNH+M1+COPRAR:D:00B:UN:SMDG20",
        "BGM+121+M1+9",
        "DTM+137:202604131015:203",
        "TDT+20+0412W+++NRLN:172:20+++9999993:146::NORTHREACH PIONEER",
        "LOC+9+ECGYE:139:6",
        "DTM+132:202604110500:203",
        "DTM+133:202604121830:203",
        "LOC+61+PAONX:139:6",
        "NAD+MS+NORTHREACH:160:ZZZ",
        "EQD+CN+CSQU3054383+45R1:102:5+++5",
        "RFF+BM:NR1",
        "RFF+BN:N4006",
        "RFF+SQ:1",
        "DTM+7:202604111200:203",
        "LOC+9+ECGYE:139:6",
        "LOC+11+PAONX:139:6",
        "LOC+165+ECGYE:139:6",
        "LOC+147+0010584::5",
        "MEA+AAE+G+KGM:21300",
        "MEA+AAE+VGM+KGM:21420.5",
        "MEA+AAE+T+KGM:4600",
        "TMP+2+-18:CEL",
        "SEL+778812+CA",
        "FTX+AAI+++KEEP UPRIGHT",
        "DGS+IMD++3082",
        "TDT+1++3++MARISOL HAULAGE:172:20+++MX991",
        "NAD+CF+NRLN:172:20",
        "NAD+CA+AMFE:172:20",
        "NAD+CZ+++ALTAMIRA FRUIT",
        "CNT+16:1",
        "UNT+31+M1",
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_written_comes_back_as_it_was(kind: str) -> None:
    assert returned(kind, *EXAMPLES[kind]) == list(EXAMPLES[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_written_is_what_its_directory_says(kind: str) -> None:
    assert faults(written(kind, stating(*EXAMPLES[kind]))) == []


@pytest.mark.parametrize("kind", SAMPLES)
def test_every_sample_comes_back_as_it_was(kind: str) -> None:
    message = sample(kind)
    statements = tuple(
        replace(each, next_port=Place())
        if kind == "MOVINS" and isinstance(each, PortCall) else each
        for each in message.statements
    )  # fmt: skip
    check_same(kind, replace(message, statements=statements))


def test_a_public_order_comes_back_as_it_was() -> None:
    with (DATA / ORDER).open("rb") as stream:
        (message,) = (item for item in reader.read(stream) if isinstance(item, Message))
    assert len(message.statements) == 3
    check_same("COPRAR", message)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("function", list(Function))
def test_the_function_is_that_of_the_message(kind: str, function: Function) -> None:
    check_same(kind, stating(*EXAMPLES[kind], function=function))


def test_every_event_and_every_voyage_has_a_list_of_its_own() -> None:
    unload = replace(LOAD, event="discharge", place=PAONX)
    other = replace(LOAD, voyage=replace(VOYAGE_0412, reference="0413E"))
    found = read_written(written("COPRAR", stating(LOAD, unload, other)))
    assert [len(message.statements) for message in found] == [1, 1, 1]
    check_same("COPRAR", stating(LOAD, unload, other))


def test_a_stowage_instruction_orders_all_handlings_in_one_message() -> None:
    orders = (STOW, replace(STOW, event="shift"), replace(STOW, event="discharge"))
    (message,) = read_written(written("MOVINS", stating(*orders)))
    assert message.statements == orders


def test_two_calls_of_a_voyage_have_lists_of_their_own() -> None:
    unload = replace(LOAD, event="discharge", place=PAONX)
    check_same("COPRAR", stating(CALL, replace(CALL, port=PAONX), LOAD, unload))


def test_a_call_without_containers_is_told() -> None:
    assert returned("COPRAR", CALL) == [CALL]


def test_who_answers_for_a_verified_mass_is_named_so() -> None:
    lines = texts("VERMAS", stating(WEIGHED))
    assert lines[-6:-1] == [
        "DOC+SM1:VGM:306+W77",
        "NAD+SPC+++ALTAMIRA FRUIT",
        "CTA+IC+:INES LUNA",
        "COM+ines@altamira.example:EM",
        "NAD+ZZZ+++MARISOL SCALES",
    ]


def test_what_bears_no_container_number_is_called_breakbulk() -> None:
    yacht = replace(LOAD, equipment=TransportEquipment(number="YACHT1"), place=Place())
    assert "EQD+BB+YACHT1" in texts("COPRAR", stating(yacht))
    assert returned("COPRAR", yacht) == [yacht]


# -- what the messages cannot carry ---------------------------------------------------------------


def test_without_a_place_an_event_is_where_its_call_is() -> None:
    bare = replace(LOAD, place=Place())
    assert returned("COPRAR", CALL, bare) == [CALL, LOAD]


def test_several_damages_come_back_as_one() -> None:
    seen = (damage(REPORT, "DE", "DENT"), damage(REPORT, "SC", "SCRATCH"))
    assert returned("COARRI", REPORT, *seen) == [REPORT, damage(REPORT, "DE", "DENT; SCRATCH")]


def test_a_stowage_instruction_has_no_documents_moments_seals_parties_or_lorries() -> None:
    full = replace(
        STOW, documents=LOAD.documents, occurred=LOAD.occurred, parties=LOAD.parties,
        inland=LORRY, carrier="AMFE", equipment=BOX,
    )  # fmt: skip
    assert returned("MOVINS", full) == [STOW]


def test_contacts_are_carried_where_the_message_has_a_place_for_them() -> None:
    event = replace(LOAD, parties=(FRUIT,))
    assert returned("COPRAR", event) == [replace(event, parties=(replace(FRUIT, contact=""),))]
    assert returned("COPARN", replace(event, event="accept")) == [replace(event, event="accept")]


# -- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "statement", "reason"),
    [
        ("COPRAR", replace(LOAD, equipment=None), "about no equipment"),
        ("COPRAR", replace(LOAD, equipment=replace(BOX, number="")), "it has no number"),
        ("COPRAR", replace(LOAD, event="gate_in"), "COPRAR does not tell of 'gate_in'"),
        ("COPRAR", replace(LOAD, stage="actual"), "COPRAR tells what is planned"),
        ("COARRI", replace(LOAD, stage="planned"), "COARRI tells what is actual"),
        ("COARRI", damage(REPORT, "DE", "DENT"), "with the move of its container"),
        ("CODECO", CALL, "CODECO carries .* no PortCall"),
        ("VERMAS", Consignment(carrier="A", bill="B"), "VERMAS carries .* no Consignment"),
        ("COPRAR", replace(LOAD, occurred="soon"), "not written in ISO 8601"),
        ("MOVINS", replace(STOW, equipment=replace(BOX, gross_mass_kg=float("inf"))), "not finite"),
    ],
)
def test_a_statement_that_cannot_be_written_is_refused_with_the_reason(
    kind: str, statement: TransportEvent, reason: str
) -> None:
    with pytest.raises(WritingError, match=f"message 'M1': statement 1, .*{reason}"):
        written(kind, stating(statement))


# -- laws -----------------------------------------------------------------------------------------

A_SHIPS = st.builds(
    Voyage, reference=text(1), carrier=st.sampled_from(["NRLN", ""]), conveyance=CONVEYANCE
)
SHIPS = st.one_of(st.just(Voyage()), A_SHIPS)
SEALS = st.lists(
    st.builds(Seal, number=CODE, affixed_by=st.sampled_from(["", "carrier", "customs"])),
    unique=True,
    max_size=3,
).map(tuple)
PARTIES = st.lists(
    st.builds(Party, role=st.sampled_from(["shipper", "consignee", "agent"]), name=text(1)),
    max_size=2,
).map(tuple)
DOCUMENTS = st.lists(
    st.builds("{}:{}".format, st.sampled_from(["BN", "SQ", "ABT", "REO"]), text(1)),
    unique=True,
    max_size=3,
).map(tuple)
WORDS = text(0, 60).map(lambda found: " ".join(found.split()))
UNIT = box(undg=UNDG, stowage=text(), load_port=A_PLACE, discharge_port=A_PLACE)
SEALED = box(
    undg=UNDG, stowage=text(), load_port=A_PLACE, discharge_port=A_PLACE, seals=SEALS
)  # fmt: skip
SCALED = box(
    operator=text(), load_status=st.just(""), temperature_c=st.none(), seals=SEALS,
    stowage=text(), load_port=PLACE, discharge_port=PLACE,
)  # fmt: skip


def moves(stage: str, *names: str) -> st.SearchStrategy[TransportEvent]:
    return st.builds(
        TransportEvent, event=st.sampled_from(names), stage=st.just(stage), occurred=MOMENT,
        place=A_PLACE, equipment=SEALED, carrier=text(), bill=text(), voyage=SHIPS, inland=VOYAGE,
        reason=WORDS, parties=PARTIES, documents=DOCUMENTS,
    )  # fmt: skip


PORT_CALLS = st.builds(
    PortCall, voyage=A_SHIPS, port=A_PLACE,
    arrival=MOMENT, departure=MOMENT, next_port=PLACE,
)  # fmt: skip

RECORDS = {
    "COPRAR": st.one_of(PORT_CALLS, moves("planned", "load", "discharge", "shift")),
    "COARRI": st.one_of(PORT_CALLS, moves("actual", "load", "discharge", "shift")),
    "CODECO": moves("actual", "gate_in", "gate_out"),
    "COPARN": moves("planned", "accept", "release", "pick_up"),
    "VERMAS": st.builds(
        TransportEvent, event=st.just("weigh"), occurred=MOMENT, place=PLACE, equipment=SCALED,
        carrier=text(), bill=text(), voyage=SHIPS, code=st.sampled_from(["", "SM1", "SM2"]),
        parties=PARTIES, documents=DOCUMENTS,
    ),
    "MOVINS": st.one_of(
        PORT_CALLS.map(lambda call: replace(call, next_port=Place())),
        st.builds(
            TransportEvent, event=st.sampled_from(["load", "discharge", "shift"]),
            stage=st.just("planned"), place=A_PLACE, equipment=UNIT, voyage=SHIPS, reason=WORDS,
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_any_records_that_a_message_carries_come_back_as_they_were(
    kind: str, data: st.DataObject
) -> None:
    check_same(kind, data.draw(messages(RECORDS[kind], most=4)))
