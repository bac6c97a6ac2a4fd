"""The process that the kill test kills: takes files in and says what it has acknowledged.

    python kill_child.py NODE CPU_SECONDS FILE...

After so many seconds of its own work (0: never) the system ends it, in the midst of whatever it is
at: nothing catches the signal, nothing is tidied up.
"""

import signal
import sys
import time
from pathlib import Path

from esclusa.node import Node

folder, moment, *names = sys.argv[1:]
node = Node.open(Path(folder))
print("open", flush=True)
worked, began = time.process_time(), time.monotonic()
signal.setitimer(signal.ITIMER_PROF, float(moment))
for name in names:
    with Path(name).open("rb") as stream:
        view = node.receive(node.operator(), Path(name).name, stream)
    print("acknowledged", view.id, flush=True)
received = time.process_time() - worked
node.process_waiting()
signal.setitimer(signal.ITIMER_PROF, 0)
spent = (received, time.process_time() - worked, time.monotonic() - began)
print("done", *spent, flush=True)
node.close()
