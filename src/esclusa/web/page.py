"""A page as data: its address, who may see it, and the function that draws it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import msgspec
from starlette.responses import Response

from esclusa.sharing.reader import Action, Reader
from esclusa.web.catalogue import mark as _


class Group(Enum):
    """The errands that the navigation is ordered by; the value is the heading that people read.

    Their order here is their order on the page. A role sees the groups that it has a page in.
    """

    WORK = _("Work")
    LOOK_UP = _("Look up")
    INCOMING = _("Incoming")
    GUIDANCE = _("Lists and rules")
    PARTNERS = _("Partners")
    OVERSIGHT = _("Oversight")
    ADMINISTRATION = _("Administration")


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One address.

    ``show`` takes a :class:`~esclusa.web.visit.Visit` and returns the response. ``action`` is what
    the reader's role must include. ``label`` puts the page into the navigation, under its
    ``group``, at ``order`` among the pages of that group; a label without a group stands alone
    after the groups, which only the help does.
    ``files`` lets the form carry files; ``download`` marks an answer that is a file to keep.
    ``whole`` names the fields that may hold a whole message, with any character in it; such a form
    is kept in memory and brings no more than ``FaceLimits.message_bytes`` of a message. ``fields``
    is how many fields a form may have that names many things, 0 for ``FaceLimits.fields``. ``form``
    is the path of the page that draws the form which this one takes, "" for the nearest above it;
    ``names`` says how the form calls what a service calls otherwise.
    ``due`` keeps an address open to somebody whose password has to be changed first.
    """

    path: str
    show: Callable[[Any], Awaitable[Response]]
    method: str = "GET"
    action: Action | None = None
    label: str = ""
    group: Group | None = None
    order: int = 0
    files: bool = False
    whole: tuple[str, ...] = ()
    fields: int = 0
    form: str = ""
    names: Mapping[str, str] = {}
    download: bool = False
    due: bool = False
    signed_in: bool = True


class NavigationItem(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the navigation."""

    path: str
    label: str


class NavigationGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A heading of the navigation ("" for entries that stand alone) and its entries, in order."""

    label: str
    items: tuple[NavigationItem, ...]

    def holds(self, section: str) -> bool:
        """Tell whether one of the entries is the section that the reader is in."""
        return any(item.path == section for item in self.items)


def all_pages() -> tuple[Page, ...]:
    """Return the pages of every module in :mod:`esclusa.web.pages`: a new file is a new page."""
    package = import_module("esclusa.web.pages")
    names = sorted(module.name for module in iter_modules(package.__path__))
    modules = [import_module(f"esclusa.web.pages.{name}") for name in names]
    return tuple(page for module in modules for page in module.PAGES)


def navigation(pages: tuple[Page, ...], reader: Reader | None) -> tuple[NavigationGroup, ...]:
    """Return the navigation that the reader's role may use: groups in order, entries in order."""
    if reader is None:
        return ()
    shown = [page for page in pages if page.label and _may(reader, page)]
    groups = [(group, [page for page in shown if page.group is group]) for group in (*Group, None)]
    return tuple(
        NavigationGroup(label=group.value if group else "", items=_items(held))
        for group, held in groups
        if held
    )


def _items(pages: list[Page]) -> tuple[NavigationItem, ...]:
    ordered = sorted(pages, key=lambda page: (page.order, page.path))
    return tuple(NavigationItem(path=page.path, label=page.label) for page in ordered)


def _may(reader: Reader, page: Page) -> bool:
    return page.action is None or reader.may(page.action)
