"""Write the sample messages that ship with Esclusa, the same bytes on every run.

    python tools/make_samples.py            # writes src/esclusa/samples
    python tools/make_samples.py --check    # fails when the files there differ

The story: the container ship Northreach Pioneer comes with voyage 0412W to Colon and Balboa, a
flight of Altamira brings sixty passengers. Most of it is ordinary; ``sample_world.py`` names what
is not.
"""

from __future__ import annotations

import random
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from sample_examinations import examinations
from sample_people import crew_list, lost_documents, passenger_list
from sample_world import (
    ABROAD,
    BAD_NUMBER,
    CANCELLED,
    CARRIER,
    CONSIGNEES,
    DANGEROUS,
    DEAR_FREIGHT,
    FORWARDER,
    FORWARDER_ON_BOTH_SIDES,
    FREE_ZONE,
    GOODS,
    HEAVIER_THAN_DECLARED,
    NEAR_LISTED,
    NEW_CONSIGNEE,
    NEW_DELIVERY,
    SAME_SEAL,
    SHIPPERS,
    SPLIT,
    TO_ORDER,
    VAGUE,
    VESSEL,
    VOYAGE,
    WRONG_CHECK_DIGIT,
    Firm,
    Goods,
)
from sample_write import envelope, message

from esclusa.codes import iso6346

HERE = Path(__file__).resolve().parents[1] / "src" / "esclusa" / "samples"
SEED = 412
BILLS = 150
PORT_CALLS = (("PAONX", range(1, 71)), ("PABLB", range(71, 111)), ("PAONX", range(111, 151)))
"""Port of the call and the positions reported there; the third report is cargo in transhipment."""

FREE_ZONE_BILLS = range(60, 67)
EMPTIES = 6


class Box(NamedTuple):
    """A container: number, size and type, seal, mass of box and goods in kilograms."""

    number: str
    size: str
    seal: str
    mass: int
    celsius: int | None = None


NOT_ABOARD = 149
"""On the manifest, missing from the bay plan."""

UNMANIFESTED = Box(f"NRXU904123{iso6346.check_digit('NRXU904123')}", "22G1", "", 21400)
"""On the bay plan, full, missing from the manifest."""


class Bill(NamedTuple):
    """One consignment of the manifest."""

    position: int
    load: str
    discharge: str
    delivery: str
    shipper: Firm
    consignee: Firm
    notify: Firm
    goods: Goods
    packages: int
    mass: int
    freight: int
    value: int
    box: Box
    via: str = ""

    @property
    def number(self) -> str:
        return f"{CARRIER}0412{self.position:04}"


def container(rng: random.Random, position: int) -> str:
    base = f"NRXU{rng.randrange(200000, 899999):06}"
    digit = int(iso6346.check_digit(base))
    return f"{base}{(digit + 1) % 10 if position in WRONG_CHECK_DIGIT else digit}"


def bill(rng: random.Random, position: int, call: str) -> Bill:
    load = "CNSHA" if position in (*FREE_ZONE_BILLS, *SPLIT) else rng.choice(sorted(GOODS))
    trade = trade_of(rng, position, load)
    transit = 110 < position <= BILLS
    discharge = rng.choice(sorted(ABROAD)) if transit else call
    discharge = "USMIA" if position in SPLIT else discharge
    goods = goods_of(position, GOODS[load][trade])
    mass = rng.randrange(40, 240) * 100
    value = round(mass * goods.value)
    shipper, consignee = parties(rng, position, SHIPPERS[load][trade], discharge)
    return Bill(
        position=position,
        load=load,
        discharge=discharge,
        delivery=delivery(position, discharge),
        shipper=shipper,
        consignee=consignee,
        notify=FORWARDER if position % 3 else consignee,
        goods=goods,
        packages=max(1, mass // rng.choice((10, 20, 25))),
        mass=mass,
        freight=value * 2
        if position in DEAR_FREIGHT
        else min(rng.randrange(900, 3800), value // 3),
        value=value,
        box=box(rng, position, goods, mass),
        via="PAONX" if transit else "",
    )


def trade_of(rng: random.Random, position: int, load: str) -> int:
    """Which of the port's firms ships, as a place in ``SHIPPERS`` and ``GOODS``."""
    if position in FREE_ZONE_BILLS:
        return 1
    return 0 if position in SPLIT else rng.randrange(len(GOODS[load]))


def goods_of(position: int, usual: Goods) -> Goods:
    """What the shipper usually trades in, unless the story has something else."""
    if position in DANGEROUS:
        return DANGEROUS[position]
    if position in FREE_ZONE_BILLS:
        return Goods("BRANDED SPORTS SHOES AND CLOTHING", "640411", "CT", 11.0)
    if position in VAGUE:
        return usual._replace(text=VAGUE[position], hs="", reefer=False)
    return usual


def parties(rng: random.Random, position: int, shipper: Firm, discharge: str) -> tuple[Firm, Firm]:
    consignee = ABROAD.get(discharge) or rng.choice(CONSIGNEES)
    if position in FREE_ZONE_BILLS:
        consignee = FREE_ZONE[position % len(FREE_ZONE)]
    if position in SPLIT:
        consignee = ABROAD["USMIA"]
    if position in TO_ORDER:
        consignee = Firm(TO_ORDER[position], "", "", "")
    if position in FORWARDER_ON_BOTH_SIDES:
        shipper = consignee = FORWARDER
    if position in NEAR_LISTED:
        near = NEAR_LISTED[position]
        shipper, consignee = (shipper, near) if near.country == "PA" else (near, consignee)
    return shipper, consignee


def delivery(position: int, discharge: str) -> str:
    return "PACFZ" if position in FREE_ZONE_BILLS else discharge


def box(rng: random.Random, position: int, goods: Goods, mass: int) -> Box:
    seal = "NR778812" if position in SAME_SEAL else f"NR{rng.randrange(100000, 700000)}"
    size = "45R1" if goods.reefer else rng.choice(("22G1", "42G1", "45G1"))
    celsius = (13 if "BANANA" in goods.text else -18) if goods.reefer else None
    return Box(container(rng, position), size, seal, mass + 2300, celsius)


def bills() -> list[Bill]:
    """The whole voyage. One generator for each position: a change moves no other bill."""
    return [each for call, positions in PORT_CALLS for each in bills_at(call, positions)]


def bills_at(call: str, positions: range) -> list[Bill]:
    return [bill(random.Random(SEED * 1000 + at), at, call) for at in positions]


def empties() -> tuple[Box, ...]:
    rng = random.Random(SEED)
    return tuple(Box(container(rng, 0), "42G1", "", 3700) for _ in range(EMPTIES))


def party_segment(role: str, firm: Firm) -> list[object]:
    return ["NAD", role, "", "", firm.name, firm.street, firm.city, "", "", firm.country]


def voyage_segment(mode: str) -> list[object]:
    imo, name, flag, _ = VESSEL
    ship = [imo, "146", "", name, flag]
    return ["TDT", "20", VOYAGE, mode, "", [CARRIER, "172", "20"], "", "", ship]


def header(number: str, function: str, call: str) -> list[list[object]]:
    return [
        ["BGM", "85", number, function],
        ["DTM", ["137", "202604131015", "203"]],
        ["NAD", "MS", [CARRIER, "172", "20"], "", "NORTHREACH LINE"],
        voyage_segment("1"),
        ["LOC", "60", [call, "139", "6"]],
        ["DTM", ["132", "202604180400" if call == "PAONX" else "202604191300", "203"]],
        ["DTM", ["136", "202604121830", "203"]],
    ]  # fmt: skip


def equipment(box: Box, load: str = "5") -> list[list[object]]:
    found: list[list[object]] = [
        ["EQD", "CN", box.number, [box.size, "102", "5"], "", "2", load],
        ["MEA", "AAE", "G", ["KGM", str(box.mass)]],
    ]
    if box.seal:
        found.append(["SEL", box.seal, "CA"])
    if box.celsius is not None:
        found.append(["TMP", "2", [str(box.celsius), "CEL"]])
    return found


def optional(wanted: bool, *segment: object) -> list[list[object]]:
    return [list(segment)] if wanted else []


def consignment(index: int, item: Bill) -> list[list[object]]:
    mass = "12.500,0" if item.position in BAD_NUMBER else str(item.mass)
    return [
        ["CNI", str(index), item.number],
        ["RFF", ["BM", item.number]],
        ["MOA", ["144", str(item.freight), "USD"]],
        ["LOC", "9", [item.load, "139", "6"]],
        ["LOC", "11", [item.discharge, "139", "6"]],
        *optional(bool(item.via), "LOC", "13", [item.via, "139", "6"]),
        ["LOC", "8", [item.delivery, "139", "6"]],
        ["CPI", "4", "", "C" if item.position % 4 == 0 else "P"],
        party_segment("CZ", item.shipper),
        party_segment("CN", item.consignee),
        party_segment("NI", item.notify),
        ["GID", "1", [str(item.packages), item.goods.package]],
        ["FTX", "AAA", "", "", item.goods.text],
        ["MEA", "AAE", "G", ["KGM", mass]],
        ["MOA", ["40", str(item.value), "USD"]],
        ["SGP", item.box.number, str(item.packages)],
        *optional(bool(item.goods.undg), "DGS", "IMD", "", item.goods.undg),
        *optional(item.position % 5 == 0, "PCI", "24", f"{CARRIER} {item.position}"),
        *optional(bool(item.goods.hs), "CST", "", [item.goods.hs, "122", "5"]),
    ]


def report(
    reference: str,
    number: str,
    function: str,
    call: str,
    items: list[Bill],
    loose: tuple[Box, ...] = (),
) -> str:
    body = header(number, function, call)
    for each in items:
        body += equipment(each.box)
    for empty in loose:
        body += equipment(empty, "4")
    for index, each in enumerate(items, 1):
        body += consignment(index, each)
    return message(reference, ["CUSCAR", "D", "95B", "UN"], body)


def manifest() -> bytes:
    voyage = bills()
    reports = []
    for index, (call, positions) in enumerate(PORT_CALLS, 1):
        items = [each for each in voyage if each.position in positions]
        loose = empties() if index == 1 else ()
        reports.append(report(f"NR0412{index}", f"NR-0412-{index}", "9", call, items, loose))
    return envelope("NORTHREACHLINE", "MARISOLCUSTOMS", "260413:1015", "NR0412A", reports)


def amendment() -> bytes:
    """Two bills change hands or place, one is taken back."""
    by_position = {each.position: each for each in bills()}
    moved = Firm("ALMACENES PUERTA TRASERA SA", "CALLE 9 BODEGA 2", "COLON", "PA")
    changed = [
        by_position[NEW_CONSIGNEE]._replace(consignee=moved),
        by_position[NEW_DELIVERY]._replace(delivery="PABLB", consignee=moved),
    ]
    cancelled = [by_position[CANCELLED]]
    reports = [
        report("NR0412B1", "NR-0412-1", "4", "PAONX", changed),
        report("NR0412B2", "NR-0412-3", "1", "PAONX", cancelled),
    ]
    return envelope("NORTHREACHLINE", "MARISOLCUSTOMS", "260416:0240", "NR0412B", reports)


def bay_plan() -> bytes:
    body: list[list[object]] = [
        ["BGM", "", "BP0412W", "9"],
        ["DTM", ["137", "202604122100", "203"]],
        voyage_segment(""),
        ["LOC", "5", ["ECGYE", "139", "6"]],
        ["LOC", "61", ["PAONX", "139", "6"]],
        ["DTM", ["136", "202604121830", "203"]],
        ["DTM", ["132", "202604180400", "203"]],
    ]  # fmt: skip
    for place, each in enumerate(bills()):
        if each.position != NOT_ABOARD:
            body += stowed(place, each)
    for place, empty in enumerate(empties(), BILLS):
        body += slot(place, empty, "ECGYE", "PAONX", "4", empty.mass)
    body += slot(BILLS + EMPTIES, UNMANIFESTED, "ECGYE", "PAONX", "5", UNMANIFESTED.mass)
    text = message("BP0412W1", ["BAPLIE", "D", "95B", "UN", "SMDG22"], body)
    return envelope("NORTHREACHLINE", "PAONXTERMINAL", "260412:2100", "BP0412W", [text])


def stowed(place: int, item: Bill) -> list[list[object]]:
    heavier = item.position in HEAVIER_THAN_DECLARED
    verified = item.box.mass * 4 // 3 if heavier else item.box.mass + item.position % 7 * 10
    found = slot(place, item.box, item.load, item.via or item.discharge, "5", verified)
    if item.goods.undg:
        found.append(["DGS", "IMD", "", item.goods.undg])
    return found


def slot(
    place: int, box: Box, load: str, discharge: str, status: str, verified: int
) -> list[list[object]]:
    bay, row, tier = 1 + place // 24 * 2, place % 6, 82 + place // 6 % 4 * 2
    return [
        ["LOC", "147", [f"{bay:03}{row:02}{tier:02}", "", "5"]],
        ["MEA", "WT", "", ["KGM", str(box.mass)]],
        *optional(status == "5", "MEA", "VGM", "", ["KGM", str(verified)]),
        *optional(box.celsius is not None, "TMP", "2", [str(box.celsius), "CEL"]),
        ["LOC", "9", [load, "139", "6"]],
        ["LOC", "11", [discharge, "139", "6"]],
        ["RFF", ["BM", "1"]],
        ["EQD", "CN", box.number, [box.size, "102", "5"], "", "", status],
        ["NAD", "CA", [CARRIER, "172", "20"]],
    ]


def damaged() -> bytes:
    """Nine messages, two of them whole; the whole ones must come through, three cannot be used."""
    pairs = [bills_at("PAONX", range(at, at + 2)) for at in range(8001, 8019, 2)]
    texts = [
        report(f"DAM{index}", f"NR-0412-D{index}", "9", "PAONX", each)
        for index, each in enumerate(pairs)
    ]
    wrong_count = texts[1].replace("UNT+", "UNT+9")
    no_trailer = texts[2][: texts[2].index("GID+1")]
    no_type = texts[3].replace("CUSCAR:D:95B:UN", "", 1)
    oversize = texts[4].replace("FTX+AAA+++", "FTX+AAA+++" + "GARBLED " * 9000, 1)
    bad_values = texts[5].replace("KGM:", "KGM:1,2,").replace("202604121830", "202613451830")
    no_numbers = re.sub(r"CNI\+(\d)[^']*'\nRFF[^']*'", r"CNI+\1'", texts[6])
    cut_off = texts[8][: len(texts[8]) // 2]
    reports = [texts[0], wrong_count, no_trailer, no_type, oversize, bad_values, no_numbers]
    reports += [texts[7], cut_off]
    whole = envelope("NORTHREACHLINE", "MARISOLCUSTOMS", "260414:0900", "NR0412D", reports)
    return whole[: whole.rindex(b"UNZ")]


def ocean_manifest() -> bytes:
    """An original of four bills, then an update that adds a fifth and deletes the second."""
    voyage = [each for each in bills() if each.discharge == "USMIA"][:5]
    original = [line for at, each in enumerate(voyage[:4], 1) for line in ocean_bill(at, each)]
    update = ocean_bill(1, voyage[4], "A") + ocean_bill(2, voyage[1], "D")
    isa = (
        "ISA*00*          *00*          *02*NRLN           *ZZ*MARISOLCUSTOMS *260413*1020*U*00401"
        "*000000412*0*P*>"
    )
    gs = "GS*SO*NRLN*MARISOLCUSTOMS*20260413*1020*412*X*004010"
    sets = [*ocean_set("0001", "W", original), *ocean_set("0002", "X", update)]
    return ("~\n".join([isa, gs, *sets, "GE*2*412", "IEA*1*000000412"]) + "~\n").encode("ascii")


def ocean_set(number: str, kind: str, lines: list[str]) -> list[str]:
    imo, name, flag, _ = VESSEL
    count = sum(line.startswith("LX*") for line in lines)
    return [
        f"ST*309*{number}",
        f"M10*{CARRIER}*O*{flag}*{imo}*{name}*{VOYAGE}*000412*{count}*{kind}*L",
        f"P4*5201*20260424*{count}",
        *lines,
        f"SE*{len(lines) + 4}*{number}",
    ]


def ocean_bill(index: int, item: Bill, action: str = "") -> list[str]:
    owner, serial = item.box.number[:4], item.box.number[4:]
    number = f"NRUS0412{item.position:04}"
    amended = [f"M13*{CARRIER}*5201*{action}*{number}*{item.packages}"] if action else []
    return [
        f"LX*{index}",
        *amended,
        f"M11*{number}*{item.load}*{item.packages}*{item.goods.package}N*{item.mass}*K"
        f"****{item.shipper.city}**{CARRIER}",
        *(line for role, firm in (("SH", item.shipper), ("CN", item.consignee))
          for line in ocean_party(role, firm)),
        "N1*FS*USMIA**USMIA",
        f"VID*4B*{owner}*{serial}*{item.box.seal}*****{item.box.size}*L",
        f"N10*{item.packages}*{item.goods.text}*{CARRIER} {item.position}*J*{item.goods.hs}"
        f"*{item.value}*K*{item.mass}",
        *([f"H1*{item.goods.undg}"] if item.goods.undg else []),
    ]  # fmt: skip


def ocean_party(role: str, firm: Firm) -> list[str]:
    found = [f"N1*{role}*{firm.name}"]
    if firm.street:
        found += [f"N3*{firm.street}", f"N4*{firm.city}***{firm.country}"]
    return found


def small_trader() -> bytes:
    """A trader's own sheet, comma separated, UTF-8."""
    items = bills_at("PAONX", range(501, 513))
    head = "BL No,Shipper,Consignee,Notify,POL,POD,Container,Seal,Goods,HS,Packages,Gross kg"
    rows = [",".join(row("ST", each, f"{each.mass:.1f}")) for each in items]
    return ("\n".join([head, *rows]) + "\n").encode("utf-8")


def small_trader_spanish() -> bytes:
    """The same kind of sheet from a Spanish office: semicolons, decimal commas, Latin-1."""
    items = bills_at("PABLB", range(601, 613))
    head = (
        "Conocimiento;Embarcador;Consignatario;Notificar;Puerto de carga;Puerto de descarga;"
        "Contenedor;Precinto;Mercancía;Partida arancelaria;Bultos;Peso bruto kg"
    )
    rows = [";".join(row("PT", each, f"{each.mass},00")) for each in items]
    return ("\r\n".join([head, *rows]) + "\r\n").encode("latin-1")


def row(series: str, item: Bill, mass: str) -> tuple[str, ...]:
    return (
        f"{series}{item.position:05}",
        item.shipper.name,
        item.consignee.name,
        item.notify.name,
        item.load,
        item.discharge,
        item.box.number,
        item.box.seal,
        item.goods.text,
        item.goods.hs,
        str(item.packages),
        mass,
    )


FILES: dict[str, Callable[[], bytes]] = {
    "manifest-northreach-0412.edi": manifest,
    "manifest-northreach-0412-amendment.edi": amendment,
    "bayplan-northreach-0412.edi": bay_plan,
    "passengers-altamira-AM218.edi": passenger_list,
    "crew-altamira-AM218.edi": crew_list,
    "ocean-manifest-309.x12": ocean_manifest,
    "manifest-damaged.edi": damaged,
    "manifest-small-trader.csv": small_trader,
    "manifest-small-trader-es.csv": small_trader_spanish,
    "lost-documents.csv": lost_documents,
    "examinations-marisol.csv": lambda: examinations(bills()),
}


def main() -> int:
    """Write the files, or with ``--check`` say which differ. Returns the exit status."""
    made = {name: make() for name, make in FILES.items()}
    if "--check" in sys.argv[1:]:
        differ = [
            name for name, data in made.items()
            if not (HERE / name).is_file() or (HERE / name).read_bytes() != data
        ]  # fmt: skip
        print("\n".join(f"{name} differs" for name in differ) or "samples are as generated")
        return 1 if differ else 0
    HERE.mkdir(parents=True, exist_ok=True)
    for name, data in made.items():
        (HERE / name).write_bytes(data)
        print(f"{name}: {len(data):,} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
