"""The message that a form brings: pasted as text, chosen as a file, or carried along from before.

It is held in memory while its page is drawn, and travels in the page's own form from then on.
"""

from __future__ import annotations

import base64
import re
from typing import Final

import msgspec

from esclusa.api.body import too_large
from esclusa.api.uploads import clean_name
from esclusa.errors import InputError
from esclusa.formats.edifact.charset import codec
from esclusa.web.visit import Visit

FIELDS: Final = ("text", "carried")
"""Fields of the form that may hold a whole message."""

_DECLARED: Final = re.compile(r"UNB.(UNO[A-Z])\W|<\?xml[^>]{1,99}encoding=[\"']([\w-]{1,40})[\"']")
_LATIN: Final = re.compile(r"iso-8859-\d{1,2}|windows-125\d", re.IGNORECASE)
_START: Final = 4096


class Pasted(msgspec.Struct, frozen=True, kw_only=True):
    """``text`` is what the text field shows again; a file has a ``name`` and is ``carried`` along
    in base64 instead."""

    data: bytes
    text: str = ""
    name: str = ""
    carried: str = ""


NOTHING: Final = Pasted(data=b"")


async def pasted(visit: Visit) -> Pasted:
    """Return what the form brings: a file before a text, a text before what was carried along.

    Raises :class:`~esclusa.errors.LimitError` for a message above ``FaceLimits.message_bytes`` and
    :class:`~esclusa.errors.InputError` for a damaged carried one.
    """
    found = await _found(visit)
    most = visit.site.limits.message_bytes
    if len(found.data) > most:
        raise too_large(most)
    return found


async def _found(visit: Visit) -> Pasted:
    for file in visit.files:
        if file.filename:
            return _file(clean_name(file.filename), await file.read())
    text = visit.form.get("text", "")
    if text.strip():
        return Pasted(data=encoded(text), text=text)
    carried = visit.form.get("carried", "")
    if not carried:
        return NOTHING
    try:
        data = base64.b64decode(carried, validate=True)
    except ValueError:
        raise InputError("the file carried along in the form is damaged; choose it again") from None
    return _file(clean_name(visit.form.get("name", "")), data)


def _file(name: str, data: bytes) -> Pasted:
    return Pasted(data=data, name=name, carried=base64.b64encode(data).decode())


def encoded(text: str) -> bytes:
    """Return the bytes of a pasted text, in the character set that it declares if that holds it.

    A browser sends each line break as CR LF, whatever it was; it becomes one byte here.
    """
    plain = text.replace("\r\n", "\n")
    try:
        return plain.encode(_declared(plain[:_START]))
    except (UnicodeEncodeError, LookupError):
        return plain.encode("utf-8", errors="replace")


def _declared(start: str) -> str:
    """Return the Python codec that UNB or an XML declaration names, UTF-8 where neither does."""
    found = _DECLARED.search(start)
    if found is None:
        return "utf-8"
    if found[1]:
        return codec(found[1])
    return found[2] if _LATIN.fullmatch(found[2]) else "utf-8"
