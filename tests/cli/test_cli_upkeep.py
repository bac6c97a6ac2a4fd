"""What goes wrong when a node is set up, kept and moved: one sentence, and nothing half made."""

from __future__ import annotations

import errno
import io
import json
import os
import socket
import tarfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import worlds
from esclusa.cli.commands import cli
from esclusa.node import Node, settings


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the backup of Marisol's node, whole and cut."""
    made = tmp_path_factory.mktemp("upkeep")
    node = Node.create(made / "node", agency="marisol")
    worlds.take_in(node, "a.edi", worlds.cuscar(*worlds.OPEN_BILLS))
    node.backup(made / "whole.tar.gz")
    node.close()
    (made / "cut.tar.gz").write_bytes((made / "whole.tar.gz").read_bytes()[:2000])
    return made


# --- settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "said"),
    (
        ('time_zone = "Mars/Phobos"', "time_zone 'Mars/Phobos': an IANA name"),
        ('time_zone = "../etc"', "time_zone '../etc': an IANA name"),
        ("session_hours = 0", "session_hours 0: a number from 1"),
        ("session_hours = 99999999999", "session_hours 99999999999: a number from 1"),
        ("upload_bytes = -1", "upload_bytes -1: a number from 1"),
        ("retention_days = {travelller = 30}", "'travelller' is no kind of record"),
        ("retention_days = {case_move = 30}", "'case_move' has no clock here; these have: consig"),
        ("retention_days = {alert = 30}", "'alert' has no clock here"),
        ("retention_days = {traveller = -5}", "traveller -5: a number of days from 0"),
        ("retention_days = {traveller = 99999999}", "traveller 99999999: a number of days from 0"),
        ('database = "somewhere"', "the address of the database is none"),
        ('database = "postgresql+nosuch://u:secret@h/d"', "'postgresql+nosuch' cannot be used"),
        ('database = "sqlite://h/x"', "Invalid SQLite URL: sqlite://h/x; write sqlite:///FILE"),
    ),
)
def test_a_setting_that_cannot_be_meant_stops_the_node_by_its_name(
    tmp_path: Path, line: str, said: str
) -> None:
    (tmp_path / settings.FILE).write_text(f'agency = "marisol"\n{line}\n', encoding="utf-8")
    result = run("queue", "--node", tmp_path)
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert said in result.stderr and "secret" not in result.stderr


def test_a_clock_set_for_one_kind_leaves_the_clocks_of_the_others_running(tmp_path: Path) -> None:
    text = 'agency = "marisol"\n[retention_days]\ntraveller = 30\nseizure = 90\n'
    (tmp_path / settings.FILE).write_text(text, encoding="utf-8")
    days = settings.load(tmp_path).retention_days
    assert days == settings.RETENTION_DAYS | {"traveller": 30, "seizure": 90}
    assert settings.Settings(agency="marisol").retention_days == settings.RETENTION_DAYS


@pytest.mark.parametrize("words", (("--time-zone", "Mars/Phobos"), ("--database", "somewhere")))
def test_a_node_is_not_made_with_a_setting_that_cannot_be_meant(
    tmp_path: Path, words: tuple[str, str]
) -> None:
    result = run("init", tmp_path / "node", "--agency", "marisol", *words)
    assert (result.exit_code, "nobody expected" in result.stderr) == (1, False)
    assert run("init", tmp_path / "node", "--agency", "marisol").exit_code == 0


def test_a_settings_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / settings.FILE).mkdir()
    assert (
        f"{settings.FILE} cannot be read: Is a directory" in run("queue", "--node", tmp_path).stderr
    )


# --- backup and restore ---------------------------------------------------------------------------


def test_a_backup_says_whose_it_is_and_fills_no_other_agencys_node(
    kept: Path, tmp_path: Path
) -> None:
    other = run("restore", kept / "whole.tar.gz", tmp_path / "n", "--agency", "northreach")
    assert (other.exit_code, other.stderr) == (
        1, "esclusa: whole.tar.gz: made by the agency 'marisol', not by 'northreach'\n",
    )  # fmt: skip
    assert not (tmp_path / "n").exists()


@pytest.mark.parametrize("manifest", ([], {"sha256": []}), ids=("list", "no sums"))
def test_an_archive_with_a_manifest_of_something_else_is_told_as_one(
    tmp_path: Path, manifest: object
) -> None:
    data = json.dumps(manifest).encode()
    with tarfile.open(tmp_path / "b.tar.gz", "w:gz") as tar:
        member = tarfile.TarInfo("manifest.json")
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))
    result = run("restore", tmp_path / "b.tar.gz", tmp_path / "n", "--agency", "marisol")
    assert (result.exit_code, "manifest is none of a backup" in result.stderr) == (1, True)
    assert not (tmp_path / "n").exists()


@pytest.mark.parametrize("stood", (False, True))
def test_after_a_restore_that_failed_the_same_folder_takes_the_right_file(
    kept: Path, tmp_path: Path, stood: bool
) -> None:
    folder = tmp_path / "n"
    if stood:
        (folder / "keys").mkdir(parents=True)
        (folder / "keys" / "machine.identity").write_text("kept apart")
    assert run("restore", kept / "cut.tar.gz", folder, "--agency", "marisol").exit_code == 1
    assert "holds no node" in run("queue", "--node", folder).stderr
    assert (folder / "keys" / "machine.identity").exists() == stood
    assert run("restore", kept / "whole.tar.gz", folder, "--agency", "marisol").exit_code == 0
    assert run("check", "--node", folder).exit_code == 0


def test_neither_a_backup_nor_a_written_file_takes_the_place_of_a_device(
    kept: Path, tmp_path: Path
) -> None:
    """As root, the file that is whole would be renamed over ``/dev/null``."""
    device = tmp_path / "device"
    os.mkfifo(device)
    for words in (("backup", device), ("requests", "list", "--csv", device)):
        result = run(*words, "--node", kept / "node")
        assert (result.exit_code, "not a plain file" in result.stderr) == (1, True)
    assert device.is_fifo()


def test_a_link_such_as_dev_stdout_stays_and_the_file_it_leads_to_is_written(
    kept: Path, tmp_path: Path
) -> None:
    link, there = tmp_path / "link", tmp_path / "there"
    link.symlink_to(there)
    for words in (("backup", link), ("requests", "list", "--csv", link)):
        there.write_bytes(b"")
        assert run(*words, "--node", kept / "node").exit_code == 0
        assert link.is_symlink() and there.stat().st_size > 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "there"]


# --- the machine says no --------------------------------------------------------------------------


def test_what_the_system_refuses_is_told_with_the_name_of_the_file(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = run("backup", tmp_path / "nowhere" / "b.tar.gz", "--node", kept / "node")
    assert missing.exit_code == 1
    assert "b.tar.gz.part: No such file or directory" in missing.stderr

    def full(*_args: object, **_more: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Node, "backup", full)
    result = run("backup", tmp_path / "b.tar.gz", "--node", kept / "node")
    assert (result.exit_code, result.stderr) == (1, "esclusa: No space left on device\n")


def test_a_port_that_is_taken_is_told_before_an_address_is_promised(kept: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("serve", "--node", kept / "node", "--port", port)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"cannot listen on 127.0.0.1, port {port}: Address already in use" in result.stderr


def test_a_mistyped_id_does_not_look_like_an_erasure(kept: Path, tmp_path: Path) -> None:
    node = tmp_path / "node"
    assert run("restore", kept / "whole.tar.gz", node, "--agency", "marisol").exit_code == 0
    found = json.loads(
        run("search", worlds.OPEN_BILLS[0][0], "--node", node).stdout.splitlines()[0]
    )
    name = found["record_id"]
    wrong = run("erase", name[:-1], "--reason", "asked for", "--node", node)
    assert (wrong.exit_code, wrong.stdout, wrong.stderr) == (4, "", "esclusa: no such record\n")
    assert run("show", name, "--node", node).exit_code == 0
    for versions in (2, 0):  # with its alert; a second time nothing is left, which is no mistake
        done = run("erase", name, "--reason", "asked for", "--node", node)
        assert (done.exit_code, done.stdout) == (0, f"{versions} versions erased\n")
