"""What all pages share: the node, the limits, the templates, the static files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from esclusa.api.limits import DEFAULT, FaceLimits
from esclusa.api.throttle import Throttle
from esclusa.codes.glossary import by_code
from esclusa.web.advice import in_words
from esclusa.web.catalogue import LANGUAGES, catalogue
from esclusa.web.statics import Statics

if TYPE_CHECKING:
    from esclusa.node.node import Node

TEMPLATES: Final = Path(__file__).parent / "templates"


@dataclass(frozen=True, kw_only=True)
class Site:
    """One node's pages."""

    node: Node
    limits: FaceLimits = DEFAULT
    throttle: Throttle = field(default_factory=Throttle)
    secure: bool = False
    statics: Statics = field(default_factory=Statics)

    def __post_init__(self) -> None:
        templates = {code: environment(code, self.statics.address) for code in LANGUAGES}
        object.__setattr__(self, "_templates", templates)

    @property
    def session_cookie(self) -> str:
        """Name of the session cookie; the prefix makes browsers insist on HTTPS (RFC 6265bis)."""
        return "__Host-esclusa" if self.secure else "esclusa"

    def draw(self, language: str, template: str, values: dict[str, Any]) -> str:
        """Return the HTML of a template in a language."""
        templates: dict[str, Environment] = self._templates  # type: ignore[attr-defined]
        return templates[language].get_template(template).render(values)


def environment(language: str, static: Callable[[str], str]) -> Environment:
    """Return the templates of one language. Everything is escaped; a missing value is an error."""
    texts = catalogue(language)
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,  # they change with the program; asking the disk costs each page
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.install_gettext_callables(  # type: ignore[attr-defined]
        texts.gettext, texts.ngettext, newstyle=True, pgettext=texts.pgettext
    )
    made.globals |= {
        "_": texts.say,
        "gettext": texts.say,
        "ngettext": texts.say_number,
        "language": language,
        "languages": LANGUAGES,
        "static": static,
        "word": texts.word,
        "field": texts.field,
        "term_address": term_address,
    }
    made.filters["points"] = points
    made.filters["size"] = size
    made.filters["sentence"] = partial(in_words, language)
    made.filters["percent"] = partial(percent, language)
    return made


def term_address(code: str) -> str:
    """Return the address of the term that a word of a closed list means, "" where it has none.

    :param code: ``section:code``, as in the glossary.
    """
    term = by_code().get(code)
    return f"/glossary/{term.name}" if term else ""


def points(value: float) -> str:
    """Write points or a score: ``12``, ``12.5``, never more than three decimals."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def percent(language: str, value: float) -> str:
    """Write a share as per cent, with one decimal where it has one: ``12.5%``, ``12,5 %``."""
    text = f"{value * 100:.1f}".removesuffix(".0")
    return f"{text.replace('.', ',')}\N{NO-BREAK SPACE}%" if language == "es" else f"{text}%"


def size(value: int) -> str:
    """Write a size in bytes, in the largest unit that keeps it at 1 or more (SI prefixes)."""
    for unit, step in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if value >= step:
            return f"{value / step:.1f} {unit}"
    return f"{value} B"
