"""What one process learned of a word, the others need not look up; it is what they would find."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from esclusa.analysis.screening import Index, learned
from esclusa.analysis.screening.learned import Learned
from esclusa.analysis.screening.lookup import Lookups
from esclusa.analysis.screening.vocabulary import Variant, Vocabulary
from esclusa.model import ListEntry

INDEX = Index.build(
    ListEntry(list_id="own", uid=str(number), type="person", name=name)
    for number, name in enumerate(["MARIA ZUBAROWSKI", "سيف حمدان", "XU ZHIJIE", "JOHN SECHIN"])
)
WORDS = ["MARIYA", "HAMDAN", "HSU", "SECHEV", "IVAN", "SAYF", "ZUBAROWSKA", "NOBODY", "X", "MARIA"]


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Learned, Learned]]:
    """Two that share their memory, as two processes do; a lot is two words."""
    monkeypatch.setattr(learned, "_LOT", 2)
    one = Learned.among(2)
    assert one is not None
    other = Learned(os.dup(one._file), 2)
    one.own(0)
    other.own(1)
    yield one, other
    one.close()
    other.close()


def _looked_up(lookups: Lookups) -> list[tuple[float, dict[int, tuple[str, float]], list[int]]]:
    found = lookups.words(WORDS)
    return [(each.weight, each.meanings, each.names.tolist()) for each in found]


def _noted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows by each word that is looked up from now on."""
    asked: list[str] = []
    look = Vocabulary.variants

    def variants(self: Vocabulary, token: str) -> list[Variant]:
        asked.append(token)
        return look(self, token)

    monkeypatch.setattr(Vocabulary, "variants", variants)
    return asked


def test_words_are_looked_up_by_one_and_mean_the_same_to_all(
    pair: tuple[Learned, Learned], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = _looked_up(Lookups(INDEX))
    assert sum(bool(meanings) for _, meanings, _ in plain) > 6
    one, other = pair
    assert _looked_up(Lookups(INDEX, learned=one)) == plain
    asked = _noted(monkeypatch)
    assert _looked_up(Lookups(INDEX, learned=other)) == plain
    assert asked == []


def test_of_more_words_than_are_kept_each_is_looked_up_once(
    pair: tuple[Learned, Learned], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _noted(monkeypatch)
    found = Lookups(INDEX, 3, pair[0]).words(WORDS)
    assert [each.token for each in found] == WORDS
    assert sorted(asked) == sorted(WORDS)


def test_of_words_told_and_never_asked_for_no_more_are_kept_than_said(
    pair: tuple[Learned, Learned], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The oldest go, and are looked up when they are asked for after all."""
    monkeypatch.setattr(learned, "_TOLD_KEPT", 4)
    one, other = pair
    for number in range(10):
        one.tell(f"W{number}", [(number, "typo", 0.9)])
    assert other.told("NOBODY") is None
    assert other.told("W0") is None
    assert other.told("W9") == [(9, "typo", 0.9)]
    assert len(other._told) == 3


def test_each_begins_with_words_that_no_other_begins_with(pair: tuple[Learned, Learned]) -> None:
    words = [f"{word}{number}" for word in WORDS for number in range(20)]
    one, other = (each.first(words) for each in pair)
    assert sorted(one) == sorted(other) == sorted(words)
    half = next(place for place, word in enumerate(one) if word == other[0])
    assert set(one[:half]) == set(words) - set(other[: len(words) - half])
    assert 50 < half < 150


def test_a_lot_that_is_not_whole_is_not_read(pair: tuple[Learned, Learned]) -> None:
    """Its writer was ended in the middle of it, or is at it."""
    one, other = pair
    one.tell("MARIYA", [(3, "sound", 0.94)])
    assert other.told("MARIYA") is None  # not yet told: a lot has two
    one.tell("IVAN", [])
    spoiled = one._memory[10]
    one._memory[10] = spoiled ^ 1
    assert other.told("MARIYA") is None
    one._memory[10] = spoiled
    assert other.told("MARIYA") == [(3, "sound", 0.94)]
    assert other.told("IVAN") == []
    assert other.told("IVAN") is None  # once


def test_what_has_no_room_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learned, "_PART", 64)
    one = Learned.among(2)
    assert one is not None
    other = Learned(os.dup(one._file), 2)
    one.own(0)
    other.own(1)
    one.tell("MARIYA", [(3, "sound", 0.94)])
    one.flush()
    one.tell("ZUBAROWSKA", [(number, "typo", 0.9) for number in range(40)])
    one.flush()
    assert other.told("MARIYA") == [(3, "sound", 0.94)]
    assert other.told("ZUBAROWSKA") is None
    one.close()
    other.close()


def test_one_without_a_part_tells_nothing_and_is_told_nothing(
    pair: tuple[Learned, Learned],
) -> None:
    one, _ = pair
    third = Learned(os.dup(one._file), 2)
    third.tell("MARIYA", [])
    third.flush()
    one.tell("IVAN", [])
    one.flush()
    assert third.told("IVAN") is None
    assert one.told("MARIYA") is None
    third.close()


def test_a_system_without_such_memory_does_without(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(name: str) -> int:
        raise OSError(name)

    monkeypatch.setattr(os, "memfd_create", refused)
    assert Learned.among(2) is None


def test_memory_that_is_refused_leaves_no_file_open(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def refused(memory: int, size: int) -> None:
        made.append(memory)
        raise OSError(size)

    monkeypatch.setattr(os, "ftruncate", refused)
    assert Learned.among(2) is None
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(made[0])
