"""BAPLIE written after SMDG guides 1.5 and 3.1, beside 2.2."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from test_containers_writing import faults
from test_write_baplie import BOX, CALL, PORT_CALL, SLOT, TABLE, VOYAGE_0412
from typed_writing import check_order, check_same, messages, returned, stating, texts, written

from esclusa.model import Conveyance, Message, Voyage

GUIDES = ("BAPLIE15", "BAPLIE31")
ORDER = {
    "BAPLIE15": TABLE,
    "BAPLIE31": (
        r"UNH BGM( DTM)?( TDT)?( LOC( DTM)*)*( UNS)"
        r"( LOC EQD( NAD)?( MEA)*( LOC)*( TMP)?( DGS)*( CNT))* UNT"
    ),
}


def test_1_5_has_the_ship_in_the_fourth_element_and_ports_under_6_and_12() -> None:
    assert texts("BAPLIE15", stating(CALL, BOX))[:5] == [
        "UNH+M1+BAPLIE:1:911:UN:SMDG15",
        "BGM++M1+9",
        "DTM+137:202604131015:203",
        "TDT+20+0412W++3ENR7:103::NORTHREACH PIONEER:PA++NRLN:172:20",
        "LOC+5+ECGYE:139:6",
    ]
    lines = texts("BAPLIE15", stating(BOX))
    assert "LOC+6+ECGYE:139:6" in lines
    assert "LOC+12+PAONX:139:6" in lines


def test_3_1_parts_head_from_places_and_counts_each_place() -> None:
    assert texts("BAPLIE31", stating(CALL, BOX)) == [
        "UNH+M1+BAPLIE:D:13B:UN:SMDG31",
        "BGM+659+M1+9",
        "DTM+137:202604131015:203",
        "TDT+20+0412W+++NRLN:172:20+++3ENR7:103::NORTHREACH PIONEER:PA",
        "LOC+5+ECGYE:139:6",
        "DTM+178:202604110500:203",
        "DTM+136:202604121830:203",
        "LOC+61+PAONX:139:6",
        "UNS+D",
        "LOC+147+0010584:9711:5",
        "EQD+CN+CSQU3054383+45R1:102:5+++5",
        "NAD+CF+NRLN:172:20",
        "MEA+AAE+VGM+KGM:21420",
        "MEA+AAE+AET+KGM:21300",
        "MEA+AAE+T+KGM:4600",
        "LOC+9+ECGYE:139:6",
        "LOC+11+PAONX:139:6",
        "TMP+2+-18:CEL",
        "DGS+IMD++3082",
        "DGS+IMD++1263",
        "CNT+16:1",
        "UNT+22+M1",
    ]


@pytest.mark.parametrize("guide", GUIDES)
def test_what_was_written_is_what_directory_and_guide_say(guide: str) -> None:
    assert faults(written(guide, stating(CALL, BOX))) == []


@pytest.mark.parametrize("guide", GUIDES)
def test_a_ship_known_by_name_or_number_plate_alone_comes_back(guide: str) -> None:
    for ship in (
        Conveyance(mode="sea", name="NORTHREACH PIONEER"),
        Conveyance(mode="sea", registration="NR7"),
        Conveyance(mode="sea"),
    ):
        box = replace(BOX, voyage=replace(VOYAGE_0412, conveyance=ship))
        assert returned(guide, box) == [box]
        bare = replace(BOX, voyage=Voyage(reference="7", conveyance=ship))
        assert returned(guide, bare) == [bare]


@pytest.mark.parametrize("guide", GUIDES)
@given(message=messages(st.one_of(PORT_CALL, SLOT)))
@settings(max_examples=60, deadline=None)
def test_any_records_that_a_plan_carries_come_back_as_they_were(
    guide: str, message: Message
) -> None:
    check_same(guide, message)
    check_order(guide, message, ORDER[guide])
