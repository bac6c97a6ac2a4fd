"""Which fields a kind of record has, and the paths that name them.

A path is dotted: ``goods.*.value`` is the value of every goods item, ``parties[role=shipper].name``
the name of the parties in that role (the notation of risk rules). Braces are short for several
paths: ``load_port.{code,name}``. A path must end at a single value, so that a field which the
vocabulary gains later is named by no path that exists today.

The shapes come from the vocabulary's own types.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any, Final

import msgspec

from esclusa.model import (
    Consignment,
    Examination,
    Feedback,
    InformationMove,
    JointCaseMove,
    ListEntry,
    Place,
    PortCall,
    RedressGrant,
    ReferralMove,
    Seizure,
    ShipDeclaration,
    TransportEquipment,
    TransportEvent,
    Traveller,
)

KINDS: Final[dict[str, type[msgspec.Struct]]] = {
    "consignment": Consignment,
    "equipment": TransportEquipment,
    "transport_event": TransportEvent,
    "port_call": PortCall,
    "ship_declaration": ShipDeclaration,
    "examination": Examination,
    "traveller": Traveller,
    "list_entry": ListEntry,
    "referral_move": ReferralMove,
    "information_move": InformationMove,
    "joint_case_move": JointCaseMove,
    "redress_grant": RedressGrant,
    "seizure": Seizure,
    "feedback": Feedback,
}

DATES: Final = frozenset(
    {
        "issued",
        "departure",
        "arrival",
        "occurred",
        "seized",
        "started",
        "completed",
        "reported",
        "declared",
        "birth_date",
        "birth_dates",
        "expires",
        "listed_on",
        "held_from",
        "held_until",
    }
)
"""Fields that hold ISO 8601 text; the vocabulary keeps dates as text."""
HEADINGS: Final = frozenset({"hs_code"})

EVERY: Final = "*"
_STEP: Final = re.compile(r"([a-z][a-z0-9_]*|\*)(?:\[([a-z_]+)=([^\[\]=]+)\])?\Z")
_BRACES: Final = re.compile(r"\{([^{}]*)\}")
MOST_PATHS: Final = 1000
"""Paths of one clause, braces written out; the largest kind has 118 fields."""


class Shape(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A place in a kind of record: a group of named fields, a list, or a single value.

    ``type`` is ``text``, ``number``, ``yes_no`` or "" for a group or a list. ``must_keep`` names
    the words without which the group would say something else: a traveller without a role would
    read as a passenger, an alias without ``weak`` as a strong one; a struct can name more of them
    in ``WHOLE``.
    ``must_name`` are those that may be masked, but not left out; ``must_exist`` are groups that are
    written even when empty.
    """

    type: str = ""
    place: bool = False
    fields: dict[str, Shape] = {}
    item: Shape | None = None
    must_keep: frozenset[str] = frozenset()
    must_name: frozenset[str] = frozenset()
    must_exist: frozenset[str] = frozenset()
    defaults: dict[str, Any] = {}


@cache
def shape_of(kind: str) -> Shape:
    """Return the shape of a kind; raises ``KeyError`` when agreements do not cover it."""
    return _shape(msgspec.inspect.type_info(KINDS[kind]))


def _shape(info: Any) -> Shape:
    match info:
        case msgspec.inspect.StructType():
            return _group(info)
        case msgspec.inspect.VarTupleType():
            return Shape(item=_shape(info.item_type))
        case msgspec.inspect.UnionType():
            return _shape(
                next(t for t in info.types if not isinstance(t, msgspec.inspect.NoneType))
            )
        case msgspec.inspect.BoolType():
            return Shape(type="yes_no")
        case msgspec.inspect.IntType() | msgspec.inspect.FloatType():
            return Shape(type="number")
        case msgspec.inspect.StrType():
            return Shape(type="text")
    raise TypeError(f"agreements cannot speak of fields of type {info}")


def _group(info: msgspec.inspect.StructType) -> Shape:
    fields = {field.name: _shape(field.type) for field in info.fields}
    single = [field for field in info.fields if fields[field.name].type]
    defaults = {field.name: field.default for field in single if not field.required}
    return Shape(
        place=info.cls is Place,
        fields=fields,
        defaults=defaults,
        must_keep=frozenset(
            name
            for name, value in defaults.items()
            if fields[name].type != "number" and value not in ("", None)
        )
        | getattr(info.cls, "WHOLE", frozenset()),
        must_name=frozenset(field.name for field in single if field.required),
        must_exist=frozenset(
            field.name for field in info.fields if field.required and fields[field.name].fields
        ),
    )


class Step(msgspec.Struct, frozen=True):
    """One step of a path: a field's name, or ``*`` with an optional condition on the element."""

    name: str
    key: str = ""
    wanted: str = ""


Pattern = tuple[Step, ...]


def text_of(pattern: Pattern) -> str:
    """Return a pattern as it is written."""
    words: list[str] = []
    for step in pattern:
        if step.key:
            words[-1] += f"[{step.key}={step.wanted}]"
        else:
            words.append(step.name)
    return ".".join(words)


def plain(pattern: Pattern) -> tuple[str, ...]:
    """Return a pattern without its conditions."""
    return tuple(step.name for step in pattern)


def written_out(path: str) -> Iterator[str]:
    """Yield the paths that one with braces stands for."""
    parts = _BRACES.split(path)
    choices = [
        [part] if number % 2 == 0 else [word.strip() for word in part.split(",")]
        for number, part in enumerate(parts)
    ]
    for chosen in product(*choices):
        yield "".join(chosen)


def find(kind: str, path: str) -> tuple[Pattern, Shape]:
    """Return the pattern that a path (without braces) writes, and the shape that it names.

    :raises ValueError: saying at which word the kind has no such field.
    """
    shape = shape_of(kind)
    steps: list[Step] = []
    for word in _words(path):
        match = _STEP.match(word)
        if match is None:
            raise ValueError(f"{word!r} is not a step of a path")
        name, key, wanted = match[1], match[2] or "", match[3] or ""
        shape = _below(kind, shape, name, path)
        steps.append(Step(name))
        if key:
            shape = _below(kind, shape, EVERY, path)
            if shape.fields.get(key, Shape()).type != "text":
                raise ValueError(f"{key!r} is no text field to choose elements of {path!r} by")
            steps.append(Step(EVERY, key, wanted))
    return tuple(steps), shape


def _words(path: str) -> list[str]:
    """Cut at the dots outside brackets."""
    return re.split(r"\.(?![^\[]*\])", path)


def _below(kind: str, shape: Shape, name: str, path: str) -> Shape:
    found = shape.item if name == EVERY else shape.fields.get(name)
    if found is None:
        raise ValueError(f"a record of kind {kind} has no field {path!r}: see {name!r}")
    return found


def leaves(shape: Shape, before: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Shape]]:
    """Yield every single value below a shape with its plain path."""
    if shape.type:
        yield before, shape
    elif shape.item is not None:
        yield from leaves(shape.item, (*before, EVERY))
    for name, below in shape.fields.items():
        yield from leaves(below, (*before, name))


def covers(wide: Pattern, narrow: Pattern) -> bool:
    """Tell whether ``wide`` names every place that ``narrow`` names."""
    return len(wide) == len(narrow) and all(
        a.name == b.name and (not a.key or a == b) for a, b in zip(wide, narrow, strict=True)
    )


def overlap(left: Pattern, right: Pattern) -> bool:
    """Tell whether two patterns can name the same place, or one a place inside the other's."""
    return all(_meet(a, b) for a, b in zip(left, right, strict=False))


def _meet(a: Step, b: Step) -> bool:
    return a.name == b.name and not (a.key and a.key == b.key and a.wanted != b.wanted)
