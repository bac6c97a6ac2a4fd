"""The API's addresses of the yard: sheets with their boxes, and the form of an examination.

A form may be sent as often as its sender likes: the same id and content get the same receipt.
"""

from __future__ import annotations

from typing import Final

import msgspec
from starlette.responses import Response

from esclusa.api import shapes
from esclusa.api.download import attachment
from esclusa.api.endpoint import Call, at
from esclusa.api.queries import check_limit, check_value
from esclusa.node.yard_photos import MOST
from esclusa.sharing import yard_views as views
from esclusa.sharing.selection_views import SelectionRow


class Form(shapes.Asked, frozen=True, kw_only=True):
    """A form and the codes of what was read about its box; see ``Filled`` and ``ToldView``."""

    form: views.Filled
    told: tuple[str, ...] = ()


class PhotoRead(shapes.Asked, frozen=True, kw_only=True):
    """Why a photograph is read."""

    why: str = ""


async def sheets(call: Call) -> tuple[SelectionRow, ...]:
    """Drawn sheets, the newest day first."""
    asked: shapes.LimitQuery = call.query
    check_limit(asked.limit, call.limits)
    return await call.ask(call.node.yard_desk.sheets, limit=asked.limit)


async def sheet(call: Call) -> views.YardSheet:
    """The boxes that a sheet proposes for opening, with what is known of each by now."""
    return await call.ask(call.node.yard_desk.sheet, _name(call))


async def record_yard_form(call: Call) -> views.ReceiptView:
    """Record an examination once; the same form again gets the same receipt."""
    asked: Form = call.body
    for name, value in msgspec.structs.asdict(asked.form).items():
        check_value(name, value, limits=call.limits)
    return await call.ask(call.node.yard_desk.record, _name(call), asked.form, told=asked.told)


async def record_yard_form_with_photographs(call: Call) -> views.ReceiptView:
    """As for a form, with its photographs: JPEG or PNG, six at most, 8 MiB each. What came is named
    by its SHA-256; where the form names them itself, they must be these."""
    asked: Form = call.body
    for name, value in msgspec.structs.asdict(asked.form).items():
        check_value(name, value, limits=call.limits)
    return await call.ask(
        call.node.yard_desk.record, _name(call), asked.form, told=asked.told, photos=call.files
    )


async def yard_photographs(call: Call) -> views.PhotosView:
    """The photographs that came with an examination, with their chains of custody."""
    return await call.ask(call.node.yard_desk.photos.show, call.path["record_id"])


async def yard_photograph_read(call: Call) -> Response:
    """Read a photograph; that it was read is written in its chain of custody."""
    file, stream = await call.ask(
        call.node.yard_desk.photos.read, call.path["record_id"], call.path["photo_id"],
        why=call.body.why,
    )  # fmt: skip
    return attachment(stream, file.size, file.name)


async def receipt(call: Call) -> views.ReceiptView:
    """The receipt of a form that the caller sent."""
    form: str = call.path["form"]
    check_value("form", form, limits=call.limits)
    return await call.ask(call.node.yard_desk.receipt, form)


def _name(call: Call) -> str:
    name: str = call.path["selection"]
    check_value("selection", name, limits=call.limits)
    return name


ENDPOINTS: Final = (
    at("GET", "/yard", sheets, tuple[SelectionRow, ...], query=shapes.LimitQuery),
    at("GET", "/yard/{selection}", sheet, views.YardSheet),
    at("POST", "/yard/{selection}/forms", record_yard_form, views.ReceiptView, body=Form),
    at(
        "POST",
        "/yard/{selection}/forms/photographed",
        record_yard_form_with_photographs,
        views.ReceiptView,
        body=Form,
        files=MOST,
    ),
    at("GET", "/yard-forms/{form}", receipt, views.ReceiptView),
    at("GET", "/examinations/{record_id}/photographs", yard_photographs, views.PhotosView),
    at(
        "POST",
        "/examinations/{record_id}/photographs/{photo_id}/readings",
        yard_photograph_read,
        bytes,
        body=PhotoRead,
        file=True,
    ),
)
