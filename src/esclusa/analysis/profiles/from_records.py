"""Records of consignments as rows of profiles.

A party is named by its first number with a known scheme, else by its name as screening normalises
it, without legal form: ``Istmo Primavera, S.A.`` and ``ISTMO PRIMAVERA SA`` are one. A firm that
states a number in one message and none in the next counts as two. The importer is the consignee, or
a party in the role of importer where no consignee is named; the agent is an agent or forwarder.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import polars as pl

from esclusa.analysis.goods import likeness
from esclusa.analysis.profiles.rows import ROW_COLUMNS
from esclusa.analysis.screening import normalise
from esclusa.analysis.targeting.normal import moment
from esclusa.model import Consignment, GoodsItem, Party, Place, TransportEquipment

_TELLING: Final = frozenset({"tax", "registration", "duns", "national_id"})
_ROLES: Final = (
    ("importer", ("consignee", "importer")), ("shipper", ("shipper", "exporter")),
    ("notify", ("notify",)), ("agent", ("agent", "forwarder")),
)  # fmt: skip


_WINDOW_DAYS: Final = 60


class Stated(NamedTuple):
    """A version of a consignment: record id, moment (aware), body, whether it takes it back."""

    id: str
    at: dt.datetime
    body: Consignment
    withdrawn: bool = False


class Weighed(NamedTuple):
    """Masses of a box that another record states, and when it was recorded (aware)."""

    number: str
    at: dt.datetime
    verified_kg: float | None = None
    stow_kg: float | None = None
    tare_kg: float | None = None


def rows_of(stated: Iterable[Stated]) -> pl.DataFrame:
    """Return a row of ``ROW_COLUMNS`` for each version, in order, ``box``: the number of the
    container where the bill names one alone, and ``text``: that of the heaviest line."""
    reading = _Reading()
    rows = [reading.row(one) for one in stated]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def values_of(one: Stated) -> dict[str, Any]:
    """Return the row of one version as :func:`rows_of` has it, as values by column."""
    return dict(zip(_FIELDS, _Reading().row(one), strict=True))


_FIELDS: Final = (
    "id", "at", "withdrawn", "importer", "shipper", "notify", "agent", "carrier", "address",
    "stuffing", "load_port", "via", "discharge_port", "hs", "size_type", "packages", "mass_kg",
    "value", "currency", "freight", "freight_currency", "boxes", "declared_kg", "verified_kg",
    "stow_kg", "tare_kg", "departs", "arrives", "lead_hours", "text_fit", "box",
    "text",
)  # fmt: skip
_SCHEMA: Final = pl.Schema({name: ROW_COLUMNS.get(name, pl.String()) for name in _FIELDS})


class _Reading:
    """Reads consignments; a name or an address that comes again is normalised once."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], str | None] = {}

    def row(self, one: Stated) -> tuple[object, ...]:
        body, at = one.body, one.at.astimezone(dt.UTC)
        parties: dict[str, Party] = {}
        for party in body.parties:
            parties.setdefault(party.role, party)
        found = [next((parties[r] for r in roles if r in parties), None) for _, roles in _ROLES]
        units = body.equipment
        unit = units[0] if len(units) == 1 else None
        heaviest = max(body.goods, key=lambda item: item.gross_mass_kg or 0.0, default=None)
        departs, arrives = _utc(body.departure), _utc(body.arrival)
        return (
            one.id, at, one.withdrawn, *map(self._party, found), _upper(body.carrier),
            self._address(found[0]), self._text(body.stuffing_place, "address"),
            _place(body.load_port), " ".join(filter(None, map(_place, body.transhipment_ports))),
            _place(body.discharge_port), *_goods(body.goods, heaviest, units), body.freight_amount,
            _upper(body.freight_currency), float(len(units)) if units else None,
            unit.gross_mass_kg if unit else None, unit.verified_mass_kg if unit else None, None,
            unit.tare_kg if unit else None, departs, arrives,
            (departs - at).total_seconds() / 3600 if departs else None, None,
            unit.number if unit else None, heaviest.description if heaviest else None,
        )  # fmt: skip

    def _party(self, party: Party | None) -> str | None:
        if party is None:
            return None
        for number in party.identifiers:
            if number.scheme in _TELLING and number.value.strip():
                return f"{number.scheme}:{number.country}:{number.value.strip().upper()}"
        name = self._text(party.name, "organisation")
        return f"name:{name}" if name else None

    def _address(self, party: Party | None) -> str | None:
        return self._text(f"{party.address} {party.city}", "address") if party else None

    def _text(self, text: str, kind: str) -> str | None:
        if not text.strip():
            return None
        if (text, kind) not in self._names:
            self._names[text, kind] = normalise(text, kind).text or None
        return self._names[text, kind]


def _goods(
    goods: Sequence[GoodsItem], heaviest: GoodsItem | None, units: Sequence[TransportEquipment]
) -> tuple[object, ...]:
    """Return the code of the heaviest line, the boxes' size and type if it is one, packages, mass
    and value. A sum is null when one line does not say, a value in several currencies too."""
    sizes = {unit.size_type.upper() for unit in units}
    currencies = {item.currency.upper() for item in goods if item.currency}
    values = [item.value for item in goods]
    one = currencies.pop() if len(currencies) == 1 else None
    return (
        "".join(filter(str.isdigit, heaviest.hs_code)) if heaviest else None,
        sizes.pop() if len(sizes) == 1 else None,
        _sum([item.packages for item in goods]),
        _sum([item.gross_mass_kg for item in goods]),
        _sum(values) if one else None,
        one,
    )


def _sum(values: Sequence[float | None]) -> float | None:
    known = [float(value) for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None


def _upper(text: str) -> str:
    return text.strip().upper()


def _place(place: Place) -> str:
    return _upper(place.code or place.name).replace(" ", "")


def _utc(text: str) -> dt.datetime | None:
    """Return a stated moment; one without a zone counts as UTC, a bare day as its midnight."""
    found = moment(text) or (moment(f"{text}T00:00") if len(text) == len("2026-01-01") else None)
    if found is None or not 1980 <= found.year < 2300:
        return None
    return found.replace(tzinfo=dt.UTC) if found.tzinfo is None else found.astimezone(dt.UTC)


def with_text_fit(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows of :func:`rows_of` with ``text_fit``: how well the text of the heaviest line fits
    its code, by the text model in the package (:func:`esclusa.analysis.goods.likeness`)."""
    fit = likeness(rows["text"], rows["hs"])
    return rows.with_columns(text_fit=fit.cast(ROW_COLUMNS["text_fit"]))


def with_masses(
    rows: pl.DataFrame, weighed: Iterable[Weighed], *, window_days: int = _WINDOW_DAYS
) -> pl.DataFrame:
    """Return rows of :func:`rows_of` with what other records say of the box, where the bill does
    not say it itself: verified mass, the stow plan's, tare.

    The newest such record before the row's moment counts, none older than ``window_days``: a
    container soon travels again.
    """
    if len(rows) <= _FEW:
        return _few_with_masses(rows, weighed, dt.timedelta(days=window_days))
    schema = {"box": pl.String(), "told": ROW_COLUMNS["at"], "verified": pl.Float64(),
              "stow": pl.Float64(), "tare": pl.Float64()}  # fmt: skip
    told = pl.DataFrame(
        [(w.number, w.at.astimezone(dt.UTC), w.verified_kg, w.stow_kg, w.tare_kg) for w in weighed],
        schema=schema, orient="row",
    )  # fmt: skip
    found = rows.with_row_index("place").sort("at")
    for ours, theirs in (("verified_kg", "verified"), ("stow_kg", "stow"), ("tare_kg", "tare")):
        some = told.filter(pl.col(theirs) > 0)
        # Two that were recorded at one moment: the heavier, in whatever order they came.
        some = some.group_by("box", "told").agg(pl.col(theirs).max()).sort("told")
        found = found.join_asof(
            some, left_on="at", right_on="told", by="box", strategy="backward",
            allow_exact_matches=False, tolerance=f"{window_days}d", check_sortedness=False,
        )  # fmt: skip
        found = found.with_columns(pl.coalesce(ours, theirs).alias(ours)).drop(theirs)
        found = found.drop("told", strict=False)
    return found.sort("place").drop("place")


_FEW: Final = 100
"""Up to so many rows a look-up for each costs less than three joins."""
_MASSES: Final = ("verified_kg", "stow_kg", "tare_kg")


def _few_with_masses(
    rows: pl.DataFrame, weighed: Iterable[Weighed], window: dt.timedelta
) -> pl.DataFrame:
    told: dict[str, list[Weighed]] = defaultdict(list)
    boxes = set(rows["box"])
    for one in weighed:
        if one.number in boxes:
            told[one.number].append(one)
    found: dict[str, list[float | None]] = {name: [] for name in _MASSES}
    for box, at, *stated in rows.select("box", "at", *_MASSES).iter_rows():
        said = masses(told.get(box, ()), at, dict(zip(_MASSES, stated, strict=True)), window)
        for name, value in said.items():
            found[name].append(value)
    return rows.with_columns(
        pl.Series(name, values, dtype=pl.Float64) for name, values in found.items()
    )


def masses(
    told: Iterable[Weighed], at: dt.datetime, row: Mapping[str, Any],
    window: dt.timedelta = dt.timedelta(days=_WINDOW_DAYS),
) -> dict[str, float | None]:  # fmt: skip
    """Return the masses of the box of one row, as :func:`with_masses` puts them into it.

    :param told: what other records say of this box.
    :param at: the row's moment (aware); ``row`` its values by column.
    """
    near = [one for one in told if at - window <= one.at < at]
    found: dict[str, float | None] = {}
    for name in _MASSES:
        known = [(one.at, mass) for one in near if (mass := getattr(one, name) or 0.0) > 0]
        found[name] = row[name] if row[name] is not None else max(known)[1] if known else None
    return found
