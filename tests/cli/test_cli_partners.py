"""Partner and log commands: two nodes on one machine, by hand and as an engineer would."""

from __future__ import annotations

import datetime as dt
import json
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from esclusa.cli.commands import cli
from esclusa.node import Node, credentials
from esclusa.node.line import Line, contexts
from esclusa.sharing.agreement import Signed, read_agreement, sign, write_signed
from esclusa.sharing.keys import AGREEMENT
from exchange_worlds import for_partners, own, take_in

SAMPLES = Path(str(files("esclusa.samples")))


def run(*arguments: str | Path, code: int = 0) -> Result:
    done = CliRunner().invoke(cli, [str(item) for item in arguments])
    assert done.exit_code == code, (done.output, done.stderr)
    return done


def lines(done: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def signed_sample(folders: dict[str, Path]) -> bytes:
    """Return the shipped agreement, signed with the keys of two nodes, from today on."""
    text = (SAMPLES / "agreements" / "marisol-northreach.yaml").read_text("utf-8")
    signers = {name: credentials.load(folder).signer(AGREEMENT) for name, folder in folders.items()}
    for party in read_agreement(text.encode()).parties:
        text = text.replace(party.key, signers[party.agency].key_id)
    now = dt.datetime.now(dt.UTC)
    text = text.replace("from: 2026-12-01", f"from: {now.date().isoformat()}")
    done = Signed(agreement=read_agreement(text.encode()))
    for name, signer in signers.items():
        done = sign(done, name, signer.key_id, now, signer.sign)
    return write_signed(done)


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, Path]:
    """Return two nodes that have each other's keys and an agreement in force."""
    found = {name: tmp_path / name for name in ("marisol", "northreach")}
    for name, folder in found.items():
        run("init", folder, "--agency", name)
        run("partner", "keys", "--create", "--node", folder)
    for name, other in (("marisol", "northreach"), ("northreach", "marisol")):
        public = tmp_path / f"{other}.json"
        public.write_text(run("partner", "keys", "--node", found[other]).stdout)
        run("partner", "add", public, "--node", found[name])
    agreement = tmp_path / "agreement.json"
    agreement.write_bytes(signed_sample(found))
    for folder in found.values():
        run("partner", "agree", agreement, "--node", folder)
    return found


def give(folders: dict[str, Path], tmp_path: Path) -> list[str]:
    """Take a manifest in at Marisol, marked for Northreach; return the ids of its records."""
    node = Node.open(folders["marisol"])
    take_in(node, for_partners("northreach"))
    ids = [record.id for record in own(node)]
    node.close()
    return ids


def carry(folders: dict[str, Path], tmp_path: Path, giver: str, taker: str, name: str) -> Result:
    bundle = tmp_path / name
    run("partner", "bundle", taker, bundle, "--node", folders[giver])
    return run("partner", "receive", bundle, "--node", folders[taker])


def test_records_go_by_hand_are_recalled_and_the_receipt_comes_back(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    ids = give(folders, tmp_path)
    said = carry(folders, tmp_path, "marisol", "northreach", "1.bundle").stdout
    assert "of marisol, taken in" in said
    (view,) = lines(run("partner", "list", "--node", folders["northreach"]))
    assert (view["agency"], view["held"]) == ("marisol", len(ids))
    assert (
        "recalled from northreach"
        in run(
            "partner", "recall", ids[0], "--why", "wrong office", "--node", folders["marisol"]
        ).stdout
    )
    carry(folders, tmp_path, "northreach", "marisol", "2.bundle")
    carry(folders, tmp_path, "marisol", "northreach", "3.bundle")
    carry(folders, tmp_path, "northreach", "marisol", "4.bundle")
    (trail,) = lines(run("partner", "trail", ids[0], "--node", folders["marisol"]))
    (holder,) = trail["holders"]  # type: ignore[misc]
    assert (holder["holder"], holder["state"]) == ("northreach", "gone")
    assert holder["receipt"]["erased"]["tables"] >= 2


def test_all_records_of_a_file_are_shown_and_then_recalled_with_a_reason(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    ids = give(folders, tmp_path)
    carry(folders, tmp_path, "marisol", "northreach", "1.bundle")
    node = Node.open(folders["marisol"])
    (file,) = {record.provenance.source for record in own(node)}
    node.close()
    command = ("partner", "recall", "--source", file)
    (plan,) = lines(run(*command, "--look", "--node", folders["marisol"]))
    holder = {"holder": "northreach", "records": len(ids), "recalled": 0, "gone": 0}
    assert (plan["records"], plan["holders"]) == (len(ids), [holder])
    assert "--why" in run(*command, "--node", folders["marisol"], code=2).stderr
    assert "--why" in run("partner", "recall", ids[0], code=2).stderr
    assert "--look" in run("partner", "recall", ids[0], "--look", code=2).stderr
    said = run(*command, "--why", "wrong office", "--node", folders["marisol"]).stdout
    assert f"{len(ids)} records recalled from northreach" in said


def test_a_recall_is_carried_at_once_and_a_line_that_is_down_is_told_and_loses_nothing(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    ids = give(folders, tmp_path)
    carry(folders, tmp_path, "marisol", "northreach", "1.bundle")
    marisol, why = folders["marisol"], ("--why", "wrong office", "--sync")
    said = run("partner", "recall", ids[0], *why, "--node", marisol, code=1)
    assert "lacks node.pem" in said.stderr
    run("partner", "authority", tmp_path / "ca", "--name", "Pilot")
    for folder in folders.values():
        run("partner", "certify", "--authority", tmp_path / "ca", "--host", "127.0.0.1",
            "--node", folder)  # fmt: skip
    holder = Node.open(folders["northreach"])
    with Line(holder.exchange, contexts(holder.folder)[0], "127.0.0.1", 0) as line:
        public = tmp_path / "northreach.json"
        run("partner", "add", public, "--address", line.address, "--node", marisol)
        line.server_close()  # nobody is at the other end
        down = run("partner", "recall", ids[0], *why, "--node", marisol, code=3)
    assert "recalled from northreach" in down.stdout
    assert "the line to northreach failed" in down.stderr
    with Line(holder.exchange, contexts(holder.folder)[0], "127.0.0.1", 0) as line:
        line.start()
        run("partner", "add", public, "--address", line.address, "--node", marisol)
        said = run("partner", "recall", ids[1], *why, "--node", marisol)
        line.shutdown()
    assert '"up_to_date":true' in said.stdout
    assert len([one for one in holder.exchange.state().copies.values() if one.content is None]) == 2
    holder.close()
    for one in ids[:2]:
        (trail,) = lines(run("partner", "trail", one, "--node", marisol))
        assert trail["holders"][0]["state"] == "gone"  # type: ignore[index]
    assert "--look" in run("partner", "recall", "--source", "x", "--look", "--sync", code=2).stderr


def test_a_bundle_is_never_written_over_a_file_and_a_changed_one_is_refused(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    give(folders, tmp_path)
    bundle = tmp_path / "b"
    run("partner", "bundle", "northreach", bundle, "--node", folders["marisol"])
    run("partner", "bundle", "northreach", bundle, "--node", folders["marisol"], code=1)
    data = bytearray(bundle.read_bytes())
    data[len(data) // 2] ^= 1
    bundle.write_bytes(data)
    refused = run("partner", "receive", bundle, "--node", folders["northreach"], code=1)
    assert refused.stderr.startswith("esclusa: b")
    (view,) = lines(run("partner", "list", "--node", folders["northreach"]))
    assert view["held"] == 0


def test_the_preview_says_what_goes_and_what_does_not(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    (first, *_) = give(folders, tmp_path)
    (view,) = lines(run("partner", "preview", first, "northreach", "--node", folders["marisol"]))
    outcomes = {item["outcome"] for item in view["fields"]}  # type: ignore[attr-defined]
    assert outcomes == {"goes", "generalised", "withheld"}
    run("partner", "preview", "nothing", "northreach", "--node", folders["marisol"], code=4)
    run("partner", "preview", first, "altamira", "--node", folders["marisol"], code=4)


def test_ending_an_agreement_recalls_all(folders: dict[str, Path], tmp_path: Path) -> None:
    give(folders, tmp_path)
    carry(folders, tmp_path, "marisol", "northreach", "1.bundle")
    run("partner", "end", "northreach", "--yes", "--node", folders["marisol"])
    carry(folders, tmp_path, "northreach", "marisol", "2.bundle")
    carry(folders, tmp_path, "marisol", "northreach", "3.bundle")
    (view,) = lines(run("partner", "list", "--node", folders["northreach"]))
    assert (view["state"], view["held"]) == ("ended", 0)


def test_the_log_is_verified_and_proved_to_whoever_has_the_public_keys(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    give(folders, tmp_path)
    carry(folders, tmp_path, "marisol", "northreach", "1.bundle")
    assert ", sound, root " in run("log", "verify", "--node", folders["marisol"]).stdout
    entries = lines(run("log", "entries", "--node", folders["marisol"]))
    assert [item["direction"] for item in entries] == ["out"]
    proof = tmp_path / "proof.json"
    proof.write_text(run("log", "prove", "0", "--node", folders["marisol"]).stdout)
    ring = tmp_path / "marisol.json"
    checked = run("log", "check", proof, "--agency", "marisol", "--ring", ring)
    assert "entry 0 of 1 in the log of marisol; witnessed by nobody" in checked.stdout
    proof.write_text(proof.read_text().replace('"size": 1', '"size": 2'))
    run("log", "check", proof, "--agency", "marisol", "--ring", ring, code=1)
    run("log", "prove", "7", "--node", folders["marisol"], code=4)
    proof.write_text("{}")
    run("log", "check", proof, "--agency", "marisol", "--ring", ring, code=1)


def test_a_damaged_log_is_named_with_its_file(folders: dict[str, Path], tmp_path: Path) -> None:
    give(folders, tmp_path)
    carry(folders, tmp_path, "marisol", "northreach", "1.bundle")
    for file in (folders["marisol"] / "log").rglob("*"):
        if file.is_file() and file.name == "journal":
            file.write_bytes(file.read_bytes()[:-40])
    done = run("log", "verify", "--node", folders["marisol"], code=3)
    assert done.stderr


def test_a_consent_is_asked_answered_and_used(folders: dict[str, Path], tmp_path: Path) -> None:
    assert lines(run("partner", "questions", "--node", folders["marisol"])) == []
    run("partner", "ask", "nothing", "altamira", "--node", folders["northreach"], code=4)
    run("partner", "pass", "nothing", "altamira", "--node", folders["northreach"], code=4)
    run("partner", "answer", "nothing", "northreach", "altamira", "--grant", "--node",
        folders["marisol"], code=4)  # fmt: skip


def test_a_node_without_keys_or_certificates_says_what_to_run(tmp_path: Path) -> None:
    run("init", tmp_path / "n", "--agency", "altamira")
    said = run("partner", "keys", "--node", tmp_path / "n", code=1).stderr
    assert "esclusa partner keys --create" in said
    run("partner", "keys", "--create", "--node", tmp_path / "n")
    run("partner", "keys", "--create", "--node", tmp_path / "n", code=1)
    said = run("partner", "sync", "--node", tmp_path / "n", code=1).stderr
    assert "lacks node.pem" in said
    run("partner", "authority", tmp_path / "ca", "--name", "Pilot")
    run("partner", "certify", "--authority", tmp_path / "ca", "--host", "127.0.0.1", "--node",
        tmp_path / "n")  # fmt: skip
    run("partner", "sync", "--node", tmp_path / "n")
    run("partner", "sync", "marisol", "--node", tmp_path / "n", code=4)


def test_a_new_volume_of_the_log_is_begun_and_accepted_with_a_reason(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    marisol, northreach = folders["marisol"], folders["northreach"]
    give(folders, tmp_path)
    carry(folders, tmp_path, "marisol", "northreach", "1.bundle")
    before = len(lines(run("log", "entries", "--node", marisol)))
    assert before
    run("log", "begin", "2", "--reason", "restored", "--node", marisol)
    assert lines(run("log", "entries", "--node", marisol)) == []
    assert len(lines(run("log", "entries", "--volume", "1", "--node", marisol))) == before
    run("log", "begin", "2", "--reason", "again", "--node", marisol, code=1)
    run("log", "accept", "marisol", "2", "--reason", "they called", "--node", northreach)
    run("log", "accept", "nobody", "2", "--reason", "x", "--node", northreach, code=4)
    run("log", "accept", "marisol", "3", "--reason", " ", "--node", northreach, code=1)
    run("log", "begin", "3", "--node", marisol, code=2)
