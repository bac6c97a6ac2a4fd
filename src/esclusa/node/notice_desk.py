"""Notices for people: an account's settings, what waits for it, its feed."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any, Final

import msgspec

from esclusa.casework.notices import (
    CHANNELS,
    FEED,
    MAIL,
    PAGES,
    WEBHOOK,
    Choice,
    Kind,
    check,
    kinds,
)
from esclusa.errors import InputError, NotFound
from esclusa.ledger import notices as rows
from esclusa.node import notice_feed, notice_settings
from esclusa.node.notice_look import Told, text_of
from esclusa.node.notice_outbox import choice_of
from esclusa.node.notice_running import NoticeRunning
from esclusa.node.notice_telling import line_of
from esclusa.node.notice_use import OPENED
from esclusa.sharing import notice_views as views
from esclusa.sharing.reader import Action, Reader

SUBJECTS: Final = (
    "consignment", "equipment", "transport_event", "port_call", "ship_declaration", "traveller",
)  # fmt: skip
"""Kinds of records that an alert can be about."""
_SHOWN: Final = 100
_FED: Final = 100


class NoticeDesk(NoticeRunning):
    """Notices of one node."""

    def tick(self) -> None:
        """Gather and send what is due, and count what was used."""
        self.addresses.keep_up()
        self.outbox.tick()
        self._uses.keep_up()

    # --- settings ------------------------------------------------------------------------------

    def settings(self, reader: Reader, account: str = "") -> views.SettingsView:
        """Return an account's settings.

        :param account: "" for the reader's own; another's is for who runs the node.
        """
        name = self._whose(reader, account)
        with self._store.read() as connection:
            row = rows.choice(connection, name)
        self._gate.note(reader, Action.NOTICE_CHOOSE, subject=name, detail="read")
        who = self._people.account(name) or reader
        return self._settings_view(name, who, row)

    def choose(self, reader: Reader, choice: Choice, account: str = "") -> views.SettingsView:
        """Keep what an account wants to be told of.

        :raises InputError: naming the field that is wrong, or a place where nothing may go.
        """
        name = self._whose(reader, account)
        check(choice, SUBJECTS)
        self._check_places(choice)
        with self._store.write() as connection:
            self.addresses.chosen(connection, name, choice)
            body = msgspec.json.encode(choice)
            rows.choose(connection, name, text_of(self.outbox.now()), body=body)
        self._gate.note(reader, Action.NOTICE_CHOOSE, subject=name, detail="changed")
        return self.settings(reader, account)

    def count_for(self, reader: Reader, account: str, agency: str) -> views.SettingsView:
        """Say for which agency an account's use is counted; "" for the node's own."""
        reader.require(Action.NOTICE_RUN)
        if agency and (not agency.isidentifier() or len(agency) > 64):
            reason = "agency is one word of letters, digits, underscores"
            raise InputError(reason, field="agency", problem="name", expected="a–z 0–9 _")
        name = self._whose(reader, account)
        with self._store.write() as connection:
            rows.choose(connection, name, text_of(self.outbox.now()), agency=agency)
        self._gate.note(reader, Action.NOTICE_RUN, subject=name, detail="agency")
        return self.settings(reader, account)

    def _whose(self, reader: Reader, account: str) -> str:
        reader.require(Action.NOTICE_CHOOSE)
        if not account or account == reader.name:
            if self._people.account(reader.name) is None:
                raise InputError("name an account: the operator of this machine has none")
            return reader.name
        reader.require(Action.NOTICE_RUN)
        if self._people.account(account) is None:
            raise NotFound("no such account")
        return account

    def _check_places(self, choice: Choice) -> None:
        channels = notice_settings.load(self._folder)
        for channel in CHANNELS:
            way = choice.way(channel)
            if way.kinds and channels.limit(channel, way.to) is None:
                told = {MAIL: "mail may not go to that address", FEED: "feeds are off",
                        WEBHOOK: "there is no webhook of that name"}  # fmt: skip
                reason = f"{channel}: {told[channel]} at this node"
                raise InputError(reason, field=f"{channel}.kinds", problem="refused")

    def _settings_view(self, name: str, who: Reader, row: Any) -> views.SettingsView:
        choice = choice_of(row) if row is not None else Choice()
        ways = {
            channel: views.WayView(**msgspec.structs.asdict(choice.way(channel)))
            for channel in CHANNELS
        }
        return views.SettingsView(
            account=name, agency=(row.agency if row is not None else "") or self._agency, **ways,
            language=choice.language, time_zone=choice.time_zone,
            minimum_score=choice.minimum_score, subject_kinds=choice.subject_kinds,
            clock_minutes=choice.clock_minutes, forms=choice.forms,
            has_feed=bool(row is not None and row.feed),
            kinds=tuple(_kind(kind) for code, kind in kinds().items()
                        if self._telling.may(who, code)),
            channels=self.channels(), subjects=SUBJECTS, address=self.addresses.state(name),
        )  # fmt: skip

    def address(self) -> str:
        """Return where people reach the node, with which addresses of feeds begin; "" unsaid."""
        return notice_settings.load(self._folder).address

    # --- what waits ----------------------------------------------------------------------------

    def waiting(self, reader: Reader, *, via: str = "") -> tuple[views.NoticeView, ...]:
        """Return what waits for the reader, newest first, each thing once.

        :param via: the channel whose message led here, to be counted.
        """
        reader.require(Action.NOTICE_READ)
        if via in CHANNELS:
            self._uses.note(reader.name, via, OPENED)
        with self._store.read() as connection:
            items = rows.items_by(connection, reader.name, PAGES, limit=_SHOWN)
        with self._telling.looking(reader, None, self.outbox.now()) as looks:
            found = {
                (item.kind, item.subject): _notice(item, told)
                for item in reversed(items)
                if (told := self._telling.told(looks.content, reader, item)) is not None
            }
        self._gate.note(reader, Action.NOTICE_READ, detail=f"rows={len(found)}")
        return tuple(sorted(found.values(), key=lambda one: one.at, reverse=True))

    def follow(self, reader: Reader, name: str, *, via: str = "") -> str:
        """Return the page that one of the reader's own notices is about, and count the visit.

        :raises NotFound: when it is not the reader's, or there is nothing to tell any more.
        """
        reader.require(Action.NOTICE_READ)
        with self._store.read() as connection:
            item = rows.item(connection, name)
        told: Told | None = None
        if item is not None and item.account == reader.name:
            self._uses.note(reader.name, via if via in CHANNELS else PAGES, OPENED)
            with self._telling.looking(reader, None, self.outbox.now()) as looks:
                told = self._telling.told(looks.content, reader, item)
        if told is None:
            raise NotFound("nothing of that waits any more")
        return told.path

    # --- feeds ---------------------------------------------------------------------------------

    def make_feed(self, reader: Reader) -> views.FeedView:
        """Return a new address of the reader's feed; the one before counts no more."""
        token = secrets.token_urlsafe(32)
        self._set_feed(reader, _digest(token), "feed made")
        return views.FeedView(path=f"/feed/{token}")

    def end_feed(self, reader: Reader) -> None:
        """Let the address of the reader's feed count no more."""
        self._set_feed(reader, "", "feed ended")

    def _set_feed(self, reader: Reader, digest: str, detail: str) -> None:
        name = self._whose(reader, "")
        with self._store.write() as connection:
            rows.choose(connection, name, text_of(self.outbox.now()), feed=digest)
        self._gate.note(reader, Action.NOTICE_CHOOSE, subject=name, detail=detail)

    def feed(self, token: str, signed_in: Reader | None = None) -> notice_feed.Feed:
        """Return the feed of an address.

        :param signed_in: who asks, where a session came along; the owner sees all titles.
        :raises NotFound: when the address counts for nobody, or feeds are off.
        """
        with self._store.read() as connection:
            row = rows.of_feed(connection, _digest(token))
        limit = notice_settings.load(self._folder).limit(FEED, "")
        reader = self._people.account(row.account) if row is not None else None
        if row is None or reader is None or limit is None:
            raise NotFound("no such feed")
        here = signed_in is not None and signed_in.name == reader.name
        if signed_in is not None and here:  # read at the node, with no further limit than there
            reader, limit = signed_in, None
        choice = choice_of(row)
        language = choice.language or reader.language
        self._uses.note(row.account, FEED, OPENED)
        with self._store.read() as connection:
            items = rows.items_by(connection, row.account, PAGES if here else FEED, limit=_FED)
        with self._telling.looking(reader, limit, self.outbox.now()) as looks:
            said = self._telling.say(looks, reader, items, language)
        self._gate.note(reader, Action.NOTICE_READ, detail=f"feed rows={len(said.lines)}")
        return notice_feed.write(
            said, name=row.feed[:16], site=self._site, account=row.account,
            address=notice_settings.load(self._folder).address, language=language, since=row.since,
        )  # fmt: skip


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _kind(kind: Kind) -> views.KindView:
    return views.KindView(code=kind.code, en=kind.text_en, es=kind.text_es)


def _notice(item: Any, told: Told) -> views.NoticeView:
    kind = kinds()[item.kind]
    return views.NoticeView(
        id=item.id, kind=views.KindView(code=kind.code, en=kind.one_en, es=kind.one_es),
        at=item.at, title_en=line_of(item, told, "en").title,
        title_es=line_of(item, told, "es").title, path=told.path, due=told.due,
        level=told.level,
    )  # fmt: skip
