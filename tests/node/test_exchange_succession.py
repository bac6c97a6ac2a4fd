"""Agencies through time at a node: keys rotate and are withdrawn, services end and are succeeded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from esclusa.errors import ConfigError, TrustError, WireError
from esclusa.node import credentials
from esclusa.node.partners import posts_of
from esclusa.sharing.agencies.posts import Post, Succession
from esclusa.sharing.agencies.register import Sealed, Withdrawal, seal
from esclusa.sharing.keys import AGREEMENT, AUTHORITY, EXCHANGE, LOG, Revocation
from esclusa.sharing.wire import Header
from exchange_worlds import World, for_partners, take_in


@pytest.fixture(scope="module")
def made_given(made_two: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of two nodes; Northreach holds copies of Marisol's manifest."""
    folder = tmp_path_factory.mktemp("given")
    made = World.copied(made_two, folder, "marisol", "northreach")
    take_in(made["marisol"], for_partners("northreach"))
    made["marisol"].exchange.publish()
    made.sync("marisol", "northreach")
    made.close()
    return folder


@pytest.fixture
def world(made_given: Path, tmp_path: Path) -> Iterator[World]:
    made = World.copied(made_given, tmp_path, "marisol", "northreach")
    yield made
    made.close()


def held(world: World) -> int:
    copies = world["northreach"].exchange.state().copies.values()
    return sum(copy.content is not None for copy in copies)


def sealed(world: World, statement: object, *agencies: str) -> Sealed:
    done = Sealed(statement=statement)  # type: ignore[arg-type]
    for agency in agencies:
        signer = world[agency].exchange.credentials.signer(AUTHORITY)
        done = seal(done, signer, world.clock())
    return done


def end_of(world: World, agency: str, **changes: object) -> Succession:
    new = Post("altamira", EXCHANGE)
    since = world.clock() + dt.timedelta(days=1)
    given = {"old": Post(agency, EXCHANGE), "new": new, "since": since, "ends": True,
             "custody": True} | changes  # fmt: skip
    return Succession(**given)  # type: ignore[arg-type]


def test_a_batch_under_a_fresh_key_is_refused_until_its_enrolment_is_accepted(
    world: World,
) -> None:
    statement = world["marisol"].exchange.rotate(EXCHANGE, by="ana")
    batch = world["marisol"].exchange.batch("northreach")
    with pytest.raises(WireError, match="no key"):
        world["northreach"].exchange.receive(batch)
    world["northreach"].exchange.accept(statement, by="ada")
    assert world["northreach"].exchange.receive(batch).sender == "marisol"


def test_what_the_old_key_signed_still_holds_and_a_restart_uses_the_new_one(world: World) -> None:
    before = world["marisol"].exchange.batch("northreach")
    statement = world["marisol"].exchange.rotate(EXCHANGE, by="ana")
    world["northreach"].exchange.accept(statement, by="ada")
    world["northreach"].exchange.receive(before)
    marisol = world.reopen("marisol")
    assert marisol.exchange.credentials.signer(EXCHANGE).key_id == statement.statement.key.id  # type: ignore[union-attr]
    world.reopen("northreach").exchange.receive(marisol.exchange.batch("northreach"))


@pytest.mark.parametrize("role", [AUTHORITY, AGREEMENT, EXCHANGE, LOG])
def test_every_signing_role_rotates_and_the_log_stays_sound(world: World, role: str) -> None:
    for _ in range(2):
        statement = world["marisol"].exchange.rotate(role, by="ana")
        world["northreach"].exchange.accept(statement, by="ada")
    world.sync("marisol", "northreach")
    world["marisol"].exchange.batch("northreach")
    assert world["marisol"].exchange.log.verify() == ()


def test_a_role_that_signs_nothing_has_no_key_to_rotate(world: World) -> None:
    with pytest.raises(ConfigError, match="'bundle' is none of"):
        world["marisol"].exchange.rotate("bundle", by="ana")


def test_a_key_that_was_lost_is_withdrawn_by_its_own_agency(world: World) -> None:
    lost = world["marisol"].exchange.credentials.signer(EXCHANGE).key_id
    batch = world["marisol"].exchange.batch("northreach")
    fresh = world["marisol"].exchange.rotate(EXCHANGE, by="ana")
    revocation = Revocation(agency="marisol", role=EXCHANGE, key=lost, at=world.clock())
    statement = sealed(world, Withdrawal(revocation=revocation), "marisol")
    for item in (fresh, statement):
        world["northreach"].exchange.accept(item, by="ada")
    with pytest.raises(WireError, match="revoked"):
        world["northreach"].exchange.receive(batch)
    assert world["northreach"].exchange.receive(world["marisol"].exchange.batch("northreach"))


def test_a_statement_without_the_seal_it_needs_changes_nothing(
    world: World, tmp_path: Path
) -> None:
    edge = end_of(world, "northreach", new=Post("marisol", EXCHANGE))
    before = dict(world["marisol"].exchange.partners.statements)
    with pytest.raises(TrustError, match="lacks the seal of marisol"):
        world["marisol"].exchange.accept(sealed(world, edge, "northreach"), by="ana")
    assert world["marisol"].exchange.partners.statements == before


def test_the_same_statement_again_changes_nothing(world: World) -> None:
    statement = world["marisol"].exchange.rotate(LOG, by="ana")
    for _ in range(2):
        world["northreach"].exchange.accept(statement, by="ada")
    assert len(world["northreach"].exchange.partners.statements) == 1


def test_an_agreement_that_a_service_takes_to_its_end_lapses_with_it(tmp_path: Path) -> None:
    """Northreach ends and altamira keeps its records; the agreement with Marisol was not handed on,
    so nobody inherits what Marisol gave: it is recalled."""
    world = World(tmp_path, "marisol", "northreach", "altamira")
    world.agree("marisol", "northreach")
    take_in(world["marisol"], for_partners("northreach"))
    world["marisol"].exchange.publish()
    world.sync("marisol", "northreach")
    statement = sealed(world, end_of(world, "northreach"), "northreach", "altamira")
    for node in world.nodes.values():
        node.exchange.accept(statement, by="ada")
    world["marisol"].exchange.tick()
    assert not world["marisol"].exchange.state().pacts["northreach"].ended
    world.clock.ahead += dt.timedelta(days=1, minutes=1)
    world["marisol"].exchange.tick()
    assert world["marisol"].exchange.state().pacts["northreach"].ended
    world.sync("marisol", "northreach")
    assert held(world) == 0
    assert "marisol" not in world["altamira"].exchange.state().pacts
    world.close()


def test_an_agreement_names_the_posts_of_both_agencies(world: World) -> None:
    (text,) = world["marisol"].exchange.partners.texts.values()
    posts = posts_of(text.agreement)
    assert (posts.first, posts.second) == (Post("marisol", EXCHANGE), Post("northreach", EXCHANGE))


def test_fresh_keys_are_in_the_folder_locked_and_published(world: World) -> None:
    marisol = world["marisol"]
    before = len(credentials.read_public(marisol.folder).keys)
    statement = marisol.exchange.rotate(EXCHANGE, by="ana")
    key = statement.statement.key.id  # type: ignore[union-attr]
    assert len(credentials.read_public(marisol.folder).keys) == before + 1
    file = marisol.folder / "keys" / f"exchange.{key}.age"
    assert b"PRIVATE" not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0
    line = marisol.exchange.batch("northreach").split(b"\n", 1)[0]
    assert msgspec.json.decode(line, type=Header).key == key
