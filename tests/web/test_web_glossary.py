"""The glossary's pages, and the words of other pages that lead there. About 2 CPU seconds."""

from __future__ import annotations

import pytest
from small_node import SmallNode, alert_name
from small_referrals import ASKED
from small_requests import WAITS
from walker import Walker, text_of

from esclusa.cli.commands import cli
from esclusa.codes.glossary import GROUPS, by_name, terms
from esclusa.web.pages.glossary import MOST


@pytest.fixture(scope="module")
def walker() -> Walker:
    return Walker(SmallNode()).sign_in()


def test_every_term_stands_in_its_group(walker: Walker) -> None:
    seen: set[str] = set()
    for group in GROUPS:
        page = walker.see(f"/glossary?group={group}")
        seen |= set(page.xpath("//tbody//th/a/text()"))
        assert page.xpath("//main//nav//a[@aria-current='page']/@href") == [
            f"/glossary?group={group}"
        ]
    assert seen == {term.en for term in terms()}


def test_a_search_works_without_script_and_in_both_languages(walker: Walker) -> None:
    page = walker.see("/glossary?text=conocimiento+de+embarque")
    assert page.xpath("//tbody//th/a/text()")[0] == "bill of lading"
    assert page.xpath("//input[@name='text']/@value") == ["conocimiento de embarque"]
    assert "No term holds" in text_of(walker.see("/glossary?text=hovercraft"))
    many = walker.see("/glossary?text=a")
    assert len(many.xpath("//tbody/tr")) == MOST and "there are more" in text_of(many)
    assert walker.get("/glossary?group=none").status_code == 400
    assert walker.get("/glossary?text=" + "x" * 3_000).status_code == 400
    assert walker.get("/glossary/hovercraft").status_code == 404


def test_each_text_says_which_language_it_is_in_wcag_3_1_2(walker: Walker) -> None:
    page = walker.see("/glossary/seal")
    assert [cell.text for cell in page.xpath("//tbody//td[@lang='es']")] == ["precinto"]
    assert page.xpath("//tbody//a[@lang='en']/text()") == ["seal"]
    assert page.xpath("//tbody//small[@lang='es']")
    spanish = Walker(SmallNode()).sign_in("analyst", "es").see("/glossary/seal")
    assert spanish.findtext(".//h1/small") == "Glosario" and "precinto" in text_of(spanish)
    assert spanish.xpath("//tbody//small[@lang='en']")


@pytest.mark.parametrize("language", ("en", "es"))
def test_states_grounds_and_caveats_lead_to_their_terms(language: str) -> None:
    walker = Walker(SmallNode()).sign_in("analyst", language)
    pages = {
        f"/alerts/{alert_name(1)}": {"new", "restricted"}, f"/referrals/{ASKED}": {"requested"},
        f"/requests/{WAITS}": {"asked"},
    }  # fmt: skip
    for address, wanted in pages.items():
        links = walker.see(address).xpath("//a[@class='term']/@href")
        named = {link.removeprefix("/glossary/") for link in links}
        assert named <= set(by_name()) and wanted <= named, address


def test_the_command_says_a_term_and_refuses_an_unknown_one() -> None:
    from click.testing import CliRunner

    found = CliRunner().invoke(cli, ["glossary", "levante"])
    assert found.exit_code == 0 and "release of goods" in found.output
    missing = CliRunner().invoke(cli, ["glossary", "hovercraft"])
    assert missing.exit_code == 4 and "no term holds" in missing.output
