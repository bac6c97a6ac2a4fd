"""The policy of selection: settings that a service decides on, with a version.

A policy is data. Its digest goes into each sheet, so that a sheet tells by which policy it was
made, and a changed policy is another one.
"""

from __future__ import annotations

import hashlib
import tomllib
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Final, Literal

import msgspec
import rfc8785

from esclusa.errors import InputError

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]

Formula = Literal["chance", "chance_log_value", "chance_value"]
"""What one find is worth: one, log(1 + value), or its value."""

LEAST_CONTROL: Final = 0.01
"""A control sample is always there (practice of minimum random rates); below it nothing can be
said of what is missed."""

LANE: Final = "lane"
"""The kind of cell by whose inspections the least inspected lanes are found."""

Power = Annotated[float, msgspec.Meta(ge=0, le=4)]


class Look(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far a kind of cell draws attention, as powers of what is known of the cell.

    ``kind`` is the name of the kind, such as ``importer``. ``novelty`` is the power of the share of
    its bills that came lately; ``traffic`` of its bills lately, over ``busy`` and at most one;
    ``thinness`` of one over its exams and one; ``promise`` of its find rate, drawn towards the
    usual one (see the policy), over that usual one; ``surge`` of its bills lately and one, over
    what was usual and one; ``unseen`` of one over its exams of the last weeks and one; ``excess``
    of the share of its bills lately that is above what was usual and ``spare`` more, which is
    nothing while nobody knows what was usual.
    """

    kind: str
    novelty: Power = 0.0
    traffic: Power = 0.0
    busy: Annotated[float, msgspec.Meta(gt=0)] = 100.0
    thinness: Power = 0.0
    promise: Power = 0.0
    surge: Power = 0.0
    unseen: Power = 0.0
    excess: Power = 0.0
    spare: Annotated[float, msgspec.Meta(ge=0, le=1000)] = 1.0


class Follow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far finds in a kind of cell raise the scores of all others in the cell.

    ``kind`` is the name of the kind, such as ``new_goods_on_lane``. ``weight`` is how many promised
    finds the past of a cell without exams counts like: the smaller, the more a single find does.
    The odds of a score are raised ``most`` times at most.
    """

    kind: str
    weight: Annotated[float, msgspec.Meta(gt=0, le=100)]
    most: Annotated[float, msgspec.Meta(ge=1, le=1000)] = 50.0


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of selection; see docs/selection.md for each."""

    version: str
    formula: Formula
    value_weight: Share
    """0: finds count alike; 1: by the formula in full; between them a mixture."""
    value_unit: Annotated[float, msgspec.Meta(gt=0)]
    """Value that counts as one, in the currency of the candidates."""
    control_share: Annotated[float, msgspec.Meta(ge=LEAST_CONTROL, le=1)]
    random_share: Annotated[float, msgspec.Meta(ge=0.1, le=1)]
    """Part of the control sample that is drawn without regard to cells."""
    strata: tuple[Share, ...]
    """Where the strata of score end, as shares of the candidates from the highest score down."""
    base_chance: Annotated[float, msgspec.Meta(gt=0, lt=1)]
    """Added to each score where chances of the random half are set: how far a score is believed."""
    lean: Share
    """How far the half for cells prefers high scores: 0 not at all, 1 by their square root."""
    usual: Annotated[float, msgspec.Meta(gt=0, lt=1)]
    """The find rate that is usual, and ``usual_exams`` how many exams of a cell it weighs like."""
    usual_exams: Annotated[float, msgspec.Meta(gt=0)]
    cells: tuple[Look, ...]
    """What draws the half for cells; the first kind is the one that the sample is spread over."""
    curiosity: Share
    """Added to the worth of a candidate of which nothing is known, times ``curious``."""
    curious_most: Annotated[float, msgspec.Meta(ge=1)]
    curious: tuple[Look, ...]
    list_hits: bool
    """Whether a party that a list may name makes opening mandatory."""
    always: tuple[str, ...]
    """Ids of rules whose hits have to be opened."""
    follow: tuple[Follow, ...] = ()
    """What raises scores after finds that the model did not expect; none for not at all."""
    least_share: Share = 0.0
    """The least inspected lanes are those that hold this share of what was not chosen. What the
    half for cells has left over is spread over them evenly; 0 for no such part."""
    looks: Annotated[float, msgspec.Meta(ge=0, le=100)] = 0.0
    """How many exams a sheet owes to a cell of which nothing is known, where there is such a part;
    to another cell as much less as it draws less attention."""
    probe_share: Share = 0.0
    """At most this share of all slots goes to cells that are owed exams, beside the control share,
    and nothing where none is owed; with 0 what cells are owed is taken out of the control share."""

    def kinds(self) -> tuple[str, ...]:
        """Return the kinds of cell that candidates have to tell of."""
        lanes = [LANE] if self.least_share else []
        named = (*(look.kind for look in (*self.cells, *self.curious)), *lanes)
        return tuple(dict.fromkeys(named))

    def followed(self) -> tuple[str, ...]:
        """Return the kinds of cell whose trails candidates have to tell of."""
        return tuple(dict.fromkeys(one.kind for one in self.follow))

    def weighs_lately(self) -> bool:
        """Tell whether candidates have to say what was usual of a cell, and its exams of late."""
        return any(
            look.surge or look.unseen or look.excess for look in (*self.cells, *self.curious)
        )

    def digest(self) -> str:
        """Return the SHA-256 of the canonical form (RFC 8785), as hexadecimal digits."""
        plain = msgspec.to_builtins(self)
        for look in (*plain["cells"], *plain["curious"]):  # These two came with version 1.3.
            for name in ("surge", "unseen"):
                if not look[name]:
                    del look[name]
            if not look["excess"]:  # And these with version 1.4.
                del look["excess"], look["spare"]
        if not self.probe_share:
            del plain["probe_share"]
        if not self.follow:  # As it read before there was such a setting: old sheets name it so.
            del plain["follow"]
        if not self.least_share:  # The same for what came with version 1.2.
            del plain["least_share"], plain["looks"]
        return hashlib.sha256(rfc8785.dumps(plain)).hexdigest()


@cache
def default_policy() -> Policy:
    """Return the policy that holds where none is set."""
    return read_policy(files("esclusa.analysis.selection").joinpath("data/policy.toml").read_text())


def read_policy(text: str, file: str = "policy.toml") -> Policy:
    """Read a policy from TOML; what it does not name is as in the default.

    :raises InputError: text that is no TOML, a setting that is unknown or cannot be used.
    """
    try:
        said: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"no TOML: {error}", file=file) from None
    try:
        policy = msgspec.convert({**_defaults(), **said}, Policy, strict=False)
    except msgspec.ValidationError as error:
        raise InputError(str(error), file=file) from None
    ends = policy.strata
    if list(ends) != sorted(set(ends)) or not ends or ends[-1] != 1 or ends[0] <= 0:
        raise InputError("strata must rise from above 0 to 1", file=file)
    try:
        policy.digest()
    except rfc8785.FloatDomainError:
        raise InputError("a setting is no finite number", file=file) from None
    return policy


@cache
def _defaults() -> dict[str, Any]:
    """Return what the shipped file says."""
    named = files("esclusa.analysis.selection").joinpath("data/policy.toml")
    return tomllib.loads(named.read_text())
