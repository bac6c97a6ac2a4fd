"""What faces see of notices: an account's settings, what waits for it, the outbox, the use made.

Moments are ISO 8601 UTC; texts in both languages come with the values.
"""

from __future__ import annotations

import msgspec


class KindView(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of notice that the reader's role may be told of."""

    code: str
    en: str
    es: str


class ChannelView(msgspec.Struct, frozen=True, kw_only=True):
    """A channel: whether it can be used at this node, where it may go (domains of mail, names of
    webhooks), and the levels up to which it shows content and tells that something waits."""

    channel: str
    usable: bool
    places: tuple[str, ...]
    level: int
    waits: int


class WayView(msgspec.Struct, frozen=True, kw_only=True):
    """What an account chose for a channel: see :class:`~esclusa.casework.notices.Way`."""

    kinds: tuple[str, ...]
    when: str
    at: str
    to: str


class AddressView(msgspec.Struct, frozen=True, kw_only=True):
    """An account's mail address. ``state``: ``none``, ``waiting`` (its code has not gone yet),
    ``sent`` (the code is awaited ``until``), ``over`` (it counts no more), ``refused`` (the mail
    server takes no letters to it), ``confirmed``. Notices go to a confirmed one alone."""

    address: str = ""
    state: str = "none"
    until: str = ""


class SettingsView(msgspec.Struct, frozen=True, kw_only=True):
    """An account's settings. ``agency`` is the one that its use is counted for. ``has_feed``: there
    is an address of a feed; the address itself is shown once, when it is made."""

    account: str
    agency: str
    mail: WayView
    webhook: WayView
    feed: WayView
    language: str
    time_zone: str
    minimum_score: float
    subject_kinds: tuple[str, ...]
    clock_minutes: int
    forms: bool
    has_feed: bool
    kinds: tuple[KindView, ...]
    channels: tuple[ChannelView, ...]
    subjects: tuple[str, ...]
    address: AddressView = AddressView()


class NoticeView(msgspec.Struct, frozen=True, kw_only=True):
    """Something that waits: what, since when it was told, its page, until when ("" for no end)."""

    id: str
    kind: KindView
    at: str
    title_en: str
    title_es: str
    path: str
    due: str
    level: int


class FeedView(msgspec.Struct, frozen=True, kw_only=True):
    """The address of a feed, as it was just made; it cannot be shown again."""

    path: str


class MessageView(msgspec.Struct, frozen=True, kw_only=True):
    """A message of the outbox. ``state`` is a word of ``ledger.notices.STATES``, ``told`` a code
    that says why; ``items`` is how many notices it gathers. No content."""

    id: str
    account: str
    channel: str
    at: str
    state: str
    due: str
    attempts: int
    told: str
    items: int


class OutboxView(msgspec.Struct, frozen=True, kw_only=True):
    """The outbox: how many messages stand in each state, and the newest of those asked for."""

    counts: dict[str, int]
    messages: tuple[MessageView, ...]
    channels: tuple[ChannelView, ...]


class UseView(msgspec.Struct, frozen=True, kw_only=True):
    """The use that one agency made of one channel in the period."""

    agency: str
    channel: str
    sent: int
    opened: int
    answered: int
    refused: int


class AgencyUseView(msgspec.Struct, frozen=True, kw_only=True):
    """An agency's use in the period: its accounts here, the channels, the last day on which anybody
    there used anything ("" never), and days since then (None never)."""

    agency: str
    partner: bool
    accounts: int
    last: str
    idle_days: int | None
    channels: tuple[UseView, ...]


class UsePage(msgspec.Struct, frozen=True, kw_only=True):
    """Use by agency, from ``since`` to ``until`` (days, UTC, both included). ``active`` of
    ``agencies`` used anything in it."""

    since: str
    until: str
    agencies: int
    active: int
    rows: tuple[AgencyUseView, ...]


class AnsweredView(msgspec.Struct, frozen=True, kw_only=True):
    """What a form did: whose answer, which step, and the referral it was about."""

    account: str
    move: str
    referral: str
    state_en: str
    state_es: str


class TestView(msgspec.Struct, frozen=True, kw_only=True):
    """How a test of a channel ended: ``sent``, ``later`` or ``refused``, and why."""

    state: str
    told: str
