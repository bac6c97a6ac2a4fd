"""Schemes of the planted world: their traces, their start, who moves when caught; and causes: what
changes in one place changes nothing elsewhere."""

from __future__ import annotations

import math
from collections.abc import Callable

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from esclusa.analysis.world import COLUMNS, Parameters, Week, World, read_parameters
from esclusa.analysis.world.tables import frame

PUBLIC = ("bills", "goods", "boxes", "moves", "parties")
DENSE = """
acting = ["persistent", "misdeclared", "weight", "rip_on", "shells", "mover", "new_thin", "new_dense"]
"""
Choice = Callable[[World, Week], list[str]]


def nothing(_world: World, _week: Week) -> list[str]:
    return []


def everything(_world: World, week: Week) -> list[str]:
    return week.boxes["box"].to_list()


def of_the_mover(world: World, week: Week) -> list[str]:
    """All boxes of the adversary: an officer who knows the truth could do no better."""
    truth = world.truth().filter((pl.col("week") == week.number) & (pl.col("scheme") == "mover"))
    return truth["box"].unique(maintain_order=True).to_list()


class Run:
    """Weeks of a world under one way to choose boxes."""

    def __init__(self, choose: Choice, weeks: int, text: str = "", seed: int = 21) -> None:
        self.parameters: Parameters = read_parameters(text)
        world = World(self.parameters, seed)
        self.weeks: list[Week] = []
        outcomes = [frame("outcomes", {name: [] for name in COLUMNS["outcomes"]})]
        for _ in range(weeks):
            self.weeks.append(world.week())
            outcomes.append(world.inspect(choose(world, self.weeks[-1])))
        self.truth = world.truth()
        self.outcomes = pl.concat(outcomes)

    def all(self, table: str) -> pl.DataFrame:
        return pl.concat([getattr(week, table) for week in self.weeks])


@pytest.fixture(scope="module")
def quiet() -> Run:
    """No box is opened."""
    return Run(nothing, 24)


@pytest.fixture(scope="module")
def hunted() -> Run:
    """The same seed; each box of the adversary is opened."""
    return Run(of_the_mover, 24)


@pytest.fixture(scope="module")
def marked(quiet: Run) -> pl.DataFrame:
    """Bills with truth, box and importer beside them."""
    boxes = quiet.all("boxes").select(
        "box", "declared_mass_kg", "verified_mass_kg", "stow_mass_kg", "tare_kg"
    )
    parties = quiet.all("parties").select("party", "registered", "address")
    return (
        quiet.all("bills")
        .join(quiet.truth.drop("week", "box"), on="bill")
        .join(boxes, on="box")
        .join(parties, left_on="importer", right_on="party")
    )


def near(hits: int, of: int, rate: float, sigmas: float = 5.0) -> bool:
    return abs(hits - of * rate) <= sigmas * math.sqrt(of * rate * (1 - rate)) + 1


# --- causes ---------------------------------------------------------------------------------------


def test_equal_seeds_and_exams_give_equal_worlds_to_the_last_bit(quiet: Run) -> None:
    again = Run(nothing, 4)
    for one, other in zip(quiet.weeks, again.weeks, strict=False):
        for table in PUBLIC:
            assert_frame_equal(getattr(one, table), getattr(other, table), check_exact=True)
    assert_frame_equal(quiet.truth.filter(pl.col("week") < 4), again.truth, check_exact=True)


def test_another_seed_is_another_world(quiet: Run) -> None:
    other = Run(nothing, 1, seed=22)
    assert set(other.all("bills")["bill"]).isdisjoint(quiet.all("bills")["bill"])


def test_how_many_weeks_may_be_played_changes_no_week(quiet: Run) -> None:
    longer = Run(nothing, 3, "weeks = 90")
    for table in PUBLIC:
        assert_frame_equal(
            longer.all(table), pl.concat([getattr(w, table) for w in quiet.weeks[:3]])
        )


def test_other_exams_change_only_what_the_adversary_changes(quiet: Run, hunted: Run) -> None:
    changed = quiet.truth.join(hunted.truth, on="bill", how="anti")
    assert set(changed.select(pl.coalesce("scheme", "cover")).to_series()) <= {"mover"}
    rest = pl.coalesce("scheme", "cover").fill_null("") != "mover"
    assert_frame_equal(quiet.truth.filter(rest), hunted.truth.filter(rest))
    honest = quiet.truth.filter(rest).select("bill")
    for table in ("bills", "goods"):
        one, other = (run.all(table).join(honest, on="bill", how="semi") for run in (quiet, hunted))
        assert_frame_equal(one, other, check_exact=True)
    with_mover = [run.truth.filter(~rest)["box"] for run in (quiet, hunted)]
    untouched = ~pl.col("box").is_in(pl.concat(with_mover).to_list())
    for table in ("boxes", "moves"):
        one, other = (run.all(table).filter(untouched) for run in (quiet, hunted))
        assert_frame_equal(one, other, check_exact=True)


def test_exams_without_a_true_find_change_nothing(quiet: Run) -> None:
    def honest(world: World, week: Week) -> list[str]:
        truth = world.truth().filter(pl.col("week") == week.number)
        bad = truth.filter("fraud")["box"]
        return truth.filter(~pl.col("box").is_in(bad.to_list()))["box"].unique().sort().to_list()

    run = Run(honest, 6)
    assert run.outcomes["found"].sum() > 0  # Wrong finds alone, and nobody moves for those.
    for table in PUBLIC:
        assert_frame_equal(run.all(table), pl.concat([getattr(w, table) for w in quiet.weeks[:6]]))


def test_one_more_scheme_leaves_everything_else_as_it_was(quiet: Run) -> None:
    more = Run(nothing, 16, DENSE)
    before = quiet.truth.filter(pl.col("week") < 16)
    assert_frame_equal(
        before, more.truth.join(before.select("bill"), on="bill", how="semi"), check_exact=True
    )
    for table in ("bills", "goods"):
        kept = more.all(table).join(before.select("bill"), on="bill", how="semi")
        assert_frame_equal(kept, quiet.all(table).filter(pl.col("week") < 16), check_exact=True)
    assert_frame_equal(
        more.all("boxes").join(before.select("box").unique(), on="box", how="semi"),
        quiet.all("boxes").filter(pl.col("week") < 16),
    )


# --- new schemes ----------------------------------------------------------------------------------


def test_the_thin_scheme_starts_in_its_week_over_four_lanes_among_eighty_honest(
    quiet: Run, marked: pl.DataFrame
) -> None:
    mine = marked.filter(pl.col("scheme") == "new_thin")
    assert mine["week"].min() == 14
    weeks = quiet.truth["week"].max() - 13
    assert abs(len(mine) - 12 * weeks) < 5 * math.sqrt(12 * weeks)
    lanes = mine.select("load_port", "discharge_port", "canal_port").unique()
    assert len(lanes) == 4
    beside = marked.join(lanes, on=lanes.columns, how="semi").filter(~pl.col("fraud"))
    for start, end in ((0, 14), (14, 24)):
        part = beside.filter(pl.col("week").is_between(start, end - 1))
        expected = 80 * sum(1 + 0.15 * math.sin(2 * math.pi * w / 52) for w in range(start, end))
        assert abs(len(part) - expected) < 5 * math.sqrt(expected)
    assert set(mine["importer"]).isdisjoint(marked.filter(pl.col("week") < 14)["importer"])
    assert (mine["at_canal"].dt.date() - mine["registered"]).dt.total_days().min() > 0


def test_the_dense_scheme_is_twenty_five_a_week_in_one_lane_among_as_many() -> None:
    run = Run(nothing, 18, DENSE)
    marked = run.all("bills").join(run.truth.drop("week", "box"), on="bill")
    mine = marked.filter(pl.col("scheme") == "new_dense")
    lane = mine.select("load_port", "discharge_port", "canal_port").unique()
    assert (mine["week"].min(), len(lane)) == (14, 1)
    assert abs(len(mine) - 25 * 4) < 5 * math.sqrt(100)
    honest = marked.join(lane, on=lane.columns, how="semi").filter(
        ~pl.col("fraud") & (pl.col("week") >= 14)
    )
    assert abs(len(honest) - 25 * 4 * 1.14) < 5 * math.sqrt(114)


def test_a_scheme_ends_after_its_last_week() -> None:
    text = """
    [[scheme]]
    name = "new_thin"
    title_en = "x"
    title_es = "x"
    finding = "goods"
    identity = "shell"
    per_week = 30
    first_week = 2
    last_week = 3
    actors = 2
    trace = []
    """
    weeks = Run(nothing, 6, text).truth.filter(pl.col("scheme") == "new_thin")["week"]
    assert sorted(weeks.unique()) == [2, 3]


# --- the adversary --------------------------------------------------------------------------------


def _places(run: Run) -> pl.DataFrame:
    mine = run.truth.filter(pl.coalesce("scheme", "cover") == "mover")
    bills = run.all("bills").select(
        "bill",
        "carrier",
        "importer",
        (pl.col("load_port") + pl.col("discharge_port")).alias("lane"),
    )
    return mine.join(bills, on="bill")


def test_the_adversary_stays_where_nobody_finds_him(quiet: Run) -> None:
    seen = _places(quiet)
    assert seen["moves"].max() == 0
    per_actor = seen.group_by("actor").agg(pl.col("lane", "importer").n_unique())
    assert per_actor.select("lane", "importer").max().row(0) == (1, 1)


def test_the_adversary_moves_after_a_find_and_not_otherwise(hunted: Run) -> None:
    finds = hunted.outcomes.filter("found").join(
        hunted.truth.filter(pl.col("scheme") == "mover"), on="bill"
    )
    caught = set(finds.select("actor", "week").unique().iter_rows())
    moves = {(a, w): m for a, w, m in _places(hunted).select("actor", "week", "moves").iter_rows()}
    checked = 0
    for (actor, week), count in moves.items():
        later = [w for a, w in moves if a == actor and w > week]
        if later:
            between = sum((actor, w) in caught for w in range(week, min(later)))
            assert moves[actor, min(later)] == count + between
            checked += between
    assert checked > 15


def test_the_adversary_changes_lane_then_importer_then_goods_then_carrier(hunted: Run) -> None:
    seen = _places(hunted)
    for actor in seen["actor"].unique().drop_nulls():
        mine = seen.filter(pl.col("actor") == actor)
        steps = {m: mine.filter(pl.col("moves") == m) for m in sorted(mine["moves"].unique())}
        for move, (before, after) in enumerate(
            zip(steps.values(), list(steps.values())[1:], strict=False)
        ):
            same_importer = set(before["importer"]) == set(after["importer"])
            assert before["importer"].n_unique() == 1
            assert same_importer == (move % 4 != 1)
            lanes = before["lane"].n_unique(), after["lane"].n_unique()
            assert lanes == (1, 1)
            assert (before["lane"][0] == after["lane"][0]) == (move % 4 != 0)


def test_a_patient_adversary_waits_for_two_finds() -> None:
    text = 'acting = ["mover"]\n' + _mover(patience=2)
    run = Run(of_the_mover, 5, text)
    finds = run.outcomes.join(run.truth, on="bill").filter("found")
    for actor in range(2):
        count, moves = 0, 0
        for week in range(5):
            seen = run.truth.filter((pl.col("week") == week) & (pl.col("actor") == actor))
            assert set(seen["moves"]) <= {moves}
            count += finds.filter((pl.col("week") == week) & (pl.col("actor") == actor)).height
            if count >= 2:
                count, moves = 0, moves + 1


def _mover(patience: int) -> str:
    return f"""
    [trade]
    consignments_per_week = 60
    base_rate = 0.03
    [[scheme]]
    name = "mover"
    title_en = "x"
    title_es = "x"
    finding = "goods"
    identity = "shell"
    share = 1.0
    lanes = 2
    actors = 2
    moves = ["lane"]
    patience = {patience}
    trace = []
    """


# --- identities and traces ------------------------------------------------------------------------


def test_shells_are_reborn_and_many_keep_their_address(quiet: Run, marked: pl.DataFrame) -> None:
    mine = marked.filter(pl.coalesce("scheme", "cover") == "shells")
    per_life = mine.group_by("actor", "importer").agg(
        pl.col("week").min().alias("first"), pl.col("week").max().alias("last"),
        pl.col("registered").first(), pl.col("at_canal").min(), pl.col("address").first(),
    )  # fmt: skip
    assert ((per_life["last"] - per_life["first"]) < 9).all()
    assert per_life.group_by("actor").len()["len"].min() >= 3
    age = (per_life["at_canal"].dt.date() - per_life["registered"]).dt.total_days()
    assert 0 < age.min() <= age.max() < 100
    lives = per_life.sort("first").with_columns(
        (pl.col("address") == pl.col("address").first()).over("actor").alias("kept"),
        pl.int_range(pl.len()).over("actor").alias("life"),
    )
    later = lives.filter(pl.col("life") > 0)
    assert near(later["kept"].sum(), len(later), 0.6)
    assert 0 < later["kept"].sum() < len(later)


def test_established_cheats_also_trade_honestly(quiet: Run, marked: pl.DataFrame) -> None:
    for scheme in quiet.parameters.schemes:
        if scheme.identity != "established":
            continue
        frauds = marked.filter(pl.col("scheme") == scheme.name)
        cover = marked.filter(pl.col("cover") == scheme.name)
        total = len(frauds) + len(cover)
        assert near(len(frauds), total, 1 / (1 + scheme.cover)), scheme.name
        assert set(frauds["importer"]) <= set(cover["importer"])
        assert frauds["importer"].n_unique() <= scheme.actors
        assert set(cover["traces"]) == {""}


def test_each_trace_is_left_with_its_probability(quiet: Run, marked: pl.DataFrame) -> None:
    for scheme in quiet.parameters.schemes:
        frauds = marked.filter(pl.col("scheme") == scheme.name)
        assert len(frauds) > 60
        for trace in scheme.trace:
            if trace.kind != "shared_address":
                hits = frauds["traces"].str.split(" ").list.contains(trace.kind).sum()
                assert near(hits, len(frauds), trace.probability), (scheme.name, trace.kind)
    assert set(marked.filter(~pl.col("fraud"))["traces"]) == {""}


def _left(marked: pl.DataFrame, kind: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Bills with a trace, and honest ones."""
    with_trace = pl.col("traces").str.split(" ").list.contains(kind)
    return marked.filter(with_trace), marked.filter(~pl.col("fraud"))


def test_traces_on_papers_show_in_their_fields(marked: pl.DataFrame) -> None:
    peers = marked.filter(~pl.col("fraud")).group_by("hs").agg(
        (pl.col("value_usd") / pl.col("gross_mass_kg")).median().alias("usual"),
        (pl.col("gross_mass_kg") / pl.col("packages")).median().alias("pack"),
    )  # fmt: skip
    seen = marked.join(peers, on="hs")
    cheap = pl.col("value_usd") / pl.col("gross_mass_kg") / pl.col("usual")
    bad, good = _left(seen.filter(pl.col("scheme").fill_null("") != "misdeclared"), "unit_value")
    assert 0.35 < bad.select(cheap.median()).item() < 0.6 < good.select(cheap.median()).item()
    bad, good = _left(marked, "late_filing")
    lead = (pl.col("departs") - pl.col("filed")).dt.total_minutes() / 60
    assert 8 < bad.select(lead.median()).item() < 15
    assert 45 < good.select(lead.median()).item() < 75
    for kind, column in (("no_stuffing", "stuffing_place"), ("no_notify", "notify")):
        bad, _good = _left(marked, kind)
        assert bad[column].null_count() == len(bad) > 20
    bad, good = _left(marked, "rounded_value")
    round_sums = pl.col("value_usd") % 1_000 == 0
    assert bad.drop_nulls("value_usd").select(round_sums.all()).item()
    assert good.filter(round_sums).height < 0.001 * len(good)
    bad, good = _left(marked, "vague_text")
    assert bad["goods_text"].n_unique() < 25
    full = marked.filter(pl.col("master_bill").is_null())
    bad, good = _left(full.filter(pl.col("scheme").fill_null("") != "new_thin"), "freight")
    assert bad["freight_usd"].median() > 1.8 * good["freight_usd"].median()


def test_text_and_code_disagree_where_the_code_is_wrong(quiet: Run, marked: pl.DataFrame) -> None:
    """The text an honest bill has with a code is not the text of a misdeclared one."""
    known = marked.filter(~pl.col("fraud")).group_by("goods_text").agg(pl.col("hs").mode().first())
    texts = known.rename({"hs": "expected"})
    bad, good = _left(marked.join(texts, on="goods_text"), "wrong_code")
    plain = bad.filter(~pl.col("traces").str.contains("vague_text")).drop_nulls("hs")
    assert len(plain) > 100
    assert (plain["hs"] != plain["expected"]).mean() > 0.9
    fair = good.drop_nulls("hs")
    assert (fair["hs"] != fair["expected"]).mean() < 0.08


def test_hidden_goods_show_on_the_scale_and_in_the_stow_plan(marked: pl.DataFrame) -> None:
    gap = pl.col("verified_mass_kg") - pl.col("declared_mass_kg")
    bad, good = _left(marked, "hidden_mass")
    assert bad.select((gap > 900).mean()).item() > 0.75
    assert good.select((gap > 900).mean()).item() < 0.08
    bad, good = _left(marked, "stow_gap")
    off = (pl.col("stow_mass_kg") / pl.col("verified_mass_kg") - 1).abs() > 0.08
    assert bad.select(off.mean()).item() > 0.8
    assert good.select(off.mean()).item() < 0.05


def test_a_rip_on_changes_the_seal_at_the_transit_port_in_an_honest_box(
    quiet: Run, marked: pl.DataFrame
) -> None:
    mine = marked.filter(pl.col("scheme") == "rip_on")
    assert mine["transhipped"].all()
    assert mine["master_bill"].null_count() == len(mine)
    assert mine.select("load_port", "discharge_port", "canal_port").n_unique() <= 4
    others = set(marked.filter(pl.coalesce("scheme", "cover").is_null())["importer"])
    assert len(set(mine["importer"]) - others) < 0.2 * mine["importer"].n_unique()
    moves = quiet.all("moves").filter(pl.col("box").is_in(mine["box"].to_list()))
    ashore = pl.col("event").is_in(["shift", "gate_out"]) | (pl.col("at") > pl.col("at_canal"))
    seen = moves.join(mine.select("box", "at_canal", "traces"), on="box").drop_nulls("seal")
    sealed = seen.filter(pl.col("traces").str.contains("seal_change"))
    before = (
        sealed.filter(pl.col("at") < pl.col("at_canal"))
        .group_by("box")
        .agg(pl.col("seal").mode().first().alias("old"))
    )
    after = sealed.filter(ashore & (pl.col("event") != "discharge")).join(before, on="box")
    assert len(after) > 100
    assert (after["seal"] != after["old"]).mean() > 0.97
    plain = seen.filter(~pl.col("traces").str.contains("seal_change"))
    assert plain.group_by("box").agg(pl.col("seal").n_unique() == 1)["seal"].mean() > 0.75
    assert not moves["resealed"].any()


def test_an_honest_new_seal_is_mostly_noted(quiet: Run) -> None:
    noise = quiet.parameters.noise
    boxes = quiet.all("boxes").filter("transhipped").filter(pl.col("week") < 24)
    noted = quiet.all("moves").filter("resealed")["box"].n_unique()
    assert near(noted, len(boxes), noise.reseal * noise.reseal_noted)


def test_what_is_put_in_at_the_transit_port_weighs_at_the_next_crane(
    quiet: Run, marked: pl.DataFrame
) -> None:
    bad, good = _left(marked, "added_mass")
    weighed = quiet.all("moves").drop_nulls("mass_kg").join(bad.select("box", "at_canal"), on="box")
    honest = quiet.all("moves").drop_nulls("mass_kg").join(good, on="box")
    off = (honest["mass_kg"] / honest["verified_mass_kg"] - 1).drop_nulls()
    assert abs(off.mean()) < 0.005
    assert 0.01 < off.std() < 0.03
    ashore = weighed.filter(pl.col("event") == "load").with_columns(
        (pl.col("at") > pl.col("at_canal")).alias("later")
    )
    mean = ashore.group_by("box").agg(
        pl.col("mass_kg").filter("later").mean().alias("after"),
        pl.col("mass_kg").filter(~pl.col("later")).mean().alias("before"),
    ).drop_nulls()  # fmt: skip
    assert len(mean) > 15
    assert 150 < (mean["after"] - mean["before"]).mean() < 700
