"""Reasons are for officers, never for traders: what a sender or a partner is answered says nothing
of why a record deserves a look, nor that it does.

Two nodes take in the same messages. One has nothing to say but what every node has; the other also
has a list, a rule of its own and a model. What an officer sees differs; what is answered does not.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import get_args

import msgspec
import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient
from walker import Walker

import esclusa.cli.messages
import esclusa.web.pages.messages as page
import planted_models
import rule_texts
import worlds
from esclusa.cli.commands import cli
from esclusa.formats import writers
from esclusa.model import Body, Level
from esclusa.node import Node
from esclusa.sharing.agreement.fields import KINDS
from esclusa.sharing.reader import Role
from esclusa.sharing.views import QueueFilter
from esclusa.web.app import create_app
from exchange_worlds import World, for_partners, officer, take_in

BILLS = (
    ("B1", "ISTMO PRIMAVERA SA", "FROZEN SQUID TUBES"),
    ("B2", "OTRA FIRMA SA", "GENERAL CARGO"),
)
GIVEN = {
    name: files("esclusa.samples").joinpath(name).read_bytes()
    for name in (worlds.DAMAGED, worlds.PASSENGERS, "ocean-manifest-309.x12")
} | {"small.edi": worlds.cuscar(*BILLS)}
ANSWERS = [
    (name, kind)
    for name in GIVEN
    for kind in page.ANSWERS["x12" if name.endswith("x12") else "edifact"]
]
TAKEN = ("small.edi", worlds.PASSENGERS)
AGENCIES = ("marisol", "northreach")
LISTED = ("z1", "ISTMO PRIMAVERA SA"), ("z2", "CORAL WAY PRODUCE INC")
POSTED = msgspec.json.encode({"objects": [{
    "type": "identity", "spec_version": "2.1", "identity_class": "organization",
    "id": "identity--5f0c3c1e-6d0a-4b7e-9a43-0e5c1b5a1e55", "name": LISTED[0][1],
    "created": "2026-11-20T10:00:00.000Z", "modified": "2026-11-20T10:00:00.000Z",
}]})  # fmt: skip
PEOPLE = (("z3", "FABIO DELVALLE JURADO"),)
AT_HOME = frozenset({
    "alert", "alert_move", "assessment", "case_move", "case_words", "entity_judgement",
    "kept_report", "match_decision", "model_move", "photo_step", "redress_move", "rule_move",
    "score_model", "selection_move", "yard_form",
})  # fmt: skip
"""Kinds of record that hold reasons, what they are made of, or what officers made of them."""
NOT_YET = frozenset({"ownership"})
"""Kinds that state facts and hold no reason, which no agreement gives yet (docs/resolution.md)."""


class Noon(dt.datetime):
    """A clock that stands, so that two answers can be the same to the last byte."""

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> Noon:
        return cls(2026, 12, 1, 12, tzinfo=tz)


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (page, esclusa.cli.messages):
        monkeypatch.setattr(module, "dt", SimpleNamespace(datetime=Noon, UTC=dt.UTC))


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, World]]:
    """Two times Marisol and Northreach; the second Marisol has reasons of its own."""
    folder = tmp_path_factory.mktemp("made")
    with World(folder, *AGENCIES) as first:
        first.agree(*AGENCIES)
        node = first["marisol"]
        node.add_user(node.administrator(), name="ana", password=worlds.PASSWORD, role="analyst",
                      clearance=Level.RESTRICTED)  # fmt: skip
    quiet, loud = (
        World.copied(folder, tmp_path_factory.mktemp(name), *AGENCIES) for name in ("quiet", "loud")
    )
    _give_reasons(loud["marisol"])
    for world in (quiet, loud):
        for name in TAKEN:
            take_in(world["marisol"], for_partners("northreach"), GIVEN[name], name)
    node = loud["marisol"]
    lead = officer(node, role=Role.SUPERVISOR)
    node.model_desk.activate(lead, planted_models.plant(node, "zarza"), reason="card read")
    node.score_desk.score(lead)
    yield quiet, loud
    quiet.close()
    loud.close()


def _give_reasons(node: Node) -> None:
    worlds.with_list(node, "own_zarza", *LISTED)
    worlds.with_list(node, "own_zarzas", *PEOPLE, schema="Person")
    node.rule_desk.write(worlds.cleared(node), rule_texts.rule("N0", "SQUID"))
    node.rule_desk.rehearse(worlds.cleared(node), "N0")
    node.rule_desk.approve(node.operator(), "N0", reason="asked for")


@pytest.fixture(scope="module")
def said(both: tuple[World, World]) -> frozenset[str]:
    """What reasons say at the node that has some: sentences in both languages, names of rules, of
    lists and entries, of the model, and the words in which a score is explained."""
    node = both[1]["marisol"]
    rows = node.queue(officer(node), QueueFilter(state="all", limit=200)).rows
    reasons = [reason for row in rows for reason in row.reasons]
    assert {"list", "rule"} <= {reason.source for reason in reasons}
    assert {"N0"} < {reason.code for reason in reasons if reason.source == "rule"}
    assert {"own_zarza", "own_zarzas"} <= {reason.code.partition(":")[0] for reason in reasons}
    found = {
        text for reason in reasons for text in (reason.text_en, reason.text_es, *reason.detail)
    }
    for row in rows:
        told = node.score_desk.beside(officer(node), row.subject_id)
        found |= (
            {text for one in told.reasons for text in (one.title_en, one.title_es)}
            if told
            else set()
        )
    sentences = {text for text in found if len(text) > len("consignments")}
    return frozenset({*sentences, "own_zarza", "zarza", "word of the shift", "palabra del turno"})


@pytest.fixture(scope="module")
def faces(both: tuple[World, World]) -> tuple[Walker, Walker]:
    quiet, loud = (
        Walker(world["marisol"]).sign_in("ana", password=worlds.PASSWORD) for world in both
    )
    return quiet, loud


def words_of(said: frozenset[str], data: bytes) -> list[str]:
    """Return what of the reasons stands in bytes, capitals or not."""
    text = data.decode("utf-8", "replace").casefold()
    return [words for words in said if words.casefold() in text]


def test_the_officer_reads_the_reasons(
    both: tuple[World, World], faces: tuple[Walker, Walker], said: frozenset[str]
) -> None:
    """So what is looked for below are words that do go out, to who may have them."""
    node = both[1]["marisol"]
    pages = [
        faces[1].get(f"/alerts/{row.alert_id}").content
        for row in node.queue(officer(node), QueueFilter(state="all")).rows
    ]
    assert pages
    assert all(words_of(said, one) for one in pages)


@pytest.mark.parametrize(("name", "kind"), ANSWERS)
def test_an_answer_to_a_sender_is_that_of_a_node_without_reasons(
    faces: tuple[Walker, Walker], said: frozenset[str], tmp_path: Path, name: str, kind: str
) -> None:
    """On the page and by the command, at both nodes: one answer, without a word of a reason."""
    quiet, loud = (
        face.post(
            "/messages/answer", files={"file": (name, GIVEN[name])}, text="", acknowledgment=kind
        )
        for face in faces
    )
    assert (quiet.status_code, loud.status_code) == (200, 200)
    assert quiet.content == loud.content
    assert words_of(said, loud.content) == []
    given, out = tmp_path / name, tmp_path / "answer"
    given.write_bytes(GIVEN[name])
    order = ["answer", str(given), "--out", str(out), "--acknowledgment", kind]
    done = CliRunner(env={"ESCLUSA_NODE": str(faces[1].node.folder)}).invoke(cli, order)
    assert done.exit_code == 0, done.output
    assert out.read_bytes() == loud.content


def test_no_format_has_a_place_for_a_reason() -> None:
    """What a translation writes, CUSRES and X12 350 of decisions among it, is made of statements."""
    written = {kind for name in writers.ids() for kind in writers.writer(name).kinds}
    assert {"consignment", "transport_event"} < written < KINDS.keys()


def test_no_agreement_names_a_kind_that_holds_reasons() -> None:
    """A new kind of record must be put on one side, or it fails here."""
    every = {kind.__struct_config__.tag for kind in get_args(Body)}
    assert every == KINDS.keys() | AT_HOME | NOT_YET
    assert not KINDS.keys() & (AT_HOME | NOT_YET)


def test_no_reason_goes_to_a_partner_with_the_record(
    both: tuple[World, World], said: frozenset[str]
) -> None:
    batches = []
    for world in both:
        node = world["marisol"]
        node.exchange.publish()
        batches.append(node.exchange.batch("northreach"))
        world.sync("marisol", "northreach")
    quiet, loud = batches
    assert words_of(said, loud) == []
    assert b"ISTMO PRIMAVERA SA" in loud  # what the bill itself says of its consignee goes
    assert quiet.count(b"consignment") == loud.count(b"consignment") > 0


def test_the_taxii_door_answers_a_partner_as_one_without_reasons(
    both: tuple[World, World], said: frozenset[str]
) -> None:
    """What lies on the shelf, and what becomes of a post that names a listed firm."""
    shelves, posts = zip(*(_door(world) for world in both), strict=True)
    assert len(shelves[0]) == len(shelves[1]) > 0
    assert words_of(said, shelves[1]) == []
    assert posts[0] == posts[1]
    assert b"success_count" in posts[0]


def _door(world: World) -> tuple[bytes, bytes]:
    """Return what is on the shelf for Northreach, and the status of a post, but for its id."""
    node = world["marisol"]
    node.taxii_publisher.publish_own("northreach")
    until = world.clock() + dt.timedelta(days=30)
    token = node.taxii.add_client(
        node.administrator(), "northreach-feed", "northreach", until=until, writes=True
    )
    client = TestClient(create_app(node), base_url="http://door")
    media = "application/taxii+json;version=2.1"
    client.headers.update({"Accept": media, "Authorization": f"Bearer {token}"})
    ours, theirs = sorted(
        client.get("/taxii2/exchange/collections/").json()["collections"],
        key=lambda item: item["title"].endswith("to marisol"),
    )
    shelf = client.get(f"/taxii2/exchange/collections/{ours['id']}/objects/").content
    post = client.post(
        f"/taxii2/exchange/collections/{theirs['id']}/objects/", content=POSTED,
        headers={"Content-Type": media},
    )  # fmt: skip
    assert post.status_code == 202, post.text
    status = post.json()
    del status["id"], status["request_timestamp"]
    return shelf, msgspec.json.encode(status)
