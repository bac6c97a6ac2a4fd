"""Selection from the command line: commit, draw, reveal, check elsewhere, report in four forms.

About 5 CPU seconds.
"""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import pdf_words
import selection_worlds as made
from esclusa.cli.commands import cli
from esclusa.node import Node


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    made.filled_node(folder / "node").close()
    return folder


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("done")
    made.selected_node(folder / "node").close()
    return folder


def run(folder: Path, *words: str) -> Result:
    place = 2 if words[0] == "select" else 1
    command = ["target", *words[:place], "--node", str(folder / "node"), *words[place:]]
    return CliRunner().invoke(cli, command, env={"COLUMNS": "180"})


def said(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


def test_from_a_commitment_to_a_draw_that_others_check(folder: Path) -> None:
    committed = said(run(folder, "select", "commit", "--capacity", "10", made.NAME))
    assert re.fullmatch("[0-9a-f]{64}", committed["commitment"])
    assert said(run(folder, "select", "draw", made.NAME))["state"] == "drawn"
    assert said(run(folder, "select", "list"))["proposed"] == 10
    refused = run(folder, "verify", made.NAME)
    assert refused.exit_code == 1
    assert "has not been revealed" in refused.stderr
    proof = folder / "proof.json"
    assert said(run(folder, "reveal", "--proof", str(proof), made.NAME))["state"] == "revealed"
    assert said(run(folder, "verify", made.NAME))["faults"] == []
    alone = CliRunner().invoke(
        cli, ["target", "verify", "--proof", str(proof), "--commitment", committed["commitment"]]
    )
    assert said(alone)["faults"] == []  # without any node
    other = CliRunner().invoke(
        cli, ["target", "verify", "--proof", str(proof), "--commitment", "0" * 64]
    )
    assert other.exit_code == 3
    assert "another commitment" in other.stdout
    broken = proof.read_text().replace('"capacity":10', '"capacity":11', 1)
    proof.write_text(broken)
    assert CliRunner().invoke(cli, ["target", "verify", "--proof", str(proof)]).exit_code == 3
    proof.write_text("{}")
    wrong = CliRunner().invoke(cli, ["target", "verify", "--proof", str(proof)])
    assert (wrong.exit_code, "is no proof" in wrong.stderr) == (1, True)
    assert run(folder, "verify").exit_code == 1


def test_a_change_needs_a_candidate_and_is_kept(done: Path) -> None:
    rows = said(run(done, "select", "show", "--format", "json", made.NAME))["rows"]
    last = rows[-1]["subject_id"]
    told = said(
        run(done, "select", "swap", "--take", last, "--reason", "asked by pier 7", made.NAME)
    )
    assert told["steps"][-1]["reason"] == "asked by pier 7"
    assert run(done, "select", "show", "PABLB/2031-01-01").exit_code == 4
    assert run(done, "select", "swap", "--out", "x", "--reason", "why", made.NAME).exit_code == 1


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Report on selection", "What is missed", "unknown, never clean", "OFFICIAL")),
        ("es", ("Informe de selección", "Lo que se escapa", "nunca limpio", "OFFICIAL")),
    ],
)
def test_a_report_as_pdf_has_real_text_in_both_languages(
    done: Path, tmp_path: Path, language: str, words: tuple[str, ...]
) -> None:
    out = tmp_path / "report.pdf"
    period = ("--since", "2026-04-01", "--until", "2026-04-30")
    result = run(
        done, "report", *period, "--format", "pdf", "--language", language, "--out", str(out)
    )
    assert result.exit_code == 0, result.output
    text = " ".join(pdf_words.pages(out.read_bytes()))
    for word in words:
        assert word in text
    assert text.count("OFFICIAL · marisol") >= 3  # in the text, and at each end of every page
    assert f"/Lang ({language})".encode() in out.read_bytes()


def test_a_report_as_csv_keeps_numbers_and_says_what_it_rests_on(done: Path) -> None:
    period = ("--since", "2026-04-01", "--until", "2026-04-30")
    result = run(done, "report", *period, "--format", "csv", "--language", "en")
    rows = list(csv.reader(io.StringIO(result.stdout)))
    assert rows[1] == ["Marking", "OFFICIAL · marisol"]
    mandatory = next(row for row in rows if row[:1] == ["Mandatory"])
    assert mandatory[1:5] == ["2", "2", "1", "0.5"]
    table = run(done, "report", *period, "--format", "table", "--language", "en")
    assert "Auditors' table" in table.stdout
    assert "50.0 %" in table.stdout


def test_a_sheet_to_take_along(done: Path, tmp_path: Path) -> None:
    out = tmp_path / "sheet.pdf"
    assert (
        run(done, "select", "show", "--format", "pdf", "--out", str(out), made.NAME).exit_code == 0
    )
    text = " ".join(pdf_words.pages(out.read_bytes()))
    assert "a person decides" in text
    assert "MARU1000000" in text
    told = run(done, "select", "show", "--format", "csv", made.NAME).stdout
    assert sum("MARU" in line for line in told.splitlines()) >= made.CAPACITY


def test_the_pdf_takes_names_as_text_and_not_as_markup() -> None:
    from esclusa.node.report_pdf import _text, plain_letters

    assert _text("<b>UNO & CIA</b>") == "&lt;b&gt;UNO &amp; CIA&lt;/b&gt;"
    assert plain_letters("Łódź → ñandú 東") == "Lódz -> ñandú Dong"


def test_a_cell_that_a_spreadsheet_would_run_stays_text() -> None:
    from esclusa.node.report_tables import plain

    assert plain("=HYPERLINK(1)") == "'=HYPERLINK(1)"
    assert (plain(None), plain(-0.5), plain(True)) == ("", -0.5, 1)


def test_the_node_is_closed_and_can_be_opened_again(done: Path) -> None:
    node = Node.open(done / "node")
    assert node.selection_desk.verify(node.operator(), made.NAME).faults == ()
    node.close()
