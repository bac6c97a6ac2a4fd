"""Approximate names in two stages: what is found and found wrongly, beside screening in the open.

    python benchmarks/pointer_names.py                  # the half that is reported
    python benchmarks/pointer_names.py --tune           # the half that points were chosen on
    … --innocents FILE …      # more made-up persons (full_name, date_of_birth, nationality as CSV)
    … --grow 25000 100000     # also lists of made-up entries of these lengths
    … --flight 10000 100000   # instead: the whole protocol, on two processes; eight minutes

Keys stand for themselves here: a key is a hit when the owner's set holds it, which is what the
protocol finds (``tests/sharing/test_pointers.py``). Every data set is split in two as in
``screening.py``; keys, points and threshold were chosen on the even half. "Found" is the share of
those queries that screening with the open names finds at its threshold for travellers.
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import random
import resource
import secrets
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks"), str(ROOT / "tests/sharing")]

from benchmarks.screening import (
    LISTS,
    Row,
    half,
    innocents,
    read_entries,
    rows,
    take_aliases,
)
from pointer_worlds import World, scope, terms

import screening_sets as sets
from esclusa.analysis.screening import Index, Screener
from esclusa.analysis.screening.processes import pool
from esclusa.analysis.screening.settings import threshold_for
from esclusa.model import Alias, ListEntry
from esclusa.node.pointer_sets import across
from esclusa.sharing.pointers import answering, near, stages
from esclusa.sharing.pointers.catalogue import accept
from esclusa.sharing.pointers.keys import Pointer
from esclusa.sharing.pointers.messages import (
    TAG,
    Catalogue,
    catalogue_limit,
    decode,
    encode,
)
from esclusa.sharing.pointers.near import Sought
from esclusa.sharing.pointers.padding import catalogue_size, question_size
from esclusa.sharing.pointers.terms import Limits

FLOOR = 44.0
CUTS = tuple(sorted({10.0, 8.0, 6.0, 5.0, 4.0, 3.0, *np.arange(2.0, -4.5, -0.5)}, reverse=True))
RATES = (0.5, 1.0, 2.0, 3.0, 5.0)
NONE = -999.0
MORE = 6000
"""Further innocents that are asked of each longer list."""


class Owner(msgspec.Struct, frozen=True):
    """What an owner holds: keys of the first stage, and of the second."""

    coarse: frozenset[Pointer]
    facts: frozenset[Pointer]

    @property
    def least(self) -> float:
        """Points of a possible hit in a set of that size."""
        return near.enough(catalogue_size(len(self.coarse) + len(self.facts)))


def held(entries: Iterable[ListEntry]) -> Owner:
    """Return the keys of the listed persons."""
    found: tuple[set[Pointer], set[Pointer]] = set(), set()
    for entry in entries:
        if entry.type == "person":
            strong = [entry.name, *(alias.name for alias in entry.aliases if not alias.weak)]
            for pointer in near.held(strong, entry.birth_dates, entry.nationalities):
                found[pointer.key == near.FACTS].add(pointer)
    return Owner(frozenset(found[0]), frozenset(found[1]))


class Outcome(msgspec.Struct, frozen=True):
    """One name: how many keys each stage asked, whether the first one hit, points."""

    first: int = 0
    second: int = 0
    hit: bool = False
    points: float = NONE


def search(people: Sequence[Sought | None], owner: Owner, most: int = 4096) -> list[Outcome]:
    """Search names as a node does: packed into questions, with the room of each second question."""
    known = [person for person in people if person is not None]
    answers = {
        person: outcome for part in stages.packs(known, most)
        for person, outcome in _part(part, owner)
    }  # fmt: skip
    return [answers[person] if person is not None else Outcome() for person in people]


def _part(part: Sequence[Sought], owner: Owner) -> Iterator[tuple[Sought, Outcome]]:
    asked = stages.first(part)
    hits = asked & owner.coarse
    chosen = stages.chosen(part, hits, stages.SECOND[question_size(len(asked))])
    finer = {key for blocks in chosen.values() for keys in blocks.values() for key in keys}
    told = stages.verdicts(chosen, finer & owner.facts)
    for person in part:
        coarse = near.coarse(person)
        yield person, Outcome(
            len(coarse), sum(map(len, chosen.get(person, {}).values())),
            not hits.isdisjoint(coarse), told[person][1].points if person in told else NONE,
        )  # fmt: skip


def one_by_one(people: Sequence[Sought | None], owner: Owner) -> list[Outcome]:
    """Search each name in a question of its own, the smallest."""
    return [search([person], owner)[0] for person in people]


def sought(row: Row) -> Sought | None:
    """Return whom a row of a table of names looks for."""
    return near.sought(row["full_name"], row["date_of_birth"], row["nationality"])


def altered(side: int) -> list[tuple[str, Row]]:
    """Return (alteration, row) of the Security Council's names of one half, also unaltered."""
    un = [row for row in rows("positives_un.csv") if half(row["full_name"]) == side]
    return [("as listed", row) for row in un] + [item for row in un for item in sets.altered(row)]


def aliases(side: int, entries: list[ListEntry]) -> tuple[list[ListEntry], list[Row]]:
    """Return the list without some aliases, and those as rows with listed date and nationality."""
    less, cases = take_aliases(entries, side, 1000)
    known = {(entry.list_id, entry.uid): entry for entry in less}
    made = []
    for name, kind, *key in cases:
        entry = known[key[0], key[1]]
        if kind == "person" and entry.birth_dates:
            made.append({
                "full_name": name, "date_of_birth": entry.birth_dates[0].partition("/")[0],
                "nationality": next(iter(entry.nationalities), ""),
            })  # fmt: skip
    return less, made


def open_scores(screener: Screener, people: Iterable[Row]) -> np.ndarray:  # type: ignore[type-arg]
    """Return each person's best score when names are screened in the open."""
    asked = ((row["full_name"], row["date_of_birth"], row["nationality"]) for row in people)
    hits = (screener.one(name, "person", birth, country) for name, birth, country in asked)
    return np.array([found[0].score if found else 0.0 for found in hits])


def interval(share: float, count: int) -> str:
    """Return a share with its 95 % interval (Wilson)."""
    if not count:
        return "-"
    z = 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    wide = z / (1 + z * z / count) * np.sqrt(share * (1 - share) / count + z * z / (4 * count**2))
    return f"{share:.4f} [{middle - wide:.4f}, {middle + wide:.4f}]"


def quality(side: int, more: list[Row]) -> None:
    """Print what is found and what is found wrongly."""
    entries = read_entries(LISTS)
    screener, owner = Screener(Index.build(entries), threshold=FLOOR), held(entries)
    cut = threshold_for("traveller")
    listed = [entry for entry in entries if entry.type == "person"]
    print(
        f"half {side}; {len(listed):,} listed persons, keys a person: first stage"
        f" {len(owner.coarse) / len(listed):.1f}, second {len(owner.facts) / len(listed):.1f}"
    )
    strangers = {"innocents": innocents(side)}
    if more:
        strangers["more innocents"] = [row for row in more if half(row["full_name"]) == side]
    wrong: dict[str, np.ndarray] = {}  # type: ignore[type-arg]
    for title, people in strangers.items():
        found = search([sought(row) for row in people], owner)
        wrong[title] = points = np.array([item.points for item in found])
        openly = (open_scores(screener, people) >= cut).mean() if title == "innocents" else None
        told = "" if openly is None else f"; screened in the open {1000 * openly:.1f}"
        false = int((points >= owner.least).sum())
        print(
            f"{title}: {len(people):,}; keys asked a name {np.mean([i.first for i in found]):.1f}"
            f" and {np.mean([i.second for i in found]):.2f}; first stage hits"
            f" {1000 * np.mean([i.hit for i in found]):.1f} in 1,000; false hits {false},"
            f" {1000 * false / len(people):.2f} in 1,000 {interval(false / len(people), len(people))}{told}"
        )
    cases = altered(side)
    scores = open_scores(screener, [row for _, row in cases])
    got = one_by_one([sought(row) for _, row in cases], owner)
    report("Security Council's names, altered", [rule for rule, _ in cases],
           [row for _, row in cases], scores >= cut, got, owner.least, wrong)  # fmt: skip
    less, gone = aliases(side, entries)
    got = one_by_one([sought(row) for row in gone], held(less))
    scores = open_scores(Screener(Index.build(less), threshold=FLOOR), gone)
    report("removed aliases", ["alias"] * len(gone), gone, scores >= cut, got, owner.least, {})


def report(
    title: str, rules: list[str], people: list[Row], openly: np.ndarray, got: list[Outcome], enough: float,  # type: ignore[type-arg]
    wrong: dict[str, np.ndarray],  # type: ignore[type-arg]
) -> None:  # fmt: skip
    """Print the share found of what screening in the open finds, by alteration, and the curve."""
    points, hit = np.array([item.points for item in got]), np.array([item.hit for item in got])
    dated = np.array([bool(row["date_of_birth"]) for row in people])
    here, named = points >= enough, np.array(rules)
    both = openly & dated
    print(f"{title}: {len(people):,}, in the open {openly.mean():.4f} of all found")
    print(
        f"  of those with a year of birth, first stage {interval(hit[both].mean(), both.sum())},"
        f" both stages {interval(here[both].mean(), both.sum())} of {both.sum():,}"
    )
    print(
        f"  of all that are found in the open {interval(here[openly].mean(), openly.sum())};"
        f" of all, with a year of birth, {here[dated].mean():.4f}"
    )
    if not wrong:
        return
    for rule in dict.fromkeys(rules):
        some = both & (named == rule)
        print(f"    {rule:<22}{some.sum():>5}  {interval(here[some].mean(), some.sum())}")
    print("  points   found   " + "   ".join(f"false in 1,000 {name}" for name in wrong))
    for least in CUTS:
        rates = "   ".join(f"{1000 * (some >= least).mean():.2f}" for some in wrong.values())
        mark = "*" if least == enough else " "
        print(f"  {least:>6g}{mark} {(points[both] >= least).mean():.4f}   {rates}")
    for name, some in wrong.items():
        ordered = np.sort(some)[::-1]
        for rate in RATES:
            at = ordered[int(rate * len(ordered) / 1000)]
            print(f"  at {rate:g} in 1,000 {name}: found {(points[both] > at).mean():.4f}")


# --- longer lists ---------------------------------------------------------------------------------


def crowd(count: int, seed: int = 9) -> list[ListEntry]:
    """Return made-up entries: each takes the form of a listed person, words of persons of the same
    country in its names, and the dates of another."""
    people = [entry for entry in read_entries(LISTS) if entry.type == "person"]
    source = random.Random(seed)
    pools: dict[str, list[str]] = {}
    for entry in people:
        pools.setdefault(_country(entry), []).extend(entry.name.replace(",", " ").split())
    made = []
    for number in range(count):
        entry, words = source.choice(people), dict[str, str]()
        pool = pools[_country(entry)]

        def other(name: str, words: dict[str, str] = words, pool: list[str] = pool) -> str:
            return " ".join(
                words.setdefault(word, source.choice(pool))
                for word in name.replace(",", " ").split()
            )

        made.append(msgspec.structs.replace(
            entry, uid=f"crowd-{number}", name=other(entry.name),
            aliases=tuple(Alias(name=other(a.name)) for a in entry.aliases if not a.weak),
            birth_dates=source.choice(people).birth_dates,
        ))  # fmt: skip
    return made


def _country(entry: ListEntry) -> str:
    return next(iter(entry.nationalities), "")


def growth(counts: list[int], side: int, more: list[Row]) -> None:
    """Print how false hits and keys grow with the list: the real one and made-up entries.

    The last line holds both searches to one budget of false hits, read off this half alike.
    """
    real = [entry for entry in read_entries(LISTS) if entry.type == "person"]
    cut = threshold_for("traveller")
    people = [row for row in more if half(row["full_name"]) == side][:MORE] or innocents(side)
    cases = [row for _, row in altered(side) if row["date_of_birth"]]
    cases = random.Random(3).sample(cases, 600)
    for count in [0, *counts]:
        entries = [*real, *crowd(max(0, count - len(real)))]
        owner = held(entries)
        found = search([sought(row) for row in people], owner)
        screener = Screener(Index.build(entries), threshold=FLOOR)
        strangers, scores = open_scores(screener, people), open_scores(screener, cases)
        openly, both = 1000 * (strangers >= cut).mean(), scores >= cut
        got = np.array([item.points for item in _among(cases, people, owner)])
        points = np.array([item.points for item in found])
        curve = ", ".join(
            f"{least:.1f}: {(got[both] >= least).mean():.3f} at {1000 * (points >= least).mean():.1f}"
            for least in (owner.least, 0.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)
        )  # fmt: skip
        print(
            f"{len(entries):>8,} persons: keys {len(owner.coarse):,} and {len(owner.facts):,};"
            f" asked a name {np.mean([i.first for i in found]):.1f} and"
            f" {np.mean([i.second for i in found]):.1f}; first stage hits"
            f" {1000 * np.mean([i.hit for i in found]):.0f} in 1,000; in the open {openly:.1f}"
            f" false in 1,000; points: found at false in 1,000: {curve}"
        )
        for rate in (2, 5):
            allowed = rate * len(people) // 1000
            here, there = (np.sort(some)[::-1][allowed] for some in (points, strangers))
            told, plain = got > here, scores > there
            print(
                f"  at {rate} in 1,000 of {len(people):,}: in the open {interval(plain.mean(), len(cases))}"
                f" of all, above {there:.1f}; in two stages {interval(told.mean(), len(cases))}, above"
                f" {here:.1f}; of those in the open {interval(told[plain].mean(), plain.sum())}"
            )


def _among(cases: list[Row], people: list[Row], owner: Owner) -> list[Outcome]:
    """Search listed persons as a flight brings them: twenty among 580 innocents."""
    made: list[Outcome] = []
    for at in range(0, len(cases), 20):
        some = [sought(row) for row in cases[at : at + 20]]
        others = random.Random(at).sample(people, 580)
        made += search([*some, *map(sought, others)], owner)[: len(some)]
    return made


# --- points ---------------------------------------------------------------------------------------

TERMS = tuple(near.POINTS)


def parts(person: Sought, owner: Owner) -> list[list[float]]:
    """Return, for each block that was hit, how often each kind of points counts in its verdict."""
    found = []
    for pointer, block in near.coarse(person).items():
        if pointer in owner.coarse:
            facts = {p.parts[1] for p in near.finer(person, block) & owner.facts}
            why = dict(near.judge(person, block, facts).why)
            found.append([float(why.get(term, 0)) for term in TERMS])
    return [one for one in found if any(one)]


def fit(more: list[Row]) -> None:
    """Print points by logistic regression on the tuning half.

    Of a listed person's blocks only the best one is taken, chosen anew by the points so far.
    """
    entries = read_entries(LISTS)
    owner, screener = held(entries), Screener(Index.build(entries), threshold=FLOOR)
    cases = [row for _, row in altered(0)]
    sure = open_scores(screener, cases) >= threshold_for("traveller")
    listed = [sought(row) for row, is_sure in zip(cases, sure, strict=True) if is_sure]
    good = [np.array(p) for person in listed if person and (p := parts(person, owner))]
    others = [row for row in more if half(row["full_name"]) == 0] or innocents(0)
    bad = np.array([p for row in others if (who := sought(row)) for p in parts(who, owner)])
    weights = np.array([near.POINTS[term] / near.PER_ODDS for term in TERMS])
    for _ in range(8):
        best = np.array([some[(some @ weights).argmax()] for some in good])
        x = np.vstack([best, bad])
        y = np.r_[np.ones(len(best)), np.zeros(len(bad))]
        for _ in range(25):
            p = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
            slope = (x.T * (p * (1 - p))) @ x + np.eye(len(weights))
            weights = weights + np.linalg.solve(slope, x.T @ (y - p) - weights)
    print(f"fitted on {len(good):,} listed and {len(bad):,} blocks of {len(others):,} innocents:")
    print(
        "  "
        + ", ".join(f"{t} {near.PER_ODDS * w:.2f}" for t, w in zip(TERMS, weights, strict=True))
    )


# --- the whole protocol ---------------------------------------------------------------------------


def flight(travellers: int, listed: int, workers: int, more: list[Row]) -> None:
    """Search travellers in the set of so many persons, whole, with all cryptography; print what the
    owner's set-up and the searches take, what is found and what is found wrongly.

    The list is the real one and made-up entries; 6 of 100 travellers are listed persons as altered
    on the reported half, the others innocents of that half, with other dates where too few.
    """
    real = [entry for entry in read_entries(LISTS) if entry.type == "person"]
    began = _cpu()
    owner = held([*real, *crowd(max(0, listed - len(real)))])
    keys = owner.coarse | owner.facts
    print(f"{listed:,} persons: {len(keys):,} keys in {_cpu() - began:.0f} CPU s; {_peak()}")
    wide = Limits(question=4096, day=10_000_000, epoch=10_000_000, year=10_000_000)
    world, began, wall = World(terms(wide, catalogue=1 << 24)), _cpu(), time.monotonic()
    within, random_bytes = scope("person"), secrets.token_bytes
    given = (world.owner, within, world.terms, keys, world.now, random_bytes)
    with pool(workers, _start) as processes:
        epoch, made = answering.prepare(*given, across(processes, 2 * workers))
    print(
        f"the owner's set of {len(made.tags) // TAG:,} entries, {len(made.tags) / 1e6:.0f} MB:"
        f" {_cpu() - began:.0f} CPU s, {time.monotonic() - wall:.0f} s with {workers} processes; {_peak()}"
    )
    world.owner, _rows = answering.adopt(world.owner, epoch, made, world.now)
    began = _cpu()
    world.set = decode(encode(made), Catalogue, "marisol", catalogue_limit(1 << 24))
    accept(world.set, "marisol", "northreach", 1 << 24, world.now)
    print(f"taken in by the asker in {_cpu() - began:.1f} CPU s; {_peak()}")
    strangers, sure = _travellers(travellers, more)
    people = [*strangers, *sure]
    random.Random(17).shuffle(people)
    parts = list(stages.packs(people, 4096))
    work = [(world, parts[number::workers]) for number in range(workers)]
    wall = time.monotonic()
    with multiprocessing.get_context("fork").Pool(workers) as processes_:
        done = processes_.starmap(_fly, work)
    print(
        f"{len(people):,} travellers in {len(parts)} searches, {sum(one[2] for one in done):,} elements"
        f" with padding: {sum(one[0] for one in done):.0f} CPU s of both sides, the busiest of {workers}"
        f" processes {max(one[0] for one in done):.0f}, {time.monotonic() - wall:.0f} s;"
        f" {sum(one[3] for one in done)} unclear"
    )
    points = {person: some for one in done for person, some in one[1].items()}
    least = near.enough(len(made.tags) // TAG)
    for cut in sorted({least, 0.0, 2.0, 4.0, 5.0, 6.0}):
        told, wrong = (np.array([points[who] >= cut for who in some]) for some in (sure, strangers))
        mark = "*" if cut == least else ""
        print(
            f"  {cut:.1f}{mark}: listed found {interval(told.mean(), len(told))}, others"
            f" {interval(wrong.mean(), len(wrong))}"
        )


def _travellers(count: int, more: list[Row]) -> tuple[list[Sought], list[Sought]]:
    """Return innocents and listed persons, none of them twice."""
    cases = [row for _, row in altered(1) if row["date_of_birth"]]
    chosen = random.Random(3).sample(cases, min(len(cases), count * 6 // 100))
    sure = list(dict.fromkeys(who for row in chosen if (who := sought(row))))
    rows_ = [row for row in more if half(row["full_name"]) == 1] or innocents(1)
    people = list(dict.fromkeys(who for row in rows_ if (who := sought(row)) and who not in sure))
    source, known = random.Random(11), set(sure)
    people = source.sample(people, min(len(people), count - len(sure)))
    years, first = [person.birth for person in people], list(people)
    while len(people) + len(sure) < count:  # the same names with other dates are other travellers
        other = msgspec.structs.replace(source.choice(first), birth=source.choice(years))
        people += [other] * (other not in known)
        known.add(other)
    return list(dict.fromkeys(people)), sure


def _start() -> None:
    """Processes need nothing before their first part."""


def _cpu() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def _peak() -> str:
    return f"at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB so far"


def _fly(
    world: World, parts: list[tuple[Sought, ...]]
) -> tuple[float, dict[Sought, float], int, int]:
    """Return CPU seconds, each person's points, elements and unclear names of some searches."""
    world.asker_random = world.owner_random = secrets.token_bytes
    points, unclear = dict[Sought, float](), 0
    began = time.process_time()
    for part in parts:
        asked = stages.first(part)
        met = {hit.pointer for hit in world.search(asked).hits}
        second = stages.SECOND[question_size(len(asked))]
        chosen = stages.chosen(part, met, second)
        finer = {key for blocks in chosen.values() for keys in blocks.values() for key in keys}
        found = world.settle(world.answer(world.ask(finer, second)))
        told = stages.verdicts(chosen, {hit.pointer for hit in found.hits})
        points |= {who: told[who][1].points if who in told else NONE for who in part}
        unclear += sum(
            person not in chosen and not met.isdisjoint(near.coarse(person)) for person in part
        )
    spent = sum(item.elements for item in world.owner.meter.spent)
    return time.process_time() - began, points, spent, unclear


def extra(files: list[Path]) -> list[Row]:
    """Return the rows of further tables of made-up persons."""
    found: list[Row] = []
    for path in files:
        with path.open(encoding="utf-8", newline="") as lines:
            found += csv.DictReader(lines)
    return found


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--tune", action="store_true", help="the half that points were chosen on")
    parser.add_argument("--innocents", type=Path, nargs="*", default=[], metavar="FILE")
    parser.add_argument("--grow", type=int, nargs="*", default=[], metavar="PERSONS")
    parser.add_argument("--flight", type=int, nargs=2, metavar=("TRAVELLERS", "PERSONS"))
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    if options.flight:
        count, listed = options.flight
        flight(count, listed, options.workers, extra(options.innocents))
        return 0
    more, side = extra(options.innocents), 0 if options.tune else 1
    if options.tune:
        fit(more)
    quality(side, more)
    if options.grow:
        growth(options.grow, side, more)
    return 0


if __name__ == "__main__":
    sys.exit(main())
