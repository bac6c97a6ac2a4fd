"""Other TAXII 2.1 servers on the same envelopes; started by ``benchmarks/taxii.py --peers PYTHON``.

    PYTHON benchmarks/peers/taxii_servers.py medallion|opentaxii FOLDER PAGE

``PYTHON`` is an interpreter of an environment of its own with ``pip install medallion opentaxii``.
``FOLDER`` holds envelopes, one a file. Each server is asked through its own WSGI application, without a
socket, as the door is. Prints objects, and seconds of CPU of pushing and of pulling.
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

MEDIA = "application/taxii+json;version=2.1"


def medallion(folder: Path) -> tuple[Any, str, dict[str, str]]:
    """Return a client of medallion with its memory backend, the address and the headers."""
    import base64

    import medallion as server

    collection = "91a7b528-80eb-42ed-a74d-c6fbd5a26116"
    root = {
        "information": {"title": "b", "versions": [MEDIA], "max_content_length": 1 << 30},
        "status": [],
        "collections": [{
            "id": collection, "title": "b", "can_read": True, "can_write": True,
            "media_types": ["application/stix+json;version=2.1"],
            "objects": [], "manifest": [], "responses": {},
        }],
    }  # fmt: skip
    data = {"/discovery": {"title": "b", "default": "http://b/r/", "api_roots": ["http://b/r/"]},
            "r": root}  # fmt: skip
    (folder / "data.json").write_text(json.dumps(data))
    app = server.application_instance
    server.set_config(app, "users", {"users": {"a": "b"}})
    server.set_config(app, "taxii", {"taxii": {"max_page_size": 10_000}})
    backend = {
        "module": "medallion.backends.memory_backend", "module_class": "MemoryBackend",
        "filename": str(folder / "data.json"),
    }  # fmt: skip
    server.set_config(app, "backend", {"backend": backend})
    server.register_blueprints(app)
    key = base64.b64encode(b"a:b").decode()
    return (
        app.test_client(),
        f"/r/collections/{collection}/objects/",
        {"Authorization": f"Basic {key}"},
    )


def opentaxii(folder: Path) -> tuple[Any, str, dict[str, str]]:
    """Return a client of OpenTAXII on SQLite; its collection is open to all, so nobody signs in."""
    import structlog
    import yaml
    from opentaxii.config import ServerConfig
    from opentaxii.middleware import create_app
    from opentaxii.server import TAXIIServer

    # OpenTAXII 0.9.3 on SQLite answers a post with a UUID that the JSON encoder does not know.
    json.JSONEncoder.default = lambda _self, value: str(value)  # type: ignore[method-assign]
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    path = {name: f"sqlite:///{folder / name}.sqlite" for name in ("auth", "data", "old")}
    config = {
        "auth_api": {"class": "opentaxii.auth.sqldb.SQLDatabaseAPI", "parameters": {
            "db_connection": path["auth"], "create_tables": True, "secret": "x"}},
        "taxii1": None,
        "taxii2": {
            "title": "b", "contact": "b", "description": "b", "max_content_length": 1 << 30,
            "public_discovery": True, "allow_custom_properties": True,
            "persistence_api": {"class": "opentaxii.persistence.sqldb.Taxii2SQLDatabaseAPI",
                                "parameters": {"db_connection": path["data"],
                                               "create_tables": True}},
        },
    }  # fmt: skip
    (folder / "config.yml").write_text(yaml.safe_dump(config))
    server = TAXIIServer(ServerConfig(extra_configs=[str(folder / "config.yml")]))
    app = create_app(server)
    with app.app_context():
        api = server.servers.taxii2.persistence.api
        root = api.add_api_root("r", default=True, is_public=True)
        place = api.add_collection(str(root.id), "c", is_public=True, is_public_write=True)
    return app.test_client(), f"/taxii2/{root.id}/collections/{place.id}/objects/", {}


def main() -> None:
    """Push all, pull all."""
    name, given, page = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    with tempfile.TemporaryDirectory() as folder:
        client, path, headers = {"medallion": medallion, "opentaxii": opentaxii}[name](Path(folder))
        headers = {"Accept": MEDIA, **headers}
        pushed = pulled = 0.0
        for file in sorted(given.iterdir()):
            data = file.read_bytes()
            posting = {**headers, "Content-Type": MEDIA}
            began = time.process_time()
            answer = client.post(path, data=data, headers=posting)
            pushed += time.process_time() - began
            if answer.status_code != 202:
                raise SystemExit(f"{name}: {answer.status_code} {answer.data[:200]!r}")
        count, query = 0, f"?limit={page}"
        while query:
            began = time.process_time()
            answer = client.get(path + query, headers=headers)
            body = answer.data
            pulled += time.process_time() - began
            if answer.status_code != 200:
                raise SystemExit(f"{name}: {answer.status_code} {body[:200]!r}")
            found = json.loads(body)
            count += len(found.get("objects", []))
            query = f"?limit={page}&next={found['next']}" if found.get("more") else ""
        print(json.dumps({"objects": count, "push": pushed, "pull": pulled}))
        sys.stdout.flush()
        import os

        os._exit(0)  # medallion's session checker never ends


if __name__ == "__main__":
    main()
