"""A node's settings: one small TOML file in its folder."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Final, get_args
from zoneinfo import ZoneInfo

import msgspec

from esclusa.errors import ConfigError
from esclusa.model import EVERYONE, Body, Level, Marking
from esclusa.node.oidc_settings import Oidc
from esclusa.node.shown_names import IF_ANY, MODES

FILE: Final = "esclusa.toml"

RETENTION_DAYS: Final = {
    "traveller": 183,
    "consignment": 1827,
    "equipment": 1827,
    "transport_event": 1827,
    "port_call": 1827,
    "ship_declaration": 183,
    "examination": 1827,
    "ownership": 1827,
}
_KINDS: Final = frozenset(str(one.__struct_config__.tag) for one in get_args(Body))
_CLOCKED: Final = RETENTION_DAYS.keys() | {
    "seizure", "feedback", "referral_move", "information_move", "joint_case_move", "redress_move",
}  # fmt: skip
"""Kinds that ``retention_days`` decides on: what comes in, and what these rooms write. All
others go with what they are about (an alert), by a setting of their own (a case) or not at all."""
_LONGEST_SESSION: Final = 8_784
"""Hours in a leap year."""
_LONGEST_DAYS: Final = 36_525
"""A hundred years: more is a slip of the hand, and its last day would leave the calendar."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an administrator decides once.

    ``agency`` is the node's short name, the originator of its records. ``database`` is an
    SQLAlchemy URL; "" means ``ledger.sqlite`` in the node's folder. ``intake_level`` and
    ``intake_releasable_to`` (agencies) mark what comes in. ``retention_days`` is a clock per record
    kind, and a kind that it does not name keeps its default; six months for travellers, and for
    ship declarations because those of health and effects name persons, follows European passenger
    data practice (Directive (EU) 2016/681, art. 12), five years for cargo follows customs record
    keeping.
    A new edition of a watchlist that drops more than ``list_shrink_percent`` of the entries in
    force, or changes more than ``list_change_percent`` of them, waits for a person. One that comes
    into force is compared with kept records by ``list_workers`` processes; as many compute a
    large set of keys for a partner's pointer search.
    A decision on a match lasts ``match_days`` when nobody says otherwise, ``match_days_most`` at
    most, and is erased ``match_kept_days`` after its last day.
    ``entity_records`` is how many records the node is expected to hold: the more there are, the
    more has to agree before two are taken for one.
    A case is erased with its evidence ``case_kept_days`` after it was closed, five years as other
    records of customs; one that is not closed is kept. A file of evidence has at most
    ``evidence_bytes``: an hour of a yard's camera, and no more than a disk holds beside the ledger.
    A rule of the node's own is due for a review ``rule_review_before`` days before its last day, or
    after ``rule_review_after`` days in force, whichever comes first.
    ``oidc`` is the identity provider that people may sign in through. With ``local_sign_in`` off
    a password of this node opens no session, but for the accounts in ``local_accounts``: machines,
    and the one that is kept for the day when the provider is out of reach.
    ``shown_to_partners`` is what a step that goes to a partner tells of who made it: the account's
    ``name``, its service ``number``, or the ``number_if_any``.
    """

    agency: str
    title: str = ""
    database: str = ""
    time_zone: str = "UTC"
    intake_level: int = int(Level.OFFICIAL)
    intake_releasable_to: tuple[str, ...] = ()
    upload_bytes: int = 1 << 30
    session_hours: int = 12
    list_shrink_percent: float = 10.0
    list_change_percent: float = 50.0
    list_workers: int = 1
    match_days: int = 365
    match_days_most: int = 1827
    match_kept_days: int = 183
    entity_records: int = 100_000
    rule_review_before: int = 60
    rule_review_after: int = 365
    case_kept_days: int = 1827
    evidence_bytes: int = 1 << 30
    oidc: Oidc | None = None
    local_sign_in: bool = True
    local_accounts: tuple[str, ...] = ()
    shown_to_partners: str = IF_ANY
    retention_days: dict[str, int] = msgspec.field(default_factory=lambda: dict(RETENTION_DAYS))

    def __post_init__(self) -> None:
        if not self.agency.isidentifier():
            raise ConfigError(f"agency {self.agency!r}: one word of letters, digits, underscores")
        if not _is_zone(self.time_zone):
            raise ConfigError(f"time_zone {self.time_zone!r}: an IANA name, as America/Panama")
        self._fill_retention()
        if self.intake_level not in set(Level):
            raise ConfigError(f"intake_level {self.intake_level}: a number from 0 to 4")
        if not (0 < self.match_days <= self.match_days_most and self.match_kept_days >= 0):
            raise ConfigError("match_days is more than 0 and at most match_days_most")
        if not 1 <= self.list_workers <= 64:
            raise ConfigError(f"list_workers {self.list_workers}: a number from 1 to 64")
        if not (self.local_sign_in or self.oidc):
            raise ConfigError("local_sign_in is off and there is no oidc: nobody could sign in")
        if self.shown_to_partners not in MODES:
            raise ConfigError(f"shown_to_partners is one of {', '.join(MODES)}")
        if self.entity_records < 1:
            raise ConfigError(f"entity_records {self.entity_records}: a number from 1")
        for name in ("case_kept_days", "evidence_bytes", "upload_bytes"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} {getattr(self, name)}: a number from 1")
        if not 1 <= self.session_hours <= _LONGEST_SESSION:
            said = f"a number from 1 to {_LONGEST_SESSION}"
            raise ConfigError(f"session_hours {self.session_hours}: {said}")
        for name in ("rule_review_before", "rule_review_after"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} {getattr(self, name)}: a number of days from 1")
        for name in ("list_shrink_percent", "list_change_percent"):
            if not 0 <= getattr(self, name) <= 100:
                raise ConfigError(f"{name} {getattr(self, name)}: a number from 0 to 100")

    def _fill_retention(self) -> None:
        """Refuse a clock that would not run; give the kinds that are not named their default."""
        for kind, days in self.retention_days.items():
            if kind not in _KINDS:
                raise ConfigError(f"retention_days: {kind!r} is no kind of record")
            if kind not in _CLOCKED:
                said = f"has no clock here; these have: {', '.join(sorted(_CLOCKED))}"
                raise ConfigError(f"retention_days: {kind!r} {said}")
            if not 0 <= days <= _LONGEST_DAYS:
                said = f"a number of days from 0 to {_LONGEST_DAYS}"
                raise ConfigError(f"retention_days: {kind} {days}: {said}")
        msgspec.structs.force_setattr(self, "retention_days", RETENTION_DAYS | self.retention_days)

    def by_password(self, name: str) -> bool:
        """Tell whether the account of a name may sign in with a password of this node."""
        return self.local_sign_in or name in self.local_accounts

    def intake_marking(self) -> Marking:
        """Return the marking of what people bring in, when they say nothing else."""
        return self.marking_for(self.intake_releasable_to)

    def marking_for(self, agencies: Iterable[str]) -> Marking:
        """Return the marking of what is brought in for partners to get as agreements say."""
        return Marking(level=Level(self.intake_level), releasable_to=frozenset(agencies))

    def list_marking(self) -> Marking:
        """Return the marking of a published list: open to everyone."""
        return Marking(releasable_to=frozenset({EVERYONE}))

    def database_url(self, folder: Path) -> str:
        """Return the SQLAlchemy URL of the node's ledger."""
        return self.database or f"sqlite:///{folder / 'ledger.sqlite'}"


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # unknown, a folder of zones, no relative path
        return False
    return True


def load(folder: Path) -> Settings:
    """Read a node's settings; raises ``ConfigError`` naming the file and the wrong part."""
    path = folder / FILE
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), Settings)
    except FileNotFoundError:
        raise ConfigError(
            f"{folder} holds no node: {FILE} is missing; run `esclusa init`"
        ) from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"{path}: {error}") from error


def save(folder: Path, settings: Settings) -> None:
    """Write a new node's settings; only what differs from the defaults, so the file stays short."""
    lines = ["# Settings of this Esclusa node; see docs/operations.md"]
    lines.append(f"agency = {_toml(settings.agency)}")
    lines += [
        f"{name} = {_toml(value)}"
        for name in ("title", "database", "time_zone")
        if (value := getattr(settings, name)) and value != getattr(Settings(agency="x"), name)
    ]
    (folder / FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _toml(text: str) -> str:
    return msgspec.json.encode(text).decode()
