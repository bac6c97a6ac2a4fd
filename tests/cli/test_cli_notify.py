"""`esclusa notify`: settings, send, outbox, test, secret, form, answer, use. About 5 s of CPU."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import worlds
from esclusa.casework.notices import Choice
from esclusa.cli.commands import cli
from exchange_worlds import World
from notice_worlds import Post, account, confirm, settle
from referral_worlds import ASKING, HOST, bill, made, request


@pytest.fixture(scope="module")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    with Post(tmp_path_factory.mktemp("post")) as made_:
        yield made_


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, post: Post) -> Iterator[World]:
    with made(tmp_path_factory.mktemp("notify")) as two:
        settle(two[HOST], post)
        account(two[HOST], "hana", Choice(), clearance=2)
        yield two


def run(world: World, *words: object) -> Result:
    asked = ["notify", *(str(word) for word in words), "--node", str(world[HOST].folder)]
    return CliRunner().invoke(cli, asked)


def done(world: World, *words: object) -> str:
    result = run(world, *words)
    assert result.exit_code == 0, (words, result.stderr)
    return result.stdout


def test_settings_are_changed_one_by_one_and_shown(world: World) -> None:
    told = json.loads(done(world, "settings", "hana", "--mail", "hana@customs.example"))
    assert "alert" in told["mail"]["kinds"]
    told = json.loads(done(world, "settings", "hana", "--mail-kinds", "list_changed", "--when",
                           "hourly", "--agency", "police", "--clock", "30"))  # fmt: skip
    assert told["mail"] == {"kinds": ["list_changed"], "when": "hourly", "at": "07:00",
                            "to": "hana@customs.example"}  # fmt: skip
    assert (told["agency"], told["clock_minutes"]) == ("police", 30)
    assert json.loads(done(world, "settings", "hana")) == told
    assert json.loads(done(world, "settings", "hana", "--mail", ""))["mail"]["kinds"] == []
    for words, said in (
        (("hana", "--mail", "hana@evil.example"), "mail may not go to that address"),
        (("hana", "--mail-kinds", "gossip", "--mail", "hana@customs.example"), "gossip"),
        (("hana", "--zone", "Mars"), "IANA"),
    ):
        wrong = run(world, "settings", *words)
        assert wrong.exit_code == 1
        assert said in wrong.stderr
    assert run(world, "settings", "nobody").exit_code == 4


def test_a_clock_job_sends_and_the_outbox_tells(world: World, post: Post) -> None:
    done(world, "send")
    done(world, "settings", "hana", "--mail", "hana@customs.example", "--when", "at_once")
    confirm(world[HOST], "hana")
    worlds.with_list(world[HOST], "own_public", ("p1", "OTRA FIRMA"))
    post.fault, post.to = "refuses", "hana@customs.example"
    assert "1 refused" in done(world, "send")
    (message,) = map(json.loads, done(world, "outbox").splitlines())
    assert (message["state"], message["told"]) == ("refused", "answer 550")
    post.fault = ""
    done(world, "outbox", "--again", message["id"])
    assert "1 sent" in done(world, "send")
    assert b"own_public" in post.mails[-1][1]
    assert run(world, "outbox", "--again", "0").exit_code == 4
    assert run(world, "outbox", "--state", "odd").exit_code == 1


def test_an_address_is_confirmed_by_its_holder_who_gives_the_password(
    world: World, post: Post
) -> None:
    node, password = world[HOST], "correct horse battery"
    node.people.add(name="irma", password=password, role="analyst", clearance=2)
    told = json.loads(done(world, "settings", "irma", "--mail", "irma@customs.example"))
    assert told["address"]["state"] == "waiting"
    done(world, "send")
    (code,) = re.findall(rb"page Notices: (\w{8})", post.mails[-1][1].replace(b"=\r\n", b""))

    def confirmed(*words: str, typed: str = password) -> Result:
        asked = ["notify", "confirm", "--as", "irma", *words, "--node", str(node.folder)]
        return CliRunner().invoke(cli, asked, input=f"{typed}\n")

    assert confirmed(code.decode(), typed="not the password").exit_code != 0
    wrong = confirmed("WRONG234")
    assert wrong.exit_code == 1 and "not the code" in wrong.stderr
    assert confirmed().exit_code == 2 and confirmed(code.decode(), "--again").exit_code == 2
    assert "wait a few minutes" in confirmed("--again").stderr
    assert confirmed(code.decode()).stdout.endswith("irma@customs.example: confirmed\n")


def test_a_channel_is_tested(world: World, post: Post) -> None:
    assert done(world, "test", "mail", "hana@customs.example") == "sent\n"
    assert done(world, "test", "webhook", "desk") == "sent\n"
    post.status = 500
    failed = run(world, "test", "webhook", "desk")
    assert (failed.exit_code, failed.stdout) == (3, "later answer 500\n")
    post.status = 204
    assert run(world, "test", "mail", "hana@evil.example").exit_code == 1
    assert run(world, "secret", "desk").exit_code == 1
    (world[HOST].folder / "notices" / "desk.secret").unlink()
    assert done(world, "secret", "desk").startswith("whsec_")


def test_a_form_goes_out_and_its_answer_comes_in(world: World, tmp_path: Path) -> None:
    name = request(world, bill(world)).row.id
    world.sync(HOST, ASKING)
    path = tmp_path / "form.csv"
    done(world, "form", name, "--for", "hana", "--out", path)
    assert run(world, "form", name, "--for", "hana", "--out", path).exit_code != 0
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    filled = {"answer": "accept", "officer": "H-1", "planned_exam": "scan"}
    out = io.StringIO()
    csv.writer(out).writerows([(row[0], filled.get(row[0], row[1]), row[2]) for row in rows])
    path.write_text(out.getvalue())
    (tmp_path / "bad.csv").write_text("nothing")
    result = run(world, "answer", path, tmp_path / "bad.csv", "--language", "es")
    assert result.exit_code == 3
    assert result.stdout == f"form.csv: accept by hana, {name}: Aceptada\n"
    assert "bad.csv: line 1: the headings are not" in result.stderr
    again = run(world, "answer", path)
    assert again.exit_code == 3
    assert "form.csv: line 3: this form was used already" in again.stderr


def test_use_is_counted(world: World) -> None:
    rows = [json.loads(line) for line in done(world, "use").splitlines()]
    assert {row["agency"] for row in rows} == {"police", HOST, ASKING}
    table = done(world, "use", "--days", "7", "--csv")
    assert table.startswith("since,until,agency,partner")
    assert "hana" not in table
