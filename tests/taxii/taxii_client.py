"""A client of a node's TAXII door, in process."""

from __future__ import annotations

from typing import Any

from starlette.testclient import TestClient

from esclusa.node import Node
from esclusa.web.app import create_app

MEDIA = "application/taxii+json;version=2.1"


class Door:
    """Asks a node's door as one client, in process."""

    def __init__(self, node: Node, token: str) -> None:
        self._client = TestClient(create_app(node), base_url="http://door")
        self._headers = {"Accept": MEDIA, "Authorization": f"Bearer {token}"}

    def ask(self, path: str, method: str = "GET", **options: Any) -> Any:
        headers = self._headers | options.pop("headers", {})
        return self._client.request(method, f"/taxii2{path}", headers=headers, **options)

    def collection(self, *, incoming: bool = False) -> str:
        found = self.ask("/exchange/collections/").json()["collections"]
        end = "to marisol" if incoming else "marisol to northreach"
        return next(item["id"] for item in found if item["title"].endswith(end))

    def objects(self, collection: str, **query: Any) -> Any:
        return self.ask(f"/exchange/collections/{collection}/objects/", params=query)

    def post(self, collection: str, objects: bytes) -> Any:
        return self.ask(
            f"/exchange/collections/{collection}/objects/", "POST",
            content=objects, headers={"Content-Type": MEDIA},
        )  # fmt: skip
