"""Measure resolution on made-up worlds with known truth, and on judged pairs.

    python benchmarks/resolution.py                        # a small world, a few seconds
    python benchmarks/resolution.py --sizes 10000 100000 1000000 --processes 2
    python benchmarks/resolution.py --pairs FOLDER         # judged pairs, read where they lie
    python benchmarks/resolution.py --peer PYTHON          # splink, in an environment of its own;
                                                           # with --pairs on those
    python benchmarks/resolution.py --learn                # weights as TOML, from seed 1
    python benchmarks/resolution.py --thresholds --sizes 10000 100000   # the curve, from seed 2
    python benchmarks/resolution.py --names                # how names grow with the world

Weights are learned on the world of seed 1, thresholds chosen on seed 2; what is reported is seed 7.
Word counts come from the world of seed 1. CPU seconds are those of this process and of those that it
started; memory is the most that it held, with and without the world.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import msgspec
import numpy as np
from benchmarks.resolution_names import vocabularies
from benchmarks.resolution_world import Row, make_world, mentions
from rich.console import Console
from rich.table import Table

from esclusa.analysis.resolution import Entities, Mention, Rarity, Settings, default_settings
from esclusa.analysis.resolution.blocks import by_key, candidate_pairs, make_rows
from esclusa.analysis.resolution.compare import Compared, compare, make_columns
from esclusa.analysis.resolution.keys import keys_of, refinements
from esclusa.analysis.resolution.profile import profile_of
from esclusa.analysis.resolution.settings import ATTRIBUTES, LEVELS, SECTIONS, Threshold
from esclusa.analysis.resolution.wordtable import WordTable

LEARN, CHOOSE, REPORT = 1, 2, 7
"""Seeds."""
LEARN_RECORDS = 60_000
PAIRS_FILE = "sample_1000_v1.json"

Ints = np.ndarray[Any, np.dtype[np.int64]]


def rarity() -> Rarity:
    """Count words in the world of the learning seed."""
    names = [profile_of(one).names for one in mentions(make_world(LEARN, LEARN_RECORDS))]
    return Rarity.learned((name for some in names for name in some), f"world-{LEARN}")


def groups_of(entities: Entities, count: int) -> Ints:
    """Return the number of the entity of each mention, in order of mention id."""
    found = np.zeros(count, dtype=np.int64)
    for number, members in enumerate(entities.partition().values()):
        found[[int(one) for one in members]] = number
    return found


def quality(groups: Ints, truth: Ints, draws: int = 200) -> dict[str, float]:
    """Return pairwise precision, recall and F1 with 95 % intervals (so many resamples of the true
    persons, firms and ships)."""
    cells, sizes = np.unique(np.stack([groups, truth]), axis=1, return_counts=True)
    tp = np.bincount(cells[1], sizes * (sizes - 1) / 2, minlength=int(truth.max()) + 1)
    real = np.bincount(truth)
    actual = real * (real - 1) / 2
    total = np.bincount(groups)
    wrong = np.bincount(cells[1], sizes * (total[cells[0]] - sizes) / 2, minlength=actual.size)
    source = np.random.default_rng(0)
    drawn = [
        _figures(tp[at], wrong[at], actual[at])
        for at in (source.integers(0, tp.size, tp.size) for _ in range(draws))
    ]
    low, high = np.percentile(np.array(drawn), (2.5, 97.5), axis=0)
    names = ("precision", "recall", "f1")
    figures = _figures(tp, wrong, actual)
    return {
        **dict(zip(names, figures, strict=True)),
        **{f"{name}_low": float(v) for name, v in zip(names, low, strict=True)},
        **{f"{name}_high": float(v) for name, v in zip(names, high, strict=True)},
    }


def _figures(tp: Any, wrong: Any, actual: Any) -> tuple[float, float, float]:
    right = float(tp.sum())
    precision = right / max(right + float(wrong.sum()), 1)
    recall = right / max(float(actual.sum()), 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-9)


def shown(found: dict[str, float], name: str) -> str:
    """Return a figure with its interval."""
    return f"{found[name]:.3f} ({found[name + '_low']:.3f}-{found[name + '_high']:.3f})"


def peak_mb() -> float:
    """Return the most memory this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and of those that it started and that ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def measure(size: int, counts: Rarity, processes: int) -> dict[str, Any]:
    """Resolve a world of ``size`` records; also some more records, one by one."""
    rows = make_world(REPORT, size)
    told = mentions(rows)
    truth, kinds = np.array([row.truth for row in rows]), np.array([row.kind for row in rows])
    del rows
    settings = default_settings().for_size(size)
    before, begun, wall = peak_mb(), cpu_seconds(), time.perf_counter()
    entities = Entities.build(told, (), settings, counts, processes=processes)
    cpu, wall, peak = cpu_seconds() - begun, time.perf_counter() - wall, peak_mb()
    later = [
        msgspec.structs.replace(one, id=f"x{one.id}", seq=size + one.seq)
        for one in mentions(make_world(REPORT + 1, 20))
    ]
    groups, entity_count = groups_of(entities, size), len(entities)
    begun = time.process_time()
    for one in later:
        entities.add([one])
    each = (time.process_time() - begun) / len(later)
    return {
        "records": size, "cpu": cpu, "wall": wall, "world_mb": before, "mb": peak,
        "add_ms": each * 1e3, "lost": entities.loss, "entities": entity_count,
        "true": len(set(truth.tolist())), **quality(groups, truth),
        **{f"{k}_f1": quality(groups[at], truth[at])["f1"] for k in ("person", "organisation", "vessel")
           if (at := np.flatnonzero(kinds == k)).size},
    }  # fmt: skip


def report(sizes: list[int], counts: Rarity, processes: int) -> None:
    """Print one line per size; each runs in a process of its own so that memory is its own."""
    table = Table(title=f"Resolution, world of seed {REPORT}, {processes} process(es)")
    for title in ("records", "CPU s", "wall s", "peak MB (world alone)", "entities (true)", "precision",
                  "recall", "F1", "person / firm / ship F1", "add one, ms", "pairs lost to common keys"):  # fmt: skip
        table.add_column(title)
    earlier: dict[str, Any] = {}
    for size in sizes:
        run = [sys.executable, __file__, "--one", str(size), "--processes", str(processes)]
        found = (
            json.loads(subprocess.check_output(run))
            if len(sizes) > 1
            else _plain(measure(size, counts, processes))
        )
        table.add_row(
            f"{size:,}", *(f"{found[k]:.1f}{_growth(found, earlier, k)}" for k in ("cpu", "wall")),
            f"{found['mb']:,.0f} ({found['world_mb']:,.0f})",
            f"{found['entities']:,} ({found['true']:,})", shown(found, "precision"), shown(found, "recall"),
            shown(found, "f1"),
            " / ".join(f"{found[k + '_f1']:.3f}" for k in ("person", "organisation", "vessel")),
            f"{found['add_ms']:.1f}", f"{found['lost']['pairs']:,}",
        )  # fmt: skip
        earlier = found
    Console(width=240).print(table)


def _growth(found: dict[str, Any], earlier: dict[str, Any], name: str) -> str:
    """How many times more than for the size before, and for how many times the records."""
    if not earlier:
        return ""
    times, larger = found[name] / earlier[name], found["records"] / earlier["records"]
    return f" (x{times:.1f} for x{larger:.0f})"


def _plain(found: dict[str, Any]) -> Any:
    return json.loads(msgspec.json.encode(found))


def pairs_of(
    rows: list[Row], table: WordTable, settings: Settings
) -> tuple[Compared, Any, Any, Any]:
    """Return all candidate pairs of a world compared, which are the same, and both sides."""
    profiles = [profile_of(one) for one in mentions(rows)]
    keys = make_rows(keys_of(one, table) for one in profiles)
    codes, _ = candidate_pairs(
        by_key(keys), make_rows(refinements(p, table) for p in profiles), settings.limits.block
    )
    a, b = codes >> 32, codes & 0xFFFFFFFF
    truth = np.array([row.truth for row in rows])
    columns = make_columns(profiles, table, settings)
    return compare(columns, table, settings, a, b), truth[a] == truth[b], a, b


def features(found: Compared, at: Any) -> tuple[Any, list[tuple[str, str]]]:
    """Return the figures of pairs as a matrix of what weights multiply, with the weights' names."""
    names = [("", "base"), ("", "agree"), ("", "conflict"), ("", "extra")]
    told = found.names
    columns = [np.ones(at.size), told.agree[at], told.conflict[at], told.extra[at]]
    for number, name in enumerate(ATTRIBUTES):
        for level, word in enumerate(LEVELS[name], start=1):
            names.append((name, word))
            columns.append((found.answers[at, number] == level).astype(np.float64))
    return np.stack(columns, axis=1), names


def fit(matrix: Any, same: Any, ridge: float = 1.0) -> Any:
    """Return weights in bits: logistic regression by Newton's steps, weights drawn towards 0."""
    weights = np.zeros(matrix.shape[1])
    for _ in range(30):
        guess = 1 / (1 + np.exp(-np.clip(matrix @ weights, -30, 30)))
        slope = matrix.T @ (same - guess) - ridge * weights
        bend = (matrix * (guess * (1 - guess))[:, None]).T @ matrix + ridge * np.eye(weights.size)
        weights = weights + np.linalg.solve(bend, slope)
    return weights / np.log(2)


def learn(counts: Rarity) -> None:
    """Print the sections of weights that the world of the learning seed gives."""
    settings = default_settings()
    found, same, _, _ = pairs_of(
        make_world(LEARN, LEARN_RECORDS), WordTable(counts, settings), settings
    )
    for number, section in enumerate(SECTIONS[:3]):
        at = np.flatnonzero(found.section == number)
        matrix, names = features(found, at)
        weights = fit(matrix, same[at].astype(np.float64))
        print(f"# {at.size:,} pairs, {int(same[at].sum()):,} the same")
        for (attribute, level), weight, used in zip(
            names, weights, matrix.any(axis=0), strict=True
        ):
            if used:
                print(f"{section}{'.' + attribute if attribute else ''} {level} = {weight:.2f}")


MATCHES = (-4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0)
LEAST_PRECISION = 0.99
"""Of the thresholds that reach it the one with the highest F1 is chosen; else the most precise."""


def thresholds(counts: Rarity, size: int) -> None:
    """Print quality by threshold on the choosing seed, and the entry of ``sizes`` that it gives."""
    rows = make_world(CHOOSE, size)
    told, truth = mentions(rows), np.array([row.truth for row in rows])
    del rows
    settings = default_settings()
    span, found = settings.threshold.match - settings.threshold.possible, []
    widest = Threshold(
        possible=MATCHES[0] - span, match=MATCHES[0], strong=settings.threshold.strong
    )
    settings = msgspec.structs.replace(settings, threshold=widest)
    entities = Entities.build(told, (), settings, counts)
    for match in MATCHES:
        strong = match + default_settings().threshold.strong - default_settings().threshold.match
        entities.rethink(Threshold(possible=match - span, match=match, strong=strong))
        figures = quality(groups_of(entities, size), truth, draws=1)
        found.append((match, strong, figures))
        shares = (f"{name} {figures[name]:.4f}" for name in ("precision", "recall", "f1"))
        print(f"{size:,} match {match} strong {strong}", *shares, flush=True)
    enough = [one for one in found if one[2]["precision"] >= LEAST_PRECISION]
    match, strong, figures = (
        max(enough, key=lambda one: one[2]["f1"])
        if enough
        else max(found, key=lambda one: one[2]["precision"])
    )
    print(f"[[sizes]]\nrecords = {size}\nmatch = {match}\nstrong = {strong}", flush=True)
    print(
        "\n".join(f"{name} = {figures[name]:.3f}" for name in ("precision", "recall", "f1")),
        flush=True,
    )


def names() -> None:
    """Print how the made-up names grow, beside the published figures that they follow."""
    source, words = random.Random(REPORT), vocabularies()
    for people in (10_000, 100_000, 1_000_000):
        drawn = {part: {words.draw(source, part) for _ in range(people)} for part in words.parts}
        print(
            f"{people:,} drawn:",
            ", ".join(f"{len(v):,} different {k} names" for k, v in drawn.items()),
        )
    firms = [row.name for row in make_world(REPORT, 30_000, ("organisation",))]
    steps = []
    for count in (1_000, 10_000):
        told = [word for name in firms[:count] for word in name.split()]
        steps.append((len(told), len(set(told))))
    (few, kinds), (many, more) = steps
    print(
        f"words of firms: {more:,} different among {many:,}, power {math.log(more / kinds) / math.log(many / few):.2f}"
    )


def judged_pairs(folder: Path, python: str | None = None) -> None:
    """Print F1 on judged pairs: each pair alone, ids taken off, at the thresholds that ship; also
    with splink's weights, when an interpreter that has it is named."""
    pairs = json.loads((folder / PAIRS_FILE).read_text(encoding="utf-8"))
    points, same, skipped = [], [], 0
    for number, pair in enumerate(pairs):
        sides = [_subject(pair[side], number) for side in ("left", "right")]
        if None in sides:
            skipped += 1
            continue
        ours, theirs = (msgspec.structs.replace(s, id=f"{n}") for n, s in enumerate(sides))  # type: ignore[type-var]
        points.append(Entities.build([ours, theirs]).compare("0", "1").points)
        same.append(pair["judgement"] == "positive")
    print(f"judged pairs: {len(same)} of persons, firms and ships ({skipped} others left out)")
    shipped, truth = default_settings(), np.array(same)
    cuts = {f"{one.records:,} records": one.match for one in shipped.sizes}
    for name, match in {"no said size": shipped.threshold.match, **cuts}.items():
        told = np.array(points) >= match
        precision, recall, f1 = _figures(told & truth, told & ~truth, truth)
        print(f"  {name} ({match}): precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}")
    if python:
        _splink_pairs(python, pairs, np.array(points) >= shipped.threshold.match, truth)


def _asked(python: str, script: str, told: Any) -> tuple[Any, Any]:
    """Return what a script of the peers prints last, and what it leaves in its file of answers."""
    with tempfile.TemporaryDirectory() as folder:
        data, answer = Path(folder, "told.json"), Path(folder, "answer.json")
        data.write_bytes(msgspec.json.encode(told))
        command = [python, str(ROOT / "benchmarks/peers" / script), str(data), str(answer)]
        said = json.loads(subprocess.check_output(command).splitlines()[-1])
        return said, json.loads(answer.read_text())


def _splink_pairs(python: str, pairs: list[dict[str, Any]], ours: Any, truth: Any) -> None:
    """Print splink's F1 on the judged pairs, also at a threshold chosen on each half for the other."""
    told = [[_plain_row(pair[side]["properties"]) for side in ("left", "right")] for pair in pairs]
    said, made = _asked(python, "splink_pairs.py", told)
    weights = np.array(made)
    halves = np.random.default_rng(7).permutation(len(truth)) % 2 == 0
    chosen = np.zeros(len(truth), dtype=bool)
    for half in (halves, ~halves):
        cuts = sorted(set(weights[~half]))
        best = max(cuts, key=lambda cut, rest=~half: _f1(weights[rest] >= cut, truth[rest]))  # type: ignore[misc]
        chosen |= half & (weights >= best)
    calls = {f"at probability {p}": weights >= math.log2(p / (1 - p)) for p in (0.5, 0.9, 0.95)}
    for name, call in {"ours": ours, **calls, "threshold of the other half": chosen}.items():
        draws = np.random.default_rng(0).integers(0, len(truth), (1000, len(truth)))
        drawn = [_f1(call[at], truth[at]) for at in draws]
        low, high = np.quantile(drawn, (0.025, 0.975))
        precision, recall, f1 = _figures(call & truth, call & ~truth, truth)
        who = name if name == "ours" else f"splink {said['version']} {name}"
        print(
            f"  {who}: precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f} ({low:.3f}-{high:.3f})"
        )


def _f1(told: Any, truth: Any) -> float:
    return float(2 * (told & truth).sum() / max(told.sum() + truth.sum(), 1))


def _plain_row(told: dict[str, Any]) -> dict[str, list[str]]:
    return {
        "names": [*told.get("name", ()), *told.get("alias", ())],
        "birth": list(told.get("birthDate", ())),
        "country": list(told.get("nationality", told.get("country", told.get("flag", ())))),
        "number": [
            f"{scheme}:{v}" for field, scheme in _NUMBERS.items() for v in told.get(field, ())
        ],
        "address": list(told.get("address", ())),
    }


_SCHEMAS = {"Person": "person", "Vessel": "vessel", "Company": "organisation", "Organization": "organisation",
            "LegalEntity": "party", "PublicBody": "organisation"}  # fmt: skip
_NUMBERS = {"imoNumber": "imo", "passportNumber": "passport", "idNumber": "other", "taxNumber": "tax",
            "registrationNumber": "registration", "mmsi": "mmsi", "innCode": "tax", "ogrnCode": "registration",
            "leiCode": "lei"}  # fmt: skip


def _subject(side: dict[str, Any], number: int) -> Mention | None:
    kind, told = _SCHEMAS.get(side["schema"]), side["properties"]
    if kind is None:
        return None
    many = {
        field: tuple(told.get(field, ()))
        for field in ("name", "alias", "birthDate", "address", "phone")
    }
    return Mention(
        id=f"{number}", record="", path="", label=1, seq=number, type=kind,
        names=(*many["name"], *many["alias"]), birth_dates=many["birthDate"],
        nationalities=tuple(told.get("nationality", told.get("country", told.get("flag", ())))),
        identifiers=tuple(f"{scheme}:{v}" for field, scheme in _NUMBERS.items() for v in told.get(field, ())),
        addresses=many["address"], phones=many["phone"],
    )  # fmt: skip


def peer(python: str, size: int, counts: Rarity) -> None:
    """Print ours and splink's time and F1 on the persons of one world."""
    rows = make_world(REPORT, size, ("person",))
    truth = np.array([row.truth for row in rows])
    begun = time.process_time()
    settings = default_settings().for_size(size)
    entities = Entities.build(mentions(rows), (), settings, counts)
    ours, cpu = quality(groups_of(entities, size), truth), time.process_time() - begun
    told, answers = _asked(python, "splink_peer.py", rows)
    print(f"{size:,} persons: ours {cpu:.1f} CPU s, precision {ours['precision']:.3f}, "
          f"recall {ours['recall']:.3f}, F1 {shown(ours, 'f1')}")  # fmt: skip
    for threshold, groups in answers.items():
        theirs = quality(np.array(groups), truth)
        print(f"  splink {told['version']} at {threshold}: {told['cpu']:.1f} CPU s ({told['cpu'] / cpu:.1f} times ours), "
              f"precision {theirs['precision']:.3f}, recall {theirs['recall']:.3f}, F1 {shown(theirs, 'f1')}")  # fmt: skip


def main() -> None:
    """Read the command line and run what it asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000])
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--learn", action="store_true")
    parser.add_argument("--thresholds", action="store_true")
    parser.add_argument("--pairs", type=Path)
    parser.add_argument("--names", action="store_true")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--peer", help="interpreter of an environment that has splink")
    wanted = parser.parse_args()
    if wanted.names:
        names()
        return
    counts = rarity()
    if wanted.learn:
        learn(counts)
    elif wanted.thresholds:
        for size in wanted.sizes:
            thresholds(counts, size)
    elif wanted.pairs:
        judged_pairs(wanted.pairs, wanted.peer)
    elif wanted.peer:
        peer(wanted.peer, wanted.sizes[0], counts)
    elif wanted.one:
        print(json.dumps(_plain(measure(wanted.one, counts, wanted.processes))))
    else:
        report(wanted.sizes, counts, wanted.processes)


if __name__ == "__main__":
    main()
