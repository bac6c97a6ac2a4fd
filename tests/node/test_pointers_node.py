"""Hit or no hit between two nodes: what is found, what ends a search, and what nobody learns."""

from __future__ import annotations

import pytest

from exchange_worlds import World
from pointer_node_worlds import HELD, LISTED, NOT_HELD, enter, search


@pytest.mark.parametrize("key", HELD)
def test_what_the_owner_holds_is_a_hit_and_anything_else_is_none(
    searchable: World, key: str
) -> None:
    enter(searchable["marisol"], *LISTED)
    found = search(searchable, key, HELD[key], NOT_HELD[key])
    assert found == {HELD[key]: "hit", NOT_HELD[key]: "no_hit"}
