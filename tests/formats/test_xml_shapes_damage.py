"""Manifests and declarations damaged anywhere: the quick way tells what the plain reader tells.

Every statement, defect, byte and line of both are equal. ``ESCLUSA_LONG=1`` damages a hundred times
as often. About 3 CPU seconds.
"""

from __future__ import annotations

import os
import random

import pytest
from asycuda_worlds import DECLARATION
from msgspec.structs import replace
from test_xml_shapes_plain import END, HEAD, Read, but_for_the_last_length, ways

from esclusa.model import Message

LONG = bool(os.environ.get("ESCLUSA_LONG"))
SEEDS = range(100 if LONG else 2)
TIMES = 500 if LONG else 200


def bill(number: int, kind: int) -> str:
    """A bill; three kinds of them, so that much of a mould is optional."""
    box = (
        f"<ctn_segment><Ctn_reference>CSQU3054383</Ctn_reference><Type_of_container>45R1"
        f"</Type_of_container><Empty_Full>1/1</Empty_Full><Marks1>S{number}</Marks1>"
        f"<Empty_weight>4600</Empty_weight><Goods_weight>{number}.5</Goods_weight></ctn_segment>\n"
    )
    value = (
        "<Value_segment><Freight_segment><PC_indicator>PP</PC_indicator><Freight_value>12"
        "</Freight_value><Freight_currency>USD</Freight_currency></Freight_segment></Value_segment>"
    )
    return (
        f"<Bol_segment><Bol_id><Bol_reference>NRLN{number}</Bol_reference><Bol_nature>23"
        "</Bol_nature></Bol_id>\n<Load_unload_place><Place_of_loading_code>ECGYE"
        "</Place_of_loading_code></Load_unload_place>\n<Traders_segment><Consignee><Consignee_code>"
        "8-1</Consignee_code><Consignee_name>MARISOL &amp; CO</Consignee_name><Consignee_address>"
        "CALLE 5\nPANAMA\nPA</Consignee_address></Consignee></Traders_segment>\n"
        f"{box * kind}<Goods_segment><Number_of_packages>{number}</Number_of_packages>"
        f"<Gross_mass>7</Gross_mass><Goods_description>\u00d1AME {number}</Goods_description>"
        f"</Goods_segment>{value if kind else ''}</Bol_segment>\n"
    )


def item(number: int) -> str:
    """An item with what exports write for nothing."""
    more = "<Attached_documents><Attached_document_code>A1</Attached_document_code><Attached_document_reference>7</Attached_document_reference></Attached_documents>"  # fmt: skip
    return (
        f"<Item><Packages><Number_of_packages>{number}.0</Number_of_packages><Marks1_of_packages>LOT"
        "</Marks1_of_packages><Kind_of_packages_code>PK</Kind_of_packages_code></Packages>"
        f"{more * (number % 3)}<IncoTerms><Code/></IncoTerms><Tarification><HScode><Commodity_code>"
        "03061100</Commodity_code><Precision_1>00</Precision_1><Precision_2>\n<null/>\n</Precision_2>"
        "</HScode><Extended_customs_procedure>4000</Extended_customs_procedure><Item_price/>"
        "</Tarification><Goods_description><Country_of_origin_code>EC</Country_of_origin_code>"
        f"<Commercial_Description>SHRIMP &lt; {number}</Commercial_Description></Goods_description>\n"
        "<Previous_doc><Summary_declaration>NRLN1</Summary_declaration></Previous_doc><Taxation>"
        "<Taxation_line><Duty_tax_code>\n<null/></Duty_tax_code></Taxation_line><Taxation_line><Rate/>"
        "</Taxation_line></Taxation><Valuation_item><Weight_itm><Gross_weight_itm>12.5"
        "</Gross_weight_itm></Weight_itm><Item_Invoice><Amount_foreign_currency>9"
        "</Amount_foreign_currency><Currency_code>USD</Currency_code></Item_Invoice></Valuation_item>"
        "</Item>\n"
    )


BILLS = "".join(bill(number, number % 3) for number in range(1, 10)).encode()
MANIFEST = HEAD + BILLS + END
START = DECLARATION[: DECLARATION.index(b"<Item>")]
ITEMS = "".join(item(number) for number in range(1, 9)).encode()
DECLARED = START + ITEMS + b"</ASYCUDA>\n"

PIECES = [
    b"<", b">", b"&", b"&amp;", b"&lt;", b"&x;", b"&#10;", b"&#xd;", b"]]>", b"<null/>", b"</null>", b"\r", b"\n",
    b"\t", b" ", b"  ", b"\x00", b"\x0b", b"\x7f", b"\xff", b"\xc3", b"\x85", b"\xa0", b"\xc2\xa0",
    b"\xe2\x80\x83", b"\xef\xbf\xbe", b"\xed\xa0\x80", b"\xc3\x91", b"<!-- -->", b"<!--", b"-->", b"<?p?>",
    b"<![CDATA[x]]>", b"<![CDATA[", b"<!DOCTYPE x>", b' a="1"', b' xmlns="u"', b"x:", b"xmlns", b"<x:y/>", b"/", b"/>",
    b"-", b"9", b"A", b"a", b",", b".", b"<Bol_segment>", b"</Bol_segment>", b"<Item>", b"</Item>", b"</Awmds>",
    b"</ASYCUDA>", b"<ctn_segment/>", b"<Exporter/>", b"<Goods_segment>", b"</Goods_segment>", b"PA", b"\nPA<", b"",
]  # fmt: skip


def damaged(chance: random.Random, data: bytes, begin: int) -> bytes:
    """Damage a file in one to three places behind ``begin``."""
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        at = chance.randrange(begin, len(data))
        kind = chance.randrange(6)
        if kind == 0:  # something is put there
            data = data[:at] + chance.choice(PIECES) + data[at:]
        elif kind == 1:  # in the place of a tag or text
            end = data.find(b"<" if data[at - 1 : at] == b">" else b">", at)
            data = data[:at] + chance.choice(PIECES) + data[max(end, at) :]
        elif kind == 2:  # something is lost
            data = data[:at] + data[at + chance.randrange(1, 40) :]
        elif kind == 3:  # a tag comes twice, or is lost
            found = data.find(b"<", at)
            end = data.find(b">", found) + 1
            if 0 <= found < end:
                data = data[:found] + data[found:end] * chance.choice((0, 2)) + data[end:]
        elif kind == 4:  # a byte is another
            data = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
        else:  # a part stands somewhere else
            other = chance.randrange(begin, len(data))
            part = data[other : other + chance.randrange(1, 200)]
            data = data[:at] + part + data[at:]
        begin = min(begin, len(data) - 1)
    return data


def told(found: Read) -> Read:
    """What is told; but for how far that goes which a syntax error ends."""
    if len(found) == 1 and isinstance(one := found[0], Message):
        broken = any(defect.code == "xml.syntax" for defect in one.defects)
        return [replace(one, length=0) if broken else one]
    return but_for_the_last_length(found)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("data", "begin"),
    [(MANIFEST, len(HEAD)), (DECLARED, len(START))],
    ids=["manifest", "declaration"],
)
def test_any_damage_is_told_as_by_the_plain_reader(data: bytes, begin: int, seed: int) -> None:
    chance, quick = random.Random(seed), 0
    for _ in range(TIMES):
        # Mostly behind the first batch, of which the moulds are made.
        after = begin + (chance.random() < 0.9) * (len(data) - begin) // 3
        torn = damaged(chance, data, after)
        found, plain, count = ways(torn, batch=1024, first=4096)
        assert told(found) == told(plain), torn
        quick += count
    assert quick > TIMES // 2, "elements were read the quick way"
