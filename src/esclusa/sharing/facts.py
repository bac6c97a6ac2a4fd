"""A record's body as a flat list of facts: dotted path and text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from esclusa.model import Body, value_text
from esclusa.sharing.views import Fact


def plain(body: Body) -> dict[str, Any]:
    """Return a body as plain dictionaries and lists, without the fields left at their default."""
    return dict(msgspec.to_builtins(body))


def facts_of(body: Body) -> tuple[Fact, ...]:
    """Return every filled field, in the order of the vocabulary."""
    return tuple(Fact(path=path, value=value) for path, value in _walk("", plain(body)))


def changes(before: Body, after: Body) -> tuple[str, ...]:
    """Return the paths whose values differ between two versions."""
    old = {fact.path: fact.value for fact in facts_of(before)}
    new = {fact.path: fact.value for fact in facts_of(after)}
    return tuple(sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path)))


def _walk(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, item in value.items():
            if name != "kind":
                yield from _walk(f"{path}.{name}" if path else name, item)
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from _walk(f"{path}.{number}", item)
    elif value not in (None, ""):
        yield path, value_text(value)
