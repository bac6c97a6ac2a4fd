"""C2SP tlog-tiles: names of tiles, partial tiles, entry bundles, with the examples of its page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from esclusa.errors import ProofError
from esclusa.sharing.transparency import tiles
from esclusa.sharing.transparency.tiles import ENTRIES, Tile


@pytest.mark.parametrize(("tile", "path"), [
    # "index 1234067 will be encoded as x001/x234/067"
    (Tile(0, 1234067), "tile/0/x001/x234/067"),
    (Tile(0, 0), "tile/0/000"),
    (Tile(1, 999), "tile/1/999"),
    (Tile(1, 1000), "tile/1/x001/000"),
    (Tile(2, 1000000, 8), "tile/2/x001/x000/000.p/8"),
    (Tile(0, 273, 112), "tile/0/273.p/112"),
    (Tile(ENTRIES, 273, 112), "tile/entries/273.p/112"),
    (Tile(ENTRIES, 0), "tile/entries/000"),
])  # fmt: skip
def test_a_tile_has_the_path_of_the_specification(tile: Tile, path: str) -> None:
    assert tile.path == path


def test_a_tree_of_70000_has_the_tiles_of_the_specification() -> None:
    # "273 full level 0 tiles, one partial level 0 tile of width 112, one full level 1 tile, one
    # partial level 1 tile of width 17, and one partial level 2 tile of width 1"
    found = [tile for tile in tiles.tiles_of(70_000) if tile.level != ENTRIES]
    assert sum(tile.level == 0 and tile.width == 256 for tile in found) == 273
    assert [tile for tile in found if tile.width != 256 or tile.level] == [
        Tile(1, 0), Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1),
    ]  # fmt: skip


def test_a_tree_of_256_has_a_full_tile_and_one_of_width_1_above_it() -> None:
    assert [tile for tile in tiles.tiles_of(256) if tile.level != ENTRIES] == [
        Tile(0, 0),
        Tile(1, 0, 1),
    ]


def test_an_empty_tree_has_no_tiles() -> None:
    assert tiles.tiles_of(0) == ()


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_bundle_gives_its_entries_back(entries: list[bytes]) -> None:
    assert tiles.split_entries(tiles.join_entries(entries), len(entries), "b") == entries


def test_each_entry_of_a_bundle_has_its_length_before_it_in_16_bits() -> None:
    assert tiles.join_entries([b"", b"abc"]) == b"\x00\x00\x00\x03abc"
    with pytest.raises(ValueError, match="at most 65535 bytes, not 65536"):
        tiles.join_entries([bytes(65_536)])


@pytest.mark.parametrize(("data", "reason"), [
    (b"\x00", "b, byte 0: the entry is cut off"),
    (b"\x00\x02a", "b, byte 0: the entry is cut off"),
    (b"\x00\x01a\x00", "b, byte 3: more than the 1 entries expected"),
    (b"", "b, byte 0: the entry is cut off"),
])  # fmt: skip
def test_a_damaged_bundle_is_named_with_the_byte(data: bytes, reason: str) -> None:
    with pytest.raises(ProofError, match=reason):
        tiles.split_entries(data, 1, "b")
