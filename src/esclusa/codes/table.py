"""A code list in memory: loaded on first use, each row made into a struct on first look-up.

Why not one dict of structs: 116,000 structs take half a second to make and a node uses a few
hundred of them. A second look-up of the same code is a single ``dict.get``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Generic, TypeVar

from esclusa.codes import packed

T = TypeVar("T")


class Table(Generic[T]):
    """A packed list by its first column.

    ``make`` turns the fields of a row into the value handed out; ``normalise`` turns what a sender
    wrote into the form of the key. Loading twice from two threads is harmless: same rows, last one
    kept.
    """

    def __init__(
        self, name: str, make: Callable[[list[str]], T], normalise: Callable[[str], str]
    ) -> None:
        self._name = name
        self._make = make
        self._normalise = normalise
        self._made: dict[str, T] = {}

    @cached_property
    def rows(self) -> dict[str, str]:
        """Key → line. Raises :class:`~esclusa.errors.ConfigError` if the list is damaged."""
        return {line[: line.index("\t")]: line for line in packed.read(self._name)}

    def get(self, text: str) -> T | None:
        """Return the value for a code, or None when the edition does not have it."""
        found = self._made.get(text)
        return found if found is not None else self._find(text)

    def known(self, text: str) -> bool:
        """Answer whether the edition has the code."""
        return text in self.rows or self._normalise(text) in self.rows

    def all(self) -> list[T]:
        """Return every value, in the order of the list."""
        made = self._made
        return [made[k] if k in made else self._keep(k, line) for k, line in self.rows.items()]

    def _find(self, text: str) -> T | None:
        line = self.rows.get(text)
        if line is not None:
            return self._keep(text, line)
        key = self._normalise(text)
        return None if key == text else self.get(key)

    def _keep(self, key: str, line: str) -> T:
        made = self._made[key] = self._make(line.split("\t"))
        return made
