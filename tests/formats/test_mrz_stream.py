"""Files of zones: each stands for itself."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_mrz_samples import SPECIMENS, VALID, zone_fields

from esclusa.errors import LimitError
from esclusa.formats import mrz
from esclusa.formats.limits import Limits
from esclusa.formats.mrz import Fields
from esclusa.formats.mrz.records import traveller
from esclusa.formats.mrz.stream import read, sniff
from esclusa.model import Message

DAY = dt.date(2026, 11, 26)
ALL = ["\n".join(lines) for lines in SPECIMENS.values()]


def messages(data: bytes, limits: Limits | None = None) -> list[Message]:
    found = read(io.BytesIO(data), file="gate.txt", limits=limits or Limits(), reference=DAY)
    return [item for item in found if isinstance(item, Message)]


@pytest.mark.parametrize("parting", ["\n", "\n\n", "\n \n\n", "\r\n\r\n"])
def test_every_zone_of_a_file_is_one_message_with_its_bytes(parting: str) -> None:
    data = parting.join([*ALL, *VALID]).encode()
    found = messages(data)
    assert [one.statements for one in found] == [
        (traveller(mrz.read(text).fields, DAY),) for text in (*ALL, *VALID)
    ]
    for one, text in zip(found, (*ALL, *VALID), strict=True):
        assert data[one.offset : one.offset + one.length].strip() == text.encode()


def test_a_broken_zone_is_refused_at_its_byte_and_its_neighbours_are_read() -> None:
    data = "\n\n".join([ALL[2], ALL[2].replace("ERIKSSON", "ERIKS*ON"), ALL[0]]).encode()
    first, broken, last = messages(data)
    assert [first.refused, broken.refused, last.refused] == [False, True, False]
    assert broken.statements == ()
    assert data[broken.defects[0].offset : broken.defects[0].offset + 1] == b"*"


def test_a_zone_that_lost_a_line_ends_where_the_next_begins() -> None:
    card, passport = ALL[0].split("\n"), ALL[2].split("\n")
    lost = [*passport, passport[0], *passport, card[0], card[1], *card, card[0], *card, *passport]
    found = messages("\n".join(lost).encode())
    assert [one.refused for one in found] == [False, True, False, True, False, True, False, False]


def test_a_line_longer_than_any_zone_is_one_refused_message() -> None:
    found = messages(b"A" * 500_000 + b"\n" + ALL[2].encode())
    assert [one.refused for one in found] == [True, False]
    assert found[0].defects[0].code == "mrz.size"


def test_more_zones_than_the_limit_and_more_junk_than_a_file_may_hold_are_refused() -> None:
    with pytest.raises(LimitError, match="more than 2 zones"):
        messages("\n".join(ALL).encode(), Limits(messages=2))
    with pytest.raises(LimitError, match="too much is broken"):
        messages(b"x\n\n" * 10_000)


@given(
    st.lists(
        st.one_of(
            zone_fields().map(lambda one: "\n".join(mrz.write(one)).encode()),
            st.binary(max_size=60),
        )
    )
)
def test_any_file_is_read_to_its_end(parts: list[bytes]) -> None:
    data = b"\n\n".join(parts)
    found = messages(data)
    assert sum(not one.refused for one in found) >= sum(len(part) > 60 for part in parts)
    assert all(one.refused != bool(one.statements) for one in found)


@given(st.lists(zone_fields(), min_size=1, max_size=5))
def test_zones_one_after_another_are_told_apart_without_empty_lines(people: list[Fields]) -> None:
    data = "\n".join("\n".join(mrz.write(one)) for one in people).encode()
    assert [one.statements for one in messages(data)] == [(traveller(one, DAY),) for one in people]


def test_the_head_of_a_file_of_zones_is_known_and_no_other() -> None:
    for text in ALL:
        assert sniff(text.encode(), "")
        assert sniff(b"\xef\xbb\xbf\r\n" + text.lower().encode(), "")
    for other in (
        b"",
        b"UNB+UNOC:3+ME+YOU",
        b"ISA*00*",
        b"name;surname\nA;B\n",
        b"PK\x03\x04",
        b"P<UTO",
        b"{}",
    ):
        assert not sniff(other, "zones.txt")
