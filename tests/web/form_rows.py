"""A row for each form of the site: who fills it in, where it is drawn, and values that would do.

``tests/web/test_every_form.py`` walks over the routes of the application and fails for one without
a row here. To add a form, add its path: the account that uses it, the page that draws it, a value
for each field that has no default on the page, and the fields that must not be left empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from small_node import PASSWORD

import rule_texts
import worlds
from form_worlds import THEM, US


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A form. ``at`` is the page that draws it, ``path`` holds the names of
    :class:`form_worlds.Forms` that stand for the parts of its address, ``{name}`` in a value too.

    ``sample`` are values by field, ``needs`` the fields that must be filled, ``wrong`` values of
    another kind than a field takes; ``file`` is sent in a field of files. ``part`` are fields that
    may be left out of what is sent, ``bare`` says why no field of it is walked over.
    """

    role: str = "analyst"
    at: str = ""
    path: Mapping[str, str] = {}
    sample: Mapping[str, str] = {}
    needs: tuple[str, ...] = ()
    wrong: Mapping[str, str] = {}
    file: bytes = b""
    bare: str = ""
    part: tuple[str, ...] = ()
    agency: str = US


BUTTON: Final = "one button"
_REASON: Final = {"reason": "seen at the counter"}
_ALERT: Final = {"alert_id": "alert"}
_MATCH: Final = {"match_id": "match"}
_CASE: Final = {"case_id": "case"}
_RULE: Final = {"rule_name": "rule"}
_GOODS: Final = {"category_0": "drugs", "what_0": "packages", "quantity_0": "46", "unit_0": "KGM"}
_SEIZURE: Final = {"number": "S-9", "seized": "2026-11-20", "concealment": "behind the doors"}
_SAID: Final = "written with a reason in it"
_STEP: Final = {
    "note": _SAID, "text": _SAID, "reason": _SAID, "why": _SAID, "title": "Boxes of Altamira",
    "summary": "three boxes, one exporter", "closing": _SAID, "what": "photo of the seal",
    "source": "gate camera 3", "task": "ask the carrier", "due": "2026-12-20 10:00",
    "seal": "MC-1", "to": "the court", "person": "supervisor", "member": "analyst",
}  # fmt: skip

ROWS: Final[dict[str, Row]] = {
    # --- accounts ---------------------------------------------------------------------------------
    "/sign-in": Row(role="", at="/sign-in", sample={"name": "analyst", "password": PASSWORD},
                    bare="a sign-in that fails says nothing of what was wrong"),
    "/sign-in/provider": Row(role="", bare="this node has no provider"),
    "/sign-out": Row(bare=BUTTON),
    "/preferences": Row(at="/preferences", sample={"time_zone": "America/Panama"},
                        wrong={"time_zone": "../etc/passwd"}, part=("time_zone", "keys")),
    "/own-password": Row(
        at="/own-password",
        sample={"old_password": PASSWORD, "new_password": "quite another one",
                "again_password": "quite another one"},
    ),
    "/users": Row(role="administrator", at="/users",
                  sample={"name": "nora", "password": "a long enough password"},
                  needs=("name", "password")),
    "/users/{account}/{step}": Row(
        role="administrator", at="/users/auditor", path={"account": "=auditor", "step": "=change"},
        sample={"sure": "yes"},
    ),
    "/sign-in-links/{code}/tie": Row(role="administrator", path={"code": "=ABCD"},
                                     bare="this node has no provider"),
    "/sign-in-links/{code}/untie": Row(role="administrator", path={"code": "=ABCD"},
                                       bare="this node has no provider"),
    # --- alerts -----------------------------------------------------------------------------------
    "/alerts/{alert_id}/claim": Row(path=_ALERT, bare=BUTTON),
    "/alerts/{alert_id}/release": Row(path=_ALERT, bare=BUTTON),
    "/alerts/{alert_id}/wake": Row(path=_ALERT, bare=BUTTON),
    "/alerts/{alert_id}/undo": Row(path=_ALERT, bare=BUTTON),
    "/alerts/{alert_id}/verdict": Row(
        at="/alerts/{alert}", path=_ALERT, sample=_REASON | {"verdict": "explained"},
    ),
    "/alerts/{alert_id}/snooze": Row(
        at="/alerts/{alert}", path=_ALERT, sample={"hours": "1", "why": "waits for papers"},
    ),
    "/queue/verdict": Row(at="/queue", sample=_REASON | {"verdict": "explained"},
                          needs=("verdict", "reason")),
    "/queue/undo": Row(bare=BUTTON),
    "/queue/views": Row(at="/queue", sample={"name": "Pier 7"}, needs=("name",)),
    "/queue/views/drop": Row(bare=BUTTON),
    # --- matches, entities, redress ---------------------------------------------------------------
    "/matches/{match_id}/decide": Row(
        at="/matches/{match}", path=_MATCH, sample=_REASON | {"outcome": "not_the_same"},
        part=("until",),
    ),
    "/matches/{match_id}/undo": Row(path=_MATCH, bare=BUTTON),
    "/entities/{entity_id}/join": Row(at="/entities/{entity}", path={"entity_id": "entity"}),
    "/entity-pairs/{one}/{other}": Row(
        at="/entity-pairs/{mention}/{other}", path={"one": "mention", "other": "other"},
        sample=_REASON | {"verdict": "same"},
    ),
    "/entity-judgements/{judgement_id}/undo": Row(path={"judgement_id": "judgement"},
                                                  bare=BUTTON),
    "/redress/{case}/move": Row(
        role="supervisor", at="/redress/{redress}", path={"case": "redress"},
        sample={"seen": "passport, in original", "ground": "another birth date",
                "until": "2027-06-01"},
    ),
    "/redress-starts/{match_id}": Row(
        at="/redress-starts/{match}", path=_MATCH,
        sample={"name": "FABIO DELVALLE", "birth_date": "1971-05-12", "statement": "not me at all",
                "documents": "passport:PA1111112"},
        needs=("name", "birth_date", "statement"),
    ),
    # --- referrals and requests -------------------------------------------------------------------
    "/referrals/{referral_id}/move": Row(
        role="supervisor", at="/referrals/{referral}", path={"referral_id": "referral"},
        sample=_STEP,
    ),
    "/referral-starts/{record_id}": Row(
        at="/referral-starts/{their_bill}", path={"record_id": "their_bill"}, agency=THEM,
        sample={"host": US, "risk_reasons": _SAID, "legal_purpose": "treaty, article 3",
                "cut_off": "2099-11-28 10:00", "send": "yes"},
        needs=("host", "risk_reasons"),
    ),
    "/requests/{request_id}/move": Row(
        role="supervisor", at="/requests/{request}", path={"request_id": "request"},
        sample=_STEP,
    ),
    "/request-starts": Row(
        at="/request-starts", agency=THEM,
        sample={"partner": US, "subject_kind": "company", "subject_name": "KANARI TRADING",
                "question": "who owns it now?", "purpose": "targeting", "clock": "8h",
                "legal_basis": "treaty, article 7"},
        needs=("partner", "question", "legal_basis"),
    ),
    "/request-starts/{record_id}": Row(
        at="/request-starts/{their_bill}", agency=THEM, path={"record_id": "their_bill"},
        sample={"partner": US, "question": "who owns it now?", "purpose": "targeting",
                "clock": "8h", "legal_basis": "treaty, article 7"},
        needs=("partner", "question", "legal_basis"),
    ),
    # --- cases ------------------------------------------------------------------------------------
    "/case-starts": Row(at="/case-starts", sample=_STEP, needs=("title",)),
    "/case-starts/{item_kind}/{item_id}": Row(
        at="/case-starts/alert/{alert}", path={"item_kind": "=alert", "item_id": "alert"},
        sample=_STEP, needs=("title",),
    ),
    "/cases/{case_id}/move": Row(at="/cases/{case}", path=_CASE, sample=_STEP),
    "/cases/{case_id}/evidence": Row(
        at="/cases/{case}", path=_CASE, sample=_STEP, file=b"\xff\xd8\xff a photo",
        needs=("what",),
    ),
    "/cases/{case_id}/evidence/{evidence_id}": Row(
        path=_CASE | {"evidence_id": "evidence"}, bare=BUTTON,
    ),
    "/cases/{case_id}/package": Row(at="/cases/{case}", path=_CASE, sample=_STEP),
    "/cases/{case_id}/share": Row(
        path=_CASE, bare="no agreement here gives cases; tests/web/test_web_joint.py",
    ),
    "/cases/{case_id}/shares/{share_id}/end": Row(path=_CASE | {"share_id": "case"}, bare=BUTTON),
    "/joint-cases/{joint_id}/take-up": Row(
        path={"joint_id": "case"}, bare="no partner shares a case here; tests/web/test_web_joint.py",
    ),
    "/joint-cases/{joint_id}/tasks/{task_id}/done": Row(
        path={"joint_id": "case", "task_id": "case"},
        bare="no partner shares a case here; tests/web/test_web_joint.py",
    ),
    # --- incoming ---------------------------------------------------------------------------------
    "/intake": Row(role="supervisor", at="/intake", file=b"nothing that a reader knows",
                   wrong={"mapping": "nowhere", "for": "nobody"}),
    "/quarantine/{quarantine_id}/retry": Row(path={"quarantine_id": "held"}, bare=BUTTON),
    "/mappings": Row(role="supervisor", at="/mappings", needs=("files",), file=worlds.MAPPING.encode()),
    "/messages": Row(at="/messages", sample={"text": "UNB+UNOC:3+A+B+261123:1200+I1'UNZ+0+I1'"},
                     needs=("text",)),
    "/messages/answer": Row(bare="its fields are those of the form above"),
    "/notice-answers": Row(role="supervisor", at="/notice-answers", needs=("files",), file=b"a,b\n"),
    # --- lists, rules, models, selections ---------------------------------------------------------
    "/lists": Row(role="supervisor", at="/lists", file=worlds.list_of(("q1", "QUETZAL SA")),
                  sample={"list_id": "quetzal", "title": "Quetzal"}, wrong={"list_id": "No Good"}),
    "/lists/{list_id}/editions": Row(
        role="supervisor", at="/lists/own_public", path={"list_id": "=own_public"},
        file=worlds.list_of(("p1", "OTRA FIRMA")),
    ),
    "/lists/{list_id}/diff": Row(
        role="supervisor", path={"list_id": "=own_public"},
        bare="its fields are those of the form above",
    ),
    "/lists/{list_id}/confirm": Row(
        role="supervisor", at="/lists/wanted", path={"list_id": "=wanted"}, sample=_REASON,
    ),
    "/lists/{list_id}/discard": Row(
        role="supervisor", at="/lists/wanted", path={"list_id": "=wanted"}, sample=_REASON,
    ),
    "/rule-editor": Row(
        at="/rule-editor", sample={"text": rule_texts.rule("N8", "PAPAYA"), "do": "keep"},
        needs=("text",), wrong={"level": "9"},
    ),
    "/rules/{rule_name}/rehearse": Row(path=_RULE, bare=BUTTON),
    "/rules/{rule_name}/withdraw": Row(at="/rules/{rule}", path=_RULE, sample=_REASON),
    "/rules/{rule_name}/approve": Row(role="supervisor", at="/rules/{rule}", path=_RULE,
                                      sample=_REASON),
    "/rules/{rule_name}/reject": Row(role="supervisor", at="/rules/{rule}", path=_RULE,
                                     sample=_REASON),
    "/rules/{rule_name}/retire": Row(role="supervisor", at="/rules/N0", path={"rule_name": "=N0"},
                                     sample=_REASON),
    "/models": Row(role="supervisor", at="/models", sample={"name": "winter"}, needs=("name",)),
    "/models-retire": Row(role="supervisor", at="/models", sample=_REASON),
    "/models/{model}/activate": Row(role="supervisor", at="/models/{model}",
                                    path={"model": "model"}, sample=_REASON),
    "/records/{record_id}/score": Row(path={"record_id": "record"}, bare=BUTTON),
    "/selections": Row(
        at="/selections",
        sample={"port": "PAMIT", "day": "2026-12-05", "shift": "A", "capacity": "4"},
        needs=("port", "day", "capacity"), wrong={"port": "nowhere", "shift": "day and night"},
    ),
    "/selections/{selection}/draw": Row(
        at="/selections/{committed}", path={"selection": "committed"},
        wrong={"until": "yesterday"},
    ),
    "/selections/{selection}/swap": Row(
        at="/selections/{drawn}", path={"selection": "drawn"},
        sample=_REASON | {"out": "{out}"}, needs=("reason",),
    ),
    "/selections/{selection}/reveal": Row(at="/selections/{drawn}", path={"selection": "drawn"},
                                          bare=BUTTON),
    "/examinations/{record_id}/photographs/{photo_id}": Row(
        path={"record_id": "record", "photo_id": "record"}, bare=BUTTON,
    ),
    "/yard/{selection}": Row(
        at="/yard/{drawn}", path={"selection": "drawn"},
        sample={"box": "{box}", "result": "nothing_found", "methods": "physical_full",
                "completed": "2026-11-26 10:00", "zone": "UTC"},
        wrong={"completed": "noon", "started": "noon", "quantity": "many"},
    ),
    # --- seizures, reports, screening -------------------------------------------------------------
    "/seizure-starts": Row(at="/seizure-starts", sample=_SEIZURE | _GOODS, needs=("seized",),
                           wrong={"seized": "20/11/2026", "quantity_0": "many",
                                  "equipment": "CSQU3054384", "event": "no event/at all"}),
    "/seizures/{event}/reports/{report_id}": Row(
        at="/seizures/{event}/reports/{report}", path={"event": "event", "report_id": "report"},
        sample={"why": _SAID}, needs=("seized", "why"), wrong={"seized": "20/11/2026"},
    ),
    "/reports/{period}/keep": Row(role="supervisor", path={"period": "=2026-10"}, bare=BUTTON),
    "/screening": Row(at="/screening", sample={"name": "ORILLA", "birth_date": "1971-05-12"},
                      needs=("name",), wrong={"birth_date": "long ago", "nationality": "nowhere"}),
    # --- partners ---------------------------------------------------------------------------------
    "/agencies/{agency}/end": Row(role="administrator", at="/agencies", path={"agency": "=northreach"}),
    "/consents": Row(role="supervisor", bare="no question waits here; tests/web/test_web_partners.py"),
    "/records/{record_id}/recall": Row(
        role="supervisor", at="/records/{ours}/trail", path={"record_id": "ours"},
        sample={"sure": "yes", "reason": "sent to the wrong office"}, needs=("sure", "reason"),
    ),
    "/intake/{source_id}/recall": Row(
        role="supervisor", at="/intake/{file}/recall", path={"source_id": "file"},
        sample={"sure": "yes", "reason": "sent to the wrong office"}, needs=("sure", "reason"),
    ),
    "/records/{record_id}/hand-on": Row(
        role="supervisor", at="/records/{copy}/trail", path={"record_id": "copy"}, agency=THEM,
        sample={"to": "altamira", "why": "joint operation"}, needs=("to",),
    ),
    # --- notices, health --------------------------------------------------------------------------
    "/notices": Row(at="/notices", sample={"clock_minutes": "60", "time_zone": "UTC"},
                    wrong={"time_zone": "Mars", "minimum_score": "many", "clock_minutes": "many",
                           "mail_at": "noon"}),
    "/notices/address": Row(bare="drawn while an address waits; tests/web/test_web_notices.py"),
    "/notices/address-again": Row(bare=BUTTON),
    "/notices/feed": Row(bare=BUTTON),
    "/notices/feed-end": Row(bare=BUTTON),
    "/notice-outbox/{message_id}/again": Row(role="administrator", path={"message_id": "=7"},
                                             bare=BUTTON),
    "/notice-outbox/test": Row(role="administrator", at="/notice-outbox",
                               sample={"channel": "mail", "to": "ana@marisol.example"}),
    "/notice-use": Row(role="administrator", at="/notice-use",
                       sample={"account": "analyst", "agency": "marisol"},
                       needs=("account",), wrong={"account": "nobody", "agency": "two words"}),
    "/log-verification": Row(role="auditor", bare=BUTTON),
}  # fmt: skip
