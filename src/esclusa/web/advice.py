"""What a page says of each kind of refusal: what happened, and what the person can do."""

from __future__ import annotations

from typing import Final

import msgspec

from esclusa.casework.refusals import SPANISH, plainly, spoken
from esclusa.casework.sentences import translated
from esclusa.errors import EsclusaError
from esclusa.web.catalogue import catalogue
from esclusa.web.catalogue import mark as _


class Advice(msgspec.Struct, frozen=True, kw_only=True):
    """What happened and what the person can do. ``say_why`` adds the error's own sentence."""

    heading: str
    text: str
    say_why: bool = False


ADVICE: Final = {
    400: Advice(
        heading=_("Something in the request could not be understood"),
        text=_("Go back, correct the value and send it again."),
        say_why=True,
    ),
    403: Advice(
        heading=_("Your role does not include this"),
        text=_("If you came from a form that was open for a long time, load its page again."),
    ),
    404: Advice(
        heading=_("Not found"),
        text=_("There is no such page or record, or none that you may know of."),
    ),
    405: Advice(
        heading=_("This address does not take that kind of request"),
        text=_("Go back and use the buttons of the page."),
    ),
    409: Advice(
        heading=_("That step is not possible now"),
        text=_("It may have changed since you opened it. Load its page again to see its state."),
        say_why=True,
    ),
    413: Advice(
        heading=_("Too large"),
        text=_("Send fewer or smaller files at once, or load them with the command line."),
        say_why=True,
    ),
    415: Advice(
        heading=_("Unknown file format"),
        text=_("No reader of this node recognises the file."),
        say_why=True,
    ),
    422: Advice(
        heading=_("The content could not be used"),
        text=_("Go back, correct the value and send it again."),
        say_why=True,
    ),
    429: Advice(
        heading=_("Too many failed sign-ins"),
        text=_("Wait a minute, then try again."),
    ),
    503: Advice(
        heading=_("The node cannot reach its ledger"),
        text=_("Nothing was changed. Try again in a moment, then tell the administrator."),
    ),
    500: Advice(
        heading=_("The node could not do this"),
        text=_("Nothing more is shown here. Tell the administrator the time of this page."),
    ),
}


def advice_on(status: int) -> Advice:
    """Return the advice on a status, the general one where it has none of its own."""
    return ADVICE.get(status, ADVICE[400 if status < 500 else 500])


class Why(str):
    """An error's sentence, and the language that it is in."""

    __slots__ = ("lang",)
    lang: str

    def __new__(cls, text: str, lang: str = "en") -> Why:
        made = super().__new__(cls, text)
        made.lang = lang
        return made


SILENT: Final = Why("")
"""Nothing to say."""


def sentence(error: EsclusaError, language: str) -> Why:
    """Return an error's own sentence in the reader's language, in English where there is no other;
    without the place that a typed text has none of."""
    if text := spoken(error, language, catalogue(language).word):
        return Why(text, language)
    return Why(plainly(error))


def in_words(language: str, text: str) -> Why:
    """Return an English sentence of the program in the reader's language, as it is where it follows
    no row of the catalogue."""
    spanish = translated(text) if language == SPANISH else ""
    return Why(spanish, SPANISH) if spanish else Why(text)
