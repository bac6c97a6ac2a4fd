"""Time passes for a served node without anybody asking."""

from __future__ import annotations

import threading

import pytest

from esclusa.errors import LedgerError
from esclusa.node.jobs import Jobs
from esclusa.node.ticking import ticking


class Counting:
    """A job that counts and fails the first time."""

    def __init__(self, wanted: int, error: type[Exception] = LedgerError) -> None:
        self.done = 0
        self._error = error
        self.enough = threading.Event()
        self._wanted = wanted

    def __call__(self) -> None:
        self.done += 1
        if self.done >= self._wanted:
            self.enough.set()
        if self.done == 1:
            raise self._error("the database quotes SECRET WORDS")


def jobs_of(*jobs: tuple[str, Counting]) -> Jobs:
    jobs_ = Jobs()
    for name, job in jobs:
        jobs_.add(name, job)
    return jobs_


def test_a_job_that_fails_is_tried_again_and_tells_the_log_no_content(
    caplog: pytest.LogCaptureFixture,
) -> None:
    job = Counting(3)
    with ticking(jobs_of(("exchange", job)), seconds=0.001):
        assert job.enough.wait(30)
    assert [record.getMessage() for record in caplog.records] == ["exchange: LedgerError"]


def test_a_job_that_fails_holds_no_other_up_and_its_state_says_so() -> None:
    first, second = Counting(1), Counting(1, ZeroDivisionError)
    jobs = jobs_of(("exchange", first), ("scores", second))
    assert [state.began for state in jobs.states()] == [None, None]
    jobs.run()
    assert (first.done, second.done) == (1, 1)
    assert [(s.name, s.error, s.runs, s.failures) for s in jobs.states()] == [
        ("exchange", "LedgerError", 1, 1), ("scores", "ZeroDivisionError", 1, 1),
    ]  # fmt: skip
    jobs.run()
    assert [(s.error, s.runs, s.failures) for s in jobs.states()] == [("", 2, 1), ("", 2, 1)]


def test_the_thread_ends_with_the_block() -> None:
    job = Counting(1)
    with ticking(jobs_of(("exchange", job)), seconds=0.001):
        assert job.enough.wait(30)
    assert "time" not in {thread.name for thread in threading.enumerate()}
