"""Moves of analysis on many alerts are stored together: each alert is left as if it were alone.

Alerts under one label and under two, new, decided, left and open again, on both databases. The same
findings are stored all at once, and one by one about subjects of other names. 1 CPU second a
database.
"""

from __future__ import annotations

from esclusa.casework.alerts import ANALYSIS, next_move
from esclusa.casework.desk import store_moves
from esclusa.ledger import queue, tallies
from esclusa.ledger.labels import Labels
from esclusa.ledger.store import Store
from esclusa.model import Level, Marking, Reason, record_id
from esclusa.node.alerts import Finding, LabelAlgebra, store
from esclusa.sharing.release import Gate

_ROUNDS = (
    # Reasons of each subject, round by round: (level, code).
    {"a": ((0, "x"),), "b": ((0, "x"), (1, "y")), "c": ((0, "x"),), "d": ((1, "y"),)},
    {"a": ((0, "z"),), "b": ((0, "z"), (1, "y")), "c": (), "d": ()},
    {"a": (), "b": ((0, "x"),), "c": ((0, "x"), (1, "y")), "d": ((1, "x"),)},
    {"a": ((0, "x"),), "b": ((0, "x"), (1, "z")), "c": (), "d": ((1, "x"),)},
)
_CLOSED = (("a", 0), ("b", 0), ("b", 1))
"""Alerts that a person decides behind the first round, with the level of the label."""

_Told = dict[tuple[str, int], tuple[str, list[tuple[int, str, str, str]]]]


class _World:
    def __init__(self, url: str) -> None:
        self.store = Store(url)
        self.store.upgrade()
        self.labels = Labels(self.store)
        self.levels = [
            self.labels.intern("marisol", Marking(level=level))
            for level in (Level.OFFICIAL, Level.SECRET)
        ]
        self.algebra = LabelAlgebra(self.labels, "marisol")
        self.gate = Gate(self.store, self.labels)

    def finding(self, subject: str, reasons: tuple[tuple[int, str], ...]) -> Finding:
        return Finding(
            subject_id=subject, subject_kind="consignment", subject_label=self.levels[0],
            title="t", source_id="", port="MXVER", arrival="", retain_until="",
            reasons=tuple((self.levels[at], _reason(code)) for at, code in reasons),
        )  # fmt: skip

    def take_in(self, findings: list[Finding]) -> None:
        with self.store.write() as connection:
            store(
                connection, labels=self.labels, algebra=self.algebra, gate=self.gate,
                agency="marisol", findings=findings,
            )  # fmt: skip

    def close(self, subject: str, level: int) -> None:
        alert, label = record_id("marisol", "alert", subject), self.levels[level]
        with self.store.write() as connection:
            made = next_move(
                self.gate.moves(connection, alert, label), alert_id=alert, move="verdict",
                by="ana", at="2026-03-01T08:00:00.000000Z", verdict="explained", reason="Seen.",
            )  # fmt: skip
            store_moves(connection, self.labels, [(label, made)])

    def told(self, way: str) -> _Told:
        """Return the state of each alert of one way under each label, and its moves."""
        found: _Told = {}
        with self.store.read() as connection:
            for subject in "abcd":
                alert = record_id("marisol", "alert", way + subject)
                for (_alert, label), row in queue.known(connection, [alert]).items():
                    moves = self.gate.moves(connection, alert, label)
                    found[subject, label] = (
                        row.state, [(m.number, m.move, m.state, m.by) for m in moves]
                    )  # fmt: skip
        return found


def _reason(code: str) -> Reason:
    return Reason(source="rule", code=code, version="1", points=5.0, text_en=code, text_es=code)


def test_many_alerts_that_change_at_once_move_as_each_would_alone(ledger_url: str) -> None:
    world = _World(ledger_url)
    seen: set[str] = set()
    for number, reasons in enumerate(_ROUNDS):
        world.take_in([world.finding(f"many-{name}", why) for name, why in reasons.items()])
        for name, why in reasons.items():
            world.take_in([world.finding(f"alone-{name}", why)])
        if number == 0:
            for name, level in _CLOSED:
                world.close(f"many-{name}", level)
                world.close(f"alone-{name}", level)
        together = world.told("many-")
        assert together == world.told("alone-")
        seen |= {m[1] for _state, moves in together.values() for m in moves if m[3] == ANALYSIS}
    assert seen == {"reopen", "void"}
    assert max(len(moves) for _state, moves in together.values()) >= 4
    assert len({label for _name, label in together}) == 2
    with world.store.read() as connection:
        assert list(tallies.differences(connection)) == []
    world.store.close()
