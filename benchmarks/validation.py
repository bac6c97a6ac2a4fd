"""EDIFACT read alone, read and validated, and pydifact's validation of the same message.

    python benchmarks/validation.py [--xml DIR] [--boxes 4000]

Three messages: a bay plan of D.21A made here, and from the shipped samples a cargo report and a
passenger list, repeated to about the same size. Ours checks order, repetitions, every element and
component, lengths, characters and codes. pydifact 0.2.3 checks the elements of each segment against
an XML file and not order, repetitions, components or codes; its wheel lacks the file, so DIR names
the folder of its repository that holds ``d21a/data/segments.xml``. Without DIR only reading is
compared. Figures are medians of CPU seconds, the ways taken in turn.
"""

from __future__ import annotations

import argparse
import io
import statistics
import time
import warnings
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from xml.etree import ElementTree

from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.edifact.syntax import read_messages
from esclusa.formats.edifact.validation import schema, validate
from esclusa.model import Severity

ROUNDS = 5
SERIOUS = (Severity.ERROR, Severity.FATAL)


def bay_plan(boxes: int) -> bytes:
    """Return an interchange with a D.21A bay plan of so many boxes."""
    head = (
        "UNB+UNOC:3+MARISOL+ALTAMIRA+260101:1200+1", "UNH+1+BAPLIE:D:21A:UN", "BGM+659+1+9",
        "DTM+137:202601011200:203", "TDT+20+0412W+++MAR:172:20+++9999999:146:11:NORTHREACH",
        "LOC+5+PABLB:139:6", "DTM+136:202601011800:203", "UNS+D",
    )  # fmt: skip
    body = []
    for number in range(boxes):
        place = f"{number // 900 % 100:03d}{number // 30 % 30:02d}{number % 30:02d}"
        body += [
            f"LOC+147+{place}:9711:5", f"EQD+CN+MRSU{number:07d}:6346:5+22G1:6346:5+++5",
            "NAD+CF+MAR:LINES:306", f"MEA+AAE+VGM+KGM:{20000 + number % 9000}",
            "LOC+9+PABLB:139:6", "LOC+11+USLAX:139:6", "CNT+8:1",
        ]  # fmt: skip
    count = len(head) - 1 + len(body) + 1
    return ("'".join([*head, *body, f"UNT+{count}+1", "UNZ+1+1"]) + "'").encode()


def repeated(sample: str, size: int) -> bytes:
    """Return a shipped sample's messages over and over, about ``size`` bytes."""
    data = files("esclusa.samples").joinpath(sample).read_bytes()
    start, end = data.find(b"UNH+"), data.rfind(b"UNZ+")
    body = data[start:end]
    times = max(1, size // len(body))
    return data[:start] + body * times + b"UNZ+1+1'"


def read(data: bytes) -> list[RawMessage]:
    return [item for item in read_messages(io.BytesIO(data)) if isinstance(item, RawMessage)]


def timed(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def reading(data: bytes) -> None:
    read(data)


def both(data: bytes) -> None:
    for message in read(data):
        validate(message)


def peer(folder: Path | None) -> Callable[[bytes], None]:
    """Return pydifact's reading, with validation where its XML is given."""
    import pydifact.segments as peer_segments
    from pydifact.parser import Parser

    source = None if folder is None else folder / "d21a" / "data" / "segments.xml"
    root = None if source is None else ElementTree.parse(source).getroot()
    own = peer_segments._load_segments_xml

    def load(name: str) -> ElementTree.Element:
        return root if root is not None and name == "d21a" else own(name)

    peer_segments._load_segments_xml = load

    def run(data: bytes) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for segment in Parser().parse(data.decode("latin-1")):
                if root is not None and not segment.tag.startswith("UN"):
                    segment.validate("3", "d21a")

    return run


def report(name: str, data: bytes, ways: dict[str, Callable[[bytes], None]]) -> None:
    messages = read(data)
    segments = sum(len(message.segments) for message in messages)
    found = [defect for message in messages for defect in validate(message)]
    serious = sum(defect.severity in SERIOUS for defect in found)
    print(f"\n{name}: {len(data) / 1e6:.2f} MB, {len(messages)} messages, {segments:,} segments, "
          f"{len(found)} defects told, {serious} of structure")  # fmt: skip
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way, run in ways.items():
            seconds[way].append(timed(lambda run=run: run(data)))
    base = statistics.median(seconds["read"])
    for way, times in seconds.items():
        middle = statistics.median(times)
        spread = f"{len(data) / 1e6 / max(times):.2f}-{len(data) / 1e6 / min(times):.2f}"
        print(
            f"  {way:28} {len(data) / 1e6 / middle:7.2f} MB/s ({spread})  {middle / base:6.2f} x reading"
        )


def loading() -> None:
    """Print what the first message of a type costs, over and above the next one."""
    for edition, kind in (("D.21A", "BAPLIE"), ("D.96A", "CUSCAR"), ("D.07B", "PAXLST")):
        first = timed(lambda e=edition, k=kind: schema(e, k))
        print(f"  structure of {edition} {kind}: {first * 1000:.1f} ms")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--xml", type=Path, default=None)
    options.add_argument("--boxes", type=int, default=4000)
    chosen = options.parse_args()
    print("loading (first use of each)")
    loading()
    plan = bay_plan(chosen.boxes)
    ways = {"read": reading, "read and validate": both}
    word = "pydifact, read and validate" if chosen.xml else "pydifact, read alone"
    report("bay plan D.21A", plan, {**ways, word: peer(chosen.xml)})
    report("cargo report D.95B", repeated("manifest-northreach-0412.edi", len(plan)), ways)
    report("passenger list D.02B, IATA", repeated("passengers-altamira-AM218.edi", len(plan)), ways)


if __name__ == "__main__":
    main()
