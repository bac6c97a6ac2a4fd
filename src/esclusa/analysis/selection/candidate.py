"""What selection knows of one candidate, and of the place and time it is selected for."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Mapping
from typing import Annotated

import msgspec
import rfc8785

from esclusa.errors import InputError


class Past(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was seen and opened of a cell, such as one importer, before the list was fixed.

    ``cell`` tells cells of a kind apart. ``lately`` are its bills in the last weeks (this one's
    too), ``ever`` all its bills. Of its exams, ``found`` are those that found something.

    ``usual`` is how many bills came in as long a time before, in the mean; ``looked`` are the exams
    that became known in the last weeks. Both are told only where the policy asks, else None.
    """

    cell: str
    lately: Annotated[int, msgspec.Meta(ge=0)] = 0
    ever: Annotated[int, msgspec.Meta(ge=0)] = 0
    examined: Annotated[int, msgspec.Meta(ge=0)] = 0
    found: Annotated[int, msgspec.Meta(ge=0)] = 0
    usual: Annotated[float, msgspec.Meta(ge=0)] | None = None
    looked: Annotated[int, msgspec.Meta(ge=0)] | None = None


class Trail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What exams of a cell brought lately, against what their scores had promised.

    ``found`` counts finds, ``promised`` is the sum of the probabilities with which the same exams
    were scored, so the finds that the model expected.
    """

    found: Annotated[int, msgspec.Meta(ge=0)] = 0
    promised: Annotated[float, msgspec.Meta(ge=0)] = 0.0


class Candidate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A box or consignment that can be opened at a place.

    ``score`` is a model's probability, or where no model is in force the points of its rules over
    (100 + points): it only orders then. ``mandatory`` holds why it has to be opened, if it has to.
    ``cells`` tells of each kind of cell in which one it is, by the kind's name; ``trails`` what
    exams of such a cell brought lately.
    """

    subject: str
    score: Annotated[float, msgspec.Meta(ge=0, le=1)]
    value: Annotated[float, msgspec.Meta(ge=0)] | None = None
    mandatory: tuple[str, ...] = ()
    cells: dict[str, Past] = {}
    trails: dict[str, Trail] = {}


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A port, day and shift with so many slots for exams; no shift means the whole day."""

    port: str
    day: str
    capacity: Annotated[int, msgspec.Meta(ge=0)]
    shift: str = ""


def in_order(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return candidates by subject, the order in which all is worked out.

    :raises InputError: a subject comes twice.
    """
    ordered = sorted(candidates, key=lambda one: one.subject)
    for one, next_ in itertools.pairwise(ordered):
        if one.subject == next_.subject:
            raise InputError(f"candidate {one.subject} comes twice", file="candidates")
    return ordered


def digest(candidates: Iterable[Candidate]) -> str:
    """Return the SHA-256 of all that the draw rests on, whatever the order of candidates."""
    return of_plain([_plain(one) for one in in_order(candidates)])


def _plain(one: Candidate) -> dict[str, object]:
    """Return a candidate as plain data. What is not told is left out, so it reads as it did before
    there was such a thing, and sheets of that time can still be checked."""
    plain: dict[str, object] = msgspec.to_builtins(one)
    if not one.trails:
        del plain["trails"]
    plain["cells"] = {kind: _told(past) for kind, past in one.cells.items()}
    return plain


def _told(past: Past) -> dict[str, object]:
    plain: dict[str, object] = msgspec.to_builtins(past)
    return {name: said for name, said in plain.items() if said is not None}


def of_plain(plain: object) -> str:
    """Return the SHA-256 of the canonical form (RFC 8785) of plain data."""
    if not isinstance(plain, (Mapping, list)):
        raise TypeError("a digest is of a list or mapping")
    return hashlib.sha256(rfc8785.dumps(plain)).hexdigest()
