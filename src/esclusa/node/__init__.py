"""The node: composition of the rooms below into services for the faces.

``node`` is the front door. ``pipeline`` leads from a file in custody to alerts, ``analyst`` runs
the pure analysis with what the ledger knows, ``settings`` is the node's configuration file.
"""

from pathlib import Path

from esclusa.ledger.store import Store
from esclusa.node import settings
from esclusa.node.node import Node


def upgrade(folder: Path) -> None:
    """Bring the schema of the node in a folder to this version; safe to repeat."""
    store = Store(settings.load(folder).database_url(folder))
    store.upgrade()
    store.close()


__all__ = ["Node", "upgrade"]
