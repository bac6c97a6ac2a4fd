"""A case: what people group, decide and keep together, step by step."""

from __future__ import annotations

import msgspec

from esclusa.model.referral import Recorded


class EvidenceFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A file of evidence as it was taken in: its name as its sender gave it, the SHA-256 of its
    bytes in hexadecimal, and their number."""

    name: str
    sha256: str
    size: int


class CaseMove(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", tag="case_move"
):
    """A person's step on a case: who, when, what. It outlives what it is about.

    ``case`` and ``step`` are random, so that neither tells how many there are. ``of`` is the step
    that this one is about: the one that put in an item, made a task or took in a file. ``item``
    says what kind of thing was put in. ``recorded`` holds codes, persons and moments; free text,
    names and ids of what the step is about stand in its :class:`CaseWords`. ``at`` is ISO 8601 UTC.
    ``home``: no partner is told of it, whomever the case is shared with.
    Natural key: case and step.
    """

    case: str
    step: str
    move: str
    by: str
    at: str
    of: str = ""
    item: str = ""
    home: bool = False
    recorded: tuple[Recorded, ...] = ()


class CaseWords(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="kind",
    tag="case_words",
):
    """What a step on a case wrote down: a record of its own, so that it can be erased with what it
    is about while the history still says that there was something.

    ``item`` is the id of what was put in; ``file`` the evidence taken in.
    """

    case: str
    step: str
    item: str = ""
    file: EvidenceFile | None = None
    recorded: tuple[Recorded, ...] = ()
