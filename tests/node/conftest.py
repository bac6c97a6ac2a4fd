"""Worlds of nodes that exchange, closed after each test.

Making a node runs every migration. So each kind of world is made once, and each test opens a copy.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import msgspec
import pytest
from pointer_node_worlds import hits

from esclusa.node import settings
from exchange_worlds import Clock, World
from notice_worlds import Post

TWO = ("marisol", "northreach")
THREE = (*TWO, "altamira")


@pytest.fixture(scope="session")
def made_two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of two nodes under the sample agreement, which have exchanged nothing."""
    folder = tmp_path_factory.mktemp("two")
    world = World(folder, *TWO)
    world.agree(*TWO)
    world.close()
    return folder


@pytest.fixture(scope="session")
def made_three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of three nodes; Northreach has a like agreement with Altamira, as the giver."""
    folder = tmp_path_factory.mktemp("three")
    world = World(folder, *THREE)
    world.agree(*TWO)
    draft = world.draft("northreach", "altamira")
    # Copies under originator control carry its caveat; whoever passes them on must have agreed.
    clauses = tuple(
        msgspec.structs.replace(item, caveats=(*item.caveats, "ORCON")) for item in draft.clauses
    )
    world.agree("northreach", "altamira", id="northreach-altamira", clauses=clauses)
    world.close()
    return folder


@pytest.fixture(scope="session")
def made_searchable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of two nodes whose agreement lets Northreach search Marisol's records."""
    folder = tmp_path_factory.mktemp("searchable")
    world = World(folder, *TWO)
    world.agree(*TWO, pointers=(hits(),))
    world.close()
    return folder


@pytest.fixture
def searchable(made_searchable: Path, tmp_path: Path) -> Iterator[World]:
    """Marisol, who is searched, and Northreach, who searches."""
    world = World.copied(made_searchable, tmp_path, *TWO)
    yield world
    world.close()


@pytest.fixture
def searchable_anew(made_searchable: Path, tmp_path: Path) -> Callable[[], World]:
    """Return a function that gives the two anew, for a test that compares worlds."""
    number = itertools.count()

    def anew() -> World:
        folder = tmp_path / f"anew{next(number)}"
        folder.mkdir()
        return World.copied(made_searchable, folder, *TWO)

    return anew


@pytest.fixture
def two(made_two: Path, tmp_path: Path) -> Iterator[World]:
    """Marisol and Northreach under the sample agreement, on SQLite."""
    world = World.copied(made_two, tmp_path, *TWO)
    yield world
    world.close()


@pytest.fixture
def three(made_three: Path, tmp_path: Path) -> Iterator[World]:
    """Marisol, Northreach and Altamira in a row, on SQLite."""
    world = World.copied(made_three, tmp_path, *THREE)
    yield world
    world.close()


@pytest.fixture(scope="session")
def made_pair(
    tmp_path_factory: pytest.TempPathFactory,
    database_from: Callable[[str], AbstractContextManager[str]],
) -> Iterator[tuple[Path, str]]:
    """Folders as of ``made_two``, and the URL of Northreach's ledger on PostgreSQL."""
    folder = tmp_path_factory.mktemp("pair")
    with database_from("") as url:
        world = World(folder, *TWO, databases={"northreach": url})
        world.agree(*TWO)
        world.close()
        yield folder, url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def pair(request: pytest.FixtureRequest, made_two: Path, tmp_path: Path) -> Iterator[World]:
    """Marisol and Northreach; Northreach keeps its copies on SQLite, then on PostgreSQL."""
    with ExitStack() as stack:
        made = made_two
        if request.param == "postgres":
            folder, ledger = request.getfixturevalue("made_pair")
            copy = stack.enter_context(request.getfixturevalue("database_from")(ledger))
            made = shutil.copytree(folder, tmp_path / "made")
            file = made / "northreach" / settings.FILE
            file.write_text(file.read_text().replace(ledger, copy))
        world = World.copied(made, tmp_path, *TWO)
        yield world
        world.close()


@pytest.fixture
def three_anew(made_three: Path, tmp_path: Path) -> Callable[[], World]:
    """Return a function that gives three nodes anew, for a test that needs many worlds."""
    number = itertools.count()

    def anew() -> World:
        folder = tmp_path / str(next(number))
        folder.mkdir()
        return World.copied(made_three, folder, *THREE)

    return anew


# --- notices --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    """A mail server and a webhook's receiver."""
    with Post(tmp_path_factory.mktemp("servers")) as post:
        yield post


@pytest.fixture
def post(servers: Post) -> Post:
    """The servers, which have taken nothing yet and work without a fault."""
    return servers.quiet()


@pytest.fixture
def clock() -> Clock:
    """A clock that stands at the machine's."""
    return Clock()
