"""Customs XML into records: CPU seconds and peak memory, beside the floor and xmlschema.

    python benchmarks/customs_xml.py [--mib 16] [--rounds 5] [--peers PYTHON] [--peer-mib 2]

Made-up files of fictional parties: a manifest whose bills state the same things (AWMDS), one whose
bills differ in what they state and have none to four containers (varied), and one declaration (SAD,
many items with the empty elements that an export writes). Each figure is the median of the rounds,
each way a process of its own in each round, the ways taking turns. ``parse`` is lxml's iterparse
over the same file with each element cleared and nothing read; ``texts`` is the same with tag and
text of each element taken over, nothing checked and nothing made of them: none that takes all of it
through lxml is faster. ``peak`` is the process's largest resident size.

``--peers`` names an interpreter of an environment of its own with ``pip install xmlschema``:
``to_dict`` then reads a file of ``--peer-mib`` against a schema that stands here, and its speed is
taken for that of a larger file, which it would hold whole.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

MIB = 1024 * 1024
_FIRMS = ("ALTAMIRA FRUIT SA", "MARISOL FOODS", "NORTHREACH TOOLS", "PANADERIA EL INDIGO")
_GOODS = ("FROZEN SHRIMP", "CERAMIC TILES", "COFFEE, GREEN", "SPARE PARTS FOR PUMPS")


def _element(tag: str, text: object) -> str:
    return f"<{tag}>{text}</{tag}>\n"


def _group(tag: str, *parts: str) -> str:
    return f"<{tag}>\n{''.join(parts)}</{tag}>\n"


def _void(tag: str) -> str:
    """What an export writes for an empty element."""
    return _group(tag, "<null/>\n")


def _number(chance: random.Random) -> str:
    """A container number with its check digit (ISO 6346)."""
    text = f"CSQU{chance.randrange(10**6):06d}"
    letters = dict(
        zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", (n for n in range(10, 39) if n % 11), strict=True)
    )
    total = sum((letters.get(c) or int(c)) << at for at, c in enumerate(text))
    return f"{text}{total % 11 % 10}"


def varied(size: int) -> Iterator[str]:
    """Yield a manifest whose bills differ in what they state and have none to four containers."""
    yield from awmds(size, vary=True)


def awmds(size: int, seed: int = 1, *, vary: bool = False) -> Iterator[str]:
    """Yield a manifest of about ``size`` bytes; its totals are those of its bills."""
    chance, made, count, packages, mass, boxes = random.Random(seed), [], 0, 0, 0, set()
    length = 0
    while length < size:
        count += 1
        text, p, m, held = _bill(chance, count, vary)
        packages, mass = packages + p, mass + m
        boxes.update(held)
        made.append(text)
        length += len(text)
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<Awmds>\n'
    yield _group(
        "General_segment",
        _group("General_segment_id", _element("Customs_office_code", "PAONX"),
               _element("Voyage_number", "0412W"), _element("Date_of_departure", "2026-04-10"),
               _element("Date_of_arrival", "2026-04-18"), _element("Time_of_arrival", "04:00:00")),
        _group("Totals_segment", _element("Total_number_of_bols", count),
               _element("Total_number_of_packages", packages),
               _element("Total_number_of_containers", len(boxes)), _element("Total_gross_mass", mass)),
        _group("Transport_information", _group("Carrier", _element("Carrier_code", "NRLN"),
               _element("Carrier_name", "NORTHREACH LINE")), _element("Mode_of_transport_code", 1),
               _element("Identity_of_transporter", "NORTHREACH PIONEER"),
               _element("Nationality_of_transporter_code", "PA")),
        _group("Load_unload_place", _element("Place_of_departure_code", "ECGYE"),
               _element("Place_of_destination_code", "PAONX")),
    )  # fmt: skip
    yield from made
    yield "</Awmds>\n"


def _trader(chance: random.Random, tag: str, code: bool) -> str:
    number = chance.randrange(3000)
    return _group(
        tag,
        _element(f"{tag}_code", f"8-{number:06d}") if code else "",
        _element(f"{tag}_name", f"{_FIRMS[number % 4]} {number}"),
        _element(f"{tag}_address", f"CALLE {number} NO {number % 90}\nPANAMA\nPA"),
    )


def _bill(chance: random.Random, number: int, vary: bool) -> tuple[str, int, int, list[str]]:
    packages, mass = chance.randrange(1, 2000), chance.randrange(100, 26000)
    boxes = [_number(chance) for _ in range(chance.randrange(5) if vary else 1)]

    def here(text: str) -> str:
        return "" if vary and chance.random() < 0.2 else text

    text = _group(
        "Bol_segment",
        _group("Bol_id", _element("Bol_reference", f"NRLN{number:08d}"), _element("Line_number", number),
               _element("Bol_nature", 23), here(_element("Bol_type_code", 705))),
        _group("Load_unload_place", _element("Place_of_loading_code", "ECGYE"),
               _element("Place_of_unloading_code", "PAONX")),
        _group("Traders_segment", here(_trader(chance, "Exporter", False)), here(_trader(chance, "Notify", False)),
               _trader(chance, "Consignee", True)),
        *(_group("ctn_segment", _element("Ctn_reference", box), _element("Number_of_packages", packages),
               _element("Type_of_container", "45R1"), _element("Empty_Full", "1/1"),
               here(_element("Marks1", f"SH{chance.randrange(10**6)}")), _element("Sealing_Party", "SH"),
               _element("Empty_weight", 4600), _element("Goods_weight", mass)) for box in boxes),
        _group("Goods_segment", _element("Number_of_packages", packages),
               _element("Package_type_code", "CT"), _element("Gross_mass", mass),
               here(_element("Shipping_marks", f"LOT {number % 977}")),
               _element("Goods_description", f"{_GOODS[number % 4]} {chance.randrange(10**4)}"),
               here(_element("Volume_in_cubic_meters", chance.randrange(1, 70))),
               _element("Num_of_ctn_for_this_bol", len(boxes))),
        _group("Value_segment",
               _group("Freight_segment", _element("PC_indicator", "PP"),
                      _element("Freight_value", chance.randrange(100, 9000)),
                      _element("Freight_currency", "USD")),
               here(_group("Customs_segment", _element("Customs_value", chance.randrange(1000, 200000)),
                      _element("Customs_currency", "USD")))),
    )  # fmt: skip
    return text, packages, mass, boxes


def sad(size: int, seed: int = 2) -> Iterator[str]:
    """Yield a declaration of about ``size`` bytes."""
    chance, length = random.Random(seed), 0
    yield '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<ASYCUDA>\n'
    yield _group(
        "Identification",
        _group("Office_segment", _element("Customs_clearance_office_code", "PAONX")),
    )
    yield _group("Declarant", _element("Declarant_code", "D-9"), _element("Declarant_name", "MARISOL BROKERS\nPIER 3"),
                 _group("Reference", _element("Number", "2026-0012")))  # fmt: skip
    while length < size:
        text = _item(chance)
        length += len(text)
        yield text
    yield "</ASYCUDA>\n"


def _money(tag: str, amount: object, currency: str) -> str:
    return _group(tag, _element("Amount_national_currency", amount), _element("Amount_foreign_currency", amount),
                  _element("Currency_code", currency) if currency else _void("Currency_code"),
                  _element("Currency_name", "No foreign currency"), _element("Currency_rate", "1.0"))  # fmt: skip


_TAX = "".join(
    _void(tag) if void else f"<{tag}/>\n"
    for tag, void in (("Duty_tax_code", True), ("Duty_tax_Base", False), ("Duty_tax_rate", False),
                      ("Duty_tax_amount", False), ("Duty_tax_MP", True), ("Duty_tax_Type_of_calculation", True))
)  # fmt: skip


def _item(chance: random.Random) -> str:
    """An item as exports have it, eight lines of taxes and three units included."""
    mass = chance.randrange(1, 20000)
    unit = _group("Supplementary_unit", *(_void(f"Suppplementary_unit_{part}") for part in ("code", "name")),
                  "<Suppplementary_unit_quantity/>\n")  # fmt: skip
    return _group(
        "Item",
        _group("Packages", _element("Number_of_packages", f"{chance.randrange(1, 900)}.0"), _element("Marks1_of_packages", "LOT"),
               _element("Marks2_of_packages", "SAME"), _element("Kind_of_packages_code", "PK"), _element("Kind_of_packages_name", "Package")),
        _group("IncoTerms", "<Code/>\n<Place/>\n"),
        _group("Tarification", _void("Tarification_data"),
               _group("HScode", _element("Commodity_code", f"03061{chance.randrange(1000):03d}"), _element("Precision_1", "00"),
                      *(_void(f"Precision_{at}") for at in (2, 3, 4))),
               "<Preference_code/>\n", _element("Extended_customs_procedure", 4000), _element("National_customs_procedure", "000"),
               "<Quota_code/>\n", unit * 3, "<Item_price/>\n", "<Valuation_method_code/>\n", _element("Value_item", "0.00-0.00"),
               "<Attached_doc_item/>\n", _void("A.I._code")),
        _group("Goods_description", _element("Country_of_origin_code", "EC"), _void("Country_of_origin_region"),
               _element("Description_of_goods", "OTHER"), _element("Commercial_Description", f"{_GOODS[mass % 4]} {mass}")),
        _group("Previous_doc", _element("Summary_declaration", "NRLN00000001"), _void("Summary_declaration_sl"),
               _void("Previous_document_reference"), _void("Previous_warehouse_code")),
        _void("Licence_number"), "<Amount_deducted_from_licence/>\n<Quantity_deducted_from_licence/>\n", _void("Free_text_1"), _void("Free_text_2"),
        _group("Taxation", _element("Item_taxes_amount", "0.0"), "<Item_taxes_guaranted_amount/>\n", _void("Item_taxes_mode_of_payment"),
               "<Counter_of_normal_mode_of_payment/>\n<Displayed_item_taxes_amount/>\n", _group("Taxation_line", _TAX) * 8),
        _group("Valuation_item",
               _group("Weight_itm", _element("Gross_weight_itm", mass), _element("Net_weight_itm", mass - 1)),
               _element("Total_cost_itm", "0.0"), _element("Total_CIF_itm", mass), "<Rate_of_adjustement/>\n", _element("Statistical_value", mass),
               "<Alpha_coeficient_of_apportionment/>\n", _money("Item_Invoice", mass, "USD"),
               *(_money(f"item_{kind}", 0, "") for kind in ("external_freight", "internal_freight", "insurance", "other_cost", "deduction"))),
    )  # fmt: skip


# -- the ways, each in a process of its own -------------------------------------------------------


def _ours(path: Path) -> int:
    from esclusa.formats.asycuda import reader
    from esclusa.model import Consignment, Message

    count = 0
    with path.open("rb") as stream:
        for item in reader.read(stream, file=path.name):
            assert isinstance(item, Message)
            assert not item.defects, item.defects[:2]
            for one in item.statements:
                if isinstance(one, Consignment):
                    count += len(one.goods)
    return count


def _parse(path: Path) -> int:
    return _passed(path, texts=False)


def _texts(path: Path) -> int:
    return _passed(path, texts=True)


def _passed(path: Path, *, texts: bool) -> int:
    from lxml import etree

    count = 0
    for _, element in etree.iterparse(str(path), tag=("Bol_segment", "Item")):
        count += 1
        if texts:
            [(one.tag, one.text) for one in element.iter()]
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]
    return count


def _xmlschema(path: Path) -> int:
    import xmlschema  # the interpreter of --peers has it

    schema = xmlschema.XMLSchema(str(Path(__file__).parent / "peers" / "asycuda.xsd"))
    found = schema.to_dict(str(path))
    return len(found.get("Bol_segment") or found.get("Item"))


_WAYS = {"esclusa": _ours, "parse": _parse, "texts": _texts, "xmlschema": _xmlschema}


def _one(way: str, path: str) -> None:
    """Measure one way in this process; imports are not counted."""
    read = _WAYS[way]
    small = Path(path).with_suffix(".small")
    read(small)
    begun = time.process_time()
    count = read(Path(path))
    spent = time.process_time() - begun
    peak = _peak()
    print(f"{spent} {peak} {count}")


def _peak() -> float:
    """Largest resident size of this process in MiB; what its parent held is not counted."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0


def _measured(python: str, way: str, path: Path) -> tuple[float, float, int]:
    command = [python, str(Path(__file__)), "--one", way, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{way}: {done.stderr.strip().splitlines()[-1:]}")
    spent, peak, count = done.stdout.split()
    return float(spent), float(peak), int(count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mib", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", default="")
    parser.add_argument("--peer-mib", type=int, default=2)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        _one(*options.one)
        return
    print(
        f"{'file':<8} {'way':<10} {'MB':>6} {'CPU s':>8} {'MB/s':>7} {'peak MiB':>9} {'records':>8}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for name, make in (("AWMDS", awmds), ("varied", varied), ("SAD", sad)):
            paths = {}
            for size in {options.mib, options.peer_mib}:
                paths[size] = Path(folder) / f"{name}-{size}.xml"
                paths[size].write_text("".join(make(size * MIB)), encoding="utf-8")
                paths[size].with_suffix(".small").write_text("".join(make(2000)), encoding="utf-8")
            ways = [
                ("esclusa", sys.executable, options.mib),
                ("parse", sys.executable, options.mib),
                ("texts", sys.executable, options.mib),
            ]
            if options.peers:
                ways.append(("xmlschema", options.peers, options.peer_mib))
            runs: dict[str, list[tuple[float, float, int]]] = {}
            for _ in range(options.rounds):
                for way, python, size in ways:
                    runs.setdefault(way, []).append(_measured(python, way, paths[size]))
            speeds = {}
            for way, _, size in ways:
                spent, peak = (statistics.median(run[at] for run in runs[way]) for at in (0, 1))
                count = runs[way][0][2]
                megabytes = paths[size].stat().st_size / 1e6
                speeds[way] = megabytes / spent
                print(
                    f"{name:<8} {way:<10} {megabytes:>6.1f} {spent:>8.3f} {speeds[way]:>7.1f} {peak:>9.1f} {count:>8,}",
                    flush=True,
                )
            for way in list(speeds)[1:]:
                print(
                    f"{name}: esclusa is {speeds['esclusa'] / speeds[way]:.2f} times as fast as {way}"
                )
            if options.peers:
                for way in ("parse", "texts"):
                    print(
                        f"{name}: {way} alone is {speeds[way] / speeds['xmlschema']:.1f} times as fast"
                        " as xmlschema"
                    )


if __name__ == "__main__":
    main()
