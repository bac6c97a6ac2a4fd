"""Two worlds that differ in secrets of every kind, for walks over all pages and the whole API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import case_worlds
import joint_worlds
import redress_worlds
import referral_worlds
import request_worlds
import seizure_worlds
import worlds
from esclusa.node import Node


@contextmanager
def both(folder: Path) -> Iterator[tuple[Node, Node]]:
    """Yield the world without secrets and the one with them, each with an account per role; people
    who are cleared have hidden one of everything that is shared with partners, and worked on cases.
    """
    with worlds.both(folder) as (plain, secret):
        for node in (plain, secret):
            worlds.add_people(node)
        record = worlds.only_in(secret, plain)[0]
        referral_worlds.hide(secret, record)
        redress_worlds.hide(secret)
        joint_worlds.hide(secret)
        seizure_worlds.hide(secret)
        request_worlds.hide(secret, record)
        for node in (plain, secret):
            case_worlds.live(node, secret=node is secret)
        yield plain, secret
