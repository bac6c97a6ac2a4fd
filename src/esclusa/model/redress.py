"""Redress: a person who was taken for somebody on a list is given a number that prevents the next
time."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from esclusa.model.referral import Recorded


class RedressEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A list entry that a person is not: its list, its id there, and a digest of its facts at that
    time, so that a changed entry is another one."""

    list_id: str
    uid: str
    digest: str = ""


class RedressPerson(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who is vouched for. ``birth_date`` is ``YYYY-MM-DD``, ``nationality`` an ICAO 9303 code,
    ``documents`` are ``type:number`` as on the papers."""

    name: str = ""
    birth_date: str = ""
    nationality: str = ""
    documents: tuple[str, ...] = ()


class RedressMove(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True,
    tag_field="kind", tag="redress_move",
):  # fmt: skip
    """A step on a redress case. Cases stay at home; what partners get is the grant.

    ``case`` is the case's name; ``number`` counts its steps from 1. ``by`` is the person, ``at`` is
    ISO 8601 UTC. ``person`` and ``entries`` are said with the application, and ``person`` again
    when papers are seen. ``redress`` is the number given, ``until`` its last day (``YYYY-MM-DD``)
    and ``partners`` are who is told; all three are said with a grant and a renewal.
    """

    case: str
    number: int
    move: str
    by: str
    at: str
    person: RedressPerson = RedressPerson()
    entries: tuple[RedressEntry, ...] = ()
    recorded: tuple[Recorded, ...] = ()
    redress: str = ""
    until: str = ""
    partners: tuple[str, ...] = ()


class RedressGrant(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True,
    tag_field="kind", tag="redress_grant",
):  # fmt: skip
    """What a redress number stands for, as every node that honours it knows it.

    ``agency`` gave the ``redress`` number; both are the natural key, and each change is a new
    version. ``state``: ``granted`` or ``ended``, which carries nothing of the person any more.
    ``at`` is when it was granted, or ended (ISO 8601 UTC); ``until`` is its last day. No officer is
    named: the agency answers for it.
    """

    WHOLE: ClassVar[frozenset[str]] = frozenset({"state", "until"})

    redress: str
    agency: str
    state: str
    at: str
    until: str = ""
    person: RedressPerson = RedressPerson()
    entries: tuple[RedressEntry, ...] = ()
