"""Redress numbers: MOD 37,36 of ISO/IEC 7064 against published examples and every slip of one key.
About 1 s of CPU."""

from __future__ import annotations

import itertools
import random

import pytest

from esclusa.codes import redress

DRAW = random.Random(7064)


def a_number() -> str:
    return redress.made([DRAW.randrange(32) for _ in range(10)])


@pytest.mark.parametrize(
    ("body", "check"),
    # Published examples of two identifiers that use it: GRid, and ISAN (ISO 15706) with both checks.
    [("A12425GABC1234002", "M"), ("00003BAB93520000", "G"), ("00003BAB9352000000000000", "Q")],
)
def test_the_check_character_is_that_of_mod_37_36(body: str, check: str) -> None:
    assert redress.check_character(body) == check


def test_a_number_is_read_back_however_it_is_written() -> None:
    number = a_number()
    for written in (number, redress.shown(number), number.lower(), f" {redress.shown(number)} "):
        assert redress.is_valid(written)
        assert redress.normalise(written) == number
    assert len(redress.shown(number)) == 14


def test_every_change_of_one_character_is_noticed() -> None:
    for number in (a_number() for _ in range(50)):
        for place, other in itertools.product(range(12), redress.ALPHABET):
            changed = number[:place] + other + number[place + 1 :]
            assert redress.is_valid(changed) == (changed == number)


def test_nearly_every_exchange_of_neighbours_is_noticed() -> None:
    missed = tried = 0
    for number in (a_number() for _ in range(2000)):
        for place in range(1, 11):
            pair = number[place : place + 2]
            if pair[0] != pair[1]:
                tried += 1
                missed += redress.is_valid(
                    number[:place] + pair[::-1] + number[place + 2 :]
                )  # fmt: skip
    assert tried > 15_000
    assert missed / tried < 0.01


@pytest.mark.parametrize(
    "text", ["", "0123456", "R" * 12, "RAAAAAAAAAI2", "PA1111112", "R7K2–", "١"]
)
def test_what_is_none_is_said_so_in_a_sentence(text: str) -> None:
    assert "no redress number" in redress.fault(text) or "check character" in redress.fault(text)


def test_letters_that_are_taken_for_digits_are_not_drawn() -> None:
    assert not set("01IO") & set(redress.DRAWN)
    assert len(redress.DRAWN) == 32
