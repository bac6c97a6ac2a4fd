"""What is wrong with the text of a rule is said in Spanish, at the same line and character.

About 3 CPU seconds: the pack is read once.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from esclusa.analysis.targeting import check_pack, load_pack, words
from esclusa.analysis.targeting.catalogue import SUBJECTS, fields
from esclusa.analysis.targeting.functions import FUNCTIONS
from esclusa.analysis.targeting.lexer import _HINTS
from esclusa.analysis.targeting.pack import DEFAULT
from esclusa.analysis.targeting.written import check_text, refusal
from esclusa.casework.refusals import code_of, in_spanish
from esclusa.errors import RuleError, Term

PACK: Final = load_pack()
GOOD: Final = (DEFAULT / "C06.toml").read_text().replace('id = "C06"', 'id = "N1"')
WHEN: Final = "box_mass_gap > 0.1"


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


CASES: Final = [
    (WHEN, "box_mas_gap > 0.1", "rule_text:field",
     "line 12, character 1: there is no field box_mas_gap; did you mean box_mass_gap?",
     "línea 12, carácter 1: no existe el campo box_mas_gap; ¿quiso decir box_mass_gap?"),
    (WHEN, 'box_mass_gap > "X"', "rule_text:operand",
     "line 12, character 14: > takes number here, not text",
     "línea 12, carácter 14: > admite aquí número, no texto"),
    (WHEN, 'size(box_mass_gap, 1) > 1', "rule_text:values",
     "line 12, character 1: size needs 1 between its brackets, found 2",
     "línea 12, carácter 1: size necesita 1 valores entre sus paréntesis, hay 2"),
    (WHEN, 'size(box_mass_gap) > 1', "rule_text:value",
     "line 12, character 6: value 1 of size must be text, not number",
     "línea 12, carácter 6: el valor 1 de size debe ser texto, no número"),
    (WHEN, "box_mass_gap = 0.1", "rule_text:sign",
     "line 12, character 14: = is not part of the language: write == to compare",
     "línea 12, carácter 14: = no pertenece al lenguaje: escriba == para comparar"),
    (WHEN, "box_mass_gap > §", "rule_text:sign",
     "line 12, character 16: § is not part of the language",
     "línea 12, carácter 16: § no pertenece al lenguaje"),
    (WHEN, "box_mass_gap >", "rule_text:operand_missing",
     "line 13, character 1: expected a value, found the end",
     "línea 13, carácter 1: se esperaba un valor, hay el final"),
    ("points = 10", 'points = "ten"', "rule_text:type",
     "line 9, character 1: points: Expected `int`, got `str`",
     "línea 9, carácter 1: en points: se esperaba un número entero, hay un texto entre comillas"),
    ("points = 10", "pionts = 10", "rule_text:unknown_entry",
     "line 9, character 1: unknown entry pionts",
     "línea 9, carácter 1: no existe la entrada pionts"),
    ("points = 10\n", "", "rule_text:missing", "points is missing", "falta points"),
    ("points = 10", "points = = 10", "rule_text:unreadable",
     "line 9, character 10: the text cannot be read here: Invalid value",
     "línea 9, carácter 10: el texto no puede leerse aquí: "
     "aquí no hay ningún valor que pueda leerse"),
    ("points = 10", "points = 10\npoints = 10", "rule_text:unreadable",
     "line 10, character 12: the text cannot be read here: Cannot overwrite a value",
     "línea 10, carácter 12: el texto no puede leerse aquí: esta entrada ya tiene un valor"),
    ("points = 10", "points = 10\n[review]\n[review]", "rule_text:unreadable",
     "line 11, character 8: the text cannot be read here: Cannot declare ('review',) twice",
     "línea 11, carácter 8: el texto no puede leerse aquí: esto no es TOML"),
    ('expect = "false"', 'expect = "maybe"', "rule_text:type",
     "tests: Invalid enum value 'maybe' - at `$[1].expect`",
     "en tests: 'maybe' no es uno de los valores posibles (en [1].expect)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "code", "english", "spanish"), CASES,
    ids=[f"{number} {case[2]}" for number, case in enumerate(CASES)],
)  # fmt: skip
def test_a_mistake_is_said_in_spanish_at_its_line_and_character(
    old: str, new: str, code: str, english: str, spanish: str
) -> None:
    (mistake, *_others) = check_text(changed(old, new), PACK).mistakes
    assert code_of(mistake.problem) == code
    assert str(mistake).endswith(english)
    assert in_spanish(refusal((mistake,))).endswith(spanish)


def test_what_no_rule_may_read_says_why() -> None:
    good = (DEFAULT / "T01.toml").read_text().replace('id = "T01"', 'id = "N2"')
    text = good.replace("\ndocument_listed\n", '\ndocument_listed or nationality == "X"\n')
    (mistake,) = check_text(text, PACK).mistakes
    said = in_spanish(mistake.problem)
    assert said == "ninguna condición puede leer nationality: nunca es señal de riesgo"


def broken() -> Iterator[str]:
    """Yield rules of the pack with one line left out, and with one sign changed."""
    for path in sorted(DEFAULT.glob("[CT]0*.toml")):
        text = path.read_text().replace('id = "', 'id = "N', 1)
        lines = text.split("\n")
        for number in range(0, len(lines), 3):
            yield "\n".join(lines[:number] + lines[number + 1 :])
        for at in range(0, len(text), 97):
            yield text[:at] + "<{'\"="[at % 5] + text[at + 1 :]


def test_every_mistake_has_a_code_and_spanish_words_without_a_trace_of_english() -> None:
    english = re.compile(r"\b(the|must|expected|found|Expected|Invalid|is|not a|there)\b")
    codes = set()
    for text in broken():
        for mistake in check_text(text, PACK).mistakes:
            codes.add(code_of(mistake.problem))
            said = in_spanish(mistake.problem)
            # What the person wrote stays as it is written, and may be English.
            facts = [str(v) for v in mistake.problem.facts.values() if not isinstance(v, Term)]
            for fact in facts:
                said = said.replace(fact, "")
            assert said and not english.search(said), (mistake.reason, said)
    assert "" not in codes and len(codes) > 10


def test_a_test_that_cannot_run_says_why_in_spanish() -> None:
    text = changed("given = {}", "given = { nothing = 0.25 }")
    failures = check_text(text, PACK).failures
    found = [one for one in failures if one.problem is not None]
    assert found and found[0].problem is not None
    assert found[0].found == "cannot run: consignment has no field nothing"
    said = in_spanish(found[0].problem)
    assert said == "no puede ejecutarse: consignment no tiene ningún campo nothing"
    assert code_of(found[0].problem) == "rule_text:run_field"
    assert check_pack(PACK).failures == ()


def test_every_word_that_a_sentence_may_hold_is_there_in_spanish() -> None:
    known = words.spanish_words()
    notes = {
        field.note for subject in SUBJECTS for field in fields(subject).values()
        if "condition" not in field.allowed_for
    }  # fmt: skip
    kinds = {kind for function in FUNCTIONS.values() for takes in function.takes for kind in takes}
    assert {kind.replace("!", " constant") for kind in kinds} <= set(known)
    assert {field.type for subject in SUBJECTS for field in fields(subject).values()} <= set(known)
    assert (notes - {""}) | set(_HINTS.values()) <= set(known)
    assert all(es and es != en for en, es in known.items())


def test_no_word_stands_twice() -> None:
    path = Path(words.__file__).with_name("words.csv")
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    assert len({row["en"] for row in rows}) == len(rows)


def test_several_mistakes_are_one_error_with_a_line_each() -> None:
    error = refusal(check_text(changed("points = 10", "pionts = 10"), PACK).mistakes)
    assert error.reason.split("\n") == [
        "line 9, character 1: unknown entry pionts", "points is missing"
    ]  # fmt: skip
    assert in_spanish(error).split("\n") == [
        "línea 9, carácter 1: no existe la entrada pionts", "falta points"
    ]  # fmt: skip
    assert all(isinstance(one, RuleError) for _line, _column, one in error.places)


OF_A_TEST: Final = '\n[[tests]]\nname = "odd"\nexpect = "true"\n'


def test_a_number_that_no_field_can_hold_is_said_of_its_test() -> None:
    written = check_text(f"{GOOD}{OF_A_TEST}given = {{ box_mass_gap = {'9' * 400} }}\n", PACK)
    (failure,) = written.failures
    assert failure.problem is not None
    assert failure.found == "cannot run: int too large to convert to float"
    assert in_spanish(failure.problem) == (
        "no puede ejecutarse: un valor no es del tipo de su campo"
    )


@pytest.mark.parametrize("inside", ["record.{} = 1\n", "given = {{ x.{} = 1 }}\n"])
def test_a_text_that_nests_without_end_is_said_to(inside: str) -> None:
    written = check_text(GOOD + OF_A_TEST + inside.format(".".join(["a"] * 9_000)), PACK)
    (mistake,) = written.mistakes
    assert mistake.reason == "more than 40 levels deep"
    assert in_spanish(mistake.problem) == "más de 40 niveles de profundidad"
