"""The rules of a case, held against a model of them that does not read the table. 2 s of CPU."""

from __future__ import annotations

import random
from typing import Any

import pytest

from esclusa.casework.case_moves import Asked, allowed, allowed_on, next_move, refusal
from esclusa.casework.case_words import ITEMS, codes, fields, rows, states, words
from esclusa.casework.cases import Case, after, fold, writes
from esclusa.casework.forms import MoveMistakes
from esclusa.errors import InputError, StateError
from esclusa.model import CaseMove, CaseWords, EvidenceFile, decode_body, encode_body

CHOSEN = {"partners": ["marisol"], "joints": ["j1"], "agreements": ["a 1"]}
"""What may be chosen of lists that no data file holds."""
AT = "2026-11-27T08:00:00Z"
LATER = "2026-12-01T10:00:00Z"
FILE = EvidenceFile(name="seal.jpg", sha256="0" * 64, size=5)
PEOPLE = ("lena", "ana", "tomas", "stranger")
GIVEN = {
    "title": "Boxes of Altamira", "until": LATER, "reason": "written with a reason",
    "outcome": "nothing_found", "closing": "scan and opening on the quay", "text": "a note",
    "task": "ask the carrier", "due": LATER, "what": "photo of the seal", "source": "gate camera",
    "to": "prosecutor", "seal": "S-1", "partner": "marisol", "joint": "j1", "agreement": "a 1",
}  # fmt: skip


def test_every_state_move_field_and_code_has_its_words_in_both_languages() -> None:
    assert set(states()) == {"open", "in_progress", "suspended", "closed", "reopened"}
    assert set(words("state")) == set(states())
    assert set(words("move")) == set(rows())
    assert set(words("item")) == set(ITEMS)
    of_states = {row.of_target for row in rows().values()} - {""}
    assert set(words("of_state")) == of_states
    named = {name for row in rows().values() for name in row.fields}
    assert named == set(fields())
    for field in fields().values():
        assert field.text_en and field.text_es
        assert not field.list or field.list in ("people", "members", *CHOSEN) or codes(field.list)
    for group in ("state", "of_state", "move", "item", "check", "paper", "lost", "joint", "stays"):
        assert all(word.text_en and word.text_es for word in words(group).values())
    for code in codes("outcome").values():
        assert code.text_en and code.text_es and code.meaning_en and code.meaning_es


# --- a model of the rules, written from the manual and not from the table -----------------------

ACTIVE = {"open", "in_progress", "suspended", "reopened"}
FROM = {
    "start": {"open", "reopened"}, "suspend": {"open", "in_progress", "reopened"},
    "resume": {"suspended"}, "reopen": {"closed"}, "read": ACTIVE | {"closed"},
    "hand_on": ACTIVE | {"closed"}, "export": ACTIVE | {"closed"}, "seal": ACTIVE | {"closed"},
    "unseal": ACTIVE | {"closed"}, "unshare": ACTIVE | {"closed"}, "take_up": {"open"},
}  # fmt: skip
LEADS = {"name", "close", "reopen", "hand_over", "join", "leave", "unseal", "share", "unshare",
         "take_up"}  # fmt: skip
LEADS_TO = {"start": "in_progress", "suspend": "suspended", "resume": "in_progress",
            "close": "closed", "reopen": "reopened"}  # fmt: skip
ABOUT = {
    "take_out": ("item", {"in"}, "out"), "assign": ("task", {"waiting"}, "waiting"),
    "defer": ("task", {"waiting"}, "waiting"), "done": ("task", {"waiting"}, "done"),
    "drop": ("task", {"waiting"}, "dropped"), "read": ("evidence", {"kept"}, "kept"),
    "hand_on": ("evidence", {"kept", "sealed"}, ""), "seal": ("evidence", {"kept"}, "sealed"),
    "unseal": ("evidence", {"sealed"}, "kept"), "unshare": ("share", {"shared"}, "ended"),
}  # fmt: skip
MAKES = {"put": ("item", "in"), "note": ("note", "said"), "task": ("task", "waiting"),
         "take_in": ("evidence", "kept"), "share": ("share", "shared"),
         "take_up": ("share", "shared")}  # fmt: skip


class Model:
    """A case as the manual describes it: plain sets and dictionaries."""

    def __init__(self, lead: str) -> None:
        self.state, self.lead, self.members = "open", lead, {lead}
        self.things: dict[str, dict[str, str]] = {}

    def refuses(self, move: str, by: str, of: str, given: dict[str, str], item: str) -> bool:
        thing = self.things.get(of)
        if self.state not in FROM.get(move, ACTIVE) or move == "open":
            return True
        if move in ABOUT:
            kind, sources, _to = ABOUT[move]
            if not thing or thing["kind"] != kind or thing["state"] not in sources:
                return True
        elif (
            of
            and move in MAKES
            and not (thing and thing["kind"] == "item" and thing["state"] == "in")
        ):
            return True
        if not self._may(move, by, thing):
            return True
        return self._wrong(move, given, item)

    def _may(self, move: str, by: str, thing: dict[str, str] | None) -> bool:
        if by in ("boss", self.lead):
            return True
        if by not in self.members or move in LEADS:
            return False
        if move in ("assign", "defer", "drop"):
            return thing is not None and thing["by"] == by
        if move == "done":
            return thing is not None and by in (thing["by"], thing["has"])
        return True

    def _wrong(self, move: str, given: dict[str, str], item: str) -> bool:
        if move == "close":
            return any(one["state"] == "waiting" for one in self.things.values())
        if move == "put":
            return any(one["item"] == item and one["state"] == "in" for one in self.things.values())
        if move in ("task", "assign"):
            return given["member"] not in self.members
        if move == "leave":
            return given["member"] not in self.members - {self.lead}
        if move == "join":
            return given["person"] in self.members
        return move == "hand_over" and given["person"] == self.lead

    def take(
        self, move: str, by: str, of: str, given: dict[str, str], item: str, name: str
    ) -> None:
        self.state = LEADS_TO.get(move, self.state)
        if move in MAKES:
            kind, state = MAKES[move]
            self.things[name] = {"kind": kind, "state": state, "by": by, "item": item,
                                 "has": given.get("member", "")}  # fmt: skip
        if move in ABOUT:
            self.things[of]["state"] = ABOUT[move][2] or self.things[of]["state"]
        if move == "assign":
            self.things[of]["has"] = given["member"]
        if move in ("join", "hand_over"):
            self.members.add(given["person"])
        if move == "hand_over":
            self.lead = given["person"]
        if move == "leave":
            self.members.discard(given["member"])


def given_for(move: str, chance: random.Random) -> dict[str, str]:
    """Return what a move must record, with persons by chance."""
    needed = [need.fields[0] for need in rows()[move].needs if not need.optional]
    who = {"person": chance.choice(PEOPLE), "member": chance.choice(PEOPLE)}
    return {name: who.get(name) or GIVEN[name] for name in needed}


def opened(by: str = "lena") -> Case:
    move, none = next_move(
        Case(id="c"), Asked(step="s0", move="open", by=by, at=AT), {}, supervisor=False
    )
    assert none is None
    return after(Case(id="c"), move, None)


def played(seed: int, steps: int = 120) -> tuple[Case, list[CaseMove], list[CaseWords], set[str]]:
    """Play a random schedule against the model; return the case and what was refused."""
    chance, model, now = random.Random(seed), Model("lena"), opened()
    moves, said, refused = [now.steps[0].move], [], set()
    every = [move for move in rows() if move != "close"] * 3 + ["close"]
    for number in range(1, steps):
        move, by = chance.choice(every), chance.choice((*PEOPLE, "boss", "lena"))
        wants = move in ABOUT or (move in MAKES and move != "put" and chance.random() < 0.3)
        of = chance.choice([*model.things, "nothing"]) if wants else ""
        given, item = given_for(move, chance), f"i{chance.randrange(4)}"
        name = f"s{number}"
        asked = Asked(
            step=name, move=move, by=by, at=AT, of=of, item=item if move == "put" else "",
            kind="record" if move == "put" else "", file=FILE if move == "take_in" else None,
        )  # fmt: skip
        bad = model.refuses(move, by, of, given, item)
        try:
            made, written = next_move(now, asked, given, supervisor=by == "boss", people=PEOPLE,
                                      chosen=CHOSEN)  # fmt: skip
        except (StateError, InputError) as error:
            assert bad, (seed, number, move, by, of, error)
            assert str(error)
            refused.add(move)
            continue
        assert not bad, (seed, number, move, by, of)
        model.take(move, by, of, given, item, name)
        now = after(now, made, written)
        moves.append(made)
        said += [written] if written else []
        assert (now.state, now.lead, set(now.members)) == (model.state, model.lead, model.members)
        assert {t.name: (t.kind, t.state) for t in now.things} == {
            name: (one["kind"], one["state"]) for name, one in model.things.items()
        }
    return now, moves, said, refused


def test_random_schedules_go_as_the_manual_says() -> None:
    made, refused, ends = set(), set(), set()
    for seed in range(300):
        now, moves, said, lost = played(seed)
        made |= {move.move for move in moves}
        refused |= lost
        ends |= {now.state, played(seed, 12)[0].state}
        assert fold(moves, random.Random(seed).sample(said, len(said))) == now
        assert all(decode_body(encode_body(one)) == one for one in (*moves, *said))
    assert made == set(rows())
    assert refused >= set(rows())  # each is refused somewhere
    assert ends == set(states())


def test_what_was_erased_changes_no_state_and_shows_that_it_was() -> None:
    for seed in range(30):
        now, moves, said, _lost = played(seed)
        kept = [one for one in said if random.Random(f"{seed}{one.step}").random() < 0.5]
        less = fold(moves, kept)
        assert (less.state, less.lead, less.members) == (now.state, now.lead, now.members)
        assert [(t.name, t.state) for t in less.things] == [(t.name, t.state) for t in now.things]
        gone = {one.step for one in said} - {one.step for one in kept}
        told = {step.move.step for step in less.steps if step.erased}
        assert told == {
            s.move.step for s in now.steps if s.move.step in gone and writes(s.move.move)
        }


def test_steps_about_things_that_a_reader_may_not_see_leave_the_rest_as_it_is() -> None:
    """The moves that make state, lead and members stand under the marking of the case itself."""
    for seed in range(30):
        now, moves, said, _lost = played(seed)
        hidden = {t.name for t in now.things if random.Random(f"{seed}{t.name}").random() < 0.5}
        seen = [m for m in moves if m.step not in hidden and m.of not in hidden]
        less = fold(seen, said)
        assert (less.state, less.lead, less.members) == (now.state, now.lead, now.members)
        assert {t.name for t in less.things} == {
            t.name for t in now.things if t.name not in hidden and t.made.move.of not in hidden
        }


def test_what_can_be_made_is_what_is_not_refused() -> None:
    for seed in range(20):
        now, *_rest = played(seed)
        for by in PEOPLE:
            can = {row.move for row in allowed(now, by, supervisor=False)}
            assert can == {
                move for move, row in rows().items()
                if not row.about and not refusal(now, move, by, supervisor=False)
            }  # fmt: skip
            for thing in now.things:
                for row in allowed_on(now, thing, by, supervisor=False):
                    assert not refusal(now, row.move, by, supervisor=False, of=thing.name)


def refused(now: Case, move: str, given: dict[str, str] | None = None, **more: Any) -> str:
    asked = {"step": "x", "move": move, "by": "lena", "at": AT} | {
        key: more.pop(key) for key in ("by", "of", "item", "kind", "file") if key in more
    }
    with pytest.raises((StateError, InputError)) as caught:
        next_move(now, Asked(**asked), given or {}, supervisor=False, people=PEOPLE, **more)
    return str(caught.value)


def test_a_refusal_says_why() -> None:
    now = opened()
    assert "is not there yet" in refused(Case(id="c"), "start")
    assert "is open" in refused(now, "reopen", {"reason": "because"})
    assert "there is no move" in refused(now, "burn")
    assert "members of the case" in refused(now, "start", by="ana")
    assert "somebody was faster" in refused(now, "start", version="old")
    assert "say which task" in refused(now, "done", of="nothing")
    assert "which item of the case" in refused(now, "note", {"text": "x"}, of="nothing")
    assert "choose a file" in refused(now, "take_in", {"what": "photo", "source": "gate"})
    assert "does not record" in refused(now, "start", {"outcome": "offence"})


def test_missing_and_wrong_fields_are_all_named() -> None:
    with pytest.raises(MoveMistakes) as caught:
        next_move(
            opened(), Asked(step="x", move="task", by="lena", at=AT),
            {"member": "stranger", "due": "2020-01-01T00:00Z"}, supervisor=False, people=PEOPLE,
        )  # fmt: skip
    assert {(one.field, one.problem) for one in caught.value.mistakes} == {
        ("task", "missing"), ("member", "code"), ("due", "past"),
    }  # fmt: skip


def test_free_text_and_ids_stand_in_the_words_and_nowhere_else() -> None:
    """What is erased with a record is all that may speak of it."""
    asked = Asked(step="x", move="put", by="lena", at=AT, kind="record", item="REC-1")
    move, written = next_move(opened(), asked, {"why": "SECRET WORD"}, supervisor=False)
    assert written is not None
    assert b"REC-1" not in encode_body(move) and b"SECRET" not in encode_body(move)
    assert b"REC-1" in encode_body(written) and b"SECRET" in encode_body(written)
    free = {name for name, field in fields().items() if field.type in ("text", "long")}
    for row in rows().values():
        told = {name for name in row.fields if name in free}
        assert told <= free - {"person", "member", "due", "until", "outcome"}


def test_a_task_can_be_given_to_a_service_that_the_case_is_shared_with_while_it_is() -> None:
    now, given = opened(), {"task": "check the gate", "member": "@marisol", "due": LATER}
    assert "member is not a code" in refused(now, "task", given)

    def made(it: Case, move: str, of: str, **said: str) -> Case:
        asked = Asked(step=f"{move}1", move=move, by="lena", at=AT, of=of)
        return after(it, *next_move(it, asked, said, supervisor=False, chosen=CHOSEN))

    shared = made(now, "share", "", partner="marisol", joint="j1", agreement="a 1", reason="both")
    assert shared.shared_with == ("marisol",)
    assert made(shared, "task", "", **given).of("task")[0].said("member") == "@marisol"
    ended = made(shared, "unshare", "share1", reason="over")
    assert ended.shared_with == ()
    assert "member is not a code" in refused(ended, "task", given)
