"""A table from a sender is read as the mapping kept for it says, from custody to the queue."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

import worlds
from esclusa.errors import Forbidden, FormatError, InputError, LimitError, NotFound
from esclusa.formats.tabular.mapping import MAPPING_BYTES, load_mapping
from esclusa.ledger.schema import source
from esclusa.model import Level
from esclusa.node import Node, kept_mappings
from esclusa.node.pipeline import Pipeline
from esclusa.sharing.reader import Reader, Role
from esclusa.sharing.views import MappingView, SourceView

DATA = Path(__file__).parents[1] / "data" / "tabular"
EXPORTS = (DATA / "exportacion.csv").read_bytes()
RIGHT = (DATA / "exportacion.toml").read_text()
NAME = "altamira-exportacion"
WATCHED = b"Apodo;Nombre real\nEl Pardo;Velasco Marrone\n"
WATCH = """
id = "watch"
target = "list_entry"
[columns]
"Apodo" = "weak_aliases"
"Nombre real" = "name"
"""


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    made = worlds.make(tmp_path / "node")
    yield made
    made.close()


def keep(node: Node, text: str = RIGHT, name: str = "m.toml") -> MappingView:
    return node.add_mapping(node.operator(), name, io.BytesIO(text.encode()))


def ingest(node: Node, data: bytes = EXPORTS, mapping: str = "", who: Reader | None = None,
           name: str = "exportacion.csv") -> SourceView:  # fmt: skip
    return node.ingest(who or node.operator(), name, io.BytesIO(data), mapping=mapping)


def masses(node: Node) -> dict[str, str]:
    """Return bill number and the gross mass its newest version has."""
    who = node.operator()
    rows = node.search(who, "altamira", kind="consignment").rows
    found = [
        {fact.path: fact.value for fact in node.record(who, row.record_id).facts} for row in rows
    ]
    return {facts["bill"]: facts.get("goods.0.gross_mass_kg", "") for facts in found}


def codes(view: SourceView) -> list[str]:
    return [defect.code for defect in view.defects]


def other(text: str, name: str, **changes: str) -> str:
    """Return a mapping's text under another id, and with other words."""
    text = text.replace(NAME, name)
    for old, new in changes.items():
        text = text.replace(old.replace("_", " "), new)
    return text


# --- read anew, or not at all ---------------------------------------------------------------------


def test_a_guessed_file_is_read_anew_with_a_mapping_and_its_records_get_new_versions(
    node: Node,
) -> None:
    guessed = ingest(node)
    assert (guessed.mapping, codes(guessed)[0]) == ("", "table.guessed")
    assert masses(node) == {"0071": "21.6", "0072": "1.25", "0073": ""}
    keep(node, RIGHT.replace('carrier = "ALTM"', 'carrier = ""'))
    mapped = ingest(node, mapping=NAME)
    assert mapped.id != guessed.id
    assert (mapped.mapping, mapped.counts["changed"]) == (NAME, 3)
    assert masses(node) == {"0071": "21600", "0072": "1250", "0073": ""}


def test_the_same_bytes_under_the_same_mapping_change_nothing(node: Node) -> None:
    keep(node)
    first = ingest(node, mapping=NAME)
    assert ingest(node, mapping=NAME) == first
    assert ingest(node) == first
    assert len(node.sources(node.operator())) == 1


def test_a_corrected_mapping_reads_the_same_bytes_anew(node: Node) -> None:
    keep(node)
    first = ingest(node, mapping=NAME)
    second = keep(node, RIGHT.replace("scale = 1000", "scale = 1"))
    again = ingest(node, mapping=NAME)
    assert second.version == 2
    assert (again.mapping, again.mapping_digest) == (NAME, second.digest)
    assert first.mapping_digest != second.digest
    assert masses(node)["0071"] == "21.6"


# --- the only one that fits -----------------------------------------------------------------------


def test_without_a_name_the_only_mapping_that_fits_is_taken_and_the_file_says_so(
    node: Node,
) -> None:
    keep(node)
    keep(node, other(RIGHT, "elsewhere", Cliente="Comprador"))
    view = ingest(node)
    assert view.mapping == NAME
    assert codes(view)[0] == "table.mapping.found"
    assert f"the kept mapping {NAME}" in view.defects[0].reason
    assert view.counts["defects"] == len(view.defects)
    assert masses(node)["0071"] == "21600"


def test_when_several_fit_a_guess_is_made_and_both_are_named(node: Node) -> None:
    keep(node)
    keep(node, other(RIGHT, "twin"))
    view = ingest(node)
    assert view.mapping == ""
    assert codes(view)[:2] == ["table.mapping.several", "table.guessed"]
    assert f"({NAME}, twin)" in view.defects[0].reason
    assert ingest(node, mapping="twin").mapping == "twin"


def test_when_none_fits_a_guess_is_made_as_without_any(node: Node) -> None:
    before = ingest(node)
    keep(node, other(RIGHT, "elsewhere", Cliente="Comprador"))
    keep(node, WATCH)
    assert ingest(node) == before


def test_only_the_newest_version_is_chosen(node: Node) -> None:
    keep(node)
    keep(node, RIGHT.replace('"Cliente"', '"Comprador"'))
    assert ingest(node).mapping == ""


def test_a_mapping_that_this_version_cannot_read_is_passed_over(node: Node) -> None:
    from esclusa.ledger import mappings

    keep(node)
    with node.store.write() as connection:
        mappings.add(connection, identity="old", body='id = "old"\nfuture = 1', by="sol")
    assert ingest(node).mapping == NAME
    assert {(m.id, m.target) for m in node.mappings(node.operator())} == {
        ("old", ""), (NAME, "consignment"),
    }  # fmt: skip
    with pytest.raises(FormatError, match="future"):
        ingest(node, mapping="old")


@pytest.mark.parametrize(
    "data",
    [b"", b"PK\x03\x04 not a workbook", b"\x1f\x8b damaged", b"%PDF-1.7", b"one column\nx\n"],
)
def test_bytes_that_no_mapping_fits_are_received_as_ever(node: Node, data: bytes) -> None:
    bare = ingest(node, data, name="x.csv")
    keep(node)
    again = ingest(node, data, name="x.csv")
    assert (again.id, again.state, again.mapping) == (bare.id, bare.state, "")


# --- named for what is no table -------------------------------------------------------------------


def test_a_mapping_named_for_what_is_no_table_is_not_used_and_the_file_says_so(node: Node) -> None:
    keep(node)
    data = worlds.cuscar(("B1", "OTRA FIRMA SA", "BANANAS"))
    view = ingest(node, data, mapping=NAME, name="m.edi")
    assert (view.format, view.mapping, view.counts["new"]) == ("edifact", "", 1)
    assert codes(view)[0] == "table.mapping.unused"
    assert ingest(node, data, name="m.edi").id == view.id


def test_an_unknown_mapping_is_refused_by_name_before_anything_is_kept(node: Node) -> None:
    with pytest.raises(InputError, match="no mapping is called 'nowhere'"):
        ingest(node, mapping="nowhere")
    assert node.sources(node.operator()) == ()
    assert not [path for path in node.vault.folder.rglob("*") if path.is_file()]


def test_a_mapping_for_a_watchlist_is_refused_for_intake_and_the_other_way_round(
    node: Node,
) -> None:
    keep(node)
    keep(node, WATCH)
    with pytest.raises(
        InputError,
        match="watch is for list_entry, consignment, examination, ownership or traveller was",
    ):
        ingest(node, mapping="watch")
    with pytest.raises(InputError, match="is for consignment, list_entry was expected"):
        node.add_list(node.operator(), "own", "", [("l.csv", io.BytesIO(WATCHED))], mapping=NAME)


# --- own watchlists -------------------------------------------------------------------------------


@pytest.mark.parametrize("named", ["watch", ""])
def test_a_watchlist_is_loaded_with_its_mapping_named_or_found(node: Node, named: str) -> None:
    keep(node, WATCH)
    files = [("l.csv", io.BytesIO(WATCHED))]
    done = node.add_list(node.operator(), "own", "Own", files, mapping=named)
    assert (done.entries, done.mapping) == (1, "watch")
    (hit,) = node.screen(node.operator(), name="Velasco Marrone")
    assert hit.entry_name == "Velasco Marrone"
    assert node.sources(node.operator())[0].mapping == "watch"


def test_a_mapping_reads_one_table_and_no_published_list(node: Node) -> None:
    keep(node, WATCH)
    two = [(name, io.BytesIO(WATCHED)) for name in ("a.csv", "b.csv")]
    published = [("l.json", io.BytesIO(worlds.list_of(("p1", "OTRA FIRMA"))))]
    for files in (two, published):
        with pytest.raises(InputError, match="watch reads one table"):
            node.add_list(node.operator(), "own", "Own", files, mapping="watch")
    assert node.lists(node.operator()) == ()


# --- interrupted ----------------------------------------------------------------------------------


def long_table(rows: int) -> bytes:
    lines = EXPORTS.decode("cp1252").splitlines()[:3]
    lines += [f"C{n};Northreach;Altamira;1,5;;;04/09/2026;Café {n}" for n in range(rows)]
    return "\r\n".join(lines).encode("cp1252")


def stop_after(node: Node, monkeypatch: pytest.MonkeyPatch, batches: int) -> None:
    """Let the node break down when it has stored so many batches."""
    left = itertools.count(1)
    store = Pipeline._store

    def breaking(self: Pipeline, *args: object) -> bool:
        if next(left) > batches:
            raise RuntimeError("pulled the plug")
        return store(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(Pipeline, "_store", breaking)


@pytest.mark.parametrize("named", [NAME, ""])
def test_a_reading_that_broke_off_goes_on_with_the_mapping_it_began_with(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    data = long_table(700)
    calm = worlds.make(tmp_path / "calm")
    keep(calm)
    undisturbed = ingest(calm, data, mapping=NAME)

    keep(node)
    view = node.receive(node.operator(), "exportacion.csv", io.BytesIO(data), mapping=named)
    with monkeypatch.context() as patched, pytest.raises(RuntimeError, match="plug"):
        stop_after(node, patched, 1)
        node.process(view.id)
    keep(node, RIGHT.replace("scale = 1000", "scale = 1"))
    keep(node, other(RIGHT, "twin"))
    with node.store.read() as connection:
        counts = json.loads(connection.execute(sa.select(source.c.counts)).scalar_one())
    assert 0 < counts["messages"] < 700

    assert node.process_waiting() == (view.id,)
    after = node.source(node.operator(), view.id)
    extra = 0 if named else 1  # the note that the mapping was found
    assert after.counts == {**undisturbed.counts, "defects": undisturbed.counts["defects"] + extra}
    assert after.mapping_digest == undisturbed.mapping_digest
    assert set(masses(node).values()) == {"1500"}
    assert node.check() == []
    calm.close()


def test_a_message_in_quarantine_is_read_again_with_the_files_own_mapping(node: Node) -> None:
    """A row without a bill is refused by this mapping; a guess would add it to the bill above."""
    strict = RIGHT.replace("header_row", "blank_continues = false\nheader_row")
    keep(node, strict)
    view = ingest(node, EXPORTS.replace(b"0072", b""), mapping=NAME)
    (held,) = view.quarantine
    assert "row 5 has no bill number" in held.reason
    keep(node)
    (again,) = node.retry(node.operator(), held.id).quarantine
    assert (again.state, again.retries, again.reason) == ("held", 1, held.reason)


def test_a_backup_goes_on_with_the_same_mapping_on_another_node(node: Node, tmp_path: Path) -> None:
    keep(node)
    view = node.receive(node.operator(), "exportacion.csv", io.BytesIO(EXPORTS), mapping=NAME)
    keep(node, RIGHT.replace("scale = 1000", "scale = 1"))
    node.backup(tmp_path / "b.tar.gz")
    copy = worlds.make(tmp_path / "copy")
    copy.restore(tmp_path / "b.tar.gz")
    copy.process_waiting()
    assert masses(copy)["0071"] == "21600"
    assert copy.source(copy.operator(), view.id).mapping_digest == view.mapping_digest
    assert copy.check() == []
    copy.close()


# --- adding and showing ---------------------------------------------------------------------------


def test_a_mapping_is_shown_with_its_text_and_all_its_versions(node: Node) -> None:
    first = keep(node)
    second = keep(node, RIGHT + "# corrected\n")
    assert keep(node, RIGHT + "# corrected\n").version == 2
    shown = node.mapping(node.operator(), NAME)
    assert (shown.text, [v.version for v in shown.versions]) == (second.text, [2, 1])
    assert node.mapping(node.operator(), NAME, digest=first.digest[:10]).text == RIGHT
    (listed,) = node.mappings(node.operator())
    assert (listed.version, listed.text, listed.target) == (2, "", "consignment")
    for wrong in ({"mapping_id": "none"}, {"mapping_id": NAME, "digest": "nonsense"}):
        with pytest.raises(NotFound):
            node.mapping(node.operator(), **wrong)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('id = "x"', "target"), ("colour = 1\n" + RIGHT, "colour"),
        (RIGHT + "decimal = 1\n", "column 'decimal'"),
        (RIGHT.replace("split =", "cut ="), "column 'Precinto': Object contains unknown field `cut`"),
        (RIGHT.replace('"bill"', '"billl"'), "no field 'billl'"), ("{", "not a mapping"),
        (RIGHT.replace(NAME, "a b"), "id has at most 64"),
    ],
)  # fmt: skip
def test_a_wrong_mapping_is_refused_with_its_reason_and_nothing_is_kept(
    node: Node, text: str, reason: str
) -> None:
    with pytest.raises(FormatError, match="m.toml") as caught:
        keep(node, text)
    assert reason in str(caught.value)
    assert node.mappings(node.operator()) == ()


def test_a_mapping_that_is_too_large_is_refused_without_being_read_whole(node: Node) -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            assert size > 0
            self.given += size
            return b"#" * size

    stream = Endless()
    with pytest.raises(LimitError):
        node.add_mapping(node.operator(), "m.toml", stream)  # type: ignore[arg-type]
    assert stream.given <= MAPPING_BYTES + 1


def test_roles_decide_who_adds_and_who_chooses(node: Node) -> None:
    keep(node)
    people = {role: worlds.reader(node, role=role, name=role.value) for role in Role}
    for role, may_add in zip(Role, (False, True, False, True), strict=True):
        stream = io.BytesIO(RIGHT.encode())
        if may_add:
            node.add_mapping(people[role], "m.toml", stream)
        else:
            with pytest.raises(Forbidden):
                node.add_mapping(people[role], "m.toml", stream)
    assert ingest(node, mapping=NAME, who=people[Role.ANALYST]).mapping == NAME
    for role in (Role.AUDITOR, Role.ADMINISTRATOR):
        with pytest.raises(Forbidden):
            ingest(node, mapping=NAME, who=people[role])
    with pytest.raises(Forbidden):
        node.mappings(people[Role.AUDITOR])


def test_the_audit_log_tells_who_added_chose_and_read_a_mapping(node: Node) -> None:
    keep(node)
    keep(node)
    ingest(node, mapping=NAME)
    node.mapping(node.operator(), NAME)
    auditor = worlds.reader(node, role=Role.AUDITOR)
    rows = [(r.action, r.subject, r.detail) for r in node.audit(auditor, limit=200)]
    assert ("mapping:write", NAME, "version=1") in rows
    assert ("mapping:write", NAME, "known already") in rows
    assert ("mapping:read", NAME, "") in rows
    assert any(a == "intake:write" and d == f"mapping={NAME}" for a, _subject, d in rows)


# --- the guess as a text to correct ---------------------------------------------------------------


def test_the_guess_for_a_file_in_custody_is_handed_out_and_can_be_kept(node: Node) -> None:
    view = ingest(node)
    offered = node.proposal(node.operator(), view.id)
    assert offered.source_name == "exportacion.csv"
    kept = keep(node, offered.text)
    again = ingest(node, mapping=kept.id)
    assert again.counts["unchanged"] == 3
    assert load_mapping(offered.text.encode()).id == kept.id == "exportacion"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (worlds.cuscar(("B1", "OTRA FIRMA SA", "BANANAS")), "this is UN/EDIFACT"),
        (b"colour;shape\nred;round\n", "a mapping file is needed"), (b"%PDF-1.7", "a PDF document"),
    ],
)  # fmt: skip
def test_what_cannot_be_guessed_is_said(node: Node, data: bytes, reason: str) -> None:
    view = ingest(node, data, name="x.csv")
    with pytest.raises(InputError, match=reason):
        node.proposal(node.operator(), view.id)


def test_erased_bytes_are_not_guessed_from(node: Node) -> None:
    view = ingest(node)
    for row in node.search(node.operator(), "altamira", kind="consignment").rows:
        node.erase(node.administrator(), row.record_id, reason="request 7")
    with pytest.raises(InputError, match="were erased"):
        node.proposal(node.operator(), view.id)


def test_erasing_what_one_reading_made_is_told_of_every_file_with_the_same_bytes(
    node: Node,
) -> None:
    """The guess and the mapping make records under different numbers from the same bytes."""
    keep(node)
    files = [ingest(node, mapping=NAME).id]
    keep(node, other(RIGHT, "twin", ALTM="ALTX"))
    files.append(ingest(node, mapping="twin").id)
    row = node.search(node.operator(), "plátano", kind="consignment").rows[0]
    node.erase(node.administrator(), row.record_id, reason="request 7")
    assert node.check() == []
    for source_id in files:
        with pytest.raises(InputError, match="were erased"):
            node.proposal(node.operator(), source_id)


def test_erased_bytes_sent_again_for_another_mapping_are_read(node: Node) -> None:
    keep(node)
    ingest(node, mapping=NAME)
    row = node.search(node.operator(), "plátano", kind="consignment").rows[0]
    node.erase(node.administrator(), row.record_id, reason="request 7")
    keep(node, other(RIGHT, "twin", ALTM="ALTX"))
    assert ingest(node, mapping="twin").counts["new"] == 3
    again = Node.open(node.folder)
    assert again.check() == []
    assert len(again.search(again.operator(), "plátano", kind="consignment").rows) == 1
    again.close()


# --- a mapping reveals no record ------------------------------------------------------------------


def test_a_secret_file_cannot_be_told_from_none_by_its_guess_or_its_mapping(
    tmp_path: Path,
) -> None:
    answers = []
    for secret in (False, True):
        node = worlds.make(tmp_path / str(secret))
        keep(node)
        hidden = "0" * 32
        if secret:
            receive = node.receive(
                node.operator(), "s.csv", io.BytesIO(EXPORTS), marking=worlds.SECRET, mapping=NAME
            )
            node.process(receive.id)
            guessed = worlds.take_in(node, "g.csv", worlds.GUESSED, marking=worlds.SECRET)
            hidden = guessed
        low = worlds.reader(node, clearance=Level.OFFICIAL)
        said: list[object] = [
            [(m.id, m.version, m.digest) for m in node.mappings(low)],
            [(m.id, m.text) for m in [node.mapping(low, NAME)]],
        ]
        with pytest.raises(NotFound) as refused:
            node.proposal(low, hidden)
        said.append(str(refused.value))
        for mapping in (NAME, ""):
            view = ingest(node, mapping=mapping, who=low)
            said.append((view.id, view.counts, view.mapping, codes(view)))
        answers.append(said)
        node.close()
    assert answers[0] == answers[1]


def test_a_refusal_quotes_no_cell_of_the_table(node: Node) -> None:
    keep(node)
    lost = EXPORTS.replace(b"Conocimiento", b"Referencia")
    view = ingest(node, lost, mapping=NAME)
    said = " ".join(d.reason for d in view.defects) + view.reason
    assert "no column for bill" in said
    assert not [word for word in ("Northreach", "0071", "Mirador") if word in said]


def test_the_parsed_text_of_one_mapping_is_never_taken_for_another(node: Node) -> None:
    keep(node)
    keep(node, other(RIGHT, "twin", scale="scale"))
    store = node.store
    first = kept_mappings.by_name(store, NAME, kept_mappings.TAKEN_IN)
    second = kept_mappings.by_name(store, "twin", kept_mappings.TAKEN_IN)
    assert first and second
    assert (first.mapping.id, second.mapping.id) == (NAME, "twin")
    assert kept_mappings.by_reference(store, second.ref) == second.mapping
    with pytest.raises(InputError, match="is not kept here"):
        kept_mappings.by_reference(store, NAME + "@" + "0" * 64)
