"""`esclusa resolve` and `esclusa links`: entities and what they share, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import owner_worlds
import worlds
from esclusa.cli.commands import cli


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


def test_an_entity_is_found_shown_and_its_links_are_walked(tmp_path: Path) -> None:
    folder = tmp_path / "node"
    node = worlds.make(folder)
    worlds.take_in(node, "one.edi", worlds.cuscar(("B1", "ISTMO PRIMAVERA SA", "BANANAS")))
    node.close()

    found = run("resolve", "find", "istmo primavera", "--node", folder)
    assert found.exit_code == 0, found.stderr
    row = json.loads(found.stdout)
    assert row["names"] == ["ISTMO PRIMAVERA SA"]

    shown = json.loads(run("resolve", "show", row["id"], "--node", folder).stdout)
    assert [member["source"] for member in shown["members"]] == ["one.edi"]

    near = json.loads(run("links", "show", row["id"], "--node", folder).stdout)
    first = near["ways"][0][0]
    (other,) = {first["a"]["id"], first["b"]["id"]} - {row["id"]}
    ways = json.loads(run("links", "path", row["id"], other, "--node", folder).stdout)["ways"]
    assert len(ways[0]) == 1
    assert run("resolve", "questions", "--node", folder).exit_code == 0

    places = json.loads(run("resolve", "places", row["id"], "--node", folder).stdout)
    assert [(one["code"], one.get("lat")) for one in places["rows"]] == [
        ("PAONX", 9.3667), ("CNSHA", None),
    ]  # fmt: skip

    missing = run("resolve", "show", "ent-nobody", "--node", folder)
    assert (missing.exit_code, missing.stderr) == (4, "esclusa: no such entity\n")


def test_two_entities_are_judged_the_same_and_the_judgement_is_taken_back(tmp_path: Path) -> None:
    folder = tmp_path / "node"
    node = worlds.make(folder)
    bills = (("B1", "ISTMO PRIMAVERA SA", "BANANAS"), ("B2", "OTRA FIRMA SA", "COFFEE"))
    worlds.take_in(node, "one.edi", worlds.cuscar(*bills))
    node.close()
    one, other = (
        json.loads(run("resolve", "find", words, "--node", folder).stdout)["id"]
        for words in ("istmo primavera", "otra firma")
    )

    judged = run("resolve", "judge", one, other, "same", "--reason", "one till", "--node", folder)
    assert judged.exit_code == 0, judged.stderr
    said = json.loads(judged.stdout)
    assert (said["verdict"], said["reason"]) == ("same", "one till")
    shown = json.loads(run("resolve", "show", one, "--node", folder).stdout)
    assert [item["id"] for item in shown["judgements"]] == [said["id"]]

    twice = run("resolve", "judge", one, said["a"]["id"], "same", "--reason", "x", "--node", folder)
    assert twice.exit_code != 0
    assert run("resolve", "undo", said["id"], "--node", folder).exit_code == 0
    (row,) = run("resolve", "judgements", "--node", folder).stdout.splitlines()
    assert json.loads(row)["verdict"] == ""


def test_a_judgement_that_rests_says_why_and_is_taken_back_though_a_record_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "node"
    node = worlds.make(folder)
    bills = (("B1", "ISTMO PRIMAVERA SA", "BANANAS"), ("B2", "OTRA FIRMA SA", "COFFEE"))
    worlds.take_in(node, "one.edi", worlds.cuscar(*bills))
    one, other = (
        node.entities.find(worlds.reader(node), words).rows[0].id
        for words in ("istmo primavera", "otra firma")
    )
    node.entities.judge(node.operator(), one, other, verdict="same", reason="one till")
    told = []
    for name, function in (("CUARTA SA", "5"), ("CUARTA SA", "1")):
        worlds.take_in(node, "n.edi", worlds.cuscar(("B2", name, "COFFEE"), function=function))
        said = json.loads(run("resolve", "judgements", "--node", folder).stdout)
        told.append([(rest["why"], rest["parts"]) for rest in said["rests"]])
    node.close()
    assert told == [[("changed", ["names"])], [("gone", [])]]
    monkeypatch.setattr("esclusa.cli.output.for_people", lambda: True)
    monkeypatch.setenv("COLUMNS", "300")
    drawn = " ".join(run("resolve", "judgements", "--node", folder).stdout.split())
    assert "its record is not in force" in drawn
    assert run("resolve", "undo", said["id"], "--node", folder).exit_code == 0


def test_a_chart_is_written_as_drawing_and_table_and_facts_and_timeline_are_told(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "node"
    node = worlds.make(folder)
    worlds.take_in(node, "one.edi", worlds.cuscar(("B1", "ISTMO PRIMAVERA SA", "BANANAS")))
    node.close()
    name = json.loads(run("resolve", "find", "istmo primavera", "--node", folder).stdout)["id"]

    view = json.loads(run("links", "chart", name, "--node", folder).stdout)
    assert len(view["nodes"]) == 4 and len(view["lines"]) == 3
    drawing, table = tmp_path / "c.svg", tmp_path / "c.csv"
    for out in (drawing, table):
        made = run("links", "chart", name, "--language", "es", "--out", out, "--node", folder)
        assert made.exit_code == 0, made.stderr
        assert made.stderr == f"4 nodes and 3 lines in {out.name}\n"
    assert drawing.read_text("utf-8").startswith("<svg ")
    assert "Clasificación: OFFICIAL" in drawing.read_text("utf-8")
    assert table.read_text("utf-8").count("\n") == 3 + 1 + 3
    wrong = run("links", "chart", name, "--out", tmp_path / "c.png", "--node", folder)
    assert wrong.exit_code == 2 and "c.png ends in neither .svg nor .csv" in wrong.stderr

    facts = json.loads(run("resolve", "facts", name, "--node", folder).stdout)["facts"]
    assert [one["value"] for one in facts] == ["ISTMO PRIMAVERA SA"]
    story = json.loads(run("resolve", "timeline", name, "--limit", 1, "--node", folder).stdout)
    assert [row["kind"] for row in story["rows"]] == ["consignment"]
    again = run("resolve", "timeline", name, "--since", "1/2/2026", "--node", folder)
    assert (again.exit_code, "expected a day as 2026-12-31" in again.stderr) == (1, True)


def test_links_of_owners_say_at_each_end_which_part_it_plays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "node"
    node = owner_worlds.with_mappings(worlds.make(folder))
    owner_worlds.take(node, owner_worlds.register("ALTAMIRA HOLDING SA"))
    node.close()
    name = json.loads(run("resolve", "find", "altamira", "--node", folder).stdout)["id"]
    (way,) = json.loads(run("links", "show", name, "--node", folder).stdout)["ways"]
    ends = {way[0][side]["names"][0]: way[0][f"{side}_roles"] for side in ("a", "b")}
    assert ends == {"ALTAMIRA HOLDING SA": ["registered_owner"], "NORTHREACH STAR": ["owned"]}
    monkeypatch.setenv("COLUMNS", "250")
    monkeypatch.setattr("esclusa.cli.output.for_people", lambda: True)
    shown = run("links", "show", name, "--node", folder).stdout
    assert "ALTAMIRA HOLDING SA [registered_owner]" in shown and "NORTHREACH STAR [owned]" in shown
