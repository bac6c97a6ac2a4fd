"""Role keys: valid for a time, revoked from a moment on, and never seen."""

from __future__ import annotations

import base64
import datetime as dt
import pickle
import re
from functools import lru_cache
from pathlib import Path

import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from age_by_hand import lightly_locked
from esclusa.errors import TrustError
from esclusa.sharing import keys
from esclusa.sharing.keys import BUNDLE, EXCHANGE, Key, KeyRing, Revocation, Signer, key_id

START = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
END = dt.datetime(2027, 7, 1, tzinfo=dt.UTC)
SKEW = dt.timedelta(minutes=10)
SECOND = dt.timedelta(seconds=1)
DAY = dt.timedelta(days=1)

SIGNER = Signer("marisol", EXCHANGE, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
RING = KeyRing(skew=SKEW).with_key(SIGNER.key(START, END))


def verify(ring: KeyRing, at: dt.datetime, message: bytes = b"a batch") -> None:
    ring.verify("marisol", EXCHANGE, SIGNER.key_id, message, SIGNER.sign(b"a batch"), at)


def revoked(at: dt.datetime) -> KeyRing:
    revocation = Revocation(
        agency="marisol", role=EXCHANGE, key=SIGNER.key_id, at=at, reason="lost"
    )
    return RING.with_revocation(revocation)


# --- the time of signing decides ------------------------------------------------------------------


def test_a_signature_holds_while_its_key_is_valid() -> None:
    for at in (START, START + DAY, END - SECOND):
        verify(RING, at)


def test_validity_gives_or_takes_the_agreed_clock_skew_and_no_more() -> None:
    verify(RING, START - SKEW)
    verify(RING, END + SKEW - SECOND)
    for at in (START - SKEW - SECOND, END + SKEW):
        with pytest.raises(TrustError, match=r"was not valid at 202"):
            verify(RING, at)


def test_a_key_without_an_end_stays_valid() -> None:
    ring = KeyRing().with_key(SIGNER.key(START))
    verify(ring, START + 4000 * DAY)


def test_a_revoked_key_fails_from_its_revocation_on_without_skew() -> None:
    at = START + 30 * DAY
    verify(revoked(at), at - SECOND)
    for moment in (at, at + SECOND, END):
        with pytest.raises(TrustError, match="was revoked before"):
            verify(revoked(at), moment)


def test_a_later_revocation_does_not_bring_a_key_back() -> None:
    early, late = START + 30 * DAY, START + 60 * DAY
    ring = revoked(early)
    again = Revocation(agency="marisol", role=EXCHANGE, key=SIGNER.key_id, at=late)
    with pytest.raises(TrustError, match="was revoked"):
        verify(ring.with_revocation(again), early)


@pytest.mark.parametrize(("agency", "role", "key"), [
    ("northreach", EXCHANGE, SIGNER.key_id),
    ("marisol", "agreement", SIGNER.key_id),
    ("marisol", EXCHANGE, "0" * 32),
    ("marisol", EXCHANGE, ""),
])  # fmt: skip
def test_a_key_counts_for_its_agency_and_role_alone(agency: str, role: str, key: str) -> None:
    with pytest.raises(TrustError, match=f"of {agency}/{role} is known"):
        RING.verify(agency, role, key, b"a batch", SIGNER.sign(b"a batch"), START)


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_a_signature_holds_for_its_message_alone(message: bytes, other: bytes) -> None:
    signature = SIGNER.sign(message)
    assert RING.verify("marisol", EXCHANGE, SIGNER.key_id, message, signature, START)
    for wrong, value in ((message + b"!", signature), (message, signature[::-1]), (message, other)):
        with pytest.raises(TrustError, match="does not hold"):
            RING.verify("marisol", EXCHANGE, SIGNER.key_id, wrong, value, START)


# --- what arrives now -----------------------------------------------------------------------------


def received(ring: KeyRing, made: dt.datetime, now: dt.datetime) -> None:
    signature = SIGNER.sign(b"a batch")
    ring.verify_received(
        "marisol", EXCHANGE, SIGNER.key_id, b"a batch", signature, made=made, now=now
    )


def test_what_is_carried_for_days_is_taken_in_though_its_key_has_run_out_meanwhile() -> None:
    received(RING, END - DAY, END + 20 * DAY)


def test_what_a_key_revoked_by_now_signed_is_refused_whatever_date_it_bears() -> None:
    ring = revoked(START + 30 * DAY)
    received(ring, START + 29 * DAY, START + 30 * DAY - SECOND)
    with pytest.raises(TrustError, match="is revoked"):
        received(ring, START + 29 * DAY, START + 31 * DAY)


def test_what_lies_in_the_future_or_too_far_back_is_refused() -> None:
    now = START + 100 * DAY
    received(RING, now + SKEW, now)
    with pytest.raises(TrustError, match="in the future: a clock is wrong"):
        received(RING, now + SKEW + SECOND, now)
    received(RING, now - 30 * DAY - SKEW, now)
    with pytest.raises(TrustError, match="longer than 30 days on its way"):
        received(RING, now - 30 * DAY - SKEW - SECOND, now)


# --- the ring -------------------------------------------------------------------------------------


def test_a_known_key_cannot_have_its_validity_stretched() -> None:
    assert RING.with_key(SIGNER.key(START, END)) is RING
    with pytest.raises(TrustError, match="is known otherwise"):
        RING.with_key(SIGNER.key(START, END + DAY))


@pytest.mark.parametrize("public", ["", "00", "zz" * 32, "AB" * 32, SIGNER.public[:-2]])
def test_a_malformed_key_is_refused(public: str) -> None:
    key = Key(agency="marisol", role=EXCHANGE, public=public, valid_from=START)
    with pytest.raises(TrustError, match="the key of marisol/exchange is"):
        KeyRing().with_key(key)


def test_a_key_that_opens_bundles_signs_nothing() -> None:
    identity = pyrage.x25519.Identity.generate()
    key = Key(agency="marisol", role=BUNDLE, public=str(identity.to_public()), valid_from=START)
    ring = KeyRing().with_key(key)
    assert ring.current("marisol", BUNDLE, START) == (key,)
    with pytest.raises(TrustError, match="opens bundles and signs nothing"):
        ring.verify("marisol", BUNDLE, key.id, b"", bytes(64), START)
    with pytest.raises(TrustError, match="malformed"):
        KeyRing().with_key(
            Key(agency="marisol", role=BUNDLE, public=SIGNER.public, valid_from=START)
        )


def test_current_keys_are_those_valid_and_not_revoked() -> None:
    second = Signer("marisol", EXCHANGE, Ed25519PrivateKey.from_private_bytes(bytes(32)))
    ring = RING.with_key(second.key(END - DAY))
    assert ring.current("marisol", EXCHANGE, START) == (SIGNER.key(START, END),)
    assert [key.id for key in ring.current("marisol", EXCHANGE, END - SECOND)] == [
        SIGNER.key_id,
        second.key_id,
    ]
    assert [key.id for key in ring.current("marisol", EXCHANGE, END)] == [second.key_id]
    assert revoked(START).current("marisol", EXCHANGE, START) == ()
    assert ring.current("northreach", EXCHANGE, START) == ()


def test_the_same_public_key_has_another_id_in_another_role() -> None:
    assert key_id("marisol", EXCHANGE, SIGNER.public) != key_id("marisol", "log", SIGNER.public)


# --- private keys ---------------------------------------------------------------------------------


def test_a_private_key_is_neither_printed_nor_pickled() -> None:
    secret = SIGNER.private.private_bytes_raw()
    for text in (repr(SIGNER), str(SIGNER), f"{SIGNER}"):
        assert secret.hex() not in text
        assert text == f"Signer(marisol/exchange, key {SIGNER.key_id})"
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(SIGNER)


@lru_cache
def locked_once() -> bytes:
    """What ``lock`` makes of the key: it takes a second of CPU on purpose."""
    return keys.lock(keys.private_pem(SIGNER), "four plain words here")


def test_a_private_key_under_a_passphrase_opens_with_it_alone() -> None:
    locked = locked_once()
    assert locked.startswith(b"-----BEGIN AGE ENCRYPTED FILE-----")
    again = keys.load_signer(
        "marisol", EXCHANGE, keys.unlock(locked, passphrase="four plain words here")
    )
    assert again.key_id == SIGNER.key_id


def test_what_is_locked_asks_for_work() -> None:
    """Its recipient line says how much. The library fits it to a second of this machine, some 2 to
    the 18; with very much other work beside it, it may be a few powers less."""
    text = base64.b64decode(b"".join(locked_once().splitlines()[1:-1]))
    asks = re.search(rb"-> scrypt \S+ (\d+)\n", text)
    assert asks is not None and int(asks[1]) >= 12


def test_another_passphrase_opens_nothing_and_the_sentence_names_none() -> None:
    locked = lightly_locked(keys.private_pem(SIGNER), "four plain words here")
    assert keys.unlock(locked, passphrase="four plain words here") == keys.private_pem(SIGNER)
    with pytest.raises(TrustError, match="does not open with what was given$"):
        keys.unlock(locked, passphrase="four plain words")


def test_a_key_that_asks_for_more_work_than_a_machine_does_is_refused_as_that() -> None:
    """age's recipient line names the work: 2 to the power of its last number (C2SP age, scrypt)."""
    asking = lightly_locked(keys.private_pem(SIGNER), "four plain words here", asks=40)
    with pytest.raises(TrustError, match="asks for more work to open than this machine does$"):
        keys.unlock(asking, passphrase="four plain words here")


def test_a_machine_that_seemed_slow_for_a_moment_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    locked = lightly_locked(keys.private_pem(SIGNER), "four plain words here")
    opened, asked = pyrage.passphrase.decrypt, []

    def slow_at_first(data: bytes, passphrase: str) -> bytes:
        asked.append(passphrase)
        if len(asked) == 1:
            raise pyrage.DecryptError("Excessive work parameter for passphrase.")
        pem: bytes = opened(data, passphrase)
        return pem

    monkeypatch.setattr(pyrage.passphrase, "decrypt", slow_at_first)
    assert keys.unlock(locked, passphrase="four plain words here") == keys.private_pem(SIGNER)
    assert len(asked) == 2


def test_a_private_key_may_be_kept_for_the_holder_of_an_age_identity() -> None:
    mine, other = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    locked = keys.lock_for(keys.private_pem(SIGNER), [str(mine.to_public())])
    assert keys.unlock(locked, identity=str(mine)) == keys.private_pem(SIGNER)
    for wrong in (str(other), "AGE-SECRET-KEY-1", "nonsense"):
        with pytest.raises(TrustError, match="does not open"):
            keys.unlock(locked, identity=wrong)


def test_a_pem_with_a_password_of_its_own_is_read() -> None:
    pem = SIGNER.private.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word")
    )
    assert keys.load_signer("marisol", EXCHANGE, pem, "word").public == SIGNER.public
    for password in ("", "other"):
        with pytest.raises(TrustError, match="cannot be read"):
            keys.load_signer("marisol", EXCHANGE, pem, password)


def test_a_key_of_another_kind_is_refused() -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(TrustError, match="is not an Ed25519 key"):
        keys.load_signer("marisol", EXCHANGE, pem)


def test_a_private_key_is_written_locked_for_its_owner_and_never_over_another(
    tmp_path: Path,
) -> None:
    path = tmp_path / "exchange.pem"
    with pytest.raises(ValueError, match="not written in the clear"):
        keys.write_private(path, keys.private_pem(SIGNER))
    assert not path.exists()
    identity = pyrage.x25519.Identity.generate()
    locked = keys.lock_for(keys.private_pem(SIGNER), [str(identity.to_public())])
    keys.write_private(path, locked)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        keys.write_private(path, locked)
    assert path.read_bytes() == locked


def test_an_empty_passphrase_is_none() -> None:
    with pytest.raises(ValueError, match="not empty"):
        keys.lock(keys.private_pem(SIGNER), "")
