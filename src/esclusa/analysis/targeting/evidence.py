"""Find the places in a record that a field rests on.

A path is dotted. ``*`` stands for every element of a list, ``parties[role=shipper]`` for those
elements whose attribute equals the text. What comes back has plain indexes from 0, as
:class:`~esclusa.model.Evidence` wants: ``goods.0.description``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import msgspec

from esclusa.analysis.targeting.normal import code, normal
from esclusa.model import Evidence, value_text

MOST_PLACES: Final = 8
"""Places shown for one field; a bill with 300 containers would otherwise fill the page."""
_LONGEST: Final = 500
"""Characters of one value."""
_STEP: Final = re.compile(r"([a-z_0-9]+|\*)(?:\[([a-z_]+)=([^\]]*)\])?\Z")

Wanted = Callable[[str], bool]
"""Whether a value, cleaned as the features clean it, is one that made the rule fire."""


def evidence_for(body: Any, paths: Sequence[str], wanted: Wanted | None = None) -> list[Evidence]:
    """Return the places of ``paths`` in ``body`` with their values as text.

    Empty places are left out, unless all are empty: then the reason rests on what is missing, and
    the first empty place is shown. ``wanted`` narrows to the values that matter, if any does.
    """
    found = [place for path in paths for place in resolve(body, path)]
    filled = [place for place in found if place.value]
    if wanted is not None:
        filled = [place for place in filled if _fits(place.value, wanted)] or filled
    return filled[:MOST_PLACES] or found[:1] or _absent(paths)


def resolve(body: Any, path: str) -> Iterator[Evidence]:
    """Yield each place that ``path`` names in ``body``."""
    yield from _walk(body, path.split("."), ())


def _walk(value: Any, steps: Sequence[str], done: tuple[str, ...]) -> Iterator[Evidence]:
    if not steps:
        yield Evidence(path=".".join(done), value=as_text(value))
        return
    name, key, wanted = _parts(steps[0])
    if name == "*":
        for index, element in enumerate(value):
            yield from _walk(element, steps[1:], (*done, str(index)))
    elif key:
        for index, element in enumerate(getattr(value, name)):
            if str(getattr(element, key)) == wanted:
                yield from _walk(element, steps[1:], (*done, name, str(index)))
    else:
        yield from _walk(getattr(value, name), steps[1:], (*done, name))


def _parts(step: str) -> tuple[str, str, str]:
    match = _STEP.match(step)
    if match is None:
        raise ValueError(f"{step} is not a step of a path")
    return match[1], match[2] or "", match[3] or ""


def as_text(value: Any) -> str:
    """Return a value of a record as text; structs and lists as short JSON."""
    if value is None:
        return ""
    if isinstance(value, (msgspec.Struct, tuple)):
        return msgspec.json.encode(value).decode()[:_LONGEST] if value else ""
    return value_text(value)[:_LONGEST]


def _fits(value: str, wanted: Wanted) -> bool:
    forms = {normal(value), code(value)} - {None}
    return any(wanted(form) for form in forms if form is not None)


def _absent(paths: Sequence[str]) -> list[Evidence]:
    """Name the list in which nothing was found: a missing party has no index."""
    return [Evidence(path=re.split(r"[.\[]", paths[0])[0], value="")] if paths else []
