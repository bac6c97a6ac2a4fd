"""`esclusa screen`: one name, a table, a stream, a cluster; the same hits whichever way."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pysail.spark import SparkConnectServer

import worlds
from esclusa.cli.commands import cli

MAPPING = """
id = "own-list"
target = "list_entry"
[columns]
"nr" = "uid"
"nombre" = "name"
"clase" = "type"
"""


def run(*words: object, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words], input=stdin)


def lines(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path = tmp_path / "list.json"
    path.write_bytes(worlds.list_of(("p1", "ALTAMIRA NAVIERA"), ("p2", "NORTHREACH TRADING")))
    return path


@pytest.fixture
def names(tmp_path: Path) -> Path:
    path = tmp_path / "names.csv"
    rows = ["Altamira Naviera S.A.,organisation", "Nobody Here,any", "Northreach Trading,any"]
    path.write_text("\n".join(["name,type", *rows * 20, ""]))
    return path


def test_one_name_against_a_list_file_says_why(listed: Path) -> None:
    found = run("screen", "--name", "Altamira Naviera", "--list", listed)
    assert found.exit_code == 0, found.stderr
    (hit,) = lines(found)
    assert (hit["uid"], hit["entry_name"]) == ("p1", "ALTAMIRA NAVIERA")
    assert any("ALTAMIRA" in str(reason) for reason in hit["detail"])  # type: ignore[attr-defined]


def test_one_name_against_the_lists_in_force_at_a_node(tmp_path: Path, listed: Path) -> None:
    folder = tmp_path / "node"
    run("init", folder, "--agency", "marisol")
    run("lists", "add", "own", listed, "--node", folder)
    (hit,) = lines(run("screen", "--name", "Northreach Trading", "--node", folder))
    assert (hit["list_id"], hit["uid"]) == ("own", "p2")
    assert lines(run("screen", "--name", "Nobody Here", "--node", folder)) == []


def test_a_list_that_is_a_table_is_read_with_its_mapping(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("nr,nombre,clase\n7,ALTAMIRA NAVIERA,organisation\n")
    (tmp_path / "map.toml").write_text(MAPPING)
    found = run("screen", "--name", "Altamira Naviera", "--list", tmp_path / "own.csv",
                "--mapping", tmp_path / "map.toml")  # fmt: skip
    assert found.exit_code == 0, found.stderr
    assert [hit["uid"] for hit in lines(found)] == ["7"]


def test_an_address_or_a_number_is_asked_alone(tmp_path: Path) -> None:
    rows = "nr,nombre,clase,calle,imo\n7,ALTAMIRA NAVIERA,vessel,Calle 5ta 23 Colon,9074729\n"
    (tmp_path / "own.csv").write_text(rows)
    more = '"calle" = "addresses"\n"imo" = "identifiers.imo"\n'
    (tmp_path / "map.toml").write_text(MAPPING + more)
    lists = "--list", tmp_path / "own.csv", "--mapping", tmp_path / "map.toml"
    for asked in (("--address", "23 Calle 5ta, Colon"), ("--id", "imo:9074729")):
        found = run("screen", *asked, *lists)
        assert found.exit_code == 0, found.stderr
        assert [hit["uid"] for hit in lines(found)] == ["7"], asked
    both = run("screen", "--name", "Altamira Naviera", "--address", "Calle 5ta 23, Colon", *lists)
    (hit,) = lines(both)
    assert any("address" in str(reason) for reason in hit["detail"])  # type: ignore[attr-defined]


def test_a_stream_is_answered_line_by_line_and_a_bad_line_costs_only_itself(listed: Path) -> None:
    asked = [
        b'{"name": "Altamira Naviera", "query_id": "a"}',
        b"{broken",
        b"",
        b'{"type": "person"}',
        b'["name"]',
        b'{"name": "' + b"x" * 70_000 + b'"}',
        b'{"name": "Nobody Here", "more": 1}',
        b'{"name": "Northreach Trading", "identifiers": ["imo:9074729"]}',
    ]
    result = run("screen", "-", "--list", listed, stdin=b"\n".join(asked))
    assert result.exit_code == 3
    found = lines(result)
    assert [answer["query_id"] for answer in found] == ["a", "2", "4", "5", "6", "7", "8"]
    hits = [[hit["uid"] for hit in answer.get("hits", [])] for answer in found]  # type: ignore[attr-defined, index]
    assert hits == [["p1"], [], [], [], [], [], ["p2"]]
    assert found[1]["error"] == "line 2 is not one JSON object with the text name"
    assert found[1]["offset"] == len(asked[0]) + 1
    assert "longer than 65,536 bytes" in str(found[4]["error"])
    assert "7 lines" not in result.stderr
    assert "4 lines could not be used" in result.stderr


def test_a_table_gives_the_same_rows_from_one_process_and_from_a_cluster(
    tmp_path: Path, listed: Path, names: Path
) -> None:
    here, there = tmp_path / "here.csv", tmp_path / "there.csv"
    assert run("screen", names, "--list", listed, "--out", here).exit_code == 0
    server = SparkConnectServer(ip="127.0.0.1", port=0)
    server.start(background=True)
    try:
        address = f"sc://127.0.0.1:{server.listening_address[1]}"
        done = run("screen", names, "--list", listed, "--out", there, "--cluster", address)
    finally:
        server.stop()
    assert done.exit_code == 0, done.stderr
    with here.open() as left, there.open() as right:
        ours, theirs = list(csv.DictReader(left)), list(csv.DictReader(right))
    assert len(ours) == 40
    assert ours == theirs


def test_a_purpose_has_its_own_threshold_from_its_budget_of_false_alarms(listed: Path) -> None:
    near = ("screen", "--name", "Altamira Gomez", "--list", listed)
    sure = [len(lines(run(*near, "--threshold", least))) for least in (0, 100)]
    assert sure == [1, 0]
    named = [run(*near, "--purpose", purpose).exit_code for purpose in ("cargo", "vessel")]
    assert named == [0, 0]
    both = run(*near, "--purpose", "cargo", "--threshold", 50)
    assert (both.exit_code, "--threshold or --purpose" in both.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ((), "give one name"),
        (("names.csv", "--name", "x"), "give one name"),
        (("names.csv",), "against --list files"),
        (("names.csv", "--list", "list.json"), "name the file for the hits"),
        (("names.csv", "--list", "list.json", "--out", "o.csv", "--cluster", "http://x"), "sc://"),
    ],
)
def test_what_is_missing_is_said_in_one_sentence(
    words: tuple[str, ...], reason: str, tmp_path: Path, listed: Path, names: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    result = run("screen", *words)
    assert result.exit_code in (1, 2)
    assert reason in result.stderr
    assert not (tmp_path / "o.csv").exists()
