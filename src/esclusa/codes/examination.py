"""Code lists of examinations, and what makes a report of one contradict itself.

The lists stand in ``examination.toml``: methods, results, causes why nothing was examined,
categories of what was found, and the lanes by which a subject was chosen.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import pairwise

import msgspec

from esclusa.model import Examination

NOT_PERFORMED = "not_performed"
FOUND = "found"
NOTHING_FOUND = "nothing_found"


class Code(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A code's text in both languages, and the words senders write for it."""

    en: str
    es: str
    words: tuple[str, ...] = ()


class CodeLists(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The lists with their edition, each code → its texts."""

    edition: str
    method: dict[str, Code]
    result: dict[str, Code]
    cause: dict[str, Code]
    category: dict[str, Code]
    lane: dict[str, Code]


@cache
def lists() -> CodeLists:
    """Return the code lists."""
    text = files("esclusa.codes").joinpath("examination.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), CodeLists)


def faults(stated: Examination) -> tuple[str, ...]:
    """Return what an examination lacks or says against itself, one sentence each; none when it can
    stand. A time that is coarser than the other is compared as far as both go."""
    return tuple(_faults(stated))


def _faults(stated: Examination) -> Iterator[str]:
    if not stated.number or not stated.agency:
        yield "the examining agency and its own number are needed"
    if not stated.equipment and not stated.bills:
        yield "neither an equipment number nor a bill of lading says what was examined"
    yield from _unknown(stated)
    yield from _times(stated)
    yield from _results(stated)
    if stated.probability is not None and not 0 < stated.probability <= 1:
        yield f"probability {stated.probability:g} is not above 0 and at most 1"


def _unknown(stated: Examination) -> Iterator[str]:
    known = lists()
    asked = [("result", known.result, stated.result)]
    asked += [("method", known.method, method) for method in stated.methods]
    asked += [("category", known.category, found.category) for found in stated.findings]
    asked += [("cause", known.cause, stated.cause)] if stated.cause else []
    asked += [("lane", known.lane, stated.lane)] if stated.lane else []
    for name, codes, value in asked:
        if value not in codes:
            yield f"{name} {value[:40]!r} is not one of {', '.join(codes)}"


def _times(stated: Examination) -> Iterator[str]:
    moments = [("started", stated.started), ("completed", stated.completed)]
    moments += [("reported", stated.reported)]
    written = [(name, text) for name, text in moments if text]
    for (before, early), (after, late) in pairwise(written):
        size = min(len(early.removesuffix("Z")), len(late.removesuffix("Z")))
        if late[:size] < early[:size]:
            yield f"{after} {late} is before {before} {early}"


def _results(stated: Examination) -> Iterator[str]:
    if stated.result == NOT_PERFORMED:
        if not stated.cause:
            yield "not performed, and no cause is given"
        if stated.methods:
            yield "not performed, and yet a method is given"
    elif stated.result:
        if stated.cause:
            yield f"result {stated.result}, and yet a cause why it was not performed"
        if not stated.methods:
            yield f"result {stated.result}, and no method is given"
        if not stated.completed:
            yield f"result {stated.result}, and no time of completion is given"
    if stated.result == FOUND and not stated.findings:
        yield "result found, and no finding is given"
    if stated.result in (NOTHING_FOUND, NOT_PERFORMED) and stated.findings:
        yield f"result {stated.result}, and yet a finding is given"
