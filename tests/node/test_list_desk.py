"""Editions of a watchlist: what each changes, which of them asks a person, and who may know."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
import pytest
from test_list_retro import bring, codes_of, listing, retro_of

import worlds
from esclusa.errors import EsclusaError, Forbidden, InputError, NotFound, StateError
from esclusa.formats import open_file
from esclusa.ledger import custody
from esclusa.model import Alias, Level, ListEntry
from esclusa.node import Node
from esclusa.node.list_changes import fields_changed, why_held
from esclusa.node.list_desk import key_of
from esclusa.node.settings import Settings
from esclusa.sharing.list_views import ListReport
from esclusa.sharing.reader import Reader, Role

DATA = Path(__file__).parents[1] / "data"
MANY = {f"e{number:02}": [f"FIRM NUMBER{number} OF NORTHREACH"] for number in range(20)}
"""Twenty entries: two may go, ten may change."""
FEWER = dict(list(MANY.items())[:17])


@pytest.fixture
def node(tmp_path: Path) -> Any:
    made = worlds.make(tmp_path / "node")
    yield made
    made.close()


def load(node: Node, entries: dict[str, list[str]], who: Reader | None = None, **more: Any) -> Any:
    data = io.BytesIO(listing(entries))
    reader = who or node.operator()
    return node.list_desk.add(reader, "own", "Own list", [("own.json", data)], **more)


def in_force(node: Node) -> dict[str, Any]:
    return {item.id: item for item in node.lists(node.operator())}


def rows(report: ListReport) -> list[tuple[str, str, str, tuple[str, ...]]]:
    return [(row.what, row.uid, row.name, row.fields) for row in report.rows]


# --- what an edition changes ----------------------------------------------------------------------


def test_an_edition_reports_what_came_changed_and_went(node: Node) -> None:
    load(node, {**MANY, "x1": ["OLD NAME"], "x2": ["GOES"]}, source="Office of Marisol, by mail")
    done = load(node, {**MANY, "x1": ["OLD NAME", "OTHER NAME"], "x3": ["COMES"]})
    assert (done.added, done.changed, done.removed, done.held) == (1, 1, 1, "")
    report = node.list_desk.report(node.operator(), "own")
    assert rows(report) == [
        ("removed", "x2", "GOES", ()),
        ("changed", "x1", "OLD NAME", ("aliases",)),
        ("added", "x3", "COMES", ()),
    ]
    assert all(node.record(node.operator(), row.record_id).kind == "list_entry"
               for row in report.rows)  # fmt: skip


def test_files_compared_beforehand_change_and_keep_nothing(node: Node) -> None:
    load(node, {**MANY, "x2": ["GOES"]})
    with node.store.read() as connection:
        before = custody.recent(connection, {1, 2, 3}, limit=9)
    new = io.BytesIO(listing({**MANY, "x3": ["COMES"]}))
    found = node.list_desk.diff(node.operator(), "own", [("own.json", new)])
    assert rows(found) == [("removed", "x2", "GOES", ()), ("added", "x3", "COMES", ())]
    assert (found.entries, found.edition, found.why) == (21, None, "")
    assert in_force(node)["own"].number == 1
    with node.store.read() as connection:
        assert custody.recent(connection, {1, 2, 3}, limit=9) == before


def test_the_history_keeps_every_edition_with_who_when_and_where_from(node: Node) -> None:
    load(node, MANY, source="Office of Marisol")
    load(node, {**MANY, "x3": ["COMES"]}, source="Office of Marisol, second letter")
    shown = node.list_desk.show(node.operator(), "own")
    assert [(e.number, e.state, e.source, e.loaded_by) for e in shown.editions] == [
        (2, "in_force", "Office of Marisol, second letter", "operator"),
        (1, "past", "Office of Marisol", "operator"),
    ]
    assert shown.list is not None
    assert (shown.list.source, shown.list.entries) == ("Office of Marisol, second letter", 21)


def test_the_files_of_a_list_say_in_custody_what_they_are(node: Node) -> None:
    load(node, MANY)
    (file,) = node.sources(node.operator())
    assert (file.name, file.format) == ("own.json", in_force(node)["own"].format)
    assert file.format


def test_an_update_keeps_title_marking_and_source(node: Node) -> None:
    load(node, MANY, source="Office", marking=worlds.SECRET)
    new = io.BytesIO(listing(MANY | {"x3": ["COMES"]}))
    node.list_desk.update(node.operator(), "own", [("own.json", new)])
    (found,) = node.lists(node.operator())
    assert (found.title, found.source, found.level, found.number) == ("Own list", "Office", 4, 2)


def test_the_day_that_a_file_states_stands_beside_ours(node: Node) -> None:
    with open_file(DATA / "lists" / "un_excerpt.xml") as stream:
        data = io.BytesIO(stream.read())
    node.add_list(node.operator(), "un", "United Nations", [("un.xml", data)])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d.*", in_force(node)["un"].prepared)


def test_changed_fields_are_named_and_weak_aliases_are_their_own() -> None:
    old = ListEntry(list_id="own", uid="1", type="person", name="A", aliases=(Alias(name="B"),))
    weak = (*old.aliases, Alias(name="C", weak=True))
    for changes, named in (
        ({"aliases": weak}, ("weak_aliases",)),
        ({"name": "X", "birth_dates": ("1971",)}, ("name", "birth_dates")),
        ({"aliases": (Alias(name="B", weak=True),)}, ("aliases", "weak_aliases")),
        ({"remarks": "r", "programs": ("P",)}, ("programs", "remarks")),
    ):
        assert fields_changed(old, msgspec.structs.replace(old, **changes)) == named


def test_a_report_comes_in_pages_of_fifty_and_by_kind(node: Node) -> None:
    load(node, {f"n{number:03}": [f"NAME {number}"] for number in range(120)})
    seen = [
        node.list_desk.report(node.operator(), "own", page=page, what=what)
        for page, what in ((1, ""), (3, "added"), (4, ""), (1, "removed"))
    ]
    assert [(len(each.rows), each.pages) for each in seen] == [(50, 3), (20, 3), (0, 3), (0, 1)]
    with pytest.raises(InputError):
        node.list_desk.report(node.operator(), "own", page=0)


def test_the_names_in_a_report_go_with_the_erased_entry(node: Node) -> None:
    load(node, {"x1": ["KANARI NAME"]})
    (row,) = node.list_desk.report(node.operator(), "own").rows
    node.erase(node.administrator(), row.record_id, reason="asked for")
    (row,) = node.list_desk.report(node.operator(), "own").rows
    assert (row.uid, row.name) == ("x1", "")


# --- what is held ---------------------------------------------------------------------------------


def test_an_edition_that_drops_more_than_its_share_waits_and_the_old_one_stays(node: Node) -> None:
    load(node, MANY)
    worlds.take_in(node, "b.edi", worlds.cuscar(("B1", "FIRM NUMBER19 OF NORTHREACH", "BANANAS")))
    done = load(node, FEWER)
    assert (done.held, done.removed) == ("shrinks", 3)
    assert (in_force(node)["own"].entries, in_force(node)["own"].held) == (20, True)
    assert "own:e19" in codes_of(node)["NRCH B1"]
    report = node.list_desk.report(node.operator(), "own")
    assert (report.why, [row.uid for row in report.rows]) == ("shrinks", ["e17", "e18", "e19"])


def test_a_share_at_the_limit_passes() -> None:
    limits = {"shrink_percent": 10.0, "change_percent": 50.0}
    gone, other = (
        [row(what, n) for n in range(count)] for what, count in (("removed", 2), ("changed", 10))
    )
    assert why_held([*gone, *other], 20, **limits) == ""
    assert why_held([*gone, row("removed", 3)], 20, **limits) == "shrinks"
    assert why_held([*other, row("changed", 11)], 20, **limits) == "changes"


def test_an_entry_that_is_broken_costs_only_itself_unless_one_in_force_would_go(node: Node) -> None:
    broken = b'{"id": "e19", "schema": "Company", "properties": {}}\n'
    (done, held) = (
        node.add_list(node.operator(), "own", "Own", [("own.json", io.BytesIO(data))])
        for data in (listing(MANY) + broken.replace(b"e19", b"z"),
                     listing(dict(list(MANY.items())[:19])) + broken)
    )  # fmt: skip
    assert (done.held, done.entries, len(done.defects)) == ("", 20, 1)
    assert (held.held, held.removed) == ("broken", 1)
    assert in_force(node)["own"].entries == 20


def row(what: str, number: int) -> Any:
    from esclusa.ledger.watchlists import ChangeRow

    return ChangeRow(what=what, uid=str(number), record_id=str(number))


def test_shares_are_settings_between_0_and_100() -> None:
    from esclusa.errors import ConfigError

    for wrong in ({"list_shrink_percent": -1.0}, {"list_change_percent": 101.0}):
        with pytest.raises(ConfigError):
            Settings(agency="marisol", **wrong)


def test_a_person_confirms_with_a_reason_and_kept_records_are_compared_then(node: Node) -> None:
    load(node, MANY)
    worlds.take_in(node, "b.edi", worlds.cuscar(("B1", "FIRM NUMBER19 OF NORTHREACH", "BANANAS")))
    load(node, {**FEWER, "n1": ["NEW NAME"]}, source="Office")
    with pytest.raises(InputError):
        node.list_desk.confirm(node.operator(), "own", reason="  ")
    node.list_desk.confirm(node.operator(), "own", reason="two offices were joined")
    (now, before) = node.list_desk.show(node.operator(), "own").editions
    assert (now.number, now.state, now.entries, now.removed, now.source) == (
        2, "in_force", 18, 3, "Office",
    )  # fmt: skip
    assert (now.decided_by, now.reason, before.state) == (
        "operator", "two offices were joined", "past",
    )  # fmt: skip
    assert (retro_of(node).state, retro_of(node).ended) == ("done", 1)  # type: ignore[attr-defined]
    assert "NRCH B1" not in codes_of(node)


def test_what_was_held_can_be_discarded_and_its_new_names_go(node: Node) -> None:
    load(node, MANY)
    load(node, {**FEWER, "n1": ["KANARI NAME"]})
    assert "KANARI NAME" in {r.name for r in node.list_desk.report(node.operator(), "own").rows}
    node.list_desk.discard(node.operator(), "own", reason="cut in half")
    assert not in_force(node)["own"].held
    (gone, now) = node.list_desk.show(node.operator(), "own").editions
    assert (gone.state, gone.reason, now.state) == ("discarded", "cut in half", "in_force")
    report = node.list_desk.report(node.operator(), "own", gone.number)
    assert [(r.what, r.name) for r in report.rows][-1] == ("added", "")
    for step in (node.list_desk.confirm, node.list_desk.discard):
        with pytest.raises(StateError):
            step(node.operator(), "own", reason="again")


def test_a_later_edition_takes_the_place_of_one_that_is_held(node: Node) -> None:
    load(node, MANY)
    load(node, FEWER)
    load(node, {**MANY, "n1": ["NEW NAME"]})
    states = [e.state for e in node.list_desk.show(node.operator(), "own").editions]
    assert states == ["in_force", "discarded", "past"]


def test_what_is_confirmed_is_compared_with_what_is_in_force_by_then(node: Node) -> None:
    load(node, MANY)
    load(node, FEWER)
    other = Node.open(node.folder)
    load(other, FEWER)
    other.list_desk.confirm(other.operator(), "own", reason="right")
    with pytest.raises(StateError):
        node.list_desk.confirm(node.operator(), "own", reason="right")
    other.close()


def test_held_files_that_were_erased_cannot_come_into_force(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(node, MANY)
    load(node, FEWER)
    with node.store.write() as connection:
        for source in custody.recent(connection, {1, 2, 3}, limit=9):
            custody.redact(connection, source.id)
    with pytest.raises(InputError, match="erased"):
        node.list_desk.confirm(node.operator(), "own", reason="right")
    assert in_force(node)["own"].entries == 20


HALVES = (
    *(f"lists/{name}" for name in (
        "ftm_fictional.jsonl", "ofac_sdn_excerpt.csv", "un_excerpt.xml", "eu_fsf_fictional.csv",
        "eu_fsf_fictional.xml", "ofac_advanced_fictional.xml", "ofac_sdn_fictional.xml",
        "uk_sanctions_fictional.csv", "uk_sanctions_fictional.xml", "uk_conlist_fictional.csv",
        "us_csl_excerpt.csv", "interpol_page_fictional.json", "lost_documents_fictional.csv",
    )),
    "tabular/own_watchlist.csv",
)  # fmt: skip
"""One file of each family of lists."""


@pytest.mark.parametrize("name", HALVES)
def test_of_a_list_cut_in_half_the_old_edition_stays_in_force(node: Node, name: str) -> None:
    """It cannot be read to its end, or drops so much that a person is asked."""
    data = (DATA / name).read_bytes()
    node.add_list(node.operator(), "own", "Own", [(Path(name).name, io.BytesIO(data))])
    whole = in_force(node)["own"]
    cut = io.BytesIO(data[: len(data) // 2])
    try:
        done = node.add_list(node.operator(), "own", "Own", [(Path(name).name, cut)])
    except InputError:
        pass
    else:
        assert done.held in ("shrinks", "broken")
    now = in_force(node)["own"]
    assert (now.number, now.entries, now.edition) == (1, whole.entries, whole.edition)


# --- who may ---------------------------------------------------------------------------------------


def test_only_who_may_write_lists_adds_compares_confirms_and_discards(node: Node) -> None:
    load(node, MANY)
    load(node, FEWER)
    analyst = worlds.reader(node)
    desk = node.list_desk
    for step in (
        lambda: load(node, MANY, analyst),
        lambda: desk.diff(analyst, "own", [("own.json", io.BytesIO(listing(MANY)))]),
        lambda: desk.update(analyst, "own", [("own.json", io.BytesIO(listing(MANY)))]),
        lambda: desk.confirm(analyst, "own", reason="x"),
        lambda: desk.discard(analyst, "own"),
    ):
        with pytest.raises(Forbidden):
            step()


def test_an_auditor_sees_counts_and_no_names(node: Node) -> None:
    load(node, MANY)
    auditor = worlds.reader(node, role=Role.AUDITOR)
    report = node.list_desk.report(auditor, "own")
    assert report.added == 20
    assert {row.name for row in report.rows} == {""}


def test_nobody_marks_a_list_beyond_what_he_may_read(node: Node) -> None:
    chief = worlds.reader(node, role=Role.SUPERVISOR)
    with pytest.raises(InputError, match="beyond"):
        load(node, MANY, chief, marking=worlds.SECRET)
    assert node.lists(node.operator()) == ()


def test_of_two_lists_of_one_id_a_person_names_one_by_its_marking(node: Node) -> None:
    load(node, MANY)
    load(node, FEWER, marking=worlds.SECRET)
    new = [("own.json", io.BytesIO(listing(MANY)))]
    with pytest.raises(InputError, match="several markings"):
        node.list_desk.update(node.operator(), "own", new)
    secret = node.list_desk.show(node.operator(), "own", key=key_of(worlds.SECRET))
    assert secret.editions[0].entries == 17
    assert node.list_desk.show(node.operator(), "own").editions[0].entries == 20


_CLOCK = re.compile(r"\d{4}-\d\d-\d\dT[0-9:.]+Z")


def everything(node: Node, who: Reader) -> list[str]:
    """Ask all that there is to ask about lists; files of one's own included."""
    desk = node.list_desk
    said: list[str] = []

    def say(action: Callable[[], object]) -> None:
        try:
            text = msgspec.json.encode(action()).decode()
        except EsclusaError as error:
            text = f"{type(error).__name__}: {error}"
        said.append(_CLOCK.sub("T", text))

    say(lambda: desk.lists(who))
    for list_id in ("own", "hidden", "nothing"):
        for key in ("", key_of(worlds.SECRET), key_of(worlds.PUBLIC), "0"):
            say(lambda i=list_id, k=key: desk.show(who, i, key=k))
            for number in range(4):
                say(lambda i=list_id, k=key, n=number: desk.report(who, i, n, key=k))
            say(lambda i=list_id, k=key: desk.confirm(who, i, reason="r", key=k))
            say(lambda i=list_id, k=key: desk.discard(who, i, key=k))
            for step in (desk.diff, desk.update):
                new = [("f.json", io.BytesIO(listing({**MANY, "n": ["NEW"]})))]
                say(lambda i=list_id, k=key, s=step, f=new: s(who, i, f, key=k))
    say(lambda: desk.lists(who))
    return said


@pytest.mark.parametrize("role", [Role.ANALYST, Role.SUPERVISOR, Role.AUDITOR, Role.ADMINISTRATOR])
def test_who_may_not_know_a_list_finds_no_trace_of_it(tmp_path: Path, role: Role) -> None:
    """Nor of the records that were compared, nor of the alerts that another list gave."""
    seen = []
    for secret in (False, True):
        node = worlds.make(tmp_path / str(secret))
        load(node, MANY)
        worlds.take_in(node, "b.edi", worlds.cuscar(*worlds.OPEN_BILLS))
        if secret:
            worlds.take_in(node, "h.edi", worlds.cuscar(*worlds.HIDDEN_BILLS), worlds.SECRET)
            for entries in (MANY, {**MANY, "h": ["GHOST FIRM"], "i": ["OTRA FIRMA"]}, FEWER):
                for list_id in ("own", "hidden"):
                    data = [("h.json", io.BytesIO(listing(entries)))]
                    node.list_desk.add(node.operator(), list_id, "Hidden", data,
                                       marking=worlds.SECRET)  # fmt: skip
        load(node, {**MANY, "g": ["GHOST FIRM"], "o": ["OTRA FIRMA"]})
        if role is Role.ANALYST:
            load(node, FEWER)
        seen.append(everything(node, worlds.reader(node, role=role)))
        node.close()
    assert seen[0] == seen[1]
    assert '"compared":3' in "".join(seen[0])
    assert "NotFound" in "".join(seen[0]) or "Forbidden" in "".join(seen[0])


def test_the_counts_of_a_comparison_are_of_what_its_reader_may_see(node: Node) -> None:
    worlds.take_in(node, "b.edi", worlds.cuscar(*worlds.OPEN_BILLS))
    worlds.take_in(node, "h.edi", worlds.cuscar(*worlds.HIDDEN_BILLS), worlds.SECRET)
    bring(node, "own", listing({"g": ["GHOST FIRM"], "o": ["OTRA FIRMA"]}))
    low, high = (
        node.list_desk.show(who, "own").editions[0].retro
        for who in (worlds.reader(node), worlds.cleared(node))
    )
    assert (low.compared, low.changed) == (3, 1)
    assert (high.compared, high.changed) == (5, 2)
    assert high.finished > high.started


def test_what_is_typed_in_place_of_a_list_is_not_written_to_the_log(node: Node) -> None:
    with pytest.raises(NotFound):
        node.list_desk.show(worlds.reader(node), "GHOST FIRM")
    lines = node.audit(worlds.reader(node, role=Role.AUDITOR))
    assert "GHOST" not in msgspec.json.encode(lines).decode()


def test_lists_loaded_before_there_was_a_history_have_one_edition(tmp_path: Path) -> None:
    node = worlds.make(tmp_path)
    bring(node, "own", listing(MANY))
    node.store.downgrade("0007")
    node.store.upgrade()
    shown = node.list_desk.show(worlds.reader(node), "own")
    assert [(e.number, e.state, e.entries) for e in shown.editions] == [(1, "in_force", 20)]
    assert load(node, {**MANY, "n": ["NEW"]}).number == 2
    node.close()


def test_the_shipped_lists_can_be_read(node: Node) -> None:
    folder = files("esclusa.samples").joinpath("lists")
    data = io.BytesIO(folder.joinpath("un_consolidated.xml.gz").read_bytes())
    node.add_list(node.operator(), "un", "United Nations", [("un.xml.gz", data)])
    assert in_force(node)["un"].level == Level.OPEN
