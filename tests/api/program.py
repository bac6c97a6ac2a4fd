"""A program that is signed in at a node, for tests of the API.

>>> ana = Program(node)                             # doctest: +SKIP
>>> ana.get("/referrals", side="host").status_code
200
"""

from __future__ import annotations

from typing import Any

import httpx
from starlette.testclient import TestClient

import worlds
from esclusa.api.limits import DEFAULT, FaceLimits
from esclusa.node import Node
from esclusa.web.app import create_app

BASE = "/api/v1"


class Program:
    """Ask a node as one of the accounts of :func:`worlds.add_people`; paths are those after
    ``BASE``."""

    def __init__(self, node: Node, role: str = "analyst", *, limits: FaceLimits = DEFAULT) -> None:
        self.client = TestClient(create_app(node, limits=limits), base_url="http://node.test")
        said = {"name": role, "password": worlds.PASSWORD}
        token = self.client.post(f"{BASE}/session", json=said).json()["token"]
        self.headers = {"Authorization": f"Bearer {token}"}

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send a request; ``more`` is the client's: ``json``, ``content``, ``params``."""
        return self.client.request(method, BASE + path, headers=self.headers, **more)

    def get(self, path: str, **query: Any) -> httpx.Response:
        """Ask for something."""
        return self.ask("GET", path, params=query)

    def post(self, path: str, body: Any = None, **query: Any) -> httpx.Response:
        """Send JSON, or bytes as they are; None sends no body."""
        more = {"content": body} if isinstance(body, bytes) else {"json": body}
        return self.ask("POST", path, params=query, **more)

    def step(self, path: str, move: str, **more: Any) -> httpx.Response:
        """Make a step of what stands at a path, at the version that it has now."""
        said = {"move": move, "version": self.get(path).json()["version"]}
        return self.post(f"{path}/moves", said | more)
