"""What a person reads of a link chart: nodes with their places, lines with what states them."""

from __future__ import annotations

import msgspec

from esclusa.model import Marking


class ChartNodeView(msgspec.Struct, frozen=True, kw_only=True):
    """A node. ``kind`` is ``entity`` or that of a tie (``consignment``, ``voyage``, ``address`` …).

    ``name`` is an entity's id, or the value that is shared; ``title`` what is written below it;
    ``type`` an entity's type, the most telling one. ``x`` and ``y`` are pixels. ``away`` counts
    lines from where the chart starts. ``folded`` is how many more it is tied to that are not drawn,
    ``hub`` that it was not walked through; ``opens`` is how to ask for that (``through``).
    ``record`` is a record that states a thing, "" for entities.
    """

    kind: str
    name: str
    title: str
    x: int
    y: int
    away: int
    type: str = ""
    folded: int = 0
    hub: bool = False
    opens: str = ""
    record: str = ""


class StatedView(msgspec.Struct, frozen=True, kw_only=True):
    """A record that states a line."""

    record_id: str
    title: str


class ChartLineView(msgspec.Struct, frozen=True, kw_only=True):
    """An entity's tie to a thing, as places in ``nodes``. ``records`` counts the records that state
    it; some of them are named. ``first`` and ``last`` are when the earliest and the latest of them
    were recorded (ISO 8601 UTC). ``bow`` is how far the line is bowed to its left on its way from
    the entity, as a share of its length, so that it runs through no node between."""

    entity: int
    thing: int
    roles: tuple[str, ...]
    records: int
    stated: tuple[StatedView, ...]
    first: str
    last: str
    bow: float = 0.0


class AsideView(msgspec.Struct, frozen=True, kw_only=True):
    """A hub that no way was looked for through: its title, how many it is tied to, and how to open
    it (``through``)."""

    title: str
    ties: int
    opens: str


class ChartView(msgspec.Struct, frozen=True, kw_only=True):
    """A chart of what one reader may see: the surroundings of ``start`` up to ``depth`` links away,
    or the ways from it to ``to``.

    ``marking`` is that of all that it shows, ``originators`` wrote it. ``left_entities``,
    ``left_things`` and ``left_lines`` were met and not drawn for want of room; ``cut`` tells that
    there may be more. ``made`` is ISO 8601 UTC.
    """

    start: str
    title: str
    nodes: tuple[ChartNodeView, ...]
    lines: tuple[ChartLineView, ...]
    width: int
    height: int
    marking: Marking
    originators: tuple[str, ...]
    made: str
    depth: int = 1
    to: str = ""
    through: tuple[str, ...] = ()
    aside: tuple[AsideView, ...] = ()
    left_entities: int = 0
    left_things: int = 0
    left_lines: int = 0
    cut: bool = False
