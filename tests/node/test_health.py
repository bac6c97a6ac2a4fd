"""What an administrator has to look at: each finding brought about, and told without content. About
2 s of CPU."""

from __future__ import annotations

import datetime as dt
import shutil
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from esclusa.errors import Forbidden, LedgerError
from esclusa.ledger.schema import exchange_row, source
from esclusa.node import Node
from esclusa.node.certificates import certificates
from esclusa.node.exchange_ledger import APART
from esclusa.node.health import STEP, HealthDesk
from esclusa.node.jobs import Jobs
from esclusa.sharing import authority
from esclusa.sharing.health_views import FINDINGS, HealthView
from esclusa.sharing.partner_views import AgreementView, PartnerView, Sentence
from esclusa.sharing.reader import Reader, Role

START = dt.datetime(2026, 11, 27, 9, tzinfo=dt.UTC)
TOM = Reader(name="tom", role=Role.ADMINISTRATOR, agency="marisol", purpose="administration")


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = Node.create(tmp_path_factory.mktemp("health") / "node", agency="marisol")
    yield made
    made.close()


class World:
    """A node's health with a clock in hand, jobs and partners to set."""

    def __init__(self, node: Node, now: dt.datetime = START) -> None:
        self.node = node
        self.now = now
        self.jobs = Jobs()
        self.known: list[PartnerView] = []
        self.desk = HealthDesk(
            node.folder, node.store, node.gate, (self.jobs,), self,  # type: ignore[arg-type]
            node.log_check, lambda: self.now,
        )  # fmt: skip

    def partners(self, reader: Reader) -> tuple[PartnerView, ...]:
        return tuple(self.known)

    def look(self) -> HealthView:
        return self.desk.look(TOM, "marisol")


@pytest.fixture
def world(node: Node) -> Iterator[World]:
    """The node's health; what a test wrote into the node is taken out again."""
    yield World(node)
    with node.store.write() as connection:
        connection.execute(exchange_row.delete())
        connection.execute(source.delete())
    shutil.rmtree(node.folder / "line", ignore_errors=True)


def partner(heard: str, ends: str = "2027-11-27", state: str = "in_force") -> PartnerView:
    agreement = AgreementView(
        id="a", version=1, digest="d", title=Sentence(en="x", es="x"), standing=state,
        begins="2026-01-01", ends=ends,
    )  # fmt: skip
    return PartnerView(
        agency="northreach", address="", state=state, up_to_date=True, heard=heard,
        readable_until="", lent_until="", given=0, recalled=0, held=0, agreements=(agreement,),
    )  # fmt: skip


def test_a_node_that_is_well_needs_no_look(world: World, node: Node) -> None:
    found = world.look()
    assert found.findings == ()
    assert (found.agency, found.database, found.schema) == ("marisol", "sqlite",
                                                            node.store.revision())  # fmt: skip
    assert found.database_bytes % STEP == 0 and found.disk_total > found.disk_free > 0


def test_a_full_disk_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(1000, 950, 50))
    assert world.look().findings == ("disk",)


def test_a_job_that_failed_or_stands_still_is_told_by_kind_and_never_by_its_words(
    node: Node,
) -> None:
    world = World(node, dt.datetime.now(dt.UTC))  # jobs go by the machine's clock

    def fails() -> None:
        raise LedgerError("the bill SECRET 77 is broken")

    world.jobs.add("exchange", lambda: None)
    world.jobs.add("scores", fails)
    world.jobs.run()
    found = world.look()
    assert found.findings == ("job_failed",)
    assert [(job.name, job.error, job.runs, job.failures) for job in found.jobs] == [
        ("exchange", "", 1, 0), ("scores", "LedgerError", 1, 1)
    ]  # fmt: skip
    assert "SECRET" not in msgspec.json.encode(found).decode()
    world.now += dt.timedelta(minutes=16)
    assert set(world.look().findings) == {"job_failed", "job_late"}


def test_a_job_that_never_ran_is_late_a_quarter_of_an_hour_after_the_start(world: World) -> None:
    world.jobs.add("exchange", lambda: None)
    assert world.look().findings == ()
    world.now += dt.timedelta(minutes=16)
    assert world.look().findings == ("job_late",)


@pytest.mark.parametrize(
    ("one", "findings"),
    (
        (partner("2026-11-27T08:00:00+00:00"), ()),
        (partner("2026-11-26T08:00:00+00:00"), ("partner_silent",)),
        (partner(""), ("partner_silent",)),
        (partner("", state="ended"), ()),
        (partner("2026-11-27T08:00:00+00:00", ends="2026-12-20"), ("agreement_ends",)),
        (partner("2026-11-27T08:00:00+00:00", ends="2026-11-01"), ("agreement_ends",)),
    ),
)  # fmt: skip
def test_a_silent_partner_and_an_agreement_that_ends_are_told(
    world: World, one: PartnerView, findings: tuple[str, ...]
) -> None:
    world.known = [one]
    assert world.look().findings == findings


@pytest.mark.parametrize(("seconds", "findings"), ((-100.0, ()), (121.0, ("clock",)), (-500.5, ("clock",))))  # fmt: skip
def test_a_clock_that_is_apart_is_told(
    world: World, node: Node, seconds: float, findings: tuple[str, ...]
) -> None:
    world.known = [partner("2026-11-27T08:59:00+00:00")]
    with node.store.write() as connection:
        connection.execute(
            exchange_row.insert().values(
                name=APART, key="northreach", row=msgspec.json.encode(seconds), seq=1
            )
        )
    found = world.look()
    assert (found.partners[0].apart, found.findings) == (seconds, findings)


def test_files_that_wait_long_are_told_as_a_number(world: World, node: Node) -> None:
    label = node.labels.intern("marisol", node.settings.intake_marking())
    row = {
        "id": "w", "name": "n", "label_id": label, "sha256": "0" * 64, "size": 1,
        "received_by": "x", "state": "received", "received": "2026-11-27T08:00:00.000000Z",
    }  # fmt: skip
    with node.store.write() as connection:
        connection.execute(source.insert().values(**row))
    found = world.look()
    assert (found.waiting, found.waiting_since, found.findings) == (
        1, "2026-11-27T08:00:00.000000Z", ("waiting",)
    )  # fmt: skip
    with node.store.write() as connection:
        connection.execute(source.delete())
    assert world.look().waiting == 0


# --- certificates ---------------------------------------------------------------------------------

PILOT = authority.create_authority("Pilot of the corridor", START - dt.timedelta(days=1))


def line(folder: Path, *, days: int = 90, list_days: int = 40) -> None:
    (folder / "line").mkdir(exist_ok=True)
    issued = authority.issue(PILOT, "marisol", ["localhost"], START, days)
    revoked = authority.revocation_list(PILOT, (), 1, START, list_days)
    for name, data in (("node.pem", issued.certificate), ("authorities.pem", PILOT.certificate),
                       ("revocations.pem", revoked)):  # fmt: skip
        (folder / "line" / name).write_bytes(data)


def test_certificates_and_lists_of_revoked_ones_are_told_by_their_end(tmp_path: Path) -> None:
    line(tmp_path, days=20, list_days=40)
    found = certificates(tmp_path, START)
    assert [(one.file, one.days) for one in found][:2] == [
        ("node.pem", 20),
        ("revocations.pem", 40),
    ]
    assert "marisol" in found[0].whose and found[0].ends.startswith("2026-12-17T")
    (tmp_path / "line" / "authorities.pem").write_bytes(b"-----BEGIN CERTIFICATE-----\nx\n")
    assert ("authorities.pem", -1) in [
        (one.file, one.days) for one in certificates(tmp_path, START)
    ]
    assert certificates(tmp_path / "nowhere", START) == ()


def test_a_certificate_that_ends_is_a_finding(world: World, node: Node) -> None:
    line(node.folder)
    assert world.look().findings == ()
    world.now += dt.timedelta(days=61)
    assert "certificate_ends" in world.look().findings


# --- who may look ---------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_nobody_but_an_administrator_looks(world: World, role: Role) -> None:
    reader = Reader(name="x", role=role, agency="marisol")
    for step in (lambda: world.desk.look(reader, "marisol"), lambda: world.desk.jobs(reader)):
        with pytest.raises(Forbidden):
            step()


def test_every_finding_has_words_in_both_languages() -> None:
    from esclusa.web.catalogue import catalogue, vocabulary

    assert set(FINDINGS) == set(vocabulary()["finding"])
    assert all(catalogue("es").word("finding", word) != catalogue("en").word("finding", word)
               for word in FINDINGS)  # fmt: skip
