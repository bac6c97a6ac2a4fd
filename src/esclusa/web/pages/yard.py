"""The yard: a sheet of boxes to take along, and the form of an examination.

The form works without script. With it, it is filled without link and sent when there is one; then
the same address answers in JSON, one acknowledgement for each form.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import msgspec
from starlette.responses import Response

from esclusa.api.queries import check_value
from esclusa.casework.yard import FormMistakes
from esclusa.codes.examination import lists
from esclusa.errors import InputError, StateError
from esclusa.node.yard import Untold
from esclusa.node.yard_photos import BYTES, MOST
from esclusa.sharing.reader import Action
from esclusa.sharing.yard_views import Filled, ReceiptView, ToldView
from esclusa.web import times
from esclusa.web.advice import sentence
from esclusa.web.catalogue import catalogue
from esclusa.web.catalogue import mark as _
from esclusa.web.page import Group, Page
from esclusa.web.visit import Visit
from esclusa.web.yard_device import KEPT_HOURS

PROBLEMS: Final = {
    "missing": _("Fill this in."),
    "code": _("Choose from the list."),
    "moment": _("Write date and time like 2026-11-28 10:00."),
    "twice": _("The clocks of this zone show that time twice or never. Choose UTC."),
    "future": _("This is after now."),
    "order": _("This is before the start."),
    "number": _("Write a number above 0, with a point for decimals."),
    "long": _("This is too long."),
    "damaged": _("This has a character that is no text."),
    "idle": _("This does not go with the result."),
    "zone": _("Choose from the list."),
    "id": _("This form has lost its number. Load the page again."),
    "photo": _("Only photographs as JPEG or PNG are taken. Choose them again."),
    "many": _("These are too many photographs. Choose fewer."),
    "large": _("A photograph is too large."),
    "other": _("These are other photographs than the form names. Choose them again."),
}
SAID: Final = {
    "examined": _("%(by)s recorded it, %(at)s: %(what)s."),
    "off_sheet": _("%(by)s took it off the sheet, %(at)s: %(what)s"),
    "void": _("Its referral %(by)s is void since %(at)s."),
    "withdrawn": _("Its bill or box is withdrawn, or its record was erased."),
    "not_on_sheet": _("It is not on the sheet."),
}
OTHER: Final = _(
    "This form was recorded before with another content, or was erased since. Fill in a new form."
)
_APART: Final = ("id", "subject", "box", "methods", "photos")
FIELDS: Final = tuple(name for name in Filled.__struct_fields__ if name not in _APART)
_BAR: Final = "|"


class Wrong(msgspec.Struct, frozen=True, kw_only=True):
    """A field and what is wrong with it, in the reader's language."""

    field: str
    text: str


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be read before a box is recorded nevertheless, in the reader's language."""

    code: str
    text: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a form that a script has sent: a receipt, or why there is none."""

    receipt: ReceiptView | None = None
    mistakes: tuple[Wrong, ...] = ()
    told: tuple[Told, ...] = ()
    why: str = ""


async def sheets(visit: Visit) -> Response:
    """Draw the sheets that can be taken along."""
    found = await visit.ask(visit.site.node.yard_desk.sheets, limit=200)
    return visit.page("yard.html", found=found, address=_address, hours=KEPT_HOURS)


async def sheet(visit: Visit) -> Response:
    """Draw a sheet with its boxes and the form, for a device to keep."""
    return await _drawn(visit, Answer(), {"box": visit.param("box")})


async def record(visit: Visit) -> Response:
    """Record a form once, or show it again with what is wrong or must be read first."""
    desk, name = visit.site.node.yard_desk, _name(visit)
    told = visit.chosen.get("told", ())
    scripted = "application/json" in visit.request.headers.get("accept", "")
    try:
        receipt = await visit.ask(
            desk.record, name, _filled(visit), told=told,
            photos=[(one.filename or "", one.file) for one in visit.files if one.filename],
        )  # fmt: skip
    except Untold as error:
        answer, status = Answer(told=_told(visit, error.told)), 409
    except FormMistakes as error:
        answer, status = _mistaken(visit, error), 422
    except StateError:
        answer, status = Answer(why=catalogue(visit.language).gettext(OTHER)), 409
    except InputError as error:
        answer, status = Answer(why=str(sentence(error, visit.language))), 422
    else:
        answer, status = Answer(receipt=receipt), 200
        if not scripted:
            return visit.go(f"{_address(name)}?receipt={quote(receipt.form, safe='')}")
    if scripted:
        data = msgspec.json.encode(answer)
        return Response(data, status_code=status, media_type="application/json")
    typed = {**visit.form, "methods": visit.chosen.get("methods", ())}
    return await _drawn(visit, answer, typed, status=status)


async def _drawn(
    visit: Visit, answer: Answer, typed: Mapping[str, Any], *, status: int = 200
) -> Response:
    desk = visit.site.node.yard_desk
    found = await visit.ask(desk.sheet, _name(visit))
    form = visit.param("receipt")
    receipt = await visit.ask(desk.receipt, form) if form else None
    return visit.page(
        "yard_sheet.html", status=status, sheet=found, typed=typed, answer=answer,
        wrong={one.field: one.text for one in answer.mistakes}, codes=lists(),
        form_id=typed.get("form_id") or str(uuid.uuid4()), receipt=receipt, hours=KEPT_HOURS,
        photo_bytes=BYTES, photo_count=MOST,
        address=_address(found.name), texts=lambda told: [one.text for one in _told(visit, told)],
    )  # fmt: skip


def _filled(visit: Visit) -> Filled:
    subject, _bar, box = visit.form.get("box", "").partition(_BAR)
    given: dict[str, Any] = {name: visit.form.get(name, "") for name in FIELDS}
    return Filled(
        id=visit.form.get("form_id", ""), subject=subject, box=box,
        methods=visit.chosen.get("methods", ()), **given,
    )  # fmt: skip


def _mistaken(visit: Visit, error: FormMistakes) -> Answer:
    say = catalogue(visit.language).gettext
    wrong = (Wrong(field=one.field, text=say(PROBLEMS[one.problem])) for one in error.mistakes)
    return Answer(mistakes=tuple(wrong))


def _told(visit: Visit, told: Sequence[ToldView]) -> tuple[Told, ...]:
    """Return what is known of a box as sentences, times in UTC and in the reader's zone."""
    texts = catalogue(visit.language)
    zone = times.zone_of(visit.reader.time_zone)

    def said(one: ToldView) -> str:
        kind = "not_on_sheet" if one.kind == "off_sheet" and not one.by else one.kind
        at = times.moment(one.at, zone)
        what = texts.word("value.result", one.what) if kind == "examined" else one.what
        local = f" ({at.local} {at.place})" if at.local else ""
        return texts.gettext(SAID[kind]) % {"by": one.by, "at": at.text + local, "what": what}

    return tuple(Told(code=one.code, text=said(one)) for one in told)


def _name(visit: Visit) -> str:
    name: str = visit.request.path_params["selection"]
    check_value("selection", name, limits=visit.site.limits)
    return name


def _address(name: str) -> str:
    return f"/yard/{quote(name.replace('/', '.'), safe='')}"


_DO: Final = Action.EXAMINATION_WRITE

PAGES = (
    Page(path="/yard", show=sheets, action=_DO, label=_("Yard"), group=Group.WORK, order=80),
    Page(path="/yard/{selection}", show=sheet, action=_DO),
    Page(path="/yard/{selection}", show=record, method="POST", action=_DO, files=True),
)
