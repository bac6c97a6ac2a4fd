"""What a person likes of the pages, kept in a cookie beyond the session: nothing secret.

Language and time zone of an account are the node's business, once its person has chosen them; until
then the cookie and the browser say the language. The cookie also gives the sign-in page its
language and keeps the choice about single-key commands (WCAG 2.2, 2.1.4).
"""

from __future__ import annotations

from typing import Final

import msgspec
from babel import negotiate_locale
from starlette.requests import Request
from starlette.responses import Response

from esclusa.web.catalogue import LANGUAGES

COOKIE: Final = "esclusa_likes"
_YEAR_S: Final = 31_536_000


class Likes(msgspec.Struct, frozen=True, kw_only=True):
    """Language code, and whether single keys are commands."""

    language: str = "en"
    keys: bool = True


def likes_of(request: Request) -> Likes:
    """Read the cookie; ``?language=`` wins, then the cookie, then what the browser asks for."""
    parts = request.cookies.get(COOKIE, "").split("|")
    kept = Likes(
        language=parts[0] if parts[0] in LANGUAGES else _asked_for(request),
        keys=parts[1:2] != ["0"],
    )
    wanted = request.query_params.get("language", "")
    return msgspec.structs.replace(kept, language=wanted) if wanted in LANGUAGES else kept


def keep(response: Response, likes: Likes, *, secure: bool) -> None:
    """Set the cookie for a year."""
    response.set_cookie(
        COOKIE,
        f"{likes.language}|{int(likes.keys)}",
        max_age=_YEAR_S,
        httponly=True,
        samesite="strict",
        secure=secure,
    )


def _asked_for(request: Request) -> str:
    header = request.headers.get("accept-language", "")[:200]
    asked = [part.partition(";")[0].strip().replace("-", "_") for part in header.split(",")]
    return negotiate_locale([code for code in asked if code], list(LANGUAGES)) or "en"
