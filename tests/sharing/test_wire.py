"""The bytes of a batch: one form, one signature, and everything checked before anything is used."""

from __future__ import annotations

import datetime as dt
import json

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.errors import WireError
from esclusa.sharing.exchange.messages import Seen
from esclusa.sharing.keys import EXCHANGE, KeyRing, Revocation, Signer
from esclusa.sharing.transparency import merkle
from esclusa.sharing.wire import FORMAT, Header, Limits, Received, read_batch, write_batch

MADE = dt.datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=dt.UTC)
NOW = MADE + dt.timedelta(hours=3)
START = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
MARISOL = Signer("marisol", EXCHANGE, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
RING = KeyRing().with_key(MARISOL.key(START))
MESSAGES = (b'{"type":"put","n":1}', b'{"type":"recall","n":2}', '{"why":"¿qué?"}'.encode())


def batch(
    messages: tuple[bytes, ...] = MESSAGES, signer: Signer = MARISOL, made: dt.datetime = MADE
) -> bytes:
    return write_batch(
        signer, messages, receiver="northreach", first=41, made=made, previous="ab" * 32,
        seen=Seen(7, "cd" * 32), agreement="ef" * 32,
    )  # fmt: skip


def read(
    data: bytes, ring: KeyRing = RING, limits: Limits | None = None, receiver: str = "northreach"
) -> Received:
    return read_batch(data, receiver=receiver, ring=ring, now=NOW, limits=limits, file="a.batch")


def refused(
    data: bytes,
    reason: str,
    offset: int | None = None,
    ring: KeyRing = RING,
    limits: Limits | None = None,
) -> None:
    with pytest.raises(WireError, match=reason) as caught:
        read(data, ring, limits)
    assert str(caught.value).startswith(f"a.batch, byte {caught.value.offset}: ")
    if offset is not None:
        assert caught.value.offset == offset


GOOD = batch()
HEADER_END = GOOD.index(b"\n")


# --- the form -------------------------------------------------------------------------------------


def test_a_batch_is_read_back_as_it_was_written() -> None:
    received = read(GOOD)
    assert received.messages == MESSAGES
    header = received.header
    assert (header.sender, header.receiver, header.first, header.count) == (
        "marisol",
        "northreach",
        41,
        3,
    )
    assert (header.made, header.seen, header.previous) == (MADE, Seen(7, "cd" * 32), "ab" * 32)


def test_the_lines_are_header_messages_and_signature() -> None:
    lines = GOOD.split(b"\n")
    assert json.loads(lines[0]) == {
        "format": "esclusa-batch/1", "from": "marisol", "to": "northreach", "first": 41, "count": 3,
        "previous": "ab" * 32, "root": merkle.root(MESSAGES).hex(),
        "seen": {"number": 7, "head": "cd" * 32}, "made": "2026-11-24T12:00:00.123456Z",
        "run": "P0D",
        "agreement": "ef" * 32, "key": MARISOL.key_id,
    }  # fmt: skip
    assert tuple(lines[1:4]) == MESSAGES
    assert json.loads(lines[4]) == {"signature": MARISOL.sign(lines[0]).hex()}
    assert lines[5:] == [b""]


def test_a_batch_may_bring_no_message() -> None:
    received = read(batch(()))
    assert (received.messages, received.header.root) == ((), merkle.EMPTY_ROOT.hex())


def test_the_same_batch_has_the_same_bytes_wherever_its_time_was_read() -> None:
    elsewhere = MADE.astimezone(dt.timezone(dt.timedelta(hours=-5)))
    assert batch(made=elsewhere) == GOOD


@given(
    st.lists(st.binary(min_size=1, max_size=40).filter(lambda item: b"\n" not in item), max_size=20)
)
def test_messages_are_opaque_lines(messages: list[bytes]) -> None:
    assert read(batch(tuple(messages))).messages == tuple(messages)


@pytest.mark.parametrize("message", [b"", b"\n", b"{}\n", b"{\n}"])
def test_a_message_that_is_not_one_line_is_not_written(message: bytes) -> None:
    with pytest.raises(ValueError, match="one line and not empty"):
        batch((message,))


def test_a_batch_is_signed_in_the_role_of_exchange_alone() -> None:
    with pytest.raises(ValueError, match="in the role exchange, not log"):
        batch(signer=Signer("marisol", "log", MARISOL.private))


# --- what was changed on the way ------------------------------------------------------------------


def test_a_flipped_bit_anywhere_is_refused() -> None:
    changed = bytearray(GOOD)
    for place in range(len(GOOD)):
        for bit in range(8):
            changed[place] ^= 1 << bit
            with pytest.raises(WireError):
                read(bytes(changed))
            changed[place] ^= 1 << bit
    assert read(bytes(changed)).messages == MESSAGES


def test_a_batch_cut_off_anywhere_is_refused() -> None:
    for length in range(len(GOOD)):
        with pytest.raises(WireError):
            read(GOOD[:length])


@pytest.mark.parametrize("tail", [b"\n", b" ", b"x", b"\r\n", GOOD])
def test_anything_behind_a_batch_is_refused(tail: bytes) -> None:
    refused(GOOD + tail, "cut off|not the signature|messages, the header says")


@settings(max_examples=200)
@given(st.data())
def test_any_lines_dropped_repeated_or_exchanged_are_refused(data: st.DataObject) -> None:
    lines = GOOD.split(b"\n")[:-1]
    order = data.draw(st.lists(st.integers(0, len(lines) - 1), max_size=7))
    if order == list(range(len(lines))):
        return
    with pytest.raises(WireError):
        read(b"".join(lines[number] + b"\n" for number in order))


def test_the_header_of_one_batch_does_not_carry_the_messages_of_another() -> None:
    other = batch((b'{"type":"put","n":9}', *MESSAGES[1:]))
    lines, foreign = GOOD.split(b"\n"), other.split(b"\n")
    replayed = b"\n".join((lines[0], *foreign[1:4], *lines[4:]))
    refused(replayed, "the messages are not those that were signed", HEADER_END + 1)


def test_a_changed_message_is_named_by_where_the_messages_start_and_never_quoted() -> None:
    changed = GOOD.replace(b'"recall"', b'"reca11"')
    refused(changed, "not those that were signed$", HEADER_END + 1)


def test_a_header_of_equal_meaning_in_other_bytes_is_refused() -> None:
    line = GOOD[:HEADER_END]
    for other in (
        line.replace(b'"first":41', b'"first": 41'),
        line.replace(b'"count":3', b'"count":3,"count":3'),
        line.replace(b"marisol", b"\\u006darisol"),
        line.replace(b"123456Z", b"123456+00:00"),
    ):
        signature = msgspec.json.encode({"signature": MARISOL.sign(other).hex()})
        refused(b"\n".join((other, *MESSAGES, signature, b"")), "one form it has", 0)


def test_a_field_we_do_not_know_is_refused_though_it_is_signed() -> None:
    line = GOOD[:HEADER_END].replace(b'{"format"', b'{"only":"people","format"')
    signature = msgspec.json.encode({"signature": MARISOL.sign(line).hex()})
    refused(b"\n".join((line, *MESSAGES, signature, b"")), "unknown field `only`", 0)


def test_a_signature_in_other_letters_is_refused() -> None:
    start = GOOD.rindex(b'{"signature"')
    shouted = GOOD[:start] + GOOD[start:].replace(b'"signature"', b"~").upper().replace(
        b"~", b'"signature"'
    )
    refused(shouted, "not the signature of a batch", start)


# --- who it is from and for -----------------------------------------------------------------------


def test_a_batch_for_another_is_refused() -> None:
    with pytest.raises(WireError, match="the batch is for northreach, not for altamira"):
        read(GOOD, receiver="altamira")


def test_another_version_of_the_format_is_refused_by_its_name() -> None:
    refused(
        GOOD.replace(b"esclusa-batch/1", b"esclusa-batch/2"),
        "format is 'esclusa-batch/2', this node reads 'esclusa-batch/1'",
        0,
    )
    assert FORMAT == "esclusa-batch/1"


def test_an_unknown_key_is_refused() -> None:
    stranger = Signer("marisol", EXCHANGE, Ed25519PrivateKey.from_private_bytes(bytes(32)))
    refused(batch(signer=stranger), "no key .* of marisol/exchange is known", 0)


def test_a_key_of_another_agency_does_not_sign_for_this_one() -> None:
    altamira = Signer("altamira", EXCHANGE, Ed25519PrivateKey.from_private_bytes(bytes(32)))
    ring = RING.with_key(altamira.key(START))
    line = GOOD[:HEADER_END].replace(MARISOL.key_id.encode(), altamira.key_id.encode())
    signature = msgspec.json.encode({"signature": altamira.sign(line).hex()})
    refused(b"\n".join((line, *MESSAGES, signature, b"")), "of marisol/exchange is known", 0, ring)


def test_a_revoked_key_is_refused_even_for_a_time_before() -> None:
    for at in (MADE - dt.timedelta(days=1), MADE + dt.timedelta(hours=1)):
        revocation = Revocation(agency="marisol", role=EXCHANGE, key=MARISOL.key_id, at=at)
        refused(GOOD, "revoked", 0, RING.with_revocation(revocation))


def test_a_batch_from_the_future_is_refused() -> None:
    refused(batch(made=NOW + dt.timedelta(hours=1)), "in the future: a clock is wrong", 0)


# --- limits ---------------------------------------------------------------------------------------


def test_what_is_above_a_limit_is_refused() -> None:
    refused(GOOD, "longer than 100 bytes", 100, limits=Limits(batch=100))
    refused(GOOD, "more than 2 messages", 0, limits=Limits(messages=2))
    refused(
        GOOD,
        "a message has 1 to 22 bytes",
        HEADER_END + 1 + len(MESSAGES[0]) + 1,
        limits=Limits(message=22),
    )
    assert read(GOOD, limits=Limits(batch=len(GOOD), messages=3, message=23)).messages == MESSAGES


def test_a_header_without_end_is_not_searched_for_one() -> None:
    refused(b"{" + b" " * (1 << 20) + GOOD, "cut off or too long", 0)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"\n\n\n",
        b"{}\n{}\n",
        b"[1]\n",
        b"null\n",
        b"\xff\xfe\n",
        b"x",
        b'{"format":' + b"[" * 16_000 + b"\n",
    ],
)
def test_what_is_no_batch_is_refused(data: bytes) -> None:
    refused(data, "header|not UTF-8", 0)


@given(st.binary(max_size=400))
def test_noise_is_refused_with_one_clear_error(noise: bytes) -> None:
    for data in (noise, GOOD[: HEADER_END + 1] + noise, noise + GOOD):
        if data != GOOD:
            with pytest.raises(WireError):
                read(data)


def test_numbers_start_at_one_and_counts_at_none() -> None:
    for wrong in ({"first": 0}, {"count": -1}, {"key": "x"}, {"root": "0"}, {"sender": "Marisol"}):
        header = msgspec.structs.replace(read(GOOD).header, **wrong)
        line = msgspec.json.encode(header)
        assert isinstance(header, Header)
        signature = msgspec.json.encode({"signature": MARISOL.sign(line).hex()})
        refused(b"\n".join((line, *MESSAGES, signature, b"")), "not the header of a batch", 0)
