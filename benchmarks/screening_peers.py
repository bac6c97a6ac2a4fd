"""Measure screening beside its peers on whole lists: who is found, who is found wrongly, ties, speed.

    python benchmarks/screening_peers.py [--peer PYTHON]

PYTHON has nomenklatura (``benchmarks/peers/list_matchers.py``); without it ours and rapidfuzz are
measured alone. All scorers meet the same
candidates: the entries that our index finds best and those whose names are most alike by plain
ratio, ``--candidates`` of each. A peer is told a party's kind and what the list says of an entry:
names, birth dates, nationalities. Beside each scorer's usual threshold stands the one at which 20
of 1,000 innocents raise an alert, read off this half alike for all. The half is the reported one.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz import fuzz, process
from rich.console import Console
from rich.table import Table

import screening as bench
import scripts
from esclusa.analysis.screening import Index, Screener
from esclusa.analysis.screening.settings import threshold_for
from esclusa.model import ListEntry

PEER = Path(__file__).with_name("peers") / "list_matchers.py"
ALGORITHMS = ("logic-v2", "logic-v1")
OURS, RATIO = "Esclusa", "rapidfuzz, words sorted"
USUAL = {OURS: threshold_for("name"), "logic-v2": 0.7, "logic-v1": 0.7, RATIO: 85.0}
DATED = {**USUAL, OURS: threshold_for("traveller")}
SCHEMAS = {
    "person": "Person",
    "vessel": "Vessel",
    "organisation": "Organization",
    "aircraft": "Airplane",
}
FLOOR = 40.0

Asked = tuple[str, str, str, str]
"""Name, kind, date of birth, nationality."""


class Field:
    """A list and what each scorer makes of questions about it."""

    def __init__(self, entries: list[ListEntry], peer: Path | None, candidates: int) -> None:
        self.entries, self.peer, self.candidates = entries, peer, candidates
        self.index = Index.build(entries)
        self.screener = Screener(self.index, threshold=FLOOR)
        self.places = {(entry.list_id, entry.uid): n for n, entry in enumerate(entries)}
        strong = [(entry.name, *(a.name for a in entry.aliases if not a.weak)) for entry in entries]
        self.names = [_plain(name) for names in strong for name in names]
        self.owners = np.array([n for n, names in enumerate(strong) for _ in names])
        self.listed = [_entity(e, names) for e, names in zip(entries, strong, strict=True)]
        self.seconds: Counter[str] = Counter()
        self.known: dict[tuple[str, str], dict[int, float]] = {}
        self.questions = self.pairs = 0

    def scores(self, asked: list[Asked]) -> dict[str, list[dict[int, float]]]:
        """Return for each scorer and question the score of each candidate, by place in the list."""
        found: dict[str, list[dict[int, float]]] = {OURS: [], RATIO: []}
        begun = time.process_time()
        for question in asked:
            hits = self.screener.one(*question)
            found[OURS].append({self.places[hit.list_id, hit.uid]: hit.score for hit in hits})
        self.seconds[OURS] += time.process_time() - begun  # type: ignore[assignment]
        begun = time.process_time()
        for name, kind, *_ in asked:
            if (name, kind) not in self.known:
                self.known[name, kind] = self._alike(name, kind)
            found[RATIO].append(self.known[name, kind])
        self.seconds[RATIO] += time.process_time() - begun  # type: ignore[assignment]
        both = zip(found[OURS], found[RATIO], strict=True)
        places = [[*dict.fromkeys([*_best(a, self.candidates), *_best(b, self.candidates)])]
                  for a, b in both]  # fmt: skip
        told = {"listed": self.listed,
                "asked": [[_question(q), at] for q, at in zip(asked, places, strict=True)]}  # fmt: skip
        for name, one in _peers(self.peer, told).items():
            self.seconds[name] += one["seconds"]
            found[name] = [
                dict(zip(at, s, strict=True)) for at, s in zip(places, one["scores"], strict=True)
            ]
        self.questions += len(asked)
        self.pairs += sum(map(len, places))
        return found

    def _alike(self, name: str, kind: str) -> dict[int, float]:
        asked = [_plain(name)]
        row = process.cdist(
            asked, self.names, scorer=fuzz.ratio, score_cutoff=45, dtype=np.float32
        )[0]
        best = np.zeros(len(self.entries))
        np.maximum.at(best, self.owners, row)
        return {
            int(n): float(best[n]) for n in np.argsort(-best, kind="stable")[: 4 * self.candidates]
            if self.entries[n].type in (kind, "other")
        }  # fmt: skip


def _peers(interpreter: Path | None, told: dict[str, Any]) -> dict[str, Any]:
    """Return what the peers say, by algorithm; nothing without an interpreter that has them."""
    if interpreter is None:
        return {}
    done = subprocess.run(
        [str(interpreter), str(PEER), *ALGORITHMS],
        input=json.dumps(told), capture_output=True, text=True, check=True,
    )  # fmt: skip
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def _best(scores: dict[int, float], count: int) -> list[int]:
    return sorted(scores, key=lambda place: -scores[place])[:count]


def _plain(name: str) -> str:
    return " ".join(sorted(name.upper().replace(",", " ").split()))


def _entity(entry: ListEntry, strong: tuple[str, ...]) -> dict[str, Any]:
    told = {"name": strong[:1], "alias": strong[1:],
            "weakAlias": [alias.name for alias in entry.aliases if alias.weak]}  # fmt: skip
    if entry.type == "person":
        dates = [date for span in entry.birth_dates for date in span.split("/")]
        told |= {"birthDate": dates, "nationality": entry.nationalities}
    return {"schema": SCHEMAS.get(entry.type, "LegalEntity"), "properties": told}


def _question(asked: Asked) -> dict[str, Any]:
    name, kind, birth, country = asked
    told = {
        "name": [name],
        "birthDate": [birth] if birth else [],
        "nationality": [country] if country else [],
    }
    return {"schema": SCHEMAS.get(kind, "LegalEntity"), "properties": told}


def top(answers: list[dict[int, float]]) -> bench.Scores:
    """Return the best score of each answer, 0 where there is none."""
    return np.array([max(one.values(), default=0.0) for one in answers])


def compare(entries: list[ListEntry], side: int, options: argparse.Namespace, out: Console) -> None:
    """Print the table of all scorers."""
    remaining, cases = bench.take_aliases(entries, side, options.aliases)
    field = Field(remaining, options.peer, options.candidates)
    people = bench.innocents(side)
    people = random.Random(3).sample(people, min(len(people), options.innocents))
    listed = [row for row in bench.rows("positives_un.csv") if bench.half(row["full_name"]) == side]
    sets: dict[str, list[Asked]] = {
        "alias": [(name, kind, "", "") for name, kind, *_ in cases],
        "un": [(row["full_name"], "person", "", "") for row in listed],
        "innocent": [(row["full_name"], "person", "", "") for row in people],
        "un, dated": [_dated(row) for row in listed],
        "innocent, dated": [_dated(row) for row in people],
    }
    found = {name: field.scores(asked) for name, asked in sets.items()}
    own = [field.places[case[2], case[3]] for case in cases]
    out.print(f"{len(entries):,} entries; {len(cases)} removed aliases, {len(listed)} names of the"
              f" Security Council, {len(people)} innocents; {field.pairs / field.questions:.1f}"
              " candidates a question")  # fmt: skip
    table = Table(title=f"half {side}")
    for head in ("scorer", "threshold", "alias found", "UN found", "alerts per 1,000", "alias found at 20 per 1,000",
                 "UN found, dated", "alerts per 1,000, dated", "most frequent score", "questions per CPU s"):  # fmt: skip
        table.add_column(head, justify="left" if head == "scorer" else "right")
    for name in found["alias"]:
        cut = USUAL[name]
        alias = np.array(
            [one.get(at, 0.0) for one, at in zip(found["alias"][name], own, strict=True)]
        )
        innocent, dated = top(found["innocent"][name]), top(found["innocent, dated"][name])
        at = np.sort(innocent)[::-1][len(innocent) * bench.BEST_PER_THOUSAND // 1000]
        alerts = [
            s
            for key in ("un", "innocent")
            for one in found[key][name]
            for s in one.values()
            if s >= cut
        ]
        tied = Counter(round(score, 4) for score in alerts).most_common(1)[0]
        table.add_row(
            name, f"{cut:g}; {DATED[name]:g}", _share(alias >= cut), _share(top(found["un"][name]) >= cut),
            _rate(innocent >= cut), _share(alias > at), _share(top(found["un, dated"][name]) >= DATED[name]),
            _rate(dated >= DATED[name]), f"{tied[0]:g}: {tied[1] / len(alerts):.1%} of {len(alerts)}",
            f"{(len(field.known) if name == RATIO else field.questions) / field.seconds[name]:,.0f}",
        )  # fmt: skip
    out.print(table)


def _dated(row: bench.Row) -> Asked:
    return row["full_name"], "person", row["date_of_birth"], row["nationality"]


def _share(found: Any) -> str:
    return bench.interval(lambda some: float(np.mean(some)), [float(one) for one in found])


def _rate(found: Any) -> str:
    return bench.interval(lambda some: 1000 * float(np.mean(some)), [float(one) for one in found])


def words(path: Path, side: int, options: argparse.Namespace, out: Console) -> None:
    """Print single words of another script against their own Latin spelling and those of others."""
    lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()
             if bench.half(line) == side]  # fmt: skip
    pairs = [(text.replace(" ", ""), latin) for latin, text, *_ in lines]
    spread = len(pairs) // options.others
    places = [
        [
            n,
            *(
                m
                for m in range(n % spread, len(pairs), spread)
                if m != n and pairs[m][1] != pairs[n][1]
            ),
        ]
        for n in range(len(pairs))
    ]
    listed = [{"schema": "Person", "properties": {"name": [latin]}} for _, latin in pairs]
    asked = [[{"schema": "Person", "properties": {"name": [text]}}, at]
             for (text, _), at in zip(pairs, places, strict=True)]  # fmt: skip
    told = {"listed": listed, "asked": asked}
    found = {name: one["scores"] for name, one in _peers(options.peer, told).items()}
    compare_ = scripts.compared(pairs, "person")
    for name, score in compare_.items():
        found[name] = [
            [score(text, m) for m in at] for (text, _), at in zip(pairs, places, strict=True)
        ]
    for name, scores in found.items():
        own = np.array([one[0] for one in scores])
        others = np.concatenate([np.array(one[1:]) for one in scores])
        cut = np.sort(others)[::-1][len(others) // 1000]
        out.print(f"{path.name}, {name}: {len(own)} words, {len(others):,} others: found at one false"
                  f" match in 1,000 {_share(own > cut)}")  # fmt: skip


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--peer", type=Path, help="interpreter that has nomenklatura")
    parser.add_argument("--candidates", type=int, default=20)
    parser.add_argument("--aliases", type=int, default=600)
    parser.add_argument("--innocents", type=int, default=1200)
    parser.add_argument("--others", type=int, default=40)
    options = parser.parse_args()
    if options.peer is None:
        print("nomenklatura was not measured: --peer names no interpreter")
    entries, out = bench.read_entries(bench.LISTS), Console(width=230)
    for script in ("arabic", "russian"):
        words(bench.NAMES / f"pairs_{script}.tsv", 1, options, out)
    compare(entries, 1, options, out)


if __name__ == "__main__":
    main()
