"""The process that the kill test of evidence kills: takes files into a case and says which are in.

    python kill_case_child.py NODE CASE CPU_SECONDS FIRST

After so many seconds of its own work the system ends it, in the midst of whatever it is at.
"""

import io
import signal
import sys
from pathlib import Path

from esclusa.node import Node
from esclusa.node.case_writing import Wanted

folder, case, moment, first = sys.argv[1:]
node = Node.open(Path(folder))
taken = Wanted(move="take_in", given={"what": "photo", "source": "gate"})
signal.setitimer(signal.ITIMER_PROF, float(moment))
for number in range(int(first), int(first) + 1000):
    data = b"photo %d " % number * 40_000
    node.case_desk.take_in(node.operator(), case, f"{number}.jpg", io.BytesIO(data), taken)
    print(number, flush=True)
