"""Every sentence of the program that may reach a reader has its Spanish, beside the code of its room.

About 4 CPU seconds: the source of nine rooms is parsed once.
"""

from __future__ import annotations

import ast
import gc
import re
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple
from xml.parsers.expat import ErrorString

import pytest
from sentence_parts import (
    ELSEWHERE,
    FOREIGN,
    LIBRARIES,
    MADE,
    NO_SENTENCE,
    PARTS,
    PLACED,
    WORDS,
    WRITERS,
)

import esclusa
from esclusa.analysis.targeting import load_pack
from esclusa.casework.refusals import refusals
from esclusa.casework.sentences import PLACE, ROOMS, rows, translated
from esclusa.formats.registry import all_formats

SOURCE: Final = Path(esclusa.__file__).parent
READERS: Final = ("codes", "formats")
"""Rooms whose defects and errors are made of many small pieces: there every text that reads like a
sentence has a row. In the others, the text of each raised error has."""
RAISED: Final = tuple(room for room in ROOMS if room not in READERS)
CLASSES: Final = frozenset({
    "InputError", "FormatError", "LimitError", "UnknownFormat", "WireError", "TrustError",
    "Forbidden", "SignInError", "PasswordDue", "WrongPassword", "StateError", "MarkingError",
    "AgreementError", "MovedOn", "TooMany", "NotFound", "ConfigError", "LedgerError",
})  # fmt: skip
"""Errors whose own sentence a page or the API shows: no other tells more than its status does, and
``ExchangeError`` by its rule, and ``RuleError``, have rows in ``refusals.csv``
(``test_refusals.py``)."""
TOLD: Final = {"ExchangeError": 1, "PointerError": 1, "alarm": 2, "Outcome": 1}
"""Calls whose text a page shows though no error of it does, and which of their arguments it is: what
a person must look at with a partner, and what became of a notice."""
HOLE: Final = "\0"
FIELD: Final = "{field} "
"""Begins what is wrong with a field of a form: the rest is a word of ``casework.forms``."""


class Said(NamedTuple):
    """A text of the source, ``HOLE`` for each place of a value, and where it stands."""

    text: str
    where: str
    """``file:line``"""
    inside: str
    """``file:function``"""
    sentence: bool
    """Whether it reads like words for a person."""


class Raised(NamedTuple):
    """An error of :data:`CLASSES` that is made, with what its text may be."""

    where: str
    inside: str
    texts: tuple[str, ...]
    """Empty where the source does not say it."""


class Source(NamedTuple):
    """What the source of a room says."""

    texts: tuple[Said, ...]
    raised: tuple[Raised, ...]
    places: frozenset[str]
    """Its files, and ``file:function``."""


@cache
def source(room: str) -> Source:
    """Read the source of a room; the trees are given up at once, as they are large."""
    said: list[Said] = []
    errors: list[Raised] = []
    places: set[str] = set()
    gc.disable()  # of the millions of nodes none is in a circle
    try:
        for path in sorted((SOURCE / room).rglob("*.py")):
            name = path.relative_to(SOURCE).as_posix()
            text = path.read_text(encoding="utf-8")
            tree = ast.parse(text)
            said += _texts(tree, name, "")
            functions = list(_functions(tree))
            places |= {name} | {f"{name}:{function}" for function, _body in functions}
            if any(f"{one}(" in text for one in CLASSES | TOLD.keys()):
                errors += raised(functions, name)
    finally:
        gc.enable()
    return Source(tuple(said), tuple(errors), frozenset(places))


def text_of(node: ast.AST) -> str | None:
    """Return the text of a string or an f-string, None for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.sub(r"\{\w*(?:![rs])?\}", HOLE, node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else HOLE for part in node.values
        )
    return None


def _texts(node: ast.AST, name: str, inside: str) -> Iterator[Said]:
    """Yield each text of a tree but docstrings and pieces of f-strings."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue
        if (text := text_of(child)) is not None:
            line = child.lineno  # type: ignore[attr-defined]
            said = Said(text, f"{name}:{line}", f"{name}:{inside}", True)
            yield said._replace(sentence=name.startswith(READERS) and is_sentence(said, node))
            for part in child.values if isinstance(child, ast.JoinedStr) else ():
                if isinstance(part, ast.FormattedValue):
                    yield from _texts(ast.Tuple(elts=[part.value]), name, inside)
            continue
        made = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        yield from _texts(child, name, child.name if made else inside)  # type: ignore[attr-defined]


@cache
def known(room: str) -> dict[str, str]:
    """Return the rows of a room, ``HOLE`` for each place, with their English."""
    return {PLACE.sub(HOLE, row.text_en): row.text_en for row in rows(room)}


def piece(text: str) -> str:
    """Return a text of the source as the tables of this test write it."""
    return text.replace(HOLE, "{}")


def is_sentence(said: Said, parent: ast.AST) -> bool:
    """Tell whether a text reads like words for a person: small letters with a blank between. What
    begins with one capital letter is a title or a heading, and so is what is looked up in a row."""
    own = said.text.replace(HOLE, "")
    if (
        not re.search("[a-z]{2,}", own)
        or " " not in own.strip()
        or re.match("[A-ZÁÉÍÓÚ][a-z]", own)
    ):
        return False
    name = said.where.partition(":")[0]
    if re.fullmatch(WRITERS, name) or any(
        place.startswith(no) if no.endswith("/") else place == no
        for no in NO_SENTENCE for place in (name, said.inside)
    ):  # fmt: skip
        return False
    if name.startswith("formats/lists/") and said.inside.endswith(":"):
        return False  # the tables of its headings
    called = parent.func if isinstance(parent, ast.Call) else None
    if getattr(called, "attr", getattr(called, "id", "")) in ("get", "refused", "WritingError"):
        return False
    titled = isinstance(parent, ast.keyword) and parent.arg in ("title_en", "title_es", "standard")
    standard = isinstance(parent, ast.AnnAssign) and said.inside.endswith(":")
    return not titled and not (standard and name.startswith("codes/"))


@pytest.mark.parametrize("room", READERS)
def test_every_sentence_of_a_reader_has_its_row(room: str) -> None:
    lacking = [
        f"{said.where}: {piece(said.text)!r}" for said in source(room).texts
        if said.sentence and said.text not in known(room)
        and piece(said.text) not in PARTS.keys() | WORDS
    ]  # fmt: skip
    assert not lacking, "\n".join(lacking)


def raised(functions: list[tuple[str, ast.AST]], name: str) -> Iterator[Raised]:
    """Yield the errors that a file makes, but those of :data:`ELSEWHERE`.

    :param functions: its own, the file as a whole the first.
    """
    whole = _assigned(functions[0][1])
    for function, body in functions:
        places = (name, f"{name}:{function}")
        if any(place.startswith(no) for no in ELSEWHERE for place in places):
            continue
        calls = [
            node
            for node in _own(body)
            if isinstance(node, ast.Call) and _called(node) in CLASSES | TOLD.keys()
        ]
        own = _assigned(body) if calls else {}
        for node in calls:
            at = TOLD.get(_called(node), 0)
            if at and len(node.args) <= at:
                continue  # an outcome that says no more than its state
            found = tuple(_may_be(node.args[at], own, whole)) if node.args else ()
            yield Raised(f"{name}:{node.lineno}", places[1], found)


def _called(node: ast.Call) -> str:
    return str(getattr(node.func, "id", getattr(node.func, "attr", "")))


def _functions(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    yield "", tree
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node


def _own(body: ast.AST) -> Iterator[ast.AST]:
    """Walk a function or a module, without the functions in it."""
    for child in ast.iter_child_nodes(body):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
            yield from _own(child)


def _assigned(body: ast.AST) -> dict[str, list[ast.AST]]:
    """Return what each name of a function or a module is given: by ``=``, ``:=`` or a loop."""
    found: dict[str, list[ast.AST]] = {}
    for node in _own(body):
        if isinstance(node, ast.Assign):
            given, to = node.value, node.targets
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            given, to = node.value, [node.target]
        elif isinstance(node, ast.For):
            given, to = node.iter, [node.target]
        else:
            continue
        for target in to:
            for name in ast.walk(target):
                if isinstance(name, ast.Name):
                    found.setdefault(name.id, []).append(given)
    return found


def _may_be(
    node: ast.AST, own: dict[str, list[ast.AST]], whole: dict[str, list[ast.AST]]
) -> Iterator[str]:
    if (text := text_of(node)) is not None:
        yield text
    elif isinstance(node, ast.IfExp):
        yield from _may_be(node.body, own, whole)
        yield from _may_be(node.orelse, own, whole)
    elif isinstance(node, ast.Tuple | ast.List | ast.Dict | ast.Set):  # a loop over pairs
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.Constant) or " " in str(child.value):
                yield from _may_be(child, own, whole)
    elif isinstance(node, ast.Name):
        for given in own.get(node.id) or whole.get(node.id, []):
            yield from _may_be(given, own, whole)


REFUSED: Final = frozenset(
    re.sub(r"\{\w+(?:![rs])?\}", HOLE, one.text_en) for one in refusals().values()
)


@pytest.mark.parametrize("room", RAISED)
def test_every_error_that_a_reader_may_see_has_its_row(room: str) -> None:
    every = REFUSED.union(*map(known, ROOMS))
    lacking = []
    for one in source(room).raised:
        if not one.texts and one.inside not in MADE:
            lacking.append(f"{one.where} ({one.inside}): made of what?")
        lacking += [
            f"{one.where}: {piece(text)!r}" for text in one.texts
            if text not in every and piece(text) not in PARTS
        ]  # fmt: skip
    assert not lacking, "\n".join(lacking)


def pack_texts() -> set[str]:
    """Return what the shipped rules say they are for and rest on: texts of a pack, not of a program."""
    shipped = [each.rule for each in load_pack().rules]
    return {text for rule in shipped for text in (rule.purpose, rule.legal_basis)}


def test_the_purpose_and_the_legal_basis_of_each_shipped_rule_have_their_spanish() -> None:
    assert not [text for text in pack_texts() if not translated(text)]


def test_no_row_is_left_over() -> None:
    said = {room: {one.text for one in source(room).texts} for room in ROOMS}
    pieces = {piece(text) for found in said.values() for text in found}
    assert not PARTS.keys() - pieces, "no such piece"
    made = {row for parts in PARTS.values() for row in parts} | {*LIBRARIES, *PLACED}
    expat_says = {ErrorString(code) for code in range(1, 50)}
    titles = {one.title_en for one in all_formats()} | pack_texts()
    left = [
        (room, english) for room in ROOMS for text, english in known(room).items()
        if text not in said[room] and english not in made and english not in expat_says
        and not english.startswith(FOREIGN) and english not in titles
        and not (english.startswith(FIELD) and english.removeprefix(FIELD) in said[room])
    ]  # fmt: skip
    assert not left
    rooms_made = {english for room in ROOMS for english in known(room).values()}
    assert made <= rooms_made, made - rooms_made


def test_no_place_of_the_lists_of_this_test_is_gone() -> None:
    there = {place for room in ROOMS for place in source(room).places}
    gone = [
        place for place in (*NO_SENTENCE, *ELSEWHERE, *MADE)
        if place not in there and not any(name.startswith(place) for name in there)
    ]  # fmt: skip
    assert not gone


@pytest.mark.parametrize("room", ROOMS)
def test_the_spanish_says_what_the_english_says(room: str) -> None:
    found = rows(room)
    texts = [PLACE.sub(lambda place: f"{{{place[1]}}}", row.text_en) for row in found]
    assert sorted(texts) == sorted(set(texts))
    for row in found:
        assert row.text_es.strip() == row.text_es != ""
        assert row.text_es != row.text_en or row.text_en in PLACED, row.text_en
        english = [place[0] for place in PLACE.finditer(row.text_en)]
        assert sorted(english) == sorted(place[0] for place in PLACE.finditer(row.text_es)), row
        assert len({name for _kind, name in PLACE.findall(row.text_en)}) == len(english), row
        assert "{" not in PLACE.sub("", row.text_en + row.text_es), "a brace that is no place"


def _kinds(text: str) -> list[str]:
    return [kind for kind, _name in PLACE.findall(text)]


def test_a_format_is_called_as_elsewhere() -> None:
    for one in all_formats():
        assert translated(one.title_en) == one.title_es


def test_one_sentence_of_two_rooms_has_one_spanish() -> None:
    said: dict[str, str] = {}
    for room in ROOMS:
        for row in rows(room):
            plain = PLACE.sub(HOLE, row.text_en)
            if not {*_kinds(row.text_en)} & {"=", "~"}:
                spanish = PLACE.sub(HOLE, row.text_es)
                assert said.setdefault(plain, spanish) == spanish, row.text_en


# -- how a sentence is found ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("english", "spanish"),
    [
        ("the message ends without UNT", "el mensaje termina sin UNT"),
        ("row 5: '1 is not a number' for weight is not a number",
         "fila 5: '1 is not a number' en weight no es un número"),
        ("segment group 5 (NAD) in segment group 2 is missing before UNT",
         "antes de UNT falta: grupo de segmentos 5 (NAD) del grupo de segmentos 2"),
        ("ship.csv, byte 12: no reader recognises it; it looks like a PDF document",
         "ship.csv, byte 12: ningún lector lo reconoce; parece un documento PDF"),
        ("mapping 'bills': no column or constant fills 'bill'; encoding 'x' is not known",
         "mapeo 'bills': ninguna columna ni constante llena 'bill'; encoding 'x' no se conoce"),
        ("not JSON: Expecting value, line 3", "no es JSON: se espera un valor, línea 3"),
        ("not a mapping: something new", "no es un mapeo: «something new»"),
        ("the message ends without a word", ""),
        ("ship.csv: nobody ever said so", ""),
        ("", ""),
    ],
    ids=["value", "quoted", "words", "place", "several", "library", "library-new", "blank-in-value",
         "words-unknown", "nothing"],
)  # fmt: skip
def test_a_sentence_is_found_by_its_english(english: str, spanish: str) -> None:
    assert translated(english) == spanish


def test_a_sentence_beyond_measure_is_left_as_it_is_and_costs_little() -> None:
    assert translated("a.csv: " * 900 + "the file states nothing") == ""
    before = time.process_time()
    for text in ("row 1: " * 280, " is not" * 280, "'" * 1999, "line 1: a: " * 180):
        assert translated(text) == ""
    assert time.process_time() - before < 1, "each is held against a few rows, to a small depth"


@pytest.mark.parametrize("room", ROOMS)
def test_each_row_is_found_with_its_values_and_shows_no_more(room: str) -> None:
    """Each place of a row is filled with a value of its own: its Spanish comes, with these."""
    wrong = []
    for row in rows(room):
        places = [(kind, name) for kind, name in PLACE.findall(row.text_en)]
        english = {name: _standing(kind, at)[0] for at, (kind, name) in enumerate(places)}
        spanish = {name: _standing(kind, at)[1] for at, (kind, name) in enumerate(places)}
        wanted = _filled(row.text_es, spanish)
        if (found := translated(_filled(row.text_en, english))) != wanted:
            wrong.append((row.text_en, found))
    assert not wrong


def _filled(text: str, values: dict[str, str]) -> str:
    return PLACE.sub(lambda place: values[place[2]], text)


def _standing(kind: str, at: int) -> tuple[str, str]:
    """Return what may stand in a place of a kind, in both languages."""
    if kind in ("=", "*"):
        return "an empty file", "un archivo vacío"
    value = {"": f"x{at}x", "'": f"'in {at} is not'", "~": f"any {at} words"}[kind]
    return value, value
