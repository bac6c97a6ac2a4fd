"""An exported case is signed: checked with public keys alone, and no byte of it can be changed.
About 5 s of CPU."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import case_worlds
from case_worlds import PHOTO, opened, take
from esclusa.cli.commands import cli
from esclusa.errors import EsclusaError, InputError, TrustError
from esclusa.node import Node, credentials
from esclusa.node.case_signature import LENGTH
from esclusa.node.case_verifying import Verdict, verify
from esclusa.sharing.keys import EXCHANGE


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    one = case_worlds.made(tmp_path_factory.mktemp("signed"))
    credentials.create(one.folder, one.agency, case_worlds.NOW - dt.timedelta(days=1))
    yield one
    one.close()


@pytest.fixture(scope="module")
def package(node: Node) -> bytes:
    name = opened(node).row.id
    take(node, name)
    take(node, name, b"second file", "b.txt")
    with node.case_desk.export(case_worlds.lead(node), name, {"to": "court"}).file as file:
        return file.read()


@pytest.fixture(scope="module")
def keys(node: Node) -> str:
    return str(node.folder / "keys" / "public.json")


def check(data: bytes, keys: str) -> Verdict:
    return verify(io.BytesIO(data), "case.zip", keys)


def test_a_package_is_checked_with_public_keys_and_no_node(
    node: Node, package: bytes, keys: str
) -> None:
    found = check(package, keys)
    signer = node.exchange.credentials.signer(EXCHANGE)
    assert (found.wrong, found.signed.agency, found.signed.key) == ("", "marisol", signer.key_id)
    assert found.found.seal == found.signed.manifest
    assert {result for _path, _sha, result in found.found.members} == {"intact"}
    assert check(package, signer.public).wrong == ""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:  # and it is a zip file like any other
        assert archive.testzip() is None
        assert PHOTO in map(archive.read, archive.namelist())


def test_no_byte_of_it_can_be_changed(package: bytes, keys: str) -> None:
    """Every place in steps, and every byte of the signature and of the zip's end."""
    places = {*range(0, len(package), max(1, len(package) // 700))}
    places |= set(range(len(package) - LENGTH - 40, len(package)))
    for place in sorted(places):
        data = bytearray(package)
        data[place] ^= 1
        try:
            wrong = check(bytes(data), keys).wrong
        except (InputError, TrustError) as error:
            wrong = str(error)
        assert wrong, place


def test_the_first_wrong_file_is_named_with_its_bytes(package: bytes, keys: str) -> None:
    place = package.index(PHOTO) + 3
    data = bytearray(package)
    data[place] ^= 1
    wrong = check(bytes(data), keys).wrong
    assert wrong.startswith("evidence/") and "was changed" in wrong
    first, last = (int(word) for word in wrong.replace(")", "").split() if word.isdigit())
    assert first <= place <= last
    data = bytearray(package)
    data[package.index(b"case.json") - 20] ^= 1  # the header of a member, and no file
    with pytest.raises(EsclusaError) as refused:
        found = check(bytes(data), keys).wrong
        raise InputError(found)
    assert str(refused.value)


def repacked(package: bytes, *, without: str = "", more: bool = False) -> bytes:
    """Return the package written anew, with the old signature."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as source, zipfile.ZipFile(out, "w") as target:
        for info in source.infolist():
            if not without or not info.filename.startswith(without):
                target.writestr(info, source.read(info.filename))
        if more:
            target.writestr("more.txt", b"added")
        target.comment = source.comment
    return out.getvalue()


def test_a_missing_an_added_and_a_replaced_file_are_refused(package: bytes, keys: str) -> None:
    assert "is missing" in check(repacked(package, without="evidence/"), keys).wrong
    assert check(repacked(package, more=True), keys).wrong.startswith("more.txt was added")
    assert "between the files" in check(repacked(package), keys).wrong


@pytest.mark.parametrize("part", [0.0, 0.3, 0.9, 0.999])
def test_a_package_that_was_cut_off_and_a_file_that_is_none_say_so(
    package: bytes, keys: str, part: float
) -> None:
    for data in (package[: int(len(package) * part)], bytes(range(256)) * 40):
        with pytest.raises(InputError, match="cut off"):
            check(data, keys)


def test_another_key_an_unsigned_and_a_stolen_signature_are_refused(
    node: Node, package: bytes, keys: str, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    credentials.create(other, node.agency, case_worlds.NOW - dt.timedelta(days=1))
    stranger = credentials.load(other).signer(EXCHANGE)
    for text in (str(other / "keys" / "public.json"), stranger.public):
        with pytest.raises(TrustError, match=r"is known|another key"):
            check(package, text)
    agreement = node.exchange.credentials.signer("agreement")
    with pytest.raises(TrustError, match="another key"):
        check(package, agreement.public)
    bare = case_worlds.made(tmp_path / "bare")
    name = opened(bare).row.id
    made = bare.case_desk.export(case_worlds.lead(bare), name, {})
    assert made.key == ""
    with made.file as file:
        unsigned = file.read()
    bare.close()
    with pytest.raises(InputError, match="not signed"):
        check(unsigned, keys)
    stolen = unsigned[:-2] + package[-LENGTH - 2 :]
    assert "is not the one that was signed" in check(stolen, keys).wrong
    with pytest.raises(EsclusaError, match="cannot be read"):
        check(package, str(tmp_path / "none.json"))


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, ["case", "verify", *map(str, words)])


def test_the_command_needs_no_node_and_ends_with_3_where_something_is_wrong(
    package: bytes, keys: str, tmp_path: Path
) -> None:
    target = tmp_path / "case.zip"
    target.write_bytes(package)
    done = run(target, "--key", keys, "--node", tmp_path / "nowhere")
    assert done.exit_code == 0, done.stderr
    assert "signed by marisol on 2026-11-27" in done.stderr
    assert {json.loads(line)["result"] for line in done.stdout.splitlines()} == {"intact"}
    target.write_bytes(repacked(package, more=True))
    bad = run(target, "--key", keys)
    assert (bad.exit_code, "more.txt was added" in bad.stderr) == (3, True)
    assert run(target, "--key", tmp_path / "none").exit_code == 1
    assert run(tmp_path / "none.zip", "--key", keys).exit_code == 1


def test_the_node_itself_finds_what_only_the_signature_tells(node: Node, package: bytes) -> None:
    name = json.loads(zipfile.ZipFile(io.BytesIO(package)).read("manifest.json"))["case"]
    who, desk = case_worlds.lead(node), node.case_desk
    sealed, rows = desk.verify_package(who, name, io.BytesIO(package), "case.zip")
    assert sealed and {row.result.code for row in rows} == {"intact"}
    sealed, rows = desk.verify_package(who, name, io.BytesIO(repacked(package)), "case.zip")
    assert sealed and [row.file for row in rows if row.result.code == "altered"] == ["case.zip"]
