"""X12 read and written: MB/s on one core, beside pyx12 on the same file.

    python benchmarks/x12.py [--mb 2] [--rounds 5] [--one-line] [--repeated]
        [--kinds 309 310 350 353 355] [--peers PYTHON]

A synthetic ocean manifest 309 of about ``--mb`` megabytes in sets of about forty bills, with
containers, seals, parties and goods. Figures are medians of CPU seconds. ``messages`` cuts the
segments, checks the envelopes and asks for no element; ``segments`` makes an object of each and asks
it for one element; ``tokens`` splits each segment into its tag and elements, components uncut; ``elements`` makes a list of components of every element, which is what pyx12 does whether
asked or not; ``records`` makes the consignments; ``written`` turns them into bytes again.

``index`` finds the separators, segments and sets of the file as arrays and checks the envelopes, so
that every element can be asked for; ``table`` makes one row of typed columns for each bill or event,
with all that the plain reader checks: envelopes, tags, dates, numbers, units, check digits, repeated
bills. Both are measured with each backend that is installed.

No two bills are alike but for the names of their ports; with ``--repeated`` the bills of 309 differ
in their numbers alone.

``--peers`` names an interpreter of an environment of its own with ``pip install pyx12``; its rounds
alternate with ours. Its reader cuts segments and elements and checks the counts and control numbers
of the envelopes, as ours does; it has no map of 309, so that it checks no value and makes no record.
"""

from __future__ import annotations

import argparse
import gc
import io
import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from string import ascii_uppercase

from esclusa.codes import iso6346
from esclusa.formats.edifact.segment import RawMessage, Segment
from esclusa.formats.limits import DEFAULT
from esclusa.formats.work import Work
from esclusa.formats.x12 import columns, reader, writers
from esclusa.formats.x12.columns.machine import Stretch, read_stretches
from esclusa.formats.x12.cutting import tokens
from esclusa.formats.x12.drafting import USUAL
from esclusa.formats.x12.rewriting import rewrite
from esclusa.formats.x12.syntax import read_messages
from esclusa.formats.x12.writing import Envelope
from esclusa.model import Message

BILLS = 40
BILL = """LX*{n}~
M11*NRUS{n:08d}*CNSHA*300*CTN*7500*K****SHANGHAI**NRLN~
N1*SH*BRIGHT HARBOUR ELECTRONICS CO LTD~
N3*88 EAST WHARF ROAD~
N4*SHANGHAI***CN~
N1*CN*CORAL WAY PRODUCE INC~
N3*700 DOCK AVE~
N4*MIAMI***US~
N1*FS*USMIA**USMIA~
VID*4B*NRXU*3570937*NR516968*****42G1*L~
N10*300*MOBILE TELEPHONES WITH ACCESSORIES*NRLN 112*J*851713*712500*K*7500~
N10**AND CHARGERS IN THE SAME CARTONS AS BEFORE~
"""


WORDS = ("BRIGHT", "HARBOUR", "CORAL", "PUNTA", "GAVIOTA", "NORTH", "MERIDIAN", "SILVER", "CANAL", "DELTA",
         "ELECTRONICS", "PRODUCE", "TEXTILES", "TOOLS", "FOODS", "MACHINERY", "CERAMICS")  # fmt: skip
TOWNS = ("SHANGHAI", "CALLAO", "COLON", "GUAYAQUIL", "NINGBO", "SANTOS", "MANZANILLO", "VALPARAISO")


def words(number: int, count: int) -> str:
    """Return so many words, others for each number."""
    return " ".join(WORDS[(number // 17**at + 5 * at) % 17] for at in range(count))


def load(number: int) -> tuple[str, str, int, int, str]:
    """Return a container's owner and serial, packages, kilograms and town."""
    owner = "".join(ascii_uppercase[number // 26**at % 26] for at in range(2)) + "XU"
    serial = f"{number * 7919 % 1_000_000:06d}"
    packages, mass = number * 37 % 900 + 1, number * 7919 % 24_000 + 500
    return owner, serial, packages, mass, TOWNS[number % 8]


def varied(number: int) -> str:
    """Return a bill that shares with others no more than the names of ports and towns."""
    owner, serial, packages, mass, town = load(number)
    return f"""LX*{number}~
M11*NRUS{number:08d}*CN{town[:3]}*{packages}*CTN*{mass}*K****{town}**NRLN~
N1*SH*{words(number, 3)} {number} CO LTD~
N3*{number % 977 + 1} EAST WHARF ROAD~
N4*{town}***CN~
N1*CN*{words(number * 31, 3)} INC {number % 4999}~
N3*{number % 499 + 1} DOCK AVE~
N4*MIAMI***US~
N1*FS*USMIA**USMIA~
VID*4B*{owner}*{serial}{iso6346.check_digit(owner + serial)}*NR{number:06d}*****42G1*L~
N10*{packages}*{words(number * 7, 2)} AND ACCESSORIES {number}*NRLN {number}*J*{800000 + number % 99999}*{mass * 95}*K*{mass}~
N10**{words(number * 13, 2)} IN THE SAME CARTONS~
"""


def status(number: int) -> str:
    """Return two events of a 350."""
    return f"""X4*NRUS{number:08d}*{number % 900}*01*E{number:09d}*202604{number % 28 + 1:02d}*{number % 24:02d}{number * 7 % 60:02d}*1C**NRLN*MSTR{number % 97}~
K1*CALL THE OFFICE ABOUT {number % 9999}*AND BRING {number % 77}~
N9*BN*BK{number}~
X4*NRUS{number:08d}****202604{number % 28 + 1:02d}*{number % 24:02d}{number * 11 % 60:02d}*1J**NRLN~
"""


def advice(number: int) -> str:
    """Return two events of a 353."""
    return f"""M15*2*NRUS{number:08d}*202604{number % 28 + 1:02d}*5201*NRLN*{number % 24:02d}{number * 7 % 60:02d}~
K1*ARRIVED WITH {number % 9999}~
M15*1*IB{number:09d}*202604{number % 28 + 1:02d}*5201*NRLN*{number % 24:02d}{number * 11 % 60:02d}****MIAMI~
"""


def freight(number: int) -> str:
    """Return a bill of lading, a 310 without its envelope."""
    owner, serial, packages, mass, town = load(number)
    return f"""B3*B*INV{number}*NRLN{number:08d}*PP**202604{number % 28 + 1:02d}*{mass * 7}****NRLN~
B2A*00*BL~
N9*BM*NRLN{number:08d}~
N9*BN*BK{number * 31 % 9999999}~
V1*9999993*NORTHREACH PIONEER*PA*0412W*NRLN***L~
C3*USD~
N1*SH*{words(number, 3)} {number} CO LTD~
N3*{number % 977 + 1} EAST WHARF ROAD~
N4*{town}***CN~
N1*CN*{words(number * 31, 3)} INC {number % 4999}~
N3*{number % 499 + 1} DOCK AVE~
N4*COLON***PA~
R4*L*UN*CN{town[:3]}*{town}~
DTM*140*202604{number % 28 + 1:02d}*{number % 24:02d}{number * 7 % 60:02d}*LT~
R4*D*UN*PAONX*COLON~
LX*1~
N7*{owner}*{serial}*{mass + 2200}*G*2200************K*{iso6346.check_digit(owner + serial)}****42G1~
M7*NR{number:06d}~
L0*1***{mass}*G*{number % 60 + 1}*X*{packages}*CTN**K~
L5*1*{words(number * 7, 2)} AND ACCESSORIES {number}*{800000 + number % 99999}*J**NRLN {number}~
L5*1*{words(number * 13, 2)} IN CARTONS~
L3*{mass}*G***{mass * 7}****{number % 60 + 1}*X*{packages}*K~
"""


def answer(number: int) -> str:
    """Return what a 355 says of two bills."""
    return f"""LX*{number}~
M11*NRUS{number:08d}***********NRLN~
K1*{number % 899 + 100} {words(number, 2)[:20]} {number % 9999}*{words(number * 7, 1)} IS WRONG~
LX*{number}~
M13*NRLN**A*NRUS{number * 31 % 99999999:08d}~
"""


BODIES = {"309": varied, "310": freight, "350": status, "353": advice, "355": answer}


HEAD = "M10*NRLN*O*PA*9999993*NORTHREACH PIONEER*0412W*000412*40*W*L~\nP4*5201*20260424*40~\n"


def made(size: int, *, vary: bool = True, kind: str = "309") -> bytes:
    """Return one interchange of about ``size`` bytes."""
    sets: list[str] = []
    total = number = 0
    bills = 1 if kind == "310" else BILLS
    while total < size:
        each = BODIES[kind] if vary or kind != "309" else lambda at: BILL.format(n=at)
        body = "".join(each(number + at) for at in range(1, bills + 1))
        number += bills
        head = "" if kind == "310" else HEAD
        count = (head + body).count("~") + 2
        reference = f"{len(sets) + 1:04d}"
        sets.append(f"ST*{kind}*{reference}~\n{head}{body}SE*{count}*{reference}~\n")
        total += len(sets[-1])
    return (
        "ISA*00*          *00*          *02*NRLN           *ZZ*MARISOLCUSTOMS *260413*1020*U*00401"
        "*000000412*0*P*>~\nGS*SO*NRLN*MARISOLCUSTOMS*20260413*1020*412*X*004010~\n"
        + "".join(sets)
        + f"GE*{len(sets)}*412~\nIEA*1*000000412~\n"
    ).encode("ascii")


def messages_only(data: bytes) -> int:
    """Cut the segments and check the envelopes."""
    count = 0
    for item in read_messages(io.BytesIO(data)):
        assert isinstance(item, RawMessage)
        assert not item.defects
        count += item.held()
    return count


def tokened(data: bytes) -> int:
    """Cut each segment into its tag and elements."""
    count = 0
    for item in read_messages(io.BytesIO(data)):
        assert isinstance(item, RawMessage)
        for _ in tokens(item):
            pass
        count += item.held()
    return count


def over(data: bytes, work: Callable[[list[Segment]], None]) -> int:
    """Do something with the segments of every set; return how many there were."""
    count = 0
    for item in read_messages(io.BytesIO(data)):
        assert isinstance(item, RawMessage)
        work(item.segments)
        count += len(item.segments)
    return count


def ask_one(found: list[Segment]) -> None:
    """Ask one element of each segment."""
    for segment in found:
        segment.get(1)


def split_all(found: list[Segment]) -> None:
    """Split every element of every segment into its components."""
    for segment in found:
        segment.elements()


def indexed(data: bytes, backend: str) -> int:
    """Find segments and sets as arrays, and check the envelopes."""
    count = 0
    work = Work("", DEFAULT)
    for item in read_stretches(io.BytesIO(data), backend=backend, work=work):
        assert isinstance(item, Stretch)
        count += int((item.last - item.first + 1).sum())
    return count


def tabled(data: bytes, backend: str) -> int:
    """Make the table of bills or events; the plain reader reads none of it."""
    found = columns.read(data, backend=backend)
    assert not found.plainly
    assert not found.defects
    return sum(map(len, found.frames.values()))


def records(data: bytes) -> list[Message]:
    """Make the consignments."""
    found = [item for item in reader.read(io.BytesIO(data)) if isinstance(item, Message)]
    assert not any(message.defects for message in found)
    return found


def written(messages: list[Message]) -> int:
    """Write the consignments, one set at a time."""
    envelope = Envelope(sender="NRLN", recipient="MARISOL", prepared="2026-04-13T10:15")
    return sum(map(len, writers.write(envelope, messages, "309", marks=USUAL)))


def copied(data: bytes) -> int:
    """Write the file back as it is."""
    sink = io.BytesIO()
    rewrite(io.BytesIO(data), sink)
    assert sink.getvalue() == data
    return len(data)


def seconds(work: Callable[[], object]) -> float:
    """Return the CPU time of the second of two calls: the first warms what another task cooled."""
    work()
    begun = time.process_time()
    work()
    return time.process_time() - begun


def peer(python: str, path: Path) -> tuple[float, str]:
    """Measure one round of pyx12 in a process of its own; its CPU seconds and its version."""
    script = Path(__file__).parent / "peers" / "x12_reader.py"
    command = [python, str(script), str(path), "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"pyx12: {done.stderr.strip().splitlines()[-1:]}")
    found = json.loads(done.stdout.splitlines()[-1])
    return float(found["seconds"][-1]), str(found["version"])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mb", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--one-line", action="store_true", help="no line break behind segments")
    parser.add_argument(
        "--repeated", action="store_true", help="bills that differ in numbers alone"
    )
    parser.add_argument("--kinds", nargs="+", choices=sorted(BODIES), default=sorted(BODIES))
    parser.add_argument("--peers", default="", metavar="PYTHON")
    args = parser.parse_args()
    print(
        "pyx12 here makes objects of segments and elements and checks envelopes; it has no map of"
    )
    print(
        "these sets and checks no value. Equal work: elements. index finds the same and leaves the"
    )
    print(
        "elements as positions; table and records read and check values too, which pyx12 does not."
    )
    for kind in args.kinds:
        compare(kind, args)


def compare(kind: str, args: argparse.Namespace) -> None:
    """Print the lines of one transaction set."""
    data = made(int(args.mb * 1e6), vary=not args.repeated, kind=kind)
    if args.one_line:
        data = data.replace(b"\n", b"")
    messages = records(data)
    gc.freeze()  # what waits to be written is no load of those who read
    tasks: dict[str, Callable[[], object]] = {
        "messages": lambda: messages_only(data),
        "segments": lambda: over(data, ask_one),
        "tokens": lambda: tokened(data),
        "elements": lambda: over(data, split_all),
        "records": lambda: records(data),
    }
    if kind == "309":
        tasks["written"] = lambda: written(messages)
        tasks["file written back"] = lambda: copied(data)
    for name in columns.BACKENDS:
        tabled(data, name)  # compiles
        tasks[f"index, {name}"] = partial(indexed, data, name)
        tasks[f"table, {name}"] = partial(tabled, data, name)
    times: dict[str, list[float]] = {name: [] for name in (*tasks, "pyx12")}
    version = ""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "manifest.x12"
        path.write_bytes(data)
        for _ in range(args.rounds):
            for name, work in tasks.items():
                times[name].append(seconds(work))
            if args.peers:
                took, version = peer(args.peers, path)
                times["pyx12"].append(took)
    size = len(data) / 1e6
    theirs = statistics.median(times["pyx12"]) if times["pyx12"] else 0.0
    print(f"{kind} of {size:.1f} MB, {over(data, ask_one):,} segments, {len(messages)} sets")
    for name, found_times in times.items():
        if found_times:
            middle = statistics.median(found_times)
            ratio = f"{theirs / middle:8.1f} x pyx12" if theirs and name != "pyx12" else ""
            label = f"pyx12 {version}".strip() if name == "pyx12" else name
            print(f"{label:<20} {size / middle:8.1f} MB/s {ratio}")


if __name__ == "__main__":
    main()
