"""Messages: what a message says, segment by segment, and what is wrong with it. Nothing is kept.

The message comes with a POST, so it stands in no address, history or log. The answer to the form is
the page itself; going on from there (other directory, another severity, the sender's answer) sends
the form again.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from esclusa.api.queries import one_of
from esclusa.api.status import status_of
from esclusa.casework.forms import FieldMistake, MoveMistakes
from esclusa.errors import FormatError, InputError
from esclusa.formats import Limits, detect, open_stream
from esclusa.formats.edifact.directory import sources
from esclusa.formats.edifact.guides import guides
from esclusa.formats.explain import explain
from esclusa.formats.explained import Explained
from esclusa.formats.files import HEAD
from esclusa.formats.stix.objects import title
from esclusa.model import Severity, Statement, kind_of
from esclusa.sharing.facts import facts_of
from esclusa.web.advice import SILENT, sentence
from esclusa.web.catalogue import mark as _
from esclusa.web.facts import FactGroup, groups
from esclusa.web.page import Group, Page
from esclusa.web.pasted import FIELDS, NOTHING, Pasted, pasted
from esclusa.web.visit import Visit

BARE: Final = "none"
"""Stands for the directory without any guide, as in ``esclusa validate``."""

RECORDS: Final = 100
FACTS: Final = 4_000
"""Shown of the records; a record is shown whole or not at all."""

ANSWERS: Final = {"edifact": ("contrl", "aperak"), "x12": ("997", "999")}
"""Format → what answers it: its syntax, then what its values mean."""

UNPACKED: Final = 16 * 1024 * 1024
"""A workbook of a megabyte holds some ten."""


class Drawn(msgspec.Struct, frozen=True):
    """A record as it is drawn."""

    number: int
    kind: str
    title: str
    groups: tuple[FactGroup, ...]


class Choice(msgspec.Struct, frozen=True):
    """How to judge: "" is what the message itself names."""

    directory: str = ""
    guide: str = ""
    severity: str = Severity.NOTE

    @property
    def overlay(self) -> str | None:
        """The guide as the library takes it."""
        return None if not self.guide else "" if self.guide == BARE else self.guide


async def form(visit: Visit) -> Response:
    """Draw the form for a message to look at."""
    return _page(visit)


async def look(visit: Visit) -> Response:
    """Say what a message is, segment by segment, with its defects and records; keep nothing."""
    given, choice = await pasted(visit), _choice(visit)
    if not given.data:
        raise _nothing()
    try:
        found = await run_in_threadpool(_explained, given, choice, visit.site.limits.message_bytes)
    except InputError as error:
        return _refused(visit, given, choice, error)
    return _page(visit, given, choice, found=found, records=_drawn(found))


async def answer(visit: Visit) -> Response:
    """Hand out the answer to the sender as a file: CONTRL or APERAK for EDIFACT, 997 or 999 for
    X12; the first of them when none is asked for."""
    given, choice = await pasted(visit), _choice(visit)
    named = visit.form.get("acknowledgment", "")
    one_of("acknowledgment", named, ("", *chain.from_iterable(ANSWERS.values())))
    if not given.data:
        raise _nothing()
    most = visit.site.limits.message_bytes
    try:
        name, data = await run_in_threadpool(
            _answered, given, choice, named, most, dt.datetime.now(dt.UTC)
        )
    except InputError as error:
        return _refused(visit, given, choice, error)
    return visit.attach(name, data)


def _nothing() -> MoveMistakes:
    return MoveMistakes((FieldMistake(field="text", problem="message"),))


def _choice(visit: Visit) -> Choice:
    asked = {name: visit.form.get(name, "") for name in ("directory", "guide", "severity")}
    one_of("directory", asked["directory"], ("", *sources()))
    one_of("guide", asked["guide"], ("", BARE, *guides()))
    one_of("severity", asked["severity"], ("", *Severity))
    return Choice(asked["directory"], asked["guide"], asked["severity"] or Severity.NOTE)


def _limits(most: int) -> Limits:
    return Limits(file_bytes=most, archive_bytes=UNPACKED)


def _explained(given: Pasted, choice: Choice, most: int) -> Explained:
    return explain(
        given.data, name=given.name, directory=choice.directory, guide=choice.overlay,
        least=Severity(choice.severity), limits=_limits(most),
    )  # fmt: skip


def _answered(
    given: Pasted, choice: Choice, named: str, most: int, now: dt.datetime
) -> tuple[str, bytes]:
    """Return name and bytes of the answer. ``now`` is its time of preparation, UTC."""
    from esclusa.formats.edifact import answering as edifact
    from esclusa.formats.edifact import application_answer
    from esclusa.formats.x12 import answering as x12

    prepared = now.strftime("%Y-%m-%dT%H:%M")
    stream = open_stream(io.BytesIO(given.data), "", _limits(most))
    found = detect(stream.peek(HEAD)[:HEAD], given.name)
    known = ANSWERS.get(found.id, ())
    if not known or (named and named not in known):
        reason = f"{found.title_en}: there is no answer to it"
        raise FormatError(f"{reason} but {' or '.join(known)}" if known else reason)
    named = named or known[0]
    if found.id == "edifact":
        answered = application_answer.answer if named == "aperak" else edifact.answer
        pieces = answered(
            stream, prepared=prepared, reference=now.strftime("%y%m%d%H%M%S"),
            directory=choice.directory, guide=choice.overlay,
        )  # fmt: skip
        return f"{named}.edi", b"".join(pieces)
    number = int(now.strftime("%j%H%M%S"))
    pieces = x12.answer(stream, prepared=prepared, reference=number, acknowledgment=named)
    return f"{named}.x12", b"".join(pieces)


def _drawn(found: Explained) -> dict[int, tuple[Drawn, ...]]:
    """Return the records to draw: index of the block → its first records, within the bounds."""
    drawn: dict[int, tuple[Drawn, ...]] = {}
    for at, record in _bounded(found):
        drawn[at] = (*drawn.get(at, ()), record)
    return drawn


def _bounded(found: Explained) -> Iterator[tuple[int, Drawn]]:
    facts = number = 0
    for at, block in enumerate(found.blocks):
        for statement in block.statements:
            number += 1
            record = _record(number, statement)
            facts += sum(len(group.rows) for group in record.groups)
            if number > RECORDS or (facts > FACTS and number > 1):
                return
            yield at, record


def _record(number: int, statement: Statement) -> Drawn:
    return Drawn(number, kind_of(statement), title(statement), groups(facts_of(statement)))


def _refused(visit: Visit, given: Pasted, choice: Choice, error: InputError) -> Response:
    """Draw the form again with the reason."""
    return _page(visit, given, choice, why=sentence(error, visit.language), status=status_of(error))


def _page(
    visit: Visit, given: Pasted = NOTHING, choice: Choice | None = None, *, status: int = 200,
    **values: Any,
) -> Response:  # fmt: skip
    shown = {"found": None, "records": {}, "why": SILENT} | values
    found = shown["found"]
    return visit.page(
        "messages.html", status=status, given=given, choice=choice or Choice(),
        directories=tuple(reversed(sources())), guides=tuple(guides().values()), bare=BARE,
        severities=tuple(Severity), answers=ANSWERS.get(found.format, ()) if found else (),
        limit=visit.site.limits.message_bytes, **shown,
    )  # fmt: skip


PAGES = (
    Page(path="/messages", show=form, label=_("Messages"), group=Group.INCOMING, order=20),
    Page(path="/messages", show=look, method="POST", files=True, whole=FIELDS),
    Page(
        path="/messages/answer", show=answer, method="POST", files=True, whole=FIELDS, download=True
    ),
)
