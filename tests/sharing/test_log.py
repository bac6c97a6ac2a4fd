"""A log on its storage: what it proves, what it survives, and what it lets nobody change."""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from crashing_disk import CrashingDisk, PowerLoss
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from esclusa.errors import LedgerError, ProofError
from esclusa.sharing.transparency import merkle, tiles, tree
from esclusa.sharing.transparency.audit import audit, mend
from esclusa.sharing.transparency.checkpoint import Checkpoint
from esclusa.sharing.transparency.log import CHECKPOINT, Log, start_log
from esclusa.sharing.transparency.note import NoteKey
from esclusa.sharing.transparency.storage import (
    JOURNAL,
    Folder,
    FolderReader,
    FolderStorage,
    MemoryStorage,
    Storage,
)
from esclusa.sharing.transparency.tiles import ENTRIES, Tile

ORIGIN = "marisol.example/log"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEYS = (NoteKey(ORIGIN, PRIVATE.public_key().public_bytes_raw()),)


def entries_of(count: int, first: int = 0) -> list[bytes]:
    return [
        merkle.commitment(bytes(32), b"record %d" % number)
        for number in range(first, first + count)
    ]


def begin(storage: Storage) -> Log:
    start_log(storage, ORIGIN, PRIVATE)
    return Log(storage, ORIGIN, PRIVATE)


def filled(sizes: list[int]) -> tuple[MemoryStorage, Log]:
    storage = MemoryStorage()
    log = begin(storage)
    for size in sizes:
        log.append(entries_of(size, log.head.size))
    return storage, log


# --- the tree in tiles ----------------------------------------------------------------------------


@settings(max_examples=25)
@given(st.lists(st.sampled_from([0, 1, 2, 3, 100, 255, 256, 257, 600]), max_size=6), st.data())
def test_however_entries_come_in_the_root_and_every_proof_are_those_of_the_tree(
    sizes: list[int], data: st.DataObject
) -> None:
    storage, log = filled(sizes)
    size = log.head.size
    expected = entries_of(size)
    assert log.head == Checkpoint(ORIGIN, size, merkle.root(expected))
    assert audit(storage, ORIGIN, KEYS) == ()
    if not size:
        return
    part = data.draw(st.integers(1, size))
    index = data.draw(st.integers(0, part - 1))
    old = data.draw(st.integers(0, part))
    leaf, root = merkle.leaf_hash(expected[index]), merkle.root(expected[:part])
    assert tree.root_at(storage, part, size) == root
    merkle.check_inclusion(index, part, leaf, log.prove_inclusion(index, part), root)
    merkle.check_consistency(
        old, part, merkle.root(expected[:old]), root, log.prove_consistency(old, part)
    )


def test_a_log_has_exactly_the_files_of_its_size() -> None:
    storage, log = filled([70, 200, 256 * 256, 3])
    assert set(storage.files) == {tile.path for tile in tiles.tiles_of(log.head.size)} | {
        CHECKPOINT
    }


def test_a_tile_holds_the_hashes_of_the_specification() -> None:
    # tlog-tiles: MTH(D[(n * 256 + i) * 256**l : (n * 256 + i + 1) * 256**l])
    storage, log = filled([256 * 3 + 7])
    every = entries_of(log.head.size)
    level_1 = storage.files[Tile(1, 0, 3).path]
    assert level_1 == b"".join(merkle.root(every[n * 256 : (n + 1) * 256]) for n in range(3))
    bundle = tiles.split_entries(storage.files[Tile(ENTRIES, 3, 7).path], 7, "")
    assert bundle == every[-7:]
    assert storage.files[Tile(0, 3, 7).path] == b"".join(map(merkle.leaf_hash, bundle))


def test_tiles_of_earlier_sizes_are_still_served() -> None:
    early, earlier_log = filled([300])
    later, log = filled([300, 100, 200])
    for tile in tiles.partial_tiles(earlier_log.head.size):
        assert tree.read_tile(later, tile, log.head.size) == early.files[tile.path]
    with pytest.raises(ProofError, match="not held by this log of 600 entries"):
        tree.read_tile(later, Tile(0, 2, 200), log.head.size)


def test_a_log_is_begun_once_and_not_opened_where_there_is_none() -> None:
    storage, _log = filled([5])
    with pytest.raises(ProofError, match="exists already"):
        start_log(storage, ORIGIN, PRIVATE)
    with pytest.raises(ProofError, match="there is no log here"):
        Log(MemoryStorage(), ORIGIN, PRIVATE)


def test_a_log_goes_on_under_a_new_key_when_the_old_one_is_known() -> None:
    storage, _log = filled([5])
    fresh = Ed25519PrivateKey.from_private_bytes(bytes(32))
    with pytest.raises(ProofError, match="not signed by a known key"):
        Log(storage, ORIGIN, fresh)
    assert Log(storage, ORIGIN, fresh, KEYS).append(entries_of(1, 5)).size == 6


def test_an_entry_too_long_leaves_the_log_as_it_was() -> None:
    storage, log = filled([5])
    before = dict(storage.files)
    with pytest.raises(ValueError, match="at most 65535 bytes"):
        log.append([bytes(70_000)])
    assert (storage.files, log.head.size) == (before, 5)
    assert log.append(entries_of(1, 5)).root == merkle.root(entries_of(6))


def test_a_proof_about_more_than_the_log_holds_is_refused() -> None:
    _storage, log = filled([5])
    with pytest.raises(ProofError, match="this log holds 5 entries"):
        log.prove_inclusion(0, 8)


def test_proofs_out_of_a_log_of_70000_entries_hold_and_are_short() -> None:
    _storage, log = filled([70_000])
    every = entries_of(70_000)
    for index in (0, 255, 256, 65_535, 65_536, 69_999):
        proof = log.prove_inclusion(index, 70_000)
        merkle.check_inclusion(index, 70_000, merkle.leaf_hash(every[index]), proof, log.head.root)
        assert len(proof) <= 17


# --- no byte can be changed -----------------------------------------------------------------------


def test_whatever_byte_of_a_log_is_changed_the_audit_names_the_file() -> None:
    storage, _log = filled([258, 5])
    assert audit(storage, ORIGIN, KEYS) == ()
    chance = random.Random(3)
    for path, content in sorted(storage.files.items()):
        # Every byte of the small files, three hundred of the large ones.
        places = (
            range(len(content)) if len(content) < 300 else chance.sample(range(len(content)), 300)
        )
        for place in places:
            changed = bytearray(content)
            changed[place] ^= 1 << chance.randrange(8)
            storage.files[path] = bytes(changed)
            found = audit(storage, ORIGIN, KEYS)
            assert found, (path, place)
            assert {finding.path for finding in found} == {path}, (path, place)
        storage.files[path] = content


def test_a_damaged_tile_is_named_with_its_byte_and_mended_from_the_entries() -> None:
    storage, _log = filled([700])
    whole = dict(storage.files)
    for path in (Tile(0, 1).path, Tile(0, 2, 188).path, Tile(1, 0, 2).path):
        storage.files[path] = whole[path][:40] + b"\x00" * 3 + whole[path][43:]
        (finding,) = audit(storage, ORIGIN, KEYS)
        assert (finding.path, finding.offset) == (path, 40)
        assert finding.reason == "hash 1 is not the one that the entries give"
        assert mend(storage, ORIGIN, KEYS) == (path,)
        assert storage.files == whole


@pytest.mark.parametrize("left", [0, 1, 31, 64])
def test_a_half_written_tile_is_mended_and_the_log_goes_on(left: int) -> None:
    storage, _log = filled([700])
    path = Tile(0, 2, 188).path
    storage.files[path] = storage.files[path][:left]
    with pytest.raises(ProofError):
        Log(storage, ORIGIN, PRIVATE)
    assert mend(storage, ORIGIN, KEYS) == (path,)
    assert Log(storage, ORIGIN, PRIVATE).append(entries_of(1, 700)).root == merkle.root(
        entries_of(701)
    )


def test_a_log_whose_tiles_do_not_give_its_own_root_signs_nothing_more() -> None:
    storage, _log = filled([700])
    path = Tile(1, 0, 2).path
    storage.files[path] = storage.files[path][::-1]
    with pytest.raises(ProofError, match="do not give the root it signed: audit it"):
        Log(storage, ORIGIN, PRIVATE)


def test_entries_that_were_changed_are_named_and_nothing_is_mended_with_them() -> None:
    storage, _log = filled([700])
    path = Tile(ENTRIES, 1).path
    bundle = bytearray(storage.files[path])
    bundle[34 * 7 + 2] ^= 1
    storage.files[path] = bytes(bundle)
    (finding,) = audit(storage, ORIGIN, KEYS)
    assert (finding.path, finding.reason) == (path, "entry 263 is not the one in tile/0/001")
    with pytest.raises(ProofError, match="do not give the root it signed"):
        mend(storage, ORIGIN, KEYS)


@pytest.mark.parametrize(
    "path", [Tile(ENTRIES, 0).path, Tile(0, 0).path, Tile(1, 0, 1).path, CHECKPOINT]
)
def test_a_missing_file_is_named(path: str) -> None:
    storage, _log = filled([300])
    del storage.files[path]
    (finding,) = audit(storage, ORIGIN, KEYS)
    assert finding.path == path


def test_a_log_rewritten_whole_without_its_key_is_found() -> None:
    storage, _log = filled([20])
    forged, _other = MemoryStorage(), Ed25519PrivateKey.from_private_bytes(bytes(32))
    start_log(forged, ORIGIN, _other)
    Log(forged, ORIGIN, _other).append(entries_of(20, 1))
    assert [finding.path for finding in audit(forged, ORIGIN, KEYS)] == [CHECKPOINT]
    forged.files[CHECKPOINT] = storage.files[CHECKPOINT]
    (finding,) = audit(forged, ORIGIN, KEYS)
    assert (finding.path, finding.reason) == (
        CHECKPOINT,
        "the entries do not give the root it signed",
    )


# --- crashes --------------------------------------------------------------------------------------

SIZES = (3, 300, 1, 250, 5, 600, 2)


def grow(disk: CrashingDisk, acknowledged: list[int]) -> None:
    """Open or begin the log and append up to the last of ``SIZES``; note what was acknowledged."""
    storage = FolderStorage(disk, fold_at=4_000)
    if storage.read(CHECKPOINT) is None:
        start_log(storage, ORIGIN, PRIVATE)
    log = Log(storage, ORIGIN, PRIVATE)
    acknowledged.append(log.head.size)
    for total in itertools.accumulate(SIZES):
        missing = total - log.head.size
        acknowledged += [log.append(entries_of(missing, log.head.size)).size] if missing > 0 else []


def steps_without_crash() -> int:
    disk = CrashingDisk(random.Random(0))
    grow(disk, [])
    return disk.steps


@pytest.mark.parametrize("seed", range(3))
def test_power_lost_at_any_step_loses_nothing_that_was_acknowledged(seed: int) -> None:
    steps = steps_without_crash()
    assert steps > 100
    for crash_at in range(steps):
        disk = CrashingDisk(random.Random(f"{seed}/{crash_at}"), crash_at)
        acknowledged: list[int] = [0]
        with pytest.raises(PowerLoss):
            grow(disk, acknowledged)
        survived = FolderStorage(disk.after_power_loss())
        if acknowledged == [0] and survived.read(CHECKPOINT) is None:
            continue
        head = Log(survived, ORIGIN, PRIVATE).head
        boundaries = {sum(SIZES[:number]) for number in range(len(SIZES) + 1)}
        assert head.size in boundaries, crash_at
        assert head.size >= acknowledged[-1], crash_at
        assert head.root == merkle.root(entries_of(head.size)), crash_at
        assert audit(survived, ORIGIN, KEYS) == (), crash_at


@pytest.mark.parametrize("seed", range(40))
def test_power_lost_again_and_again_ends_in_the_same_log(seed: int) -> None:
    chance = random.Random(seed)
    disk, acknowledged = CrashingDisk(chance, chance.randrange(60)), [0]
    for _ in range(12):
        try:
            grow(disk, acknowledged)
            break
        except PowerLoss:
            disk = disk.after_power_loss()
            disk._crash_at = chance.randrange(120)
            assert acknowledged == sorted(acknowledged)
    disk = disk.after_power_loss()
    grow(disk, acknowledged)
    assert acknowledged == sorted(acknowledged)
    storage = FolderStorage(disk.after_power_loss())
    assert Log(storage, ORIGIN, PRIVATE).head.root == merkle.root(entries_of(sum(SIZES)))
    assert audit(storage, ORIGIN, KEYS) == ()


def test_a_damaged_frame_with_acknowledged_ones_behind_it_is_not_dropped_in_silence() -> None:
    disk = CrashingDisk(random.Random(0))
    storage = FolderStorage(disk)
    log = begin(storage)
    for number in range(3):
        log.append(entries_of(2, number * 2))
    journal = bytearray(disk.cache[JOURNAL])
    journal[len(journal) // 2] ^= 1
    disk.cache[JOURNAL] = bytes(journal)
    with pytest.raises(ProofError, match="damaged, and entries stand behind it"):
        FolderStorage(disk)


def test_an_entry_that_looks_like_a_frame_does_not_pose_as_one() -> None:
    disk = CrashingDisk(random.Random(0))
    log = begin(FolderStorage(disk))
    log.append(entries_of(1))
    frame = disk.cache[JOURNAL]
    log.append([frame])
    disk.cache[JOURNAL] = disk.cache[JOURNAL][:-1]
    assert Log(FolderStorage(disk), ORIGIN, PRIVATE).head.size == 1


class FullDisk(CrashingDisk):
    """A disk on which nothing fits any more."""

    def append(self, path: str, data: bytes) -> None:
        self.cache[path] = self.cache.get(path, b"") + data[:10]
        raise OSError(28, "No space left on device")


def test_a_full_disk_stops_the_log_and_leaves_it_as_it_was() -> None:
    disk = CrashingDisk(random.Random(0))
    log = begin(FolderStorage(disk))
    log.append(entries_of(3))
    full = FullDisk(random.Random(0))
    full.safe, full.cache = dict(disk.safe), dict(disk.cache)
    log = Log(FolderStorage(full), ORIGIN, PRIVATE)
    with pytest.raises(LedgerError, match="No space left on device"):
        log.append(entries_of(1, 3))
    assert log.head.size == 3
    with pytest.raises(LedgerError, match="open it anew"):
        log.append(entries_of(1, 3))
    again = CrashingDisk(random.Random(0))
    again.safe, again.cache = dict(full.safe), dict(full.cache)
    assert Log(FolderStorage(again), ORIGIN, PRIVATE).append(entries_of(1, 3)).size == 4


# --- a real folder --------------------------------------------------------------------------------


def test_a_folder_holds_the_layout_of_the_specification_once_folded(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "log")
    storage = FolderStorage(folder)
    log = begin(storage)
    for _ in range(3):
        log.append(entries_of(100, log.head.size))
        storage.fold()
    files = {
        str(path.relative_to(tmp_path / "log"))
        for path in (tmp_path / "log").rglob("*")
        if path.is_file()
    }
    assert files - {"lock", JOURNAL} == {tile.path for tile in tiles.tiles_of(300)} | {CHECKPOINT}
    assert (tmp_path / "log" / JOURNAL).stat().st_size == 0
    assert audit(FolderReader(tmp_path / "log"), ORIGIN, KEYS) == ()


def test_what_stands_only_in_the_journal_is_read_by_others_too(tmp_path: Path) -> None:
    log = begin(FolderStorage(Folder(tmp_path)))
    log.append(entries_of(300))
    reader = FolderReader(tmp_path)
    assert audit(reader, ORIGIN, KEYS) == ()
    with pytest.raises(LedgerError, match="opened for reading"):
        reader.write({})


def test_a_folder_has_one_writer(tmp_path: Path) -> None:
    first = Folder(tmp_path)
    with pytest.raises(LedgerError, match="another process writes to this log"):
        Folder(tmp_path)
    first.close()
    Folder(tmp_path).close()


_WRITER = """
import sys
from pathlib import Path
sys.path[:0] = {path!r}
from test_log import begin, entries_of
from esclusa.sharing.transparency.storage import Folder, FolderStorage
log = begin(FolderStorage(Folder(Path(sys.argv[1])), fold_at=60_000))
while True:
    print(log.append(entries_of(37, log.head.size)).size, flush=True)
"""


@pytest.mark.parametrize("wait", [0.02, 0.15, 0.4])
def test_a_killed_writer_leaves_all_it_acknowledged(tmp_path: Path, wait: float) -> None:
    code = _WRITER.format(path=[str(Path(__file__).parent), *sys.path])
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(wait)
        os.kill(writer.pid, signal.SIGKILL)
        said = [int(line) for line in writer.stdout.read().split("\n")[:-1]]
    storage = FolderStorage(Folder(tmp_path))
    head = Log(storage, ORIGIN, PRIVATE).head
    assert head.size >= max(said, default=37)
    assert head.root == merkle.root(entries_of(head.size))
    assert audit(storage, ORIGIN, KEYS) == ()
