"""The command line: same words, same gate, documented exit codes, JSON lines when piped."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import worlds
from esclusa.cli.commands import COMMANDS, cli
from esclusa.node import Node

BILLS = (("B1", "ISTMO PRIMAVERA SA", "GENERAL CARGO"), ("B2", "OTRA FIRMA SA", "BANANAS"))


def run(*words: object, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], input=stdin)


def lines(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def node(tmp_path: Path) -> Path:
    folder = tmp_path / "node"
    assert run("init", folder, "--agency", "marisol").exit_code == 0
    (tmp_path / "list.json").write_bytes(worlds.list_of(("p1", "OTRA FIRMA")))
    assert run("lists", "add", "own", tmp_path / "list.json", "--node", folder).exit_code == 0
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "open.edi").write_bytes(worlds.cuscar(*BILLS))
    return folder


@pytest.fixture
def filled(node: Path) -> Path:
    assert run("ingest", node.parent / "in", "--node", node).exit_code == 0
    return node


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_each_says_of_itself(name: str) -> None:
    command = cli.get_command(None, name)  # type: ignore[arg-type]
    assert command is not None
    assert (command.help or "").splitlines()[0] == COMMANDS[name][2]
    assert run(name, "--help").exit_code == 0


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom esclusa.cli import main\n"
        "try:\n main()\nexcept SystemExit:\n pass\n"
        "print([m for m in ('polars','sqlalchemy','starlette','rich','lxml') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "--help"], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_folder_is_taken_in_and_again_changes_nothing(node: Path) -> None:
    taken = run("ingest", node.parent / "in", "--node", node)
    first = lines(taken)[0]
    assert (first["counts"]["new"], taken.stderr) == (2, "")
    result = run("ingest", node.parent / "in", "--node", node)
    again = lines(result)[0]
    assert again["counts"] == first["counts"]
    assert re.fullmatch(
        r"open\.edi: received before, on [0-9-]{10}; nothing has changed\n", result.stderr
    )


def test_a_file_that_an_interruption_left_unread_is_not_said_to_change_nothing(node: Path) -> None:
    file = node.parent / "in" / "open.edi"
    opened = Node.open(node)
    with file.open("rb") as stream:
        opened.receive(opened.operator(), file.name, stream)
    opened.close()
    taken = run("ingest", file, "--node", node)
    assert (lines(taken)[0]["counts"]["new"], taken.stderr) == (2, "")


def test_where_one_file_cannot_be_opened_none_is_taken_in(node: Path) -> None:
    """Else nobody would be told what became of those before it."""
    good = node.parent / "in" / "open.edi"
    result = run("ingest", good, node.parent / "none.edi", "--node", node)
    assert (result.exit_code, "none.edi: cannot be opened" in result.stderr) == (1, True)
    assert not run("search", "BANANAS", "--node", node).stdout


def test_standard_input_is_a_file_too(node: Path) -> None:
    result = run("ingest", "-", "--node", node, stdin=worlds.cuscar(*BILLS))
    assert result.exit_code == 0
    assert lines(result)[0]["counts"]["messages"] == 1


def test_refused_messages_give_exit_code_3_and_keep_their_neighbours(node: Path) -> None:
    (node.parent / "d.edi").write_bytes(worlds.sample("manifest-damaged.edi"))
    result = run("ingest", node.parent / "d.edi", "--node", node)
    assert result.exit_code == 3
    counts = lines(result)[0]["counts"]
    assert counts["quarantined"] == 3
    assert counts["new"] > 0


def test_queue_explain_show_search_speak_json_when_piped(filled: Path) -> None:
    queue = lines(run("queue", "--node", filled))
    assert [row["title"] for row in queue] == ["NRCH B2", "NRCH B1"]
    subject = queue[0]["subject_id"]
    why = lines(run("explain", subject, "--node", filled))[0]
    assert sum(reason["points"] for reason in why["alert"]["reasons"]) == why["alert"]["score"]
    assert lines(run("show", subject, "--node", filled))[0]["source_name"] == "open.edi"
    assert lines(run("search", "otra", "firma", "--node", filled))[0]["record_id"]


def test_what_is_not_there_gives_exit_code_4(filled: Path) -> None:
    for command in ("show", "explain"):
        result = run(command, "00000000-0000-5000-8000-000000000000", "--node", filled)
        assert result.exit_code == 4
        assert "no such record" in result.stderr


def test_errors_are_one_sentence_and_exit_code_1(tmp_path: Path, node: Path) -> None:
    assert "esclusa init" in run("queue", "--node", tmp_path / "none").stderr
    again = run("init", node, "--agency", "marisol")
    assert (again.exit_code, "holds a node already" in again.stderr) == (1, True)
    (tmp_path / "x.pdf").write_bytes(b"%PDF-1.7 nothing")
    refused = run("read", tmp_path / "x.pdf")
    assert refused.exit_code == 1
    assert "x.pdf" in refused.stderr
    assert "PDF" in refused.stderr


def test_wrong_use_gives_exit_code_2() -> None:
    assert run("queue", "--state", "odd").exit_code == 2
    assert run("erase").exit_code == 2


def test_read_stores_nothing_and_names_format_and_defects(tmp_path: Path) -> None:
    path = tmp_path / "open.edi"
    path.write_bytes(worlds.cuscar(*BILLS))
    (message,) = lines(run("read", path))
    assert message["format"] == "edifact.cuscar"
    assert [item["bill"] for item in message["statements"]] == ["B1", "B2"]
    assert list(tmp_path.iterdir()) == [path]


def test_lists_are_updated_whole_or_not_at_all(node: Path) -> None:
    new = node.parent / "new.json"
    new.write_bytes(worlds.list_of(("p2", "NUEVA FIRMA")))
    done = run("lists", "update", "own", new, "--node", node)
    assert "1 added, 0 changed, 1 removed" in done.stdout
    new.write_bytes(b"not a list at all")
    assert run("lists", "update", "own", new, "--node", node).exit_code == 1
    assert lines(run("lists", "show", "--node", node))[0]["entries"] == 1
    assert run("lists", "update", "other", new, "--node", node).exit_code == 4


def test_a_table_of_names_is_screened(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_bytes(worlds.list_of(("p1", "OTRA FIRMA"), ("p2", "LEJANA SA")))
    (tmp_path / "names.csv").write_text(
        "name,type\nOtra Firma S.A.,organisation\nNobody Here,any\n"
    )
    out = tmp_path / "hits.csv"
    result = run("screen", tmp_path / "names.csv", "--list", tmp_path / "list.json", "--out", out)
    assert result.exit_code == 0, result.stderr
    rows = out.read_text().splitlines()
    assert len(rows) == 2
    assert rows[1].startswith("2,")
    assert "OTRA FIRMA" in rows[1]
    (tmp_path / "names.csv").write_text("nombre\nx\n")
    wrong = run("screen", tmp_path / "names.csv", "--list", tmp_path / "list.json", "--out", out)
    assert (wrong.exit_code, "column name is missing" in wrong.stderr) == (1, True)


def test_rules_are_listed_and_pass_their_own_tests(node: Path) -> None:
    assert len(lines(run("rules", "list", "--node", node))) >= 20
    checked = run("rules", "check")
    assert checked.exit_code == 0
    assert "0 failed" in checked.stdout


def test_backup_restore_check(filled: Path, tmp_path: Path) -> None:
    archive, copy = tmp_path / "b.tar.gz", tmp_path / "copy"
    assert run("backup", archive, "--node", filled).exit_code == 0
    assert run("restore", archive, copy, "--agency", "marisol").exit_code == 0
    assert run("check", "--node", copy).stdout == "no damage found\n"
    titles = [[row["title"] for row in lines(run("queue", "--node", n))] for n in (filled, copy)]
    assert titles[0] == titles[1]
    archive.write_bytes(archive.read_bytes()[:-200])
    cut = run("restore", archive, tmp_path / "other", "--agency", "marisol")
    assert (cut.exit_code, "not a usable backup" in cut.stderr) == (1, True)


def test_check_names_damage_with_exit_code_3(filled: Path) -> None:
    kept = next(path for path in (filled / "vault").rglob("*") if path.is_file())
    kept.write_bytes(b"changed")
    result = run("check", "--node", filled)
    assert result.exit_code == 3
    assert "damaged" in result.stdout


def test_accounts(node: Path) -> None:
    added = run("user", "add", "ana", "--role", "analyst", "--node", node,
                "--password", "correct horse battery")  # fmt: skip
    assert added.exit_code == 0, added.stderr
    assert lines(run("user", "list", "--node", node))[0]["name"] == "ana"


def test_erasure_takes_the_record_its_alert_and_the_received_bytes(filled: Path) -> None:
    row = lines(run("queue", "--node", filled))[0]
    done = run("erase", row["subject_id"], "--reason", "request 7", "--node", filled)
    assert done.stdout == "2 versions erased\n"
    assert lines(run("search", "otra", "--kind", "consignment", "--node", filled)) == []
    assert row["title"] not in [item["title"] for item in lines(run("queue", "--node", filled))]
    for path in (filled / "vault").rglob("*"):
        assert not path.is_file() or b"OTRA FIRMA SA" not in path.read_bytes()
    assert run("check", "--node", filled).exit_code == 0
    assert run("upgrade", "--node", filled).exit_code == 0


def test_the_demonstration_ends_with_its_table(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    result = run("demo", "--no-serve", "--folder", folder)
    assert result.exit_code == 0, result.output
    assert "Top of the queue" in result.output
    assert "manifest-northreach-0412.edi" in result.output
    waiting = result.output.partition("Waiting for Aduana de Marisol")[2].splitlines()[2:4]
    assert [line.split("  ")[0] for line in waiting] == ["referral", "request for information"]
    for crossed in ("(demonstration) to Northreach Port Police", "From Northreach Port Police to "):
        assert crossed in result.output
    gone = result.output.partition("Recalled: one consignment")[2].splitlines()[2:4]
    assert {line.split("  ")[0] for line in gone} == {"northreach", "altamira"}
    assert all("gone" in line and "tables" in line for line in gone)
    logs = result.output.partition("Logs of what left")[2].splitlines()[2:5]
    assert len(logs) == 3 and all("sound" in line for line in logs)
    assert run("check", "--node", folder).exit_code == 0
    # One was recalled; the agreement's second version took nothing back.
    (partner,) = (row for row in lines(run("partner", "list", "--node", folder))
                  if row["agency"] == "northreach")  # fmt: skip
    assert (partner["given"], partner["recalled"]) == (207, 1)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "x").write_text("x")
    assert run("demo", "--no-serve", "--folder", tmp_path / "mine").exit_code == 1


def test_quarantine_names_file_byte_and_reason_and_reads_again(node: Path) -> None:
    damaged = node.parent / "damaged.edi"
    damaged.write_bytes(worlds.sample("manifest-damaged.edi"))
    assert run("ingest", damaged, "--node", node).exit_code == 3
    held = lines(run("quarantine", "list", "--node", node))
    assert len(held) == 3
    assert all(row["source_name"] == "damaged.edi" and row["offset"] > 0 for row in held)
    assert all(str(row["reason"]).startswith("byte ") for row in held)
    again = run("quarantine", "retry", "--node", node)
    assert (again.exit_code, again.stdout) == (3, "3 messages read again: 0 stored, 3 still held\n")
    assert [row["retries"] for row in lines(run("quarantine", "list", "--node", node))] == [1, 1, 1]
    assert run("quarantine", "retry", "none", "--node", node).exit_code == 4
