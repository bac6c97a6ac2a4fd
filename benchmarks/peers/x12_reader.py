"""Read an X12 file with pyx12 and print its CPU seconds, round by round.

    PYTHON benchmarks/peers/x12_reader.py FILE ROUNDS

PYTHON is an interpreter of an environment of its own with ``pip install pyx12``. The reader cuts
segments into elements and checks the envelopes, as ours does; no map of a transaction set is used.
"""

from __future__ import annotations

import json
import sys
import time

import pyx12
from pyx12.x12file import X12Reader


def main() -> None:
    """Read the file so many times."""
    path, rounds = sys.argv[1], int(sys.argv[2])
    seconds, segments = [], 0
    for _ in range(rounds):
        begun = time.process_time()
        segments = sum(1 for _ in X12Reader(path))
        seconds.append(time.process_time() - begun)
    version = getattr(pyx12, "__version__", "")
    print(json.dumps({"seconds": seconds, "segments": segments, "version": version}))


if __name__ == "__main__":
    main()
