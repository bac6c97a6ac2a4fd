"""Measure screening: quality on halves not used for tuning, speed, build time and memory.

    python benchmarks/screening.py            # quality and speed on the lists that ship
    python benchmarks/screening.py --tune     # the tuning halves, to look at while changing weights
    python benchmarks/screening.py --common   # rewrite data/common_words.csv from the lists

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
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from rapidfuzz import fuzz, process
from rich.console import Console
from rich.table import Table

from esclusa.analysis.screening import Index, Screener, default_weights, make_query, normalise
from esclusa.analysis.screening.lookup import Lookups
from esclusa.analysis.screening.score import score_name
from esclusa.analysis.screening.search import look_up
from esclusa.formats.lists import ofac_sdn, un_security_council
from esclusa.model import ListEntry, Message

ROOT = Path(__file__).resolve().parents[1]
LISTS = ROOT / "src/esclusa/samples/lists"
NAMES = ROOT / "tests/data/names"
COMMON = ROOT / "src/esclusa/analysis/screening/data/common_words.csv"
KINDS = {"Person": "person", "Vessel": "vessel"}
SCHEMAS = ("Company", "Organization", "LegalEntity")
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


def bench_pairs(entries: list[ListEntry], side: int) -> list[tuple[float, bool]]:
    """Return (score, judged the same) of the labelled pairs of one half.

    The second name of each pair joins the lists, so words weigh as they do in use.
    """
    pairs = [row for row in rows("name_bench.csv") if half(row["name1"] + row["name2"]) == side]
    listed = [
        ListEntry(list_id="bench", uid=str(n), type=_kind(row), name=row["name2"])
        for n, row in enumerate(pairs)
    ]
    index = Index.build([*entries, *listed])
    lookups, first = Lookups(index), len(entries)
    return [
        (_pair(index, lookups, row, first + n), row["is_match"] == "true")
        for n, row in enumerate(pairs)
    ]


def _kind(row: Row) -> str:
    return "organisation" if row["schema"] in SCHEMAS else KINDS[row["schema"]]


def _pair(index: Index, lookups: Lookups, row: Row, entry: int) -> float:
    query = make_query(row["name1"], _kind(row))
    asked = look_up(query.name.tokens, lookups)
    names = (index.names[number] for number in index.names_of(entry))
    scored = (score_name(index, query, asked, name) for name in names)
    return max((score.points for score in scored if score is not None), default=0.0)


def f1(pairs: list[tuple[float, bool]], threshold: float) -> float:
    """Return F1 of calling a pair the same from ``threshold`` on."""
    right = sum(1 for score, same in pairs if same and score >= threshold)
    called = sum(1 for score, _ in pairs if score >= threshold)
    return 2 * right / (called + sum(1 for _, same in pairs if same))


def cross_validated_f1(pairs: list[tuple[float, bool]], folds: int = 5) -> float:
    """Return F1 over all pairs, each fold judged at the threshold best on the other folds."""
    shuffled = list(pairs)
    random.Random(7).shuffle(shuffled)
    judged: list[tuple[float, bool]] = []
    for fold in range(folds):
        others = [pair for n, pair in enumerate(shuffled) if n % folds != fold]
        cut = max(range(40, 80), key=lambda t: f1(others, t))
        judged += [(float(s >= cut), same) for s, same in shuffled[fold::folds]]
    return f1(judged, 1.0)


def quality(entries: list[ListEntry], side: int, aliases: int, out: Console) -> None:
    """Print recall, alerts per 1,000 innocents and F1 on one half."""
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
    pairs = bench_pairs(entries, side)
    chosen = default_weights().threshold.default
    out.print(_quality_table(found, pairs, chosen, side))
    out.print(f"name_bench F1, threshold cross-validated: {cross_validated_f1(pairs):.3f}")
    alerts = np.sort(found["person"])[::-1]
    cut = alerts[len(alerts) * BEST_PER_THOUSAND // 1000]
    out.print(
        f"at exactly {BEST_PER_THOUSAND} alerts per 1,000 (read off this half, score above {cut:.1f}):"
        f" alias recall {(found['alias'] > cut).mean():.3f}"
    )
    out.print(f"largest tie: {_largest_tie(screener, un):.1%} of UN names share one best score")


def _quality_table(
    found: dict[str, Scores], pairs: list[tuple[float, bool]], chosen: float, side: int
) -> Table:
    sizes = (
        f"aliases {len(found['alias'])}, UN {len(found['un'])}, innocents {len(found['person'])}"
    )
    table = Table(title=f"half {side}: {sizes}, pairs {len(pairs)}")
    heads = ("threshold", "alias recall", "UN recall", "UN recall +birth, country", "alerts/1k person",
             "alerts/1k any", "alerts/1k +birth, country", "pair F1")  # fmt: skip
    for head in heads:
        table.add_column(head, justify="right")
    for cut in sorted({50.0, 54.0, chosen, 60.0, 64.0, 70.0}):
        rates = [f"{(found[key] >= cut).mean():.3f}" for key in ("alias", "un", "un_more")]
        alerts = [f"{1000 * (found[key] >= cut).mean():.1f}" for key in ("person", "any", "more")]
        mark = "*" if cut == chosen else ""
        table.add_row(f"{cut:.0f}{mark}", *rates, *alerts, f"{f1(pairs, cut):.3f}")
    return table


def _largest_tie(screener: Screener, people: list[Row]) -> float:
    """Return the share of queries with a hit whose best score is the most frequent of all."""
    best = [screener.one(row["full_name"], "person") for row in people]
    counts = Counter(round(hits[0].score, 2) for hits in best if hits)
    return counts.most_common(1)[0][1] / counts.total()


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
    parser.add_argument("--aliases", type=int, default=1000, help="removed aliases")
    chosen = parser.parse_args()
    entries = read_entries(chosen.lists)
    out = Console(width=150)
    if chosen.common:
        write_common(entries)
        return
    speed(entries, out)
    quality(entries, 0 if chosen.tune else 1, chosen.aliases, out)


if __name__ == "__main__":
    main()
