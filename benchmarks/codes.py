"""Look-ups and check digits per second, load time and memory of each code list.

    python benchmarks/codes.py

Each speed stands beside a floor measured in the same run: a bare ``dict.get`` for look-ups, a bare
loop over the characters for check digits. The ratio travels between machines, the speed does not.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from itertools import cycle, islice

REPEATS = 5
COUNT = 200_000

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


def rate(work: Callable[[], object], count: int) -> float:
    """Return items per second, best of several runs."""
    return count / min(_seconds(work) for _ in range(REPEATS))


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def over(function: Callable[[str], object], values: list[str]) -> Callable[[], None]:
    """Return a call that applies ``function`` to each value."""

    def work() -> None:
        for value in values:
            function(value)

    return work


def taken(values: Iterable[str], count: int = COUNT) -> list[str]:
    """Return ``count`` values, starting over as often as needed."""
    return list(islice(cycle(values), count))


def show(title: str, speed: float, floor: float) -> None:
    """Print one line: speed, and how many times the floor is faster."""
    print(f"  {title:38} {speed:14,.0f}/s   floor ÷ {floor / speed:5.1f}")


def lookups() -> None:
    """Measure look-ups over real codes: all of them, and the few hundred that a node meets."""
    from esclusa import codes

    places = [place.code for place in codes.unlocode.all_places()]
    plain = dict.fromkeys(places, 1)
    few = taken(places[:: len(places) // 300])
    floor = rate(over(plain.get, few), COUNT)
    print(f"\nLook-ups (floor: dict.get in the same loop, {floor:,.0f}/s)")
    names = taken(["Panama", "Korea, Democratic People's Republic of", "Côte d'Ivoire", "España"])
    hs = taken([line.code for line in codes.hs.all_lines()])
    for title, function, values in (
        ("unlocode.get, 300 ports again and again", codes.unlocode.get, few),
        ("unlocode.get, every place", codes.unlocode.get, taken(places)),
        ("unlocode.known", codes.unlocode.known, few),
        ("unlocode.get, not listed", codes.unlocode.get, taken(["ZZZZZ", "PAZZZ"])),
        ("hs.get", codes.hs.get, hs),
        ("hs.find, ten digits", codes.hs.find, [code.ljust(10, "0") for code in hs]),
        ("country.by_alpha2", codes.country.by_alpha2, taken(["PA", "DE", "KP"])),
        ("country.name", codes.country.name, taken(["PA", "DE", "KP"])),
        ("country.by_name", codes.country.by_name, names),
        ("undg.get", codes.undg.get, taken(["1203", "3480", "1993"])),
        ("mid.flag", codes.mid.flag, taken(["351", "636", "538"])),
        ("mmsi.flag", codes.mmsi.flag, taken(["351759000", "636015000", "002241076"])),
        ("port.by_locode", codes.port.by_locode, taken(["PAONX", "NLRTM", "ESALG"])),
    ):
        show(title, rate(over(function, values), COUNT), floor)
    near = taken(["9.35", "51.9", "1.26"], 5_000)
    speed = rate(over(lambda lat: codes.port.near(float(lat), -79.9), near), len(near))
    show("port.near, 25 km", speed, floor)


def check_digits() -> None:
    """Measure verdicts on valid numbers, one by one and by the column."""
    from esclusa import codes

    containers = [f"MARU{n:06d}" for n in range(1000)]
    boxes = taken([base + codes.iso6346.check_digit(base) for base in containers])
    ships = taken([f"{n}{codes.imo.check_digit(str(n))}" for n in range(900_000, 901_000)])
    floor = rate(over(characters, boxes), COUNT)
    print(f"\nCheck digits (floor: a loop over eleven characters, {floor:,.0f}/s)")
    zone = taken(["L898902C36", "7408122", "1204159"])
    for title, function, values in (
        ("iso6346.is_valid", codes.iso6346.is_valid, boxes),
        ("imo.is_valid", codes.imo.is_valid, ships),
        ("mmsi.is_valid", codes.mmsi.is_valid, taken(["351759000", "993671234"])),
        ("icao9303.is_valid", codes.icao9303.is_valid, zone),
    ):
        show(title, rate(over(function, values), COUNT), floor)
    show("batch.iso6346", rate(lambda: codes.batch.iso6346(boxes), COUNT), floor)
    show("batch.imo", rate(lambda: codes.batch.imo(ships), COUNT), floor)


def characters(text: str) -> int:
    """The floor: touch every character once, in plain Python."""
    total = 0
    for char in text:
        total += ord(char)
    return total


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
    lookups()
    check_digits()
