"""Casework: what people do with alerts. State machines are data; each move is a record.

``alerts`` holds the rules of a move and touches nothing; ``desk`` makes the move and stores it.
"""
