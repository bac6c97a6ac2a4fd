"""Score questions against their candidates on a list with nomenklatura's matchers; print JSON.

    PYTHON benchmarks/peers/list_matchers.py ALGORITHM… < QUESTIONS

PYTHON is an interpreter of an environment of its own with ``pip install nomenklatura==4.17.4
followthemoney==4.11.2``. QUESTIONS is ``{"listed": [entity, …], "asked": [[entity, [place, …]],
…]}``: each question with the places of its candidates in ``listed``. The matchers remember names by
entity id, so every entity has an id of its own, and each is made once, as a screener would.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from name_matchers import entity
from nomenklatura.matching import get_algorithm


def main() -> None:
    """Read the questions, print the scores and the CPU seconds of each algorithm."""
    data = json.load(sys.stdin)
    found: dict[str, Any] = {}
    for name in sys.argv[1:]:
        algorithm = get_algorithm(name)
        if algorithm is None:
            sys.exit(f"no such algorithm: {name}")
        config = algorithm.default_config()
        listed = [entity(one, f"{name}-l{n}") for n, one in enumerate(data["listed"])]
        asked = [(entity(one, f"{name}-q{n}"), at) for n, (one, at) in enumerate(data["asked"])]
        begun = time.process_time()
        scores = [
            [algorithm.compare(one, listed[place], config).score for place in places]
            for one, places in asked
        ]
        found[name] = {"scores": scores, "seconds": time.process_time() - begun}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
