"""Validation against directory and guide: what is told of each fault, rule by rule.

``test_validation_damage.py`` shows the same on the sample messages.
"""

from __future__ import annotations

import io

import msgspec
import pytest

from esclusa.errors import ConfigError, LimitError
from esclusa.formats.edifact import directory, guides
from esclusa.formats.edifact.guides import overlaid
from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.edifact.syntax import read_messages
from esclusa.formats.edifact.validation import Schema, schema, validate
from esclusa.formats.limits import DEFAULT
from esclusa.formats.work import Work
from esclusa.model import Defect, Severity


def structural(defects: tuple[Defect, ...]) -> list[Defect]:
    return [
        each for each in defects if each.code.startswith(("edifact.segment.", "edifact.group."))
    ]


def message(*segments: str, kind: str = "BAPLIE:D:17B:UN", reference: str = "1") -> bytes:
    return "'".join(
        [f"UNH+{reference}+{kind}", *segments, f"UNT+{len(segments) + 2}+{reference}", ""]
    ).encode()


def one(data: bytes) -> RawMessage:
    (raw,) = [
        item
        for item in read_messages(io.BytesIO(b"UNB+UNOC:3+A+B+240101:0000+1'" + data))
        if isinstance(item, RawMessage)
    ]
    return raw


BAY = (
    "BGM+X:::BAYPLAN+1+9",
    "DTM+137:202401010000:203",
    "TDT+20+1+++X:172:166+++1:103::SHIP",
    "LOC+5+PABLB",
    "UNS+D",
)


def told(*segments: str, kind: str = "BAPLIE:D:17B:UN") -> list[tuple[str, str, int]]:
    found = structural(validate(one(message(*segments, kind=kind))))
    return [(each.code.removeprefix("edifact."), each.segment, each.segment_no) for each in found]


def test_a_message_without_fault_has_no_defect() -> None:
    assert validate(one(message("BGM+250+1+9", *BAY[1:], "LOC+147+0010182::5", "CNT+16:1"))) == ()


def test_a_missing_segment_is_told_once_before_what_follows() -> None:
    assert told(*BAY[1:]) == [("segment.missing", "DTM", 2)]


def test_what_is_missing_at_the_end_is_told_at_the_trailer() -> None:
    """BAPLIE D.17B group 6 ends with CNT M1."""
    assert told(*BAY, "LOC+147+1") == [("segment.missing", "UNT", 8)]


def test_a_missing_group_is_named_with_the_segment_that_opens_it() -> None:
    raw = one(message(BAY[0], BAY[1], BAY[4]))
    (defect,) = structural(validate(raw))
    assert (defect.code, defect.segment_no) == ("edifact.group.missing", 4)
    assert defect.reason == "segment group 4 (TDT) is missing before UNS"


def test_a_lost_opening_segment_is_told_and_what_it_opened_is_read() -> None:
    """NAD of group 2 is lost; CTA and COM of group 3 after it fit."""
    assert told(BAY[0], BAY[1], "CTA+IC+:A", "COM+1:TE", *BAY[2:]) == [
        ("segment.missing", "CTA", 4)
    ]


def test_a_segment_that_the_directory_does_not_know_is_unknown() -> None:
    assert told(BAY[0], "QQQ+1", *BAY[1:]) == [("segment.unknown", "QQQ", 3)]


def test_a_segment_that_the_message_does_not_have_is_unexpected() -> None:
    assert told(BAY[0], "LIN+1", *BAY[1:]) == [("segment.unexpected", "LIN", 3)]


def test_a_segment_in_the_wrong_place_is_out_of_order() -> None:
    assert told(BAY[1], BAY[0], *BAY[2:]) == [("segment.order", "DTM", 2)]


def test_a_stray_total_in_the_middle_does_not_fault_all_that_follows() -> None:
    """CNT of PAXLST closes the list: a walk that went there could take nothing more."""
    traveller = ("NAD+FL+++DOE:JANE", "ATT+2++F", "DTM+329:800101", "DOC+P+1", "DTM+36:300101")
    head = ("BGM+745", "NAD+MS+++ALTAMIRA", "TDT+20+AM1", "LOC+125+PTY", "DTM+189:2401010000:201")
    body = [
        *head,
        *traveller,
        "NAD+FL+++DOE:JOHN",
        "ATT+2++M",
        "CNT+42:2",
        *traveller * 3,
        "CNT+42:5",
    ]
    assert told(*body, kind="PAXLST:D:05B:UN:IATA") == [("segment.order", "CNT", 14)]


def test_one_repetition_too_many_is_told_once_however_many_follow() -> None:
    assert told(BAY[0], *[BAY[1]] * 9, *BAY[2:]) == []
    assert told(BAY[0], *[BAY[1]] * 10, *BAY[2:]) == [("segment.repetitions", "DTM", 12)]
    assert told(BAY[0], *[BAY[1]] * 40, *BAY[2:]) == [("segment.repetitions", "DTM", 12)]


def test_one_group_too_many_is_told_at_its_opening_segment() -> None:
    assert told(BAY[0], BAY[1], *[BAY[2], BAY[3]] * 10, BAY[4]) == [
        ("group.repetitions", "TDT", 22)
    ]


def test_two_faults_apart_give_two_defects() -> None:
    assert told("QQQ+1", *BAY[:3], "QQQ+2", *BAY[3:]) == [
        ("segment.unknown", "QQQ", 2),
        ("segment.unknown", "QQQ", 6),
    ]


def test_security_segments_may_stand_in_any_message() -> None:
    """ISO 9735-5: USH after UNH, UST before UNT."""
    assert told("USH+1", *BAY, "UST+1") == []


def test_a_message_that_was_cut_off_is_not_faulted_for_what_is_lost() -> None:
    data = b"UNB+UNOC:3+A+B+240101:0000+1'UNH+1+BAPLIE:D:17B:UN'BGM+250+1+9'DTM+137:2024"
    raw = next(item for item in read_messages(io.BytesIO(data)) if isinstance(item, RawMessage))
    assert [each.code for each in raw.defects] == ["edifact.truncated"]
    assert structural(validate(raw)) == []


def test_a_message_that_no_directory_has_is_told_and_not_judged() -> None:
    (defect,) = validate(one(message("ABC+1", kind="PNRGOV:11:1:IA")))
    assert (defect.code, defect.severity, defect.element) == (
        "edifact.message.unknown",
        Severity.WARNING,
        "2.1",
    )
    assert "its agency is 'IA'" in defect.reason


def test_a_directory_that_is_not_packed_is_told_in_a_note() -> None:
    (defect,) = validate(one(message("BGM+85+1+9", "UNS+D", kind="CUSCAR:D:99A:UN")))[:1]
    assert (defect.code, defect.severity, defect.element) == (
        "edifact.message.directory",
        Severity.NOTE,
        "2.2",
    )
    assert defect.reason == "directory 'D.99A' is not packed; validated against D.01B"


def test_a_directory_that_lacks_the_message_is_told_in_a_note() -> None:
    (defect,) = validate(one(message("BGM+749", kind="VERMAS:D:15A:UN")))[:1]
    assert defect.reason == "directory 'D.15A' lacks the message; validated against D.17B"


def test_a_caller_may_name_another_directory() -> None:
    raw = one(message(*BAY))
    assert structural(validate(raw)) == []
    assert structural(validate(raw, directory="D.07B")) != []


def test_a_bad_message_costs_its_neighbours_nothing() -> None:
    good, bad = message(*BAY), message("QQQ+1", "BGM", "UNS+D", "BGM", reference="2")
    data = b"UNB+UNOC:3+A+B+240101:0000+1'" + good + bad + good
    raws = [item for item in read_messages(io.BytesIO(data)) if isinstance(item, RawMessage)]
    assert [len(structural(validate(raw))) > 0 for raw in raws] == [False, True, False]


def values(*segments: str, kind: str = "BAPLIE:D:17B:UN") -> list[tuple[str, str, str]]:
    found = validate(one(message(*segments, kind=kind)))
    return [
        (each.code.removeprefix("edifact.element."), each.segment, each.element)
        for each in found
        if ".element." in each.code
    ]


@pytest.mark.parametrize(
    ("dtm", "expected"),
    [
        ("DTM+137:202401010000:203", []),
        ("DTM+137:202401010000:203++", []),
        ("DTM+137:202401010000:203+X", [("excess", "DTM", "2")]),
        ("DTM+13777:202401010000:203", [("long", "DTM", "1.1")]),
        ("DTM+QQQ:202401010000:203", [("code", "DTM", "1.1")]),
        (f"DTM+137:{'1' * 36}:203", [("long", "DTM", "1.2")]),
        ("DTM", [("missing", "DTM", "1")]),
        ("DTM+", [("missing", "DTM", "1")]),
    ],
)  # fmt: skip
def test_values_of_dtm(dtm: str, expected: list[tuple[str, str, str]]) -> None:
    """EDSD D.17B DTM: C507 M1 with 2005 M an..3, 2380 C an..35, 2379 C an..3."""
    assert values("BGM+250+1+9", dtm, *BAY[2:]) == expected


def test_a_missing_component_of_a_filled_composite_is_told() -> None:
    found = validate(one(message("BGM+250+1+9", "DTM+:202401010000:203", *BAY[2:])))
    assert [(each.code, each.element) for each in found] == [("edifact.component.missing", "1.1")]
    assert found[0].reason == "2005 date or time or period function code qualifier is missing"


@pytest.mark.parametrize(
    ("doc", "missing"),
    [("DOC+P+1", []), ("DOC+:::P+1", []), ("DOC++1", ["1"]), ("DOC+::+1", ["1"]), ("DOC", ["1"])],
)
def test_a_mandatory_composite_holds_something_even_if_each_component_is_conditional(
    doc: str, missing: list[str]
) -> None:
    """EDSD D.17B DOC: C002 M1, all of whose components are C."""
    head = ("BGM+745", "NAD+MS+++ALTAMIRA", "TDT+20+AM1", "LOC+125+PTY", "NAD+FL+++DOE:JANE")
    found = validate(one(message(*head, doc, "CNT+42:1", kind="PAXLST:D:17B:UN")))
    assert [each.element for each in found if each.code == "edifact.element.missing"] == missing


def test_a_component_too_many_is_told() -> None:
    found = validate(one(message("BGM+250+1+9", "DTM+137:202401010000:203:X", *BAY[2:])))
    assert [(each.code, each.element) for each in found] == [("edifact.component.excess", "1.4")]


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", []), ("-1", []), ("12.5", []), ("12,5", []), (".5", []), ("1.2.3", ["class"]), ("1E3", ["class"]), ("12-", ["class"]),
     ("1234567", []), ("-123456.7", []), ("123456789012345678", []), ("1234567890123456.78", []), ("1234567890123456789", ["long"]), ("-123456789.0123456789", ["long"])],
)  # fmt: skip
def test_numbers_count_their_digits_and_neither_sign_nor_decimal_mark(
    value: str, expected: list[str]
) -> None:
    """ISO 9735-1 § 10.3; EDSD D.17B CNT: 6066 M n..18."""
    found = values("BGM+250+1+9", *BAY[1:], "LOC+147+1", f"CNT+16:{value}")
    assert [code for code, _, _ in found] == expected


def test_released_characters_are_one_character_of_the_value() -> None:
    """FTX 4440 an..512 with ?+, ?: and ?? in it."""
    sound = "FTX+AAA+++" + "?+" * 512
    assert values("BGM+250+1+9", *BAY[1:3], sound, *BAY[3:]) == []
    assert values("BGM+250+1+9", *BAY[1:3], sound + "?:", *BAY[3:]) == [("long", "FTX", "4.1")]


def test_a_code_of_another_list_is_not_looked_up() -> None:
    """BGM 1001 with 1131 or 3055 filled is a code of theirs."""
    assert values("BGM+QQQ+1+9", *BAY[1:]) == [("code", "BGM", "1.1")]
    assert values("BGM+QQQ:ABC+1+9", *BAY[1:]) == []
    assert values("BGM+QQQ::20+1+9", *BAY[1:]) == []


def test_a_qualifier_speaks_for_the_code_before_it_alone() -> None:
    """EDSD D.17B TSR: C233 has 7273, 1131, 3055 and again 7273, 1131, 3055."""
    box = ("LOC+147+1", "EQD+CN+X", "LOC+9+PABLB")
    assert values("BGM+250+1+9", *BAY[1:], *box, "TSR++QQQ:::2:ABC:20", "CNT+16:1") == [
        ("code", "TSR", "2.1")
    ]
    assert values("BGM+250+1+9", *BAY[1:], *box, "TSR++QQQ:ABC::2", "CNT+16:1") == []


def test_a_code_of_a_borrowed_list_is_only_noted() -> None:
    found = validate(one(message("BGM+85+1+9", "NAD+QQQ+1", "TDT+20", kind="CUSCAR:D:96A:UN")))
    codes = [each for each in found if each.code == "edifact.element.code"]
    assert [(each.severity, each.element) for each in codes] == [(Severity.NOTE, "1")]
    assert codes[0].reason.endswith("'QQQ' is not in the code list of D.07B")


def test_the_byte_of_a_bad_component_is_told() -> None:
    data = b"UNB+UNOC:3+A+B+240101:0000+1'" + message(
        "BGM+250+1+9", "DTM+137:202401010000:QQQ", *BAY[2:]
    )
    raw = next(item for item in read_messages(io.BytesIO(data)) if isinstance(item, RawMessage))
    (defect,) = validate(raw)
    assert data[defect.offset : defect.offset + defect.length] == b"QQQ"
    assert (defect.segment_no, defect.element, defect.message) == (3, "1.3", "1")


def test_where_bytes_are_not_characters_the_segment_is_told() -> None:
    data = b"UNB+UNOY:3+A+B+240101:0000+1'" + message("BGM+250+1+9", "DTM+QQQ:Ñ", *BAY[2:])
    raw = next(item for item in read_messages(io.BytesIO(data)) if isinstance(item, RawMessage))
    (defect,) = [each for each in validate(raw) if each.code == "edifact.element.code"]
    assert data[defect.offset : defect.offset + defect.length] == "DTM+QQQ:Ñ'".encode()


def test_defects_come_in_the_order_of_the_file() -> None:
    found = validate(one(message("BGM+QQQ+1+9", "QQQ", "DTM+QQQ", *BAY[2:], "QQQ")))
    assert len(found) == 4
    assert [each.offset for each in found] == sorted(each.offset for each in found)


def test_past_the_limit_the_rest_is_counted_in_one_note() -> None:
    limits = msgspec.structs.replace(DEFAULT, defects_per_message=5)
    found = validate(one(message(*BAY, *["CNT+QQQ:1"] * 3, *["LOC+QQQ"] * 40)), limits=limits)
    assert len(found) == 6
    assert (found[-1].code, found[-1].severity) == ("message.defects.unlisted", Severity.NOTE)


def test_a_file_made_of_faults_is_refused_by_its_work() -> None:
    raw = one(message(*["BGM", "LOC", "MEA"] * 70))
    with pytest.raises(LimitError, match="too much is broken"):
        work = Work("f", DEFAULT)
        for _ in range(1000):
            validate(raw, work=work)


# -- guides -----------------------------------------------------------------------------------------


def test_a_sender_names_its_guide_by_its_association_code() -> None:
    assert guides.stated("PAXLST", "IATA").id == "wco_paxlst"
    assert guides.stated("BAPLIE", "SMDG22").id == "smdg_baplie_22"
    assert guides.stated("BAPLIE", "SMDG15").id == "smdg_baplie_15"
    assert guides.stated("CUSCAR", "SMDG22").id == guides.stated("PAXLST", "").id == ""


@pytest.mark.parametrize("name", guides.guides())
def test_a_guide_fits_every_directory_that_a_sender_may_name(name: str) -> None:
    guide = guides.by_id(name)
    assert guide.id == name and guide.title_en and guide.title_es and guide.source
    for kind in guide.messages:
        for stated in (*directory.sources(), "1.911", "D.95B", "D.03B", "D.12B", "D.30A"):
            edition = directory.nearest(guides.within(stated, guide), kind)
            assert schema(edition, kind, name).plan.places


def test_a_guide_that_goes_by_another_directory_says_so() -> None:
    raw = one(message(*BAY, kind="BAPLIE:D:15A:UN:SMDG22"))
    assert (
        validate(raw)[0].reason
        == "directory 'D.15A' is not what guide smdg_baplie_22 goes by; validated against D.96A"
    )


def test_a_guide_is_used_for_its_own_messages_alone() -> None:
    raw = one(message(*BAY))
    assert validate(raw, guide="wco_paxlst") == validate(raw, guide="")


def test_an_unknown_guide_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="no guide 'abc'; there are .*wco_paxlst"):
        validate(one(message(*BAY)), guide="abc")


def test_the_passenger_guide_wants_no_moment_of_the_flight() -> None:
    """The directory has DTM as mandatory in group 2, the guide puts moments to the ports."""
    body = (
        "BGM+745",
        "NAD+MS+++ALTAMIRA",
        "TDT+20+AM1",
        "LOC+125+PTY",
        "DTM+189:2401010000:201",
        "NAD+FL+++DOE:JANE",
        "CNT+42:1",
    )
    raw = one(message(*body, kind="PAXLST:D:05B:UN:IATA"))
    assert structural(validate(raw)) == []
    (defect,) = structural(validate(raw, guide=""))
    assert defect.reason == "segment DTM in segment group 2 is missing before LOC"


def test_the_bay_plan_guide_tells_a_stowage_place_from_a_port() -> None:
    """LOC+147 opens the next box: without RFF and EQD the one before is incomplete."""
    head = (
        "BGM++1+9",
        "DTM+137:202401010000:203",
        "TDT+20+1+++X:172:166+++1:103::SHIP",
        "LOC+5+PABLB",
        "LOC+61+USLAX",
        "DTM+132:202401010000:203",
    )
    box = (
        "LOC+147+0010182::5",
        "MEA+WT++KGM:20000",
        "LOC+9+PABLB",
        "RFF+BM:1",
        "EQD+CN+ABCU1234560+22G1+++5",
        "NAD+CA+X:172:166",
    )
    kind = "BAPLIE:D:95B:UN:SMDG22"
    assert told(*head, *box, *box, kind=kind) == []
    assert told(*head, *box[:3], *box, kind=kind) == [("segment.missing", "LOC", 11)]


def test_a_guide_can_allow_forbid_require_and_change_repetitions() -> None:
    nodes = directory.parse(
        "UNH:M1 BGM:M1 DTM:C9 (1:C9 RFF:M1 DTM:C9 ) (2:M3 TDT:M1 LOC:C9 ) UNT:M1"
    )
    guide = guides.load(
        """
        id = "test"
        title_en = "Test"
        title_es = "Prueba"
        source = "none"
        messages = ["XXXXXX"]
        forbid = ["1/DTM"]
        add = [{after = "2/LOC", what = "QTY:C5"}, {after = "2", what = "(3:C9 NAD:M1 COM:C1 )"}]
        occurs = {DTM = "M2", 2 = "C1", "2/LOC" = "M1"}
        """,
        "test.toml",
    )
    assert overlaid(nodes, guide) == directory.parse(
        "UNH:M1 BGM:M1 DTM:M2 (1:C9 RFF:M1 ) (2:C1 TDT:M1 LOC:M1 QTY:C5 ) (3:C9 NAD:M1 COM:C1 ) UNT:M1"
    )


def test_a_path_that_is_not_there_is_refused() -> None:
    nodes = directory.parse("UNH:M1 BGM:M1 UNT:M1")
    for change in (
        {"forbid": ("4/GIS",)},
        {"occurs": {"DTM": "C1"}},
        {"opens": {"4": ("LOC+147",)}},
    ):
        guide = msgspec.structs.replace(guides.BASE, id="test", **change)
        with pytest.raises(ConfigError, match="guide test: '(4/GIS|DTM|4)' is not there"):
            overlaid(nodes, guide)


@pytest.mark.parametrize("text", ["id = 1", "nonsense", 'id = "x"\nwrong = 1'])
def test_a_bad_guide_is_refused_by_name(text: str) -> None:
    with pytest.raises(ConfigError, match=r"guide bad\.toml: "):
        guides.load(text, "bad.toml")


def test_a_guide_can_add_codes_open_lists_and_change_elements() -> None:
    base = guides.BASE
    made = Schema("D.17B", "BAPLIE", msgspec.structs.replace(
        base, codes={"2005": ("QQQ",)}, open_lists=("1225",), forms={"2380": "an..5"},
        required=("DTM/1.3",), optional=("TDT/1",), segments={"UNS": "0081:M1:an..3"},
    ))  # fmt: skip
    marks = one(message(*BAY)).segments[0].marks
    date, begin, transport, cut = (made.content(tag, marks) for tag in ("DTM", "BGM", "TDT", "UNS"))
    assert date is not None and begin is not None and transport is not None and cut is not None
    assert (
        date.sound("DTM+QQQ:24010:203")
        and not date.sound("DTM+QQQ:240101:203")
        and not date.sound("DTM+QQQ:24010")
    )
    assert begin.sound("BGM+250+1+QQ") and transport.sound("TDT++1") and cut.sound("UNS+DDD")
