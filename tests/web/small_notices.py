"""Notices of a small node; ``name`` stands for every text that a person or a partner wrote."""

from __future__ import annotations

from typing import Any

from small_lists import LIST
from small_referrals import ASKED

from esclusa.casework.notices import CHANNELS, Choice, check, kinds
from esclusa.errors import InputError, NotFound
from esclusa.node.notice_desk import SUBJECTS
from esclusa.node.notice_mail import Attached
from esclusa.node.notice_use import use_csv
from esclusa.sharing import notice_views as views
from esclusa.sharing.reader import Action, Reader

NOTICE = "00000000000000000000000000000001"
_AT = "2026-11-19T12:00:00.000000Z"


class SmallNotices:
    """The services of :class:`esclusa.node.notice_desk.NoticeDesk`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def settings(self, reader: Reader, account: str = "") -> views.SettingsView:
        reader.require(Action.NOTICE_CHOOSE)
        every = tuple(kinds())
        return views.SettingsView(
            account=reader.name, agency=self.name or "marisol",
            mail=views.WayView(kinds=every[:2], when="daily", at="07:00",
                               to=self.name or "ana@customs.example"),
            webhook=views.WayView(kinds=(), when="at_once", at="07:00", to=self.name or "desk"),
            feed=views.WayView(kinds=every[:1], when="at_once", at="07:00", to=""),
            language="es", time_zone=self.name or "America/Panama", minimum_score=40.0,
            subject_kinds=SUBJECTS[:1], clock_minutes=120, forms=True, has_feed=True,
            kinds=tuple(views.KindView(code=k.code, en=k.text_en, es=k.text_es)
                        for k in kinds().values()),
            channels=self.channels(), subjects=SUBJECTS,
            address=views.AddressView(address=self.name or "ana@customs.example", state="sent",
                                      until="2026-11-28T12:00:00.000000Z"),
        )  # fmt: skip

    def channels(self) -> tuple[views.ChannelView, ...]:
        places = {"mail": ("customs.example",), "webhook": (self.name or "desk",), "feed": ()}
        return tuple(
            views.ChannelView(channel=one, usable=True, places=places[one], level=0, waits=2)
            for one in CHANNELS
        )

    def address(self) -> str:
        return "https://esclusa.customs.example"

    def choose(self, reader: Reader, choice: Choice, account: str = "") -> views.SettingsView:
        check(choice, SUBJECTS)
        return self.settings(reader)

    def count_for(self, reader: Reader, account: str, agency: str) -> views.SettingsView:
        reader.require(Action.NOTICE_RUN)
        return self.settings(reader)

    def waiting(self, reader: Reader, *, via: str = "") -> tuple[views.NoticeView, ...]:
        reader.require(Action.NOTICE_CHOOSE)
        kind = kinds()["referral_clock"]
        title = self.name or "NRCH B1"
        return (
            views.NoticeView(
                id=NOTICE, kind=views.KindView(code=kind.code, en=kind.one_en, es=kind.one_es),
                at=_AT, title_en=title, title_es=title, path="/queue", due=_AT, level=1,
            ),
        )  # fmt: skip

    def follow(self, reader: Reader, name: str, *, via: str = "") -> str:
        if name != NOTICE:
            raise NotFound("nothing of that waits any more")
        return f"/lists/{LIST}"

    def make_feed(self, reader: Reader) -> views.FeedView:
        return views.FeedView(path="/feed/" + "x" * 43)

    def end_feed(self, reader: Reader) -> None:
        reader.require(Action.NOTICE_CHOOSE)

    def messages(self, reader: Reader, **asked: Any) -> views.OutboxView:
        reader.require(Action.NOTICE_RUN)
        states = ("waiting", "sending", "sent", "empty", "refused", "given_up")
        return views.OutboxView(
            counts=dict.fromkeys(states, 1), channels=self.channels(),
            messages=tuple(
                views.MessageView(id=f"{number:032x}", account=self.name or "ana", channel="mail",
                                  at=_AT, state=state, due=_AT, attempts=number, told="answer 550",
                                  items=1)
                for number, state in enumerate(states)
            ),
        )  # fmt: skip

    def again(self, reader: Reader, name: str) -> None:
        reader.require(Action.NOTICE_RUN)

    def test(self, reader: Reader, channel: str, to: str) -> views.TestView:
        if channel == "webhook":
            raise InputError(f"webhook: nothing may go to {self.name or to}")
        return views.TestView(state="later", told="no connection")

    def form(self, reader: Reader, referral: str, account: str, language: str = "") -> Attached:
        reader.require(Action.NOTICE_FORM)
        return Attached(f"referral-{ASKED}.csv", f"field,value,note\r\n{self.name}")

    def take_in(self, reader: Reader, data: bytes, *, file: str = "") -> views.AnsweredView:
        if data != b"good":
            raise InputError("line 3: this form was used already", file=file)
        return views.AnsweredView(account=self.name or "hana", move="accept", referral=ASKED,
                                  state_en="Accepted", state_es="Aceptada")  # fmt: skip

    def use(self, reader: Reader, *, days: int = 92) -> views.UsePage:
        reader.require(Action.NOTICE_USE)
        used = views.UseView(
            agency="police", channel="mail", sent=3, opened=2, answered=1, refused=0
        )
        rows = (
            views.AgencyUseView(agency="police", partner=False, accounts=2, last="2026-11-18",
                                idle_days=1, channels=(used,)),
            views.AgencyUseView(agency=self.name or "northreach", partner=True, accounts=0, last="",
                                idle_days=None, channels=()),
        )  # fmt: skip
        return views.UsePage(
            since="2026-08-20", until="2026-11-19", agencies=2, active=1, rows=rows
        )

    def use_csv(self, reader: Reader, *, days: int = 92) -> str:
        return use_csv(self.use(reader, days=days))
