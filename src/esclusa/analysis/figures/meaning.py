"""What a figure means, as far as counting has to know; the words stand in casework's table."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final

import msgspec

from esclusa.analysis.figures.hiding import Sum

UNITS: Final = ("count", "minutes", "share", "estimate")


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """One version of one figure.

    ``unit``: ``count`` (of rows, or of their values), ``minutes`` (median and ninth decile of the
    times of the rows of ``bottom``), ``share`` (``top`` of ``bottom``, with an interval), or
    ``estimate`` (worked out elsewhere). ``parts`` names what its parts are, "" for none; ``adds``
    says that each thing stands in one part only, so that the parts sum to the whole. ``whole`` is
    the figure that this one is a part of, together with all of the same ``split``; ``complete``
    says that those sum to it, else they are at most as much. ``top`` may name one part of a figure
    (``figure:part``), and ``bottom`` several figures that are taken together (``one+other``).
    """

    id: str
    version: int
    section: str
    unit: str
    parts: str = ""
    adds: bool = True
    whole: str = ""
    split: str = ""
    complete: bool = True
    top: str = ""
    bottom: str = ""

    def taken_from(self, part: str) -> tuple[tuple[str, str], tuple[tuple[str, str], ...]]:
        """Return what a share of a part is taken from: the cell on top, and those below."""
        name, _, fixed = self.top.partition(":")
        return (name, fixed or part), tuple((one, part) for one in self.bottom.split("+"))


def sums_of(definitions: Iterable[Definition], cells: Collection[tuple[str, str]]) -> Iterator[Sum]:
    """Yield what adds up to what among these cells (figure, part).

    A share tells two counts apart: what is in it and what is not; the second is printed nowhere and
    follows from both, so it is a rest that wants the same protection.
    """
    listed = [one for one in definitions if one.unit in ("count", "share")]
    held = set(cells)
    for one in listed:
        parts = {cell[1] for cell in held if cell[0] == one.id}
        if one.unit == "count" and one.adds and parts - {""}:
            inside = tuple((one.id, part) for part in sorted(parts - {""}))
            yield Sum(whole=(one.id, ""), parts=inside)
        if one.unit == "share":
            yield from _of_share(one, parts, held)
    splits = {(one.whole, one.split, one.complete) for one in listed if one.whole}
    for whole, split, complete in sorted(splits):
        members = [one.id for one in listed if (one.whole, one.split) == (whole, split)]
        for part in sorted({part for name, part in held if name == whole}):
            inside = tuple((name, part) for name in members if (name, part) in held)
            if inside:
                yield Sum(whole=(whole, part), parts=inside, complete=complete)


def _of_share(one: Definition, parts: set[str], held: set[tuple[str, str]]) -> Iterator[Sum]:
    for part in sorted(parts):
        top, bottom = one.taken_from(part)
        if len(bottom) == 1 and {top, *bottom} <= held:
            yield Sum(whole=bottom[0], parts=(top,), complete=False)
