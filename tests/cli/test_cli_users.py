"""Accounts from the machine itself. About 3 s of CPU (hashing)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from esclusa.cli.commands import cli
from esclusa.errors import SignInError
from esclusa.node import Node

GOOD, NEW = "correct horse battery", "battery horse correct"


def run(folder: Path, *words: str, stdin: str = "") -> Result:
    return CliRunner().invoke(cli, ["user", *words, "--node", str(folder)], input=stdin)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("users") / "node"
    Node.create(made, agency="marisol").close()
    for name, role in (
        ("ana", "analyst"),
        ("eva", "analyst"),
        ("leo", "analyst"),
        ("tom", "administrator"),
    ):
        added = run(made, "add", name, "--role", role, stdin=f"{GOOD}\n{GOOD}\n")
        assert added.exit_code == 0, added.output
    return made


def row(folder: Path, name: str) -> dict[str, object]:
    found = [json.loads(line) for line in run(folder, "list").stdout.splitlines()]
    return next(one for one in found if one["name"] == name)


def signs_in(folder: Path, name: str, password: str) -> bool:
    node = Node.open(folder)
    try:
        node.sign_in(name, password)
    except SignInError:
        return False
    finally:
        node.close()
    return True


def test_what_is_not_named_stays(folder: Path) -> None:
    changed = run(folder, "change", "ana", "--clearance", "3", "--caveat", "PAX")
    assert changed.exit_code == 0, changed.output
    run(folder, "change", "ana", "--role", "supervisor")
    found = row(folder, "ana")
    assert (found["role"], found["clearance"], found["caveats"]) == ("supervisor", 3, ["PAX"])
    run(folder, "change", "ana", "--no-caveats")
    assert row(folder, "ana")["caveats"] == []


def test_close_reopen_and_end_sessions(folder: Path) -> None:
    assert signs_in(folder, "eva", GOOD)
    assert "1 sessions ended" in run(folder, "end-sessions", "eva").output
    assert run(folder, "close", "eva").exit_code == 0 and not signs_in(folder, "eva", GOOD)
    assert run(folder, "reopen", "eva").exit_code == 0 and signs_in(folder, "eva", GOOD)


def test_a_new_password_and_none(folder: Path) -> None:
    assert run(folder, "password", "leo", stdin=f"{NEW}\n{NEW}\n").exit_code == 0
    assert signs_in(folder, "leo", NEW) and not signs_in(folder, "leo", GOOD)
    assert run(folder, "password", "leo", "--none").exit_code == 0
    assert not signs_in(folder, "leo", NEW)
    short = run(folder, "password", "leo", stdin="short\nshort\n")
    assert short.exit_code == 1 and "at least 12 characters" in short.stderr


def test_the_last_administrator_stays_and_unknown_names_are_not_found(folder: Path) -> None:
    last = run(folder, "close", "tom")
    assert last.exit_code == 1 and "last administrator" in last.stderr
    for words in (("close", "nobody"), ("end-sessions", "nobody"), ("password", "nobody", "--none"),
                  ("tie", "WXYZ2345", "ana")):  # fmt: skip
        assert run(folder, *words).exit_code == 4, words


def test_who_waits_is_tied(folder: Path) -> None:
    from esclusa.ledger import sign_ins

    node = Node.open(folder)
    with node.store.write() as connection:
        sign_ins.came(connection, "https://id.example", "sub-1", said="ana", code="ABCD2345")
    node.close()
    assert json.loads(run(folder, "waiting").stdout)["code"] == "ABCD2345"
    assert run(folder, "tie", "ABCD2345", "ana").exit_code == 0
    assert run(folder, "waiting").stdout == "" and row(folder, "ana")["linked"] == 1


def holds(folder: Path, name: str, password: str) -> str:
    """Return what a session of the account is told: "" that it goes on."""
    node = Node.open(folder)
    try:
        node.reader(node.sign_in(name, password))
    except SignInError as error:
        return str(error)
    finally:
        node.close()
    return ""


def test_a_first_password_is_changed_by_its_person_and_a_programs_stays(folder: Path) -> None:
    for name, more in (("max", ()), ("robot", ("--stays",))):
        run(folder, "add", name, "--role", "analyst", *more, stdin=f"{GOOD}\n{GOOD}\n")
    assert "change your password first" in holds(folder, "max", GOOD)
    assert row(folder, "max")["must_change"] is True
    assert holds(folder, "robot", GOOD) == ""
    for typed, said in (
        (f"wrong\n{NEW}\n{NEW}\n", "old password is not right"),
        (f"{GOOD}\nshort\nshort\n", "at least 12"), (f"{GOOD}\n{GOOD}\n{GOOD}\n", "is the old one"),
    ):  # fmt: skip
        refused = run(folder, "own-password", "max", stdin=typed)
        assert refused.exit_code != 0 and said in refused.stderr
    assert "old password is not right" in run(
        folder, "own-password", "nobody", stdin=f"{GOOD}\n{NEW}\n{NEW}\n"
    ).stderr  # fmt: skip
    done = run(folder, "own-password", "max", stdin=f"{GOOD}\n{NEW}\n{NEW}\n")
    assert done.exit_code == 0 and "its password is new" in done.stdout
    assert holds(folder, "max", NEW) == ""
    assert run(folder, "require-change", "max").exit_code == 0
    assert "change your password first" in holds(folder, "max", NEW)
    run(folder, "password", "max", "--stays", stdin=f"{GOOD}\n{GOOD}\n")
    assert holds(folder, "max", GOOD) == ""


def test_a_service_number_is_given_and_taken(folder: Path) -> None:
    run(folder, "add", "ada.lovelace", "--role", "analyst", stdin=f"{GOOD}\n{GOOD}\n")
    done = run(folder, "number", "ada.lovelace", "MR-104")
    assert done.stdout == "ada.lovelace: partners are shown MR-104\n"
    assert row(folder, "ada.lovelace")["number"] == "MR-104"
    assert "another account" in run(folder, "number", "leo", "MR-104").stderr
    assert "does not tell" in run(folder, "number", "ada.lovelace", "LOVELACE-1").stderr
    assert run(folder, "number", "leo").exit_code == 2
    assert run(folder, "number", "nobody", "MR-9").exit_code == 4
    assert "its name" in run(folder, "number", "ada.lovelace", "--none").stdout
    assert row(folder, "ada.lovelace")["number"] == ""
