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


class UseRow(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a list at one service: ``partner``, or "" for this one. ``matches`` are possible
    matches with its entries, each once; then people's answers to them; ``examined`` openings of
    what they stood on, those with a find, those with a seizure (known of partners alone)."""

    partner: str = ""
    matches: int = 0
    the_same: int = 0
    not_the_same: int = 0
    cannot_tell: int = 0
    examined: int = 0
    found: int = 0
    seized: int = 0


class ListUse(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a list, here and at partners. ``given_by`` is the partner whose entries they
    are, "" for our own list; of a partner's list ``partners`` holds what we told that partner.
    ``more``: only the newest alerts were counted."""

    id: str
    key: str
    title: str
    here: UseRow
    partners: tuple[UseRow, ...] = ()
    given_by: str = ""
    more: bool = False


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
