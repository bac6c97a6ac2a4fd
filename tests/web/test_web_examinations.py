"""The page of an examination, in both languages, and the search that leads to it. CPU: 2 s."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from walker import Walker, text_of

import worlds
from esclusa.node import Node


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = worlds.make(tmp_path_factory.mktemp("examined") / "node")
    made.add_mapping(
        made.operator(), "examinations.toml", io.BytesIO(worlds.sample("examinations.toml"))
    )
    worlds.add_people(made)
    worlds.take_in(made, "t.csv", worlds.sample("examinations-marisol.csv"))
    yield made
    made.close()


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Examination", "ResultFound", "Method 2Physical, in full", "Find 1", "Drugs",
                "Lane of the choiceBy expected value", "Same bill number")),
        ("es", ("Reconocimiento", "ResultadoEncontrado", "Método 2Física total", "Hallazgo 1",
                "Drogas", "Vía de la elecciónPor valor esperado", "Mismo número de conocimiento")),
    ],
)  # fmt: skip
def test_an_examination_is_found_and_reads_in_the_readers_language(
    node: Node, language: str, words: tuple[str, ...]
) -> None:
    walker = Walker(node).sign_in("analyst", language, password=worlds.PASSWORD)
    found = walker.see("/search?text=spare+seals&kind=examination")
    (address,) = {link for link in found.xpath("//main//a/@href") if link.startswith("/records/")}
    said = text_of(walker.see(address))
    assert [word for word in words if word not in said] == []
    assert "physical_full" not in said
