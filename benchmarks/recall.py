"""Recalling records from several partners: from the order to the last signed receipt.

    python benchmarks/recall.py [--records 500 2000] [--partners 5] [--kind consignment]

Real nodes on SQLite, one process: each recall passes the release rules, the outbox, the wire with
its Merkle root and signature, the partner's checks, the erasure from its tables and indexes with
the analysis of what rested on it, its receipt, and the way back. The floor is the same number of
messages through the pure exchange, without bytes, ledger and erasure.
"""

from __future__ import annotations

import argparse
import datetime as dt
import io
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.synthetic import generate_cuscar

from esclusa.node import Node, credentials
from esclusa.sharing.agreement import Signed, read_agreement, sign, write_signed
from esclusa.sharing.keys import AGREEMENT

GOAL = 30.0
"""Seconds for 100,000 records at 5 partners."""


@contextmanager
def world(folder: Path, partners: int) -> Iterator[tuple[Node, list[Node]]]:
    """Yield a giving node and its partners, with agreements in force."""
    now = dt.datetime.now(dt.UTC)
    names = ["marisol", *(f"partner{number}" for number in range(partners))]
    nodes = [Node.create(folder / name, agency=name) for name in names]
    for node in nodes:
        credentials.create(node.folder, node.agency, now)
    for node in nodes[1:]:
        for one, other in ((nodes[0], node), (node, nodes[0])):
            keys = credentials.read_public(other.folder).keys
            one.exchange.add_partner(other.agency, keys, address="", by="benchmark")
        agree(nodes[0], node)
    yield nodes[0], nodes[1:]
    for node in nodes:
        node.close()


def agree(giver: Node, other: Node) -> None:
    """Put the shipped agreement in force between two nodes."""
    sample = files("esclusa.samples").joinpath("agreements", "marisol-northreach.yaml")
    text = sample.read_text("utf-8").replace("northreach", other.agency)
    text = text.replace(f"{giver.agency}-{other.agency}", f"marisol-{other.agency}")
    signers = {node.agency: node.exchange.credentials.signer(AGREEMENT) for node in (giver, other)}
    for party in read_agreement(text.encode()).parties:
        text = text.replace(party.key, signers[party.agency].key_id)
    today = dt.datetime.now(dt.UTC).date()
    text = text.replace("from: 2026-12-01", f"from: {today.isoformat()}")
    signed = Signed(agreement=read_agreement(text.encode()))
    for agency, signer in signers.items():
        signed = sign(signed, agency, signer.key_id, dt.datetime.now(dt.UTC), signer.sign)
    for node in (giver, other):
        node.exchange.adopt(write_signed(signed), by="benchmark")


def sync(one: Node, other: Node) -> None:
    """Carry batches until neither side has news."""
    while True:
        fresh = other.exchange.receive(one.exchange.batch(other.agency)).fresh
        back = one.exchange.receive(other.exchange.batch(one.agency)).fresh
        if not (fresh or back or one.exchange.has_news(other.agency)):
            return


def measured(count: int, partners: int) -> tuple[float, float, float, float]:
    """Return wall and CPU seconds of giving, then of recalling."""
    with tempfile.TemporaryDirectory() as folder, world(Path(folder), partners) as (giver, others):
        data = b"".join(generate_cuscar(count))
        marking = msgspec.structs.replace(
            giver.settings.intake_marking(),
            releasable_to=frozenset(node.agency for node in others),
        )
        source = giver.receive(giver.operator(), "m.edi", io.BytesIO(data), marking=marking)
        giver.process(source.id)
        wall, cpu = time.perf_counter(), time.process_time()
        giver.exchange.publish()
        for node in others:
            sync(giver, node)
        gave = time.perf_counter() - wall, time.process_time() - cpu
        ids = [place.id for place in giver.exchange.pointers.values()]
        wall, cpu = time.perf_counter(), time.process_time()
        giver.exchange.withdraw(ids, by="benchmark")
        for node in others:
            sync(giver, node)
        took = time.perf_counter() - wall, time.process_time() - cpu
        state = giver.exchange.state()
        gone = sum(grant.state == "gone" for grant in state.grants.values())
        assert gone == len(ids) * partners, f"{gone} receipts for {len(ids)} × {partners}"
        held = sum(copy.content is not None for node in others
                   for copy in node.exchange.state().copies.values())  # fmt: skip
        assert held == 0, f"{held} copies left"
        return *gave, *took


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Recall with receipts")
    parser.add_argument("--records", type=int, nargs="+", default=[500, 2000])
    parser.add_argument("--partners", type=int, default=5)
    chosen = parser.parse_args()
    print(f"{'records':>9}{'partners':>9}{'given s':>9}{'recalled s':>11}{'CPU ms each':>12}")
    for count in chosen.records:
        gave, _cpu, took, cpu = measured(count, chosen.partners)
        each = cpu / count / chosen.partners * 1000
        print(f"{count:>9,}{chosen.partners:>9}{gave:>9.1f}{took:>11.2f}{each:>12.3f}", flush=True)
        least = GOAL / 100_000 / 5 * 1000
        print(f"   {each / least:.1f} times the {least:.2f} ms that the goal allows")


if __name__ == "__main__":
    main()
