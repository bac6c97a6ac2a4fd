"""The parameters of a world, with defaults from ``data/world.toml`` and ``data/schemes.toml``."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Final

import msgspec

from esclusa.analysis.world.scheme import Positive, Scheme, Share, faults
from esclusa.errors import InputError

MOST_WEEKS: Final = 1_000
MOST_A_WEEK: Final = 50_000
MOST_IMPORTERS: Final = 2**17
MOST_SCHEMES: Final = 15

Spread = Annotated[float, msgspec.Meta(ge=0, le=3)]


class Trade(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Section ``trade``."""

    consignments_per_week: Annotated[float, msgspec.Meta(ge=1, le=MOST_A_WEEK)]
    base_rate: Annotated[float, msgspec.Meta(ge=0, le=0.2)]
    season: Annotated[float, msgspec.Meta(ge=0, le=0.5)]
    lanes: Annotated[int, msgspec.Meta(ge=1, le=60)]
    lane_skew: Spread
    transhipped: Share
    new_lane: Share
    off_line: Share
    more_lines: Annotated[float, msgspec.Meta(ge=0, le=0.9)]
    consolidated: Share
    consolidated_most: Annotated[int, msgspec.Meta(ge=2, le=40)]


class Parties(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Section ``parties``."""

    importers: Annotated[int, msgspec.Meta(ge=1, le=MOST_IMPORTERS)]
    births_per_week: Annotated[float, msgspec.Meta(ge=0)]
    life_weeks: Positive
    activity_spread: Spread
    shippers_per_trade: Annotated[int, msgspec.Meta(ge=1, le=256)]
    agents_per_port: Annotated[int, msgspec.Meta(ge=1, le=128)]
    own_notify: Share
    shared_address: Share


class Ships(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Section ``ships``. The longest service takes 34 days, so fewer than five are too few."""

    string: Annotated[int, msgspec.Meta(ge=5, le=20)]


class Boxes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Section ``boxes``. Less than twelve weeks would have one box in two places."""

    turn_weeks: Annotated[int, msgspec.Meta(ge=12, le=20)]


class Timing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Section ``timing``."""

    lead_hours: Positive
    lead_spread: Spread
    late: Share
    late_hours: Positive
    rolled: Share
    extra_shift: Share
    known_days: Annotated[int, msgspec.Meta(ge=0, le=60)]
    known_more: Annotated[float, msgspec.Meta(ge=0, le=60)]


class Noise(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Section ``noise``: what honest people get wrong."""

    text_typo: Share
    name_typo: Share
    code_slip: Share
    container_typo: Share
    vague: Share
    no_code: Share
    no_value: Share
    no_stuffing: Share
    no_notify: Share
    rounded: Share
    value_spread: Spread
    mass_spread: Spread
    mass_slip: Share
    mass_slip_spread: Spread
    weighing: Spread
    tare_left_out: Share
    no_verified: Share
    stow_spread: Spread
    stow_slip: Share
    no_seal: Share
    reseal: Share
    reseal_noted: Share
    seal_misread: Share
    seal_read: Share
    crane_weighed: Share
    crane_spread: Spread


class Exams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Section ``exams``."""

    missed: Share
    wrong: Share


class Parameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that makes a world, but for its seed. ``world.toml`` gives units and meanings.

    ``scheme`` are the schemes described, ``acting`` the names of those at work.
    """

    version: str
    weeks: Annotated[int, msgspec.Meta(ge=1, le=MOST_WEEKS)]
    start: dt.date
    acting: tuple[str, ...]
    trade: Trade
    parties: Parties
    ships: Ships
    boxes: Boxes
    timing: Timing
    noise: Noise
    exams: Exams
    scheme: tuple[Scheme, ...]

    @property
    def schemes(self) -> tuple[Scheme, ...]:
        """The schemes at work, in the order of ``acting``."""
        by_name = {scheme.name: scheme for scheme in self.scheme}
        return tuple(by_name[name] for name in self.acting)


@cache
def default_parameters() -> Parameters:
    """Return the parameters that ship with Esclusa."""
    return _checked(_defaults(), "the default parameters")


def read_parameters(
    text: str, *, file: str = "parameters", above: Mapping[str, Any] | None = None
) -> Parameters:
    """Read parameters from TOML; what the text does not say stays as it is by default.

    A ``[[scheme]]`` takes the place of the one of its name, or is a new one; it acts only if
    ``acting`` names it.

    :param file: what to call the text in an error.
    :param above: values of the first level that count before the text's (``weeks``, ``start``).
    :raises InputError: it is no TOML, or a value cannot be used; the sentence names it.
    """
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"is not TOML: {error}", file=file) from None
    return _checked(_merged(_defaults(), {**said, **(above or {})}), file)


def written(parameters: Parameters) -> str:
    """Return parameters as TOML that :func:`read_parameters` reads back as the same."""
    values: dict[str, Any] = msgspec.to_builtins(parameters, builtin_types=(dt.date,))
    schemes = values.pop("scheme")
    lines = [f"{name} = {_toml(value)}" for name, value in values.items() if not _section(value)]
    for name, section in values.items():
        if _section(section):
            lines += ["", f"[{name}]", *(f"{k} = {_toml(v)}" for k, v in section.items())]
    for scheme in schemes:
        said = {name: value for name, value in scheme.items() if value is not None}
        lines += ["", "[[scheme]]", *(f"{k} = {_toml(v)}" for k, v in said.items())]
    return "\n".join(lines) + "\n"


def _section(value: object) -> bool:
    return isinstance(value, dict)


def _toml(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml(one) for one in value)}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{k} = {_toml(v)}' for k, v in value.items())} }}"
    if isinstance(value, dt.date):
        return value.isoformat()
    return msgspec.json.encode(value).decode()


@cache
def _defaults() -> dict[str, Any]:
    folder = files(__package__) / "data"
    named = ("world.toml", "schemes.toml")
    world, schemes = (tomllib.loads((folder / name).read_text("utf-8")) for name in named)
    return world | schemes


def _merged(defaults: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    made = dict(defaults)
    for name, value in said.items():
        before = made.get(name)
        if name == "scheme" and isinstance(value, list):
            made[name] = _schemes(defaults["scheme"], value)
        elif isinstance(before, dict) and isinstance(value, dict):
            made[name] = before | value
        else:
            made[name] = value
    return made


def _schemes(before: list[dict[str, Any]], said: list[Any]) -> list[Any]:
    named = {scheme["name"]: scheme for scheme in before}
    others = []
    for scheme in said:
        name = scheme.get("name") if isinstance(scheme, dict) else None
        if isinstance(name, str):
            named[name] = scheme
        else:
            others.append(scheme)
    return [*named.values(), *others]


def _checked(values: dict[str, Any], file: str) -> Parameters:
    try:
        found = msgspec.convert(values, Parameters)
    except msgspec.ValidationError as error:
        raise InputError(f"{error}", file=file) from None
    if reasons := list(_faults(found)):
        raise InputError("; ".join(reasons), file=file)
    return found


def _faults(found: Parameters) -> list[str]:
    names = [scheme.name for scheme in found.scheme]
    unknown = sorted(set(found.acting) - set(names))
    if unknown:
        return [f"acting names {', '.join(unknown)}, and no scheme is called so"]
    if len(set(found.acting)) < len(found.acting):
        return ["acting names a scheme twice"]
    reasons = [f"scheme {s.name} {why}" for s in found.schemes for why in faults(s, found.weeks)]
    if found.start.weekday():
        reasons.append(f"start is {found.start:%A}, expected a Monday")
    most = found.parties.importers + found.parties.births_per_week * 1.2 * found.weeks + 1_000
    if most > MOST_IMPORTERS:
        reasons.append(f"importers and births come to more than {MOST_IMPORTERS:,}")
    if len(found.acting) > MOST_SCHEMES:
        reasons.append(f"acting names more than {MOST_SCHEMES} schemes")
    taken = sum(scheme.lanes for scheme in found.schemes if scheme.beside > 0)
    if found.trade.lanes + taken > 100:
        reasons.append("lanes and those of new schemes come to more than 100")
    standing = [scheme for scheme in found.schemes if scheme.standing]
    if standing and found.trade.base_rate * (1 + max(s.cover for s in standing)) > 0.9:
        reasons.append("base_rate and the schemes' cover leave no honest trade")
    return reasons
