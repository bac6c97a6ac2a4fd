"""The log tells what crossed, and cannot be changed in silence: not a byte, not a row, not its end.

Each test changes one thing as somebody with the machine in his hands could, and asks the log itself,
a stranger with public keys, or the partner that signed it before.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from esclusa.errors import NotFound, ProofError
from esclusa.ledger import exchange as rows
from esclusa.node import Node
from esclusa.node.chronicle import ENTRY, Proof, check_proof
from exchange_cases import Bill, give, record_of, refused, some
from exchange_worlds import World

BILLS = tuple(Bill(bill=f"BILL{number}") for number in range(3))


@pytest.fixture(scope="module")
def made_logged(made_two: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of two nodes after three exchanges."""
    folder = tmp_path_factory.mktemp("logged")
    made = World.copied(made_two, folder, "marisol", "northreach")
    for bill in BILLS:
        give(made, bill)
    made.close()
    return folder


@pytest.fixture
def logged(made_logged: Path, tmp_path: Path) -> Iterator[World]:
    """Two nodes after three exchanges."""
    made = World.copied(made_logged, tmp_path, "marisol", "northreach")
    yield made
    made.close()


def files(node: Node) -> Iterator[Path]:
    return (path for path in sorted((node.folder / "log").rglob("*")) if path.is_file())


def witnessed(world: World, owner: str = "marisol", by: str = "northreach") -> int:
    """Have one node sign the other's present head."""
    log = world[owner].exchange.log
    request = log.request(by)
    line = world[by].exchange.log.witness(owner, request, time.time())
    return log.cosigned(by, request, line, time.time())


def entries_of(node: Node) -> dict[str, bytes]:
    with node.store.read() as connection:
        return dict(rows.of_table(connection, ENTRY))


def write(node: Node, changed: dict[str, bytes | None]) -> None:
    with node.store.write() as connection:
        rows.put(connection, {(ENTRY, key): row for key, row in changed.items()})


def test_both_sides_log_the_same_batches_and_find_nothing_wrong(logged: World) -> None:
    out = [e for e in logged["marisol"].exchange.log.entries() if e.direction == "out"]
    came = [e for e in logged["northreach"].exchange.log.entries() if e.direction == "in"]
    assert len(came) >= 3
    assert {entry.header for entry in came} <= {entry.header for entry in out}
    assert {entry.leaves for entry in came} <= {entry.leaves for entry in out}
    for node in logged.nodes.values():
        assert node.exchange.log.verify() == ()


def test_any_byte_changed_in_any_file_of_the_log_is_found_and_named(logged: World) -> None:
    node = logged["marisol"]
    changed = 0
    for path in files(node):
        sound = path.read_bytes()
        for place in some(range(len(sound)), 25) if sound else ():
            bad = bytearray(sound)
            bad[place] ^= 0x20
            path.write_bytes(bytes(bad))
            wrong = node.exchange.log.verify()
            assert wrong, f"{path.name}, byte {place}"
            assert all(len(sentence) > 10 for sentence in wrong)
            changed += 1
        path.write_bytes(sound)
    assert changed > 20
    assert node.exchange.log.verify() == ()


def test_a_log_whose_files_are_gone_is_found(logged: World) -> None:
    node = logged["marisol"]
    shutil.rmtree(node.folder / "log")
    assert node.exchange.log.verify() != ()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("header", '{"root":"","from":"marisol","to":"northreach"}'), ("salt", "00" * 32),
        ("partner", "altamira"), ("direction", "in"), ("leaves", []), ("index", 7),
    ],
)  # fmt: skip
def test_any_part_of_a_ledger_row_changed_is_found_and_the_entry_named(
    logged: World, field: str, value: Any
) -> None:
    node = logged["marisol"]
    known = entries_of(node)
    key = next(k for k, row in known.items() if msgspec.json.decode(row)["direction"] == "out")
    row = msgspec.json.decode(known[key])
    write(node, {key: msgspec.json.encode(row | {field: value})})
    wrong = node.exchange.log.verify()
    assert [sentence.split(":")[0] for sentence in wrong] == [f"entry {int(key)}"]


def test_a_row_that_cannot_be_read_or_is_gone_is_found_and_the_entry_named(logged: World) -> None:
    node = logged["marisol"]
    keys = list(entries_of(node))
    write(node, {keys[0]: b"rubbish", keys[1]: None})
    wrong = node.exchange.log.verify()
    assert [sentence.split(":")[0] for sentence in wrong] == ["entry 0", "entry 1"]


def test_rows_in_another_order_are_found(logged: World) -> None:
    node = logged["marisol"]
    known = entries_of(node)
    first, second, *_ = known
    write(node, {first: known[second], second: known[first]})
    wrong = node.exchange.log.verify()
    assert [sentence.split(":")[0] for sentence in wrong] == ["entry 0", "entry 1"]


def test_a_proof_holds_with_nothing_but_public_keys(logged: World) -> None:
    node = logged["marisol"]
    ring = logged["northreach"].exchange.ring()
    for entry in node.exchange.log.entries():
        proof = node.exchange.log.prove(entry.index)
        assert check_proof(_travelled(proof), "marisol", ring, time.time()) == ()
    refused(lambda: node.exchange.log.prove(10_000), NotFound)
    refused(lambda: node.exchange.log.prove(-1), NotFound)


def test_a_proof_names_the_partner_that_signed_its_head(logged: World) -> None:
    witnessed(logged)
    proof = logged["marisol"].exchange.log.prove(0)
    ring = logged["northreach"].exchange.ring()
    assert check_proof(proof, "marisol", ring, time.time()) == ("esclusa.witness/northreach",)


def _travelled(proof: Proof) -> Proof:
    return msgspec.json.decode(msgspec.json.encode(proof), type=Proof)


@pytest.mark.parametrize("field", ["index", "size", "salt", "header", "leaves", "inclusion"])
def test_a_proof_in_which_anything_was_changed_does_not_hold(logged: World, field: str) -> None:
    proof = logged["marisol"].exchange.log.prove(1)
    value = getattr(proof, field)
    other: Any = {
        int: lambda: value + 1,
        tuple: lambda: value[:-1],
        str: lambda: "0" + value[1:] if value[0] != "0" else "1" + value[1:],
    }[type(value)]()
    bad = msgspec.structs.replace(proof, **{field: other})
    ring = logged["northreach"].exchange.ring()
    with pytest.raises((ProofError, ValueError)):
        check_proof(bad, "marisol", ring, time.time())


def test_proofs_stay_good_when_what_the_messages_said_was_erased(logged: World) -> None:
    giver, holder = logged["marisol"], logged["northreach"]
    record = record_of(giver, "BILL1")
    giver.erase(giver.administrator(), record.id, reason="court order")
    logged.sync("marisol", "northreach")
    for node in (giver, holder):
        assert node.exchange.log.verify() == ()
        for entry in node.exchange.log.entries():
            proof = node.exchange.log.prove(entry.index)
            assert check_proof(proof, node.agency, giver.exchange.ring(), time.time()) == ()


def test_a_partner_signs_what_continues_and_the_signature_is_kept(logged: World) -> None:
    first = witnessed(logged)
    give(logged, Bill(bill="LATER"))
    second = witnessed(logged)
    assert second > first > 0
    log = logged.reopen("marisol").exchange.log
    assert log.cosigned_size("northreach") == second
    assert log.verify() == ()


def test_a_log_that_was_cut_back_is_found_by_itself_and_by_its_partner(logged: World) -> None:
    """The folder of the log, put back to what it was before the last exchanges."""
    node = logged["marisol"]
    before = node.folder.parent / "log-before"
    shutil.copytree(node.folder / "log", before)
    give(logged, Bill(bill="LATER"))
    witnessed(logged)
    shutil.rmtree(node.folder / "log")
    shutil.copytree(before, node.folder / "log")
    assert node.exchange.log.verify() != ()
    with pytest.raises(ProofError):
        witnessed(logged)


def test_a_fork_is_found_at_the_next_contact(logged: World) -> None:
    """Two continuations of one log, each signed with its key: the partner that saw one refuses the
    other, however long it grows."""
    node = logged["marisol"]
    witnessed(logged)
    before = node.folder.parent / "log-before"
    shutil.copytree(node.folder / "log", before)
    give(logged, Bill(bill="ONE"))
    witnessed(logged)
    shutil.rmtree(node.folder / "log")
    shutil.copytree(before, node.folder / "log")
    for bill in ("TWO", "THREE", "FOUR"):
        give(logged, Bill(bill=bill))
    with pytest.raises(ProofError):
        witnessed(logged)
    assert any("northreach" in sentence for sentence in node.exchange.log.verify())


def test_the_head_of_another_log_is_not_signed(logged: World) -> None:
    request = logged["northreach"].exchange.log.request("marisol")
    refused(
        lambda: logged["northreach"].exchange.log.witness("marisol", request, time.time()),
        ProofError,
    )


def test_a_signature_of_somebody_else_is_not_kept(logged: World) -> None:
    log = logged["marisol"].exchange.log
    request = log.request("northreach")
    line = logged["northreach"].exchange.log.witness("marisol", request, time.time())
    other = line.replace("A", "B")
    refused(lambda: log.cosigned("northreach", request, other, time.time()), ProofError)
    assert log.cosigned_size("northreach") == 0


def test_a_signature_from_the_future_is_not_kept(logged: World) -> None:
    log = logged["marisol"].exchange.log
    request = log.request("northreach")
    ahead = time.time() + 30 * 86_400
    line = logged["northreach"].exchange.log.witness("marisol", request, ahead)
    said = refused(lambda: log.cosigned("northreach", request, line, time.time()), ProofError)
    assert "future" in said
    assert log.cosigned_size("northreach") == 0
    assert log.cosigned("northreach", request, line, ahead) > 0


def test_a_signature_counts_for_the_head_it_was_asked_for_whatever_was_logged_since(
    logged: World,
) -> None:
    log = logged["marisol"].exchange.log
    request = log.request("northreach")
    size = log.head().size  # type: ignore[union-attr]
    line = logged["northreach"].exchange.log.witness("marisol", request, time.time())
    log.note("out", "northreach", b"{}", [])
    assert log.cosigned("northreach", request, line, time.time()) == size
    assert log.cosigned_size("northreach") == size < log.head().size  # type: ignore[union-attr]
