"""Decisions on travellers' matches: rules that ask what lists say, and redress numbers."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest

import worlds
from esclusa.model import Reason
from esclusa.node import Node

NAME = "FABIO DELVALLE JURADO"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = worlds.make(tmp_path_factory.mktemp("travellers") / "node")
    born = {"name": [NAME], "birthDate": ["1971-05-12"], "nationality": ["pa"]}
    line = {"id": "s3", "schema": "Person", "properties": born}
    data = io.BytesIO(json.dumps(line).encode() + b"\n")
    made.add_list(made.operator(), "people", "People", [("people.json", data)])
    fly(made, "AM100", "PA1111112")
    decide(made, "PA1111112")
    yield made
    made.close()


def fly(node: Node, flight: str, document: str, *more: str, born: str = "710512") -> None:
    numbers = "".join(
        f"DOC+{kind}+{number}'" for kind, number in (pair.split(":") for pair in more)
    )
    body = (
        "BGM+745'NAD+MS+++AM OPERATIONS'"
        f"TDT+20+{flight}'LOC+125+MGA'DTM+189:2612010800:201'LOC+87+PTY'DTM+232:2612010930:201'"
        "NAD+FL+++DELVALLE JURADO:FABIO'ATT+2++M'"
        f"DTM+329:{born}'LOC+22+PTY'LOC+178+MGA'LOC+179+PTY'NAT+2+PAN'DOC+P+{document}'LOC+91+PAN'"
        f"{numbers}CNT+42:1'"
    )
    count = body.count("'") + 2
    text = (
        "UNA:+.? 'UNB+UNOA:4+AM+MARISOL+261123:1200+I1'UNH+1+PAXLST:D:12B:UN:IATA'"
        f"{body}UNT+{count}+1'UNZ+1+I1'"
    )
    worlds.take_in(node, f"{flight}.edi", text.encode())


def reasons(node: Node, document: str) -> tuple[Reason, ...]:
    who = node.operator()
    name = node.search(who, document, kind="traveller").rows[0].record_id
    alert = node.record(who, name).alert
    return alert.alert.reasons if alert else ()


def listed(found: tuple[Reason, ...]) -> Reason:
    return next(reason for reason in found if reason.source == "list")


def decide(node: Node, document: str) -> str:
    match = listed(reasons(node, document)).match
    assert match is not None
    node.match_desk.decide(
        worlds.reader(node), match.id, outcome="not_the_same", reason="Other parents.",
        redress="0123456",
    )  # fmt: skip
    return match.id


def test_a_rule_on_a_listed_name_is_silent_on_a_cleared_match_and_speaks_again_after_undo(
    node: Node,
) -> None:
    fly(node, "AM101", "PA4444445")
    assert "T02" in {reason.code for reason in reasons(node, "PA4444445")}
    name = decide(node, "PA4444445")
    after = reasons(node, "PA4444445")
    assert "T02" not in {reason.code for reason in after}
    assert listed(after).points == 0
    node.match_desk.undo(worlds.reader(node), name)
    assert "T02" in {reason.code for reason in reasons(node, "PA4444445")}


def test_the_next_flight_of_the_same_traveller_is_recognised(node: Node) -> None:
    fly(node, "AM102", "PA1111112")
    assert listed(reasons(node, "PA1111112")).points == 0


def test_a_new_passport_counts_again_unless_the_redress_number_is_stated(node: Node) -> None:
    fly(node, "AM103", "PA2222223")
    found = listed(reasons(node, "PA2222223"))
    assert found.points > 0
    assert "reopened because the party's facts are others: numbers" in found.text_en
    fly(node, "AM104", "PA3333334", "R:0123456")
    again = listed(reasons(node, "PA3333334"))
    assert again.points == 0
    assert "states the redress number 0123456" in again.text_en
    assert "declara el número de reparación 0123456" in again.text_es
