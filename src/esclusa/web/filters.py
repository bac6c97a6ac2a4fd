"""The queue's filter as an address, so that a saved view is a bookmark and no click loses it."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl, urlencode

import msgspec

from esclusa.api.limits import FaceLimits
from esclusa.api.queries import queue_filter
from esclusa.errors import InputError
from esclusa.sharing.views import QueueFilter
from esclusa.web.visit import Visit

OWN: Final = ("moved", "verdict", "language", "at", "chosen", "bulk")
"""Parameters of a page's address that are not part of the filter."""
_MOST: Final = 20
"""Parameters of a list's address."""
_ID: Final = re.compile(r"[0-9a-f-]{36}")


def filter_of(visit: Visit) -> QueueFilter:
    """Read the filter from the page's address; raises ``InputError``."""
    return read(list(visit.request.query_params.multi_items()), visit.site.limits)


def filter_in(visit: Visit) -> QueueFilter:
    """Read the filter that a form carries in its field ``list``; raises ``InputError``."""
    try:
        pairs = parse_qsl(visit.form.get("list", ""), max_num_fields=_MOST)
    except ValueError:
        reason = f"list names more than {_MOST} parameters of a list"
        raise InputError(reason, field="list", problem="long") from None
    return read(pairs, visit.site.limits)


def read(pairs: list[tuple[str, str]], limits: FaceLimits) -> QueueFilter:
    """Read a filter from the names and values of an address."""
    return queue_filter({key: value for key, value in pairs if key not in OWN}, limits=limits)


def address_of(wanted: QueueFilter, **changed: str) -> str:
    """Return the query string of a filter, "" for the default one."""
    values = msgspec.structs.asdict(msgspec.structs.replace(wanted, **changed))
    plain = {
        name: _text(value)
        for name, value in values.items()
        if value != getattr(_DEFAULT, name) and value != ""
    }
    return urlencode(plain)


def with_filter(path: str, query: str, **more: str) -> str:
    """Return an address with a filter's query string and further parameters."""
    extra = urlencode({key: value for key, value in more.items() if value})
    joined = "&".join(part for part in (query, extra) if part)
    return f"{path}?{joined}" if joined else path


def alert_named(text: str) -> str:
    """Return the text when it may be the id of an alert or of a step on many, else ""."""
    return text if _ID.fullmatch(text) else ""


_DEFAULT: Final = QueueFilter()


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
