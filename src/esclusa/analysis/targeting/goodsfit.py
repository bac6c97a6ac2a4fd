"""Features of goods texts against the codes beside them (see :mod:`esclusa.analysis.goods`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from esclusa.analysis.goods import judge, judge_one, read
from esclusa.analysis.targeting.normal import code, normal
from esclusa.model import Consignment

FIT_NAMES: Final = ("goods_fit", "goods_speak_for", "goods_words_against")

_EXPLAINED: Final = 0.01
"""Below this likeness the words are looked up: rules ask there, and each costs 2 milliseconds."""
_WORDS_SHOWN: Final = 3
_FEW: Final = 40
"""Up to so many lines are judged one by one: columns cost 4 to 6 milliseconds whatever they hold, a
wording that was never met an eighth of one."""


def fit_values(bodies: Sequence[Consignment]) -> list[tuple[object, ...]]:
    """Return the values of :data:`FIT_NAMES`: the likeness of the line that fits its code worst, 0
    to 1, the chapter that this line's text speaks for, and the words that do so against the code,
    strongest first, where it fits badly. All are unknown where no line has both text and code, or
    none of these texts tells a chapter."""
    lines = [
        (row, text, hs)
        for row, body in enumerate(bodies)
        for item in body.goods
        if (hs := code(item.hs_code)) and (text := normal(item.description))
    ]
    found: list[tuple[object, ...]] = [(None, None, None)] * len(bodies)
    if not lines:
        return found
    rows, texts, codes = zip(*lines, strict=True)
    if len(lines) <= _FEW:
        told = [judge_one(text, hs) for _row, text, hs in lines]
    else:
        fit = judge(texts, codes)
        told = list(zip(fit.likeness, fit.best, strict=True))
    worst: dict[int, float] = {}
    place: dict[int, int] = {}
    for line, (row, (likeness, _best)) in enumerate(zip(rows, told, strict=True)):
        if likeness is not None and likeness < worst.get(row, 2.0):
            worst[row], place[row] = likeness, line
    for row, line in place.items():
        against = _against(texts[line], codes[line]) if worst[row] < _EXPLAINED else None
        found[row] = (round(worst[row], 4), told[line][1], against)
    return found


def _against(text: str, code_of_line: str) -> list[str] | None:
    why = read(text, code_of_line)
    said = why.said if why is not None else ()
    return [each.words for each in said if each.weight < 0][:_WORDS_SHOWN] or None
