"""A refusal is said in the language of the terminal, or in the one asked for, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from esclusa.cli.commands import cli

NO_MODEL = "no model is active, so nothing is scored", "no hay ningún modelo activo"


def said(*words: object, **env: str) -> str:
    unset: dict[str, str | None] = {"LC_ALL": None, "LC_MESSAGES": None, "LANG": None}
    return CliRunner().invoke(cli, [str(word) for word in words], env=unset | env).stderr


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("language") / "node"
    assert CliRunner().invoke(cli, ["init", str(folder), "--agency", "marisol"]).exit_code == 0
    return folder


@pytest.mark.parametrize(
    ("env", "spanish"),
    (
        ({}, False),
        ({"LANG": "C.UTF-8"}, False),
        ({"LANG": "es_PA.UTF-8"}, True),
        ({"LANG": "es"}, True),
        ({"LANG": "est_EE.UTF-8"}, False),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "es_PA.UTF-8"}, True),
        ({"LANG": "es_PA.UTF-8", "LC_ALL": "C"}, False),
        ({"LANG": "C", "LC_MESSAGES": "C", "LC_ALL": "es_ES@euro"}, True),
        ({"LANG": "es_PA.UTF-8", "LC_ALL": ""}, True),
    ),
    ids=lambda value: " ".join(value.values()) or "none" if isinstance(value, dict) else "",
)
def test_a_command_without_the_option_follows_the_terminal(
    node: Path, env: dict[str, str], spanish: bool
) -> None:
    """POSIX.1-2017, Base Definitions, section 8.2: LC_ALL, LC_MESSAGES, LANG; an empty one is none."""
    assert NO_MODEL[spanish] in said("target", "score", "--node", node, **env)


def test_the_option_stands_above_the_terminal(node: Path) -> None:
    words = ("report", "month", "2026-13", "--node", node, "--language")
    assert "is no month such as" in said(*words, "en", LANG="es_PA.UTF-8")
    assert "no es un mes como" in said(*words, "es", LANG="C")


def test_a_sentence_without_spanish_is_said_in_english(tmp_path: Path) -> None:
    (tmp_path / "pact.yaml").write_text("version: 1\nversion: 2\n")
    said_so = said("agreement", "check", tmp_path / "pact.yaml", LANG="es_PA.UTF-8")
    assert "the key 'version' stands twice" in said_so


NO_NODE = "no contiene ningún nodo: falta esclusa.toml"
REFUSED = (
    (("show", "x"), "esclusa: no existe tal registro\n"),
    (("case", "show", "x"), "esclusa: no existe tal caso\n"),
    (("matches", "show", "x"), "esclusa: no existe tal coincidencia\n"),
    (("lists", "report", "x"), "esclusa: no existe tal lista\n"),
    (("partner", "sync", "altamira"), "esclusa: aquí no hay ningún socio 'altamira'\n"),
)


@pytest.mark.parametrize(("words", "spanish"), REFUSED, ids=lambda value: " ".join(value[:2]))
def test_what_is_not_there_is_said_in_spanish(
    node: Path, words: tuple[str, ...], spanish: str
) -> None:
    assert said(*words, "--node", node, LANG="es_PA.UTF-8").startswith(spanish)


def test_settings_and_backups_are_refused_in_spanish(node: Path, tmp_path: Path) -> None:
    spanish = {"LANG": "es_PA.UTF-8"}
    assert NO_NODE in said("queue", "--node", tmp_path, **spanish)
    (tmp_path / "esclusa.toml").write_text("agency = 'marisol'\nsession_hours = 0\n")
    assert "un número de 1 a" in said("queue", "--node", tmp_path, **spanish)
    whole = tmp_path / "whole.tar.gz"
    assert not said("backup", whole, "--node", node)
    other = said("restore", whole, tmp_path / "new", "--agency", "altamira", **spanish)
    assert other == "esclusa: whole.tar.gz: hecha por el servicio 'marisol', no por 'altamira'\n"
    whole.write_bytes(b"cut")
    damaged = said("restore", whole, tmp_path / "new", "--agency", "marisol", **spanish)
    assert damaged.startswith("esclusa: whole.tar.gz: no es una copia de seguridad utilizable: ")


def test_the_spanish_sentence_names_the_file_that_the_english_one_names(
    node: Path, tmp_path: Path
) -> None:
    (tmp_path / "x.edi").write_bytes(b"nothing that any reader knows\n")
    for words in (("read", tmp_path / "x.edi"), ("ingest", tmp_path / "none.edi", "--node", node),
                  ("rules", "check", tmp_path / "x.edi")):  # fmt: skip
        english, spanish = said(*words), said(*words, LANG="es_PA.UTF-8")
        place = english.removeprefix("esclusa: ").split(":")[0].replace("rule ", "regla ")
        assert english != spanish and spanish.startswith(f"esclusa: {place}: ")
