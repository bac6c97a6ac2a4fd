"""A form drawn again: what was typed is in it, and what is wrong stands at its field.

Works on the finished HTML of any page, so no form can be forgotten and no template has to know how
a form comes back. The page is our own, well formed and escaped; what was typed is put into it as
attribute values and text, never as markup.

Passwords and files are not put back: the first by intent, the second because no browser lets a page
choose a file. Nor is what the page itself knows better by now: the token of the session and the
version that a step is made on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import unquote

import msgspec
from lxml import html
from lxml.html import HtmlElement

from esclusa.web.advice import SILENT, Why

FRESH: Final = frozenset({"csrf", "version", "seen", "digest"})
"""Hidden fields that a form has from its page alone."""
_UNSHOWN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Signs that HTML cannot hold; U+FFFD shows where they were."""
_UNTYPED: Final = frozenset({"submit", "button", "image", "reset", "file", "password"})
_WRONG: Final = "//main//*[@aria-invalid='true'] | //main//fieldset[@aria-describedby]"
_DOCTYPE: Final = "<!doctype html>"
_LABEL: Final = 80
"""Characters of a label that a summary repeats."""


class Wrong(msgspec.Struct, frozen=True, kw_only=True):
    """A field and what is wrong with it, in the reader's language; ``said`` is a sentence of the
    program that goes with it, "" for none."""

    field: str
    text: str
    said: Why = SILENT


class Refilled(msgspec.Struct, kw_only=True):
    """A page whose form was filled again. ``left`` is what was typed and has no field on it."""

    root: HtmlElement
    form: HtmlElement | None
    left: dict[str, str]

    def text(self) -> str:
        """Return the page as HTML."""
        return _DOCTYPE + str(html.tostring(self.root, encoding="unicode", doctype=""))


def refilled(
    page: str, action: str, typed: Mapping[str, tuple[str, ...]], *, method: str = "post"
) -> Refilled:
    """Return a page with what was typed in the form that sends to ``action``.

    :param typed: values by name, in the order of the form, as it was sent.
    """
    root = html.document_fromstring(page)
    form = _form(root, action, typed, method)
    rest = {name: [_shown(value) for value in values] for name, values in typed.items()}
    if form is not None:
        for control in _controls(root, form):
            _fill(control, rest)
    hidden = {one.get("name") for one in root.iter("input") if one.get("type") in _UNTYPED}
    buttons = {one.get("name") for one in root.iter("button")}
    left = {
        name: ", ".join(filter(None, values)) for name, values in rest.items()
        if name not in FRESH | hidden | buttons and "password" not in name and any(values)
    }  # fmt: skip
    return Refilled(root=root, form=form, left=left)


def mark(page: Refilled, wrong: Iterable[Wrong]) -> set[str]:
    """Put what is wrong beside its field, for the eye and for a screen reader alike (WCAG 2.2,
    3.3.1). Return the fields that have it; what the form does not show is left to the page's note.
    """
    placed = set()
    for number, one in enumerate(wrong, 1):
        controls = [shown for shown in _shown_controls(page) if shown.get("name") == one.field]
        if controls:
            _mark(controls, one, f"wrong-{number}")
            placed.add(one.field)
    return placed


def link(root: HtmlElement) -> bool:
    """Lead from the page's note to the fields that are marked as wrong; tell whether any is."""
    notes = root.xpath("//main//*[@role='alert'][not(@hidden)]")
    if not notes or notes[0].find(".//a") is not None:
        return False
    named = {one.get("id") for one in notes[0].iter() if one.get("id")}
    # What is described by the note itself needs no way there.
    wrong = [one for one in root.xpath(_WRONG) if one.get("aria-describedby") not in named]
    if not wrong:
        return False
    made = html.Element("ul")
    done = set()
    for number, control in enumerate(wrong, 1):
        inside = next(control.iterancestors("fieldset"), None)
        if control.get("type") == "radio" and inside is not None:
            control = inside  # noqa: PLW2901
        if control in done:
            continue
        done.add(control)
        name = control.get("id") or f"field-{number}"
        control.set("id", name)
        item = html.Element("li")
        to = html.Element("a", href=f"#{name}")
        to.text = _label(control)
        told = root.xpath("//*[@id=$id]", id=(control.get("aria-describedby") or "").split(" ")[-1])
        to.tail = f": {' '.join(told[0].text_content().split())}" if told else ""
        item.append(to)
        made.append(item)
    if notes[0].tag == "p":
        notes[0].tag = "div"  # a paragraph holds no list
    notes[0].append(made)
    return True


def fragment(page: Refilled, text: str) -> None:
    """Put a piece of HTML under the page's first heading."""
    main = page.root.find(".//main")
    head = main.find(".//h1") if main is not None else None
    pieces = html.fragments_fromstring(text.strip(), no_leading_text=True)
    if head is not None:
        for piece in reversed(pieces):
            head.addnext(piece)
    elif main is not None:
        for piece in reversed(pieces):
            main.insert(0, piece)


def _form(
    root: HtmlElement, action: str, typed: Mapping[str, tuple[str, ...]], method: str
) -> HtmlElement | None:
    """Return the form that sends to an address; of several the one that fits what was sent."""
    known = root.xpath("//main//form[@method=$method]", method=method)
    found = [form for form in known if _sends(form, action)]
    return max(found, key=lambda form: _fit(root, form, typed), default=None)


def _sends(form: HtmlElement, action: str) -> bool:
    to = [form.get("action") or "", *form.xpath(".//button/@formaction")]
    return any(unquote(re.split("[?#]", one)[0]) == action for one in to)


def _fit(root: HtmlElement, form: HtmlElement, typed: Mapping[str, tuple[str, ...]]) -> int:
    points = 0
    for control in _controls(root, form):
        name = control.get("name")
        if name in FRESH:
            continue
        if control.get("type") == "hidden":
            points += 3 if control.get("value") in typed.get(name, ()) else -3
        else:
            points += name in typed
    return points


def _controls(root: HtmlElement, form: HtmlElement) -> Iterator[HtmlElement]:
    inside = ".//*[self::input or self::select or self::textarea][@name]"
    yield from form.xpath(inside)
    if name := form.get("id"):
        yield from root.xpath("//*[@form=$id][@name]", id=name)


def _shown_controls(page: Refilled) -> list[HtmlElement]:
    if page.form is None:
        return []
    found = _controls(page.root, page.form)
    return [one for one in found if one.get("type") not in ("hidden", "submit", "button")]


def _fill(control: HtmlElement, rest: dict[str, list[str]]) -> None:
    """Put the next value of its name into a control, and take it off what is left."""
    name, kind = control.get("name"), control.get("type", "text").lower()
    values = rest.get(name, [])
    if kind in _UNTYPED or name in FRESH:
        return
    if kind in ("checkbox", "radio"):
        control.attrib.pop("checked", None)
        if (value := control.get("value", "on")) in values:
            values.remove(value)
            control.set("checked", "checked")
    elif control.tag == "select":
        _choose(control, values)
    elif values:
        value = values.pop(0)
        if control.tag == "textarea":
            # HTML drops one line break at the start of a text field (HTML §13.1.2.5).
            control.text = "\n" + value if value.startswith("\n") else value
        else:
            control.set("value", value)


def _choose(control: HtmlElement, values: list[str]) -> None:
    many = control.get("multiple") is not None
    options = list(control.iter("option"))
    if not values and not many:
        return
    for option in options:
        option.attrib.pop("selected", None)
    for option in options:
        value = option.get("value", (option.text or "").strip())
        if value in values:
            values.remove(value)
            option.set("selected", "selected")
            if not many:
                return


def _mark(controls: list[HtmlElement], wrong: Wrong, name: str) -> None:
    note = html.Element("p", id=name)
    note.set("class", "wrong")
    note.text = wrong.text
    if wrong.said:
        said = html.Element("span", lang=wrong.said.lang)
        said.text = wrong.said
        note.text += " "
        note.append(said)
    first = controls[0]
    group = next(first.iterancestors("fieldset"), None)
    if first.get("type") in ("radio", "checkbox") and group is not None:
        group.append(note)
        group.set("aria-describedby", name)
        for control in controls:
            if control.get("type") == "checkbox":
                control.set("aria-invalid", "true")
            control.set("aria-describedby", name)
    else:
        first.set("aria-invalid", "true")
        before = first.get("aria-describedby")
        first.set("aria-describedby", f"{before} {name}" if before else name)
        around = next(first.iterancestors("label"), first)
        note.tail, around.tail = around.tail, None
        around.addnext(note)
    for fold in first.iterancestors("details"):
        fold.set("open", "open")


def _label(control: HtmlElement) -> str:
    """Return what a control is called on its page."""
    if control.tag == "fieldset":
        around = control.find("legend")
    else:
        around = next(control.iterancestors("label"), None)
    text = "" if around is None else " ".join(around.xpath("text() | span//text()"))
    found = " ".join((control.get("aria-label") or text).split())
    return found[:_LABEL] or str(control.get("name") or "")


def _shown(text: str) -> str:
    return _UNSHOWN.sub("\N{REPLACEMENT CHARACTER}", text)
