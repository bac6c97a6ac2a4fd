"""What is kept of a timeline from one look to the next is what reading everything anew would give,
for each reader, whatever was written, decided, taken back or erased between two looks.

About 5 CPU seconds, of them one look at an entity after each of many steps.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

import worlds
from esclusa.ledger import records, standing
from esclusa.ledger.records import Draft
from esclusa.model import Consignment, Level, Marking, SeizedItem, Seizure
from esclusa.node import Node, story_entries, story_kept
from esclusa.node.entity_story import StoryDesk
from esclusa.sharing.reader import Reader, Role
from esclusa.sharing.story_views import TimelineFilter

NAME = "ISTMO PRIMAVERA"
FIRMA = f"{NAME} SA"
WHOLE = TimelineFilter(limit=200)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    made = worlds.make(tmp_path / "node")
    worlds.take_in(made, "one.edi", worlds.cuscar(("B1", FIRMA, "BANANAS")))
    yield made
    made.close()


def people(node: Node) -> tuple[Reader, ...]:
    """An analyst, one who knows the secrets, and a supervisor who may read referrals as well."""
    return (worlds.reader(node), worlds.cleared(node),
            worlds.reader(node, name="sue", role=Role.SUPERVISOR))  # fmt: skip


def told(desk: StoryDesk, reader: Reader, name: str) -> tuple[Any, ...]:
    return desk.timeline(reader, name, WHOLE), desk.facts(reader, name)


def anew(node: Node) -> StoryDesk:
    """A desk that remembers nothing."""
    return StoryDesk(node.gate, node.pipeline, node.entities)


def alert_of(node: Node, reader: Reader, bill: str) -> Any:
    return next(row for row in worlds.queue_of(node, reader) if bill in row.title)


def decide(node: Node, reader: Reader) -> None:
    row = alert_of(node, reader, "B1")
    match = next(r.match for r in row.reasons if r.match and r.code == "own:s1")
    assert match is not None
    node.match_desk.decide(reader, match.id, outcome="not_the_same", reason="Other tax number.")


def seize(node: Node, reader: Reader) -> None:
    node.seizure_desk.report(reader, Seizure(
        agency="marisol", number="S1", event="", seized="2026-11-26", part="found", bill="B1",
        items=(SeizedItem(category="drugs", what="PACKAGES", quantity=46, unit="KGM"),),
    ))  # fmt: skip


def put(node: Node, *bills: str, marking: Marking = Marking()) -> None:  # noqa: B008
    """Write bills of another firm; no rule looks at them."""
    label = node.labels.intern(node.agency, marking)
    drafts = [Draft(body=Consignment(carrier="NRCH", bill=bill), originator=node.agency,
                    label_id=label) for bill in bills]  # fmt: skip
    with node.store.write() as connection:
        records.append(connection, drafts)


def test_after_each_step_it_is_what_a_desk_that_remembers_nothing_tells(node: Node) -> None:
    ana, _cleared, supervisor = people(node)
    erased = node.administrator()
    node.add_mapping(
        node.operator(), "examinations.toml", io.BytesIO(worlds.sample("examinations.toml"))
    )
    add, bill = worlds.take_in, worlds.cuscar
    steps: list[Callable[[], object]] = [
        lambda: add(node, "two.edi", bill(("B2", FIRMA, "TEA"))),
        lambda: put(node, "X1", "X2"),
        lambda: worlds.with_list(node, "own", ("s1", NAME)),
        lambda: node.claim(ana, alert_of(node, ana, "B1").alert_id),
        lambda: node.verdict(ana, alert_of(node, ana, "B1").alert_id, verdict="refer", reason="odd"),
        lambda: node.undo(ana, alert_of(node, ana, "B1").alert_id),
        lambda: decide(node, ana),
        lambda: add(node, "e.csv", worlds.examined(("E1", "found", "", "B1", "value", "1"))),
        lambda: seize(node, supervisor),
        lambda: add(node, "new.edi", bill(("B1", FIRMA, "TILES"), function="4")),
        lambda: add(node, "hid.edi", bill(("B1", FIRMA, "GHOST")), marking=worlds.SECRET),
        lambda: add(node, "gone.edi", bill(("B2", FIRMA, "TEA"), function="1")),
        lambda: add(node, "back.edi", bill(("B2", FIRMA, "TEA"))),
        lambda: worlds.with_list(node, "own", ("s9", "NOBODY KNOWN")),
        lambda: node.erase(erased, node.search(ana, "B1").rows[0].record_id, reason="asked for"),
    ]  # fmt: skip
    seen: dict[str, list[bytes]] = {reader.name: [] for reader in people(node)}
    for step in steps:
        step()
        for reader in people(node):
            name = node.entities.find(reader, NAME).rows[0].id
            kept = told(node.stories, reader, name)
            assert kept == told(anew(node), reader, name)
            assert kept == told(node.stories, reader, name)  # nothing was written in between
            seen[reader.name].append(msgspec.json.encode(kept))
    assert all(len(set(said)) >= 10 for said in seen.values())  # the steps do change what is told
    assert all(b"GHOST" not in said and b"SECRET" not in said for said in seen[ana.name])


def test_after_a_record_of_others_nothing_of_an_entity_is_read_again(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = worlds.reader(node)
    put(node, "X0")  # a label that is new makes another set
    name = node.entities.find(ana, NAME).rows[0].id
    before = told(node.stories, ana, name)
    asked: list[str] = []
    whole = story_entries.alerts_beside

    def alerts(around: Any, places: dict[str, Any]) -> Any:
        asked.extend(places)
        return whole(around, places)

    monkeypatch.setattr(story_kept, "alerts_beside", alerts)
    put(node, "X1")
    assert told(node.stories, ana, name) == before
    assert asked == []
    worlds.take_in(node, "two.edi", worlds.cuscar(("B2", FIRMA, "TEA")))
    told(node.stories, ana, name)
    assert asked == [node.search(ana, "B2").rows[0].record_id]


def test_a_reader_under_other_labels_is_told_nothing_that_was_kept_for_another(node: Node) -> None:
    low, cleared = worlds.reader(node), worlds.cleared(node)
    name = node.entities.find(low, NAME).rows[0].id
    without = told(node.stories, low, name)
    worlds.take_in(node, "hid.edi", worlds.cuscar(("B8", FIRMA, "GHOST")), worlds.SECRET)
    secret = told(node.stories, cleared, name)
    assert secret[0].count > without[0].count
    assert told(node.stories, low, name) == without
    open_one = worlds.reader(node, clearance=Level.OPEN)
    with pytest.raises(Exception, match="no such entity"):
        node.stories.timeline(open_one, name, WHOLE)


def test_what_is_erased_is_forgotten_at_once_for_every_entity(node: Node) -> None:
    ana = worlds.reader(node)
    told(node.stories, ana, node.entities.find(ana, NAME).rows[0].id)
    assert node.stories.kept._held
    worlds.take_in(node, "x.edi", worlds.cuscar(("B7", "OTRA FIRMA SA", "TEA")))
    node.erase(node.administrator(), node.search(ana, "B7").rows[0].record_id, reason="asked for")
    assert not node.stories.kept._held


def test_a_ledger_that_does_not_go_on_from_there_makes_it_begin_anew(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = worlds.reader(node)
    name = node.entities.find(ana, NAME).rows[0].id
    told(node.stories, ana, name)
    asked: list[int] = []
    monkeypatch.setattr(story_kept, "standing_at", lambda *_where: "another ledger's digest")
    monkeypatch.setattr(story_kept, "written_since", lambda *where: asked.append(1))
    put(node, "X1")
    assert told(node.stories, ana, name) == told(anew(node), ana, name)
    assert asked == []  # what came since says nothing then
    monkeypatch.setattr(story_kept, "standing_at", standing.standing_at)
    put(node, "X2")  # and where too much was written to look at it, all is read anew
    assert told(node.stories, ana, name) == told(anew(node), ana, name)
    assert asked == [1] * len(asked) and asked


def test_of_many_entities_those_looked_at_last_are_kept(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(story_kept, "_KEPT", 1)
    worlds.take_in(node, "two.edi", worlds.cuscar(("B2", "OTRA FIRMA SA", "TEA")))
    ana = worlds.reader(node)
    names = [node.entities.find(ana, text).rows[0].id for text in (NAME, "OTRA FIRMA")]
    for name in names:
        assert told(node.stories, ana, name) == told(anew(node), ana, name)
    assert [key[2] for key in node.stories.kept._held] == names[1:]


def test_what_was_looked_at_again_and_again_is_not_what_goes_first(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(story_kept, "_KEPT", 2)
    for number, firm in enumerate(("OTRA FIRMA SA", "TERCERA SA"), 2):
        worlds.take_in(node, f"{number}.edi", worlds.cuscar((f"B{number}", firm, "TEA")))
    ana = worlds.reader(node)
    names = [node.entities.find(ana, text).rows[0].id
             for text in (NAME, "OTRA FIRMA", NAME, "TERCERA")]  # fmt: skip
    for name in names:
        told(node.stories, ana, name)
    assert [key[2] for key in node.stories.kept._held] == names[2:]


def test_the_boxes_of_a_bill_count_among_what_is_kept(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is remembered, as a report may name it; one bill may have ten thousand."""
    ana = worlds.reader(node)
    name = node.entities.find(ana, NAME).rows[0].id
    told(node.stories, ana, name)
    (alone,) = node.stories.kept._held.values()
    units = tuple(("equipment:TEMU0000000", "ISTMO") for _each in range(800))
    monkeypatch.setattr(story_kept, "refs_of", lambda _part: story_entries.Refs("", units))
    told(anew(node), ana, name)
    node.stories.kept.forget()
    told(node.stories, ana, name)
    (laden,) = node.stories.kept._held.values()
    assert (alone.size, laden.size) == (1, 101)
    assert node.stories.kept._size == 101


def test_what_is_made_while_something_is_forgotten_is_told_and_not_kept(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its snapshot may be older than the erasure, and so it may hold what has gone."""
    ana, kept = worlds.reader(node), node.stories.kept
    name = node.entities.find(ana, NAME).rows[0].id
    whole = story_entries.alerts_beside

    def alerts(around: Any, places: dict[str, Any]) -> Any:
        kept.forget()
        return whole(around, places)

    monkeypatch.setattr(story_kept, "alerts_beside", alerts)
    assert node.stories.timeline(ana, name, WHOLE).count == 1
    assert not kept._held
    monkeypatch.undo()
    assert told(node.stories, ana, name) == told(anew(node), ana, name)
    assert len(kept._held) == 1
