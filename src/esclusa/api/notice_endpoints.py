"""The API's addresses about notices: settings, what waits, feeds, forms, the outbox, use."""

from __future__ import annotations

from typing import Final

import msgspec

from esclusa.api.body import small
from esclusa.api.endpoint import Call, at
from esclusa.api.queries import check_limit, one_of
from esclusa.api.shapes import Asked
from esclusa.casework.notices import CHANNELS, Choice
from esclusa.node.notice_running import OUTBOX_STATES
from esclusa.sharing import notice_views as views

LANGUAGES: Final = ("", "en", "es")


class NoticeAccountQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Whose settings: "" for one's own; another's is for who runs the node."""

    account: str = ""


class NoticeChosen(Asked, frozen=True, kw_only=True):
    """What an account wants to be told of; it takes the place of all it chose before."""

    choice: Choice
    account: str = ""


class NoticeAgency(Asked, frozen=True, kw_only=True):
    """For which agency an account's use is counted; "" for the node's own."""

    account: str
    agency: str = ""


class NoticeCode(Asked, frozen=True, kw_only=True):
    """The code that went to the account's own mail address."""

    code: str


class NoticeViaQuery(msgspec.Struct, frozen=True, kw_only=True):
    """``via`` is the channel whose message led here, to be counted; "" for none."""

    via: str = ""


class OutboxQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which messages: ``state`` "" those that wait or failed, ``all``, or one state."""

    state: str = ""
    limit: int = 100


class NoticeTested(Asked, frozen=True, kw_only=True):
    """A test: ``mail`` to an address, or ``webhook`` to one by its name."""

    channel: str
    to: str


class NoticeUseQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The last days, today included."""

    days: int = 92


class NoticeFormQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A form: whose answer it is for, in which language ("" for the reader's)."""

    account: str
    language: str = ""


class NoticeFileQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The name of a file, for what is said of it."""

    name: str = ""


class NoticeForm(msgspec.Struct, frozen=True, kw_only=True):
    """A form for an answer: a name and the text of a table (CSV)."""

    name: str
    text: str


async def settings(call: Call) -> views.SettingsView:
    """What an account wants to be told of, and what it can choose from."""
    return await call.ask(call.node.notices.settings, call.query.account)


async def choose(call: Call) -> views.SettingsView:
    """Say what an account wants to be told of, by which channel and when."""
    asked: NoticeChosen = call.body
    return await call.ask(call.node.notices.choose, asked.choice, asked.account)


async def count_for(call: Call) -> views.SettingsView:
    """Say for which agency an account's use is counted."""
    asked: NoticeAgency = call.body
    return await call.ask(call.node.notices.count_for, asked.account, asked.agency)


async def confirm_address(call: Call) -> views.AddressView:
    """Confirm the own mail address by the code that went there; no notice goes to it before."""
    asked: NoticeCode = call.body
    return await call.ask(call.node.notices.addresses.confirm, asked.code)


async def send_code(call: Call) -> views.AddressView:
    """Have another code sent to the own mail address; the one before counts no more."""
    return await call.ask(call.node.notices.addresses.send_again)


async def notices_waiting(call: Call) -> tuple[views.NoticeView, ...]:
    """What waits for the reader, newest first."""
    via = one_of("via", call.query.via, ("", *CHANNELS))
    return await call.ask(call.node.notices.waiting, via=via)


async def make_feed(call: Call) -> views.FeedView:
    """Make a new address for the reader's feed; it is shown this once, and the old one ends."""
    return await call.ask(call.node.notices.make_feed)


async def end_feed(call: Call) -> None:
    """Let the address of the reader's feed count no more."""
    await call.ask(call.node.notices.end_feed)


async def outbox(call: Call) -> views.OutboxView:
    """Messages of the outbox, newest first, without content."""
    asked: OutboxQuery = call.query
    one_of("state", asked.state, OUTBOX_STATES)
    check_limit(asked.limit, call.limits)
    return await call.ask(call.node.notices.messages, state=asked.state, limit=asked.limit)


async def again(call: Call) -> None:
    """Let a message that was refused or given up be tried once more."""
    await call.ask(call.node.notices.again, call.path["message_id"])


async def test(call: Call) -> views.TestView:
    """Send a test by a channel; it tells of nothing."""
    asked: NoticeTested = call.body
    return await call.ask(call.node.notices.test, asked.channel, asked.to)


async def use(call: Call) -> views.UsePage:
    """The use that each agency made of the node, by channel."""
    return await call.ask(call.node.notices.use, days=call.query.days)


async def form(call: Call) -> NoticeForm:
    """The form by which an account without the portal answers a referral."""
    asked: NoticeFormQuery = call.query
    one_of("language", asked.language, LANGUAGES)
    made = await call.ask(
        call.node.notices.form, call.path["referral_id"], asked.account, asked.language
    )
    return NoticeForm(name=made.name, text=made.text)


async def answer_by_form(call: Call) -> views.AnsweredView:
    """Take in a filled form: the step that it asks for is made in its account's name."""
    data = await small(call.request, call.limits.form_bytes)
    return await call.ask(call.node.notices.take_in, data, file=call.query.name)


ENDPOINTS: Final = (
    at("GET", "/notices", notices_waiting, tuple[views.NoticeView, ...], query=NoticeViaQuery),
    at("GET", "/notice-settings", settings, views.SettingsView, query=NoticeAccountQuery),
    at("POST", "/notice-settings", choose, views.SettingsView, body=NoticeChosen),
    at("POST", "/notice-address", confirm_address, views.AddressView, body=NoticeCode),
    at("POST", "/notice-address/again", send_code, views.AddressView),
    at("POST", "/notice-agencies", count_for, views.SettingsView, body=NoticeAgency),
    at("POST", "/notice-feed", make_feed, views.FeedView),
    at("POST", "/notice-feed/end", end_feed, None, status=204),
    at("GET", "/notice-outbox", outbox, views.OutboxView, query=OutboxQuery),
    at("POST", "/notice-outbox/{message_id}/again", again, None, status=204),
    at("POST", "/notice-tests", test, views.TestView, body=NoticeTested),
    at("GET", "/notice-use", use, views.UsePage, query=NoticeUseQuery),
    at("GET", "/notice-forms/{referral_id}", form, NoticeForm, query=NoticeFormQuery),
    at(
        "POST",
        "/notice-answers",
        answer_by_form,
        views.AnsweredView,
        query=NoticeFileQuery,
        raw=True,
    ),
)
"""Every address of the API about notices."""
