"""Machine readable zones read per second: one by one, and as columns.

    python benchmarks/mrz.py [ZONES]

Beside each speed stands a floor measured in turns with it: plain Python that cuts the same fields
and computes the same check digits character by character, with no defects, no types and no
verdicts. The ratio travels between machines, the speed does not. The zones are of invented people,
all different; a third of the cards has a long document number.
"""

from __future__ import annotations

import gc
import random
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from string import ascii_uppercase, digits
from typing import Any

from esclusa.formats.mrz import Fields, Kind, read, write
from esclusa.formats.mrz.batch import table
from esclusa.formats.mrz.layout import LAYOUTS, Layout, after

ZONES = 50_000
"""Zones of each kind. No cache of answers in the package holds so many names or numbers; the
cache of dates holds a hundred years of days, as it does in use."""

RUN = 500
"""Zones timed at once by the single reader: so short a run is seldom disturbed by other work."""

RUNS = 100
PASSES = 12

VALUES = {char: value for value, char in enumerate(digits + ascii_uppercase)} | {"<": 0}


def person(kind: Kind, dice: random.Random) -> Fields:
    """Return an invented person's fields."""
    layout = LAYOUTS[kind]
    long = layout.long_numbers and dice.random() < 1 / 3
    return Fields(
        kind=kind,
        document_code=layout.first_letters[-1],
        issuer="UTO",
        surname=word(dice, 4, 10),
        given_names=f"{word(dice, 3, 7)} {word(dice, 2, 5)}",
        document_number="".join(dice.choices(ascii_uppercase + digits, k=12 if long else 9)),
        nationality=dice.choice(["UTO", "PAN", "D", "XXA"]),
        birth_date=day(dice),
        sex=dice.choice(["M", "F", ""]),
        expiry_date=day(dice),
        empty_check="<" if layout.checked_optional else "",
    )


def word(dice: random.Random, least: int, most: int) -> str:
    """Return a made-up name."""
    return "".join(dice.choices(ascii_uppercase, k=dice.randint(least, most)))


def day(dice: random.Random) -> str:
    """Return a date YYMMDD."""
    return f"{dice.randrange(100):02}{dice.randrange(1, 13):02}{dice.randrange(1, 29):02}"


def floor(layout: Layout, lines: tuple[str, ...]) -> tuple[object, ...]:
    """Cut the fields and compute the check digits the plain way."""
    spans = (layout.number, layout.birth, layout.expiry)
    found: list[object] = [lines[0][:2], lines[0][2:5], layout.name.of(lines).split("<<")]
    found += [span.of(lines).rstrip("<") for span in (*spans, layout.nationality, layout.optional)]
    found += [digit(span.of(lines)) == after(span).of(lines) for span in spans]
    if layout.checked_optional:
        found.append(digit(layout.optional.of(lines)) == after(layout.optional).of(lines))
    if layout.composite_digit is not None:
        value = "".join(span.of(lines) for span in layout.composite)
        found.append(digit(value) == layout.composite_digit.of(lines))
    return tuple(found)


def digit(value: str) -> str:
    """Return the check digit, one character after the other."""
    total = 0
    for at, char in enumerate(value):
        total += VALUES[char] * (7, 3, 1)[at % 3]
    return str(total % 10)


def seconds(work: Callable[[], object]) -> float:
    """Return how long one piece of work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measure(kind: Kind, count: int) -> tuple[float, float, float]:
    """Return zones per second: single reader, columns, floor; the best of several turns each."""
    layout, dice = LAYOUTS[kind], random.Random(9303)
    zones = [write(person(kind, dice)) for _ in range(count)]
    texts = ["\n".join(lines) for lines in zones]
    columns = [[lines[at] for lines in zones] for at in range(layout.count)]
    gc.freeze()  # what stands here already is no part of what is measured
    starts = range(0, count - RUN + 1, max(RUN, count // RUNS))
    single, plain = [], []
    for start in starts:
        some, lines = texts[start : start + RUN], zones[start : start + RUN]
        single.append(seconds(partial(each, read, some)) / RUN)
        plain.append(seconds(partial(each, partial(floor, layout), lines)) / RUN)
    columnar = [seconds(partial(table, kind, *columns)) / count for _ in range(PASSES)]
    gc.unfreeze()
    assert table(kind, *columns)["valid"].all()
    return 1 / min(single), 1 / min(columnar), 1 / min(plain)


def each(function: Callable[[Any], object], values: Sequence[object]) -> None:
    """Call the function with each value."""
    for value in values:
        function(value)


def main(count: int) -> None:
    """Print one line for each kind of zone."""
    print(f"{count:,} zones of each kind; zones per second, and how many times the floor's")
    print(f"  {'kind':6} {'floor':>12} {'single':>12} {'ratio':>7} {'columns':>12} {'ratio':>7}")
    for kind in Kind:
        single, columnar, plain = measure(kind, count)
        print(
            f"  {kind:6} {plain:12,.0f} {single:12,.0f} {single / plain:7.1f}"
            f" {columnar:12,.0f} {columnar / plain:7.1f}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ZONES)
