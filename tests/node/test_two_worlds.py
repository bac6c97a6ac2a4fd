"""Two worlds that differ in one secret look the same to whoever may not know it.

The secret world also holds: a secret manifest with the same bills, boxes, seals and parties; a
secret list that names a party of the open manifest; a secret broken message in quarantine. A reader
without clearance reads everything he can reach in both worlds, through every service, and finds no
difference but the clock.
"""

from __future__ import annotations

import dataclasses
import io
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

import worlds
from esclusa.errors import EsclusaError
from esclusa.model import Level
from esclusa.node import Node
from esclusa.sharing.views import QueueFilter

_CLOCK = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?")
OPEN_BILLS = (("B1", "ISTMO PRIMAVERA SA", "GENERAL CARGO"), ("B2", "OTRA FIRMA SA", "BANANAS"))


def build(folder: Path, *, secret: bool) -> Node:
    node = worlds.make(folder)
    worlds.with_list(node, "own_public", ("p1", "OTRA FIRMA"))
    if secret:
        add_secrets(node)
    worlds.take_in(node, "open.edi", worlds.cuscar(*OPEN_BILLS))
    worlds.take_in(node, "manifest.edi", worlds.sample(worlds.MANIFEST))
    worlds.take_in(node, "damaged.edi", worlds.sample("manifest-damaged.edi"))
    if secret:
        more = (
            ("B1", "ISTMO PRIMAVERA SA", "GENERAL CARGO HIDDEN"),
            ("B9", "GHOST FIRM", "GENERAL CARGO"),
        )
        worlds.take_in(node, "late.edi", worlds.cuscar(*more), marking=worlds.SECRET)
    return node


def add_secrets(node: Node) -> None:
    worlds.with_list(node, "own_secret", ("s1", "ISTMO PRIMAVERA"), marking=worlds.SECRET)
    hidden = (
        ("B1", "ISTMO PRIMAVERA SA", "GENERAL CARGO HIDDEN"),
        ("B8", "GHOST FIRM", "GENERAL CARGO"),
    )
    worlds.take_in(node, "hidden.edi", worlds.cuscar(*hidden), marking=worlds.SECRET)
    worlds.take_in(node, "same.edi", worlds.sample(worlds.MANIFEST), marking=worlds.SECRET)
    worlds.take_in(node, "broken.edi", worlds.sample("manifest-damaged.edi"), marking=worlds.SECRET)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Node, Node]:
    folder = tmp_path_factory.mktemp("worlds")
    plain, secret = build(folder / "a", secret=False), build(folder / "b", secret=True)
    yield plain, secret
    plain.close()
    secret.close()


def text(value: Any) -> str:
    return _CLOCK.sub("T", msgspec.json.encode(value, order="deterministic").decode())


def answer(action: Any) -> str:
    try:
        return text(action())
    except EsclusaError as error:
        return f"{type(error).__name__}: {error}"


def everything(node: Node, level: Level) -> dict[str, str]:
    """Read all that a reader can reach, following every id that any answer names."""
    who = worlds.reader(node, clearance=level)
    seen: dict[str, str] = {}
    for state in ("open", "new", "claimed", "closed", "all"):
        for sort in ("score", "recent", "arrival"):
            wanted = QueueFilter(state=state, sort=sort, limit=7)
            pages = 0
            while pages < 60:
                page = node.queue(who, wanted)
                # Creation times order "recent" within one file; compare its members, not places.
                rows = sorted(page.rows, key=lambda row: row.alert_id)
                key = f"queue {state} {sort} {pages}"
                seen[key] = (
                    text([page.count, page.more_than_count, rows])
                    if sort != "recent"
                    else text(page.count)
                )
                pages += 1
                if not page.next_cursor:
                    break
                wanted = msgspec.structs.replace(wanted, cursor=page.next_cursor)
    words = (
        "GENERAL",
        "HIDDEN",
        "GHOST",
        "ISTMO",
        "B1",
        "B8",
        "BANANAS",
        "NORTHREACH",
        "firma",
        "a",
    )
    for word in words:
        for kind in ("", "consignment", "list_entry", "equipment"):
            seen[f"search {word} {kind}"] = answer(
                lambda w=word, k=kind: node.search(who, w, kind=k)
            )
    for name in ("ISTMO PRIMAVERA SA", "OTRA FIRMA SA", "GHOST FIRM"):
        seen[f"screen {name}"] = answer(lambda n=name: node.screen(who, name=n))
    seen["lists"] = answer(lambda: [dataclass_free(item) for item in node.lists(who)])
    for source in node.sources(who):
        seen[f"source {source.id}"] = answer(lambda s=source: node.source(who, s.id))
    seen["sources"] = answer(lambda: sorted((s.name, s.counts) for s in node.sources(who)))
    return seen


def dataclass_free(item: Any) -> Any:
    assert not dataclasses.is_dataclass(item)
    return item


def ids_of(node: Node) -> set[str]:
    top = worlds.reader(node, clearance=Level.SECRET)
    found = set()
    for word in ("GENERAL", "HIDDEN", "GHOST", "ISTMO", "NORTHREACH", "firma", "otra"):
        found |= {row.record_id for row in node.search(top, word, limit=200).rows}
    for row in node.queue(top, QueueFilter(state="all", limit=200)).rows:
        found |= {row.alert_id, row.subject_id}
        found |= {reason.record_id for reason in row.reasons if reason.record_id}
    return found


def test_the_secret_world_really_holds_more(both: tuple[Node, Node]) -> None:
    _plain, secret = both
    top = worlds.reader(secret, clearance=Level.SECRET)
    low = worlds.reader(secret)
    assert node_count(secret, top) > node_count(secret, low) > 0
    assert secret.search(top, "HIDDEN").rows
    named = [
        row for row in secret.queue(top, QueueFilter(limit=200)).rows if row.title == "NRCH B1"
    ]
    assert any(reason.code == "own_secret:s1" for row in named for reason in row.reasons)


def node_count(node: Node, who: Any) -> int:
    return node.queue(who, QueueFilter(state="all")).count


@pytest.mark.parametrize("level", [Level.OFFICIAL, Level.CONFIDENTIAL, Level.OPEN])
def test_no_page_count_suggestion_or_error_tells_the_worlds_apart(
    both: tuple[Node, Node], level: Level
) -> None:
    plain, secret = (everything(node, level) for node in both)
    assert plain.keys() == secret.keys()
    for name, value in plain.items():
        assert secret[name] == value, name


def test_every_id_of_the_secret_world_answers_as_in_the_plain_one(both: tuple[Node, Node]) -> None:
    plain, secret = both
    names = ids_of(secret)
    assert len(names) > 20
    for name in sorted(names):
        for node_call in ("record", "alert"):
            left = answer(lambda n=name, c=node_call: getattr(plain, c)(worlds.reader(plain), n))
            right = answer(lambda n=name, c=node_call: getattr(secret, c)(worlds.reader(secret), n))
            assert left == right, name


def test_uploading_what_exists_in_secret_answers_as_if_it_were_new(tmp_path: Path) -> None:
    answers = []
    for secret in (False, True):
        node = worlds.make(tmp_path / str(secret))
        if secret:
            add_secrets(node)
        data = worlds.cuscar(("B1", "ISTMO PRIMAVERA SA", "GENERAL CARGO"))
        view = node.ingest(worlds.reader(node), "mine.edi", io.BytesIO(data))
        answers.append(text(view))
        node.close()
    assert answers[0] == answers[1]


def test_the_moves_of_a_cleared_officer_do_not_show_below(both: tuple[Node, Node]) -> None:
    _plain, secret = both
    top = worlds.reader(secret, clearance=Level.SECRET, name="bea")
    low = worlds.reader(secret)
    row = next(r for r in secret.queue(top, QueueFilter(limit=200)).rows if r.title == "NRCH B1")
    before = text(secret.alert(low, row.alert_id))
    secret.claim(top, row.alert_id)
    assert text(secret.alert(low, row.alert_id)) == before
    assert secret.claim(low, row.alert_id).claimed_by == "ana"
    secret.release(top, row.alert_id)
    secret.release(low, row.alert_id)


def test_a_caveat_hides_as_a_level_does(tmp_path: Path) -> None:
    from esclusa.model import Marking

    node = worlds.make(tmp_path)
    marked = Marking(level=Level.OFFICIAL, caveats=frozenset({"PAX"}))
    worlds.take_in(
        node, "x.edi", worlds.cuscar(("B1", "ISTMO SA", "GENERAL CARGO")), marking=marked
    )
    assert node.search(worlds.reader(node), "ISTMO").rows == ()
    holder = worlds.reader(node, caveats=frozenset({"PAX"}))
    assert len(node.search(holder, "ISTMO").rows) == 1
    node.close()
