"""Elements read by their shapes are those that a parser finds, and nothing else is read so.

About 6 CPU seconds.
"""

from __future__ import annotations

import io
import itertools
import re

import pytest
from asycuda_worlds import MANIFEST
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from esclusa.errors import LimitError
from esclusa.formats import Limits, xml_batches
from esclusa.formats.asycuda import reader
from esclusa.formats.xml_shapes import Shapes
from esclusa.formats.xml_twigs import Pick, Stem, Twig
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
        patch.setattr(xml_batches, "_BATCH", 1)
        shaped = read(data)
        patch.setattr(Shapes, "read", lambda self, text: None)
        patch.setattr(Shapes, "ahead", lambda self, text, at: None)
        return shaped, read(data)


def twigs(text: str) -> list[Twig] | Stem | None:
    return Shapes("a").read(text)


def test_the_shapes_are_used() -> None:
    used: list[bool] = []
    read_so = Shapes.read

    def noted(self: Shapes, text: str) -> list[Twig] | Stem | None:
        found = read_so(self, text)
        used.append(found is not None)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(xml_batches, "_BATCH", 1)
        patch.setattr(Shapes, "read", noted)
        found = read(FILE)
    # All but the bill behind the heading.
    assert used == [False, True, True, True, True, True]
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
) | st.sampled_from(["A &amp; B", "&lt;&gt;", "&amp;lt;", "&quot;x&apos;", "&bogus;", "x]]>y"])  # fmt: skip
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
WANTED = Pick("b", "c", "d-e", "F_1")


def same(twig: Twig, element: etree._Element) -> None:
    """What a twig tells is what lxml tells."""
    assert twig.tag == element.tag
    bare = [None if (text or "").isspace() else text for text in WANTED.of(element)]
    told = [None if (text or "").isspace() else text for text in WANTED.of(twig)]
    groups = {str(one.tag) for one in element if len(one)}
    assert [None if tag in groups else text for tag, text in zip(("b", "c", "d-e", "F_1"), bare, strict=True)] == told  # fmt: skip
    inner = [one for one in element if len(one)]
    for part, one in zip(twig, inner, strict=True):
        same(part, one)


@given(st.lists(GROUPS, min_size=1, max_size=4).map(lambda found: f"<a>{''.join(found)}</a>"))
@settings(max_examples=250, deadline=None)
def test_a_shape_matches_only_what_a_parser_reads_so(text: str) -> None:
    found = twigs(text)
    if found is not None:
        root = etree.fromstring(text.encode(), etree.XMLParser(resolve_entities=False))
        assert len(found) == len(root)
        for twig, element in zip(found, root, strict=True):
            same(twig, element)


def test_a_shape_that_was_learned_takes_other_texts_and_no_other_tags() -> None:
    shapes = Shapes("a")
    assert shapes.read("<a><b><c>1</c><d>2</d></b></a>")
    (twig,) = shapes.read("<a>\n<b><c>x &amp; y</c><d> </d></b>\n</a>") or []
    assert Pick("c", "d", "e").of(twig) == ("x & y", " ", None)
    assert Pick("c", "d").words(twig) == ["x & y", ""]
    assert shapes.learned == 1
    assert shapes.read("<a><b><c>1</c><e>2</e></b></a>")
    assert shapes.learned == 2
    for text in (
        "<a><b><c>1</d><d>2</d></b></a>",
        "<a><b><c>1</c>x<d>2</d></b></a>",
        "<a><b><c>1</c><c>2</c></b></a>",
        "<a>1</a>",
        "<a>1<b>1</b></a>",
        "<a><b><c>1</c></b></a><a/>",
        "<a><b><c>1</c></b>",
        "<a x='1'><b><c>1</c></b></a>",
    ):
        assert shapes.read(text) is None, text


def test_shapes_are_bounded() -> None:
    """A file of which each element looks otherwise costs no pattern for each."""
    shapes = Shapes("a")
    read_so = [shapes.read(f"<a><b><c{number}>1</c{number}></b></a>") for number in range(400)]
    assert shapes.learned == 200
    assert [each is not None for each in read_so] == [True] * 200 + [False] * 200
    assert Shapes("a").read("<a><b>" + "<c>" * 20 + "1" + "</c>" * 20 + "</b></a>") is None
    assert Shapes("a").read(f"<a><b><c>{'x' * 20_000}</c></b></a>") is None


def test_a_whole_element_that_comes_again_is_read_at_once() -> None:
    shapes = Shapes("a")
    texts = [f"<a>\n<b><c>{at}</c></b> <b><c>x</c><d>&lt;</d></b></a>" for at in range(5)]
    read_so = [shapes.read(text) for text in texts]
    assert [isinstance(found, Stem) for found in read_so] == [False, False, True, True, True]
    for at, found in enumerate(read_so):
        assert found is not None
        assert len(found) == 2
        assert [Pick("c", "d").of(twig) for twig in found] == [(str(at), None), ("x", "<")]
    found = shapes.read("<a><b><c>1</c></b><b><c>x</c></b><b><c>y</c><d>z</d></b></a>")
    assert isinstance(found, Stem), (
        "what some lack may be lacking, what repeats may come more often"
    )
    assert [Pick("c", "d").of(twig) for twig in found] == [("1", None), ("x", None), ("y", "z")]
    assert isinstance(shapes.read("<a><b><d>1</d><c>2</c></b></a>"), list), "in another order"
    assert isinstance(shapes.read(texts[0]), Stem), "one of another kind between does no harm"


def test_elements_that_differ_become_one_pattern_and_it_takes_no_more_than_they_have() -> None:
    shapes = Shapes("a")
    one = "<a><b><c>1</c><e><f>2</f></e></b><g><h/></g></a>"
    two = "<a><b><d>&amp;</d></b><k><l>3</l></k><k><l> </l><m>&lt;</m></k><g><h>4</h></g></a>"
    for text in (one, two) * 20:
        found = shapes.read(text)
    assert isinstance(found, Stem)
    assert [(twig.tag, Pick("c", "d").of(twig)) for twig in found][0] == ("b", (None, "&"))
    assert [Pick("l", "m").of(twig) for twig in found if twig.tag == "k"] == [
        ("3", None),
        (" ", "<"),
    ]
    first, *_ = found
    assert first.find("e") is None
    assert list(first) == []
    other = shapes.read(one)
    assert isinstance(other, Stem)
    assert [twig.tag for twig in other] == ["b", "g"]
    inner = next(iter(other)).find("e")
    assert inner is not None
    assert Pick("f", "c").of(inner) == ("2", None)
    for text in (
        "<a><b><c>1</c><c>1</c></b><g><h/></g></a>",
        "<a><b><c>1</c></b><g><h/></g><g><h/></g></a>",
        "<a><b><c>1</c></b><g><h><i>1</i></h></g></a>",
        "<a><b><c>1</c></b><g><h></g></h></a>",
        "<a><b>text<c>1</c></b><g><h/></g></a>",
        "<a><b><c>&x;</c></b><g><h/></g></a>",
        "<a><k><l>3</l></k>3<k><l>3</l></k><g><h/></g></a>",
    ):
        assert not isinstance(shapes.read(text), Stem), text


@given(st.lists(st.lists(GROUPS, min_size=1, max_size=4), min_size=1, max_size=5))
@settings(max_examples=250, deadline=None)
def test_a_pattern_of_many_tells_what_a_parser_tells(kinds: list[list[str]]) -> None:
    shapes = Shapes("a")
    texts = [f"<a>{''.join(kind)}</a>" for kind in kinds]
    for text in texts * 12:
        found = shapes.read(text)
        if isinstance(found, Stem):
            root = etree.fromstring(text.encode(), etree.XMLParser(resolve_entities=False))
            assert len(found) == len(root)
            for twig, element in zip(found, root, strict=True):
                same(twig, element)


def test_elements_without_an_order_in_common_are_read_one_by_one() -> None:
    shapes = Shapes("a")
    inner = ["<b><c>1</c></b>", "<d><c>1</c></d>", "<e><c>1</c></e>", "<f><c>1</c></f>"]
    kinds = [f"<a>{''.join(order)}</a>" for order in itertools.permutations(inner)]
    for number in range(200):
        found = shapes.read(kinds[number * 7 % len(kinds)])
        assert found is not None
        assert len(found) == 4
    assert len(shapes._families) == 4
