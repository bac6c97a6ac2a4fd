"""Notices: what waits for the reader, what it wants to be told of, and the address of its feed."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response

from esclusa.api.queries import number
from esclusa.casework.notices import CHANNELS, FEED, TIMES, Choice, Way
from esclusa.errors import InputError, StateError
from esclusa.sharing import notice_views as views
from esclusa.sharing.reader import Action
from esclusa.web.advice import sentence
from esclusa.web.catalogue import mark as _
from esclusa.web.forward import forward
from esclusa.web.page import Group, Page
from esclusa.web.pages.preferences import zones
from esclusa.web.steps import no_file, require
from esclusa.web.visit import Visit

_CHOOSE: Final = Action.NOTICE_CHOOSE
_MOST: Final = 2**31 - 1


async def show(visit: Visit) -> Response:
    """Draw what waits and the settings."""
    return await _drawn(visit)


async def save(visit: Visit) -> Response:
    """Keep the settings."""
    require(visit, "minimum_score", "clock_minutes")
    await visit.ask(visit.site.node.notices.choose, _choice(visit))
    return visit.go("/notices?kept=1#settings")


async def confirm(visit: Visit) -> Response:
    """Confirm the own mail address by the code that went there."""
    await visit.ask(visit.site.node.notices.addresses.confirm, visit.form.get("code", ""))
    return visit.go("/notices?kept=1#address")


async def send_code(visit: Visit) -> Response:
    """Have another code sent to the own mail address."""
    await visit.ask(visit.site.node.notices.addresses.send_again)
    return visit.go("/notices#address")


async def make_feed(visit: Visit) -> Response:
    """Make a new address for the feed and show it this once."""
    made = await visit.ask(visit.site.node.notices.make_feed)
    return await _drawn(visit, feed=made.path)


async def end_feed(visit: Visit) -> Response:
    """Let the feed's address count no more."""
    await visit.ask(visit.site.node.notices.end_feed)
    return visit.go("/notices#feed")


async def follow(visit: Visit) -> Response:
    """Draw the page that a notice is about."""
    name = visit.request.path_params["notice_id"]
    path = await visit.ask(visit.site.node.notices.follow, name, via=visit.param("via"))
    return await forward(visit, path)


async def _drawn(visit: Visit, *, feed: str = "") -> Response:
    desk = visit.site.node.notices
    held: views.SettingsView = await visit.ask(desk.settings)
    waiting = await visit.ask(desk.waiting, via=visit.param("via"))
    return visit.page(
        "notices.html", waiting=waiting, settings=held,
        chosen=held, feed=feed, zones=zones(), times=TIMES,
        kept=visit.param("kept") == "1", address=desk.address(),
    )  # fmt: skip


def _choice(visit: Visit) -> Choice:
    form = visit.form

    def way(channel: str) -> Way:
        kinds = visit.chosen.get(f"{channel}_kinds", ())
        if channel == FEED:
            return Way(kinds=kinds)
        return Way(
            kinds=kinds, to=form.get(f"{channel}_to", "").strip(),
            when=form.get(f"{channel}_when", "at_once"), at=form.get(f"{channel}_at", "07:00"),
        )  # fmt: skip

    ways: dict[str, Any] = {channel: way(channel) for channel in CHANNELS}
    return Choice(
        **ways,
        language=form.get("language", ""),
        time_zone=form.get("time_zone", "").strip(),
        minimum_score=number("minimum_score", form.get("minimum_score", "") or "0", high=_MOST),
        subject_kinds=visit.chosen.get("subject_kinds", ()),
        clock_minutes=number("clock_minutes", form.get("clock_minutes", ""), high=_MOST),
        forms=form.get("forms", "") == "on",
    )


# --- answers by a form ----------------------------------------------------------------------------


async def answers(visit: Visit) -> Response:
    """Draw the two forms: one to hand a form out, one to take a filled one in."""
    return visit.page("notice_answers.html", done=(), refused=(), status=200)


async def take_in(visit: Visit) -> Response:
    """Take filled forms in, and say of each what it did or why it was refused."""
    done, refused = [], []
    if not any(upload.filename for upload in visit.files):
        raise no_file()
    for upload in visit.files:
        name, data = str(upload.filename or ""), await upload.read(_FORM_BYTES + 1)
        if not name:
            continue
        try:
            done.append((name, await visit.ask(visit.site.node.notices.take_in, data, file=name)))
        except (InputError, StateError) as error:
            refused.append((name, sentence(error, visit.language)))
    status = 422 if refused else 200
    return visit.page("notice_answers.html", done=done, refused=refused, status=status)


async def hand_out(visit: Visit) -> Response:
    """Give the form by which an account answers a referral."""
    made = await visit.ask(
        visit.site.node.notices.form, visit.param("referral").strip(),
        visit.param("account").strip(), visit.language,
    )  # fmt: skip
    return visit.attach(made.name, made.text)


_FORM_BYTES: Final = 65_536

PAGES = (
    Page(path="/notices", show=show, action=Action.NOTICE_READ, label=_("Notices"),
         group=Group.WORK, order=90),
    Page(path="/notices", show=save, method="POST", action=_CHOOSE, fields=200,
         names={f"{channel}.{part}": f"{channel}_{part}"
                for channel in CHANNELS for part in ("kinds", "to", "when", "at")}),
    Page(path="/notices/address", show=confirm, method="POST", action=_CHOOSE),
    Page(path="/notices/address-again", show=send_code, method="POST", action=_CHOOSE),
    Page(path="/notices/feed", show=make_feed, method="POST", action=_CHOOSE),
    Page(path="/notices/feed-end", show=end_feed, method="POST", action=_CHOOSE),
    Page(path="/notices/{notice_id}", show=follow, action=Action.NOTICE_READ),
    Page(path="/notice-answers", show=answers, action=Action.NOTICE_FORM,
         label=_("Answers by form"), group=Group.INCOMING, order=80),
    Page(path="/notice-answers", show=take_in, method="POST", action=Action.NOTICE_FORM,
         files=True),
    Page(path="/notice-forms", show=hand_out, action=Action.NOTICE_FORM, download=True),
)  # fmt: skip
