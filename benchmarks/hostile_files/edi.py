"""EDIFACT and X12 made to be slow to read. Nothing in them is real."""

from __future__ import annotations

from functools import cache

from benchmarks.hostile_files.made import SAMPLES, Make, counted, filled, halves
from benchmarks.synthetic import generate_cuscar

UNB = b"UNA:+.? 'UNB+UNOA:2+NRCH+MARISOL+261123:1215+R7'"
END = b"UNT+9+1'UNZ+1+R7'"
CUSCAR = UNB + b"UNH+1+CUSCAR:D:95B:UN'BGM+85+1+9'"
BAPLIE = UNB + b"UNH+1+BAPLIE:D:95B:UN'BGM++1+9'TDT+20+1+1++NRL+++9074729:146::NR'LOC+5+PAONX'"
PAXLST = UNB + b"UNH+1+PAXLST:D:02B:UN'BGM+745'"
SHIP = b"TDT+20+1+1++NRL+++9074729:146::" + b"N" * 60_000 + b"'"


@cache
def manifest(size: int) -> tuple[bytes, int]:
    """A clean cargo report."""
    data = b""
    consignments = size // 560
    data = b"".join(generate_cuscar(consignments))
    return data, len(data)


def wrapped(width: int) -> Make:
    """The clean report, a line break after every so many bytes."""

    def make(size: int) -> tuple[bytes, int]:
        data, _ = manifest(size)
        plain = data.replace(b"\n", b"")
        made = b"\r\n".join(plain[at : at + width] for at in range(0, len(plain), width))
        return made, len(made)

    return make


def changed(old: bytes, new: bytes) -> Make:
    """The clean report with every ``old`` replaced."""

    def make(size: int) -> tuple[bytes, int]:
        made = manifest(size)[0].replace(old, new)
        return made, len(made)

    return make


def lower(size: int) -> tuple[bytes, int]:
    """The clean report in lower case but for its first segments."""
    data = manifest(size)[0]
    made = data[:200] + data[200:].lower()
    return made, len(made)


EDIFACT: tuple[tuple[str, Make], ...] = (
    ("clean", manifest),
    ("UNA repeated", filled(b"", b"UNA:+.? '")),
    ("UNA cut short repeated", filled(UNB, b"UNA")),
    ("UNB repeated", filled(b"", b"UNB+UNOA:2+A+B+1:1+R'")),
    ("UNB shortest repeated", filled(b"", b"UNB+A'")),
    ("UNB without terminator", filled(b"", b"UNB+A")),
    ("UNA and UNB repeated", filled(b"", UNB)),
    ("UNA of other marks each time", filled(b"", UNB + b"UNA*!.? ~UNB!UNOA*2!A!B!1*1!R~")),
    ("UNH without UNT", filled(UNB, b"UNH+1+CUSCAR:D:95B:UN'")),
    ("UNH shortest", filled(UNB, b"UNH+1'")),
    ("UNH no type", filled(UNB, b"UNH'")),
    ("UNH without UNB", filled(b"", b"UNH+1+CUSCAR:D:95B:UN'UNT+2+1'")),
    ("UNH glued", filled(UNB, b"UNH+1+CUSCAR:D")),
    ("UNT stray", filled(UNB, b"UNT+1+1'")),
    ("UNZ stray", filled(UNB, b"UNZ+1+1'")),
    ("UNG repeated", filled(UNB, b"UNG+1'")),
    ("UNE stray", filled(UNB, b"UNE'")),
    ("UN words", filled(CUSCAR, b"UN'")),
    ("UN words of three", filled(CUSCAR, b"UNX'")),
    ("UNB in lower case", filled(CUSCAR, b"unb+'")),
    ("segments of one byte", filled(CUSCAR, b"A'")),
    ("segments of one byte unknown", counted(CUSCAR, b"%09d'")),
    ("terminators alone", filled(CUSCAR, b"'")),
    ("terminators outside", filled(UNB, b"'")),
    ("tags alone", filled(CUSCAR, b"LOC'")),
    ("tags of all kinds", counted(CUSCAR, b"A%.2s'" if False else b"LOC+%09d'")),
    ("tag lower case", filled(CUSCAR, b"loc+9+PAONX'")),
    ("report in lower case", lower),
    ("tags with blanks", filled(CUSCAR, b"LOC +9'")),
    ("empty elements in one segment", filled(CUSCAR + b"LOC", b"+", b"'UNT+4+1'")),
    ("empty elements", filled(CUSCAR, b"LOC" + b"+" * 60_000 + b"'")),
    ("empty components", filled(CUSCAR, b"LOC+9+" + b":" * 60_000 + b"'")),
    ("empty elements of NAD", filled(CUSCAR + b"CNI+1+B'", b"NAD+CN" + b"+" * 60_000 + b"'")),
    ("release characters", filled(CUSCAR, b"?")),
    ("release before terminator", filled(CUSCAR, b"?'")),
    ("release run then terminator", filled(CUSCAR, b"?" * 999 + b"'")),
    ("released text", filled(CUSCAR, b"FTX+AAA+++?A?B?C'")),
    ("release in long segments", filled(CUSCAR, b"FTX+AAA+++" + b"?+" * 25_000 + b"'")),
    ("released party", filled(CUSCAR + b"CNI+1+B'", b"NAD+CN+++" + b"?+:" * 18_000 + b"'")),
    ("release and line breaks", filled(CUSCAR, b"?\r\n'")),
    ("wrong terminator", filled(CUSCAR, b"LOC+9+PAONX~")),
    ("no terminator", filled(CUSCAR, b"XX")),
    ("no terminator, UNH inside", filled(CUSCAR, b"XXUNH+")),
    ("no terminator, UNB inside", filled(CUSCAR, b"UNB+A:")),
    ("no terminator, UNA inside", filled(CUSCAR, b"UNA:+.? XUNB")),
    ("segments at the limit", filled(CUSCAR, b"FTX+" + b"X" * 65_530 + b"'")),
    ("segments over the limit", filled(CUSCAR, b"FTX+" + b"X" * 65_540 + b"'")),
    ("segments over the limit, UN inside", filled(CUSCAR, b"FTX+" + b"UNH " * 17_000 + b"'")),
    ("wrapped at 1", wrapped(1)),
    ("wrapped at 7", wrapped(7)),
    ("wrapped at 64", wrapped(64)),
    ("line breaks alone", filled(CUSCAR, b"\r\n")),
    ("line breaks between", filled(CUSCAR, b"LOC+9'\r\n\r\n\r\n")),
    ("blanks alone", filled(CUSCAR, b" ")),
    ("telex noise", filled(UNB, b"ZCZC 123\r\nLOC+9+PAONX\r\nNNNN\r\n")),
    ("telex noise in front", filled(b"", b"ZCZC QU PTYKMCM .MADKMIB 231215 \r\n", UNB)),
    ("noise and interchanges", filled(b"", b"NNNN ZCZC \r\n" + UNB + b"UNZ+0+R7'")),
    ("lost segments outside", filled(UNB + b"UNZ+0+R7'", b"LOC+9+PAONX'")),
    ("segments outside a message", filled(UNB, b"LOC+9+PAONX'")),
    ("control codes", filled(CUSCAR, b"\x00\x01\x02")),
    ("control codes in segments", filled(CUSCAR, b"LOC+\x00'")),
    ("control codes before tags", filled(CUSCAR, b"\x01LOC+9'")),
    ("byte order marks", filled(CUSCAR, b"\xef\xbb\xbfLOC+9'")),
    ("bytes beyond ASCII", filled(CUSCAR, b"LOC+\xe9'")),
    ("bytes beyond ASCII, UNOC", filled(CUSCAR.replace(b"UNOA", b"UNOC"), b"LOC+\xe9\x90'")),
    ("bytes beyond ASCII, long", filled(CUSCAR, b"FTX+AAA+++" + b"\xe9" * 60_000 + b"'")),
    ("escapes of UNOX", filled(CUSCAR.replace(b"UNOA", b"UNOX"), b"LOC+\x1b$B'\x1b(B'")),
    ("escapes of UNOX open", filled(CUSCAR.replace(b"UNOA", b"UNOX"), b"LOC+\x1b$B'")),
    ("syntax 4 repeats", filled(CUSCAR.replace(b"UNOA:2", b"UNOA:4"), b"LOC+9" + b"*" * 60_000 + b"'")),
    ("unterminated message", filled(CUSCAR, b"LOC+9+PAONX'")),
    ("lines as terminators", changed(b"'\n", b"\n")),
    ("unknown tags", filled(CUSCAR, b"ZZZ+1'", END)),
    ("bad containers", counted(CUSCAR, b"EQD+CN+NRXU%09d'", END)),
    ("bad containers repeated", filled(CUSCAR, b"EQD+CN+X'", END)),
    ("bad dates", filled(CUSCAR, b"DTM+132:X:203'", END)),
    ("bad numbers", filled(CUSCAR + b"CNI+1+B'GID+1'", b"MEA+AAE+G+KGM:X'", END)),
    ("bills without number", filled(CUSCAR, b"CNI'", END)),
    ("bills repeated", filled(CUSCAR, b"CNI+1+B'", END)),
    ("goods outside", filled(CUSCAR, b"GID'", END)),
    ("values unsplit", filled(CUSCAR, b"CNI+1+B'MOA+44:1'", END)),
    ("contacts", filled(CUSCAR + b"CNI+1+B'NAD+CN+++A'", b"COM+1:TE'", END)),
    ("contacts with semicolons", filled(CUSCAR + b"CNI+1+B'NAD+CN+++A'", b"COM+" + b";" * 50_000 + b"'", END)),
    ("seals of one box in many bills", halves(
        CUSCAR + b"EQD+CN+NRXU7751363'", b"SEL+%09d'", b"CNI+1+%09d'RFF+AAQ:NRXU7751363'", END)),
    ("dangerous goods of one box", halves(
        CUSCAR + b"EQD+CN+NRXU7751363'", b"DGS+IMD+3+%04d'", b"CNI+1+%09d'RFF+AAQ:NRXU7751363'", END)),
    ("long ship name in many bills", counted(CUSCAR + SHIP, b"CNI+1+%09d'", END)),
    ("references of one bill", counted(CUSCAR + b"CNI+1+B'", b"RFF+AAQ:%09d'", END)),
    ("transhipments of one bill", filled(CUSCAR + b"CNI+1+B'", b"LOC+13+PAONX'", END)),
    ("parties of one bill", counted(CUSCAR + b"CNI+1+B'", b"NAD+CN+%09d'", END)),
    ("legs of many travellers", halves(PAXLST, b"TDT+20+A%09d'", b"NAD+FL+++A%09d'", END)),
    ("documents of one traveller", counted(PAXLST + b"NAD+FL+++A'", b"DOC+P+%09d'", END)),
    ("travellers without name", filled(PAXLST, b"NAD+FL'", END)),
    ("bay plan, boxes without number", filled(BAPLIE, b"EQD'", END)),
    ("bay plan, one place", counted(BAPLIE + b"LOC+147+0010101'", b"EQD+CN+%09d'", END)),
    ("bay plan, empty places", filled(BAPLIE, b"LOC+147'", END)),
    ("bay plan, long ship name", counted(BAPLIE.replace(b"::NR'", b"::" + b"N" * 60_000 + b"'"),
        b"LOC+147'EQD+CN+%09d'", END)),
)  # fmt: skip


ISA = (
    b"ISA*00*          *00*          *02*NRLN           *ZZ*MARISOLCUSTOMS *260413*1020*U*00401"
    b"*000000412*0*P*>~"
)
GS = b"GS*SO*NRLN*MARISOLCUSTOMS*20260413*1020*412*X*004010~"
ST = b"ST*309*0001~"
SE = b"SE*9*0001~GE*1*412~IEA*1*000000412~"
M10 = b"M10*NRLN*O*PA*9999993*NORTHREACH PIONEER*0412W*000412*4*W*L~"


@cache
def ocean(size: int) -> tuple[bytes, int]:
    """Clean transaction sets: the sample's own, again and again."""
    data = (SAMPLES / "ocean-manifest-309.x12").read_bytes()
    start, end = data.index(b"ST*309"), data.index(b"GE*")
    return filled(data[:start], data[start:end], data[end:])(size)


X12: tuple[tuple[str, Make], ...] = (
    ("clean", ocean),
    ("ISA repeated", filled(b"", ISA)),
    ("ISA shortest repeated", filled(b"", b"ISA*00*~")),
    ("ISA of other marks each time", filled(b"", ISA + ISA.replace(b"*", b"|").replace(b"~", b"!"))),
    ("ISA without separators", filled(ISA, b"ISA")),
    ("ISA unusable separators", filled(b"", ISA.replace(b">~", b"**"))),
    ("GS repeated", filled(ISA, GS)),
    ("GS shortest", filled(ISA, b"GS~")),
    ("ST nested", filled(ISA + GS, ST)),
    ("ST shortest", filled(ISA + GS, b"ST~")),
    ("ST without ISA", filled(b"", b"ST*309*0001~SE*2*0001~")),
    ("SE stray", filled(ISA + GS, b"SE*1*1~")),
    ("SE glued", filled(ISA + GS, b"SE*1*1ST*")),
    ("GE stray", filled(ISA, b"GE~")),
    ("IEA stray", filled(ISA, b"IEA*1*1~")),
    ("terminators alone", filled(ISA + GS + ST, b"~")),
    ("segments of one byte", filled(ISA + GS + ST, b"A~")),
    ("tags alone", filled(ISA + GS + ST, b"N1~")),
    ("tags in lower case", filled(ISA + GS + ST, b"n1*x~")),
    ("wrong terminator", filled(ISA + GS + ST, b"N1*SH*A'")),
    ("no terminator", filled(ISA + GS + ST, b"XX")),
    ("no terminator, ST inside", filled(ISA + GS + ST, b"XX ST*")),
    ("no terminator, ISA inside", filled(ISA + GS + ST, b"ISA*0")),
    ("segments over the limit", filled(ISA + GS + ST, b"N1*" + b"X" * 65_540 + b"~")),
    ("segments over the limit, ST inside", filled(ISA + GS + ST, b"N1*" + b"ST " * 22_000 + b"~")),
    ("empty elements", filled(ISA + GS + ST, b"N1" + b"*" * 60_000 + b"~")),
    ("line breaks", filled(ISA + GS + ST, b"\r\n")),
    ("control codes", filled(ISA + GS + ST, b"N1*\x00~")),
    ("bytes beyond ASCII", filled(ISA + GS + ST, b"N1*\xe9~")),
    ("lost segments outside", filled(ISA + b"IEA*0*000000412~", b"N1*SH*A~")),
    ("segments outside a set", filled(ISA + GS, b"N1*SH*A~")),
    ("noise in front", filled(b"", b"ZCZC NNNN ST GS ISA \r\n", ISA)),
    ("unknown tags", filled(ISA + GS + ST, b"ZZZ*1~", SE)),
    ("bills without number", filled(ISA + GS + ST + M10, b"LX~", SE)),
    ("bills repeated", filled(ISA + GS + ST + M10, b"LX~M11*B~", SE)),
    ("boxes with bad number", counted(ISA + GS + ST + M10 + b"LX*1~M11*B~", b"VID**A*%09d~", SE)),
    ("one box again and again", filled(ISA + GS + ST + M10 + b"LX*1~M11*B~", b"VID**A*1~M7*1~", SE)),
    ("addresses", filled(ISA + GS + ST + M10 + b"LX*1~M11*B~N1*SH*A~", b"N3*A~N4*B~PER**C~", SE)),
    ("long ship name in many bills", counted(
        ISA + GS + ST + M10.replace(b"PIONEER", b"P" * 60_000), b"LX~M11*%09d~", SE)),
    ("functions in turn", counted(ISA + GS + ST + M10, b"LX~M13***A*%09d~LX~M13***D*1~", SE)),
)  # fmt: skip
