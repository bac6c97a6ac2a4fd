"""Every mismatch of a rule pack, collected and raised once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from esclusa.errors import RuleError


class PackError(RuleError):
    """A rule pack cannot be used; ``problems`` names every reason, in file order.

    ``rule`` and ``offset`` are those of the first problem.
    """

    def __init__(self, problems: Sequence[RuleError]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0]
        facts: dict[str, Any] = first.facts
        super().__init__(
            first.text, rule=first.rule, offset=first.offset, entry=first.entry, **facts
        )
        if len(self.problems) > 1:
            self.args = ("\n".join(str(problem) for problem in self.problems),)


def raise_any(problems: Sequence[RuleError]) -> None:
    """Raise one :class:`PackError` when there is at least one problem."""
    if problems:
        raise PackError(problems)
