"""A rule as a person writes it: one TOML text, checked whole, with each mistake at its place.

A pack is refused by file and by character of a condition. Whoever writes in a field of text looks
for line and character there, so every mistake is traced back to where it stands in the text.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from esclusa.analysis.targeting.pack import MAX_FILE_BYTES, Compiled, Pack, build_pack
from esclusa.analysis.targeting.parser import MAX_DEPTH
from esclusa.analysis.targeting.problems import PackError
from esclusa.analysis.targeting.rule import Rule, from_table
from esclusa.analysis.targeting.selftest import Failure, check_pack
from esclusa.analysis.targeting.words import not_toml
from esclusa.errors import RuleError

_TOML_PLACE: Final = re.compile(r"\(at line (\d+), column (\d+)\)$")
_TOML_END: Final = re.compile(r"\(at end of document\)$")
_ESCAPE: Final = re.compile(r"\\(?:u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[ \t]*\n[ \t\n]*|.)", re.DOTALL)
_REMEMBERED: Final = 500
"""Texts whose answers are kept; a node has some dozens of rules of its own."""
_STANDS_FOR_NOTHING: Final = re.compile(r"\\[ \t]*\n")


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong, and where: ``line`` and ``column`` count from 1, 0 when it has no place."""

    problem: RuleError
    line: int = 0
    column: int = 0

    @property
    def reason(self) -> str:
        """Return what is wrong as an English sentence."""
        return self.problem.reason

    def __str__(self) -> str:
        at = f"line {self.line}, character {self.column}: " if self.line else ""
        return at + self.reason


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What checking a text found. ``pack`` holds the rule alone, with the lists; None when there is
    a mistake. ``failures`` are the rule's own tests that do not come out. ``digest`` is the
    fingerprint of the rule and of the lists that it reads, "" when there is a mistake."""

    mistakes: tuple[Mistake, ...] = ()
    failures: tuple[Failure, ...] = ()
    pack: Pack | None = None
    digest: str = ""

    @property
    def compiled(self) -> Compiled | None:
        """Return the rule, ready to run, None when there is a mistake."""
        return self.pack.rules[0] if self.pack else None


def check_text(text: str, within: Pack, *, taken: Collection[str] = ()) -> Written:
    """Check the text of one rule whole; never raises for what it contains.

    :param within: the pack whose lists the rule may read.
    :param taken: ids that belong to other rules, as those of the pack.
    """
    plain = text.replace("\r\n", "\n")
    if len(plain.encode(errors="replace")) > MAX_FILE_BYTES:
        too_large = RuleError("larger than {most} bytes", most=MAX_FILE_BYTES)
        return _wrong([Mistake(problem=too_large)])
    try:
        table = tomllib.loads(plain)
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        return _wrong([_unreadable(plain, error)])
    if _is_deeper(table, MAX_DEPTH):  # what is written with it walks through it by recursion
        too_deep = RuleError("more than {most} levels deep", most=MAX_DEPTH)
        return _wrong([Mistake(problem=too_deep)])
    rule, problems = from_table(Rule, table)
    if rule is None:
        return _wrong([_placed(plain, problem) for problem in problems])
    try:
        pack = pack_of([rule], within)
    except PackError as error:
        return _wrong([_placed(plain, problem) for problem in error.problems])
    if rule.id in taken:
        problem = RuleError(
            "id {name} belongs to a rule of the pack; choose another", entry="id", name=rule.id
        )
        return _wrong([_placed(plain, problem)])
    return Written(pack=pack, failures=check_pack(pack).failures, digest=digest_of(rule, pack))


class Checker:
    """Checks texts within one pack; each once, as long as it remembers it.

    :param taken: as for :func:`check_text`.
    """

    def __init__(self, within: Pack, *, taken: Collection[str] = ()) -> None:
        self._within = within
        self._taken = frozenset(taken)
        self._known: dict[str, Written] = {}

    def __call__(self, text: str) -> Written:
        """Return what :func:`check_text` says."""
        found = self._known.get(text)
        if found is None:
            found = check_text(text, self._within, taken=self._taken)
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[text] = found
        return found


def pack_of(rules: list[Rule], within: Pack) -> Pack:
    """Return a pack of these rules with the lists of another.

    :raises PackError: naming everything that is wrong.
    """
    return build_pack(within, rules, list(within.lists.values()))


def digest_of(rule: Rule, pack: Pack) -> str:
    """Return 32 hexadecimal digits that change whenever anything in the rule does, or in a list
    that its condition reads."""
    lists = [pack.lists[name] for found in pack.rules if found.rule == rule for name in found.lists]
    said = msgspec.json.encode([rule, *lists], order="deterministic")
    return hashlib.sha256(said).hexdigest()[:32]


def refusal(mistakes: Sequence[Mistake]) -> RuleError:
    """Return all mistakes of a text as one error."""
    return RuleError(
        "\n".join(map(str, mistakes)),
        places=tuple((one.line, one.column, one.problem) for one in mistakes),
    )


def _is_deeper(table: Mapping[str, Any], most: int) -> bool:
    """Tell whether tables and lists stand more than so many levels inside one another."""
    level: list[Any] = [table]
    for _ in range(most):
        inside = (one.values() if isinstance(one, dict) else one for one in level)
        level = [part for parts in inside for part in parts if isinstance(part, dict | list)]
    return bool(level)


def _wrong(mistakes: list[Mistake]) -> Written:
    ordered = sorted(mistakes, key=lambda one: (one.line or 1 << 30, one.column, one.reason))
    return Written(mistakes=tuple(ordered))


def _unreadable(text: str, error: Exception) -> Mistake:
    said = str(error)
    if found := _TOML_PLACE.search(said):
        problem = RuleError(
            "the text cannot be read here: {said}", said=not_toml(said[: found.start()].strip())
        )
        return Mistake(problem=problem, line=int(found[1]), column=int(found[2]))
    if found := _TOML_END.search(said):
        line = text.count("\n") + 1
        problem = RuleError(
            "the text cannot be read at the end: {said}",
            said=not_toml(said[: found.start()].strip()),
        )
        return Mistake(problem=problem, line=line, column=len(text) - text.rfind("\n"))
    return Mistake(problem=RuleError("is not a TOML text: {said}", said=not_toml(said)))


def _placed(text: str, problem: RuleError) -> Mistake:
    line, column = _place(text, problem)
    return Mistake(problem=problem, line=line, column=column)


def _place(text: str, problem: RuleError) -> tuple[int, int]:
    if problem.offset >= 0:
        return _inside(text, problem.entry or "when", problem.offset)
    if (test := problem.facts.get("test")) is not None:
        named = re.search(rf"^\s*name\s*=.*{re.escape(str(test))}", text, re.M)
        return _line_of(text, named or _key(text, problem.entry))
    return _line_of(text, _key(text, problem.entry)) if problem.entry else (0, 0)


def _key(text: str, name: str) -> re.Match[str] | None:
    """Find where an entry stands: ``name =``, or ``[name]`` and ``[[name]]`` for a table."""
    word = re.escape(name)
    return re.search(rf"^[ \t]*(?:{word}[ \t]*=|\[\[?[ \t]*{word}[ \t]*\])", text, re.M)


def _line_of(text: str, found: re.Match[str] | None) -> tuple[int, int]:
    if found is None:
        return 0, 0
    return _at(text, found.end() - len(found[0].lstrip()))


def _at(text: str, index: int) -> tuple[int, int]:
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def _inside(text: str, name: str, offset: int) -> tuple[int, int]:
    """Return the place of a character of an entry's value."""
    found = _key(text, name)
    value = re.compile(r"[ \t]*('''|\"\"\"|'|\")").match(text, found.end()) if found else None
    if value is None:
        return _line_of(text, found)
    start = value.end()
    if len(value[1]) == 3 and text.startswith("\n", start):
        start += 1  # the first line break of such a text is none of its characters (TOML 1.0)
    pieces = _escaped(text, start) if value[1][0] == '"' else iter(range(start, len(text)))
    index = next((at for number, at in enumerate(pieces) if number == offset), len(text) - 1)
    return _at(text, index)


def _escaped(text: str, start: int) -> Iterator[int]:
    """Yield where each character of a text in double quotes begins."""
    at = start
    while at < len(text):
        found = _ESCAPE.match(text, at)
        if found is None:
            yield at
            at += 1
            continue
        if not _STANDS_FOR_NOTHING.match(found[0]):
            yield at
        at = found.end()


def blank(day: dt.date) -> str:
    """Return the text of a rule to begin with: valid for a year from ``day`` on, with every entry
    that a rule needs."""
    text = Path(__file__).with_name("blank.toml").read_text(encoding="utf-8")
    last = day + dt.timedelta(days=364)
    return text.replace("{first}", day.isoformat()).replace("{last}", last.isoformat())
