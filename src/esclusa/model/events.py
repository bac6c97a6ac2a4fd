"""What happens to equipment and consignments on their way, and what a ship declares at a port."""

from __future__ import annotations

import msgspec

from esclusa.model.cargo import TransportEquipment
from esclusa.model.common import Party, Place
from esclusa.model.movement import Voyage


class TransportEvent(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="kind",
    tag="transport_event",
):
    """Something that happened, or is to happen, to a unit of equipment or to a consignment.

    ``event``: ``gate_in``, ``gate_out``, ``load``, ``discharge``, ``shift``, ``stuff``, ``strip``,
    ``release``, ``pick_up``, ``deliver``, ``depart``, ``arrive``, ``weigh``, ``inspect``, ``hold``,
    ``clear``, ``refuse``, ``accept``, ``damage``, ``book`` or ``other``. ``stage``: ``planned``,
    ``estimated`` or ``actual`` (the event classifier of container operators). ``occurred`` is
    ISO 8601, local to ``place`` unless a zone is written. ``code`` and ``reason`` are the sender's
    own code and words for it. ``carrier`` and ``bill`` name the consignment. ``voyage`` is the
    main carriage; ``inland`` the lorry, train or barge that brings or takes. ``documents`` are
    written ``BN:number`` (UN/EDIFACT 1153). Natural key: subject + event + stage + time, place and
    voyage.
    """

    event: str
    stage: str = "actual"
    occurred: str = ""
    place: Place = Place()
    equipment: TransportEquipment | None = None
    carrier: str = ""
    bill: str = ""
    voyage: Voyage = Voyage()
    inland: Voyage = Voyage()
    code: str = ""
    reason: str = ""
    parties: tuple[Party, ...] = ()
    documents: tuple[str, ...] = ()


class DeclaredValue(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One answer of a form. ``code`` is the IMO data number (``IMO0140``), the number of the
    question or the sender's element; ``value`` its text as sent."""

    code: str
    value: str


class DeclaredItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of a form: a store, an effect, a kind of waste, a case of illness, an earlier call.

    ``person`` is whose it is, ``place`` where on board or ashore. ``quantity`` counts in ``unit``,
    a code of UN/ECE Recommendation 20 or the sender's word.
    """

    name: str = ""
    code: str = ""
    quantity: float | None = None
    unit: str = ""
    place: str = ""
    person: str = ""
    values: tuple[DeclaredValue, ...] = ()


class ShipDeclaration(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag_field="kind",
    tag="ship_declaration",
):
    """What a ship declares about itself at a port call, form by form (FAL Convention, IHR 2005
    annex 8, SOLAS XI-2/9, MARPOL).

    ``form``: ``general``, ``stores``, ``effects``, ``health``, ``security``, ``waste``, ``berth``
    or ``other``. ``declared`` is the ISO 8601 moment of signing, ``declarant`` the name of the
    master or agent. Natural key: form + that of the port call.
    """

    form: str
    voyage: Voyage
    port: Place
    call_reference: str = ""
    arrival: str = ""
    departure: str = ""
    declared: str = ""
    declarant: str = ""
    parties: tuple[Party, ...] = ()
    values: tuple[DeclaredValue, ...] = ()
    items: tuple[DeclaredItem, ...] = ()
