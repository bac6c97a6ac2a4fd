"""Referrals told of at both sides, and answered by a form without the portal; 7 s of CPU.

Northreach asks, Marisol is the host: see ``referral_worlds``. Hana is an officer of Marisol's who
never signs in; Otto works at the node.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
from collections.abc import Iterator

import msgspec
import pytest

from esclusa.casework.notices import Choice, Way
from esclusa.errors import Forbidden, InputError, LimitError, NotFound, StateError
from esclusa.ledger import accounts
from esclusa.node import Node
from esclusa.node.notice_forms import read
from esclusa.sharing.reader import Reader, Role
from exchange_worlds import World, officer
from notice_worlds import DOMAIN, Post, account, confirm, settle
from referral_worlds import ASKING, HOST, bill, go, in_hours, made, request, state_at

HANA = f"hana@{DOMAIN}"
KINDS = ("referral_received", "referral_answered", "referral_clock", "partner_silent")
OPEN_MAIL = "level = 2\nwaits = 2\ncopies = true"
_NUMBER = itertools.count(1)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = made(tmp_path_factory.mktemp("referring"))
    for node in world.nodes.values():
        node.notices.tick()
    account(world[HOST], "hana", Choice(), clearance=2)
    yield world
    world.close()


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    with Post(tmp_path_factory.mktemp("servers")) as made_:
        yield made_


@pytest.fixture
def name(world: World) -> str:
    """A request that waits for Marisol's answer."""
    record = bill(world)
    found = request(world, record).row.id
    world.sync(HOST, ASKING)
    return found


def otto(world: World) -> Reader:
    return msgspec.structs.replace(officer(world[HOST]), name="otto")


def form(world: World, name: str, language: str = "en") -> bytes:
    return world[HOST].notices.form(otto(world), name, "hana", language).text.encode()


def fill(data: bytes, mark: str = ",", **given: str) -> bytes:
    """Return a form with these values, as a spreadsheet saves it."""
    table = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    out = io.StringIO()
    rows = csv.writer(out, delimiter=mark)
    for row in table:
        rows.writerow((row[0], given.pop(row[0], row[1]), row[2]))
    for field, value in given.items():
        rows.writerow((field, value, ""))
    return out.getvalue().encode()


ACCEPTED = {"answer": "accept", "officer": "H-12", "planned_exam": "scan"}
DECLINED = {
    "answer": "Decline", "officer": "H-12", "decline_code": "national_law",
    "decline_text": "our law forbids to open it",
}  # fmt: skip


# --- told of --------------------------------------------------------------------------------------


def told(node: Node, reader: Reader) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in node.notices.waiting(reader):
        found.setdefault(one.kind.code, []).append(one.path)
    return found


def test_both_sides_are_told_of_a_referral_its_answer_and_its_clock(world: World) -> None:
    for node in world.nodes.values():
        node.notices.tick()  # what other tests left is told before these two are there
    here = account(world[HOST], f"h{next(_NUMBER)}", Choice(feed=Way(kinds=KINDS)), clearance=2)
    there = account(world[ASKING], "tia", Choice(feed=Way(kinds=KINDS), clock_minutes=180),
                    clearance=2)  # fmt: skip
    name = request(world, bill(world), hours=4).row.id
    path = f"/referrals/{name}"
    world.sync(HOST, ASKING)
    for node in world.nodes.values():
        node.notices.tick()
    assert told(world[HOST], here)["referral_received"] == [path]
    assert path not in told(world[HOST], here).get("referral_clock", [])
    assert not any(path in paths for paths in told(world[ASKING], there).values())
    world.clock.ahead += dt.timedelta(hours=2)
    for node in world.nodes.values():
        node.notices.tick()
    assert path in told(world[ASKING], there)["referral_clock"]  # two hours are left
    world.clock.ahead += dt.timedelta(minutes=30)
    world[HOST].notices.tick()
    (waiting,) = [one for one in world[HOST].notices.waiting(here)
                  if one.kind.code == "referral_clock" and one.path == path]  # fmt: skip
    left = dt.datetime.fromisoformat(waiting.due) - world.clock()
    assert dt.timedelta(minutes=80) < left <= dt.timedelta(minutes=90)
    go(world, name, "decline")
    for node in world.nodes.values():
        node.notices.tick()
    assert path in told(world[ASKING], there)["referral_answered"]
    assert path not in told(world[ASKING], there).get("referral_clock", [])
    assert path not in told(world[HOST], here).get("referral_clock", [])


def test_a_partner_that_is_not_heard_is_told_once_and_no_more_when_it_speaks(world: World) -> None:
    node = world[HOST]
    world.sync(HOST, ASKING)
    reader = account(node, f"h{next(_NUMBER)}", Choice(feed=Way(kinds=KINDS)), clearance=2)
    node.notices.tick()
    assert "partner_silent" not in told(node, reader)
    world.clock.ahead += dt.timedelta(hours=30)
    for _ in range(2):
        node.notices.tick()
    assert told(node, reader)["partner_silent"] == [f"/partners/{ASKING}"]
    world.sync(HOST, ASKING)
    assert "partner_silent" not in told(node, reader)
    low = account(node, f"h{next(_NUMBER)}", Choice(feed=Way(kinds=KINDS)), clearance=0)
    world.clock.ahead += dt.timedelta(hours=30)
    node.notices.tick()
    assert told(node, low) == {}
    world.sync(HOST, ASKING)


def test_a_mail_shows_a_partners_request_only_where_copies_may_go(world: World, post: Post) -> None:
    node = world[HOST]
    node.notices.tick()  # what other tests left
    for limits, shown in (("level = 2", False), (OPEN_MAIL, True)):
        settle(node, post, mail=limits)
        post.mails.clear()
        choice = Choice(mail=Way(kinds=("referral_received",), to=HANA), forms=True)
        node.notices.choose(node.administrator(), choice, "hana")
        confirm(node, "hana")
        name = request(world, bill(world)).row.id
        world.sync(HOST, ASKING)
        node.notices.tick()
        ((_, data),) = post.mails
        assert (b"KANARIREF" in data) is shown
        assert (f"referral-{name}.csv".encode() in data) is shown
    node.notices.choose(node.administrator(), Choice(), "hana")


# --- answered -------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_an_answer_counts_as_the_accounts_own_step(world: World, name: str, mark: str) -> None:
    node = world[HOST]
    done = node.notices.take_in(
        otto(world), fill(form(world, name), mark, **ACCEPTED), file="f.csv"
    )
    assert (done.account, done.move, done.referral) == ("hana", "accept", name)
    world.sync(HOST, ASKING)
    view = world[ASKING].referral_desk.show(officer(world[ASKING]), name)
    assert (view.row.state.code, view.steps[-1].by) == ("accepted", "hana")
    lines = node.audit(Reader(name="audit", role=Role.AUDITOR, agency=HOST, purpose="audit"))
    assert [(line.who, line.detail) for line in lines if line.subject == name][0] == (
        "otto", "accept of hana",
    )  # fmt: skip
    use = node.notices.use(node.administrator())
    assert any(one.channel == "form" and one.answered for one in use.rows[0].channels)


def test_a_form_that_a_spreadsheet_saved_in_windows_letters_is_read(
    world: World, name: str
) -> None:
    data = fill(
        form(world, name, "es"), ";", **{**DECLINED, "decline_text": "la ley no lo permitirá"}
    )
    world[HOST].notices.take_in(otto(world), data.decode().encode("cp1252"))
    step = world[HOST].referral_desk.show(officer(world[HOST]), name).steps[-1]
    assert "la ley no lo permitirá" in {one.value for one in step.recorded}


def refused(world: World, data: bytes, match: str, error: type[Exception] = InputError) -> None:
    with pytest.raises(error, match=match):
        world[HOST].notices.take_in(otto(world), data, file="form.csv")


def line_of(data: bytes, field: str) -> int:
    return read(data)[field].line


def test_what_is_missing_or_wrong_is_named_with_file_and_line_and_may_be_mended(
    world: World, name: str
) -> None:
    bare = form(world, name)
    refused(world, bare, "form.csv: the row 'answer' is missing or empty")
    wrong = fill(bare, answer="seize")
    refused(world, wrong, f"form.csv: line {line_of(wrong, 'answer')}: answer is one of accept")
    wrong = fill(bare, answer="accept", planned_exam="dance")
    refused(world, wrong, f"line {line_of(wrong, 'officer')}: officer must be filled in; "
                          f"line {line_of(wrong, 'planned_exam')}: planned_exam is not a code")  # fmt: skip
    wrong = fill(bare, **ACCEPTED, decline_code="national_law")
    refused(world, wrong, f"line {line_of(wrong, 'decline_code')}: accept does not record")
    assert state_at(world, HOST, name) == "requested"
    world[HOST].notices.take_in(otto(world), fill(bare, **ACCEPTED))
    assert state_at(world, HOST, name) == "accepted"


@pytest.mark.parametrize(
    ("field", "value"),
    [("referral", "0123456789abcdef"), ("steps", "0.1.9"), ("until", "2199-01-01T00:00:00.000000Z"),
     ("token", "A" * 43), ("form", "2"), ("seal", "0" * 64)],
)  # fmt: skip
def test_an_altered_form_is_refused(world: World, name: str, field: str, value: str) -> None:
    data = fill(form(world, name), **ACCEPTED, **{field: value})
    refused(world, data, "were altered, or are of another node")
    assert state_at(world, HOST, name) == "requested"


def test_a_form_is_used_once(world: World, name: str) -> None:
    data = fill(form(world, name), answer="ask", question="which box is meant?")
    other = fill(form(world, name), **ACCEPTED)
    world[HOST].notices.take_in(otto(world), data)
    refused(world, data, "used already")
    refused(world, other, "somebody was faster", StateError)  # made for the steps before
    world.sync(HOST, ASKING)
    go(world, name, "answer")
    refused(world, data, "used already")
    assert state_at(world, HOST, name) == "requested"


def test_a_form_runs_out_when_the_answer_is_due(world: World) -> None:
    name = request(world, bill(world), hours=2).row.id
    world.sync(HOST, ASKING)
    data = fill(form(world, name), **ACCEPTED)
    world.clock.ahead += dt.timedelta(hours=3)
    refused(world, data, "ran out at")


def test_an_account_that_may_no_more_answers_no_more(world: World, name: str) -> None:
    node, data = world[HOST], fill(form(world, name), **ACCEPTED)
    for change, match in (
        ({"active": False}, "may answer no more"), ({"role": "auditor"}, "may answer no more"),
        ({"clearance": 0}, "may see this referral no more"),
    ):  # fmt: skip
        with node.store.write() as connection:
            accounts.change(connection, "hana", **change)
        refused(world, data, match)
        with node.store.write() as connection:
            accounts.change(connection, "hana", active=True, role="analyst", clearance=2)
    assert state_at(world, HOST, name) == "requested"
    node.notices.take_in(otto(world), data)


def test_a_form_of_another_node_is_none_here(world: World, name: str) -> None:
    data = fill(form(world, name), **ACCEPTED)
    node = world[ASKING]
    with pytest.raises(InputError, match="another node"):
        node.notices.take_in(officer(node), data)


def test_a_form_is_handed_out_only_for_what_both_may_see(world: World, name: str) -> None:
    node = world[HOST]
    low = msgspec.structs.replace(otto(world), clearance=0)
    with pytest.raises(NotFound):
        node.notices.form(low, name, "hana")
    with pytest.raises(InputError, match="no such account"):
        node.notices.form(otto(world), name, "nobody")
    account(node, f"low{next(_NUMBER)}", Choice(), clearance=0)
    with pytest.raises(InputError, match="does not wait"):
        node.notices.form(otto(world), name, f"low{next(_NUMBER) - 1}")
    with pytest.raises(Forbidden):
        node.notices.form(node.administrator(), name, "hana")
    go(world, name, "decline")
    with pytest.raises(InputError, match="does not wait"):
        node.notices.form(otto(world), name, "hana")


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"", "headings"),
        (b"\x00\xff\xfe", "headings"),
        (b"a,b,c\n1,2,3\n", "headings"),
        (b"field,value,note\nform,1\nform,1\n", "line 3: the field 'form' stands here twice"),
        (b"field,value,note\n", "'form' is missing"),
        (b'field,value,note\n"form,1', "is missing|not a row"),
        (b"field,value,note\n" + b"x,1\n" * 600, "twice|500"),
        (b"field,value,note\n" + b"\n" * 600, "is missing|500"),
    ],
)
def test_what_is_no_form_is_refused_in_one_sentence(world: World, data: bytes, match: str) -> None:
    refused(world, data, match)


def test_a_form_that_is_too_large_is_refused(world: World) -> None:
    refused(world, b"field,value,note\n" + b"a" * 70_000, "65,536", LimitError)


def test_no_cell_of_a_form_is_a_formula(world: World) -> None:
    given = {"risk_reasons": '=HYPERLINK("https://evil.example")', "legal_purpose": "treaty",
             "cut_off": in_hours(world, 3)}  # fmt: skip
    asking = world[ASKING]
    name = asking.referral_desk.open(officer(asking), bill(world), HOST, given, send=True).row.id
    world.sync(HOST, ASKING)
    table = csv.reader(io.StringIO(form(world, name).decode("utf-8-sig")))
    rows = list(table)
    assert [row for row in rows if any(cell[:1] in "=+-@\t\r" and cell for cell in row)] == []
    assert any("'=HYPERLINK" in row[1] for row in rows)
