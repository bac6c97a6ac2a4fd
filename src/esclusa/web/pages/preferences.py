"""Language, time zone, purpose of the session and single-key commands."""

from __future__ import annotations

from functools import cache
from typing import Final
from zoneinfo import available_timezones

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from esclusa.api.queries import one_of
from esclusa.errors import InputError
from esclusa.web.catalogue import LANGUAGES
from esclusa.web.page import Page
from esclusa.web.pages.sign_in import local
from esclusa.web.preferences import Likes, keep
from esclusa.web.visit import Visit

_OFFERED: Final = ("America/", "Atlantic/", "Europe/", "Pacific/")


@cache
def zones() -> tuple[str, ...]:
    """Return the zones offered: UTC and the places around the two oceans."""
    known = available_timezones()
    return ("UTC", *sorted(name for name in known if name.startswith(_OFFERED)))


async def show(visit: Visit) -> Response:
    """Draw the form."""
    node = visit.site.node
    return visit.page(
        "preferences.html", purposes=node.purposes(visit.reader.role), zones=zones(),
        number=await run_in_threadpool(node.shown_names.of, visit.reader.name),
        may_change=await run_in_threadpool(node.may_change_password, visit.token),
        changed=visit.param("changed") == "1",
    )  # fmt: skip


async def save(visit: Visit) -> Response:
    """Keep what the form says; what it leaves out stays as it is."""
    form, reader = visit.form, visit.reader
    language = one_of("language", form.get("language", visit.language), LANGUAGES)
    zone = form.get("time_zone", reader.time_zone).strip()
    if zone != "UTC" and zone not in available_timezones():
        raise InputError(
            "time_zone is not the name of a zone, expected one like America/Panama",
            field="time_zone", problem="zone",
        )  # fmt: skip
    purpose = one_of(
        "purpose",
        form.get("purpose", reader.purpose),
        visit.site.node.purposes(reader.role),
    )
    await run_in_threadpool(
        visit.site.node.set_preferences,
        visit.token,
        language=language if "language" in form else None,
        time_zone=zone,
        purpose=purpose if purpose != reader.purpose else None,
    )
    keys = one_of("keys", form.get("keys", "on" if visit.likes.keys else "off"), ("on", "off"))
    response = visit.go(local(form.get("back", "")))
    keep(
        response,
        Likes(language=language, keys=keys == "on"),
        secure=visit.site.secure,
    )
    return response


PAGES = (
    Page(path="/preferences", show=show),
    Page(path="/preferences", show=save, method="POST", due=True),
)
