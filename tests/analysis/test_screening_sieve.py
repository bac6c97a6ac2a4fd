"""Which parties are kept does not depend on how many processes are asked, nor on one that dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from esclusa.analysis.screening import (
    BulkScreener,
    Index,
    Party,
    Screener,
    Sieve,
    make_query,
    processes,
    screener,
    sieve,
)
from esclusa.analysis.screening.query import Making
from esclusa.analysis.screening.score import score_name
from esclusa.model import Identifier, ListEntry

ENTRIES = [
    ListEntry(list_id="own", uid="1", type="person", name="MARIA ZUBAROWSKI",
              birth_dates=("1971-05-02",)),
    ListEntry(list_id="own", uid="2", type="vessel", name="OCEAN STAR",
              identifiers=(Identifier(scheme="imo", value="9074729"),)),
    ListEntry(list_id="own", uid="3", type="organisation", name="PUERTO NORTE LTDA"),
]  # fmt: skip
SCREENER = Screener(Index.build(ENTRIES, {"own": "1"}))
ONLY = [("own", "1"), ("own", "2")]
PARTIES: list[Party] = [
    ("ZUBAROWSKI, MARIA", "any", "", "", (), "", ""),
    ("PUERTO NORTE LTDA", "any", "", "", (), "", ""),  # an entry that is not looked for
    ("OTHER NAME", "vessel", "", "", ("imo:9074729",), "", ""),
    ("NOBODY AT ALL", "any", "1971-05-02", "PA", (), "", ""),
    ("", "any", "", "", (), "", ""),
]
WANTED = [True, False, True, False, False]


def test_one_process_keeps_what_one_question_at_a_time_hits() -> None:
    with Sieve(SCREENER, ONLY) as asked:
        assert asked.meets(PARTIES) == WANTED
        assert asked.meets([]) == []
    looked_for = {uid for _list, uid in ONLY}
    hits = [SCREENER.query(make_query(*party)) for party in PARTIES]
    assert [bool({hit.uid for hit in some} & looked_for) for some in hits] == WANTED


def test_two_processes_keep_the_same_and_so_does_this_one_once_they_are_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sieve, "MANY", 6)
    monkeypatch.setattr(sieve, "_FEW", 2)
    with Sieve(SCREENER, ONLY, workers=2) as asked:
        assert asked.meets(PARTIES) == WANTED
        assert asked._pool is None  # fewer than a process is started for
        assert asked.meets(PARTIES * 3) == WANTED * 3
        assert asked._pool is not None
        workers = list(asked._pool._processes)
        assert len(workers) == 2
        assert asked.meets(PARTIES) == WANTED
        for worker in workers:  # with one left it may answer before the loss is noticed
            os.kill(worker, signal.SIGKILL)
        assert asked.meets(PARTIES * 3) == WANTED * 3
        assert asked._pool is None
        assert asked.meets(PARTIES * 3) == WANTED * 3


def test_hits_that_other_processes_find_are_those_that_this_one_would(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The screener remembers them, so the parties that are kept are not compared twice."""
    monkeypatch.setattr(sieve, "MANY", 1)
    screener = Screener(SCREENER.index)
    with Sieve(screener, ONLY, workers=2) as asked:
        assert asked.meets(PARTIES) == WANTED
    for party, met in zip(PARTIES, WANTED, strict=True):
        remembered = screener.remembers(make_query(*party))
        assert remembered == (Screener(SCREENER.index).one(*party) if met else None)


def test_hits_of_parties_on_a_record_with_one_that_is_kept_are_found_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They are screened again together, and nothing remembered is nothing found."""
    monkeypatch.setattr(sieve, "MANY", 1)
    monkeypatch.setattr(sieve, "CHUNK", 3)  # of a record cut in two, nothing is found ahead
    screener = Screener(SCREENER.index)
    with Sieve(screener, ONLY, workers=2) as asked:
        assert asked.asked(PARTIES, [(0, 1), (2, 3)], [4])() == WANTED
    known = [screener.remembers(make_query(*party)) for party in PARTIES]
    one = Screener(SCREENER.index)
    assert known == [*(one.one(*party) for party in PARTIES[:3]), None, ()]


def test_hits_that_are_not_wanted_are_not_worked_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sieve, "MANY", 1)
    screener = Screener(SCREENER.index)
    with Sieve(screener, ONLY, workers=2) as asked:
        assert asked.asked(PARTIES, [(1, 3), (3, 4)])() == WANTED
    known = [screener.remembers(make_query(*party)) for party in PARTIES]
    assert [hits is not None for hits in known] == WANTED


@pytest.mark.parametrize(
    "address", ["12 Calle Mayor, Colon", "\ud83d, Colon"], ids=["text", "none"]
)
def test_what_another_process_tells_is_what_it_found(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """Also of a text that cannot be written as UTF-8."""
    parties: list[Party] = [(*party[:6], address) for party in PARTIES]
    monkeypatch.setattr(sieve, "_work", [])
    sieve._begin(SCREENER.index, SCREENER.threshold, tuple(ONLY), frozenset({0, 1}), None)
    met, told = sieve._some(sieve.Piece(parties, (), (1,)))
    assert met == WANTED
    found = sieve._decode(told) if isinstance(told, bytes) else told
    assert isinstance(told, bytes) == ("\ud83d" not in address)
    assert sorted(place for place, _query, _hits in found) == [0, 1, 2]
    for place, query, hits in found:
        assert query == make_query(*parties[place])
        assert hits == SCREENER.query(query) != ()


def test_other_processes_take_what_the_one_that_stores_leaves() -> None:
    with processes.pool(1, time.sleep, 0, behind=True) as behind:
        assert behind.submit(os.nice, 0).result() > os.nice(0)
    with processes.pool(1, time.sleep, 0) as beside:
        assert beside.submit(os.nice, 0).result() == os.nice(0)


ORPHANS = """
import time
from esclusa.analysis.screening import processes
if __name__ == "__main__":
    with processes.pool(1, time.sleep, 0) as pool:
        pool.submit(int, 0).result()
        print(*pool._processes, flush=True)
        time.sleep(600)
"""


def test_processes_end_with_the_one_that_made_them(tmp_path: Path) -> None:
    script = tmp_path / "maker.py"
    script.write_text(ORPHANS, encoding="utf-8")
    maker = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
    assert maker.stdout is not None
    (worker,) = map(int, maker.stdout.readline().split())
    os.kill(worker, 0)  # it is there
    maker.kill()
    maker.wait()
    until = time.monotonic() + 60
    while _running(worker):
        assert time.monotonic() < until
        time.sleep(0.05)


def _running(number: int) -> bool:
    """Tell whether a process runs; one that ended and that nobody asked after does not."""
    try:
        os.kill(number, 0)
        said = Path(f"/proc/{number}/stat").read_text(encoding="utf-8")
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        return not Path("/proc/self").exists()
    return said.rpartition(")")[2].split()[0] not in "ZX"


def test_what_names_scored_when_a_hit_was_found_is_not_worked_out_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The hits are those of one that was never asked before."""
    entries = [
        ListEntry(list_id="own", uid=str(number), type="person", name=name)
        for number, name in enumerate(["MARIA ZUBAROWSKI", "MARIA ZUBAROWSKA", "MARYA ZUBAROWSKI"])
    ]
    index = Index.build(entries)
    query = make_query("Maria Zubarowski")
    plain = Screener(index).query(query)
    assert len(plain) == 3
    scored: list[int] = []

    def counted(*args: Any) -> Any:
        scored.append(index.names.index(args[3]))
        return score_name(*args)

    monkeypatch.setattr(screener, "score_name", counted)
    bulk = BulkScreener(Screener(index))
    assert list(bulk.meets([query])) == [True]
    assert len(scored) < 3
    assert list(bulk.answers([query])) == [plain]
    assert sorted(scored) == [0, 1, 2]
    assert list(bulk.answers([query])) == [plain]  # kept once
    assert sorted(scored) == [0, 0, 1, 1, 2, 2]


def test_no_more_is_kept_of_scores_than_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screener, "_SCORES_KEPT", 2)
    one = Screener(SCREENER.index)
    queries = [make_query(f"MARIA ZUBAROWSKI{more}") for more in ("", " VEGA", "A", "O")]
    assert sum(BulkScreener(one).meets(queries)) > 2
    assert len(one._scored) <= 2


def test_a_query_is_made_once_or_taken_from_who_made_it() -> None:
    making = Making(2)
    first = making.made("Maria Vega", "person")
    assert first == make_query("Maria Vega", "person")
    assert making.made("Maria Vega", "person") is first
    told = make_query("Petr Ivanov")
    assert making.keep(("Petr Ivanov",), told) is told
    assert making.made("Maria Vega", "person") is first
    making.made("Zhang Wei")  # the one asked longest ago goes
    assert making.made("Petr Ivanov") is not told
    assert making.made("Petr Ivanov") == told
