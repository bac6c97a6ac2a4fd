"""The auditor's pages and the state of the node, on a real node: sentences in both languages, who
looked, counts, the pack, the proof; what each role gets, and strangers. About 3 s of CPU."""

from __future__ import annotations

import csv
import datetime as dt
import io
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from lxml import html
from walker import Walker, text_of

import esclusa.web
from esclusa.node import Node
from esclusa.sharing.health_views import HealthView
from esclusa.sharing.reader import Action, Role

PASSWORD = "correct horse battery"
TODAY = dt.datetime.now(dt.UTC).date().isoformat()
PEOPLE = {
    "ana.perez": Role.ANALYST, "ada": Role.AUDITOR, "tom": Role.ADMINISTRATOR,
    "sol": Role.SUPERVISOR,
}  # fmt: skip


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = Node.create(tmp_path_factory.mktemp("audit") / "node", agency="marisol")
    for name, role in PEOPLE.items():
        made.add_user(made.administrator(), name=name, password=PASSWORD, role=role)
    yield made
    made.close()


@pytest.fixture(scope="module")
def people(node: Node) -> dict[str, Walker]:
    found = {name: Walker(node).sign_in(name, password=PASSWORD) for name in PEOPLE}
    found["es"] = Walker(node).sign_in("ada", "es", password=PASSWORD)
    found["ada"].post("/preferences", language="en", back="/help")
    ana = found["ana.perez"]
    ana.get("/search?text=PEREZ+ANA")
    ana.get("/search?text=ORILLA")
    for _ in range(5):
        ana.get("/records/no-such-record")
    return found


def said(walker: Walker, address: str) -> list[str]:
    rows = walker.see(address).xpath("//tbody[@class='said']/tr/td[3]")
    return [" ".join(text_of(row).split()) for row in rows]


def test_a_line_is_a_sentence_in_the_readers_language(
    node: Node, people: dict[str, Walker]
) -> None:
    people["ada"].post("/preferences", language="en", back="/help")
    assert "ana.perez searched, for the purpose Targeting Analyst" in said(
        people["ada"], "/audit?who=ana.perez"
    )
    people["ada"].post("/preferences", language="es", back="/help")
    spanish = said(people["ada"], "/audit?who=ana.perez")
    assert "ana.perez hizo una búsqueda, con la finalidad Selección de riesgo Analista" in spanish
    people["ada"].post("/preferences", language="en", back="/help")


def test_every_action_has_a_deed_that_a_sentence_can_be_made_of() -> None:
    path = Path(esclusa.web.__file__).parent / "vocabulary.toml"
    words = tomllib.loads(path.read_text(encoding="utf-8"))
    assert set(words["deed"]) == set(words["action"]) >= set(Action)


def test_the_filters_narrow_keep_what_was_asked_and_lead_on(people: dict[str, Walker]) -> None:
    ada = people["ada"]
    address = (
        f"/audit?who=ana.perez&action=search:run&purpose=targeting&since={TODAY}&until={TODAY}"
    )
    page = ada.see(address)
    assert len(page.xpath("//tbody[@class='said']/tr")) == 2
    assert page.xpath("//input[@name='since']/@value") == [TODAY]
    assert page.xpath("//select[@name='purpose']/option[@selected]/@value") == ["targeting"]
    assert said(ada, "/audit?since=2020-01-01&until=2020-01-02") == []
    table = ada.see(f"{address}&as=table").xpath("//tbody[@class='lines']/tr")
    assert len(table) == 2


@pytest.mark.parametrize(
    "query", ("since=yesterday", "since=2026-12-02&until=2026-12-01", "action=x", "purpose=x",
              "before=x", "as=x", "who=%00")
)  # fmt: skip
def test_a_wrong_filter_is_400(people: dict[str, Walker], query: str) -> None:
    assert people["ada"].get(f"/audit?{query}").status_code == 400


@pytest.mark.parametrize(
    ("address", "field", "english", "spanish"),
    [
        ("/audit?since=yesterday&who=ana.perez", "since", "such as 1971-05-12", "1971-05-12"),
        ("/audit?since=2026-12-02&until=2026-12-01&who=ana.perez", "until", "before", "anterior"),
        ("/audit?action=x&who=ana.perez", "action", "list", "lista"),
        ("/audit?purpose=x&who=ana.perez", "purpose", "list", "lista"),
        ("/audit-use?since=x&opens=7", "since", "such as 1971-05-12", "1971-05-12"),
        ("/audit-use?since=2026-11-28&until=2020-01-01&opens=7", "until", "before", "anterior"),
        ("/audit-use?since=2020-01-01&until=2026-11-28&opens=7", "until", "too long", "demasiado largo"),
        ("/audit-use?shuts=99&opens=7", "shuts", "24", "24"),
        ("/audit-use?least=0&opens=7", "least", "1", "1"),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(
    people: dict[str, Walker], address: str, field: str, english: str, spanish: str
) -> None:
    for language, told in (("en", english), ("es", spanish)):
        people["ada"].post("/preferences", language=language, back="/help")
        page = people["ada"].see(address, 400)
        (wrong,) = page.xpath("//form[@method='get']//*[@aria-invalid='true']")
        assert wrong.get("name") == field
        said = page.xpath("//*[@id=$id]", id=wrong.get("aria-describedby").split()[-1])[0]
        assert told in text_of(said), text_of(said)
        kept = {"who": "ana.perez"} if address.startswith("/audit?") else {"opens": "7"}
        for name, value in kept.items():
            assert page.xpath("string(//form//input[@name=$name]/@value)", name=name) == value
        assert page.xpath("//*[@role='alert']//a[starts-with(@href, '#')]")
    people["ada"].post("/preferences", language="en", back="/help")


def test_who_did_something_with_one_subject_is_asked_and_that_is_a_line_too(
    node: Node, people: dict[str, Walker]
) -> None:
    people["tom"].get("/users/ana.perez")
    page = people["ada"].see("/audit?subject=ana.perez")
    looked = [text_of(row) for row in page.xpath("//tbody[@class='looked']/tr")]
    assert any("tom" in row and "Administrator" in row for row in looked)
    assert "ada read the audit log: ana.perez, for the purpose Audit Auditor" in said(
        people["ada"], "/audit?who=ada"
    )


def test_unusual_use_is_told_as_counts(people: dict[str, Walker]) -> None:
    page = people["ada"].see(f"/audit-use?since={TODAY}&until={TODAY}&opens=0&shuts=24&least=2")
    (row,) = page.xpath("//tr[th/a[text()='ana.perez']][count(td)=6]")
    cells = [text_of(cell) for cell in row.xpath("td")]
    assert cells[2:5] == ["2", "0", "1"]  # searches, outside hours, own name
    shut = people["ada"].see(f"/audit-use?since={TODAY}&until={TODAY}&opens=0&shuts=0")
    (row,) = shut.xpath("//tr[th/a[text()='ana.perez']][count(td)=6]")
    assert text_of(row.xpath("td")[3]) == text_of(row.xpath("td")[0])
    for wrong in ("since=x", f"since={TODAY}&until=2020-01-01", "opens=99", "least=0"):
        assert people["ada"].get(f"/audit-use?{wrong}").status_code == 400


def test_the_pack_is_csv_and_pdf(people: dict[str, Walker]) -> None:
    answer = people["ada"].get(f"/audit-pack.csv?since={TODAY}&until={TODAY}")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {"ana.perez", "ada", "tom"} <= {row["who"] for row in rows}
    assert all(len(row["hash"]) == 64 for row in rows)
    for name in ("ada", "es"):
        made = people[name].get(f"/audit-pack.pdf?since={TODAY}&until={TODAY}")
        assert made.content.startswith(b"%PDF-") and made.content.rstrip().endswith(b"%%EOF")


def test_the_proof_is_shown_with_its_moment_after_somebody_asked(
    node: Node, people: dict[str, Walker]
) -> None:
    answer = people["ada"].post("/log-verification")
    assert answer.headers["location"] == "/audit#log"
    page = people["ada"].see("/audit")
    note = text_of(page.xpath("//h2[@id='log']/following-sibling::p[1]")[0])
    assert "The log is unbroken." in note and TODAY in note
    (seal,) = page.xpath("//p[@class='hint']/code/text()")
    assert seal == node.log_check.last().seal and len(seal) == 64
    assert people["tom"].post("/log-verification").headers["location"] == "/health#log"
    health = people["tom"].see("/health").text_content()
    assert "The log is unbroken." in health and node.log_check.last().seal not in health


def test_no_text_that_was_searched_stands_in_what_an_auditor_or_an_administrator_gets(
    people: dict[str, Walker],
) -> None:
    for name, addresses in (
        ("ada", ("/audit", "/audit?as=table", f"/audit-use?since={TODAY}&until={TODAY}",
                 f"/audit-pack.csv?since={TODAY}&until={TODAY}")),
        ("tom", ("/health", "/users", "/agencies")),
    ):  # fmt: skip
        for address in addresses:
            text = people[name].get(address).text
            assert "ORILLA" not in text and "PEREZ" not in text, address


@pytest.mark.parametrize("name", PEOPLE)
def test_each_role_reaches_its_own_pages_and_no_other(people: dict[str, Walker], name: str) -> None:
    pages = {
        "/audit": {"ada"}, "/audit-use": {"ada"}, "/audit-pack.csv": {"ada"},
        "/audit-pack.pdf": {"ada"}, "/health": {"tom"}, "/users": {"tom"}, "/agencies": {"tom"},
    }  # fmt: skip
    for address, allowed in pages.items():
        assert people[name].get(address).status_code == (200 if name in allowed else 403), address
    verified = people[name].post("/log-verification").status_code
    assert verified == (303 if name in ("ada", "tom") else 403)


def test_programs_read_the_state_with_a_session_of_an_administrator_and_strangers_nothing(
    node: Node,
) -> None:
    walker = Walker(node)
    assert walker.client.get("/api/v1/health").json() == {"status": "ok"}
    assert walker.client.get("/api/v1/node-health").status_code == 401
    for name, status in (("tom", 200), ("ada", 403), ("ana.perez", 403), ("sol", 403)):
        bearer = {"Authorization": f"Bearer {node.sign_in(name, PASSWORD)}"}
        answer = walker.client.get("/api/v1/node-health", headers=bearer)
        assert answer.status_code == status
        if status == 200:
            found = msgspec.json.decode(answer.content, type=HealthView)
            assert found.agency == "marisol" and found.log.lines == 0
        verified = walker.client.post("/api/v1/log-verification", headers=bearer)
        assert verified.status_code == (200 if name in ("tom", "ada") else 403)


def test_ending_an_agreement_asks_and_tells_when_there_is_none(people: dict[str, Walker]) -> None:
    tom = people["tom"]
    answer = tom.post("/agencies/northreach/end")
    assert answer.status_code == 400
    assert "sure: Tick this to confirm." in text_of(
        html.fromstring(answer.text).xpath("//*[@role='alert']")[0]
    )
    assert tom.post("/agencies/northreach/end", sure="yes").status_code in (404, 409)
    assert people["sol"].post("/agencies/northreach/end", sure="yes").status_code == 403
