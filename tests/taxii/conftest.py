"""Marisol serves its TAXII door; Northreach has an agreement with it, Altamira has none."""

from __future__ import annotations

import datetime as dt
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from taxii_client import Door

from esclusa.node import Node
from esclusa.web.app import create_app
from exchange_worlds import World, for_partners, take_in

AGENCIES = ("marisol", "northreach", "altamira")


@pytest.fixture(scope="session")
def made_door(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of the three, with a manifest for Northreach at Marisol, nothing published."""
    folder = tmp_path_factory.mktemp("door")
    world = World(folder, *AGENCIES)
    world.agree("marisol", "northreach")
    take_in(world["marisol"], for_partners("northreach"))
    world.close()
    return folder


@pytest.fixture(scope="session")
def made_shelf(made_door: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same folders, with what the agreement gives published at Marisol."""
    folder = tmp_path_factory.mktemp("shelf")
    shutil.copytree(made_door, folder, dirs_exist_ok=True)
    node = Node.open(folder / "marisol")
    node.taxii_publisher.publish_own("northreach")
    node.close()
    return folder


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """The three; Marisol's shelf is filled for a test that asks for its door."""
    filled = "door" in request.fixturenames
    made: Path = request.getfixturevalue("made_shelf" if filled else "made_door")
    found = World.copied(made, tmp_path, *AGENCIES)
    yield found
    found.close()


@pytest.fixture
def node(world: World) -> Node:
    return world["marisol"]


@pytest.fixture
def token(world: World, node: Node) -> Callable[..., str]:
    """Enter a client and return its token."""

    def made(agency: str = "northreach", name: str = "", **rights: bool) -> str:
        until = world.clock() + dt.timedelta(days=30)
        return node.taxii.add_client(
            node.administrator(), name or f"{agency}-feed", agency, until=until, **rights
        )

    return made


@pytest.fixture
def door(node: Node, token: Callable[..., str]) -> Door:
    """Northreach's client, which may add and delete; what the agreement gives is published."""
    return Door(node, token(writes=True, deletes=True))


@contextmanager
def served(node: Node) -> Iterator[str]:
    """Serve a node while the block runs; the block gets its address."""
    with socket.socket() as spare:
        spare.bind(("127.0.0.1", 0))
        port = spare.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(create_app(node), port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{port}/taxii2/"
    server.should_exit = True
    thread.join(timeout=5)


@pytest.fixture
def address(node: Node, door: Door) -> Iterator[str]:
    with served(node) as found:
        yield found
