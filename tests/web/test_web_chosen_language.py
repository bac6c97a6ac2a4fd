"""Until a person chooses a language, the browser says it; a choice stays. About 2 s of CPU."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from walker import Walker

from esclusa.ledger.schema import account
from esclusa.node import Node
from esclusa.sharing.reader import Role

PASSWORD = "correct horse battery"
SPANISH = {"accept-language": "es-PA,es;q=0.9,en;q=0.5"}


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    made = Node.create(tmp_path_factory.mktemp("languages") / "node", agency="marisol")
    for name in ("ana", "eva", "luz", "old", "pia", "rut"):
        made.add_user(made.administrator(), name=name, password=PASSWORD, role=Role.ANALYST)
    yield made
    made.close()


def arrive(node: Node, name: str, way: str = "/sign-in", **headers: str) -> Walker:
    """Sign in as a browser does that sends these headers; the form is sent as it was drawn."""
    walker = Walker(node)
    walker.client.headers.update(headers)
    page = walker.see(way)
    hidden = {one.get("name"): one.get("value") for one in page.xpath("//input[@type='hidden']")}
    answer = walker.client.post("/sign-in", data={**hidden, "name": name, "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    walker.token = walker.see("/help").xpath("//input[@name='csrf']/@value")[0]
    return walker


def language(walker: Walker) -> str:
    return str(walker.see("/queue").getroottree().getroot().get("lang"))


def test_who_never_chose_reads_what_the_browser_asks_for(node: Node) -> None:
    assert language(arrive(node, "ana", **SPANISH)) == "es"
    assert language(arrive(node, "ana")) == "en"  # another browser, and nothing was written
    with node.store.read() as connection:
        kept = connection.execute(sa.select(account.c.language).where(account.c.name == "ana"))
        assert kept.scalar_one() == ""


def test_the_choice_on_the_sign_in_page_stays_on_every_machine(node: Node) -> None:
    assert language(arrive(node, "eva", "/sign-in?language=es")) == "es"
    assert language(arrive(node, "eva")) == "es"


def test_a_choice_among_the_preferences_wins_over_the_browser(node: Node) -> None:
    walker = arrive(node, "luz", **SPANISH)
    assert walker.post("/preferences", language="en", back="/queue").status_code == 303
    assert language(walker) == "en"
    assert language(arrive(node, "luz", **SPANISH)) == "en"


def test_other_preferences_choose_no_language(node: Node) -> None:
    walker = arrive(node, "pia", **SPANISH)
    assert walker.post("/preferences", keys="off", back="/queue").status_code == 303
    assert language(walker) == "es"
    assert language(arrive(node, "pia")) == "en"


def test_an_account_from_before_keeps_its_language(node: Node) -> None:
    with node.store.write() as connection:
        connection.execute(account.update().where(account.c.name == "old").values(language="en"))
        kept = connection.execute(sa.select(account.c.language).where(account.c.name == "old"))
        assert kept.scalar_one() == "en"
    assert language(arrive(node, "old", **SPANISH)) == "en"


def test_a_refused_step_is_said_in_the_language_of_the_browser(node: Node) -> None:
    walker = arrive(node, "rut", **SPANISH)
    answer = walker.post("/joint-cases/none/take-up", reason="x")
    assert 'lang="es"' in answer.text and answer.status_code >= 400
