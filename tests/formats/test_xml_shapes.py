"""Elements read by their shapes are those that a parser finds, and nothing else is read so.

About 6 CPU seconds.
"""

from __future__ import annotations

import io
import itertools
import re
from typing import Any, NamedTuple

import pytest
from asycuda_worlds import MANIFEST
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from esclusa.errors import LimitError
from esclusa.formats import Limits, xml_batches
from esclusa.formats.asycuda import reader
from esclusa.formats.xml_moulds import SPACE, Mould, Texts, Wanted, gaps_of
from esclusa.formats.xml_shapes import Run, Shapes, Text
from esclusa.model import Consignment, Defect, Message

BILL = MANIFEST[MANIFEST.index(b" <Bol_segment>") : MANIFEST.rindex(b"</Awmds>")]
HEAD = MANIFEST[: MANIFEST.index(b" <Bol_segment>")]
SPLIT = b""" <Bol_segment>
  <Bol_id><Bol_reference>NRLN0003</Bol_reference><Bol_nature>24</Bol_nature></Bol_id>
  <ctn_segment><Ctn_reference>CSQU3054383</Ctn_reference></ctn_segment>
  <ctn_segment><Ctn_reference>CSQU3054384</Ctn_reference><Marks1>A &lt; B</Marks1></ctn_segment>
  <Goods_segment>
   <Goods_description>\xc3\x91AME &amp; YUCA</Goods_description>
   <Seals_segment><Sealing_party_code>CA</Sealing_party_code><Marks_of_seals>1,2</Marks_of_seals></Seals_segment>
   <Gross_mass> 12.5 </Gross_mass>
  </Goods_segment>
  <Split_segment><Number_of_packages>3</Number_of_packages><Gross_mass>2</Gross_mass>
   <Container><Reference>CSQU3054383</Reference></Container></Split_segment>
  <Split_segment><Number_of_packages>0</Number_of_packages><Gross_mass>0</Gross_mass>
   <Container><Reference>CSQU3054383</Reference></Container></Split_segment>
  <Value_segment><Customs_segment><Customs_value>x</Customs_value></Customs_segment></Value_segment>
 </Bol_segment>
"""
FILE = HEAD + BILL + SPLIT + BILL.replace(b"NRLN000", b"NRLN001") + SPLIT + b"</Awmds>\n"

Read = list[Message | Defect | str]


def read(data: bytes) -> Read:
    """Return all that a reading gives, an error as its words."""
    found: Read = []
    try:
        found += reader.read(io.BytesIO(data), file="m.xml", limits=Limits())
    except LimitError as error:
        found.append(str(error))
    return found


def both(data: bytes) -> tuple[Read, Read]:
    """Read with shapes, in files of any size, and without."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(xml_batches, "_BATCH", 256)
        patch.setattr(xml_batches, "CHUNK", 256)
        shaped = read(data)
        patch.setattr(Shapes, "settle", lambda self: None)
        return shaped, read(data)


def test_the_shapes_are_used() -> None:
    used: list[int] = []
    run = Shapes.run

    def noted(self: Shapes, whole: Text, at: int, *others: Any) -> Run[Any]:
        found = run(self, whole, at, *others)
        used.append(len(found.made) or -bool(found.refused))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(xml_batches, "_BATCH", 256)
        patch.setattr(xml_batches, "CHUNK", 256)
        patch.setattr(Shapes, "run", noted)
        found = read(FILE)
    # What stands in the first batch has been learned of; it begins with the heading, which has no
    # shape and is parsed, the first bill with it. The second is not as its mould, nor when it comes
    # again: one that brings something new makes no new pattern. That with splits is of another order
    # and has a mould of its own; it has a defect, so the second of them is matched and not taken. The
    # last is the root's end.
    assert used == [0, 0, 0, 1, 0, -1, 0]
    stated = [one for item in found if isinstance(item, Message) for one in item.statements]
    assert [one.bill for one in stated if isinstance(one, Consignment)] == [
        "NRLN0001", "NRLN0002", "NRLN0003", "NRLN0011", "NRLN0012", "NRLN0003",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "dress",
    [
        lambda data: data,
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: data.replace(b"\n", b"\r"),
        lambda data: re.sub(rb">\s+<", b"><", data),
        lambda data: data.replace(b"UTF-8", b"ISO-8859-1").replace(b"\xc3\x91", b"\xd1"),
        lambda data: data.replace(b"UTF-8", b"US-ASCII"),
        lambda data: data.replace(b"<Gross_mass>", b'<Gross_mass unit="kg">'),
        lambda data: data.replace(b"</Gross_mass>", b"</Gross_mass >"),
        lambda data: data.replace(b"FROZEN", b"&#70;ROZEN"),
        lambda data: data.replace(b"SHRIMP", b"<![CDATA[SHRIMP]]>"),
        lambda data: data.replace(b"<Bol_segment>", b"<Bol_segment ><!-- x -->"),
        lambda data: data.replace(b"<Bol_segment>", b"<x><Bol_segment>").replace(b"</Bol_segment>", b"</Bol_segment></x>"),
        lambda data: data.replace(b"<Exporter>", b"<Exporter/><Exporter>"),
        lambda data: data.replace(b"<Freight_segment>", b"<Freight_segment>1</Freight_segment><Freight_segment>"),
        lambda data: data.replace(b"</Awmds>", b""),
    ],
    ids=["plain", "crlf", "cr", "one line", "latin 1", "ascii", "attribute", "blank in end tag", "reference",
         "cdata", "comment", "wrapped", "twice", "leaf and group", "no end"],
)  # fmt: skip
def test_shapes_change_nothing_that_is_read(dress: object) -> None:
    shaped, parsed = both(dress(FILE))  # type: ignore[operator]
    assert shaped == parsed
    assert len(shaped) > 3


PIECES = [
    b"<", b">", b"&", b"&amp;", b"&lt;", b"&x;", b"&#10;", b"]]>", b"<null/>", b"</null>", b"\r", b"\n", b"\t",
    b"\x00", b"\x0b", b"\xff", b"\xef\xbf\xbe", b"\xc2\x85", b"\xc3\x91", b"<!-- -->", b"<?p?>", b"<![CDATA[x]]>",
    b' a="1"', b"<Bol_segment>", b"</Bol_segment>", b"</Awmds>", b"<!DOCTYPE x>", b"  ", b"/", b"-", b"9", b"A",
]  # fmt: skip


@given(
    st.lists(
        st.tuples(
            st.integers(len(HEAD), len(FILE) - 1),
            st.integers(0, 40),
            st.sampled_from([b"", *PIECES]),
        ),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=250, deadline=None)
def test_damage_is_told_alike_with_shapes_and_without(edits: list[tuple[int, int, bytes]]) -> None:
    data = FILE
    for at, length, piece in edits:
        data = data[:at] + piece + data[at + length :]
    shaped, parsed = both(data)
    assert shaped == parsed


NAMES = st.sampled_from(["b", "c", "d-e", "F_1"])
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_characters="<&") | st.sampled_from("  \n\r\t"), max_size=8
) | st.sampled_from(["A &amp; B", "&lt;&gt;", "&amp;lt;", "&quot;x&apos;", "&bogus;", "x]]>y", "WORD", "7"])  # fmt: skip
LEAVES = st.tuples(NAMES, TEXTS).map(lambda each: f"<{each[0]}>{each[1]}</{each[0]}>") | NAMES.map(
    lambda name: f"<{name}/>"
)
GROUPS = st.recursive(
    LEAVES,
    lambda inner: st.tuples(NAMES, st.lists(inner, max_size=3), st.sampled_from(["", "\n "])).map(
        lambda each: f"<{each[0]}>{each[2]}{each[2].join(each[1])}{each[2]}</{each[0]}>"
    ),
    max_leaves=8,
)
ELEMENTS = st.lists(GROUPS, min_size=1, max_size=4).map(lambda found: f"<a>{''.join(found)}</a>")
WANTED = Wanted(
    {"b": "", "c/b": "[A-Z]++", "c/c/d-e": "([0-9])(?:([0-9])|)", "F_1/F_1": ""},
    {"d-e": {"b": "", "c": "[A-Z]++"}},
    ("F_1",),
)
PATHS = ("b", "c/b", "c/c/d-e", "F_1/F_1")

Said = tuple[list[str], list[list[str]], bool]


def parsed(text: str) -> etree._Element:
    return etree.fromstring(text, etree.XMLParser(resolve_entities=False, remove_blank_text=True))


def shapes_of(*texts: str, wanted: Wanted = WANTED) -> Shapes:
    """Shapes that have seen these elements, and how the first is written."""
    shapes = Shapes("a", wanted)
    shapes.see("".join(texts))
    for text in texts:
        shapes.note(parsed(f"<root>{text}</root>"))
    shapes.settle()
    return shapes


class Cast(NamedTuple):
    """What is known of an element that was read by its shape."""

    mould: Mould
    texts: Texts
    codec: str

    @property
    def values(self) -> Texts:
        return self.mould.pick([*WANTED.texts, *WANTED.marks])(self.texts)

    def each(self) -> list[Texts]:
        found = self.mould.each("d-e")
        return [] if found is None else found(self.texts, self.codec)


def cast(shapes: Shapes, text: str, codec: str = "utf-8") -> Cast | None:
    """The element that a text is, read by its shape; None also where more than it stands there."""
    data = text.encode(codec)
    found = shapes.run(
        Text(data, codec), 0, 0, len(data), lambda *given: (Cast(*given[:3]), given[3:])
    )
    if not found.made or found.end != len(data):
        return None
    assert found.made[0][1] == (0, len(data))
    return found.made[0][0]


def told(found: Cast) -> Said:
    """What a shape tells of the paths wanted, pieces of a tidy text put together."""
    values = ["" if value is None else value for value in found.values]
    if found.mould.tidy:
        values[2:4] = ["".join(values[2:4])]
    inner = [["" if text is None else text for text in each] for each in found.each()]
    return values[:4], inner, found.values[-1] is not None


def meant(element: etree._Element) -> Said:
    """What a parser tells of them."""

    def text(at: etree._Element | None) -> str:
        return "" if at is None or len(at) else at.text or ""

    inner = [[text(each.find("b")), text(each.find("c"))] for each in element.findall("d-e")]
    return [text(element.find(path)) for path in PATHS], inner, element.find("F_1") is not None


def bare(said: Said) -> Said:
    """Blank texts are none: a parser that removes blanks between elements takes some for that."""
    texts, inner, there = said
    return ["" if text.isspace() else text for text in texts], [["" if text.isspace() else text for text in each] for each in inner], there  # fmt: skip


@given(st.lists(ELEMENTS, min_size=1, max_size=4), ELEMENTS)
@settings(max_examples=150, deadline=None)
def test_a_shape_matches_only_what_a_parser_reads_so(seen: list[str], other: str) -> None:
    well = []
    for text in seen:
        try:
            parsed(text)
        except (etree.XMLSyntaxError, ValueError):
            continue
        well.append(text)
    shapes = shapes_of(*well)
    for text in [*seen, other]:
        found = cast(shapes, text)
        if found is not None:
            assert bare(told(found)) == bare(meant(parsed(text)))


def test_a_shape_that_was_learned_takes_other_texts_and_no_other_tags() -> None:
    shapes = shapes_of("<a><c><b>1</b></c><F_1><F_1>2</F_1></F_1></a>")
    found = cast(shapes, "<a>\n<c><b>x &amp; y</b></c><F_1><F_1> </F_1></F_1>\n</a>")
    assert found is not None
    assert told(found) == (["", "x & y", "", " "], [], True)
    for text in (
        "<a><c><b>1</c></b><F_1><F_1>2</F_1></F_1></a>",
        "<a><c><b>1</b>x</c><F_1><F_1>2</F_1></F_1></a>",
        "<a><c><b>1</b><b>1</b></c><F_1><F_1>2</F_1></F_1></a>",
        "<a>1</a>",
        "<a>1<c><b>1</b></c><F_1><F_1>2</F_1></F_1></a>",
        "<a><c><b>1</b></c><F_1><F_1>2</F_1></F_1></a><a/>",
        "<a><c><b>1</b></c><F_1><F_1>2</F_1></F_1>",
        "<a x='1'><c><b>1</b></c><F_1><F_1>2</F_1></F_1></a>",
        "<a><c><b>\x07</b></c><F_1><F_1>2</F_1></F_1></a>",
        "<a><c><b>\ufffe</b></c><F_1><F_1>2</F_1></F_1></a>",
        "<a><c><b>&#65;</b></c><F_1><F_1>2</F_1></F_1></a>",
        "<a><c><b>]]></b></c><F_1><F_1>2</F_1></F_1></a>",
    ):
        assert cast(shapes, text) is None, text


@pytest.mark.parametrize(
    ("kind", "other"),
    [
        ("<b>1</b>", "<b/>"),
        ("<b>1</b>", "<b><null/></b>"),
        ("<b>1</b>", ""),
        ("<F_1/>", "<F_1><F_1>2</F_1></F_1>"),
        ("<d-e><b>1</b></d-e>", "<d-e><b>1</b></d-e><d-e/><d-e><c>X</c></d-e>"),
        ("<k>1</k>", "<k>2</k><k><l/></k>"),
    ],
    ids=["empty", "with a null", "missing", "with children", "several", "several of what is not wanted"],
)  # fmt: skip
def test_what_elements_have_in_turn_becomes_one_pattern(kind: str, other: str) -> None:
    texts = [f"<a>{inner}<c><b>X</b></c></a>" for inner in (kind, other)]
    shapes = shapes_of(*texts)
    for text in texts:
        found = cast(shapes, text)
        assert found is not None
        assert told(found) == meant(parsed(text))
    assert shapes.made == 1


def test_two_of_what_only_one_may_be_are_for_the_parser() -> None:
    """Whether the first or the last is meant is a reader's question."""
    for text in (
        "<a><b>1</b><b>2</b></a>",
        "<a><c><b>1</b></c><c><b>2</b></c></a>",
        "<a><b>1</b><k/><b>1</b></a>",
        "<a><d-e><b>1</b><b>2</b></d-e></a>",
    ):
        assert not shapes_of(text).ready, text


def test_tidy_texts_come_in_pieces_and_others_whole() -> None:
    text = "<a><c><b>WORD</b><c><d-e>12</d-e></c></c></a>"
    shapes = shapes_of(text)
    tidy = cast(shapes, text)
    assert tidy is not None
    assert tidy.mould.tidy
    assert tidy.values[1:4] == ("WORD", "1", "2")
    other = cast(shapes, text.replace("WORD", "a word"))
    assert other is not None
    assert not other.mould.tidy
    assert other.values[1:3] == ("a word", "12")


def test_tidiness_is_not_asked_for_ever() -> None:
    """Where little is tidy each element would be held against two patterns."""
    shapes = shapes_of("<a><c><b>a word</b></c></a>")
    moulds = [
        cast(shapes, f"<a><c><b>{word}</b></c></a>") for word in ["WORD", *["x"] * 32, "WORD"]
    ]
    assert [each is not None and each.mould.tidy for each in moulds] == [True] + [False] * 33


@pytest.mark.parametrize(
    ("text", "gaps"),
    [
        ("<a><b>1</b><c><d-e/></c></a>", ("", "", "")),
        ("<a>\n<b>1</b>\n<c>\n<d-e/>\n</c>\n</a>\n<a>", ("\n", "\n", "\n")),
        ("<a>\r\n\t<b> </b>\r\n\t<c>\r\n\t\t<k>\n</k>\r\n\t</c>\r\n</a>", ("\r\n", "\r\n\t", "\r\n\t\t")),
        ("<a> <b>1</b></a>", ("", " ")),
        ("<a>\n<b>1</b>\n<c><d-e/>\n</c>\n</a>", ("\n", "\n", "")),
        ("<a>\n<b>1</b> <c>1</c>\n</a>", ()),
        ("<a>\n <b>1</b>\n</a>", ("\n", "\n ")),
        (f"<a>{' ' * 64}<b>1</b></a>", ("", " " * 64)),
        (f"<a>{' ' * 65}<b>1</b></a>", ()),
        ("<a>1</a>", ()),
        ("<a/>", ()),
        ("<a><b>", ()),
        ("", ()),
    ],
    ids=["none", "lines", "indented", "one", "none in a group", "differ", "last line", "longest", "too long", "text", "empty", "cut", "nothing"],
)  # fmt: skip
def test_gaps_are_those_before_tags_of_one_depth(text: str, gaps: tuple[str, ...]) -> None:
    assert gaps_of(text) == gaps
    shapes = shapes_of(text) if text.endswith("</a>") else None
    if shapes is not None and shapes.ready:
        found = cast(shapes, text)
        assert found is not None
        assert found.mould.gaps == gaps
        assert told(found) == meant(parsed(text))


def test_blanks_are_gone_through_once_however_many_children_may_stand_behind_them() -> None:
    """A pattern that asked for any number of blanks before each child that some lack would go
    through the same blanks as often as there are such children."""
    many = "".join(f"<x{number}>1</x{number}>" for number in range(50))
    shapes = shapes_of(f"<a>{many}<d-e><b>1</b></d-e></a>", "<a>\n<b>1</b>\n</a>")
    assert cast(shapes, "<a> <b>1</b></a>") is not None
    found = cast(shapes, f"<a>{' ' * 99}<d-e>\n<b>1</b></d-e></a>")
    assert found is not None
    assert found.mould.gaps == ()
    pattern: str = found.mould.match.__self__.pattern  # type: ignore[attr-defined]
    assert pattern.count("(?>") > 50
    assert f"(?>{SPACE}" not in pattern


def test_gaps_are_not_asked_for_ever() -> None:
    """Where elements are written otherwise than the first, tidy ones are read as such all the same."""
    one, other = "<a><c><b>WORD</b></c></a>", "<a>\n<c>\n <b>WORD</b></c>\n</a>"
    shapes = shapes_of(one)
    found = [cast(shapes, text) for text in [one, *[other] * 33, one]]
    assert [each and (each.mould.tidy, bool(each.mould.gaps == ())) for each in found] == [
        (True, False), *[(False, True)] * 32, (True, True), (True, True),
    ]  # fmt: skip
    assert all(each and told(each) == (["", "WORD", "", ""], [], False) for each in found)


@pytest.mark.parametrize("codec", ["utf-8", "iso-8859-1"])
def test_texts_beyond_ascii_are_those_of_the_file(codec: str) -> None:
    shapes = shapes_of("<a><b>1</b><d-e><b>1</b></d-e></a>")
    found = cast(shapes, "<a><b>\xd1AME\r\n&amp;\xe0</b><d-e><b>\xfc\r&lt;</b></d-e></a>", codec)
    assert found is not None
    assert told(found) == (["\xd1AME\n&\xe0", "", "", ""], [["\xfc\n<", ""]], False)


def test_a_blank_that_is_one_byte_is_for_the_parser() -> None:
    shapes = shapes_of("<a><b>1</b></a>")
    assert cast(shapes, "<a><b>A\xa0</b></a>", "utf-8") is not None
    assert cast(shapes, "<a><b>A\xa0</b></a>", "iso-8859-1") is None


def test_shapes_are_bounded() -> None:
    """A file of which each element looks otherwise costs no pattern for each, nor much looking."""
    shapes = Shapes("a", WANTED)
    for number in range(6_000):
        shapes.note(parsed(f"<root><a><c{number % 900}>1</c{number % 900}></a></root>"))
        shapes.settle()
    assert shapes.made <= 16
    assert shapes.noted == 4_096
    assert not shapes_of("<a><b>" + "<c>" * 20 + "1" + "</c>" * 20 + "</b></a>").ready
    wide = "".join(f"<c{number}/>" for number in range(500))
    assert not shapes_of(f"<a><k>{wide}</k></a>").ready
    for letters, known in [(64, True), (65, False)]:
        for inner in ("1", "<b>1</b>"):
            assert shapes_of(f"<a><{'k' * letters}>{inner}</{'k' * letters}></a>").ready is known


class _Sought(bytes):
    """Bytes that count how many of them were looked at by :meth:`find`."""

    looked = 0

    def find(self, sub: bytes, start: int = 0, end: int | None = None) -> int:  # type: ignore[override]
        end = len(self) if end is None else end
        found = super().find(sub, start, end)
        self.looked += (end if found < 0 else found) - start
        return found


@pytest.mark.parametrize("closing", ["</b>", "</b >"], ids=["usual", "with a blank"])
def test_elements_are_found_in_one_pass(closing: str) -> None:
    """However they end: a batch of a megabyte may hold tens of thousands."""
    batch, after = _Sought(f"<b>{closing}".encode() * 500), 0
    for number in range(500):
        start, after = xml_batches._span(batch, "b", after)
        assert (start, after) == (number * (3 + len(closing)), (number + 1) * (3 + len(closing)))
    assert batch.looked < 5 * len(batch)


def test_elements_without_an_order_in_common_make_up_to_four_patterns() -> None:
    inner = ["<b>1</b>", "<c><b>X</b></c>", "<e>1</e>", "<f>1</f>"]
    kinds = [f"<a>{''.join(order)}</a>" for order in itertools.permutations(inner)]
    shapes = shapes_of(*kinds)
    assert shapes.made == 4
    read_so = [cast(shapes, kind) for kind in kinds * 2]
    assert {found is None for found in read_so} == {False, True}
    for kind, found in zip(kinds * 2, read_so, strict=True):
        assert found is None or told(found) == meant(parsed(kind))
