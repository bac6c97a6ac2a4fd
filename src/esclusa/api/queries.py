"""Turning what an address or a form says into the values that the services take.

Values from outside are text and may be anything. What is wrong becomes one ``InputError`` that
names the parameter and what was expected, and never an error of the machine.
"""

from __future__ import annotations

import math
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
    "examination", "list_entry",
)  # fmt: skip
ALERT_KINDS: Final = KINDS[:-2]
"""Nothing judges an examination or a list entry, so no alert is about one."""
LARGEST: Final = 2**31 - 1
"""Row numbers and versions stay below it in every database we use."""

T = TypeVar("T")


def convert(values: Mapping[str, object], into: type[T], *, strict: bool = False) -> T:
    """Read text values into a struct; raises ``InputError`` for unknown names and bad values."""
    unknown = set(values) - {field.name for field in msgspec.structs.fields(into)}  # type: ignore[arg-type]
    if unknown:
        raise InputError(f"there is no parameter {_shown(min(unknown))}")
    try:
        made = msgspec.convert(dict(values), into, strict=strict)
    except msgspec.ValidationError as error:
        raise InputError(str(error)) from error
    for name in values:
        check_value(name, getattr(made, name))
    return made


def check_value(name: str, value: object, *, limits: FaceLimits = DEFAULT) -> None:
    """Refuse text that is too long or holds control characters, and numbers out of all measure."""
    if isinstance(value, str):
        if len(value) > limits.text_characters:
            raise InputError(f"{name} is longer than {limits.text_characters} characters")
        if any(ord(char) < 32 and char not in "\t\r\n" for char in value):
            raise InputError(f"{name} holds a control character")
    elif isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"{name} is not a finite number")
    elif isinstance(value, int) and abs(value) > LARGEST:
        raise InputError(f"{name} is out of range")
    elif isinstance(value, (tuple, list)):
        for item in value:
            check_value(name, item, limits=limits)


def one_of(name: str, value: str, words: Iterable[str]) -> str:
    """Return the value when it is one of the words; raises ``InputError``."""
    if value not in (known := tuple(words)):
        raise InputError(f"{name} is {_shown(value)}, expected one of {', '.join(known)}")
    return value


def number(name: str, value: str, *, low: int = 0, high: int = LARGEST) -> int:
    """Read a whole number from ``low`` to ``high``; raises ``InputError``."""
    text = value.strip()
    if not (text.isascii() and text.isdigit()) or not low <= int(text[:12]) <= high:
        raise InputError(f"{name} is {_shown(value)}, expected a number from {low} to {high}")
    return int(text)


def check_limit(limit: int, limits: FaceLimits) -> None:
    """Refuse to give no rows, or more than a face gives at once; raises ``InputError``."""
    if not 1 <= limit <= limits.rows:
        raise InputError(f"limit is {limit}, expected 1 to {limits.rows}")


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
