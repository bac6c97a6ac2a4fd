"""How much slower a file made to be slow reads than a clean one of the same format.

    python benchmarks/hostile.py [--format edifact] [--case UNA] [--patience 60]

Each case is made at two sizes. Printed are megabytes a CPU second at the larger size, how many
times slower that is than the clean file of the same format in the same run, how the cost grew from
the smaller to the larger size (4.0 is linear; a refusal grows less), the messages and defects, and
how the reading ended. The sizes of XLSX and gzip cases count the bytes inside. A case that takes
longer than the patience is given up and marked.

The cost of a byte is bounded when no ratio is above 20 and no growth much above 4. A file that ends
early at a limit is counted with all its bytes only in the last column's place, never in the speed.
"""

from __future__ import annotations

import argparse
import io
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.hostile_files import CASES, Case

from esclusa.errors import InputError
from esclusa.formats import DEFAULT, by_id, open_stream
from esclusa.model import Defect, encode_body

MB = 1_000_000
SIZES = (MB, 4 * MB)
WORST = 20.0
"""Times slower than clean that is still called bounded."""


class Cost(NamedTuple):
    """What one reading took and gave: ``bytes`` read, ``given`` bytes of statements."""

    seconds: float
    bytes: int
    messages: int
    defects: int
    given: int
    end: str


class Impatient(Exception):
    """A case took longer than the patience."""


@contextmanager
def patience(seconds: int) -> Iterator[None]:
    """Raise :class:`Impatient` when the block takes longer."""

    def stop(*_: Any) -> None:
        raise Impatient

    signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def read(case: Case, size: int) -> Cost:
    """Read one made file with its reader, and count what it gives."""
    data, inside = case.make(size)
    messages = defects = given = 0
    end, reached = "read", inside
    began = time.process_time()
    try:
        stream = open_stream(io.BytesIO(data), case.file, DEFAULT)
        for item in by_id(case.format).read(stream, file=case.file, limits=DEFAULT):
            if isinstance(item, Defect):
                defects += 1
            else:
                messages += 1
                defects += len(item.defects)
                given += sum(len(encode_body(statement)) for statement in item.statements)
    except InputError as refusal:
        end = f"refused: {str(refusal)[:90]}"
        reached = refusal.offset if refusal.offset > 0 else inside
    return Cost(time.process_time() - began, reached, messages, defects, given, end)


def measured(case: Case, seconds: int) -> tuple[Cost, Cost] | None:
    """Return the cost at both sizes, None when patience ends."""
    try:
        with patience(seconds):
            first, second = (read(case, size) for size in SIZES)
            return first, second
    except Impatient:
        return None


def line(case: Case, found: tuple[Cost, Cost] | None, clean: float) -> str:
    """Return one line of the table."""
    name = f"{case.format:<20}{case.name:<34}"
    if found is None:
        return f"{name}  patience ended  <--"
    small, large = found
    speed = large.bytes / MB / max(large.seconds, 1e-6)
    growth = large.seconds / max(small.seconds, 1e-3)
    ratio = clean / speed if clean else 1.0
    mark = "  <--" if ratio > WORST or growth > 6 else ""
    return (
        f"{name}{speed:>9.2f}{ratio:>8.1f}{growth:>8.1f}{large.seconds:>8.2f}{large.messages:>9,}"
        f"{large.defects:>9,}{large.given / large.bytes:>7.1f}  {large.end}{mark}"
    )


def main() -> None:
    """Print the table, the clean file of each format first."""
    parser = argparse.ArgumentParser(description="Cost of hostile files")
    parser.add_argument("--format", default="")
    parser.add_argument("--case", default="")
    parser.add_argument("--patience", type=int, default=60, help="seconds for each case")
    chosen = parser.parse_args()
    print(f"{'format':<20}{'case':<34}{'MB/s':>9}{'ratio':>8}{'growth':>8}{'seconds':>8}"
          f"{'messages':>9}{'defects':>9}{'given':>7}  end")  # fmt: skip
    clean: dict[str, float] = {}
    for case in CASES:
        if not case.format.startswith(chosen.format):
            continue
        if case.name != "clean" and chosen.case not in case.name:
            continue
        found = measured(case, chosen.patience)
        if case.name == "clean" and found:
            clean[case.format] = found[1].bytes / MB / found[1].seconds
        print(line(case, found, clean.get(case.format, 0.0)), flush=True)


if __name__ == "__main__":
    main()
