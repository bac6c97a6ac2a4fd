"""Made-up cargo reports of any size, for benchmarks.

What makes reading and matching easy or hard is kept like real traffic: a party returns in about
eight consignments, a ship's voyage fills many messages, one consignment in twelve shares its
container, two container numbers in a thousand fail their check digit, five goods texts in a hundred
are vague. Everything is fictional; the same arguments give the same bytes.

    python -m benchmarks.synthetic 10000 > /tmp/manifest.edi
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator

from esclusa.codes import iso6346

_FIRST_WORDS = """ATLAS BAHIA CARMEN DELTA ESTRELLA FARO GAVIOTA HORIZONTE ISTMO JACARANDA KOSMOS
LAGUNA MIRADOR NORTE ORION PALMAR QUETZAL RIBERA SIERRA TUCAN UNION VALLE XENON YUCA ZAFIRO"""
_SECOND_WORDS = """ALIMENTOS AGRO AUTOPARTES CAFE CALZADO COMERCIAL ELECTRONICA EXPORT FARMACIA
FERRETERIA FRUTAS GLOBAL IMPORT INDUSTRIAL LOGISTICA MADERAS MARITIMA METALES PAPELERA PESQUERA
PLASTICOS QUIMICA TEXTILES TRADING VIDRIOS"""
_FIRST = tuple(_FIRST_WORDS.split())
_SECOND = tuple(_SECOND_WORDS.split())
_FORM = ("SA", "SRL", "LTD", "SAS", "CIA LTDA", "INC", "BV")
_PORTS = (
    "ECGYE", "COCTG", "PECLL", "CLSAI", "BRSSZ", "MXZLO", "USMIA", "NLRTM", "BEANR", "DEHAM",
    "CNSHA", "KRPUS", "JPYOK", "DOCAU", "JMKIN", "GTPBR",
)  # fmt: skip
_GOODS = (
    ("FRESH BANANAS IN CARTONS", "080390"), ("ROASTED COFFEE IN BAGS", "090121"),
    ("FROZEN SHRIMP", "030617"), ("CERAMIC FLOOR TILES", "690721"),
    ("COTTON T-SHIRTS", "610910"), ("LEATHER SHOES", "640399"),
    ("SPARE PARTS FOR VEHICLES", "870899"), ("POLYETHYLENE GRANULES", "390110"),
    ("MOBILE TELEPHONES", "851713"), ("PINE BOARDS", "440711"),
    ("PAPER IN ROLLS", "480256"), ("STEEL PIPES", "730630"),
    ("TABLE WINE IN BOTTLES", "220421"), ("MEDICAMENTS IN DOSES", "300490"),
)  # fmt: skip
_VAGUE = ("FREIGHT ALL KINDS", "SAID TO CONTAIN GENERAL CARGO", "CONSOLIDATED CARGO")


def generate_cuscar(
    consignments: int, seed: int = 1, *, per_message: int = 100, parties: int | None = None
) -> Iterator[bytes]:
    """Yield one interchange of CUSCAR D.95B messages, piece by piece, one message a piece.

    ``parties`` is how many distinct firms take part, an eighth of the consignments unless told.
    Raises ``ValueError`` when a number is not positive.
    """
    if consignments < 1 or per_message < 1:
        raise ValueError("consignments and per_message must be at least 1")
    rng = random.Random(seed)
    firms = [_firm(rng) for _ in range(max(8, parties or consignments // 8))]
    messages = -(-consignments // per_message)
    yield b"UNB+UNOA:2+SYNTHETICLINE+CUSTOMS+260412:0600+SYN1'\n"
    for index in range(messages):
        first = index * per_message
        count = min(per_message, consignments - first)
        yield _message(rng, firms, index + 1, first, count).encode("ascii")
    yield f"UNZ+{messages}+SYN1'\n".encode("ascii")


def _firm(rng: random.Random) -> str:
    name = f"{rng.choice(_FIRST)} {rng.choice(_SECOND)} {rng.randrange(1000)} {rng.choice(_FORM)}"
    port = rng.choice(_PORTS)
    return f"{name}+CALLE {rng.randrange(1, 200)} NO {rng.randrange(1, 99)}+{port[2:]}+++{port[:2]}"


def _message(rng: random.Random, firms: list[str], number: int, first: int, count: int) -> str:
    """One voyage call. Segments: UNH … UNT, counted for UNT."""
    voyage = f"{number // 40 + 1:04}{'EW'[number % 2]}"
    load, discharge = rng.sample(_PORTS, 2)
    segments = [
        f"UNH+{number}+CUSCAR:D:95B:UN",
        f"BGM+85+SYN{number:06}+9",
        "DTM+137:202604120600:203",
        "NAD+CA+SYNL:172:20",
        f"TDT+20+{voyage}+1++SYNL:172:20+++9999993:146::SYNTHETIC TRADER:PA",
        f"LOC+60+{discharge}:139:6",
        "DTM+132:202604180400:203",
    ]
    boxes = [_number(rng) for _ in range(count - count // 12)]
    for box in boxes:
        segments += _equipment(rng, box)
    for place in range(count):
        segments += _consignment(rng, firms, first + place, boxes[place % len(boxes)], load)
    segments.append(f"UNT+{len(segments) + 1}+{number}")
    return "'\n".join(segments) + "'\n"


def _number(rng: random.Random) -> str:
    base = f"SYN{'U' if rng.random() < 0.99 else 'Z'}{rng.randrange(1_000_000):06}"
    digit = int(iso6346.check_digit(base))
    return f"{base}{(digit + 3) % 10 if rng.random() < 0.002 else digit}"


def _equipment(rng: random.Random, box: str) -> list[str]:
    size, mass = rng.choice(("22G1", "42G1", "45G1", "45R1")), rng.randrange(4000, 28000)
    found = [
        f"EQD+CN+{box}+{size}:102:5++2+5",
        f"MEA+AAE+G+KGM:{mass}",
        f"SEL+S{rng.randrange(10_000_000):07}+CA",
    ]
    if size == "45R1":
        found.append("TMP+2+-18:CEL")
    return found


def _consignment(
    rng: random.Random, firms: list[str], index: int, box: str, load: str
) -> list[str]:
    text, code = rng.choice(_GOODS)
    if rng.random() < 0.05:
        text, code = rng.choice(_VAGUE), ""
    packages, mass = rng.randrange(1, 900), rng.randrange(200, 24000)
    bill = f"SYNL{index:08}"
    return [
        f"CNI+{index % 9999 + 1}+{bill}",
        f"RFF+BM:{bill}",
        f"MOA+144:{rng.randrange(300, 4000)}:USD",
        f"LOC+9+{load}:139:6",
        f"LOC+11+{rng.choice(_PORTS)}:139:6",
        f"LOC+8+{rng.choice(_PORTS)}:139:6",
        "CPI+4++P",
        f"NAD+CZ+++{rng.choice(firms)}",
        f"NAD+CN+++{rng.choice(firms)}",
        f"NAD+NI+++{rng.choice(firms)}",
        f"GID+1+{packages}:CT",
        f"FTX+AAA+++{text}",
        f"MEA+AAE+G+KGM:{mass}",
        f"MOA+40:{rng.randrange(1000, 90000)}:USD",
        f"SGP+{box}+{packages}",
        *([f"CST++{code}:122:5"] if code else []),
    ]


def main() -> None:
    """Write an interchange of the given size to standard output."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    for piece in generate_cuscar(count):
        sys.stdout.buffer.write(piece)


if __name__ == "__main__":
    main()
