"""A rule pack: a folder of rule files and dated lists, read, checked and compiled once.

``pack.toml`` names the pack; every other ``*.toml`` beside it is one rule; ``lists/*.toml`` are
the lists. A pack with any mismatch is refused whole, with all mismatches named.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
import polars as pl

from esclusa.analysis.targeting.catalogue import SUBJECTS, fields
from esclusa.analysis.targeting.checker import Scope, lists_of
from esclusa.analysis.targeting.compiler import compile_condition
from esclusa.analysis.targeting.frame import frame_of
from esclusa.analysis.targeting.normal import code, normal
from esclusa.analysis.targeting.parser import parse
from esclusa.analysis.targeting.plain import Test, plain_condition
from esclusa.analysis.targeting.problems import PackError, raise_any
from esclusa.analysis.targeting.rule import Rule, WordList, from_table, valid_on
from esclusa.analysis.targeting.ruleschema import list_problems, rule_problems
from esclusa.analysis.targeting.template import Template
from esclusa.analysis.targeting.tree import Node
from esclusa.analysis.targeting.words import not_toml
from esclusa.errors import RuleError

DEFAULT: Final = Path(__file__).parent / "packs" / "first"
MAX_FILE_BYTES: Final = 256 * 1024
MAX_FILES: Final = 2_000


class Compiled(msgspec.Struct, frozen=True, kw_only=True):
    """A rule ready to run: its tree, one column expression per subject, its two sentences.

    ``plain`` is the condition for one row, None where only the column engine can tell."""

    rule: Rule
    tree: Node
    lists: tuple[str, ...]
    expressions: Mapping[str, pl.Expr]
    plain: Test | None
    text_en: Template
    text_es: Template


class Pack(msgspec.Struct, frozen=True, kw_only=True):
    """A checked pack; rules in order of id, lists by id."""

    id: str
    version: str
    title_en: str
    title_es: str
    rules: tuple[Compiled, ...]
    lists: Mapping[str, WordList]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a rule runs on a day. ``state``: ``active``, ``expired`` or ``not yet``; ``cause``
    is the rule's or list's id whose dates decide."""

    rule: str
    version: str
    state: str
    cause: str
    valid_from: dt.date
    valid_to: dt.date


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    version: str
    title_en: str
    title_es: str


def load_pack(path: Path | None = None) -> Pack:
    """Read the pack in folder ``path``, the first pack when None.

    :raises PackError: (a RuleError) naming every file that cannot be used and why.
    """
    folder = DEFAULT if path is None else path
    wrong: list[RuleError] = []
    head = _structs(_Head, [folder / "pack.toml"], wrong)
    lists = _structs(WordList, sorted((folder / "lists").glob("*.toml")), wrong)
    files = [file for file in sorted(folder.glob("*.toml")) if file.name != "pack.toml"]
    rules = _structs(Rule, files, wrong)
    raise_any(wrong)
    first = next(iter(head.values()))
    return build_pack(first, list(rules.values()), list(lists.values()))


def build_pack(head: Any, rules: list[Rule], lists: list[WordList]) -> Pack:
    """Check and compile rules and lists that are already structs.

    :param head: anything with ``id``, ``version``, ``title_en`` and ``title_es``.
    :raises PackError: as :func:`load_pack`.
    """
    wrong = [problem for words in lists for problem in list_problems(words)]
    wrong += _repeated([rule.id for rule in rules]) + _repeated([words.id for words in lists])
    known = {words.id: _clean(words) for words in lists}
    items = {name: words.items for name, words in known.items()}
    compiled = [found for rule in rules if (found := _compiled(rule, items, wrong)) is not None]
    raise_any(wrong)
    return Pack(
        id=head.id,
        version=head.version,
        title_en=head.title_en,
        title_es=head.title_es,
        rules=tuple(sorted(compiled, key=lambda found: found.rule.id)),
        lists=known,
    )


def standing(pack: Pack, as_of: dt.date) -> list[Standing]:
    """Tell for each rule of the pack whether it runs on the day ``as_of``, and what decides."""
    return [_standing(found, pack, calendar_day(as_of)) for found in pack.rules]


def active(pack: Pack, as_of: dt.date, subject: str) -> list[Compiled]:
    """Return the rules about ``subject`` that run on the day ``as_of``, in order of id."""
    day = calendar_day(as_of)
    return [
        found
        for found in pack.rules
        if subject in found.expressions and _standing(found, pack, day).state == "active"
    ]


def calendar_day(as_of: dt.date) -> dt.date:
    """Return the day of a date or a moment; a moment with a zone counts in UTC."""
    if not isinstance(as_of, dt.datetime):
        return as_of
    return (as_of.astimezone(dt.UTC) if as_of.tzinfo is not None else as_of).date()


def _standing(found: Compiled, pack: Pack, day: dt.date) -> Standing:
    rule = found.rule
    dated: list[Rule | WordList] = [rule, *(pack.lists[name] for name in found.lists)]
    cause = next((thing for thing in dated if not valid_on(thing, day)), rule)
    state = "active"
    if not valid_on(cause, day):
        state = "expired" if day > cause.valid_to else "not yet"
    return Standing(
        rule=rule.id,
        version=rule.version,
        state=state,
        cause=cause.id,
        valid_from=max(thing.valid_from for thing in dated),
        valid_to=min(thing.valid_to for thing in dated),
    )


def _compiled(
    rule: Rule, lists: Mapping[str, tuple[str, ...]], wrong: list[RuleError]
) -> Compiled | None:
    try:
        tree = parse(rule.when, rule=rule.id)
        expressions = {
            subject: compile_condition(tree, Scope(fields(subject), lists, rule.id))
            for subject in rule.subjects
            if subject in SUBJECTS
        }
    except RuleError as error:
        wrong.append(error)
        return None
    wrong += rule_problems(rule, tree, may_be_unknown=_may_be_unknown(expressions))
    return Compiled(
        rule=rule,
        tree=tree,
        lists=lists_of(tree),
        expressions=expressions,
        plain=plain_condition(tree, Scope({}, lists, rule.id)),
        text_en=Template(rule.text_en, "en"),
        text_es=Template(rule.text_es, "es"),
    )


def _may_be_unknown(expressions: Mapping[str, pl.Expr]) -> bool:
    """Tell whether a condition is unknown on a row in which every field is."""
    return any(
        _unknown_row(subject).select(verdict=expression)["verdict"][0] is None
        for subject, expression in expressions.items()
    )


@cache
def _unknown_row(subject: str) -> pl.DataFrame:
    return frame_of(subject, {}, 1)


def _clean(words: WordList) -> WordList:
    clean = normal if words.kind == "words" else code
    items = (clean(item) for item in words.items)
    return msgspec.structs.replace(
        words, items=tuple(dict.fromkeys(item for item in items if item is not None))
    )


def _repeated(ids: list[str]) -> list[RuleError]:
    return [
        RuleError("{name} is defined more than once", rule=name, entry="id", name=name)
        for name in sorted({name for name in ids if ids.count(name) > 1})
    ]


def _structs(kind: type[Any], files: list[Path], wrong: list[RuleError]) -> dict[str, Any]:
    """Read each file into a struct by file name; add what is wrong to ``wrong``."""
    if len(files) > MAX_FILES:
        folder = files[0].parent.name
        raise PackError([
            RuleError("more than {most} files in {folder}", most=MAX_FILES, folder=folder)
        ])  # fmt: skip
    found: dict[str, Any] = {}
    for file in files:
        try:
            found[file.name], problems = from_table(kind, _toml(file))
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, ValueError) as error:
            problems = [_cannot_read(error)]
        wrong += [problem.of(file.name) for problem in problems]
    return found


def _toml(file: Path) -> dict[str, Any]:
    with file.open("rb") as stream:
        data = stream.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise ValueError(f"larger than {MAX_FILE_BYTES} bytes")
    return tomllib.loads(data.decode("utf-8"))


def _cannot_read(error: Exception) -> RuleError:
    if isinstance(error, OSError):
        return RuleError("cannot be read: {said}", said=str(error.strerror))
    return RuleError("is not a TOML file of this kind: {said}", said=not_toml(str(error)))
