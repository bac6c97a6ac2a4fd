"""The pages over a real node with real messages: what a person sees is what the ledger holds."""

from __future__ import annotations

import io
from collections.abc import Iterator
from importlib.resources import files

import pytest
from lxml import html
from walker import Walker, text_of

from esclusa.model import Level
from esclusa.node.node import Node
from esclusa.sharing.views import QueueFilter
from esclusa.web.catalogue import vocabulary
from esclusa.web.times import moment, zone_of

PASSWORD = "correct horse battery"
SAMPLES = files("esclusa.samples")
ROLES = ("analyst", "supervisor", "auditor", "administrator")


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = Node.create(
        tmp_path_factory.mktemp("web") / "node", agency="NORTHREACH", title="Northreach Customs"
    )
    for role in ROLES:
        made.add_user(
            made.administrator(), name=role, password=PASSWORD, role=role,
            clearance=Level.RESTRICTED, caveats=("*",),
        )  # fmt: skip
    for name in ("manifest-northreach-0412.edi", "manifest-northreach-0412-amendment.edi",
                 "bayplan-northreach-0412.edi", "manifest-damaged.edi"):  # fmt: skip
        with (SAMPLES / name).open("rb") as stream:
            made.ingest(made.operator(), name, stream)
    yield made
    made.close()


def walk(node: Node, role: str = "analyst", language: str = "en") -> Walker:
    """Sign in as a role with its own account."""
    return Walker(node).sign_in(role, language, password=PASSWORD)


def first_alert(node: Node) -> str:
    return node.queue(node.operator(), QueueFilter()).rows[0].alert_id


@pytest.mark.parametrize("language", ("en", "es"))
def test_every_link_of_the_pages_leads_to_a_page(node: Node, language: str) -> None:
    """Follow every link and form target from the queue to depth two; nothing is broken."""
    walker = walk(node, language=language)
    seen: set[str] = set()
    found = ["/queue", "/intake", "/lists", "/rules", "/help", "/screening", "/search?text=a"]
    for _depth in range(2):
        after: list[str] = []
        for address in found:
            plain = address.partition("#")[0]
            if plain in seen or len(seen) > 60:
                continue
            seen.add(plain)
            page = walker.see(plain)
            assert page.get("lang") == language
            after += [link for link in page.xpath("//main//a/@href") if link.startswith("/")]
        found = after
    assert len(seen) > 40


def test_the_score_on_the_page_is_the_sum_of_its_reasons_for_every_alert(node: Node) -> None:
    walker = walk(node)
    for row in node.queue(node.operator(), QueueFilter(limit=10)).rows:
        page = walker.see(f"/alerts/{row.alert_id}")
        cells = page.xpath("//tr[starts-with(@id,'r-')]/td[@class='num']")
        said = float(page.xpath("//*[@class='score']")[0].text_content())
        assert sum(float(cell.text_content()) for cell in cells) == pytest.approx(said)
        assert said == row.score


def test_the_evidence_of_every_reason_leads_to_a_fact_with_that_value(node: Node) -> None:
    walker = walk(node)
    checked = 0
    for row in node.queue(node.operator(), QueueFilter(limit=20)).rows:
        page = walker.see(f"/alerts/{row.alert_id}")
        for link in page.xpath("//tr[starts-with(@id,'r-')]//a[starts-with(@href,'#f-')]"):
            value = link.getparent().xpath("q")[0].text_content()
            fact = page.get_element_by_id(link.get("href")[1:]).xpath("td")[0]
            # A whole number may be written with its decimals in one place and without in another.
            assert value.removesuffix(".0") in fact.text_content()
            checked += 1
    assert checked >= 10


def test_every_field_and_relation_on_the_pages_has_words(node: Node) -> None:
    """No raw field name and no raw relation is left on any record of the samples."""
    reader = node.operator()
    raw = set(vocabulary()["field"])
    walker = walk(node, language="es")
    for row in node.search(reader, "northreach", limit=30).rows:
        record = node.record(reader, row.record_id)
        assert {link.relation for link in record.links} <= set(vocabulary()["relation"])
        page = walker.see(f"/records/{row.record_id}")
        heads = {head.text_content() for head in page.xpath("//table[@class='facts']//th")}
        assert not {head for head in heads if head in raw and "_" in head}


def test_a_claimed_alert_is_decided_and_undone_over_a_real_ledger(node: Node) -> None:
    walker, alert = walk(node), first_alert(node)
    assert walker.post(f"/alerts/{alert}/claim").status_code == 303
    assert "State: Claimed · Claimed by analyst" in text_of(walker.see(f"/alerts/{alert}"))
    answer = walker.post(f"/alerts/{alert}/verdict", verdict="refer", reason="Seal <b>twice</b>.")
    assert answer.headers["location"].startswith("/alerts/")
    assert f"moved={alert}" in answer.headers["location"]
    page = walker.get(f"/alerts/{alert}").text
    assert "Seal &lt;b&gt;twice&lt;/b&gt;." in page and "Refer for examination" in page
    assert walker.post(f"/alerts/{alert}/undo").status_code == 303
    assert walker.post(f"/alerts/{alert}/undo").status_code == 303
    assert "State: New" in text_of(walker.see(f"/alerts/{alert}"))


def test_a_changed_record_shows_its_versions_and_what_changed(node: Node) -> None:
    reader = node.operator()
    rows = node.search(reader, "NRLN", limit=200).rows or node.search(reader, "a", limit=200).rows
    alerts = node.queue(reader, QueueFilter(state="all", limit=100)).rows
    names = [row.record_id for row in rows] + [row.subject_id for row in alerts]
    changed = next(r for name in names if len((r := node.record(reader, name)).versions) > 1)
    walker = walk(node)
    said = text_of(walker.see(f"/records/{changed.id}"))
    assert "Version 2" in said and "Changed:" in said
    old = text_of(walker.see(f"/records/{changed.id}?version=1"))
    assert "This is version 1; version" in old
    assert walker.get(f"/records/{changed.id}?version=99").status_code == 404


def test_a_file_brought_by_a_person_is_read_and_its_damage_is_shown_by_byte(node: Node) -> None:
    walker = walk(node)
    data = (SAMPLES / "manifest-damaged.edi").read_bytes()
    answer = walker.post("/intake", files={"files": ("<i>damaged</i>.edi", data)})
    page = walker.see(answer.headers["location"])
    held = page.xpath("//tr[starts-with(@id,'q-')]")
    assert len(held) >= 1
    offsets = [int(row.xpath("td[1]")[0].text_content()) for row in held]
    assert all(0 <= offset < len(data) for offset in offsets)
    retry = held[0].xpath(".//button/@formaction")[0]
    assert walker.post(retry).headers["location"].endswith("#quarantine")
    assert walker.post("/quarantine/999999/retry").status_code == 404
    assert walker.post("/quarantine/" + "9" * 50 + "/retry").status_code == 404


def test_a_file_that_no_reader_knows_is_kept_and_says_so(node: Node) -> None:
    walker = walk(node)
    answer = walker.post("/intake", files={"files": ("noise.bin", bytes(range(256)) * 20)})
    said = text_of(walker.see(answer.headers["location"]))
    assert "Refused" in said and "noise.bin" in said


def test_several_files_at_once_lead_back_to_the_list(node: Node) -> None:
    walker = walk(node)
    many = [("files", (f"note{n}.txt", b"nothing %d" % n)) for n in range(3)]
    answer = walker.post("/intake", files=many)
    assert answer.headers["location"] == "/intake"
    again = walker.post("/intake", files=[*many, ("files", ("new.txt", b"nothing new"))])
    said = text_of(walker.see(again.headers["location"]))
    assert "3 of the files had been received before: nothing of them has changed." in said


def test_who_brings_a_file_again_is_told_that_it_was_received_before(node: Node) -> None:
    walker, told = walk(node), "This file had been received before: nothing has changed"
    sent = {"files": ("twice.txt", b"nothing that a reader knows, sent twice")}
    first, again = (walker.post("/intake", files=sent).headers["location"] for _time in range(2))
    assert told not in text_of(walker.see(first))
    assert told in text_of(walker.see(again))
    for odd in ("x", "-1", "0", "9" * 99, "<b>"):
        assert told not in text_of(walker.see(f"{first}?known={odd}"))


def test_a_file_that_had_been_received_and_not_read_gives_what_it_gives_now(node: Node) -> None:
    """An interruption may leave a file in custody unread; who brings it again sees it read."""
    walker, told = walk(node), "This file had been received before"
    left = b"nothing that a reader knows, left unread"
    node.receive(node.operator(), "left.txt", io.BytesIO(left))
    sent = {"files": ("left.txt", left)}
    first, again = (walker.post("/intake", files=sent).headers["location"] for _time in range(2))
    assert told not in text_of(walker.see(first))
    assert told in text_of(walker.see(again))


def test_the_administrator_adds_a_user_who_then_signs_in(node: Node) -> None:
    walker = walk(node, "administrator")
    form = {"name": "rosa", "password": "a long enough one", "role": "analyst",
            "clearance": "2", "caveats": "PAX, CREW"}  # fmt: skip
    assert walker.post("/users", **form).status_code == 303
    assert "CREW, PAX" in text_of(walker.see("/users"))
    assert walker.post("/users", **form).status_code == 400
    assert walker.post("/users", **(form | {"name": "eva", "password": "short"})).status_code == 400
    rosa = Walker(node)
    assert rosa.try_sign_in("rosa", password="a long enough one").status_code == 303
    assert rosa.get("/queue").headers["location"] == "/own-password"  # the first one is changed


def test_a_list_is_loaded_from_its_files_and_a_wrong_one_changes_nothing(node: Node) -> None:
    walker = walk(node, "supervisor")
    data = (SAMPLES / "lost-documents.csv").read_bytes()
    form = {"list_id": "lost", "title": "Lost documents"}
    assert walker.post("/lists", files={"files": ("lost.csv", data)}, **form).status_code == 303
    assert "Lost documents" in text_of(walker.see("/lists"))
    wrong = walker.post("/lists", files={"files": ("lost.csv", b"\0\1\2")}, **form)
    assert wrong.status_code in (400, 415, 422)
    bad_id = walker.post("/lists", files={"files": ("l", data)}, list_id="A B", title="x")
    assert bad_id.status_code == 400
    assert walk(node).post("/lists", **form).status_code == 403


def test_the_audit_log_names_reads_and_steps_with_their_purpose(node: Node) -> None:
    walker = walk(node)
    alert = first_alert(node)
    walker.get(f"/alerts/{alert}")
    auditor = walk(node, "auditor", "es")
    said = auditor.see("/audit?who=analyst&action=record:read").xpath("//tbody[@class='said']/tr")
    assert "analyst abrió un registro o una alerta" in " ".join(text_of(said[0]).split())
    told = " ".join(" ".join(text_of(row) for row in said).split())
    assert f"{alert}, con la finalidad Selección de riesgo" in told
    page = auditor.see("/audit?who=analyst&action=record:read&as=table")
    rows = page.xpath("//tbody/tr")
    assert rows and all("Registro abierto" in row.text_content() for row in rows)
    assert "Selección de riesgo" in rows[0].text_content()
    assert alert in page.text_content()
    assert walker.get("/audit").status_code == 403


def test_preferences_last_beyond_the_session(node: Node) -> None:
    walker = walk(node, "supervisor")
    walker.post("/preferences", language="es", time_zone="America/Panama", purpose="sanctions")
    assert "Sanciones" in text_of(walker.see("/help"))
    again = Walker(node)
    answer = again.try_sign_in("supervisor", "", password=PASSWORD)
    assert answer.status_code == 303
    page = again.see("/help")
    assert page.get("lang") == "es"
    assert "Panama" in text_of(page)
    walker.post("/preferences", language="en", time_zone="UTC", purpose="targeting")


def test_a_purpose_that_the_role_may_not_have_is_refused(node: Node) -> None:
    assert walk(node).post("/preferences", purpose="audit").status_code == 400
    answer = Walker(node).try_sign_in("analyst", password=PASSWORD, purpose="audit")
    assert answer.status_code == 401


def test_a_hidden_record_and_a_missing_one_give_the_same_page(node: Node) -> None:
    node.add_user(
        node.administrator(), name="low", password=PASSWORD, role="analyst", clearance=Level.OPEN
    )
    alert = first_alert(node)
    walker = walk(node, "low")
    assert walker.see("/queue").xpath("//tr[@data-row]") == []
    missing = "00000000-0000-5000-8000-000000000000"

    def told(address: str) -> str:
        page = walker.see(address, 404)
        return text_of(page.xpath("//main")[0])

    assert told(f"/alerts/{alert}") == told(f"/alerts/{missing}")
    subject = node.alert(node.operator(), alert).alert.subject_id
    assert told(f"/records/{subject}") == told(f"/records/{missing}")
    assert walker.post(f"/alerts/{alert}/claim").status_code == 404


def test_port_time_is_named_when_the_message_gave_no_zone(node: Node) -> None:
    page = walk(node).see("/queue")
    said = {" ".join(cell.text_content().split()) for cell in page.xpath("//td[@class='time']")}
    with_time = {text for text in said if ":" in text}
    assert with_time and all(
        text.endswith(("port time", "UTC")) or "Z" in text for text in with_time
    )
    assert moment("2026-04-18T04:00", zone_of("UTC")).port_time


def test_screening_finds_a_listed_document(node: Node) -> None:
    walker = walk(node)
    answer = walker.post("/screening", name="Zzyzx Qwrtplk", type="person")
    assert answer.status_code == 200
    said = text_of(html.fromstring(answer.text))
    assert "No possible match in these lists." in said
    assert "may still be listed" in said
