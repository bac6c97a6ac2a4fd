"""`esclusa yard`: a sheet listed and shown, a form recorded once. About 2 CPU seconds."""

from __future__ import annotations

import json
from collections.abc import Iterator

import msgspec
import pytest
from click.testing import CliRunner, Result

import yard_worlds as yard
from esclusa.cli.commands import cli
from esclusa.node import Node
from yard_worlds import NAME, boxes, filled


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    node = yard.yard_node(tmp_path_factory.mktemp("yard") / "node")
    yield node
    node.close()


def run(node: Node, *words: str, typed: str = "") -> Result:
    return CliRunner().invoke(cli, ["yard", *words, "--node", str(node.folder)], input=typed)


def test_a_sheet_is_listed_and_shown(node: Node) -> None:
    assert json.loads(run(node, "list").stdout)["name"] == NAME
    rows = [json.loads(line) for line in run(node, "show", NAME).stdout.splitlines()]
    assert {row["box"] for row in rows} == {box.box for box in boxes(node)}
    missing = run(node, "show", "PABLB/2031-01-01")
    assert missing.exit_code == 4 and "no such selection" in missing.stderr


def test_a_form_is_recorded_once_and_what_is_wrong_is_one_sentence(node: Node) -> None:
    box, other = boxes(node)[:2]
    form = msgspec.json.encode(filled(box)).decode()
    first, again = (run(node, "record", NAME, "-", typed=form) for _ in range(2))
    assert first.exit_code == 0 and first.stdout == again.stdout
    assert yard.examinations(node, box.box) == 1
    second = run(node, "record", NAME, "-", typed=msgspec.json.encode(filled(box)).decode())
    assert second.exit_code == 1 and "examined" in second.stderr
    code = boxes(node)[0].told[0].code
    told = msgspec.json.encode(filled(box)).decode()
    assert run(node, "record", NAME, "-", "--told", code, typed=told).exit_code == 0
    wrong = msgspec.json.encode(filled(other, completed="now")).decode()
    refused = run(node, "record", NAME, "-", typed=wrong)
    assert refused.exit_code == 1 and "completed is not a date and time" in refused.stderr
    assert run(node, "record", NAME, "-", typed="{").exit_code == 1
    assert yard.examinations(node, other.box) == 0
