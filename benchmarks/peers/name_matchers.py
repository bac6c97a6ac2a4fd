"""Score pairs of entities with nomenklatura's matchers and print the scores as JSON.

    PYTHON benchmarks/peers/name_matchers.py ALGORITHM… < PAIRS

PYTHON is an interpreter of an environment of its own with ``pip install nomenklatura==4.17.4
followthemoney==4.11.2``. Each line of PAIRS is ``{"left": {"schema", "properties"}, "right": …}``.
The matchers remember names by entity id, so every entity gets an id of its own.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from followthemoney import model
from nomenklatura.matching import get_algorithm


def entity(data: dict[str, Any], number: str) -> Any:
    """Return an entity with its own id; values of properties are cleaned as on import."""
    proxy = model.make_entity(data["schema"])
    proxy.id = number
    for name, values in data["properties"].items():
        if name in proxy.schema.properties:
            proxy.add(name, values, cleaned=False, quiet=True)
    return proxy


def main() -> None:
    """Read pairs, print the scores and the CPU seconds of each algorithm."""
    pairs = [json.loads(line) for line in sys.stdin]
    found: dict[str, Any] = {}
    for name in sys.argv[1:]:
        algorithm = get_algorithm(name)
        if algorithm is None:
            sys.exit(f"no such algorithm: {name}")
        config = algorithm.default_config()
        made = [
            (entity(p["left"], f"{name}-l{n}"), entity(p["right"], f"{name}-r{n}"))
            for n, p in enumerate(pairs)
        ]
        begun = time.process_time()
        scores = [algorithm.compare(left, right, config).score for left, right in made]
        found[name] = {"scores": scores, "seconds": time.process_time() - begun}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
