"""An item of a declaration that was read by its shape, if there is nothing to remark.

:mod:`esclusa.formats.asycuda.sad` says what an element means and reads any item; tests hold both to
the same.
"""

from __future__ import annotations

from typing import Final

from esclusa.formats.asycuda.common import line, plain_count, plain_number
from esclusa.formats.xml_moulds import Each, Mould, Pick, Texts, Wanted
from esclusa.formats.xml_shapes import UnplacedError
from esclusa.model import GoodsItem

_PATHS: Final = (
    "Packages/Number_of_packages", "Packages/Marks1_of_packages", "Packages/Marks2_of_packages",
    "Packages/Kind_of_packages_code", "Tarification/HScode/Commodity_code",
    "Tarification/HScode/Precision_1", "Tarification/Extended_customs_procedure",
    "Tarification/National_customs_procedure", "Tarification/Item_price",
    "Goods_description/Country_of_origin_code", "Goods_description/Description_of_goods",
    "Goods_description/Commercial_Description", "Previous_doc/Summary_declaration",
    "Previous_doc/Previous_document_reference", "Valuation_item/Weight_itm/Gross_weight_itm",
    "Valuation_item/Weight_itm/Net_weight_itm",
    "Valuation_item/Item_Invoice/Amount_foreign_currency",
    "Valuation_item/Item_Invoice/Currency_code",
)  # fmt: skip

WANTED: Final = Wanted(
    dict.fromkeys(_PATHS, ""),
    {"Attached_documents": {"Attached_document_code": "", "Attached_document_reference": ""}},
)
Item = tuple[GoodsItem, list[tuple[str, str]], str, str]


def plain_item(mould: Mould, texts: Texts, codec: str, sequence: int) -> Item:
    """Return the goods item, code and number of the attached documents, bill and document before.

    Raises :class:`~esclusa.formats.xml_shapes.UnplacedError` where something is to be remarked.
    """
    drawn: tuple[Pick, Each | None] = mould.drawn  # type: ignore[assignment]
    if drawn is None:
        drawn = mould.drawn = mould.pick(_PATHS), mould.each("Attached_documents")
    pick, each = drawn
    (
        packages, one, two, kind, code, precision, extended, national, price, origin, tariff, goods,
        bill, previous, gross, net, amount, currency,
    ) = pick(texts)  # fmt: skip
    value, money = plain_number(amount), line(currency)
    if not value and not money:
        value = None
    if value is None:
        value = plain_number(price)
    marks, mark = line(one), line(two)
    procedure, step = line(extended), line(national)
    item = GoodsItem(
        sequence=sequence,
        description=line(goods) or line(tariff),
        hs_code=commodity(line(code), line(precision)) if code else "",
        packages=plain_count(packages),
        package_type=line(kind),
        gross_mass_kg=plain_number(gross),
        value=value,
        currency=money,
        origin_country=line(origin),
        marks=f"{marks} {mark}" if marks and mark else marks or mark,
        net_mass_kg=plain_number(net),
        procedure=f"{procedure} {step}" if procedure and step else procedure or step,
    )
    held = [(line(one), line(two)) for one, two in each(texts, codec)] if each else []
    return item, held, line(bill), line(previous)


def commodity(text: str, precision: str) -> str:
    """Return a commodity code with its national digits; a precision that is no number is the
    trader's.

    Raises :class:`~esclusa.formats.xml_shapes.UnplacedError` where it has not 4 to 12 digits.
    """
    code = text.replace(".", "").replace(" ", "")
    if not code:
        return ""
    if not (code.isascii() and code.isdigit() and 4 <= len(code) <= 12):
        raise UnplacedError
    whole = code + precision
    return whole if precision.isascii() and precision.isdigit() and len(whole) <= 12 else code
