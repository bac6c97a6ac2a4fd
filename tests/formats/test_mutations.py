"""Any bytes whatever: no reader raises but for a refusal, and each defect says where, and
why in both languages."""

from __future__ import annotations

import io
import random
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest

from esclusa.casework.sentences import translated
from esclusa.errors import InputError
from esclusa.formats import DEFAULT, detect, open_stream
from esclusa.model import Defect

DATA = Path(__file__).parents[1] / "data"
PIECE = 4_000
"""Bytes of a sample that are mutated: enough for envelopes, groups and a few statements."""
SEEDS = 20
LONG = 100_000


@cache
def samples() -> tuple[tuple[str, bytes], ...]:
    """Return the beginning of every shipped sample that is text, by name."""
    folder = Path(str(files("esclusa.samples")))
    found = [path for path in folder.iterdir() if path.suffix in (".edi", ".x12", ".csv")]
    for name in ("edifact", "x12", "malformed"):
        found += [path for path in (DATA / name).iterdir() if path.suffix != ".md"]
    return tuple((path.name, path.read_bytes()[:PIECE]) for path in sorted(found))


def mutate(data: bytes, chance: random.Random) -> bytes:
    """Return the bytes with one to four random changes."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        if not changed:
            break
        place = chance.randrange(len(changed))
        match chance.randrange(5):
            case 0:
                changed[place] = chance.randrange(256)
            case 1:
                changed.insert(place, chance.choice(b"'+:?*~\n\r\0UN\xff\xc3"))
            case 2:
                del changed[place : place + chance.randint(1, 40)]
            case 3:
                changed[place:place] = changed[place : place + chance.randint(1, 200)]
            case _:
                del changed[place:]
    return bytes(changed)


def check(name: str, data: bytes) -> None:
    """Read the bytes as a file of that name and check every defect."""
    try:
        stream = open_stream(io.BytesIO(data), name, DEFAULT)
        for item in detect(stream.peek(4096)[:4096], name).read(stream, file=name, limits=DEFAULT):
            for defect in (item,) if isinstance(item, Defect) else item.defects:
                assert defect.code
                assert defect.reason
                assert translated(defect.reason), f"no Spanish for {defect.reason!r}"
                assert 0 <= defect.offset <= len(data)
    except InputError as refusal:
        assert refusal.reason
        assert translated(refusal.reason), f"no Spanish for {refusal.reason!r}"
        assert refusal.file == name


def run(seed: int, count: int) -> None:
    chance = random.Random(seed)
    for _ in range(count):
        name, data = chance.choice(samples())
        changed = mutate(data, chance)
        try:
            check(name, changed)
        except Exception as error:
            raise AssertionError(f"seed {seed}, {name}: {changed!r}") from error


def test_five_hundred_mutations() -> None:
    run(1, 500)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 100 + SEEDS))
def test_a_hundred_thousand_mutations(seed: int) -> None:
    run(seed, LONG // SEEDS)


@pytest.mark.parametrize("name", [name for name, _data in samples() if "__" in name])
def test_every_sample_of_public_projects_is_read_to_its_end(name: str) -> None:
    folder = "edifact" if (DATA / "edifact" / name).exists() else "x12"
    check(name, (DATA / folder / name).read_bytes())
