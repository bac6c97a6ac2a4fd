"""How a fault is named, listed and planted: one attribute of one module, replaced for a while."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from bugs.reports import REPORTS
from esclusa.sharing.exchange import labels

Make = Callable[[Any], Any]


class Bug(NamedTuple):
    """A fault: ``make`` turns what stands at ``owner.attribute`` into the faulty thing."""

    name: str
    report: str
    owner: Any
    attribute: str
    make: Make


ALL: dict[str, Bug] = {}


def plant(owner: Any, attribute: str, report: str) -> Callable[[Make], Make]:
    """List the decorated function as a fault under its own name."""
    assert report in REPORTS, report

    def listed(make: Make) -> Make:
        name = make.__name__
        assert name not in ALL, name
        ALL[name] = Bug(name, report, owner, attribute, make)
        return make

    return listed


@contextmanager
def planted(bug: Bug) -> Iterator[None]:
    """Plant a fault for the time of a ``with`` block."""
    right = getattr(bug.owner, bug.attribute)
    _forget()
    setattr(bug.owner, bug.attribute, bug.make(right))
    try:
        yield
    finally:
        setattr(bug.owner, bug.attribute, right)
        _forget()


_REMEMBERED = (
    labels._read, labels.addressed, labels.written, labels.is_below, labels.handling, labels.anyone,
)  # fmt: skip


def _forget() -> None:
    """Empty what the core remembers of markings: a fault must neither miss it nor leave its own."""
    for remembered in _REMEMBERED:
        remembered.cache_clear()


def nothing(*_given: Any, **_named: Any) -> None:
    """Do nothing, whatever is asked."""


def always(_right: Any) -> Any:
    """Return a function that says yes to everything."""
    return lambda *given, **named: True


def without(right: Any, rule: str) -> Any:
    """Return a check that names a broken rule, made blind to one rule."""
    return lambda *given: "" if (found := right(*given)) == rule else found
