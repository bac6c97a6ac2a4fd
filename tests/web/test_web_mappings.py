"""The pages about mappings over a real node: choose, correct a guess, add, look at versions."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import html
from walker import Walker, text_of

from esclusa.formats.tabular.mapping import load_mapping
from esclusa.model import Level
from esclusa.node.node import Node

PASSWORD = "correct horse battery"
DATA = Path(__file__).parents[1] / "data" / "tabular"
TABLE = (DATA / "exportacion.csv").read_bytes()
RIGHT = (DATA / "exportacion.toml").read_bytes()
NAME = "altamira-exportacion"
WATCH = b'id = "watch"\ntitle = "Watch"\ntarget = "list_entry"\n[columns]\n"Nombre real" = "name"\n'


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a node with its people; each test opens a copy."""
    folder = tmp_path_factory.mktemp("mappings") / "node"
    node = Node.create(folder, agency="NORTHREACH", title="Northreach Customs")
    for role in ("analyst", "supervisor", "administrator"):
        node.add_user(
            node.administrator(), name=role, password=PASSWORD, role=role, clearance=Level.OFFICIAL
        )
    node.close()
    return folder


@pytest.fixture
def node(made: Path, tmp_path: Path) -> Iterator[Node]:
    opened = Node.open(shutil.copytree(made, tmp_path / "node"))
    yield opened
    opened.close()


def walk(node: Node, role: str = "analyst", language: str = "en") -> Walker:
    return Walker(node).sign_in(role, language, password=PASSWORD)


def add(walker: Walker, text: bytes = RIGHT, name: str = "m.toml") -> str:
    """Add a mapping file; return where the browser is sent."""
    answer = walker.post("/mappings", files={"files": (name, text)})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def upload(walker: Walker, mapping: str = "") -> html.HtmlElement:
    """Take the table in and return its page."""
    answer = walker.post("/intake", files={"files": ("exportacion.csv", TABLE)}, mapping=mapping)
    assert answer.status_code == 303, answer.text
    return walker.see(answer.headers["location"])


def test_a_guess_is_looked_at_corrected_added_and_used(node: Node) -> None:
    """The whole way of an officer who meets a new sender."""
    walker, chief = walk(node), walk(node, "supervisor")
    page = upload(walker)
    assert "Mappingguessed" in text_of(page)
    assert (
        walker.see("/search?text=northreach+foods").xpath("//a[contains(@href, '/records/')]") == []
    )
    (link,) = page.xpath("//a[contains(@href, '/proposal')]/@href")
    proposal = walker.see(link)
    (text,) = proposal.xpath("//pre")
    (saved,) = proposal.xpath("//a[contains(@href, 'mapping.toml')]/@href")
    assert walker.get(saved).text == text.text_content()
    corrected = text.text_content().replace(
        '# "Cliente" = ""', '"Cliente" = "parties.consignee.name"'
    )
    assert load_mapping(corrected.encode()).id == "exportacion"

    assert add(chief, corrected.encode()) == "/mappings/exportacion"
    form = walker.see("/intake").xpath("//select[@name='mapping']/option/@value")
    assert form == ["", "exportacion"]
    page = upload(walker, mapping="exportacion")
    (used,) = page.xpath("//dd/a[starts-with(@href, '/mappings/')]")
    assert used.text_content() == "exportacion"
    assert '"Cliente" = "parties.consignee.name"' in text_of(walker.see(used.get("href")))
    found = walker.see("/search?text=northreach+foods").xpath(
        "//main//a[contains(@href, '/records/')]"
    )
    assert len(found) == 2


def test_guess_comes_first_and_lists_and_messages_have_their_own_mappings(node: Node) -> None:
    chief = walk(node, "supervisor")
    add(chief)
    add(chief, WATCH)
    for address, wanted in (("/intake", ["", NAME]), ("/lists", ["", "watch"])):
        options = chief.see(address).xpath("//select[@name='mapping']/option")
        assert [option.get("value") for option in options] == wanted
    table = ("l.csv", b"Nombre real;Apodo\nVelasco Marrone;El Pardo\n")
    form = {"list_id": "own", "title": "Own", "mapping": "watch"}
    assert chief.post("/lists", files={"files": table}, **form).status_code == 303
    assert "Velasco Marrone" in text_of(
        html.fromstring(chief.post("/screening", name="Velasco Marrone", type="person").text)
    )


def test_the_file_found_by_its_headings_names_its_mapping(node: Node) -> None:
    add(walk(node, "supervisor"))
    said = text_of(upload(walk(node)))
    assert f"Mapping{NAME}" in said
    assert "has every column heading of the kept mapping" in said


def test_an_unknown_mapping_in_the_form_is_told(node: Node) -> None:
    answer = walk(node).post("/intake", files={"files": ("x.csv", TABLE)}, mapping="nowhere")
    assert answer.status_code == 400
    assert "There is no such thing, or none that you may know of." in answer.text
    assert node.sources(node.operator()) == ()


@pytest.mark.parametrize(
    ("text", "english", "spanish"),
    [(RIGHT.replace(b'"bill"', b'"billl"'), "no field &#39;billl&#39;",
      "no tiene el campo &#39;billl&#39;"),
     (b"{", "not a mapping", "no es un mapeo"),
     (b"#" * 200_000, "at most 131,072 bytes", "como máximo 131,072 bytes")],
    ids=["field", "text", "size"],
)  # fmt: skip
@pytest.mark.parametrize("language", ("en", "es"))
def test_a_wrong_mapping_draws_the_page_again_with_the_reason_in_the_readers_language(
    node: Node, text: bytes, english: str, spanish: str, language: str
) -> None:
    answer = walk(node, "administrator", language).post(
        "/mappings", files={"files": ("m.toml", text)}
    )
    assert answer.status_code == 422
    assert (english if language == "en" else spanish) in answer.text
    (note,) = html.fromstring(answer.text).xpath("//p[@role='alert']/span/@lang")
    assert note == language
    assert node.mappings(node.operator()) == ()


def test_a_form_without_a_file_or_with_two_is_told(node: Node) -> None:
    chief = walk(node, "supervisor", "es")
    two = [("files", ("a.toml", RIGHT)), ("files", ("b.toml", RIGHT))]
    for files in ({"files": ("", b"")}, two):
        answer = chief.post("/mappings", files=files)
        assert (answer.status_code, "Elija un archivo." in answer.text) == (400, True)


def test_versions_are_shown_and_each_can_be_opened_and_saved(node: Node) -> None:
    chief = walk(node, "supervisor")
    add(chief)
    add(chief, RIGHT + b"# corrected\n")
    page = chief.see(f"/mappings/{NAME}")
    assert "# corrected" in text_of(page)
    (older,) = page.xpath("//ol//a/@href")
    assert "# corrected" not in text_of(chief.see(older))
    saved = chief.get(chief.see(older).xpath("//a[contains(@href, '/file')]/@href")[0])
    assert saved.content == RIGHT
    assert saved.headers["content-disposition"] == f'attachment; filename="{NAME}.toml"'
    assert chief.get("/mappings/none").status_code == 404


def test_an_analyst_sees_mappings_and_no_form_to_add_one(node: Node) -> None:
    add(walk(node, "administrator"))
    walker = walk(node)
    page = walker.see("/mappings")
    assert NAME in text_of(page)
    assert page.xpath("//main//form") == []
    assert walker.post("/mappings", files={"files": ("m.toml", RIGHT)}).status_code == 403


def test_a_title_with_markup_is_shown_as_text(node: Node) -> None:
    hostile = RIGHT.replace(b"Altamira, exports from pier 3", b"<script>alert(1)</script>")
    chief = walk(node, "supervisor")
    add(chief, hostile)
    for address in ("/mappings", f"/mappings/{NAME}", "/intake"):
        assert "<script>alert" not in chief.get(address).text
