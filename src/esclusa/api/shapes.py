"""What the API takes and answers beyond the views of :mod:`esclusa.sharing.views`."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

import msgspec

from esclusa.sharing.views import ScreenHit


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A body; a member we do not know is a mistake worth telling."""


class SignIn(Asked, frozen=True, kw_only=True):
    """Name, password and, from the closed list, the purpose of this session."""

    name: str
    password: str
    purpose: str = ""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A session that is open: its bearer token and who it is for. With ``password_due`` the
    password has to be changed first, by ``POST /password``: nothing else is answered before."""

    token: str
    name: str
    role: str
    agency: str
    purpose: str
    password_due: bool = False


class PasswordAsked(Asked, frozen=True, kw_only=True):
    """The present password of the account and the new one, at least 12 characters."""

    old: str
    new: str


class VerdictAsked(Asked, frozen=True, kw_only=True):
    """A verdict's code, from ``GET /verdicts``, and the reason in the person's own words. ``seen``
    is the sign of what you saw of the alert, "" not to compare."""

    verdict: str
    reason: str = ""
    seen: str = ""


class MatchDecided(Asked, frozen=True, kw_only=True):
    """A decision on a match: ``outcome`` ``not_the_same``, ``the_same`` or ``cannot_tell``.
    ``until`` is its last day (``YYYY-MM-DD``), "" for the node's setting; ``redress`` the number
    under which the party may state it later."""

    outcome: str
    reason: str
    until: str = ""
    redress: str = ""


class EntityJudged(Asked, frozen=True, kw_only=True):
    """Two mentions (or entities: then their earliest mention) and what is said of them:
    ``verdict`` is ``same`` or ``different``."""

    one: str
    other: str
    verdict: str
    reason: str


class EntityUnjudged(Asked, frozen=True, kw_only=True):
    """Why a judgement is taken back; may be left out."""

    reason: str = ""


class ScreenAsked(Asked, frozen=True, kw_only=True):
    """A name to compare with the lists. ``type``: ``any``, ``person``, ``organisation``,
    ``vessel``, or ``address``: then ``name`` is an address. ``birth_date`` is ISO 8601, possibly
    partial; ``nationality`` a country code; ``birth_place`` and ``address`` back the name up."""

    name: str
    type: str = "any"
    birth_date: str = ""
    nationality: str = ""
    identifiers: tuple[str, ...] = ()
    birth_place: str = ""
    address: str = ""
    limit: int = 20


class ScreenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Possible matches, best first. None at all says nothing about the name's bearer."""

    hits: tuple[ScreenHit, ...]
    note: str = "A name without a hit may still belong to a listed person, firm or ship."


class VerdictChoice(msgspec.Struct, frozen=True, kw_only=True):
    """One verdict of the closed list."""

    code: str
    text_en: str
    text_es: str


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """The node answers. No counts and no versions: the address is open to everybody."""

    status: str


class RecordQuery(msgspec.Struct, frozen=True, kw_only=True):
    """``version`` 0 means the newest."""

    version: int = 0


class SearchQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Words, or a bill, container, IMO or document number. ``kind`` restricts the record kind."""

    text: str
    kind: str = ""
    limit: int = 50


class SourceQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The file's name as the sender gave it. ``mapping`` is the id of the kept mapping to read a
    table with; "" takes the only one whose headings all stand in the table, else a guess."""

    name: str
    mapping: str = ""


class MappingFileQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The mapping file's name; errors say it."""

    name: str = "mapping"


class MappingQuery(msgspec.Struct, frozen=True, kw_only=True):
    """``digest`` is the beginning of an earlier version's digest; "" means the newest version."""

    digest: str = ""


class LimitQuery(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows at most."""

    limit: int = 50


class EntityQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Words of a name, or a number."""

    text: str
    limit: int = 50


class DepthQuery(msgspec.Struct, frozen=True, kw_only=True):
    """How many links away at most, 1 to 3."""

    depth: int = 1


class ChartQuery(msgspec.Struct, frozen=True, kw_only=True):
    """``depth`` is 1 to 3 links; ``to`` another entity's id, to get the ways to it; ``through`` are
    hubs to open, one a line, as nodes say in ``opens``."""

    depth: int = 1
    to: str = ""
    through: str = ""


class StoryQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A ``kind`` of entry, days as ``YYYY-MM-DD`` (both included), the ``next_cursor`` of the page
    before; what is left out restricts nothing."""

    kind: str = ""
    since: str = ""
    until: str = ""
    cursor: str = ""
    limit: int = 50


class OtherQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The other entity's id."""

    other: str


class AuditQuery(msgspec.Struct, frozen=True, kw_only=True):
    """``before`` is the ``seq`` of the last row of the page before; 0 starts at the newest."""

    limit: int = 100
    before: int = 0
    who: str = ""
    action: str = ""


class PreviewQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The partner whose copy is asked for."""

    partner: str


class Recalled(msgspec.Struct, frozen=True, kw_only=True):
    """Who had the record and was told to erase it."""

    holders: tuple[str, ...]


class RecordRecalled(Asked, frozen=True, kw_only=True):
    """Why a record is taken back."""

    reason: str


class FileRecalled(Asked, frozen=True, kw_only=True):
    """Why all records of a file are taken back. ``version`` is that of the plan that was looked at
    (``GET /sources/{source_id}/recall-plan``): with another one nothing is taken back."""

    reason: str
    version: str = ""


class ConsentAsked(Asked, frozen=True, kw_only=True):
    """A use of a copy towards an agency: to ``pass`` it on, or to ``derive`` another record."""

    to: str
    use: Literal["pass", "derive"] = "pass"
    why: str = ""


class ConsentSaid(Asked, frozen=True, kw_only=True):
    """An answer to a question; ``until`` (UTC, not included) None is without end."""

    record: str
    asker: str
    to: str
    use: Literal["pass", "derive"] = "pass"
    granted: bool
    until: Annotated[dt.datetime, msgspec.Meta(tz=True)] | None = None


class PassedOn(Asked, frozen=True, kw_only=True):
    """The agency that gets the copy."""

    to: str
