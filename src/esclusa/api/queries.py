"""Turning what an address or a form says into the values that the services take.

Values from outside are text and may be anything. What is wrong becomes one ``InputError`` that
names the parameter and what was expected, and never an error of the machine.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Final, TypeVar

import msgspec

from esclusa.api.limits import DEFAULT, FaceLimits
from esclusa.errors import InputError
from esclusa.sharing.views import QueueFilter

STATES: Final = ("open", "new", "claimed", "snoozed", "closed", "withdrawn", "all")
SORTS: Final = ("score", "recent", "arrival")
KINDS: Final = (
    "consignment", "equipment", "transport_event", "port_call", "ship_declaration", "traveller",
    "examination", "list_entry", "ownership",
)  # fmt: skip
ALERT_KINDS: Final = KINDS[:-3]
"""Nothing judges an examination, a list entry or who owns what, so no alert is about one."""
LARGEST: Final = 2**31 - 1
"""Row numbers and versions stay below it in every database we use."""

_DAMAGED: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffd-\uffff]")
"""Control characters but tab and line break, halves of surrogate pairs, what stands for bytes that
could not be read, and the two signs after it that are no characters (Unicode 16 §23)."""
_SAID: Final = 300
"""Of a message that may repeat what was sent."""
_MEMBER: Final = re.compile(r"(missing required|contains unknown) field `([^`]{1,60})")
_NAMED: Final = {"missing required": "missing", "contains unknown": "unknown"}
_PLACE: Final = re.compile(r"at `(?:key in )?\$([^`]{0,120})`")
"""Where a message of msgspec says that the trouble is: ``$.items[0].unit``."""

T = TypeVar("T")


def convert(values: Mapping[str, object], into: type[T], *, strict: bool = False) -> T:
    """Read text values into a struct; raises ``InputError`` for unknown names and bad values."""
    unknown = set(values) - {field.name for field in msgspec.structs.fields(into)}  # type: ignore[arg-type]
    if unknown:
        name = min(unknown)
        raise InputError(
            f"there is no parameter {_shown(name)}", field=name[:40], problem="unknown"
        )
    try:
        made = msgspec.convert(dict(values), into, strict=strict)
    except msgspec.ValidationError as error:
        raise misread(error) from error
    for name in values:
        check_value(name, getattr(made, name))
    return made


def misread(error: msgspec.ValidationError, before: str = "") -> InputError:
    """Return the error for a value that is of another kind than its struct says, with its place.

    :param before: begins the sentence.
    """
    said = str(error)[:_SAID]
    named, place = _MEMBER.search(said), _PLACE.search(said)
    inside = place[1].strip(".") if place else ""
    if named is None:
        return InputError(before + said, field=inside, problem="kind")
    inside = f"{inside}.{named[2]}".strip(".")
    return InputError(before + said, field=inside, problem=_NAMED[named[1]])


def check_value(name: str, value: object, *, limits: FaceLimits = DEFAULT) -> None:
    """Refuse text that is too long or is no text, and numbers out of all measure."""
    if isinstance(value, str):
        if len(value) > limits.text_characters:
            reason = f"{name} is longer than {limits.text_characters} characters"
            raise InputError(
                reason, field=name, problem="long", expected=f"≤ {limits.text_characters}"
            )
        if _DAMAGED.search(value):
            raise InputError(f"{name} holds a control character", field=name, problem="damaged")
    elif isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"{name} is not a finite number", field=name, problem="kind")
    elif isinstance(value, int) and abs(value) > LARGEST:
        raise InputError(f"{name} is out of range", field=name, problem="whole")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            check_value(f"{name}.{str(key)[:40]}", item, limits=limits)
    elif isinstance(value, (tuple, list, set, frozenset)):
        for place, item in enumerate(value):
            check_value(f"{name}[{place}]", item, limits=limits)
    elif isinstance(value, msgspec.Struct):
        for key in value.__struct_fields__:
            check_value(f"{name}.{key}", getattr(value, key), limits=limits)


def one_of(name: str, value: str, words: Iterable[str]) -> str:
    """Return the value when it is one of the words; raises ``InputError``."""
    if value not in (known := tuple(words)):
        reason = f"{name} is {_shown(value)}, expected one of {', '.join(known)}"
        raise InputError(reason, field=name, problem="code")
    return value


def number(name: str, value: str, *, low: int = 0, high: int = LARGEST) -> int:
    """Read a whole number from ``low`` to ``high``; raises ``InputError``."""
    text = value.strip()
    if not (text.isascii() and text.isdigit()) or not low <= int(text[:12]) <= high:
        reason = f"{name} is {_shown(value)}, expected a number from {low} to {high}"
        raise InputError(reason, field=name, problem="whole", expected=f"{low}–{high}")
    return int(text)


def check_limit(limit: int, limits: FaceLimits) -> None:
    """Refuse to give no rows, or more than a face gives at once; raises ``InputError``."""
    if not 1 <= limit <= limits.rows:
        raise InputError(
            f"limit is {limit}, expected 1 to {limits.rows}", field="limit", problem="whole",
            expected=f"1–{limits.rows}",
        )  # fmt: skip


def queue_filter(values: Mapping[str, str], *, limits: FaceLimits = DEFAULT) -> QueueFilter:
    """Read the queue's filter from an address; empty values count as absent."""
    found = convert({key: value for key, value in values.items() if value}, QueueFilter)
    one_of("state", found.state, STATES)
    one_of("sort", found.sort, SORTS)
    one_of("kind", found.kind, ("", *ALERT_KINDS))
    check_limit(found.limit, limits)
    return found


def _shown(value: str) -> str:
    return repr(value[:40])
