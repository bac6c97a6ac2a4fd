"""A form by which somebody without the portal answers a referral: a small table.

1. A form is made for one account, one referral and the steps that it has then; it holds what that
   account may see of the referral, and runs out when the answer is due.
2. Its fixed rows carry a token and a seal (HMAC-SHA256, RFC 2104, under a key of this node). What
   is altered, unknown, used or too old is refused; so is a form whose referral has moved on.
3. An answer is a step like any other: the account's, as it may act on the day of taking in, checked
   by the same rules. Whoever takes it in stands in the log beside it.
"""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import hmac
import io
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from esclusa.casework.forms import MoveMistakes
from esclusa.casework.referral_words import rows as moves
from esclusa.errors import EsclusaError, InputError, LimitError, NotFound
from esclusa.ledger import notices as rows
from esclusa.ledger.store import Store
from esclusa.node.notice_look import text_of
from esclusa.node.notice_mail import Attached
from esclusa.node.notice_partners import subject_text
from esclusa.node.notice_settings import form_key
from esclusa.node.people import People
from esclusa.node.referral_desk import ReferralDesk
from esclusa.sharing import referral_views as views
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.release import Gate

ANSWERS: Final = ("accept", "decline", "ask")
_HEAD: Final = ("field", "value", "note")
_FIXED: Final = ("form", "token", "referral", "steps", "until")
_VERSION: Final = "1"
_SHOWN: Final = ("about", "due", "reasons")
_BYTES: Final = 65_536
_LINES: Final = 500
_LONGEST: Final = dt.timedelta(days=14)
_NOTES: Final = {
    "fixed": ("do not change", "no cambiar"),
    "shown": ("for reading", "para leer"),
    "answer": ("write one of", "escriba uno de"),
    "if": ("if you", "si responde"),
    "needed": ("needed", "obligatorio"),
    "codes": ("one of", "uno de"),
}


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What a form did: whose answer, which step, and where the referral stands now."""

    account: str
    move: str
    referral: views.ReferralView


class _Cell(msgspec.Struct, frozen=True):
    """A value of a form and the line where its row begins, from 1."""

    value: str
    line: int


class Forms:
    """Forms of one node: handed out and taken in."""

    def __init__(
        self, folder: Path, store: Store, gate: Gate, people: People, desk: ReferralDesk,
        now: Callable[[], dt.datetime],
    ) -> None:  # fmt: skip
        self._folder = folder
        self._store = store
        self._gate = gate
        self._people = people
        self._desk = desk
        self._now = now

    # --- handing out ---------------------------------------------------------------------------

    def hand_out(self, reader: Reader, referral: str, account: str, language: str) -> Attached:
        """Return the form of an account for a referral that waits for an answer.

        :raises NotFound: when there is no such referral for the reader, or for that account.
        :raises InputError: when there is no such account, or nothing to answer.
        """
        reader.require(Action.NOTICE_FORM)
        self._desk.show(reader, referral)  # who may not know of it hands out nothing about it
        other = self._people.account(account)
        if other is None or not other.may(Action.REFERRAL_MOVE):
            raise InputError(
                "there is no such account that may answer a referral", field="account",
                problem="nobody",
            )  # fmt: skip
        made = self.make(other, referral, language)
        if made is None:
            raise InputError(
                "this referral does not wait for an answer of that account", field="account",
                problem="refused",
            )  # fmt: skip
        self._gate.note(reader, Action.NOTICE_FORM, subject=referral, detail=f"for {account}")
        return made

    def make(self, reader: Reader, referral: str, language: str) -> Attached | None:
        """Return the form of a reader for a referral, None when there is nothing to answer."""
        try:
            view = self._desk.show(reader, referral)
        except NotFound:
            return None
        moves = [move for move in view.moves if move.move.code in ANSWERS]
        if not moves:
            return None
        # Hexadecimal: a cell that began with "-" would be a formula to a spreadsheet.
        now, token = self._now(), secrets.token_hex(32)
        due = view.row.clock.due
        until = min(dt.datetime.fromisoformat(due), now + _LONGEST) if due else now + _LONGEST
        fixed = dict(
            zip(_FIXED, (_VERSION, token, view.row.id, view.version, text_of(until)), strict=True)
        )
        text = _written(fixed | {"seal": self._seal(fixed)}, view, moves, language)
        with self._store.write() as connection:
            rows.add_form(
                connection, token=_digest(token), account=reader.name, referral=view.row.id,
                version=view.version, at=text_of(now), until=text_of(until),
            )  # fmt: skip
        return Attached(f"referral-{view.row.id}.csv", text)

    def _seal(self, fixed: Mapping[str, str]) -> str:
        said = "\n".join(fixed[name] for name in _FIXED)
        return hmac.new(form_key(self._folder), said.encode(), hashlib.sha256).hexdigest()

    # --- taking in -----------------------------------------------------------------------------

    def take_in(self, reader: Reader, data: bytes, *, file: str = "") -> Answered:
        """Make the step that a filled form asks for.

        :param reader: the officer at this node who takes it in.
        :raises InputError: naming file and line: not such a form, altered, run out, used, a field
            missing or wrong.
        :raises StateError: when the referral has moved on since the form was made.
        """
        reader.require(Action.NOTICE_FORM)
        cells = read(data, file)
        form = self._form(cells, file)
        account = self._people.account(form.account)
        if account is None or not account.may(Action.REFERRAL_MOVE):
            raise InputError("the account of this form may answer no more", file=file)
        move = _answer(cells, file)
        given = _given(cells, move, file)
        try:
            view = self._desk.move(account, form.referral, move, given, version=form.version)
        except MoveMistakes as error:
            raise _at_lines(error, cells, file) from None
        except NotFound:
            raise InputError(
                "the account of this form may see this referral no more", file=file
            ) from None
        with self._store.write() as connection:
            rows.use_form(connection, form.token, text_of(self._now()))
        self._gate.note(
            reader, Action.NOTICE_FORM, subject=form.referral, detail=f"{move} of {form.account}"
        )
        return Answered(account=form.account, move=move, referral=view)

    def _form(self, cells: Mapping[str, _Cell], file: str) -> Any:
        fixed = {name: _needed(cells, name, file).value for name in _FIXED}
        seal = _needed(cells, "seal", file)
        if not hmac.compare_digest(self._seal(fixed).encode(), seal.value.encode()):
            raise _wrong(seal.line, "the fixed rows were altered, or are of another node", file)
        token = _digest(fixed["token"])
        with self._store.read() as connection:
            form = rows.form(connection, token)
        if form is None:
            raise _wrong(cells["token"].line, "this form is not known here any more", file)
        if form.used:
            raise _wrong(cells["token"].line, "this form was used already", file)
        if form.until <= text_of(self._now()):
            raise _wrong(cells["until"].line, f"this form ran out at {form.until[:16]}Z", file)
        return form


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _wrong(line: int, reason: str, file: str) -> InputError:
    return InputError(f"line {line}: {reason}", file=file)


def _needed(cells: Mapping[str, _Cell], name: str, file: str) -> _Cell:
    cell = cells.get(name)
    if cell is None or not cell.value:
        raise InputError(f"the row {name!r} is missing or empty", file=file)
    return cell


def _answer(cells: Mapping[str, _Cell], file: str) -> str:
    cell = _needed(cells, "answer", file)
    word = cell.value.casefold()
    if word not in ANSWERS:
        raise _wrong(cell.line, f"answer is one of {', '.join(ANSWERS)}", file)
    return word


def _given(cells: Mapping[str, _Cell], move: str, file: str) -> dict[str, str]:
    """Return what is recorded, by field; what the step does not record is a slip, and is said."""
    known = fields_of_moves().get(move, frozenset())
    given = {}
    for name, cell in cells.items():
        if cell.value and name not in (*_FIXED, *_SHOWN, "seal", "answer"):
            if name not in known:
                raise _wrong(cell.line, f"{move} does not record {name[:40]!r}", file)
            given[name] = cell.value
    return given


def fields_of_moves() -> dict[str, frozenset[str]]:
    """Return the fields that each answer to a request records."""
    return {move: frozenset(row.fields) for (move, state), row in moves().items()
            if state == "requested" and move in ANSWERS}  # fmt: skip


def _at_lines(error: MoveMistakes, cells: Mapping[str, _Cell], file: str) -> EsclusaError:
    told = []
    for mistake in error.mistakes:
        cell = cells.get(mistake.field)
        where = f"line {cell.line}: " if cell else ""
        told.append(where + MoveMistakes((mistake,)).reason)
    return InputError("; ".join(told), file=file)


# --- the table ------------------------------------------------------------------------------------


def read(data: bytes, file: str = "") -> dict[str, _Cell]:
    """Return the values of a form by field.

    Spreadsheets save such a table with a comma, a semicolon or a tab between, in UTF-8 or in the
    letters of Windows (cp1252): each is read.

    :raises InputError: when it is too large, no such table, or a field stands in it twice.
    """
    if len(data) > _BYTES:
        raise LimitError(f"a form has at most {_BYTES:,} bytes", file=file)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    head = text.split("\n", 1)[0]
    mark = next((mark for mark in ",;\t" if _is_head(head, mark)), "")
    if not mark:
        raise _wrong(1, f"the headings are not {', '.join(_HEAD)}: not a form for an answer", file)
    cells: dict[str, _Cell] = {}
    for line, row in _rows(text, mark, file):
        name = row[0].strip()
        if not name:
            continue
        if name in cells:
            raise _wrong(line, f"the field {name[:40]!r} stands here twice", file)
        cells[name] = _Cell(row[1].strip() if len(row) > 1 else "", line)
    return cells


def _is_head(text: str, mark: str) -> bool:
    with suppress(csv.Error, StopIteration):
        found = next(csv.reader([text], delimiter=mark))
        return [cell.strip().casefold() for cell in found[:2]] == list(_HEAD[:2])
    return False


def _rows(text: str, mark: str, file: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    line = 1
    try:
        for row in reader:
            if reader.line_num > _LINES:
                raise LimitError(f"a form has at most {_LINES} lines", file=file)
            if line > 1 and row:
                yield line, row
            line = reader.line_num + 1
    except csv.Error:
        raise _wrong(line, "not a row of a table", file) from None


def _written(
    fixed: Mapping[str, str], view: views.ReferralView, moves: list[views.MoveView], language: str
) -> str:
    out = io.StringIO()
    table = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    table.writerow(_HEAD)
    for name, value in fixed.items():
        table.writerow((name, value, _note("fixed", language)))
    shown = (subject_text(view.row.subject), view.row.clock.due, _reasons(view))
    for name, value in zip(_SHOWN, shown, strict=True):
        table.writerow((name, _harmless(value), _note("shown", language)))
    codes = [f"{move.move.code} = {_word(move.move, language)}" for move in moves]
    table.writerow(("answer", "", f"{_note('answer', language)}: {'; '.join(codes)}"))
    for field, note in _fields(moves, language).items():
        table.writerow((field, "", note))
    return "\ufeff" + out.getvalue()  # by this sign spreadsheets know UTF-8


def _fields(moves: list[views.MoveView], language: str) -> dict[str, str]:
    """Return every field that an answer may need, with what to write in it."""
    notes: dict[str, str] = {}
    asked: dict[str, list[str]] = {}
    for move in moves:
        for field in move.fields:
            need = f" ({_note('needed', language)})" if field.needed == "yes" else ""
            asked.setdefault(field.word.code, []).append(f"{move.move.code}{need}")
            notes[field.word.code] = _word(field.word, language) + _codes(field, language)
    return {
        name: f"{_note('if', language)} {', '.join(asked[name])}: {note}"
        for name, note in notes.items()
    }


def _codes(field: views.FieldView, language: str) -> str:
    if not field.codes:
        return ""
    told = "; ".join(f"{code.word.code} = {_word(code.word, language)}" for code in field.codes)
    return f"; {_note('codes', language)}: {told}"


def _note(name: str, language: str) -> str:
    return _NOTES[name][language == "es"]


def _word(word: views.WordView, language: str) -> str:
    return word.es if language == "es" else word.en


def _reasons(view: views.ReferralView) -> str:
    for step in view.steps:
        for item in step.recorded:
            if item.field.code == "risk_reasons":
                return item.value
    return ""


def _harmless(text: str) -> str:
    """Return a value that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
