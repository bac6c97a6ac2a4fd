"""A page as data: its address, who may see it, and the function that draws it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import msgspec
from starlette.responses import Response

from esclusa.sharing.reader import Action, Reader


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One address.

    ``show`` takes a :class:`~esclusa.web.visit.Visit` and returns the response. ``action`` is what
    the reader's role must include. ``label`` puts the page into the navigation, at ``order``.
    ``files`` lets the form carry files; ``download`` marks an answer that is a file to keep.
    ``whole`` names the fields that may hold a whole message, with any character in it; such a form
    is kept in memory and brings no more than ``FaceLimits.message_bytes`` of a message. ``fields``
    is how many fields a form may have that names many things, 0 for ``FaceLimits.fields``.
    """

    path: str
    show: Callable[[Any], Awaitable[Response]]
    method: str = "GET"
    action: Action | None = None
    label: str = ""
    order: int = 0
    files: bool = False
    whole: tuple[str, ...] = ()
    fields: int = 0
    download: bool = False
    signed_in: bool = True


class NavigationItem(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the navigation."""

    path: str
    label: str


def all_pages() -> tuple[Page, ...]:
    """Return the pages of every module in :mod:`esclusa.web.pages`: a new file is a new page."""
    package = import_module("esclusa.web.pages")
    names = sorted(module.name for module in iter_modules(package.__path__))
    modules = [import_module(f"esclusa.web.pages.{name}") for name in names]
    return tuple(page for module in modules for page in module.PAGES)


def navigation(pages: tuple[Page, ...], reader: Reader | None) -> tuple[NavigationItem, ...]:
    """Return the navigation that the reader's role may use, in order."""
    if reader is None:
        return ()
    open_to = [page for page in pages if page.label and _may(reader, page)]
    return tuple(
        NavigationItem(path=page.path, label=page.label)
        for page in sorted(open_to, key=lambda page: page.order)
    )


def _may(reader: Reader, page: Page) -> bool:
    return page.action is None or reader.may(page.action)
