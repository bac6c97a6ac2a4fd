"""Mappings on the command line: propose, check, add, list, show, and use them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import worlds
from esclusa.cli.commands import cli

DATA = Path(__file__).parents[1] / "data" / "tabular"
TABLE, RIGHT = DATA / "exportacion.csv", DATA / "exportacion.toml"
NAME = "altamira-exportacion"
WATCH = 'id = "watch"\ntarget = "list_entry"\n[columns]\n"Nombre real" = "name"\n'


def run(*words: object, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], input=stdin)


def lines(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def statements(result: Result) -> list[object]:
    return [line["statements"] for line in lines(result) if "statements" in line]


@pytest.fixture
def node(tmp_path: Path) -> Path:
    folder = tmp_path / "node"
    assert run("init", folder, "--agency", "marisol").exit_code == 0
    return folder


# --- propose, check -------------------------------------------------------------------------------


def test_a_proposal_is_printed_or_written_and_reads_the_table_as_the_guess_does(
    tmp_path: Path,
) -> None:
    printed = run("mapping", "propose", TABLE)
    assert printed.exit_code == 0
    assert '# "Cliente" = ""' in printed.stdout
    out = tmp_path / "m.toml"
    assert run("mapping", "propose", TABLE, "--out", out).exit_code == 0
    assert out.read_text() == printed.stdout
    guessed, mapped = run("read", TABLE), run("read", TABLE, "--mapping", out)
    assert statements(mapped) == statements(guessed) != []


def test_a_proposal_never_overwrites_a_file(tmp_path: Path) -> None:
    out = tmp_path / "m.toml"
    out.write_text("corrected by hand")
    refused = run("mapping", "propose", TABLE, "--out", out)
    assert (refused.exit_code, "cannot be written" in refused.stderr) == (1, True)
    assert out.read_text() == "corrected by hand"


def test_a_proposal_may_be_asked_for_a_watchlist(tmp_path: Path) -> None:
    table = tmp_path / "l.csv"
    table.write_text("id,name,nationality\n1,Velasco Marrone,PA\n")
    assert (
        'target = "list_entry"' in run("mapping", "propose", table, "--target", "list_entry").stdout
    )


def test_what_cannot_be_guessed_names_the_columns(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text("colour;shape\nred;round\n")
    refused = run("mapping", "propose", table)
    assert refused.exit_code == 1
    assert "t.csv: the columns are not recognised" in refused.stderr
    (tmp_path / "m.edi").write_bytes(worlds.cuscar(("B1", "OTRA FIRMA SA", "BANANAS")))
    assert "this is UN/EDIFACT" in run("mapping", "propose", tmp_path / "m.edi").stderr


def test_a_mapping_is_checked_alone_and_on_a_table(tmp_path: Path) -> None:
    assert f"{NAME}: consignment, 8 columns" in run("mapping", "check", RIGHT).stdout
    tried = run("mapping", "check", RIGHT, TABLE)
    assert tried.exit_code == 0
    (said,) = lines(tried)
    assert (said["statements"], said["refused"], said["codes"]) == (3, 0, {"table.value": 1})
    other = run("mapping", "check", RIGHT, DATA / "own_watchlist.csv")
    assert (other.exit_code, lines(other)[0]["statements"]) == (3, 0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [('"bill"', '"billl"', "no field 'billl'"), ("decimal", "decimals", "decimals"),
     ('"consignment"', '"cargo"', "cargo"), ("[columns]", "[columns", "not a mapping")],
)  # fmt: skip
def test_a_bad_mapping_file_is_one_sentence_wherever_it_is_named(
    tmp_path: Path, node: Path, old: str, new: str, reason: str
) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text(RIGHT.read_text().replace(old, new))
    for words in (
        ("mapping", "check", bad), ("mapping", "add", bad, "--node", node),
        ("read", TABLE, "--mapping", bad), ("ingest", TABLE, "--mapping", bad, "--node", node),
        ("lists", "add", "own", TABLE, "--mapping", bad, "--node", node),
    ):  # fmt: skip
        refused = run(*words)
        assert refused.exit_code == 1, words
        assert refused.stderr.startswith("esclusa: bad.toml: ")
        assert reason in refused.stderr
        assert len(refused.stderr.splitlines()) == 1
    assert lines(run("mapping", "list", "--node", node)) == []


def test_a_mapping_is_wrong_for_what_is_no_table(tmp_path: Path) -> None:
    message = tmp_path / "m.edi"
    message.write_bytes(worlds.cuscar(("B1", "OTRA FIRMA SA", "BANANAS")))
    refused = run("read", message, "--mapping", RIGHT)
    assert (refused.exit_code, "a mapping reads tables" in refused.stderr) == (1, True)


# --- keep, show, use ------------------------------------------------------------------------------


def test_a_mapping_is_kept_listed_and_shown_as_it_was_written(node: Path, tmp_path: Path) -> None:
    assert (
        "version 1, consignment, 8 columns" in run("mapping", "add", RIGHT, "--node", node).stdout
    )
    assert run("mapping", "show", NAME, "--node", node).stdout == RIGHT.read_text()
    newer = tmp_path / "newer.toml"
    newer.write_text(RIGHT.read_text() + "# corrected\n")
    assert "version 2" in run("mapping", "add", newer, "--node", node).stdout
    (listed,) = lines(run("mapping", "list", "--node", node))
    assert (listed["id"], listed["version"], listed["added_by"]) == (NAME, 2, "operator")
    older = run("mapping", "add", RIGHT, "--node", node)
    assert "version 3" in older.stdout
    digest = str(listed["digest"])
    assert (
        run("mapping", "show", NAME, "--digest", digest[:8], "--node", node).stdout
        == newer.read_text()
    )
    missing = run("mapping", "show", "none", "--node", node)
    assert (missing.exit_code, "no such mapping" in missing.stderr) == (4, True)


def test_a_table_is_taken_in_with_a_kept_mapping_a_file_or_the_one_that_fits(
    node: Path, tmp_path: Path
) -> None:
    guessed = run("ingest", TABLE, "--node", node)
    assert "its columns were guessed" in guessed.stderr
    assert lines(guessed)[0]["mapping"] == ""
    by_file = run("ingest", TABLE, "--mapping", RIGHT, "--node", node)
    assert f"mapping {NAME}, version 1" in by_file.stderr
    assert f"exportacion.csv: read with mapping {NAME}" in by_file.stderr
    by_id = run("ingest", TABLE, "--mapping", NAME, "--node", node)
    found = run("ingest", TABLE, "--node", node)
    assert lines(by_file) == lines(by_id) == lines(found)
    assert lines(by_file)[0]["mapping"] == NAME
    (facts,) = [
        {
            fact["path"]: fact["value"]
            for fact in lines(run("show", row["record_id"], "--node", node))[0]["facts"]
        }
        for row in lines(run("search", "plátano", "--node", node))
        if row["kind"] == "consignment"
    ]
    assert facts["goods.0.gross_mass_kg"] == "21600"
    unknown = run("ingest", TABLE, "--mapping", "nowhere", "--node", node)
    assert (unknown.exit_code, "no mapping is called 'nowhere'" in unknown.stderr) == (1, True)
    odd = run("ingest", TABLE, "--mapping", "x" * 5000, "--node", node)
    assert (odd.exit_code, "no mapping is called 'xxx" in odd.stderr) == (1, True)


def test_standard_input_is_read_with_a_mapping_too(node: Path) -> None:
    result = run("ingest", "-", "--mapping", RIGHT, "--node", node, stdin=TABLE.read_bytes())
    assert (lines(result)[0]["mapping"], result.exit_code) == (NAME, 0)


def test_an_own_watchlist_is_added_and_updated_with_a_mapping(node: Path, tmp_path: Path) -> None:
    (tmp_path / "watch.toml").write_text(WATCH)
    table = tmp_path / "l.csv"
    table.write_text("Nombre real;Apodo\nVelasco Marrone;El Pardo\n")
    assert run("lists", "add", "own", table, "--node", node).exit_code == 1
    added = run("lists", "add", "own", table, "--mapping", tmp_path / "watch.toml", "--node", node)
    assert "1 entries, 1 added" in added.stdout
    assert "l.csv: read with mapping watch" in added.stderr
    table.write_text("Nombre real;Apodo\nVelasco Marrone;El Pardo\nOtro Nombre;\n")
    updated = run("lists", "update", "own", table, "--mapping", "watch", "--node", node)
    assert "2 entries, 1 added" in updated.stdout


def test_backup_and_restore_carry_the_mappings(node: Path, tmp_path: Path) -> None:
    assert run("ingest", TABLE, "--mapping", RIGHT, "--node", node).exit_code == 0
    archive, copy = tmp_path / "b.tar.gz", tmp_path / "copy"
    assert run("backup", archive, "--node", node).exit_code == 0
    assert run("restore", archive, copy, "--agency", "marisol").exit_code == 0
    assert run("check", "--node", copy).stdout == "no damage found\n"
    assert run("mapping", "show", NAME, "--node", copy).stdout == RIGHT.read_text()
    assert lines(run("ingest", TABLE, "--node", copy))[0]["mapping"] == NAME
