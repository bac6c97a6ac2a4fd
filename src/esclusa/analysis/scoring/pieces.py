"""Additive pieces, before they are a model: tables of real numbers, added up feature by feature.

Whatever learns (trees over one feature, a regression on groups) gives pieces. Pieces about the same
thing are added; numbers with different cuts get the cuts of both. Each is then shifted so that its
mean over the training rows is 0, the shift goes to the intercept, and the result is rounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from esclusa.analysis.scoring.model import UNIT, Part, Term, rounded
from esclusa.analysis.scoring.score import part_bins

Floats = npt.NDArray[np.float64]


class Piece(msgspec.Struct, frozen=True):
    """Real contributions, in log odds, for each combined bin of the parts."""

    parts: tuple[Part, ...]
    scores: Floats


class Sum(msgspec.Struct, frozen=True):
    """Pieces and the constant that goes with them."""

    pieces: tuple[Piece, ...]
    intercept: float

    def times(self, factor: float) -> Sum:
        """Return everything multiplied."""
        return Sum(
            tuple(Piece(one.parts, one.scores * factor) for one in self.pieces),
            self.intercept * factor,
        )


def added(sums: Iterable[Sum]) -> Sum:
    """Return the sum of sums, with one piece for each feature or cross."""
    groups: dict[tuple[object, ...], list[Piece]] = {}
    intercept = 0.0
    for one in sums:
        intercept += one.intercept
        for piece in one.pieces:
            groups.setdefault(_about(piece), []).append(piece)
    return Sum(tuple(_merged(group) for group in groups.values()), intercept)


def _about(piece: Piece) -> tuple[object, ...]:
    if len(piece.parts) == 1:
        return piece.parts[0].feature, piece.parts[0].prefix
    return piece.parts


def _merged(group: Sequence[Piece]) -> Piece:
    if len(group) == 1:
        return group[0]
    if len(group[0].parts) > 1:
        return Piece(group[0].parts, np.sum([piece.scores for piece in group], axis=0))
    first = group[0].parts[0]
    if first.is_number:
        cuts = sorted({cut for piece in group for cut in piece.parts[0].cuts})
        whole = Part(feature=first.feature, cuts=tuple(cuts))
        return Piece((whole,), np.sum([_over_cuts(piece, cuts) for piece in group], axis=0))
    values = dict.fromkeys(value for piece in group for value in piece.parts[0].values or ())
    whole = Part(feature=first.feature, values=tuple(values), prefix=first.prefix)
    return Piece((whole,), np.sum([_over_values(piece, tuple(values)) for piece in group], axis=0))


def _over_cuts(piece: Piece, cuts: Sequence[float]) -> Floats:
    inside = np.searchsorted(piece.parts[0].cuts, [-np.inf, *cuts], side="right") + 1
    return np.concatenate([piece.scores[:1], piece.scores[inside], piece.scores[-1:]])


def _over_values(piece: Piece, values: tuple[str, ...]) -> Floats:
    known = {value: place for place, value in enumerate(piece.parts[0].values or (), 1)}
    other = len(piece.scores) - 1
    inside = [known.get(value, other) for value in values]
    return np.concatenate([piece.scores[:1], piece.scores[inside], piece.scores[-1:]])


def centred(whole: Sum, frame: pl.DataFrame, weight: Floats) -> Sum:
    """Return the same sum with each piece at mean 0 over these rows."""
    shifted, intercept = [], whole.intercept
    for piece in whole.pieces:
        bins = combined_bins(piece.parts, frame)
        mean = float(np.average(piece.scores[bins], weights=weight))
        intercept += mean
        shifted.append(Piece(piece.parts, piece.scores - mean))
    return Sum(tuple(shifted), intercept)


def combined_bins(parts: Sequence[Part], frame: pl.DataFrame) -> npt.NDArray[np.int64]:
    """Return for each row its combined bin; see :class:`~.model.Term`."""
    place = np.zeros(frame.height, np.int64)
    for part in parts:
        place = place * part.size + part_bins(part, frame[part.feature])
    return place


def tables(whole: Sum) -> tuple[tuple[Part, ...], tuple[Term, ...], int]:
    """Return parts, terms and intercept as the model keeps them: rounded, and without cuts that
    part nothing. Pieces that say nothing at all are left out.

    :raises ValueError: a contribution is not a number or cannot be kept.
    """
    parts: dict[Part, int] = {}
    terms = []
    for piece in whole.pieces:
        scores = [rounded(one) for one in piece.scores.tolist()]
        if not any(scores):
            continue
        if len(piece.parts) == 1:
            part, scores = _without_idle_cuts(piece.parts[0], scores)
            number = parts.setdefault(part, len(parts))
            terms.append(Term(parts=(number,), scores=tuple(scores)))
            continue
        numbers = tuple(parts.setdefault(part, len(parts)) for part in piece.parts)
        keys = [key for key, score in enumerate(scores) if score]
        terms.append(
            Term(parts=numbers, scores=tuple(scores[key] for key in keys), keys=tuple(keys))
        )
    return tuple(parts), tuple(terms), rounded(whole.intercept)


def _without_idle_cuts(part: Part, scores: list[int]) -> tuple[Part, list[int]]:
    if not part.is_number:
        return part, scores
    kept = [place for place in range(len(part.cuts)) if scores[place + 1] != scores[place + 2]]
    cuts = tuple(part.cuts[place] for place in kept)
    inside = [scores[1], *(scores[place + 2] for place in kept)]
    return Part(feature=part.feature, cuts=cuts), [scores[0], *inside, scores[-1]]


def log_odds(whole: Sum, frame: pl.DataFrame) -> Floats:
    """Return the unrounded sum of each row, in log odds."""
    total = np.full(frame.height, whole.intercept)
    for piece in whole.pieces:
        total += piece.scores[combined_bins(piece.parts, frame)]
    return total


def units(log_odds_of: Floats) -> npt.NDArray[np.int64]:
    """Return log odds in units, for ranking and calibration before the model is written."""
    return np.rint(log_odds_of * UNIT).astype(np.int64)
