"""One message of each type that a ship or its agent sends, with fictional parties; and what every
type must hold to: order, fidelity, and that damage costs only itself."""

from __future__ import annotations

import io
from collections.abc import Iterator

from typed_reading import edifact_message
from typed_writing import read, written

from esclusa.formats.edifact import reader
from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.edifact.syntax import read_messages
from esclusa.formats.edifact.validation import validate
from esclusa.model import Message, Severity, decode_body, encode_body, natural_key

BODIES = {
    "CALINF": """
        BGM+96+CI7+9
        DTM+137:202604101200:203
        FTX+AAA+++CONTAINERS TO DISCHARGE
        MEA+AAE+AAB+TNE:4200
        EQN+310:2
        RFF+ATZ:MS-2026-0412
        NAD+CG+NRAG:160:ZZZ++NORTHREACH AGENCIES+1 QUAY ROAD+PUERTO NAVIA+++MX
        CTA+IC+:ANA RUIZ
        COM+ana@northreach.example:EM
        TDT+20+0412W+1+:::CONTAINER+NRLN:172:20+++9074729:146::NORTHREACH PIONEER:PA
        DTM+132:202604131000:203
        DTM+133:202604142200:203
        RFF+VM:3ENR7
        RFF+VON:0413E
        LOC+153+PAONX:139:6
        LOC+164+QUAY 7
        LOC+94+ECGYE:139:6
        DTM+136:202604111830:203
        LOC+61+MXZLO:139:6
        DIM+1+MTR:294.1:32.2:11.5
        FTX+TRA+++BOW THRUSTER OUT OF ORDER
        QTY+115:22
        QTY+495:620
    """,
    "VESDEP": """
        BGM+124+VD1+9
        DTM+137:202604150100:203
        RFF+ATZ:MS-2026-0412
        NAD+CG+NRAG:160:ZZZ
        TDT+20+0412W+1++NRLN:172:20+++9074729:146::NORTHREACH PIONEER:PA
        DTM+136:202604150030:203
        LOC+5+PAONX:139:6
        LOC+61+MXZLO:139:6
        DTM+132:202604180600:203
        MEA+AAE+AAM+TNE:41500
        QTY+114:0
        QTY+495:618
    """,
    "BERMAN": """
        BGM+352+B1+9
        DTM+137:202604101200:203
        RFF+ATZ:MS-2026-0412
        QTY+115:22
        QTY+114:3
        NAD+CG+NRAG:160:ZZZ++NORTHREACH AGENCIES
        CTA+IC+:ANA RUIZ
        COM+5551234567:TE
        TDT+20+0412W+1++NRLN:172:20+++9074729:146::NORTHREACH PIONEER:PA
        RFF+VM:3ENR7
        RFF+VM:352001234
        DTM+132:202604131000:203
        DTM+133:202604142200:203
        MEA+AAE+AAM+TNE:41500
        MEA+AAE+ACS+MTR:294.1
        COM+871352001:TE
        LOC+153+PAONX:139:6
        LOC+94+ECGYE:139:6
        DTM+136:202604111830:203
        LOC+61+MXZLO:139:6
        GOR+2+5:6
        TSR++61
        LOC+164+QUAY7
        MEA+AAE+AEQ+MTR:11.1
        MEA+AAE+AER+MTR:11.5
        DTM+132:202604131130:203
        POC+1
        POC+3
        FTX+BLU+++NONE
        HAN+:::DISCHARGE
        NAD+DEP+++ALTAMIRA STEVEDORES
        GDS+9
        EQN+310:2
        TSR++7
        QTY+501:2
        LOC+175+PILOT NORTH
    """,
    "CUSREP": """
        BGM+185+R1+9
        DTM+132:202604131000:203
        QTY+115:22
        QTY+116:12
        POC+1
        FTX+AAI+++NO STOWAWAYS
        MEA+AAE+AAM+TNE:41500
        MEA+LAO++MTR:294.1
        GEI+5+23
        STS+11+139
        RFF+ATZ:MS-2026-0412
        RFF+ABT:777
        GDS+9
        LOC+60+PAONX:139:6
        DOC+798+REG 5
        RFF+ABT:88
        DTM+36:20270101:102
        NAD+CA+NRLN:172:20
        RFF+AHP:MX99
        NAD+CPE+++CAPT LUZ MAR
        TDT+20+0412W+1++NRLN:172:20+++9074729:146::NORTHREACH PIONEER:PA
        LOC+94+ECGYE:139:6
        DTM+136:202604111830:203
        MEA+AAE+AER+MTR:11.5
        STS+11+140
        LOC+61+MXZLO:139:6
        EQD+CN++45R1:102:5+++5
        EQN+310
    """,
    "WASDIS": """
        BGM+470+W1+9
        DTM+137:202604101200:203
        RFF+ATZ:MS-2026-0412
        LOC+175+ECGYE:139:6
        DTM+351:20260411:102
        GOR++17:3
        TDT+20+0412W+1++NRLN:172:20+++9074729:146::NORTHREACH PIONEER:PA
        DTM+132:202604131000:203
        DTM+133:202604142200:203
        LOC+153+PAONX:139:6
        LOC+94+ECGYE:139:6
        LOC+61+MXZLO:139:6
        RFF+VM:3ENR7
        MEA+AAE+AAM+TNE:41500
        FTX+BLU+++ALL
        QTY+115:22
        NAD+CPE+++CAPT LUZ MAR
        NAD+CG+NRAG:160:ZZZ++NORTHREACH AGENCIES
        CTA+IC+:ANA RUIZ
        COM+5551234567:TE
        DGS+ADV+1100:A
        MEA+AAE+AFQ+MTQ:2.5
        MEA+AAE+AEM+MTQ:10
        MEA+AAE+AFS+MTQ:1
        MEA+AAE+AFR+MTQ:0.7
        FTX+AAD+++OILY BILGE WATER
        LOC+283+MXZLO:139:6
        DTM+7:20260418:102
        NAD+TR+++ALTAMIRA RECEPTION
        DGS+ADV+2100
        MEA+AAE+AFQ+MTQ:0.2
    """,
    "IFTDGN": """
        BGM+523+D1+9
        DTM+137:202604101200:203
        HAN+T
        RFF+ATZ:MS-2026-0412
        RFF+FF:F77
        TDT+20+0412W+1++NRLN:172:20+++9074729:146::NORTHREACH PIONEER:PA
        DTM+132:202604131000:203
        RFF+VM:3ENR7
        LOC+153+PAONX:139:6
        LOC+94+ECGYE:139:6
        LOC+61+MXZLO:139:6
        NAD+CA+NRLN:172:20
        NAD+CG+NRAG:160:ZZZ++NORTHREACH AGENCIES
        CTA+IC+:ANA RUIZ
        COM+5551234567:TE
        EQD+CN+CSQU3054383+22G1:102:5+++5
        MEA+AAE+AET+KGM:21000
        SEL+S77+CA
        CNI+1+NRLN0412001
        HAN+LLO
        LOC+9+ECGYE:139:6
        LOC+11+PAONX:139:6
        NAD+CZ+++ALTAMIRA PAINTS+9 HILL+GUAYA+++EC
        GID+1+80:DR
        FTX+AAA+++PAINT
        PCI+24+MARK A
        DGS+IMD+3+1263+23:CEL+3+F-E,S-E++++8
        FTX+AAD+++PAINT, FLAMMABLE
        FTX+AAC++P+MARINE POLLUTANT
        MEA+AAE+AAA+KGM:1500
        MEA+AAE+AAB+KGM:1700
        SGP+CSQU3054383+80
        LOC+147+0010584
        MEA+AAE+AAA+KGM:1500
        GID+2+4:DR
        DGS+IMD+8+1824++2
        FTX+AAD+++SODIUM HYDROXIDE SOLUTION
        MEA+AAE+AAA+KGM:200
        LOC+147+DECK 2
        GID+2
        DGS+IMD+9+3082++3
        FTX+AAD+++ENVIRONMENTALLY HAZARDOUS
        MEA+AAE+AAA+KGM:20
    """,
}
EDITIONS = {"IFTDGN": "D:21A:UN"}


def message(kind: str) -> Message:
    return edifact_message(kind, BODIES[kind], EDITIONS.get(kind, "D:17B:UN"))


def errors(data: bytes) -> list[str]:
    """What the directory calls an error in messages that were written."""
    raws = [item for item in read_messages(io.BytesIO(data)) if isinstance(item, RawMessage)]
    assert raws
    return [
        f"{defect.code}: {defect.reason}"
        for raw in raws
        for defect in validate(raw)
        if defect.severity in (Severity.ERROR, Severity.FATAL)
    ]


def check_fidelity(kind: str, sent: Message) -> None:
    """What comes back is what went, in a message that the directory has no error for."""
    data = written(kind, sent)
    found = read(data)
    assert {each.function for each in found} <= {sent.function}
    assert [each for one in found for each in one.statements] == list(sent.statements)
    assert errors(data) == []


def interchange(kind: str) -> tuple[str, list[str], str]:
    """A message between two neighbours, as the text before, its segments, and the text behind."""
    lines = [line.strip() for line in BODIES[kind].strip().splitlines()]
    edition = EDITIONS.get(kind, "D:17B:UN")

    def whole(reference: str) -> list[str]:
        end = f"UNT+{len(lines) + 2}+{reference}"
        return [f"UNH+{reference}+{kind}:{edition}", *lines, end]

    before, middle, behind = whole("A"), whole("B"), whole("C")
    head = "'".join(["UNB+UNOC:3+ME+YOU+260413:1015+R", *before, ""])
    return head, middle, "'".join([*behind, "UNZ+3+R", ""])


def damaged(kind: str) -> Iterator[bytes]:
    """The message with each segment left out, doubled, emptied, or filled with rubbish."""
    head, middle, behind = interchange(kind)
    for at, segment in enumerate(middle[1:-1], 1):
        tag = segment[:3]
        for instead in ([], [segment, segment], [tag], [f"{tag}+9:9:x:9+?+:::1e999+-+9:x:y:z:q"]):
            changed = [*middle[:at], *instead, *middle[at + 1 :]]
            yield (head + "'".join([*changed, ""]) + behind).encode("latin-1")


def messages_of(data: bytes) -> dict[str, Message]:
    """The messages of a file by reference; each statement has a key and survives its JSON text."""
    found = [item for item in reader.read(io.BytesIO(data)) if isinstance(item, Message)]
    for each in found:
        for statement in each.statements:
            assert natural_key(statement)
            assert decode_body(encode_body(statement)) == statement
    return {each.reference: each for each in found}
