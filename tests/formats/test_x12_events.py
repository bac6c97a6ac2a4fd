"""X12 350, 353 and 355: what customs and carriers tell about bills, containers and the ship."""

from __future__ import annotations

import csv
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from test_write_cuscar import PORT, VOYAGE_0412
from typed_reading import codes, x12_messages
from typed_writing import DAY, messages, stating
from x12_writing import CODED, VOYAGE, check_same, long_text, returned, texts, written

from esclusa.formats.edifact.drafting import WritingError
from esclusa.model import (
    Consignment,
    Function,
    Identifier,
    Message,
    Party,
    Place,
    Seal,
    TransportEquipment,
    TransportEvent,
    natural_key,
)

HEAD = "M10*NRLN*O*PA*9999993*NORTHREACH PIONEER*0412W***Z*L\nP4*5201"


def only(kind: str, body: str) -> Message:
    (message,) = x12_messages(body, kind)
    return message


def events(kind: str, body: str) -> list[TransportEvent]:
    found = only(kind, f"{HEAD}\n{body}").statements
    return [each for each in found if isinstance(each, TransportEvent)]


def unit(number: str, **more: object) -> TransportEquipment:
    return TransportEquipment(number=number, number_valid=True, **more)  # type: ignore[arg-type]


# -- 350 ------------------------------------------------------------------------------------------

STATUS = "X4*NRUS1*805*01*ABC12345678*20260424*1030*1C*MAST1*NRLN*MSTR"


def test_x4_is_what_customs_did_to_a_bill_with_its_code_and_its_meaning_in_words() -> None:
    (found,) = events("350", STATUS)
    assert (found.event, found.code) == ("clear", "1C")
    assert found.reason == "Entered and released: general examination"
    assert (found.carrier, found.bill) == ("NRLN", "NRUS1")
    assert (found.occurred, found.place) == ("2026-04-24T10:30", Place(code="5201"))
    assert found.documents == ("QTY:805", "ENTRYTYPE:01", "ENTRY:ABC12345678", "MB:MSTRMAST1")
    assert found.voyage.conveyance.imo == "9999993"
    assert natural_key(found).startswith("NRLN/NRUS1/CLEAR/ACTUAL/2026-04-24T10:30")


@pytest.mark.parametrize(
    ("code", "event"),
    [
        ("1A", "inspect"), ("1B", "clear"), ("1H", "hold"), ("1I", "release"), ("1J", "release"),
        ("2H", "hold"), ("3I", "release"), ("4A", "inspect"), ("4C", "clear"), ("4E", "other"),
        ("5H", "hold"), ("6H", "hold"), ("7H", "inspect"), ("7I", "release"), ("11", "arrive"),
        ("51", "depart"), ("54", "other"), ("71", "hold"), ("76", "release"), ("A3", "refuse"),
    ],
)  # fmt: skip
def test_the_disposition_code_gives_the_event(code: str, event: str) -> None:
    (found,) = events("350", f"X4*B1****20260424*1030*{code}**NRLN")
    assert (found.event, found.code) == (event, code)
    assert found.reason


def test_an_unknown_code_is_kept_and_noted() -> None:
    message = only("350", f"{HEAD}\nX4*B1****20260424*1030*Q9**NRLN")
    (found,) = message.statements
    assert isinstance(found, TransportEvent)
    assert (found.event, found.code, found.reason) == ("other", "Q9", "")
    assert codes(message) == ["x12.350.disposition"]
    assert message.defects[0].element == "7"


def test_a_hold_may_be_on_a_container_alone() -> None:
    (found,) = events("350", "X4*****20260424*1030*7H**NRLN**CSQU*3054383")
    assert found.equipment == unit("CSQU3054383")
    assert (found.bill, found.event) == ("", "inspect")


def test_remarks_references_and_containers_of_a_posting_go_with_it() -> None:
    full = "X" * 30
    body = f"{STATUS}\nK1*{full}*Y\nK1*Z\nN9*BN*BK7\nN7*CSQU*3054383\nX4*B2****20260424**1H**NRLN"
    first, second = events("350", body)
    assert first.reason.endswith(f"examination; {full}Y Z")
    assert first.documents[4:] == ("BN:BK7", "EQ:CSQU3054383")
    assert (second.event, second.occurred, second.documents) == ("hold", "2026-04-24", ())


def test_v9_is_about_the_ship() -> None:
    (found,) = events("350", "V9*ARR*VESSEL ARRIVED*20260424*0400")
    assert (found.event, found.code, found.reason) == ("other", "ARR", "VESSEL ARRIVED")
    assert (found.bill, found.carrier, found.occurred) == ("", "NRLN", "2026-04-24T04:00")


def test_a_posting_about_nothing_is_an_error_and_its_neighbour_stands() -> None:
    message = only("350", f"{HEAD}\nX4*****20260424*1030*1C\n{STATUS}\nZZ*1")
    assert len(message.statements) == 1
    assert codes(message) == ["x12.350.subject", "x12.350.segment.unknown"]


def test_each_code_stands_once_with_a_word_of_the_model() -> None:
    text = files("esclusa.formats.x12").joinpath("dispositions.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert len({row["code"] for row in rows}) == len(rows) > 100
    assert all(len(row["code"]) == 2 and row["name"] for row in rows)
    known = {"arrive", "depart", "hold", "release", "clear", "inspect", "accept", "refuse", "other"}
    assert {row["event"] for row in rows} == known


# -- 353 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "event", "subject"),
    [
        ("1", "arrive", "inbond"), ("2", "arrive", "bill"), ("3", "arrive", "container"),
        ("5", "depart", "inbond"), ("6", "depart", "bill"), ("7", "depart", "container"),
        ("A", "other", "inbond"), ("B", "other", "bill"), ("C", "other", "container"),
    ],
)  # fmt: skip
def test_m1501_says_what_arrived_left_or_changed_hands(code: str, event: str, subject: str) -> None:
    (found,) = events("353", f"M15*{code}*CSQU3054383*20260424*3901*NRLN*0615")
    assert (found.event, found.code, found.occurred) == (event, code, "2026-04-24T06:15")
    assert found.place == Place(code="3901")
    assert found.bill == ("CSQU3054383" if subject == "bill" else "")
    assert found.equipment == (unit("CSQU3054383") if subject == "container" else None)
    assert found.documents == (("INBOND:CSQU3054383",) if subject == "inbond" else ())
    assert found.reason == ("Transfer of liability" if event == "other" else "")


@pytest.mark.parametrize(("kind", "event"), [("H", "arrive"), ("K", "depart"), ("", "other")])
def test_the_type_of_manifest_says_what_the_ship_did(kind: str, event: str) -> None:
    body = f"M10*NRLN*O*PA*9999993*NORTHREACH PIONEER*0412W***{kind}\nP4*5201\nM15*4*0412W*20260424***0400"
    (found,) = only("353", body).statements
    assert isinstance(found, TransportEvent)
    assert (found.event, found.code, found.bill) == (event, "4", "")
    assert (found.place, found.carrier) == (Place(code="5201"), "NRLN")


def test_the_seal_the_next_carrier_and_remarks_go_with_their_event() -> None:
    body = (
        "M15*C*CSQU3054383*20260424*3901*NRLN*0615*S1*12-3456789*AMFE*CHICAGO\nK1*TOLD BY PHONE\n"
        "M15*2*B1*20260424*3901*NRLN*0615"
    )
    first, second = events("353", body)
    assert first.equipment == unit("CSQU3054383", seals=(Seal(number="S1"),))
    assert first.place == Place(code="3901", name="CHICAGO")
    assert first.reason == "Transfer of liability; TOLD BY PHONE"
    (party,) = first.parties
    assert [each.value for each in party.identifiers] == ["AMFE", "12-3456789"]
    assert (second.bill, second.reason, second.parties) == ("B1", "", ())


# -- 355 ------------------------------------------------------------------------------------------


def test_a_bill_with_errors_was_refused_with_their_codes_and_texts() -> None:
    body = (
        "LX*1\nM11*B1*35177********SANTOS**NRLN\nK1*034 INVALID FOREIGN PORT OF LA*DING\n"
        "N1*SH*A\nK1*SHIPPER ADDRESS MISSING*112\nLX*2\nM13*NRLN*5201*A*B2"
    )
    first, second, whole = events("355", body)
    assert (first.event, first.carrier, first.bill) == ("refuse", "NRLN", "B1")
    assert first.code == "034,112"
    assert first.reason == "INVALID FOREIGN PORT OF LADING; SHIPPER ADDRESS MISSING"
    assert first.occurred == "2026-04-13T10:15:00"
    assert (second.event, second.bill, second.code) == ("accept", "B2", "")
    assert (whole.event, whole.bill, whole.code) == ("refuse", "", "")


@pytest.mark.parametrize(
    ("body", "event", "code", "reason"),
    [
        ("", "accept", "", ""),
        ("K3*MANIFEST ACCEPTED", "accept", "", "MANIFEST ACCEPTED"),
        ("K3*REJECTED*2 ERRORS", "refuse", "", "REJECTED 2 ERRORS"),
        ("K1*101 INVALID CARRIER", "refuse", "101", "INVALID CARRIER"),
        ("K1*ALL IS WRONG\nK3*ACCEPTED", "accept", "", "ALL IS WRONG; ACCEPTED"),
    ],
)
def test_the_verdict_on_the_set_is_k3_or_follows_from_the_errors(
    body: str, event: str, code: str, reason: str
) -> None:
    (whole,) = events("355", body)
    assert (whole.event, whole.code, whole.reason) == (event, code, reason)


def test_an_answer_to_353_names_movements_and_containers() -> None:
    body = (
        "LX*1\nM15*1*V123*20260424\nK1*201 IN-BOND NOT ON FILE\nLX*2\nM15*3*CSQU3054383\nK1*202 X"
    )
    first, second, _ = events("355", body)
    assert (first.documents, first.code) == (("INBOND:V123",), "201")
    assert (second.equipment, second.code) == (unit("CSQU3054383"), "202")


# -- written --------------------------------------------------------------------------------------

KINDS = {
    "350": f"{STATUS}\nK1*CALL THE OFFICE\nN9*BN*BK7\nN7*CSQU*3054383\nV9*ARR*ARRIVED*20260424*0400",
    "353": "M15*2*B1*20260424*3901*NRLN*0615\nK1*X\nM15*A*V1*20260424*3901**0615***AMFE",
    "355": "LX*1\nM11*B1***********NRLN\nK1*034 INVALID\nLX*2\nM11*B2***********NRLN\nK3*REJECTED",
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_read_comes_back_as_it_was(kind: str) -> None:
    message = only(kind, f"{HEAD}\n{KINDS[kind]}")
    assert len(message.statements) >= 2
    check_same(kind, replace(message, prepared="2026-04-13T10:15:00"))


def test_sets_are_written_in_the_order_of_their_tables() -> None:
    found = {
        kind: [line.split("*")[0] for line in texts(kind, only(kind, f"{HEAD}\n{body}"))]
        for kind, body in KINDS.items()
    }
    assert found["350"] == ["ST", "M10", "P4", "V9", "X4", "K1", "N9", "N7", "SE"]
    assert found["353"] == ["ST", "M10", "P4", "M15", "K1", "SE", "ST", "M10", "P4", "M15", "SE"]
    assert found["355"] == ["ST", "M10", "P4", "LX", "M11", "K1", "LX", "M11", "K3", "SE"]


def event(what: str = "hold", **more: object) -> TransportEvent:
    fields = {"occurred": "2026-04-13T10:15:00", "voyage": VOYAGE_0412, "carrier": "NRLN", **more}
    return TransportEvent(event=what, **fields)  # type: ignore[arg-type]


def test_ships_and_ports_have_sets_and_loops_of_their_own() -> None:
    other = replace(VOYAGE_0412, reference="0413E")
    message = stating(
        event(bill="B1", code="1H", reason="CBP hold placed at port of discharge"),
        event(bill="B2", code="1H", reason="CBP hold placed at port of discharge", voyage=other),
        event(bill="B3", code="1H", reason="CBP hold placed at port of discharge", place=Place(code="5201")),
    )  # fmt: skip
    tags = [line.split("*")[0] for line in texts("350", message)]
    assert tags == ["ST", "M10", "P4", "X4", "P4", "X4", "SE", "ST", "M10", "P4", "X4", "SE"]
    check_same("350", message)


CHANGED = [
    ("350", "the event is that of the code", event("clear", bill="B1", code="1H"),
     event("hold", bill="B1", code="1H", reason="CBP hold placed at port of discharge")),
    ("350", "documents in their order, one without qualifier",
     event("other", bill="B1", code="Q9", documents=("BN:1", "QTY:2", "LONG:3", "QTY:4")),
     event("other", bill="B1", code="Q9", documents=("QTY:2", "BN:1", "ZZ:LONG:3", "QTY:4"))),
    ("350", "stage, inland voyage, parties, details of a container",
     event("inspect", stage="planned", code="7H", equipment=unit("CSQU3054383", size_type="22G1"), parties=(Party(role="agent", name="X"),)),
     event("inspect", code="7H", equipment=unit("CSQU3054383"), reason="Non-intrusive examination ordered")),
    ("350", "an event of the ship", event("arrive", code="ARR"), event("other", code="ARR")),
    ("353", "the code of a bill's event is that of the set", event("arrive", bill="B1", code="12"), event("arrive", bill="B1", code="2")),
    ("353", "a bill beside a container, further seals and documents",
     event("depart", bill="B1", equipment=unit("CSQU3054383", seals=(Seal(number="1"), Seal(number="2"))), documents=("BN:1",)),
     event("depart", code="7", equipment=unit("CSQU3054383", seals=(Seal(number="1"),)))),
    ("355", "an accepted bill's reason", event("accept", bill="B1", reason="FINE"), event("accept", bill="B1")),
    ("355", "a refused bill without a reason", event("refuse", bill="B1"), event("refuse", bill="B1", reason="REJECTED")),
    ("355", "a refusal of the whole set that says nothing", event("refuse"), event("refuse", reason="REJECTED")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "what", "sent", "back"), CHANGED, ids=[each[1] for each in CHANGED]
)
def test_what_a_set_cannot_carry_comes_back_as_documented(
    kind: str, what: str, sent: TransportEvent, back: TransportEvent
) -> None:
    found = returned(kind, sent)
    if kind == "355":
        found = [each for each in found if each.bill or not sent.bill]  # type: ignore[union-attr]
    assert [replace(each, occurred=back.occurred) for each in found] == [back]  # type: ignore[type-var]


def test_an_answer_without_a_verdict_gets_the_one_that_follows() -> None:
    found = returned("355", event("refuse", bill="B1", code="034", reason="X"))
    assert [(each.event, each.bill) for each in found] == [("refuse", "B1"), ("refuse", "")]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("kind", "statement", "reason"),
    [
        ("350", event(bill="B1"), "no disposition code"),
        ("350", Consignment(carrier="N", bill="B"), "350 carries transport events, no Consignment"),
        ("350", event(bill="B1", code="1H", occurred="now"), "not written as a day"),
        ("353", event(bill="B1"), "353 has no code for it"),
        ("353", event("arrive"), "353 has no code for it"),
        ("353", event("arrive", bill="B1", occurred=""), "no date"),
        ("353", event("arrive", bill="B1", occurred="2026-04-13T10:15Z"), "its moment has a zone"),
        ("350", event(code="ARR", occurred="2026-04-13T10:15-05:00"), "its moment has a zone"),
        ("355", event(bill="B1"), "acceptances and refusals alone"),
    ],
)
def test_a_statement_that_cannot_be_written_is_refused_by_its_place(
    kind: str, statement: TransportEvent, reason: str
) -> None:
    with pytest.raises(WritingError, match=f"message 'M1': statement 1, .*{reason}|{reason}"):
        written(kind, stating(statement))


# -- laws -----------------------------------------------------------------------------------------

WHEN = st.builds("{}T{}".format, DAY, st.sampled_from(["04:00", "23:59:59", "10:15"]))
NUMBER = st.sampled_from(["CSQU3054383", "NRXU2789999", "NRXU4430056"])
BILL = st.from_regex(r"[A-Z]{4}[0-9]{4,8}", fullmatch=True)
WORDS = long_text(4).filter(lambda words: not words[:1].isdigit())


@st.composite
def postings(draw: st.DrawFn) -> TransportEvent:
    code, what, name = draw(
        st.sampled_from(
            [("1H", "hold", "CBP hold placed at port of discharge"), ("Q9", "other", "")]
        )
    )
    words = draw(WORDS)
    box = draw(st.none() | NUMBER)
    found = TransportEvent(
        event=what, code=code, reason="; ".join(part for part in (name, words) if part),
        bill=draw(BILL) if box is None else draw(st.just("") | BILL), occurred=draw(st.just("") | WHEN | DAY),
        place=draw(CODED), carrier=draw(st.sampled_from(["NRLN", "AMFE"])), voyage=draw(VOYAGE),
        equipment=None if box is None else unit(box),
        documents=draw(st.sampled_from([(), ("QTY:7",), ("ENTRY:1", "BN:2", "EQ:CSQU3054383")])),
    )  # fmt: skip
    ship = replace(
        found,
        event="other",
        code="ARR",
        bill="",
        equipment=None,
        documents=(),
        reason=words,
        carrier=found.voyage.carrier,
    )
    return draw(st.sampled_from([found, ship]))  # fmt: skip


@given(messages(postings(), most=5))
@settings(max_examples=80, deadline=None)
def test_any_status_that_350_carries_comes_back_as_it_was(message: Message) -> None:
    check_same("350", replace(message, function=Function.ORIGINAL))


@st.composite
def advisories(draw: st.DrawFn) -> TransportEvent:
    code, what, subject = draw(st.sampled_from([
        ("1", "arrive", "inbond"), ("2", "arrive", "bill"), ("3", "arrive", "container"),
        ("6", "depart", "bill"), ("B", "other", "bill"), ("4", "depart", "ship"), ("9", "other", "ship"),
    ]))  # fmt: skip
    name = "Transfer of liability" if code == "B" else ""
    next_carrier = Party(role="carrier", identifiers=(Identifier(scheme="other", value="AMFE"), Identifier(scheme="tax", value="12")))  # fmt: skip
    return TransportEvent(
        event=what, code=code, reason="; ".join(part for part in (name, draw(WORDS)) if part),
        bill=draw(BILL) if subject == "bill" else "", occurred=draw(WHEN), voyage=draw(VOYAGE),
        place=draw(CODED), carrier=draw(st.sampled_from(["NRLN", "AMFE"])),
        equipment=unit(draw(NUMBER), seals=(Seal(number="S1"),)) if subject == "container" else None,
        documents=("INBOND:V123",) if subject == "inbond" else (),
        parties=(next_carrier,) if code == "B" else (),
    )  # fmt: skip


@given(messages(advisories(), most=5))
@settings(max_examples=80, deadline=None)
def test_any_advisory_that_353_carries_comes_back_as_it_was(message: Message) -> None:
    check_same("353", replace(message, function=Function.ORIGINAL))


@st.composite
def answers(draw: st.DrawFn) -> Message:
    """A refused and an accepted bill of one ship, and the verdict."""
    words = WORDS.filter(bool)
    bad = event(
        "refuse", bill="B1", code="034,112", reason=f"{draw(words)}; {draw(words)}", place=PORT
    )
    good = event("accept", bill="B2", place=PORT)
    odd = event("refuse", equipment=unit("CSQU3054383"), reason=draw(words), place=PORT)
    verdict = event(
        "refuse", reason=draw(st.sampled_from(["REJECTED", "MANIFEST REJECTED"])), place=PORT
    )
    return stating(*draw(st.permutations([bad, good, odd])), verdict)


@given(answers())
@settings(max_examples=60, deadline=None)
def test_any_answer_that_355_carries_comes_back_as_it_was(message: Message) -> None:
    check_same("355", message)
