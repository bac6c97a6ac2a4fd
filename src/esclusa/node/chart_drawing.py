"""A link chart as SVG (2nd edition of SVG 1.1): for a page, or as a file that stands alone.

In a page the style sheet gives colours and dashes by class, and every node is a link. A file brings
its own style, the marking above the chart and the legend below it, and links to nothing. Kinds are
told apart by shape and dash, never by colour alone.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from esclusa.model import Level, Marking
from esclusa.model.ownership import CAPACITIES
from esclusa.sharing.chart_views import ChartNodeView, ChartView

TYPES: Final = {
    "person": "M0 -9A9 9 0 1 1 0 9A9 9 0 1 1 0 -9Z",
    "organisation": "M-9 -9H9V9H-9Z",
    "party": "M-4 -9H4L9 -4V4L4 9H-4L-9 4V-4Z",
    "vessel": "M-12 -5H12L8 8H-8Z",
    "container": "M-13 -7H13V7H-13ZM-5 -7V7M4 -7V7",
    "address": "M0 -10L10 -1V9H-10V-1Z",
    "document": "M-7 -10H3L8 -5V10H-7Z",
    "phone": "M-5 -10H5V10H-5ZM-5 5H5",
}
"""Shapes of entities, filled, as paths round 0,0."""
THINGS: Final = {
    "consignment": "M0 -8L8 0L0 8L-8 0Z",
    "voyage": "M0 -8L8 7H-8Z",
    "journey": "M0 8L8 -7H-8Z",
    "booking": "M-4 -7H4L8 0L4 7H-4L-8 0Z",
    "document": "M-5 -7H2L6 -3V7H-5Z",
    "phone": "M-4 -7H4V7H-4Z",
    "address": "M0 -7L7 -1V7H-7V-1Z",
    "owner": "M-7 -3L-4 -7H4L7 -3V7H-7ZM-7 0H7",
}
"""Shapes of what is shared, hollow."""
DASHES: Final = {
    "consignment": "", "voyage": "9 4", "journey": "9 3 2 3", "booking": "2 3",
    "document": "14 3 2 3 2 3", "phone": "4 4", "address": "1 5",
    "owner": "16 4",
}  # fmt: skip
"""Dashes of the lines to it."""

_LABEL: Final = 18
"""Characters of a name that fit into a cell; the whole name is in the title."""
_UP: Final = 8
"""Pixels that a shape stands above the middle of its cell; the name is below."""
_HEAD: Final = 74
_STEP: Final = 26
_STYLE: Final = """
svg{font:12px system-ui,"DejaVu Sans",sans-serif;background:#fff}text{fill:#16211f}
.node path{fill:#0b4f5c;stroke:#0b4f5c;stroke-width:1.5}.thing path{fill:#fff}
.start path{stroke:#b3440a;stroke-width:4}.hub path{stroke-width:4}.line{fill:none;stroke:#6d7a77}
@media(prefers-color-scheme:dark){svg{background:#121817}text{fill:#e8eeec}
.node path{fill:#86d3e0;stroke:#86d3e0}.thing path{fill:#121817}.start path{stroke:#ffb27a}
.line{stroke:#82918d}}
"""


@cache
def _words() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(files("esclusa.node").joinpath("chart_words.toml").read_text())


def word(group: str, key: str, language: str, *values: object) -> str:
    """Return a word of the chart; a key that is not in its lists is returned as it is."""
    found = _words()[group].get(key)
    return found[language == "es"].format(*values) if found else key


def said(marking: Marking, originators: tuple[str, ...]) -> str:
    """Return a marking in words that stand in both languages."""
    parts = [Level(marking.level).name, ", ".join(originators)]
    if marking.releasable_to:
        parts.append("→ " + ", ".join(sorted(marking.releasable_to)))
    parts += sorted(marking.caveats)
    return " · ".join(filter(None, parts))


def heading(view: ChartView, language: str) -> str:
    """Return what a chart is of."""
    if view.to:
        other = next((node.title for node in view.nodes if node.name == view.to), view.to)
        return word("say", "between", language, view.title, other)
    return word("say", "around", language, view.title, view.depth)


def notes(view: ChartView, language: str) -> tuple[str, ...]:
    """Return what a chart leaves out, in sentences; none when it leaves out nothing."""
    left = (view.left_entities, view.left_things, view.left_lines)
    found = [word("say", "left", language, *left)] if any(left) else []
    return (*found, *([word("say", "cut", language)] if view.cut else []))


def kind_of(node: ChartNodeView, language: str) -> str:
    """Return the word for what a node is."""
    if node.kind == "entity":
        return word("type", node.type, language)
    return word("thing", node.kind, language)


def named(node: ChartNodeView, language: str) -> str:
    """Return what a node is called."""
    return stake(node.title, language) if node.kind == "owner" else node.title


def stake(value: str, language: str) -> str:
    """Return a statement of who owns or runs what (see :func:`esclusa.model.ownership.stake`) with
    its capacity, and that it has ended, in words."""
    sides, *said = value.split("; ")
    return "; ".join((sides, *(_said(one, language) for one in said)))


def _said(part: str, language: str) -> str:
    if part == "former":
        return word("say", "former", language)
    return word("role", part, language) if part in CAPACITIES else part


def title_of(node: ChartNodeView, language: str) -> str:
    """Return what is said of a node to whoever points at it or reaches it by keyboard."""
    more = ""
    if node.folded:
        more = f" · {word('say', 'hub' if node.hub else 'folded', language, node.folded)}"
    start = f" · {word('say', 'starts', language)}" if node.away == 0 else ""
    return f"{kind_of(node, language)}: {named(node, language)}{start}{more}"


def page_svg(view: ChartView, language: str, address: Callable[[ChartNodeView], str]) -> str:
    """Return a chart for a page.

    :param address: where a node leads to.
    """
    size = f'width="{view.width}" height="{view.height}"'
    return (
        f'<svg class="chart" role="group" viewBox="0 0 {view.width} {view.height}" {size}'
        f" aria-label={quoteattr(heading(view, language))}>"
        + "".join(_lines(view))
        + "".join(_nodes(view, language, address))
        + "</svg>"
    )


def file_svg(view: ChartView, language: str) -> str:
    """Return a chart as a file that stands alone, with its marking and its legend."""
    rows = list(_legend(view, language))
    above = [
        f"{word('say', 'marking', language)}: {said(view.marking, view.originators)}",
        heading(view, language),
        f"{word('say', 'made', language)}: {view.made}",
        *notes(view, language),
    ]
    head = _HEAD + 18 * max(0, len(above) - 3)
    wide = max(view.width, 40 + 8 * max(map(len, above)), 360)
    high = head + view.height + _STEP * (len(rows) + 1)
    texts = "".join(
        f'<text x="16" y="{24 + 18 * at}"{_BOLD if at == 0 else ""}>{escape(text)}</text>'
        for at, text in enumerate(above)
    )
    legend = "".join(
        f'<g transform="translate(0 {head + view.height + _STEP * (at + 1)})">{row}</g>'
        for at, row in enumerate(rows)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}"'
        f' height="{high}" lang="{language}"><title>{escape(heading(view, language))}</title>'
        f"<style>{_STYLE}{_dashes()}</style>{texts}"
        f'<g transform="translate(0 {head})">{"".join(_lines(view))}'
        f"{''.join(_nodes(view, language, None))}</g>{legend}</svg>\n"
    )


_BOLD: Final = ' font-weight="700"'


def _dashes() -> str:
    return "".join(f".k-{kind}{{stroke-dasharray:{dash}}}" for kind, dash in DASHES.items() if dash)


def _lines(view: ChartView) -> Iterator[str]:
    for number, line in enumerate(view.lines):
        one, other = view.nodes[line.entity], view.nodes[line.thing]
        across, down = other.x - one.x, other.y - one.y
        bow_x = round((one.x + other.x) / 2 - line.bow * down)
        bow_y = round((one.y + other.y) / 2 + line.bow * across) - _UP
        yield (
            f'<path id="l{number}" class="line k-{_class(other.kind)}"'
            f' d="M{one.x} {one.y - _UP}Q{bow_x} {bow_y} {other.x} {other.y - _UP}"/>'
        )


def _nodes(
    view: ChartView, language: str, address: Callable[[ChartNodeView], str] | None
) -> Iterator[str]:
    for number, node in enumerate(view.nodes):
        names = ["node", "entity" if node.kind == "entity" else "thing"]
        names += [name for name, on in (("start", node.away == 0), ("hub", node.hub)) if on]
        short = escape(_short(named(node, language)))
        inside = (
            f"<title>{escape(title_of(node, language))}</title>"
            f'<path d="{_shape(node)}" transform="translate({node.x} {node.y - _UP})"/>'
            f'<text x="{node.x}" y="{node.y + 18}" text-anchor="middle">{short}</text>'
            + _count(node)
        )
        marked = f'id="n{number}" class="{" ".join(names)}"'
        if address is None:
            yield f"<g {marked}>{inside}</g>"
        else:
            yield f"<a {marked} href={quoteattr(address(node))}>{inside}</a>"


def _shape(node: ChartNodeView) -> str:
    if node.kind == "entity":
        return TYPES.get(node.type, TYPES["party"])
    return THINGS.get(node.kind, THINGS["consignment"])


def _short(title: str) -> str:
    return title if len(title) <= _LABEL else title[: _LABEL - 1] + "…"


def _count(node: ChartNodeView) -> str:
    if not node.folded:
        return ""
    return f'<text class="more" x="{node.x + 14}" y="{node.y - 12}">+{node.folded}</text>'


def _class(kind: str) -> str:
    return kind if kind in DASHES else "consignment"


def _legend(view: ChartView, language: str) -> Iterator[str]:
    types, kinds = used(view)
    for name in types:
        shape = f'<path d="{TYPES[name]}"/>'
        yield _sample("entity", shape, "", word("type", name, language))
    for name in kinds:
        line = f'<path class="line k-{name}" d="M60 0H130"/>'
        yield _sample("thing", f'<path d="{THINGS[name]}"/>', line, word("thing", name, language))


def used(view: ChartView) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which types of entities and which kinds of things a chart has, for its legend."""
    types = {node.type for node in view.nodes if node.kind == "entity"}
    kinds = {node.kind for node in view.nodes}
    return (
        tuple(name for name in TYPES if name in types),
        tuple(name for name in THINGS if name in kinds),
    )


def _sample(kind: str, shape: str, line: str, text: str) -> str:
    return (
        f'<g class="node {kind}" transform="translate(36 0)">{shape}</g>{line}'
        f'<text x="150" y="4">{escape(text)}</text>'
    )
