"""What a face needs to ask for objects of a shelf: the question, and moments as positions."""

from esclusa.formats.stix.reading import moment, shown
from esclusa.ledger.shelf import Wanted, microseconds, moment_text

__all__ = ["Wanted", "microseconds", "moment", "moment_text", "shown"]
