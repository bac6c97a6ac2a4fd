"""A node restored from a backup is a node that went back: its partners notice, and nothing is lost."""

from __future__ import annotations

import shutil
import tarfile
import time
from pathlib import Path

import msgspec
import pytest

from esclusa.errors import ConfigError, InputError, LedgerError, NotFound, ProofError
from esclusa.node import Node
from esclusa.node.chronicle import check_proof
from esclusa.node.line import WITNESS, answer
from exchange_cases import OTHER_BOX, Bill, copies, give, held, receipts, record_of, refused
from exchange_worlds import World, found


def restored(world: World, agency: str, archive: Path, *, identity: bool = True) -> Node:
    """Put a node in the place of one that was lost, from a backup and the machine's identity."""
    lost = world[agency]
    lost.close()
    kept = lost.folder / "keys" / "machine.identity"
    place = lost.folder.with_name(f"{agency}-anew")
    node = Node.create(place, agency=agency)
    node.restore(archive)
    if identity:
        shutil.copy(kept, place / "keys" / "machine.identity")
    node.close()
    world.nodes[agency] = node = Node.open(place)
    node.exchange.now = world.clock
    return node


def kept(world: World, agency: str) -> Path:
    archive = world[agency].folder.parent / f"{agency}.backup"
    world[agency].backup(archive)
    return archive


def test_a_backup_holds_rows_keys_and_log_and_not_what_opens_the_keys(two: World) -> None:
    give(two, Bill())
    archive = kept(two, "marisol")
    with tarfile.open(archive) as tar:
        names = set(tar.getnames())
        data = b"".join(tar.extractfile(name).read() for name in names if name.startswith("keys/"))
    assert {"keys/public.json", "keys/exchange.age", "keys/secret.age"} <= names
    assert any(name.startswith("log/") for name in names)
    assert "tables/exchange_row.jsonl.gz" in names
    assert "keys/machine.identity" not in names
    assert b"AGE-SECRET-KEY" not in data


def test_restored_at_once_it_goes_on_as_if_nothing_had_been(two: World) -> None:
    give(two, Bill())
    before = dict(two["marisol"].exchange.state().grants)
    name = two["marisol"].exchange.name_of(record_of(two["marisol"], "KANARIBILL").id)
    node = restored(two, "marisol", kept(two, "marisol"))
    assert dict(node.exchange.state().grants) == before
    assert node.exchange.name_of(record_of(node, "KANARIBILL").id) == name
    assert node.exchange.log.verify() == ()
    assert node.check() == []
    give(two, Bill(bill="AFTER", box=OTHER_BOX))
    assert len(held(two["northreach"], "")) == 2
    assert node.exchange.alarms == {}
    node.exchange.withdraw([record_of(node, "KANARIBILL").id], by="ana")
    two.sync("marisol", "northreach")
    assert [item.body.bill for item in held(two["northreach"], "")] == ["AFTER"]


def test_without_the_machines_identity_it_reads_and_signs_nothing(two: World) -> None:
    give(two, Bill())
    node = restored(two, "marisol", kept(two, "marisol"), identity=False)
    assert held(node)
    refused(lambda: node.exchange.batch("northreach"), ConfigError)


def test_a_giver_that_went_back_hears_of_it_and_accounts_for_what_it_forgot(two: World) -> None:
    """After the backup it gave a record and recalled another. It remembers neither."""
    give(two, Bill(), Bill(bill="KEPT", box=OTHER_BOX))
    archive = kept(two, "marisol")
    give(two, Bill(bill="FORGOTTEN", box="TCLU4265619"))
    two["marisol"].exchange.withdraw([record_of(two["marisol"], "KANARIBILL").id], by="ana")
    two.sync("marisol", "northreach")
    node = restored(two, "marisol", archive)
    two.sync("marisol", "northreach", rounds=10)
    rules = {alarm.rule for alarm in node.exchange.alarms.values()}
    assert rules & {"ahead", "fork"}
    assert "unaccounted" in rules
    assert len([a for a in node.exchange.alarms.values() if a.rule == "unaccounted"]) == 2
    bills = {item.body.bill for item in held(two["northreach"], "")}
    assert "KANARIBILL" not in bills, "what was recalled stays recalled"
    assert "KEPT" in bills
    # Taken in again it is stated again, and no number is used twice.
    give(two, Bill(bill="FORGOTTEN", box="TCLU4265619"))
    two.sync("marisol", "northreach", rounds=10)
    assert {"FORGOTTEN", "KEPT"} == {item.body.bill for item in held(two["northreach"], "")}
    forgotten = record_of(node, "FORGOTTEN")
    node.exchange.withdraw([forgotten.id], by="ana")
    two.sync("marisol", "northreach", rounds=10)
    assert [item.body.bill for item in held(two["northreach"], "")] == ["KEPT"]


def test_a_holder_that_went_back_gets_again_what_it_lost_and_not_what_was_recalled(
    two: World,
) -> None:
    give(two, Bill())
    archive = kept(two, "northreach")
    give(two, Bill(bill="LATER", box=OTHER_BOX))
    two["marisol"].exchange.withdraw([record_of(two["marisol"], "KANARIBILL").id], by="ana")
    two.sync("marisol", "northreach")
    node = restored(two, "northreach", archive)
    assert [item.body.bill for item in held(node, "")] == ["KANARIBILL"]  # as the backup had it
    two.sync("marisol", "northreach", rounds=10)
    assert [item.body.bill for item in held(node, "")] == ["LATER"]
    assert found(node, "KANARIBILL") == []
    assert [copy.record for copy in copies(node)] == [item.id for item in held(node, "")]
    assert "recall" in {receipt.reason for receipt in receipts(two["marisol"], "northreach")}
    assert node.exchange.state().owed == {}


def test_both_restored_at_different_moments_come_to_one_state(two: World) -> None:
    give(two, Bill())
    old_giver = kept(two, "marisol")
    give(two, Bill(bill="SECOND", box=OTHER_BOX))
    old_holder = kept(two, "northreach")
    give(two, Bill(bill="THIRD", box="TCLU4265619"))
    giver = restored(two, "marisol", old_giver)
    holder = restored(two, "northreach", old_holder)
    give(two, Bill(bill="SECOND", box=OTHER_BOX), Bill(bill="THIRD", box="TCLU4265619"))
    two.sync("marisol", "northreach", rounds=12)
    assert {item.body.bill for item in held(holder, "")} == {"KANARIBILL", "SECOND", "THIRD"}
    for bill in ("KANARIBILL", "SECOND", "THIRD"):
        giver.exchange.withdraw([record_of(giver, bill).id], by="ana")
    two.sync("marisol", "northreach", rounds=12)
    assert held(holder, "") == []


def test_a_log_that_went_back_with_its_node_is_found_by_the_partner_that_signed_it(
    two: World,
) -> None:
    """The truth and no accident: entries that the partner saw are gone from it."""
    give(two, Bill())
    archive = kept(two, "marisol")
    give(two, Bill(bill="LATER", box=OTHER_BOX))
    log = two["marisol"].exchange.log
    request = log.request("northreach")
    line = two["northreach"].exchange.log.witness("marisol", request, time.time())
    log.cosigned("northreach", request, line, time.time())
    node = restored(two, "marisol", archive)
    assert node.exchange.log.verify() == ()  # whole in itself
    with pytest.raises(ProofError):
        two["northreach"].exchange.log.witness(
            "marisol", node.exchange.log.request("northreach"), time.time()
        )


def seen(world: World, owner: str = "marisol", by: str = "northreach") -> int:
    """Have a partner sign our head over the line's own answer; return its size."""
    log = world[owner].exchange.log
    request = log.request(by)
    line = answer(world[by].exchange, owner, WITNESS, request).decode()
    return log.cosigned(by, request, line, time.time())


def went_back(world: World) -> Node:
    """Marisol's node, restored from a backup older than what Northreach has signed of its log."""
    give(world, Bill())
    archive = kept(world, "marisol")
    give(world, Bill(bill="LATER", box=OTHER_BOX))
    seen(world)
    node = restored(world, "marisol", archive)
    world.sync("marisol", "northreach", rounds=10)
    refused(lambda: seen(world), ProofError)
    return node


def test_a_log_that_went_back_raises_an_alarm_where_it_is_refused(two: World) -> None:
    went_back(two)
    (alarm,) = [a for a in two["northreach"].exchange.alarms.values() if a.rule == "log"]
    assert alarm.partner == "marisol"


def test_a_new_volume_is_signed_once_a_person_at_the_partner_has_accepted_it(two: World) -> None:
    node = went_back(two)
    old = node.exchange.log.head()
    node.exchange.log.begin(2, by="eva", reason="restored", now=two.clock())
    refused(lambda: seen(two), ProofError)
    two["northreach"].exchange.accept_volume("marisol", 2, by="ulf", reason="they called")
    give(two, Bill(bill="AFTER", box="TCLU4265619"))
    size = seen(two)
    assert size == node.exchange.log.head().size > 0
    assert node.exchange.log.cosigned_size("northreach") == size
    assert node.exchange.log.verify() == ()
    assert node.exchange.log.head(1) == old
    ring = two["northreach"].exchange.ring()
    for volume, witnesses in ((1, ()), (2, ("esclusa.witness/northreach",))):
        proof = node.exchange.log.prove(0, volume)
        assert check_proof(proof, "marisol", ring, time.time()) == witnesses
        other = msgspec.structs.replace(proof, volume=3 - volume)
        refused(lambda other=other: check_proof(other, "marisol", ring, time.time()), ProofError)


def test_the_volume_before_is_signed_no_more(two: World) -> None:
    give(two, Bill())
    two["northreach"].exchange.accept_volume("marisol", 2, by="ulf", reason="they called")
    refused(lambda: seen(two), ProofError)


def test_a_volume_is_counted_upwards_and_says_why(two: World) -> None:
    give(two, Bill())
    log = two["marisol"].exchange.log
    log.begin(3, by="eva", reason="restored", now=two.clock())
    for number in (1, 2, 3):
        refused(lambda number=number: log.begin(number, by="eva", reason="x", now=two.clock()),
                InputError)  # fmt: skip
    refused(lambda: log.begin(4, by="eva", reason=" ", now=two.clock()), InputError)
    refused(
        lambda: two["northreach"].exchange.accept_volume("nobody", 2, by="ulf", reason="x"),
        NotFound,
    )
    assert log.volume() == 3


def test_a_backup_carries_every_volume(two: World) -> None:
    give(two, Bill())
    two["marisol"].exchange.log.begin(2, by="eva", reason="damaged", now=two.clock())
    give(two, Bill(bill="LATER", box=OTHER_BOX))
    node = restored(two, "marisol", kept(two, "marisol"))
    assert node.exchange.log.volume() == 2
    assert node.exchange.log.entries(1) and node.exchange.log.entries(2)
    assert node.exchange.log.verify() == ()


def test_damage_in_an_old_volume_is_still_found_and_named(two: World) -> None:
    give(two, Bill())
    node = two["marisol"]
    node.exchange.log.begin(2, by="eva", reason="damaged", now=two.clock())
    give(two, Bill(bill="LATER", box=OTHER_BOX))
    shutil.rmtree(node.folder / "log")
    assert node.exchange.log.verify() == ("volume 1: the log is gone",)


def test_keys_are_never_written_over_others(two: World) -> None:
    give(two, Bill())
    archive = kept(two, "marisol")
    place = two["marisol"].folder.with_name("other")
    node = Node.create(place, agency="marisol")
    shutil.copytree(two["northreach"].folder / "keys", place / "keys")
    refused(lambda: node.restore(archive), LedgerError)
    assert held(node, "") == []
    same = (place / "keys" / "public.json").read_bytes()
    assert same == (two["northreach"].folder / "keys" / "public.json").read_bytes()
    node.close()


@pytest.mark.parametrize("name", ["keys/../settings", "log/../../x", "other/file", "keys/.ssh"])
def test_a_backup_with_a_file_that_does_not_belong_is_refused_whole(
    two: World, tmp_path: Path, name: str
) -> None:
    import hashlib
    import io
    import json

    archive, bad = kept(two, "marisol"), tmp_path / "bad.backup"
    with tarfile.open(archive) as old, tarfile.open(bad, "w:gz") as new:
        for member in old:
            data = old.extractfile(member).read()
            if member.name == "manifest.json":
                manifest = json.loads(data)
                manifest["sha256"][name] = hashlib.sha256(b"x").hexdigest()
                data = json.dumps(manifest).encode()
                extra = tarfile.TarInfo(name)
                extra.size = 1
                new.addfile(extra, io.BytesIO(b"x"))
                member.size = len(data)
            new.addfile(member, io.BytesIO(data))
    node = Node.create(tmp_path / "fresh", agency="marisol")
    refused(lambda: node.restore(bad), InputError)
    assert not (tmp_path / "fresh" / "keys").exists()
    assert not (tmp_path / "x").exists()
    node.close()
