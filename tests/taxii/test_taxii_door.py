"""OASIS TAXII 2.1: pages, filters, media types, and clients that page wrongly."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from taxii_client import MEDIA, Door

from esclusa.ledger.schema import taxii_object
from esclusa.node import Node
from exchange_worlds import MANIFEST, World, for_partners, own, take_in


def note(number: int, modified: str = "2026-11-20T10:00:00.000Z", **more: Any) -> dict[str, Any]:
    return {
        "type": "note", "spec_version": "2.1",
        "id": f"note--{uuid.uuid5(uuid.NAMESPACE_OID, str(number))}",
        "created": "2026-11-20T10:00:00.000Z", "modified": modified,
        "content": str(number), "object_refs": [f"note--{uuid.UUID(int=1)}"], **more,
    }  # fmt: skip


def envelope(*objects: dict[str, Any]) -> bytes:
    return msgspec.json.encode({"objects": objects})


def walk(door: Door, collection: str, limit: int) -> list[str]:
    found: list[str] = []
    query: dict[str, Any] = {"limit": limit}
    while True:
        answer = door.objects(collection, **query).json()
        found += [item["id"] for item in answer.get("objects", [])]
        if not answer["more"]:
            return found
        query["next"] = answer["next"]


# --- pages ----------------------------------------------------------------------------------------


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 7)), min_size=1, max_size=6))
def test_any_limits_and_additions_in_between_give_every_object_once(
    door: Door, rounds: list[tuple[int, int]]
) -> None:
    shelf = door.collection(incoming=True)
    start = door.objects(shelf).headers.get("X-TAXII-Date-Added-Last", "")
    after: dict[str, Any] = {"added_after": start} if start else {}
    put: list[str] = []
    got: list[str] = []
    for limit, added in [*rounds, (10_000, 0)]:
        fresh = [note(uuid.uuid4().int) for _ in range(added)]
        put += [item["id"] for item in fresh]
        if fresh:
            assert door.post(shelf, envelope(*fresh)).json()["success_count"] == added
        answer = door.objects(shelf, limit=limit, **after)
        page = [item["id"] for item in answer.json().get("objects", [])]
        got += page
        assert answer.json()["more"] == (len(got) < len(put))
        if page:
            after = {"added_after": answer.headers["X-TAXII-Date-Added-Last"]}
    assert got == put


def test_no_two_objects_of_a_collection_share_a_moment_and_moments_only_grow(door: Door) -> None:
    shelf = door.collection(incoming=True)
    for start in (0, 50):
        door.post(shelf, envelope(*(note(n) for n in range(start, start + 50))))
    path = f"/exchange/collections/{shelf}/manifest/"
    moments = [item["date_added"] for item in door.ask(path).json()["objects"]]
    assert len(moments) == 100
    assert moments == sorted(set(moments))
    assert all(len(moment) == 27 and moment[-2] != "0" for moment in moments)


def test_a_clock_that_was_set_back_gives_no_moment_twice(door: Door, world: World) -> None:
    shelf = door.collection(incoming=True)
    world.clock.ahead = dt.timedelta(hours=5)
    door.post(shelf, envelope(note(1)))
    last = door.objects(shelf).headers["X-TAXII-Date-Added-Last"]
    world.clock.ahead = dt.timedelta()
    door.post(shelf, envelope(note(2)))
    assert [o["content"] for o in door.objects(shelf, added_after=last).json()["objects"]] == ["2"]


def test_a_page_goes_on_at_another_process_that_has_never_seen_the_first(
    door: Door, world: World, token: Callable[..., str]
) -> None:
    shelf = door.collection()
    first = door.objects(shelf, limit=3).json()
    other = Door(world.reopen("marisol"), token(name="second"))
    rest = other.objects(shelf, limit=10_000, next=first["next"]).json()
    every = [o["id"] for o in (*first["objects"], *rest["objects"])]
    assert every == walk(other, shelf, 10_000)


# --- clients that page wrongly --------------------------------------------------------------------


def test_a_client_that_pages_by_modified_of_the_last_object_gets_everything(door: Door) -> None:
    shelf = door.collection()
    got: dict[str, None] = {}
    after: dict[str, str] = {}
    for _ in range(200):
        page = door.objects(shelf, limit=20, **after).json().get("objects", [])
        got.update((item["id"], None) for item in page)
        stamped = [item["modified"] for item in page if item["type"] == "infrastructure"]
        if not page or not stamped:
            break
        after = {"added_after": stamped[-1]}
    assert set(walk(door, shelf, 10_000)) - set(got) == set()


def test_a_client_that_expects_added_after_to_include_its_moment_ends_with_everything(
    door: Door,
) -> None:
    shelf = door.collection()
    got: list[str] = []
    after: dict[str, str] = {}
    for _ in range(200):
        answer = door.objects(shelf, limit=5, **after)
        page = [item["id"] for item in answer.json().get("objects", [])]
        if not page:
            break
        got += page
        after = {"added_after": answer.headers["X-TAXII-Date-Added-Last"]}
    assert got == walk(door, shelf, 10_000)


def test_a_client_that_cuts_moments_hears_why_it_would_never_come_to_an_end(door: Door) -> None:
    shelf = door.collection(incoming=True)
    door.post(shelf, envelope(*(note(n) for n in range(50))))
    last = door.objects(shelf, limit=5).headers["X-TAXII-Date-Added-Last"]
    answer = door.objects(shelf, limit=5, added_after=f"{last[:19]}Z")
    assert answer.status_code == 400
    assert "six digits" in answer.json()["description"]


def test_a_client_that_asks_for_the_first_page_only_gets_as_much_as_a_page_may_hold(
    door: Door,
) -> None:
    shelf = door.collection()
    answer = door.objects(shelf).json()
    assert not answer["more"]
    assert [o["id"] for o in answer["objects"]] == walk(door, shelf, 4)
    assert door.objects(shelf, limit=0).json() == answer


# --- versions, filters, deletion ------------------------------------------------------------------


def test_the_newest_version_is_the_one_with_the_latest_modified_whatever_came_last(
    door: Door,
) -> None:
    shelf = door.collection(incoming=True)
    new, old = "2026-11-22T10:00:00.000Z", "2026-11-20T10:00:00.000Z"
    for moment in (new, old):
        door.post(shelf, envelope(note(1, moment)))
    name = note(1)["id"]
    path = f"/exchange/collections/{shelf}/objects/{name}/"
    assert [o["modified"] for o in door.ask(path).json()["objects"]] == [new]
    said = {word: [o["modified"] for o in door.objects(shelf, **{"match[version]": word})
                   .json()["objects"]] for word in ("first", "last", "all", old)}  # fmt: skip
    assert said == {"first": [old], "last": [new], "all": [new, old], old: [old]}
    assert set(door.ask(f"{path}versions/").json()["versions"]) == {old, new}


def test_filters_choose_by_id_type_and_spec_version(door: Door) -> None:
    shelf = door.collection()
    every = door.objects(shelf).json()["objects"]
    some = [every[0]["id"], every[-1]["id"]]
    by_id = door.objects(shelf, **{"match[id]": ",".join(some)}).json()["objects"]
    assert [o["id"] for o in by_id] == some
    by_type = door.objects(shelf, **{"match[type]": "identity"}).json()["objects"]
    assert {o["type"] for o in by_type} == {"identity"}
    assert "objects" not in door.objects(shelf, **{"match[spec_version]": "2.0"}).json()
    assert door.objects(shelf, **{"match[spec_version]": "2.1"}).json()["objects"] == every


def test_what_a_partner_put_there_it_may_delete_and_positions_stay_used(door: Door) -> None:
    shelf = door.collection(incoming=True)
    door.post(shelf, envelope(note(1), note(2)))
    last = door.objects(shelf).headers["X-TAXII-Date-Added-Last"]
    path = f"/exchange/collections/{shelf}/objects/{note(2)['id']}/"
    assert door.ask(path, "DELETE").status_code == 200
    assert door.ask(path).status_code == 404
    assert door.ask(path, "DELETE").status_code == 404
    door.post(shelf, envelope(note(3)))
    assert [o["content"] for o in door.objects(shelf, added_after=last).json()["objects"]] == ["3"]


# --- what may be seen -----------------------------------------------------------------------------


def records_at(door: Door) -> int:
    found = door.objects(door.collection(), **{"match[type]": "infrastructure"}).json()
    return len(found.get("objects", []))


def test_publishing_again_adds_nothing(door: Door, node: Node) -> None:
    before = walk(door, door.collection(), 1000)
    assert node.taxii_publisher.publish_own("northreach") == 0
    assert walk(door, door.collection(), 1000) == before


def test_as_time_passes_what_is_new_reaches_the_shelf_and_nothing_goes_there_twice(
    node: Node, token: Callable[..., str]
) -> None:
    door = Door(node, token())
    assert records_at(door) == 0
    node.exchange.tick()
    assert records_at(door) == len(own(node)) > 0
    before = walk(door, door.collection(), 1000)
    node.exchange.tick()
    assert walk(door, door.collection(), 1000) == before
    amended = MANIFEST.read_bytes().replace(b"NRLN04120001", b"NRLN04120991")
    take_in(node, for_partners("northreach"), amended, name="more.edi")
    node.exchange.tick()
    assert records_at(door) == len(own(node))


def test_without_a_client_of_the_partner_nothing_is_put_on_a_shelf(node: Node) -> None:
    node.exchange.tick()
    assert bodies(node) == []


def test_a_record_said_again_for_nobody_is_gone_at_once_and_soon_its_bytes_too(
    node: Node, token: Callable[..., str]
) -> None:
    door = Door(node, token())
    node.exchange.tick()
    assert records_at(door) > 0
    take_in(node, for_partners(), name="closed.edi")
    assert records_at(door) == 0
    node.exchange.tick()
    assert not any(b'"infrastructure"' in body for body in bodies(node))


def test_a_recalled_record_is_gone_at_the_next_question(door: Door, node: Node) -> None:
    before = records_at(door)
    node.exchange.publish()
    node.exchange.withdraw([own(node)[0].id], by="ana")
    assert records_at(door) == before - 1


def bodies(node: Node) -> list[bytes]:
    """Every object that lies on any shelf, seen or not."""
    with node.store.read() as connection:
        found = connection.execute(sa.select(taxii_object.c.body)).scalars()
        return [bytes(body) for body in found if body is not None]


def test_an_erased_record_is_gone_and_no_shelf_holds_its_bytes(door: Door, node: Node) -> None:
    before, held = records_at(door), len(bodies(node))
    record = own(node)[0]
    bill = record.key.split("/")[-1].encode()
    assert any(bill in body for body in bodies(node))
    node.erase(node.administrator(), record.id, reason="court order")
    assert records_at(door) == before - 1
    assert len(bodies(node)) == held - 1
    assert not any(bill in body for body in bodies(node))


def test_when_the_agreement_has_ended_the_collections_are_gone(door: Door, node: Node) -> None:
    shelf = door.collection()
    node.exchange.end("northreach", by="ana")
    assert door.ask("/exchange/collections/").json() == {}
    assert door.objects(shelf).status_code == 404


def test_what_may_no_longer_be_kept_is_shown_no_more(door: Door, node: Node, world: World) -> None:
    assert records_at(door) > 0
    later = dt.timedelta(days=366)  # the sample keeps nothing longer than 365 days
    lasting = Door(node, node.taxii.add_client(
        node.administrator(), "lasting", "northreach", until=world.clock() + 2 * later
    ))  # fmt: skip
    world.clock.ahead = later
    assert lasting.collection()
    assert records_at(lasting) == 0


def test_a_partner_without_an_agreement_cannot_tell_the_door_of_another_from_nothing(
    door: Door, node: Node, token: Callable[..., str]
) -> None:
    stranger = Door(node, token("altamira", writes=True, deletes=True))
    there, nowhere = door.collection(), str(uuid.UUID(int=5))
    known = door.objects(there).json()["objects"][-1]["id"]
    assert stranger.ask("/exchange/collections/").json() == {}
    paths = ("", "manifest/", "objects/", f"objects/{known}/", f"objects/{known}/versions/")
    for path in paths:
        real = stranger.ask(f"/exchange/collections/{there}/{path}")
        none = stranger.ask(f"/exchange/collections/{nowhere}/{path}")
        assert (real.status_code, real.content) == (none.status_code, none.content)
        assert real.status_code == 404
    posted = [stranger.post(place, envelope(note(1))) for place in (there, nowhere)]
    assert {(answer.status_code, answer.content) for answer in posted} == {(404, posted[0].content)}
    deleted = [stranger.ask(f"/exchange/collections/{place}/objects/{known}/", "DELETE")
               for place in (there, nowhere)]  # fmt: skip
    assert {(answer.status_code, answer.content) for answer in deleted} == {
        (404, deleted[0].content)
    }


def test_two_worlds_that_differ_in_what_stays_home_answer_alike(door: Door, node: Node) -> None:
    """A second manifest for nobody is taken in: Northreach's door must not change by a byte."""
    shelf = door.collection()
    before = door.objects(shelf).content
    data = MANIFEST.read_bytes().replace(b"NRTH", b"QRTH").replace(b"NR", b"QX")
    take_in(node, for_partners(), data, name="secret.edi")
    node.taxii_publisher.publish_own("northreach")
    assert door.objects(shelf).content == before


def test_a_status_is_shown_to_the_client_that_posted_alone(
    door: Door, node: Node, token: Callable[..., str]
) -> None:
    made = door.post(door.collection(incoming=True), envelope(note(1))).json()["id"]
    other = Door(node, token(name="other"))
    assert door.ask(f"/exchange/status/{made}/").json()["id"] == made
    assert other.ask(f"/exchange/status/{made}/").status_code == 404


def test_every_read_leaves_one_line_with_agency_collection_and_count(
    door: Door, node: Node
) -> None:
    shelf = door.collection()
    count = len(door.objects(shelf).json()["objects"])
    with node.store.read() as connection:
        from esclusa.ledger import audit

        line = audit.lines(connection, limit=1)[0]
    assert (line.who, line.role, line.subject) == ("northreach-feed", "taxii", shelf)
    assert line.detail.startswith(f"northreach rows={count} ")


# --- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize("media", ["text/html", "application/taxii+json;version=2.0",
                                   "application/vnd.oasis.taxii+json"])  # fmt: skip
def test_a_client_that_takes_another_form_gets_406(door: Door, media: str) -> None:
    answer = door.ask("/", headers={"Accept": media})
    assert answer.status_code == 406
    assert answer.json()["http_status"] == "406"


@pytest.mark.parametrize("media", [MEDIA, "application/taxii+json", "*/*", "application/*"])
def test_a_client_that_takes_this_form_is_answered_in_it(door: Door, media: str) -> None:
    answer = door.ask("/", headers={"Accept": media})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, MEDIA)


def test_a_body_of_another_form_gets_415(door: Door) -> None:
    path = f"/exchange/collections/{door.collection(incoming=True)}/objects/"
    answer = door.ask(path, "POST", content=b"{}", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "query",
    [{"limit": "-1"}, {"limit": "many"}, {"next": "first"}, {"added_after": "yesterday"},
     {"added_after": "2026-13-01T00:00:00Z"}, {"match[version]": "newest"}, {"match[name]": "a"},
     {"match[id]": ",".join(str(n) for n in range(101))}],
)  # fmt: skip
def test_a_filter_that_is_not_understood_is_refused_and_not_dropped(
    door: Door, query: dict[str, str]
) -> None:
    answer = door.objects(door.collection(), **query)
    assert answer.status_code == 400
    assert answer.json()["title"] == "Bad Request"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"objects":1}', b'{"object":[]}', b'\xff{"objects":[]}',
             b'{"objects":' + b"[" * 5000],
)  # fmt: skip
def test_a_body_that_is_no_envelope_is_refused_whole(door: Door, node: Node, body: bytes) -> None:
    answer = door.post(door.collection(incoming=True), body)
    assert answer.status_code == 422
    assert "objects" not in door.objects(door.collection(incoming=True)).json()


@pytest.mark.parametrize(
    "wrong",
    [{"id": "note--1"}, {"type": "tool"}, {"spec_version": "2.0"}, {"modified": "now"},
     {"modified": "2026-11-19T10:00:00Z"}, {"created": 5}, {"object_marking_refs": "red"},
     {"object_marking_refs": [f"marking-definition--{uuid.UUID(int=9)}"]}],
)  # fmt: skip
def test_a_bad_object_costs_itself_and_the_status_names_its_byte(
    door: Door, wrong: dict[str, Any]
) -> None:
    shelf = door.collection(incoming=True)
    data = envelope(note(1), note(2) | wrong, note(3))
    status = door.post(shelf, data).json()
    assert (status["success_count"], status["failure_count"]) == (2, 1)
    place = data.index(b'{"type"', data.index(b'{"type"') + 1)
    assert status["failures"][0]["message"].startswith(f"byte {place}: ")
    assert [o["content"] for o in door.objects(shelf).json()["objects"]] == ["1", "3"]


@pytest.mark.parametrize("said", ["", "Basic !!", "Basic QQ==", "Bearer wrong", "Digest a"])
def test_without_a_token_that_counts_nothing_is_told(door: Door, said: str) -> None:
    answer = door.ask("/", headers={"Authorization": said})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_a_revoked_and_an_expired_client_are_let_in_no_more(
    door: Door, node: Node, world: World, token: Callable[..., str]
) -> None:
    other = Door(node, token(name="other"))
    node.taxii.revoke_client(node.administrator(), "northreach-feed")
    assert door.ask("/").status_code == 401
    assert other.ask("/").status_code == 200
    world.clock.ahead = dt.timedelta(days=31)
    assert other.ask("/").status_code == 401


def test_a_client_without_the_right_neither_adds_nor_deletes(
    node: Node, token: Callable[..., str]
) -> None:
    reader = Door(node, token())
    shelf = reader.collection(incoming=True)
    assert reader.post(shelf, envelope(note(1))).status_code == 403
    path = f"/exchange/collections/{shelf}/objects/{note(1)['id']}/"
    assert reader.ask(path, "DELETE").status_code == 403


def test_nothing_can_be_put_among_what_we_give(door: Door) -> None:
    assert door.post(door.collection(), envelope(note(1))).status_code == 403
