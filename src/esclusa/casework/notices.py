"""What an account may be told of, by which way and when; and how long a message that failed waits.

The kinds stand in ``notice_kinds.csv`` with the action that a role must include to be told of them;
the words of a message in ``notice_words.csv``. No clock, no network.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from esclusa.casework.tables import table
from esclusa.errors import InputError

MAIL, WEBHOOK, FEED = "mail", "webhook", "feed"
CHANNELS: Final = (MAIL, WEBHOOK, FEED)
PAGES: Final = "pages"
"""What waits at the node itself, for whoever signs in: all that an account asked for."""
AT_ONCE, HOURLY, DAILY = "at_once", "hourly", "daily"
TIMES: Final = (AT_ONCE, HOURLY, DAILY)
LANGUAGES: Final = ("en", "es")

_HOUR: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_MAILBOX: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+"
)
"""A mailbox (RFC 5321 §4.1.2, dot-string and domain, ASCII): nothing in it can end a line."""
_MAILBOX_MOST: Final = 254
_CLOCK: Final = (10, 7 * 24 * 60)
"""Minutes before a referral is due: from ten minutes to a week."""

_FIRST_WAIT: Final = dt.timedelta(minutes=1)
_LONGEST_WAIT: Final = dt.timedelta(hours=4)
GIVEN_UP_AFTER: Final = dt.timedelta(days=4)
"""A message is tried for four days: the give-up time that RFC 5321 §4.5.4.1 calls usual."""


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of notice: ``action`` is what a role must include, ``text`` names it in the
    settings, ``one`` names it in a message."""

    code: str
    action: str
    text_en: str
    text_es: str
    one_en: str
    one_es: str

    def text(self, language: str) -> str:
        """Return its name for the settings."""
        return self.text_es if language == "es" else self.text_en

    def one(self, language: str) -> str:
        """Return what a message calls one of it."""
        return self.one_es if language == "es" else self.one_en


class Way(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """One channel of an account: the kinds that go by it, when, and where to.

    ``when``: ``at_once``, ``hourly`` or ``daily``; ``at`` is the local time of a daily digest.
    ``to`` is a mail address or the name of a webhook; a feed needs none.
    """

    kinds: tuple[str, ...] = ()
    when: str = AT_ONCE
    at: str = "07:00"
    to: str = ""


class Choice(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """What an account wants to be told of.

    ``language`` and ``time_zone`` are "" for those of the account. An alert counts from
    ``minimum_score`` points, and of ``subject_kinds`` only (none named: of all). A clock of a
    referral or a request is told ``clock_minutes`` before it is due. ``forms``: a mail about a
    referral carries the form for its answer, where the mail may show the referral.
    """

    mail: Way = Way()
    webhook: Way = Way()
    feed: Way = Way()
    language: str = ""
    time_zone: str = ""
    minimum_score: float = 0.0
    subject_kinds: tuple[str, ...] = ()
    clock_minutes: int = 120
    forms: bool = False

    def way(self, channel: str) -> Way:
        """Return one of its channels."""
        found: Way = getattr(self, channel)
        return found

    def kinds(self) -> frozenset[str]:
        """Return every kind that goes by any channel."""
        return frozenset(kind for channel in CHANNELS for kind in self.way(channel).kinds)


@cache
def kinds() -> dict[str, Kind]:
    """Return the kinds of notices by code, in the order of the table."""
    return {row["code"]: Kind(**row) for row in table("notice_kinds.csv")}


@cache
def _words() -> dict[str, dict[str, str]]:
    return {row["code"]: {"en": row["text_en"], "es": row["text_es"]}
            for row in table("notice_words.csv")}  # fmt: skip


def word(code: str, language: str, **values: str) -> str:
    """Return a sentence of a message with its values; a language that is not there is English."""
    found = _words()[code]
    return found.get(language, found["en"]).format(**values)


def check(choice: Choice, subjects: Iterable[str]) -> Choice:
    """Return the choice if it can be kept.

    :param subjects: kinds of records that alerts can be about.
    :raises InputError: naming the first field that is wrong, and what was expected.
    """
    for channel in CHANNELS:
        _check_way(channel, choice.way(channel))
    if choice.language not in ("", *LANGUAGES):
        raise InputError("the language is en or es", field="language", problem="code")
    if choice.time_zone:
        zone(choice.time_zone)
    if not 0 <= choice.minimum_score <= 1_000_000:
        raise InputError(
            "minimum_score is a number of points from 0", field="minimum_score", problem="whole"
        )
    if unknown := set(choice.subject_kinds) - set(subjects):
        reason = f"subject_kinds names {min(unknown)[:40]!r}, which no alert is about"
        raise InputError(reason, field="subject_kinds", problem="code")
    if len(set(choice.subject_kinds)) != len(choice.subject_kinds):
        raise InputError("subject_kinds names one twice", field="subject_kinds", problem="twice")
    if not _CLOCK[0] <= choice.clock_minutes <= _CLOCK[1]:
        raise InputError(
            f"clock_minutes is a number from {_CLOCK[0]} to {_CLOCK[1]}", field="clock_minutes",
            problem="whole", expected=f"{_CLOCK[0]}–{_CLOCK[1]}",
        )  # fmt: skip
    return choice


def _check_way(channel: str, way: Way) -> None:
    if unknown := set(way.kinds) - kinds().keys():
        reason = f"{channel}: there is no kind of notice {min(unknown)[:40]!r}"
        raise InputError(reason, field=f"{channel}.kinds", problem="code")
    if len(set(way.kinds)) != len(way.kinds):
        raise InputError(
            f"{channel}: kinds names one twice", field=f"{channel}.kinds", problem="twice"
        )
    if way.when not in TIMES:
        reason = f"{channel}: when is one of {', '.join(TIMES)}"
        raise InputError(reason, field=f"{channel}.when", problem="code")
    if not _HOUR.fullmatch(way.at):
        reason = f"{channel}: at is a time of day such as 07:00"
        raise InputError(reason, field=f"{channel}.at", problem="hour")
    if channel == FEED and way.to:
        raise InputError("feed: its address is given by the node")
    if channel == MAIL and way.to and not is_mailbox(way.to):
        reason = "mail: to is one mail address such as ana@customs.example"
        raise InputError(reason, field="mail.to", problem="mail")
    if channel == WEBHOOK and way.to and not _NAME.fullmatch(way.to):
        reason = "webhook: to is the name of a webhook that an administrator entered"
        raise InputError(reason, field="webhook.to", problem="name")
    if channel != FEED and way.kinds and not way.to:
        reason = f"{channel}: to is empty, so nothing can go there"
        raise InputError(reason, field=f"{channel}.to", problem="missing")


def is_mailbox(text: str) -> bool:
    """Tell whether a text is one mail address and nothing else."""
    return len(text) <= _MAILBOX_MOST and _MAILBOX.fullmatch(text) is not None


def one_line(text: str, most: int) -> str:
    """Return a text as one line of at most so many printable characters, whatever it holds."""
    shown = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(shown.split())[:most]


def zone(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name; raises ``InputError``."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        reason = "time_zone is an IANA name such as America/Panama"
        raise InputError(reason, field="time_zone", problem="zone") from None


def goes_at(way: Way, place: ZoneInfo, at: dt.datetime) -> dt.datetime:
    """Return when a notice of a moment goes: at once, with the next full hour, or at the next time
    of day in the zone.

    A time of day that a change of clocks leaves out is read as by the clock before it (PEP 495).

    :param at: aware; the answer is in UTC.
    """
    if way.when == AT_ONCE:
        return at.astimezone(dt.UTC)
    if way.when == HOURLY:
        hour = at.astimezone(dt.UTC).replace(minute=0, second=0, microsecond=0)
        return hour + dt.timedelta(hours=1)
    local, time = at.astimezone(place), dt.time.fromisoformat(way.at)
    day = local.date()
    for step in range(3):
        moment = dt.datetime.combine(day + dt.timedelta(days=step), time, tzinfo=place)
        if (found := moment.astimezone(dt.UTC)) > at:
            return found
    raise AssertionError("a time of day comes within two days")


def wait(attempts: int) -> dt.timedelta:
    """Return how long a message rests after so many failed attempts: 1 minute, doubled each time,
    four hours at most."""
    doubled: int = 1 << min(max(attempts, 1) - 1, 10)
    return min(_FIRST_WAIT * doubled, _LONGEST_WAIT)
