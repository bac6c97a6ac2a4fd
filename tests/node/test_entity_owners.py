"""Who owns and runs what, from registers to links, paths, timeline and chart; and what of it a
reader may know."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import msgspec
import pytest

import owner_worlds
import worlds
from esclusa.errors import EsclusaError
from esclusa.model import Level
from esclusa.node import Node
from esclusa.node.chart_drawing import file_svg, stake
from esclusa.node.chart_table import chart_csv
from esclusa.node.entity_desk import EntityDesk
from esclusa.sharing.entity_views import LinkView
from esclusa.sharing.story_views import TimelineFilter

LISTS = Path(__file__).parents[1] / "data" / "lists"
WHEN = re.compile(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+]00:00)?")
"""Moments of the clock, which runs on between two nodes."""
WORDS = ("NORTHREACH", "ZUBAROV", "ALTAMIRA", "MARISOL", "GHOST", "STAR")


def made(folder: Path) -> Node:
    node = owner_worlds.with_mappings(worlds.make(folder))
    worlds.take_in(node, "bills.edi", worlds.cuscar(("B1", "ISTMO PRIMAVERA SA", "BANANAS")))
    owner_worlds.take(node, owner_worlds.SHIPS)
    owner_worlds.take(node, owner_worlds.FIRMS, name="firms.csv")
    return node


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    node = made(tmp_path_factory.mktemp("owners") / "node")
    yield node
    node.close()


def entity(node: Node, text: str) -> str:
    (row,) = node.entities.find(worlds.reader(node), text).rows
    return row.id


def owners(node: Node, name: str, depth: int = 1) -> list[LinkView]:
    near = node.entities.links(worlds.reader(node), name, depth=depth)
    return [link for (link,) in near.ways if link.kind == "owner"]


def told(link: LinkView, of: str) -> tuple[str, tuple[str, ...], tuple[str, ...], str]:
    """The other's name, our part, the other's part, the statement."""
    ends = [(link.a, link.a_roles), (link.b, link.b_roles)]
    (ours,), (other,) = ([e for e in ends if (e[0].id == of) is same] for same in (True, False))
    return other[0].names[0], ours[1], other[1], link.value


def test_a_ship_of_a_manifest_leads_to_owner_and_manager_of_the_register(node: Node) -> None:
    ship = entity(node, "NORTHREACH STAR")
    assert sorted(told(link, ship) for link in owners(node, ship)) == [
        ("ALTAMIRA SHIP MANAGEMENT LTD", ("run",), ("ism_company",),
         "9074729 < 7654324; ism_company"),
        ("ALTAMIRA SHIP MANAGEMENT LTD", ("run",), ("manager",),
         "9074729 < ALTAMIRA SHIP MANAGEMENT LTD; manager"),
        ("NORTHREACH SHIPPING SA", ("owned",), ("registered_owner",),
         "9074729 < 1234565; registered_owner; 2019-03-01/.."),
    ]  # fmt: skip


def test_shares_and_dates_of_a_firm_s_owners_are_told_with_their_direction(node: Node) -> None:
    firm = entity(node, "NORTHREACH SHIPPING")
    found = {told(link, firm) for link in owners(node, firm)}
    assert found >= {
        ("LORENZO ZUBAROV QUIJANO", ("owned",), ("beneficial_owner",),
         "155-001 < 8-123-456; beneficial_owner; 62.5 %; 2019-03-01/.."),
        ("ALTAMIRA HOLDING LTD", ("owned",), ("shareholder",),
         "155-001 < ALTAMIRA HOLDING LTD; shareholder; 37.5 %; 2019-03-01/2024-05-31"),
    }  # fmt: skip
    assert {(name, role) for name, role, _, _ in found if role != ("owned",)} == {
        ("NORTHREACH STAR", ("registered_owner",)), ("MARISOL DEL SUR", ("registered_owner",)),
    }  # fmt: skip


def test_who_stands_behind_a_ship_is_found_as_a_path_and_in_the_neighbourhood(node: Node) -> None:
    ship, person = entity(node, "NORTHREACH STAR"), entity(node, "ZUBAROV")
    (way,) = node.entities.paths(worlds.reader(node), ship, person).ways
    assert [link.kind for link in way] == ["owner", "owner"]
    assert way[0].b.names == ("NORTHREACH SHIPPING SA",)
    near = {row.id for link in owners(node, ship, 2) for row in (link.a, link.b)}
    assert {person, entity(node, "MARISOL DEL SUR")} <= near


def test_chart_drawing_and_timeline_tell_it_in_both_languages(node: Node) -> None:
    reader, ship = worlds.reader(node), entity(node, "NORTHREACH STAR")
    view = node.charts.chart(reader, ship)
    lines = [line for line in view.lines if view.nodes[line.thing].kind == "owner"]
    assert {role for line in lines for role in line.roles} == {
        "owned", "run", "registered_owner", "manager", "ism_company",
    }  # fmt: skip
    assert "Ownership" in file_svg(view, "en") and "Titularidad" in file_svg(view, "es")
    for language, words in (("en", ("Registered owner", "Owned")),
                            ("es", ("Propietario registrado", "Propiedad de otro"))):  # fmt: skip
        rows = list(csv.reader(io.StringIO(chart_csv(view, language))))
        head = next(row for row in rows if len(row) > 2)
        column = head.index("Role" if language == "en" else "Papel")
        assert set(words) <= {row[column] for row in rows if len(row) > 2}
        statement = f"9074729 < 1234565; {words[0]}; 2019-03-01/.."
        assert statement in {row[column + 1] for row in rows if len(row) > 2}
        assert escape(statement) in file_svg(view, language)
    assert stake("A < B; C; owner_operator; former", "es") == (
        "A < B; C; Propietario u operador; anterior"
    )
    story = node.stories.timeline(reader, ship, TimelineFilter())
    (row,) = [one for one in story.rows if one.title.endswith("NORTHREACH SHIPPING SA")]
    assert (row.kind, row.at, row.stated) == ("ownership", "2019-03-01", True)


def everything(node: Node, names: list[str]) -> list[str]:
    """All that is told of entities to who is not cleared: as JSON, as drawing and as table."""
    reader, said = worlds.reader(node), []

    def ask(action: Any) -> None:
        try:
            said.append(WHEN.sub("…", msgspec.json.encode(action()).decode()))
        except EsclusaError as error:
            said.append(f"{type(error).__name__}: {error}")

    for word in WORDS:
        ask(lambda w=word: node.entities.find(reader, w))
        ask(lambda w=word: [row.title for row in node.search(reader, w, kind="ownership").rows])
    for name in names:
        ask(lambda n=name: node.entities.show(reader, n))
        ask(lambda n=name: node.entities.links(reader, n, depth=3))
        ask(lambda n=name: node.entities.paths(reader, n, names[0]))
        ask(lambda n=name: node.stories.timeline(reader, n, TimelineFilter()))
    for name in names[::4]:
        ask(lambda n=name: file_svg(node.charts.chart(reader, n, depth=2), "es"))
        ask(lambda n=name: chart_csv(node.charts.chart(reader, n, depth=2), "en"))
    return said


def entities_of(node: Node, level: Level) -> list[str]:
    reader = worlds.reader(node, clearance=level)
    pages = [node.entities.find(reader, word, limit=200) for word in WORDS]
    return sorted({row.id for page in pages for row in page.rows})


def test_who_may_not_see_the_register_sees_neither_link_nor_count_nor_name_of_it(
    tmp_path: Path,
) -> None:
    plain, secret = (made(tmp_path / name) for name in ("plain", "secret"))
    hidden = owner_worlds.register("GHOST HOLDING SA")
    owner_worlds.take(secret, hidden, worlds.SECRET, name="secret.csv")
    # Also the same statement as the open one, and one that ties two ships of the open world.
    owner_worlds.take(secret, owner_worlds.SHIPS, worlds.SECRET, name="same.csv")
    more = owner_worlds.register(
        "LORENZO ZUBAROV QUIJANO", entry="X2", ship="MARISOL DEL SUR", imo="9000003"
    )
    owner_worlds.take(secret, more, worlds.SECRET, name="more.csv")
    top = worlds.cleared(secret)
    ghost = secret.entities.find(top, "GHOST HOLDING").rows[0].id
    assert [w.kind for (w,) in secret.entities.links(top, ghost).ways] == ["owner"]
    names = sorted({*entities_of(plain, Level.OFFICIAL), *entities_of(secret, Level.SECRET)})
    assert ghost in names
    assert everything(plain, names) == everything(secret, names)
    plain.close()
    secret.close()


def test_an_erased_or_amended_statement_leaves_no_link_and_one_by_one_equals_anew(
    tmp_path: Path,
) -> None:
    node = made(tmp_path / "node")
    ship = entity(node, "NORTHREACH STAR")
    before = owners(node, ship)
    known = {one.value for one in before}
    owner_worlds.take(node, owner_worlds.register("ALTAMIRA GHOST SA"), name="new.csv")
    (link,) = [one for one in owners(node, ship) if one.value not in known]
    assert {"ALTAMIRA GHOST SA"} < {name for row in (link.a, link.b) for name in row.names}
    # The entry amended: another owner stands there now, and the link leads to him.
    owner_worlds.take(node, owner_worlds.register("MARISOL GHOST SA"), name="newer.csv")
    (link,) = [one for one in owners(node, ship) if one.value not in known]
    assert link.value == "9074729 < MARISOL GHOST SA; registered_owner; 2019-03-01/.."
    assert not node.entities.find(worlds.reader(node), "ALTAMIRA GHOST").rows
    anew = EntityDesk(node.gate, node.pipeline, tmp_path / "other")
    assert anew.links(worlds.reader(node), ship, depth=3) == node.entities.links(
        worlds.reader(node), ship, depth=3
    )
    node.erase(node.administrator(), link.records[0], reason="a test of erasure")
    assert owners(node, ship) == before
    node.close()


def test_mentions_of_two_owners_judged_one_join_what_they_own_and_undone_part_again(
    tmp_path: Path,
) -> None:
    node = made(tmp_path / "node")
    reader, ship = worlds.reader(node), entity(node, "NORTHREACH STAR")
    owner_worlds.take(node, owner_worlds.register("ISTMO PRIMAVERA LTD"), name="other.csv")
    firm = next(
        row.id for one in owners(node, ship) for row in (one.a, one.b)
        if "ISTMO PRIMAVERA LTD" in row.names
    )  # fmt: skip
    bill = entity(node, "ISTMO PRIMAVERA SA")
    if firm != bill:
        said = node.entities.judge(reader, firm, bill, verdict="same", reason="one tax number")
        assert "ISTMO PRIMAVERA LTD" in node.entities.show(reader, bill).entity.names
        assert any(bill in (one.a.id, one.b.id) for one in owners(node, ship))
        node.entities.undo(reader, said.id, reason="two firms")
    assert firm in {row.id for one in owners(node, ship) for row in (one.a, one.b)}
    node.close()


@pytest.mark.parametrize(
    ("file", "role", "owner"),
    [
        ("ofac_advanced_fictional.xml", "controller", "NORTHREACH TRADING LTD"),
        ("ofac_sdn_fictional.xml", "owner", "Northreach Trading Ltd"),
        ("uk_sanctions_fictional.xml", "owner_operator", "Northreach Trading Ltd"),
    ],
    ids=["ofac-advanced", "ofac", "uk"],
)
def test_an_owner_that_a_list_states_is_a_link_of_the_ship_of_a_manifest(
    tmp_path: Path, file: str, role: str, owner: str
) -> None:
    """OFAC's relation ties two entries of one list, the other fields an entry and a name."""
    node = worlds.make(tmp_path / "node")
    worlds.take_in(node, "bills.edi", worlds.cuscar(("B1", "ISTMO PRIMAVERA SA", "BANANAS")))
    data = io.BytesIO((LISTS / file).read_bytes())
    node.add_list(node.operator(), "watched", "watched", [(file, data)], marking=worlds.PUBLIC)
    ship = next(
        row.id for row in node.entities.find(worlds.reader(node), "NORTHREACH STAR").rows
        if "imo:9074729" in row.identifiers and row.members == 2
    )  # fmt: skip
    found = {told(link, ship)[:3] for link in owners(node, ship)}
    assert (owner, ("owned",), (role,)) in found
    node.close()


def test_the_owner_that_a_manifest_names_for_its_means_of_transport_is_a_link(
    tmp_path: Path,
) -> None:
    """UN/EDIFACT 3035, OV: transport means owner."""
    node = worlds.make(tmp_path / "node")
    data = worlds.cuscar(("B1", "ISTMO PRIMAVERA SA", "BANANAS"))
    data = data.replace(b"NAD+CN", b"NAD+OV+++NORTHREACH SHIPPING SA'NAD+CN")
    data = re.sub(rb"UNT\+(\d+)", lambda m: b"UNT+%d" % (int(m[1]) + 1), data)
    worlds.take_in(node, "bills.edi", data)
    ship = entity(node, "NORTHREACH STAR")
    (link,) = owners(node, ship)
    assert told(link, ship) == (
        "NORTHREACH SHIPPING SA", ("owned",), ("owner",), "9074729 < NORTHREACH SHIPPING SA; owner",
    )  # fmt: skip
    node.close()
