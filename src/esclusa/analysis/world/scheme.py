"""Schemes of fraud as data: who, how much, where, when, and by which traces each shows."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Positive = Annotated[float, msgspec.Meta(gt=0)]
Count = Annotated[int, msgspec.Meta(ge=0)]

Kind = Literal[
    "unit_value", "rounded_value", "wrong_code", "vague_text", "packages", "hidden_mass",
    "stow_gap", "late_filing", "no_stuffing", "no_notify", "other_shipper", "freight",
    "shared_address", "seal_change", "extra_shift", "added_mass",
]  # fmt: skip
Move = Literal["lane", "importer", "goods", "carrier"]

HOST_KINDS: Final = frozenset({"seal_change", "extra_shift", "added_mass"})
"""Traces of what happens to a box without its importer; the others are on papers."""
NEED_MEDIAN: Final = frozenset(
    {"unit_value", "packages", "hidden_mass", "stow_gap", "late_filing", "freight", "added_mass"}
)
MOST_ACTORS: Final = 64
MOST_INCARNATIONS: Final = 256


class Trace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a scheme leaves in a consignment's data, with which probability.

    Where the kind has a size, it is log-normal: ``median`` in the kind's unit, ``spread`` the sigma
    of its logarithm.
    """

    kind: Kind
    probability: Share
    median: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    spread: Annotated[float, msgspec.Meta(ge=0)] = 0.0


class Scheme(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A way to cheat. ``schemes.toml`` says what each field means."""

    name: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,30}$")]
    title_en: str
    title_es: str
    finding: Annotated[str, msgspec.Meta(pattern="^[a-z_]{1,20}$")]
    identity: Literal["established", "shell", "host"]
    actors: Annotated[int, msgspec.Meta(ge=1, le=MOST_ACTORS)]
    trace: tuple[Trace, ...]
    share: Share = 0.0
    per_week: Annotated[float, msgspec.Meta(ge=0, le=5_000)] = 0.0
    beside: Annotated[float, msgspec.Meta(ge=0, le=5_000)] = 0.0
    lanes: Annotated[int, msgspec.Meta(ge=0, le=20)] = 0
    cover: Annotated[float, msgspec.Meta(ge=0, le=20)] = 0.0
    first_week: Count = 0
    last_week: Count | None = None
    reborn_weeks: Count = 0
    registered_days: Annotated[int, msgspec.Meta(ge=6, le=20_000)] = 90
    moves: tuple[Move, ...] = ()
    patience: Annotated[int, msgspec.Meta(ge=1)] = 1

    @property
    def standing(self) -> bool:
        """Whether it is part of the base rate."""
        return self.share > 0

    def acts(self, week: int) -> bool:
        """Whether it is at work in a week."""
        return self.first_week <= week and (self.last_week is None or week <= self.last_week)


def faults(scheme: Scheme, weeks: int) -> list[str]:
    """Return what is wrong with a scheme, one clause each."""
    found = []
    if (scheme.share > 0) == (scheme.per_week > 0):
        found.append("needs either share or per_week")
    if scheme.per_week > 0 and scheme.lanes == 0 and scheme.beside > 0:
        found.append("has honest trade beside it, so it needs lanes")
    if scheme.share > 0 and scheme.beside > 0:
        found.append("is a standing scheme, which has no trade beside it")
    if scheme.identity == "host" and (
        scheme.cover > 0 or scheme.per_week > 0 or scheme.moves or scheme.reborn_weeks
    ):
        found.append("uses honest boxes, so it has no cover, per_week, moves or reborn_weeks")
    if scheme.reborn_weeks and scheme.identity != "shell":
        found.append("is reborn, so its identity must be shell")
    if "importer" in scheme.moves and scheme.reborn_weeks:
        found.append("cannot be reborn and move to another importer as well")
    if scheme.reborn_weeks and weeks // scheme.reborn_weeks + 2 > MOST_INCARNATIONS:
        found.append(f"is reborn more than {MOST_INCARNATIONS - 2} times")
    if scheme.last_week is not None and scheme.last_week < scheme.first_week:
        found.append("ends before it begins")
    kinds = [trace.kind for trace in scheme.trace]
    if len(set(kinds)) < len(kinds):
        found.append("leaves one kind of trace twice")
    if scheme.identity == "host" and not set(kinds) <= HOST_KINDS:
        found.append(f"uses honest boxes, so its traces are among {', '.join(sorted(HOST_KINDS))}")
    if "shared_address" in kinds and scheme.identity != "shell":
        found.append("shares addresses, so its identity must be shell")
    bare = [t.kind for t in scheme.trace if t.kind in NEED_MEDIAN and t.median <= 0]
    found.extend(f"trace {kind} needs a median above 0" for kind in bare)
    return found
