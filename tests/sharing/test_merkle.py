"""RFC 6962, section 2.1: the tree, its proofs and their checks.

The published vectors are those of the certificate transparency project, as they stand in
transparency-dev/merkle, proof/verify_test.go and rfc6962/rfc6962_test.go (Apache-2.0): eight
entries, the roots of their eight trees, and proofs between them. Positions there count from 1, here
from 0. What a checker must refuse is the list of the same file (corruptInclusionProof,
corruptConsistencyProof).
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esclusa.errors import ProofError
from esclusa.sharing.transparency import merkle
from esclusa.sharing.transparency.merkle import CompactRange

ENTRIES = [bytes.fromhex(text) for text in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip

ROOTS = [bytes.fromhex(text) for text in (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)]  # fmt: skip

INCLUSION = [
    (0, 1, []),
    (0, 8, ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"]),
    (5, 8, ["bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"]),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (1, 5, ["6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"]),
]  # fmt: skip

CONSISTENCY = [
    (1, 1, []),
    (1, 8, ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"]),
    (6, 8, ["0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"]),
    (2, 5, ["5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"]),
    (6, 7, ["0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"]),
]  # fmt: skip

SOME_HASH = bytes.fromhex("abacaba000000000000000000000000000000000000000000060061e00123456")


def hashes(items: Sequence[str]) -> list[bytes]:
    return [bytes.fromhex(item) for item in items]


# --- the definition, written down as RFC 6962 does ------------------------------------------------


def mth(entries: Sequence[bytes]) -> bytes:
    """Section 2.1: the Merkle tree hash."""
    if not entries:
        return merkle.EMPTY_ROOT
    if len(entries) == 1:
        return merkle.leaf_hash(entries[0])
    k = below(len(entries))
    return merkle.node_hash(mth(entries[:k]), mth(entries[k:]))


def path(m: int, entries: Sequence[bytes]) -> list[bytes]:
    """Section 2.1.1: the audit path."""
    if len(entries) == 1:
        return []
    k = below(len(entries))
    if m < k:
        return [*path(m, entries[:k]), mth(entries[k:])]
    return [*path(m - k, entries[k:]), mth(entries[:k])]


def subproof(m: int, entries: Sequence[bytes], complete: bool) -> list[bytes]:
    """Section 2.1.2: the consistency proof."""
    if m == len(entries):
        return [] if complete else [mth(entries)]
    k = below(len(entries))
    if m <= k:
        return [*subproof(m, entries[:k], complete), mth(entries[k:])]
    return [*subproof(m - k, entries[k:], False), mth(entries[:k])]


def below(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def inclusion(index: int, entries: Sequence[bytes]) -> list[bytes]:
    ranges = merkle.inclusion_ranges(index, len(entries))
    return [mth(entries[begin:end]) for begin, end in ranges]


def consistency(old: int, entries: Sequence[bytes]) -> list[bytes]:
    ranges = merkle.consistency_ranges(old, len(entries))
    return [mth(entries[begin:end]) for begin, end in ranges]


# --- published vectors ----------------------------------------------------------------------------


def test_hashes_of_leaves_and_nodes_are_the_published_ones() -> None:
    assert merkle.EMPTY_ROOT.hex().startswith("e3b0c44298fc1c14")
    assert merkle.leaf_hash(b"").hex() == ROOTS[0].hex()
    assert (
        merkle.leaf_hash(b"L123456").hex()
        == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    )
    assert (
        merkle.node_hash(b"N123", b"N456").hex()
        == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"
    )


def test_a_leaf_cannot_pose_as_a_node_nor_can_siblings_change_places() -> None:
    left, right = merkle.leaf_hash(b"Hello"), merkle.leaf_hash(b"World")
    assert merkle.node_hash(left, right) != merkle.leaf_hash(left + right)
    assert merkle.node_hash(left, right) != merkle.node_hash(right, left)


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_the_published_ones(size: int) -> None:
    assert merkle.root(ENTRIES[:size]) == ROOTS[size - 1]
    leaves = [merkle.leaf_hash(entry) for entry in ENTRIES[:size]]
    assert CompactRange().extend(leaves).root() == ROOTS[size - 1]


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSION)
def test_proofs_of_inclusion_are_the_published_ones_and_hold(
    index: int, size: int, proof: list[str]
) -> None:
    assert inclusion(index, ENTRIES[:size]) == hashes(proof)
    merkle.check_inclusion(
        index, size, merkle.leaf_hash(ENTRIES[index]), hashes(proof), ROOTS[size - 1]
    )


@pytest.mark.parametrize(("old", "new", "proof"), CONSISTENCY)
def test_proofs_of_consistency_are_the_published_ones_and_hold(
    old: int, new: int, proof: list[str]
) -> None:
    assert consistency(old, ENTRIES[:new]) == hashes(proof)
    merkle.check_consistency(old, new, ROOTS[old - 1], ROOTS[new - 1], hashes(proof))


def flip(proof: list[bytes], place: int, bit: int) -> list[bytes]:
    changed = bytes([proof[place][0] ^ bit]) + proof[place][1:]
    return [*proof[:place], changed, *proof[place + 1 :]]


@pytest.mark.parametrize(("index", "size", "published"), INCLUSION[1:])
def test_a_corrupted_proof_of_inclusion_is_refused(
    index: int, size: int, published: list[str]
) -> None:
    proof, root, leaf = hashes(published), ROOTS[size - 1], merkle.leaf_hash(ENTRIES[index])
    wrong: list[tuple[int, int, bytes, list[bytes], bytes]] = [
        (index - 1, size, leaf, proof, root),
        (index + 1, size, leaf, proof, root),
        (index ^ 2, size, leaf, proof, root),
        (index, size * 2, leaf, proof, root),
        (index, size // 2, leaf, proof, root),
        (index, size, b"WrongLeaf", proof, root),
        (index, size, leaf, proof, merkle.EMPTY_ROOT),
        (index, size, leaf, proof, SOME_HASH),
        (index, size, leaf, [*proof, b""], root),
        (index, size, leaf, [*proof, root], root),
        (index, size, leaf, [b"", *proof], root),
        (index, size, leaf, [root, *proof], root),
        (index, size, leaf, proof[:-1], root),
        (index, size, leaf, [proof[0], SOME_HASH, *proof[1:]], root),
        *((index, size, leaf, flip(proof, place, 8), root) for place in range(len(proof))),
    ]  # fmt: skip
    for probe in wrong:
        with pytest.raises(ProofError):
            merkle.check_inclusion(*probe)


@pytest.mark.parametrize(("old", "new", "published"), CONSISTENCY[1:])
def test_a_corrupted_proof_of_consistency_is_refused(
    old: int, new: int, published: list[str]
) -> None:
    proof, first, second = hashes(published), ROOTS[old - 1], ROOTS[new - 1]
    wrong: list[tuple[int, int, bytes, bytes, list[bytes]]] = [
        (old - 1, new, first, second, proof),
        (old + 1, new, first, second, proof),
        (old ^ 2, new, first, second, proof),
        (old, new * 2, first, second, proof),
        (old, new // 2, first, second, proof),
        (old, new, b"WrongRoot", second, proof),
        (old, new, first, b"WrongRoot", proof),
        (old, new, second, first, proof),
        (old, new, first, second, []),
        (old, new, first, second, proof[:-1]),
        *((old, new, first, second, [*proof, extra]) for extra in (b"", first, second)),
        *((old, new, first, second, [extra, *proof]) for extra in (b"", first, second, proof[0])),
        *((old, new, first, second, flip(proof, place, 16)) for place in range(len(proof))),
    ]  # fmt: skip
    for probe in wrong:
        with pytest.raises(ProofError):
            merkle.check_consistency(*probe)


def test_a_proof_of_the_wrong_length_is_named_so() -> None:
    leaf, proof = merkle.leaf_hash(ENTRIES[0]), hashes(INCLUSION[1][2])
    for wrong, reason in (([*proof, SOME_HASH], "too long"), (proof[:-1], "too short")):
        with pytest.raises(ProofError, match=f"proof of inclusion is {reason}"):
            merkle.check_inclusion(0, 8, leaf, wrong, ROOTS[7])
        with pytest.raises(ProofError, match=f"proof of consistency is {reason}"):
            merkle.check_consistency(1, 8, ROOTS[0], ROOTS[7], wrong)


def test_sizes_that_need_no_proof_are_checked_by_their_roots() -> None:
    one, other, empty = ROOTS[2], ROOTS[3], merkle.EMPTY_ROOT
    merkle.check_consistency(0, 0, empty, empty, [])
    merkle.check_consistency(0, 1, empty, one, [])
    merkle.check_consistency(3, 3, one, one, [])
    for old, new, first, second, proof in (
        (0, 0, empty, one, []), (0, 1, one, other, []), (3, 3, one, other, []),
        (1, 0, one, other, []), (2, 1, one, other, []), (1, 2, one, other, []),
        (0, 0, empty, empty, [empty]), (0, 1, empty, one, [empty]), (1, 1, one, one, [empty]),
    ):  # fmt: skip
        with pytest.raises(ProofError):
            merkle.check_consistency(old, new, first, second, proof)


# --- laws -----------------------------------------------------------------------------------------

_LOGS = st.lists(st.binary(max_size=4), min_size=1, max_size=70)


@given(_LOGS)
def test_every_way_to_the_root_is_the_definition(entries: list[bytes]) -> None:
    leaves = [merkle.leaf_hash(entry) for entry in entries]
    assert merkle.root(iter(entries)) == mth(entries)
    assert merkle.root_of_hashes(leaves) == mth(entries)
    assert CompactRange().extend(leaves).root() == mth(entries)


@given(_LOGS, st.data())
def test_a_compact_range_may_be_continued_anywhere(
    entries: list[bytes], data: st.DataObject
) -> None:
    leaves = [merkle.leaf_hash(entry) for entry in entries]
    cut = data.draw(st.integers(0, len(leaves)))
    part = CompactRange().extend(leaves[:cut])
    whole = part.extend(leaves[cut:])
    assert whole == CompactRange().extend(leaves)
    assert len(whole.nodes) == len(entries).bit_count()
    assert part.append(leaves[-1]).size == cut + 1


@given(_LOGS, st.data())
def test_the_proof_of_inclusion_is_the_definition_and_holds(
    entries: list[bytes], data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(entries) - 1))
    proof = inclusion(index, entries)
    assert proof == path(index, entries)
    merkle.check_inclusion(
        index, len(entries), merkle.leaf_hash(entries[index]), proof, mth(entries)
    )


@given(_LOGS, st.data())
def test_the_proof_of_consistency_is_the_definition_and_holds(
    entries: list[bytes], data: st.DataObject
) -> None:
    old = data.draw(st.integers(1, len(entries)))
    proof = consistency(old, entries)
    assert proof == subproof(old, entries, True)
    merkle.check_consistency(old, len(entries), mth(entries[:old]), mth(entries), proof)


@given(st.lists(st.binary(max_size=4), min_size=2, max_size=40, unique=True), st.data())
def test_changing_dropping_or_reordering_what_was_seen_leaves_no_proof(
    entries: list[bytes], data: st.DataObject
) -> None:
    old = data.draw(st.integers(1, len(entries) - 1))
    place = data.draw(st.integers(0, old - 1))
    other = data.draw(st.integers(0, len(entries) - 1).filter(lambda number: number != place))
    changed = [*entries[:place], entries[place] + b"!", *entries[place + 1 :]]
    dropped = [*entries[:place], *entries[place + 1 :]]
    swapped = list(entries)
    swapped[place], swapped[other] = swapped[other], swapped[place]
    for forged in (changed, dropped, swapped):
        if forged[:old] == entries[:old]:
            continue
        with pytest.raises(ProofError):
            merkle.check_consistency(
                old, len(forged), mth(entries[:old]), mth(forged), consistency(old, forged)
            )


@given(st.integers(1, 10**9), st.data())
def test_a_proof_in_a_log_of_a_thousand_million_entries_fits_in_a_kilobyte(
    size: int, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, size - 1))
    assert len(merkle.inclusion_ranges(index, size)) * 32 <= 1000
    assert len(merkle.consistency_ranges(index + 1, size)) * 32 <= 1000


@pytest.mark.parametrize("old", [1, 2**29 - 1, 2**29 + 1, 10**9 - 1, 536_870_911, 999_999_999])
def test_the_longest_proofs_fit_in_a_kilobyte_too(old: int) -> None:
    assert len(merkle.consistency_ranges(old, 10**9)) <= 31
    assert len(merkle.inclusion_ranges(old - 1, 10**9)) <= 30


# --- salted entries -------------------------------------------------------------------------------


def test_an_erased_record_leaves_a_proof_that_still_holds() -> None:
    records = [(merkle.new_salt(), b"passport of traveller %d" % number) for number in range(9)]
    log = [merkle.commitment(salt, body) for salt, body in records]
    root, proof = merkle.root(log), inclusion(4, log)
    del records[4]
    merkle.check_inclusion(4, len(log), merkle.leaf_hash(log[4]), proof, root)


def test_equal_records_have_unlike_entries_and_a_salt_has_one_length() -> None:
    body = b"one and the same passport number"
    assert merkle.commitment(merkle.new_salt(), body) != merkle.commitment(merkle.new_salt(), body)
    salt = merkle.new_salt()
    assert merkle.commitment(salt, body) == merkle.commitment(salt, body)
    with pytest.raises(ValueError, match="a salt has 32 bytes, not 31"):
        merkle.commitment(salt[:31], salt[31:] + body)


def test_there_is_no_proof_for_an_entry_that_is_not_there() -> None:
    with pytest.raises(ProofError, match="no entry 8 in a log of 8"):
        merkle.inclusion_ranges(8, 8)
    with pytest.raises(ProofError, match="9 entries cannot be the beginning of one of 8"):
        merkle.consistency_ranges(9, 8)
