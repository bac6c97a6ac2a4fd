"""A case whose secret part some may not know looks to them like one without it. 6 s of CPU.

In both worlds the same people do the same openly; in one of them somebody who is cleared also works
on the same case, and on one of her own, with what is secret.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from test_row_security_worlds import first_wall_down

import worlds
from case_worlds import CLOSED, DUE, HIDDEN, OPEN, go, lead, live, top
from esclusa.errors import EsclusaError, NotFound, StateError
from esclusa.model import Level
from esclusa.node import Node
from esclusa.node.case_writing import Wanted
from esclusa.sharing.reader import Reader


def filled(folder: Path, *, secret: bool, database: str = "") -> Node:
    """Return a node with a case, and in secret with more in it at every moment of its life."""
    node = worlds.make(folder, database)
    worlds.with_list(node, "own_public", ("p1", "OTRA FIRMA"))
    if secret:
        worlds.add_secrets(node)
    worlds.take_in(node, "open.edi", worlds.cuscar(*worlds.OPEN_BILLS))
    worlds.add_people(node)
    live(node, secret=secret)
    return node


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, Node]]:
    with worlds.both(tmp_path_factory.mktemp("cases"), filled) as pair:
        yield pair


def told(work: Any) -> str:
    try:
        return msgspec.json.encode(work()).decode()
    except EsclusaError as error:
        return f"{type(error).__name__}: {error}"


def packed(node: Node, who: Reader, **given: str) -> bytes:
    """Return the package of the case."""
    with node.case_desk.export(who, OPEN, given).file as file:
        return file.read()


def everything(node: Node, who: Reader) -> dict[str, str]:
    desk, item = node.case_desk, worlds.queue_of(node, who)
    seen = {
        f"list {state} {mine}": told(lambda s=state, m=mine: desk.cases(who, state=s, mine=m))
        for state in ("open", "all", "in_progress", "closed") for mine in (True, False)
    }  # fmt: skip
    for name in (OPEN, HIDDEN, "nothing"):
        seen[f"show {name}"] = told(lambda n=name: desk.show(who, n))
        seen[f"verify {name}"] = told(lambda n=name: desk.verify(who, n))
        for step in ("start", "note", "close"):
            wanted = Wanted(move=step, version="old", given={"text": "x"})
            seen[f"{step} {name}"] = told(lambda n=name, w=wanted: desk.move(who, n, w))
        for thing in (f"{0x100:016x}", f"{0x104:016x}", "nothing"):
            wanted = Wanted(move="hand_on", of=thing, given={"to": "court", "reason": "asked"})
            seen[f"hand on {name} {thing}"] = told(lambda n=name, w=wanted: desk.move(who, n, w))
            seen[f"read {name} {thing}"] = told(lambda n=name, t=thing: desk.read(who, n, t)[0])
    for row in item:
        seen[f"start {row.alert_id}"] = told(lambda r=row: desk.start(who, "alert", r.alert_id))
        seen[f"of {row.alert_id}"] = told(lambda r=row: desk.of_item(who, "record", r.subject_id))
    seen["new"] = told(lambda: desk.start(who))
    return seen


def test_the_secret_world_really_holds_more(both: tuple[Node, Node]) -> None:
    _plain, secret = both
    high, low = (secret.case_desk.show(who(secret), OPEN) for who in (top, lead))
    assert len(high.steps) > len(low.steps) + 5
    assert (len(high.evidence), len(low.evidence)) == (2, 1)
    assert (high.marking.level, low.marking.level) == (Level.SECRET, Level.OFFICIAL)
    assert high.base == low.base
    assert (high.row.state, high.row.lead, high.members) == (
        low.row.state,
        low.row.lead,
        low.members,
    )
    assert high.row.last > low.row.last and high.version != low.version
    assert [one.id for one in high.items[0].also_in] == [HIDDEN]
    assert len(secret.case_desk.cases(top(secret)).rows) == 2
    with pytest.raises(NotFound):
        secret.case_desk.show(lead(secret), HIDDEN)


@pytest.mark.parametrize("level", [Level.OPEN, Level.OFFICIAL, Level.CONFIDENTIAL])
def test_no_case_count_moment_version_or_error_tells_the_worlds_apart(
    both: tuple[Node, Node], level: Level
) -> None:
    read = [everything(node, lead(node, clearance=level)) for node in both]
    assert read[0].keys() == read[1].keys()
    for name, value in read[0].items():
        assert read[1][name] == value, name
    text = "".join(read[1].values())
    assert "GHOST" not in text and "HIDDEN" not in text and "ghost.pdf" not in text
    assert ("the seal differs" in text) == (level >= Level.OFFICIAL)


@pytest.mark.postgres
def test_a_query_that_forgets_its_labels_shows_no_more_of_a_case(
    both: tuple[Node, Node], fresh_postgres: str, tmp_path: Path
) -> None:
    """On PostgreSQL the database holds to the labels of its reader as well."""
    secret = filled(tmp_path, secret=True, database=fresh_postgres)
    whole = everything(secret, lead(secret))
    assert whole == everything(both[0], lead(both[0]))
    with first_wall_down(secret) as broken:
        assert everything(secret, lead(secret)) == whole
    assert len(broken) > 20 and all(broken)
    secret.close()


def test_packages_of_both_worlds_are_the_same_byte_by_byte(tmp_path: Path) -> None:
    """The secret one holds no name, hash or byte of what its reader may not see."""
    with worlds.both(tmp_path, filled) as fresh:  # a package is a step of the case
        data = [packed(node, lead(node), to="court") for node in fresh]
        high = packed(fresh[1], top(fresh[1]))
    assert data[0] == data[1]
    with zipfile.ZipFile(io.BytesIO(data[1])) as archive:
        whole = b"".join(archive.read(name) for name in archive.namelist())
    assert b"GHOST" not in whole
    with zipfile.ZipFile(io.BytesIO(high)) as archive:
        assert b"GHOST FIRM its books" in b"".join(map(archive.read, archive.namelist()))


def test_a_case_is_closed_whatever_waits_in_secret_and_the_cleared_see_what_waits(
    tmp_path: Path,
) -> None:
    node = filled(tmp_path, secret=True)
    node.add_user(node.administrator(), name=worlds.CLEARED, password=worlds.PASSWORD,
                  role="supervisor", clearance=4)  # fmt: skip
    boss = top(node)
    with pytest.raises(StateError, match="analyst may not read"):
        go(node, OPEN, "task", boss, task="watch", member="analyst", due=DUE)
    go(node, OPEN, "join", boss, person=worlds.CLEARED)
    go(node, OPEN, "task", boss, task="watch", member=worlds.CLEARED, due=DUE)
    with pytest.raises(StateError, match="tasks wait: 1"):
        go(node, OPEN, "close", boss, **CLOSED)
    assert go(node, OPEN, "close", **CLOSED).row.waiting == 0
    assert node.case_desk.show(boss, OPEN).row.waiting == 1
    node.close()


def test_a_case_in_a_compartment_is_there_for_its_holders_alone(tmp_path: Path) -> None:
    node = filled(tmp_path, secret=False)
    holder = lead(node, caveats=frozenset({"PAX"}))
    view = node.case_desk.open(holder, {"title": "quiet"}, caveats=["PAX"])
    with pytest.raises(NotFound):
        node.case_desk.show(lead(node), view.row.id)
    with pytest.raises(EsclusaError, match="do not hold this compartment"):
        node.case_desk.open(lead(node), {"title": "quiet"}, caveats=["PAX"])
    with pytest.raises(EsclusaError, match="above your clearance"):
        node.case_desk.open(lead(node), {"title": "quiet"}, level=4)
    node.close()
