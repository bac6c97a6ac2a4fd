"""The planted world: what its tables show, what they hide, and what an exam tells."""

from __future__ import annotations

import datetime as dt
import io
import math
import resource

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from esclusa.analysis.world import COLUMNS, Week, World, default_parameters, messages, written
from esclusa.analysis.world.parameters import read_parameters
from esclusa.analysis.world.tables import frame
from esclusa.codes import hs, imo, iso6346, package, unlocode
from esclusa.errors import InputError, StateError
from esclusa.formats import read_stream
from esclusa.formats.heading import Heading
from esclusa.formats.writers import Written, write
from esclusa.model import Consignment, Message

PUBLIC = ("bills", "goods", "boxes", "moves", "parties")
WEEKS = 20


class History:
    """A world that was played, its tables over all weeks; no box was opened unless told."""

    def __init__(self, world: World, weeks: int, *, opened: bool = False) -> None:
        self.world = world
        self.weeks: list[Week] = []
        self.cpu: list[float] = []
        outcomes = []
        for _ in range(weeks):
            before = resource.getrusage(resource.RUSAGE_SELF)
            self.weeks.append(world.week())
            after = resource.getrusage(resource.RUSAGE_SELF)
            self.cpu.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
            if opened:
                outcomes.append(world.inspect(self.weeks[-1].boxes["box"]))
        self.truth = world.truth()
        self.outcomes = pl.concat(outcomes) if outcomes else frame("outcomes", _none("outcomes"))

    def __getattr__(self, name: str) -> pl.DataFrame:
        return pl.concat([getattr(week, name) for week in self.weeks])


def _none(table: str) -> dict[str, list[object]]:
    return {name: [] for name in COLUMNS[table]}


@pytest.fixture(scope="module")
def history() -> History:
    """The default world, all boxes opened: 31,000 bills."""
    return History(World(seed=11), WEEKS, opened=True)


@pytest.fixture(scope="module")
def marked(history: History) -> pl.DataFrame:
    """Bills with their truth beside them."""
    return history.bills.join(history.truth.drop("week", "box"), on="bill", validate="1:1")


def near(hits: int, of: int, rate: float, sigmas: float = 5.0) -> bool:
    """Whether a count is what a binomial chance of ``rate`` gives."""
    return abs(hits - of * rate) <= sigmas * math.sqrt(of * rate * (1 - rate)) + 1


def share(flags: pl.Series, rate: float) -> bool:
    return near(int(flags.sum()), len(flags), rate)


# --- the tables are whole -------------------------------------------------------------------------


def test_every_table_has_the_columns_that_are_explained(history: History) -> None:
    for table in (*PUBLIC, "outcomes", "truth"):
        schema = {name: kind for name, (kind, _text) in COLUMNS[table].items()}
        assert dict(getattr(history, table).schema) == schema


def test_keys_are_keys_and_lead_somewhere(history: History) -> None:
    bills, boxes, moves, goods = history.bills, history.boxes, history.moves, history.goods
    for table, key in ((bills, "bill"), (boxes, "box"), (history.parties, "party")):
        assert table[key].n_unique() == len(table)
        assert table[key].null_count() == 0
    assert set(bills["box"]) == set(boxes["box"]) == set(moves["box"])
    assert set(goods["bill"]) == set(bills["bill"]) == set(history.truth["bill"])
    named = {*bills["importer"], *bills["shipper"], *bills["agent"], *bills["notify"].drop_nulls()}
    assert named == set(history.parties["party"])
    assert history.parties["name"].n_unique() == len(history.parties)


def test_codes_are_those_of_the_lists_and_check_digits_hold(history: History) -> None:
    assert all(iso6346.is_valid(number) for number in history.boxes["container"].unique())
    assert all(imo.is_valid(number) for number in history.bills["ship_imo"].unique())
    assert all(hs.known(code) for code in history.goods["hs"].drop_nulls().unique())
    assert all(package.known(code) for code in history.goods["package_type"].unique())
    ports = {*history.bills["load_port"], *history.bills["discharge_port"], *history.moves["port"]}
    assert all(unlocode.known(port) for port in ports)


def test_goods_lines_add_up_to_their_bill(history: History) -> None:
    lines = history.goods.group_by("bill").agg(
        pl.len().alias("count"), pl.col("packages").sum(), pl.col("gross_mass_kg").sum(),
        pl.col("value_usd").sum().alias("sum"),
    )  # fmt: skip
    both = history.bills.join(lines, on="bill", suffix="_of_lines")
    assert both.filter(pl.col("lines") != pl.col("count")).is_empty()
    assert both.filter(pl.col("packages") != pl.col("packages_of_lines")).is_empty()
    assert both.filter(
        (pl.col("gross_mass_kg") - pl.col("gross_mass_kg_of_lines")).abs() > 1e-6
    ).is_empty()
    assert both.filter((pl.col("value_usd") - pl.col("sum")).abs() > 0.05).is_empty()
    assert history.goods.filter(pl.col("packages") < 0).is_empty()


def test_a_shared_box_holds_bills_of_one_lane_carrier_and_master(history: History) -> None:
    shared = history.bills.filter(pl.col("master_bill").is_not_null())
    per_box = shared.group_by("box").agg(
        pl.col("carrier", "load_port", "discharge_port", "master_bill").n_unique(),
    )
    assert per_box.drop("box").max().row(0) == (1, 1, 1, 1)
    counted = history.bills.group_by("box").len("counted")
    both = history.boxes.join(counted, on="box")
    assert (both["bills"] == both["counted"]).all()
    assert history.boxes.filter(pl.col("bills") > 1).height > 500


def test_no_container_is_in_two_places_at_once() -> None:
    parameters = read_parameters("[trade]\nconsignments_per_week = 60\n[parties]\nimporters = 40")
    seen = History(World(parameters, 5), 40).moves
    trips = (
        seen.group_by("box")
        .agg(
            pl.col("container").first(),
            pl.col("at").min().alias("start"),
            pl.col("at").max().alias("end"),
        )
        .sort("container", "start")
        .with_columns(pl.col("end").shift(1).over("container").alias("before"))
    )
    again = trips.filter(pl.col("before").is_not_null())
    assert len(again) > 300
    assert again.filter(pl.col("start") <= pl.col("before")).is_empty()


def test_no_ship_is_in_two_places_at_once(history: History) -> None:
    """A ship's last port of one voyage comes before the first port of its next."""
    direct = history.bills.filter(~pl.col("transhipped"))
    trips = (
        direct.group_by("ship_imo", "week")
        .agg(pl.col("departs").min(), pl.col("arrives").max())
        .sort("ship_imo", "departs")
        .with_columns(pl.col("arrives").shift(1).over("ship_imo").alias("before"))
        .drop_nulls()
    )
    assert len(trips) > 100
    assert trips.filter(pl.col("departs") <= pl.col("before")).is_empty()


def test_events_follow_each_other_as_on_a_real_journey(history: History) -> None:
    order = history.moves.sort("box", "at").group_by("box", maintain_order=True).agg("event")
    ways = {tuple(way) for way in order["event"].unique().to_list()}
    onward = ("gate_in", "load", "discharge", "shift", "load", "discharge", "gate_out")
    assert ways == {
        ("gate_in", "load", "transit", "discharge", "gate_out"),
        onward,
        (*onward[:4], "shift", *onward[4:]),
    }
    bills = history.bills
    assert bills.filter(pl.col("departs") >= pl.col("at_canal")).is_empty()
    assert bills.filter(pl.col("at_canal") >= pl.col("arrives")).is_empty()


def test_a_week_is_the_one_in_which_the_ship_is_at_the_canal(history: History) -> None:
    for week in history.weeks:
        assert week.starts == dt.date(2026, 1, 5) + dt.timedelta(weeks=week.number)
        days = week.bills["at_canal"].dt.date()
        assert week.starts <= days.min() <= days.max() < week.starts + dt.timedelta(weeks=1)


# --- rates are the parameters' --------------------------------------------------------------------


def test_trade_and_fraud_are_as_many_as_the_parameters_say(
    history: History, marked: pl.DataFrame
) -> None:
    parameters = history.world.parameters
    wave = sum(
        1 + parameters.trade.season * math.sin(2 * math.pi * week / 52) for week in range(WEEKS)
    )
    expected = parameters.trade.consignments_per_week * wave
    usual = marked.filter(pl.coalesce("scheme", "cover").fill_null("") != "new_thin")
    beside = 80 * wave
    assert abs(len(usual) - expected - beside) < 5 * math.sqrt(expected + beside)
    frauds = usual["fraud"].sum()
    assert near(frauds, round(expected), parameters.trade.base_rate)
    standing = [scheme for scheme in parameters.schemes if scheme.standing]
    total = sum(scheme.share for scheme in standing)
    for scheme in standing:
        hits = marked["scheme"].eq_missing(scheme.name).sum()
        assert near(hits, frauds, scheme.share / total), scheme.name


def test_honest_noise_has_the_rates_of_the_parameters(
    history: History, marked: pl.DataFrame
) -> None:
    noise, trade = history.world.parameters.noise, history.world.parameters.trade
    honest = marked.filter(~pl.col("fraud"))
    assert share(honest["hs"].is_null(), noise.no_code)
    assert share(honest["value_usd"].is_null(), noise.no_value)
    assert share(honest["stuffing_place"].is_null(), noise.no_stuffing)
    assert share(honest["notify"].is_null(), noise.no_notify)
    assert share(honest["lines"] > 1, trade.more_lines)
    swapped = pl.Series([not iso6346.is_valid(number) for number in honest["container"]])
    assert near(int(swapped.sum()), len(honest), noise.container_typo, 6)
    names = honest.join(
        history.parties.select("party", "name"), left_on="importer", right_on="party"
    )
    assert share(names["importer_name"] != names["name"], noise.name_typo)
    boxes = history.boxes
    assert share(boxes["verified_mass_kg"].is_null(), noise.no_verified)
    assert share(boxes["seal"].is_null(), noise.no_seal)
    full = marked.filter(pl.col("cover").is_null() & ~pl.col("fraud"))
    late = (full["departs"] - full["filed"]).dt.total_hours() < 8
    assert 0.01 < late.mean() < 0.06


def test_importers_are_heavy_tailed_and_come_and_go(history: History) -> None:
    honest = history.bills.join(history.truth.filter(~pl.col("fraud")), on="bill", how="semi")
    counts = honest.group_by("importer").len().sort("len", descending=True)["len"]
    assert counts.head(len(counts) // 10).sum() > 0.35 * counts.sum()
    first = set(history.weeks[0].bills["importer"]) | set(history.weeks[1].bills["importer"])
    last = set(history.weeks[-1].bills["importer"])
    assert len(last - first) > 40
    young = history.parties.filter(
        (pl.col("role") == "importer") & (pl.col("registered") > pl.date(2026, 1, 5))
    )
    assert len(young) > 50


# --- the truth does not leak ----------------------------------------------------------------------


def test_no_public_table_has_a_column_of_the_truth() -> None:
    hidden = {"fraud", "scheme", "cover", "actor", "moves", "traces"}
    assert hidden <= set(COLUMNS["truth"])
    for table in (*PUBLIC, "outcomes"):
        assert hidden.isdisjoint(COLUMNS[table])
    assert not {"found", "finding"} & {name for table in PUBLIC for name in COLUMNS[table]}


def test_neither_numbers_nor_order_tell_who_cheats(history: History, marked: pl.DataFrame) -> None:
    """The mean rank of frauds among all is one half, whatever is sorted by."""
    ordinary = marked.filter(pl.col("scheme").fill_null("") != "new_thin")
    seen = ordinary.with_columns(
        pl.col("bill").str.slice(4).alias("number"),
        pl.col("box").str.slice(6).alias("unit"),
    ).filter(pl.col("cover").is_null())
    frauds = int(seen["fraud"].sum())
    assert frauds > 700
    for column in ("number", "unit", "importer"):
        rank = seen[column].rank("random", seed=1) / len(seen)
        mean = rank.filter(seen["fraud"]).mean()
        bound = 6 if column == "importer" else 4.5
        clusters = seen.filter("fraud")[column].n_unique()
        assert abs(mean - 0.5) < bound * math.sqrt(1 / 12 / clusters), column


def test_containers_of_frauds_are_also_those_of_honest_bills(
    history: History, marked: pl.DataFrame
) -> None:
    """No part of the pool is for cheats: what carried a fraud carries honest goods at other times."""
    boxes = history.boxes.join(
        marked.group_by("box").agg(pl.col("fraud").any()), on="box"
    )  # fmt: skip
    used = boxes.group_by("container").agg(pl.len(), pl.col("fraud").sum())
    again = used.filter((pl.col("fraud") > 0) & (pl.col("len") > 1))
    assert len(again) > 60
    assert (again["len"] > again["fraud"]).mean() > 0.85


# --- exams ----------------------------------------------------------------------------------------


def test_an_outcome_is_known_of_opened_boxes_alone() -> None:
    world = World(seed=3)
    week = world.week()
    chosen = week.boxes["box"].head(40).to_list()
    outcomes = world.inspect(chosen)
    assert outcomes["box"].unique(maintain_order=True).to_list() == chosen
    bills = week.bills.filter(pl.col("box").is_in(chosen))
    assert sorted(outcomes["bill"]) == sorted(bills["bill"])
    assert outcomes["finding"].is_null().eq(~outcomes["found"]).all()


def test_a_box_is_opened_once_and_in_its_own_week() -> None:
    world = World(seed=3)
    with pytest.raises(InputError, match="box W0000-XQAU0000000 is none of this week's"):
        world.inspect(["W0000-XQAU0000000"])
    first, second = world.week().boxes["box"].head(2).to_list()
    assert world.inspect([]).is_empty()
    with pytest.raises(StateError, match="can be opened once only"):
        world.inspect([first, first])
    world.inspect([first])
    with pytest.raises(StateError, match=f"box {first} can be opened once only"):
        world.inspect([second, first])
    assert len(world.inspect([second])) >= 1  # The refused call opened nothing.
    world.week()
    with pytest.raises(InputError, match="none of this week's"):
        world.inspect([second])


def test_exams_err_at_the_rates_of_the_parameters(history: History) -> None:
    exams = history.world.parameters.exams
    both = history.outcomes.join(history.truth, on="bill", validate="1:1")
    assert len(both) == len(history.truth)
    frauds, honest = both.filter("fraud"), both.filter(~pl.col("fraud"))
    assert share(~frauds["found"], exams.missed)
    assert share(honest["found"], exams.wrong)
    schemes = {scheme.name: scheme.finding for scheme in history.world.parameters.schemes}
    found = frauds.filter("found")
    assert (found["finding"] == found["scheme"].replace_strict(schemes)).all()


def test_an_outcome_is_known_some_days_after_the_exam(history: History) -> None:
    timing = history.world.parameters.timing
    both = history.outcomes.join(history.bills.select("bill", "at_canal"), on="bill")
    assert (both["examined"] > both["at_canal"].dt.date()).all()
    delay = (both["known"] - both["examined"]).dt.total_days()
    assert delay.min() == timing.known_days
    assert abs(delay.mean() - timing.known_days - timing.known_more) < 0.05
    assert both.group_by("box").agg(pl.col("known").n_unique())["known"].max() == 1


def test_neither_order_nor_number_of_exams_changes_an_outcome() -> None:
    one, other = World(seed=3), World(seed=3)
    boxes = one.week().boxes["box"].to_list()
    other.week()
    at_once = one.inspect(boxes)
    piecewise = pl.concat([other.inspect(boxes[start::7][::-1]) for start in range(7)])
    assert_frame_equal(at_once.sort("bill"), piecewise.sort("bill"))


# --- parameters -----------------------------------------------------------------------------------


def test_parameters_written_are_read_back_the_same() -> None:
    assert read_parameters(written(default_parameters())) == default_parameters()
    assert read_parameters("") == default_parameters()


OWN = """
acting = ["mine"]
[[scheme]]
name = "mine"
title_en = "Mine"
title_es = "Mío"
finding = "goods"
identity = "shell"
share = 1.0
actors = 2
trace = [{ kind = "vague_text", probability = 1.0 }]
"""


def test_a_scheme_of_your_own_is_played() -> None:
    seen = History(World(read_parameters(OWN), 1), 2)
    truth = seen.truth
    assert set(truth["scheme"].drop_nulls()) == {"mine"}
    assert set(truth.filter("fraud")["traces"]) == {"vague_text"}
    assert near(truth["fraud"].sum(), len(truth), 0.03)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("weeks =", "is not TOML"),
        ("weeks = 0", "Expected `int` >= 1 - at `$.weeks`"),
        ("start = 2026-01-06", "start is Tuesday, expected a Monday"),
        ("[trade]\nbase_rate = 0.5", "`$.trade.base_rate`"),
        ("[trade]\nbase_rat = 0.5", "unknown field `base_rat`"),
        ("[trade]\nconsignments_per_week = 1e9", "`$.trade.consignments_per_week`"),
        ("[trade]\nbase_rate = nan", "`$.trade.base_rate`"),
        ("[parties]\nimporters = 131072", "importers and births come to more than 131,072"),
        ("[boxes]\nturn_weeks = 4", "`$.boxes.turn_weeks`"),
        ("[exams]\nmissed = 1.1", "`$.exams.missed`"),
        ('acting = ["nobody"]', "acting names nobody, and no scheme is called so"),
        ('acting = ["mover", "mover"]', "acting names a scheme twice"),
        ("trade = 3", "`$.trade`"),
        ("scheme = 3", "`$.scheme`"),
        ("[[scheme]]\nname = 'Bad Name'", "`$.scheme"),
        ("[[scheme]]\ntitle_en = 'x'", "missing required field"),
        (OWN.replace("share = 1.0", ""), "scheme mine needs either share or per_week"),
        (OWN.replace("vague_text", "unit_value"), "trace unit_value needs a median above 0"),
        (OWN.replace("vague_text", "magic"), "magic"),
        (OWN.replace('"shell"', '"host"'), "its traces are among added_mass"),
        (OWN.replace("actors", "cover = 20.0\nactors").replace('["mine"]', '["mine"]\ntrade.base_rate = 0.1'), "leave no honest trade"),
        (OWN.replace("actors", "first_week = 9\nlast_week = 3\nactors"), "ends before it begins"),
    ],
)  # fmt: skip
def test_bad_parameters_are_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(InputError) as refused:
        read_parameters(text, file="mine.toml")
    assert sentence in str(refused.value)
    assert str(refused.value).startswith("mine.toml: ")


def test_a_world_ends_with_its_last_week_and_has_no_negative_seed() -> None:
    world = World(read_parameters("weeks = 1\n[trade]\nconsignments_per_week = 5"), 1)
    assert world.truth().is_empty()
    world.week()
    with pytest.raises(StateError, match="the world has 1 weeks, and all were played"):
        world.week()
    with pytest.raises(InputError, match="the seed is -1"):
        World(seed=-1)


@pytest.mark.parametrize(
    "text",
    [
        "acting = []",
        "[trade]\nconsignments_per_week = 1\nlanes = 1",
        "[trade]\nconsolidated = 1.0\ntranshipped = 0.0",
        "[trade]\nmore_lines = 0.0\nconsolidated = 0.0\ntranshipped = 1.0",
        "[parties]\nimporters = 1\nbirths_per_week = 0.0\nlife_weeks = 0.5",
        'acting = ["new_dense", "new_thin"]',
        "[noise]\ntext_typo = 1.0\nname_typo = 1.0\ncontainer_typo = 1.0\nvague = 1.0\nno_seal = 1.0",
    ],
)
def test_worlds_at_the_edge_are_played(text: str) -> None:
    seen = History(World(read_parameters(text), 2), 15 if "new" in text else 3)
    assert seen.bills["bill"].n_unique() == len(seen.bills) == len(seen.truth)
    assert seen.boxes["box"].n_unique() == len(seen.boxes)


# --- as messages, and in time ---------------------------------------------------------------------


def test_bills_go_through_messages_and_come_back(history: History) -> None:
    week = history.weeks[0]
    some = week.bills["voyage"].unique().sort()[:2].to_list()
    part = Week(
        week.number, week.starts, week.bills.filter(pl.col("voyage").is_in(some)), week.goods,
        week.boxes, week.moves, week.parties,
    )  # fmt: skip
    heading = Heading(sender="A", recipient="B", reference="1", prepared="2026-01-05T00:00")
    told = Written()
    data = b"".join(write(messages(part, week.parties), "edifact.cuscar", heading, told))
    assert (told.refused, told.left) == ([], {})
    sent = {body.bill: body for one in messages(part, week.parties) for body in one.statements}
    read = [
        item
        for item in read_stream(io.BufferedReader(io.BytesIO(data)), "week.edi")
        if isinstance(item, Message)
    ]
    back = {b.bill: b for one in read for b in one.statements if isinstance(b, Consignment)}
    assert set(back) == set(sent) == set(part.bills["bill"])
    for bill, body in back.items():
        before = sent[bill]
        assert isinstance(before, Consignment)
        assert [g.description for g in body.goods] == [g.description for g in before.goods]
        assert [g.value for g in body.goods] == [g.value for g in before.goods]
        assert body.equipment[0].verified_mass_kg == before.equipment[0].verified_mass_kg
        assert {(p.role, p.name) for p in before.parties} <= {
            (p.role, p.name) for p in body.parties
        }
        assert (body.load_port.code, body.departure) == (before.load_port.code, before.departure)


def test_a_week_of_fifteen_hundred_costs_less_than_a_tenth_of_a_second(history: History) -> None:
    assert sorted(history.cpu)[WEEKS // 4] < 0.1
