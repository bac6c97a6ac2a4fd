"""What is said beside the answer holds no record: standard error, and every log.

Both end where nobody asks for a role: journals, mails of a scheduler, files of a supervisor. So they
name commands, files, positions and kinds of errors, and never what a record says or what a person
looked for.

The two-world tests of the pages and the API have no twin for the command line's answers: who runs it
can read the node's folder, and so is cleared for everything in it (``Node.operator``).
"""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from starlette.testclient import TestClient

import worlds
from esclusa.cli.commands import cli
from esclusa.ledger.schema import account, label
from esclusa.node import Node
from esclusa.web.app import create_app
from twins import quotes

CONTENT = (
    "GHOST",
    "ISTMO",
    "CARGO HIDDEN",
    "PRIMAVERA",
    "BANANAS",
    "OTRA FIRMA",
    "delvalle",
    "known to",
)
"""Words of records, names and reasons; every test below could meet them."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("quiet") / "node"
    node = worlds.make(made)
    worlds.add_secrets(node)
    worlds.work_in_secret(node)
    node.add_user(
        node.administrator(), name="bea", password=worlds.PASSWORD, role="analyst", clearance=4
    )
    node.close()
    return made


def run(folder: Path, *words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], env={"ESCLUSA_NODE": str(folder)})


# --- standard error -------------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder of files that each hold content and a fault."""
    good = worlds.cuscar(*worlds.HIDDEN_BILLS)
    (tmp_path / "cut.edi").write_bytes(good[:-40])
    (tmp_path / "spoiled.edi").write_bytes(good.replace(b"CNI+2", b"C\xff\xff+GHOST"))
    (tmp_path / "noise.bin").write_bytes(b"GHOST FIRM\x00\x01\x02" * 99)
    (tmp_path / "list.json").write_bytes(b'{"id": "GHOST", "schema": "ISTMO", "caption": HIDDEN')
    (tmp_path / "names.csv").write_text('name,type\nGHOST FIRM,any,HIDDEN\n"ISTMO\n')
    (tmp_path / "nameless.csv").write_text("GHOST FIRM,ISTMO\nHIDDEN,BANANAS\n")
    (tmp_path / "good.json").write_bytes(worlds.list_of(("p1", "GHOST FIRM")))
    return tmp_path


@pytest.mark.parametrize(
    ("command", "code"),
    (
        ("show GHOST", 4),
        ("explain ISTMO", 4),
        ("search --kind ghost GHOST", 0),
        ("ingest {}/cut.edi {}/spoiled.edi {}/noise.bin", 3),
        ("ingest {}/GHOST.edi", 1),
        ("read {}/noise.bin", 1),
        ("read {}/cut.edi", 3),
        ("lists add own {}/list.json", 1),
        ("lists add own {}/noise.bin", 1),
        ("lists update other {}/good.json", 4),
        ("screen {}/names.csv --list {}/good.json --out {}/hits.csv", 1),
        ("screen {}/nameless.csv --list {}/good.json --out {}/hits.csv", 1),
        ("screen {}/names.csv --list {}/noise.bin --out {}/hits.csv", 1),
        ("queue --port GHOST", 0),
        ("rules check {}/nameless.csv", 1),
    ),
)
def test_standard_error_quotes_neither_a_record_nor_a_file(
    folder: Path, files: Path, command: str, code: int
) -> None:
    result = run(folder, *(word.format(files) for word in command.split()))
    assert result.exit_code == code, result.stderr
    # The names of commands and files that were typed may come back.
    said = result.stderr.replace("GHOST.edi", "")
    assert not quotes(said, CONTENT), said
    assert len(said.splitlines()) <= 3, said


def test_a_crash_of_a_command_is_told_by_kind_and_place_without_its_words(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*args: object, **more: object) -> None:
        raise RuntimeError("no such firm: GHOST FIRM")

    monkeypatch.setattr(Node, "search", crash)
    result = run(folder, "search", "GHOST")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "RuntimeError in crash:" in result.stderr
    assert not quotes(result.stderr, CONTENT)


def test_an_error_of_the_database_says_the_statement_and_no_values(folder: Path) -> None:
    node = Node.open(folder)
    with pytest.raises(sa.exc.IntegrityError) as found, node.store.write() as connection:
        connection.execute(label.insert().values(id=1, originator="GHOST FIRM", marking="ISTMO"))
    assert "INSERT INTO label" in str(found.value)
    assert not quotes(str(found.value), CONTENT)
    node.close()


# --- logs of the pages and the API ----------------------------------------------------------------


@pytest.fixture
def node(folder: Path) -> Iterator[Node]:
    found = Node.open(folder)
    yield found
    found.close()


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Every logger at INFO, that of the database's statements included, but for our own client's."""
    caplog.set_level(logging.CRITICAL, "httpx")
    for name in ("sqlalchemy.engine", ""):  # the last call sets the handler's level as well
        caplog.set_level(logging.INFO, name)
    return caplog


def visit(client: httpx.Client) -> list[int]:
    """Look for, send and hit upon content in every way that pages and API have."""
    page = client.get("/sign-in?next=/search?text=GHOST").text
    form = {"csrf": page.split('name="csrf" value="')[1].split('"')[0], "name": "bea"}
    answers = [client.post("/sign-in", data=form | {"password": "GHOST FIRM"})]
    answers.append(client.post("/sign-in", data=form | {"password": worlds.PASSWORD}))
    page = client.get("/help").text
    form = {"csrf": page.split('name="csrf" value="')[1].split('"')[0]}
    good = worlds.cuscar(*worlds.LATE_BILLS)
    answers += [client.get(f"/search?text={word}") for word in CONTENT]
    answers += [client.get("/records/GHOST FIRM"), client.get("/nothing/GHOST?HIDDEN=ISTMO")]
    answers += [client.get("/queue?state=GHOST"), client.get("/queue?cursor=GHOST")]
    answers.append(client.post("/screening", data=form | {"name": "GHOST FIRM"}))
    for name, data in (("GHOST.edi", good), ("HIDDEN.edi", good[:-40]), ("ISTMO", b"GHOST" * 99)):
        answers.append(client.post("/intake", data=form, files={"files": (name, data)}))
    asked = {"name": "bea", "password": worlds.PASSWORD}
    token = client.post("/api/v1/session", json=asked).json()["token"]
    bearer = {"authorization": f"Bearer {token}"}
    answers.append(client.get("/api/v1/search", params={"text": "GHOST"}, headers=bearer))
    answers.append(client.post("/api/v1/screen", content=b'{"GHOST', headers=bearer))
    return [answer.status_code for answer in answers]


def test_no_log_line_of_pages_and_api_holds_what_was_read_or_looked_for(
    node: Node, log: pytest.LogCaptureFixture
) -> None:
    statuses = set(visit(TestClient(create_app(node), follow_redirects=False)))
    assert statuses == {200, 303, 400, 401, 404}
    assert "SELECT" in log.text
    assert not quotes(log.text, CONTENT)


def test_a_crash_behind_pages_and_api_is_logged_without_its_words(
    node: Node, log: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*args: object, **more: object) -> None:
        raise RuntimeError("no such firm: GHOST FIRM")

    def clash(*args: object, **more: object) -> None:
        with node.store.write() as connection:
            twice = {"name": "bea", "password": "GHOST", "role": "ISTMO", "clearance": 0}
            connection.execute(account.insert().values(created="now", **twice))

    for service, fault in (("search", crash), ("screen", clash), ("ingest", crash)):
        monkeypatch.setattr(node, service, fault)
    assert 500 in visit(TestClient(create_app(node), follow_redirects=False))
    assert "IntegrityError in" in log.text
    assert "RuntimeError in crash:" in log.text
    assert not quotes(log.text, CONTENT)


# --- a server that really runs --------------------------------------------------------------------

_SERVE = """
import logging, sys
logging.basicConfig(level=logging.INFO)
from esclusa.cli import main
main()
"""


def test_a_server_writes_no_address_and_no_content_to_its_output(folder: Path) -> None:
    """Also when the supervisor that runs it asks for every line at INFO."""
    with socket.socket() as spare:
        spare.bind(("127.0.0.1", 0))
        port = spare.getsockname()[1]
    words = ("serve", "--node", str(folder), "--port", str(port))
    server = subprocess.Popen(
        [sys.executable, "-c", _SERVE, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        wait_for(port)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            assert 200 in visit(client)
        with socket.create_connection(("127.0.0.1", port)) as raw:
            raw.sendall(b"GET /search?text=GHOST HTTP/9\r\nHIDDEN\r\n\r\n")
            assert raw.recv(99).startswith(b"HTTP/1.1 400")
    finally:
        server.terminate()
        said = server.communicate(timeout=20)[0].decode()
    assert f"http://127.0.0.1:{port}/" in said
    assert not quotes(said, (*CONTENT, "/search", "/intake", "text=", "/api/"))


def wait_for(port: int) -> None:
    for _try in range(400):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the server did not start within 20 seconds")
