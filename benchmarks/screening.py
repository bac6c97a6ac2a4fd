"""Measure screening: quality on halves not used for tuning, speed, build time and memory.

    python benchmarks/screening.py            # quality and speed on the lists that ship
    python benchmarks/screening.py --tune     # the tuning halves, to look at while changing weights
    python benchmarks/screening.py --curve    # curves and thresholds; rewrites data/thresholds.toml
    python benchmarks/screening.py --common   # rewrite data/common_words.csv from the lists
    … --pairs FILE                            # also pairs judged by analysts (OpenSanctions Pairs)
    … --peer PYTHON                           # also nomenklatura, in that interpreter, side by side

Every data set is split in two by the CRC-32 of its text. Weights and threshold were chosen on the
even half alone; the tables in docs/screening.md come from the odd half.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import random
import resource
import time
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from rapidfuzz import fuzz, process
from rich.console import Console
from rich.table import Table

import screening_sets as sets
from esclusa.analysis.screening import Hit, Index, Screener, default_weights, normalise
from esclusa.analysis.screening.settings import threshold_for
from esclusa.formats.lists import ofac_sdn, un_security_council
from esclusa.model import ListEntry, Message

ROOT = Path(__file__).resolve().parents[1]
LISTS = ROOT / "src/esclusa/samples/lists"
NAMES = ROOT / "tests/data/names"
THRESHOLDS = ROOT / "src/esclusa/analysis/screening/data/thresholds.toml"
COMMON = ROOT / "src/esclusa/analysis/screening/data/common_words.csv"
BEST_PER_THOUSAND = 20

Row = dict[str, str]
Case = tuple[str, str, str, str]
Scores = np.ndarray[Any, np.dtype[np.float64]]


def read_entries(folder: Path) -> list[ListEntry]:
    """Return the entries of OFAC's and the Security Council's lists in ``folder``."""
    ofac = [folder / f"ofac_{part}.csv.gz" for part in ("sdn", "alt", "add")]
    found = _statements(ofac_sdn.read_ofac_files(ofac))
    with gzip.open(folder / "un_consolidated.xml.gz") as stream:
        return found + _statements(un_security_council.read(stream))  # type: ignore[arg-type]


def _statements(messages: Iterable[Any]) -> list[ListEntry]:
    said = (s for m in messages if isinstance(m, Message) for s in m.statements)
    return [statement for statement in said if isinstance(statement, ListEntry)]


def rows(name: str) -> list[Row]:
    """Return the rows of one table of names."""
    with (NAMES / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def half(text: str) -> int:
    """Return 0 for the tuning half, 1 for the half that is reported."""
    return zlib.crc32(text.encode()) & 1


def innocents(side: int) -> list[Row]:
    """Return made-up persons of one half."""
    found = rows("innocents_global.csv") + rows("innocents_us.csv")
    return [row for row in found if half(row["full_name"]) == side]


def take_aliases(
    entries: list[ListEntry], side: int, count: int
) -> tuple[list[ListEntry], list[Case]]:
    """Take one strong alias out of each of ``count`` entries; those aliases become queries.

    An alias that equals another name of its entry after sorting the words is no test and is left.
    """
    picked = [n for n, e in enumerate(entries) if half(e.uid) == side and _strong(e)]
    source = random.Random(5)
    source.shuffle(picked)
    cases: list[Case] = []
    entries = list(entries)
    for number in picked:
        if len(cases) == count:
            break
        entry = entries[number]
        alias = source.choice(_strong(entry))
        others = tuple(other for other in entry.aliases if other is not alias)
        mine, rest = _sorted(alias.name, entry), [entry.name, *(other.name for other in others)]
        if mine and mine not in [_sorted(name, entry) for name in rest]:
            entries[number] = msgspec.structs.replace(entry, aliases=others)
            cases.append((alias.name, entry.type, entry.list_id, entry.uid))
    return entries, cases


def _strong(entry: ListEntry) -> list[Any]:
    return [alias for alias in entry.aliases if not alias.weak]


def _sorted(name: str, entry: ListEntry) -> list[str]:
    return sorted(normalise(name, entry.type).tokens)


def best_scores(screener: Screener, people: list[Row], *, kind: str, attributes: bool) -> Scores:
    """Return the best score of each person, 0 without a hit."""

    def one(row: Row) -> float:
        more = (row["date_of_birth"], row["nationality"]) if attributes else ("", "")
        hits = screener.one(row["full_name"], kind, *more)
        return hits[0].score if hits else 0.0

    return np.array([one(row) for row in people])


def own_scores(screener: Screener, cases: list[Case]) -> Scores:
    """Return for each removed alias the score of the entry it was taken from."""

    def one(case: Case) -> float:
        name, kind, *key = case
        found = [h.score for h in screener.one(name, kind) if [h.list_id, h.uid] == key]
        return found[0] if found else 0.0

    return np.array([one(case) for case in cases])


def bench_pairs(side: int) -> list[sets.Pair]:
    """Return the labelled pairs of name_bench of one half."""
    return [
        sets.name_pair(row["schema"], row["name1"], row["name2"], same=row["is_match"] == "true")
        for row in rows("name_bench.csv")
        if half(row["name1"] + row["name2"]) == side
    ]


def f1(pairs: list[tuple[float, bool]], threshold: float) -> float:
    """Return F1 of calling a pair the same from ``threshold`` on."""
    right = sum(1 for score, same in pairs if same and score >= threshold)
    called = sum(1 for score, _ in pairs if score >= threshold)
    return 2 * right / (called + sum(1 for _, same in pairs if same))


def cross_validated_f1(pairs: list[tuple[float, bool]], folds: int = 5) -> float:
    """Return F1 over all pairs, each fold judged at the threshold best on the other folds."""
    judged, same = cross_validated(pairs, folds), np.array([one for _, one in pairs])
    return float(2 * (judged & same).sum() / (judged.sum() + same.sum()))


def cross_validated(pairs: list[tuple[float, bool]], folds: int = 5) -> np.ndarray[Any, Any]:
    """Return which pairs are called the same, each fold at the threshold best on the others."""
    order = np.random.default_rng(7).permutation(len(pairs))
    scores = np.array([pairs[n][0] for n in order])
    same = np.array([pairs[n][1] for n in order])
    cuts = np.arange(30.0, 96.0)
    called = scores[:, None] >= cuts
    judged = np.zeros(len(pairs), dtype=bool)
    for fold in range(folds):
        others = np.arange(len(pairs)) % folds != fold
        right = (called[others] & same[others][:, None]).sum(0)
        best = (2 * right / (called[others].sum(0) + same[others].sum())).argmax()
        judged[fold::folds] = called[fold::folds, best]
    found = np.zeros(len(pairs), dtype=bool)
    found[order] = judged
    return found


def beside(ours: Any, theirs: Any, same: Any, draws: int = 2000) -> str:
    """Return the F1 of our calls less that of a peer's, with the 95 % interval from the same pairs
    drawn again for both."""
    source, told = np.random.default_rng(11), []
    for at in [np.arange(len(same)), *source.integers(0, len(same), (draws, len(same)))]:
        one, other = (
            2 * (some[at] & same[at]).sum() / max(some[at].sum() + same[at].sum(), 1)
            for some in (ours, theirs)
        )
        told.append(float(one - other))
    low, high = np.quantile(told[1:], (0.025, 0.975))
    return f"{told[0]:+.3f} [{low:+.3f}, {high:+.3f}]"


def interval(value: Callable[[Any], float], cases: list[Any], draws: int = 300) -> str:
    """Return the value with its 95 % interval, by drawing the cases again (bootstrap)."""
    source = random.Random(11)
    drawn = sorted(value(source.choices(cases, k=len(cases))) for _ in range(draws))
    low, high = drawn[draws * 25 // 1000], drawn[draws * 975 // 1000]
    return f"{value(cases):.3f} [{low:.3f}, {high:.3f}]"


def _share(scores: Scores, cut: float) -> str:
    return interval(lambda found: float(np.mean(found)), [float(s >= cut) for s in scores])


def quality(entries: list[ListEntry], side: int, aliases: int, out: Console) -> None:
    """Print recall, alerts per 1,000 innocents, altered names and ties on one half."""
    remaining, cases = take_aliases(entries, side, aliases)
    screener = Screener(Index.build(remaining), threshold=40.0)
    people = innocents(side)
    un = [row for row in rows("positives_un.csv") if half(row["full_name"]) == side]
    found = {
        "alias": own_scores(screener, cases),
        "un": best_scores(screener, un, kind="person", attributes=False),
        "un_more": best_scores(screener, un, kind="person", attributes=True),
        "person": best_scores(screener, people, kind="person", attributes=False),
        "any": best_scores(screener, people, kind="any", attributes=False),
        "more": best_scores(screener, people, kind="person", attributes=True),
    }
    chosen = default_weights().threshold.default
    out.print(_quality_table(found, chosen, side))
    alerts = np.sort(found["person"])[::-1]
    cut = alerts[len(alerts) * BEST_PER_THOUSAND // 1000]
    named = threshold_for("name")
    out.print(
        f"alias recall at {named:g}, fixed for the purpose name: {_share(found['alias'], named)} at"
        f" {1000 * (found['person'] >= named).mean():.1f} alerts per 1,000; at exactly"
        f" {BEST_PER_THOUSAND} (read off this half, score above {cut:.1f}):"
        f" {_share(found['alias'], cut + 1e-9)}"
    )
    out.print(_altered_table(screener, un, found["more"], side))
    out.print(_ties([row["full_name"] for row in [*people, *un]], Screener(screener.index)))


def _altered_table(screener: Screener, un: list[Row], innocent: Scores, side: int) -> Table:
    """UN names with birth date and country, each altered in every way it allows."""
    cases: dict[str, list[Row]] = defaultdict(list)
    for row in un:
        for rule, changed in sets.altered(row):
            cases[rule].append(changed)
    cut = threshold_for("traveller")
    budget = f"{1000 * (innocent >= cut).mean():.1f} alerts per 1,000 innocents"
    table = Table(
        title=f"half {side}: UN names altered, with birth date and country, at {cut:g}: {budget}"
    )
    for head in ("alteration", "names", "found [95 % interval]"):
        table.add_column(head, justify="left" if head == "alteration" else "right")
    every: list[float] = []
    for rule, changed in cases.items():
        scores = best_scores(screener, changed, kind="person", attributes=True)
        every.extend(scores)
        table.add_row(rule, str(len(changed)), _share(scores, cut))
    table.add_row("all", str(len(every)), _share(np.array(every), cut))
    return table


def _ties(names: list[str], screener: Screener) -> str:
    """Say how many alerts share a score: over all, and with a neighbour of the same query."""
    answers = [hits for hits in (screener.one(name, "person") for name in names) if hits]
    scores = Counter(round(hit.score, 2) for hits in answers for hit in hits)
    beside = [pair for hits in answers for pair in pairwise(hits)]
    tied = [(a, b) for a, b in beside if _rank(a) == _rank(b)]
    unlike = [pair for pair in tied if _bare(pair[0].matched_name) != _bare(pair[1].matched_name)]
    return (
        f"ties: {scores.total()} alerts; the most frequent score is shared by"
        f" {scores.most_common(1)[0][1] / scores.total():.1%}; of {len(beside)} neighbours in one answer"
        f" {len(tied)} share score and weight, {len(unlike)} of them with unlike names (the others are"
        f" one name in two lists or of two entries)"
    )


def _rank(hit: Hit) -> tuple[float, float]:
    return round(hit.score, 2), round(hit.matched_weight, 6)


def _bare(name: str) -> list[str]:
    return sorted(normalise(name, "person").tokens)


def compare(
    entries: list[ListEntry], title: str, pairs: list[sets.Pair], peer: Path | None, out: Console
) -> list[float]:
    """Print F1 of ours and of the peers on the same pairs; returns our scores."""
    ours = sets.our_scores(entries, pairs)
    scored = {
        f"Esclusa @{default_weights().threshold.default:g}": (
            ours,
            default_weights().threshold.default,
        )
    }
    for name, (scores, _) in (sets.peer_scores(peer, pairs) if peer else {}).items():
        scored[f"{name} @0.7"] = ([100 * score for score in scores], 70.0)
    ratio = [max(_ratios(pair), default=0.0) for pair in pairs]
    scored["rapidfuzz, words sorted @0.85"] = (ratio, 85.0)
    table = Table(title=f"{title}: {len(pairs)} pairs, {sum(p.same for p in pairs)} the same")
    for head in (
        "scorer",
        "precision",
        "recall",
        "F1 [95 % interval]",
        "F1, threshold cross-validated",
        "ours less this",
        "cross-validated",
    ):
        table.add_column(head, justify="left" if head == "scorer" else "right")
    same, mine = np.array([pair.same for pair in pairs]), list[Any]()
    for name, (scores, cut) in scored.items():
        judged = [(score, pair.same) for score, pair in zip(scores, pairs, strict=True)]
        told = [np.array(scores) >= cut, cross_validated(judged)]
        mine = mine or told
        less = [
            beside(a, b, same) if mine is not told else "" for a, b in zip(mine, told, strict=True)
        ]
        right = sum(same for score, same in judged if score >= cut)
        called = sum(score >= cut for score, _ in judged)
        table.add_row(
            name, f"{right / max(called, 1):.3f}", f"{right / sum(p.same for p in pairs):.3f}",
            interval(lambda some, cut=cut: f1(some, cut), judged),
            f"{cross_validated_f1(judged):.3f}", *less,
        )  # fmt: skip
    out.print(table)
    return ours


def _ratios(pair: sets.Pair) -> list[float]:
    left, right = (sets.names_of(one) for one in (pair.left, pair.right))
    return [fuzz.token_sort_ratio(a.upper(), b.upper()) for a in left for b in right]


def pair_quality(
    entries: list[ListEntry], side: int, judged: Path | None, peer: Path | None, out: Console
) -> None:
    """Print the labelled pairs: name_bench, Spanish names, pairs judged by analysts."""
    compare(entries, f"name_bench, half {side}", bench_pairs(side), peer, out)
    named = sets.spanish(NAMES / "spanish.csv", lambda text: half(text) == side)
    ours = compare(
        entries, f"Spanish and Panamanian names, half {side}", [p for _, p in named], peer, out
    )
    out.print(_rules_table(named, ours, side))
    if judged:
        pairs = sets.judged(judged)
        compare(entries, "judged pairs, every schema", pairs, peer, out)
        subjects = [pair for pair in pairs if pair.is_subject]
        if len(subjects) < len(pairs):
            compare(entries, "judged pairs, subjects", subjects, peer, out)
        else:
            out.print("every judged pair is one of subjects: the two tables are one")


def _rules_table(named: list[tuple[str, sets.Pair]], scores: list[float], side: int) -> Table:
    cut = default_weights().threshold.default
    table = Table(title=f"Spanish and Panamanian names, half {side}, at {cut:g}")
    for head in ("rule", "the same?", "pairs", "right", "lowest", "median", "highest"):
        table.add_column(head, justify="left" if head == "rule" else "right")
    groups: dict[tuple[bool, str], list[float]] = defaultdict(list)
    for (rule, pair), score in zip(named, scores, strict=True):
        groups[not pair.same, rule].append(score)
    for (other, rule), found in groups.items():
        right = sum((score >= cut) != other for score in found)
        spread = [f"{value:.0f}" for value in (min(found), float(np.median(found)), max(found))]
        table.add_row(rule, "no" if other else "yes", str(len(found)), str(right), *spread)
    return table


def _quality_table(found: dict[str, Scores], chosen: float, side: int) -> Table:
    sizes = (
        f"aliases {len(found['alias'])}, UN {len(found['un'])}, innocents {len(found['person'])}"
    )
    table = Table(title=f"half {side}: {sizes}")
    heads = ("threshold", "alias recall", "UN recall", "UN recall +birth, country", "alerts/1k person",
             "alerts/1k any", "alerts/1k +birth, country")  # fmt: skip
    for head in heads:
        table.add_column(head, justify="right")
    for cut in sorted({46.0, 50.0, threshold_for("name"), chosen, 58.0, 62.0, 66.0, 70.0}):
        rates = [f"{(found[key] >= cut).mean():.3f}" for key in ("alias", "un", "un_more")]
        alerts = [f"{1000 * (found[key] >= cut).mean():.1f}" for key in ("person", "any", "more")]
        mark = "*" if cut == chosen else ""
        table.add_row(f"{cut:g}{mark}", *rates, *alerts)
    return table


CUTS = tuple(range(44, 78, 2)[:14])
FLOOR = 44.0
"""Below this the search looks at too many names to be quick."""


class Job(msgspec.Struct, frozen=True):
    """A purpose: its budget, what is asked, and the scores of listed and innocent parties."""

    title_en: str
    title_es: str
    asks: str
    budget: float
    found_in: str
    scores: Callable[[Screener, int, list[Case]], tuple[Scores, Scores]]


def _cargo(screener: Screener, side: int, cases: list[Case]) -> tuple[Scores, Scores]:
    some = [case for case in cases if case[1] != "vessel"]
    any_kind = [(name, "any", *rest) for name, _, *rest in some]
    return own_scores(screener, any_kind), best_scores(
        screener, innocents(side), kind="any", attributes=False
    )


def _named(screener: Screener, side: int, cases: list[Case]) -> tuple[Scores, Scores]:
    some = [case for case in cases if case[1] == "person"]
    return own_scores(screener, some), best_scores(
        screener, innocents(side), kind="person", attributes=False
    )


def _traveller(screener: Screener, side: int, _: list[Case]) -> tuple[Scores, Scores]:
    un = [row for row in rows("positives_un.csv") if half(row["full_name"]) == side]
    changed = [row for one in un for _, row in sets.altered(one)]
    return tuple(
        best_scores(screener, some, kind="person", attributes=True)
        for some in (changed, innocents(side))
    )  # type: ignore[return-value]


def _vessel(screener: Screener, side: int, _: list[Case]) -> tuple[Scores, Scores]:
    listed = [e for e in screener.index.entries if e.type == "vessel" and half(e.uid) == side]
    cases = [(n, "vessel", e.list_id, e.uid) for e in listed for n in sets.altered_ship(e.name)]
    hits = [screener.one(name, "vessel") for name in sets.ships() if half(name) == side]
    return own_scores(screener, cases), np.array([one[0].score if one else 0.0 for one in hits])


JOBS = {
    "cargo": Job("Parties of a cargo declaration", "Partes de una declaración de carga",
                 "name, any kind", 25.0, "removed aliases of persons and firms", _cargo),
    "traveller": Job("Travellers", "Viajeros", "name, birth date, country", 2.0,
                     "UN names, altered", _traveller),
    "name": Job("A person's name alone", "Solo el nombre de una persona", "name of a person", 20.0,
                "removed aliases of persons", _named),
    "vessel": Job("A ship's name without IMO number", "Nombre de buque sin número OMI",
                  "name of a ship", 50.0, "names of listed ships, altered", _vessel),
}  # fmt: skip


def curves(entries: list[ListEntry], aliases: int, out: Console) -> None:
    """Choose each purpose's threshold on the tuning half, print and write the other half's curve."""
    made: dict[int, tuple[Screener, list[Case]]] = {}
    for side in (0, 1):
        remaining, cases = take_aliases(entries, side, aliases)
        made[side] = Screener(Index.build(remaining), threshold=FLOOR), cases
    lines = [
        "# Thresholds per purpose: the lowest that keeps a budget of false alarms on the tuning half.",
        "# Written by benchmarks/screening.py --curve; curve rows are [threshold, share of listed",
        "# parties found, alerts per 1,000 innocents] on the half that was not used for choosing.",
        f'version = "{default_weights().version}"',
    ]
    for name, job in JOBS.items():
        _, innocent = job.scores(made[0][0], 0, made[0][1])
        cut = _within(innocent, job.budget)
        found, others = job.scores(made[1][0], 1, made[1][1])
        curve = [
            (
                float(c),
                round(float((found >= c).mean()), 3),
                round(1000 * float((others >= c).mean()), 1),
            )
            for c in sorted({*CUTS, cut})
        ]
        out.print(_curve_table(name, job, cut, curve, len(found), len(others)))
        lines += _toml(name, job, cut, curve)
    THRESHOLDS.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _within(innocent: Scores, budget: float) -> float:
    """Return the lowest half point from which on the alerts stay within the budget."""
    cuts = np.arange(FLOOR, 90.5, 0.5)
    return float(next(c for c in cuts if 1000 * (innocent >= c).mean() <= budget))


def _curve_table(
    name: str,
    job: Job,
    cut: float,
    curve: list[tuple[float, float, float]],
    listed: int,
    others: int,
) -> Table:
    title = (
        f"{name}: {job.found_in} ({listed}), {others} innocents; budget {job.budget:g} per 1,000"
    )
    table = Table(title=title)
    for head in ("threshold", "found", "alerts per 1,000"):
        table.add_column(head, justify="right")
    for at, found, alerts in curve:
        table.add_row(f"{at:g}{'*' if at == cut else ''}", f"{found:.3f}", f"{alerts:.1f}")
    return table


def _toml(name: str, job: Job, cut: float, curve: list[tuple[float, float, float]]) -> list[str]:
    points = [f"  [{at}, {found}, {alerts}]," for at, found, alerts in curve]
    return [
        "", f"[purpose.{name}]", f'title_en = "{job.title_en}"', f'title_es = "{job.title_es}"',
        f'asks = "{job.asks}"', f"budget = {job.budget}", f"threshold = {cut}",
        f'found_in = "{job.found_in}"', "curve = [", *points, "]",
    ]  # fmt: skip


def speed(entries: list[ListEntry], out: Console) -> None:
    """Print names per CPU second, build time, memory, and the floor: comparing with every name."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds, index = _timed(lambda: Index.build(entries))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    out.print(
        f"{len(entries):,} entries, {len(index.names):,} names, {len(index.vocabulary.tokens):,} words:"
        f" built in {seconds:.2f} CPU s, peak memory +{grown:.0f} MB"
    )
    people = [row["full_name"] for row in rows("innocents_global.csv") + rows("innocents_us.csv")]
    names = list(dict.fromkeys(people))
    table = Table(title="names per CPU second, name only, kind any, default threshold")
    for head in ("case", "names", "per CPU s"):
        table.add_column(head, justify="left" if head == "case" else "right")
    both, words, fresh = Screener(index), Screener(index, answers_kept=1), Screener(index)
    _all(words, names)
    cases: list[tuple[str, Callable[[list[str]], None], list[str]]] = [
        ("first time, words unknown", lambda asked: _all(both, asked), names),
        ("again, answers kept", lambda asked: _all(both, asked), names),
        ("words kept, answers not", lambda asked: _all(words, asked), names),
        ("each party three times", lambda asked: _all(fresh, asked), names[:2500] * 3),
        ("floor: rapidfuzz cdist", lambda asked: _floor(index, asked), names[::40]),
    ]
    for label, work, asked in cases:
        seconds, _ = _timed(lambda work=work, asked=asked: work(asked))  # type: ignore[misc]
        table.add_row(label, f"{len(asked):,}", f"{len(asked) / seconds:,.0f}")
    out.print(table)


def _all(screener: Screener, names: list[str]) -> None:
    for name in names:
        screener.one(name)


def _floor(index: Index, names: list[str]) -> None:
    listed = [
        " ".join(sorted(index.vocabulary.tokens[word] for word in name.words))
        for name in index.names
    ]
    asked = [" ".join(sorted(normalise(name).tokens)) for name in names]
    process.cdist(asked, listed, scorer=fuzz.ratio, score_cutoff=85, workers=1, dtype=np.uint8)


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def write_common(entries: list[ListEntry]) -> None:
    """Rewrite the table of common words: sounds that one entry of 1,000 or more has."""
    counts = Index.build(entries).vocabulary.counts_by_sound
    per_thousand = {s: 1000 * count / len(entries) for s, count in counts.items() if len(s) > 1}
    kept = sorted(((s, c) for s, c in per_thousand.items() if c >= 1 and s[0] != "~"),
                  key=lambda pair: (-pair[1], pair[0]))  # fmt: skip
    lines = ["sound,per_thousand", *(f"{sound},{count:.1f}" for sound, count in kept)]
    COMMON.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lists", type=Path, default=LISTS, help="folder with the lists")
    parser.add_argument("--tune", action="store_true", help="show the tuning halves")
    parser.add_argument("--common", action="store_true", help="rewrite the common words")
    parser.add_argument("--curve", action="store_true", help="rewrite the thresholds by purpose")
    parser.add_argument("--pairs", type=Path, help="judged pairs as a JSON list")
    parser.add_argument("--peer", type=Path, help="interpreter that has nomenklatura")
    parser.add_argument("--aliases", type=int, default=1000, help="removed aliases")
    chosen = parser.parse_args()
    entries = read_entries(chosen.lists)
    out = Console(width=150)
    if chosen.common:
        write_common(entries)
        return
    if chosen.curve:
        curves(entries, chosen.aliases, out)
        return
    side = 0 if chosen.tune else 1
    speed(entries, out)
    quality(entries, side, chosen.aliases, out)
    pair_quality(entries, side, chosen.pairs, chosen.peer, out)


if __name__ == "__main__":
    main()
