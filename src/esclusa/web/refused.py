"""A form that was refused: its page is drawn again as it stands now, with what was typed in it.

One place for every form of the site. A page that has words of its own for what went wrong draws
itself; whatever else a service refuses ends here, so nothing that a person typed is lost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import quote, unquote

from lxml import html
from lxml.html import HtmlElement
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from esclusa import errors
from esclusa.api.status import status_of
from esclusa.casework.forms import mistakes_of
from esclusa.web import refill
from esclusa.web.advice import SILENT, advice_on, sentence
from esclusa.web.catalogue import catalogue
from esclusa.web.page import Page
from esclusa.web.refill import Wrong
from esclusa.web.steps import PROBLEMS
from esclusa.web.visit import Visit

REFUSALS: Final = (
    errors.InputError, errors.MarkingError, errors.AgreementError, errors.StateError,
    errors.ExchangeError, errors.RuleError, errors.NotFound, errors.ConfigError,
)  # fmt: skip
"""What a service says of a form that it does not take; ``ConfigError`` is a setting that a form
would need."""
_CHANGED: Final = 409
_CRASH: Final = 500
_NO_FORM: Final = "<main></main>"
_NOTHING: Final[Mapping[str, str]] = {}
_PART: Final = re.compile(r"\{(\w+)\}")


def drawn_by(pages: tuple[Page, ...], page: Page) -> Page | None:
    """Return the page that draws the form which a page takes, None where there is none: the one it
    names, else the nearest address at or above its own."""
    shown = {one.path: one for one in pages if one.method == "GET" and not one.download}
    if page.form:
        return shown[page.form]
    path = page.path
    while path.count("/") >= 1 and path:
        if path in shown:
            return shown[path]
        path = path.rpartition("/")[0]
    return None


async def again(visit: Visit, page: Page, drawn: Page, error: errors.EsclusaError) -> Response:
    """Draw the page of a form that was refused. Where it cannot be drawn either, the page of the
    error shows what was typed; the error is raised where nothing was."""
    if page.whole and isinstance(error, errors.LimitError):
        raise error  # a message above the limit is not sent back as well
    try:
        text = await _text(visit, drawn, _getting(visit, drawn), error)
    except errors.EsclusaError:
        left = refill.refilled(_NO_FORM, "", visit.chosen).left
        if not left:
            raise
        return told(visit, error, left)
    return _filled(visit, text, error, page.names)


def told(
    visit: Visit, error: errors.EsclusaError | None, left: Mapping[str, str] = _NOTHING, *,
    status: int = 0,
) -> Response:  # fmt: skip
    """Return the page of an error.

    :param left: what was typed into a form of which no page can be drawn, by field.
    :param status: of what is no error of the house.
    """
    code = status or (status_of(error) if error else _CRASH)
    advice = advice_on(code)
    why = sentence(error, visit.language) if error and advice.say_why else ""
    return visit.page("mistake.html", status=code, code=code, advice=advice, why=why, left=left)


async def sought(visit: Visit, page: Page, error: errors.InputError) -> Response:
    """Draw a page whose filter or question was refused as if nothing had been asked, with what was
    asked in its form; raise the error where no single value is wrong, or it is still there."""
    query = visit.request.query_params
    if not query or page.download or not mistakes_of(error):
        raise error
    scope = dict(visit.request.scope) | {"query_string": b""}
    text = await _text(visit, page, replace(visit, request=Request(scope)), error)
    asked = {name: tuple(query.getlist(name)) for name in query}
    return _filled(replace(visit, chosen=asked), text, error, page.names, method="get")


async def _text(visit: Visit, drawn: Page, asking: Visit, error: errors.EsclusaError) -> str:
    """Return a page for the reader of a visit; raise the error where it cannot be drawn."""
    try:
        if drawn.action is not None:
            visit.reader.require(drawn.action)
        answer = await drawn.show(asking)
    except errors.EsclusaError:
        raise error from None
    if not isinstance(answer, HTMLResponse) or answer.status_code >= 300:
        raise error
    return bytes(answer.body).decode()


def _filled(
    visit: Visit, text: str, error: errors.EsclusaError, names: Mapping[str, str], *,
    method: str = "post",
) -> Response:  # fmt: skip
    """Return a page with what was typed and what is wrong."""
    wrong = wrong_of(error, visit.language, names)
    status = status_of(error)
    made = refill.refilled(
        text, unquote(visit.request.url.path), visit.chosen, method=method
    )  # fmt: skip
    placed = refill.mark(made, wrong)
    advice = advice_on(status)
    note = visit.site.draw(
        visit.language, "refused.html",
        {
            "heading": advice.heading, "at_fields": bool(wrong), "changed": status == _CHANGED,
            "unplaced": [one for one in wrong if one.field not in placed],
            "why": sentence(error, visit.language) if not wrong and advice.say_why else "",
            "left": made.left,
        },
    )  # fmt: skip
    refill.fragment(made, note)
    refill.link(made.root)
    return HTMLResponse(made.text(), status_code=status)


def linked(answer: Response) -> Response:
    """Return the answer of a page that drew its refused form itself, with links from its note to
    the fields that it marks."""
    made = refill.Refilled(root=_root(answer), form=None, left={})
    if not refill.link(made.root):
        return answer
    return HTMLResponse(made.text(), status_code=answer.status_code, background=answer.background)


def marked(visit: Visit, answer: Response, wrong: Mapping[str, str]) -> Response:
    """Return a page with what was typed in its form, and with what is wrong at its fields.

    :param wrong: texts by field, as :func:`esclusa.web.catalogue.mark` has them.
    """
    say = catalogue(visit.language).gettext
    made = refill.refilled(
        bytes(answer.body).decode(), unquote(visit.request.url.path), visit.chosen
    )
    refill.mark(made, [Wrong(field=name, text=say(text)) for name, text in wrong.items()])
    status = answer.status_code if answer.status_code >= 400 else 422
    return HTMLResponse(made.text(), status_code=status)


def wrong_of(error: errors.EsclusaError, language: str, names: Mapping[str, str]) -> list[Wrong]:
    """Return what an error says of single fields, in a language.

    :param names: the form's own names of fields that a service names otherwise.
    """
    say = catalogue(language).gettext
    found = []
    for one in mistakes_of(error):
        text = say(PROBLEMS[one.problem])
        said = SILENT
        if one.problem == "refused" and isinstance(error, errors.InputError):
            said = sentence(error, language)
        field = names.get(one.field, one.field)
        found.append(Wrong(field=field, text=f"{text} {one.expected}".strip(), said=said))
    return found


def _root(answer: Response) -> HtmlElement:
    return html.document_fromstring(bytes(answer.body).decode())


def _getting(visit: Visit, drawn: Page) -> Visit:
    """Return the visit that asks for the page of a form, for the same reader and thing."""
    parts = visit.request.path_params
    path = _PART.sub(lambda found: str(parts[found[1]]), drawn.path)
    same = path == visit.request.url.path
    scope = dict(visit.request.scope) | {
        "method": "GET", "path": path, "raw_path": quote(path).encode(),
        "query_string": visit.request.scope["query_string"] if same else b"",
        "path_params": {name: parts[name] for name in _PART.findall(drawn.path)},
    }  # fmt: skip
    return replace(visit, request=Request(scope), form={}, chosen={}, files=())
