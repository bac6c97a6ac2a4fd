"""How well goods texts fit the tariff codes beside them, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Final, NamedTuple

import numpy as np
import polars as pl

from esclusa.analysis.goods.model import NONE, Floats, Indices, Model, shipped
from esclusa.analysis.goods.words import units, units_of

ENOUGH: Final = 0.35
"""The best chapter must have this share, or the text is taken to tell nothing. Set on headings
that were held out of training (docs/goods-text.md), not on the test texts."""

_SOME: Final = 8_192
"""Texts that are weighed at once: 3 MB of scores."""
_FEW: Final = 10
"""Up to so many texts are read one by one: a data frame costs milliseconds whatever it holds."""
_REMEMBERED: Final = 5_000
"""Wordings whose shares are kept, 3 MB; goods come again."""
_BLANKS: Final = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
"""What the column engine strips from a text: white space as Unicode has it."""


class Fit(NamedTuple):
    """What the model says of some texts, one row each; null where it cannot tell.

    ``likeness``: share of the declared chapter divided by that of the best, 0 to 1. ``share``:
    probability of the declared chapter. ``best`` and ``best_share``: the chapter that the text
    speaks for. ``surprise``: bits, -log2 of the likeness.
    """

    likeness: pl.Series
    share: pl.Series
    best: pl.Series
    best_share: pl.Series
    surprise: pl.Series


class Said(NamedTuple):
    """What one word, or pair of words, adds to ``chapter`` against ``other``: above zero for it."""

    words: str
    weight: float


class Reading(NamedTuple):
    """Why a text fits a chapter, or not.

    ``margin`` is the logarithm (base e) of the share of ``chapter`` divided by that of ``other``;
    it is exactly ``start`` plus the weights of ``said``, which are ordered strongest first.
    """

    chapter: str
    other: str
    margin: float
    start: float
    said: tuple[Said, ...]


def likeness(
    texts: Sequence[str | None] | pl.Series, codes: Sequence[str | None] | pl.Series,
    *, model: Model | None = None,
) -> pl.Series:  # fmt: skip
    """Return how well each text fits the code beside it: 1 when no chapter fits better, near 0 when
    the text speaks for another; null when text or code is missing, or the model cannot tell.

    :param codes: HS codes, two digits or more; only the chapter is looked at.
    :raises ValueError: ``texts`` and ``codes`` differ in length.
    """
    return judge(texts, codes, model=model).likeness


def judge(
    texts: Sequence[str | None] | pl.Series, codes: Sequence[str | None] | pl.Series,
    *, model: Model | None = None,
) -> Fit:  # fmt: skip
    """Return all that the model says of each text and the code beside it; see :func:`likeness`."""
    model = model or shipped()
    text, code = pl.Series("text", texts, pl.String), pl.Series("code", codes, pl.String)
    if len(text) != len(code):
        raise ValueError(f"{len(text)} texts and {len(code)} codes")
    return _judged(_shares_of(text, model), _places(code, model), model)


def judge_one(text: str | None, code: str | None) -> tuple[float | None, str | None]:
    """Return the likeness and the best chapter of :func:`judge` for one text."""
    model = shipped()
    known = None if text is None else units_of(text)
    if known is None:  # nothing to read, or signs for the column engine
        fit = judge([text], [code])
        return fit.likeness.item(), fit.best.item()
    shares = _remembered(tuple(known[0]), known[1])[0]
    goods = shares[:-1]
    best = int(goods.argmax())
    top = goods[best]
    if not (top >= ENOUGH and top > shares[-1]):
        return None, None
    place = _place(code, model)
    ratio = float(np.float32(goods[place] / np.maximum(top, _LEAST))) if place >= 0 else None
    return ratio, model.classes[best]


_LEAST: Final = 1e-12


def _judged(shares: Floats, place: Indices, model: Model) -> Fit:
    goods = shares[:, :-1]  # the last class names no goods
    rows = np.arange(len(shares))
    best = goods.argmax(axis=1) if len(shares) else np.zeros(0, dtype=np.int64)
    top = goods[rows, best]
    told = (top >= ENOUGH) & (top > shares[:, -1])
    own = np.where(place >= 0, goods[rows, np.maximum(place, 0)], np.nan)
    names = (*model.classes[:-1], None)
    ratio = np.where(told, own / np.maximum(top, _LEAST), np.nan)
    return Fit(
        likeness=_column("likeness", ratio),
        share=_column("share", np.where(told, own, np.nan)),
        best=pl.Series("best", [names[k] for k in np.where(told, best, -1)], pl.String),
        best_share=_column("best_share", np.where(told, top, np.nan)),
        surprise=_column("surprise", -np.log2(np.maximum(ratio, 1e-9))),
    )  # fmt: skip


def shares(texts: Sequence[str | None] | pl.Series, *, model: Model | None = None) -> pl.DataFrame:
    """Return the probability of each chapter for each text, a column a chapter (``01`` to ``97``)
    and ``--`` for texts that name no goods; null rows where there is no word to go by."""
    model = model or shipped()
    found = _shares_of(pl.Series("text", texts, pl.String), model)
    return pl.DataFrame(found, schema=list(model.classes)).fill_nan(None)


def read(text: str, code: str, *, model: Model | None = None) -> Reading | None:
    """Return the words of ``text`` that speak for and against the chapter of ``code``.

    The other chapter is the best one, or the second best when ``code`` has the best. None when the
    text has no word to go by or the code names no chapter.
    """
    model = model or shipped()
    names, single = units_of(text) or _slowly(text)
    chapter = _places(pl.Series("code", [code], pl.String), model)[0]
    if chapter < 0 or not names:
        return None
    scale = model.sharpness / np.sqrt(max(single, 1))
    vectors = model.vectors(names).astype(np.float64) * scale
    start = model.bias.astype(np.float64) * model.sharpness
    totals = start + vectors.sum(axis=0)
    ranked = [int(k) for k in np.argsort(-totals[:-1], kind="stable") if k != chapter]
    other = ranked[0]
    weights = vectors[:, chapter] - vectors[:, other]
    said = sorted(zip(names, weights.tolist(), strict=True), key=lambda each: -abs(each[1]))
    return Reading(
        chapter=model.classes[chapter],
        other=model.classes[other],
        margin=float(totals[chapter] - totals[other]),
        start=float(start[chapter] - start[other]),
        said=tuple(Said(*each) for each in said),
    )


def _slowly(text: str) -> tuple[list[str], int]:
    """Return what ``units_of`` does, from the column engine."""
    found = units(pl.Series("text", [text], pl.String))
    return found["unit"].to_list(), int(found["single"].sum())


def _shares_of(texts: pl.Series, model: Model) -> Floats:
    """Return texts by classes, a row of NaN where there is no word; equal texts weigh once."""
    few = _few_shares(texts, model) if len(texts) <= _FEW else None
    return _many_shares(texts, model) if few is None else few


def _few_shares(texts: pl.Series, model: Model) -> Floats | None:
    """Return the shares of texts one by one; None where one has signs for the column engine."""
    read = [([], 0) if text is None else units_of(text) for text in texts.to_list()]
    known = [(tuple(one[0]), one[1]) for one in read if one is not None]
    if not known or len(known) < len(read):
        return None
    if model is shipped():
        return np.concatenate([_remembered(*one) for one in known])
    return np.concatenate([_wording(*one, model) for one in known])


@lru_cache(_REMEMBERED)
def _remembered(names: tuple[str, ...], single: int) -> Floats:
    """Return the shares of a wording in the model of the package; not to be changed."""
    return _wording(names, single, shipped())


def _wording(names: Sequence[str], single: int, model: Model) -> Floats:
    """Return one row of shares of a text with these units, ``single`` of them words."""
    if not names:
        return np.full((1, len(model.classes)), np.nan, dtype=np.float32)
    start = np.zeros(1, np.int64)
    return _softmax(model, model.vectors(names), start, np.array([single], np.float32))


def _many_shares(texts: pl.Series, model: Model) -> Floats:
    different = texts.unique(maintain_order=True)
    parts = [
        _some_shares(different.slice(start, _SOME), model)
        for start in range(0, len(different), _SOME)
    ]
    if not parts:
        return np.zeros((0, len(model.classes)), dtype=np.float32)
    whole = np.concatenate(parts)
    if len(different) == len(texts):
        return whole
    rows = pl.DataFrame({"text": different}).with_row_index("row")
    place = pl.DataFrame({"text": texts}).join(
        rows, on="text", how="left", nulls_equal=True, maintain_order="left"
    )
    taken: Floats = whole[place["row"].to_numpy()]
    return taken


def _some_shares(texts: pl.Series, model: Model) -> Floats:
    found = units(texts)
    out = np.full((len(texts), len(model.classes)), np.nan, dtype=np.float32)
    if found.is_empty():
        return out
    words = found.select("unit").unique(maintain_order=True).with_row_index("word")
    held = found.join(words, on="unit", how="left", maintain_order="left")
    vectors = model.vectors(words["unit"].to_list())
    owner = held["text"].to_numpy()
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    single = np.add.reduceat(held["single"].to_numpy().astype(np.float32), starts)
    out[owner[starts]] = _softmax(model, vectors[held["word"].to_numpy()], starts, single)
    return out


def _softmax(model: Model, vectors: Floats, starts: Indices, single: Floats) -> Floats:
    """Return the shares of texts whose units' rows begin at ``starts``."""
    sums = np.add.reduceat(vectors, starts, axis=0)
    scores = model.sharpness * (model.bias + sums / np.sqrt(single)[:, None])
    scores -= scores.max(axis=1, keepdims=True)
    np.exp(scores, out=scores)
    return np.asarray(scores / scores.sum(axis=1, keepdims=True), dtype=np.float32)


def _places(codes: pl.Series, model: Model) -> Indices:
    """Return the class of each code's chapter, -1 where it names none."""
    if len(codes) <= _FEW:
        return np.array([_place(code, model) for code in codes.to_list()], dtype=np.int64)
    known = _chapters(model.classes)
    chapters = codes.str.strip_chars().str.head(2)
    return (
        chapters.replace_strict(known, default=-1, return_dtype=pl.Int64).fill_null(-1).to_numpy()
    )


def _place(code: str | None, model: Model) -> int:
    return _chapters(model.classes).get((code or "").strip(_BLANKS)[:2], -1)


@cache
def _chapters(classes: tuple[str, ...]) -> Mapping[str, int]:
    return {name: place for place, name in enumerate(classes) if name != NONE}


def _column(name: str, values: Floats) -> pl.Series:
    return pl.Series(name, values.astype(np.float32), nan_to_null=True)
