"""Reports on casework from the command line, in every form. About 4 CPU seconds."""

from __future__ import annotations

import datetime as dt
import io
import json
from itertools import product
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from docx import Document

import report_worlds as made
from esclusa.cli.commands import cli


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    made.node_of(folder / "node").close()
    return folder


def run(folder: Path, *words: str) -> Result:
    command = ["report", words[0], "--node", str(folder / "node"), *words[1:]]
    return CliRunner().invoke(cli, command, env={"COLUMNS": "200"})


def test_a_month_and_a_year_in_every_form(folder: Path) -> None:
    told = json.loads(run(folder, "month", "2026-03").stdout)
    assert told["period"] == "2026-03" and told["clearance"] == 4
    table = run(folder, "month", "2026-03", "--format", "table", "--language", "es").stdout
    assert "Alertas decididas" in table and "Qué cuentan las cifras" in table
    assert run(folder, "month", "2026-03", "--format", "csv").stdout.startswith("Casework report")
    out = folder / "report"
    kinds = {"pdf": b"%PDF-", "docx": b"PK", "page": b"<!doctype html>", "csv": b"Casework report"}
    for span, form in product((("month", "2026-03"), ("year", "2025")), kinds):
        done = run(folder, *span, "--format", form, "--out", str(out))
        assert done.exit_code == 0, done.output
        assert out.read_bytes().lstrip().startswith(kinds[form])
        if form == "docx":
            assert Document(io.BytesIO(out.read_bytes())).core_properties.language == "en-GB"


def test_small_figures_stay_out_when_asked(folder: Path) -> None:
    told = json.loads(run(folder, "year", "2025", "--hide-small").stdout)
    cells = [
        cell for one in told["sections"] for row in one["rows"] for cell in row["cells"].values()
    ]
    assert any(cell.get("hidden") for cell in cells)
    assert not [cell for cell in cells if 0 < (cell.get("number") or 0) < 5]


def test_the_records_behind_a_figure(folder: Path) -> None:
    lines = run(folder, "behind", "2026-03", "alerts_decided", "--part", "explained").stdout
    assert [json.loads(line)["id"] for line in lines.splitlines()] == [
        made.alert_id(name) for name in ("A6", "A2")
    ]
    assert run(folder, "behind", "2026-03", "ghost").exit_code == 1


def test_a_report_is_kept_and_shown_beside_the_present(folder: Path) -> None:
    done = run(folder, "month", "2026-02", "--keep")
    digest = done.stderr.strip().rpartition(" ")[2]
    assert len(digest) == 64
    (row,) = map(json.loads, run(folder, "kept").stdout.splitlines())
    assert (row["digest"], row["period"]) == (digest, "2026-02")
    assert json.loads(run(folder, "kept", digest[:12]).stdout)["row"]["changed"] == 0
    assert run(folder, "kept", "0" * 64).exit_code == 4
    this_year = str(dt.datetime.now(dt.UTC).year)
    early = run(folder, "year", this_year, "--keep")
    assert early.exit_code == 1 and "has not ended" in early.stderr


def test_the_board_and_rates_of_a_period(folder: Path) -> None:
    board = json.loads(run(folder, "board").stdout)
    assert {one["queue"]: one["count"] for one in board["queues"]}["alerts_claimed"] == 1
    rates = CliRunner().invoke(
        cli, ["referral", "rates", "--node", str(folder / "node"), "--since", "2026-03-01"]
    )
    assert json.loads(rates.stdout.splitlines()[0])["asked"] == 5


@pytest.mark.parametrize("words", [("month", "March"), ("year", "26"), ("month", "2999-01")])
def test_what_is_no_period_is_one_sentence(folder: Path, words: tuple[str, ...]) -> None:
    done = run(folder, *words)
    assert (
        done.exit_code == 1
        and done.stderr.startswith("esclusa: ")
        and "\n" not in done.stderr.strip()
    )
