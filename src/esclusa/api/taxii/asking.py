"""What a TAXII request says: media types, sign-in, filters and the place to go on from."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import re
from typing import Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request

from esclusa.errors import InputError, SignInError
from esclusa.node.shelves import Wanted, microseconds, moment

MEDIA: Final = "application/taxii+json;version=2.1"
_PLAIN: Final = "application/taxii+json"
_ANY: Final = ("*/*", "application/*")
_MATCHES: Final = ("id", "type", "version", "spec_version")
_WORDS: Final = 100
"""Values of one filter; each becomes a parameter of a query."""
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d+))?Z\Z")


def accept(request: Request) -> None:
    """Refuse with 406 a client that does not take TAXII 2.1 (§1.6.8)."""
    wanted = request.headers.get("accept", "*/*")
    if not any(_is_ours(part, wild=True) for part in wanted.split(",")):
        raise HTTPException(406, f"this door answers in {MEDIA}")


def content(request: Request) -> None:
    """Refuse with 415 a body that is not TAXII 2.1."""
    if not _is_ours(request.headers.get("content-type", ""), wild=False):
        raise HTTPException(415, f"a body is {MEDIA}")


def _is_ours(said: str, *, wild: bool) -> bool:
    media, *parameters = (part.strip().lower() for part in said.split(";"))
    if wild and media in _ANY:
        return True
    versions = [p for p in parameters if p.startswith("version")]
    right = all(p.partition("=")[2].strip(' "') == "2.1" for p in versions)
    return media == _PLAIN and right


def token(request: Request) -> str:
    """Return the client's token: the password of HTTP Basic (RFC 7617), or a bearer token.

    :raises SignInError: when there is none.
    """
    scheme, _, said = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() in ("bearer", "token") and said.strip():
        return said.strip()
    if scheme.lower() == "basic":
        try:
            text = base64.b64decode(said.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            text = ""
        if password := text.partition(":")[2]:
            return password
    raise SignInError("sign in with the client's name and token")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Filters of a request. ``digits``: how finely its moment was written."""

    wanted: Wanted
    digits: int
    nothing: bool
    """Nothing can match: another version of STIX was asked for."""


def asked(request: Request, *, most: int, object_id: str = "") -> Asked:
    """Read the query of a request (§3.3 to 3.5).

    :param object_id: the one object that the address names.
    :raises InputError: for a filter or value that is not known: dropping it widens the answer.
    """
    query = request.query_params
    known = {"added_after", "limit", "next", *(f"match[{name}]" for name in _MATCHES)}
    if strange := sorted(set(query) - known):
        raise InputError(f"the parameter {strange[0][:40]!r} is not one of TAXII 2.1")
    ids = (object_id,) if object_id else _values(request, "id")
    specs = _values(request, "spec_version")
    after, digits = _after(query.get("added_after", ""), query.get("next", ""))
    return Asked(
        wanted=Wanted(
            after=after, limit=_limit(query.get("limit", ""), most), ids=ids,
            types=_values(request, "type"), versions=_versions(_values(request, "version")),
        ),
        digits=digits,
        nothing=bool(specs) and "2.1" not in specs,
    )  # fmt: skip


def _values(request: Request, name: str) -> tuple[str, ...]:
    said = ",".join(request.query_params.getlist(f"match[{name}]"))
    found = tuple(dict.fromkeys(word.strip() for word in said.split(",") if word.strip()))
    if len(found) > _WORDS:
        raise InputError(f"match[{name}] has {len(found)} values; at most {_WORDS} at once")
    return found


def _versions(said: tuple[str, ...]) -> tuple[str, ...]:
    found = []
    for word in said or ("last",):
        stored = word if word in ("last", "first", "all") else moment(word)
        if not stored:
            raise InputError("match[version] is last, first, all or a timestamp")
        found.append(stored)
    return tuple(found)


def _limit(said: str, most: int) -> int:
    """No limit, and 0, which some clients send for it, mean the most that one page holds."""
    if not said:
        return most
    if not said.isascii() or not said.isdigit() or len(said) > 18:
        raise InputError("limit is a whole number of objects")
    return min(int(said), most) or most


def _after(added: str, following: str) -> tuple[int, int]:
    """Return the position to go on from, and the digits it was written with.

    ``next`` is a position and stands alone: a client that sends both goes on from ``next``.
    """
    if following:
        if not following.isascii() or not following.isdigit() or len(following) > 18:
            raise InputError("next is not one that this door gave out")
        return int(following), 6
    if not added:
        return 0, 6
    match = _MOMENT.match(added)
    stored = moment(added) if match else ""
    if match is None or not stored:
        raise InputError("added_after is not a timestamp such as 2026-11-26T08:30:00.000001Z")
    return max(0, microseconds(dt.datetime.fromisoformat(stored))), len(match[1] or "")
