"""Bad input, on every form of the site: the routes are the application's own, the fields those of
the page as it is drawn, so a new form is held to this without anybody thinking of it.

What is sent is missing, too long, of another kind, no text, or made on an older version. Each must
be refused at its field, in the reader's language, with everything else that was typed still there,
and must change nothing. About forty CPU seconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import httpx
import pytest
from form_rows import ROWS, Row
from lxml import html
from lxml.html import HtmlElement
from walker import Walker

import form_worlds
import worlds
from esclusa.api.limits import DEFAULT
from esclusa.sharing.reader import PERMITTED, Role
from esclusa.web.page import Page, all_pages
from esclusa.web.refill import FRESH
from form_worlds import GHOST, Forms

POSTS = tuple(page for page in all_pages() if page.method == "POST")
WALKED = tuple(page for page in POSTS if not ROWS.get(page.path, Row(bare="-")).bare)
"""Forms with a field that somebody fills in."""
STATES = frozenset({"version", "seen", "digest"})
"""Hidden fields that say which state a form was drawn of."""
LANGUAGES = ("en", "es")
LONG = "x" * (DEFAULT.text_characters + 1)
DAMAGED = ("a\x00b", "a\x1bb", "a\x85b", "a\ufffdb")
UNREAD = "a%ff%ed%a0%80b"
"""Bytes that are no UTF-8, and half of a surrogate pair."""
CODE = "no-such-word"
GROUPS = ("radio", "checkbox")


class Seats:
    """A walker for each node and role, signed in once, and turned to a language when asked for."""

    def __init__(self, forms: Forms) -> None:
        self.forms = forms
        self._kept: dict[tuple[str, str], tuple[Walker, list[str]]] = {}

    def __call__(self, row: Row, language: str, role: str = "") -> Walker:
        key = (row.agency, role or row.role or "analyst")
        if key not in self._kept:
            walker = Walker(self.forms.node(row.agency))
            self._kept[key] = walker.sign_in(key[1], "en", password=worlds.PASSWORD), ["en"]
        walker, spoken = self._kept[key]
        if spoken[0] != language:
            walker.node.set_preferences(walker.client.cookies["esclusa"], language=language)
            spoken[0] = language
        return walker


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forms]:
    made = form_worlds.made(tmp_path_factory.mktemp("forms"))
    yield made
    made.world.close()


@pytest.fixture(scope="module")
def seats(forms: Forms) -> Seats:
    return Seats(forms)


class Drawn:
    """A form as its page draws it: what it would send, and its controls by name."""

    def __init__(self, root: HtmlElement, form: HtmlElement, row: Row, ids: dict[str, str]) -> None:
        self.root, self.form, self.row = root, form, row
        self.controls: dict[str, list[HtmlElement]] = {}
        for control in form.xpath(".//*[self::input or self::select or self::textarea][@name]"):
            self.controls.setdefault(control.get("name"), []).append(control)
        self.values = {name: self._value(name) for name in self.controls}
        for name, value in row.sample.items():
            if name in self.controls or name in ("send", "do"):
                wanted = re.sub(r"{(\w+)}", lambda found: ids.get(found[1], found[0]), value)
                self.values[name] = [self._choice(name, wanted)]

    def _value(self, name: str) -> list[str]:
        """Return what a browser would send of a field that nobody touched."""
        found = []
        for control in self.controls[name]:
            if control.tag == "select":
                options = control.xpath(".//option[@selected]") or control.xpath(".//option")[:1]
                found += [one.get("value", (one.text or "").strip()) for one in options]
            elif kind(control) in GROUPS:
                found += [control.get("value", "on")] if "checked" in control.attrib else []
            elif kind(control) != "file":
                found.append((control.text or "").lstrip("\n") if control.tag == "textarea"
                             else control.get("value", ""))  # fmt: skip
        return found

    def _choice(self, name: str, wanted: str) -> str:
        """Return a value, of a list the first word where the wanted one is none of it."""
        control = self.controls.get(name, [None])[0]
        if control is None or control.tag != "select":
            return wanted
        words = [one.get("value", (one.text or "").strip()) for one in control.iter("option")]
        return wanted if wanted in words else next(filter(None, words), "")

    def typed(self) -> list[str]:
        """Return the names of fields that a person fills in."""
        return [
            name for name, held in self.controls.items()
            if kind(held[0]) not in ("hidden", "file", "submit")
        ]  # fmt: skip

    def files(self) -> list[str]:
        """Return the names of fields that take files."""
        return [name for name, held in self.controls.items() if kind(held[0]) == "file"]

    def must(self, name: str) -> bool:
        """Tell whether a field must be filled in."""
        required = any("required" in one.attrib for one in self.controls[name])
        return required or name in self.row.needs

    def faults(self, whole: tuple[str, ...]) -> Iterator[tuple[str, str, list[str]]]:
        """Yield (what is wrong, field, values sent) for each field that can be wrong."""
        yield from (("missing", name, []) for name in self.files() if self.must(name))
        for name in self.typed():
            first = self.controls[name][0]
            if self.must(name):
                if name not in self.row.part:
                    yield "missing", name, []
                if kind(first) not in GROUPS and first.tag != "select":
                    yield "blank", name, ["   "]
            if kind(first) in GROUPS:
                if kind(first) == "radio":
                    yield "code", name, [CODE]
                continue
            if name not in whole:
                yield "long", name, [LONG]
                yield "damaged", name, [DAMAGED[len(name) % len(DAMAGED)]]
            if first.tag == "select":
                yield "code", name, [CODE]
            elif kind(first) in ("number", "date", "datetime-local") or name in self.row.wrong:
                yield "wrong", name, [self.row.wrong.get(name, "neither this nor that")]


def kind(control: HtmlElement) -> str:
    return str(control.get("type", "text")) if control.tag == "input" else str(control.tag)


def drawn(page: Page, row: Row, walker: Walker, forms: Forms) -> list[Drawn]:
    """Return the forms of a route, as the page that draws them has them."""
    root = walker.see(
        row.at.format_map({key: quote(value, safe="") for key, value in forms.ids.items()})
    )
    to = to_of(page, row, forms)
    found = [
        form for form in root.xpath("//main//form[@method='post']")
        if any(sends(one, to) for one in (form.get("action"), *form.xpath(".//@formaction")))
    ]  # fmt: skip
    return [Drawn(root, form, row, forms.ids) for form in found]


def sends(address: str | None, to: str) -> bool:
    return re.split("[?#]", address or "")[0] == to


def to_of(page: Page, row: Row, forms: Forms, ghost: str = "") -> str:
    """Return the address of a route, ``ghost`` in the place of every name."""
    path = page.path
    for part, name in row.path.items():
        value = name[1:] if name.startswith("=") else forms.ids[name]
        path = path.replace("{" + part + "}", quote(ghost or value, safe=""))
    return path


def send(
    walker: Walker, to: str, form: Drawn, values: dict[str, list[str]], without: str = ""
) -> httpx.Response:
    """Send a form, with the file of its row where it has one that is not to be left out."""
    chosen = [name for name in form.files() if name != without and form.row.file]
    files = dict.fromkeys(chosen, ("a file.dat", form.row.file)) or None
    data = {"csrf": [walker.token]} | {
        name: held for name, held in values.items() if name != "csrf"
    }
    return walker.client.post(to, data=data, files=files)


@pytest.mark.parametrize("page", POSTS, ids=lambda page: page.path)
def test_every_form_has_a_row(page: Page) -> None:
    assert page.path in ROWS, f"{page.path}: add a row to tests/web/form_rows.py"


def test_no_row_is_left_over() -> None:
    assert set(ROWS) <= {page.path for page in POSTS}


@pytest.mark.parametrize("page", WALKED, ids=lambda page: page.path)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    page: Page, forms: Forms, seats: Seats
) -> None:
    row = ROWS[page.path]
    before = forms.written(row.agency)
    found = drawn(page, row, seats(row, "en"), forms)
    faults = [(form, *fault) for form in found for fault in form.faults(page.whole)]
    assert faults, f"{page.path}: {row.at} draws no field of this form"
    wrong, seen = [], set[tuple[int, str]]()
    for number, (form, fault, name, sent) in enumerate(faults):
        both = (id(form), name) not in seen
        seen.add((id(form), name))
        for language in LANGUAGES if both else (LANGUAGES[number % 2],):
            to, values = to_of(page, row, forms), form.values | {name: sent}
            answer = send(seats(row, language), to, form, values, without=name)
            try:
                look(answer, form, values, name, language)
            except AssertionError as error:
                wrong.append(f"{fault} {name} ({language}): {str(error).splitlines()[0]}")
    assert not wrong, "\n".join([page.path, *wrong])
    assert forms.written(row.agency) == before, f"{page.path} wrote what it refused"


def look(
    answer: httpx.Response, form: Drawn, values: dict[str, list[str]], name: str,
    language: str,
) -> None:  # fmt: skip
    """Hold one refusal against what is promised of it."""
    assert answer.status_code in (400, 409, 413, 415, 422), f"status {answer.status_code}"
    assert_quiet(answer)
    root = html.fromstring(answer.text)
    assert root.get("lang") == language, "another language"
    again = same_form(root, form, values)
    assert again is not None, "the form is gone"
    controls = again.xpath(".//*[@name=$name][not(@type='hidden')]", name=name)
    assert controls, "the field is gone"
    told = message_at(root, controls[0])
    assert told, "nothing is said at the field"
    assert told in english_or_spanish(language), f"{told!r} is not in the language"
    group = next(controls[0].iterancestors("fieldset"), controls[0])
    links = root.xpath("//main//*[@role='alert']//a/@href")
    names = {f"#{one.get('id')}" for one in (controls[0], group) if one.get("id")}
    assert names & set(links), "the note does not lead to the field"
    for other, held in values.items():
        if other not in FRESH and other != name and other in form.typed():
            assert_kept(again, other, held)


def message_at(root: HtmlElement, control: HtmlElement) -> str:
    """Return what a screen reader says is wrong with a field, without English asides."""
    group = next(control.iterancestors("fieldset"), None)
    marked = control.get("aria-invalid") == "true" or (
        control.get("type") == "radio" and group is not None and group.get("aria-describedby")
    )
    if not marked:
        return ""
    ids = (control.get("aria-describedby") or group.get("aria-describedby", "")).split()  # type: ignore[union-attr]
    for one in ids:
        for found in root.xpath("//*[@id=$id][contains(@class, 'wrong')]", id=one):
            for aside in found.xpath(".//*[@lang]"):
                aside.drop_tree()
            return " ".join(found.text_content().split())
    return ""


class _Texts:
    """All that a page may say at a field, in a language: a text of the pages, and what would do."""

    def __init__(self, language: str) -> None:
        from esclusa.web.catalogue import catalogue
        from esclusa.web.pages import seizures, yard
        from esclusa.web.steps import PROBLEMS

        say = catalogue(language).gettext
        tables = (PROBLEMS, yard.PROBLEMS, seizures.PROBLEMS)
        self.known = {say(text) for table in tables for text in table.values()}

    def __contains__(self, told: object) -> bool:
        return any(str(told).startswith(text) for text in self.known)


_TEXTS: dict[str, _Texts] = {}


def english_or_spanish(language: str) -> _Texts:
    return _TEXTS.setdefault(language, _Texts(language))


def same_form(root: HtmlElement, form: Drawn, values: dict[str, list[str]]) -> HtmlElement | None:
    """Return the same form in a page that was drawn again."""
    to = form.form.get("action")
    found = [
        one
        for one in root.xpath("//main//form[@method='post']")
        if sends(one.get("action"), to.split("?")[0].split("#")[0])
    ]
    for one in found:
        if all(values[name] == [value] for name, value in hidden_of(one) if name in values
               and name not in FRESH):  # fmt: skip
            return one
    return None


def hidden_of(form: HtmlElement) -> Iterator[tuple[str, str]]:
    for one in form.xpath(".//input[@type='hidden'][@name]"):
        yield one.get("name"), one.get("value")


def assert_kept(form: HtmlElement, name: str, values: list[str]) -> None:
    """Hold what a field has now against what was typed into it."""
    for control in form.xpath(".//*[@name=$name]", name=name):
        if control.get("type") == "password":
            assert not control.get("value"), "a password came back"
        elif control.get("type") in GROUPS:
            if "confirm" in name or name == "sure":
                continue
            ticked = "checked" in control.attrib
            assert ticked == (control.get("value", "on") in values), f"{name} lost its tick"
        elif control.tag == "select":
            options = control.xpath(".//option[@selected]") or control.xpath(".//option")[:1]
            chosen = {one.get("value", (one.text or "").strip()) for one in options}
            assert not values or chosen & set(values), f"{name} lost {values}"
        elif values and control.get("type") != "file":
            value = control.text if control.tag == "textarea" else control.get("value", "")
            same = [(value or "").strip(), *((value or "").replace("\n", "\r\n").strip(),)]
            assert set(same) & {one.strip() for one in values}, f"{name} lost {values}"


def assert_quiet(answer: httpx.Response) -> None:
    """No answer quotes the machine's inside, a secret or a password."""
    for word in (GHOST, "Traceback", 'File "', "sqlalchemy", "msgspec", worlds.PASSWORD):
        assert word not in answer.text, f"it quotes {word}"


@pytest.mark.parametrize("page", WALKED, ids=lambda page: page.path)
def test_a_step_on_an_older_state_is_refused_with_all_that_was_typed(
    page: Page, forms: Forms, seats: Seats
) -> None:
    """Somebody was faster: the form was drawn of a state that is not there any more."""
    row = ROWS[page.path]
    before, wrong = forms.written(row.agency), []
    for number, form in enumerate(drawn(page, row, seats(row, "en"), forms)):
        for name in STATES & {one for one, _value in hidden_of(form.form)}:
            language = LANGUAGES[number % 2]
            values = form.values | {name: ["0" * 16]}
            answer = send(seats(row, language), to_of(page, row, forms), form, values)
            try:
                look_stale(answer, form, values, language)
            except AssertionError as error:
                wrong.append(f"{form.values.get('move')} {name}: {str(error).splitlines()[0]}")
    assert not wrong, "\n".join(map(str, wrong))
    assert forms.written(row.agency) == before, f"{page.path} wrote on an older state"


def look_stale(
    answer: httpx.Response, form: Drawn, values: dict[str, list[str]], language: str
) -> None:
    assert answer.status_code == 409, f"status {answer.status_code}"
    assert_quiet(answer)
    root = html.fromstring(answer.text)
    assert root.get("lang") == language, "another language"
    assert root.xpath("//main//*[@role='alert'][not(@hidden)]"), "nothing is said"
    again = same_form(root, form, values)
    for name in form.typed() if again is not None else ():
        assert_kept(again, name, values[name])


@pytest.mark.parametrize("page", WALKED, ids=lambda page: page.path)
def test_bytes_that_are_no_text_and_a_form_without_anything_break_nothing(
    page: Page, forms: Forms, seats: Seats
) -> None:
    row = ROWS[page.path]
    before = forms.written(row.agency)
    walker = seats(row, "es")
    for form in drawn(page, row, walker, forms):
        to = to_of(page, row, forms)
        fixed = {name: value for name, value in hidden_of(form.form) if name != "csrf"}
        for name in form.typed():
            sent = urlencode({"csrf": walker.token} | fixed) + f"&{quote(name)}={UNREAD}"
            answer = walker.client.post(
                to, content=sent, headers={"content-type": "application/x-www-form-urlencoded"}
            )
            assert 400 <= answer.status_code < 500 or name in page.whole, f"{to}: {name}"
            assert_quiet(answer)
    assert forms.written(row.agency) == before


@pytest.mark.parametrize("page", POSTS, ids=lambda page: page.path)
def test_whoever_may_not_is_told_the_same_of_what_is_there_and_of_what_is_not(
    page: Page, forms: Forms, seats: Seats
) -> None:
    row = ROWS[page.path]
    before = forms.written(row.agency)
    barred = [role for role in Role if page.action and page.action not in PERMITTED[role]]
    for role in barred[:1]:
        walker = seats(row, "es", role)
        answers = [walker.post(to_of(page, row, forms, ghost)) for ghost in ("", "0" * 32)]
        assert {answer.status_code for answer in answers} == {403}
        assert len({plain(answer) for answer in answers}) == 1
    assert forms.written(row.agency) == before


@pytest.mark.parametrize("page", [page for page in POSTS if "{" in page.path],
                         ids=lambda page: page.path)  # fmt: skip
def test_a_form_about_nothing_is_not_found(page: Page, forms: Forms, seats: Seats) -> None:
    row = ROWS[page.path]
    if not row.role:
        return
    before = forms.written(row.agency)
    for ghost in ("0" * 32, "no such thing", "a%00b", "x" * 3000):
        answer = seats(row, "en").post(to_of(page, row, forms, ghost), **dict(row.sample))
        assert 400 <= answer.status_code < 500, f"{page.path} {ghost[:20]}: {answer.status_code}"
        assert_quiet(answer)
    assert forms.written(row.agency) == before


def plain(answer: httpx.Response) -> str:
    return re.sub(r'\d\d:\d\d|value="[^"]*"', "", answer.text)


# --- what was found by hand ------------------------------------------------------------------------


def said_at(answer: httpx.Response, name: str) -> str:
    """Return what a page says is wrong with a field."""
    root = html.fromstring(answer.text)
    return message_at(root, root.xpath("//main//*[@name=$name]", name=name)[0])


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"), ("..\\..\\win.ini", "win.ini"), ("..", "unnamed"),
        ("   ", "unnamed"), ("invoice\u202egpj.exe", "invoicegpj.exe"), ("a\nb.jpg", "a%0Ab.jpg"),
        ("ñandú.jpg", "ñandú.jpg"), ("<script>.jpg", "<script>.jpg"), ("x" * 300, "x" * 200),
    ],
)  # fmt: skip
def test_evidence_keeps_a_name_that_opens_nothing_and_turns_nothing_round(
    forms: Forms, seats: Seats, sent: str, kept: str
) -> None:
    node, walker = forms.node(), seats(ROWS["/case-starts"], "en")
    case = walker.post("/case-starts", title="Names of files").headers["location"]
    given = walker.form_of(case, "take_in", what="a photo", source="gate 3")
    answer = walker.post(f"{case}/evidence", {"files": (sent, sent.encode())}, **given)
    assert answer.status_code == 303
    name = case.rpartition("/")[2]
    (one,) = node.case_desk.show(worlds.reader(node, name="analyst"), name).evidence
    assert one.file == kept


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_file_of_evidence_is_told_at_its_field(
    forms: Forms, seats: Seats, language: str
) -> None:
    walker, case = seats(ROWS["/case-starts"], language), f"/cases/{forms.ids['case']}"
    given = walker.form_of(case, "take_in", what="a photo", source="gate 3")
    answer = walker.post(f"{case}/evidence", {"files": ("seal.jpg", b"")}, **given)
    told = {"en": "This file is empty.", "es": "Este archivo está vacío."}
    assert (answer.status_code, said_at(answer, "files")) == (400, told[language])
    assert html.fromstring(answer.text).xpath("//input[@name='source']/@value")[-1] == "gate 3"


def test_too_many_files_are_refused_in_one_sentence(forms: Forms, seats: Seats) -> None:
    walker = seats(ROWS["/intake"], "en")
    before = forms.written()
    answer = walker.post("/intake", [("files", (f"{n}.edi", b"x")) for n in range(25)])
    assert answer.status_code == 400 and "at most 20 files" in answer.text
    assert forms.written() == before


@pytest.mark.parametrize("given", ("=1&".join("abcdefghijklmnopqrstuvwxyz"), "limit=0", "x=y",
                                   "port=%00", "state=open;drop", "cursor=" + "A" * 3000))  # fmt: skip
def test_a_view_that_is_no_address_of_the_queue_is_not_kept(
    forms: Forms, seats: Seats, given: str
) -> None:
    before = forms.written()
    answer = seats(ROWS["/queue/views"], "es").post("/queue/views", name="Pier 7", list=given)
    assert answer.status_code == 400
    assert 'value="Pier 7"' in answer.text
    assert forms.written() == before


@pytest.mark.parametrize("period", ("2026-13", "26", "0000", "9999", "2026-11-01", "..", "２０２６",
                                    "2026-1", "-1", "2026-11.pdf"))  # fmt: skip
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_period_that_is_none_is_told_at_its_field_with_what_was_typed(
    seats: Seats, period: str, language: str
) -> None:
    answer = seats(ROWS["/reports/{period}/keep"], language).get(f"/reports?period={period}")
    told = {"en": "Write a month or a year: 2026-11, 2026", "es": "Escriba un mes o un año:"}
    assert answer.status_code == 400
    assert said_at(answer, "period").startswith(told[language])
    assert html.fromstring(answer.text).xpath("//input[@name='period']/@value") == [period]


def test_a_filter_that_is_refused_is_told_at_its_field_on_the_page_without_it(
    seats: Seats,
) -> None:
    answer = seats(ROWS["/queue/views"], "en").get("/queue?state=none&port=PAONX")
    assert (answer.status_code, said_at(answer, "state")) == (400, "Choose from the list.")
    assert html.fromstring(answer.text).xpath("//input[@name='port']/@value") == ["PAONX"]


@pytest.mark.parametrize("day", ("0001-01-01", "9999-12-31"))
@pytest.mark.parametrize(("address", "role"), [
    ("/referrals", "supervisor"), ("/selection-report", "supervisor"), ("/seizures", "supervisor"),
    ("/redress", "supervisor"), ("/audit", "auditor"), ("/audit-use", "auditor"),
])  # fmt: skip
def test_the_first_and_the_last_day_of_the_calendar_are_days(
    seats: Seats, address: str, role: str, day: str
) -> None:
    walker = seats(ROWS["/queue/views"], "en", role)
    for asked in (f"since={day}", f"until={day}", f"since={day}&until={day}"):
        assert walker.get(f"{address}?{asked}").status_code in (200, 400), asked


def test_a_consent_until_the_last_day_of_the_calendar_is_refused(
    forms: Forms, seats: Seats
) -> None:
    before, walker = forms.written(), seats(ROWS["/queue/views"], "es", "supervisor")
    answer = walker.post("/consents", record="r", asker="northreach", to="altamira", use="pass",
                         word="grant", until="9999-12-31")  # fmt: skip
    assert answer.status_code == 400
    assert forms.written() == before


def test_a_script_in_the_yard_gets_no_page_for_an_answer(forms: Forms, seats: Seats) -> None:
    walker = seats(ROWS["/yard/{selection}"], "es")
    for sent in ({}, {"form_id": "x"}, {"form_id": "0" * 36, "quantity": "1e999"}):
        answer = walker.client.post(
            f"/yard/{forms.ids['drawn']}", data={"csrf": walker.token} | sent,
            headers={"accept": "application/json"},
        )  # fmt: skip
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["mistakes"]


@pytest.mark.parametrize("sent", (b"", b"\xff\xfe\x00", b"a;b\n" * 20_000, b'"unclosed', b"\x00",
                                  b"PK\x03\x04", "código".encode("latin-1")))  # fmt: skip
def test_an_answer_that_is_no_form_is_refused_by_its_file_and_line(
    forms: Forms, seats: Seats, sent: bytes
) -> None:
    before = forms.written()
    walker = seats(ROWS["/notice-answers"], "en")
    answer = walker.post("/notice-answers", {"files": ("answer.csv", sent)})
    assert answer.status_code == 422 and "answer.csv" in answer.text
    assert_quiet(answer)
    assert forms.written() == before


@pytest.mark.parametrize("number", ("x", "RPE4-QYGW-VJ8M", "0" * 3000, "%00", "1234-5678-9012"))
def test_a_redress_number_that_is_none_is_told_in_the_readers_language(
    seats: Seats, number: str
) -> None:
    answer = seats(ROWS["/redress/{case}/move"], "es").get(f"/redress?number={number}")
    assert answer.status_code == 422
    assert "No es un número de reparación, o está mal escrito." in answer.text


@pytest.mark.parametrize("secret", ("x", "%00", "0" * 64, "x" * 3000, "ñ"))
def test_a_feeds_secret_that_is_none_is_not_found_without_a_word(seats: Seats, secret: str) -> None:
    answer = seats(ROWS["/notices/feed"], "en").client.get(f"/feed/{secret}")
    assert (answer.status_code, len(answer.content)) == (404, 13)
