"""The TAXII 2.1 door (OASIS Standard, 10 June 2021): partners' programs fetch and add objects.

A face like the others: it holds the node's services and no storage. Below ``/taxii2/``; the one API
root is ``exchange``.
"""

from esclusa.api.taxii.door import create_door

__all__ = ["create_door"]
