"""The process that the kill test kills: takes files in and says what it has acknowledged."""

import sys
from pathlib import Path

from esclusa.node import Node

folder, *names = sys.argv[1:]
node = Node.open(Path(folder))
print("open", flush=True)
for name in names:
    with Path(name).open("rb") as stream:
        view = node.receive(node.operator(), Path(name).name, stream)
    print("acknowledged", view.id, flush=True)
node.process_waiting()
print("done", flush=True)
node.close()
