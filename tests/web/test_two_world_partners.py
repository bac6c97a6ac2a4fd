"""Two worlds of a node with a partner: pages look the same to whoever may not know what differs.

In the secret world Northreach also holds, under markings that its people may not see, the record of
Marisol's that they see, through another supplier, and a record that they do not see at all; both were
passed on, asked about and receipted (15 s of CPU).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import msgspec
import pytest
from starlette.testclient import TestClient
from test_two_world_pages import Person, Twins, crawl

from esclusa.model import Level
from esclusa.sharing.exchange.messages import Receipt
from esclusa.sharing.exchange.rows import Consent, CopyKey, Grade, Grant
from esclusa.sharing.exchange.state import Draft, Tables
from esclusa.sharing.reader import Role
from esclusa.web.app import create_app
from exchange_cases import Bill, give, held
from exchange_worlds import World, officer
from worlds import PASSWORD

NAMES = ("marisol", "northreach", "altamira")
pytestmark = pytest.mark.slow
FOURTH = "fourth"
OTHER = "0f0f0f0f-0000-8000-8000-00000000beef"
"""The record that is hidden altogether."""


@pytest.fixture(scope="module")
def worlds_of_partners(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, World]]:
    folder = tmp_path_factory.mktemp("partner_worlds")
    made = World(folder / "made", *NAMES)
    made.agree("marisol", "northreach")
    made.agree("northreach", "altamira", id="northreach-altamira")
    give(made, Bill())
    node = made["northreach"]
    node.add_user(
        node.administrator(), name="supervisor", password=PASSWORD, role="supervisor",
        clearance=Level.RESTRICTED, caveats=("*",),
    )  # fmt: skip
    made.close()
    pair = []
    for name in ("plain", "secret"):
        (folder / name).mkdir()
        pair.append(World.copied(folder / "made", folder / name, *NAMES))
    for world in pair:
        world["northreach"].exchange.change(
            lambda draft, _rows: draft.put(Tables.pacts, FOURTH, draft.pacts["marisol"])
        )
    node = pair[1]["northreach"]
    (copy,) = held(node)
    key = ("marisol", "marisol", copy.id)
    node.exchange.change(lambda draft, _rows: hide(draft, key))
    yield pair[0], pair[1]
    for world in pair:
        world.close()


def hide(draft: Draft, key: CopyKey) -> None:
    copy = draft.copies[key]
    secret = msgspec.structs.replace(copy.marking, level=Level.SECRET)
    draft.put(Tables.leases, (FOURTH, "marisol"), draft.leases["marisol", "marisol"])
    hidden = msgspec.structs.replace(copy, supplier=FOURTH, marking=secret)
    assert copy.content is not None
    body = msgspec.Raw(bytes(copy.content.body).replace(b"KANARI", b"GHOSTS"))
    content = msgspec.structs.replace(copy.content, body=body)
    whole = msgspec.structs.replace(copy, record=OTHER, marking=secret, content=content)
    for row in (hidden, whole):
        draft.put(Tables.copies, (row.supplier, row.originator, row.record), row)
        for to in ("altamira", "fifth"):
            given = Grant(1, 1, "", (), secret, copy.onward, Grade.OUT, 0, row.supplier)
            draft.put(Tables.grants, (to, row.originator, row.record), given)
            said = Receipt(row.originator, row.record, 1, 1, to, "passed")
            draft.put(Tables.trail, (row.originator, row.record, to), said)
        asked = ("marisol", row.record, "northreach", "fifth", "pass")
        draft.put(Tables.consents, asked, Consent(ways=((row.supplier, False),)))
        theirs = ("marisol", row.record, "altamira", "sixth", "pass")
        draft.put(Tables.consents, theirs, Consent(None, "altamira", ways=((row.supplier, False),)))


def test_the_secret_world_really_holds_more(worlds_of_partners: tuple[World, World]) -> None:
    node = worlds_of_partners[1]["northreach"]
    top = officer(node, role=Role.SUPERVISOR, clearance=Level.SECRET)
    assert node.search(top, "GHOSTSBILL").rows
    assert len(node.partner_desk.questions(top)) == 4
    assert node.partner_desk.partner(top, "altamira").given == 2


def test_pages_of_a_node_with_partners_are_the_same(
    worlds_of_partners: tuple[World, World],
) -> None:
    """A supervisor follows every link; his pages hold the steps towards partners too."""
    with ExitStack() as stack:
        people = []
        for world in worlds_of_partners:
            client = TestClient(
                create_app(world["northreach"]), base_url="http://node.test",
                follow_redirects=False, headers={"accept-encoding": "identity"},
            )  # fmt: skip
            person = Person(stack.enter_context(client))
            people.append(person.sign_in("supervisor", "en", password=PASSWORD))
        twins = Twins(*people)
        seen = crawl(twins)
        for word in ("KANARI", "GHOSTS", "KANARIBILL", "GHOSTSBILL"):
            twins.get(f"/search?text={word}")
        for address in ("/partners/fourth", f"/records/{OTHER}", f"/records/{OTHER}/trail"):
            twins.get(address)
        assert {"/consents", "/partners", "/partners/marisol", "/partners/altamira"} <= seen
        (record,) = {name for name in seen if name.endswith("/trail")}
        for partner in ("marisol", "altamira", "fourth", "nobody"):
            twins.get(f"{record.removesuffix('/trail')}/preview?partner={partner}")
