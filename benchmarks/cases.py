"""What the case room costs on a node that holds many cases, in seconds of CPU.

    python benchmarks/cases.py [--cases 5000] [--notes 8] [--megabytes 200]

Every case stands under one label, with a title, a task and so many notes. The list is asked for with
100 rows: the first time, again, and after one more step. One file of evidence of so many megabytes is
taken in, compared, read out and packed. Goal: 0.05 s for the list of 5,000 once it is known.
"""

from __future__ import annotations

import argparse
import io
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import worlds
from esclusa.ledger import records
from esclusa.ledger.records import Draft
from esclusa.model import CaseMove, CaseWords, Level, Marking, Recorded
from esclusa.node.case_writing import Wanted

GOAL = 0.05
AT = "2026-11-20T08:00:00Z"


class Zeros(io.RawIOBase):
    """A stream of so many bytes, made while it is read."""

    def __init__(self, size: int) -> None:
        self._left = size

    def read(self, size: int = -1) -> bytes:
        given = min(self._left, size if size >= 0 else self._left)
        self._left -= given
        return bytes(given)


def steps(number: int, notes: int) -> list[CaseMove | CaseWords]:
    """Return the steps on one case: opened, named, a task, notes."""
    name = f"{number:016x}"
    given = [("name", "title", f"case {number}"), ("task", "task", "ask the carrier"),
             *(("note", "text", "written at length " * 8) for _ in range(notes))]  # fmt: skip
    made: list[CaseMove | CaseWords] = [CaseMove(case=name, step="0", move="open", by="ana", at=AT)]
    for place, (move, field, text) in enumerate(given, 1):
        due = (Recorded(name="member", value="ana"), Recorded(name="due", value=AT))
        made += [
            CaseMove(case=name, step=f"{place}", move=move, by="ana", at=AT,
                     recorded=due if move == "task" else ()),
            CaseWords(case=name, step=f"{place}", recorded=(Recorded(name=field, value=text),)),
        ]  # fmt: skip
    return made


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--cases", type=int, default=5000)
    asked.add_argument("--notes", type=int, default=8)
    asked.add_argument("--megabytes", type=int, default=200)
    chosen = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        node = worlds.make(Path(folder) / "node")
        label = node.labels.intern("marisol", Marking(level=Level.OFFICIAL))
        bodies = [body for n in range(chosen.cases) for body in steps(n, chosen.notes)]
        drafts = [Draft(body=body, originator="marisol", label_id=label) for body in bodies]
        with node.store.write() as connection:
            records.append(connection, drafts)
        desk, ana = node.case_desk, worlds.reader(node)
        told(f"list, first time, of {chosen.cases}", lambda: desk.cases(ana))
        warm = told("list, again", lambda: desk.cases(ana))
        one = f"{1:016x}"
        told("one case", lambda: desk.show(ana, one))
        told("a step", lambda: desk.move(ana, one, Wanted(move="note", given={"text": "x"})))
        after = told("list, after one more step", lambda: desk.cases(ana))
        size, taken = chosen.megabytes << 20, {"what": "camera", "source": "gate 3"}
        wanted = Wanted(move="take_in", given=taken)
        view = told(f"take in {chosen.megabytes} MB", lambda: desk.take_in(
            ana, one, "gate.mp4", Zeros(size), wanted), value=True)  # fmt: skip
        told("compare it", lambda: desk.verify(ana, one))
        file = view.evidence[0].name
        _kept, stream = told("open it for reading", lambda: desk.read(ana, one, file), value=True)
        stream.close()
        told("pack the case", lambda: desk.export(ana, one, {}), value=True).file.close()
        print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB")
        node.close()
    good = max(warm, after) <= GOAL
    print(f"list of a room that is known: goal {GOAL} s, {'met' if good else 'MISSED'}")
    return 0 if good else 1


def told(what: str, work: Callable[[], Any], *, value: bool = False) -> Any:
    """Do the work, print what it took, and return that, or with ``value`` what it gave."""
    began = time.process_time()
    given = work()
    took = time.process_time() - began
    print(f"{what}: {took:.3f} s")
    return given if value else took


if __name__ == "__main__":
    raise SystemExit(main())
