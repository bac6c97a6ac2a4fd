"""Help: what the pages are for, and the keys."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from esclusa.web.catalogue import mark as _
from esclusa.web.page import Page
from esclusa.web.visit import Visit

KEYS: Final = (
    ("j", _("Next row of the list; on an alert, the next alert of the list")),
    ("k", _("Previous row of the list; on an alert, the previous alert of the list")),
    ("Enter", _("Open the row; in the reason of a verdict, write it and go to the next alert")),
    ("c", _("Claim the alert")),
    ("r", _("Release the alert")),
    ("1 – 9", _("Choose a verdict by its number and go to the reason")),
    ("s", _("Write the same verdict and reason as on the alert before and go to the next")),
    ("z", _("Put the alert off: for how long, and why")),
    ("w", _("Wake an alert that is put off")),
    ("x", _("Choose the row of the queue, or leave it out again")),
    ("a", _("Choose every row of the page")),
    ("v", _("Go to the verdict on the rows chosen")),
    ("u", _("Undo the last step, also a verdict on many rows")),
    ("q", _("Back to the list")),
    ("/", _("Search")),
    ("?", _("This page")),
    ("Esc", _("Leave a text field, so that keys are commands again")),
)
"""Every key is also a button or a link on the page; the script only presses it."""


async def show(visit: Visit) -> Response:
    """Draw the help."""
    return visit.page("help.html", key_table=KEYS)


PAGES = (Page(path="/help", show=show, label=_("Help"), order=90),)
