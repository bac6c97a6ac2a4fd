"""The TAXII commands: let a partner's program in, list, publish, let it in no more."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from starlette.testclient import TestClient

from esclusa.cli.commands import cli
from esclusa.node import Node
from esclusa.web.app import create_app
from exchange_worlds import World, for_partners, take_in

MEDIA = "application/taxii+json;version=2.1"


def run(*arguments: str | Path, code: int = 0) -> Result:
    done = CliRunner().invoke(cli, ["taxii", *(str(item) for item in arguments)])
    assert done.exit_code == code, (done.output, done.stderr)
    return done


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Marisol's node, with an agreement with Northreach and a manifest for it."""
    place = tmp_path_factory.mktemp("made")
    world = World(place, "marisol", "northreach", "altamira")
    world.agree("marisol", "northreach")
    take_in(world["marisol"], for_partners("northreach"))
    world.close()
    return place / "marisol"


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "marisol"))


def asked(folder: Path, token: str) -> int:
    """The status that a program with this token gets for the list of collections."""
    node = Node.open(folder)
    client = TestClient(create_app(node), base_url="http://door")
    headers = {"Accept": MEDIA, "Authorization": f"Bearer {token}"}
    status = client.get("/taxii2/exchange/collections/", headers=headers).status_code
    node.close()
    return status


def test_a_program_is_let_in_until_it_is_revoked_and_its_token_is_shown_once(folder: Path) -> None:
    made = run("client", "add", "feed", "northreach", "--add", "--node", folder)
    token = made.stdout.strip()
    assert "once" in made.stderr
    assert asked(folder, token) == 200
    listed = run("client", "list", "--node", folder).stdout
    (row,) = [json.loads(line) for line in listed.splitlines()]
    assert (row["name"], row["agency"], row["writes"], row["deletes"], row["revoked"]) == (
        "feed", "northreach", True, False, False,
    )  # fmt: skip
    assert token not in listed
    run("client", "revoke", "feed", "--node", folder)
    assert asked(folder, token) == 401
    assert json.loads(run("client", "list", "--node", folder).stdout)["revoked"] is True


def test_publishing_says_how_many_objects_are_new(folder: Path) -> None:
    first = run("publish", "northreach", "--node", folder).stdout.split()
    assert int(first[0]) > 0
    assert run("publish", "northreach", "--node", folder).stdout.startswith("0 objects")


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (("client", "add", "feed", "nobody"), 1, "no partner"),
        (("client", "add", "A feed", "northreach"), 1, "small letters"),
        (("client", "revoke", "feed"), 4, "no such client"),
        (("publish", "altamira"), 1, "no agreement"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    folder: Path, arguments: tuple[str, ...], code: int, reason: str
) -> None:
    done = CliRunner().invoke(cli, ["taxii", *arguments, "--node", str(folder)])
    assert done.exit_code == code
    assert reason in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
