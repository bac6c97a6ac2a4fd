"""Train and measure the model of goods texts (src/esclusa/analysis/goods).

    .venv/bin/python tools/train_goods.py train      # writes data/goods.npz and data/manifest.json
    .venv/bin/python tools/train_goods.py folds      # headings never seen in training, five folds

Needs the extra ``learn``. Texts: the descriptions of the Harmonized System in the package, and the
word lists in ``tools/goods``. ``test_texts.txt`` there is read by benchmarks/goods_text.py alone.
Seeds are fixed: equal inputs and locked packages give equal files.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression

from esclusa.analysis.goods.fit import shares
from esclusa.analysis.goods.model import NONE, Model, written
from esclusa.analysis.goods.words import pieces, units

ROOT = Path(__file__).parents[1]
LISTS = ROOT / "tools" / "goods"
DATA = ROOT / "src" / "esclusa" / "analysis" / "goods" / "data"
HS = ROOT / "src" / "esclusa" / "codes" / "data" / "hs.tsv.gz"
EDITION = "2026-11-27"

FOLDS = 5
"""Headings are dealt to folds by a digest of their four digits."""

OFFICIAL_WEIGHT = 0.35
"""A description of the Harmonized System against a trade name: long-winded and seldom used."""

SLACK = 20.0
"""Inverse of the penalty on weights (C of scikit-learn)."""

LEAST_PIECE, LEAST_PAIR = 3, 3
"""A piece is kept when that many different words have it; a pair when that many texts do."""


class Example(NamedTuple):
    heading: str
    text: str
    weight: float


def official() -> list[Example]:
    """Return the texts of the Harmonized System, up to where they say what is not meant."""
    with gzip.open(HS, "rt", encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    made = []
    for code, text, _section in rows:
        if len(code) in (2, 4, 6) and not code.startswith(("99", "98")):
            said = re.split(r"\b(?:other than|not |n\.e\.c|excluding|except|excl)", text)[0]
            made.append(Example(code[:4], said, OFFICIAL_WEIGHT))
    return made


def trade_names() -> list[list[Example]]:
    """Return the entries of the word lists, English and Spanish of one heading together."""
    groups = []
    for name in ("words_01_40.txt", "words_41_97.txt"):
        for line in (LISTS / name).read_text(encoding="utf-8").splitlines():
            if not line.startswith("#"):
                heading, english, spanish = line.split("|")
                entries = [*english.split(";"), *spanish.split(";")]
                groups.append([Example(heading, entry, 1.0) for entry in entries])
    return groups


def nothing_named() -> list[Example]:
    lines = (LISTS / "words_none.txt").read_text(encoding="utf-8").splitlines()
    return [
        Example(NONE, entry, 1.0)
        for line in lines
        if not line.startswith("#")
        for entry in line.split(";")
    ]


def misspelt(text: str, dice: random.Random) -> str:
    """Return the text with one or two slips: a letter lost, doubled, swapped or wrong, or a word
    cut short or without its vowels."""
    words = text.upper().split()
    for _ in range(dice.choice((1, 1, 2))):
        place = dice.randrange(len(words))
        word = words[place]
        if len(word) < 4:
            continue
        at = dice.randrange(1, len(word) - 1)
        kind = dice.randrange(6)
        if kind == 0:
            word = word[:at] + word[at + 1 :]
        elif kind == 1:
            word = word[:at] + word[at] + word[at:]
        elif kind == 2:
            word = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        elif kind == 3:
            word = word[:at] + dice.choice("AEIOULNRST") + word[at + 1 :]
        elif kind == 4 and len(word) > 5:
            word = word[: dice.randrange(4, len(word))]
        elif len(word) > 5:
            word = word[0] + re.sub("[AEIOU]", "", word[1:])
        words[place] = word
    return " ".join(words)


def strange_word(dice: random.Random) -> str:
    """Return a word of no language: brands, marks and names stand on bills too."""
    size = dice.randrange(2, 5)
    return "".join(dice.choice("BCDFGKLMNPRSTVZ") + dice.choice("AEIOU") for _ in range(size))


FILLERS = (
    "NEW", "BRAND", "QUALITY", "FRESH", "USED", "NUEVO", "NUEVOS", "USADO", "PARA USO", "MARCA",
    "PRODUCTS", "PRODUCTOS", "ITEMS", "ASSORTED", "GOODS", "IMPORTED", "EXPORT", "ORIGINAL",
    "COLOR", "TOP", "FIRST GRADE", "PREMIUM", "ARTICULOS DE", "PARTES", "KIT", "SIZE",
)  # fmt: skip


def enlarged(groups: Sequence[Sequence[Example]], none: Sequence[Example]) -> Iterator[Example]:
    """Yield the trade names as bills bend them: misspelt, two of one heading or chapter together,
    with fillers and strange words around them."""
    dice = random.Random(20261127)
    by_chapter: dict[str, list[Example]] = {}
    for group in groups:
        for one in group:
            by_chapter.setdefault(one.heading[:2], []).append(one)
    for group in groups:
        for one in group:
            yield one
            yield one._replace(text=misspelt(one.text, dice), weight=0.5)
            other = dice.choice(group)
            yield one._replace(text=f"{one.text} {misspelt(other.text, dice)}", weight=0.5)
            near = dice.choice(by_chapter[one.heading[:2]])
            yield one._replace(text=f"{one.text} {near.text}", weight=0.5)
            extra = [dice.choice(FILLERS) if dice.random() < 0.6 else strange_word(dice)]
            text = [one.text, *extra] if dice.random() < 0.5 else [*extra, one.text]
            yield one._replace(text=" ".join(text), weight=0.5)
    for one in none:
        yield one
        for _ in range(6):
            other = dice.choice(none)
            words = [one.text, dice.choice(("", other.text, strange_word(dice)))]
            yield one._replace(text=misspelt(" ".join(words), dice), weight=0.5)
    for _ in range(1500):
        text = " ".join(strange_word(dice) for _ in range(dice.randrange(1, 5)))
        yield Example(NONE, text, 0.5)
    for filler in FILLERS:
        yield Example(NONE, filler, 0.5)


def trained(examples: Sequence[Example]) -> Model:
    """Return the model of these examples."""
    held = units(pl.Series([each.text for each in examples]))
    counts = Counter(held.filter(pl.col("single"))["unit"].to_list())
    pairs = Counter(held.filter(~pl.col("single"))["unit"].to_list())
    words = [word for word in counts if counts[word] >= 2]
    whole = sorted(words) + sorted(pair for pair, seen in pairs.items() if seen >= LEAST_PAIR)
    having = Counter(piece for word in words for piece in pieces(word))
    small = sorted(piece for piece, seen in having.items() if seen >= LEAST_PIECE)
    classes = (*sorted({e.heading[:2] for e in examples} - {NONE}), NONE)
    empty = Model(
        edition=EDITION, classes=classes, units={u: i for i, u in enumerate(whole)},
        pieces={p: i for i, p in enumerate(small, start=len(whole))},
        weights=np.zeros((len(whole) + len(small), len(classes)), np.float32),
        bias=np.zeros(len(classes), np.float32), sharpness=1.0,
    )  # fmt: skip
    table, kept = matrix(held, empty)
    place = {name: row for row, name in enumerate(classes)}
    labels = np.array([place[examples[row].heading[:2]] for row in kept])
    weights = np.array([examples[row].weight for row in kept])
    # A chapter with ten times the texts (84, 85, 29) must not be ten times as likely.
    mass = np.bincount(labels, weights=weights, minlength=len(classes))
    weights = weights * (mass.mean() / mass[labels]) ** 0.7
    fitted = LogisticRegression(C=SLACK, max_iter=120, tol=1e-3).fit(table, labels, weights)
    return empty._replace(
        weights=fitted.coef_.T.astype(np.float32), bias=fitted.intercept_.astype(np.float32)
    )


def matrix(held: pl.DataFrame, model: Model) -> tuple[sp.csr_matrix, list[int]]:
    """Return the features of each text that has a unit, scaled as :mod:`.fit` scales, and which
    texts these are."""
    parts: dict[str, list[tuple[int, float]]] = {}
    rows, columns, values, kept = [], [], [], []
    for (text,), some in held.group_by("text", maintain_order=True):
        share = float(some["single"].sum()) ** -0.5
        for unit in some["unit"]:
            if unit not in parts:
                parts[unit] = _features(unit, model)
            for column, value in parts[unit]:
                rows.append(len(kept))
                columns.append(column)
                values.append(value * share)
        kept.append(int(text))
    shape = (len(kept), len(model.weights))
    return sp.csr_matrix((values, (rows, columns)), shape=shape, dtype=np.float64), kept


def _features(unit: str, model: Model) -> list[tuple[int, float]]:
    found = [(row, 1.0)] if (row := model.units.get(unit)) is not None else []
    parts = pieces(unit)
    found += [(model.pieces[p], len(parts) ** -0.5) for p in parts if p in model.pieces]
    return found


def sharpened(model: Model, examples: Sequence[Example]) -> Model:
    """Return the model with the sharpness under which held-out texts are least surprising."""
    texts = pl.Series([each.text for each in examples])
    place = {name: row for row, name in enumerate(model.classes)}
    labels = np.array([place[each.heading[:2]] for each in examples])
    best = min(
        (loss(model._replace(sharpness=s), texts, labels), s)
        for s in (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.15, 1.3, 1.5)
    )
    return model._replace(sharpness=best[1])


def loss(model: Model, texts: pl.Series, labels: np.ndarray) -> float:
    """Return the mean surprise, in nats, over texts that have a word."""
    found = shares(texts, model=model).to_numpy()
    own = found[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(own[~np.isnan(own)], 1e-9)).mean())


def fold_of(heading: str) -> int:
    return sha256(heading.encode()).digest()[0] % FOLDS


def without(fold: int) -> tuple[list[Example], list[Example]]:
    """Return the examples of all headings but those of ``fold``, and the trade names of these."""
    groups = trade_names()
    kept = [group for group in groups if fold_of(group[0].heading) != fold]
    out = [one for group in groups if fold_of(group[0].heading) == fold for one in group]
    texts = [e for e in official() if len(e.heading) < 4 or fold_of(e.heading) != fold]
    return [*texts, *enlarged(kept, nothing_named())], out


def folds() -> Iterable[tuple[Model, list[Example]]]:
    for fold in range(FOLDS):
        examples, out = without(fold)
        yield trained(examples), out


def train() -> None:
    """Write the model of all texts, sharpened on what the folds did not know."""
    model = trained([*official(), *enlarged(trade_names(), nothing_named())])
    examples, out = without(0)
    model = model._replace(sharpness=sharpened(trained(examples), out).sharpness)
    data = written(model)
    DATA.mkdir(exist_ok=True)
    (DATA / "goods.npz").write_bytes(data)
    manifest = {
        "file": "goods.npz",
        "edition": EDITION,
        "sha256": sha256(data).hexdigest(),
        "classes": len(model.classes),
        "units": len(model.units),
        "pieces": len(model.pieces),
        "made_by": "tools/train_goods.py",
        "origin": "Harmonized System 2022 (WCO through UN Comtrade, datasets/harmonized-system) "
        "and word lists of this project (tools/goods)",
        "licence": "PDDL-1.0 for the descriptions; Apache-2.0 for word lists and weights",
    }
    (DATA / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    print(f"{len(data):,} bytes, sharpness {model.sharpness}, {manifest}")


if __name__ == "__main__":
    if sys.argv[1:] == ["train"]:
        train()
    elif sys.argv[1:] == ["folds"]:
        for number, (model, out) in enumerate(folds()):
            texts = pl.Series([each.text for each in out])
            found = shares(texts, model=model).to_numpy()
            names = np.array(model.classes[:-1])
            order = np.argsort(-np.nan_to_num(found[:, :-1]), axis=1)[:, :3]
            true = np.array([each.heading[:2] for each in out])
            hits = names[order] == true[:, None]
            print(number, len(out), hits[:, 0].mean().round(3), hits.any(axis=1).mean().round(3))
    else:
        sys.exit(__doc__)
