"""What people read about watchlists beyond :class:`~esclusa.sharing.views.ListView`."""

from __future__ import annotations

import msgspec

from esclusa.sharing.views import ListView


class RetroView(msgspec.Struct, frozen=True, kw_only=True):
    """How kept records were compared with an edition. ``state``: ``running``, ``done``, or "" when
    nothing had changed. Counts are of records and alerts that this reader may see."""

    state: str
    compared: int = 0
    changed: int = 0
    ended: int = 0
    started: str = ""
    finished: str = ""


class EditionView(msgspec.Struct, frozen=True, kw_only=True):
    """One edition of a list. ``state``: ``held``, ``in_force``, ``past`` or ``discarded``.

    ``why`` is why it was held: ``shrinks``, ``broken`` or ``changes``. ``prepared`` is the day that
    the files themselves state. ``decided``, ``decided_by`` and ``reason`` say who confirmed or
    discarded it.
    """

    number: int
    edition: str
    state: str
    entries: int
    added: int
    changed: int
    removed: int
    loaded: str
    loaded_by: str
    retro: RetroView
    why: str = ""
    prepared: str = ""
    source: str = ""
    format: str = ""
    decided: str = ""
    decided_by: str = ""
    reason: str = ""


class ListDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A list with its editions, newest first; ``list`` is None while its first one is held."""

    id: str
    key: str
    title: str
    editions: tuple[EditionView, ...]
    list: ListView | None = None


class ListChange(msgspec.Struct, frozen=True, kw_only=True):
    """What an edition does to one entry. ``fields`` are those that change; ``weak_aliases`` stands
    for aliases marked weak. ``record_id`` is "" for an entry that is not in the ledger yet."""

    what: str
    uid: str
    name: str
    fields: tuple[str, ...] = ()
    record_id: str = ""


class ListReport(msgspec.Struct, frozen=True, kw_only=True):
    """The difference between an edition and the one before. ``edition`` is None for files that were
    only compared; ``why`` is why a person would be asked. ``rows`` are one page."""

    id: str
    key: str
    title: str
    entries: int
    added: int
    changed: int
    removed: int
    rows: tuple[ListChange, ...]
    what: str = ""
    page: int = 1
    pages: int = 1
    why: str = ""
    edition: EditionView | None = None
