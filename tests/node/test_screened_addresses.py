"""A party's address backs its name up at a node as everywhere: on records as they come in, on kept
ones when a list comes, in a single question and in a table. About 4 s of CPU."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_around import keep

import worlds
from esclusa.analysis.screening import make_query
from esclusa.model import (
    Consignment,
    Level,
    Marking,
    Party,
    TravelDocument,
    Traveller,
    natural_key,
    record_id,
)
from esclusa.node import Node
from esclusa.node.queries import queries_of
from esclusa.node.screening_table import read_lists, screen_name
from esclusa.sharing.views import QueueFilter
from exchange_cases import Bill, manifest
from exchange_worlds import officer, take_in

FIRM, STREET = "ASTILLERO DEL ISTMO", "CALLE LARGA 12"
LIST = json.dumps({"id": "a1", "schema": "Company", "properties": {
    "name": [FIRM], "address": [f"{STREET}, COLON, PA"], "country": ["pa"],
}}).encode() + b"\n"  # fmt: skip
NEAR = "ASTILLEROS ISTMO"
"""Not quite the name on the list: its address is what lifts it."""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = worlds.make(tmp_path_factory.mktemp("addresses") / "node")
    bill(made, "KEPT1", STREET)
    made.add_list(made.operator(), "own", "own", [("list.json", io.BytesIO(LIST))])
    bill(made, "NEW1", STREET)
    bill(made, "OTHER1", "AVENIDA CENTRAL 99")
    yield made
    made.close()


def bill(node: Node, name: str, street: str) -> None:
    said = Bill(bill=name, shipper="S", consignee=NEAR, notify="N", goods="G", marks="M",
                street=street, seal=name)  # fmt: skip
    take_in(node, Marking(level=Level.OFFICIAL), manifest(said), f"{name}.edi")


def score(node: Node, name: str) -> tuple[float, bool]:
    """Return the score of the match on a bill, and whether its lines speak of the address."""
    rows = node.queue(officer(node), QueueFilter(state="all")).rows
    (row,) = [row for row in rows if name in row.title]
    alert = node.alert(officer(node), row.alert_id).alert
    (reason,) = [one for one in alert.reasons if one.match]
    return reason.match.score, any("address" in line for line in reason.detail)


def test_batch_stream_question_and_table_say_the_same(node: Node, tmp_path: Path) -> None:
    new, lifted = score(node, "NEW1")
    assert lifted
    assert score(node, "KEPT1") == (new, True)
    plain, lifted = score(node, "OTHER1")
    assert (lifted, plain < new) == (False, True)
    address = f"{STREET}, COLON, PA"
    (hit,) = node.screen(officer(node), name=NEAR, nationality="PA", address=address)
    assert hit.score == new
    (bare,) = node.screen(officer(node), name=NEAR, nationality="PA")
    assert bare.score == plain
    path = tmp_path / "list.json"
    path.write_bytes(LIST)
    screener = read_lists([path]).screener(None)
    (typed,) = screen_name(screener, NEAR, "any", "", "PA", (), "", address)
    assert typed.score == new


def test_a_decision_is_about_who_it_is_and_not_where(node: Node) -> None:
    """The same firm at another address is the same match: people and firms move."""
    rows = {row.title.split()[-1]: row for row in
            node.queue(officer(node), QueueFilter(state="all")).rows}  # fmt: skip
    found = {name: {r.match.id for r in row.reasons if r.match} for name, row in rows.items()}
    assert found["NEW1"] == found["OTHER1"] == found["KEPT1"]


PERSON = json.dumps({"id": "p1", "schema": "Person", "properties": {
    "name": ["ROSA ESPINO CANARIA"], "birthDate": ["1971"], "birthPlace": ["Chitre, Panama"],
}}).encode() + b"\n"  # fmt: skip


def test_a_travellers_place_of_birth_backs_the_name_up(tmp_path: Path) -> None:
    node = worlds.make(tmp_path / "node")
    node.add_list(node.operator(), "people", "people", [("p.json", io.BytesIO(PERSON))])
    told = {}
    for place in ("CHITRE, PAN", "", "BOGOTA, COL"):
        person = Traveller(surname="ESPINO CANARIA", given_names="ROSA", birth_date="1971-03-04",
                           birth_place=place, documents=(TravelDocument(number=f"X{place}"),))  # fmt: skip
        (query,) = queries_of(person)
        keep(node, person)
        name = record_id(node.agency, "traveller", natural_key(person))
        alert = node.record(worlds.reader(node), name).alert
        (told[place],) = [r.match.score for r in alert.alert.reasons if r.match]
        (hit,) = node.screen(officer(node), name=query.name, type="person",
                             birth_date=query.birth_date, birth_place=place)  # fmt: skip
        assert hit.score == told[place]
    assert told["CHITRE, PAN"] > told[""] > told["BOGOTA, COL"]
    node.close()


def test_a_country_alone_is_no_address() -> None:
    said = Consignment(carrier="C", bill="B", parties=(
        Party(role="consignee", name="X", country="PA"),
        Party(role="shipper", name="Y", city="COLON", country="PA"),
        Party(role="notify", name="Z", address="CALLE 1"),
    ))  # fmt: skip
    asked = [query.address for query in queries_of(said)]
    assert asked == ["", "COLON, PA", "CALLE 1"]
    assert make_query(*next(queries_of(said)).asked).address == ""
