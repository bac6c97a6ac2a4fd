"""BAPLIE to COPRAR and back: every field of the table comes over, and what stays behind is named."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from test_write_baplie import BOX, CALL, PORT, VOYAGE_0412
from typed_writing import A_PLACE, MOMENT, UNDG, box, messages, read, stating, text, written

from esclusa.formats.crossing import (
    PLAN_TO_ORDER,
    ROWS,
    equipment_to_events,
    events_to_equipment,
    table,
)
from esclusa.model import Message, Place, PortCall, TransportEquipment, TransportEvent, Voyage

GUIDES = ("BAPLIE15", "BAPLIE", "BAPLIE31")
STATEMENTS = st.one_of(
    st.builds(
        PortCall, voyage=st.just(VOYAGE_0412), port=A_PLACE, next_port=A_PLACE, arrival=MOMENT,
        departure=MOMENT,
    ),
    box(
        stowage=text(), undg=UNDG, load_port=A_PLACE, discharge_port=A_PLACE,
        voyage=st.just(VOYAGE_0412),
    ),
)  # fmt: skip


def boxes(message: Message) -> list[TransportEquipment]:
    return [each for each in message.statements if isinstance(each, TransportEquipment)]


def events(message: Message) -> list[TransportEvent]:
    return [each for each in message.statements if isinstance(each, TransportEvent)]


def test_a_plan_becomes_what_is_to_be_loaded_at_its_port() -> None:
    order = equipment_to_events(stating(CALL, BOX), "load")
    (event,) = events(order)
    assert (event.event, event.stage, event.place) == ("load", "planned", CALL.port)
    assert event.voyage == VOYAGE_0412
    assert event.equipment == replace(BOX, voyage=Voyage())
    assert CALL in order.statements


def test_discharge_is_at_the_next_port_and_what_stays_on_board_is_not_ordered() -> None:
    stays = replace(BOX, number="NRXU2789999", discharge_port=Place(code="USLAX"))
    order = equipment_to_events(stating(CALL, BOX, stays), "discharge")
    assert [event.equipment for event in events(order)] == [replace(BOX, voyage=Voyage())]
    assert order.statements[0] == PortCall(voyage=VOYAGE_0412, port=PORT)


def test_a_port_may_be_named() -> None:
    other = Place(code="USLAX", scheme="unlocode")
    far = replace(BOX, number="NRXU2789999", discharge_port=other)
    order = equipment_to_events(stating(CALL, BOX, far), "discharge", other)
    assert [event.place for event in events(order)] == [other]


def test_without_a_call_each_container_is_moved_at_its_own_port() -> None:
    order = equipment_to_events(stating(BOX), "discharge")
    assert [event.place for event in events(order)] == [BOX.discharge_port]


def test_a_plan_orders_nothing_but_loading_and_discharge() -> None:
    with pytest.raises(ValueError, match="not 'gate_in'"):
        equipment_to_events(stating(BOX), "gate_in")


def test_events_ashore_are_not_on_board() -> None:
    gate = TransportEvent(event="gate_in", equipment=BOX)
    assert events_to_equipment(stating(gate)).statements == ()


def test_a_port_that_is_not_stated_is_that_of_the_event() -> None:
    bare = replace(BOX, load_port=Place(), discharge_port=Place())
    load = TransportEvent(event="load", place=CALL.port, equipment=bare)
    unload = TransportEvent(event="discharge", place=PORT, equipment=bare)
    first, second = boxes(events_to_equipment(stating(load, unload)))
    assert (first.load_port, first.discharge_port) == (CALL.port, Place())
    assert (second.load_port, second.discharge_port) == (Place(), PORT)


def test_back_from_discharge_the_port_is_the_next_one() -> None:
    order = equipment_to_events(stating(CALL, BOX), "discharge")
    plan = events_to_equipment(order)
    assert plan.statements == (PortCall(voyage=VOYAGE_0412, port=Place(), next_port=PORT), BOX)
    assert equipment_to_events(plan, "discharge") == order


def test_the_table_names_every_field_of_the_equipment_once() -> None:
    fields = [row.field for row in ROWS if row.crossing == PLAN_TO_ORDER]
    assert len(fields) == len(set(fields))
    named = {field.partition(".")[2] for field in fields if field.startswith("equipment.")}
    assert named == set(TransportEquipment.__struct_fields__)


def test_the_table_is_written_row_by_row() -> None:
    lines = table(PLAN_TO_ORDER).splitlines()
    assert lines[0] == "| record | BAPLIE | COPRAR |"
    assert "| `equipment.stowage` | LOC 147 | LOC 147 |" in lines


@pytest.mark.parametrize("guide", GUIDES)
@pytest.mark.parametrize("event", ["load", "discharge"])
@given(message=messages(STATEMENTS, most=5))
@settings(max_examples=40, deadline=None)
def test_every_mapped_field_comes_over_in_bytes_and_back(
    guide: str, event: str, message: Message
) -> None:
    plan = [each for one in read(written(guide, message)) for each in one.statements]
    order = equipment_to_events(replace(message, statements=tuple(plan)), event)
    if not events(order):
        return
    back = [each for one in read(written("COPRAR", order)) for each in one.statements]
    arrived = replace(order, statements=tuple(back))
    assert sorted(map(repr, events(arrived))) == sorted(map(repr, events(order)))
    again = boxes(events_to_equipment(arrived))
    kept = {repr(each) for each in boxes(message)}
    assert {repr(each) for each in again} <= kept
    assert len(again) == len(events(order))
