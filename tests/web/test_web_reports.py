"""Reports on casework and the board through the pages, over real nodes and a small one; no script.

About 21 CPU seconds, half of it two worlds.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import pytest
from docx import Document
from lxml import html
from small_casework import DIGEST
from small_node import HOSTILE, SmallNode
from walker import Walker, text_of

import pdf_words
import report_worlds as made
import worlds
from esclusa.node import Node
from esclusa.sharing.report_views import DayRow
from esclusa.web.day_plots import day_plot
from esclusa.web.report_page import page as standing_alone
from twins import same

MARCH = "/reports/2026-03"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, Node]]:
    folder = tmp_path_factory.mktemp("reports")
    nodes = [made.node_of(folder / str(secret), secret=secret) for secret in (False, True)]
    for node in nodes:
        node.board.now = lambda: made.NOW
        worlds.add_people(node)
        node.add_user(node.administrator(), name="bea", password=worlds.PASSWORD,
                      role="supervisor", clearance=4)  # fmt: skip
    for node in nodes:  # both keep one, and the cleared keep one that others know nothing of
        node.casework_reports.keep(made.supervisor(node), "2026-02")
    nodes[1].casework_reports.keep(made.cleared(nodes[1]), "2026-02")
    nodes[1].casework_reports.keep(made.cleared(nodes[1]), "2026-03")
    yield nodes[0], nodes[1]
    for node in nodes:
        node.close()


def person(node: Node, role: str = "supervisor", language: str = "en") -> Walker:
    return Walker(node).sign_in(role, language, password=worlds.PASSWORD)


def rows_of(page: html.HtmlElement, section: str) -> dict[str, list[str]]:
    rows = page.xpath(f"//div[@aria-labelledby='{section}']//tbody/tr")
    return {
        text_of(row.xpath("th")[0]): [text_of(cell) for cell in row.xpath("td")] for row in rows
    }


def test_a_month_stands_beside_those_before_and_every_number_leads_to_its_records(
    pair: tuple[Node, Node],
) -> None:
    sol = person(pair[0])
    page = sol.see(MARCH)
    told = rows_of(page, "alerts")
    assert told["Alerts raised"] == ["4", "2", "1"]
    assert told["The reasons are explained by the facts on record"][:2] != []
    assert told["Time to the verdict"][0] == "17 h 00 min; nine of ten within 3 d 0 h"
    assert (
        rows_of(page, "sent")["Share answered before the cut-off"][0]
        == "75.0 % (30.1–95.4), 3 of 4"
    )
    links = page.xpath("//table[@class='figures']//td/a")
    assert len(links) > 60
    for link in links[::7]:
        assert sol.get(link.get("href")).status_code == 200
    behind = sol.see(f"{MARCH}/figures/alerts_decided?part=explained")
    assert behind.xpath("//tbody/tr/th/a/@href") == [
        f"/alerts/{made.alert_id(name)}" for name in ("A6", "A2")
    ]
    assert "A verdict that was taken back" in text_of(behind)
    before = sol.see(f"{MARCH}/figures/alerts_decided?of=2026-02")
    assert "1 record counts here" in text_of(before)


def test_what_does_not_count_stands_in_the_appendix_in_the_readers_language(
    pair: tuple[Node, Node],
) -> None:
    for language, words in (
        ("en", ("What the figures count", "clearance OFFICIAL", "days in UTC")),
        (
            "es",
            (
                "Qué cuentan las cifras",
                "habilitación OFFICIAL",
                "finalidad selección de riesgo",
                "75,0 %",
                "días en UTC",
            ),
        ),
    ):
        text = text_of(person(pair[0], language=language).see(MARCH))
        for word in words:
            assert word in text


def test_plots_stand_beside_their_tables(pair: tuple[Node, Node]) -> None:
    page = person(pair[0]).see(MARCH)
    assert len(page.xpath("//svg[@role='img']")) == 2
    assert all(svg.xpath("string(title)") for svg in page.xpath("//svg[@role='img']"))
    assert rows_of(page, "by-day")["2026-03-01"] == ["1", "2"]


def test_csv_pdf_and_docx_say_what_the_page_says(pair: tuple[Node, Node]) -> None:
    ana = person(pair[0], "analyst", "es")
    lines = list(csv.reader(io.StringIO(ana.get(f"{MARCH}.csv").content.decode())))
    head = next(at for at, line in enumerate(lines) if line[:1] == ["period"])
    rows = [
        dict(zip(lines[head], line, strict=True)) for line in lines[head + 1 :] if len(line) == 14
    ]
    decided = [row for row in rows if row["figure"] == "alerts_decided" and not row["part"]]
    assert [(row["period"], row["number"]) for row in decided] == [
        ("2026-03", "4"), ("2026-02", "1"), ("2025-03", "1"),
    ]  # fmt: skip
    assert ana.get(decided[0]["address"]).status_code == 200
    share = next(row for row in rows if row["figure"] == "sent_share" and not row["part"])
    assert (share["number"], share["of"], share["value"], share["version"]) == (
        "3",
        "4",
        "0.75",
        "1",
    )
    pages = pdf_words.pages(ana.get(f"{MARCH}.pdf").content)
    assert all(page.count("OFFICIAL · marisol") >= 2 for page in pages)  # above and below
    assert "Alertas decididas" in "".join(pages) and "75,0 %" in "".join(pages)
    paper = Document(io.BytesIO(ana.get(f"{MARCH}.docx").content))
    assert paper.core_properties.title == "Informe de casos 2026-03"
    assert paper.core_properties.language == "es-419"
    headings = [one.text for one in paper.paragraphs if one.style.name.startswith("Heading")]
    assert headings[:2] == ["Alertas", "Posibles coincidencias"]
    first = paper.tables[0]
    assert [cell.text for cell in first.rows[0].cells] == ["Cifra", "2026-03", "2026-02", "2025-03"]
    assert first.rows[1].cells[1].text == "4"
    for table in paper.tables:
        said = table._tbl.xpath("./w:tblPr/w:tblDescription/@w:val")
        assert said and said[0].strip()
        assert table._tbl.xpath("./w:tr[1]/w:trPr/w:tblHeader")
    assert paper.sections[0].header.paragraphs[0].text == "OFFICIAL · marisol"


def test_wrong_addresses_are_told_as_such(pair: tuple[Node, Node]) -> None:
    sol = person(pair[0])
    for address in ("/reports/2026-13", "/reports/x.pdf", f"{MARCH}/figures/ghost",
                    f"{MARCH}/figures/alerts_raised?of=2020-01", "/reports?period=March",
                    f"{MARCH}/figures/alerts_raised?offset=x", "/board/ghost",
                    "/board/matches?age=old"):  # fmt: skip
        assert sol.get(address).status_code == 400, address
    assert sol.get(f"/kept-reports/{'0' * 64}").status_code == 404


def test_roles_without_reports_have_no_page_and_the_board_is_for_supervisors(
    pair: tuple[Node, Node],
) -> None:
    for role in ("auditor", "administrator", "analyst"):
        walker = person(pair[0], role)
        for address in ("/board", "/board/matches"):
            assert walker.get(address).status_code == 403
        for address in ("/reports", MARCH, f"{MARCH}.csv", "/kept-reports"):
            assert walker.get(address).status_code == (200 if role == "analyst" else 403)


@pytest.mark.parametrize(("role", "language"), [("analyst", "en"), ("supervisor", "es")])
def test_pages_and_files_of_two_worlds_are_the_same(
    pair: tuple[Node, Node], role: str, language: str
) -> None:
    people = [person(node, role, language) for node in pair]
    for walker in people:  # sizes are compared as they are
        walker.client.headers["accept-encoding"] = "identity"
    addresses = [MARCH, "/reports/2026", f"{MARCH}?hide_small=true", "/board", "/board/alerts_new",
                 "/board/alerts_claimed?late=true", "/board/quarantine", "/board/matches", "/kept-reports", "/reports/2026-02"]  # fmt: skip
    addresses += [f"{MARCH}.{form}" for form in ("pdf", "docx", "csv")]
    addresses += people[0].see("/reports/2026-02").xpath("//main//li/a/@href")
    page = people[0].see(MARCH)
    addresses += sorted(set(page.xpath("//table[@class='figures']//td/a/@href")))[::3]
    for address in addresses:
        answer = same(address, *(walker.get(address) for walker in people))
        assert made.HIDDEN.encode() not in answer.content


def test_the_cleared_see_their_own_figures_and_the_marking_of_them(pair: tuple[Node, Node]) -> None:
    page = person(pair[1], "bea").see(MARCH)
    assert rows_of(page, "alerts")["Alerts raised"][0] == "5"
    assert "SECRET" in text_of(page.xpath("//p[contains(@class, 'marking')]")[0])
    assert made.HIDDEN in text_of(person(pair[1], "bea").see(f"{MARCH}/figures/alerts_raised"))


def test_a_report_is_kept_by_a_supervisor_alone_and_shown_beside_the_present(
    pair: tuple[Node, Node],
) -> None:
    assert person(pair[0], "analyst").post(f"{MARCH}/keep").status_code == 403
    assert not person(pair[0], "analyst").see(MARCH).xpath("//form[contains(@action, 'keep')]")
    sol = person(pair[0])
    january = "/reports/2026-01"
    kept = sol.post(f"{january}/keep").headers["location"]
    other = person(pair[1]).post(f"{january}/keep")  # so that the worlds stay alike for other tests
    assert other.headers["location"] == kept
    text = text_of(sol.see(kept))
    assert "no figure has changed since" in text and kept.rpartition("/")[2] in text
    assert kept.rpartition("/")[2][:12] in text_of(sol.see(january))
    assert sol.see("/kept-reports").xpath("//tbody/tr/th/a/@href")[0] == kept
    assert sol.post("/reports/2026-04/keep").status_code == 409


# --- the board ------------------------------------------------------------------------------------


def test_the_board_counts_what_waits_with_its_age_by_hand(pair: tuple[Node, Node]) -> None:
    sol = person(pair[0])
    page = sol.see("/board")
    told = rows_of(page, "queues")
    # A4, and the five alerts on the bills, which are two years old.
    assert told["Alerts that nobody holds"] == ["6", "0", "2024-02-01 00:00Z", "0", "0", "0", "6"]
    # A3, held by bea for eight days.
    assert told["Alerts claimed"] == ["1", "1", "2026-04-01 00:00Z", "0", "0", "0", "1"]
    assert told["Referrals that we were asked"][:2] == ["1", "1"]
    assert told["Messages in quarantine"][0] == "1"
    assert rows_of(page, "officers")["bea"] == ["1", "2026-04-01 00:00Z", "0", "0"]
    assert rows_of(page, "done")["2026-03-31"] == ["1", "0"]
    for link in page.xpath("//div[@aria-labelledby='queues']//td/a/@href"):
        assert sol.get(link).status_code == 200
    late = sol.see("/board/alerts_claimed?late=true")
    assert late.xpath("//tbody/tr/th/a/@href") == [f"/alerts/{made.alert_id('A3')}"]
    assert "Aquí espera 1." in text_of(
        person(pair[0], language="es").see("/board/alerts_claimed?who=bea")
    )


def test_bars_are_as_high_as_their_counts() -> None:
    plot = day_plot(
        [
            DayRow(day="2026-03-01", raised=4, decided=2),
            DayRow(day="2026-03-02", raised=0, decided=1),
        ]
    )
    assert plot is not None
    heights = {
        "raised": [bar.height for bar in plot.raised],
        "decided": [bar.height for bar in plot.decided],
    }
    assert heights["raised"][0] == pytest.approx(2 * heights["decided"][0], abs=0.2)
    assert len(heights["raised"]) == 1 and len(heights["decided"]) == 2
    assert [line.text for line in plot.lines] == ["0", "1", "2", "3", "4"]
    assert day_plot([DayRow(day="2026-03-01", raised=0, decided=0)]) is None


# --- what others wrote ----------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_text_is_escaped(language: str) -> None:
    node = SmallNode(title=HOSTILE)
    walker = Walker(node).sign_in("supervisor", language)
    for address in ("/reports/2026-11", "/reports/2026-11/figures/sent_asked?part=x",
                    "/kept-reports", f"/kept-reports/{DIGEST}", "/board",
                    "/board/alerts_claimed?who=x"):  # fmt: skip
        answer = walker.get(address)
        assert answer.status_code == 200, address
        assert "<script>alert" not in answer.text
        assert "onerror=alert" not in re.sub(r"&lt;img[^<]*", "", answer.text)
    view = node.casework_reports.report(made.supervisor(node), "2026-11")  # type: ignore[arg-type]
    assert "<script" not in standing_alone(view, language)
    for form in ("pdf", "docx", "csv"):
        assert walker.get(f"/reports/2026-11.{form}").status_code == 200


def test_a_page_that_stands_alone_asks_for_nothing(pair: tuple[Node, Node]) -> None:
    view = pair[0].casework_reports.report(made.supervisor(pair[0]), "2026-03")
    page = html.fromstring(standing_alone(view, "en"))
    assert not page.xpath("//@src | //link | //a")
    assert page.get("lang") == "en"
    assert rows_of(page, "alerts")["Alerts raised"] == ["4", "2", "1"]
    assert len(page.xpath("//svg[@role='img']/title")) == 2
