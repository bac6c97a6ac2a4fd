"""The demonstration's partners: three nodes on one machine, joined by agreements and HTTPS lines.

Marisol gives Northreach cargo and travellers under the shipped agreement, Northreach gives Marisol
port calls and passes one consignment on to Altamira, which the agreement allows without asking.
Then Marisol recalls that consignment, and both holders answer with receipts. Under the agreement's
second version, which adds casework, Northreach asks Marisol to look into a box, and asks what is
known of its consignee: both wait on Marisol's desks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from esclusa.cli import output

if TYPE_CHECKING:
    from esclusa.node import Node
    from esclusa.node.line import Line
    from esclusa.sharing.agreement import Agreement

SHARED: Final = (
    "manifest-northreach-0412.edi",
    "manifest-northreach-0412-amendment.edi",
    "passengers-altamira-AM218.edi",
)
"""Files whose records Marisol marks for Northreach; all others stay at home."""

_GIVEN_BACK: Final = "bayplan-northreach-0412.edi"
CASEWORK: Final = "marisol-northreach-casework"
"""The shipped agreement's second version: it adds casework."""
_HOST: Final = "127.0.0.1"


def share(node: Node, folder: Path) -> None:
    """Build the partners beside the node, exchange, recall, and print what crossed and what did
    not."""
    from esclusa.node import Node

    with ExitStack() as stack:
        nodes = [node]
        for agency, title in (("northreach", "Northreach Port Police"),
                              ("altamira", "Altamira Coast Guard")):  # fmt: skip
            made = Node.create(folder / agency, agency=agency, title=title)
            stack.callback(made.close)
            nodes.append(made)
        lines = _joined(nodes, folder, stack)
        marisol, northreach, altamira = nodes
        agreement = _agreed(marisol, northreach, "marisol-northreach")
        _agreed(northreach, altamira, "northreach-altamira")
        _take_in(northreach, _GIVEN_BACK, "marisol")
        _sync(marisol, northreach, lines)
        record = _pass_one_on(northreach, altamira, lines)
        _crossed(marisol, northreach, agreement)
        _crossed(northreach, marisol, agreement)
        _recalled(nodes, record, lines)
        _asked(marisol, northreach, agreement, lines)
        _logs(nodes)


# --- joining --------------------------------------------------------------------------------------


def _joined(nodes: Sequence[Node], folder: Path, stack: ExitStack) -> dict[str, Line]:
    """Give each node keys, a certificate, a line, and the others' public keys."""
    from esclusa.node import credentials
    from esclusa.node.line import Line, contexts
    from esclusa.node.pilot import certify, make_authority

    now = dt.datetime.now(dt.UTC)
    make_authority(folder / "authority", "Demonstration authority", now)
    lines = {}
    for node in nodes:
        credentials.create(node.folder, node.agency, now)
        certify(folder / "authority", node.folder, node.agency, [_HOST], now)
        server, _client = contexts(node.folder)
        line = stack.enter_context(Line(node.exchange, server, _HOST, 0))
        stack.callback(line.shutdown)
        line.start()
        lines[node.agency] = line
    for node in nodes:
        for other in nodes:
            if other is not node:
                public = credentials.read_public(other.folder)
                address = lines[other.agency].address
                node.partner_desk.add(node.administrator(), public, address=address)
    return lines


def _agreed(
    giver: Node, other: Node, name: str, sample_name: str = "marisol-northreach",
    before: Agreement | None = None,
) -> Agreement:  # fmt: skip
    """Have two nodes sign a shipped agreement between them, and put it in force at both.

    :param before: the version that this one replaces.
    """
    from esclusa.sharing.agreement import Signed, digest, read_agreement, sign, write_signed
    from esclusa.sharing.keys import AGREEMENT

    sample = files("esclusa.samples").joinpath("agreements", f"{sample_name}.yaml")
    text = sample.read_text("utf-8")
    signers = {node.agency: node.exchange.credentials.signer(AGREEMENT) for node in (giver, other)}
    for party in read_agreement(text.encode()).parties:
        agency = giver.agency if party.agency == "marisol" else other.agency
        text = text.replace(party.key, signers[agency].key_id)
    text = text.replace("id: marisol-northreach", f"id: {name}")
    if before is not None:
        text = text.replace(read_agreement(text.encode()).replaces, digest(before))
    if other.agency == "altamira":
        text = text.replace("agencies: [altamira]", "agencies: [marisol]")
    for role, agency in (("marisol", giver.agency), ("northreach", other.agency)):
        text = text.replace(f"agency: {role}", f"agency: <{agency}>")
        text = text.replace(f"giver: {role}", f"giver: <{agency}>")
    text = text.replace("<", "").replace(">", "")
    today = dt.datetime.now(dt.UTC).date()
    text = text.replace("from: 2026-12-01", f"from: {today.isoformat()}")
    signed = Signed(agreement=read_agreement(text.encode()))
    for agency, signer in signers.items():
        signed = sign(signed, agency, signer.key_id, dt.datetime.now(dt.UTC), signer.sign)
    for node in (giver, other):
        node.partner_desk.adopt(node.administrator(), write_signed(signed))
    return signed.agreement


def _take_in(node: Node, name: str, partner: str) -> None:
    with (Path(str(files("esclusa.samples"))) / name).open("rb") as stream:
        marking = node.settings.marking_for([partner])
        node.ingest(node.operator(), name, stream, marking=marking)


def _sync(node: Node, partner: Node, lines: dict[str, Line]) -> None:
    from esclusa.node.line import caller, contexts, sync

    _server, client = contexts(node.folder)
    sync(node.exchange, partner.agency, caller(lines[partner.agency].address, client,
                                               partner.agency))  # fmt: skip


# --- what crossed ---------------------------------------------------------------------------------


def _pass_one_on(northreach: Node, altamira: Node, lines: dict[str, Line]) -> str:
    """Pass the copy at the top of Northreach's queue on to Altamira; return its id."""
    from esclusa.sharing.views import QueueFilter

    who = northreach.operator()
    page = northreach.queue(who, QueueFilter(kind="consignment", limit=1))
    record = page.rows[0].subject_id
    northreach.partner_desk.pass_on(who, record, altamira.agency)
    _sync(northreach, altamira, lines)
    return record


def _crossed(giver: Node, receiver: Node, agreement: Agreement) -> None:
    """Print, for each kind that an agreement gives, what went and what stayed, and why."""
    from esclusa.node.agreements import simulate
    from esclusa.sharing.terms import reasons

    now = dt.datetime.now(dt.UTC)
    found = simulate(giver.gate, giver.operator(), agreement, now - dt.timedelta(days=1), now)
    first = {item.kind: item for item in reversed(list(found))}
    known = reasons()
    output.table(
        f"\nFrom {giver.title} to {receiver.title}",
        ("kind", "records>", "went>", "stayed>", "why they stayed", "fields withheld or blurred"),
        [
            (item.kind, item.seen, item.released, item.seen - item.released,
             "; ".join(f"{known[code].en} ({count})" for code, count in item.reasons.items()),
             ", ".join(f.path for f in item.fields if f.withheld or f.masked or f.generalised)
             or "none")
            for item in sorted(first.values(), key=lambda item: item.kind)
        ],
    )  # fmt: skip
    held = {
        purpose: _held(receiver, giver.agency, purpose)
        for purpose in ("targeting", "border_control")
    }
    said = ", ".join(f"{count} for {purpose}" for purpose, count in held.items())
    click.echo(f"What {receiver.title} may read of it, by the purpose of the reader: {said}")


def _held(node: Node, partner: str, purpose: str) -> int:
    import msgspec

    reader = msgspec.structs.replace(node.operator(), purpose=purpose)
    views = node.partner_desk.partners(reader)
    return next(item.held for item in views if item.agency == partner)


def _recalled(nodes: Sequence[Node], record: str, lines: dict[str, Line]) -> None:
    """Recall one record from everyone, and print the receipts."""
    marisol, northreach, altamira = nodes
    ours = marisol.exchange.pointers[record].id
    marisol.partner_desk.recall(marisol.operator(), ours, "Given to show how a recall goes.")
    for node, partner in ((marisol, northreach), (northreach, altamira), (marisol, northreach)):
        _sync(node, partner, lines)
    trail = marisol.partner_desk.trail(marisol.operator(), ours)
    output.table(
        "\nRecalled: one consignment that Northreach had passed on to Altamira",
        ("holder", "got it through", "now", "receipt says erased"),
        [
            (item.holder, marisol.agency if item.agreement else "passed on", item.state,
             " ".join(_emptied(item)))
            for item in trail.holders
        ],
    )  # fmt: skip


def _emptied(holder: object) -> Iterator[str]:
    receipt = getattr(holder, "receipt", None)
    for name, count in receipt.erased.items() if receipt else ():
        yield f"{name} {count}"


def _asked(marisol: Node, northreach: Node, before: Agreement, lines: dict[str, Line]) -> None:
    """Have Northreach refer a box to Marisol and ask about its consignee, and print what waits."""
    from esclusa.sharing.views import QueueFilter

    _agreed(marisol, northreach, "marisol-northreach", CASEWORK, before)
    who, now = northreach.operator(), dt.datetime.now(dt.UTC)
    page = northreach.queue(who, QueueFilter(kind="consignment", limit=50))
    named = ((row.subject_id, _consignee(northreach, row.subject_id)) for row in page.rows)
    record, consignee = next(pair for pair in named if pair[1] not in ("", "TO ORDER"))
    northreach.referral_desk.open(
        who, record, marisol.agency, {
            "risk_reasons": "First bill of this consignee; the goods are named in general words.",
            "legal_purpose": "Treaty of 4 May 2019, article 9; targeting",
            "cut_off": (now + dt.timedelta(hours=36)).strftime("%Y-%m-%dT%H:%MZ"),
        }, send=True,
    )  # fmt: skip
    northreach.information_desk.ask(
        who, marisol.agency, {
            "subject_kind": "company", "subject_name": consignee,
            "question": "Has this firm imported before, and was any of its cargo examined?",
            "purpose": "targeting", "legal_basis": "Treaty of 4 May 2019, article 9",
            "clock": "7d",
        }, record=record,
    )  # fmt: skip
    _sync(northreach, marisol, lines)
    ours = marisol.operator()
    output.table(
        f"\nWaiting for {marisol.title}",
        ("what", "from", "about", "state", "due (UTC)"),
        [
            *(("referral", row.requester, row.subject.bill, row.state.en, row.clock.due)
              for row in marisol.referral_desk.referrals(ours).rows),
            *(("request for information", row.requester, row.subject.name, row.state.en,
               row.clock.due) for row in marisol.information_desk.requests(ours).rows),
        ],
    )  # fmt: skip


def _consignee(node: Node, record: str) -> str:
    facts = {fact.path: fact.value for fact in node.record(node.operator(), record).facts}
    roles = [path for path, value in facts.items() if value == "consignee"]
    return next((facts[path.replace("role", "name")] for path in roles), "")


def _logs(nodes: Sequence[Node]) -> None:
    """Print how long each log is, whether it is sound, and who signed its head."""
    rows = []
    for node in nodes:
        head, wrong = node.exchange.log.head(), node.exchange.log.verify()
        names = [other.agency for other in nodes if node.exchange.log.cosigned_size(other.agency)]
        rows.append((node.title, head.size if head else 0, "; ".join(wrong) or "sound",
                     ", ".join(names) or "nobody yet"))  # fmt: skip
    output.table(
        "\nLogs of what left and came in", ("node", "entries>", "state", "witnesses"), rows
    )
