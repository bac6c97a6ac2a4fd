"""Look-ups and check digits per second, load time and memory of each code list.

    python benchmarks/codes.py

Each speed stands beside a floor measured in turns with it: a bare ``dict.get`` in the same loop over
the same values. The ratio travels between machines, the speed does not.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from itertools import cycle, islice

COUNT = 20_000
"""Values in a row of the table. No cache of answers in the package holds so many."""

RUN = 500
"""Values timed at once: so short a run is seldom disturbed by other work of the machine."""

PASSES = 8

Single = tuple[str, Callable[[str], object], list[str]]
"""Title of a row, the function measured, and the values that it gets one by one."""

LOADS = {
    "import esclusa.codes": "pass",
    "unlocode": "codes.unlocode.get('PAONX')",
    "hs": "codes.hs.get('080390')",
    "country": "codes.country.by_alpha2('PA')",
    "country names": "codes.country.by_name('Panama')",
    "undg": "codes.undg.get('1203')",
    "mid": "codes.mid.flag('351')",
    "port": "codes.port.by_locode('PAONX')",
    "package": "codes.package.get('CT')",
    "uncl": "codes.uncl.document('705')",
}

PROBE = """
import json, time, tracemalloc
{before}
began = time.perf_counter()
import esclusa.codes as codes
{submodules}
if {preloaded}: began = time.perf_counter()
if {traced}: tracemalloc.start()
{call}
spent = time.perf_counter() - began
print(json.dumps([spent, tracemalloc.get_traced_memory()[0] if {traced} else 0]))
"""


def probe(call: str, *, traced: bool) -> float:
    """Run ``call`` in a fresh process: seconds, or bytes kept when ``traced``.

    A list's figure leaves out the import of its module and of msgspec, which a node has loaded long
    before; the first line of the table is the import of the room alone.
    """
    load = call != "pass"
    program = PROBE.format(
        before="import msgspec, gzip, hashlib" if load else "",
        submodules="\n".join(f"codes.{name}" for name in codes_modules()) if load else "",
        preloaded=load,
        traced=traced,
        call=call,
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    seconds, kept = json.loads(done.stdout)
    return float(kept if traced else seconds)


def codes_modules() -> list[str]:
    """Return the modules of lists."""
    return ["country", "hs", "mid", "package", "port", "uncl", "undg", "unlocode"]


def measure(rows: list[Single], passes: int = PASSES) -> None:
    """Measure and print rows: values per second of the function and of a bare ``dict.get``.

    The values are taken in runs, each by the function and by the floor in turns; the best run
    counts. Each pass goes over all rows, so a slow minute of the machine does not fall on one row.
    """
    turns = [turn for _ in range(passes) for turn in map(one_pass, rows)]
    for place, (title, _, _) in enumerate(rows):
        mine = turns[place :: len(rows)]
        show(title, min(turn[0] for turn in mine), min(turn[1] for turn in mine))


def one_pass(row: Single) -> tuple[float, float]:
    """Return the seconds for one value, of the function and of the floor, in their best runs."""
    _, function, values = row
    floor = dict.fromkeys(values, 1).get
    runs = [values[start : start + RUN] for start in range(0, len(values) - RUN + 1, RUN)]
    turns = [(seconds(function, run), seconds(floor, run)) for run in runs]
    return min(turn[0] for turn in turns) / RUN, min(turn[1] for turn in turns) / RUN


def seconds(function: Callable[[str], object], values: list[str]) -> float:
    """Return how long one run takes."""
    began = time.perf_counter()
    for value in values:
        function(value)
    return time.perf_counter() - began


def taken(values: Iterable[str]) -> list[str]:
    """Return as many values as a row measures, starting over as often as needed."""
    return list(islice(cycle(values), COUNT))


def show(title: str, spent: float, floor: float) -> None:
    """Print one line: values per second, the floor's, and how many times the floor is faster."""
    print(f"  {title:46} {1 / spent:13,.0f}/s {1 / floor:13,.0f}/s {spent / floor:7.1f}")


def head(title: str) -> None:
    """Print the line above the rows of :func:`measure`."""
    print(f"\n{title:48} {'speed':>15} {'floor':>15}   ratio")


def first_lookups() -> None:
    """Measure the look-up that makes the struct: each code once.

    Runs before anything else has looked at these lists.
    """
    from esclusa import codes

    head("First look-up of a code in a process")
    lists = (("unlocode", codes.unlocode.get), ("hs", codes.hs.get), ("undg", codes.undg.get))
    for name, function in lists:
        keys = [line.split("\t", 1)[0] for line in codes.packed.read(name)]
        function(keys.pop())  # loads the list
        measure([(f"{name}.get", function, keys)], passes=1)


def lookups() -> None:
    """Measure look-ups: of different codes as far as the list has them, and of odd ones."""
    from esclusa import codes

    head("Look-ups, again")
    places = [place.code for place in codes.unlocode.all_places()]
    near = taken(["9.35", "51.9", "1.26"])[:RUN]
    measure(
        [
            *place_lookups(places),
            *country_lookups(),
            *goods_lookups(),
            (
                "port.near, a search on the globe",
                lambda lat: codes.port.near(float(lat), -79.9),
                near,
            ),
        ]
    )


def place_lookups(places: list[str]) -> list[Single]:
    """Rows for places and ports."""
    from esclusa.codes import port, unlocode

    spread = taken(places[::5])
    ports = taken(entry.locode for entry in port.all_ports() if entry.locode)
    return [
        ("unlocode.get, 300 places again and again", unlocode.get, taken(places[::400])),
        ("unlocode.get, every fifth place", unlocode.get, spread),
        ("unlocode.get, not listed", unlocode.get, taken(["ZZZZZ", "PAZZZ"])),
        ("unlocode.get, in lower case", unlocode.get, [code.lower() for code in spread]),
        ("unlocode.known", unlocode.known, spread),
        ("unlocode.fault", unlocode.fault, spread),
        ("port.by_locode", port.by_locode, ports),
        ("port.position, of a port", port.position, ports),
        ("port.position, of any place", port.position, spread),
    ]


def country_lookups() -> list[Single]:
    """Rows for countries, by code and by name."""
    from esclusa.codes import country

    every = country.all_countries()
    alpha2, alpha3 = taken(c.alpha2 for c in every), taken(c.alpha3 for c in every)
    listed = taken(name for _, name in country.names())
    return [
        ("country.by_alpha2", country.by_alpha2, alpha2),
        ("country.by_alpha3", country.by_alpha3, alpha3),
        ("country.by_numeric", country.by_numeric, taken(c.numeric for c in every if c.numeric)),
        ("country.by_icao", country.by_icao, alpha3),
        ("country.by_icao, with fillers", country.by_icao, taken(["D<<", "XXA"])),
        ("country.name", country.name, alpha2),
        ("country.name, of alpha-3", country.name, alpha3),
        ("country.find, alpha-3", country.find, alpha3),
        ("country.by_name, listed names", country.by_name, listed),
        ("country.by_name, never seen before", country.by_name, numbered("Marisol ")),
    ]


def goods_lookups() -> list[Single]:
    """Rows for goods, packages, sizes and the digits of flags."""
    from esclusa.codes import hs, mid, package, size_type, uncl, undg

    lines = [line.code for line in hs.all_lines()]
    national = [f"{line}{n:04}" for n in range(4) for line in lines if len(line) == 6]
    sizes = [
        f"{a}{b}{c}{d}" for a in "1234LM" for b in "0259CE" for c in "GRUPT" for d in range(10)
    ]
    return [
        ("hs.get", hs.get, taken(lines)),
        ("hs.find, ten digits, each once", hs.find, taken(national)),
        ("hs.find, with points", hs.find, [f"{c[:4]}.{c[4:6]}.{c[6:]}" for c in taken(national)]),
        ("hs.known, ten digits, each once", hs.known, taken(national)),
        ("undg.get", undg.get, taken(["1203", "3480", "1993"])),
        ("undg.get, not listed", undg.get, taken(["9999"])),
        ("undg.get, with UN before it", undg.get, taken(["UN 1203", "UN3480"])),
        ("package.get", package.get, taken(["CT", "4G"])),
        ("uncl.document", uncl.document, taken(["705", "380"])),
        ("size_type.get", size_type.get, taken(sizes)),
        ("mid.get", mid.get, taken(["351", "636", "538"])),
        ("mid.flag", mid.flag, taken(["351", "636", "538"])),
    ]


def check_digits() -> None:
    """Measure verdicts one by one, no value twice in a run, and by the column."""
    from esclusa import codes

    head("Check digits, no value twice")
    boxes = with_digit(numbered("MARU", 6), codes.iso6346.check_digit)
    ships = with_digit([str(900_000 + n) for n in range(COUNT)], codes.imo.check_digit)
    measure([*number_checks(boxes, ships), *station_checks(), *document_checks()])
    head("Check digits by the column")
    measure_column("batch.iso6346", codes.batch.iso6346, boxes)
    measure_column("batch.imo", codes.batch.imo, ships)


def measure_column(title: str, function: Callable[[list[str]], object], values: list[str]) -> None:
    """Measure and print a function that takes all values at once."""
    spent = min(seconds(lambda _: function(values), [title]) for _ in range(10 * PASSES))
    show(title, spent / len(values), one_pass((title, str, values))[1])


def number_checks(boxes: list[str], ships: list[str]) -> list[Single]:
    """Rows for containers and ships."""
    from esclusa.codes import imo, iso6346

    apart = [f"{box[:4]} {box[4:10]}-{box[10]}" for box in boxes]
    return [
        ("iso6346.is_valid", iso6346.is_valid, boxes),
        ("iso6346.is_valid, wrong digit", iso6346.is_valid, with_digit(boxes, wrong, 10)),
        ("iso6346.is_valid, with separators", iso6346.is_valid, apart),
        ("iso6346.is_valid, some other text", iso6346.is_valid, numbered("Marisol ")),
        ("iso6346.check_digit", iso6346.check_digit, [box[:10] for box in boxes]),
        ("iso6346.fault", iso6346.fault, boxes),
        ("imo.is_valid", imo.is_valid, ships),
        ("imo.is_valid, wrong digit", imo.is_valid, with_digit(ships, wrong, 6)),
        ("imo.is_valid, with IMO before it", imo.is_valid, [f"IMO {ship}" for ship in ships]),
        ("imo.is_valid, some other text", imo.is_valid, numbered("Marisol ")),
        ("imo.check_digit", imo.check_digit, [ship[:6] for ship in ships]),
        ("imo.fault", imo.fault, ships),
    ]


def station_checks() -> list[Single]:
    """Rows for stations at sea: ships, and coasts whose flag stands further back."""
    from esclusa.codes import country, mid, mmsi

    flags = taken(digits for c in country.all_countries() for digits in mid.digits_of(c.alpha2))
    ships = [f"{digits}{n:06}" for n, digits in enumerate(flags)]
    coasts = [f"00{digits}{n % 10_000:04}" for n, digits in enumerate(flags)]
    return [
        ("mmsi.is_valid", mmsi.is_valid, ships),
        ("mmsi.is_valid, coast stations", mmsi.is_valid, coasts),
        ("mmsi.flag", mmsi.flag, ships),
        ("mmsi.flag, coast stations", mmsi.flag, coasts),
        ("mmsi.kind", mmsi.kind, ships),
        ("mmsi.is_valid, with MMSI before it", mmsi.is_valid, [f"MMSI {ship}" for ship in ships]),
    ]


def document_checks() -> list[Single]:
    """Rows for fields of travel documents: date, number, personal number, composite."""
    from esclusa.codes import icao9303

    dates = with_digit(numbered("", 6), icao9303.check_digit)
    numbers = with_digit(numbered("L8C", 6), icao9303.check_digit)
    personal = with_digit(numbered("ZE184226B", 5), icao9303.check_digit)
    composite = [f"L898902C367408122120415{each}" for each in personal]
    return [
        ("icao9303.is_valid, date, 7 characters", icao9303.is_valid, dates),
        ("icao9303.is_valid, number, 10 characters", icao9303.is_valid, numbers),
        ("icao9303.is_valid, personal, 15 characters", icao9303.is_valid, personal),
        (
            "icao9303.is_valid, composite, 40 characters",
            icao9303.is_valid,
            with_digit(composite, icao9303.check_digit),
        ),
        ("icao9303.check_digit, 9 characters", icao9303.check_digit, [n[:9] for n in numbers]),
    ]


def numbered(before: str, width: int = 0) -> list[str]:
    """Return texts that differ in the number at their end."""
    return [f"{before}{number:0{width}}" for number in range(COUNT)]


def with_digit(
    values: list[str], digit: Callable[[str], str], length: int | None = None
) -> list[str]:
    """Return each value, cut to ``length``, followed by its digit."""
    return [value[:length] + digit(value) for value in values]


def wrong(value: str) -> str:
    """Return another digit than the last."""
    return str((int(value[-1]) + 1) % 10)


def loading() -> None:
    """Measure the first use of each list in a fresh process, and the memory it keeps."""
    print("First use, best of three fresh processes")
    for title, call in LOADS.items():
        spent = min(probe(call, traced=False) for _ in range(3))
        kept = probe(call, traced=True)
        memory = f"{kept / 2**20:8.1f} MiB" if call != "pass" else ""
        print(f"  {title:38} {spent * 1000:9.1f} ms {memory}")


if __name__ == "__main__":
    loading()
    first_lookups()
    lookups()
    check_digits()
