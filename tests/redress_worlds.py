"""Two nodes that honour each other's redress numbers, a list that both know, and flights.

X (Fabio Delvalle Jurado, 1971-05-12) is innocent and bears the name of Y, who is on the list of both
nodes with another birth date and passport.
"""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import msgspec
import yaml

from esclusa.model import Reason, RedressPerson
from esclusa.node import Node
from esclusa.sharing.agreement.shape import Clause
from esclusa.sharing.reader import Reader, Role
from esclusa.sharing.redress_views import CaseView
from exchange_worlds import World, officer, take_in

HOST, OTHER = "marisol", "northreach"
DOCS = Path(__file__).parents[1] / "docs" / "redress.md"
NAME, LIST, ENTRY = "FABIO DELVALLE JURADO", "wanted", "W7"
X_BORN, X_PAPER = "1971-05-12", "PA1111112"
Y_BORN, Y_PAPER = "1969-02-03", "ZZ9876543"
X = RedressPerson(name=NAME, birth_date=X_BORN, nationality="PAN",
                  documents=(f"passport:{X_PAPER}",))  # fmt: skip
OTHERS = ("OLGA", "PIET", "QUENTIN", "RUTH", "SVEN", "TESS", "ULRICH", "VERA", "WIM", "XENIA")
"""Further persons on the list: an edition that changes as a whole is held back."""
STATEMENT = {"statement": "Stopped at the airport for somebody else of the same name."}


def clause() -> Clause:
    """Return the clause that the manual gives as an example."""
    (block,) = re.findall(r"```yaml\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    return msgspec.convert(yaml.safe_load(block), tuple[Clause, ...])[0]


def made(folder: Path, *, agreed: bool = True, databases: dict[str, str] | None = None) -> World:
    """Return two nodes with the list of wanted persons; their agreement names redress numbers unless
    ``agreed`` is False."""
    world = World(folder, HOST, OTHER, databases=databases)
    draft = world.draft(HOST, OTHER)
    more = (clause(),) if agreed else ()
    world.agree(HOST, OTHER, clauses=(*draft.clauses, *more))
    for agency in (HOST, OTHER):
        world[agency].analyst.now = world.clock
        list_y(world[agency])
    return world


def list_y(node: Node, born: str = "1969", **more: list[str]) -> None:
    """Bring the list of wanted persons into force: Y alone, of whom the year is known."""
    given = {"name": [NAME], "birthDate": [born], **more}
    lines = [{"id": ENTRY, "schema": "Person", "properties": given}]
    lines += [{"id": f"F{n}", "schema": "Person", "properties": {"name": [f"{one} QUILLFEATHER"]}}
              for n, one in enumerate(OTHERS)]  # fmt: skip
    data = io.BytesIO(b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    node.add_list(node.operator(), LIST, "Wanted persons", [("wanted.json", data)])


def fly(
    node: Node, flight: str, paper: str = X_PAPER, *, born: str = X_BORN, number: str = "",
    name: str = "DELVALLE JURADO:FABIO", how: str = "RFF",
) -> str:  # fmt: skip
    """Take in a passenger list with one traveller; return his record's id.

    :param number: the redress number that the carrier states, "" for none.
    :param how: ``RFF``, or ``DOC`` for a carrier that states it as a document.
    """
    rff = f"RFF+AEA:{number}'" if number and how == "RFF" else ""
    doc = f"DOC+R+{number}'" if number and how == "DOC" else ""
    day = born.replace("-", "")[2:]
    body = (
        "BGM+745'NAD+MS+++AM OPERATIONS'"
        f"TDT+20+{flight}'LOC+125+MGA'DTM+189:2612010800:201'LOC+87+PTY'DTM+232:2612010930:201'"
        f"NAD+FL+++{name}'ATT+2++M'DTM+329:{day}'LOC+22+PTY'LOC+178+MGA'LOC+179+PTY'NAT+2+PAN'"
        f"{rff}DOC+P+{paper}'LOC+91+PAN'{doc}CNT+42:1'"
    )
    text = (
        "UNA:+.? 'UNB+UNOA:4+AM+MARISOL+261123:1200+I1'UNH+1+PAXLST:D:12B:UN:IATA'"
        f"{body}UNT+{body.count(chr(39)) + 2}+1'UNZ+1+I1'"
    )
    take_in(node, node.settings.intake_marking(), text.encode(), f"{flight}.edi")
    rows = node.search(officer(node), flight, kind="traveller").rows
    return next(row.record_id for row in rows)


def reasons(node: Node, record: str, reader: Reader | None = None) -> tuple[Reason, ...]:
    """Return the reasons of a record's alert, as an analyst sees them."""
    alert = node.record(reader or officer(node), record).alert
    return alert.alert.reasons if alert else ()


def listed(node: Node, record: str, reader: Reader | None = None) -> Reason:
    """Return the reason that names the list."""
    return next(r for r in reasons(node, record, reader) if r.source == "list")


def score(node: Node, record: str) -> float:
    """Return the points of a record's alert."""
    return sum(reason.points for reason in reasons(node, record))


def waits(node: Node, record: str) -> bool:
    """Tell whether a record's alert stands in the open queue."""
    from esclusa.sharing.views import QueueFilter

    rows = node.queue(officer(node), QueueFilter(limit=200)).rows
    return record in {row.subject_id for row in rows}


def lead(node: Node, name: str = "lena") -> Reader:
    """Return a supervisor of a node."""
    return msgspec.structs.replace(officer(node, role=Role.SUPERVISOR), name=name)


def apply(node: Node, record: str, person: RedressPerson = X) -> CaseView:
    """Take an application that begins at the match of a record."""
    match = listed(node, record).match
    assert match is not None
    return node.redress_desk.apply(officer(node), person, STATEMENT, match=match.id)


def grant(
    node: Node, record: str, *, partners: tuple[str, ...] = (), person: RedressPerson = X,
    days: int = 365,
) -> CaseView:  # fmt: skip
    """Take an application, see papers and grant the number, by two people."""
    case = apply(node, record, person).row.case
    desk = node.redress_desk
    desk.move(
        officer(node), case, "papers", {"seen": "Passport and birth certificate, in original"}
    )
    given: dict[str, Any] = {
        "ground": "Another birth date and other parents",
        "until": _day(node, days),
    }
    return desk.move(lead(node), case, "grant", given, partners=partners)


def _day(node: Node, days: int) -> str:
    import datetime as dt

    return f"{node.analyst.now().date() + dt.timedelta(days=days)}"


HIDDEN, HIDDEN_NUMBER = "0123456789abcdef", "RPE4-QYGW-VJ8N"
"""The case that :func:`hide` makes, and its number."""


def hide(node: Node) -> None:
    """Put a case with a number into a node that only a reader cleared for secrets may know of."""
    from esclusa.codes import redress as numbers
    from esclusa.ledger import records
    from esclusa.ledger.records import Draft
    from esclusa.model import Level, Marking, Recorded, RedressEntry, RedressGrant, RedressMove

    label = node.labels.intern(node.agency, Marking(level=Level.SECRET))
    number = numbers.normalise(HIDDEN_NUMBER)
    entry = RedressEntry(list_id="ghost", uid="G1", digest="0" * 32)
    who = RedressPerson(name="GHOST PERSON", birth_date="1970-01-01", documents=("passport:G1",))
    said = {"apply": "statement", "papers": "seen", "grant": "ground"}
    moves = [
        RedressMove(
            case=HIDDEN, number=place, move=move, by=by, at=f"2026-11-2{place}T08:00:00Z",
            person=who, entries=(entry,), recorded=(Recorded(name=said[move], value="GHOST WORDS"),),
            redress=number if move == "grant" else "",
            until="2199-01-01" if move == "grant" else "",
        )
        for place, (move, by) in enumerate((("apply", "bea"), ("papers", "bea"), ("grant", "eva")), 1)
    ]  # fmt: skip
    grant_ = RedressGrant(redress=number, agency=node.agency, state="granted",
                          at="2026-11-23T08:00:00Z", until="2199-01-01", person=who,
                          entries=(entry,))  # fmt: skip
    with node.store.write() as connection:
        drafts = [Draft(body=body, originator=node.agency, label_id=label)
                  for body in (*moves, grant_)]  # fmt: skip
        records.append(connection, drafts)
