"""A record of Marisol's that Northreach holds twice: from Marisol itself, under a marking that an
analyst may see, and through a fourth service, under one that he may not. What colleagues ask,
and are answered, about the hidden copy is told to nobody who may not see it: neither in the list of
questions, nor by what a preview, a question or a passing on then answers (5 s of CPU)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from esclusa.errors import EsclusaError, ExchangeError
from esclusa.model import Level
from esclusa.node import Node
from esclusa.sharing.carriage import consent_bytes
from esclusa.sharing.exchange import consents, holdings
from esclusa.sharing.exchange.messages import ConsentAnswer, ConsentAsk, Onward, Recall
from esclusa.sharing.exchange.rows import Consent, CopyKey, Grade, Grant
from esclusa.sharing.exchange.state import Draft, Tables
from esclusa.sharing.keys import EXCHANGE
from esclusa.sharing.reader import Reader, Role
from exchange_cases import Bill, give, held
from exchange_worlds import World, officer

AUDITOR: Mapping[str, object] = {"role": Role.AUDITOR}
CLEARED: Mapping[str, object] = {"clearance": Level.SECRET}
HIDDEN = "fourth"
"""The supplier of the hidden copy."""


@pytest.fixture(scope="module")
def made_held(made_three: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of three nodes, of which Northreach holds Marisol's bill, to be asked about."""
    folder = tmp_path_factory.mktemp("held")
    made = World.copied(made_three, folder, "marisol", "northreach", "altamira")
    give(made, Bill())
    made.close()
    return folder


class Both:
    """Two worlds; in ``secret`` Northreach holds the record through another supplier as well."""

    def __init__(self, made: Path, folder: Path) -> None:
        names = ("marisol", "northreach", "altamira")
        self.worlds = []
        for name in ("plain", "secret"):
            (folder / name).mkdir()
            self.worlds.append(World.copied(made, folder / name, *names))
        self.plain, self.secret = (world["northreach"] for world in self.worlds)
        (copy,) = held(self.secret)
        self.key: CopyKey = ("marisol", "marisol", copy.id)
        for node in (self.plain, self.secret):
            node.exchange.change(lambda draft, _rows: by_consent(draft, self.key))
        self.secret.exchange.change(lambda draft, _rows: hide(draft, self.key))

    @property
    def other(self) -> CopyKey:
        return (HIDDEN, *self.key[1:])

    def alike(self, **reader: object) -> None:
        one, two = (seen(node, self.key[2], **reader) for node in (self.plain, self.secret))
        assert one == two

    def answer(self, node: Node, to: str, by: str, number: int = 1, **said: Any) -> None:
        """Have an answer of Marisol's arrive from a supplier."""
        given = self.signed(to, number, **said)
        node.exchange.change(lambda draft, _rows: consents.answered(draft, by, given))

    def signed(self, to: str, number: int, granted: bool = True, **said: Any) -> ConsentAnswer:
        signer = self.worlds[0]["marisol"].exchange.credentials.signer(EXCHANGE)
        bare = ConsentAnswer("marisol", self.key[2], "northreach", to, "pass", number, granted)
        bare = msgspec.structs.replace(bare, **said)
        signature = signer.sign(consent_bytes(bare)).hex()
        return msgspec.structs.replace(bare, key=signer.key_id, signature=signature)


def by_consent(draft: Draft, key: CopyKey) -> None:
    """Let nothing of the record go on without its originator's word; know a fourth service."""
    copy = draft.copies[key]
    draft.put(Tables.pacts, HIDDEN, draft.pacts["marisol"])
    draft.put(Tables.copies, key, msgspec.structs.replace(copy, onward=Onward("consent")))


def hide(draft: Draft, key: CopyKey) -> None:
    """Have Northreach hold the record through another supplier, under a stricter marking."""
    copy, other = draft.copies[key], (HIDDEN, *key[1:])
    secret = msgspec.structs.replace(copy.marking, level=Level.SECRET)
    draft.put(Tables.leases, other[:2], draft.leases[key[:2]])
    row = msgspec.structs.replace(copy, supplier=HIDDEN, marking=secret)
    draft.put(Tables.copies, other, row)


@pytest.fixture
def both(made_held: Path, tmp_path: Path) -> Any:
    made = Both(made_held, tmp_path)
    yield made
    for world in made.worlds:
        world.close()


def said(action: Callable[[], Any]) -> object:
    try:
        return action()
    except EsclusaError as error:
        return type(error).__name__, str(error)


def seen(node: Node, record: str, **reader: object) -> list[object]:
    """Return what a reader is told of questions, and of what he may do with the record."""
    desk, who = node.partner_desk, officer(node, **reader)
    return [
        said(lambda: desk.questions(who)), said(lambda: desk.preview(who, record, "altamira")),
        said(lambda: desk.trail(who, record).holders),
        [said(partial(desk.partner, who, item.agency)) for item in desk.partners(who)],
    ]  # fmt: skip


def chief(node: Node) -> Reader:
    return officer(node, role=Role.SUPERVISOR)


def states(node: Node, **reader: object) -> dict[tuple[str, str], str]:
    found = node.partner_desk.questions(officer(node, **reader))
    return {(item.asker, item.to): item.state for item in found}


def ask(node: Node, key: CopyKey, to: str = "altamira") -> None:
    node.exchange.ask_consent(key, to, "pass", "a colleague's reason", by="eva")


def test_a_question_about_a_hidden_copy_is_told_to_nobody_who_may_not_see_it(both: Both) -> None:
    node = both.secret
    ask(node, both.other)
    both.alike()
    assert states(node) == {}
    whole = {("northreach", "altamira"): "asked"}
    assert states(node, **CLEARED) == states(node, **AUDITOR) == whole
    both.answer(node, "altamira", HIDDEN)
    both.alike()
    assert states(node) == {}
    assert states(node, **CLEARED) == {("northreach", "altamira"): "granted"}


def test_a_question_of_a_partner_that_has_the_hidden_copy_is_told_to_nobody_else(
    both: Both,
) -> None:
    node, record = both.secret, both.key[2]
    question = ConsentAsk("marisol", record, "altamira", "fifth", "pass", "")

    def act(draft: Draft, _rows: object) -> None:
        given = Grant(
            1, 1, "", (), draft.copies[both.other].marking, Onward(), Grade.OUT, 0, HIDDEN
        )
        draft.put(Tables.grants, ("altamira", *both.key[1:]), given)
        consents.asked(draft, "altamira", question)

    node.exchange.change(act)
    both.alike()
    assert states(node) == {}
    assert states(node, **CLEARED) == {("altamira", "fifth"): "asked"}


def test_a_consent_that_was_got_for_a_hidden_copy_is_none_for_whoever_may_not_see_it(
    both: Both,
) -> None:
    """Neither a preview nor a passing on tells that there is one; what its reader asks himself is
    answered to him, and then he may."""
    node, record = both.secret, both.key[2]
    ask(node, both.other)
    both.answer(node, "altamira", HIDDEN)
    for each in (both.plain, node):
        with pytest.raises(ExchangeError, match="has not consented to altamira"):
            each.partner_desk.pass_on(chief(each), record, "altamira")
    both.alike()
    assert not node.partner_desk.preview(chief(node), record, "altamira").goes
    for each in (both.plain, node):
        each.partner_desk.ask(chief(each), record, "altamira", use="pass", why="")
        assert states(each) == {("northreach", "altamira"): "asked"}
    both.alike()
    for each in (both.plain, node):
        with pytest.raises(ExchangeError, match="has not consented to altamira"):
            each.partner_desk.pass_on(chief(each), record, "altamira")
        both.answer(each, "altamira", "marisol")
        assert states(each) == {("northreach", "altamira"): "granted"}
        assert each.partner_desk.preview(chief(each), record, "altamira").goes
    both.alike()
    for each in (both.plain, node):
        each.partner_desk.pass_on(chief(each), record, "altamira")
    both.alike()


def test_a_question_asked_before_its_ways_were_kept_is_told_to_whoever_sees_every_copy(
    both: Both,
) -> None:
    def act(draft: Draft, _rows: object) -> None:
        given = both.signed("altamira", 1)
        draft.put(Tables.consents, consents.key_of(given), Consent(given))

    for node in (both.plain, both.secret):
        node.exchange.change(act)
    whole = {("northreach", "altamira"): "granted"}
    assert states(both.plain) == states(both.secret, **CLEARED) == whole
    assert states(both.secret) == {}


def test_what_was_asked_about_a_copy_that_has_gone_stays_with_whoever_saw_it(both: Both) -> None:
    node = both.secret
    ask(node, both.other)
    node.exchange.change(lambda draft, _rows: holdings.recall(
        draft, HIDDEN, Recall(*both.key[1:], 9, 9)))  # fmt: skip
    both.alike()
    assert states(node, **CLEARED) == {("northreach", "altamira"): "asked"}
