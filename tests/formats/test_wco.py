"""WCO Data Model XML: cargo reports and goods declarations into records."""

from __future__ import annotations

import io

import pytest
from test_xml_safety import BOMB

from esclusa.formats import Limits, wco
from esclusa.model import (
    Consignment,
    Conveyance,
    DangerousGoods,
    Defect,
    Function,
    GoodsItem,
    Identifier,
    Message,
    Party,
    Place,
    Seal,
    Severity,
    TransportEquipment,
    Voyage,
)

REPORT = b"""<?xml version="1.0" encoding="UTF-8"?>
<DocumentMetaData xmlns="urn:wco:datamodel:WCO:DM:1"><WCODocumentName>ICR</WCODocumentName>
<Declaration xmlns="urn:wco:datamodel:WCO:DeclarationModel:1">
 <TypeCode>ICR</TypeCode><FunctionalReferenceID>R-77</FunctionalReferenceID><FunctionCode>9</FunctionCode>
 <IssueDateTime formatCode="203">202604131015</IssueDateTime>
 <Submitter><ID>S1</ID><Agent><ID>X</ID></Agent></Submitter>
 <BorderTransportMeans><Name>NORTHREACH PIONEER</Name><ID>9999993</ID><JourneyID>0412W</JourneyID><TypeCode>1</TypeCode>
  <RegistrationNationalityCode>PA</RegistrationNationalityCode>
  <ArrivalDateTime formatCode="102">20260418</ArrivalDateTime></BorderTransportMeans>
 <Carrier><ID>NRLN</ID></Carrier>
 <Consignment>
  <SequenceNumeric>1</SequenceNumeric>
  <AssociatedTransportDocument><ID>NRLN-M1</ID><TypeCode>MB</TypeCode></AssociatedTransportDocument>
  <Consignee><Name>PANADERIA EL INDIGO</Name><ID>8-123</ID>
   <Address><Line>CALLE 50 NO 14</Line><CityName>PANAMA</CityName><CountryCode>PA</CountryCode></Address>
   <Communication><ID>+507 555 0199</ID></Communication></Consignee>
  <ConsignmentItem><SequenceNumeric>1</SequenceNumeric>
   <Commodity><CargoDescription>FROZEN SHRIMP</CargoDescription>
    <Classification><ID>0306.17</ID><IdentificationTypeCode>HS</IdentificationTypeCode></Classification>
    <DangerousGoods><UNDGID>1845</UNDGID></DangerousGoods><ValueAmount currencyID="USD">9000</ValueAmount></Commodity>
   <GoodsMeasure><GrossMassMeasure unitCode="TNE">18</GrossMassMeasure></GoodsMeasure>
   <Origin><CountryCode>EC</CountryCode></Origin>
   <Packaging><QuantityQuantity>900</QuantityQuantity><TypeCode>CT</TypeCode><MarksNumbersID>LOT 7</MarksNumbersID></Packaging>
   <TransportEquipment><ID>CSQU3054383</ID></TransportEquipment></ConsignmentItem>
  <Freight><PaymentMethodCode>PP</PaymentMethodCode></Freight>
  <LoadingLocation><ID>ECGYE</ID></LoadingLocation>
  <TransportContractDocument><ID>H-1</ID><TypeCode>HWB</TypeCode></TransportContractDocument>
  <TransportEquipment><CharacteristicCode>45R1</CharacteristicCode><FullnessCode>5</FullnessCode><ID>CSQU3054383</ID>
   <Seal><ID>SH-99</ID></Seal></TransportEquipment>
  <UnloadingLocation><ID>PAONX</ID></UnloadingLocation>
 </Consignment>
 <Consignment><TransportContractDocument><ID>H-2</ID></TransportContractDocument></Consignment>
</Declaration></DocumentMetaData>
"""

DECLARATION = b"""<md:MetaData xmlns="urn:wco:datamodel:WCO:DEC-DMS:2" xmlns:md="urn:wco:datamodel:WCO:DocumentMetaData-DMS:2">
<md:WCOTypeName>DEC</md:WCOTypeName>
<Declaration xmlns:p1="urn:wco:datamodel:WCO:Declaration_DS:DMS:2">
 <AcceptanceDateTime><p1:DateTimeString formatCode="304">20260419010000Z</p1:DateTimeString></AcceptanceDateTime>
 <FunctionCode>9</FunctionCode><FunctionalReferenceID>LRN-1</FunctionalReferenceID><ID>26PA0001</ID>
 <IssueDateTime><p1:DateTimeString formatCode="304">20260418093030Z</p1:DateTimeString></IssueDateTime>
 <DeclarationOfficeID>PAONX</DeclarationOfficeID>
 <BorderTransportMeans><RegistrationNationalityCode>PA</RegistrationNationalityCode><ModeCode>1</ModeCode></BorderTransportMeans>
 <Declarant><ID>D-9</ID></Declarant>
 <Exporter><Name>ALTAMIRA FRUIT SA</Name><Address><CityName>GUAYAQUIL</CityName><CountryCode>EC</CountryCode><Line>MALECON 100</Line></Address></Exporter>
 <GoodsShipment>
  <Consignment><ArrivalTransportMeans><ID>NORTHREACH PIONEER</ID></ArrivalTransportMeans>
   <LoadingLocation><ID>ECGYE</ID></LoadingLocation>
   <TransportContractDocument><ID>NRLN0001</ID></TransportContractDocument>
   <TransportEquipment><ID>CSQU3054383</ID></TransportEquipment></Consignment>
  <Destination><CountryCode>PA</CountryCode></Destination>
  <ExportCountry><ID>EC</ID></ExportCountry>
  <GovernmentAgencyGoodsItem><SequenceNumeric>1</SequenceNumeric>
   <StatisticalValueAmount currencyID="PAB">9100</StatisticalValueAmount>
   <AdditionalDocument><CategoryCode>N</CategoryCode><ID>F-100</ID><TypeCode>935</TypeCode></AdditionalDocument>
   <Commodity><Description>SHRIMP</Description>
    <Classification><ID>00</ID><IdentificationTypeCode>TRC</IdentificationTypeCode></Classification>
    <Classification><ID>03061700</ID><IdentificationTypeCode>TSP</IdentificationTypeCode></Classification>
    <GoodsMeasure><GrossMassMeasure>1000.5</GrossMassMeasure><NetNetWeightMeasure>950</NetNetWeightMeasure></GoodsMeasure>
    <InvoiceLine><ItemChargeAmount currencyID="USD">9000</ItemChargeAmount></InvoiceLine></Commodity>
   <GovernmentProcedure><CurrentCode>40</CurrentCode><PreviousCode>00</PreviousCode></GovernmentProcedure>
   <Origin><CountryCode>EC</CountryCode></Origin>
   <Packaging><TypeCode>CT</TypeCode><QuantityQuantity>20</QuantityQuantity></Packaging>
   <PreviousDocument><CategoryCode>Z</CategoryCode><ID>31</ID><TypeCode>MNS</TypeCode></PreviousDocument>
  </GovernmentAgencyGoodsItem>
  <Importer><ID>8-123</ID></Importer>
 </GoodsShipment>
</Declaration></md:MetaData>
"""


def items(data: bytes, **limits: int) -> list[Message | Defect]:
    return list(wco.read(io.BytesIO(data), file="w.xml", limits=Limits(**limits)))


def messages(data: bytes) -> list[Message]:
    return [item for item in items(data) if isinstance(item, Message)]


def test_a_cargo_report_is_a_message_for_each_consignment() -> None:
    first, second = messages(REPORT)
    assert (first.format, first.reference, first.prepared) == (
        "wco.cargo_report",
        "H-1",
        "2026-04-13T10:15",
    )
    assert REPORT[first.offset :].startswith(b"<Consignment>")
    assert REPORT[: first.offset + first.length].endswith(b"</Consignment>")
    voyage = Voyage(
        reference="0412W",
        conveyance=Conveyance(mode="sea", name="NORTHREACH PIONEER", imo="9999993", imo_valid=True, flag="PA"),
    )  # fmt: skip
    assert first.statements == (
        Consignment(
            carrier="NRLN", bill="H-1", master_bill="NRLN-M1", voyage=voyage, arrival="2026-04-18",
            load_port=Place(code="ECGYE", scheme="unlocode"), discharge_port=Place(code="PAONX", scheme="unlocode"),
            parties=(
                Party(
                    role="consignee", name="PANADERIA EL INDIGO", address="CALLE 50 NO 14", city="PANAMA", country="PA",
                    identifiers=(Identifier(scheme="other", value="8-123"),), contact="+507 555 0199",
                ),
            ),
            goods=(
                GoodsItem(
                    description="FROZEN SHRIMP", hs_code="030617", packages=900, package_type="CT", gross_mass_kg=18000.0,
                    value=9000.0, currency="USD", origin_country="EC", marks="LOT 7", undg=("1845",),
                    dangerous=(DangerousGoods(un="1845"),), equipment=("CSQU3054383",),
                ),
            ),
            equipment=(
                TransportEquipment(
                    number="CSQU3054383", number_valid=True, size_type="45R1", load_status="full", seals=(Seal(number="SH-99"),)
                ),
            ),
            freight_payment="prepaid",
        ),
    )  # fmt: skip
    assert second.statements == (Consignment(carrier="NRLN", bill="H-2", voyage=voyage, arrival="2026-04-18"),)  # fmt: skip


def test_a_declaration_is_one_consignment_with_its_items() -> None:
    (message,) = items(DECLARATION)
    assert isinstance(message, Message)
    assert (message.format, message.recipient, message.defects) == ("wco.declaration", "PAONX", ())
    assert message.statements == (
        Consignment(
            carrier="", bill="LRN-1", issued="2026-04-18",
            voyage=Voyage(conveyance=Conveyance(mode="sea", name="NORTHREACH PIONEER", flag="PA")),
            load_port=Place(code="ECGYE", scheme="unlocode"), place_of_receipt=Place(code="EC", scheme="country"),
            delivery_place=Place(code="PA", scheme="country"),
            parties=(
                Party(role="declarant", identifiers=(Identifier(scheme="other", value="D-9"),)),
                Party(role="exporter", name="ALTAMIRA FRUIT SA", address="MALECON 100", city="GUAYAQUIL", country="EC"),
                Party(role="importer", identifiers=(Identifier(scheme="other", value="8-123"),)),
            ),
            goods=(
                GoodsItem(
                    description="SHRIMP", hs_code="03061700", packages=20, package_type="CT", gross_mass_kg=1000.5,
                    net_mass_kg=950.0, value=9000.0, currency="USD", origin_country="EC", procedure="4000",
                ),
            ),
            equipment=(TransportEquipment(number="CSQU3054383", number_valid=True),),
            documents=("ABT:26PA0001", "BM:NRLN0001", "ZMNS:31", "N935:F-100"),
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("code", "function"), [("9", Function.ORIGINAL), ("5", Function.AMENDMENT), ("1", Function.CANCELLATION)]
)  # fmt: skip
def test_the_function_code_says_what_is_wanted(code: str, function: Function) -> None:
    data = REPORT.replace(b"Code>9<", b"Code>" + code.encode() + b"<")
    assert {each.function for each in messages(data)} == {function}


def test_a_response_states_nothing() -> None:
    assert [each.statements for each in messages(REPORT.replace(b"Code>9<", b"Code>11<"))] == [
        (),
        (),
    ]


@pytest.mark.parametrize(
    ("good", "bad", "code", "element"),
    [
        (">18</Gross", ">18 t</Gross", "value.number", "ConsignmentItem/GoodsMeasure/GrossMassMeasure"),
        ('"TNE"', '"STN"', "value.unit", "ConsignmentItem/GoodsMeasure/GrossMassMeasure"),
        (">900<", ">-900<", "value.count", "ConsignmentItem/Packaging/QuantityQuantity"),
        ("0306.17", "FISH", "value.hs_code", "ConsignmentItem/Commodity/Classification/ID"),
        ("45R1</CharacteristicCode><FullnessCode>5</FullnessCode><ID>CSQU3054383", "45R1</CharacteristicCode><FullnessCode>5</FullnessCode><ID>CSQU3054384", "value.container", "Consignment/TransportEquipment/ID"),
    ],
)  # fmt: skip
def test_a_broken_value_is_told_with_path_and_byte(
    good: str, bad: str, code: str, element: str
) -> None:
    data = REPORT.replace(good.encode(), bad.encode(), 1)
    first, _ = messages(data)
    (found,) = first.defects
    assert (found.code, found.element) == (code, element)
    assert data[found.offset :].startswith(f"<{found.segment}".encode())
    assert first.statements


def test_a_consignment_without_a_bill_is_refused_and_its_neighbour_stands() -> None:
    first, second = messages(REPORT.replace(b"<ID>H-2<", b"<ID><"))
    assert (first.refused, second.refused) == (False, True)
    assert second.defects[0].code == "wco.bill.missing"


def test_a_bad_date_of_the_heading_is_told() -> None:
    found = [each for each in items(REPORT.replace(b">20260418<", b">20260431<")) if isinstance(each, Defect)]  # fmt: skip
    assert [(each.code, each.element) for each in found] == [
        ("value.date", "BorderTransportMeans/ArrivalDateTime")
    ]


@pytest.mark.parametrize("data", [REPORT, DECLARATION], ids=["report", "declaration"])
def test_a_file_cut_anywhere_keeps_what_was_whole_and_names_the_place(data: bytes) -> None:
    whole = [one for each in messages(data) for one in each.statements]
    for end in range(0, len(data.rstrip()), 10):
        found = items(data[:end])
        stated = [one for item in found if isinstance(item, Message) for one in item.statements]
        assert stated == whole[: len(stated)]
        assert len(stated) == (data[:end].count(b"</Consignment>") if data is REPORT else 0)
        trouble = [
            d for item in found for d in (item.defects if isinstance(item, Message) else (item,))
        ]
        assert any(each.severity is Severity.FATAL for each in trouble)


@pytest.mark.parametrize(
    "data", [BOMB, b'<!DOCTYPE Declaration [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + REPORT[39:]]
)  # fmt: skip
def test_a_document_type_states_nothing(data: bytes) -> None:
    found = items(data)
    assert not [item for item in found if isinstance(item, Message)]
    assert isinstance(found[-1], Defect)
    assert found[-1].code == "xml.doctype"


def test_an_item_too_large_is_left_out_and_told() -> None:
    big = (
        b"<GovernmentAgencyGoodsItem>" + b"<x/>" * 3_000 + b"</GovernmentAgencyGoodsItem><Importer>"
    )
    (message,) = items(DECLARATION.replace(b"<Importer>", big), message_bytes=10_000)
    assert isinstance(message, Message)
    assert [each.code for each in message.defects] == ["wco.element"]
    assert len(message.statements) == 1


def test_the_file_is_told_by_its_name_space() -> None:
    assert wco.FORMAT.sniff(REPORT[:300], "w.xml")
    assert wco.FORMAT.sniff(REPORT.decode()[:300].encode("utf-16"), "w.xml")
    assert not wco.FORMAT.sniff(b"<Declaration/>", "w.xml")
