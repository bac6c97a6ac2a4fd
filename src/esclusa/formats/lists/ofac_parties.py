"""A party of OFAC's advanced form: its names, features and papers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from esclusa.formats.lists.draft import Draft, Source, joined
from esclusa.formats.lists.ofac_references import References, period_of
from esclusa.formats.lists.ofac_sdn_xml import TYPES
from esclusa.formats.lists.xml_list import attribute, texts, within
from esclusa.formats.xml import Element
from esclusa.model import Severity

SOURCE: Final = Source("ofac_advanced", "OFAC", "ofac_advanced")

_SURNAME: Final = "Last Name"
"""Name part that the other editions of the list put in front, a comma behind it."""

_FLAGS: Final = frozenset(("vessel flag", "other vessel flag", "nationality of registration"))
_COUNTRIES: Final = frozenset(
    ("nationality", "nationality country", "citizenship", "citizenship country")
)
_CALL_SIGNS: Final = frozenset(("call sign", "vessel call sign", "other vessel call sign"))
_LABELS: Final = {
    "vessel type": "Vessel type",
    "vessel owner": "Owner",
    "vessel tonnage": "Tonnage",
    "vessel gross registered tonnage": "Gross registered tonnage",
    "former vessel flag": "Former flag",
}
"""What the other editions of the list call the same."""

_FALSE: Final = frozenset(("fraudulent", "invalid"))


def fill(element: Element, words: References) -> Draft:
    """Return the draft of a ``DistinctParty``; ``words`` has what it names by number."""
    profiles = element.all("Profile")
    kind = words.party_type(attribute(profiles[0], "PartySubTypeID")) if profiles else ""
    uid = attribute(element, "FixedRef")
    draft = Draft(SOURCE, element, uid, TYPES.get(kind.lower(), "other"))
    for profile in profiles:
        for identity in profile.all("Identity"):
            _names(identity, draft, words)
            _papers(attribute(identity, "ID"), draft, words)
        for feature in profile.all("Feature"):
            _feature(feature, draft, words)
    draft.remark("", element.get("Comment"))
    return draft


def _names(identity: Element, draft: Draft, words: References) -> None:
    parts = {
        attribute(group, "ID"): words.word("NamePartType", attribute(group, "NamePartTypeID"))
        for group in within(identity, "NamePartGroup")
    }
    aliases = identity.all("Alias")
    for alias in sorted(aliases, key=lambda each: attribute(each, "Primary") != "true"):
        weak = attribute(alias, "LowQuality") == "true"
        former = words.word("AliasType", attribute(alias, "AliasTypeID")).upper() == "F.K.A."
        for documented in alias.all("DocumentedName"):
            name = _name(documented, parts)
            if attribute(alias, "Primary") == "true" and not weak:
                draft.primary(name)
            else:
                draft.alias(name, weak=weak, former=former)


def _name(documented: Element, parts: dict[str, str]) -> str:
    """Return ``SURNAME, Given names`` where the parts say which is which, else as it stands."""
    values = [
        (parts.get(attribute(value, "NamePartGroupID"), ""), value.text)
        for value in within(documented, "NamePartValue")
    ]
    surname = joined(text for kind, text in values if kind == _SURNAME)
    rest = joined(text for kind, text in values if kind != _SURNAME)
    return joined((surname, rest), ", ")


def _papers(identity: str, draft: Draft, words: References) -> None:
    for paper in words.papers(identity):
        if not draft.labelled(paper.label, paper.number, paper.country, paper.at):
            draft.remark(paper.label or "Paper", joined((paper.number, paper.country)))
        if paper.validity.lower() in _FALSE:
            draft.remark("Paper", f"{paper.number} {paper.validity.lower()}")


def _feature(feature: Element, draft: Draft, words: References) -> None:
    label = words.word("FeatureType", attribute(feature, "FeatureTypeID"))
    if not label:
        draft.note(
            "feature", Severity.NOTE, "a feature is of a type the file does not name", feature
        )
        return
    for version in feature.all("FeatureVersion"):
        _version(label, version, draft, words)


def _version(label: str, version: Element, draft: Draft, words: References) -> None:
    kind = label.lower()
    if kind == "birthdate":
        draft.born(_period(version), joined(texts(version, "Year"), " to "), version)
    elif kind == "place of birth":
        for value in _values(version, words):
            draft.born_in(value)
    elif kind == "location":
        for value in _values(version, words):
            draft.address(value)
    elif kind in _COUNTRIES or kind in _FLAGS:
        for country in _countries(version, words):
            draft.country(country)
    else:
        for value in _values(version, words):
            _other(label, value, draft, version)


def _other(label: str, value: str, draft: Draft, version: Element) -> None:
    if label.lower() in _CALL_SIGNS:
        draft.identify("call_sign", value)
    elif not draft.labelled(label, value, at=version):
        draft.remark(_LABELS.get(label.lower(), label), value)


def _period(version: Element) -> str:
    return next(filter(None, map(period_of, version.all("DatePeriod"))), "")


def _values(version: Element, words: References) -> Iterator[str]:
    """Yield a feature's values: places in words, periods, details by number or as text."""
    for place in version.all("VersionLocation"):
        yield words.at(attribute(place, "LocationID")).words
    for detail in version.all("VersionDetail"):
        number = attribute(detail, "DetailReferenceID")
        yield words.word("DetailReference", number) if number else detail.text
    for period in version.all("DatePeriod"):
        yield period_of(period)


def _countries(version: Element, words: References) -> Iterator[str]:
    for place in version.all("VersionLocation"):
        found = words.at(attribute(place, "LocationID"))
        yield found.country or found.words
    for detail in version.all("VersionDetail"):
        yield detail.text
