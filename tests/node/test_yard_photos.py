"""Photographs with a form of the yard: once, checked by content, evidence with its custody, erased
with the examination; nobody learns of them who may not see the sheet. About 5 s of CPU."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

import worlds
import yard_worlds as yard
from esclusa.casework.yard import FormMistakes
from esclusa.cli.commands import cli
from esclusa.errors import NotFound, StateError
from esclusa.ledger import records
from esclusa.model import Level, PhotoStep
from esclusa.node import Node
from esclusa.node.yard_photos import BYTES, MOST
from esclusa.sharing.reader import Reader, Role
from esclusa.sharing.yard_views import Filled, ReceiptView
from esclusa.web.app import create_app
from photos import jpeg, png
from yard_worlds import NAME, boxes, filled, officer

SEAL, DOOR = jpeg(640, 480), png(30, 20)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    node = yard.yard_node(tmp_path_factory.mktemp("yard") / "node")
    worlds.add_people(node)
    yield node
    node.close()


def send(node: Node, form: Filled, *data: bytes, who: Reader | None = None) -> ReceiptView:
    photos = [(f"{number}.jpg", io.BytesIO(one)) for number, one in enumerate(data)]
    return node.yard_desk.record(who or officer(node), NAME, form, photos=photos)


def steps(node: Node) -> int:
    """Return how many lines of custody there are in all, whoever may see them."""
    with node.store.read() as connection:
        return len(list(records.current_of_kind(connection, node.labels, "photo_step")))


def test_photographs_come_with_the_form_and_have_a_chain_of_custody(node: Node) -> None:
    receipt = send(node, filled(boxes(node)[0]), SEAL, DOOR, SEAL)
    assert receipt.photos == 2  # the same picture twice is one
    desk, who = node.yard_desk.photos, officer(node, "ben")
    view = desk.show(who, receipt.examination)
    assert [(p.sha256, p.size, p.result.code) for p in view.photos] == [
        (hashlib.sha256(one).hexdigest(), len(one), "intact") for one in (SEAL, DOOR)
    ]
    file, stream = desk.read(who, receipt.examination, view.photos[0].sha256, why="compare seals")
    with stream:
        assert stream.read() == SEAL  # as the camera wrote it, its position too
    assert file.name == "0.jpg"
    custody = desk.show(who, receipt.examination).photos[0].custody
    assert [(s.move.code, s.by, s.why) for s in custody] == [
        ("take_in", "ana", ""), ("read", "ben", "compare seals"),
    ]  # fmt: skip
    assert desk.count(who, receipt.examination) == 2
    assert node.check() == []


def test_the_same_form_again_doubles_nothing_and_other_photographs_are_another_form(
    node: Node,
) -> None:
    form, before = filled(boxes(node)[1]), steps(node)
    first = send(node, form, SEAL)
    with ThreadPoolExecutor(4) as pool:
        again = list(pool.map(lambda _n: send(node, form, SEAL), range(4)))
    assert {one.record for one in again} == {first.record}
    assert steps(node) == before + 1
    for data in ((), (DOOR,), (SEAL, DOOR)):
        with pytest.raises(StateError, match="another content"):
            send(node, form, *data)
    assert steps(node) == before + 1
    assert yard.examinations(node, boxes(node)[1].box) == 1


def test_four_sendings_at_once_make_one_record_with_its_photographs(node: Node) -> None:
    form, before = filled(boxes(node)[2]), steps(node)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _n: send(node, form, SEAL, DOOR), range(4)))
    assert len({one.record for one in made}) == 1
    assert steps(node) == before + 2


@pytest.mark.parametrize(("data", "problem"), [
    ([b"%PDF-1.7 named a.jpg"], "photo"), ([b""], "photo"), ([SEAL[:-2]], "photo"),
    ([SEAL, b"\xff\xd8\xff"], "photo"), ([jpeg(note=bytes([n])) for n in range(MOST + 1)], "many"),
    ([SEAL + bytes(BYTES)], "large"),
])  # fmt: skip
def test_what_is_no_photograph_is_refused_and_nothing_is_recorded(
    node: Node, data: list[bytes], problem: str
) -> None:
    box, before = boxes(node)[3], steps(node)
    with pytest.raises(FormMistakes) as caught:
        send(node, filled(box), *data)
    assert [(m.field, m.problem) for m in caught.value.mistakes] == [("photos", problem)]
    assert (steps(node), yard.examinations(node, box.box)) == (before, 0)


def test_a_photograph_that_is_named_and_not_sent_is_refused(node: Node) -> None:
    with pytest.raises(FormMistakes, match="photos"):
        send(node, filled(boxes(node)[3], photos=("0" * 64,)))


def test_a_changed_photograph_is_not_handed_out(node: Node) -> None:
    data = jpeg(11, 11, note=b"to be changed")
    receipt = send(node, filled(boxes(node)[4]), data)
    sha256 = hashlib.sha256(data).hexdigest()
    path = node.vault.path(sha256)
    path.chmod(0o600)
    path.write_bytes(data[:-3] + b"x" + data[-2:])
    (photo,) = node.yard_desk.photos.show(officer(node), receipt.examination).photos
    assert photo.result.code == "altered"
    with pytest.raises(StateError, match="altered"):
        node.yard_desk.photos.read(officer(node), receipt.examination, sha256)
    path.write_bytes(data)


def test_it_is_erased_with_the_examination_and_its_bytes_are_blanked(node: Node) -> None:
    data = jpeg(12, 12, note=b"to be erased")
    receipt = send(node, filled(boxes(node)[5]), data)
    sha256 = hashlib.sha256(data).hexdigest()
    _file, stream = node.yard_desk.photos.read(officer(node), receipt.examination, sha256)
    stream.close()
    node.erase(node.administrator(), receipt.examination, reason="court order")
    assert set(node.vault.path(sha256).read_bytes()) == {0}
    with pytest.raises(NotFound):
        node.yard_desk.photos.show(officer(node), receipt.examination)
    with node.store.read() as connection:
        kept = records.current_of_kind(connection, node.labels, "photo_step")
        bodies = [one.body for one in kept]
    assert sha256 not in {b.file.sha256 for b in bodies if isinstance(b, PhotoStep)}
    with pytest.raises(StateError, match="erased"):
        send(node, filled(boxes(node)[5], id=receipt.form), data)


def test_the_bytes_stay_while_another_examination_stands_for_them(node: Node) -> None:
    data = jpeg(13, 13, note=b"of two boxes")
    first, other = (send(node, filled(boxes(node)[n]), data) for n in (6, 7))
    node.erase(node.administrator(), first.examination, reason="court order")
    (photo,) = node.yard_desk.photos.show(officer(node), other.examination).photos
    assert photo.result.code == "intact"


def told(node: Node, form: str, secret: tuple[str, str]) -> list[bytes]:
    """Return what an officer learns who may not see the secret sheet."""
    desk, low = node.yard_desk.photos, officer(node)
    exam = node.yard_desk.receipt(low, form).examination
    seen = [b"%d" % desk.count(low, secret[0]), msgspec.json.encode(desk.show(low, exam).photos)]
    for asked in (secret, (exam, secret[1])):
        with pytest.raises(NotFound) as caught:
            desk.read(low, *asked)
        seen.append(str(caught.value).encode())
    with pytest.raises(NotFound) as caught:
        desk.show(low, secret[0])
    return [*seen, str(caught.value).encode()]


def test_whoever_may_not_see_the_sheet_learns_of_no_photograph(tmp_path: Path) -> None:
    """The same questions to two worlds: one holds photographs of a secret sheet besides."""
    form, name, worlds_ = "5b1c7c26-1f0e-4d2a-8a53-7a8d3f2b9c41", "GHOST.jpg", []
    for secret in (False, True):
        node = yard.yard_node(tmp_path / str(secret), secret=True)
        top = worlds.reader(node, name="top", role=Role.SUPERVISOR, clearance=Level.SECRET)
        send(node, filled(boxes(node)[0], id=form), SEAL)
        asked = ("00000000-0000-5000-8000-000000000000", "0" * 64)
        if secret:
            rows = node.yard_desk.sheets(top)
            sheet = next(row.name for row in rows if row.name != NAME)
            box, data = node.yard_desk.sheet(top, sheet).boxes[-1], jpeg(9, 9, note=b"GHOST")
            read = [one.code for one in box.told]
            kept = node.yard_desk.record(
                top, sheet, filled(box), told=read, photos=[(name, io.BytesIO(data))]
            )
            asked = (kept.examination, hashlib.sha256(data).hexdigest())
            assert node.yard_desk.photos.count(top, asked[0]) == 1
        worlds_.append(b"\n".join(told(node, form, asked)))
        node.close()
    plain, full = (re.sub(rb"20\d\d-[0-9T:-]+Z", b"NOW", one) for one in worlds_)
    assert plain == full
    assert b"GHOST" not in full


def test_the_command_line_and_the_api_take_and_hand_them_out(node: Node, tmp_path: Path) -> None:
    form, photo = tmp_path / "form.json", tmp_path / "a.png"
    form.write_bytes(msgspec.json.encode(filled(boxes(node)[8])))
    photo.write_bytes(DOOR)
    words = ["yard", "record", NAME, str(form), "--photo", str(photo), "--node", str(node.folder)]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.stderr
    exam = json.loads(done.stdout)["examination"]
    client = TestClient(create_app(node), base_url="http://node.test")
    said = {"name": "analyst", "password": worlds.PASSWORD}
    token = client.post("/api/v1/session", json=said).json()["token"]
    client.headers["Authorization"] = f"Bearer {token}"
    (one,) = client.get(f"/api/v1/examinations/{exam}/photographs").json()["photos"]
    path = f"/api/v1/examinations/{exam}/photographs/{one['sha256']}/readings"
    answer = client.post(path, json={"why": "compare"})
    assert answer.content == DOOR
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "attachment" in answer.headers["content-disposition"]
    assert client.get("/api/v1/examinations/none/photographs").status_code == 404
