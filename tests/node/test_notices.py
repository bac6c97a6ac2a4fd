"""Notices: what is told to whom and when, and what a server that fails does.

One node for each test that needs a quiet one, made once and copied; 9 s of CPU in all.
"""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

import notice_worlds
import worlds
from esclusa.casework.notices import Choice, Way
from esclusa.errors import ConfigError, Forbidden, InputError, NotFound, StateError
from esclusa.ledger import accounts
from esclusa.ledger import notices as rows
from esclusa.model import Level, Marking
from esclusa.node import Node, notice_mail, notice_outbox, notice_settings
from esclusa.sharing.reader import Reader, Role
from exchange_worlds import Clock
from notice_worlds import DOMAIN, Post, account, settle

ANA = f"ana@{DOMAIN}"
KINDS = ("alert", "list_changed", "list_held", "rule_review", "match_reopened")
BY_MAIL = Choice(mail=Way(kinds=KINDS, to=ANA))
OPEN_LIST = "List changed: own_public "


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    node = worlds.make(folder / "node")
    worlds.with_list(node, "before", ("p0", "FIRMA VIEJA"))
    worlds.take_in(node, "before.edi", worlds.cuscar(("B0", "ALTAMIRA", "GENERAL CARGO")))
    node.notices.tick()
    node.close()
    return folder / "node"


@pytest.fixture
def node(made: Path, tmp_path: Path, post: Post, clock: Clock) -> Iterator[Node]:
    with notice_worlds.copied(made, tmp_path / "node", post, clock) as opened:
        yield opened


def bring(node: Node, *, marking: Marking | None = None) -> None:
    """Bring a public list into force, and take in a bill that it names and one that a rule does."""
    worlds.with_list(node, "own_public", ("p1", "OTRA FIRMA"))
    worlds.take_in(node, "open.edi", worlds.cuscar(*worlds.OPEN_BILLS), marking=marking)


def parsed(data: bytes) -> Any:
    return email.message_from_bytes(data, policy=email.policy.default)


def text(data: bytes) -> str:
    return str(parsed(data).get_content()).replace("\r\n", "\n")


def states(node: Node) -> list[tuple[str, str, int, str]]:
    """Return (channel, state, attempts, told) of every message, oldest first."""
    found = node.notices.messages(node.administrator(), state="all").messages
    return [(one.channel, one.state, one.attempts, one.told) for one in reversed(found)]


# --- what is told ---------------------------------------------------------------------------------


def test_a_mail_says_what_is_open_and_of_the_rest_only_that_it_waits(
    node: Node, post: Post
) -> None:
    account(node, "ana", BY_MAIL)
    bring(node)
    node.notices.tick()
    ((to, data),) = post.mails
    mail = parsed(data)
    assert (to, mail["To"], mail["Subject"]) == (ANA, ANA, "Marisol: something waits for you")
    said = text(data)
    assert OPEN_LIST in said
    assert "https://esclusa.customs.example/notices?via=mail" in said
    assert "NRCH" not in said  # alerts stand under OFFICIAL
    assert said.count("\n- ") == 1
    assert not any(character.isdigit() for character in mail["Subject"])


def test_what_was_there_before_is_not_told_and_what_is_told_is_told_once(
    node: Node, post: Post, clock: Clock
) -> None:
    account(node, "ana", BY_MAIL)
    node.notices.tick()
    assert post.mails == []
    bring(node)
    for _ in range(3):
        node.notices.tick()
        clock.ahead += dt.timedelta(minutes=1)
    assert len(post.mails) == 1
    other = Node.open(node.folder)  # a process that begins anew tells nothing twice either
    other.exchange.now = clock
    other.notices.tick()
    other.close()
    assert len(post.mails) == 1


def test_the_level_of_the_channel_decides_what_a_mail_shows(node: Node, post: Post) -> None:
    settle(node, post, mail="level = 1")
    account(node, "ana", BY_MAIL)
    bring(node)
    node.notices.tick()
    said = text(post.mails[0][1])
    assert "- New alert: NRCH B1" in said
    assert "- New alert: NRCH B2" in said
    ana = node.people.account("ana")
    assert ana is not None
    (name, *_more) = re.findall(r"B1\n  https://[a-z.]+/notices/(\w+)\?via=mail", said)
    (alert,) = [row for row in worlds.queue_of(node, ana) if row.title == "NRCH B1"]
    assert node.notices.follow(ana, name, via="mail") == f"/alerts/{alert.alert_id}"
    with pytest.raises(NotFound):  # it is nobody else's
        node.notices.follow(worlds.reader(node, name="bo"), name, via="mail")


def test_above_what_may_be_hinted_there_is_no_mail_at_all(node: Node, post: Post) -> None:
    settle(node, post, mail="waits = 0")
    account(node, "ana", msgspec.structs.replace(BY_MAIL, mail=Way(kinds=("alert",), to=ANA)))
    bring(node)
    node.notices.tick()
    assert post.mails == []
    assert states(node) == []
    ana = node.people.account("ana")
    assert ana is not None
    assert [one.title_en for one in node.notices.waiting(ana)] == ["NRCH B1", "NRCH B2"]


def test_a_compartment_is_neither_shown_nor_hinted_at(node: Node, post: Post) -> None:
    settle(node, post, mail="level = 4\nwaits = 4", hook="level = 4\nwaits = 4", feed="level = 4\nwaits = 4")  # fmt: skip
    way = Way(kinds=("alert",), to=ANA)
    choice = Choice(mail=way, webhook=Way(kinds=("alert",), to="desk"), feed=Way(kinds=("alert",)))
    reader = account(node, "ana", choice, clearance=4, caveats=("PAX",))
    feed = node.notices.make_feed(reader).path.rpartition("/")[2]
    bring(node, marking=Marking(level=Level.OFFICIAL, caveats=frozenset({"PAX"})))
    node.notices.tick()
    assert {one.title_en for one in node.notices.waiting(reader)} == {"NRCH B1", "NRCH B2"}
    assert (post.mails, post.hooks) == ([], [])
    assert b"<entry>" not in node.notices.feed(feed).body


def test_only_what_was_asked_for_is_told(node: Node, post: Post) -> None:
    settle(node, post, mail="level = 1")
    mail = Way(kinds=("alert",), to=ANA)
    account(node, "high", Choice(mail=mail, minimum_score=1000))
    account(node, "people", Choice(mail=mail, subject_kinds=("traveller",)))
    account(node, "lists", Choice(mail=Way(kinds=("list_changed",), to=ANA)))
    account(node, "bills", Choice(mail=mail, subject_kinds=("consignment",), language="es"))
    bring(node)
    node.notices.tick()
    told = sorted(text(data) for _to, data in post.mails)
    assert len(told) == 2
    assert "- Nueva alerta: NRCH B1" in told[0]
    assert "account lists" in told[1]
    assert "alert" not in told[1].lower().replace("account", "")


def test_a_role_is_told_only_of_what_it_may_read(node: Node, post: Post) -> None:
    account(node, "audrey", BY_MAIL, role="auditor")
    bring(node)
    node.notices.tick()
    audrey = node.people.account("audrey")
    assert audrey is not None
    assert {one.kind.code for one in node.notices.waiting(audrey)} == {"list_changed"}
    kinds = {kind.code for kind in node.notices.settings(audrey).kinds}
    assert "alert" not in kinds
    assert "list_changed" in kinds


# --- at the moment of sending ---------------------------------------------------------------------


DAILY = Choice(mail=Way(kinds=KINDS, to=ANA, when="daily", at="07:00"), time_zone="America/Panama")


def evening(node: Node, post: Post, clock: Clock) -> Reader:
    """Have something wait for the next morning's digest; its account may see it tonight."""
    settle(node, post, mail="level = 1")
    reader = account(node, "ana", DAILY)
    bring(node)
    node.notices.tick()
    assert post.mails == []
    clock.ahead += dt.timedelta(days=1)
    return reader


def test_a_digest_gathers_what_came_and_goes_at_its_hour(
    node: Node, post: Post, clock: Clock
) -> None:
    evening(node, post, clock)
    node.notices.tick()
    ((_, data),) = post.mails
    assert text(data).count("\n- ") == 3


def test_a_clearance_that_was_lowered_meanwhile_counts(
    node: Node, post: Post, clock: Clock
) -> None:
    evening(node, post, clock)
    with node.store.write() as connection:
        accounts.change(connection, "ana", clearance=0)
    node.notices.tick()
    assert "NRCH" not in text(post.mails[0][1])
    assert OPEN_LIST in text(post.mails[0][1])


def test_a_channel_that_was_narrowed_meanwhile_counts(node: Node, post: Post, clock: Clock) -> None:
    evening(node, post, clock)
    settle(node, post, mail="level = 0\nwaits = 0")
    node.notices.tick()
    assert text(post.mails[0][1]).count("\n- ") == 1


def test_what_was_erased_or_taken_up_meanwhile_is_not_told(
    node: Node, post: Post, clock: Clock
) -> None:
    reader = evening(node, post, clock)
    first, second = (
        row for row in worlds.queue_of(node, reader) if row.title in ("NRCH B1", "NRCH B2")
    )
    node.claim(reader, first.alert_id)
    node.erase(node.administrator(), second.subject_id, reason="asked for")
    node.notices.tick()
    assert "NRCH" not in text(post.mails[0][1])


def test_a_closed_account_gets_nothing(node: Node, post: Post, clock: Clock) -> None:
    evening(node, post, clock)
    with node.store.write() as connection:
        accounts.change(connection, "ana", active=False)
    node.notices.tick()
    assert post.mails == []
    assert states(node) == [("mail", "empty", 1, "no account")]


def test_what_is_no_longer_wanted_does_not_go(node: Node, post: Post, clock: Clock) -> None:
    reader = evening(node, post, clock)
    node.notices.choose(reader, Choice())
    node.notices.tick()
    assert post.mails == []
    assert states(node) == [("mail", "empty", 1, "not wanted")]


def test_a_place_that_the_administrator_took_back_gets_nothing(
    node: Node, post: Post, clock: Clock
) -> None:
    evening(node, post, clock)
    path = node.folder / notice_settings.FILE
    path.write_text(path.read_text().replace(f'["{DOMAIN}"]', '["other.example"]'))
    node.notices.tick()
    assert post.mails == []
    assert states(node) == [("mail", "refused", 1, "not allowed")]


# --- servers that fail ----------------------------------------------------------------------------


def identity(data: bytes) -> str:
    return str(parsed(data)["Message-ID"])


@pytest.mark.parametrize(
    ("fault", "told"),
    [("closes", "closed"), ("slow", "too slow"), ("busy", "answer 451")],
)
def test_a_server_that_fails_gets_the_mail_later_under_the_same_name(
    node: Node, post: Post, clock: Clock, fault: str, told: str
) -> None:
    account(node, "ana", BY_MAIL)
    bring(node)
    post.fault = fault
    node.notices.tick()
    assert states(node) == [("mail", "waiting", 1, told)]
    (waiting,) = node.notices.messages(node.administrator()).messages
    post.fault = ""
    node.notices.tick()
    assert post.mails == []  # it rests a minute
    clock.ahead += dt.timedelta(minutes=2)
    node.notices.tick()
    ((_, data),) = post.mails
    assert identity(data) == f"<{waiting.id}@node.example>"
    assert states(node) == [("mail", "sent", 2, "")]


def test_a_server_that_is_down_is_asked_once_a_round_and_given_up_after_four_days(
    node: Node, post: Post, clock: Clock
) -> None:
    for number in range(3):
        account(node, f"ana{number}", BY_MAIL)
    bring(node)
    path = node.folder / notice_settings.FILE
    path.write_text(path.read_text().replace(f"port = {post.ports[0]}", "port = 1", 1))
    node.notices.tick()
    assert sorted(states(node)) == [
        ("mail", "waiting", 0, ""), ("mail", "waiting", 0, ""),
        ("mail", "waiting", 1, "no connection"),
    ]  # fmt: skip
    clock.ahead += dt.timedelta(days=5)
    for _ in range(3):
        node.notices.tick()
    assert {state for _, state, _, _ in states(node)} == {"given_up"}
    settle(node, post)
    node.notices.tick()
    assert post.mails == []
    admin = node.administrator()
    name = node.notices.messages(admin).messages[0].id
    node.notices.again(admin, name)
    node.notices.tick()
    assert [identity(data) for _, data in post.mails] == [f"<{name}@node.example>"]
    with pytest.raises(StateError):
        node.notices.again(admin, name)
    with pytest.raises(NotFound):
        node.notices.again(admin, "0" * 32)


def test_one_that_is_refused_harms_no_other_and_is_not_tried_again(
    node: Node, post: Post, clock: Clock
) -> None:
    for name in ("ana", "bo", "cai"):
        account(node, name, Choice(mail=Way(kinds=KINDS, to=f"{name}@{DOMAIN}")))
    bring(node)
    post.fault, post.to = "refuses", f"bo@{DOMAIN}"
    for _ in range(3):
        node.notices.tick()
        clock.ahead += dt.timedelta(hours=6)
    assert sorted(to for to, _ in post.mails) == [ANA, f"cai@{DOMAIN}"]
    assert ("mail", "refused", 1, "answer 550") in states(node)
    use = node.notices.use(node.administrator())
    assert [(one.channel, one.sent, one.refused) for one in use.rows[0].channels] == [
        ("mail", 2, 1)
    ]


class Killed(BaseException):
    """The process dies."""


def test_after_a_crash_between_accepting_and_noting_it_goes_again_under_the_same_name(
    node: Node, post: Post, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    account(node, "ana", BY_MAIL)
    bring(node)

    def die(*_given: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(node.notices.outbox, "_settle", die)
        with pytest.raises(Killed):
            node.notices.tick()
    assert len(post.mails) == 1
    other = Node.open(node.folder)
    other.exchange.now = clock
    other.notices.tick()
    assert len(post.mails) == 1  # it may still be with the process that took it
    clock.ahead += dt.timedelta(minutes=6)
    other.notices.tick()
    other.notices.tick()
    other.close()
    first, second = (identity(data) for _, data in post.mails)
    assert first == second
    assert states(node) == [("mail", "sent", 2, "")]


def test_a_crash_while_gathering_loses_nothing(
    node: Node, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    account(node, "ana", BY_MAIL)
    bring(node)

    def die(*_given: object) -> None:
        raise Killed

    for place in ("add", "set_mark", "bind"):
        with monkeypatch.context() as patch:
            patch.setattr(rows, place, die)
            with pytest.raises(Killed):
                node.notices.tick()
    assert post.mails == []
    node.notices.tick()
    assert len(post.mails) == 1


def test_processes_beside_each_other_send_each_thing_once(node: Node, post: Post) -> None:
    for number in range(4):
        choice = Choice(mail=Way(kinds=KINDS, to=f"a{number}@{DOMAIN}"))
        account(node, f"a{number}", choice)
    bring(node)
    others = [Node.open(node.folder) for _ in range(3)]
    threads = [threading.Thread(target=one.notices.tick) for one in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in others:
        one.close()
    assert sorted(to for to, _ in post.mails) == [f"a{number}@{DOMAIN}" for number in range(4)]
    assert {state for _, state, _, _ in states(node)} == {"sent"}


def test_nothing_is_said_to_a_server_without_encryption_or_with_a_strange_certificate(
    node: Node, post: Post, clock: Clock, tmp_path: Path
) -> None:
    account(node, "ana", BY_MAIL)
    bring(node)
    strange, _ = notice_worlds.certificate(tmp_path / "strange")
    path = node.folder / notice_settings.FILE
    path.write_text(path.read_text().replace(str(post.authority), str(strange)))
    node.notices.tick()
    assert states(node) == [("mail", "waiting", 1, "certificate")]
    with Post(tmp_path / "plain", secure=False) as bare:
        settle(node, bare)
        clock.ahead += dt.timedelta(minutes=2)
        node.notices.tick()
        assert bare.mails == []
        assert states(node) == [("mail", "waiting", 2, "no encryption offered")]
        settle(node, bare, security="none")  # a server on this machine
        clock.ahead += dt.timedelta(minutes=5)
        node.notices.tick()
        assert len(bare.mails) == 1


def test_a_password_that_is_missing_or_wrong_waits_for_the_administrator(
    node: Node, post: Post, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    account(node, "ana", BY_MAIL)
    bring(node)
    secret = node.folder / notice_settings.FOLDER / "smtp.password"
    secret.write_text("another")
    node.notices.tick()
    assert states(node) == [("mail", "waiting", 1, "sign-in 535")]
    monkeypatch.setenv("ESCLUSA_SMTP_PASSWORD", notice_worlds.PASSWORD)
    clock.ahead += dt.timedelta(minutes=2)
    node.notices.tick()
    assert len(post.mails) == 1


# --- hostile names --------------------------------------------------------------------------------

EVIL = "Marisol\r\nBcc: eve@evil.example\r\n\r\nA word\x00 of hers \u202e\U0001f980"


def test_no_name_can_add_a_header_or_a_line(node: Node, post: Post) -> None:
    list_title = "Lista\r\n- New alert: forged\r\nhttps://evil.example"
    account(node, "ana", BY_MAIL)
    node.notices.outbox._site = EVIL
    bring(node)
    with node.store.write() as connection:
        connection.exec_driver_sql("UPDATE watchlist_edition SET title = ?", (list_title,))
    node.notices.tick()
    ((to, data),) = post.mails
    mail = parsed(data)
    assert to == ANA
    assert sorted(mail.keys()) == sorted(
        ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Type",
         "Content-Transfer-Encoding", "MIME-Version"]
    )  # fmt: skip
    assert str(mail["To"]) == ANA
    assert mail["From"].addresses[0].addr_spec == "esclusa@node.example"
    assert b"\nBcc" not in data
    assert data.isascii()
    said = text(data)
    assert "\n- New alert" not in said
    assert "\nhttps://evil" not in said


def test_a_letter_of_any_title_is_one_letter() -> None:
    mail = notice_settings.Mail(host="localhost", sender="esclusa@node.example", domains=(DOMAIN,))
    for site in (EVIL, "", "x" * 5000, '"quoted" <a@b.example>', "Ñandú, Aduana; de: Marisol"):
        letter = notice_mail.Letter(
            id="0" * 32, to=ANA, site=site, subject=site, text="text\n", at=dt.datetime.now(dt.UTC)
        )
        made = parsed(notice_mail.write(letter, mail))
        assert [
            str(value) for name, value in made.items() if name.lower() in ("to", "bcc", "cc")
        ] == [ANA]
        assert made["From"].addresses[0].addr_spec == "esclusa@node.example"
        assert made.get_content() == "text\r\n"


# --- who may ---------------------------------------------------------------------------------------


def test_a_person_sets_his_own_and_only_who_runs_the_node_anothers(node: Node) -> None:
    ana = account(node, "ana", BY_MAIL)
    bo = account(node, "bo", Choice())
    with pytest.raises(Forbidden):
        node.notices.choose(ana, Choice(), "bo")
    with pytest.raises(Forbidden):
        node.notices.settings(bo, "ana")
    with pytest.raises(Forbidden):
        node.notices.messages(ana)
    with pytest.raises(Forbidden):
        node.notices.use(ana)
    with pytest.raises(InputError, match="name an account"):
        node.notices.settings(node.administrator())
    with pytest.raises(NotFound):
        node.notices.settings(node.administrator(), "nobody")
    assert node.notices.settings(node.administrator(), "ana").mail.to == ANA
    with pytest.raises(Forbidden):  # counts of messages rest on what a supervisor may not know
        node.notices.use(worlds.reader(node, role=Role.SUPERVISOR))
    assert node.notices.use(worlds.reader(node, role=Role.AUDITOR)).agencies == 1


def test_mail_and_webhooks_go_only_where_the_administrator_said(node: Node) -> None:
    ana = account(node, "ana", Choice())
    for choice in (
        Choice(mail=Way(kinds=KINDS, to="ana@evil.example")),
        Choice(webhook=Way(kinds=KINDS, to="elsewhere")),
    ):
        with pytest.raises(InputError, match="at this node"):
            node.notices.choose(ana, choice)
    (node.folder / notice_settings.FILE).write_text("[feed]\non = false\n")
    with pytest.raises(InputError, match="feeds are off"):
        node.notices.choose(ana, Choice(feed=Way(kinds=KINDS)))


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ("adress = 'x'", "adress"),
        ("address = 'http://node.example'", "https"),
        ("silent_hours = 0", "silent_hours"),
        ("[mail]\nhost='h'\nsender='x'\ndomains=['d.example']", "sender"),
        ("[mail]\nhost='h'\nsender='x@y.example'\ndomains=[]", "domains"),
        ("[mail]\nhost='h'\nsender='x@y.example'\ndomains=['d.example']\nsecurity='none'", "machine"),
        ("[mail]\nhost='h'\nsender='x@y.example'\ndomains=['d.example']\nport=0", "port"),
        ("[mail]\nhost='h'\nsender='x@y.example'\ndomains=['d.example']\nseconds=21", "seconds"),
        ("[feed]\nlevel=3", "above waits"),
        ("[feed]\nlevel=9\nwaits=9", "0 to 4"),
        ("[[webhook]]\nname='a b'\nurl='https://h.example'", "name"),
        ("[[webhook]]\nname='a'\nurl='http://h.example'", "https"),
        ("[[webhook]]\nname='a'\nurl='https://u:p@h.example'", "password"),
        ("[[webhook]]\nname='a'\nurl='https://h.example:x/'", "port"),
        ("[[webhook]]\nname='a'\nurl='https://h.example'\n" * 2, "two webhooks"),
        ("[mail", "notices.toml"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_channels_is_named_with_its_file(
    node: Node, wrong: str, named: str
) -> None:
    (node.folder / notice_settings.FILE).write_text(wrong)
    with pytest.raises(ConfigError, match=named) as told:
        node.notices.channels()
    assert "notices.toml" in str(told.value)


def test_secrets_are_files_for_their_owner_alone_and_never_written_over(node: Node) -> None:
    key = node.folder / notice_settings.FOLDER / "desk.secret"
    assert key.stat().st_mode & 0o077 == 0
    with pytest.raises(ConfigError, match="written over"):
        node.notices.make_secret(node.administrator(), "desk")
    with pytest.raises(NotFound):
        node.notices.make_secret(node.administrator(), "../../etc/x")
    key.write_text("whsec_c2hvcnQ=")
    with pytest.raises(ConfigError, match="secret"):
        notice_settings.hook_key(node.folder, "desk")


def test_what_is_old_is_swept_and_what_waits_is_not(node: Node, post: Post, clock: Clock) -> None:
    account(node, "ana", BY_MAIL)
    bring(node)
    node.notices.tick()
    clock.ahead += dt.timedelta(days=31)
    post.fault = "busy"
    worlds.with_list(node, "later", ("p9", "FIRMA NUEVA"))
    node.notices.choose(node.administrator(), BY_MAIL, "ana")
    node.notices.tick()
    with node.store.read() as connection:
        kept = rows.items_by(connection, "ana", "mail", limit=99)
        assert rows.states(connection) == {"sent": 1}
    assert kept == []


def test_every_setting_of_the_channels_is_in_the_manual() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "notices.md").read_text("utf-8")
    named = {
        field.name
        for part in (notice_settings.Channels, notice_settings.Mail, notice_settings.Webhook,
                     notice_settings.Feed)
        for field in msgspec.structs.fields(part)
    }  # fmt: skip
    assert [name for name in sorted(named) if not re.search(rf"\b{name}\b", manual)] == []
    (example,) = re.findall(r"```toml\n(.*?)```", manual, re.DOTALL)
    found = notice_settings.read(example)
    assert found.mail is not None
    assert found.named("service-desk") is not None


def test_of_very_many_the_highest_scores_are_told(
    node: Node, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notice_outbox, "_MOST", 1)
    ana = account(node, "ana", Choice(mail=Way(kinds=("alert",), to=ANA)))
    bring(node)
    node.notices.tick()
    (told,) = node.notices.waiting(ana)
    rows_ = [row for row in worlds.queue_of(node, ana) if row.title != "NRCH B0"]
    best = max(row.score for row in rows_)
    assert len(rows_) > 1
    assert told.path.removeprefix("/alerts/") in {
        row.alert_id for row in rows_ if row.score == best
    }
