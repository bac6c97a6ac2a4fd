"""The tables of a week as polars frames, and what each column means."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import msgspec
import numpy as np
import polars as pl

from esclusa.analysis.world import naming
from esclusa.analysis.world.boxes import Times
from esclusa.analysis.world.ground import REEFER, SIZE_TYPE, Columns, Ground, pick
from esclusa.analysis.world.moves import EVENTS, seal_numbers, seal_texts
from esclusa.analysis.world.parameters import Parameters
from esclusa.analysis.world.streams import Numbers, Streams, shuffled, uniform

_TIME: Final = pl.Datetime("us")

COLUMNS: Final[dict[str, dict[str, tuple[Any, str]]]] = {
    "bills": {
        "week": (pl.Int32, "week in which the ship is at the canal, 0 is the first"),
        "bill": (pl.String, "bill of lading; key of the table"),
        "carrier": (pl.String, "code of the carrier"),
        "box": (pl.String, "the box's journey: key of boxes"),
        "container": (pl.String, "container number as written on the bill"),
        "master_bill": (pl.String, "bill of the whole box when others share it"),
        "filed": (_TIME, "when the bill was filed"),
        "departs": (_TIME, "departure from the load port"),
        "at_canal": (_TIME, "arrival at the canal: the time to decide"),
        "arrives": (_TIME, "planned arrival at the discharge port"),
        "voyage": (pl.String, "voyage number"),
        "ship": (pl.String, "name of the ship to the canal"),
        "ship_imo": (pl.String, "its IMO number"),
        "load_port": (pl.String, "UN/LOCODE"),
        "canal_port": (pl.String, "UN/LOCODE of the service's port at the canal"),
        "transhipped": (pl.Boolean, "changes ship at the canal port"),
        "discharge_port": (pl.String, "UN/LOCODE"),
        "importer": (pl.String, "consignee: key of parties"),
        "importer_name": (pl.String, "consignee's name as written on the bill"),
        "shipper": (pl.String, "key of parties"),
        "notify": (pl.String, "key of parties; null when the bill names nobody"),
        "agent": (pl.String, "forwarder: key of parties"),
        "stuffing_place": (pl.String, "where the box was filled; null when not said"),
        "lines": (pl.Int32, "goods lines"),
        "hs": (pl.String, "HS code of the first line, six digits; null when not said"),
        "goods_text": (pl.String, "words of the first line"),
        "packages": (pl.Int64, "packages of all lines"),
        "gross_mass_kg": (pl.Float64, "declared gross mass of the goods, kg"),
        "value_usd": (pl.Float64, "declared value, USD; null when not said"),
        "freight_usd": (pl.Float64, "freight, USD"),
    },
    "goods": {
        "week": (pl.Int32, "as in bills"),
        "bill": (pl.String, "key of bills"),
        "line": (pl.Int32, "1 to lines"),
        "hs": (pl.String, "HS code, six digits; null when not said"),
        "text": (pl.String, "words"),
        "packages": (pl.Int64, "packages"),
        "package_type": (pl.String, "UN/ECE Recommendation 21"),
        "gross_mass_kg": (pl.Float64, "declared gross mass, kg"),
        "value_usd": (pl.Float64, "declared value, USD; null when not said"),
    },
    "boxes": {
        "week": (pl.Int32, "as in bills"),
        "box": (pl.String, "journey of a container; key of the table"),
        "container": (pl.String, "container number (ISO 6346)"),
        "size_type": (pl.String, "ISO 6346 size and type"),
        "carrier": (pl.String, "code of the carrier"),
        "voyage": (pl.String, "voyage number"),
        "ship_imo": (pl.String, "ship to the canal"),
        "load_port": (pl.String, "UN/LOCODE"),
        "canal_port": (pl.String, "UN/LOCODE"),
        "transhipped": (pl.Boolean, "changes ship at the canal port"),
        "discharge_port": (pl.String, "UN/LOCODE"),
        "at_canal": (_TIME, "as in bills"),
        "bills": (pl.Int32, "how many bills travel in it"),
        "seal": (pl.String, "seal on the papers; null when not said"),
        "tare_kg": (pl.Float64, "tare, kg"),
        "declared_mass_kg": (pl.Float64, "gross mass with tare as the papers add up, kg"),
        "verified_mass_kg": (pl.Float64, "verified gross mass before loading, kg; null if none"),
        "stow_mass_kg": (pl.Float64, "mass in the stow plan, kg"),
        "temperature_c": (pl.Float64, "set temperature of a refrigerated box, degrees Celsius"),
    },
    "moves": {
        "week": (pl.Int32, "as in bills"),
        "box": (pl.String, "key of boxes"),
        "container": (pl.String, "container number"),
        "event": (pl.String, "gate_in, load, transit, discharge, shift or gate_out"),
        "at": (_TIME, "when it happened; what is later than your moment is not known to you"),
        "port": (pl.String, "UN/LOCODE"),
        "ship_imo": (pl.String, "ship, null on land"),
        "seal": (pl.String, "seal as read, null when nobody read it"),
        "mass_kg": (pl.Float64, "mass by the crane, kg; null when not kept"),
        "resealed": (pl.Boolean, "somebody noted that a new seal was put on"),
    },
    "parties": {
        "week": (pl.Int32, "week of the first bill that names the party"),
        "party": (pl.String, "registry number; key of the table"),
        "role": (pl.String, "importer, shipper or agent"),
        "name": (pl.String, "name in the registry"),
        "address": (pl.String, "street and number"),
        "city": (pl.String, "town"),
        "country": (pl.String, "ISO 3166-1 alpha-2"),
        "phone": (pl.String, "telephone"),
        "registered": (pl.Date, "day of registration"),
    },
    "outcomes": {
        "week": (pl.Int32, "as in bills"),
        "box": (pl.String, "key of boxes"),
        "bill": (pl.String, "key of bills: each bill of the box has its line"),
        "examined": (pl.Date, "day of the exam"),
        "known": (pl.Date, "day from which the outcome may be used"),
        "found": (pl.Boolean, "whether the exam found something"),
        "finding": (pl.String, "what: revenue, goods, contraband; null when nothing was found"),
    },
    "truth": {
        "week": (pl.Int32, "as in bills"),
        "bill": (pl.String, "key of bills"),
        "box": (pl.String, "key of boxes"),
        "fraud": (pl.Boolean, "whether the bill carries a fraud"),
        "scheme": (pl.String, "its scheme, null when honest"),
        "cover": (pl.String, "scheme whose actor trades honestly here, null for others"),
        "actor": (pl.Int32, "which actor of the scheme"),
        "moves": (pl.Int32, "how often he had moved"),
        "traces": (pl.String, "kinds of trace that were left, with blanks between"),
    },
}  # fmt: skip
"""Table → column → type and meaning. ``truth`` is for measuring alone."""


class Week(msgspec.Struct, frozen=True):
    """What becomes known of one week; each table has the columns of :data:`COLUMNS`.

    ``parties`` are those that no earlier week named.
    """

    number: int
    starts: dt.date
    bills: pl.DataFrame
    goods: pl.DataFrame
    boxes: pl.DataFrame
    moves: pl.DataFrame
    parties: pl.DataFrame


def frame(table: str, columns: dict[str, Any]) -> pl.DataFrame:
    """Return a frame with the columns of a table, in their order and of their types."""
    return pl.DataFrame(
        [
            pl.Series(name, columns[name]).cast(kind)
            for name, (kind, _text) in COLUMNS[table].items()
        ]
    )


def empty(table: str) -> pl.DataFrame:
    """Return a table without rows."""
    return pl.DataFrame(schema={name: kind for name, (kind, _text) in COLUMNS[table].items()})


class Sheet(msgspec.Struct, frozen=True):
    """All that a week's tables are written from: ``rows`` are bills, ``heads`` the row that each
    box is named after, ``box`` its columns, ``number`` its container."""

    week: int
    start: dt.date
    rows: Columns
    heads: Numbers
    box: Columns
    number: pl.Series
    when: Times
    land: Ground
    parameters: Parameters
    streams: Streams

    def time(self, minutes: Numbers) -> pl.Series:
        """Return minutes since the start of the world as moments."""
        start = dt.datetime.combine(self.start, dt.time(), dt.UTC)
        whole = (minutes + int(start.timestamp()) // 60) * 60_000_000
        return pl.Series(whole).cast(_TIME)

    def bill(self) -> pl.Series:
        """Return the bills' numbers."""
        found = shuffled(self.rows["uid"], self.streams.key("bill"), 36)
        return self.carrier() + pl.Series(found).cast(pl.String).str.zfill(11)

    def carrier(self) -> pl.Series:
        """Return the bills' carriers."""
        codes = [name.split(":")[0] for s in self.land.services for name in s.carriers[:2]]
        line = self.land.lanes.service[self.rows["lane"]] * 2 + self.rows["carrier"]
        return pl.Series(codes).gather(line)

    def box_id(self) -> pl.Series:
        """Return the boxes' keys."""
        return f"W{self.week:04d}-" + self.number

    def port(self, places: Numbers) -> pl.Series:
        """Return ports as UN/LOCODE."""
        return pl.Series(self.land.ports).gather(places)

    def canal(self) -> pl.Series:
        """Return the canal port of each bill."""
        ports = pl.Series([service.canal for service in self.land.services])
        return ports.gather(self.land.lanes.service[self.rows["lane"]])

    def imo(self, ships: Numbers) -> pl.Series:
        """Return IMO numbers, null for -1."""
        found = pl.Series(self.land.ship_numbers).gather(np.maximum(ships, 0))
        return found.set(pl.Series(ships < 0), None)

    def voyage(self) -> pl.Series:
        """Return voyage numbers: the service's letter, the week, the direction."""
        texts = [f"{s.letter}{self.week:04d}{s.direction}" for s in self.land.services]
        return pl.Series(texts).gather(self.land.lanes.service[self.rows["lane"]])


def bills(sheet: Sheet, hs: pl.Series, text: pl.Series) -> pl.DataFrame:
    """Write the table of bills; ``hs`` and ``text`` are those of the first lines."""
    rows, land, streams, when = sheet.rows, sheet.land, sheet.streams, sheet.when
    lane, head = rows["lane"], rows["head"]
    place = np.searchsorted(sheet.heads, head)
    bill = sheet.bill()
    shared = pl.Series(rows["shared"])
    importers, which = np.unique(rows["importer"], return_inverse=True)
    written = naming.names(importers, land, streams).gather(which)
    notify = np.where(rows["own_notify"], rows["importer"], rows["agent"])
    packing = naming.streets(rows["shipper"], land, streams)
    return frame("bills", {
        "week": np.full(len(lane), sheet.week),
        "bill": bill,
        "carrier": sheet.carrier(),
        "box": sheet.box_id().gather(place),
        "container": naming.with_swaps(sheet.number.gather(place), rows["box_typo"]),
        "master_bill": (bill.gather(head) + "M").set(~shared, None),
        "filed": sheet.time(when.departs - (rows["lead"] * 60).astype(np.int64)),
        "departs": sheet.time(when.departs),
        "at_canal": sheet.time(when.canal),
        "arrives": sheet.time(when.arrives),
        "voyage": sheet.voyage(),
        "ship": pl.Series(land.ship_names).gather(when.ship),
        "ship_imo": sheet.imo(when.ship),
        "load_port": sheet.port(land.lanes.load[lane]),
        "canal_port": sheet.canal(),
        "transhipped": land.lanes.transhipped[lane],
        "discharge_port": sheet.port(land.lanes.discharge[lane]),
        "importer": naming.numbers(rows["importer"], streams),
        "importer_name": naming.with_slips(written, rows["name_typo"]),
        "shipper": naming.numbers(rows["shipper"], streams),
        "notify": naming.numbers(notify, streams).set(pl.Series(rows["no_notify"]), None),
        "agent": naming.numbers(rows["agent"], streams),
        "stuffing_place": packing.set(pl.Series(rows["no_stuffing"]), None),
        "lines": rows["lines"],
        "hs": hs,
        "goods_text": text,
        "packages": rows["packages"],
        "gross_mass_kg": rows["declared"],
        "value_usd": pl.Series(rows["value"]).set(pl.Series(rows["no_value"]), None),
        "freight_usd": rows["freight"],
    })  # fmt: skip


def first_lines(sheet: Sheet) -> tuple[pl.Series, pl.Series]:
    """Return HS code and words of each bill's first goods line."""
    rows, land = sheet.rows, sheet.land
    codes = pl.Series([good.hs for good in land.goods.rows]).gather(rows["code"])
    vague = rows["vague"]
    named = pl.Series([*land.goods.texts, *land.words.vague]).gather(
        np.where(vague >= 0, len(land.goods.texts) + vague, rows["text"])
    )
    return codes.set(pl.Series(rows["no_code"]), None), naming.with_slips(named, rows["text_typo"])


def goods(sheet: Sheet, bill: pl.Series, hs: pl.Series, text: pl.Series) -> pl.DataFrame:
    """Write the goods lines: the first is the bill's, the others are of the same line of business;
    packages, mass and value of the bill are divided among them."""
    rows, land = sheet.rows, sheet.land
    counts = rows["lines"]
    of = np.repeat(np.arange(len(counts)), counts)
    line = np.arange(len(of)) - np.repeat(np.cumsum(counts) - counts, counts)
    uid = rows["uid"][of] * 8 + line
    part = np.where(line == 0, 1.0, 0.1 + 0.6 * uniform(uid, sheet.streams.key("line")))
    part /= np.bincount(of, part)[of]
    other = _other_goods(sheet, of, uid)
    good = np.where(line == 0, rows["good"][of], other)
    later = pl.Series(line > 0)
    names = pl.Series(land.goods.texts).gather(land.goods.first_text[other])
    codes = pl.Series([one.hs for one in land.goods.rows]).gather(other)
    value = pl.Series(np.round(rows["value"][of] * part, 2))
    return frame("goods", {
        "week": np.full(len(of), sheet.week),
        "bill": bill.gather(of),
        "line": line + 1,
        "hs": hs.gather(of).zip_with(~later, codes),
        "text": text.gather(of).zip_with(~later, names),
        "packages": _shared_out(rows["packages"], of, line, part),
        "package_type": pl.Series([one.package for one in land.goods.rows]).gather(good),
        "gross_mass_kg": _shared_out(rows["declared"], of, line, part),
        "value_usd": value.set(pl.Series(rows["no_value"][of]), None),
    })  # fmt: skip


def _other_goods(sheet: Sheet, of: Numbers, uid: Numbers) -> Numbers:
    land = sheet.land.goods
    chance = uniform(uid, sheet.streams.key("line good"))
    return pick(land.by_sector, land.sector[sheet.rows["good"][of]], chance)


def _shared_out(total: Any, of: Numbers, line: Numbers, part: Any) -> Any:
    """Whole units by their parts; the first line takes what rounding leaves."""
    found = np.floor(total[of] * part)
    rest = total - np.bincount(of, found, len(total))
    return found + np.where(line == 0, rest[of], 0)


def boxes(sheet: Sheet, bills: pl.DataFrame) -> pl.DataFrame:
    """Write the table of boxes from that of bills, the sums and the scale."""
    box, heads = sheet.box, sheet.heads
    first = bills[heads.tolist()]
    kind = sheet.rows["equipment"][heads]
    seal = seal_texts(seal_numbers(sheet.rows["uid"][heads], sheet.streams))
    cold = -18.0 + 20.0 * (uniform(sheet.rows["uid"][heads], sheet.streams.key("cold")) < 0.5)
    same = (
        "week", "carrier", "voyage", "ship_imo", "load_port", "canal_port", "transhipped",
        "discharge_port", "at_canal",
    )  # fmt: skip
    return frame("boxes", {
        **{name: first[name] for name in same},
        "box": sheet.box_id(),
        "container": sheet.number,
        "size_type": pl.Series(SIZE_TYPE).gather(kind),
        "bills": box["bills"],
        "seal": seal.set(pl.Series(~box["sealed"]), None),
        "tare_kg": box["tare"],
        "declared_mass_kg": box["declared"],
        "verified_mass_kg": pl.Series(box["verified"]).fill_nan(None),
        "stow_mass_kg": box["stow"],
        "temperature_c": pl.Series(np.where(kind == REEFER, cold, np.nan)).fill_nan(None),
    })  # fmt: skip


def moves(sheet: Sheet, seen: Columns) -> pl.DataFrame:
    """Write the table of moves from what was seen."""
    return frame("moves", {
        "week": np.full(len(seen["box"]), sheet.week),
        "box": sheet.box_id().gather(seen["box"]),
        "container": sheet.number.gather(seen["box"]),
        "event": pl.Series(EVENTS).gather(seen["event"]),
        "at": sheet.time(seen["when"]),
        "port": sheet.port(seen["port"]),
        "ship_imo": sheet.imo(seen["ship"]),
        "seal": seal_texts(seen["seal"]),
        "mass_kg": pl.Series(seen["mass"]).fill_nan(None),
        "resealed": seen["noted"],
    })  # fmt: skip
