"""The model of goods texts: how often its first chapter is right, how well it tells a wrong code,
and how fast it is. See docs/goods-text.md.

    .venv/bin/python benchmarks/goods_text.py            # test texts, planted world, speed
    .venv/bin/python benchmarks/goods_text.py --folds    # headings never seen (trains five times)
    .venv/bin/python benchmarks/goods_text.py --samples FOLDER   # sample messages, any format

Baselines: word overlap with the descriptions of the Harmonized System (the share of a text's words,
rare ones counting more, that a chapter's descriptions hold), and the commonest chapter.
"""

from __future__ import annotations

import argparse
import csv
import math
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tools")]

import numpy as np
import polars as pl

from esclusa.analysis.goods import Model, judge, shares, shipped
from esclusa.analysis.goods.words import units

TEST = ROOT / "tools" / "goods" / "test_texts.txt"
WORLD = ROOT / "src" / "esclusa" / "analysis" / "world" / "data" / "goods.csv"
ODD = 0.01
"""A likeness below this is what the rules call a text that speaks for another chapter."""


class Text(NamedTuple):
    heading: str
    language: str
    text: str


def interval(hits: int, of: int) -> str:
    """Return share and 95 % interval (Wilson 1927)."""
    if not of:
        return "-"
    p, z = hits / of, 1.96
    middle = (p + z * z / (2 * of)) / (1 + z * z / of)
    half = z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return f"{100 * p:.0f} % ({max(0.0, 100 * (middle - half)):.0f}–{100 * (middle + half):.0f}) of {of}"


def test_texts() -> list[Text]:
    lines = TEST.read_text(encoding="utf-8").splitlines()
    return [Text(*line.split("|", 2)) for line in lines if not line.startswith("#")]


def world_texts() -> list[Text]:
    with WORLD.open(encoding="utf-8", newline="") as file:
        return [
            Text(row["hs"][:4], "world", text)
            for row in csv.DictReader(file)
            for text in row["texts"].split("|")
        ]


def ranked(texts: list[Text], model: Model) -> np.ndarray:
    """Return the three first chapters of each text by the model, "" where it has no word."""
    found = shares(pl.Series([t.text for t in texts]), model=model).to_numpy()[:, :-1]
    order = np.argsort(-np.nan_to_num(found), axis=1)[:, :3]
    names = np.array(model.classes[:-1])[order]
    names[np.isnan(found).any(axis=1)] = ""
    return names


def overlap(texts: list[Text]) -> np.ndarray:
    """Return the three first chapters by word overlap with the official descriptions."""
    from train_goods import official

    held: dict[str, set[str]] = defaultdict(set)
    for example in official():
        words = units(pl.Series([example.text])).filter(pl.col("single"))["unit"]
        held[example.heading[:2]].update(words.to_list())
    names = sorted(held)
    seen = Counter(word for words in held.values() for word in words)
    rarity = {word: math.log(len(names) / count) + 0.1 for word, count in seen.items()}
    out = []
    for text in texts:
        words = units(pl.Series([text.text])).filter(pl.col("single"))["unit"].to_list()
        scores = [
            sum(rarity.get(w, 0) for w in words if w in held[n]) / math.sqrt(len(held[n])) ** 0.2
            for n in names
        ]
        best = sorted(range(len(names)), key=lambda k: -scores[k])[:3]
        out.append([names[k] if scores[k] > 0 else "" for k in best])
    return np.array(out)


def accuracy(label: str, texts: list[Text], first: np.ndarray) -> None:
    true = np.array([t.heading[:2] for t in texts])
    hits = first == true[:, None]
    top1, top3 = int(hits[:, 0].sum()), int(hits.any(axis=1).sum())
    print(f"  {label:34} top 1 {interval(top1, len(texts))}; top 3 {interval(top3, len(texts))}")


def known_words() -> set[str]:
    from train_goods import trade_names

    entries = [one.text for group in trade_names() for one in group]
    return set(units(pl.Series(entries)).filter(pl.col("single"))["unit"].to_list())


def quality(name: str, texts: list[Text], model: Model) -> None:
    goods = [t for t in texts if t.heading != "-"]
    print(f"{name}: {len(goods)} texts of {len({t.heading[:2] for t in goods})} chapters")
    first = ranked(goods, model)
    accuracy("model", goods, first)
    for language in sorted({t.language for t in goods}):
        keep = [i for i, t in enumerate(goods) if t.language == language]
        if len(keep) < len(goods):
            accuracy(f"model, {language}", [goods[i] for i in keep], first[keep])
    listed = known_words()
    held = units(pl.Series([t.text for t in goods])).filter(pl.col("single"))
    new = set(held.filter(~pl.col("unit").is_in(list(listed)))["text"].to_list())
    for label, keep in (
        ("model, a word not in the lists", sorted(new)),
        ("model, all words in the lists", [i for i in range(len(goods)) if i not in new]),
    ):
        if keep:
            accuracy(label, [goods[i] for i in keep], first[keep])
    accuracy("word overlap", goods, overlap(goods))
    common = Counter(t.heading[:2] for t in goods).most_common(1)[0]
    print(f"  {'commonest chapter':34} top 1 {interval(common[1], len(goods))}")
    told(goods, [t for t in texts if t.heading == "-"], model)


def told(goods: list[Text], vague: list[Text], model: Model) -> None:
    """Print how often there is an answer, and how well a wrong code is told from a right one."""
    texts = pl.Series([t.text for t in goods])
    codes = [t.heading for t in goods]
    fit = judge(texts, codes, model=model)
    answered = int(fit.likeness.is_not_null().sum())
    right = (fit.best == pl.Series([c[:2] for c in codes])).sum()
    print(
        f"  answers: {interval(answered, len(goods))}; first chapter right: {interval(int(right or 0), answered)}"
    )
    odd = int((fit.likeness < ODD).sum())
    print(f"  right code, likeness under {ODD}: {interval(odd, len(goods))}")
    dice = np.random.default_rng(5)
    flagged = total = 0
    for _ in range(5):
        other = [codes[k] for k in dice.permutation(len(codes))]
        keep = [i for i in range(len(codes)) if other[i][:2] != codes[i][:2]]
        some = judge(texts[keep], [other[i] for i in keep], model=model).likeness
        flagged, total = flagged + int((some < ODD).sum()), total + len(keep)
    print(f"  another text's code, likeness under {ODD}: {interval(flagged, total)}")
    if vague:
        fit = judge([t.text for t in vague], ["8708"] * len(vague), model=model)
        none = int(fit.likeness.is_null().sum())
        print(f"  texts that name no goods, no answer: {interval(none, len(vague))}")


def speed(model: Model) -> None:
    """Print texts a CPU second, in one call, for texts all different and as a manifest has them."""
    base = [t.text for t in (*test_texts(), *world_texts())]
    dice = np.random.default_rng(7)
    marks = [f"{a}{b}" for a in "BCDFGHJKLM" for b in ("ATO", "ERI", "OMU", "ILA", "UNE")]
    picked = dice.integers(0, len(base), (100_000, 2))
    different = [
        f"{base[a]} {marks[(a * 7 + b + i) % 50]} {base[b]} {marks[i % 50]}"
        for i, (a, b) in enumerate(picked.tolist())
    ]
    plain = [base[a] for a, _ in picked.tolist()]
    shipped()
    for label, texts in (("different texts, 8 words", different), ("texts that recur", plain)):
        series, codes = pl.Series(texts), ["8708"] * len(texts)
        judge(series[:1000], codes[:1000], model=model)
        costs = []
        for _ in range(3):
            start = time.process_time()
            judge(series, codes, model=model)
            costs.append(time.process_time() - start)
        print(
            f"speed, {label} ({series.n_unique():,} different of {len(texts):,}): {len(texts) / sorted(costs)[1]:,.0f} texts a CPU second"
        )
    costs = []
    for text in base[:200]:
        start = time.process_time()
        judge([text], ["8708"], model=model)
        costs.append(time.process_time() - start)
    print(f"speed, one text a call: median {1000 * sorted(costs)[100]:.1f} ms")


def samples(folder: Path, model: Model) -> None:
    """Print what the model says of the goods lines with text and code of the messages in a folder;
    each different pair once."""
    from esclusa.errors import EsclusaError
    from esclusa.formats.registry import read_file
    from esclusa.model import Consignment, Message

    found: dict[Text, None] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        try:
            for item in read_file(path):
                for said in item.statements if isinstance(item, Message) else ():
                    for line in said.goods if isinstance(said, Consignment) else ():
                        if line.description and line.hs_code:
                            found[Text(line.hs_code[:4], "sample", line.description)] = None
        except EsclusaError:
            continue  # not a message of goods
    texts = [text for text in found if text.heading[:2] in model.classes]
    if texts:
        quality(f"goods lines of messages, {folder.name}", texts, model)
        fit = judge([t.text for t in texts], [t.heading for t in texts], model=model)
        for text, value, best in zip(texts, fit.likeness, fit.best, strict=True):
            print(f"    {text.heading} {text.text[:60]!r}: {value} {best}")


def unseen() -> None:
    from train_goods import folds

    rows: list[tuple[Text, list[str]]] = []
    for model, out in folds():
        texts = [Text(e.heading, "", e.text) for e in out]
        rows += list(zip(texts, ranked(texts, model).tolist(), strict=True))
    texts = [text for text, _ in rows]
    print(f"trade names of headings never seen in training, five folds: {len(texts)} texts")
    accuracy("model", texts, np.array([names for _, names in rows]))
    accuracy("word overlap", texts, overlap(texts))


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--folds", action="store_true")
    asked.add_argument("--samples", type=Path)
    given = asked.parse_args()
    model = shipped()
    if given.folds:
        unseen()
    elif given.samples:
        samples(given.samples, model)
    else:
        quality("test texts, fixed before training", test_texts(), model)
        quality("texts of the planted world", world_texts(), model)
        speed(model)


if __name__ == "__main__":
    main()
