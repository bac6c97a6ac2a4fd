"""Files of ASYCUDA from strangers: bombs, cuts, odd dresses; and that the fast way is the true one."""

from __future__ import annotations

import io
import random
import tracemalloc
from collections.abc import Iterator
from typing import BinaryIO, cast

import pytest
from asycuda_worlds import DECLARATION, MANIFEST, items, statements
from test_xml_safety import BOMB

from esclusa.errors import LimitError
from esclusa.formats import Limits
from esclusa.formats.asycuda import common, reader
from esclusa.formats.xml_batches import Batches, Part, Root
from esclusa.model import Consignment, Defect, Message, Severity, Statement

TAGS = frozenset({"General_segment", "Bol_segment"})
ENTITY = '<!DOCTYPE Awmds [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


def parts(data: bytes) -> list[Part | Defect]:
    batches = Batches(io.BytesIO(data), "m.xml", Limits())
    return list(batches.parts(TAGS, "Bol_segment", 4_000_000))


def stated(data: bytes) -> list[Statement]:
    """What a file states in spite of its defects."""
    return [
        one for item in items(data) if isinstance(item, Message) for one in item.statements
    ]  # fmt: skip


@pytest.mark.parametrize(
    "data",
    [
        BOMB,
        ENTITY.encode() + MANIFEST[39:].replace(b"TILES", b"&x;"),
        f'<?xml version="1.0" encoding="utf-16"?>{ENTITY}<Awmds/>'.encode("utf-16"),
        b'<!DOCTYPE Awmds SYSTEM "http://192.0.2.1/x.dtd"><Awmds/>',
        b"<!-- a --><!DOCTYPE Awmds><Awmds/>",
        b"<Awmds><!DOCTYPE Awmds></Awmds>",
    ],
    ids=["bomb", "external entity", "utf-16", "external subset", "behind a comment", "inside"],
)
def test_a_document_type_ends_the_reading_and_states_nothing(data: bytes) -> None:
    found = items(data)
    assert stated(data) == []
    assert isinstance(found[-1], Defect)
    assert found[-1].severity is Severity.FATAL
    assert found[-1].code in ("xml.doctype", "xml.syntax")


def test_an_entity_inside_a_bill_is_never_expanded() -> None:
    data = MANIFEST.replace(b"TILES", b"&x;")
    assert [one.bill for one in stated(data) if isinstance(one, Consignment)] == ["NRLN0001"]
    (defect,) = [each for each in items(data) if isinstance(each, Defect)]
    assert data[defect.offset :].startswith(b"&x;")


@pytest.mark.parametrize("data", [MANIFEST, DECLARATION], ids=["manifest", "declaration"])
def test_a_file_cut_anywhere_keeps_what_was_whole_and_names_the_place(data: bytes) -> None:
    whole = statements(data)
    for end in range(0, len(data.rstrip()), 10):
        found = stated(data[:end])
        assert found == whole[: len(found)]
        assert len(found) == (data[:end].count(b"</Bol_segment>") + (b"</General_segment>" in data[:end]) if data is MANIFEST else 0)  # fmt: skip
        trouble = [
            defect
            for item in items(data[:end])
            for defect in (item.defects if isinstance(item, Message) else (item,))
        ]
        assert any(each.severity is Severity.FATAL and each.offset <= end for each in trouble)


@pytest.mark.parametrize(
    "dress",
    [
        lambda data: data.replace(b"<Awmds>", b"<!-- by hand --><Awmds>"),
        lambda data: data.replace(b"<Bol_segment>", b"<!-- x --><Bol_segment>"),
        lambda data: data.replace(b"<Bol_segment>", b"<!-- <Bol_segment></Bol_segment> --><Bol_segment>"),
        lambda data: data.replace(b"TILES", b"<![CDATA[TILES]]>"),
        lambda data: data.replace(b"TILES", b"TI<!-- c -->LES"),
        lambda data: data.replace(b"<Awmds>", b'<Awmds xmlns="urn:x">'),
        lambda data: data.replace(b"<Awmds>", b'<Awmds xmlns:xsi="u" xsi:schemaLocation="x>y">'),
        lambda data: data.replace(b"<Notify_address/>", b'<Notify_address xsi:nil="true"/>').replace(b"<Awmds>", b'<Awmds xmlns:xsi="u">'),
        lambda data: data.replace(b"<", b"<a:").replace(b"<a:/", b"</a:").replace(b"<a:?", b"<?").replace(b"<a:Awmds>", b"<a:Awmds xmlns:a='u'>"),
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.decode().replace("UTF-8", "utf-16").encode("utf-16"),
        lambda data: data.replace(b"UTF-8", b"windows-1252"),
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: data.replace(b"\n ", b""),
        lambda data: data.replace(b"</Bol_segment>", b"</Bol_segment >"),
    ],
    ids=["comment before", "comments", "hidden bill", "cdata", "comment in text", "name space", "schema location",
         "nil", "prefix", "mark", "utf-16", "windows-1252", "crlf", "one line", "blank in end tag"],
)  # fmt: skip
def test_the_same_manifest_in_another_dress_states_the_same(dress: object) -> None:
    data = dress(MANIFEST)  # type: ignore[operator]
    assert statements(data) == statements(MANIFEST)


def test_the_fast_and_the_careful_way_find_the_same_elements_at_the_same_bytes() -> None:
    bill = MANIFEST[MANIFEST.index(b"<Bol_segment>") : MANIFEST.rindex(b"</Awmds>")]
    fast = MANIFEST.replace(b"</Awmds>", bill * 150 + b"</Awmds>")
    careful = fast.replace(b"</Awmds>", b"<!-- --></Awmds>").replace(b"<Awmds>\n", b"<Awmds>")
    one, other = parts(fast), parts(careful)
    assert len(one) == len(other) == 303
    for left, right in zip(one, other, strict=True):
        assert isinstance(left, Part)
        assert isinstance(right, Part)
        assert (left.offset - 1, left.length) == (right.offset, right.length)
        leaves = [list(each.element.iter())[-1] for each in (left, right)]
        assert left.place(leaves[0])[0] - 1 == right.place(leaves[1])[0]


def test_a_bill_broken_in_the_middle_keeps_those_before_it_in_a_large_file() -> None:
    bill = MANIFEST[MANIFEST.index(b"<Bol_segment>") : MANIFEST.rindex(b"</Awmds>")]
    data = MANIFEST.replace(
        b"</Awmds>", bill * 100 + b"<Bol_segment><Bol_id></Bol_segment></Awmds>"
    )
    found = items(data)
    assert sum(isinstance(item, Message) for item in found) == 203
    (defect,) = [item for item in found if isinstance(item, Defect)]
    assert data[defect.offset - 2 :].startswith(b"</Bol_segment></Awmds>")


@pytest.mark.parametrize("data", [MANIFEST, DECLARATION], ids=["manifest", "declaration"])
def test_damage_of_any_kind_never_raises_and_is_told_or_harmless(data: bytes) -> None:
    chance = random.Random(7)
    lines = data.split(b"\n")
    for _ in range(400):
        at, kind = chance.randrange(len(lines)), chance.randrange(4)
        line = lines[at]
        if kind == 0:
            damaged = lines[:at] + lines[at + 1 :]
        elif kind == 1:
            damaged = [*lines[:at], line, *lines[at:]]
        elif kind == 2:
            cut = chance.randrange(len(line) + 1)
            damaged = [
                *lines[:at],
                line[:cut] + bytes([chance.randrange(256)]) + line[cut + 1 :],
                *lines[at + 1 :],
            ]
        else:
            other = chance.randrange(len(lines))
            damaged = [*lines]
            damaged[at], damaged[other] = damaged[other], damaged[at]
        found = items(b"\n".join(damaged))
        places = [
            defect.offset
            for item in found
            for defect in (item.defects if isinstance(item, Message) else (item,))
        ]
        assert all(0 <= place <= len(data) + 200 for place in places)


class Endless(io.RawIOBase):
    """Yields a start and then the same portion so many times."""

    def __init__(self, start: bytes, portion: bytes, portions: int) -> None:
        self._parts: Iterator[bytes] = iter([start] + [portion] * portions)

    def read(self, size: int = -1) -> bytes:
        return next(self._parts, b"")


def consumed(start: bytes, portion: bytes, portions: int) -> int:
    """Read all of it; the peak of memory in bytes."""
    stream = cast(BinaryIO, Endless(start, portion, portions))
    tracemalloc.start()
    for _ in reader.read(stream):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_memory_does_not_grow_with_the_file() -> None:
    bill = b"<Bol_segment><Bol_id><Bol_reference>B</Bol_reference></Bol_id></Bol_segment>" * 1_000
    few, many = (consumed(b"<Awmds>", bill, portions) for portions in (5, 20))
    assert many < few + 4_000_000


def test_elements_that_are_no_bills_do_not_fill_the_memory() -> None:
    junk = b"<junk>text</junk>" * 4_000
    few, many = (consumed(b"<Awmds>", junk, portions) for portions in (20, 40))
    assert many < few + 4_000_000


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<Awmds>" + b"<a>" * 70, "nested deeper than 64"),
        (
            b"<Awmds><Bol_segment>" + b"<a>" * 70 + b"</a>" * 70 + b"</Bol_segment></Awmds>",
            "deeper",
        ),
        (b"<Awmds><a b='" + b"x" * 3_000_000, "one tag, comment or instruction"),
    ],
    ids=["open", "closed", "endless attribute"],
)
def test_what_is_too_deep_or_too_long_refuses_the_file(data: bytes, reason: str) -> None:
    with pytest.raises(LimitError, match=reason):
        items(data)


def test_a_file_past_the_size_limit_is_refused() -> None:
    with pytest.raises(LimitError, match="larger than 1,000 bytes"):
        items(MANIFEST, file_bytes=1_000)


@pytest.mark.parametrize("data", [b"", b"  ", b"text", b"<Awmds", b"\x00\x00"])
def test_what_is_no_xml_is_one_fatal_defect(data: bytes) -> None:
    (found,) = items(data)
    assert isinstance(found, Defect)
    assert found.severity is Severity.FATAL


def test_a_text_of_any_length_in_the_place_of_a_date_is_told_and_not_kept() -> None:
    kept = []
    for data in (MANIFEST, MANIFEST.replace(b"10/04/2026", b"1" * 5000)):
        common.date.cache_clear()
        found = [*reader.read(io.BytesIO(data))]
        kept.append(common.date.cache_info().currsize)
    codes = [each.code for item in found if isinstance(item, Message) for each in item.defects]
    assert "value.date" in codes
    assert kept[1] == kept[0] - 1


def test_an_empty_manifest_states_nothing_and_has_no_defect() -> None:
    assert items(b"<Awmds/>") == []
    assert isinstance(Batches(io.BytesIO(b"<Awmds/>"), "", Limits()).root, Root)


def test_a_heading_that_a_thousand_bills_repeat_does_not_fill_the_disk() -> None:
    long = b"X" * 900_000
    bills = b"<Bol_segment><Bol_id><Bol_reference>B</Bol_reference></Bol_id></Bol_segment>" * 30
    data = MANIFEST[: MANIFEST.index(b" <Bol_segment>")].replace(b"PIONEER", long) + bills + b"</Awmds>"  # fmt: skip
    found = [item for item in items(data) if isinstance(item, Message)]
    assert len(found) == 31
    stated = sum(len(str(one)) for each in found for one in each.statements)
    assert stated < 35 * len(data)
