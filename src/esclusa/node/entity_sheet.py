"""An entity and what the desks hold about it: one look, one reading.

A page that asks each desk by itself brings the entities up to date, takes a snapshot, reads the
same records and writes an audit line once for each; here each is done once
(:meth:`~esclusa.node.entity_desk.EntityDesk.together`).
"""

from __future__ import annotations

from contextlib import suppress

import msgspec

from esclusa.errors import NotFound
from esclusa.node.case_desk import CaseDesk
from esclusa.node.entity_desk import EntityDesk
from esclusa.node.entity_story import StoryDesk
from esclusa.sharing.case_views import OfItemView
from esclusa.sharing.entity_views import EntityView, NearView, Turned
from esclusa.sharing.reader import Reader
from esclusa.sharing.story_views import FactsView, TimelineFilter, TimelineView


class EntitySheet(msgspec.Struct, frozen=True, kw_only=True):
    """An entity and what the reader may know of it: what is stated, what happened last, who is
    near, the ways to another entity (None when none was asked for, or there is no such entity), and
    the open cases that hold it."""

    entity: EntityView
    facts: FactsView
    story: TimelineView
    near: NearView
    connected: NearView | None
    cases: OfItemView


class EntitySheets:
    """Entities of one node, with all that is beside them."""

    def __init__(self, entities: EntityDesk, stories: StoryDesk, cases: CaseDesk) -> None:
        self._entities = entities
        self._stories = stories
        self._cases = cases

    def sheet(
        self, reader: Reader, name: str, *, most: int, latest: int, depth: int = 1, to: str = "",
        turned: Turned = Turned(),  # noqa: B008
    ) -> EntitySheet:  # fmt: skip
        """Return an entity and what is beside it.

        :param most: members, pairs and links that are told at most; all are counted.
        :param turned: how many of each come before those.
        :param latest: entries of the timeline.
        :param depth: how many links away others are looked for, 1 to 3.
        :param to: another entity, to which the ways are looked for; "" for none.
        :raises NotFound: when it is not there, or the reader may not know of it.
        """
        with self._entities.together(reader):
            view = self._entities.show(reader, name, most=most, turned=turned)
            found, connected = view.entity.id, None
            facts = self._stories.facts(reader, found)
            story = self._stories.timeline(reader, found, TimelineFilter(limit=latest))
            near = self._entities.links(reader, found, depth=depth, most=most, turned=turned)
            if to:
                with suppress(NotFound):
                    connected = self._entities.paths(reader, found, to)
            return EntitySheet(
                entity=view, facts=facts, story=story, near=near, connected=connected,
                cases=self._cases.of_item(reader, "entity", found),
            )  # fmt: skip
