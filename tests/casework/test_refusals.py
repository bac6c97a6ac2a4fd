"""Every sentence of a refusal that a page may show has a code and Spanish words with its facts.

About 2 CPU seconds: the source is parsed once.
"""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

import esclusa
from esclusa import errors
from esclusa.casework.refusals import code_of, refusals, spoken
from esclusa.sharing.exchange.words import REFUSALS as EXCHANGE
from esclusa.sharing.pointers.rows import REFUSALS as SEARCH
from esclusa.web.catalogue import vocabulary

SOURCE: Final = Path(esclusa.__file__).parent
CLASSES: Final = frozenset({"StateError", "AgreementError", "MarkingError", "RuleError"})
"""Every sentence of these has a row. Of the next two those have one that are about no one value,
which a form would mark in the reader's language, and that a page may show."""
SOME: Final = frozenset({"InputError", "ConfigError"})
PLACED: Final = frozenset({"file", "line", "offset", "field", "problem", "expected"})
"""What an error is given beside the facts of its sentence."""
RULES: Final = "analysis/targeting/"
"""Where errors are about the text of a rule; two readers there make them by a method ``error``."""
RULE_PLACED: Final = frozenset({"rule", "offset", "entry"})
PASSED_ON: Final = {
    "errors.py:of", "analysis/targeting/checker.py:error", "analysis/targeting/parser.py:error",
}  # fmt: skip
"""Functions that make an error of a sentence and facts that they were given."""
JOINED: Final = {"analysis/targeting/written.py:refusal"}
"""Functions that make an error of several, each with a row."""
NO_PAGE: Final = {
    "analysis/profiles/state.py": "a caller's order of questions, never a person's",
    "analysis/world": "the planted world is of the command line",
    "cli": "the command line speaks English",
    "sharing/agreement": "a text of an agreement is read by the command line, with its line",
    "sharing/pointers/terms.py": "of the text of an agreement, with its place",
    "sharing/vocabularies": "markings of other houses, in files and at the TAXII door",
    "model/marking.py:parse_marking": "bytes that are no marking come from no form",
    "node/taxii_publish.py:_colour": "said by the command that publishes",
}
"""Where such an error is raised that no page or form leads to, and why."""


def _calls(classes: frozenset[str] = CLASSES) -> Iterator[tuple[str, str, ast.Call]]:
    """Yield each raised error of the classes: where, class, call."""
    for name, tree in _trees().items():
        for function, node in _walk(tree, ""):
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if called == "error" and name.startswith(RULES):
                called = "RuleError"
            places = (name, f"{name}:{function}")
            if places[1] in PASSED_ON | JOINED and called == "RuleError":
                continue
            if called in classes and not any(p.startswith(no) for no in NO_PAGE for p in places):
                yield f"{name}:{node.lineno}", called, node


def _given(called: str, node: ast.Call) -> set[str | None]:
    """Return the names of the facts that an error is given."""
    return {key.arg for key in node.keywords} - (RULE_PLACED if called == "RuleError" else PLACED)


def _walk(node: ast.AST, function: str) -> Iterator[tuple[str, ast.Call]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            yield function, child
        inner = (
            child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else function
        )
        yield from _walk(child, inner)


@cache
def _trees() -> dict[str, ast.Module]:
    """Return the parsed source of each module that names one of the classes, by its path."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if any(f"{name}(" in text for name in CLASSES | SOME):
            found[path.relative_to(SOURCE).as_posix()] = ast.parse(text)
    return found


@cache
def _constants() -> dict[str, str]:
    """Return the module constants (and plain locals) that hold a sentence, by name."""
    found = {}
    for tree in _trees().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.AnnAssign | ast.Assign) and isinstance(
                node.value, ast.Constant
            ):
                targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
                for target in targets:
                    if isinstance(target, ast.Name) and isinstance(node.value.value, str):
                        found[target.id] = node.value.value
    return found


def _text(node: ast.Call) -> str | None:
    first = node.args[0]
    if isinstance(first, ast.Constant):
        return str(first.value)
    if isinstance(first, ast.Name):
        return _constants().get(first.id)
    return None


def _places(text: str) -> set[str]:
    return {name for _before, name, _format, _conversion in string.Formatter().parse(text) if name}


def test_every_refused_step_has_its_words() -> None:
    known = {one.text_en: one for one in refusals().values()}
    wrong = []
    for where, called, node in _calls():
        text = _text(node)
        facts = _given(called, node)
        if text is None or text not in known:
            wrong.append(f"{where}: {called} {ast.unparse(node.args[0])} has no row")
        elif _places(text) != facts:
            wrong.append(f"{where}: {text!r} names {_places(text)}, it is given {facts}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("code", sorted(refusals()))
def test_the_spanish_says_what_the_english_says(code: str) -> None:
    one = refusals()[code]
    assert one.text_es.strip(), "no Spanish words"
    assert one.text_es != one.text_en
    assert _places(one.text_es) == _places(one.text_en)


def test_a_sentence_about_no_one_value_is_given_what_its_row_names() -> None:
    known = {one.text_en for one in refusals().values()}
    found = [(where, node) for where, _called, node in _calls(SOME) if _text(node) in known]
    assert len(found) > 10
    for where, node in found:
        # A file's name may be a fact as well as the place where the trouble starts.
        facts = {key.arg for key in node.keywords} - (PLACED - _places(_text(node) or ""))
        assert _places(_text(node) or "") == facts, where


def test_no_row_is_left_over_and_no_sentence_stands_twice() -> None:
    said = {_text(node) for _where, _called, node in _calls(CLASSES | SOME)}
    other = {code for code in refusals() if code.startswith(("exchange:", "search:"))}
    moved = {"alert:faster", "alert:facts"}  # made by MovedOn itself
    left = [
        c for c, one in refusals().items() if one.text_en not in said and c not in other | moved
    ]
    assert not left
    texts = [one.text_en for one in refusals().values()]
    assert len(texts) == len(set(texts))


def test_every_rule_of_the_exchange_and_of_searches_has_its_words() -> None:
    assert {f"exchange:{rule}" for rule in EXCHANGE} <= set(refusals())
    assert {f"search:{rule}" for rule in SEARCH} <= set(refusals())
    error = errors.ExchangeError("clock", "made at 10:00, our clock says 08:00", "NORTHREACH-BP")
    assert code_of(error) == "exchange:clock"
    assert spoken(error, "es", _word).startswith("NORTHREACH-BP: el lote se hizo")


def test_every_list_that_a_fact_is_a_word_of_has_its_words() -> None:
    named = set()
    for tree in _trees().values():
        for node in ast.walk(tree):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Name) and called.id == "Term":
                named |= {ast.literal_eval(k.value) for k in node.keywords if k.arg == "group"}  # type: ignore[attr-defined]
    assert named and named <= set(vocabulary())


def _word(group: str, code: str) -> str:
    return f"<{group} {code}>"


def test_facts_stand_in_the_sentence_of_each_language() -> None:
    error = errors.StateError(
        "an alert that is {state} does not allow the move {move!r}",
        state=errors.Term("closed", group="state"), move=errors.Term("claim", group="move"),
    )  # fmt: skip
    assert str(error) == "an alert that is closed does not allow the move 'claim'"
    assert spoken(error, "en", _word) == ""
    told = spoken(error, "es", _word)
    assert told == "una alerta en estado «<state closed>» no permite el paso «<move claim>»"
    assert code_of(error) == "alert:state"


def test_a_sentence_without_facts_may_hold_braces() -> None:
    assert str(errors.StateError("a set {1, 2}")) == "a set {1, 2}"
    assert spoken(errors.StateError("a set {1, 2}"), "es", _word) == ""


def test_somebody_faster_is_said_in_spanish() -> None:
    error = errors.MovedOn("ana", "2026-11-27T10:00:00", "claim")
    assert "<move claim>" in spoken(error, "es", _word)
    assert code_of(errors.MovedOn("analysis", "2026-11-27T10:00:00")) == "alert:facts"
