"""Whose mail address it is: nothing but its code goes to an address before its holder has given
that. About 6 s of CPU."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import msgspec
import pytest

import worlds
from esclusa.casework.notices import Choice, Way
from esclusa.errors import ConfigError, InputError, StateError
from esclusa.ledger import accounts, audit, mail_addresses
from esclusa.ledger import notices as rows
from esclusa.node import Node, notice_settings
from esclusa.node.notice_address import LETTERS, TRIES
from esclusa.sharing.reader import Reader
from exchange_worlds import Clock
from notice_worlds import DOMAIN, Post, copied, settle

KINDS = ("list_changed",)
ANA, EVA = f"ana@{DOMAIN}", f"eva@{DOMAIN}"


def by_mail(to: str = ANA) -> Choice:
    return Choice(mail=Way(kinds=KINDS, to=to))


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    with Post(tmp_path_factory.mktemp("post")) as made:
        yield made


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "node"
    node = worlds.make(folder)
    with node.store.write() as connection:
        for name in ("ana", "eva", *(f"more{n}" for n in range(LETTERS + 1))):
            accounts.add(connection, name=name, password="-", role="analyst", clearance=1,
                         caveats="[]")  # fmt: skip
    node.notices.tick()
    node.close()
    return folder


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def node(made: Path, tmp_path: Path, post: Post, clock: Clock) -> Iterator[Node]:
    with copied(made, tmp_path / "node", post.quiet(), clock) as opened:
        yield opened


def reader(node: Node, name: str = "ana") -> Reader:
    found = node.people.account(name)
    assert found is not None
    return found


def something(node: Node, name: str) -> None:
    """Let something happen that the accounts of these tests want to be told of."""
    worlds.with_list(node, name, ("p1", "OTRA FIRMA"))


def letters(post: Post) -> list[tuple[str, str, str]]:
    """Return (to, subject, text) of each mail that came."""
    found = []
    for to, data in post.mails:
        mail = message_from_bytes(data, policy=default)
        found.append((to, str(mail["Subject"]), mail.get_content()))
    return found


def code_of(post: Post) -> str:
    """Return the code of the last letter that asks for one."""
    text = [body for _to, subject, body in letters(post) if "your address" in subject][-1]
    (code,) = re.findall(r"page Notices: (\w{8})", text)
    return str(code)


def state(node: Node, name: str = "ana") -> str:
    return node.notices.addresses.state(name).state


def last_line(node: Node) -> tuple[str, str, str]:
    with node.store.read() as connection:
        row = audit.lines(connection, limit=1)[0]
    return row.who, row.action, row.detail


def test_nothing_but_the_code_goes_to_an_address_before_it_is_confirmed(
    node: Node, post: Post
) -> None:
    ana, desk = reader(node), node.notices
    assert desk.choose(ana, by_mail()).address.state == "waiting"
    something(node, "first")
    desk.tick()
    ((to, subject, text),) = letters(post)
    assert (to, subject, state(node)) == (ANA, "Marisol: is this your address?", "sent")
    assert "ana" not in text.casefold().replace(ANA, "")  # it may be a stranger who reads it
    assert "https://esclusa.customs.example/notices#address" in text
    for _ in range(3):  # however often the node looks
        something(node, "second")
        desk.tick()
    assert len(post.mails) == 1
    view = desk.addresses.confirm(ana, f" {code_of(post).lower()} ")
    assert view.state == desk.settings(ana).address.state == "confirmed"
    something(node, "third")
    desk.tick()
    assert letters(post)[-1][1] == "Marisol: something waits for you"


def test_a_code_counts_once_and_for_its_account_and_address_alone(node: Node, post: Post) -> None:
    ana, eva, desk = reader(node), reader(node, "eva"), node.notices
    desk.choose(ana, by_mail())
    desk.choose(eva, by_mail(ANA))  # the same address of another account
    desk.tick()
    sent = {body: re.findall(r"Notices: (\w{8})", body)[0] for _t, _s, body in letters(post)}
    codes = list(sent.values())
    assert len(set(codes)) == 2
    right = {name: [] for name in ("ana", "eva")}  # type: dict[str, list[str]]
    for who in (ana, eva):
        for code in codes:
            try:
                desk.addresses.confirm(who, code)
            except (InputError, StateError):
                continue
            right[who.name].append(code)
    assert sorted(code for found in right.values() for code in found) == sorted(codes)
    assert [len(found) for found in right.values()] == [1, 1]
    with pytest.raises(StateError, match="confirmed already"):
        desk.addresses.confirm(ana, codes[0])


def test_another_address_starts_anew_and_so_does_the_first_one_after_it(
    node: Node, post: Post
) -> None:
    ana, desk = reader(node), node.notices
    desk.choose(ana, by_mail())
    desk.tick()
    old = code_of(post)
    desk.choose(ana, by_mail(EVA))
    with pytest.raises(StateError, match="has not been sent yet"):
        desk.addresses.confirm(ana, old)
    desk.tick()
    with pytest.raises(InputError, match="not the code"):
        desk.addresses.confirm(ana, old)
    desk.addresses.confirm(ana, code_of(post))
    assert state(node) == "confirmed"
    desk.choose(ana, msgspec.structs.replace(by_mail(EVA), minimum_score=5.0))
    assert state(node) == "confirmed"  # something else was changed
    desk.choose(ana, by_mail())
    assert state(node) == "waiting"
    desk.choose(ana, by_mail(EVA))
    assert state(node) == "waiting"
    desk.choose(ana, Choice())
    assert state(node) == "none"


def test_what_was_bound_for_an_address_waits_for_the_next_one_to_be_confirmed(
    node: Node, post: Post
) -> None:
    ana, desk = reader(node), node.notices
    desk.choose(ana, by_mail())
    desk.tick()
    desk.addresses.confirm(ana, code_of(post))
    post.fault = "busy"
    something(node, "first")
    desk.tick()
    post.quiet()
    desk.choose(ana, by_mail(EVA))
    with node.store.write() as connection:
        connection.exec_driver_sql("UPDATE notice_message SET due = ''")
    desk.tick()
    assert [(to, "your address" in subject) for to, subject, _ in letters(post)] == [(EVA, True)]
    (waiting,) = desk.messages(node.administrator(), state="waiting").messages
    assert waiting.told == "address not confirmed"
    desk.addresses.confirm(ana, code_of(post))
    with node.store.write() as connection:
        connection.exec_driver_sql("UPDATE notice_message SET due = ''")
    desk.tick()
    assert letters(post)[-1][:2] == (EVA, "Marisol: something waits for you")


def test_a_code_ends_with_its_time_and_after_some_wrong_ones(
    node: Node, post: Post, clock: Clock
) -> None:
    ana, desk = reader(node), node.notices
    desk.choose(ana, by_mail())
    desk.tick()
    code = code_of(post)
    for _ in range(TRIES):
        with pytest.raises(InputError, match="not the code"):
            desk.addresses.confirm(ana, "WRONG234")
        assert last_line(node) == ("ana", "notice:choose", "address: wrong code")
    with pytest.raises(StateError, match="counts no more"):
        desk.addresses.confirm(ana, code)
    assert state(node) == "over"
    clock.ahead += dt.timedelta(minutes=2)
    desk.addresses.send_again(ana)
    desk.tick()
    assert code_of(post) != code
    clock.ahead += dt.timedelta(hours=25)
    with pytest.raises(StateError, match="counts no more"):
        desk.addresses.confirm(ana, code_of(post))
    desk.addresses.send_again(ana)
    desk.tick()
    assert desk.addresses.confirm(ana, code_of(post)).state == "confirmed"
    assert last_line(node) == ("ana", "notice:choose", "address confirmed")


def test_a_stranger_gets_few_letters_from_one_account_and_from_all(
    node: Node, post: Post, clock: Clock
) -> None:
    ana, desk = reader(node), node.notices
    for n in range(2 * LETTERS):  # to and fro between two addresses
        desk.choose(ana, by_mail(EVA if n % 2 else ANA))
        desk.tick()
        clock.ahead += dt.timedelta(minutes=2)
    assert len(post.mails) == LETTERS
    with pytest.raises(StateError, match="enough letters"):
        desk.addresses.send_again(ana)
    post.quiet()
    for n in range(LETTERS + 1):
        desk.choose(reader(node, f"more{n}"), by_mail(f"victim@{DOMAIN}"))
        desk.tick()
    assert len(post.mails) == LETTERS
    clock.ahead += dt.timedelta(hours=24)
    desk.tick()
    assert len(post.mails) == LETTERS + 2  # ana's and the last one's, a day later


def test_asking_at_once_again_is_held_up(node: Node, post: Post, clock: Clock) -> None:
    ana, desk = reader(node), node.notices
    with pytest.raises(StateError, match="no address"):
        desk.addresses.send_again(ana)
    desk.choose(ana, by_mail())
    desk.tick()
    with pytest.raises(StateError, match="just now"):
        desk.addresses.send_again(ana)


def test_a_letter_that_did_not_go_goes_later_and_one_that_is_refused_is_told(
    node: Node, post: Post, clock: Clock
) -> None:
    ana, desk = reader(node), node.notices
    desk.choose(ana, by_mail())
    post.fault = "busy"
    desk.tick()
    assert (state(node), post.mails) == ("waiting", [])
    post.quiet()
    desk.tick()
    assert post.mails == []  # not before it has rested
    clock.ahead += dt.timedelta(minutes=6)
    desk.tick()
    assert (state(node), len(post.mails)) == ("sent", 1)
    post.fault, post.to = "refuses", EVA
    desk.choose(ana, by_mail(EVA))
    desk.tick()
    assert state(node) == "refused"
    with pytest.raises(StateError, match="takes no letters|does not take"):
        desk.addresses.confirm(ana, "WRONG234")


def test_addresses_of_before_are_asked_for_once_and_get_nothing_until_then(
    node: Node, post: Post
) -> None:
    """As a node is that chose them before there was this rule."""
    body = msgspec.json.encode(by_mail())
    with node.store.write() as connection:
        rows.choose(connection, "ana", "", body=body)
        rows.bind(connection, "f" * 32, "ana", "mail", "2026-11-01T00:00:00.000000Z")
    something(node, "first")
    node.notices.tick()
    node.notices.tick()
    assert [(to, "your address" in subject) for to, subject, _ in letters(post)] == [(ANA, True)]


def test_nobody_confirms_for_another_and_a_closed_account_gets_no_letter(
    node: Node, post: Post
) -> None:
    desk = node.notices
    desk.choose(node.administrator(), by_mail(EVA), "eva")  # the administrator entered it
    desk.tick()
    code = code_of(post)
    for who in (node.administrator(), reader(node)):
        with pytest.raises(StateError, match="no address of yours"):
            desk.addresses.confirm(who, code)
    assert desk.addresses.confirm(reader(node, "eva"), code).state == "confirmed"
    post.quiet()
    desk.choose(reader(node), by_mail())
    with node.store.write() as connection:
        accounts.change(connection, "ana", active=False)
    desk.tick()
    assert post.mails == []


def test_the_code_stands_nowhere_in_the_ledger_and_the_log(node: Node, post: Post) -> None:
    ana, desk = reader(node), node.notices
    desk.choose(ana, by_mail())
    desk.tick()
    code = code_of(post)
    with node.store.read() as connection:
        held = str(mail_addresses.one(connection, "ana"))
        logged = str(connection.exec_driver_sql("SELECT * FROM audit").all())
    assert code not in held and code not in logged and ANA not in logged


def test_two_processes_send_one_letter(node: Node, post: Post) -> None:
    node.notices.choose(reader(node), by_mail())
    beside = Node.open(node.folder)
    beside.exchange.now = node.exchange.now
    with node.store.read() as connection:
        row = mail_addresses.one(connection, "ana")
    mail = notice_settings.load(node.folder).mail
    assert mail is not None
    first, second = (one.notices.addresses._ask(row, mail) for one in (node, beside))
    assert first is not None and second is None and len(post.mails) == 1
    beside.close()


def test_how_long_a_code_counts_is_a_setting(
    node: Node, post: Post, clock: Clock, tmp_path: Path
) -> None:
    settle(node, post, mail="confirm_hours = 1")
    ana, desk = reader(node), node.notices
    desk.choose(ana, by_mail())
    desk.tick()
    clock.ahead += dt.timedelta(minutes=61)
    with pytest.raises(StateError, match="counts no more"):
        desk.addresses.confirm(ana, code_of(post))
    for wrong in (0, 337):
        settle(node, post, mail=f"confirm_hours = {wrong}")
        with pytest.raises(ConfigError, match="confirm_hours"):
            notice_settings.load(node.folder)


def test_without_a_mail_server_nothing_is_tried(node: Node, tmp_path: Path) -> None:
    node.notices.choose(reader(node), by_mail())
    (node.folder / notice_settings.FILE).unlink()
    assert node.notices.addresses.keep_up() == 0
    assert state(node) == "waiting"
