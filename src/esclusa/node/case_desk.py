"""The case room with its files: evidence taken in, read and compared, packages, what time erases.

A file is whole on the disk before the step that records it, and is compared with its hash before it
is handed out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import BinaryIO, Final

from esclusa.casework.case_moves import next_move
from esclusa.errors import InputError, StateError, TrustError
from esclusa.ledger import custody
from esclusa.model import EvidenceFile
from esclusa.node import case_evidence, case_signature, erasure
from esclusa.node import case_telling as telling
from esclusa.node.case_package import Package, check, pack
from esclusa.node.case_room import CaseRoom
from esclusa.node.case_writing import Wanted
from esclusa.sharing import case_views as views
from esclusa.sharing.reader import Action, Reader, Role

_ABANDONED: Final = 86_400
"""Seconds after which nobody writes on: a day is longer than any upload."""


class CaseDesk(CaseRoom):
    """Cases of one node, with their files."""

    # --- evidence --------------------------------------------------------------------------------

    def take_in(
        self, reader: Reader, name: str, file: str, stream: BinaryIO, wanted: Wanted
    ) -> views.CaseView:
        """Take a file of evidence in; its bytes are safe on disk when this returns.

        :param file: its name as its sender gave it.
        :param wanted: ``take_in``: what is recorded, and who may read it.
        :raises LimitError: when it has more bytes than the node takes; nothing is kept then.
        :raises InputError: when it is empty.
        """
        reader.require(Action.CASE_EVIDENCE)
        self._try(reader, name, wanted, file=EvidenceFile(name="-", sha256="-", size=1))
        kept = case_evidence.keep(self._vault, file, stream, limit=self._settings.evidence_bytes)
        self._write(reader, name, wanted, file=kept)
        return self.show(reader, name)

    def read(
        self, reader: Reader, name: str, evidence: str, *, why: str = ""
    ) -> tuple[EvidenceFile, BinaryIO]:
        """Hand a file of evidence out, and write that it was; the caller closes it.

        :raises NotFound: when there is no such file, or none that the reader may know of.
        :raises StateError: when it is sealed, erased, or not what was taken in.
        """
        reader.require(Action.CASE_EVIDENCE)
        wanted = Wanted(move="read", of=evidence, given={"why": why})
        self._try(reader, name, wanted)
        stream = self._require_intact(reader, name, evidence)
        try:
            case = self._write(reader, name, wanted)
        except BaseException:
            stream.close()
            raise
        thing = case.thing(evidence)
        assert thing is not None and thing.file is not None  # its bytes are open
        return thing.file, stream

    def verify(self, reader: Reader, name: str) -> tuple[views.CheckView, ...]:
        """Compare each file of evidence that the reader may see with its recorded hash."""
        reader.require(Action.CASE_READ)
        with self._gate.reading(reader) as (connection, visible):
            kept = self._found(connection, visible, name)
            told = []
            for thing in kept.case.of("evidence"):
                result, found = case_evidence.state_of(connection, self._vault, thing)
                file = thing.file
                told.append(views.CheckView(
                    name=thing.name, file=file.name if file else "",
                    sha256=file.sha256 if file else "", result=telling.word("check", result),
                    found=found,
                ))  # fmt: skip
        bad = sum(one.result.code in ("altered", "missing") for one in told)
        self._gate.note(
            reader, Action.CASE_READ, subject=name, detail=f"verify files={len(told)} bad={bad}"
        )
        return tuple(told)

    def _try(
        self, reader: Reader, name: str, wanted: Wanted, *, file: EvidenceFile | None = None
    ) -> None:
        """Refuse a step before anything is read or kept for it."""
        with self._gate.reading(reader) as (connection, visible):
            kept = self._found(connection, visible, name)
        self._writing.label_for(reader, kept, wanted)
        next_move(
            kept.case, self._asked(reader, wanted, file=file), wanted.given,
            supervisor=reader.role is Role.SUPERVISOR, version=wanted.version,
        )  # fmt: skip

    # --- packages --------------------------------------------------------------------------------

    def export(
        self, reader: Reader, name: str, given: Mapping[str, str], *, language: str = "en"
    ) -> Package:
        """Write a case as one sealed package, of what the reader may see; the caller closes it.

        :param given: what is recorded of it: ``to`` and ``why``.
        :param language: of the readable page: ``en`` or ``es``.
        :raises StateError: when the reader is no member, or a file is not what was taken in.
        """
        reader.require(Action.CASE_EXPORT)
        wanted = Wanted(move="export", given=given)
        self._try(reader, name, wanted)
        view = self.show(reader, name)
        package = pack(view, self._vault, language, self.now(), self._settings.agency,
                       self.signer())  # fmt: skip
        try:
            with self._gate.reading(reader) as (connection, visible):
                kept = self._found(connection, visible, name)
            label = self._writing.whole_label(kept)
            said = {"why": f"in the package with seal {package.seal}"}
            # Not in the transaction: a move of the exchange, which this waits for, may wait for it.
            visible = self._gate.visible(reader)
            with self._store.write() as connection:
                now = self._found(connection, visible, name)
                if now.case.version != view.version:
                    raise StateError("the case has changed while it was packed; export it again")
                asked = self._asked(reader, wanted)
                case = self._writing.append(
                    connection, reader, now.case, asked,
                    Wanted(move="export", given={**given, "digest": package.seal}), label,
                )  # fmt: skip
                for evidence in package.files:
                    out = Wanted(move="read", of=evidence, given=said)
                    case = self._writing.append(
                        connection, reader, case, self._asked(reader, out), out,
                        now.labels[evidence],
                    )  # fmt: skip
        except BaseException:
            package.file.close()
            raise
        if case.shared_with:
            self.shared(name)
        return package

    def verify_package(
        self, reader: Reader, name: str, file: BinaryIO, file_name: str
    ) -> tuple[bool, tuple[views.CheckView, ...]]:
        """Compare a package with its manifest, and that with the seals in the case's history.

        :return: whether the case was exported under this seal, as far as the reader may see, and
            how each member stands.
        :raises InputError: when it is no package of this case.
        """
        reader.require(Action.CASE_READ)
        shown = case_evidence.file_name(file_name)
        found = check(file, shown)
        if found.case != name:
            raise InputError("this is a package of another case", file=file_name)
        signature = self._signature(file, shown)
        with self._gate.reading(reader) as (connection, visible):
            it = self._found(connection, visible, name).case
        seals = {step.said("digest") for step in it.steps if step.move.move == "export"}
        self._gate.note(reader, Action.CASE_READ, subject=name, detail="verify package")
        return found.seal in seals, tuple(
            views.CheckView(
                name=path, file=path, sha256=expected, result=telling.word("check", result)
            )
            for path, expected, result in (*signature, *found.members)
        )

    def _signature(self, file: BinaryIO, shown: str) -> tuple[tuple[str, str, str], ...]:
        """Return how the package as a whole compares with what this node signed; nothing where it
        is not signed."""
        if case_signature.signed(file) is None:
            return ()
        try:
            said, whole = case_signature.check(file, self.own_keys(), shown)
        except TrustError:
            return ((shown, "", "altered"),)
        return ((shown, said.package, "intact" if whole else "altered"),)

    # --- what follows of itself ------------------------------------------------------------------

    def settle(self) -> None:
        """Blank evidence whose records were erased with a partner's record that they rested on, and
        remove once a day what uploads left that were killed, or refused after their bytes were in.
        """
        erasure.blank_left_alone(self._store, self._vault)
        today = self.now().date()
        if self._swept != today:
            self._swept = today
            self._vault.sweep(older=_ABANDONED)
            custody.drop_unknown(self._store, self._vault, older=_ABANDONED)

    def due(self, today: str) -> frozenset[str]:
        """Return the ids of all records of cases that were closed so long ago that their time has
        run out by ``today`` (``YYYY-MM-DD``)."""
        days = dt.timedelta(days=self._settings.case_kept_days)
        last = (dt.date.fromisoformat(today) - days).isoformat()
        every = frozenset(label.id for label in self._labels.all())
        with self._store.read() as connection:
            ended = [
                kept for kept in self._showing.all(connection, every)
                if kept.case.state == "closed" and kept.case.steps[-1].move.at[:10] < last
            ]  # fmt: skip
        return frozenset(name for kept in ended for name in self._writing.names_of(kept))
