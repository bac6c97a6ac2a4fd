"""What a person receives with a redress number: one page in both languages, as text or PDF.

It holds his own data, the service that answers for the number and those that honour it. It says
nothing of any list, of what he was stopped for, or of who decided.
"""

from __future__ import annotations

import io
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Final
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer

from esclusa.casework.redress import GRANTED, Case
from esclusa.codes import redress as numbers
from esclusa.errors import StateError
from esclusa.node.report_pdf import plain_letters

_LANGUAGES: Final = ("en", "es")
_FACTS: Final = ("number", "name", "birth_date", "nationality", "documents", "from", "until", "by",
                 "partners")  # fmt: skip
_SAID: Final = ("how", "counts", "not", "secret", "data")
_BASE: Final = ParagraphStyle("base", fontName="Helvetica", fontSize=10, leading=13.5)
_TITLE: Final = ParagraphStyle("title", parent=_BASE, fontName="Helvetica-Bold", fontSize=15,
                               leading=20, spaceBefore=10)  # fmt: skip
_EDGE: Final = 20 * mm


@cache
def _words(language: str) -> Mapping[str, str]:
    text = files("esclusa.node").joinpath("redress_paper.toml").read_text(encoding="utf-8")
    words: Mapping[str, str] = tomllib.loads(text)[language]
    return words


def paper_text(case: Case, service: str) -> str:
    """Return the page as plain text, English first.

    :param service: the service that answers for the number, for people.
    :raises StateError: when no number is granted.
    """
    return "\n\n".join("\n".join(_lines(case, service, one)) for one in _LANGUAGES) + "\n"


def _lines(case: Case, service: str, language: str) -> Iterator[str]:
    words = _words(language)
    yield words["title"].upper()
    yield ""
    for label, value in _facts(case, service, language):
        yield f"{label}: {value}"
    yield ""
    for name in _SAID:
        yield words[name]


def _facts(case: Case, service: str, language: str) -> Iterator[tuple[str, str]]:
    if case.state != GRANTED:
        raise StateError("there is a paper for a number that is granted, and for no other")
    words, who = _words(language), case.person
    values = {
        "number": numbers.shown(case.number), "name": who.name, "birth_date": who.birth_date,
        "nationality": who.nationality,
        "documents": ", ".join(text.partition(":")[2] for text in who.documents),
        "from": case.granted[:10], "until": case.until, "by": service,
        "partners": ", ".join(case.partners) or words["nobody"],
    }  # fmt: skip
    for name in _FACTS:
        if values[name]:
            yield words[name], values[name]


def paper_pdf(case: Case, service: str) -> bytes:
    """Return the page as PDF with real text; raises as :func:`paper_text`."""
    story: list[object] = []
    for language in _LANGUAGES:
        words = _words(language)
        story.append(Paragraph(escape(plain_letters(words["title"])), _TITLE))
        for label, value in _facts(case, service, language):
            text = f"{escape(plain_letters(label))}: <b>{escape(plain_letters(value))}</b>"
            story.append(Paragraph(text, _BASE))
        story.append(Spacer(1, 6))
        story += [Paragraph(escape(plain_letters(words[name])), _BASE) for name in _SAID]
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=_EDGE, rightMargin=_EDGE, topMargin=_EDGE,
        bottomMargin=_EDGE, title=plain_letters(_words("en")["title"]), lang="en", author="",
        creator="Esclusa", producer="Esclusa", invariant=1,
    )  # fmt: skip
    document.build(story)
    return out.getvalue()
