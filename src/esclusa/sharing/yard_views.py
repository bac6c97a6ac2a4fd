"""What faces see of the yard: a sheet with its boxes, a form as it was filled in, its receipt.

Moments are ISO 8601 UTC, but for those of a form, which are as the officer wrote them in his zone.
"""

from __future__ import annotations

import msgspec

from esclusa.model import Marking
from esclusa.sharing.referral_views import WordView


class Filled(msgspec.Struct, frozen=True, kw_only=True):
    """A form as filled in, nothing understood yet.

    ``id`` is a UUID that the device made. ``subject`` is the record id on the sheet and ``box`` one
    of its boxes ("" for a bill without one). ``result``, ``cause``, ``methods`` and ``category``
    are codes of ``codes/examination.toml``. ``started`` and ``completed`` are ``2026-11-28 10:00``
    in ``zone``, an IANA name. ``category``, ``what``, ``quantity`` and ``unit`` say what was found.
    ``photos`` are the SHA-256 of the photographs that come with it, which the node computes.
    """

    id: str
    subject: str
    box: str = ""
    result: str = ""
    cause: str = ""
    methods: tuple[str, ...] = ()
    started: str = ""
    completed: str = ""
    zone: str = "UTC"
    seal: str = ""
    new_seal: str = ""
    category: str = ""
    what: str = ""
    quantity: str = ""
    unit: str = ""
    officer: str = ""
    remarks: str = ""
    photos: tuple[str, ...] = ()


class ToldView(msgspec.Struct, frozen=True, kw_only=True):
    """Something about a box that the officer must know before he records it.

    ``kind``: ``examined`` (somebody recorded it: ``by``, ``at``, ``what`` is the result),
    ``off_sheet`` (taken off the sheet: ``by``, ``at``, ``what`` is the reason), ``void`` (a
    referral of it ended: ``by`` is its name, ``at`` when), ``withdrawn`` (the carrier withdrew the
    bill or box). ``code`` tells this from every other such thing; to hand it back says that it was
    read.
    """

    code: str
    kind: str
    by: str = ""
    at: str = ""
    what: str = ""


class YardBox(msgspec.Struct, frozen=True, kw_only=True):
    """A box of a sheet, or a bill without one. ``told`` is what is known about it by now."""

    subject: str
    box: str
    title: str
    lane: str
    importer: str = ""
    told: tuple[ToldView, ...] = ()


class YardSheet(msgspec.Struct, frozen=True, kw_only=True):
    """The boxes that are proposed for opening, as an officer takes them along."""

    name: str
    port: str
    day: str
    shift: str
    level: int
    marking: str
    boxes: tuple[YardBox, ...]


class PhotoStepView(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a photograph's chain of custody."""

    move: WordView
    by: str
    at: str
    why: str = ""


class PhotoView(msgspec.Struct, frozen=True, kw_only=True):
    """A photograph of an examination, with its chain of custody, oldest line first. ``size`` is in
    bytes; ``result`` is ``intact``, ``altered``, ``missing`` or ``erased``, as its bytes are now.
    """

    sha256: str
    file: str
    size: int
    result: WordView
    custody: tuple[PhotoStepView, ...]


class PhotosView(msgspec.Struct, frozen=True, kw_only=True):
    """The photographs of an examination: its record id, number and title."""

    examination: str
    number: str
    title: str
    marking: Marking
    originator: str
    photos: tuple[PhotoView, ...]


class ReceiptView(msgspec.Struct, frozen=True, kw_only=True):
    """What the node took in, the same at each asking. ``record`` and ``examination`` are record
    ids, ``number`` is the examination's own, ``photos`` how many photographs came with it."""

    form: str
    record: str
    examination: str
    number: str
    sheet: str
    subject: str
    box: str
    by: str
    at: str
    result: str = ""
    photos: int = 0
