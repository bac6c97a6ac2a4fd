"""``esclusa agreement``: a lawyer's and an engineer's way from a draft to a signed text."""

from __future__ import annotations

import datetime as dt
import json
from functools import cache
from pathlib import Path

import agreement_worlds as pacts
import msgspec
import pytest
from click.testing import CliRunner, Result

import worlds
from age_by_hand import lightly_locked
from esclusa.cli.commands import cli
from esclusa.errors import AgreementError, Forbidden, FormatError
from esclusa.ledger import records
from esclusa.ledger.records import Draft
from esclusa.model import Body, Consignment, GoodsItem, Level, Marking, Party
from esclusa.node import Node
from esclusa.node.agreements import RingFile, read_ring, simulate
from esclusa.node.credentials import PublicKeys
from esclusa.sharing.agreement import digest, read_signed
from esclusa.sharing.keys import private_pem, write_private
from esclusa.sharing.reader import Role

PASSPHRASE = "correct horse battery staple"
TODAY = dt.datetime.now(dt.UTC)


def run(*words: object, typed: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["agreement", *(str(word) for word in words)], input=typed)


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    path = tmp_path / "pact.yaml"
    path.write_bytes(pacts.sample_text())
    return path


@pytest.fixture
def ring(tmp_path: Path) -> Path:
    path = tmp_path / "ring.json"
    path.write_bytes(msgspec.json.encode(RingFile(keys=pacts.RING.keys)))
    return path


@cache
def locked(agency: str) -> bytes:
    """The key file's bytes, locked with less work than a real one, which takes seconds on purpose."""
    return lightly_locked(private_pem(pacts.SIGNERS[agency]), PASSPHRASE)


def key_file(folder: Path, agency: str) -> Path:
    path = folder / f"{agency}.age"
    if not path.exists():
        write_private(path, locked(agency))
    return path


def sign(file: Path, agency: str, *more: object) -> Result:
    key = key_file(file.parent, agency)
    return run("sign", file, "--agency", agency, "--key", key, *more, typed=PASSPHRASE + "\n")


def test_check_says_in_sentences_what_a_draft_releases(draft: Path) -> None:
    done = run("check", draft, "--language", "es")
    assert done.exit_code == 0
    answer = json.loads(done.stdout)
    assert answer["digest"] == digest(pacts.sample())
    assert any("tal como está" in sentence for sentence in answer["says"])
    assert answer["signed_by"] == []


def test_check_names_every_fault_with_its_line(draft: Path) -> None:
    text = draft.read_text().replace("giver: marisol", "giver: altamira").replace("8h", "3h")
    draft.write_text(text)
    done = run("check", draft)
    assert done.exit_code == 3
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 3
    assert all(line.startswith("pact.yaml, line ") for line in done.stderr.splitlines())


def test_check_refuses_what_is_no_agreement(draft: Path) -> None:
    draft.write_text("version: 1\nversion: 2\n")
    done = run("check", draft)
    assert done.exit_code == 1
    assert done.stderr == "esclusa: pact.yaml, line 2: the key 'version' stands twice\n"


def test_both_sign_in_turn_and_only_then_it_is_in_force(draft: Path, ring: Path) -> None:
    assert sign(draft, "marisol").exit_code == 0
    signed = draft.with_name("pact.signed.json")
    half = json.loads(run("check", signed, "--ring", ring).stdout)
    assert half["standing"] == "signed by one side only: releases nothing"
    assert sign(signed, "northreach").exit_code == 0
    whole = json.loads(run("check", signed, "--ring", ring).stdout)
    assert whole["signed_by"] == ["marisol", "northreach"]
    began = TODAY.date() >= pacts.sample().valid.start
    assert ("in force" in whole["standing"]) == began
    assert read_signed(signed.read_bytes()).agreement == pacts.sample()
    signed.write_text(signed.read_text().replace('"restricted"', '"secret"'))
    tampered = json.loads(run("check", signed, "--ring", ring).stdout)
    assert tampered["standing"] == "a signature does not hold: releases nothing"


def test_the_signatures_are_held_against_what_partner_keys_prints(draft: Path, ring: Path) -> None:
    """docs/operations.md has each service hand over the keys of its own; a ring may be several."""
    signed = draft.with_name("pact.signed.json")
    assert sign(draft, "marisol").exit_code == sign(signed, "northreach").exit_code == 0
    rings: list[object] = []
    for agency in ("marisol", "northreach"):
        path = draft.with_name(f"{agency}.json")
        own = tuple(key for key in pacts.RING.keys if key.agency == agency)
        path.write_bytes(msgspec.json.encode(PublicKeys(agency, own)))
        rings += ["--ring", path]
    both = json.loads(run("check", signed, *rings).stdout)
    assert both["standing"] == json.loads(run("check", signed, "--ring", ring).stdout)["standing"]
    one = json.loads(run("check", signed, *rings[:2]).stdout)
    assert one["standing"] == "a signature does not hold: releases nothing"
    path.write_bytes(msgspec.json.encode(PublicKeys("altamira", own)))
    assert "holds keys of another agency" in run("check", signed, "--ring", path).stderr


def test_sign_refuses_a_stranger_a_wrong_key_and_a_file_that_stands_there(draft: Path) -> None:
    key = key_file(draft.parent, "northreach")
    stranger = run("sign", draft, "--agency", "altamira", "--key", key)
    assert stranger.exit_code == 1
    assert "none of the parties" in stranger.stderr
    other = run("sign", draft, "--agency", "marisol", "--key", key, typed=PASSPHRASE + "\n")
    assert other.exit_code == 1
    assert "names the key" in other.stderr
    taken = draft.with_name("pact.signed.json")
    taken.write_text("mine")
    assert run("sign", draft, "--agency", "marisol", "--key", key).exit_code == 1
    assert taken.read_text() == "mine"


def test_diff_says_what_changes_and_nothing_for_equal_versions(draft: Path) -> None:
    newer = draft.with_name("newer.yaml")
    newer.write_text(draft.read_text().replace("          - arrival\n", "          - issued\n", 1))
    done = run("diff", draft, newer)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(item["what"], item["path"]) for item in found] == [
        ("no_longer", "arrival"), ("newly", "issued"),
    ]  # fmt: skip
    assert "YA NO SE ENTREGA" in found[0]["text"]["es"]
    same = run("diff", draft, draft)
    assert (same.exit_code, same.stdout) == (0, "")


def test_the_schema_is_printed_for_editors() -> None:
    done = run("schema")
    assert json.loads(done.stdout)["$ref"] == "#/$defs/Agreement"


# --- simulate -------------------------------------------------------------------------------------


def bill(number: int) -> Consignment:
    return Consignment(
        carrier="MRSL", bill=f"B{number}", parties=(Party(role="shipper", name="GHOST FIRM"),),
        goods=(GoodsItem(description="bananas", value=1.0),),
    )  # fmt: skip


def store(node: Node, marking: Marking, *bodies: Body) -> None:
    label = node.labels.intern("marisol", marking)
    drafts = [Draft(body=body, originator="marisol", label_id=label) for body in bodies]
    with node.store.write() as connection:
        records.append(connection, drafts)


@pytest.fixture
def node(tmp_path: Path) -> Node:
    made = worlds.make(tmp_path / "node")
    store(made, pacts.TO_NORTHREACH, bill(1), bill(2))
    store(made, Marking(level=Level.OFFICIAL), bill(3))
    store(made, Marking(level=Level.SECRET, releasable_to=frozenset({"northreach"})), bill(4))
    return made


def rehearse(node: Node, **more: object) -> list[dict[str, object]]:
    reader = more.pop("reader", None) or node.operator()
    since = TODAY - dt.timedelta(days=2)
    results = simulate(node.gate, reader, pacts.sample(), since, TODAY + dt.timedelta(days=1),
                       purposes=("targeting",), **more)  # type: ignore[arg-type]  # fmt: skip
    return [msgspec.to_builtins(item) for item in results]


def test_simulate_counts_what_a_draft_would_have_released_and_why_the_rest_stays(
    node: Node,
) -> None:
    (cargo,) = rehearse(node)[:1]
    assert (cargo["kind"], cargo["seen"], cargo["released"]) == ("consignment", 4, 2)
    assert cargo["reasons"] == {"not_releasable": 1, "level_too_high": 1}
    counts = {field["path"]: field for field in cargo["fields"]}  # type: ignore[attr-defined]
    assert counts["goods.*.description"]["goes"] == 2
    assert counts["goods.*.value"]["withheld"] == 2
    node.close()


def test_simulate_as_if_named_leaves_only_the_other_reasons(node: Node) -> None:
    (cargo,) = rehearse(node, as_if_named=True)[:1]
    assert cargo["released"] == 3
    assert cargo["reasons"] == {"level_too_high": 1}
    node.close()


def test_simulate_counts_only_what_the_reader_may_see(node: Node) -> None:
    (cargo,) = rehearse(node, reader=worlds.reader(node))[:1]
    assert cargo["seen"] == 3
    auditor = worlds.reader(node, role=Role.AUDITOR)
    with pytest.raises(Forbidden):
        rehearse(node, reader=auditor)
    node.close()


def test_simulate_is_for_a_party_only_and_leaves_an_audit_line(node: Node) -> None:
    with pytest.raises(AgreementError, match="none of the parties"):
        rehearse(node, reader=worlds.reader(node, agency="altamira"))
    rehearse(node)
    auditor = worlds.reader(node, role=Role.AUDITOR)
    assert any("kind=consignment" in line.detail for line in node.gate.audit(auditor))
    node.close()


def test_simulate_prints_counts_and_no_content(node: Node, draft: Path) -> None:
    node.close()
    done = run("simulate", draft, "--node", node.folder, "--purpose", "targeting")
    assert done.exit_code == 0
    first = json.loads(done.stdout.splitlines()[0])
    assert (first["seen"], first["released"]) == (4, 2)
    assert len(first["examples"]) == 2
    assert "GHOST" not in done.stdout
    assert "bananas" not in done.stdout
    earlier = run("simulate", draft, "--node", node.folder, "--until", "2020-01-31")
    assert json.loads(earlier.stdout.splitlines()[0])["seen"] == 0


def test_a_file_that_is_no_key_ring_is_refused() -> None:
    with pytest.raises(FormatError, match=r"ring\.json"):
        read_ring(b"{}", file="ring.json")
