"""The page that explains a message, over a real node: what it shows, what it refuses, and that it
keeps nothing."""

from __future__ import annotations

import base64
import gzip
import io
import logging
import tempfile
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from lxml import html
from small_node import HOSTILE, SmallNode
from walker import Walker, text_of

from esclusa.api.limits import FaceLimits
from esclusa.casework.sentences import translated
from esclusa.formats.edifact.segment import RawMessage
from esclusa.formats.edifact.syntax import read_messages
from esclusa.formats.explain import explain
from esclusa.formats.x12.syntax import read_messages as read_sets
from esclusa.model import Level
from esclusa.node.node import Node
from esclusa.web.pasted import encoded

PASSWORD = "correct horse battery"
SAMPLES = files("esclusa.samples")
MARK = "ZARZAMORA"
"""A word that stands in the message and nowhere else."""

PEOPLE = {"ana": "analyst", "luz": "analyst", "eva": "supervisor", "ada": "auditor"}
SPEAKS = {"en": "ana", "es": "luz"}
"""A person keeps the language of the last sign-in."""

TEXT = f"""UNB+UNOC:3+NORTHREACH+MARISOL+260413:1015+77'
UNH+1+CUSCAR:D:96A:UN'
BGM+85+NR-1+9'
NAD+CZ+++{MARK} SA+CALLE 50'
EQD+CN+NRXU4430057+22G1:102:5++2+5'
CNI+1+{MARK}44'
NAD'
UNT+7+1'
UNZ+1+77'
"""


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = Node.create(
        tmp_path_factory.mktemp("messages") / "node", agency="NORTHREACH", title="Northreach"
    )
    for name, role in PEOPLE.items():
        made.add_user(
            made.administrator(), name=name, password=PASSWORD, role=role, clearance=Level.OFFICIAL
        )
    yield made
    made.close()


def walk(node: Node, name: str = "", language: str = "en") -> Walker:
    return Walker(node).sign_in(name or SPEAKS[language], language, password=PASSWORD)


@pytest.fixture(scope="module")
def ana(node: Node) -> Walker:
    return walk(node)


def paste(walker: Walker, text: str = TEXT, **form: str) -> html.HtmlElement:
    """Paste a message and return the page about it."""
    # As a browser sends it: with a part of its own for a file that was not chosen.
    answer = walker.post("/messages", files={"file": ("", b"")}, text=text, **form)
    assert answer.status_code == 200, answer.text
    return html.fromstring(answer.text)


def send(walker: Walker, data: bytes, name: str = "a.edi", **form: str) -> httpx.Response:
    return walker.post("/messages", files={"file": (name, data)}, **form)


def across(page: html.HtmlElement) -> dict[str, str]:
    """The terms above the segments, each with its first value."""
    pairs = page.xpath("//dl[@class='across']/div")
    return {pair[0].text_content(): pair[1].text_content() for pair in reversed(pairs)}


def segments(page: html.HtmlElement) -> dict[str, str]:
    """Every row of a segment: its tag with name → what it says."""
    rows = page.xpath("//tr[starts-with(@id, 's-')]")
    return {text_of(row.xpath("th")[0]): text_of(row) for row in rows}


# -- what is shown --------------------------------------------------------------------------------


def test_the_page_says_what_it_was_taken_for(ana: Walker) -> None:
    said = across(paste(ana))
    assert said["Format"].startswith("UN/EDIFACT messages")
    assert (said["Directory named"], said["Judged by"], said["Guide"]) == ("D.96A", "D.96A", "none")
    assert (said["Segments"], said["Messages"], said["Function"]) == ("9", "1", "Original")


def test_segments_stand_one_by_one_with_number_byte_names_and_words_of_codes(ana: Walker) -> None:
    found = segments(paste(ana))
    assert list(found)[:4] == [
        "UNBInterchange header",
        "UNHMessage header",
        "BGMBeginning of message",
        "NADName and address",
    ]
    begin = found["BGMBeginning of message"]
    assert begin.startswith(f"2{TEXT.index('BGM')}line 3BGM")
    assert "1001 Document/message name, coded 85 Customs manifest" in begin
    assert "3 1225 Message function, coded9 Original" in begin


def test_each_defect_stands_in_its_segment_and_in_the_list_that_leads_there(ana: Walker) -> None:
    page = paste(ana)
    rows = page.xpath("//tr[starts-with(@id, 'd-')]")
    assert len(rows) == len(explain(encoded(TEXT)).told) > 1
    for row in rows:
        (link,) = row.xpath("td/a/@href")
        segment = page.get_element_by_id(link[1:])
        (back,) = segment.xpath(f".//a[@href='#{row.get('id')}']")
        reason = text_of(row.xpath("td[@lang='en']")[0])
        assert reason in text_of(back.getparent())
    unit = next(e for e in page.xpath("//li[@class='wrong']") if "NRXU4430057" in text_of(e))
    assert "its check digit is 6" in text_of(unit)
    assert "missing" in segments(page)["NADName and address"]


def test_every_link_in_the_page_leads_somewhere_and_no_id_stands_twice(ana: Walker) -> None:
    data = (SAMPLES / "manifest-damaged.edi").read_bytes()
    page = html.fromstring(send(ana, data).text)
    ids = Counter(page.xpath("//@id"))
    assert ids.most_common(1)[0][1] == 1
    links = page.xpath("//a[starts-with(@href, '#')]/@href")
    assert len(links) > 30
    assert {link[1:] for link in links} <= set(ids)


def test_the_records_are_drawn_as_on_their_own_pages(node: Node, ana: Walker) -> None:
    """The same facts in the same words as after the file was taken in."""
    name = "bayplan-northreach-0412.edi"
    data = (SAMPLES / name).read_bytes()
    page = html.fromstring(send(ana, data, name).text)
    node.ingest(node.operator(), name, io.BytesIO(data))
    walker, compared = walk(node), 0
    for record in page.xpath("//main//details")[:8]:
        title = text_of(record.xpath("summary/strong")[0])
        here = [text_of(line) for line in record.xpath(".//table[@class='facts']//tr")]
        for row in node.search(node.operator(), title.rpartition(" ")[2]).rows:
            if row.title == title:
                shown = walker.see(f"/records/{row.record_id}")
                facts = [text_of(line) for line in shown.xpath("//table[@class='facts']//tr")]
                assert [fact.partition(" reason ")[0] for fact in facts] == here
                compared += 1
    assert compared >= 7


@pytest.mark.parametrize(
    ("name", "said", "record"),
    [("ocean-manifest-309.x12", "ANSI X12 transaction sets", "Consignment"),
     ("manifest-small-trader.csv", "Table as delimited text", "Consignment"),
     ("passengers-altamira-AM218.edi", "UN/EDIFACT messages", "Traveller")],
)  # fmt: skip
def test_other_formats_are_shown_pasted_as_well(
    ana: Walker, name: str, said: str, record: str
) -> None:
    page = paste(ana, (SAMPLES / name).read_text("utf-8"))
    shown = across(page)
    assert shown["Format"].startswith(said)
    assert int(shown["Records"]) > 0
    assert text_of(page.xpath("//main//summary")[0]).startswith(f"Record 1: {record}")
    assert ("Segments" in shown) == (not name.endswith(".csv"))


def test_a_pasted_zone_of_a_passport_is_read(ana: Walker) -> None:
    zone = (
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\r\n"
        "L898902C36UTO7408122F1204159ZE184226B<<<<<10\r\n"
    )
    page = paste(ana, zone)
    assert "ERIKSSON" in text_of(page.xpath("//main//summary")[0])
    assert across(page)["Line"] == "1"


def test_two_thousand_segments_are_shown_and_the_rest_is_counted(ana: Walker) -> None:
    many = TEXT.replace("CNI+", "FTX+AAA+++SEAWEED'\n" * 2_500 + "CNI+")
    page = paste(ana, many)
    said = text_of(page)
    assert "2000 of 2509 segments are shown" in said
    assert "508 segments are not shown here." in said
    shown = [text_of(tag)[:3] for tag in page.xpath("//tr[starts-with(@id, 's-')]/th")]
    assert len(shown) == 2_000
    assert shown[-2:] == ["NAD", "UNT"], "broken, and at the end"


def test_records_shown_are_bounded_and_the_rest_is_counted(ana: Walker) -> None:
    page = html.fromstring(send(ana, (SAMPLES / "manifest-northreach-0412.edi").read_bytes()).text)
    drawn = len(page.xpath("//main//details"))
    assert 50 < drawn <= 100
    assert f"{drawn} of 156 records are shown, the first." in text_of(page)


# -- choosing -------------------------------------------------------------------------------------


def test_directory_and_guide_are_chosen_by_hand_and_stay_chosen(ana: Walker) -> None:
    page = paste(ana, directory="D.17B", guide="none")
    assert across(page)["Judged by"] == "D.17B"
    assert page.xpath("//select/option[@selected]/text()") == ["D.17B", "none, the directory alone"]
    assert page.xpath("//textarea")[0].text_content().strip() == TEXT.strip()


def test_defects_are_shown_from_a_severity_on_and_all_are_counted(ana: Walker) -> None:
    every, some = paste(ana), paste(ana, severity="error")
    tags = some.xpath("//tr[starts-with(@id, 'd-')]//span/text()")
    assert set(tags) == {"Error"}
    assert len(tags) < len(every.xpath("//tr[starts-with(@id, 'd-')]"))
    assert across(some)["Warning"] == across(every)["Warning"] != "0"
    pressed = some.xpath("//button[@aria-pressed='true']")
    assert [button.get("value") for button in pressed] == ["error"]
    assert "No defect is that severe." in text_of(paste(ana, severity="fatal"))


def carried(page: html.HtmlElement) -> dict[str, str]:
    form = page.get_element_by_id("read")
    return {one.get("name"): one.get("value") for one in form.xpath("input[@type='hidden']")}


def test_a_file_is_carried_along_byte_by_byte_until_another_comes(ana: Walker) -> None:
    data = TEXT.replace("\n", "\r\n").encode() + b"\x00"
    page = html.fromstring(send(ana, data, "<b>mine</b>.edi").text)
    form = carried(page)
    assert base64.b64decode(form["carried"]) == data
    again = paste(ana, "", **form, severity="error")
    assert form["name"] == "b>.edi" and "b>.edi" in text_of(again)
    assert carried(again)["carried"] == form["carried"]
    assert "carried" not in carried(paste(ana, TEXT, **form)), "a text goes before the old file"
    table = {"file": ("t.csv", b"a;b\n1;2\n")}
    newer = html.fromstring(ana.post("/messages", files=table, text=TEXT, **form).text)
    assert across(newer)["Size"] == "8 B", "a new file goes before both"


def test_a_damaged_carried_file_is_told(ana: Walker) -> None:
    answer = ana.post("/messages", files={"file": ("", b"")}, text="", carried="%%%", name="a")
    assert answer.status_code == 400 and "choose it again" in answer.text


# -- the answer -----------------------------------------------------------------------------------


def test_the_answer_to_the_sender_is_a_contrl_that_names_what_is_wrong(ana: Walker) -> None:
    answer = ana.post("/messages/answer", files={"file": ("", b"")}, text=TEXT)
    assert answer.headers["content-disposition"] == 'attachment; filename="contrl.edi"'
    assert answer.headers["content-type"] == "application/octet-stream"
    (message,) = (
        item for item in read_messages(io.BytesIO(answer.content)) if isinstance(item, RawMessage)
    )
    assert (message.type, message.interchange_recipient) == ("CONTRL", "NORTHREACH")
    assert [segment.tag for segment in message.segments][:3] == ["UNH", "UCI", "UCM"]
    assert MARK.encode() not in answer.content


def test_the_answer_to_an_x12_file_is_a_997_and_a_file_carried_along_is_answered(
    ana: Walker,
) -> None:
    data = (SAMPLES / "ocean-manifest-309.x12").read_bytes()
    form = carried(html.fromstring(send(ana, data, "m.x12").text))
    answer = ana.post("/messages/answer", files={"file": ("", b"")}, text="", **form)
    assert answer.headers["content-disposition"] == 'attachment; filename="997.x12"'
    (told,) = (
        item for item in read_sets(io.BytesIO(answer.content)) if isinstance(item, RawMessage)
    )
    assert told.type == "997"


@pytest.mark.parametrize(
    ("sample", "word", "type"),
    [("bayplan-northreach-0412.edi", "aperak", "APERAK"), ("ocean-manifest-309.x12", "999", "999")],
)
def test_an_answer_about_values_may_be_had_instead(
    ana: Walker, sample: str, word: str, type: str
) -> None:
    form = carried(html.fromstring(send(ana, (SAMPLES / sample).read_bytes(), sample).text))
    answer = ana.post(
        "/messages/answer", files={"file": ("", b"")}, text="", acknowledgment=word, **form
    )
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="{word}.')
    reader = read_sets if word == "999" else read_messages
    found = [each for each in reader(io.BytesIO(answer.content)) if isinstance(each, RawMessage)]
    assert found and {each.type for each in found} == {type}


@pytest.mark.parametrize("word", ["997", "postcard"])
def test_an_answer_of_another_syntax_is_refused(ana: Walker, word: str) -> None:
    answer = ana.post("/messages/answer", files={"file": ("", b"")}, text=TEXT, acknowledgment=word)
    assert 400 <= answer.status_code < 500
    assert "content-disposition" not in answer.headers


@pytest.mark.parametrize("text", ["a;b\n1;2\n", TEXT.replace("UNB+", "UNX+").replace("UNH", "UNX")])
def test_what_has_no_answer_draws_the_form_again_and_says_so(ana: Walker, text: str) -> None:
    answer = ana.post("/messages/answer", files={"file": ("", b"")}, text=text)
    assert 400 <= answer.status_code < 500
    page = html.fromstring(answer.text)
    assert page.xpath("//p[@role='alert']") and page.xpath("//textarea")[0].text_content().strip()
    assert "content-disposition" not in answer.headers


# -- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/messages", "/messages/answer"])
@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "Paste a message or choose a file."), ("es", "Pegue un mensaje o elija un archivo.")],
)
def test_an_empty_form_is_told(node: Node, address: str, language: str, sentence: str) -> None:
    answer = walk(node, language=language).post(address, files={"file": ("", b"")}, text=" \r\n")
    assert answer.status_code == 400 and sentence in answer.text


def test_what_no_reader_recognises_is_told_and_stays_in_the_field(ana: Walker) -> None:
    answer = ana.post("/messages", files={"file": ("", b"")}, text=f"only {MARK}")
    assert answer.status_code == 415
    page = html.fromstring(answer.text)
    why = text_of(page.xpath("//p[@role='alert']")[0])
    assert "no reader recognises it" in why and MARK not in why
    assert page.xpath("//textarea")[0].text_content().strip() == f"only {MARK}"


@pytest.mark.parametrize(
    "form", [{"directory": "D.99Z"}, {"guide": "../x"}, {"severity": "none"}, {"name": "x" * 3_000}]
)
def test_a_wrong_choice_is_400(ana: Walker, form: dict[str, str]) -> None:
    answer = ana.post("/messages", files={"file": ("", b"")}, text=TEXT, **form)
    assert answer.status_code == 400


@pytest.mark.parametrize("size", [1_000_001, 5_000_000])
@pytest.mark.parametrize("way", ["text", "file"])
def test_a_message_above_a_megabyte_is_refused_in_one_sentence(
    ana: Walker, size: int, way: str
) -> None:
    message = TEXT.replace("\n", "").ljust(size)
    answer = send(ana, message.encode()) if way == "file" else ana.post(
        "/messages", files={"file": ("", b"")}, text=message
    )  # fmt: skip
    assert answer.status_code == 413
    assert "larger than 1 MB" in text_of(html.fromstring(answer.text))
    assert MARK not in answer.text


def test_a_message_of_a_megabyte_is_taken_as_text_and_as_a_file(ana: Walker) -> None:
    message = TEXT.replace("\n", "").ljust(1_000_000)
    for page in (paste(ana, message), html.fromstring(send(ana, message.encode()).text)):
        assert across(page)["Size"] == "1.0 MB"


@pytest.mark.parametrize("spread", [2_000_000, 40_000_000])
def test_packed_data_that_unpack_too_far_are_refused(ana: Walker, spread: int) -> None:
    """Past a megabyte, or past 200 times their size."""
    answer = send(ana, gzip.compress(TEXT.encode() + b"+ ':" * (spread // 4)), "a.edi.gz")
    assert answer.status_code == 413
    why = text_of(html.fromstring(answer.text).xpath("//p[@role='alert']")[0])
    assert "more than" in why and MARK not in why


def test_other_forms_stay_small_and_without_control_characters() -> None:
    walker = Walker(SmallNode(), limits=FaceLimits()).sign_in()
    assert walker.post("/screening", name="x" * 500_000).status_code == 413
    assert walker.post("/screening", name="a\x1cb").status_code == 400


def test_control_characters_that_separate_are_taken(ana: Walker) -> None:
    """UNOB separates with IS 1, IS 3 and IS 4 (ISO 9735 annex A)."""
    text = TEXT.replace("\n", "").replace("UNOC", "UNOB")
    text = text.replace("'", "\x1c").replace("+", "\x1d").replace(":", "\x1f")
    assert across(paste(ana, text))["Directory named"] == "D.96A"


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_hostile_message_is_shown_as_text(node: Node, language: str) -> None:
    walker = walk(node, language=language)
    for text in (TEXT.replace(MARK, HOSTILE.replace("'", "")), f"a;b\n{HOSTILE};1\n{HOSTILE};2\n"):
        shown = walker.post("/messages", files={"file": (f"{HOSTILE}.csv", text.encode())}).text
        assert "<script>alert" not in shown and "<img src=x" not in shown
        assert "&lt;img" in shown or "&lt;script&gt;" in shown
    hostile = "</textarea><script>alert(1)</script>"
    answer = walker.post("/messages", files={"file": ("", b"")}, text=TEXT + hostile)
    assert "<script>alert" not in answer.text


# -- text becomes bytes ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("UNB+UNOC:3+Ñ'", b"UNB+UNOC:3+\xd1'"),
        ("UNA:+.? 'UNB+UNOY:4+Ñ'", "UNA:+.? 'UNB+UNOY:4+Ñ'".encode()),
        ("UNB+UNOC:3+Ж'", "UNB+UNOC:3+Ж'".encode()),
        ("UNB+UNOA:3+Ñ'", "UNB+UNOA:3+Ñ'".encode()),
        ('<?xml version="1.0" encoding="ISO-8859-1"?><a>Ñ</a>',
         b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\xd1</a>'),
        ('<?xml version="1.0" encoding="utf-16"?><a>Ñ</a>',
         '<?xml version="1.0" encoding="utf-16"?><a>Ñ</a>'.encode()),
        ('<?xml version="1.0" encoding="ISO-8859-99"?><a>Ñ</a>',
         '<?xml version="1.0" encoding="ISO-8859-99"?><a>Ñ</a>'.encode()),
        ("a;Ñ\r\n1;2\r\n", "a;Ñ\n1;2\n".encode()),
    ],
)  # fmt: skip
def test_a_pasted_text_is_encoded_as_it_declares_itself_where_that_holds_it(
    text: str, data: bytes
) -> None:
    assert encoded(text) == data


def test_a_pasted_latin_message_has_no_defect_of_its_characters(ana: Walker) -> None:
    page = paste(ana, TEXT.replace("CALLE", "PEÑÓN"))
    assert "PEÑÓN 50" in text_of(page)
    assert "charset" not in text_of(page)


# -- reachable ------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_control_has_a_name_and_every_region_and_heading_too(
    node: Node, language: str
) -> None:
    """WCAG 2.2, 1.3.1, 2.4.6, 4.1.2."""
    page = paste(walk(node, language=language))
    for control in page.xpath("//main//*[self::textarea or self::select or @type='file']"):
        assert text_of(control.getparent()).strip(), control.get("name")
    assert all(text_of(button) for button in page.xpath("//button"))
    for region in page.xpath("//*[@aria-labelledby]"):
        assert text_of(page.get_element_by_id(region.get("aria-labelledby")))
    levels = [int(heading.tag[1]) for heading in page.xpath("//h1|//h2|//h3|//h4")]
    assert levels[0] == 1 and all(after - before <= 1 for before, after in pairwise(levels))


def test_in_spanish_what_is_ours_is_spanish_and_what_is_english_says_so(node: Node) -> None:
    page = paste(walk(node, language="es"))
    assert page.xpath("//h1")[0].text == "Mensajes"
    said = text_of(page)
    for words in ("Qué se reconoció", "Defectos", "Sobre del intercambio", "falta"):
        assert words in said
    names = page.xpath("//tr[starts-with(@id, 's-')]/th/small")
    assert names and {name.get("lang") for name in names} == {"en"}
    for word in ("Look at", "What it was", "Envelope", "Warning"):
        assert word not in said


def test_each_defect_is_said_in_the_readers_language_with_the_same_values(node: Node) -> None:
    pages = {language: paste(walk(node, language=language)) for language in ("en", "es")}
    said = {
        language: list(page.xpath("//tr[starts-with(@id, 'd-')]/td[@lang]"))
        for language, page in pages.items()
    }
    assert len(said["en"]) == len(said["es"]) > 1
    for english, spanish in zip(said["en"], said["es"], strict=True):
        assert (english.get("lang"), spanish.get("lang")) == ("en", "es")
        assert spanish.text == translated(english.text)
    places = pages["es"].xpath("//span[@class='told']/span")
    assert places and {place.get("lang") for place in places} == {"es"}


def test_what_is_refused_is_said_in_the_readers_language(node: Node) -> None:
    luz = walk(node, language="es")
    for address in ("/messages", "/messages/answer"):
        answer = luz.post(address, files={"file": ("", b"")}, text=f"only {MARK}")
        why = html.fromstring(answer.text).xpath("//p[@role='alert']")[0]
        assert "ningún lector lo reconoce; parece texto simple sin columnas" in text_of(why)
        assert not why.xpath(".//*[@lang='en']") and MARK not in text_of(why)


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_received_file_tells_its_defects_in_the_readers_language(
    node: Node, language: str
) -> None:
    name = "manifest-damaged.edi"
    with (SAMPLES / name).open("rb") as stream:
        node.ingest(node.operator(), name, stream)
    walker = walk(node, "eva", language)
    files_of = html.fromstring(walker.client.get("/intake").text)
    address = files_of.xpath(f"//tr[th/a[text()='{name}']]/th/a/@href")[0]
    page = html.fromstring(walker.client.get(address).text)
    found = page.xpath("//td[@lang] | //p//span[@lang]")
    assert len(found) > 2 and {one.get("lang") for one in found} == {language}


def test_who_has_not_signed_in_is_sent_to_sign_in_and_nothing_is_read(node: Node) -> None:
    walker = Walker(node)
    answer = walker.client.post("/messages", data={"text": TEXT})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    signed = walk(node)
    answer = signed.client.post("/messages", data={"text": TEXT, "csrf": "x"})
    assert answer.status_code == 403 and MARK not in answer.text


def test_an_auditor_may_look_at_a_message_of_his_own(node: Node) -> None:
    """Nothing of the node is shown, so the role does not matter."""
    assert across(paste(walk(node, "ada")))["Messages"] == "1"


# -- nothing is kept ------------------------------------------------------------------------------


def test_nothing_of_a_message_is_in_the_node_the_log_or_another_persons_page(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(spool))
    caplog.set_level(logging.DEBUG)
    walker = walk(node)
    kept = {path for path in node.folder.rglob("*") if path.is_file()}
    padded = TEXT.replace("\n", "") + f"FTX+AAA+++{MARK}'" * 20_000
    for text in (TEXT, padded, f"only {MARK}", TEXT.replace("UNH+1", "UNH")):
        for address in ("/messages", "/messages/answer"):
            walker.post(address, files={"file": ("", b"")}, text=text)
            walker.post(address, files={"file": (f"{MARK}.edi", text.encode())})
    walker.post("/messages", files={"file": ("", b"")}, text=padded * 4)
    said = caplog.text
    assert "POST" in said, "the log was watched"
    assert MARK not in said
    assert list(spool.iterdir()) == []
    assert {path for path in node.folder.rglob("*") if path.is_file()} == kept
    for path in kept:
        assert MARK.encode() not in path.read_bytes(), path.name
    for name, addresses in (
        ("eva", ("/messages", "/intake", "/queue?state=all", f"/search?text={MARK}4", "/help")),
        ("ada", ("/audit", "/messages")),
        ("ana", ("/messages", "/intake", "/queue?state=all")),
    ):
        other = walk(node, name)
        for address in addresses:
            assert MARK not in other.get(address).text.replace(f"{MARK}4", ""), (name, address)
    node.ingest(node.operator(), "kept.edi", io.BytesIO(TEXT.encode()))
    assert any(MARK.encode() in path.read_bytes() for path in kept), "what is kept would be found"
