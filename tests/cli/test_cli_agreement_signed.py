"""Two services set up their exchange with nothing but the commands of docs/operations.md, Partners."""

from __future__ import annotations

import base64
import re
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from esclusa.cli.commands import cli
from esclusa.sharing.keys import lock_for, opens_by_identity

SAMPLE = files("esclusa.samples").joinpath("agreements", "marisol-northreach.yaml")
BOTH = ("marisol", "northreach")


def run(*words: object, stdin: str = "") -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], input=stdin)


def test_both_sign_with_the_keys_of_their_nodes_and_put_it_in_force(tmp_path: Path) -> None:
    said = {}
    for agency in BOTH:
        assert run("init", tmp_path / agency, "--agency", agency).exit_code == 0
        made = run("partner", "keys", "--create", "--node", tmp_path / agency)
        (tmp_path / f"{agency}.json").write_text(made.stdout)
        said[agency] = made.stderr
    for agency, other in (BOTH, BOTH[::-1]):
        added = run("partner", "add", tmp_path / f"{other}.json", "--node", tmp_path / agency)
        assert (added.exit_code, added.stderr) == (0, said[other])
    text, signed = SAMPLE.read_text(encoding="utf-8"), tmp_path / "pact.signed.json"
    for agency in BOTH:
        key = said[agency].split()[-1]
        text = re.sub(
            rf"(agency: {agency}\n    role: agreement\n    key: )\w+", rf"\g<1>{key}", text
        )
    (tmp_path / "pact.yaml").write_text(text.replace("from: 2026-12-01", "from: 2025-01-01"))
    for agency, file in zip(BOTH, (tmp_path / "pact.yaml", signed), strict=True):
        key = tmp_path / agency / "keys" / "agreement.age"
        done = run("agreement", "sign", file, "--agency", agency, "--key", key)
        assert (done.exit_code, done.stderr) == (0, "")
    for agency in BOTH:
        done = run("partner", "agree", signed, "--node", tmp_path / agency)
        assert (done.exit_code, "in force with" in done.stdout) == (0, True)


def test_a_key_that_lies_without_the_machines_identity_is_told_and_not_asked_for(
    tmp_path: Path,
) -> None:
    node = tmp_path / "marisol"
    run("init", node, "--agency", "marisol")
    run("partner", "keys", "--create", "--node", node)
    (node / "keys" / "machine.identity").unlink()
    draft = tmp_path / "pact.yaml"
    draft.write_bytes(SAMPLE.read_bytes())
    key = node / "keys" / "agreement.age"
    done = run("agreement", "sign", draft, "--agency", "marisol", "--key", key)
    assert (done.exit_code, "machine's identity is missing" in done.stderr) == (1, True)
    assert not (tmp_path / "pact.signed.json").exists()


def test_how_a_key_is_locked_is_read_from_its_first_lines() -> None:
    import pyrage

    mine = pyrage.x25519.Identity.generate().to_public()
    for size in (0, 3, 60, 119) * 8:  # age adds lines of chance, so a file may end anywhere
        assert opens_by_identity(lock_for(b"p" * size, [str(mine)]))
    assert opens_by_identity(pyrage.encrypt(b"pem", [mine]))
    # A header as a passphrase makes it; locking with one takes 2 s of CPU (tests/sharing/test_keys).
    head = b"age-encryption.org/v1\n-> scrypt c2FsdHNhbHRzYWx0c2FsdA 18\nYm9keQ\n--- bWFj\n"
    start = b"-----BEGIN AGE ENCRYPTED FILE-----"
    armoured = start + b"\n" + base64.encodebytes(head * 9)
    for other in (head, armoured, b"", start, start + b"\nx!"):
        assert not opens_by_identity(other)


@pytest.mark.parametrize("agency", ("Marisol", "añil", "two words", "_x", "9", "a" * 33, ""))
def test_a_node_is_not_made_under_a_word_that_no_partner_could_take(
    tmp_path: Path, agency: str
) -> None:
    """The word stands in every record and can never be changed; agreements name it."""
    made = run("init", tmp_path / "node", "--agency", agency)
    assert (made.exit_code, "one word of at most 32 small letters" in made.stderr) == (1, True)
    assert not (tmp_path / "node").exists()
