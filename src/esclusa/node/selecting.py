"""Selections for people: commit, draw, change, reveal, check.

A selection stands under one label, by default that of what comes in. It rests on records under
labels that every reader of its own may see, and on no others: what is marked higher needs a sheet
that is marked so. Whoever may not see the label finds no selection there.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final

import msgspec
import sqlalchemy as sa

from esclusa.analysis.selection import (
    Candidate,
    Place,
    Policy,
    Sheet,
    commitment,
    default_policy,
    read_policy,
    select,
    sheet_seed,
    verify,
)
from esclusa.casework.selection_steps import COMMIT, DRAW, REVEAL, SWAP, after_swaps, next_step
from esclusa.errors import ConfigError, InputError, NotFound, StateError
from esclusa.ledger import audit, records, versions
from esclusa.ledger.indexing import SELECTION_REFERENCE
from esclusa.ledger.records import Draft
from esclusa.model import Level, Marking, SelectionMove, natural_key, record_id
from esclusa.node.pipeline import Pipeline
from esclusa.node.selection_candidates import CELL_KINDS, listed
from esclusa.node.selection_key import secret
from esclusa.node.selection_telling import Drawn, row_view, sheet_view
from esclusa.sharing import selection_views as views
from esclusa.sharing.policy import may_see
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.release import PAGE_LIMIT, Gate

KIND: Final = "selection_move"
POLICY_FILE: Final = "selection.toml"
_MISSING: Final = "no such selection"
_PORT: Final = re.compile(r"[A-Z]{2}[A-Z2-9]{3}")
_SHIFT: Final = re.compile(r"[A-Z0-9]{0,8}")
_LONGEST: Final = 31
"""Days of arrival that one sheet may take together."""

_MOVE: Final = msgspec.json.Decoder(SelectionMove)


class SelectionDesk:
    """Selections, for people.

    :param folder: the node's, which holds the secret and, if the service has one, its policy.
    """

    def __init__(self, gate: Gate, pipeline: Pipeline, folder: Path) -> None:
        self._gate = gate
        self._pipeline = pipeline
        self._labels = pipeline.labels
        self._agency = pipeline.settings.agency
        self._folder = folder
        self.now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)

    # --- reading -------------------------------------------------------------------------------

    def selections(
        self, reader: Reader, *, port: str = "", limit: int = 50
    ) -> tuple[views.SelectionRow, ...]:
        """Return the selections that a reader may see, the newest day first."""
        reader.require(Action.SELECTION_READ)
        limit = max(1, min(limit, PAGE_LIMIT))
        with self._gate.reading(reader) as (connection, visible):
            found = [one for one in self.all(connection, visible) if port in ("", one.port)]
        found.sort(key=lambda one: (one.day, one.port, one.shift, one.record_id), reverse=True)
        self._gate.note(reader, Action.SELECTION_READ, detail=f"rows={len(found[:limit])}")
        return tuple(row_view(one, self.name(one), self._level(one)) for one in found[:limit])

    def show(self, reader: Reader, name: str, *, trade: bool = True) -> views.SelectionView:
        """Return a selection with its sheet; raises ``NotFound``.

        :param name: its record id, or port, day and shift with a slash (or a full stop) between;
            with ``@`` and the level of its marking behind, where that is another than the level of
            what comes in.
        :param trade: also the line between finds and value, which takes a moment.
        """
        reader.require(Action.SELECTION_READ)
        with self._gate.reading(reader) as (connection, visible):
            found = self._find(connection, visible, name)
            view = None
            if found is not None:
                seen = visible & self._view(found.label_id)
                view = sheet_view(
                    connection, seen, found, name=self.name(found),
                    label=self._labels.get(found.label_id),
                    may_write=reader.may(Action.SELECTION_WRITE), trade=trade,
                )  # fmt: skip
        self._gate.note(
            reader, Action.SELECTION_READ, subject=view.record_id if view else "",
            detail="" if view else "not found",
        )  # fmt: skip
        if view is None:
            raise NotFound(_MISSING)
        return view

    def label_of(self, reader: Reader, name: str) -> int:
        """Return the number of the label that a selection stands under; raises ``NotFound``. What
        is written about it stands under the same."""
        reader.require(Action.SELECTION_READ)
        with self._gate.reading(reader) as (connection, visible):
            return self._found(connection, visible, name).label_id

    def proof(self, reader: Reader, name: str) -> views.ProofView:
        """Return all that somebody else needs to make a draw again; raises ``NotFound``.

        :raises StateError: when the seed has not been revealed.
        """
        reader.require(Action.SELECTION_READ)
        with self._gate.reading(reader) as (connection, visible):
            found = self._found(connection, visible, name)
        self._gate.note(reader, Action.SELECTION_READ, subject=found.record_id, detail="proof")
        if found.draw is None or found.reveal is None:
            raise StateError("the seed of this selection has not been revealed")
        return views.ProofView(
            port=found.port, day=found.day, shift=found.shift, capacity=found.commit.capacity,
            commitment=found.commit.commitment, seed=found.reveal.seed, policy=found.draw.policy,
            candidates=found.draw.candidates, sheet=found.draw.sheet,
        )  # fmt: skip

    def verify(self, reader: Reader, name: str) -> views.VerifiedView:
        """Make a draw again from what was committed and revealed; raises as :meth:`proof`."""
        return check(self.proof(reader, name))

    # --- steps ---------------------------------------------------------------------------------

    def commit(
        self, reader: Reader, *, port: str, day: str, shift: str = "", capacity: int,
        level: int | None = None,
    ) -> views.SelectionView:  # fmt: skip
        """Publish the commitment to a seed, before the list of candidates is fixed.

        :param capacity: slots for exams there and then.
        :param level: of the marking of the sheet; None for that of what comes in.
        :raises InputError: for a port, day, shift or number that cannot be.
        """
        reader.require(Action.SELECTION_WRITE)
        _check_place(port, day, shift)
        label = self._label(level, reader)
        seed = self._seed(port, day, shift, label)
        asked = self._asked(
            reader, port, day, shift, COMMIT, capacity=capacity,
            commitment=commitment(seed, port, day, shift),
        )  # fmt: skip
        return self._append(reader, asked, label)

    def draw(self, reader: Reader, name: str, *, until: str = "") -> views.SelectionView:
        """Fix the list of candidates and draw.

        :param until: the last day of arrival that counts; "" for the selection's day alone.
        :raises StateError: when it was drawn already, or nothing arrives.
        """
        reader.require(Action.SELECTION_WRITE)
        policy = self.policy()
        with self._gate.reading(reader) as (connection, visible):
            found = self._found(connection, visible, name)
            last = until or found.day
            _check_days(found.day, last)
            next_step(found.steps, self._asked(reader, found.port, found.day, found.shift, DRAW))
            told = listed(
                connection, self._labels, visible & self._view(found.label_id), self._agency,
                port=found.port, day=found.day, until=last, now=self.now(), policy=policy,
            )  # fmt: skip
        if not told.candidates:
            raise StateError("nothing that can be opened arrives there in these days")
        place = Place(found.port, found.day, found.commit.capacity, found.shift)
        seed = self._seed(found.port, found.day, found.shift, found.label_id)
        sheet = select(seed, place, told.candidates, policy)
        if sheet.commitment != found.commit.commitment:
            raise ConfigError("the secret is another than when this selection was committed to")
        asked = self._asked(
            reader, found.port, found.day, found.shift, DRAW, until=last, by_model=told.by_model,
            policy=_text(policy), candidates=_text(told.candidates), sheet=_text(sheet),
        )  # fmt: skip
        return self._append(reader, asked, found.label_id)

    def swap(
        self, reader: Reader, name: str, *, reason: str, out: str = "", taken: str = ""
    ) -> views.SelectionView:
        """Take a candidate off the proposal, another on it, or both, with a reason.

        :param out: record id of what is not to be opened, ``taken`` of what is to be instead.
        """
        reader.require(Action.SELECTION_WRITE)
        with self._gate.reading(reader) as (connection, visible):
            found = self._found(connection, visible, name)
        asked = self._asked(
            reader, found.port, found.day, found.shift, SWAP, reason=reason, out=out, taken=taken
        )
        return self._append(reader, asked, found.label_id)

    def reveal(self, reader: Reader, name: str) -> views.SelectionView:
        """Reveal the seed of a draw, so that anyone can check it."""
        reader.require(Action.SELECTION_WRITE)
        with self._gate.reading(reader) as (connection, visible):
            found = self._found(connection, visible, name)
        seed = self._seed(found.port, found.day, found.shift, found.label_id)
        asked = self._asked(reader, found.port, found.day, found.shift, REVEAL, seed=seed.hex())
        return self._append(reader, asked, found.label_id)

    def policy(self) -> Policy:
        """Return the policy in force: that of the node's folder, or else the shipped one.

        :raises InputError: when its file cannot be used.
        """
        path = self._folder / POLICY_FILE
        policy = read_policy(_utf8(path), POLICY_FILE) if path.exists() else default_policy()
        unknown = sorted({*policy.kinds(), *policy.followed()} - set(CELL_KINDS))
        if unknown:
            known = ", ".join(CELL_KINDS)
            raise InputError(f"no cells of kind {unknown[0]}; kinds: {known}", file=POLICY_FILE)
        return policy

    # --- inside --------------------------------------------------------------------------------

    def all(self, connection: sa.Connection, visible: Collection[int]) -> list[Drawn]:
        """Return the selections under these labels."""
        chains: dict[tuple[str, int], list[SelectionMove]] = {}
        for held in versions.all_holding(connection, visible, SELECTION_REFERENCE):
            chains.setdefault((held.id, held.label_id), []).append(_MOVE.decode(held.body))
        return [Drawn(name, label, tuple(steps)) for (name, label), steps in chains.items()]

    def _find(self, connection: sa.Connection, visible: Collection[int], name: str) -> Drawn | None:
        """Return the selection of this name; of several under one the least restricted."""
        name, _, level = name.partition("@")
        if not _is_id(name):
            key = name.strip().upper().replace(".", "/")
            name = record_id(self._agency, KIND, key + "/" if key.count("/") == 1 else key)
        steps = versions.all_holding(connection, visible, SELECTION_REFERENCE)
        chains: dict[int, list[SelectionMove]] = {}
        for held in steps:
            if held.id == name:
                chains.setdefault(held.label_id, []).append(_MOVE.decode(held.body))
        found = [Drawn(name, label, tuple(some)) for label, some in chains.items()]
        found = [one for one in found if level in ("", str(self._level(one)))]
        return min(found, key=lambda one: (self._level(one), one.label_id), default=None)

    def _found(self, connection: sa.Connection, visible: Collection[int], name: str) -> Drawn:
        found = self._find(connection, visible, name)
        if found is None:
            raise NotFound(_MISSING)
        return found

    def _view(self, label: int) -> frozenset[int]:
        """Return the labels whose records what stands under a label may rest on."""
        algebra = self._pipeline.analyst.algebra
        return frozenset(one for one in algebra.all_below(label) if algebra.covers(one, label))

    def name(self, one: Drawn) -> str:
        """Return what a selection is asked for by."""
        name = "/".join(part for part in (one.port, one.day, one.shift) if part)
        level = self._level(one)
        return name if level == self._pipeline.settings.intake_level else f"{name}@{level}"

    def _level(self, one: Drawn) -> int:
        return int(self._labels.get(one.label_id).marking.level)

    def _label(self, level: int | None, reader: Reader) -> int:
        chosen = self._pipeline.settings.intake_level if level is None else level
        if chosen not in set(Level):
            raise InputError(
                f"level is {chosen}, expected 0 to 4", field="level", problem="whole",
                expected="0–4",
            )  # fmt: skip
        marking = Marking(level=Level(chosen))  # for this agency alone, whoever its bills go to
        if not may_see(reader, self._agency, marking, self.now().date()):
            raise InputError(
                "you could not see yourself what is marked so", field="level", problem="above"
            )
        return self._labels.intern(self._agency, marking)

    def _seed(self, port: str, day: str, shift: str, label: int) -> bytes:
        level = int(self._labels.get(label).marking.level)
        return sheet_seed(secret(self._folder), port, day, shift, level)

    def _asked(
        self, reader: Reader, port: str, day: str, shift: str, move: str, **more: object
    ) -> SelectionMove:
        at = self.now().astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        plain = SelectionMove(
            port=port, day=day, shift=shift, number=0, move=move, by=reader.name, at=at
        )
        return msgspec.structs.replace(plain, **more)

    def _append(self, reader: Reader, asked: SelectionMove, label: int) -> views.SelectionView:
        name = record_id(self._agency, KIND, natural_key(asked))
        with self._pipeline.store.write() as connection:
            chain = records.chain(connection, self._labels, name, label)
            steps = [one.body for one in chain if isinstance(one.body, SelectionMove)]
            held = Drawn(name, label, tuple(steps)) if steps else None
            sheet = held.sheet() if held else None
            chosen = [line.subject for line in sheet.chosen()] if sheet else []
            step = next_step(
                steps, asked, proposed=after_swaps(chosen, steps),
                candidates=[line.subject for line in sheet.lines] if sheet else [],
            )  # fmt: skip
            draft = Draft(body=step, originator=self._agency, label_id=label, valid_time=step.day)
            records.append(connection, [draft])
            audit.write_line(
                connection, who=reader.name, role=reader.role, purpose=reader.purpose,
                action=Action.SELECTION_WRITE, subject=name, detail=step.move,
            )  # fmt: skip
        return self._after(reader, name, label)

    def _after(self, reader: Reader, name: str, label: int) -> views.SelectionView:
        with self._gate.reading(reader) as (connection, visible):
            chain = records.chain(connection, self._labels, name, label)
            steps = [one.body for one in chain if isinstance(one.body, SelectionMove)]
            made = Drawn(name, label, tuple(steps))
            return sheet_view(
                connection, visible & self._view(label), made, name=self.name(made),
                label=self._labels.get(label), may_write=True, trade=False,
            )  # fmt: skip


def check(proof: views.ProofView) -> views.VerifiedView:
    """Make a draw again from its proof alone, without a node.

    :raises InputError: when a part of the proof cannot be read.
    """
    try:
        sheet = msgspec.json.decode(proof.sheet, type=Sheet)
        candidates = msgspec.json.decode(proof.candidates, type=tuple[Candidate, ...])
        policy = msgspec.json.decode(proof.policy, type=Policy)
        seed = bytes.fromhex(proof.seed)
    except (msgspec.DecodeError, msgspec.ValidationError, ValueError) as error:
        raise InputError(f"cannot be read: {error}", file="proof") from None
    faults = list(verify(sheet, proof.commitment, seed, candidates, policy))
    if (proof.port, proof.day, proof.shift, proof.capacity) != (
        sheet.place.port, sheet.place.day, sheet.place.shift, sheet.place.capacity
    ):  # fmt: skip
        faults.append("the sheet is of another port, day, shift or number of slots")
    return views.VerifiedView(
        port=proof.port, day=proof.day, shift=proof.shift, faults=tuple(faults)
    )


def _text(document: object) -> str:
    return msgspec.json.encode(document, order="deterministic").decode()


def _utf8(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8 text", file=path.name, offset=error.start) from None


def _is_id(name: str) -> bool:
    return name.count("-") == 4 and "/" not in name


def _check_place(port: str, day: str, shift: str) -> None:
    if not _PORT.fullmatch(port):
        reason = f"{port[:20]!r} is no port code of five signs, such as PAMIT"
        raise InputError(
            reason, field="port", problem="name" if port else "missing", expected="PAMIT"
        )
    _day(day, "day")
    if not _SHIFT.fullmatch(shift):
        reason = f"{shift[:20]!r} is no shift: up to eight capitals and digits"
        raise InputError(reason, field="shift", problem="name", expected="A–Z 0–9, ≤ 8")


def _check_days(day: str, until: str) -> None:
    if not 0 <= (_day(until, "until") - _day(day, "day")).days < _LONGEST:
        raise InputError(
            f"{until} is not within {_LONGEST} days from {day}", field="until", problem="bounds"
        )


def _day(text: str, field: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"{text[:20]!r} is no day such as 2026-11-27", field=field,
            problem="day" if text else "missing",
        ) from None  # fmt: skip
