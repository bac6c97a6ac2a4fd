"""C2SP tlog-witness: partners witness each other, and whoever rewrites a log is found at once.

Origins and entries are invented. The statuses are those of the specification's add-checkpoint; the
hashes of the example request are its own.
"""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.sharing.transparency import merkle, note, witness
from esclusa.sharing.transparency.checkpoint import open_checkpoint
from esclusa.sharing.transparency.log import Log, start_log
from esclusa.sharing.transparency.note import NoteKey
from esclusa.sharing.transparency.storage import MemoryStorage
from esclusa.sharing.transparency.witness import Refusal, Request, Witness, parse_request

MARISOL = "marisol.example/log"
WATCHER = "northreach.example/witness"
LOG_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
WATCH_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
NOW = 1_800_000_000

EXAMPLE = """old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
""".encode()


def public(private: Ed25519PrivateKey, name: str, kind: int = note.PLAIN) -> NoteKey:
    return NoteKey(name, private.public_key().public_bytes_raw(), kind)


def a_log(entries: list[bytes]) -> Log:
    storage = MemoryStorage()
    start_log(storage, MARISOL, LOG_KEY)
    log = Log(storage, MARISOL, LOG_KEY)
    log.append(entries)
    return log


def a_witness(seen: dict[str, bytes] | None = None) -> Witness:
    logs = {MARISOL: (public(LOG_KEY, MARISOL),)}
    return Witness(WATCHER, WATCH_KEY, logs, {} if seen is None else seen)


def entries_of(count: int) -> list[bytes]:
    return [b"entry %d" % number for number in range(count)]


def refusal(watcher: Witness, request: Request) -> Refusal:
    with pytest.raises(Refusal) as caught:
        watcher.add_checkpoint(request.data(), NOW)
    return caught.value


# --- the honest way -------------------------------------------------------------------------------


def test_a_log_that_only_grows_is_signed_each_time_and_the_last_head_is_kept() -> None:
    log, seen = a_log(entries_of(3)), dict[str, bytes]()
    watcher, old = a_witness(seen), 0
    for more in (0, 1, 300, 2):
        log.append(entries_of(more))
        line = watcher.add_checkpoint(log.request(old).data(), NOW)
        old = log.head.size
        assert seen == {MARISOL: log.signed}
        signed = log.signed + line.encode()
        assert open_checkpoint(signed, MARISOL, [public(LOG_KEY, MARISOL)]) == log.head
        key = public(WATCH_KEY, WATCHER, note.COSIGNATURE)
        assert len(witness.check_cosignatures(signed, [key], now=NOW)) == 1


def test_the_same_head_may_be_signed_again() -> None:
    log, watcher = a_log(entries_of(3)), a_witness()
    watcher.add_checkpoint(log.request(0).data(), NOW)
    assert watcher.add_checkpoint(log.request(3).data(), NOW + 1).startswith(f"— {WATCHER} ")


def test_the_example_request_is_read_and_written_byte_for_byte() -> None:
    request = parse_request(EXAMPLE)
    assert (request.old, len(request.proof)) == (20852014, 4)
    assert request.data() == EXAMPLE


# --- the other ways -------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [
    b"", b"old 3", b"old 03\n\n", b"old -1\n\nx", b"Old 3\n\nx", b"old 3 \n\nx", b"old 3\nAAAA\n\nx",
    EXAMPLE.replace(b"PlRN", b"Pl RN"), EXAMPLE.replace(b"pkaw=", b"pkax="),
    EXAMPLE.replace(b"old 20852014\n", b"old 20852014\n" + b"PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n" * 60),
])  # fmt: skip
def test_a_malformed_request_is_refused_with_400(data: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        a_witness().add_checkpoint(data, NOW)
    assert caught.value.status == 400


def test_an_old_size_above_the_new_one_is_refused_with_400() -> None:
    log = a_log(entries_of(3))
    assert refusal(a_witness(), Request(4, (), log.signed)).status == 400


def test_a_log_that_nobody_watches_is_refused_with_404() -> None:
    storage = MemoryStorage()
    start_log(storage, "altamira.example/log", LOG_KEY)
    stranger = Log(storage, "altamira.example/log", LOG_KEY)
    assert refusal(a_witness(), stranger.request(0)).status == 404


def test_a_head_that_the_log_did_not_sign_is_refused_with_403() -> None:
    storage = MemoryStorage()
    start_log(storage, MARISOL, WATCH_KEY)
    impostor = Log(storage, MARISOL, WATCH_KEY)
    assert refusal(a_witness(), impostor.request(0)).status == 403


def test_a_log_that_does_not_know_what_was_seen_is_told_with_409() -> None:
    log, watcher = a_log(entries_of(3)), a_witness()
    watcher.add_checkpoint(log.request(0).data(), NOW)
    log.append(entries_of(2))
    answer = refusal(watcher, Request(0, (), log.signed))
    assert (answer.status, answer.seen, answer.evidence) == (409, 3, ())
    assert watcher.add_checkpoint(log.request(answer.seen).data(), NOW)


def test_two_heads_of_one_size_are_refused_with_409_and_both_are_evidence() -> None:
    honest, forked = a_log(entries_of(3)), a_log([*entries_of(2), b"another"])
    watcher = a_witness()
    watcher.add_checkpoint(honest.request(0).data(), NOW)
    answer = refusal(watcher, Request(3, (), forked.signed))
    assert answer.status == 409
    assert answer.evidence == (honest.signed, forked.signed)
    heads = [open_checkpoint(item, MARISOL, [public(LOG_KEY, MARISOL)]) for item in answer.evidence]
    assert heads[0].size == heads[1].size
    assert heads[0].root != heads[1].root


def test_a_larger_log_without_a_proof_is_refused_with_422() -> None:
    log, watcher = a_log(entries_of(3)), a_witness()
    watcher.add_checkpoint(log.request(0).data(), NOW)
    log.append(entries_of(2))
    for proof in ((), log.request(3).proof[:-1], (*log.request(3).proof, bytes(32))):
        assert refusal(watcher, Request(3, proof, log.signed)).status == 422


def test_a_log_set_back_to_a_backup_is_found_at_the_next_contact() -> None:
    log, watcher = a_log(entries_of(9)), a_witness()
    watcher.add_checkpoint(log.request(0).data(), NOW)
    restored = a_log(entries_of(5))
    restored.append([b"written after the backup came back"])
    assert refusal(watcher, restored.request(0)).status == 409
    assert refusal(watcher, Request(6, (), restored.signed)).seen == 9


def test_nothing_is_kept_of_a_request_that_is_refused() -> None:
    seen: dict[str, bytes] = {}
    log, watcher = a_log(entries_of(3)), a_witness(seen)
    watcher.add_checkpoint(log.request(0).data(), NOW)
    kept = dict(seen)
    log.append(entries_of(2))
    refusal(watcher, Request(3, (), log.signed))
    assert seen == kept


def test_a_head_is_kept_before_the_cosignature_goes_out() -> None:
    class NoRoom(dict[str, bytes]):
        def __setitem__(self, origin: str, signed: bytes) -> None:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        a_witness(NoRoom()).add_checkpoint(a_log(entries_of(3)).request(0).data(), NOW)


@settings(max_examples=60)
@given(st.data())
def test_a_log_that_was_rewritten_has_no_proof_a_witness_accepts(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 40))
    entries, watcher = entries_of(size), a_witness()
    seen = data.draw(st.integers(1, size))
    watcher.add_checkpoint(a_log(entries[:seen]).request(0).data(), NOW)
    forged = list(entries)
    place = data.draw(st.integers(0, seen - 1))
    match data.draw(st.sampled_from(["change", "drop", "reorder", "insert"])):
        case "change":
            forged[place] += b"!"
        case "drop":
            del forged[place]
        case "insert":
            forged.insert(place, b"inserted")
        case "reorder":
            other = data.draw(st.integers(0, size - 1).filter(lambda number: number != place))
            forged[place], forged[other] = forged[other], forged[place]
    log = a_log(forged)
    own = log.request(seen).proof if seen <= log.head.size else ()
    honest = a_log(entries).request(seen).proof
    for proof in (own, honest, ()):
        answer = refusal(watcher, Request(seen, tuple(proof), log.signed))
        assert answer.status in (400, 409, 422)


@given(st.integers(1, 30), st.data())
def test_a_request_that_was_changed_on_the_way_changes_nothing(
    old: int, data: st.DataObject
) -> None:
    log = a_log(entries_of(old))
    seen = {MARISOL: log.signed}
    log.append(entries_of(7))
    request = bytearray(log.request(old).data())
    place = data.draw(st.integers(0, len(request) - 1))
    request[place] ^= 1 << data.draw(st.integers(0, 7))
    before = dict(seen)
    with pytest.raises(Refusal):
        a_witness(seen).add_checkpoint(bytes(request), NOW)
    assert seen == before


def test_a_receiver_can_prove_that_a_batch_was_logged() -> None:
    entries = entries_of(100)
    log = a_log(entries)
    head = open_checkpoint(log.signed, MARISOL, [public(LOG_KEY, MARISOL)])
    proof = log.prove_inclusion(42, head.size)
    merkle.check_inclusion(42, head.size, merkle.leaf_hash(entries[42]), proof, head.root)
