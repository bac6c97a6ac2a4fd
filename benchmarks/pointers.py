"""Hit / no-hit search: what approximate keys find and find wrongly, speed of both sides, bytes.

    python benchmarks/pointers.py [--elements 1024] [--set 2000] [--rounds 3]
    python benchmarks/pointers.py --tune      # the half that the keys were chosen on

Names: of each listed person, firm or ship one strong alias is taken off the list and asked for; it
is found when its keys meet those of the names that are left. False hits are made-up persons that
meet any listed one. The lists are those that ship, the halves those of ``screening.py``: the keys
were chosen on the even half, the odd one is reported.

Speed: elements per CPU second, beside one multiplication in the group, which is the floor.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from typing import TypeVar

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/sharing")]

from benchmarks.screening import LISTS, innocents, read_entries, take_aliases
from pointer_worlds import World, containers, terms

from esclusa.model import ListEntry
from esclusa.sharing.pointers import group, names
from esclusa.sharing.pointers.catalogue import false_hit_bound
from esclusa.sharing.pointers.gather import pointers_of
from esclusa.sharing.pointers.keys import Pointer
from esclusa.sharing.pointers.messages import TAG, encode
from esclusa.sharing.pointers.terms import Limits

ALIASES = 1000
KEYS = {"person": "name_year", "organisation": "company_name", "vessel": "vessel_name"}
Result = TypeVar("Result")


def asked_for(name: str, kind: str, years: Iterable[str]) -> frozenset[Pointer]:
    """Return the approximate keys that an asker makes of a name."""
    if kind == "person":
        return names.person(name, years)
    return names.company(name) if kind == "organisation" else names.vessel(name)


def years(entry: ListEntry) -> list[str]:
    """Return the years in which a listed person may be born."""
    return sorted({year for date in entry.birth_dates for year in names.years_of(date)})


def quality(side: int) -> None:
    """Print recall by kind, and how often a made-up person meets a listed one."""
    whole = read_entries(LISTS)
    less, cases = take_aliases(whole, side, ALIASES)
    left = {(entry.list_id, entry.uid): entry for entry in less}
    for kind, key in KEYS.items():
        mine = [case for case in cases if case[1] == kind]
        own = [left[case[2], case[3]] for case in mine]
        asked = [
            asked_for(case[0], kind, years(entry)) for case, entry in zip(mine, own, strict=True)
        ]
        met = [bool(a & pointers_of(e, (key,))) for a, e in zip(asked, own, strict=True)]
        dated = [m for m, e in zip(met, own, strict=True) if kind != "person" or years(e)]
        size = sum(map(len, asked)) / max(1, len(asked))
        print(
            f"{kind:<13}{key:<13} removed alias found {sum(met) / len(met):.3f} of {len(met)}"
            f" ({sum(dated) / len(dated):.3f} of {len(dated)} with what the key needs), {size:.1f} keys a name"
        )
    strangers(side, whole)
    for kind in ("organisation", "vessel"):
        shared(kind, whole)


def strangers(side: int, entries: list[ListEntry]) -> None:
    """Print how many made-up persons meet a listed one, by approximate and by exact keys."""
    people = innocents(side)
    listed = [entry for entry in entries if entry.type == "person"]
    held = {pointer for entry in listed for pointer in pointers_of(entry, ("name_year",))}
    hits = sum(
        bool(held & names.person(row["full_name"], [row["date_of_birth"][:4]])) for row in people
    )
    print(
        f"false hits: {hits} of {len(people):,} made-up persons meet one of {len(listed):,} listed"
        f" ({1000 * hits / len(people):.1f} in 1,000); the set has {len(held):,} keys"
    )


def shared(kind: str, entries: list[ListEntry]) -> None:
    """Print how many names of a kind stand for more than one entry: hits that cannot tell which."""
    found = Counter(
        pointer for entry in entries if entry.type == kind
        for pointer in pointers_of(entry, (KEYS[kind],))
    )  # fmt: skip
    twice = sum(count > 1 for count in found.values())
    print(f"{kind}: {twice} of {len(found):,} keys stand for more than one entry")


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """Return what the work gives and its CPU seconds."""
    began = time.process_time()
    result = work()
    return result, time.process_time() - began


def speed(elements: int, held: int, rounds: int) -> None:
    """Print elements per CPU second of each step, and bytes per element."""
    floor: list[float] = []
    steps: dict[str, list[float]] = {}
    by, element = group.random_scalar(secrets.token_bytes), group.element(secrets.token_bytes(64))
    for number in range(rounds):
        wide = Limits(question=4096, day=4096, epoch=4096, year=4096)
        world = World(terms(wide), seed=number)
        pointers = containers(range(held))
        floor.append(
            timed(lambda: [group.multiply(by, element) for _ in range(elements)])[1] / elements
        )
        made, taken = timed(lambda world=world, pointers=pointers: world.open(pointers))
        steps.setdefault("owner, set", []).append(taken / held)
        question, taken = timed(
            lambda world=world: world.ask(containers(range(held, held + elements)))
        )
        steps.setdefault("asker, question", []).append(taken / elements)
        reply, taken = timed(lambda world=world, question=question: world.answer(question))
        steps.setdefault("owner, answer", []).append(taken / elements)
        _found, taken = timed(lambda world=world, reply=reply: world.settle(reply))
        steps.setdefault("asker, reply", []).append(taken / elements)
    base = median(floor)
    print(f"{'one multiplication':<20}{1 / base:>9,.0f} per CPU second")
    for name, costs in steps.items():
        cost = median(costs)
        print(
            f"{name:<20}{1 / cost:>9,.0f} elements per CPU second {cost / base:>5.1f} multiplications"
        )
    print(
        f"bytes per element: question {len(encode(question)) / elements:.0f},"
        f" reply {len(encode(reply)) / elements:.0f}, set {len(encode(made)) / (len(made.tags) // TAG):.1f}"
    )
    print(
        f"chance of any false hit by a cut hash, 2^20 entries, 500,000 elements: {false_hit_bound(1 << 20, 500_000):.1e}"
    )


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--elements", type=int, default=1024)
    parser.add_argument("--set", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tune", action="store_true")
    options = parser.parse_args()
    quality(0 if options.tune else 1)
    speed(options.elements, options.set, options.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
