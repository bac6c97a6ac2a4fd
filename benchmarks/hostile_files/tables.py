"""Tables made to be slow to read: CSV, packed with gzip, XLSX. Nothing in them is real."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterable
from functools import cache

from benchmarks.hostile_files.made import SAMPLES, Make, counted, filled

HEADINGS, FIRST_ROW = (SAMPLES / "manifest-small-trader.csv").read_bytes().splitlines(True)[:2]
ROW = FIRST_ROW.replace(b"ST00501", b"%09d").strip() + b"\n"
LONG_BOX = HEADINGS + b"B1,A,B,C,ECGYE,PAONX,"
PAX = b"Surname,Given names,DOB,Nationality,Passport No,Flight,Departure\n"


def utf16(size: int) -> tuple[bytes, int]:
    """The clean table in UTF-16."""
    data = counted(HEADINGS, ROW)(size // 2)[0].decode().encode("utf-16")
    return data, len(data)


CSV: tuple[tuple[str, Make], ...] = (
    ("clean", counted(HEADINGS, ROW)),
    ("open quote", filled(HEADINGS + b'"', b"x")),
    ("open quote in lines", filled(HEADINGS + ROW % 1 + b'"', b"x,y\n")),
    ("open quote in each line", filled(HEADINGS + ROW % 1, b'a,"b\n')),
    ("open quote in every 2001st line", filled(HEADINGS, b'"\n' + b"x\n" * 2_000)),
    ("open quote before long lines", filled(HEADINGS, b'"' + (b"x" * 500_000 + b"\n") * 3)),
    ("quotes", filled(HEADINGS, b'"')),
    ("quotes in lines", filled(HEADINGS, b'""\n')),
    ("quotes doubled", filled(HEADINGS, b'"' + b'""' * 30_000 + b'"\n')),
    ("one column", filled(HEADINGS, b"x\n")),
    ("one column without heading", filled(b"x;\n", b"x;\n")),
    ("blank rows", filled(HEADINGS, b"\n")),
    ("blank rows of separators", filled(HEADINGS, b",\n")),
    ("blank rows of carriage returns", filled(HEADINGS, b"\r\n")),
    ("carriage returns", filled(HEADINGS.replace(b"\n", b"\r"), b"\r")),
    ("carriage returns in lines", filled(HEADINGS + ROW % 1, b"\r\r\r\r\r\r\r\n")),
    ("wide rows", filled(HEADINGS, b"," * 100_000 + b"\n")),
    ("rows of 1,000 cells", filled(HEADINGS, b"," * 999 + b"\n")),
    ("a million columns", filled(b"BL No,Shipper", b",a")),
    ("a million headings", filled(b"BL No", b",BL No", b"\n" + ROW % 1)),
    ("900 headings repeated", filled(b"BL No" + b",BL No" * 900 + b"\n", ROW % 1)),
    ("headings repeated below", filled(HEADINGS, HEADINGS)),
    ("misspelt headings", filled(b"BL No" + b",Shiper nane" * 4_000 + b"\n", ROW % 1)),
    ("mixed separators", filled(HEADINGS, b"a;b|c\td,e;f|g\th,i\n")),
    ("NUL bytes", filled(HEADINGS, b"\0")),
    ("NUL bytes in lines", filled(HEADINGS, b"\0,\0\n")),
    ("bytes that are not UTF-8", filled(HEADINGS + ROW % 1 * 900, b"\xff,\xe9\n")),
    ("one bill", filled(HEADINGS, ROW % 1)),
    ("one bill without number", filled(HEADINGS, b",A,B,C,ECGYE,PAONX\n")),
    ("contradictions", counted(HEADINGS, b"B,%09d,A\n")),
    ("bad numbers", counted(HEADINGS, b"%09d,,,,,,,,,,x,x\n")),
    ("bad numbers in one bill", filled(HEADINGS, b"B,,,,,,,,,,x,x\n")),
    ("boxes in one cell", filled(LONG_BOX, b"A/", b"\n")),
    ("boxes in one cell a row", filled(HEADINGS, b"B1,A,B,C,ECGYE,PAONX," + b"A1/" * 30_000 + b"\n")),
    ("blanks in a date", filled(PAX + b"A,B,1990-01-02,PAN,1,AM 218,2026-03-01 22:15\n",
        b"A,B,1990-01-02,PAN,1,AM 218,2026-03-01" + b" " * 20_000 + b"x\n")),
    ("blanks in a date, first rows", filled(PAX, b"A,B,1990-01-02,PAN,1,AM 218,2026-03-01"
        + b" " * 20_000 + b"x\n")),
    ("blanks in a mass", filled(HEADINGS + ROW % 1 * 500,
        b"B1,A,B,C,ECGYE,PAONX,,,,,1,1" + b" " * 20_000 + b"x\n")),
    ("long cells", filled(HEADINGS + ROW % 1 * 500, b"B1," + b"A" * 130_000 + b"\n")),
    ("cells over the limit", filled(HEADINGS + ROW % 1 * 500, b"B1," + b"A" * 140_000 + b"\n")),
    ("rows over the limit", filled(HEADINGS + ROW % 1 * 500, b"B1," + b"A" * 1_100_000 + b"\n")),
    ("UTF-16", utf16),
    ("travellers without name", filled(PAX, b",,x\n")),
)  # fmt: skip


def members(piece: bytes) -> Make:
    """Many gzip members in a row; the size counts packed bytes."""
    packed = gzip.compress(piece)

    def make(size: int) -> tuple[bytes, int]:
        head = gzip.compress(HEADINGS + ROW % 1)
        data = head + packed * (size // len(packed))
        return data, len(data)

    return make


def bomb(size: int) -> tuple[bytes, int]:
    """Much of nothing."""
    return gzip.compress(HEADINGS + b"\n" * size), size


GZIP = (
    ("gzip of empty members", members(b"")),
    ("gzip of small members", members(ROW % 1)),
    ("gzip of blank rows", bomb),
)


TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    '<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.spreadsheetml.sharedStrings+xml"/><Override PartName="/xl/styles.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>{}</Types>'
)
RELS = '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
STYLES = (
    f'<styleSheet {MAIN}><fonts count="1"><font/></fonts><fills count="1"><fill><patternFill/></fill></fills><borders '
    'count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="1">'
    '<xf/>{}</cellXfs></styleSheet>'
)  # fmt: skip


def book(
    rows: bytes, *, strings: bytes = b"", styles: str = "", sheets: int = 1, before: bytes = b"",
    after: bytes = b"", names: str = "",
) -> tuple[bytes, int]:  # fmt: skip
    """Pack a workbook; the size counts what is inside."""
    parts: dict[str, bytes] = {
        "[Content_Types].xml": TYPES.format("").encode(),
        "_rels/.rels": RELS.format(
            f'<Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
        ).encode(),
        "xl/workbook.xml": (
            f'<workbook {MAIN} xmlns:r="{OFFICE}"><sheets>'
            + "".join(
                f'<sheet name="S{n}" sheetId="{n}" r:id="r{n}"/>' for n in range(1, sheets + 1)
            )
            + f"</sheets>{names}</workbook>"
        ).encode(),
        "xl/_rels/workbook.xml.rels": RELS.format(
            "".join(
                f'<Relationship Id="r{n}" Type="{OFFICE}/worksheet" Target="worksheets/s{n}.xml"/>'
                for n in range(1, sheets + 1)
            )
        ).encode(),
        "xl/styles.xml": STYLES.format(styles).encode(),
        "xl/sharedStrings.xml": f"<sst {MAIN}>".encode() + strings + b"</sst>",
    }
    sheet = f"<worksheet {MAIN}>".encode() + before + b"<sheetData>" + rows + b"</sheetData>"
    sheet += after + b"</worksheet>"
    for number in range(1, sheets + 1):
        parts[f"xl/worksheets/s{number}.xml"] = sheet
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return packed.getvalue(), sum(map(len, parts.values()))


def cells(number: int, texts: Iterable[str]) -> bytes:
    """One row of cells with their text inside."""
    inside = "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in texts)
    return f'<row r="{number}">{inside}</row>'.encode()


HEAD_ROW = cells(1, HEADINGS.decode().strip().split(",")) + cells(
    2, FIRST_ROW.decode().strip().split(",")
)


@cache
def table(size: int) -> tuple[bytes, int]:
    """A clean sheet."""
    line = (ROW % 7).decode().strip().split(",")
    made, number = [HEAD_ROW], 2
    total = len(HEAD_ROW)
    while total < size:
        number += 1
        made.append(cells(number, [f"{number:09}", *line[1:]]))
        total += len(made[-1])
    return book(b"".join(made))


def rows(piece: bytes) -> Make:
    """A sheet of one piece again and again."""
    return lambda size: book(HEAD_ROW + piece * (size // len(piece)))


def numbered(piece: bytes, first: int = 3) -> Make:
    """A sheet of one piece that counts."""

    def make(size: int) -> tuple[bytes, int]:
        count = size // len(piece % {b"n": first})
        return book(HEAD_ROW + b"".join(piece % {b"n": first + n} for n in range(count)))

    return make


def formulas(size: int) -> tuple[bytes, int]:
    """One long shared formula and many cells that share it."""
    text = "A1+" * (size // 6) + "A1"
    first = f'<row r="3"><c r="A3"><f t="shared" ref="A3:A99999" si="0">{text}</f></c></row>'
    cell = '<row r="{0}"><c r="A{0}"><f t="shared" si="0"/></c></row>'
    more = "".join(cell.format(4 + n) for n in range(size // 2 // len(cell)))
    return book(HEAD_ROW + first.encode() + more.encode())


def elsewhere(part: str, piece: bytes) -> Make:
    """A piece again and again in another part of the workbook."""

    def make(size: int) -> tuple[bytes, int]:
        many = piece * (size // len(piece))
        if part == "styles":
            return book(HEAD_ROW, styles=many.decode())
        if part == "names":
            return book(HEAD_ROW, names=f"<definedNames>{many.decode()}</definedNames>")
        return book(HEAD_ROW, **{part: many})

    return make


XLSX: tuple[tuple[str, Make], ...] = (
    ("clean", table),
    ("many sheets", lambda size: book(HEAD_ROW, sheets=max(size // 4_000, 1))),
    ("row number far away", lambda size: book(HEAD_ROW + b'<row r="4294967295"><c/></row>' + b" " * size)),
    ("row numbers sparse", numbered(b'<row r="%(n)d000"><c t="b"><v>1</v></c></row>')),
    ("row numbers falling", rows(b'<row r="1"><c/></row>')),
    ("rows empty", rows(b"<row/>")),
    ("rows of styles", rows(b'<row ht="9"/>')),
    ("column far away", numbered(b'<row><c r="XFD%(n)d" t="b"><v>1</v></c></row>')),
    ("column 1,000", numbered(b'<row><c r="ALL%(n)d" t="b"><v>1</v></c></row>')),
    ("cells empty in one row", lambda size: book(HEAD_ROW + b"<row>" + b"<c/>" * (size // 4) + b"</row>")),
    ("cells empty in rows", rows(b"<row>" + b"<c/>" * 900 + b"</row>")),
    ("cells of one place", rows(b"<row>" + b'<c r="A9" t="b"><v>1</v></c>' * 900 + b"</row>")),
    ("bad cells", rows(b"<row><c><v>x</v></c></row>")),
    ("numbers of 4,000 digits", rows(b"<row><c><v>" + b"9" * 4_000 + b"</v></c></row>")),
    ("numbers of 400,000 digits", rows(b"<row><c><v>" + b"9" * 400_000 + b".0</v></c></row>")),
    ("shared strings", elsewhere("strings", b"<si><t>a</t></si>")),
    ("shared strings empty", elsewhere("strings", b"<si/>")),
    ("shared strings of runs", elsewhere("strings", b"<si>" + b"<r><t>a</t></r>" * 200 + b"</si>")),
    ("one long shared string", lambda size: book(
        HEAD_ROW + b'<row><c t="s"><v>0</v></c></row>' * (size // 80),
        strings=b"<si><t>" + b"x" * (size // 2) + b"</t></si>")),
    ("shared formula", formulas),
    ("formulas", rows(b"<row><c><f>A1</f></c></row>")),
    ("styles", elsewhere("styles", b"<xf/>")),
    ("names", elsewhere("names", b'<definedName name="a">A!$A$1</definedName>')),
    ("columns before the rows", elsewhere("before", b'<cols><col min="1" max="1"/></cols>')),
    ("unknown elements before the rows", elsewhere("before", b"<a/>")),
    ("conditional formats", elsewhere("after", b'<conditionalFormatting sqref="A1"/>')),
    ("merged cells", elsewhere("after", b'<mergeCells><mergeCell ref="A1:B2"/></mergeCells>')),
    ("unknown elements after the rows", elsewhere("after", b"<a/>")),
    ("blank rows of blanks", rows(b'<row><c t="inlineStr"><is><t> </t></is></c></row>')),
    ("text in pieces", rows(b'<row><c t="inlineStr"><is>' + b"<r><t>a</t></r>" * 100 + b"</is></c></row>")),
    ("comments", rows(b"<!---->")),
)  # fmt: skip
