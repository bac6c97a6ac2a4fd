"""XML from strangers: what is refused, at which byte, and that memory stays bounded."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from typing import BinaryIO, cast

import pytest

from esclusa.errors import FormatError, LimitError
from esclusa.formats import Limits
from esclusa.formats.tabular.survey import Survey
from esclusa.formats.xml import Element, read_elements
from esclusa.model import Defect, Severity

BOMB = (
    '<!DOCTYPE lolz [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9))
    + "]><r><e>&j;</e></r>"
).encode()


def elements(data: bytes, limits: Limits | None = None, **kind: int) -> list[Element | Defect]:
    return list(read_elements(io.BytesIO(data), {"e"}, limits=limits or Limits(), **kind))


def look(part: bytes, name: str = "xl/drawings/drawing1.xml", **limits: int) -> None:
    """Look at a part of a workbook as is done before the library sees it."""
    Survey(name, "m.xlsx", Limits(**limits)).look(io.BytesIO(part))


def assert_no_part(part: bytes) -> None:
    with pytest.raises(FormatError, match="declares a document type or is not XML"):
        look(part)


class Endless(io.RawIOBase):
    """Yields a start and then the same portion until ``portions`` are used up."""

    def __init__(self, start: bytes, portion: bytes, portions: int) -> None:
        self._parts: Iterator[bytes] = iter([start] + [portion] * portions)

    def read(self, size: int = -1) -> bytes:
        return next(self._parts, b"")


@pytest.mark.parametrize(
    "data",
    [
        BOMB,
        b'<!DOCTYPE r SYSTEM "http://192.0.2.1/x.dtd"><r><e/></r>',
        b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r><e>&x;</e></r>',
        b'<!DOCTYPE r [<!ENTITY % p SYSTEM "http://192.0.2.1/p"> %p;]><r><e/></r>',
        b"<!DOCTYPE r><r><e/></r>",
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE r><r><e/></r>'.encode("utf-16"),
    ],
    ids=[
        "entity bomb",
        "external subset",
        "external entity",
        "parameter entity",
        "empty",
        "utf-16",
    ],
)
def test_a_document_type_declaration_ends_the_reading_before_any_element(data: bytes) -> None:
    (defect,) = elements(data)
    assert isinstance(defect, Defect)
    assert (defect.code, defect.severity) == ("xml.doctype", Severity.FATAL)
    assert_no_part(data)


def test_a_document_type_hidden_in_another_encoding_is_found() -> None:
    shown = b'<?xml version="1.0" encoding="cp037"?>'
    hidden = '<!DOCTYPE r [<!ENTITY x "y">]><r>&x;</r>'.encode("cp037")
    assert_no_part(shown + hidden)


def test_an_undefined_entity_is_a_syntax_error_at_its_byte() -> None:
    data = b"<r><e>one</e><e>&x;</e></r>"
    first, second, defect = elements(data)
    assert isinstance(first, Element)
    assert isinstance(second, Element)
    assert second.text == "one"
    assert isinstance(defect, Defect)
    assert defect.code == "xml.syntax"
    assert data[defect.offset :].startswith(b"&x;")


def test_nesting_past_the_limit_refuses_the_file() -> None:
    with pytest.raises(LimitError, match="deeper than 64"):
        elements(b"<e>" * 65)
    assert elements(b"<e>" * 64 + b"</e>" * 64)


def test_a_text_past_the_limit_cuts_its_element_alone() -> None:
    data = b"<r><e>" + b"x" * 5_000 + b"</e><e>fine</e></r>"
    _, long, fine = elements(data, Limits(xml_text_bytes=1_000))
    assert isinstance(long, Element)
    assert isinstance(fine, Element)
    assert long.fault == "text of e is longer than 1,000 bytes"
    assert (fine.fault, fine.text) == ("", "fine")


def test_an_element_past_its_bound_is_cut_and_the_next_is_whole() -> None:
    data = b"<r><e>" + b"<x/>" * 5_000 + b"</e><e>fine</e></r>"
    _, large, fine = elements(data, element_bytes=1_000)
    assert isinstance(large, Element)
    assert isinstance(fine, Element)
    assert "larger than 1,000 bytes" in large.fault
    assert len(large.children) < 300
    assert fine.text == "fine"


@pytest.mark.parametrize(
    "start",
    [b"<r ", b"<r><!--", b'<r a="', b"<r><?p "],
    ids=["tag", "comment", "value", "instruction"],
)
def test_one_endless_token_is_refused_without_being_held(start: bytes) -> None:
    stream = cast(BinaryIO, Endless(start, b"x" * 65_536, 100_000))
    tracemalloc.start()
    with pytest.raises(LimitError, match="one tag, comment or instruction"):
        list(read_elements(stream, {"e"}))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000


def test_memory_does_not_grow_with_the_file() -> None:
    peaks = []
    for pieces in (10, 30):
        stream = cast(BinaryIO, Endless(b"<r>", b"<e><n>name</n></e>" * 3_000, pieces))
        tracemalloc.start()
        count = sum(isinstance(item, Element) for item in read_elements(stream, {"e"}))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert count == 3_000 * pieces + 1
    # Three times the file; 8 MB covers what other threads of a test worker allocate meanwhile.
    assert peaks[1] < peaks[0] + 8_000_000


def test_a_file_past_the_size_limit_is_refused() -> None:
    with pytest.raises(LimitError, match="larger than 1,000 bytes"):
        elements(b"<r>" + b"<e/>" * 1_000, Limits(file_bytes=1_000))


@pytest.mark.parametrize("encoding", ["utf-7", "shift_jis", "no-such-code"])
def test_an_encoding_that_is_not_supported_is_told(encoding: str) -> None:
    (defect,) = elements(f'<?xml version="1.0" encoding="{encoding}"?><r/>'.encode())
    assert isinstance(defect, Defect)
    assert defect.code in {"xml.encoding", "xml.syntax"}


def test_offset_and_length_are_the_bytes_of_the_element_in_any_encoding() -> None:
    text = "<r>\n <e>ñ</e>\n <e />\n<x:e xmlns:x='u'>a<b/>c</x:e ></r>"
    for encoding in ("utf-8", "utf-16-le"):
        mark = b"\xff\xfe" if encoding == "utf-16-le" else b""
        data = mark + text.encode(encoding)
        cuts = [
            data[e.offset : e.offset + e.length].decode(encoding)
            for e in elements(data)
            if isinstance(e, Element) and e.depth
        ]
        assert cuts == ["<e>ñ</e>", "<e />", "<x:e xmlns:x='u'>a<b/>c</x:e >"]


def test_elements_inside_a_wanted_element_are_its_children() -> None:
    _, outer = elements(b"<r><e><e>in</e><n>1</n><n>2</n><n/></e></r>")
    assert isinstance(outer, Element)
    assert outer.get("e") == "in"
    assert outer.values("n") == ["1", "2"]
    assert outer.get("none") == ""


@pytest.mark.parametrize("data", [b"", b"   ", b"text", b"<r>", b"<r></s>", b"\x00\x00\x00"])
def test_what_is_no_xml_is_one_fatal_defect(data: bytes) -> None:
    assert isinstance(elements(data)[-1], Defect)
    assert_no_part(data)


def test_plain_xml_declares_no_document_type() -> None:
    look(b"<r><e><![CDATA[<!DOCTYPE x>]]></e></r>")


@pytest.mark.parametrize(
    ("name", "part", "reason"),
    [
        ("xl/workbook.xml", b"<r>" + b"<e/>" * 60 + b"</r>", "more than 50 elements"),
        ("xl/x.xml", b"<r>" + b"<e/>" * 1_100 + b"</r>", "more than 1,000 elements"),
        ("xl/x.xml", b"<e>" * 65, "more than 64 levels"),
        ("xl/sharedstrings.xml", b"<sst>" + b"<si><t>a</t></si>" * 9, "more than 5 shared"),
        ("xl/worksheets/sheet1.xml", b"<row>" + b"<c/>" * 131_073, "elements in one row"),
    ],
)
def test_a_part_that_the_library_would_hold_is_refused_past_its_limit(
    name: str, part: bytes, reason: str
) -> None:
    with pytest.raises(LimitError, match=reason):
        look(part, name, elements=50, strings=5)


def test_rows_and_strings_count_apart_from_the_elements_of_a_part() -> None:
    look(b"<sst>" + b"<si><t>a</t></si>" * 400 + b"</sst>", "xl/sharedstrings.xml", elements=50)
