"""The line between nodes: who may call, what is carried, and what a broken call leaves behind."""

from __future__ import annotations

import datetime as dt
import http.client
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from pointer_node_worlds import HELD, LISTED, NOT_HELD, ask, enter, outcomes

from esclusa.errors import ConfigError, ExchangeError, LedgerError, TrustError
from esclusa.node.calling import Calls
from esclusa.node.line import BATCH, WITNESS, Line, caller, contexts, sync
from esclusa.node.pilot import certify, make_authority
from exchange_worlds import World, for_partners, found, take_in

HOST = "127.0.0.1"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path, "marisol", "northreach", "altamira")
    make_authority(tmp_path / "authority", "Pilot", made.clock())
    for agency, node in made.nodes.items():
        certify(tmp_path / "authority", node.folder, agency, [HOST], made.clock())
    made.agree("marisol", "northreach")
    yield made
    made.close()


@pytest.fixture
def northreach(world: World) -> Iterator[Line]:
    node = world["northreach"]
    with Line(node.exchange, contexts(node.folder)[0], HOST, 0) as line:
        line.start()
        yield line
        line.shutdown()


def calling(world: World, agency: str) -> ssl.SSLContext:
    return contexts(world[agency].folder)[1]


def raw_post(
    line: Line, context: ssl.SSLContext, path: str, body: bytes, **headers: str
) -> tuple[int, str]:
    host, port = line.address.split(":")
    connection = http.client.HTTPSConnection(host, int(port), context=context, timeout=20)
    connection.request("POST", path, body, headers)
    reply = connection.getresponse()
    return reply.status, reply.read().decode()


def test_one_call_carries_news_both_ways_and_the_partner_witnesses_the_log(
    world: World, northreach: Line
) -> None:
    take_in(world["marisol"], for_partners("northreach"))
    context = calling(world, "marisol")
    done = sync(world["marisol"].exchange, "northreach",
                caller(northreach.address, context, "northreach"))  # fmt: skip
    assert done.up_to_date
    assert done.witnessed == world["marisol"].exchange.log.head().size  # type: ignore[union-attr]
    assert len(found(world["northreach"], "NRLN04120004")) == 1
    assert not world["northreach"].exchange.has_news("marisol")


def test_a_round_calls_all_with_an_address_and_tells_once_who_cannot_be_reached(
    world: World, northreach: Line, caplog: pytest.LogCaptureFixture
) -> None:
    """Marisol knows Altamira's address, where nobody listens, and Northreach's only later."""
    world.agree("marisol", "altamira")
    with socket.socket() as spare:
        spare.bind((HOST, 0))
        nowhere = f"{HOST}:{spare.getsockname()[1]}"
    node = world["marisol"]
    calls = Calls(node.exchange, node.folder)
    take_in(node, for_partners("northreach", "altamira"))
    calls.round()
    assert found(world["northreach"], "NRLN04120004") == []  # nobody has an address yet
    for agency, address in (("altamira", nowhere), ("northreach", northreach.address)):
        node.exchange.add_partner(agency, (), address=address, by="test")
    calls.round()
    calls.round()
    assert len(found(world["northreach"], "NRLN04120004")) == 1
    assert [one.getMessage() for one in caplog.records] == ["calls: altamira: LedgerError"]
    there = world["altamira"]
    with Line(there.exchange, contexts(there.folder)[0], HOST, 0) as line:
        line.start()
        node.exchange.add_partner("altamira", (), address=line.address, by="test")
        calls.round()
        line.shutdown()
    assert len(found(there, "NRLN04120004")) == 1
    assert caplog.records[-1].getMessage() == "calls: altamira: reached again"


def test_a_pointer_search_is_asked_and_answered_over_the_line(
    searchable: World, tmp_path: Path
) -> None:
    make_authority(tmp_path / "authority", "Pilot", searchable.clock())
    for agency, node in searchable.nodes.items():
        certify(tmp_path / "authority", node.folder, agency, [HOST], searchable.clock())
    owner, asker = searchable["marisol"], searchable["northreach"]
    enter(owner, *LISTED)
    ask(asker, "imo", HELD["imo"], NOT_HELD["imo"])
    with Line(owner.exchange, contexts(owner.folder)[0], HOST, 0) as line:
        line.start()
        for _ in range(2):  # a wish and its set, a question and its reply
            sync(asker.exchange, "marisol",
                 caller(line.address, calling(searchable, "northreach"), "marisol"))  # fmt: skip
        line.shutdown()
    assert outcomes(asker) == {HELD["imo"]: "hit", NOT_HELD["imo"]: "no_hit"}


def test_who_shows_no_certificate_of_the_authority_is_not_heard(
    world: World, northreach: Line, tmp_path: Path
) -> None:
    stranger = tmp_path / "stranger"
    make_authority(tmp_path / "other", "Other", world.clock())
    stranger.mkdir()
    certify(tmp_path / "other", stranger, "marisol", [HOST], world.clock())
    theirs = contexts(stranger)[1]
    theirs.check_hostname, theirs.verify_mode = False, ssl.CERT_NONE
    bare = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    bare.check_hostname, bare.verify_mode = False, ssl.CERT_NONE
    for context in (theirs, bare):
        with pytest.raises((OSError, http.client.HTTPException)):
            raw_post(northreach, context, BATCH, world["marisol"].exchange.batch("northreach"))
    assert "marisol" not in world["northreach"].exchange.state().inboxes


def test_a_partner_cannot_carry_another_agencys_batch(world: World, northreach: Line) -> None:
    batch = world["marisol"].exchange.batch("northreach")
    status, said = raw_post(northreach, calling(world, "altamira"), BATCH, batch)
    assert status == 409
    assert "altamira carries a batch of marisol" in said


def test_a_caller_that_reaches_another_node_sends_nothing(world: World, northreach: Line) -> None:
    send = caller(northreach.address, calling(world, "marisol"), "altamira")
    with pytest.raises(TrustError, match="northreach's, not altamira's"):
        send(BATCH, world["marisol"].exchange.batch("northreach"))


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (BATCH, b"", 422),
        (BATCH, b"{}\n", 422),
        (WITNESS, b"old 0\n\nnothing", 409),
        ("/elsewhere", b"", 422),
    ],
)
def test_what_is_no_batch_gets_one_sentence_and_changes_nothing(
    world: World, northreach: Line, path: str, body: bytes, status: int
) -> None:
    before = dict(world["northreach"].exchange.state().inboxes)
    got, said = raw_post(northreach, calling(world, "marisol"), path, body)
    assert (got, said.count("\n")) == (status, 0)
    assert said
    assert world["northreach"].exchange.state().inboxes == before


def test_a_body_without_a_length_or_too_long_is_not_read(world: World, northreach: Line) -> None:
    host, port = northreach.address.split(":")
    context = calling(world, "marisol")
    for length in ("", "x", "-1", str(1 << 40)):
        with (
            socket.create_connection((host, int(port)), timeout=20) as plain,
            context.wrap_socket(plain, server_hostname=host) as line,
        ):
            head = f"POST {BATCH} HTTP/1.1\r\nHost: n\r\nContent-Length: {length}\r\n\r\n"
            line.sendall(head.encode())
            assert line.recv(100).split(b" ")[1] == b"422"


def test_a_refusal_on_the_other_side_is_told_and_stops_the_call(
    world: World, northreach: Line
) -> None:
    world.clock.ahead = dt.timedelta(days=-10)  # our batch is signed with a clock before our key
    send = caller(northreach.address, calling(world, "marisol"), "northreach")
    batch = world["marisol"].exchange.batch("northreach")
    world.clock.ahead = dt.timedelta()
    with pytest.raises(ExchangeError, match="answered 422"):
        send(BATCH, batch)
    assert world["northreach"].exchange.alarms


def test_a_line_that_is_down_is_one_clear_error(world: World) -> None:
    with socket.socket() as spare:
        spare.bind((HOST, 0))
        port = spare.getsockname()[1]
    send = caller(f"{HOST}:{port}", calling(world, "marisol"), "northreach")
    with pytest.raises(LedgerError, match="the line to northreach failed"):
        send(BATCH, b"x")


@pytest.mark.parametrize("address", ["", "host", "host:", ":1", "host:port"])
def test_an_address_is_host_and_port(world: World, address: str) -> None:
    with pytest.raises(ConfigError, match="is not host:port"):
        caller(address, calling(world, "marisol"), "northreach")


def test_missing_certificates_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"lacks node\.pem, node\.key"):
        contexts(tmp_path)
