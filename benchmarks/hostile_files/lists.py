"""Watchlists made to be slow to read. Nothing in them is real."""

from __future__ import annotations

from functools import cache

from benchmarks.hostile_files.made import LISTS, Make, counted, filled

UN_HEAD = b'<?xml version="1.0"?><CONSOLIDATED_LIST dateGenerated="2026-01-01"><INDIVIDUALS>'
UN_TAIL = b"</INDIVIDUALS></CONSOLIDATED_LIST>"
PERSON = b"<INDIVIDUAL><DATAID>1</DATAID><FIRST_NAME>A</FIRST_NAME><REFERENCE_NUMBER>N1</REFERENCE_NUMBER>"
PERSON_END = b"</INDIVIDUAL>"


@cache
def committee(size: int) -> tuple[bytes, int]:
    """The excerpt's individuals again and again."""
    data = (LISTS / "un_excerpt.xml").read_bytes()
    start, end = data.index(b"<INDIVIDUAL>"), data.index(b"</INDIVIDUALS>")
    return filled(UN_HEAD, data[start:end], UN_TAIL)(size)


def person(inside: bytes) -> Make:
    """Individuals with a piece inside."""
    return filled(UN_HEAD, PERSON + inside + PERSON_END, UN_TAIL)


UN: tuple[tuple[str, Make], ...] = (
    ("clean", committee),
    ("one element", filled(UN_HEAD + PERSON, b"<A/>", PERSON_END + UN_TAIL)),
    ("small elements", person(b"<A/>" * 200_000)),
    ("individuals empty", filled(UN_HEAD, b"<INDIVIDUAL/>", UN_TAIL)),
    ("individuals nested", filled(UN_HEAD, b"<INDIVIDUAL>" * 50 + b"</INDIVIDUAL>" * 50, UN_TAIL)),
    ("nested deep", filled(UN_HEAD, b"<A>")),
    ("nested to the limit", filled(UN_HEAD, b"<A>" * 60 + b"</A>" * 60, UN_TAIL)),
    ("attributes", person(b"<A " + b"".join(b"a%d='' " % n for n in range(60_000)) + b"/>")),
    ("attributes repeated tags", person(b"<A a='' b='' c='' d=''/>" * 20_000)),
    ("long text", person(b"<COMMENTS1>" + b"x" * 900_000 + b"</COMMENTS1>")),
    ("text over the limit", person(b"<COMMENTS1>" + b"x" * 1_100_000 + b"</COMMENTS1>")),
    ("text of line breaks", person(b"<COMMENTS1>" + b"\n" * 900_000 + b"</COMMENTS1>")),
    ("text of references", person(b"<COMMENTS1>" + b"&#32;" * 150_000 + b"</COMMENTS1>")),
    ("line breaks between", filled(UN_HEAD, b"\n", UN_TAIL)),
    ("comments", filled(UN_HEAD, b"<!---->", UN_TAIL)),
    ("comments in elements", person(b"<!---->" * 100_000)),
    ("long comments", filled(UN_HEAD, b"<!--" + b"x" * 1_000_000 + b"-->", UN_TAIL)),
    ("instructions", filled(UN_HEAD, b"<?a?>", UN_TAIL)),
    ("CDATA", person(b"<COMMENTS1>" + b"<![CDATA[]]>" * 70_000 + b"</COMMENTS1>")),
    ("names", person(b"<FIRST_NAME>A</FIRST_NAME>" * 30_000)),
    ("aliases", person(b"<INDIVIDUAL_ALIAS><ALIAS_NAME>A</ALIAS_NAME></INDIVIDUAL_ALIAS>" * 14_000)),
    ("alias of semicolons", person(
        b"<INDIVIDUAL_ALIAS><ALIAS_NAME>" + b";" * 900_000 + b"</ALIAS_NAME></INDIVIDUAL_ALIAS>")),
    ("alias of open brackets", person(
        b"<INDIVIDUAL_ALIAS><ALIAS_NAME>" + b"a; " * 20_000 + b"</ALIAS_NAME></INDIVIDUAL_ALIAS>")),
    ("births not understood", person(
        b"<INDIVIDUAL_DATE_OF_BIRTH><YEAR>x</YEAR><NOTE/></INDIVIDUAL_DATE_OF_BIRTH>" * 10_000)),
    ("birth of many words", person(
        b"<INDIVIDUAL_DATE_OF_BIRTH><NOTE>" + b"circa " * 150 + b"</NOTE></INDIVIDUAL_DATE_OF_BIRTH>")),
    ("birth of strokes", person(
        b"<INDIVIDUAL_DATE_OF_BIRTH><NOTE>" + b"1-" * 400_000 + b"</NOTE></INDIVIDUAL_DATE_OF_BIRTH>")),
    ("IMO in comments", person(b"<COMMENTS1>" + b"IMO " * 200_000 + b"</COMMENTS1>")),
    ("IMO and blanks", person(b"<COMMENTS1>IMO" + b" " * 900_000 + b"</COMMENTS1>")),
)  # fmt: skip

FTM_ROW = (
    b'{"id":"n%09d","caption":"Velasco Marrone","schema":"Person","properties":{"name":["Velasco '
    b'Marrone","Marrone, Velasco"],"alias":["V. Marrone"],"weakAlias":["El Pardo"],"birthDate":'
    b'["1971-05"],"nationality":["pa"],"passportNumber":["P0000171"],"topics":["crime"]}}\n'
)
FTM_START = b'{"schema":"Person","id":"n","properties":{"name":["A"],'


def values(name: bytes, value: bytes, count: int) -> bytes:
    """One property with many values."""
    return b'"' + name + b'":[' + b",".join([b'"' + value + b'"'] * count) + b"]"


def weak_and_strong(size: int) -> tuple[bytes, int]:
    """Lines in which two thousand names meet two thousand weak ones."""
    names = b",".join(b'"N%d"' % n for n in range(2_000))
    weak = b",".join(b'"W%d"' % n for n in range(2_000))
    line = (
        b'{"schema":"Person","id":"n","properties":{"name":[%s],"alias":[%s],"weakAlias":[%s]}}\n'
    )
    return filled(b"", line % (names, names.replace(b"N", b"A"), weak))(size)


FTM: tuple[tuple[str, Make], ...] = (
    ("clean", counted(b"", FTM_ROW)),
    ("lines empty", filled(FTM_ROW % 1, b"\n")),
    ("lines of braces", filled(FTM_ROW % 1, b"{}\n")),
    ("lines no JSON", filled(FTM_ROW % 1, b"x\n")),
    ("nested deep", filled(FTM_ROW % 1, b"[" * 900_000 + b"\n")),
    ("nested entities", filled(FTM_ROW % 1, FTM_START + b'"addressEntity":[{"schema":"Address","properties":{'
        * 300 + b"}}]" * 300 + b"}}\n")),
    ("huge numbers", filled(FTM_ROW % 1, FTM_START + b'"birthDate":[' + b"9" * 900_000 + b"]}}\n")),
    ("numbers of 4,000 digits", filled(FTM_ROW % 1, FTM_START + b'"birthDate":[' + b"9" * 4_000 + b"]}}\n")),
    ("long lines", filled(FTM_ROW % 1, FTM_START + b'"notes":["' + b"x" * 900_000 + b'"]}}\n')),
    ("lines over the limit", filled(FTM_ROW % 1, b"x" * 1_100_000 + b"\n")),
    ("many values", filled(FTM_ROW % 1, FTM_START + values(b"alias", b"A", 200_000) + b"}}\n")),
    ("weak and strong names", weak_and_strong),
    ("bad dates", filled(FTM_ROW % 1, FTM_START + values(b"birthDate", b"x", 2_000) + b"}}\n")),
    ("dates of many words", filled(FTM_ROW % 1, FTM_START + values(b"birthDate", b"circa " * 150, 9) + b"}}\n")),
    ("many properties", filled(FTM_ROW % 1, FTM_START + b",".join(b'"p%d":1' % n for n in range(60_000)) + b"}}\n")),
    ("unknown schemata", counted(FTM_ROW % 1, b'{"schema":"%09d"}\n')),
    ("no name", filled(FTM_ROW % 1, b'{"schema":"Person","id":"1"}\n')),
    ("escapes", filled(FTM_ROW % 1, FTM_START + b'"notes":["' + b"\\u0041" * 150_000 + b'"]}}\n')),
)  # fmt: skip

OFAC_ROW = b'%09d,"MARRONE, Velasco",individual,CUBA,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"'
OFAC_END = b'"\n'


def remarks(text: bytes) -> Make:
    """Entries with these remarks."""
    return filled(OFAC_ROW % 1 + b"DOB 1971." + OFAC_END, OFAC_ROW % 2 + text + OFAC_END)


@cache
def sdn(size: int) -> tuple[bytes, int]:
    """The excerpt again and again."""
    return filled(b"", (LISTS / "ofac_sdn_excerpt.csv").read_bytes())(size)


OFAC: tuple[tuple[str, Make], ...] = (
    ("clean", sdn),
    ("rows too short", filled(OFAC_ROW % 1 + OFAC_END, b"1\n")),
    ("blank rows", filled(OFAC_ROW % 1 + OFAC_END, b"\n")),
    ("open quote in each line", filled(OFAC_ROW % 1 + OFAC_END, b'1,"\n')),
    ("parts", remarks(b"a; " * 40_000)),
    ("births", remarks(b"DOB x; " * 18_000)),
    ("birth of many words", remarks(b"DOB " + b"circa " * 150)),
    ("aliases", remarks(b"a.k.a. 'A'; " * 10_000)),
    ("alternatives", remarks(b"alt. " * 25_000)),
    ("passport and blanks", remarks(b"Passport X" + b" " * 100_000 + b"x")),
    ("passport and brackets", remarks(b"Passport X" + b"(" * 100_000)),
    ("passport and expiries", remarks(b"Passport X" + b" issued 1" * 12_000 + b"\nx")),
    ("passports", remarks(b"Passport X1 (Panama); " * 5_000)),
    ("countries", remarks(b"nationality " + b"x" * 120_000)),
    ("programmes", filled(OFAC_ROW % 1 + OFAC_END, b'2,A,individual,"' + b"] [" * 40_000
        + b'",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \n')),
)  # fmt: skip
