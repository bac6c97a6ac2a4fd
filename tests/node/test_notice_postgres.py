"""Notices on PostgreSQL, where the reader's connection sees rows under his labels alone; 4 s of CPU."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import worlds
from esclusa.casework.notices import Choice, Way, kinds
from esclusa.node import Node
from notice_worlds import DOMAIN, account, served

pytestmark = pytest.mark.postgres


@pytest.fixture
def node(tmp_path: Path, fresh_postgres: str) -> Iterator[Node]:
    made = worlds.make(tmp_path / "node", fresh_postgres)
    yield made
    made.close()


def test_all_of_it_works_behind_the_second_wall(node: Node, tmp_path: Path) -> None:
    admin = node.administrator()
    node.notices.tick()
    with served(tmp_path / "servers", node, mail="level = 1", hook="level = 1") as post:
        every = tuple(kinds())
        way = Way(kinds=every, to=f"ana@{DOMAIN}")
        choice = Choice(mail=way, webhook=Way(kinds=every, to="desk"), feed=Way(kinds=every))
        ana = account(node, "ana", choice)
        token = node.notices.make_feed(ana).path.removeprefix("/feed/")
        worlds.with_list(node, "own_public", ("p1", "OTRA FIRMA"))
        worlds.take_in(node, "open.edi", worlds.cuscar(*worlds.OPEN_BILLS))
        worlds.take_in(node, "hidden.edi", worlds.cuscar(("B8", "GHOST", "GENERAL CARGO HIDDEN")),
                       marking=worlds.SECRET)  # fmt: skip
        for _ in range(2):
            node.notices.tick()
        ((_, mail),) = post.mails
        assert b"NRCH B1" in mail
        assert b"own_public" in mail
        assert b"B8" not in mail
        assert len(post.hooks) == 1
    assert {one.kind.code for one in node.notices.waiting(ana)} == {"alert", "list_changed"}
    assert b"own_public" in node.notices.feed(token).body
    assert node.notices.messages(admin, state="all").counts["sent"] == 2
    (row,) = node.notices.use(admin).rows
    assert {one.channel for one in row.channels} == {"feed", "mail", "webhook"}
