"""Kept reports in the ledger: sealed with a digest, stored, found, compared with the figures of
now."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection, Mapping
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.analysis.figures import Figure, Key
from esclusa.casework.report_definitions import every, meanings
from esclusa.ledger import audit, records, versions
from esclusa.ledger.indexing import REPORT_REFERENCE
from esclusa.ledger.records import Draft
from esclusa.model import KeptFigure, KeptReport, encode_body
from esclusa.node.pipeline import Pipeline
from esclusa.node.reporting import telling, words
from esclusa.sharing import report_views as views
from esclusa.sharing.reader import Action, Reader

_BODY: Final = msgspec.json.Decoder(KeptReport)
_DIGEST: Final = re.compile(r"[0-9a-f]{12,64}")


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A kept report as the ledger holds it: the id of its record, its label, what it says."""

    id: str
    label_id: int
    body: KeptReport


def sealed(
    name: str, *, at: str, by: str, figures: tuple[KeptFigure, ...], clearance: str
) -> KeptReport:
    """Return a report to keep, with its digest."""
    bare = KeptReport(period=name, at=at, by=by, clearance=clearance, figures=figures)
    return msgspec.structs.replace(bare, digest=digest_of(bare))


def digest_of(body: KeptReport) -> str:
    """Return the SHA-256 of all that a kept report says but the digest itself."""
    return hashlib.sha256(encode_body(msgspec.structs.replace(body, digest=""))).hexdigest()


def is_intact(body: KeptReport) -> bool:
    """Tell whether a kept report says what it said when it was sealed."""
    return hmac.compare_digest(digest_of(body), body.digest)


def store(pipeline: Pipeline, reader: Reader, made: KeptReport, label: int) -> None:
    """Write a kept report as a record, with its audit line."""
    agency = pipeline.settings.agency
    with pipeline.store.write() as connection:
        draft = Draft(body=made, originator=agency, label_id=label, valid_time=made.at)
        (answer,) = records.append(connection, [draft])
        audit.write_line(
            connection, who=reader.name, role=reader.role, purpose=reader.purpose,
            action=Action.REPORT_KEEP, subject=answer.id, detail=f"period={made.period}",
        )  # fmt: skip


def all_kept(
    connection: sa.Connection, visible: Collection[int], *, period: str = ""
) -> list[Held]:
    """Return the kept reports under these labels, the newest first."""
    found = [
        Held(id=one.id, label_id=one.label_id, body=_BODY.decode(one.body))
        for one in versions.all_holding(connection, visible, REPORT_REFERENCE)
    ]
    return [one for one in reversed(found) if period in ("", one.body.period)]


def find(connection: sa.Connection, visible: Collection[int], digest: str) -> Held | None:
    """Return the kept report whose digest begins so, None when there is none or several."""
    if not _DIGEST.fullmatch(digest):
        return None
    found = [one for one in all_kept(connection, visible) if one.body.digest.startswith(digest)]
    return found[0] if len(found) == 1 else None


def changes(body: KeptReport, now: Mapping[Key, Figure]) -> int:
    """Return how many figures are others now than when they were kept."""
    return sum(row.changed for row in compared(body, now))


def compared(body: KeptReport, now: Mapping[Key, Figure]) -> list[views.ChangedRow]:
    """Return each figure as it was kept beside what it is now, in the order of a report.

    A figure whose definition has a newer version is compared all the same: that its meaning changed
    is a reason for another number, and the version says so.
    """
    then = {(one.figure, one.part): one for one in body.figures}
    newest = {name: one.definition.version for name, one in meanings().items()}
    order = list(meanings())
    keys = {key for key in (*then, *now) if key[0] in newest or key in then}
    rows = [_row(key, then.get(key), now.get(key), newest.get(key[0], 1)) for key in keys]
    place = {name: at for at, name in enumerate(order)}
    return sorted(rows, key=lambda row: (place.get(row.figure, len(place)), row.part))


def _row(key: Key, then: KeptFigure | None, now: Figure | None, newest: int) -> views.ChangedRow:
    version = then.version if then else newest
    said = every().get((key[0], version))
    title, unit, section, vocabulary = (key[0], key[0]), "count", "", ""
    if said is not None:
        title, unit = (said.title_en, said.title_es), said.definition.unit
        section, vocabulary = said.definition.section, said.definition.parts
    was = telling.thawed(then) if then else Figure(number=0)
    is_now = now or Figure(number=0)
    part = words.part(vocabulary, key[1]) if key[1] else title
    return views.ChangedRow(
        figure=key[0], version=version, part=key[1], unit=unit, section=section,
        title_en=part[0], title_es=part[1], kept=telling.cell(was), now=telling.cell(is_now),
        changed=was != is_now,
    )  # fmt: skip


def view(held: Held, row: views.KeptRow, now: Mapping[Key, Figure], marking: str) -> views.KeptView:
    """Return a kept report as faces show it."""
    used = {(one.figure, one.version): None for one in held.body.figures}
    return views.KeptView(
        row=row, intact=is_intact(held.body), rests_on=held.body.clearance, marking=marking,
        rows=tuple(compared(held.body, now)),
        definitions=tuple(telling.meaning_view(every()[key]) for key in used if key in every()),
    )  # fmt: skip
