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


def test_an_aperak_says_in_a_sentence_what_is_wrong_with_the_content(
    broken: Path, tmp_path: Path
) -> None:
    out = tmp_path / "answer.edi"
    run("answer", broken, "--out", out, "--reference", "R7", "--acknowledgment", "aperak")
    text = out.read_text("latin-1")
    assert "APERAK:D:01B:UN" in text and "BGM+305+R7-1+27+RE'" in text
    assert "segment BGM is missing before NAD:edifact.segment.missing:error'" in text
    assert run("validate", out).stdout == ""


def test_a_999_is_written_where_it_is_asked_for(tmp_path: Path) -> None:
    out = tmp_path / "answer.x12"
    manifest = SAMPLES / "ocean-manifest-309.x12"
    run("answer", manifest, "--out", out, "--reference", "7", "--acknowledgment", "999")
    text = out.read_text()
    assert "ST*999*0001" in text and "~IK5*A~" in text


@pytest.mark.parametrize(
    ("named", "kind"), [("contrl", "CONTRL:D:3:UN"), ("aperak", "APERAK:D:01B:UN")]
)
def test_each_file_of_a_folder_is_answered_with_what_is_asked_for(
    tmp_path: Path, named: str, kind: str
) -> None:
    came, out = tmp_path / "came", tmp_path / "answers"
    came.mkdir()
    for name in ("one.edi", "two.edi"):
        (came / name).write_bytes(PASSENGERS.read_bytes())
    run("answer", came, "--out", out, "--acknowledgment", named)
    answers = sorted(out.iterdir())
    assert [each.name for each in answers] == ["one.edi.answer", "two.edi.answer"]
    assert all(kind in each.read_text("latin-1") for each in answers)


def test_standard_input_is_answered_too(tmp_path: Path) -> None:
    out = tmp_path / "answer.edi"
    arguments = ["answer", "-", "--out", str(out), "--acknowledgment", "aperak"]
    done = CliRunner().invoke(cli, arguments, input=PASSENGERS.read_bytes())
    assert done.exit_code == 0, done.stderr
    assert "+44+AP'" in out.read_text("latin-1")


def test_of_several_files_the_one_whose_syntax_has_no_such_answer_is_told(tmp_path: Path) -> None:
    out = tmp_path / "answers"
    out.mkdir()
    manifest = SAMPLES / "ocean-manifest-309.x12"
    done = run("answer", PASSENGERS, manifest, "--out", out, "--acknowledgment", "aperak", code=3)
    assert "an X12 interchange is answered with 997 or 999, not with aperak" in done.stderr
    assert [each.name for each in out.iterdir()] == [f"{PASSENGERS.name}.answer"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (
            ("answer", PASSENGERS, "--out", "x", "--acknowledgment", "999"),
            "an EDIFACT interchange is answered with contrl or aperak, not with 999",
        ),
        (
            (
                "answer",
                SAMPLES / "ocean-manifest-309.x12",
                "--out",
                "x",
                "--acknowledgment",
                "contrl",
            ),
            "an X12 interchange is answered with 997 or 999, not with contrl",
        ),
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
