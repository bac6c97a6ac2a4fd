"""A process beside others that reads or erases entities, and dies where it is told to.

``python register_child.py FOLDER WHAT``, WHAT being ``making``, ``taking`` or ``forgetting`` (killed
there), or ``reading``: until a file ``stop`` is in the folder, then once more, and tells the digest.
"""

from __future__ import annotations

import hashlib
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import worlds
from entity_folders import told
from esclusa.errors import NotFound
from esclusa.node import Node, entity_keeping
from esclusa.node.entity_folder import Folder
from esclusa.node.entity_keeping import Registers

WORDS = ("ISTMO PRIMAVERA", "OTRA FIRMA", "SALINAS", "CANARIO")


def die(*_given: Any, **_more: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def main(folder: Path, what: str) -> None:
    node = Node.open(folder)
    who = worlds.reader(node)
    if what == "making":
        Folder.put = die  # type: ignore[method-assign]
    elif what == "taking":
        entity_keeping.note = die
    elif what == "forgetting":
        Registers._settle = die  # type: ignore[method-assign]
        name = node.search(who, "B7").rows[0].record_id
        node.erase(node.administrator(), name, reason="asked for")
    rounds = 0
    print("open", flush=True)
    while not (folder / "stop").exists() or not rounds:
        with suppress(NotFound):  # found, and then gone
            told(node.entities, who, WORDS)
        rounds += 1
    said = told(node.entities, who, WORDS)
    print(hashlib.sha256("\n".join(said).encode()).hexdigest(), rounds, flush=True)
    node.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
