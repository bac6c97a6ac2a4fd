"""Photographs that come with a form of the yard: checked, kept once, handed out with a line each.

They are evidence of the examination. Their bytes lie where all evidence lies, as they came: what
the camera wrote in them, its position too, is part of what was taken in, and is neither shown nor
used. They stand under the label of the sheet, as the examination does, and are erased with it. No
agreement gives them to a partner.
"""

from __future__ import annotations

import hashlib
import io
import secrets
from collections.abc import Collection, Sequence
from typing import BinaryIO, Final

import sqlalchemy as sa

from esclusa.casework.case_words import words
from esclusa.casework.reasons import check_words
from esclusa.casework.yard import FormMistake, FormMistakes
from esclusa.errors import FormatError, NotFound, StateError, Term
from esclusa.formats.photographs import photograph
from esclusa.ledger import audit, custody, records, versions
from esclusa.ledger.indexing import photo_reference, title_of
from esclusa.ledger.records import Draft
from esclusa.model import (
    EvidenceFile,
    Examination,
    PhotoStep,
    Provenance,
    decode_body,
    natural_key,
    record_id,
)
from esclusa.node.case_evidence import file_name, keep
from esclusa.node.case_telling import word
from esclusa.node.pipeline import Pipeline
from esclusa.sharing import yard_views as views
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.release import Gate

KIND: Final = "photo_step"
MOST: Final = 6
"""Photographs of one form: the four sides, the seal, what was found."""
BYTES: Final = 8 << 20
"""Of one photograph; a telephone's has three to six megabytes."""
_STEP: Final = 8
_WHY: Final = 2_000
_MISSING: Final = "no such examination, or it has no photographs"


class Taken:
    """Photographs as they came, checked: their files in order, each content once."""

    def __init__(self) -> None:
        self.files: list[EvidenceFile] = []
        self._bytes: list[bytes] = []

    def add(self, file: EvidenceFile, data: bytes) -> None:
        """Add one, unless the same bytes are here already."""
        if file.sha256 not in {one.sha256 for one in self.files}:
            self.files.append(file)
            self._bytes.append(data)

    def streams(self) -> Sequence[tuple[EvidenceFile, BinaryIO]]:
        """Return each file with its bytes to read."""
        return [(one, io.BytesIO(data)) for one, data in zip(self.files, self._bytes, strict=True)]


def checked(photos: Sequence[tuple[str, BinaryIO]]) -> Taken:
    """Return photographs that came with a form, by name and bytes.

    :raises FormMistakes: when there are too many, one is too large, or one is no JPEG or PNG.
    """
    if len(photos) > MOST:
        raise FormMistakes((FormMistake(field="photos", problem="many"),))
    taken = Taken()
    for name, stream in photos:
        data = stream.read(BYTES + 1)
        if len(data) > BYTES:
            raise FormMistakes((FormMistake(field="photos", problem="large"),))
        try:
            photograph(data)
        except FormatError:
            raise FormMistakes((FormMistake(field="photos", problem="photo"),)) from None
        sha256 = hashlib.sha256(data).hexdigest()
        taken.add(EvidenceFile(name=file_name(name), sha256=sha256, size=len(data)), data)
    return taken


class Photos:
    """Keeps and hands out the photographs of one node's examinations."""

    def __init__(self, gate: Gate, pipeline: Pipeline) -> None:
        self._gate = gate
        self._store = pipeline.store
        self._labels = pipeline.labels
        self._vault = pipeline.vault
        self._us = pipeline.settings.agency

    # --- taking in -----------------------------------------------------------------------------

    def keep(self, taken: Taken) -> None:
        """Put the bytes on the disk, before the form that they came with is recorded."""
        for file, stream in taken.streams():
            keep(self._vault, file.name, stream, limit=BYTES)

    def record(
        self, connection: sa.Connection, taken: Taken, *, examination: str, exam: str, label: int,
        by: str, at: str, until: str,
    ) -> None:  # fmt: skip
        """Write the first line of custody of each, in the transaction that records the form.

        :param examination: its number; ``exam`` the id of its record, with which they are erased.
        """
        for number, file in enumerate(taken.files):
            step = PhotoStep(
                examination=examination, step=f"{number:03}", move="take_in", by=by, at=at,
                file=file,
            )  # fmt: skip
            source = custody.keep_evidence(
                connection, case=f"yard/{examination}", name=file.name, label_id=label,
                sha256=file.sha256, marking=self._labels.get(label).marking.canonical(),
                size=file.size, by=by, at=at,
            )  # fmt: skip
            self._append(connection, step, label, exam, until, source)

    def _append(
        self, connection: sa.Connection, step: PhotoStep, label: int, exam: str, until: str,
        source: str = "",
    ) -> None:  # fmt: skip
        records.append(connection, [Draft(
            body=step, originator=self._us, label_id=label, valid_time=step.at,
            derived_from=(exam,), retain_until=until,
            provenance=Provenance(source=source) if source else Provenance(),
        )])  # fmt: skip

    # --- handing out ---------------------------------------------------------------------------

    def show(self, reader: Reader, examination: str) -> views.PhotosView:
        """Return the photographs of an examination, each compared with its hash now.

        :param examination: the record's id.
        :raises NotFound: when there is none that the reader may see, or it has no photographs.
        """
        reader.require(Action.CASE_EVIDENCE)
        with self._gate.reading(reader) as (connection, visible):
            body, held = self._found(connection, visible, examination)
            label = self._labels.get(held[0][1])
            results = {
                step.file.sha256: self._state(connection, step.file) for step, _label in held
            }
        self._gate.note(reader, Action.CASE_EVIDENCE, subject=examination, detail="photographs")
        return views.PhotosView(
            examination=examination, number=body.number, title=title_of(body),
            marking=label.marking, originator=label.originator,
            photos=tuple(
                views.PhotoView(
                    sha256=one.file.sha256, file=one.file.name, size=one.file.size,
                    result=word("check", results[one.file.sha256]),
                    custody=tuple(
                        views.PhotoStepView(
                            move=word("move", s.move), by=s.by, at=s.at, why=s.why
                        )
                        for s, _label in held if s.file.sha256 == one.file.sha256
                    ),
                )
                for one, _label in held if one.move == "take_in"
            ),
        )  # fmt: skip

    def count(self, reader: Reader, examination: str) -> int:
        """Return how many photographs a reader may know of that an examination has."""
        if not reader.may(Action.CASE_EVIDENCE):
            return 0
        with self._gate.reading(reader) as (connection, visible):
            try:
                _body, held = self._found(connection, visible, examination)
            except NotFound:
                return 0
        return sum(step.move == "take_in" for step, _label in held)

    def read(
        self, reader: Reader, examination: str, sha256: str, *, why: str = ""
    ) -> tuple[EvidenceFile, BinaryIO]:
        """Hand a photograph out, and write that it was; the caller closes it.

        :raises NotFound: when there is no such photograph, or none that the reader may know of.
        :raises StateError: when it is not what was taken in.
        :raises InputError: when the reason is too long.
        """
        reader.require(Action.CASE_EVIDENCE)
        check_words("why", why, limit=_WHY)
        with self._gate.reading(reader) as (connection, visible):
            _body, held = self._found(connection, visible, examination)
            named = [(one, at) for one, at in held if one.file.sha256 == sha256]
            if not named:
                raise NotFound("no such photograph")
            first, label = named[0]
            state = self._state(connection, first.file)
        if state != "intact":
            raise StateError(
                "the file is {state}; it is not handed out as what was taken in",
                state=Term(state, es=words("check")[state].text_es),
            )
        stream = self._vault.open(sha256)
        step = PhotoStep(
            examination=first.examination, step=secrets.token_hex(_STEP), move="read",
            by=reader.name, at=records.now_text()[:19] + "Z", file=first.file, why=why.strip(),
        )  # fmt: skip
        try:
            with self._store.write() as connection:
                self._found(connection, visible, examination)  # not erased meanwhile
                kept = record_id(self._us, KIND, natural_key(first))
                live = records.live(connection, self._labels, {kept})
                until = next((last for _record, _label, last in live), "")
                self._append(connection, step, label, examination, until)
                audit.write_line(
                    connection, who=reader.name, role=reader.role, purpose=reader.purpose,
                    action=Action.CASE_EVIDENCE, subject=examination, detail="photograph read",
                )  # fmt: skip
        except BaseException:
            stream.close()
            raise
        return first.file, stream

    def _found(
        self, connection: sa.Connection, visible: Collection[int], examination: str
    ) -> tuple[Examination, list[tuple[PhotoStep, int]]]:
        """Return an examination and the custody of its photographs with labels, in order."""
        record = records.get(connection, self._labels, visible, examination)
        if record is None or not isinstance(record.body, Examination):
            raise NotFound(_MISSING)
        value = photo_reference(record.body.number)
        held = [
            (decode_body(one.body), one.label_id)
            for one in versions.all_holding(connection, visible, value) if one.kind == KIND
        ]  # fmt: skip
        steps = [(step, at) for step, at in held if isinstance(step, PhotoStep)]
        if not steps:
            raise NotFound(_MISSING)
        return record.body, steps

    def _state(self, connection: sa.Connection, file: EvidenceFile) -> str:
        if custody.is_redacted(connection, file.sha256):
            return "erased"
        path = self._vault.path(file.sha256)
        if not path.is_file():
            return "missing"
        with path.open("rb") as kept:
            found = hashlib.file_digest(kept, "sha256").hexdigest()
        return "intact" if found == file.sha256 else "altered"
