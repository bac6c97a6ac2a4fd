"""ANSI ASC X12 interchanges: ``syntax`` reads a stream, one module per transaction set."""
