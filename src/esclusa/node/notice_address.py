"""Whose mail address it is: a code goes there, and its holder enters it while signed in here.

1. An address that an account chose counts when the account has given the code that went there. No
   notice goes to it before, and none that was made before is sent to it.
2. A code counts once, for ``confirm_hours``, for the account and the address it was made for, and
   is void after some wrong ones. The node keeps its digest.
3. Another address starts anew, and so does the same one that was chosen again after another.
4. Addresses that were chosen before there was this rule are asked for like new ones, once, at the
   node's first round.
5. Letters are few: a stranger whose address was entered gets some in a day, from all accounts
   together, and they tell of nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from esclusa.casework.notices import MAIL, Choice, word
from esclusa.errors import ConfigError, InputError, StateError
from esclusa.ledger import audit
from esclusa.ledger import mail_addresses as held
from esclusa.ledger import notices as rows
from esclusa.ledger.store import Store
from esclusa.node import notice_mail, notice_settings
from esclusa.node.notice_look import text_of
from esclusa.node.notice_mail import LATER, REFUSED, Letter, Outcome
from esclusa.node.notice_outbox import choice_of
from esclusa.node.people import People
from esclusa.sharing.notice_views import AddressView
from esclusa.sharing.reader import Action, Reader

TRIES: Final = 5
"""Wrong codes after which one is void: 29 letters in eight places are not guessed in so many."""
LETTERS: Final = 5
"""Letters to one account's address, or to one address of all accounts, in a day."""
_DAY: Final = dt.timedelta(days=1)
_REST: Final = dt.timedelta(minutes=1)
_LATER: Final = dt.timedelta(minutes=5)
"""How long a letter rests that the mail server did not take."""
_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH: Final = 8
_REFUSED: Final = "refused"
"""Stands where the digest of a code would: none is right."""
_WHO: Final = "(node)"


class Addresses:
    """Mail addresses of the accounts of one node."""

    def __init__(
        self, folder: Path, store: Store, people: People, *, site: str,
        now: Callable[[], dt.datetime],
    ) -> None:  # fmt: skip
        self._folder = folder
        self._store = store
        self._people = people
        self._site = site
        self._now = now

    # --- for the account -------------------------------------------------------------------------

    def state(self, account: str) -> AddressView:
        """Return where an account's address stands."""
        with self._store.read() as connection:
            row = held.one(connection, account)
        if row is None or not row.address:
            return AddressView()
        return AddressView(address=row.address, state=self._state(row), until=row.until)

    def _state(self, row: Any) -> str:
        if row.confirmed:
            return "confirmed"
        if row.code == _REFUSED:
            return "refused"
        if not row.until:
            return "waiting"
        over = row.until <= text_of(self._now()) or row.tries >= TRIES
        return "over" if over else "sent"

    def confirm(self, reader: Reader, code: str) -> AddressView:
        """Confirm the reader's own address by the code that went there.

        :raises StateError: when no code is awaited, its time is over, or too many were wrong.
        :raises InputError: when it is not the one.
        """
        reader.require(Action.NOTICE_CHOOSE)
        now = text_of(self._now())
        with self._store.write() as connection:
            row = held.one(connection, reader.name)
            state = self._state(row) if row is not None and row.address else ""
            if state != "sent":
                raise _why_not(state)
            right = hmac.compare_digest(row.code, _digest(row.account, row.address, code))
            if right:
                values: dict[str, Any] = {"confirmed": now, "code": "", "until": ""}
            else:
                values = {"tries": row.tries + 1}
            held.change(connection, reader.name, **values)
            told = "address confirmed" if right else "address: wrong code"
            self._line(connection, reader.name, reader, told)
        if not right:
            raise InputError("this is not the code that was sent to the address", field="code")
        return self.state(reader.name)

    def send_again(self, reader: Reader) -> AddressView:
        """Have another code sent to the reader's own address; the one before counts no more.

        :raises StateError: when there is nothing to confirm, or letters went there of late.
        """
        reader.require(Action.NOTICE_CHOOSE)
        now = self._now()
        with self._store.write() as connection:
            row = held.one(connection, reader.name)
            if row is None or not row.address or row.confirmed:
                raise StateError("there is no address of yours to confirm")
            if row.asked > text_of(now):
                raise StateError("a letter went there just now; wait a few minutes")
            if self._many(connection, row, now):
                raise StateError("enough letters went there today; try again tomorrow")
            held.begin(connection, reader.name, row.address, text_of(now))
            self._line(connection, reader.name, reader, "address: another code")
        return self.state(reader.name)

    def chosen(self, connection: Any, account: str, choice: Choice) -> None:
        """Take note of what an account chose, in the transaction that keeps it."""
        row, address = held.one(connection, account), wanted(choice)
        if address != (row.address if row is not None else ""):
            held.begin(connection, account, address, text_of(self._now()))

    # --- what the node does ----------------------------------------------------------------------

    def keep_up(self) -> int:
        """Ask for the addresses that nobody was asked for yet; return how many letters went."""
        channels = notice_settings.load(self._folder)
        if channels.mail is None:
            return 0
        self._take_up()
        with self._store.read() as connection:
            due = [
                row for row in held.every(connection).values()
                if row.address and not row.confirmed and not row.code
                and row.asked <= text_of(self._now())
            ]  # fmt: skip
        sent = 0
        for row in due:
            outcome = self._ask(row, channels.mail)
            sent += outcome is not None and outcome.state not in (LATER, REFUSED)
            if outcome is not None and outcome.deaf:
                break
        return sent

    def _take_up(self) -> None:
        """Enter the addresses that accounts chose before there was anything to confirm."""
        with self._store.read() as connection:
            known = held.every(connection)
            missing = {
                row.account: address for row in rows.choices(connection)
                if row.account not in known and (address := wanted(choice_of(row)))
            }  # fmt: skip
        for account, address in missing.items():
            with self._store.write() as connection:
                if held.one(connection, account) is None:
                    held.begin(connection, account, address, text_of(self._now()))

    def _ask(self, row: Any, mail: notice_settings.Mail) -> Outcome | None:
        """Send a code to an address, None when another process does or it is not to be sent."""
        reader, now = self._people.account(row.account), self._now()
        if reader is None or not notice_settings.takes(mail, row.address):
            return None
        with self._store.write() as connection:
            fresh = held.one(connection, row.account)
            mine = fresh is not None and (fresh.address, fresh.code) == (row.address, "")
            if not mine or self._many(connection, fresh, now):
                return None
            until = now + dt.timedelta(hours=mail.confirm_hours)
            code = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
            began = fresh.since if self._counts(fresh, now) else text_of(now)
            held.change(
                connection, row.account, code=_digest(row.account, row.address, code),
                until=text_of(until), asked=text_of(now + _REST), tries=0, since=began,
                sent=(fresh.sent if began == fresh.since else 0) + 1,
            )  # fmt: skip
        outcome = self._deliver(mail, row.address, self._text(reader.language, code, until), now,
                                reader.language)  # fmt: skip
        self._settle(row, code, outcome)
        return outcome

    def _text(self, language: str, code: str, until: dt.datetime) -> str:
        site = notice_settings.load(self._folder).address
        where = f"{site}/notices#address"
        parts = (
            word("confirm", language, site=self._site),
            word("confirm_code", language, letters=code),
            word("confirm_where", language, address=where) if site else "",
            word("confirm_until", language, moment=until.strftime("%Y-%m-%d %H:%M UTC")),
            word("confirm_not", language),
        )  # fmt: skip
        return "\n\n".join(filter(None, parts)) + "\n"

    def _deliver(
        self, mail: notice_settings.Mail, to: str, text: str, now: dt.datetime, language: str
    ) -> Outcome:
        letter = Letter(
            id=secrets.token_hex(16), to=to, site=self._site, text=text, at=now,
            subject=word("confirm_subject", language, site=self._site),
        )  # fmt: skip
        try:
            return notice_mail.deliver(
                notice_mail.write(letter, mail), to, mail, self._folder,
                lambda: notice_settings.password(self._folder),
            )  # fmt: skip
        except ConfigError:
            return Outcome(LATER, "secret missing", deaf=True)

    def _settle(self, row: Any, code: str, outcome: Outcome) -> None:
        with self._store.write() as connection:
            now = held.one(connection, row.account)
            if now is not None and now.code == _digest(row.account, row.address, code):
                if outcome.state == LATER:  # it did not go, so it does not count as sent
                    held.change(connection, row.account, code="", until="", sent=now.sent - 1,
                                asked=text_of(self._now() + _LATER))  # fmt: skip
                elif outcome.state == REFUSED:
                    held.change(connection, row.account, code=_REFUSED, until="")
            self._line(connection, row.account, None, f"address asked: {outcome.state}")

    def _many(self, connection: Any, row: Any, now: dt.datetime) -> bool:
        mine = row.sent if self._counts(row, now) else 0
        all_ = held.letters(connection, row.address, text_of(now - _DAY))
        return bool(mine >= LETTERS or all_ >= LETTERS)

    def _counts(self, row: Any, now: dt.datetime) -> bool:
        return bool(row.since > text_of(now - _DAY))

    def _line(self, connection: Any, account: str, reader: Reader | None, detail: str) -> None:
        audit.write_line(
            connection, who=reader.name if reader else _WHO,
            role=reader.role if reader else "node",
            purpose=reader.purpose if reader else "notices",
            action=Action.NOTICE_CHOOSE if reader else Action.NOTICE_SEND,
            subject=account, detail=detail,
        )  # fmt: skip


def wanted(choice: Choice) -> str:
    """Return the mail address that a choice needs, "" for none."""
    return choice.way(MAIL).to if choice.way(MAIL).kinds else ""


def _digest(account: str, address: str, code: str) -> str:
    said = "\x1f".join((account, address, "".join(code.split()).upper()))
    return hashlib.sha256(said.encode()).hexdigest()


def _why_not(state: str) -> StateError:
    if state == "confirmed":
        return StateError("the address is confirmed already")
    if state == "waiting":
        return StateError("the code has not been sent yet; it goes within minutes")
    if state == "refused":
        return StateError("the mail server does not take letters to this address")
    if state == "over":
        return StateError("the code counts no more; have another one sent")
    return StateError("there is no address of yours to confirm")
