"""Sentences that the source makes of several pieces, and texts that are no sentence for a reader.

``{}`` stands for a place in a piece; a row is written as it stands in ``sentences.csv``.
"""

from __future__ import annotations

from typing import Final

PARTS: Final[dict[str, tuple[str, ...]]] = {
    "HS code {} is not in the Harmonized System {}{}": (
        "HS code {code} is not in the Harmonized System {edition}",
        "HS code {code} is not in the Harmonized System {edition}; {found} is",
    ),
    "; {} is": ("HS code {code} is not in the Harmonized System {edition}; {found} is",),
    "line {}, columns {} to {} ({})": (
        "line {line}, columns {first} to {last} ({~title}): {=reason}",
    ),
    "{} stands there, {} are expected": (
        "{'value} stands there, letters are expected",
        "{'value} stands there, digits are expected",
    ),
    "control reference": ("the header names no {~lacking}, so nobody can be answered",),
    " and no ": ("the header names no {~lacking}, so nobody can be answered",),
    "the {} ends without {}": (
        "the group ends without {trailer}",
        "the interchange ends without {trailer}",
    ),
    "by its length": ("{'text} is not a date in format by its length (2379)",),
    "{} is not a date in format {} (2379)": (
        "{'text} is not a date in format by its length (2379)",
        "{'text} is not a date in format ISO 8601 (2379)",
    ),
    " in segment group {}": (
        "segment {tag} in segment group {group}",
        "segment group {inner} ({tag}) in segment group {group}",
    ),
    ", its agency is {}": (
        "no packed directory has the message {'type}, its agency is {'agency}; not validated",
    ),
    "no packed directory has the message {}{}; not validated": (
        "no packed directory has the message {'type}; not validated",
    ),
    "is not packed": ("directory {'directory} is not packed; validated against {edition}",),
    "lacks the message": ("directory {'directory} lacks the message; validated against {edition}",),
    "is not what guide {} goes by": (
        "directory {'directory} is not what guide {guide} goes by; validated against {edition}",
    ),
    "directory {} {}; validated against {}": (
        "directory {'directory} lacks the message; validated against {edition}",
    ),
    "segment {} cannot stand {}": (
        "segment {tag} cannot stand here",
        "segment {tag} cannot stand after {=place}",
    ),
    "{}{} is missing before {}": ("{=place} is missing before {tag}",),
    "{}{} stands more than {} times": ("{=place} stands more than {most} times",),
    "a country": ("{'text} is not a country that the lists know; kept as sent",),
    "a state": ("{'text} is not a state that the lists know; kept as sent",),
    "{} is not {} that the lists know; kept as sent": (
        "{'text} is not a country that the lists know; kept as sent",
    ),
    ", line {}": ("not JSON: {=reason}, line {line}",),
    "stands before any SF10 and is not used": (
        "line {line}: record {'tag} stands before any SF10 and is not used; told once",
    ),
    "is none of a security filing": (
        "line {line}: record {'tag} is none of a security filing; told once",
    ),
    "line {}: record {} {}; told once": (
        "line {line}: record {'tag} is none of a security filing; told once",
    ),
    "line {}, position {}": (
        "line {line}, position {position}: {=reason}",
        "line {line}: {=reason}",
    ),
    "taken for fillers": ("blanks stand in the line; they were taken for fillers",),
    "left out": ("blanks stand in the line; they were left out",),
    "blanks stand in the line; they were {}": ("blanks stand in the line; they were left out",),
    "a zone of {} lines has {} characters in each": (
        "line has {length} characters, a zone of {count} lines has {width} characters in each",
    ),
    "line has {} characters, {}": (
        "line has {length} characters, a zone of {count} lines has {width} characters in each",
    ),
    "; I may be meant": (
        "document code begins with {letter}, {count} lines of {width} begin with one of {~known}; "
        "I may be meant",
    ),
    "the letter {}": ("check digit of the {=field} is the letter {given}, computed {computed}",),
    "; right if the filler inside the long number is counted, as some cards do": (
        "check digit of the {=field} is {given}, computed {computed}; right if the filler inside "
        "the long number is counted, as some cards do",
        "check digit of the {=field} is the letter {given}, computed {computed}; right if the "
        "filler inside the long number is counted, as some cards do",
    ),
    "{} {} is not a code of Doc 9303-3 §5": (
        "issuer {code} is not a code of Doc 9303-3 §5",
        "nationality {code} is not a code of Doc 9303-3 §5",
    ),
    ", element {}": ("{=reason} ({~place}, element {element})",),
    "the sheet cannot be read behind row {}": (
        "the sheet cannot be read behind row {row} ({~error}); the rest is not read",
    ),
    "{}; the rest is not read": (
        "the sheet cannot be read behind row {row} ({~error}); the rest is not read",
    ),
    "{} row {}: cells hold more than {} ": (
        "{~sheet} row {row}: cells hold more than {growth} times what the workbook does",
    ),
    "{}times what the workbook does": (
        "{~sheet} row {row}: cells hold more than {growth} times what the workbook does",
    ),
    "row {} has a cell of more than {} characters": (
        "row {row} has a cell of more than {most} characters; it was left out",
    ),
    "{}; it was left out": (
        "row {row} has a cell of more than {most} characters; it was left out",
    ),
    "row {} has {} formulas; they were taken as text, send values": (
        "row {row} has {formulas} formulas; they were taken as text, send values instead",
    ),
    "{} instead": (
        "row {row} has {formulas} formulas; they were taken as text, send values instead",
    ),
    "row {} has {} cells that cannot be read, {}": (
        "row {row} has {cells} cells that cannot be read, {~first} the first; left out",
    ),
    "{} the first; left out": (
        "row {row} has {cells} cells that cannot be read, {~first} the first; left out",
    ),
    "an entry has no {}": ("an entry has no id", "an entry has no name"),
    "are cut": ("remarks are cut; more may follow",),
    "are full at {} characters": ("remarks are full at {most} characters; more may follow",),
    "remarks {}; more may follow": ("remarks are cut; more may follow",),
    "is longer than a line may be": ("line is longer than a line may be",),
    "is not one JSON value": ("line is not one JSON value",),
    "is not an entity with a schema": ("line is not an entity with a schema",),
    "has no id": ("line has no id",),
    "names nobody": ("line names nobody",),
    "has a birth date not understood": ("line has a birth date not understood",),
    "has {} values of {}, the first {} are read": (
        "line has {count} values of {name}, the first {values} are read",
    ),
    "a {} needs a written reason": (
        "a verdict needs a written reason",
        "a snooze needs a written reason",
    ),
    "{}: {} at this node": (
        "{channel}: mail may not go to that address at this node",
        "{channel}: feeds are off at this node",
        "{channel}: there is no webhook of that name at this node",
    ),
    "line {}: {}": ("line {line}: {=reason}", "row {row}: {=reason}"),
    "{}: {} was expected": (
        "{key}: a name was expected",
        "{key}: a name and a year of birth, NAME/YYYY, was expected",
    ),
    "no such {}": (
        "no such alert",
        "no such record",
        "no such entity",
        "no such referral",
        "no such request",
    ),
    "{} interchange is answered with {}, not with {}": (
        "an EDIFACT interchange is answered with {~known}, not with {asked}",
        "an X12 interchange is answered with {~known}, not with {asked}",
    ),
    "{} holds bytes that are no text in UTF-8": (
        "{name} holds bytes that are no text in UTF-8, at {place}",
    ),
    "{}, at {}": ("{name} holds bytes that are no text in UTF-8, at {place}",),
    "one word of at most 32 small letters a to z, digits and underscores, a letter first": (
        "agency {'name}: one word of at most 32 small letters a to z, digits and underscores, "
        "a letter first",
    ),
    "agency {}: {}": (
        "agency {'name}: one word of at most 32 small letters a to z, digits and underscores, "
        "a letter first",
    ),
    "a number from 1 to {}": ("session_hours {hours}: a number from 1 to {most}",),
    "session_hours {}: {}": ("session_hours {hours}: a number from 1 to {most}",),
    "has no clock here; these have: {}": (
        "retention_days: {'kind} has no clock here; these have: {~kinds}",
    ),
    "retention_days: {} {}": ("retention_days: {'kind} has no clock here; these have: {~kinds}",),
    "a number of days from 0 to {}": (
        "retention_days: {kind} {days}: a number of days from 0 to {most}",
    ),
    "retention_days: {} {}: {}": (
        "retention_days: {kind} {days}: a number of days from 0 to {most}",
    ),
    "{}{}": ("the period is none of those that the report compares: {~periods}",),
    "{} but {}": ("{=title}: there is no answer to it but {~known}",),
}
"""Pieces of the readers' sentences, and the whole sentences that they become."""

LIBRARIES: Final = (
    "not JSON: {~reason}",
    "not a mapping: {~reason}",
    "not well-formed XML: {~words}",
    "the body is not what was expected: {~error}",
)
"""Rows for what a library of others says in words that have no row: shown in quotes, as they are."""
FOREIGN: Final = (
    "Expecting ", "Illegal trailing comma", "Invalid control character", "Unterminated string",
    "Invalid \\", "Object ", "Expected `", "Invalid enum value ", "new-line character ", "field larger ",
    "line contains NUL", "unexpected end of data",
)  # fmt: skip
"""Beginnings of what ``json``, ``msgspec`` and ``csv`` say; ``expat`` tells its own sentences."""
PLACED: Final = (
    "{~file}: {=reason}", "{~file}, byte {offset}: {=reason}", "byte {offset}: {=reason}",
    "{=reason} ({~place})", "{=reason} ({~place}, element {element})", "{key}: {=reason}",
)  # fmt: skip
"""Rows of a sentence with the place that its error or its file adds."""
MADE: Final[dict[str, str]] = {
    "analysis/selection/policy.py:read_policy": "what msgspec says",
    "casework/desk.py:moved_on": "the rows alert:facts and alert:faster",
    "casework/yard.py:examination": "what an examination lacks, codes/examination.py",
    "cli/rules.py:_of": "what is wrong with a rule, test_refusals.py",
    "node/case_room.py:_write": "the row case:faster",
    "node/case_room.py:show": "what no case is, node/case_rows.py",
    "node/case_room.py:_found": "what no case is, node/case_rows.py",
    "node/case_signature.py:ring_of": "why a key cannot be used, sharing/keys.py",
    "node/information_desk.py:show": "what no request is, node/information_rows.py",
    "node/information_desk.py:_found": "what no request is, node/information_rows.py",
    "node/joint_desk.py:show": "what no joint case is, node/joint_rows.py",
    "node/joint_desk.py:_found": "what no joint case is, node/joint_rows.py",
    "node/joint_desk.py:_record_of": "what no joint case is, node/joint_rows.py",
    "node/redress_desk.py:show": "what no case of redress is, node/redress_rows.py",
    "node/redress_desk.py:_found": "what no case of redress is, node/redress_rows.py",
    "node/referral_desk.py:show": "what no referral is, node/referral_rows.py",
    "node/referral_desk.py:_found": "what no referral is, node/referral_rows.py",
    "node/referral_writing.py:label_for": "what no referral is, node/referral_rows.py",
    "ledger/migrations/versions/0006_row_security.py:_provide_role": "what an administrator of the "
    "database has to run",
    "node/joint_desk.py:done": "the row case:faster",
    "node/kept_mappings.py:proposed": "why nothing is guessed, formats/tabular/guess.py",
    "node/notice_forms.py:_at_lines": "what is wrong with single fields, casework/forms.py",
    "node/redress_numbers.py:number": "what is wrong with a number, codes/redress.py",
    "api/queries.py:misread": "what msgspec says, with or without words before it",
    "api/session_endpoints.py:_braked": "TooMany has one sentence",
    "node/exchange.py:receive": "why a signature does not hold, sharing/keys.py",
    "node/exchange.py:receive_bundle": "why a signature does not hold, sharing/keys.py",
    "node/exchange.py:warn": "what whoever calls it says",
    "node/pointer_terms.py:agreement_with": "why an agreement cannot be used",
    "sharing/exchange/core.py:fork": "the sentence of the error that it tells of",
    "web/pages/notice_outbox.py:count_for": "another error's sentence, at its field",
    "web/pages/own_password.py:change": "TooMany has one sentence",
    "web/pages/sign_in.py:sign_in": "TooMany has one sentence",
    "web/pages/sign_in_provider.py:_brake": "TooMany has one sentence",
}
"""Errors whose sentence was made elsewhere (``file:function``), and where."""
ELSEWHERE: Final[dict[str, str]] = {
    "analysis/goods/": "data of the package and their maker",
    "analysis/outcomes/": "the definitions are chosen by the command line",
    "analysis/profiles/": "tables of the program's own, never a person's",
    "analysis/scoring/": "a model's file is read by the command line, and was fitted here",
    "analysis/targeting/": "RuleError: test_refusals.py",
    "analysis/world/": "the planted world is of the command line",
    "api/taxii/": "the TAXII door speaks English, as the names of its standard",
    "node/case_package.py": "a package is verified by the command line",
    "node/examinations.py": "a moment that the program gives",
    "node/features.py": "features are asked for by the command line",
    "node/taxii": "the TAXII door speaks English; its clients are kept by the command line",
    "node/chronicle.py": "between nodes and for the log",
    "node/cluster.py": "a cluster is of the command line",
    "node/log_check.py": "of the command line",
    "sharing/agreement/": "a text of an agreement is read by the command line",
    "sharing/authority.py": "certificates are of the command line",
    "sharing/bundle.py": "a bundle is carried by hand, by the command line",
    "sharing/carriage.py": "between nodes",
    "sharing/keys.py:_with_passphrase": "private keys are opened by the command line",
    "sharing/keys.py:load_signer": "private keys are opened by the command line",
    "sharing/keys.py:unlock": "private keys are opened by the command line",
    "sharing/pointers/terms.py": "of the text of an agreement",
    "sharing/transparency/": "logs are audited by the command line and between nodes",
    "sharing/vocabularies/": "markings of other houses, in files and at the TAXII door",
    "sharing/wire.py": "between nodes",
}
"""Files where such errors are raised that no page or call leads to, and why."""
NO_SENTENCE: Final[dict[str, str]] = {
    "codes/packed.py": "data of the package that are damaged: status 500, for the log",
    "codes/__init__.py": "an attribute that no module has, for whoever writes the program",
    "formats/codemap.py": "data of the package",
    "formats/columns.py:load": "data of the package",
    "formats/edifact/directory.py": "data of the package",
    "formats/edifact/guides.py:_whole": "data of the package",
    "formats/edifact/guides.py:load": "data of the package",
    "formats/edifact/guides.py:_edited": "data of the package",
    "formats/registry.py:by_id": "a reader that is none, for whoever writes it",
    "formats/edifact/columns/": "why a stretch goes to the plain reader: nobody is told",
    "formats/x12/columns/": "why a stretch goes to the plain reader: nobody is told",
    "formats/xml_batches.py": "why a stretch goes to the plain reader: nobody is told",
    "formats/xml_moulds.py": "patterns of XML",
    "formats/xml_shapes.py": "patterns of XML",
    "formats/crossing.py": "a table of the manual",
    "formats/stix/extensions.py": "descriptions within STIX objects",
    "formats/tabular/writing.py": "comments of a proposed mapping, and no mapping to write",
    "formats/mrz/batch.py": "for who asks by arrays, not by a page",
    "formats/mrz/lookalikes.py": "for who asks for a suggestion: no page or call does",
    "formats/mrz/names.py": "zones are written by no page or call",
    "formats/mrz/records.py": "zones are written by no page or call",
    "formats/mrz/stream.py:_zone": "zones are written by no page or call",
    "formats/mrz/transliteration.py": "zones are written by no page or call",
    "formats/mrz/writer.py": "zones are written by no page or call",
    "formats/fal/call.py:measure_text": "what cannot be written is said by the command line",
    "formats/fal/xlsx_writing.py": "what cannot be written is said by the command line",
    "formats/x12/syntax_start.py:": "a pattern of the start of a file",
    "formats/x12/answering.py:answer": "an acknowledgment that is none: a choice of the page",
}
"""Files (or ``file:function``) of the readers' rooms with texts that are no sentence for a reader of
a page or the API, and why."""
WRITERS: Final = r"formats(/.*)?(/|_)(write|writing|writers|drafting|rewriting|made)(_\w+)?\.py"
"""Files that write messages, a pattern: what cannot be written is said by the command line alone."""
WORDS: Final = frozenset({
    "very small", "list[tuple[str, str]]", r"fal ?[1-7]\b", "individual, entity, ship",
    "primary name", "UN reference", "place of birth", "birth places", "{} ({} calendar)",
})  # fmt: skip
"""Words of lists and of their files."""
