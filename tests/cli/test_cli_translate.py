"""Read, write, convert: what has no place or cannot be read is told, and the rest goes through."""

from __future__ import annotations

import gzip
import json
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from esclusa.cli.commands import cli

SAMPLES = Path(str(files("esclusa.samples")))
PLAN = SAMPLES / "bayplan-northreach-0412.edi"
PEOPLE = SAMPLES / "passengers-altamira-AM218.edi"
BILLS = SAMPLES / "ocean-manifest-309.x12"
DAMAGED = SAMPLES / "manifest-damaged.edi"
HEAD = ("--sender", "NRLN", "--recipient", "MARISOL", "--reference", "R7",
        "--prepared", "2026-04-13T10:15")  # fmt: skip


def run(*arguments: str | Path, code: int = 0, given: bytes | None = None) -> Result:
    done = CliRunner().invoke(cli, [str(item) for item in arguments], input=given)
    assert done.exit_code == code, (done.output, done.stderr)
    return done


def statements(text: str) -> list[object]:
    return [one for line in text.splitlines() for one in json.loads(line).get("statements", ())]


@pytest.mark.parametrize(
    ("path", "target"),
    [(PLAN, "edifact.baplie"), (PEOPLE, "edifact.paxlst"), (BILLS, "edifact.cuscar")],
    ids=["bay plan", "passengers", "309 to CUSCAR"],
)
def test_what_was_read_is_written_and_reads_back_as_much(
    tmp_path: Path, path: Path, target: str
) -> None:
    out = tmp_path / "out.edi"
    run("convert", path, "--to", target, "--out", out, *HEAD)
    assert out.read_bytes().startswith(b"UNB+UNOC:3+NRLN+MARISOL+260413:1015+R7'")
    before, after = (statements(run("read", each).stdout) for each in (path, out))
    assert len(before) == len(after) > 0


@pytest.mark.parametrize(
    ("path", "target", "back"),
    [
        (PLAN, "edifact.coprar", "transport_event"),
        (SAMPLES / "manifest-northreach-0412.edi", "asycuda.awmds", "consignment"),
        (BILLS, "x12.309", "consignment"),
        (SAMPLES / "crew-altamira-AM218.edi", "fal.json", "traveller"),
    ],
    ids=["BAPLIE to COPRAR", "CUSCAR to AWMDS", "309", "PAXLST to FAL 5"],
)
def test_what_was_converted_is_found_by_its_looks_and_states_the_same_kind(
    tmp_path: Path, path: Path, target: str, back: str
) -> None:
    out = tmp_path / "out"
    done = CliRunner().invoke(
        cli, ["convert", str(path), "--to", target, "--out", str(out), *HEAD[:4]]
    )
    assert done.exit_code in (0, 3), done.stderr
    found = statements(run("read", out).stdout)
    assert back in {one["kind"] for one in found}  # type: ignore[index]


def test_read_and_write_in_a_pipe_are_convert(tmp_path: Path) -> None:
    lines = run("read", PLAN).stdout.encode()
    piped = run("write", "-", "--to", "edifact.baplie", *HEAD, given=lines).stdout
    assert piped == run("convert", PLAN, "--to", "edifact.baplie", *HEAD).stdout


def test_a_stream_may_be_packed() -> None:
    packed = gzip.compress(PLAN.read_bytes())
    assert run("read", "-", given=packed).stdout == run("read", PLAN).stdout


def test_a_folder_is_read_to_its_depth_and_a_strange_file_costs_only_itself(
    tmp_path: Path,
) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "below" / "plan.edi").write_bytes(PLAN.read_bytes())
    (tmp_path / "z.edi").write_bytes(PEOPLE.read_bytes())
    done = run("read", tmp_path, code=3)
    assert statements(done.stdout) == statements(
        run("read", PLAN).stdout + run("read", PEOPLE).stdout
    )
    assert done.stderr.count("\n") == 1 and "a.pdf" in done.stderr


def test_strict_stops_at_the_first_error_and_names_its_byte(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    done = run("read", DAMAGED, "--strict", "--out", out, code=1)
    assert "manifest-damaged.edi, byte " in done.stderr and done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_defects_are_named_and_the_rest_is_converted() -> None:
    done = run("convert", DAMAGED, "--to", "edifact.cuscar", *HEAD, code=3)
    assert "manifest-damaged.edi, byte " in done.stderr
    assert "CNI+" in done.stdout


def test_what_the_format_has_no_place_for_is_counted() -> None:
    both = run("read", PLAN, PEOPLE).stdout.encode()
    done = run("write", "-", "--to", "edifact.paxlst", *HEAD, given=both, code=3)
    kept = [one for one in statements(both.decode()) if one["kind"] == "traveller"]  # type: ignore[index]
    assert f"CNT+42:{len(kept)}'" in done.stdout
    assert "× equipment: edifact.paxlst has no place for it" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "given", "reason"),
    [
        (("convert", PLAN, "--to", "edifact.orders"), b"", "'edifact.orders' is not written"),
        (("convert", PLAN, "--to", "mrz", "--out", "x"), b"", "nothing to write as mrz"),
        (("convert", PLAN, "--to", "edifact.coarri"), b"", "COARRI tells what is actual"),
        (("convert", PEOPLE, "--to", "x12.350", "--out", "x"), b"", "nothing to write as x12.350"),
        (("convert", PLAN, "--to", "edifact.baplie", "--prepared", "noon"), b"", "not a moment"),
        (("write", "-", "--to", "mrz"), b'{"format":"x","offset":0,"length":1}\n[]\n', "line 2"),
        (("read", PLAN, "--format", "telex"), b"", "no format is called 'telex'"),
    ],
    ids=["format", "nothing", "refused", "placeless", "moment", "line", "reader"],
)
def test_what_cannot_be_done_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str | Path, ...],
    given: bytes, reason: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    done = run(*arguments, code=1, given=given)
    assert reason in done.stderr
    assert [line for line in done.stderr.splitlines() if line.startswith("esclusa: ")]
    assert list(tmp_path.iterdir()) == []


def test_every_file_of_a_folder_is_answered_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for path in (PLAN, PEOPLE):
        (tmp_path / "in" / path.name).write_bytes(path.read_bytes())
    (tmp_path / "in" / "notes.csv").write_text("name,date\nx,2026-01-01\n")
    done = run("answer", tmp_path / "in", "--out", tmp_path / "out", code=3)
    made = sorted((tmp_path / "out").iterdir())
    assert [each.name for each in made] == [f"{PLAN.name}.answer", f"{PEOPLE.name}.answer"]
    assert all(b"CONTRL" in each.read_bytes() for each in made)
    assert "notes.csv" in done.stderr
