"""Measure addresses asked alone: altered addresses of the lists, and addresses of strangers.

    python benchmarks/addresses.py [--tune] [--others consolidated.csv]

Found: addresses of listed parties as senders write them, in upper case, abbreviated, parts in
another order, a part or the country left out, a letter missing; 600 addresses of one half (CRC-32
of the text). Alerts: addresses of --others (the United States' consolidated list, without the
parties of the list itself); those that the list has too, to 70 points and more, are told apart.
"""

from __future__ import annotations

import argparse
import csv
import random
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from esclusa.analysis.screening import Index, Screener
from esclusa.analysis.screening.addresses import is_address
from screening import LISTS, half, read_entries

SHORT = {"Street": "St.", "Avenue": "Ave", "Road": "Rd", "No.": "", "Avenida": "Av.", "Calle": "Cl.",
         "Building": "Bldg", "Floor": "Fl.", "P.O. Box": "PO Box", "Col.": "Colonia"}  # fmt: skip
CUTS = (45, 50, 54, 58, 62, 66, 70)
LISTED_TOO = 70


def altered(address: str) -> Iterator[tuple[str, str]]:
    """Yield (rule, address) for each alteration that an address allows."""
    parts = [part.strip() for part in address.split(",")]
    yield "upper case", address.upper()
    if len(parts) > 2:
        yield "country left out", ", ".join(parts[:-1])
        yield "other order", ", ".join([*parts[1:-1], parts[0], parts[-1]])
    if len(parts) > 3:
        yield "a part left out", ", ".join([parts[0], *parts[2:]])
    short = address
    for long, brief in SHORT.items():
        short = short.replace(long, brief)
    if short != address:
        yield "abbreviated", short
    words = address.split()
    longest = max(range(len(words)), key=lambda n: len(words[n]))
    if len(words[longest]) > 5:
        words[longest] = words[longest][:3] + words[longest][4:]
        yield "a letter missing", " ".join(words)


def strangers(path: Path, side: int) -> list[str]:
    """Return addresses of parties that Treasury did not list."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if "Treasury" not in row["source"]]
    told = (part.strip() for row in rows for part in row["addresses"].split(";"))
    return [text for text in dict.fromkeys(told) if is_address(text) and half(text) == side]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tune", action="store_true", help="show the tuning half")
    parser.add_argument("--others", type=Path, help="the consolidated list as CSV")
    chosen = parser.parse_args()
    side, source = (0 if chosen.tune else 1), random.Random(9)
    entries = read_entries(LISTS)
    screener = Screener(Index.build(entries), threshold=CUTS[0])
    pool = [(e, a) for e in entries for a in e.addresses if is_address(a) and half(a) == side]
    source.shuffle(pool)
    found: dict[str, list[float]] = defaultdict(list)
    start, asked = time.process_time(), 0
    for entry, address in pool[:600]:
        for rule, text in altered(address):
            hits, asked = screener.one(text, "address"), asked + 1
            own = (h.score for h in hits if (h.list_id, h.uid) == (entry.list_id, entry.uid))
            found[rule].append(max(own, default=0.0))
    seconds = time.process_time() - start
    others = strangers(chosen.others, side) if chosen.others else []
    best = [max((h.score for h in screener.one(a, "address")), default=0.0) for a in others]
    table = Table(title=f"addresses, half {side}; {asked / seconds:,.0f} per CPU second")
    rules = [*found]
    for head in ("threshold", *rules, "all", f"alerts per 1,000 of {len(others)}", "below 70"):
        table.add_column(head, justify="right")
    every = [score for scores in found.values() for score in scores]
    for cut in CUTS:
        shares = [
            sum(s >= cut for s in scores) / len(scores) for scores in (*found.values(), every)
        ]
        alerts = [sum(s >= cut for s in best), sum(LISTED_TOO > s >= cut for s in best)]
        table.add_row(
            str(cut), *(f"{share:.3f}" for share in shares),
            *(f"{1000 * count / max(len(best), 1):.1f}" for count in alerts),
        )  # fmt: skip
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
