"""Pointer commands: two nodes search by hand, and a person answers for a hit."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from importlib.resources import files
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from esclusa.cli.commands import cli
from esclusa.ledger import records
from esclusa.model import TransportEquipment
from esclusa.node import Node, credentials
from esclusa.sharing.agreement import Signed, read_agreement, sign, write_signed
from esclusa.sharing.agreement.shape import PointerClause, Search
from esclusa.sharing.keys import AGREEMENT
from esclusa.sharing.pointers.terms import DRAFT_LIMITS
from exchange_worlds import for_partners

SAMPLE = files("esclusa.samples").joinpath("agreements", "marisol-northreach.yaml")
CLAUSE = PointerClause(
    id="hits", giver="marisol", records=("equipment",), purposes=("targeting",), level="official",
    searches=(Search(subject="container", keys=("iso6346",), limits=DRAFT_LIMITS["container"]),),
)  # fmt: skip


def run(*arguments: str | Path, code: int = 0) -> Result:
    done = CliRunner().invoke(cli, [str(item) for item in arguments])
    assert done.exit_code == code, (done.output, done.stderr)
    return done


def lines(done: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def signed(folders: dict[str, Path]) -> bytes:
    """Return the shipped agreement with a pointer clause, signed by two nodes, from today on."""
    text = SAMPLE.read_text("utf-8")
    signers = {name: credentials.load(folder).signer(AGREEMENT) for name, folder in folders.items()}
    for party in read_agreement(text.encode()).parties:
        text = text.replace(party.key, signers[party.agency].key_id)
    now = dt.datetime.now(dt.UTC)
    text = text.replace("from: 2026-12-01", f"from: {now.date().isoformat()}")
    agreement = msgspec.structs.replace(read_agreement(text.encode()), pointers=(CLAUSE,))
    done = Signed(agreement=agreement)
    for name, signer in signers.items():
        done = sign(done, name, signer.key_id, now, signer.sign)
    return write_signed(done)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two nodes with an agreement; Marisol holds a container, Northreach may search."""
    tmp_path = tmp_path_factory.mktemp("made")
    found = {name: tmp_path / name for name in ("marisol", "northreach")}
    for name, folder in found.items():
        run("init", folder, "--agency", name)
        run("partner", "keys", "--create", "--node", folder)
    for name, other in (("marisol", "northreach"), ("northreach", "marisol")):
        public = tmp_path / f"{other}.json"
        public.write_text(run("partner", "keys", "--node", found[other]).stdout)
        run("partner", "add", public, "--node", found[name])
    agreement = tmp_path / "agreement.json"
    agreement.write_bytes(signed(found))
    for folder in found.values():
        run("partner", "agree", agreement, "--node", folder)
    node = Node.open(found["marisol"])
    label = node.labels.intern("marisol", for_partners("northreach"))
    box = TransportEquipment(number="CSQU3054383")
    with node.store.write() as connection:
        records.append(connection, [records.Draft(body=box, originator="marisol", label_id=label)])
    node.close()
    return tmp_path


@pytest.fixture
def folders(made: Path, tmp_path: Path) -> dict[str, Path]:
    """Return copies of the two nodes, by agency."""
    names = ("marisol", "northreach")
    return {name: Path(shutil.copytree(made / name, tmp_path / name)) for name in names}


def carry(folders: dict[str, Path], rounds: int = 1) -> None:
    """Carry sealed bundles from Northreach to Marisol and back."""
    place = folders["marisol"].parent
    for _ in range(rounds):
        for giver, taker in (("northreach", "marisol"), ("marisol", "northreach")):
            bundle = place / f"{len(list(place.glob('*.bundle')))}.bundle"
            run("partner", "bundle", taker, bundle, "--node", folders[giver])
            run("partner", "receive", bundle, "--node", folders[taker])


def test_a_container_is_searched_by_hand_and_the_owner_answers_for_the_hit(
    folders: dict[str, Path],
) -> None:
    marisol, northreach = folders["marisol"], folders["northreach"]
    said = run("pointer", "ask", "marisol", "CSQU3054383", "MSKU9070323", "--kind", "iso6346",
               "--node", northreach)  # fmt: skip
    assert said.stdout.startswith("2 keys in 1 questions to marisol")
    assert lines(run("pointer", "hits", "--node", northreach)) == []
    carry(folders, 2)
    every = lines(run("pointer", "hits", "--all", "--node", northreach))
    assert {item["value"]: item["outcome"] for item in every} == {
        "CSQU3054383": "hit", "MSKU9070323": "no_hit",
    }  # fmt: skip
    (hit,) = lines(run("pointer", "hits", "--node", northreach))
    assert lines(run("pointer", "requests", "--node", marisol)) == []
    run("pointer", "tell", str(hit["id"]), "--node", northreach)
    carry(folders)
    (case,) = lines(run("pointer", "requests", "--node", marisol))
    assert (case["asker"], case["value"]) == ("northreach", "CSQU3054383")
    run("pointer", "answer", "northreach", str(case["id"]), "--grant", "--say", "Seal broken.",
        "--node", marisol)  # fmt: skip
    carry(folders)
    (hit,) = lines(run("pointer", "hits", "--node", northreach))
    assert (hit["step"], hit["said"]) == ("answered", "Seal broken.")


def test_bad_values_of_a_file_are_named_by_their_line_and_the_good_ones_asked(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    numbers = tmp_path / "numbers.txt"
    numbers.write_text("CSQU3054383\n\nCSQU3054384\n", encoding="utf-8")
    said = run("pointer", "ask", "marisol", "--file", numbers, "--kind", "iso6346", "--node",
               folders["northreach"], code=3)  # fmt: skip
    assert "numbers.txt, line 3: iso6346: " in said.stderr
    assert said.stdout.startswith("1 keys")


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("marisol", "--kind", "iso6346"), 1, "give a value"),
        (("marisol", "X", "--kind", "shoe"), 1, "'shoe' is not one of the keys"),
        (("marisol", "CSQU3054384", "--kind", "iso6346"), 1, "iso6346"),
        (("marisol", "9074729", "--kind", "imo"), 1, "no clause gives a search for a vessel"),
        (("marisol", "Ana Rivas", "--kind", "name_near"), 1, "NAME/DATE/NATIONALITY"),
        (("marisol", "Ana Rivas/1980/PA", "--kind", "name_near"), 1, "a search for a person"),
        (("marisol", "AN RVS/1980", "--kind", "name_near_facts"), 1, "is not one of the keys"),
        (("altamira", "CSQU3054383", "--kind", "iso6346"), 4, "no such partner"),
        (("marisol", "CSQU3054383", "--kind", "iso6346", "--purpose", "fun"), 1, "purpose"),
    ],
)
def test_what_cannot_be_asked_ends_with_one_sentence(
    folders: dict[str, Path], arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    said = run("pointer", "ask", *arguments, "--node", folders["northreach"], code=code)
    assert sentence in said.stderr
    assert said.stderr.count("\n") == 1


def test_the_log_of_both_sides_shows_the_same_question_and_no_number(
    folders: dict[str, Path],
) -> None:
    run("pointer", "ask", "marisol", "CSQU3054383", "--kind", "iso6346", "--node",
        folders["northreach"])  # fmt: skip
    carry(folders, 2)
    logs = {name: run("pointer", "log", "--node", folder) for name, folder in folders.items()}
    asked = [row["message"] for row in lines(logs["northreach"]) if "asked" in str(row["event"])]
    answered = [row["message"] for row in lines(logs["marisol"]) if "answered" in str(row["event"])]
    assert asked == answered and len(asked) == 1
    assert not any("3054383" in log.stdout for log in logs.values())
