"""What a device keeps for the yard, as far as the node has a say: how long, and when it goes.

The page's script keeps forms and the sheet in the browser's storage. It notes in a cookie how many
forms have not been sent, so that nobody signs out over them unawares; signing out has the browser
erase the storage (W3C Clear Site Data §3.1), whatever page he is on.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

KEPT_HOURS: Final = 72
"""How long a device keeps a sheet after it was fetched and a form after it was last changed: a
weekend's duty, and no longer."""
UNSENT: Final = "esclusa_unsent"
_MOST: Final = 999


def unsent(request: Request) -> int:
    """Return how many forms wait on the device, as its script says; 0 for a word that is none."""
    said = request.cookies.get(UNSENT, "")
    return min(int(said), _MOST) if said.isascii() and said.isdigit() and len(said) < 9 else 0


def erase(response: Response, *, secure: bool) -> None:
    """Have the browser erase what it keeps of this node beside its cookies, and the count."""
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    response.delete_cookie(UNSENT, secure=secure, samesite="strict")
