"""Leak probes: random readers against random markings, through the gate's own questions.

    python benchmarks/leaks.py [--probes 300000] [--records 2000] [--seed 1]

One probe is one (reader, question, record): may this record show in this answer? The oracle is
written anew here from the words of the policy, one rule after the other, and shares no code with
it. A record that shows and may not is a leak; one that may and does not is a gap. Questions: records
in force of each kind, search, every page of the queue, single records by id with
their links. Printed is also the bound that so many probes without a
leak give: with 95 % confidence fewer than three in that many (rule of three).
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from esclusa.errors import NotFound
from esclusa.ledger.records import Draft
from esclusa.model import Consignment, Level, Marking
from esclusa.model.cargo import GoodsItem
from esclusa.node import Node
from esclusa.sharing.reader import PURPOSES, Reader, Role
from esclusa.sharing.views import QueueFilter
from esclusa.sharing.vocabularies.handling import handling

AGENCIES = ("marisol", "northreach", "altamira")
COMPARTMENTS = ("PAX", "NARC", "PORT")
HANDLING = ("ORCON", "H0", "H1", "H2", "H3")
WORD = "canary"
MOST = 200
"""Rows that a search or a page gives at once."""


class Made(NamedTuple):
    """A record that was put in, and its marking in plain words."""

    id: str
    originator: str
    marking: Marking


# --- the oracle -----------------------------------------------------------------------------------


def may_show(
    reader: Reader, made: Made, today: dt.date, handling: dict[str, frozenset[str]]
) -> bool:
    """The policy of release to a person, spelled out once more."""
    marking = made.marking
    if int(marking.level) > int(reader.clearance):
        return False
    audience = marking.releasable_to | {made.originator}
    if "*" not in audience and reader.agency not in audience:
        return False
    for caveat in marking.caveats:
        if caveat in handling:
            allowed = handling[caveat]
            if "*" not in allowed and reader.purpose not in allowed:
                return False
        elif "*" not in reader.caveats and caveat not in reader.caveats:
            return False
    if "*" not in marking.purposes and reader.purpose not in marking.purposes:
        return False
    return marking.retain_until is None or marking.retain_until >= today


# --- the worlds -----------------------------------------------------------------------------------


def some(random_: random.Random, words: tuple[str, ...], most: int) -> frozenset[str]:
    """Return up to ``most`` of the words."""
    return frozenset(random_.sample(words, random_.randint(0, most)))


def marking(random_: random.Random, today: dt.date) -> Marking:
    """Return a random marking; a third of them open to everyone."""
    audience = frozenset({"*"}) if random_.random() < 0.3 else some(random_, AGENCIES, 2)
    purposes = frozenset({"*"}) if random_.random() < 0.5 else some(random_, PURPOSES, 3)
    until = random_.choice([None, None, today + dt.timedelta(days=random_.randint(-2, 2))])
    return Marking(
        level=Level(random_.randint(0, 4)), releasable_to=audience, purposes=purposes,
        caveats=some(random_, COMPARTMENTS, 2) | some(random_, HANDLING, 1),
        retain_until=until,
    )  # fmt: skip


def reader(random_: random.Random, number: int) -> Reader:
    """Return a random reader of some agency who may work."""
    caveats = frozenset({"*"}) if random_.random() < 0.2 else some(random_, COMPARTMENTS, 3)
    return Reader(
        name=f"reader{number}", role=random_.choice([Role.ANALYST, Role.SUPERVISOR]),
        agency=random_.choice(AGENCIES), clearance=Level(random_.randint(0, 4)), caveats=caveats,
        purpose=random_.choice(PURPOSES),
    )  # fmt: skip


def fill(node: Node, count: int, random_: random.Random, today: dt.date) -> list[Made]:
    """Put records into a node under random markings, analysed and queued; return them."""
    markings = [marking(random_, today) for _ in range(120)]
    owners = ("marisol", "northreach")
    made: list[Made] = []
    for start in range(0, count, 500):
        drafts, some_made = [], []
        for number in range(start, min(start + 500, count)):
            chosen, owner = random_.choice(markings), random_.choice(owners)
            body = Consignment(
                carrier="NRLN", bill=f"B{number:06d}",
                goods=(GoodsItem(sequence=1, description=f"{WORD} tobacco {number}"),),
            )  # fmt: skip
            label = node.labels.intern(owner, chosen)
            node.analyst.refresh(label)
            drafts.append(Draft(body=body, originator=owner, label_id=label))
            some_made.append((owner, chosen))
        with node.store.write() as connection:
            answers = node.pipeline.store_drafts(connection, drafts)
        made += [Made(a.id, owner, chosen)
                 for a, (owner, chosen) in zip(answers, some_made, strict=True)]  # fmt: skip
    return made


# --- the questions --------------------------------------------------------------------------------


def in_force(node: Node, who: Reader) -> set[str]:
    """All records of the kind that the reader may see."""
    now = dt.datetime.now(dt.UTC)
    since = now - dt.timedelta(days=2)
    return {r.id for r in node.gate.recorded(who, "consignment", since, now + dt.timedelta(days=1))}


def queued(node: Node, who: Reader) -> set[str]:
    """Every subject on every page of the queue, in all states."""
    found: set[str] = set()
    cursor = ""
    while True:
        page = node.queue(who, QueueFilter(state="all", limit=MOST, cursor=cursor))
        found |= {row.subject_id for row in page.rows}
        if not page.next_cursor:
            return found
        cursor = page.next_cursor


def single(node: Node, who: Reader, made: list[Made], random_: random.Random) -> Iterator[Any]:
    """Yield (record, whether it shows) for some records asked for by id."""
    for item in random_.sample(made, min(5, len(made))):
        try:
            view = node.record(who, item.id)
            yield item, True
            for link in view.links:
                yield next(one for one in made if one.id == link.record_id), True
        except NotFound:
            yield item, False


def main() -> None:
    """Probe until enough, and print what was found."""
    parser = argparse.ArgumentParser(description="Leak probes")
    parser.add_argument("--probes", type=int, default=300_000)
    parser.add_argument("--records", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    random_ = random.Random(chosen.seed)
    today = dt.datetime.now(dt.UTC).date()
    codes = {word: code.purposes for word, code in handling().items()}
    began = time.perf_counter()
    probes: Counter[str] = Counter()
    leaks: Counter[str] = Counter()
    gaps: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        node = Node.create(Path(folder) / "n", agency="marisol")
        made = fill(node, chosen.records, random_, today)
        everything = queued(node, node.operator())
        wholes: dict[str, Callable[[Node, Reader], set[str]]] = {
            "in force": in_force, "queue": queued,
        }  # fmt: skip
        number = 0
        while probes.total() < chosen.probes:
            number += 1
            who = reader(random_, number)
            may = {item.id for item in made if may_show(who, item, today, codes)}
            for name, ask in wholes.items():
                found = ask(node, who)
                probes[name] += len(made)
                leaks[name] += len(found - may)
                if name == "in force":
                    gaps[name] += len(may - found)
            rows = node.search(who, WORD, limit=MOST).rows
            probes["search"] += len(made)
            leaks["search"] += sum(row.record_id not in may for row in rows)
            gaps["search"] += min(MOST, len(may)) - len(rows)
            for item, shown in single(node, who, made, random_):
                probes["one record"] += 1
                leaks["one record"] += shown and item.id not in may
                gaps["one record"] += item.id in may and not shown
        node.close()
    spent = time.perf_counter() - began
    print(f"{len(made):,} records, {number:,} readers, {len(everything):,} alerts for the operator")
    for name, count in probes.items():
        print(f"{name:<12}{count:>12,} probes {leaks[name]:>6} leaks {gaps[name]:>6} gaps")
    total = probes.total()
    print(f"{total:,} probes in {spent:,.0f} s, {total / spent:,.0f} a second; "
          f"{leaks.total()} leaks, {gaps.total()} gaps; "
          f"with 95 % confidence fewer than {3 / total:.1e} of such answers leak")  # fmt: skip
    if leaks.total() or gaps.total():
        sys.exit(1)


if __name__ == "__main__":
    main()
