"""The commands by name. Nothing heavy is imported here."""

from __future__ import annotations

import click

from esclusa import __version__
from esclusa.cli.lazy import LazyGroup

_WORK = "esclusa.cli.work"
_DATA = "esclusa.cli.data"
_AGREEMENTS = "esclusa.cli.agreements"
_MAPPINGS = "esclusa.cli.mappings"
_MESSAGES = "esclusa.cli.messages"
_PARTNERS = "esclusa.cli.partners"
_TRANSLATE = "esclusa.cli.translate"
_UPKEEP = "esclusa.cli.upkeep"

COMMANDS = {
    "demo": (
        "esclusa.cli.demo",
        "demo",
        "Build the demonstration nodes, run them, serve the first.",
    ),
    "init": (_UPKEEP, "init", "Make a new node in a folder."),
    "serve": (_UPKEEP, "serve", "Serve a node's pages and API."),
    "ingest": (_DATA, "ingest", "Take files in: store, analyse and queue what they say."),
    "quarantine": (_DATA, "quarantine", "Messages that could not be used: list, retry."),
    "queue": (_WORK, "queue", "Show the work queue."),
    "show": (_WORK, "show", "Show a record: facts, source, marking, versions."),
    "explain": (_WORK, "explain", "Show why a record is in the queue, reason by reason."),
    "search": (_WORK, "search", "Find records that hold all the words."),
    "read": (_TRANSLATE, "read", "Read files of any known format; nothing is stored."),
    "write": (_TRANSLATE, "write", "Write what read gave as a file of another or the same format."),
    "convert": (
        _TRANSLATE,
        "convert",
        "Turn messages of one format into another, through the records they make.",
    ),
    "validate": (_MESSAGES, "validate", "Check messages and say what is wrong, with its byte."),
    "answer": (
        _MESSAGES,
        "answer",
        "Answer an interchange: CONTRL or APERAK for EDIFACT, 997 or 999 for X12.",
    ),
    "mapping": (_MAPPINGS, "mapping", "Mappings of tables: propose, check, add, list, show."),
    "lists": (
        "esclusa.cli.lists",
        "lists",
        "Watchlists: show, add, diff, update, report, history, use, confirm, discard, compare.",
    ),
    "screen": (
        "esclusa.cli.screening",
        "screen",
        "Screen one name, a table or a stream of names against lists.",
    ),
    "yard": (
        "esclusa.cli.yard",
        "yard",
        "Sheets for the yard: list, show, record an examination once.",
    ),
    "glossary": (
        "esclusa.cli.glossary",
        "glossary",
        "Say what a term of the trade means, and what it is in the other language.",
    ),
    "matches": ("esclusa.cli.matches", "matches", "Possible matches: list, show, decide, undo."),
    "case": (
        "esclusa.cli.cases",
        "case",
        "Cases: open, add, note, task, evidence, move, list, show, verify, export, share.",
    ),
    "redress": (
        "esclusa.cli.redress",
        "redress",
        "Redress: list, show, apply, move, number, paper, counts.",
    ),
    "seizures": (
        "esclusa.cli.seizures",
        "seizures",
        "Seizures: list, show, report, correct, withdraw, counts.",
    ),
    "warnings": (
        "esclusa.cli.warnings",
        "warnings",
        "What our warnings led to at partners: records that they got, referrals that we asked for.",
    ),
    "referral": ("esclusa.cli.referrals", "referral", "Referrals: open, move, list, show, rates."),
    "requests": (
        "esclusa.cli.requests",
        "requests",
        "Requests for information: ask, move, list, show, rates.",
    ),
    "report": (
        "esclusa.cli.reports",
        "report",
        "Reports on casework: month, year, behind, kept, board.",
    ),
    "notify": (
        "esclusa.cli.notify",
        "notify",
        "Notices: settings, confirm, send, outbox, test, secret, form, answer, use.",
    ),
    "resolve": (
        "esclusa.cli.resolve",
        "resolve",
        "Entities: find, show, facts, timeline, judge, undo.",
    ),
    "links": ("esclusa.cli.resolve", "links", "Links between entities: show, path, chart."),
    "rules": (
        "esclusa.cli.rules",
        "rules",
        "Rules: list, check, show, new, amend, try, rehearse, approve, retire.",
    ),
    "target": (
        "esclusa.cli.target",
        "target",
        "Targeting: score, explain, highest, box, select, reveal, verify, report.",
    ),
    "model": (
        "esclusa.cli.model",
        "model",
        "Models that score: list, fit, compare, card, activate, retire, drift.",
    ),
    "world": (
        "esclusa.cli.world",
        "world",
        "A planted world of trade, to measure methods in: make.",
    ),
    "agreement": (_AGREEMENTS, "agreement", "Agreements: check, sign, diff, simulate, schema."),
    "partner": (_PARTNERS, "partner", "Partners: keys, agreements, sync, bundles, recall, trail."),
    "pointer": ("esclusa.cli.pointers", "pointer", "Hit or no hit in partners' records."),
    "taxii": ("esclusa.cli.taxii", "taxii", "The TAXII 2.1 door: let partners' programs in."),
    "log": ("esclusa.cli.log", "log", "The log of what left and came in: verify, prove, check."),
    "backup": (_UPKEEP, "backup", "Write the whole node into one file."),
    "restore": (_UPKEEP, "restore", "Make a node from a backup."),
    "check": (_UPKEEP, "check", "Verify the ledger and the received files."),
    "upgrade": (_UPKEEP, "upgrade", "Bring the ledger's schema to this version."),
    "erase": (_UPKEEP, "erase", "Erase a record's content, or all whose time has run out."),
    "user": (
        "esclusa.cli.users",
        "user",
        "User accounts: add, list, change, passwords, numbers, close, reopen, sessions, tie.",
    ),
}


@click.group(
    cls=LazyGroup,
    lazy=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="esclusa")
def cli() -> None:
    """Esclusa: who and what deserves a look at the border, and why.

    People decide; a score only orders the queue. What is not in the queue has not been found
    harmless.
    """
