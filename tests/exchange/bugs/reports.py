"""What the planted faults are modelled on: public reports about other systems, and a few texts.

Most are issues of public trackers, by project and number; ``docs/exchange.md`` says what follows
from them for us. A report is the kind of fault that was copied, not a claim about any system today.
"""

_LOST = "a deletion does not reach the other side"
_LARGE = "large events are lost, or fail without an error"
_TWICE = "duplicates, and correlations that grow with them"
_CLOCKS = "a difference of clocks, or an answer older than an hour, stops the exchange"
_PAGES = "paging of a collection skips or miscounts"
_MEMBERS = "every member of a sharing group sees all the others"

REPORTS = {
    # Leaks
    "OpenCTI 17576": "a stream limited to AMBER emits RED objects through dependency resolution",
    "OpenCTI 16814": "the report that 17576 follows",
    "OpenCTI 3133": "a user who holds one of several markings sees the object",
    "OpenCTI 10090": "later pages return objects outside the collection's filter",
    "OpenCTI 2108": "no marking means no restriction",
    "MISP 4200": "an empty sharing group is published to all (reported, not reproduced)",
    "MISP 1668": _MEMBERS,
    "MISP 10019": _MEMBERS,
    "MISP 10818": _MEMBERS,
    "MISP 10381": "a filter for sharing groups is ignored on objects",
    "MISP 9596": "an endpoint shows keys that it should not show",
    # Deletion and narrowing
    "MISP 8977": _LOST,
    "MISP 4681": _LOST,
    "MISP 489": _LOST,
    "MISP 698": _LOST,
    "MISP 7409": "a narrower distribution leaves the old copy, by design",
    "MISP 2223": "a removed tag stays at the other side: two TLP colours",
    "OpenCTI 1838": _LOST,
    "OpenCTI 8512": _LOST,
    "OpenCTI 8545": _LOST,
    "OpenCTI 9700": _LOST,
    "OpenCTI 5141": "an upsert never removes anything inside an element",
    "OpenCTI 4175": "declassification leaves both markings",
    "OpenTAXII 272": "deletes are not persisted",
    "OpenTAXII 278": "deletes are not persisted",
    "CISE Feedback": "a delete can be asked for; nothing proves that it was done",
    # Synchronisation
    "MISP 10439": "a week of synchronising brings a sixth of the events",
    "MISP 10881": "a pull is bound by memory and slow",
    "MISP 4814": "hours of synchronising that move nothing",
    "MISP 3381": _LARGE,
    "MISP 10753": _LARGE,
    "MISP 6030": "completed in five seconds, nothing arrived",
    "MISP 10521": "a value that comes twice breaks the synchronisation",
    "MISP 5544": _TWICE,
    "MISP 7531": _TWICE,
    "OpenCTI 1360": "three messages a second, then a fifth of one",
    "OpenCTI 4537": _PAGES,
    "OpenCTI 5681": _PAGES,
    "connectors 7604": "an infinite loop when added_after is inclusive",
    "minemeld-core 400": "paging by the time of change instead of the time of arrival",
    "cti-python-stix2 479": "only the first page is read",
    "cti-taxii2 50": "a million rows with one date",
    "cti-taxii-server 152": "paging state lives in one process",
    # Identity
    "MISP 6033": "an owner cannot open its own event: it has another identity on the other side",
    # Clocks and stops
    "X-Road 197": _CLOCKS,
    "X-Road 207": _CLOCKS,
    "X-Road 513": _CLOCKS,
    "xroad-joint 152": "a time-stamping service that stalls stops all traffic",
    # Contracts
    "EDC 76": "deleting after a period is left to the implementation",
    "EDC 3867": "data move before the contract is final",
    "tractusx-edc 2259": "the end of a contract is not shown to stop transfers",
    # Texts
    "22 CFR 9.12": "third agencies only with the originator's consent",
    "CIA memo 1982": "consent is asked even for data subsumed in broader judgments",
    "SIENA H2": "no onward use without the provider's permission",
    "Directive 2023/977": "a refusal gives a reason from a closed list; answers have clocks",
    "G11": "our own guarantee: a missing or wrong signature grants nothing",
}
