"""Validate and answer: what is wrong is named with its byte, and the exit code tells."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from esclusa.cli.commands import cli

SAMPLES = Path(str(files("esclusa.samples")))
PASSENGERS = SAMPLES / "passengers-altamira-AM218.edi"
DATA = Path(__file__).parents[1] / "data"


def run(*arguments: str | Path, code: int = 0) -> Result:
    done = CliRunner().invoke(cli, [str(item) for item in arguments])
    assert done.exit_code == code, (done.output, done.stderr)
    return done


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """The list without its BGM, which the directory demands."""
    path = tmp_path / "broken.edi"
    data = PASSENGERS.read_bytes()
    start = data.index(b"BGM")
    path.write_bytes(data[:start] + data[data.index(b"'", start) + 1 :].lstrip())
    return path


def test_a_sound_message_has_no_errors(tmp_path: Path) -> None:
    done = run("validate", PASSENGERS)
    assert "1 messages" in done.stderr and "0 of them errors" in done.stderr


def test_a_fault_is_named_with_file_message_byte_and_code(broken: Path) -> None:
    done = run("validate", PASSENGERS, broken, code=3)
    faults = [json.loads(line) for line in done.stdout.splitlines()]
    (fault,) = [row for row in faults if row["severity"] == "error"]
    assert (fault["file"], fault["type"], fault["code"]) == (
        "broken.edi", "PAXLST", "edifact.segment.missing",
    )  # fmt: skip
    assert "BGM" in fault["reason"]
    assert 0 < fault["offset"] < broken.stat().st_size
    assert "2 messages" in done.stderr


def test_other_formats_are_told_by_their_reader(tmp_path: Path) -> None:
    zone = tmp_path / "zone.txt"
    good = json.loads((DATA / "mrz" / "zones.json").read_text())
    assert good
    zone.write_text(
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n"
        "L898902C36UTO7408122F1204159ZE184226B<<<<<11\n"
    )
    faults = [json.loads(line) for line in run("validate", zone).stdout.splitlines()]
    assert "mrz.check.wrong" in {row["code"] for row in faults}


def test_the_answer_is_an_interchange_that_is_itself_valid(broken: Path, tmp_path: Path) -> None:
    out = tmp_path / "answer.edi"
    run("answer", broken, "--out", out, "--reference", "R7")
    text = out.read_text("latin-1")
    assert "CONTRL:D:3:UN" in text and "UCM+" in text and "+R7'" in text
    assert run("validate", out).stdout == ""


def test_an_interchange_that_names_no_reference_is_told_with_its_byte(tmp_path: Path) -> None:
    both, out = tmp_path / "both.edi", tmp_path / "answer.edi"
    data = PASSENGERS.read_bytes()
    unb = data[data.index(b"UNB") : data.index(b"'", data.index(b"UNB"))]
    bare = b"+".join(unb.split(b"+")[:5])
    both.write_bytes(data + b"\n" + data.replace(unb, bare, 1))
    done = run("answer", both, "--out", out, code=3)
    assert f"both.edi, byte {len(data) + 1 + data.index(b'UNB')}: " in done.stderr
    assert out.read_bytes().count(b"UNB+") == 1


def test_an_x12_interchange_is_answered_with_a_997(tmp_path: Path) -> None:
    out = tmp_path / "answer.x12"
    run("answer", SAMPLES / "ocean-manifest-309.x12", "--out", out, "--reference", "7")
    assert "ST*997*0001~AK1*SO*412~AK2*309*0001~AK5*A~" in out.read_text()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("validate", PASSENGERS, "--guide", "nobody"), "guide"),
        (("answer", SAMPLES / "manifest-small-trader.csv", "--out", "x.edi"), "no answer"),
        (
            ("answer", SAMPLES / "ocean-manifest-309.x12", "--out", "x", "--reference", "A1"),
            "number",
        ),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[object, ...], reason: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*arguments, code=1)  # type: ignore[arg-type]
    assert reason in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
