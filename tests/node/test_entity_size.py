"""How large a node is said to be decides how much has to agree; how much is in it does not."""

from __future__ import annotations

from pathlib import Path

import pytest

import worlds
from analysis.resolution_worlds import mention
from esclusa.analysis.resolution import default_settings, listed_rarity
from esclusa.analysis.resolution.wordtable import WordTable
from esclusa.errors import ConfigError
from esclusa.ledger.register import Changing, File, Kept
from esclusa.node import Node
from esclusa.node.settings import FILE, Settings


def test_two_of_one_common_name_are_one_in_a_small_node_and_two_in_a_large_one() -> None:
    told = [
        mention(number, "Maria Garcia", birth_dates=dates)
        for number, dates in enumerate((("1971-05-02",), ()))
    ]
    found = []
    for records in (10_000, 10_000_000):
        sized = default_settings().for_size(records)
        table = WordTable(listed_rarity(), sized)
        some = []
        for steps in (told, (told,)):  # one by one, or all at once
            file = File()
            file.many("INSERT INTO version VALUES (?, ?, 1)", [(one.seq, one.id) for one in told])
            for step in steps:
                Changing(file, sized, table).change(step if isinstance(step, list) else [step])
            some.append(Kept(file, sized, table, {}).partition())
        assert some[0] == some[1]
        found.append(len(some[0]))
    assert found == [1, 2]


def test_the_size_is_a_setting_of_the_node(tmp_path: Path) -> None:
    worlds.make(tmp_path / "node").close()
    file = tmp_path / "node" / FILE
    file.write_text(
        file.read_text(encoding="utf-8") + "\nentity_records = 7000\n", encoding="utf-8"
    )
    node = Node.open(tmp_path / "node")
    try:
        settings = node.entities.registers.settings
        assert settings.threshold == default_settings().for_size(7000).threshold
        assert (
            settings.threshold
            != default_settings().for_size(Settings(agency="x").entity_records).threshold
        )
    finally:
        node.close()


def test_a_node_of_no_records_is_refused() -> None:
    with pytest.raises(ConfigError, match="entity_records 0: a number from 1"):
        Settings(agency="marisol", entity_records=0)
