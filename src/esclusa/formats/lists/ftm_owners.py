"""Who owns what in a FollowTheMoney entity that has its links nested inside (OpenSanctions
``targets.nested.json``): ``Ownership`` entities, under ``ownershipAsset`` of what is owned and
under ``ownershipOwner`` of the owner."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from esclusa.formats.lists.dates import list_date
from esclusa.model import Relation

_SIDES: Final = {"ownershipAsset": ("owner", False), "ownershipOwner": ("asset", True)}
"""Property of the entry → property of the link that names the other side, and whether the entry is
the owner."""
_MOST: Final = 200
"""Links of an entry that are read; a bank holds shares in hundreds of firms."""


def relations(properties: Any) -> tuple[Relation, ...]:
    """Return what the nested links of an entity say of owners, each once, at most 200; links that
    name nobody by name are left out."""
    if not isinstance(properties, dict):
        return ()
    found = (
        one
        for key, (side, owns) in _SIDES.items()
        for link in _dicts(properties.get(key))
        for one in _of(link, side, owns)
    )
    return tuple(dict.fromkeys(found))[:_MOST]


def _of(link: dict[str, Any], side: str, owns: bool) -> Iterator[Relation]:
    own = link.get("properties")
    said: dict[str, Any] = own if isinstance(own, dict) else {}
    for other in _dicts(said.get(side)):
        if name := _name(other):
            yield Relation(
                role="owner",
                name=name,
                owns=owns,
                share_percent=_percent(_text(said.get("percentage"))),
                held_from=list_date(_text(said.get("startDate"))),
                held_until=list_date(_text(said.get("endDate"))),
            )


def _name(entity: dict[str, Any]) -> str:
    own = entity.get("properties")
    names = own.get("name") if isinstance(own, dict) else None
    return _text(entity.get("caption")) or _text(names)


def _text(value: Any) -> str:
    """Return a text, or the first of several, with white space made single blanks; else ""."""
    first = value[0] if isinstance(value, list) and value else value
    return " ".join(first.split()) if isinstance(first, str) else ""


def _dicts(value: Any) -> list[dict[str, Any]]:
    held = value[:_MOST] if isinstance(value, list) else [value]
    return [one for one in held if isinstance(one, dict)]


def _percent(text: str) -> float | None:
    """Return a share of 0 to 100, None for anything else."""
    try:
        found = float(text.removesuffix("%"))
    except ValueError:
        return None
    return found if 0 <= found <= 100 else None
