"""Notices for those who run the node: the outbox, tests of channels, forms, the counts of use."""

from __future__ import annotations

import datetime as dt
import secrets
from pathlib import Path
from typing import Any, Final

import msgspec

from esclusa.casework.notices import FEED, MAIL, WEBHOOK, word
from esclusa.errors import InputError, NotFound, StateError
from esclusa.ledger import notices as rows
from esclusa.ledger.store import Store
from esclusa.node import notice_mail, notice_settings, notice_webhook
from esclusa.node.notice_address import Addresses
from esclusa.node.notice_forms import Forms
from esclusa.node.notice_look import text_of
from esclusa.node.notice_mail import Attached, Letter, Outcome
from esclusa.node.notice_outbox import Outbox
from esclusa.node.notice_telling import Telling
from esclusa.node.notice_use import ANSWERED, FORM, Uses, fits, use_csv
from esclusa.node.people import People
from esclusa.sharing import notice_views as views
from esclusa.sharing.notice_policy import Limit
from esclusa.sharing.reader import Action, Reader
from esclusa.sharing.release import Gate

OUTBOX_STATES: Final = ("", "all", *rows.STATES)
_OPEN: Final = (rows.WAITING, rows.SENDING, rows.REFUSED, rows.GIVEN_UP)


class NoticeRunning:
    """The part of a node's notices that is about no one account."""

    def __init__(
        self, folder: Path, store: Store, gate: Gate, people: People, outbox: Outbox,
        telling: Telling, forms: Forms, uses: Uses, *, agency: str, site: str,
    ) -> None:  # fmt: skip
        self._folder = folder
        self._store = store
        self._gate = gate
        self._people = people
        self.outbox = outbox
        self._telling = telling
        self._forms = forms
        self._uses = uses
        self._agency = agency
        self._site = site
        self.addresses = Addresses(folder, store, people, site=site, now=self._now)

    def _now(self) -> dt.datetime:
        return self.outbox.now()  # its clock may be set later

    def channels(self) -> tuple[views.ChannelView, ...]:
        """Return the channels of this node and what each may carry at most."""
        found = notice_settings.load(self._folder)
        hooks = [hook.limit() for hook in found.webhook]
        feed = found.feed.limit()
        mail = found.mail.limit() if found.mail else Limit()
        return (
            _channel(MAIL, mail, found.mail.domains if found.mail else (), on=bool(found.mail)),
            _channel(
                WEBHOOK,
                Limit(level=max((one.level for one in hooks), default=0),
                      waits=max((one.waits for one in hooks), default=0)),
                tuple(hook.name for hook in found.webhook), on=bool(hooks),
            ),
            _channel(FEED, feed, (), on=found.feed.on),
        )  # fmt: skip

    # --- the outbox ----------------------------------------------------------------------------

    def messages(self, reader: Reader, *, state: str = "", limit: int = 100) -> views.OutboxView:
        """Return the outbox: the newest messages of a state, or, when "", of those that are not
        done or failed."""
        reader.require(Action.NOTICE_RUN)
        if state not in OUTBOX_STATES:
            reason = f"state is one of all, {', '.join(rows.STATES)}"
            raise InputError(reason, field="state", problem="code")
        chosen = _OPEN if not state else rows.STATES if state == "all" else (state,)
        with self._store.read() as connection:
            counts = rows.states(connection)
            found = rows.messages(connection, states=chosen, limit=max(1, min(limit, 500)))
        self._gate.note(reader, Action.NOTICE_RUN, detail=f"outbox rows={len(found)}")
        return views.OutboxView(
            counts={state: counts.get(state, 0) for state in rows.STATES},
            messages=tuple(_message(row, items) for row, items in found),
            channels=self.channels(),
        )

    def again(self, reader: Reader, name: str) -> None:
        """Let a message that was refused or given up be tried once more.

        :raises NotFound: when there is none. :raises StateError: when it is neither.
        """
        reader.require(Action.NOTICE_RUN)
        now = text_of(self.outbox.now())
        with self._store.write() as connection:
            row = rows.message(connection, name)
            if row is None:
                raise NotFound("no such message")
            if row.state not in (rows.REFUSED, rows.GIVEN_UP):
                raise StateError("only a message that was refused or given up is tried again")
            rows.settle(connection, name, state=rows.WAITING, due=now, told="", done="", at=now)
        self._gate.note(reader, Action.NOTICE_RUN, subject=name, detail="again")

    def test(self, reader: Reader, channel: str, to: str) -> views.TestView:
        """Send a test by a channel, which tells of nothing, and return how it ended.

        :param to: a mail address, or the name of a webhook.
        :raises InputError: when nothing may go there.
        """
        reader.require(Action.NOTICE_RUN)
        channels = notice_settings.load(self._folder)
        if channel not in (MAIL, WEBHOOK) or channels.limit(channel, to) is None:
            reason = f"{channel[:20]}: nothing may go there at this node"
            raise InputError(reason, field="channel", problem="code")
        outcome = self._test(channels, channel, to, reader.language)
        self._gate.note(reader, Action.NOTICE_RUN, detail=f"test {channel}: {outcome.state}")
        return views.TestView(state=outcome.state, told=outcome.why)

    def _test(
        self, channels: notice_settings.Channels, channel: str, to: str, language: str
    ) -> Outcome:
        name, now = secrets.token_hex(16), self.outbox.now()
        text = word("tested", language, site=self._site)
        if channel == MAIL:
            mail = channels.mail
            assert mail is not None  # it has a limit
            subject = word("test", language, site=self._site)
            letter = Letter(
                id=name, to=to, site=self._site, subject=subject, text=text + "\n", at=now
            )
            return notice_mail.deliver(
                notice_mail.write(letter, mail), to, mail, self._folder,
                lambda: notice_settings.password(self._folder),
            )  # fmt: skip
        hook = channels.named(to)
        assert hook is not None  # it has a limit
        body = msgspec.json.encode({"type": "notice.test", "timestamp": text_of(now), "data": {}})
        key = notice_settings.hook_key(self._folder, to)
        return notice_webhook.deliver(name, body, int(now.timestamp()), hook, self._folder, key)

    def make_secret(self, reader: Reader, name: str) -> str:
        """Make the secret of a webhook and return it as its receiver needs it."""
        reader.require(Action.NOTICE_RUN)
        if notice_settings.load(self._folder).named(name) is None:
            raise NotFound("no such webhook")
        made = notice_settings.make_hook_key(self._folder, name)
        self._gate.note(reader, Action.NOTICE_RUN, detail="secret of a webhook")
        return made

    # --- forms and use -------------------------------------------------------------------------

    def form(self, reader: Reader, referral: str, account: str, language: str = "") -> Attached:
        """Return the form by which an account answers a referral; see :meth:`Forms.hand_out`."""
        return self._forms.hand_out(reader, referral, account, language or reader.language)

    def take_in(self, reader: Reader, data: bytes, *, file: str = "") -> views.AnsweredView:
        """Make the step that a filled form asks for; see :meth:`Forms.take_in`."""
        done = self._forms.take_in(reader, data, file=file)
        self._uses.note(done.account, FORM, ANSWERED)
        row = done.referral.row
        return views.AnsweredView(
            account=done.account, move=done.move, referral=row.id, state_en=row.state.en,
            state_es=row.state.es,
        )  # fmt: skip

    def use(self, reader: Reader, *, days: int = 92) -> views.UsePage:
        """Return the use that each agency made of the node in the last days."""
        reader.require(Action.NOTICE_USE)
        if not fits(days):
            raise InputError(
                "days is a number from 1 to 1830", field="days", problem="whole", expected="1–1830"
            )
        self._uses.keep_up()
        page = self._uses.page(days)
        self._gate.note(reader, Action.NOTICE_USE, detail=f"agencies={page.agencies}")
        return page

    def use_csv(self, reader: Reader, *, days: int = 92) -> str:
        """Return the same as a table."""
        return use_csv(self.use(reader, days=days))


def _channel(name: str, limit: Limit, places: tuple[str, ...], *, on: bool) -> views.ChannelView:
    return views.ChannelView(
        channel=name, usable=on, places=places, level=limit.level, waits=limit.waits
    )


def _message(row: Any, items: int) -> views.MessageView:
    return views.MessageView(
        id=row.id, account=row.account, channel=row.channel, at=row.at, state=row.state,
        due=row.due, attempts=row.attempts, told=row.told, items=items,
    )  # fmt: skip
