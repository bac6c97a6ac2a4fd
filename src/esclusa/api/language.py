"""The language of what an answer says to a person: by ``Accept-Language`` (RFC 9110 §12.5.4).

English is what is said where nothing is asked for. Words of closed lists stay the codes that the
API itself uses, in either language.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from starlette.requests import Request

from esclusa.casework.refusals import SPANISH, spoken
from esclusa.casework.sentences import translated
from esclusa.errors import EsclusaError

ENGLISH: Final = "en"
_LONGEST: Final = 200
"""Characters of the header that are looked at."""

TITLES: Final = {
    400: "Petición incorrecta",
    401: "No autenticado",
    403: "Prohibido",
    404: "No encontrado",
    405: "Método no permitido",
    409: "Conflicto",
    413: "Contenido demasiado grande",
    415: "Tipo de contenido no admitido",
    422: "Contenido no procesable",
    429: "Demasiadas peticiones",
    500: "Error interno del servidor",
    503: "Servicio no disponible",
}
"""The phrase of each status that this node answers with, in Spanish."""


def language_of(request: Request) -> str:
    """Return the language that a request asks for most, ``en`` or ``es``; ``en`` where it asks for
    neither."""
    header = request.headers.get("accept-language", "")
    if len(header) > _LONGEST:  # a part that was cut through would lose its weight
        header = header[:_LONGEST].rpartition(",")[0]
    best, most = ENGLISH, 0.0
    for part in header.split(","):
        tag, _semicolon, weight = part.partition(";")
        name, asked = tag.strip().lower().partition("-")[0], _quality(weight)
        if name in (ENGLISH, SPANISH) and asked > most:
            best, most = name, asked
    return best


def _quality(weight: str) -> float:
    """Return a weight (RFC 9110 §12.4.2), 1 where there is none, 0 for what is no weight."""
    _q, equals, value = weight.strip().partition("=")
    if not equals:
        return 1.0
    text = value.strip()
    return float(text) if text.replace(".", "", 1).isdecimal() and text.isascii() else 0.0


def title(status: int, language: str) -> str:
    """Return the phrase of a status, in English where it has no other."""
    phrase = HTTPStatus(status).phrase
    return TITLES.get(status, phrase) if language == SPANISH else phrase


def said(error: EsclusaError, english: str, language: str) -> str:
    """Return what an error says in a language, "" where there is no such sentence.

    :param english: what may be told of it in English; of a hidden thing that is less than its own
        sentence, and no more is told in any language.
    """
    if language != SPANISH or english != str(error):
        return in_language(english, language)
    return spoken(error, SPANISH, lambda _group, code: code)


def in_language(english: str, language: str) -> str:
    """Return an English sentence in a language, "" where there is no such sentence."""
    return translated(english) if language == SPANISH else english
