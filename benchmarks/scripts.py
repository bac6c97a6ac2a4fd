"""Measure names in other scripts against their Latin spelling, beside plain string comparison.

    python benchmarks/scripts.py --un consolidated.xml # the half that is reported
    python benchmarks/scripts.py --tune                # the half used for tuning
    python benchmarks/scripts.py --train PAIRS.tsv     # count data/abjad_letters.csv again
    python benchmarks/scripts.py --pairs NAMES.tsv [--kind any]   # any script: original, tab, Latin

Full names: the persons of the Security Council's list (--un FILE: its XML with names in original
script, which the copy that ships leaves out), each against the Latin main name, and against 122
other persons. Threshold: where the share of false matches is 1 in 100 and 1 in 1,000. Intervals:
95 %, from 300 samples of the persons drawn with replacement.
"""

from __future__ import annotations

import argparse
import csv
import math
import random
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from anyascii import anyascii
from lxml import etree
from rapidfuzz import fuzz
from rich.console import Console
from rich.table import Table

from esclusa.analysis.screening import Index, default_weights, make_query, normalise
from esclusa.analysis.screening.abjad import SIGNS, Steps, counted_steps, prices_of
from esclusa.analysis.screening.likeness import likeness
from esclusa.analysis.screening.lookup import Lookups
from esclusa.analysis.screening.score import score_name
from esclusa.analysis.screening.search import look_up
from esclusa.model import ListEntry
from screening import LISTS, NAMES, half, read_entries

LETTERS = (
    Path(__file__).resolve().parents[1] / "src/esclusa/analysis/screening/data/abjad_letters.csv"
)
OTHERS = 122
RATES = (1e-2, 1e-3)
NATIVE = re.compile("[عحصضظةى]")
"""Letters that hardly stand in Arabic spellings of foreign names."""
NATIVE_WEIGHT = 25
FEWEST = 8
Numbers = np.ndarray[Any, np.dtype[np.float64]]
Pair = tuple[str, tuple[str, ...], float]
Compare = Callable[[str, str, str, str], float]


def engine(entries: list[ListEntry], originals: dict[str, str]) -> dict[str, Compare]:
    """Return our score as a function of (uid, Latin name, uid of the original, original)."""
    written = [
        ListEntry(list_id="original", uid=uid, type="person", name=name)
        for uid, name in originals.items()
    ]
    latin = [msgspec.structs.replace(entry, aliases=()) for entry in entries]
    index = Index.build([*latin, *written])
    places = {(e.list_id, e.uid): n for n, e in enumerate([*latin, *written])}
    lookups, asked = Lookups(index), {}

    def points(text: str, entry: int) -> float:
        if text not in asked:
            query = make_query(text, "person")
            asked[text] = query, look_up(query.name.tokens, lookups)
        names = [index.names[number] for number in index.names_of(entry)]
        scored = [score_name(index, *asked[text], name) for name in names]
        return max((score.points for score in scored if score is not None), default=0.0)

    un = "un_security_council"
    lists = {e.uid: e.list_id for e in entries if e.list_id != un} | {
        e.uid: un for e in entries if e.list_id == un
    }
    return {
        "Esclusa, original asked": lambda uid, _, __, text: points(text, places[lists[uid], uid]),
        "Esclusa, Latin asked": lambda _, name, uid, __: points(name, places["original", uid]),
        "AnyAscii + ratio": lambda _, name, __, text: fuzz.ratio(plain(name), plain(text)),
        "AnyAscii + ratio, words sorted": lambda _, name, __, text: fuzz.token_sort_ratio(
            plain(name), plain(text)
        ),
    }


def plain(text: str) -> str:
    """Return what AnyAscii makes of a text, in lower case."""
    return anyascii(text).lower()


def originals_of(un: Path) -> dict[str, str]:
    """Return reference number → name in Arabic script, from the list's XML."""
    persons = etree.parse(un).iterfind(".//INDIVIDUAL")
    found = {
        person.findtext("REFERENCE_NUMBER", ""): person.findtext("NAME_ORIGINAL_SCRIPT", "").strip()
        for person in persons
    }
    return {uid: name for uid, name in found.items() if re.search("[\u0621-\u06ff]", name)}


def full_names(entries: list[ListEntry], un: Path, side: int, out: Console) -> None:
    """Print the share of persons found at each rate of false matches."""
    names = {e.uid: e.name for e in entries if e.list_id == "un_security_council"}
    originals = {uid: name for uid, name in originals_of(un).items() if uid in names}
    people = [uid for uid, text in originals.items() if half(text) == side]
    if not people:
        raise SystemExit(f"{un.name} holds no name in original script")
    everybody = names | {
        e.uid: e.name for e in entries if e.type == "person" and e.uid not in names
    }
    compare = engine(entries, originals)
    for label, pool in (("the same list", [*names]), ("all lists", [*everybody])):
        table = Table(title=f"{len(people)} persons, {len(people) * OTHERS:,} others of {label}")
        for head in ("method", *(f"found at {rate:g}" for rate in RATES)):
            table.add_column(head)
        source = random.Random(7)
        drawn = [source.sample([p for p in pool if p != uid], OTHERS) for uid in people]
        for method, score in compare.items():
            same = [score(uid, names[uid], uid, originals[uid]) for uid in people]
            other = [
                [score(o, everybody[o], uid, originals[uid]) for o in others]
                for uid, others in zip(people, drawn, strict=True)
            ]
            table.add_row(method, *_rates(np.array(same), np.array(other)))
        out.print(table)


def _rates(same: Numbers, other: Numbers) -> list[str]:
    source = np.random.default_rng(11)
    samples = [source.integers(0, len(same), len(same)) for _ in range(300)]
    cells = []
    for rate in RATES:
        found = found_at(same, other, rate)
        low, high = np.quantile(
            [found_at(same[s], other[s], rate) for s in samples], (0.025, 0.975)
        )
        cells.append(f"{found:.3f} ({low:.2f} to {high:.2f})")
    return cells


def found_at(same: Numbers, other: Numbers, rate: float) -> float:
    """Return the share of ``same`` above the score that ``rate`` of ``other`` exceeds."""
    scores = np.sort(other.ravel())[::-1]
    return float((same > scores[int(rate * len(scores))]).mean())


def pairs_of(path: Path, kind: str, out: Console) -> None:
    """Print the share of pairs found when the originals of a file are asked, each against 100 others.

    :param path: lines of the name in its own script, a tab, the name in Latin letters.
    :param kind: what the names are, as queries say it.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    pairs = [(one, other) for one, _, other in (line.partition("\t") for line in lines) if other]
    source = random.Random(7)
    drawn = [
        [m for m in source.sample(range(len(pairs)), min(100, len(pairs) - 1)) if m != n]
        for n in range(len(pairs))
    ]
    table = Table(title=f"{path.name}: {len(pairs)} pairs of kind {kind}")
    for head in ("method", *(f"found at {rate:g}" for rate in RATES)):
        table.add_column(head)
    for method, score in compared(pairs, kind).items():
        same = [score(text, n) for n, (text, _) in enumerate(pairs)]
        other = [
            [score(text, m) for m in others if _unlike(pairs[n], pairs[m])]
            for n, ((text, _), others) in enumerate(zip(pairs, drawn, strict=True))
        ]
        flat = np.array([value for row in other for value in row])
        table.add_row(method, *(f"{found_at(np.array(same), flat, rate):.3f}" for rate in RATES))
    out.print(table)


def compared(
    pairs: list[tuple[str, str]], kind: str
) -> dict[str, Callable[[str, int], float]]:  # fmt: skip
    """Return our score and the plain ratio as functions of (original, place of the Latin name)."""
    listed = [
        ListEntry(list_id="pairs", uid=str(n), type=kind if kind != "any" else "other", name=latin)
        for n, (_, latin) in enumerate(pairs)
    ]
    index = Index.build(listed)
    lookups = Lookups(index)

    def points(text: str, entry: int) -> float:
        query = make_query(text, kind)
        asked = look_up(query.name.tokens, lookups)
        names = [index.names[number] for number in index.names_of(entry)]
        scored = [score_name(index, query, asked, name) for name in names]
        return max((score.points for score in scored if score is not None), default=0.0)

    def ratio(text: str, entry: int) -> float:
        return fuzz.token_sort_ratio(plain(text), plain(pairs[entry][1]))

    return {"Esclusa": points, "AnyAscii + ratio, words sorted": ratio}


def _unlike(left: tuple[str, str], right: tuple[str, str]) -> bool:
    return left[0] != right[0] and left[1] != right[1]


def single_words(side: int, out: Console) -> None:
    """Print how many single words meet their Latin spelling, and how many a stranger's."""
    table = Table(title="single words, likeness above 0")
    for head in ("script", "pairs", "met", "strangers met"):
        table.add_column(head)
    for script in ("arabic", "russian", "hebrew"):
        lines = (NAMES / f"pairs_{script}.tsv").read_text(encoding="utf-8").splitlines()
        read = [line.split("\t")[:2] for line in lines if half(line) == side]
        pairs = [(latin, text.replace(" ", "")) for latin, text in read]
        shifted = [(a, b) for (a, _), (_, b) in zip(pairs, pairs[7:] + pairs[:7], strict=True)]
        met, wrong = sum(map(_meets, pairs)), sum(map(_meets, shifted))
        table.add_row(
            script, str(len(pairs)), f"{met / len(pairs):.3f}", f"{wrong / len(pairs):.3f}"
        )
    out.print(table)


def _meets(pair: tuple[str, str]) -> bool:
    left, right = (normalise(text, "vessel").tokens for text in pair)
    single = len(left) == len(right) == 1
    return single and likeness(left[0], right[0], default_weights().word)[1] > 0


def train(pairs: Path) -> None:
    """Count the steps of the cheapest spellings, four rounds, and write them.

    The words that tests and :func:`single_words` use are left out. Arabic names weigh more.
    """
    lines = (NAMES / "pairs_arabic.tsv").read_text(encoding="utf-8").splitlines()
    kept_back = {line.split("\t")[0] for line in lines}
    usable = [row for row in _tsv(pairs) if row[0] not in kept_back]
    read = [pair for row in usable if (pair := _pair(*row)) is not None]
    source = random.Random(1)
    source.shuffle(read)
    native = [pair for pair in read if pair[2] >= NATIVE_WEIGHT]
    read = native + [pair for pair in read if pair[2] < NATIVE_WEIGHT][:14_000]
    counted: Counter[tuple[str, tuple[str, ...]]] = Counter()
    prices = prices_of(_first_guess())
    for _ in range(4):
        counted = Counter()
        for latin, signs, weight in read:
            for step in counted_steps(latin, signs, prices):
                counted[step] += weight  # type: ignore[assignment]
        prices = prices_of([(*step, n) for step, n in counted.items() if n >= FEWEST])
    kept = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    with LETTERS.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["latin", "signs", "count"])
        writer.writerows([a, " ".join(b), round(n)] for (a, b), n in kept if n >= FEWEST)


def _tsv(path: Path) -> list[tuple[str, str, int]]:
    lines = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return [(latin, text.replace(" ", ""), int(count)) for latin, text, count in lines]


def _pair(latin: str, text: str, count: int) -> Pair | None:
    left, right = normalise(latin, "vessel").tokens, normalise(text, "vessel").tokens
    if len(left) != 1 or len(right) != 1:
        return None
    signs = tuple(SIGNS.findall(right[0]))
    if not left[0].isalpha() or right[0][0] != "~" or min(len(left[0]), len(signs)) < 2:
        return None
    weight = (1 + math.log(count)) * (NATIVE_WEIGHT if NATIVE.search(text) else 1)
    return left[0], signs, weight


def _first_guess() -> Steps:
    """A letter stands for itself, a vowel may be left out."""
    letters = [(letter, (letter,), 100.0) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
    digraphs = [(two, (two,), 50.0) for two in ("KH", "SH", "TH", "DH", "GH", "CH", "ZH")]
    vowels = [("O", ("W",), 60.0), ("U", ("W",), 60.0), ("I", ("Y",), 80.0), ("E", ("Y",), 60.0)]
    dropped: Steps = [(vowel, (), 30.0) for vowel in "AEIOU"]
    return [*letters, *digraphs, *vowels, *dropped]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tune", action="store_true", help="show the tuning half")
    parser.add_argument("--pairs", type=Path, help="names: original, tab, Latin")
    parser.add_argument("--kind", default="person", help="what the names of --pairs are")
    parser.add_argument("--un", type=Path, help="the Council's list in XML, with original script")
    parser.add_argument(
        "--train", type=Path, help="pairs: Latin, other script, count; tabs between"
    )
    chosen = parser.parse_args()
    if chosen.train:
        train(chosen.train)
        return
    side, out = (0 if chosen.tune else 1), Console(width=130)
    if chosen.pairs:
        pairs_of(chosen.pairs, chosen.kind, out)
        return
    if chosen.un:
        full_names(read_entries(LISTS), chosen.un, side, out)
    else:
        out.print("full names are left out: name the list's XML with --un")
    single_words(side, out)


if __name__ == "__main__":
    main()
