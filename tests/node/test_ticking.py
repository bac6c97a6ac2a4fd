"""Time passes for a served node without anybody asking."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from esclusa.errors import LedgerError
from esclusa.node.ticking import ticking


class Counting:
    """An exchange that counts its ticks and fails at the first."""

    def __init__(self, wanted: int) -> None:
        self.ticks = 0
        self.enough = threading.Event()
        self._wanted = wanted

    def tick(self) -> None:
        self.ticks += 1
        if self.ticks >= self._wanted:
            self.enough.set()
        if self.ticks == 1:
            raise LedgerError("the database quotes SECRET WORDS")


def test_a_tick_that_fails_is_tried_again_and_tells_the_log_no_content(
    caplog: pytest.LogCaptureFixture,
) -> None:
    exchange: Any = Counting(3)
    with ticking(exchange, seconds=0.001):
        assert exchange.enough.wait(30)
    assert [record.getMessage() for record in caplog.records] == [
        "time did not pass for the exchange: LedgerError"
    ]


def test_the_thread_ends_with_the_block() -> None:
    exchange: Any = Counting(1)
    with ticking(exchange, seconds=0.001):
        assert exchange.enough.wait(30)
    assert "time" not in {thread.name for thread in threading.enumerate()}
