"""The made-up world of the sample messages: firms, people, goods, and who does what.

Everybody here is invented, except five company names written almost as on the published OFAC and UN
lists, so that screening has something to find. Places are real UN/LOCODEs, because a code that no
list knows would show nothing.
"""

from __future__ import annotations

from typing import NamedTuple


class Firm(NamedTuple):
    """A party: name, street, city, ISO 3166-1 alpha-2 country."""

    name: str
    street: str
    city: str
    country: str


class Goods(NamedTuple):
    """A line of goods. ``value`` is US dollars for a kilogram; ``undg`` a UN number or ""."""

    text: str
    hs: str
    package: str
    value: float
    undg: str = ""
    reefer: bool = False


VESSEL = ("9999993", "NORTHREACH PIONEER", "PA", "3ENR7")
VOYAGE = "0412W"
CARRIER = "NRLN"

# Shippers and goods of a port stand in the same order: each firm has its trade.
SHIPPERS = {
    "ECGYE": (
        Firm("FRUTERA RIO AMARILLO SA", "VIA DAULE KM 14", "GUAYAQUIL", "EC"),
        Firm("CAMARONERA LA ESCONDIDA CIA LTDA", "AV DEL ESTERO 220", "GUAYAQUIL", "EC"),
        Firm("BALSA Y MADERAS EL TAGUAL SA", "KM 4 VIA A BABAHOYO", "DURAN", "EC"),
    ),
    "COCTG": (
        Firm("CAFE ALTO MIRADOR SAS", "CRA 3 NO 18-40", "CARTAGENA", "CO"),
        Firm("POLIMEROS DE LA BAHIA SAS", "ZONA INDUSTRIAL MAMONAL 77", "CARTAGENA", "CO"),
    ),
    "PECLL": (
        Firm("PESQUERA PUNTA GAVIOTA SAC", "JR LOS FAROS 112", "CALLAO", "PE"),
        Firm("TEXTILES HILO FINO SAC", "AV ARGENTINA 3390", "CALLAO", "PE"),
    ),
    "CLSAI": (
        Firm("VINOS VALLE SERENO LTDA", "CAMINO LOS LIRIOS 900", "SAN ANTONIO", "CL"),
        Firm("FORESTAL LENGA BLANCA LTDA", "RUTA 66 KM 51", "SAN ANTONIO", "CL"),
    ),
    "CNSHA": (
        Firm("BRIGHT HARBOUR ELECTRONICS CO LTD", "88 EAST WHARF ROAD", "SHANGHAI", "CN"),
        Firm("SILVER LANTERN FOOTWEAR CO LTD", "12 GARDEN LANE", "SHANGHAI", "CN"),
        Firm("NINE BRIDGES TOOLS CO LTD", "401 CANAL STREET", "SHANGHAI", "CN"),
    ),
    "KRPUS": (
        Firm("HANBIT AUTO PARTS CO LTD", "27 DOCK ROAD", "BUSAN", "KR"),
        Firm("MOONGATE CHEMICAL CO LTD", "5 FERRY STREET", "BUSAN", "KR"),
    ),
    "MXZLO": (
        Firm("AZULEJOS DEL PUERTO SA DE CV", "BLVD COSTERO 61", "MANZANILLO", "MX"),
        Firm("CONSERVAS TRES PALMAS SA DE CV", "CALLE LAGUNA 8", "MANZANILLO", "MX"),
    ),
}

CONSIGNEES = (
    Firm("IMPORTADORA VOLCAN VERDE SA", "VIA TOCUMEN 1200", "PANAMA", "PA"),
    Firm("PANADERÍA EL ÍNDIGO SA", "CALLE 50 NO 14", "PANAMA", "PA"),
    Firm("FERRETERIA DOS MARES SA", "AV CENTRAL 301", "COLON", "PA"),
    Firm("SUPERMERCADOS LA CEIBA SA", "VIA ESPANA 88", "PANAMA", "PA"),
    Firm("REPUESTOS ISTMO NORTE SA", "CALLE 13 NO 4", "COLON", "PA"),
    Firm("DISTRIBUIDORA CERRO PLATA SA", "AV BALBOA 5", "PANAMA", "PA"),
    Firm("CONSTRUCTORA PIEDRA LISA SA", "VIA CINCUENTENARIO 9", "PANAMA", "PA"),
    Firm("HARA BAKERY SUPPLIES SA", "CALLE URUGUAY 31", "PANAMA", "PA"),
)

FREE_ZONE = (
    Firm("ZONA LIBRE TRADING ALBATROS SA", "CALLE 16 LOCAL 7", "COLON FREE ZONE", "PA"),
    Firm("CARIBE MODA INTERNACIONAL SA", "AV SANTA ISABEL 22", "COLON FREE ZONE", "PA"),
    Firm("GLOBAL SNEAKER DEPOT SA", "CALLE D EDIF 4", "COLON FREE ZONE", "PA"),
)

ABROAD = {
    "NLRTM": Firm("VAN DER ZANDE FRUIT IMPORT BV", "MERWEWEG 14", "ROTTERDAM", "NL"),
    "BEANR": Firm("SCHELDE COLD STORES NV", "KAAI 1742", "ANTWERPEN", "BE"),
    "DEHAM": Firm("HANSEATISCHE ROHKAFFEE KONTOR GMBH", "AM SANDTOR 3", "HAMBURG", "DE"),
    "USMIA": Firm("CORAL WAY PRODUCE INC", "700 DOCK AVE", "MIAMI", "US"),
}

FORWARDER = Firm("TRANSITO Y CARGA DOS OCEANOS SA", "ZONA PORTUARIA 3", "COLON", "PA")

NEAR_LISTED = {
    7: Firm("ARTA SHIPPING ENTERPRISE LTD", "PO BOX 3344", "LIMASSOL", "CY"),
    31: Firm("IRANO-HIND SHIPPING CO", "PO BOX 1155", "COLON", "PA"),
    58: Firm("CONGOMET TRADING HOUSE SARL", "RUE DU PORT 9", "ANTWERPEN", "BE"),
    90: Firm("KOREA RYONBONG GENERAL CORP", "PO BOX 77", "BUSAN", "KR"),
    121: Firm("OCEAN MARITIME MANAGMENT COMPANY LIMITED", "SUITE 4", "HONG KONG", "HK"),
}
"""Position on the manifest → a party that screening should bring up. Published lists only:
15120 (OFAC), Irano Hind Shipping Company, Congomet Trading House, Korea Ryonbong General
Corporation and Ocean Maritime Management Company, Limited (UN)."""

GOODS = {
    "ECGYE": (
        Goods("FRESH CAVENDISH BANANAS 20 KG CARTONS", "080390", "CT", 0.7, reefer=True),
        Goods("FROZEN SHRIMP HEAD ON", "030617", "CT", 7.5, reefer=True),
        Goods("BALSA WOOD BLOCKS", "440722", "BE", 1.9),
    ),
    "COCTG": (
        Goods("GREEN COFFEE IN BAGS", "090111", "BG", 4.2),
        Goods("POLYPROPYLENE GRANULES", "390210", "BG", 1.3),
    ),
    "PECLL": (
        Goods("FROZEN SQUID TUBES", "030743", "CT", 2.6, reefer=True),
        Goods("COTTON T-SHIRTS", "610910", "CT", 14.0),
    ),
    "CLSAI": (
        Goods("BOTTLED RED WINE", "220421", "CS", 3.8),
        Goods("SAWN PINE BOARDS", "440711", "PK", 0.5),
    ),
    "CNSHA": (
        Goods("MOBILE TELEPHONES WITH ACCESSORIES", "851713", "CT", 95.0),
        Goods("SPORTS SHOES", "640411", "CT", 11.0),
        Goods("HAND TOOLS ASSORTED", "820559", "CT", 6.0),
    ),
    "KRPUS": (
        Goods("BRAKE PADS FOR PASSENGER CARS", "870830", "PK", 8.0),
        Goods("PAINT FLAMMABLE IN DRUMS", "320890", "DR", 3.1, undg="1263"),
    ),
    "MXZLO": (
        Goods("CERAMIC FLOOR TILES", "690721", "PX", 0.6),
        Goods("CANNED CHILLIES", "200599", "CT", 1.8),
    ),
}

VAGUE = {12: "FREIGHT ALL KINDS", 33: "SAID TO CONTAIN GENERAL CARGO", 76: "CONSOLIDATED CARGO",
         110: "MERCANCIA VARIA", 140: "SUNDRIES AS PER ATTACHED LIST"}  # fmt: skip
TO_ORDER = {25: "TO ORDER", 55: "TO THE ORDER OF BANCO DEL PUERTO", 77: "A LA ORDEN",
            99: "TO ORDER OF SHIPPER", 130: "TO ORDER", 145: "A LA ORDEN DEL PORTADOR"}  # fmt: skip
DANGEROUS = {
    70: Goods("LITHIUM ION BATTERIES PACKED WITH EQUIPMENT", "850760", "CT", 60.0, undg="3481"),
    71: Goods("CALCIUM HYPOCHLORITE DRY", "282810", "DR", 1.2, undg="1748"),
    72: Goods("AEROSOLS", "330720", "CT", 5.0, undg="1950"),
}
WRONG_CHECK_DIGIT = (15, 64, 101)
SAME_SEAL = (21, 88)
DEAR_FREIGHT = (40, 41)
FORWARDER_ON_BOTH_SIDES = (50,)
BAD_NUMBER = (135,)
SPLIT = (141, 142, 143, 144)
HEAVIER_THAN_DECLARED = (18, 82, 114)
"""Positions whose verified mass on the bay plan is a third above the manifest's."""

NEW_CONSIGNEE, NEW_DELIVERY, CANCELLED = 44, 62, 119

_SURNAMES = """ABREGO ALFARO BARRIA BETHANCOURT CASTREJON DELVALLE ESCARTIN FUENMAYOR GUARDIA
HERMOSO IRIGOYEN JURADO KANTULE LEZCANO MONTEZA NAVARRETE OLIVARES PITTI QUIJANO RIVADENEIRA
SAMANIEGO TEJADA URRIOLA VILLALAZ WATTS YANGUEZ ZARATE"""
_WOMEN = "ALMA BERTA CLARA DELIA ELISA FLOR GLORIA INES JULIA LEONOR MARTA NIEVES OLGA PILAR"
_MEN = "ABEL BRUNO CESAR DIEGO EMILIO FABIO GASPAR HUGO IVAN JAIME LEON MATEO NESTOR OSCAR"
SURNAMES = tuple(_SURNAMES.split())
GIVEN = {"F": tuple(_WOMEN.split()), "M": tuple(_MEN.split())}
"""Made-up combinations; no real person is meant."""
