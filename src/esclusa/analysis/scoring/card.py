"""The model card: what a person reads before a model is activated (after Mitchell et al. 2019)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from esclusa.analysis.scoring.model import Model, Part, Term, checksum
from esclusa.analysis.scoring.reasons import points, term_title
from esclusa.analysis.scoring.words import Language, say


def card(model: Model, language: Language) -> str:
    """Return the card as plain text: sections with a title line, then lines of facts."""
    blocks = [
        [say("card", "title", language, name=model.name)],
        list(_identity(model, language)),
        [say("card", "data", language), *_data(model, language)],
        list(_metrics(model, language)),
        [say("card", "calibration", language), *_calibration(model, language)],
        [say("card", "features", language), *_features(model, language)],
        [say("card", "limits", language), *_limits(model, language)],
    ]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


class Shape:
    """The contributions of a term of one part, bin by bin, in the order in which they are drawn."""

    def __init__(self, model: Model, term: int, language: Language) -> None:
        """Read the shape of a term out of a model."""
        self.title = term_title(model, term, language)
        self.part: Part = model.parts[model.terms[term].parts[0]]
        self.scores = model.terms[term].scores
        self._language = language

    def lines(self) -> list[tuple[str, int]]:
        """Return (value or interval, contribution); missing last, and for texts any other too."""
        if self.part.is_number:
            names = intervals(self.part.cuts)
            rows = list(zip(names, self.scores[1:-1], strict=True))
        else:
            named = list(zip(self.part.values or (), self.scores[1:-1], strict=True))
            rows = sorted(named, key=lambda row: (-row[1], row[0]))
            rows.append((say("card", "other", self._language), self.scores[-1]))
        return [*rows, (say("reason", "missing", self._language), self.scores[0])]


def intervals(cuts: tuple[float, ...]) -> list[str]:
    """Return the intervals between cuts as people read them."""
    if not cuts:
        return ["…"]
    middle = [f"{a:.6g} – {b:.6g}" for a, b in pairwise(cuts)]
    return [f"< {cuts[0]:.6g}", *middle, f"≥ {cuts[-1]:.6g}"]


def widest_first(model: Model) -> list[int]:
    """Return the terms by the width of their contributions, the widest first."""
    widths = [_width(term) for term in model.terms]
    return sorted(range(len(model.terms)), key=lambda term: (-widths[term], term))


def _width(term: Term) -> int:
    return int(np.ptp(np.array([*term.scores, 0] if term.keys else term.scores)))


def _identity(model: Model, language: Language) -> Iterator[str]:
    training = model.training
    yield say("card", "use", language)
    yield say(
        "card", "identity", language, checksum=checksum(model)[:12], fitted=model.fitted,
        feature_version=model.feature_version,
    )  # fmt: skip
    libraries = ", ".join(f"{name} {version}" for name, version in training.libraries)
    yield say(
        "card", "method", language, recipe=training.recipe, seed=training.seed, libraries=libraries
    )
    yield say("card", "rounding", language)


def _data(model: Model, language: Language) -> Iterator[str]:
    training = model.training
    yield say("card", "source", language, data=training.data)
    yield say("card", "period", language, since=training.since[:10], until=training.until[:10])
    yield say(
        "card", "rows", language, known=training.known, finds=training.finds,
        worth=round(training.worth), unknown=training.unknown,
    )  # fmt: skip
    yield say("card", "prior", language, prior=_percent(model.prior))
    yield say(
        "card", "weights", language, without=training.without_probability,
        capped=training.weights_capped,
    )  # fmt: skip
    if training.lanes:
        yield say("card", "lanes", language) + ":"
        yield from (f"  {lane}: {_percent(share)}" for lane, share in training.lanes)
    if training.twins is not None:
        yield say("card", "twins", language, twins=_percent(training.twins))


def _metrics(model: Model, language: Language) -> Iterator[str]:
    if not model.training.metrics:
        yield say("card", "no_metrics", language)
        return
    yield say("card", "metrics", language)
    for one in model.training.metrics:
        name = say("metric", one.name, language)
        yield f"  {name}: {one.value:.3f} ({one.low:.3f} – {one.high:.3f})"


def _calibration(model: Model, language: Language) -> Iterator[str]:
    one = model.calibration
    yield say("card", f"method_{one.method}", language, rows=one.rows, finds=one.finds)
    for band in model.training.bands:
        yield "  " + say(
            "card", "band", language, low=_percent(band.low), high=_percent(band.high),
            rows=band.rows, expected=_percent(band.expected), found=_percent(band.found),
            found_low=_percent(band.found_low), found_high=_percent(band.found_high),
        )  # fmt: skip


def _features(model: Model, language: Language) -> Iterator[str]:
    for number in widest_first(model):
        term = model.terms[number]
        if len(term.parts) > 1:
            low, high = min(term.scores, default=0), max(term.scores, default=0)
            title = term_title(model, number, language)
            yield f"  {title}: {points(min(low, 0))} – {points(max(high, 0))}"
            continue
        lines = Shape(model, number, language).lines()
        inside, missing = lines[:-1], lines[-1]
        low_one, high_one = min(inside, key=lambda x: x[1]), max(inside, key=lambda x: x[1])
        yield "  " + say(
            "card", "feature", language, title=term_title(model, number, language),
            low=points(low_one[1]), least=low_one[0], high=points(high_one[1]), most=high_one[0],
            missing=points(missing[1]),
        )  # fmt: skip


def _limits(model: Model, language: Language) -> Iterator[str]:
    return (f"  {say('limit', name, language)}" for name in model.training.limits)


def _percent(share: float) -> str:
    return f"{share * 100:.1f} %"
