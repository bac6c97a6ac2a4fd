"""Two worlds that differ in one secret look the same to whoever may not know it.

A reader without clearance reads everything he can reach in both worlds of ``worlds.build``, through
every service, and finds no difference but the clock. ``tests/web/test_two_world_pages.py`` and
``tests/api/test_two_world_api.py`` show the same from outside, through the pages and the API.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import re
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import pytest

import rule_texts
import worlds
from esclusa.errors import EsclusaError, NotFound
from esclusa.ledger import records
from esclusa.model import Level
from esclusa.node import Node
from esclusa.sharing.reader import Role
from esclusa.sharing.story_views import TimelineFilter
from esclusa.sharing.views import QueueFilter

_CLOCK = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, Node]]:
    with worlds.both(tmp_path_factory.mktemp("worlds")) as pair:
        yield pair


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
            wanted = QueueFilter(state=state, sort=sort, limit=15)
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
    for word in worlds.WORDS:
        for kind in ("", "consignment", "list_entry", "equipment", "examination"):
            seen[f"search {word} {kind}"] = answer(
                lambda w=word, k=kind: node.search(who, w, kind=k)
            )
    for name in worlds.NAMES:
        seen[f"screen {name}"] = answer(lambda n=name: node.screen(who, name=n))
    for moment in (None, dt.datetime(2026, 11, 26, 9, tzinfo=dt.UTC)):
        seen[f"outcomes {moment}"] = answer(lambda m=moment: node.outcomes(who, known_by=m).rows())
    for word in ("ISTMO PRIMAVERA", "NORTHREACH STAR", "NRXU4430056"):
        for row in node.entities.find(who, word).rows[:1]:
            seen[f"facts {word}"] = answer(lambda r=row: node.stories.facts(who, r.id))
            seen[f"chart {word}"] = answer(lambda r=row: node.charts.chart(who, r.id, depth=2))
            seen[f"places {word}"] = answer(lambda r=row: node.maps.places(who, r.id))
            seen[f"story {word}"] = answer(
                lambda r=row: node.stories.timeline(who, r.id, TimelineFilter())
            )
    seen["rules"] = answer(lambda: node.rule_desk.rules(who, yields=True))
    for name in ("N0", worlds.SECRET_RULE, "S2"):
        seen[f"rule {name}"] = re.sub(
            r'"at":"[^"]+"', "", answer(lambda n=name: node.rule_desk.show(who, n))
        )
        tried = rule_texts.rule(name if name != "N0" else "N7", "BANANAS")
        seen[f"try {name}"] = answer(lambda t=tried: node.rule_desk.try_out(who, t))
    seen["lists"] = answer(lambda: [dataclass_free(item) for item in node.lists(who)])
    for source in node.sources(who):
        seen[f"source {source.id}"] = answer(lambda s=source: node.source(who, s.id))
    seen["sources"] = answer(lambda: sorted((s.name, s.counts) for s in node.sources(who)))
    return seen


def dataclass_free(item: Any) -> Any:
    assert not dataclasses.is_dataclass(item)
    return item


def test_the_secret_world_really_holds_more(both: tuple[Node, Node]) -> None:
    _plain, secret = both
    top = worlds.reader(secret, clearance=Level.SECRET)
    low = worlds.reader(secret)
    assert node_count(secret, top) > node_count(secret, low) > 0
    assert secret.search(top, "HIDDEN").rows
    assert secret.outcomes(top).height > secret.outcomes(low).height > 0
    named = [row for row in worlds.queue_of(secret, top) if row.title == "NRCH B1"]
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
    hidden = worlds.only_in(secret, plain)
    assert len(hidden) > 20
    for name in hidden + sorted(worlds.ids_of(plain))[::5]:
        for node_call in ("record", "alert"):
            left = answer(lambda n=name, c=node_call: getattr(plain, c)(worlds.reader(plain), n))
            right = answer(lambda n=name, c=node_call: getattr(secret, c)(worlds.reader(secret), n))
            assert left == right, name


def test_uploading_what_exists_in_secret_answers_as_if_it_were_new(tmp_path: Path) -> None:
    answers = []
    for secret in (False, True):
        node = worlds.make(tmp_path / str(secret))
        if secret:
            worlds.add_secrets(node)
        data = worlds.cuscar(("B1", "ISTMO PRIMAVERA SA", "GENERAL CARGO"))
        view = node.ingest(worlds.reader(node), "mine.edi", io.BytesIO(data))
        answers.append(text(view))
        node.close()
    assert answers[0] == answers[1]


def test_the_moves_of_a_cleared_officer_do_not_show_below(both: tuple[Node, Node]) -> None:
    _plain, secret = both
    top = worlds.cleared(secret)
    low = worlds.reader(secret)
    row = next(row for row in worlds.queue_of(secret, top) if row.title == "MRSL T1")
    assert (row.level, row.claimed_by) == (Level.SECRET, worlds.CLEARED)
    before = text(secret.alert(low, row.alert_id))
    secret.release(top, row.alert_id)
    secret.claim(top, row.alert_id)
    assert text(secret.alert(low, row.alert_id)) == before
    assert secret.claim(low, row.alert_id).claimed_by == "ana"
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


def test_a_seal_is_found_elsewhere_however_many_secret_records_hold_it_since(
    tmp_path: Path,
) -> None:
    """Of a seal's newest records those count that the reader may see, and no other."""
    node = assert_alike(tmp_path, fill_with_seals)
    rows = worlds.queue_of(node, worlds.reader(node))
    assert {row.title for row in rows if "C15" in {r.code for r in row.reasons}} == {"NRCH B2"}


def fill_with_seals(node: Node, *, secret: bool) -> None:
    worlds.take_in(node, "first.edi", worlds.box("B1", "MSKU1234565", "SEAL77"))
    for number in range(5 if secret else 0):
        hidden = worlds.box(f"S{number}", "MSKU1234565", "SEAL77")
        worlds.take_in(node, f"{number}.edi", hidden, marking=worlds.SECRET)
    if secret:
        hidden = worlds.box("S9", "MSKU1234565", "SEAL88")
        worlds.take_in(node, "alone.edi", hidden, marking=worlds.SECRET)
    worlds.take_in(node, "second.edi", worlds.box("B2", "TCLU4265646", "SEAL77"))
    worlds.take_in(node, "third.edi", worlds.box("B3", "CSQU3054383", "SEAL88"))


def test_how_long_a_party_is_known_rests_on_what_the_reader_may_see(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ledger whose only old record is secret is young to whoever may not know that record."""

    def fill(node: Node, *, secret: bool) -> None:
        bills = worlds.cuscar(*worlds.OPEN_BILLS)
        if secret:
            with monkeypatch.context() as past:
                past.setattr(records, "now_text", lambda: "2020-01-01T00:00:00.000000Z")
                worlds.take_in(node, "old.edi", bills, marking=worlds.SECRET)
        worlds.take_in(node, "new.edi", bills)

    assert_alike(tmp_path, fill)


def test_a_list_under_another_marking_neither_ends_nor_covers_one_of_the_same_id(
    tmp_path: Path,
) -> None:
    def fill(node: Node, *, secret: bool) -> None:
        for marking in (
            (worlds.SECRET, worlds.PUBLIC, worlds.SECRET) if secret else (worlds.PUBLIC,)
        ):
            worlds.with_list(node, "own", ("p1", "OTRA FIRMA"), marking=marking)
        worlds.take_in(node, "open.edi", worlds.cuscar(*worlds.OPEN_BILLS))

    node = assert_alike(tmp_path, fill)
    assert [(item.id, item.entries) for item in node.lists(worlds.reader(node))] == [("own", 1)]
    assert len(node.lists(worlds.cleared(node))) == 2
    listed = [r for row in node.queue(worlds.reader(node), QueueFilter()).rows for r in row.reasons]
    assert "own:p1" in {reason.code for reason in listed}


def assert_alike(folder: Path, fill: Callable[..., None]) -> Node:
    """Fill a node without and one with a secret; return the second when a reader who may not know
    the secret reads the same in both."""
    read: list[dict[str, str]] = []
    for secret in (False, True):
        node = worlds.make(folder / str(secret))
        fill(node, secret=secret)
        read.append(everything(node, Level.OFFICIAL))
        node.close()
    assert read[0] == read[1]
    assert '"code":"C' in "".join(read[0].values())
    return node


def test_what_is_typed_in_place_of_an_identifier_is_not_written_to_the_log(tmp_path: Path) -> None:
    """The log holds identifiers, counts and codes: a bill or a name typed there is content."""
    node = worlds.make(tmp_path)
    for service, typed in product(
        (node.record, node.alert, node.source), ("GHOST FIRM", "B8" * 999)
    ):
        with pytest.raises(NotFound):
            service(worlds.reader(node), typed)
    auditor = worlds.reader(node, role=Role.AUDITOR)
    lines = [row for row in node.audit(auditor) if row.who == "ana" and "read" in row.action]
    assert {line.subject for line in lines if line.detail == "not found"} == {"no identifier"}
    node.close()


@pytest.mark.parametrize("listed", [("PAX", "DRUGS"), ("PAX", "ARMS"), ("PAX", "DRUGS", "ARMS")])
def test_reasons_under_markings_that_none_covers_stand_together_for_whoever_sees_them(
    tmp_path: Path, listed: tuple[str, ...]
) -> None:
    """With a secret list that names the party as well, and without."""
    from esclusa.model import Marking

    told = []
    for secret in (False, True):
        node = worlds.make(tmp_path / str(secret))
        for word in ("PAX", "DRUGS", "ARMS"):
            marking = Marking(caveats=frozenset({word}), releasable_to=frozenset({node.agency}))
            firm = "LISTADA SA" if word in listed else "OTRA SA"
            worlds.with_list(node, f"own_{word.lower()}", (word, firm), marking=marking)
        if secret:
            worlds.with_list(node, "own_secret", ("S", "LISTADA SA"), marking=worlds.SECRET)
        worlds.take_in(node, "b.edi", worlds.cuscar(("B1", "LISTADA SA", "TEA")))
        found = {}
        for held in product(("", "PAX"), ("", "DRUGS"), ("", "ARMS")):
            who = worlds.reader(node, caveats=frozenset(filter(None, held)))
            rows = worlds.queue_of(node, who)
            found[held] = {r.code for row in rows for r in row.reasons if r.source == "list"}
            names = {word for word in held if word in listed}
            assert found[held] == {f"own_{word.lower()}:{word}" for word in names}
        told.append(found)
        node.close()
    assert told[0] == told[1]
