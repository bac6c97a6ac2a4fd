"""The sample flight: sixty passengers, seven crew, and a list of lost documents.

Everybody is invented. Three things are out of the ordinary: a child of eleven who travels alone,
one passport number under two names, and a passport that stands on the list of lost documents.
"""

from __future__ import annotations

import random
from typing import NamedTuple

from sample_world import GIVEN, SURNAMES
from sample_write import envelope, message

_FLIGHT = "AM218"
_DEPARTURE, _ARRIVAL = "2604181110", "2604181445"
_STATES = ("PAN", "COL", "ECU", "MEX", "ESP", "CHL", "PER", "CRI", "USA", "UTO")
_SHARED_NUMBER = "XN4471902"
_LOST_NUMBER = "AR5520187"
_CHILD, _FIRST_NAME, _SECOND_NAME, _LOST = 17, 23, 48, 36
_TRANSIT = (9, 10, 30, 52)


class Person(NamedTuple):
    """A traveller of the sample."""

    surname: str
    given: str
    gender: str
    birth: str
    state: str
    document: str
    expires: str
    booking: str
    role: str
    to: str
    bags: int


def _people() -> list[Person]:
    """Sixty passengers; about every third booking is a family with one surname."""
    found: list[Person] = []
    rng = random.Random(218)
    while len(found) < 60:
        size = min(rng.choice((1, 1, 2, 3)), 60 - len(found))
        surname, booking = rng.choice(SURNAMES), _booking(rng)
        found += [_person(rng, len(found) + at, surname, booking, at) for at in range(size)]
    return [_special(at, person) for at, person in enumerate(found)]


def _booking(rng: random.Random) -> str:
    return "".join(rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(6))


def _person(rng: random.Random, at: int, surname: str, booking: str, place: int) -> Person:
    gender = rng.choice("FM")
    year = rng.randrange(2009, 2021) if place == 2 else rng.randrange(1948, 2003)
    return Person(
        surname=f"{surname} {rng.choice(SURNAMES)}",
        given=rng.choice(GIVEN[gender]),
        gender=gender,
        birth=f"{year % 100:02}{rng.randrange(1, 13):02}{rng.randrange(1, 29):02}",
        state=rng.choice(_STATES),
        document=f"{rng.choice('ABEPX')}{rng.choice('KNRT')}{rng.randrange(1000000, 9999999)}",
        expires=f"{rng.randrange(27, 36)}{rng.randrange(1, 13):02}{rng.randrange(1, 29):02}",
        booking=booking,
        role="DDU" if at in _TRANSIT else "FL",
        to="BOG" if at in _TRANSIT else "PTY",
        bags=rng.randrange(0, 3),
    )


def _special(at: int, person: Person) -> Person:
    if at == _CHILD:
        return person._replace(
            surname="VILLALAZ PITTI", given="NIEVES", gender="F", birth="140602", booking="K7QX2M"
        )
    if at in (_FIRST_NAME, _SECOND_NAME):
        return person._replace(document=_SHARED_NUMBER, state="COL")
    if at == _LOST:
        return person._replace(document=_LOST_NUMBER, state="ESP")
    return person


def _header() -> list[list[object]]:
    return [
        ["NAD", "MS", "", "", "ALTAMIRA AIR OPERATIONS"],
        ["COM", ["+507 555 0100", "TE"]],
        ["TDT", "20", _FLIGHT, "", "", "AM"],
        ["LOC", "125", "UIO"],
        ["DTM", ["189", _DEPARTURE, "201"]],
        ["LOC", "87", "PTY"],
        ["DTM", ["232", _ARRIVAL, "201"]],
    ]


def _traveller(person: Person) -> list[list[object]]:
    return [
        ["NAD", person.role, "", "", [person.surname, *person.given.split()]],
        ["ATT", "2", "", person.gender],
        ["DTM", ["329", person.birth]],
        ["MEA", "CT", "", ["", str(person.bags)]],
        ["LOC", "178", "UIO"],
        ["LOC", "179", person.to],
        ["NAT", "2", person.state],
        ["RFF", ["AVF", person.booking]],
        ["DOC", ["P", "110", "111"], person.document],
        ["DTM", ["36", person.expires]],
        ["LOC", "91", person.state],
    ]


def passenger_list() -> bytes:
    """PAXLST D.02B, list of passengers."""
    body: list[list[object]] = [["BGM", "745"], *_header()]
    people = _people()
    for person in people:
        body += _traveller(person)
    body.append(["CNT", ["42", str(len(people))]])
    text = message("AM2180418", ["PAXLST", "D", "02B", "UN", "IATA"], body)
    return envelope("ALTAMIRAAIR", "MARISOLBORDER", "260418:1125", "AM218P", [text])


def crew_list() -> bytes:
    """PAXLST D.02B, list of crew."""
    rng = random.Random(2180)
    body: list[list[object]] = [["BGM", "250", "C"], *_header()]
    for at in range(7):
        person = _person(rng, at, rng.choice(SURNAMES), "", 0)._replace(role="FM", to="PTY")
        body += [each for each in _traveller(person) if each[0] not in ("RFF", "MEA")]
    body.append(["CNT", ["41", "7"]])
    text = message("AM2180418C", ["PAXLST", "D", "02B", "UN", "IATA"], body)
    return envelope("ALTAMIRAAIR", "MARISOLBORDER", "260418:1040", "AM218C", [text])


def lost_documents() -> bytes:
    """A service's own list of lost and stolen documents."""
    rng = random.Random(99)
    rows = ["number,issuer,type,status"]
    for at in range(40):
        number = f"{rng.choice('ABEPX')}{rng.choice('KNRT')}{rng.randrange(1000000, 9999999)}"
        kind = "passport" if at % 5 else "id_card"
        rows.append(f"{number},{rng.choice(_STATES)},{kind},{rng.choice(('lost', 'stolen'))}")
    rows.insert(21, f"{_LOST_NUMBER},ESP,passport,stolen")
    return ("\n".join(rows) + "\n").encode("ascii")
