"""Two worlds that differ in one secret send the same bytes, by every channel.

The worlds are those of ``worlds.build``. Clock and identifiers are the test's, so that the bytes can
be the same to the last one: those given to the mail server, to the webhook's receiver, and the feed.
9 s of processor time, a third of it the two worlds.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

import worlds
from esclusa.casework.notices import Choice, Way, kinds
from esclusa.ledger import notices as rows
from esclusa.ledger.store import Store
from esclusa.model import Level
from esclusa.node import Node, notice_settings
from notice_worlds import DOMAIN, Post, account, settle

BEGAN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
SENT = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)
EVERY = tuple(kinds())
TOKEN = "a-token-of-a-feed"
WORDS = ("HIDDEN", "GHOST", "B8", "B9", "SALINAS", "own_secret", "own_people", worlds.SECRET_RULE)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, Node]]:
    with worlds.both(tmp_path_factory.mktemp("worlds")) as pair:
        yield pair


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    with Post(tmp_path_factory.mktemp("servers")) as made:
        yield made


def sent(
    node: Node,
    post: Post,
    name: str,
    *,
    limits: str,
    level: Level,
    told: tuple[str, ...] = EVERY,
    **more: object,
) -> dict[str, Any]:
    """Have all that ever happened told anew to an account, and return what went out."""
    settle(node, post, mail=limits, hook=limits, feed=limits)
    key = node.folder / notice_settings.FOLDER / "desk.secret"
    key.write_text("whsec_" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=")
    node.exchange.now = lambda: BEGAN
    way = Way(kinds=told, to=f"{name}@{DOMAIN}")
    choice = Choice(mail=way, webhook=Way(kinds=told, to="desk"), feed=Way(kinds=told), **more)
    reader = account(node, name, choice, clearance=int(level))
    digest = hashlib.sha256(f"{TOKEN} {name}".encode()).hexdigest()
    with node.store.write() as connection:
        rows.choose(connection, name, "", feed=digest)
        rows.set_mark(connection, "records", "0")
    node.exchange.now = lambda: SENT
    numbers = itertools.count(1)
    node.notices.outbox.name = lambda: f"{next(numbers):031x}{len(name) % 10}"
    post.mails.clear()
    post.hooks.clear()
    node.notices.tick()
    outside = node.notices.feed(f"{TOKEN} {name}")
    inside = node.notices.feed(f"{TOKEN} {name}", reader)
    drop(node.store, name)
    return {
        "mails": list(post.mails), "hooks": list(post.hooks), "feed": outside.body,
        "feed inside": inside.body,
    }  # fmt: skip


def nameless(value: object) -> str:
    """Return what went out without identifiers, which are drawn by chance and say nothing (here they
    are numbers, and what waits inside for this reader has some of them), and without the signature
    over them."""
    text = re.sub(r"'v1,[^']+'", "SIGNED", repr(value))
    return re.sub(
        r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", "ID", text.replace("=\\r\\n", "")
    )


def drop(store: Store, name: str) -> None:
    """Take an account's notices out, so that the next one meets the node as it was."""
    with store.write() as connection:
        for table in ("notice_item", "notice_message", "notice_choice"):
            connection.exec_driver_sql(f"DELETE FROM {table} WHERE account = '{name}'")


@pytest.mark.parametrize(
    "limits", ["", "level = 1\nwaits = 1", "level = 4\nwaits = 4", "waits = 0"]
)
@pytest.mark.parametrize("level", [Level.OPEN, Level.CONFIDENTIAL])
def test_who_may_not_know_the_secret_is_sent_the_same_bytes(
    both: tuple[Node, Node], post: Post, limits: str, level: Level
) -> None:
    name = f"r{int(level)}{limits.encode().hex()}"
    plain, secret = (sent(node, post, name, limits=limits, level=level) for node in both)
    assert plain == secret
    assert plain["mails"]
    assert plain["feed inside"] != b""


@pytest.mark.parametrize("limits", ["", "level = 1\nwaits = 1", "level = 1\nwaits = 3"])
@pytest.mark.parametrize("score", [0.0, 60.0])
def test_a_channel_that_may_not_carry_the_secret_carries_the_same_bytes_to_who_may_know_it(
    both: tuple[Node, Node], post: Post, limits: str, score: float
) -> None:
    name = f"top{limits.encode().hex()}-{int(score)}"
    plain, secret = (
        sent(node, post, name, limits=limits, level=Level.SECRET, minimum_score=score)
        for node in both
    )
    inside = (plain.pop("feed inside"), secret.pop("feed inside"))
    assert nameless(plain) == nameless(secret)
    assert inside[0] != inside[1]  # signed in, the reader sees it


def test_a_channel_that_may_hint_at_it_adds_no_line_and_no_number(
    both: tuple[Node, Node], post: Post
) -> None:
    plain, secret = (
        sent(node, post, "hint", limits="level = 1\nwaits = 4", level=Level.SECRET) for node in both
    )
    assert nameless(plain["mails"]) == nameless(secret["mails"])
    assert nameless(plain["hooks"]) == nameless(secret["hooks"])


def test_a_channel_that_may_carry_it_does(both: tuple[Node, Node], post: Post) -> None:
    limits, told = "level = 4\nwaits = 4", ("list_changed",)
    plain, secret = (
        sent(node, post, "full", limits=limits, level=Level.SECRET, told=told) for node in both
    )
    assert b"own_secret" in secret["mails"][0][1]
    assert b"own_secret" not in plain["mails"][0][1]


def test_nothing_that_waits_in_the_tables_holds_a_word_of_a_record(
    both: tuple[Node, Node], post: Post
) -> None:
    _plain, secret = both
    settle(secret, post, mail="level = 4\nwaits = 4")
    secret.exchange.now = lambda: SENT
    way = Way(kinds=EVERY, to=f"deep@{DOMAIN}", when="daily")
    account(secret, "deep", Choice(mail=way), clearance=int(Level.SECRET))
    with secret.store.write() as connection:
        connection.exec_driver_sql("UPDATE notice_choice SET since = ''")
        rows.set_mark(connection, "records", "0")
    secret.notices.tick()
    held = []
    with secret.store.read() as connection:
        for table in ("notice_item", "notice_message", "notice_use", "notice_mark", "notice_form"):
            held += connection.exec_driver_sql(f"SELECT * FROM {table}").all()
    assert len(held) > 10
    told = msgspec.json.encode([list(map(str, row)) for row in held]).decode()
    assert [word for word in WORDS if word in told and not word.startswith("own_")] == []
    drop(secret.store, "deep")
