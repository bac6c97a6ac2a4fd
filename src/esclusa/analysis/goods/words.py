"""From a goods text to the units that speak for a chapter: words, and pairs of neighbours.

A bill says ``S.T.C. 400 CTNS BANANO FRESCO 18.14KG``. What counts, packs and measures says nothing
of the goods, so it is left out here, for training and use alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise, zip_longest
from typing import Final

import polars as pl

MOST_WORDS: Final = 60
"""Words of one text that are looked at; what follows on a bill is marks, terms and addresses."""

PIECES: Final = (3, 4, 5)
"""Lengths of the pieces of a word, its two ends marked: they carry misspelled and bent forms."""

NO_WORDS: Final = frozenset(
    """
    A AN AND AS AT BE BY FOR FROM IN INTO IS IT NO NOT OF OFF ON OR OTHER OTHERS PER THAN THAT THE
    THEIR THESE THIS TO UP WITH WITHOUT WHETHER WHICH CL CON DE DEL E EL EN ES LA LAS LO LOS MAS O
    P PARA POR QUE S SE SIN SU SUS T U UN UNA Y
    STC SAID CONTAIN CONTAINING CONTAINS LOAD COUNT SHIPPER SHIPPERS SLAC DICE CONTENER
    CARTON CARTONS CTN CTNS PKG PKGS PACKAGE PACKAGES PALLET PALLETS PLT PLTS PCS PC PIECE PIECES
    BULTO BULTOS PIEZA PIEZAS UNIDAD UNIDADES UND UNDS UNIT UNITS EA SET SETS LOT LOTS
    KG KGS KILO KILOS MT TM TON TONS TONNE TONNES LB LBS G GR GRS ML LT LTS L M CM MM M2 M3 CBM X
    HS CODE HSCODE NCM PO ORDER INVOICE INV REF MODEL TYPE FREIGHT PREPAID COLLECT NOS NES ETC
    """.split()  # noqa: SIM905
)  # fmt: skip
"""Articles and prepositions of both languages, packing, measures and terms of trade."""


def units(texts: pl.Series) -> pl.DataFrame:
    """Return what of each text counts.

    :param texts: goods texts, any case, with or without accents; null is no text.
    :return: one row for each different unit of each text: ``text`` (row number in ``texts``),
        ``unit`` (a word in upper case, or two neighbours parted by a blank) and ``single`` (it is
        one word), ordered by text and place.
    """
    rows = (
        pl.LazyFrame({"text": pl.int_range(len(texts), dtype=pl.UInt32, eager=True), "word": texts})
        .filter(pl.col("word").is_not_null())
        .with_columns(_words(pl.col("word")))
        .explode("word")
        .filter(_counts(pl.col("word")))
        .collect()
    )
    pairs = rows.select(
        "text",
        unit=pl.col("word") + " " + pl.col("word").shift(-1),
        single=pl.lit(False),
        place=pl.int_range(pl.len()),
    ).filter((pl.col("text") == pl.col("text").shift(-1)).fill_null(False))
    single = rows.select("text", unit="word", single=pl.lit(True), place=pl.int_range(pl.len()))
    return (
        pl.concat([single, pairs])
        .unique(["text", "unit"], keep="first", maintain_order=True)
        .sort("text", "place", "single", descending=[False, False, True])
        .drop("place")
    )


def units_of(text: str) -> tuple[list[str], int] | None:
    """Return the different units of one text in the order of :func:`units`, and how many of them
    are single words; None where only the column engine knows every sign of the text.

    It is the quick way for few texts: a data frame costs milliseconds however little it holds.
    """
    if any(sign > _LAST_SIGN for sign in text):
        return None
    plain = text.upper()
    if not plain.isascii():
        spread = unicodedata.normalize("NFKD", plain)
        plain = "".join(sign for sign in spread if unicodedata.category(sign)[0] != "M")
    words = [word for word in _GAPS.sub(" ", plain).strip(" ").split(" ")[:MOST_WORDS]
             if _is_counted(word)]  # fmt: skip
    neighbours = [f"{one} {other}" for one, other in pairwise(words)]
    inside = (each for both in zip_longest(words, neighbours) for each in both if each)
    return list(dict.fromkeys(inside)), len(set(words))


_LAST_SIGN: Final = "\u024f"
"""The end of the Latin letters that every edition of Unicode reads alike."""
_GAPS: Final = re.compile("[^A-Z0-9]+")


def _is_counted(word: str) -> bool:
    """Tell in plain Python what :func:`_counts` says; the word has signs of A-Z and 0-9 only."""
    digits = sum(sign.isdigit() for sign in word)
    return len(word) - digits >= 2 and digits <= 1 and word not in NO_WORDS


def _words(text: pl.Expr) -> pl.Expr:
    plain = text.str.to_uppercase().str.normalize("NFKD").str.replace_all(r"\p{M}", "")
    spaced = plain.str.replace_all("[^A-Z0-9]+", " ").str.strip_chars(" ")
    return spaced.str.split(" ").list.head(MOST_WORDS)


def _counts(word: pl.Expr) -> pl.Expr:
    """A word of letters, with at most one digit in it (``PM10`` is a mark, ``R134A`` too)."""
    letters = word.str.count_matches("[A-Z]") >= 2
    return letters & (word.str.count_matches("[0-9]") <= 1) & ~word.is_in(list(NO_WORDS))


def pieces(word: str) -> list[str]:
    """Return the different pieces of a word, its ends marked ``<`` and ``>``; none of two letters.

    >>> pieces("RON")
    ['<RO', 'RON', 'ON>', '<RON', 'RON>', '<RON>']
    """
    return list(dict.fromkeys(_pieces(word)))


def _pieces(word: str) -> Iterable[str]:
    if len(word) > 2 and " " not in word:
        marked = f"<{word}>"
        for size in PIECES:
            yield from (marked[i : i + size] for i in range(len(marked) - size + 1))
