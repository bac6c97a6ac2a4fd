"""UN/EDIFACT (ISO 9735, syntax versions 1 to 4).

``segment`` holds what the engine hands out, ``syntax`` reads a stream into raw messages, and one
module per message type gives them meaning.
"""
