"""Pages about partners over two real nodes: what a person sees, does, and must not see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import httpx
import msgspec
import pytest
from walker import Walker, text_of

from esclusa.model import Level
from esclusa.node import Node
from exchange_cases import Bill, give
from exchange_cases import record_of as record_at
from exchange_worlds import MANIFEST, World, for_partners, own, take_in

PASSWORD = "correct horse battery"
ROLES = ("analyst", "supervisor", "auditor", "administrator")
BILL = "NRLN04120004"


def with_people(node: Node) -> None:
    for role in ROLES:
        node.add_user(
            node.administrator(), name=role, password=PASSWORD, role=role,
            clearance=Level.RESTRICTED, caveats=("*",),
        )  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("partners"), "marisol", "northreach", "altamira")
    made.agree("marisol", "northreach")
    take_in(made["marisol"], for_partners("northreach"))
    made["marisol"].exchange.publish()
    made.sync("marisol", "northreach")
    for agency in ("marisol", "northreach"):
        with_people(made[agency])
    yield made
    made.close()


def walk(node: Node, role: str = "supervisor", language: str = "en") -> Walker:
    return Walker(node).sign_in(role, language, password=PASSWORD)


def facts(page: Any) -> dict[str, str]:
    """Return what the page says at its top, by name."""
    return {
        text_of(part.find("dt")): text_of(part.find("dd"))
        for part in page.xpath("//dl[@class='across']/div")
    }


def record_of(node: Node, bill: str = BILL) -> str:
    return next(record.id for record in own(node) if bill in str(record.body))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("language", ("en", "es"))
def test_partners_are_listed_and_opened(world: World, role: str, language: str) -> None:
    walker = walk(world["marisol"], role, language)
    rows = walker.see("/partners").xpath("//tr[@data-row]")
    assert [row.findtext("th/a") for row in rows] == ["altamira", "northreach"]
    said = text_of(walker.see("/partners/northreach"))
    assert ("in force" if language == "en" else "en vigor") in said
    assert walker.get("/partners/nobody").status_code == 404


def test_the_page_of_a_partner_tells_how_far_it_is_and_until_when_copies_are_read(
    world: World,
) -> None:
    """State, lag, leases both ways, receipts; the log's heads stand with the numbers of messages."""
    marisol, northreach = world["marisol"], world["northreach"]
    shown = facts(walk(marisol).see("/partners/northreach"))
    assert shown["Agreement"] == "in force"
    assert shown["Has all news"] == "yes"
    assert shown["Last heard"] != "never"
    assert int(shown["Given"]) > 0 and shown["Held of it"] == "0"
    there = facts(walk(northreach).see("/partners/marisol"))
    assert there["Held of it"] == shown["Given"]
    ends = (shown["Our copies there end"], there["Its copies here end"])
    assert all(end.startswith("20") for end in ends)
    assert shown["Its copies here end"] == there["Our copies there end"] == "–"
    log = facts(walk(marisol, "auditor").see("/partners/northreach"))
    size, signed = log["Our log, signed by it up to"].split(", ")
    assert int(size) > 0 and int(signed) == marisol.exchange.log.cosigned_size("northreach")
    assert "Our log, signed by it up to" not in shown


def test_a_partner_that_has_not_all_news_is_said_to_lag(world: World) -> None:
    give(world, Bill(bill="LAGBILL"), sync=False)
    walker = walk(world["marisol"])
    assert facts(walker.see("/partners/northreach"))["Has all news"] == "no"
    world.sync("marisol", "northreach")
    assert facts(walker.see("/partners/northreach"))["Has all news"] == "yes"


def test_numbers_of_messages_are_for_those_who_see_no_content(world: World) -> None:
    shown = {role: "Messages sent" in text_of(walk(world["marisol"], role).see("/partners/northreach"))
             for role in ROLES}  # fmt: skip
    assert shown == {"analyst": False, "supervisor": False, "auditor": True, "administrator": True}


def test_the_preview_shows_what_goes_and_the_rule(world: World) -> None:
    walker = walk(world["marisol"], "analyst")
    record = record_of(world["marisol"])
    links = walker.see(f"/records/{record}").xpath(
        "//section[@aria-labelledby='partners']//a/@href"
    )
    assert f"/records/{record}/preview" in links
    page = walker.see(f"/records/{record}/preview?partner=northreach")
    outcome = {
        row.findtext("th/code"): row.findtext("td[1]") for row in page.xpath("//tr[@data-row]")
    }
    assert outcome["bill"] == "goes"
    assert outcome["goods.0.hs_code"] == "made coarser"
    assert "marisol-northreach 1, cargo-to-northreach" in text_of(page)
    said = text_of(walker.see(f"/records/{record}/preview?partner=altamira"))
    assert "No agreement in force with this partner" in said
    assert walker.get("/records/none/preview?partner=northreach").status_code == 404
    assert walker.get(f"/records/{record}/preview?partner=nobody").status_code == 404


def test_a_copy_says_whose_it_is_and_through_whom(world: World) -> None:
    node = world["northreach"]
    said = text_of(walk(node).see(f"/records/{record_of(node)}"))
    assert "A copy of marisol's record, received through marisol." in said


def test_a_recall_needs_a_reason_and_a_tick_and_ends_in_a_receipt(world: World) -> None:
    record = record_of(world["marisol"], "NRLN04120005")
    walker = walk(world["marisol"])
    address, good = f"/records/{record}/recall", {"sure": "yes", "reason": "wrong office"}
    assert walker.see(f"/records/{record}/trail").xpath("//input[@name='reason']/@required")
    for left in good:
        answer = walker.post(address, **{name: said for name, said in good.items() if name != left})
        (wrong,) = walker.tree(answer).xpath("//main//form//*[@aria-invalid='true']")
        assert (answer.status_code, wrong.get("name")) == (400, left)
    assert walker.tree(answer).xpath("//input[@name='sure']/@checked"), "nothing is lost"
    assert walker.post(address, **good).status_code == 303
    world.sync("marisol", "northreach")
    (row,) = walker.see(f"/records/{record}/trail").xpath("//tr[@data-row]")
    cells = [text_of(cell) for cell in row]
    assert cells[:5] == ["northreach", "marisol", "2", "gone", "recalled"]
    assert cells[5].startswith("tables ")
    assert "recalled" in text_of(walker.see("/partners/northreach"))
    again = walker.post(address, **good)
    assert again.status_code == 409 and "Not done." in again.text


def test_a_whole_file_is_looked_at_and_then_taken_back_with_a_reason(world: World) -> None:
    node = world["marisol"]
    give(world, Bill(bill="FILEONE"), Bill(bill="FILETWO"))
    file = record_at(node, "FILEONE").provenance.source
    walker, address = walk(node), f"/intake/{file}/recall"
    assert address in walker.see(f"/intake/{file}").xpath("//main//a/@href")
    page = walker.see(address)
    holder, *rows = [[text_of(cell) for cell in row] for row in page.xpath("//tr[@data-row]")]
    assert holder == ["northreach", "2", "0", "0"]
    assert {row[0] for row in rows} == {"NRCH FILEONE", "NRCH FILETWO"}
    version = page.xpath("//input[@name='version']/@value")[0]
    for form, field in (({"sure": "yes"}, "reason"), ({"reason": "wrong office"}, "sure")):
        answer = walker.post(address, version=version, **form)
        (wrong,) = walker.tree(answer).xpath(
            "//main//form[@method='post']//*[@aria-invalid='true']"
        )
        assert (answer.status_code, wrong.get("name")) == (400, field)
    good = {"sure": "yes", "reason": "wrong office"}
    stale = walker.post(address, version="old", **good)
    assert stale.status_code == 409
    assert walker.tree(stale).xpath("//input[@name='reason']/@value") == ["wrong office"]
    assert walker.post(address, version=version, **good).headers["location"] == address
    done = walker.see(address)
    assert [text_of(cell) for cell in done.xpath("//tr[@data-row]")[0]][1:] == ["0", "2", "0"]
    assert not done.xpath("//input[@name='reason']")
    world.sync("marisol", "northreach")
    after = walker.see(address).xpath("//tr[@data-row]")[0]
    assert [text_of(cell) for cell in after][1:] == ["0", "0", "2"]
    for role in ("analyst", "auditor", "administrator"):
        assert walk(node, role).get(address).status_code == 403


def test_only_a_supervisor_recalls_answers_and_hands_on(world: World) -> None:
    record = record_of(world["marisol"])
    for role in ("analyst", "auditor", "administrator"):
        walker = walk(world["marisol"], role)
        for address in (f"/records/{record}/recall", f"/records/{record}/hand-on", "/consents"):
            assert walker.post(address, sure="yes", to="altamira").status_code == 403


def test_an_auditor_follows_an_identifier_without_seeing_content(world: World) -> None:
    record = record_of(world["marisol"])
    walker = walk(world["marisol"], "auditor")
    to = walker.get(f"/trails?record={record}").headers["location"]
    page = walker.see(to)
    assert "northreach" in text_of(page)
    assert BILL not in text_of(page)
    assert walker.get(f"/records/{record}").status_code == 403
    assert walker.get("/records/unknown/trail").status_code == 404


def test_a_consent_is_asked_answered_and_used(world: World) -> None:
    """Travellers go on to a third agency only with their originator's consent."""
    made = world
    data = files("esclusa.samples").joinpath("passengers-altamira-AM218.edi").read_bytes()
    take_in(made["marisol"], for_partners("northreach"), data, "p.edi")
    made["marisol"].exchange.publish()
    made.sync("marisol", "northreach")
    draft = made.draft("northreach", "altamira")
    clauses = [msgspec.structs.replace(c, caveats=(*c.caveats, "ORCON")) for c in draft.clauses]
    made.agree("northreach", "altamira", id="northreach-altamira", clauses=tuple(clauses))
    copy = own(made["northreach"], "traveller")[0].id
    asking = walk_for(made["northreach"], "border_control")
    refused = asking.post(f"/records/{copy}/hand-on", to="altamira", use="now")
    assert refused.status_code == 409
    assert asking.tree(refused).xpath("//input[@name='to']/@value") == ["altamira"]
    asking.post(f"/records/{copy}/hand-on", to="altamira", use="pass", why="Joint operation")
    assert "waits for an answer" in text_of(asking.see("/consents"))
    made.sync("northreach", "marisol")
    answering = walk_for(made["marisol"], "border_control")
    form = answering.see("/consents").xpath("//form[@action='/consents']")[0]
    fields = {i.get("name"): i.get("value") for i in form.xpath(".//input[@type='hidden']")}
    fields.pop("csrf")
    assert answering.post("/consents", **fields, word="grant", until="no day").status_code == 400
    assert (
        answering.post("/consents", **fields, word="grant", until="2099-12-31").status_code == 303
    )
    made.sync("marisol", "northreach")
    assert "granted until 2100-01-01" in text_of(asking.see("/consents"))
    done = asking.post(f"/records/{copy}/hand-on", to="altamira", use="now")
    assert done.headers["location"] == f"/records/{copy}/trail"
    made.sync("northreach", "altamira")
    assert len(own(made["altamira"], "traveller")) == 1
    strange = dict(fields, record="0" * 36)
    assert answering.post("/consents", **strange, word="grant").status_code == 404


def walk_for(node: Node, purpose: str) -> Walker:
    return Walker(node).sign_in("supervisor", password=PASSWORD, purpose=purpose)


# --- two worlds -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, World]]:
    """Two worlds that differ in one file, which went to the partner as well and is above the
    clearance of everybody who signs in here."""
    found = []
    for name in ("plain", "secret"):
        made = World(tmp_path_factory.mktemp(name), "marisol", "northreach")
        made.agree("marisol", "northreach")
        take_in(made["marisol"], for_partners("northreach"))
        made["marisol"].exchange.publish()
        if name == "secret":
            data = (MANIFEST.read_bytes()).replace(b"NRLN0412", b"SECR0412")
            take_in(made["marisol"], for_partners("northreach", level=Level.RESTRICTED), data, "s")
            made["marisol"].exchange.publish()
        made.sync("marisol", "northreach")
        for node in made.nodes.values():
            for role in ("analyst", "supervisor"):
                node.add_user(node.administrator(), name=role, password=PASSWORD, role=role,
                              clearance=Level.OFFICIAL)  # fmt: skip
        found.append(made)
    yield found[0], found[1]
    for made in found:
        made.close()


@pytest.mark.parametrize("role", ("analyst", "supervisor"))
@pytest.mark.parametrize("agency", ("marisol", "northreach"))
def test_no_page_about_partners_tells_of_a_record_that_may_not_be_known(
    twins: tuple[World, World], agency: str, role: str
) -> None:
    # By marking, not by what the plain world lacks: names of copies hang on each node's keys.
    plain, secret = (
        sorted(r.id for r in own(world[agency]) if r.marking.level is Level.RESTRICTED)
        for world in twins
    )
    hidden = secret[0]
    assert not plain
    pages = ["/partners", f"/partners/{'northreach' if agency == 'marisol' else 'marisol'}",
             "/consents", f"/records/{hidden}/trail", f"/records/{hidden}/preview?partner=northreach",
             "/trails?record=" + hidden]  # fmt: skip
    files = {one.provenance.source for one in own(twins[1][agency])} - {""}
    pages += [f"/intake/{file}/recall" for file in sorted(files)]
    assert agency != "marisol" or len(files) > 1
    for address in pages:
        seen = [steady(walk(world[agency], role).get(address)) for world in twins]
        assert seen[0] == seen[1], address


def steady(answer: httpx.Response) -> tuple[int, str]:
    """An answer without what differs between any two visits: tokens, times, digests of keys."""
    text = answer.text
    text = re.sub(r'name="csrf" value="[^"]+"', "", text)
    text = re.sub(r"<time.*?</time>|<code>[0-9a-f]{16}</code>|\?v=\w+", "", text)
    text = re.sub(r"\d{1,2}:\d\d(:\d\d)?", "", text)
    return answer.status_code, text
