"""Links: what entities share, who is near, and how two are connected.

::

    graph = Graph.build(mentions, {m: e.id for e in seen for m in e.mentions}, visible={3, 7})
    near = neighbourhood(graph, entity_id, depth=2)
    ways = paths(graph, one_id, other_id, longest=4)
    chart = chart_around(graph, entity_id, depth=2)
    places = layout(len(chart.nodes), chart.lines, [node.away for node in chart.nodes])
    bowed = bows(places, chart.lines)

A reader's graph is built from what he may see alone: ``seen`` is his
:func:`esclusa.analysis.resolution.view`. Hubs are named and not walked through unless asked; every
walk ends within :class:`Limits`. No storage, no clock. See ``docs/resolution.md``.
"""

from esclusa.analysis.links.chart import (
    ENTITY,
    Chart,
    ChartLimits,
    Spot,
    chart_around,
    chart_between,
)
from esclusa.analysis.links.graph import Evidence, Graph
from esclusa.analysis.links.layout import BOWS, CELL_HEIGHT, CELL_WIDTH, bows, layout
from esclusa.analysis.links.walk import (
    Hub,
    Limits,
    Link,
    Neighbourhood,
    Paths,
    neighbourhood,
    paths,
)

__all__ = [
    "BOWS", "CELL_HEIGHT", "CELL_WIDTH", "ENTITY", "Chart", "ChartLimits", "Evidence", "Graph",
    "Hub", "Limits", "Link", "Neighbourhood", "Paths", "Spot", "bows", "chart_around",
    "chart_between", "layout", "neighbourhood", "paths",
]  # fmt: skip
