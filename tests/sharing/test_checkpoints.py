"""C2SP signed-note, tlog-checkpoint and tlog-cosignature, with examples that others published.

Each constant names where it stands. Signatures by Ed25519 have one form only (RFC 8032), so signing
again with a published key must give the published bytes.
"""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from esclusa.errors import ProofError
from esclusa.sharing.transparency import note
from esclusa.sharing.transparency.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from esclusa.sharing.transparency.note import NoteKey, parse_key, parse_note
from esclusa.sharing.transparency.witness import check_cosignatures

# c2sp.org/signed-note, section "Verifier keys", example.
SPEC_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
SPEC_NOTE = (
    "This is an example message.\n\n— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)

# golang.org/x/mod, sumdb/note/note.go (BSD-3-Clause): the example of the package's documentation.
# Its private key is published too.
GO_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_NOTE = (
    GO_TEXT
    + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)

# c2sp.org/tlog-cosignature, the example at its top; its first three lines and first signature are
# the example of c2sp.org/tlog-checkpoint. The keys behind it are not published.
SPEC_CHECKPOINT = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""

# A head of the public staging log "Arche 2025 H1" of 23 May 2026, quoted in the tests of
# florolf/tlog-scales with two of its four cosignatures and the keys.
# The key of the witness also stands in transparency-dev/formats, note/note_cosigv1_test.go.
REAL_ORIGIN = "arche2025h1.staging.ct.transparency.dev"
REAL_TEXT = f"{REAL_ORIGIN}\n1432088532\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n"
REAL_NOTE = f"""{REAL_TEXT}
— {REAL_ORIGIN} zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— {REAL_ORIGIN} ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
""".encode()
REAL_LOG_KEY = f"{REAL_ORIGIN}+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
REAL_WITNESS_KEY = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
REAL_TIME = 1779573024

MARISOL = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NORTHREACH = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
ORIGIN = "marisol.example/log"


def key_of(private: Ed25519PrivateKey, name: str, kind: int = note.PLAIN) -> NoteKey:
    return NoteKey(name, private.public_key().public_bytes_raw(), kind)


# --- what others published ------------------------------------------------------------------------


@pytest.mark.parametrize("text", [SPEC_KEY, GO_KEY, REAL_LOG_KEY, REAL_WITNESS_KEY])
def test_published_verifier_keys_are_read_and_written_byte_for_byte(text: str) -> None:
    assert parse_key(text).text() == text


def test_the_example_of_signed_note_holds() -> None:
    assert (
        note.open_note(SPEC_NOTE.encode(), [parse_key(SPEC_KEY)]).text
        == "This is an example message.\n"
    )


def test_signing_with_a_published_key_gives_the_published_note() -> None:
    private = Ed25519PrivateKey.from_private_bytes(GO_SEED)
    assert key_of(private, "PeterNeumann").text() == GO_KEY
    assert note.sign(GO_TEXT, "PeterNeumann", private).data().decode() == GO_NOTE


def test_the_example_of_tlog_checkpoint_is_read_and_written_byte_for_byte() -> None:
    whole = parse_note(SPEC_CHECKPOINT.encode())
    head = parse_checkpoint(whole.text)
    assert (head.origin, head.size) == ("example.com/behind-the-sofa", 20852163)
    assert head.text() == whole.text
    assert whole.data().decode() == SPEC_CHECKPOINT


def test_the_example_of_tlog_cosignature_has_the_time_of_its_text() -> None:
    # The same page shows the signed message: "time 1679315147".
    assert note.cosigned_at(parse_note(SPEC_CHECKPOINT.encode()).signatures[1]) == 1679315147


def test_a_real_head_holds_under_the_keys_of_its_log_and_its_witness() -> None:
    head = open_checkpoint(REAL_NOTE, REAL_ORIGIN, [parse_key(REAL_LOG_KEY)])
    assert head.size == 1432088532
    (cosigned,) = check_cosignatures(REAL_NOTE, [parse_key(REAL_WITNESS_KEY)], now=REAL_TIME)
    assert note.cosigned_at(cosigned) == REAL_TIME


def test_a_real_head_does_not_hold_for_another_size() -> None:
    forged = REAL_NOTE.replace(b"1432088532", b"1432088533")
    with pytest.raises(ProofError, match="does not hold"):
        open_checkpoint(forged, REAL_ORIGIN, [parse_key(REAL_LOG_KEY)])
    with pytest.raises(ProofError, match="does not hold"):
        check_cosignatures(forged, [parse_key(REAL_WITNESS_KEY)], now=REAL_TIME)


# --- rules of signed-note -------------------------------------------------------------------------


def test_signatures_of_unknown_keys_are_ignored_even_under_a_known_name() -> None:
    text = "a text\n"
    stranger = note.sign(text, ORIGIN, NORTHREACH).signatures
    own = note.sign(text, ORIGIN, MARISOL)
    both = note.Note(text, (*stranger, *own.signatures)).data()
    assert note.open_note(both, [key_of(MARISOL, ORIGIN)]).signatures == own.signatures


def test_a_key_that_signs_twice_counts_once_and_fails_once_for_all() -> None:
    (good,) = note.sign("a text\n", ORIGIN, MARISOL).signatures
    bad = note.NoteSignature(good.name, good.key_id, good.value[::-1])
    key = key_of(MARISOL, ORIGIN)
    twice = note.Note("a text\n", (good, good)).data()
    assert note.open_note(twice, [key]).signatures == (good,)
    for lines in ((good, bad), (bad, good)):
        with pytest.raises(ProofError, match="does not hold"):
            note.open_note(note.Note("a text\n", lines).data(), [key])


def test_a_note_that_no_known_key_signed_is_refused() -> None:
    data = note.sign("a text\n", ORIGIN, NORTHREACH).data()
    with pytest.raises(ProofError, match="not signed by a known key"):
        note.open_note(data, [key_of(MARISOL, ORIGIN)])


def test_the_text_may_have_empty_lines_and_ends_at_the_last_one() -> None:
    # c2sp.org/signed-note shows a poem with an empty line in it.
    text = "Ognuno sta solo sul cuor della terra\n\ned è subito sera.\n"
    data = note.sign(text, ORIGIN, MARISOL).data()
    assert note.open_note(data, [key_of(MARISOL, ORIGIN)]).text == text


def test_a_hundred_signatures_are_accepted_and_one_more_is_not() -> None:
    (line,) = note.sign("a text\n", ORIGIN, MARISOL).signatures
    assert len(parse_note(note.Note("a text\n", (line,) * 100).data()).signatures) == 100
    with pytest.raises(ProofError, match="at most 100 signatures"):
        parse_note(note.Note("a text\n", (line,) * 101).data())


@pytest.mark.parametrize("data", [
    b"", b"\n\n", b"text\n", b"text\n\n", b"text\n\nno dash\n", "text\n\n— name\n".encode(),
    "text\n\n— name AAAA\n".encode(), "text\n\n— name AAAAAAA\n".encode(),
    "text\n\n— name AAAAAAB=\n".encode(), "text\n\n— na+me AAAAAAA=\n".encode(),
    "text\n\n— name AAAAAAA=".encode(), "te\txt\n\n— name AAAAAAA=\n".encode(),
    "text\n\n— name AAAAAAA=\r\n".encode(), "text\n\n— na\u00a0me AAAAAAA=\n".encode(),
    "text\n\n—  AAAAAAA=\n".encode(), b"te\xffxt\n\n\xe2\x80\x94 name AAAAAAA=\n",
    b"x" * (note.MAX_NOTE + 1),
])  # fmt: skip
def test_what_is_no_note_is_refused(data: bytes) -> None:
    with pytest.raises(ProofError):
        parse_note(data)


@pytest.mark.parametrize("text", [
    "example.com/foo", "example.com/foo+530d903a", SPEC_KEY.replace("530d903a", "530d903b"),
    SPEC_KEY.replace("530d903a", "530D903A"), SPEC_KEY + "!", SPEC_KEY.replace("Aeky", "Aeky\n"),
    SPEC_KEY.replace("example", "exam ple"), "a+00000000+", "a+00000000+AwEB",
])  # fmt: skip
def test_what_is_no_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(ProofError):
        parse_key(text)


def test_a_text_with_control_characters_is_not_signed() -> None:
    for text in ("no newline", "tab\there\n", "return\r\n"):
        with pytest.raises(ValueError, match="ends in a newline"):
            note.sign(text, ORIGIN, MARISOL)


# --- rules of tlog-checkpoint ---------------------------------------------------------------------


@pytest.mark.parametrize("size", ["01", "-1", "+1", "1.0", "", " 1", "٣", str(1 << 63), "9" * 40])
def test_a_size_has_no_sign_no_leading_zero_and_63_bits(size: str) -> None:
    with pytest.raises(ProofError):
        parse_checkpoint(f"{ORIGIN}\n{size}\n{base64.b64encode(bytes(32)).decode()}\n")


@pytest.mark.parametrize("root", ["", "AAAA", base64.b64encode(bytes(31)).decode(), "!" * 44])
def test_a_root_is_32_bytes_in_base64(root: str) -> None:
    with pytest.raises(ProofError):
        parse_checkpoint(f"{ORIGIN}\n0\n{root}\n")


def test_extension_lines_are_signed_and_left_alone_but_none_is_empty() -> None:
    text = Checkpoint(ORIGIN, 3, bytes(32)).text() + "extension\n"
    assert parse_checkpoint(text).size == 3
    with pytest.raises(ProofError, match="none of them empty"):
        parse_checkpoint(text.replace("extension", ""))


def test_a_head_under_the_name_of_another_log_is_refused() -> None:
    data = note.sign(
        Checkpoint("altamira.example/log", 3, bytes(32)).text(), ORIGIN, MARISOL
    ).data()
    with pytest.raises(ProofError, match=r"of the log 'altamira\.example/log'"):
        open_checkpoint(data, ORIGIN, [key_of(MARISOL, ORIGIN)])


def test_a_witness_cannot_sign_in_the_place_of_the_log() -> None:
    text = Checkpoint(ORIGIN, 3, bytes(32)).text()
    data = note.Note(text, (note.cosign(text, ORIGIN, NORTHREACH, 5),)).data()
    with pytest.raises(ProofError, match="not signed by a known key"):
        open_checkpoint(data, ORIGIN, [key_of(NORTHREACH, ORIGIN, note.COSIGNATURE)])


@given(st.data())
def test_any_changed_bit_of_a_signed_head_is_noticed(data: st.DataObject) -> None:
    signed = Checkpoint(ORIGIN, 20852163, bytes(range(32))).signed(MARISOL)
    place = data.draw(st.integers(0, len(signed) - 1))
    changed = bytearray(signed)
    changed[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(ProofError):
        open_checkpoint(bytes(changed), ORIGIN, [key_of(MARISOL, ORIGIN)])


# --- rules of tlog-cosignature --------------------------------------------------------------------


def test_a_cosignature_holds_for_its_time_and_text_alone() -> None:
    text = Checkpoint(ORIGIN, 3, bytes(32)).text()
    line = note.cosign(text, "northreach.example/witness", NORTHREACH, 1_800_000_000)
    key = key_of(NORTHREACH, "northreach.example/witness", note.COSIGNATURE)
    assert check_cosignatures(note.Note(text, (line,)).data(), [key], now=1_800_000_000) == (line,)
    later = note.NoteSignature(line.name, line.key_id, bytes(8) + line.value[8:])
    for changed in (note.Note(text, (later,)), note.Note(text.replace("3", "4"), (line,))):
        with pytest.raises(ProofError, match="does not hold"):
            check_cosignatures(changed.data(), [key], now=1_800_000_000)


def test_a_cosignature_from_the_future_is_refused_beyond_the_agreed_skew() -> None:
    text = Checkpoint(ORIGIN, 3, bytes(32)).text()
    data = note.Note(text, (note.cosign(text, "w", NORTHREACH, 1000),)).data()
    key = key_of(NORTHREACH, "w", note.COSIGNATURE)
    assert check_cosignatures(data, [key], now=940, skew=60)
    with pytest.raises(ProofError, match="signed in the future"):
        check_cosignatures(data, [key], now=939, skew=60)


def test_a_plain_signature_does_not_pass_for_a_cosignature() -> None:
    (line,) = parse_note(Checkpoint(ORIGIN, 3, bytes(32)).signed(MARISOL)).signatures
    with pytest.raises(ProofError, match="no cosignature"):
        note.cosigned_at(line)
