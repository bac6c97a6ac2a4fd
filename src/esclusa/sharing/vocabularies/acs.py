"""ACS 3.0 markings (access control specification of the United States' information sharing
architecture) as a STIX 2.1 extension, in and out.

Permissions that only widen a default are left aside: the marking stays stricter than it might be.
What narrows and cannot be said by a marking is refused.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from esclusa.errors import MarkingError
from esclusa.model import OPEN, Level, Marking, join_all
from esclusa.sharing.policy import is_below
from esclusa.sharing.vocabularies.handling import ORIGINATOR_CONTROL
from esclusa.sharing.vocabularies.table import Audience, rows

EXTENSION: Final = "extension-definition--3a65884d-005a-4290-8335-cb2d778a83ce"

_TABLE: Final = "acs.csv"
_POLICY: Final = re.compile(
    r"urn:isa:policy:acs:ns:v3\.0\?privdefault=(permit|deny)&sharedefault=(permit|deny)\Z"
)
_CHOICES: Final = ("entity", "shareability", "permitted_nationalities", "permitted_organizations")
"""Control sets that a reader must be in one of: a choice, which becomes one caveat word."""
_NO_EFFECT: Final = frozenset(
    {
        "extension_type", "identifier", "name", "create_date_time", "responsible_entity_custodian",
        "responsible_entity_originator", "authority_reference", "original_classification",
        "derivative_classification", "declassification", "public_release",
    }
)  # fmt: skip
"""Who marked and when. A later declassification would widen: it is left aside."""
_LEVELS: Final[dict[Level, tuple[str, list[str]]]] = {
    Level.OPEN: ("U", []), Level.OFFICIAL: ("U", []), Level.RESTRICTED: ("U", ["FOUO"]),
    Level.CONFIDENTIAL: ("C", []), Level.SECRET: ("S", []),
}  # fmt: skip
_SPACE: Final = uuid.UUID("9d7a1a52-27c5-5a0e-9b0c-8d9f6a4b1f10")
"""Names the definitions made here: one marking, one id."""


def marking_of(extension: Any, audience: Audience) -> Marking:
    """Return the marking that an ACS extension asks for.

    :raises MarkingError: for a property or a word that is not known here, or that is refused.
    """
    if not isinstance(extension, dict) or not isinstance(extension.get("control_set"), dict):
        raise MarkingError("an ACS marking without a control set")
    controls: dict[str, Any] = extension["control_set"]
    defaults = _defaults(extension)
    found = [_classified(controls, audience), *(_word(*pair, audience) for pair in defaults)]
    found += [part for name, values in controls.items() if name != "classification"
              for part in _control(name, values, audience)]  # fmt: skip
    found += [part for name, value in extension.items() for part in _property(name, value)]
    said = join_all(found)
    return _public(said) if _is_public(extension, controls, defaults) else said


def _defaults(extension: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    match = _POLICY.match(str(extension.get("policy_reference", "")))
    if match is None:
        raise MarkingError("an ACS marking with a policy that is not known here")
    return ("privdefault", match[1]), ("sharedefault", match[2])


def _word(name: str, value: Any, audience: Audience) -> Marking:
    for row in rows(_TABLE):
        if (row.key, row.value) == (name, value):
            return row.marking(audience, dt.date.max) if row.effect != "nothing" else OPEN
    raise MarkingError(f"the ACS word {name} {str(value)[:40]!r} is not known here")


def _classified(controls: dict[str, Any], audience: Audience) -> Marking:
    return _word("classification", controls.get("classification"), audience)


def _control(name: str, values: Any, audience: Audience) -> Iterator[Marking]:
    if not isinstance(values, list) or not values or not all(isinstance(v, str) for v in values):
        raise MarkingError(f"the ACS control set {name[:40]!r} is no list of words")
    if name in _CHOICES:
        yield msgspec.structs.replace(OPEN, caveats=frozenset({_choice(name, values)}))
    else:
        yield from (_word(name, value, audience) for value in values)


def _choice(name: str, values: list[str]) -> str:
    if any("+" in value for value in values):
        raise MarkingError(f"the ACS control set {name} has a word that is not known here")
    return f"ACS:{name}={'+'.join(sorted(set(values)))}"


def _property(name: str, value: Any) -> Iterator[Marking]:
    if name in _NO_EFFECT or name in ("control_set", "policy_reference"):
        return
    if name in ("access_privilege", "further_sharing") and isinstance(value, list):
        yield from (_rule(name, item) for item in value)
    elif name == "resource_disposition" and isinstance(value, dict):
        yield msgspec.structs.replace(OPEN, retain_until=_day(value.get("disposition_date")))
    else:
        raise MarkingError(f"the ACS property {name[:40]!r} is not known here")


def _rule(name: str, item: Any) -> Marking:
    effect = item.get("rule_effect") if isinstance(item, dict) else None
    if effect == "permit":
        return OPEN
    if name == "further_sharing" and effect == "deny":
        return msgspec.structs.replace(OPEN, caveats=frozenset({ORIGINATOR_CONTROL}))
    raise MarkingError(f"an ACS rule of {name} cannot be kept here")


def _day(text: Any) -> dt.date:
    try:
        return dt.datetime.fromisoformat(str(text)).date()
    except ValueError:
        raise MarkingError("an ACS disposition without a date") from None


def _is_public(
    extension: dict[str, Any], controls: dict[str, Any], defaults: tuple[tuple[str, str], ...]
) -> bool:
    """Public: unclassified, formally released, nothing else asked, and both defaults permit."""
    return (
        set(controls) == {"classification", "formal_determination"}
        and controls["classification"] == "U"
        and controls["formal_determination"] == ["PUBREL"]
        and isinstance(extension.get("public_release"), dict)
        and all(word == "permit" for _name, word in defaults)
        and not {"access_privilege", "further_sharing"} & set(extension)
    )


def _public(said: Marking) -> Marking:
    """Public release was decided by the originator, so this is what the marking says."""
    return msgspec.structs.replace(OPEN, retain_until=said.retain_until)


def definition_of(
    marking: Marking, audience: Audience, *, custodian: str, made: dt.datetime
) -> dict[str, Any]:
    """Return an ACS marking definition that asks for at least what a marking says.

    :param custodian: the responsible entity, in ACS form (``USA.DHS``).
    :param made: aware; when the definition was made.
    :raises MarkingError: when ACS words cannot say it.
    """
    classification, determinations = _LEVELS[marking.level]
    controls: dict[str, Any] = {"classification": classification}
    for word in sorted(marking.caveats - {ORIGINATOR_CONTROL}):
        name, values = _said(word)
        controls.setdefault(name, []).extend(values)
    public = msgspec.structs.replace(marking, retain_until=None) == OPEN
    if public:
        determinations = ["PUBREL"]
    if determinations:
        controls.setdefault("formal_determination", []).extend(determinations)
    share = "deny" if ORIGINATOR_CONTROL in marking.caveats else "permit"
    moment = made.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    extension: dict[str, Any] = {
        "extension_type": "property-extension",
        "create_date_time": moment,
        "responsible_entity_custodian": custodian,
        "policy_reference": "urn:isa:policy:acs:ns:v3.0?"
        f"privdefault={'permit' if public else 'deny'}&sharedefault={share}",
        "control_set": controls,
    }
    if public:
        extension["public_release"] = {"released_by": custodian}
    if marking.retain_until is not None:
        extension["resource_disposition"] = {
            "disposition_date": f"{marking.retain_until.isoformat()}T00:00:00Z",
            "disposition_process": "destroy",
        }
    if not is_below(marking, marking_of({**extension, "identifier": ""}, audience)):
        raise MarkingError("ACS words do not say all that this marking says")
    made_of = msgspec.json.encode(extension, order="deterministic").decode()
    identity = uuid.uuid5(_SPACE, made_of)
    extension["identifier"] = f"isa:guide.19001.ACS3-{identity}"
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": f"marking-definition--{identity}",
        "created": moment,
        "extensions": {EXTENSION: extension},
    }


def _said(word: str) -> tuple[str, list[str]]:
    """Return the control set and the words that bring a caveat."""
    for row in rows(_TABLE):
        if row.caveats == {word}:
            return row.key, [row.value]
    name, mark, values = word.removeprefix("ACS:").partition("=")
    if word.startswith("ACS:") and mark and name in _CHOICES:
        return name, values.split("+")
    raise MarkingError(f"no ACS word says the caveat {word}")
