"""From figures to what faces show: rows with titles and addresses, in the order of a report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote, urlencode

import msgspec

from esclusa.analysis.figures import Figure, Key, hide_over, sums_of
from esclusa.casework.report_definitions import SECTIONS, Meaning, definitions, meanings
from esclusa.casework.report_periods import Period
from esclusa.model import KeptFigure
from esclusa.node.reporting import words
from esclusa.sharing import report_views as views

Figures = Mapping[Key, Figure]
_HIDDEN = Figure(hidden=True)
COUNT = "count"


def without_small(figures: Figures, months: Iterable[Figures] = ()) -> dict[Key, Figure]:
    """Return figures without the small ones and without what would give them away.

    A share goes with any count that it is taken from, a time with the count of what it is over.

    :param months: of a year, the figures of its months: what one of those leaves out stays out of
        the year, so that no report of a month can be worked out from the year's.
    """
    known = {one.id: one for one in definitions()}
    inside = [_gone(month, ()) for month in months]
    gone = _gone(figures, inside)

    def stays(key: Key) -> bool:
        one = known[key[0]]
        if one.unit == COUNT:
            return key not in gone
        if one.unit == "share":
            top, bottom = one.taken_from(key[1])
            return not {top, *bottom} & gone
        if one.unit == "minutes":
            return (one.bottom, key[1]) not in gone
        # The estimate rests on the control sample, lane by lane.
        return not any(name.startswith(f"{one.section}_") for name, _part in gone)

    # What counts in a month alone, because it was decided anew in a later one, stays out as well.
    later = {key: _HIDDEN for month in inside for key in month if key not in figures}
    return later | {key: one if stays(key) else _HIDDEN for key, one in figures.items()}


def _gone(figures: Figures, inside: Sequence[frozenset[Key]]) -> frozenset[Key]:
    """Return the counts that stay out of a report."""
    known = {one.id: one for one in definitions()}
    counts = {
        key: one.number for key, one in figures.items()
        if known[key[0]].unit == COUNT and one.number is not None
    }  # fmt: skip
    cells = [key for key in figures if known[key[0]].unit in (COUNT, "share")]
    return hide_over(counts, tuple(sums_of(known.values(), cells)), inside)


def sections(told: Mapping[str, Figures], period: Period) -> tuple[views.SectionView, ...]:
    """Return the figures of several periods beside each other.

    :param told: the figures of each period by what it is to the report's.
    """
    made = []
    for name in SECTIONS:
        listed = [one for one in meanings().values() if one.definition.section == name]
        rows = tuple(row for one in listed for row in _rows(one, told, period))
        made.append(views.SectionView(section=name, rows=rows))
    return tuple(made)


def _rows(one: Meaning, told: Mapping[str, Figures], period: Period) -> Iterator[views.FigureRow]:
    definition = one.definition
    found = {part for figures in told.values() for name, part in figures if name == definition.id}
    parts = words.in_order(
        definition.parts, sorted({*found, *words.closed(definition.parts)} - {""})
    )
    for part in ("", *parts):
        title = words.part(definition.parts, part) if part else (one.title_en, one.title_es)
        yield views.FigureRow(
            figure=definition.id, version=definition.version, unit=definition.unit, part=part,
            title_en=title[0], title_es=title[1], address=address(period.name, definition.id, part),
            cells={
                name: cell(figures.get((definition.id, part), _nothing(definition.unit)))
                for name, figures in told.items()
            },
        )  # fmt: skip


def _nothing(unit: str) -> Figure:
    return {"estimate": Figure(), "share": Figure(number=0, of=0)}.get(unit, Figure(number=0))


def cell(one: Figure) -> views.CellView:
    """Return a figure as faces show it."""
    return msgspec.convert(msgspec.structs.asdict(one), views.CellView)


def address(period: str, figure: str, part: str = "") -> str:
    """Return the page of the records behind a figure."""
    query = f"?{urlencode({'part': part})}" if part else ""
    return f"/reports/{quote(period)}/figures/{quote(figure)}{query}"


def meaning_view(one: Meaning) -> views.MeaningView:
    """Return a definition as faces show it."""
    definition = one.definition
    return views.MeaningView(
        figure=definition.id, version=definition.version, section=definition.section,
        unit=definition.unit, title_en=one.title_en, title_es=one.title_es,
        counts_en=one.counts_en, counts_es=one.counts_es, not_en=one.not_en, not_es=one.not_es,
    )  # fmt: skip


def frozen(figures: Figures) -> tuple[KeptFigure, ...]:
    """Return figures as a kept report holds them, in the order of their names."""
    known = {one.id: one.version for one in definitions()}
    return tuple(
        KeptFigure(
            figure=name, version=known[name], part=part, number=one.number, of=one.of,
            value=one.value, low=one.low, high=one.high,
        )
        for (name, part), one in sorted(figures.items())
    )  # fmt: skip


def thawed(one: KeptFigure) -> Figure:
    """Return a figure of a kept report."""
    return Figure(number=one.number, of=one.of, value=one.value, low=one.low, high=one.high)
