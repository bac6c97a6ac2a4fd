"""STIX 2.1 marking definitions in and out: TLP (2.0, and 1 inwards) and ACS 3.0.

A TLP definition counts only under its published id: an object that says ``clear`` under the id of
``red`` is refused. What a colour means stands in ``data/tags.csv``, what ACS words mean in
``data/acs.csv``.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

import msgspec

from esclusa.errors import MarkingError
from esclusa.model import Marking, join_all
from esclusa.sharing.vocabularies import acs, taxonomies
from esclusa.sharing.vocabularies.table import Audience

TLP_EXTENSION: Final = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
_CREATED: Final = "2022-10-01T00:00:00.000Z"
"""When the TLP 2.0 definitions were published; part of the objects."""


class Colour(msgspec.Struct, frozen=True):
    """A published TLP definition: its fixed id, colour and edition of TLP (``2.0`` or ``1``)."""

    id: str
    colour: str
    edition: str
    name: str


@cache
def colours() -> MappingProxyType[str, Colour]:
    """Return the published TLP definitions by id."""
    text = files("esclusa.sharing.vocabularies").joinpath("data", "tlp_stix.csv").read_text("utf-8")
    rows = csv.DictReader(io.StringIO(text))
    return MappingProxyType({row["id"]: Colour(**row) for row in rows})


def marking_of_refs(
    refs: Iterable[str],
    definitions: Iterable[dict[str, Any]],
    audience: Audience,
    received: dt.date,
) -> Marking:
    """Return the marking of an object by its ``object_marking_refs``.

    :param definitions: the marking definitions of the same bundle; published TLP needs none.
    :raises MarkingError: when it has no reference, or one whose definition is missing or unknown.
    """
    known = {str(item.get("id")): item for item in definitions}
    found = []
    for ref in dict.fromkeys(refs):
        if ref in known:
            found.append(marking_of(known[ref], audience, received))
        elif ref in colours():
            found.append(_of_colour(colours()[ref], audience, received))
        else:
            raise MarkingError(f"the marking {ref[:60]} is not defined")
    if not found:
        raise MarkingError("a record without any marking is released to nobody")
    return join_all(found)


def marking_of(definition: dict[str, Any], audience: Audience, received: dt.date) -> Marking:
    """Return the marking that one marking definition asks for.

    :raises MarkingError: for a kind of definition or a word that is not known here.
    """
    extensions = definition.get("extensions", {})
    if definition.get("type") != "marking-definition" or not isinstance(extensions, dict):
        raise MarkingError("not a marking definition")
    if set(extensions) == {acs.EXTENSION} and "definition_type" not in definition:
        return acs.marking_of(extensions[acs.EXTENSION], audience)
    said = _colour_said(definition, extensions)
    published = colours().get(str(definition.get("id")))
    if published is None or said != (published.edition, published.colour):
        raise MarkingError("a TLP marking under an id that is not the published one")
    return _of_colour(published, audience, received)


def _colour_said(definition: dict[str, Any], extensions: dict[str, Any]) -> tuple[str, str]:
    if set(extensions) == {TLP_EXTENSION} and "definition_type" not in definition:
        said = extensions[TLP_EXTENSION]
        if isinstance(said, dict) and set(said) <= {"extension_type", "tlp_2_0"}:
            return "2.0", str(said.get("tlp_2_0"))
    if not extensions and definition.get("definition_type") == "tlp":
        said = definition.get("definition")
        if isinstance(said, dict) and set(said) == {"tlp"}:
            return "1", str(said["tlp"])
    raise MarkingError("a marking definition of a kind that is not known here")


def _of_colour(colour: Colour, audience: Audience, received: dt.date) -> Marking:
    return taxonomies.marking_of([f"tlp:{colour.colour}"], audience, received)


def tlp_of(marking: Marking, audience: Audience, received: dt.date) -> dict[str, Any]:
    """Return the TLP 2.0 definition that asks for at least what a marking says.

    :raises MarkingError: when a colour alone cannot say it.
    """
    tags = taxonomies.tags_of(marking, audience, received)
    if len(tags) != 3 or tags[1:] != _BEST_GRADES:
        raise MarkingError("a TLP colour alone cannot say all that this marking says")
    word = tags[0].removeprefix("tlp:")
    return _definition(next(c for c in colours().values()
                            if (c.edition, c.colour) == ("2.0", word)))  # fmt: skip


_BEST_GRADES: Final = (
    'admiralty-scale:source-reliability="a"',
    'admiralty-scale:information-credibility="1"',
)


def _definition(colour: Colour) -> dict[str, Any]:
    """The published object, word for word."""
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": colour.id,
        "created": _CREATED,
        "name": colour.name,
        "extensions": {
            TLP_EXTENSION: {"extension_type": "property-extension", "tlp_2_0": colour.colour}
        },
    }
