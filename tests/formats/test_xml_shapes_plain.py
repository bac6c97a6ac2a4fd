"""Manifests read by shapes state what the plain reader of XML states, at the same places.

The plain reader is :mod:`esclusa.formats.xml`, one element at a time. About 5 CPU seconds.
"""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from asycuda_worlds import MANIFEST
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from esclusa.errors import LimitError
from esclusa.formats import Limits, xml_batches
from esclusa.formats.asycuda import reader
from esclusa.formats.xml import CHUNK
from esclusa.formats.xml_batches import Batches
from esclusa.formats.xml_shapes import Run, Shapes, Text
from esclusa.model import Consignment, Defect, Message, Severity

HEAD = MANIFEST[: MANIFEST.index(b" <Bol_segment>")]
END = b"</Awmds>\n"

Read = list[Message | Defect | str]


def read(data: bytes, limits: Limits) -> Read:
    """Return all that a reading gives, an error as its words."""
    found: Read = []
    try:
        found += reader.read(io.BytesIO(data), file="m.xml", limits=limits)
    except LimitError as error:
        found.append(str(error))
    return found


def ways(
    data: bytes, limits: Limits | None = None, batch: int = 256, first: int = 0
) -> tuple[Read, Read, int]:
    """Read with shapes and with the plain reader; also how many bills were read by a shape.

    ``first`` is the size of the first batch, which is parsed.
    """
    limits = limits or Limits()
    count = 0
    run = Shapes.run

    def noted(self: Shapes, whole: Text, at: int, *others: Any) -> Run[Any]:
        nonlocal count
        found = run(self, whole, at, *others)
        count += len(found.made) + bool(found.refused)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(xml_batches, "_BATCH", batch)
        patch.setattr(xml_batches, "CHUNK", first or min(batch, CHUNK))
        patch.setattr(Shapes, "run", noted)
        shaped = read(data, limits)
        patch.setattr(Batches, "_opening", lambda self, root: b"")
        return shaped, read(data, limits), count


def but_for_the_last_length(found: Read) -> Read:
    """The plain reader counts an element before a syntax error as far as the error."""
    if len(found) > 1 and isinstance(found[-1], Defect) and isinstance(last := found[-2], Message):
        return [*found[:-2], replace(last, length=0), found[-1]]
    return found


def bill(number: int, inside: str = "") -> str:
    return (
        f"<Bol_segment>\n <Bol_id><Bol_reference>NRLN{number:04}</Bol_reference></Bol_id>\n"
        f" <Goods_segment><Number_of_packages>{number}</Number_of_packages>"
        f"<Goods_description>COFFEE {number}</Goods_description></Goods_segment>{inside}\n"
        "</Bol_segment>\n"
    )


def manifest(*bills: str, root: str = "<Awmds>") -> bytes:
    """The first bill is parsed, and the others are read by its shape."""
    return HEAD.replace(b"<Awmds>", root.encode()) + (bill(1) + "".join(bills)).encode() + END


def alike(*bills: str) -> bytes:
    """A manifest whose bills are all of a kind; the first is parsed."""
    return HEAD + "".join(bills).encode() + END


def codes(found: Read) -> list[str]:
    return [
        defect.code
        for item in found
        if not isinstance(item, str)
        for defect in (item.defects if isinstance(item, Message) else [item])
    ]


BOX = "<ctn_segment><Ctn_reference>CSQU3054383</Ctn_reference></ctn_segment>"
PLAIN = [bill(number) for number in range(2, 8)]


@pytest.mark.parametrize("packages", ["99", "99.5"], ids=["sound", "no count"])
def test_a_text_may_speak_of_name_spaces(packages: str) -> None:
    """A bill with a defect is parsed again, though batches with that word are left to care."""
    odd = bill(99).replace("COFFEE", "GUIDE TO xmlns:a").replace(">99<", f">{packages}<")
    shaped, plain, count = ways(manifest(*PLAIN, odd, bill(100)))
    assert shaped == plain
    assert count == len(PLAIN) + 2
    assert ("value.count" in codes(shaped)) == (packages != "99")


@pytest.mark.parametrize(
    ("odd", "shaped"),
    [
        pytest.param(bill(99, BOX), 12, id="a container more"),
        pytest.param(bill(99, BOX * 40), 12, id="forty containers more"),
        pytest.param(bill(99, "<Pilot_segment><Name>R. ROE</Name></Pilot_segment>"), 12, id="unknown group"),
        pytest.param(bill(99, "<Pilot>R. ROE</Pilot>"), 12, id="unknown leaf"),
        pytest.param(bill(99).replace("<Goods_", "<Vessel>7</Vessel><Goods_", 1), 12, id="unknown before"),
        pytest.param(bill(99).replace("Number_of_packages>", "Packages_seen>"), 12, id="other name"),
        pytest.param(re.sub("(<Number.*es>)(<Goods_d.*on>)", r"\2\1", bill(99)), 12, id="leaves turned"),
        pytest.param(re.sub("(?s)(<Bol_id.*id>)\n (<Goods.*Goods_segment>)", r"\2\1", bill(99)), 12, id="groups turned"),
        pytest.param(bill(99).replace("<Bol_id>", '<Bol_id kind="1">'), 12, id="attribute"),
        pytest.param(bill(99).replace("<Bol_segment>", '<Bol_segment a="/>">').replace(">99<", ">9.5<"), 12, id="end of a tag in an attribute"),
        pytest.param("<Bol_segment a='>' b='\"/>'/>" + bill(99), 12, id="ends of tags in attributes of an empty bill"),
        pytest.param(bill(99).replace("<Bol_id>", "<Bol_id ref='<a>'>"), 6, id="bad attribute"),
        pytest.param(bill(99).replace("COFFEE", "<!-- x -->COFFEE"), 6, id="comment"),
        pytest.param("<!-- <Bol_segment></Bol_segment> -->" + bill(99), 6, id="comment with a bill"),
        pytest.param(bill(99).replace("COFFEE", "<?go x?>COFFEE"), 6, id="instruction"),
        pytest.param(bill(99).replace("COFFEE", "<![CDATA[<b>]]>"), 6, id="cdata"),
        pytest.param(bill(99).replace("COFFEE", "&secret;"), 6, id="entity"),
        pytest.param(bill(99).replace("COFFEE", "A &amp; &lt;B&gt; &quot;&apos;"), 13, id="entities of XML"),
        pytest.param(bill(99).replace("COFFEE", "&#67;OFFEE"), 12, id="character reference"),
        pytest.param(bill(99).replace("COFFEE", "A > B"), 12, id="greater than"),
        pytest.param(bill(99).replace("COFFEE", "A ]]> B"), 6, id="end of cdata"),
        pytest.param(bill(99).replace("<Bol_id>", '<Bol_id xmlns="urn:x">'), 6, id="name space"),
        pytest.param(bill(99).replace("Bol_id>", "x:Bol_id>"), 6, id="prefix without a name space"),
        pytest.param(bill(99).replace("Bol_id>", "xml:Bol_id>"), 6, id="prefix of XML itself"),
        pytest.param(bill(99).replace("Bol_id>", "xsi:Bol_id>"), 6, id="prefix of instances"),
        pytest.param(bill(99).replace("<Bol_reference>", "text<Bol_reference>"), 6, id="text in a group"),
        pytest.param(bill(99).replace("COFFEE 99", ""), 12, id="empty leaf"),
        pytest.param(bill(99).replace("COFFEE 99", "<null/>"), 12, id="null"),
        pytest.param(bill(99).replace(">99<", ">99.5.1<"), 13, id="no number"),
        pytest.param(bill(99).replace(">99<", "> -9 <"), 13, id="negative"),
        pytest.param(bill(99).replace("NRLN0099", " "), 13, id="no number of the bill"),
        pytest.param(bill(99).replace("</Bol_id>", ""), 6, id="not closed"),
        pytest.param(bill(99).replace("</Bol_id>", "</Bol_ID>"), 6, id="closed by another"),
        pytest.param(bill(99).replace("COFFEE", "\x07"), 6, id="forbidden character"),
        pytest.param(bill(99).replace("COFFEE", "CAF\u00c9 \u4e2d \U0001f6a2"), 13, id="other letters"),
        pytest.param(bill(99) + "<Bol_segment/>", 12, id="an empty bill"),
        pytest.param(bill(99) + "<Bol_segment />", 12, id="an empty bill with a blank"),
        pytest.param("<Ship>" + bill(99) + "</Ship>", 6, id="a bill inside a group"),
        pytest.param("<Bol_segment> </Bol_segment>", 12, id="a blank bill"),
        pytest.param("<Other><A>1</A></Other>\n" + bill(99), 12, id="another child of the root"),
        pytest.param("text" + bill(99), 12, id="text of the root"),
        pytest.param(HEAD.decode().partition("<Awmds>")[2] + bill(99), 12, id="a second heading"),
    ],
)  # fmt: skip
def test_a_file_that_changes_in_the_middle_is_read_as_by_the_plain_reader(
    odd: str, shaped: int
) -> None:
    data = manifest(*PLAIN, odd, *PLAIN)
    found, plain, count = ways(data)
    assert found == plain
    assert count == shaped, "and by shapes as long as the rest is plain"


@pytest.mark.parametrize(
    ("root", "shaped"),
    [
        ('<Awmds xmlns="urn:x">', 6),
        ('<Awmds xmlns:x="urn:x" x:kind="1">', 6),
        ("<Awmds\n version='1>2'\n>", 6),
    ],
    ids=["name space", "attribute with a prefix", "several lines"],
)
def test_a_root_with_attributes_changes_no_bill(root: str, shaped: int) -> None:
    found, plain, count = ways(manifest(*PLAIN, root=root))
    assert found == plain
    assert count == shaped
    stated = [one for item in found if isinstance(item, Message) for one in item.statements]
    assert sum(isinstance(one, Consignment) for one in stated) == 7


def test_a_document_type_is_refused_before_any_shape() -> None:
    secret = '<!DOCTYPE Awmds [<!ENTITY secret SYSTEM "file:///etc/passwd">]><Awmds>'
    found, plain, count = ways(manifest(bill(99).replace("COFFEE", "&secret;"), root=secret))
    assert found == plain
    assert count == 0
    assert codes(found) == ["xml.doctype"]


def test_a_file_cut_anywhere_keeps_the_bills_before_it_and_names_the_byte() -> None:
    data = manifest(*PLAIN[:2])
    whole = read(data, Limits())
    start = data.rindex(b"<Bol_segment>")
    for end in range(start - 20, len(data.rstrip())):
        found, plain, _ = ways(data[:end])
        assert found == plain, end
        stated = [item for item in found if isinstance(item, Message) and item.statements]
        assert stated[1:] == whole[1 : len(stated)]
        last = found[-1]
        told = last if isinstance(last, Defect) else last.defects[-1]  # type: ignore[union-attr]
        assert told.severity is Severity.FATAL
        assert told.offset <= end


@pytest.mark.parametrize(
    "limits",
    [
        Limits(message_bytes=2_000),
        Limits(xml_text_bytes=300),
        Limits(xml_depth=3),
        Limits(file_bytes=4_000),
        Limits(defects_per_message=1),
    ],
    ids=["bill", "text", "depth", "file", "defects"],
)
def test_limits_hold_with_shapes_as_without(limits: Limits) -> None:
    long = bill(50).replace("COFFEE", "COFFEE " * 400)
    odd = bill(51).replace(">51<", ">x<") + bill(52, BOX.replace("383", "38A") * 3)
    # The limit of a file is found when so much is read: by as much at once in both ways.
    batch = 256 if limits.file_bytes == Limits().file_bytes else CHUNK
    found, plain, _ = ways(manifest(*PLAIN, long, odd, *PLAIN), limits, batch)
    assert found == plain


def test_a_bill_larger_than_a_batch_may_be_is_cut_as_by_the_plain_reader() -> None:
    wide = bill(50).replace("COFFEE", "COFFEE " * 180_000)
    tall = bill(51, BOX * 20_000)
    found, plain, count = ways(manifest(*PLAIN * 20, wide, *PLAIN, tall, *PLAIN), batch=4096)
    assert found == plain
    assert count > 0
    assert "asycuda.element" in codes(found)


NAMES = st.sampled_from(
    ["Bol_reference", "Number_of_packages", "Gross_mass", "Goods_description", "Marks1", "Ctn_reference",
     "Empty_weight", "Goods_weight", "Exporter_name", "Freight_value", "Unheard_of"]
)  # fmt: skip
WORDS = st.sampled_from(
    ["NRLN7", "12", "0", "-1", "1e9", "1,5", "x", " ", "", "A &amp; B", "&lt;", "&#65;", "a\r\nb", "\t7 ",
     "CSQU3054383", "csqu 305438-3", "CSQU3054384", "\u00d1AME", "<null/>", "9" * 20, "0.5", "٣"]
)  # fmt: skip
LEAF = st.tuples(NAMES, WORDS).map(lambda each: f"<{each[0]}>{each[1]}</{each[0]}>")
GROUP = st.sampled_from(
    ["Bol_id", "ctn_segment", "Goods_segment", "Split_segment", "Load_unload_place", "Unheard_segment"]
)  # fmt: skip


def _group(tag: str, inside: list[str], gap: str) -> str:
    return f"<{tag}>{gap}{gap.join(inside)}{gap}</{tag}>"


FLAT = st.tuples(GROUP, st.lists(LEAF, max_size=4), st.sampled_from(["", "\n ", "\r\n"])).map(
    lambda each: _group(*each)
)
NESTED = st.tuples(
    st.sampled_from(["Traders_segment", "Value_segment", "Goods_segment", "Split_segment"]),
    st.lists(
        st.tuples(
            st.sampled_from(
                ["Exporter", "Consignee", "Freight_segment", "Customs_segment", "Seals_segment", "Container"]
            ),
            st.lists(LEAF, max_size=3),
        ).map(lambda each: _group(*each, "")),
        max_size=3,
    ),
    st.sampled_from(["", "\n"]),
).map(lambda each: _group(*each))  # fmt: skip
BILL = st.tuples(
    st.lists(FLAT | NESTED | LEAF, max_size=5), st.sampled_from(["", "\n", " <!-- -->", "x"])
).map(
    lambda each: (
        "<Bol_segment>"
        "<Bol_id><Bol_reference>NRLN1</Bol_reference></Bol_id>"
        f"{''.join(each[0])}</Bol_segment>{each[1]}"
    )
)


@given(st.lists(BILL, min_size=1, max_size=4), st.integers(1, 4), st.integers(1, 2))
@settings(max_examples=100, deadline=None)
def test_made_up_bills_are_read_as_by_the_plain_reader(
    bills: list[str], running: int, times: int
) -> None:
    """Bills return, so that shapes learned of one are used for the next; running, also whole."""
    found, plain, _ = ways(manifest(*([each for each in bills for _ in range(running)] * times)))
    assert found == plain


@given(st.lists(BILL, min_size=2, max_size=4), st.data())
@settings(max_examples=80, deadline=None)
def test_made_up_damage_is_told_as_by_the_plain_reader(
    bills: list[str], draw: st.DataObject
) -> None:
    data = manifest(*bills, *PLAIN[:2])
    at = draw.draw(st.integers(len(HEAD), len(data) - 1))
    piece = draw.draw(
        st.sampled_from([b"<", b">", b"&", b"/", b"\x00", b"\xff", b"", b"<x>", b"]]>"])
    )
    found, plain, _ = ways(data[:at] + piece + data[at + draw.draw(st.integers(0, 9)) :])
    assert but_for_the_last_length(found) == but_for_the_last_length(plain)


def test_bills_of_a_large_file_come_by_shapes() -> None:
    bills = [bill(number, BOX * (number % 5)) for number in range(2, 3000)]
    data = manifest(*bills)
    found, plain, count = ways(data, batch=32 * 1024)
    assert found == plain
    assert count > 2800
    stated = [one for item in found if isinstance(item, Message) for one in item.statements]
    assert sum(isinstance(one, Consignment) for one in stated) == 2999


FULL = (
    "<ctn_segment><Ctn_reference>CSQU3054383</Ctn_reference><Marks1>S{0}</Marks1><Marks2>S 2</Marks2>"
    "<Empty_weight>4600.5</Empty_weight><Goods_weight>{0}</Goods_weight></ctn_segment>"
    "<Traders_segment><Consignee><Consignee_code>8-{0}</Consignee_code></Consignee>"
    "<Carrier><Carrier_name>ALTAMIRA  {0}</Carrier_name></Carrier></Traders_segment>"
    "<Value_segment><Freight_segment><PC_indicator> PP </PC_indicator>"
    "<Freight_value>{0}.25</Freight_value></Freight_segment><Customs_segment>"
    "<Customs_value>{0}</Customs_value><Customs_currency>USD</Customs_currency>"
    "</Customs_segment></Value_segment>"
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("8-{0}", "8-{0}"),
        ("CSQU3054383", "CSQU3054384"),
        ("CSQU3054383", "csqu 305438-3"),
        ("<Goods_weight>{0}", "<Goods_weight>x{0}"),
        ("4600.5", "0"),
        ("<Customs_value>{0}", "<Customs_value>-{0}"),
        ("{0}.25", "{0},25"),
        ("S 2", "S{0}"),
        ("</Traders_segment>", "</Traders_segment><Split_segment><Gross_mass>1</Gross_mass></Split_segment>"),
        ("<ctn_segment>", "<Goods_segment><Seals_segment><Marks_of_seals>9</Marks_of_seals></Seals_segment></Goods_segment><ctn_segment>"),
        ("<Traders_segment>", "<Bol_id><Bol_reference>X{0}</Bol_reference></Bol_id><Traders_segment>"),
        ("<Consignee>", "<Notify><Notify_name>A</Notify_name></Notify><Consignee>"),
        ("<Carrier>", "<Exporter>B</Exporter><Carrier>"),
        ("<Carrier_name>ALTAMIRA  {0}</Carrier_name>", "<Carrier_code>NR</Carrier_code>"),
    ],
    ids=["plain", "check digit", "other writing", "mass", "no tare", "negative", "comma", "seal twice", "split",
         "seals of the bill", "id twice", "notify", "leaf for a group", "code of the carrier"],
)  # fmt: skip
def test_bills_read_as_one_shape_are_those_of_the_plain_reader(old: str, new: str) -> None:
    inside = FULL.replace(old, new)
    assert new in inside
    found, plain, count = ways(alike(*[bill(at, inside.format(at)) for at in range(2, 9)]))
    assert found == plain
    twice = "<Bol_id>" in inside or "<Goods_segment>" in inside
    assert count == (0 if twice else 6), (
        "of two of a kind the last is meant: for the parser to tell"
    )


@pytest.mark.parametrize("value", ["{0}", "x{0}"], ids=["number", "no number"])
def test_bills_without_goods_have_no_item_for_their_value(value: str) -> None:
    goods = "<Goods_segment>.*?</Goods_segment>"
    inside = FULL.replace("<Customs_value>{0}", f"<Customs_value>{value}")
    odd = [re.sub(goods, "", bill(at, inside.format(at))) for at in range(2, 9)]
    found, plain, count = ways(alike(*odd))
    assert found == plain
    assert count == 6
    stated = [one for item in found if isinstance(item, Message) for one in item.statements]
    assert [one.goods for one in stated if isinstance(one, Consignment)] == [()] * 7
