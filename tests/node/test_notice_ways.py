"""The webhook and the feed: signed, no way astray, no more than they may carry; 7 s of CPU."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
from collections.abc import Iterator
from email.utils import format_datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest

import notice_worlds
import worlds
from esclusa.casework.notices import Choice, Way
from esclusa.errors import InputError, NotFound
from esclusa.ledger import accounts
from esclusa.node import Node, notice_feed, notice_settings, notice_webhook
from exchange_worlds import Clock
from notice_worlds import Post, account, settle

KINDS = ("alert", "list_changed")
BY_HOOK = Choice(webhook=Way(kinds=KINDS, to="desk"))
BY_FEED = Choice(feed=Way(kinds=KINDS))
ATOM = f"{{{notice_feed.ATOM}}}"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "node"
    node = worlds.make(folder)
    node.notices.tick()
    account(node, "ana", Choice())
    node.close()
    return folder


@pytest.fixture
def node(made: Path, tmp_path: Path, post: Post, clock: Clock) -> Iterator[Node]:
    with notice_worlds.copied(made, tmp_path / "node", post, clock) as opened:
        yield opened


def choose(node: Node, choice: Choice) -> None:
    node.notices.choose(node.administrator(), choice, "ana")
    notice_worlds.confirm(node, "ana")


def bring(node: Node) -> None:
    worlds.with_list(node, "own_public", ("p1", "OTRA FIRMA"))
    worlds.take_in(node, "open.edi", worlds.cuscar(*worlds.OPEN_BILLS))


def told(node: Node) -> list[tuple[str, str]]:
    found = node.notices.messages(node.administrator(), state="all").messages
    return [(one.state, one.told) for one in found]


# --- webhook --------------------------------------------------------------------------------------


def test_the_signature_is_that_of_the_standards_own_example() -> None:
    # Standard Webhooks' reference libraries hold this vector in their tests.
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = notice_webhook.signature(
        key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_webhook_gets_signed_json_of_what_it_may_know(node: Node, post: Post) -> None:
    settle(node, post, hook="level = 1")
    choose(node, BY_HOOK)
    bring(node)
    node.notices.tick()
    ((path, headers, body),) = post.hooks
    assert path == "/notices"
    key = notice_settings.hook_key(node.folder, "desk")
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    said = msgspec.json.decode(body)
    assert said["type"] == "notice.waits"
    assert sorted(item["title"] for item in said["data"]["items"] if item["kind"] == "alert") == [
        "NRCH B1", "NRCH B2",
    ]  # fmt: skip
    assert len(body) < 20_000


def test_a_try_again_has_the_same_name_and_a_time_of_its_own(
    node: Node, post: Post, clock: Clock
) -> None:
    choose(node, BY_HOOK)
    bring(node)
    post.status = 503
    node.notices.tick()
    assert told(node) == [("waiting", "answer 503")]
    post.status = 200
    clock.ahead += dt.timedelta(minutes=2)
    node.notices.tick()
    first, second = (headers for _, headers, _ in post.hooks)
    assert first["webhook-id"] == second["webhook-id"]
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) >= 60
    assert first["webhook-signature"] != second["webhook-signature"]
    assert told(node) == [("sent", "")]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(node: Node, post: Post, status: int) -> None:
    choose(node, BY_HOOK)
    bring(node)
    post.status = status
    node.notices.tick()
    assert [path for path, _, _ in post.hooks] == ["/notices"]
    assert told(node) == [("waiting", f"answer {status}")]


def test_one_that_is_gone_gets_no_more(node: Node, post: Post, clock: Clock) -> None:
    choose(node, BY_HOOK)
    bring(node)
    post.status = 410
    node.notices.tick()
    clock.ahead += dt.timedelta(days=1)
    node.notices.tick()
    assert len(post.hooks) == 1
    assert told(node) == [("refused", "answer 410")]


def test_a_name_that_leads_into_a_private_network_is_refused(node: Node, post: Post) -> None:
    choose(node, BY_HOOK)
    path = node.folder / notice_settings.FILE
    path.write_text(path.read_text().replace("private = true", "private = false"))
    bring(node)
    node.notices.tick()
    assert post.hooks == []
    assert told(node) == [("waiting", "private network")]


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
     "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1",
     "::ffff:127.0.0.1", "::ffff:169.254.169.254", "2002:7f00:1::", "64:ff9b:1::7f00:1",
     "64:ff9b::a9fe:a9fe"],
)  # fmt: skip
def test_no_address_of_a_private_network_counts_as_public(address: str) -> None:
    assert not notice_webhook.is_public(address)


def test_an_address_of_the_internet_counts_as_public() -> None:
    assert notice_webhook.is_public("8.8.8.8")
    assert notice_webhook.is_public("2606:4700:4700::1111")


def test_a_proxy_of_the_environment_is_not_used(
    node: Node, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    choose(node, BY_HOOK)
    bring(node)
    node.notices.tick()
    assert len(post.hooks) == 1


def test_a_strange_certificate_and_a_missing_secret_get_nothing(
    node: Node, post: Post, clock: Clock, tmp_path: Path
) -> None:
    choose(node, BY_HOOK)
    bring(node)
    secret = node.folder / notice_settings.FOLDER / "desk.secret"
    kept = secret.read_text()
    secret.unlink()
    node.notices.tick()
    assert told(node) == [("waiting", "secret missing")]
    secret.write_text(kept)
    path = node.folder / notice_settings.FILE
    path.write_text(path.read_text().replace(f'ca = "{post.authority}"', ""))
    clock.ahead += dt.timedelta(minutes=2)
    node.notices.tick()
    assert told(node) == [("waiting", "certificate")]
    assert post.hooks == []


def test_a_test_tells_of_nothing_and_says_how_it_went(node: Node, post: Post) -> None:
    admin = node.administrator()
    assert node.notices.test(admin, "webhook", "desk").state == "sent"
    assert msgspec.json.decode(post.hooks[0][2])["type"] == "notice.test"
    assert node.notices.test(admin, "mail", "ana@customs.example").state == "sent"
    post.mails.clear()
    for channel, to in (("webhook", "other"), ("mail", "ana@evil.example"), ("feed", "")):
        with pytest.raises(InputError):
            node.notices.test(admin, channel, to)


# --- feed -----------------------------------------------------------------------------------------


def entries(feed: notice_feed.Feed) -> list[str]:
    return [
        str(one.findtext(f"{ATOM}title")) for one in ET.fromstring(feed.body).iter(f"{ATOM}entry")
    ]


@pytest.fixture
def token(node: Node) -> str:
    choose(node, BY_FEED)
    bring(node)
    node.notices.tick()
    ana = node.people.account("ana")
    assert ana is not None
    return node.notices.make_feed(ana).path.removeprefix("/feed/")


def test_whoever_has_the_address_reads_what_is_open_and_the_owner_all(
    node: Node, token: str
) -> None:
    ana = node.people.account("ana")
    first, *more = entries(node.notices.feed(token))
    assert {first.partition(":")[0], *more} == {"List changed", "Something waits for you"}
    mine = entries(node.notices.feed(token, ana))
    assert {"New alert: NRCH B1", "New alert: NRCH B2"} < set(mine)
    assert entries(node.notices.feed(token, worlds.reader(node, name="bo"))) == [first, *more]


def test_a_feed_is_atom_with_what_the_standard_asks_for(node: Node, token: str) -> None:
    root = ET.fromstring(node.notices.feed(token).body)
    for place in (root, *root.iter(f"{ATOM}entry")):  # RFC 4287 §4.1.1, §4.1.2
        for tag in ("id", "title", "updated"):
            assert len(place.findall(f"{ATOM}{tag}")) == 1
        assert str(place.findtext(f"{ATOM}id")).startswith("urn:uuid:")
        dt.datetime.fromisoformat(str(place.findtext(f"{ATOM}updated")))
    assert root.find(f"{ATOM}author/{ATOM}name") is not None
    ids = [one.findtext(f"{ATOM}id") for one in root.iter(f"{ATOM}entry")]
    assert len(ids) == len(set(ids))


def test_an_address_that_was_replaced_or_ended_counts_no_more(node: Node, token: str) -> None:
    ana = node.people.account("ana")
    assert ana is not None
    fresh = node.notices.make_feed(ana).path.removeprefix("/feed/")
    for gone in (token, "", "x", fresh[:-1]):
        with pytest.raises(NotFound):
            node.notices.feed(gone)
    assert node.notices.feed(fresh)
    with node.store.read() as connection:
        assert fresh not in str(connection.exec_driver_sql("SELECT * FROM notice_choice").all())
    node.notices.end_feed(ana)
    with pytest.raises(NotFound):
        node.notices.feed(fresh)


def test_a_closed_account_has_no_feed(node: Node, token: str) -> None:
    with node.store.write() as connection:
        accounts.change(connection, "ana", active=False)
    with pytest.raises(NotFound):
        node.notices.feed(token)


def test_a_reader_of_the_feed_can_ask_whether_anything_changed(node: Node, token: str) -> None:
    feed = node.notices.feed(token)
    assert feed.body == node.notices.feed(token).body
    at = format_datetime(feed.changed, usegmt=True)
    before = format_datetime(feed.changed - dt.timedelta(seconds=1), usegmt=True)
    for tags, since, known in (
        (feed.tag, "", True), (f'"x", W/{feed.tag}', "", True), ("*", "", True), ('"x"', at, False),
        ("", at, True), ("", before, False), ("", "yesterday", False), ("", "", False),
    ):  # fmt: skip
        assert notice_feed.is_known(feed, tags, since) is known, (tags, since)
    worlds.with_list(node, "more", ("p3", "FIRMA TRES"))
    node.notices.tick()
    assert node.notices.feed(token).tag != feed.tag


def test_use_is_counted_for_agencies_and_silence_in_days(
    node: Node, token: str, clock: Clock
) -> None:
    admin, ana = node.administrator(), node.people.account("ana")
    assert ana is not None
    account(node, "pol", Choice())
    node.notices.count_for(admin, "pol", "police")
    node.notices.count_for(admin, "ana", "coast_guard")
    node.notices.feed(token)
    node.notices.waiting(ana, via="mail")
    page = node.notices.use(admin, days=30)
    rows = {row.agency: row for row in page.rows}
    assert (page.agencies, page.active) == (3, 1)
    assert rows["police"].idle_days is None
    guard = rows["coast_guard"]
    assert (guard.idle_days, guard.accounts) == (0, 1)
    assert [(one.channel, one.opened) for one in guard.channels] == [("feed", 1), ("mail", 1)]
    clock.ahead += dt.timedelta(days=92)
    page = node.notices.use(admin, days=30)
    assert page.active == 0
    guard = next(row for row in page.rows if row.agency == "coast_guard")
    assert (guard.idle_days, guard.channels) == (92, ())
    lines = node.notices.use_csv(admin, days=200).splitlines()
    assert lines[0].startswith("since,until,agency")
    assert any(line.split(",")[2:4] == ["police", "0"] for line in lines)
    assert "ana" not in "".join(lines)
    for days in (0, 1831):
        with pytest.raises(InputError):
            node.notices.use(admin, days=days)


def test_a_sign_in_counts_as_use_once(node: Node) -> None:
    node.people.add(name="bo", password="correct horse battery", role="analyst")
    node.sign_in("bo", "correct horse battery")
    for _ in range(2):
        page = node.notices.use(node.administrator())
        assert [(one.channel, one.opened) for one in page.rows[0].channels] == [("pages", 1)]
