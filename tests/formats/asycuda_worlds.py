"""A fictional manifest and declaration, and records written and read again."""

from __future__ import annotations

import io

from esclusa.formats import Limits
from esclusa.formats.asycuda import reader, writers
from esclusa.formats.heading import Heading
from esclusa.model import Defect, Function, Message, Statement

MANIFEST = b"""<?xml version="1.0" encoding="UTF-8"?>
<Awmds>
 <General_segment>
  <General_segment_id>
   <Customs_office_code>PAONX</Customs_office_code>
   <Voyage_number>0412W</Voyage_number>
   <Date_of_departure>10/04/2026</Date_of_departure>
   <Date_of_arrival>2026-04-18</Date_of_arrival>
   <Time_of_arrival>04:00:00</Time_of_arrival>
  </General_segment_id>
  <Totals_segment>
   <Total_number_of_bols>2</Total_number_of_bols>
   <Total_number_of_packages>940</Total_number_of_packages>
   <Total_number_of_containers>1</Total_number_of_containers>
   <Total_gross_mass>18500.5</Total_gross_mass>
  </Totals_segment>
  <Transport_information>
   <Carrier>
    <Carrier_code>NRLN</Carrier_code>
    <Carrier_name>NORTHREACH LINE</Carrier_name>
    <Carrier_address>QUAY ROAD 2</Carrier_address>
   </Carrier>
   <Shipping_Agent>
    <Shipping_Agent_code>AG7</Shipping_Agent_code>
    <Shipping_Agent_name>MARISOL AGENCY</Shipping_Agent_name>
   </Shipping_Agent>
   <Mode_of_transport_code>1</Mode_of_transport_code>
   <Identity_of_transporter>NORTHREACH PIONEER</Identity_of_transporter>
   <Nationality_of_transporter_code>PA</Nationality_of_transporter_code>
   <Registration_number_of_transport_code>IMO 9999993</Registration_number_of_transport_code>
   <Master_information>R. ROE</Master_information>
  </Transport_information>
  <Load_unload_place>
   <Place_of_departure_code>ECGYE</Place_of_departure_code>
   <Place_of_destination_code>PAONX</Place_of_destination_code>
  </Load_unload_place>
 </General_segment>
 <Bol_segment>
  <Bol_id>
   <Bol_reference>NRLN0001</Bol_reference>
   <Line_number>1</Line_number>
   <Bol_nature>23</Bol_nature>
   <Bol_type_code>705</Bol_type_code>
   <Master_bill_ref_number>NRLN-M1</Master_bill_ref_number>
   <Unique_carrier_reference>6NRLN77</Unique_carrier_reference>
   <DG_status>N</DG_status>
  </Bol_id>
  <Consolidated_Cargo>0</Consolidated_Cargo>
  <Load_unload_place>
   <Place_of_loading_code>ECGYE</Place_of_loading_code>
   <Place_of_unloading_code>PAONX</Place_of_unloading_code>
  </Load_unload_place>
  <Traders_segment>
   <Exporter>
    <Exporter_name>ALTAMIRA FRUIT &amp; SEA</Exporter_name>
    <Exporter_address>MALECON 100
GUAYAQUIL
EC</Exporter_address>
   </Exporter>
   <Notify><Notify_name><null/></Notify_name><Notify_address/></Notify>
   <Consignee>
    <Consignee_code>8-123</Consignee_code>
    <Consignee_name>PANADERIA EL INDIGO</Consignee_name>
    <Consignee_address>CALLE 50 NO 14</Consignee_address>
   </Consignee>
  </Traders_segment>
  <ctn_segment>
   <Ctn_reference>CSQU3054383</Ctn_reference>
   <Number_of_packages>900</Number_of_packages>
   <Type_of_container>45R1</Type_of_container>
   <Empty_Full>1/1</Empty_Full>
   <Marks1>SH-99</Marks1>
   <Sealing_Party>SH</Sealing_Party>
   <Empty_weight>4600.0</Empty_weight>
   <Goods_weight>18000.5</Goods_weight>
  </ctn_segment>
  <Goods_segment>
   <Number_of_packages>900.0</Number_of_packages>
   <Package_type_code>CT</Package_type_code>
   <Gross_mass>18000.5</Gross_mass>
   <Shipping_marks>LOT 7</Shipping_marks>
   <Goods_description>FROZEN
    SHRIMP</Goods_description>
   <Volume_in_cubic_meters>42.5</Volume_in_cubic_meters>
   <Num_of_ctn_for_this_bol>1</Num_of_ctn_for_this_bol>
  </Goods_segment>
  <Value_segment>
   <Freight_segment>
    <PC_indicator>PP</PC_indicator>
    <Freight_value>1250.50</Freight_value>
    <Freight_currency>USD</Freight_currency>
   </Freight_segment>
   <Customs_segment>
    <Customs_value>135000</Customs_value>
    <Customs_currency>USD</Customs_currency>
   </Customs_segment>
  </Value_segment>
 </Bol_segment>
 <Bol_segment>
  <Bol_id><Bol_reference>NRLN0002</Bol_reference></Bol_id>
  <Goods_segment>
   <Number_of_packages>40</Number_of_packages>
   <Package_type_code>PX</Package_type_code>
   <Gross_mass>500</Gross_mass>
   <Goods_description>TILES</Goods_description>
  </Goods_segment>
 </Bol_segment>
</Awmds>
"""

DECLARATION = b"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<ASYCUDA>
<Export_release><Date_of_exit/><Exit_reference><null/></Exit_reference></Export_release>
<Property><Nbers>
<Total_number_of_items>2</Total_number_of_items>
<Total_number_of_packages>30</Total_number_of_packages>
</Nbers></Property>
<Identification>
<Office_segment><Customs_clearance_office_code>PAONX</Customs_clearance_office_code></Office_segment>
<Manifest_reference_number>PAONX 2026 77</Manifest_reference_number>
<Registration><Serial_number>C</Serial_number><Number>4711</Number><Date>4/19/26</Date></Registration>
</Identification>
<Traders>
<Exporter><Exporter_code><null/></Exporter_code><Exporter_name>ALTAMIRA FRUIT SA
MALECON 100
GUAYAQUIL
EC</Exporter_name></Exporter>
<Consignee><Consignee_code>8-123</Consignee_code><Consignee_name>PANADERIA EL INDIGO</Consignee_name></Consignee>
</Traders>
<Declarant>
<Declarant_code>D-9</Declarant_code>
<Declarant_name>MARISOL BROKERS
PIER 3</Declarant_name>
<Declarant_representative>J. ROE</Declarant_representative>
<Reference><Number>2026-0012</Number></Reference>
</Declarant>
<General_information><Country>
<Export><Export_country_code>EC</Export_country_code></Export>
<Destination><Destination_country_code>PA</Destination_country_code></Destination>
</Country></General_information>
<Transport>
<Means_of_transport>
<Departure_arrival_information><Identity>TRUCK 7</Identity></Departure_arrival_information>
<Border_information><Identity>NORTHREACH PIONEER</Identity><Nationality>PA</Nationality><Mode>1</Mode></Border_information>
</Means_of_transport>
<Container_flag>true</Container_flag>
<Place_of_loading><Code>ECGYE</Code><Name>Guayaquil</Name><Country><null/></Country></Place_of_loading>
</Transport>
<Valuation>
<Weight><Gross_weight>1500</Gross_weight></Weight>
<Gs_external_freight>
<Amount_national_currency>300.0</Amount_national_currency>
<Amount_foreign_currency>300</Amount_foreign_currency>
<Currency_code>USD</Currency_code>
</Gs_external_freight>
</Valuation>
<Container>
<Item_Number>1</Item_Number><Container_identity>CSQU3054383</Container_identity>
<Container_type>45R1</Container_type><Empty_full_indicator>1/1</Empty_full_indicator>
<Gross_weight><null/></Gross_weight>
</Container>
<Prev_decl>
<Prev_decl_office_code>PAONX</Prev_decl_office_code><Prev_decl_reg_year>2025</Prev_decl_reg_year>
<Prev_decl_reg_serial>W</Prev_decl_reg_serial><Prev_decl_reg_number>31</Prev_decl_reg_number>
</Prev_decl>
<Item>
<Attached_documents><Attached_document_code>IV05</Attached_document_code>
<Attached_document_reference>F-100</Attached_document_reference></Attached_documents>
<Packages><Number_of_packages>20.0</Number_of_packages><Marks1_of_packages>LOT</Marks1_of_packages>
<Marks2_of_packages>SAME</Marks2_of_packages><Kind_of_packages_code>CT</Kind_of_packages_code></Packages>
<Tarification>
<HScode><Commodity_code>03061700</Commodity_code><Precision_1>00</Precision_1><Precision_4>TRADER-7</Precision_4></HScode>
<Extended_customs_procedure>4000</Extended_customs_procedure>
<National_customs_procedure>000</National_customs_procedure>
<Item_price>9000</Item_price>
</Tarification>
<Goods_description><Country_of_origin_code>EC</Country_of_origin_code>
<Description_of_goods>Other</Description_of_goods>
<Commercial_Description>FROZEN SHRIMP</Commercial_Description></Goods_description>
<Previous_doc><Summary_declaration>NRLN0001</Summary_declaration></Previous_doc>
<Valuation_item>
<Weight_itm><Gross_weight_itm>1000.5</Gross_weight_itm><Net_weight_itm>950</Net_weight_itm></Weight_itm>
<Item_Invoice><Amount_foreign_currency>9000</Amount_foreign_currency><Currency_code>USD</Currency_code></Item_Invoice>
</Valuation_item>
</Item>
<Item>
<Packages><Number_of_packages>10</Number_of_packages></Packages>
<Tarification><HScode><Commodity_code>6907.21</Commodity_code></HScode></Tarification>
<Goods_description><Description_of_goods>TILES</Description_of_goods></Goods_description>
<Previous_doc><Summary_declaration>NRLN0001</Summary_declaration></Previous_doc>
<Valuation_item><Weight_itm><Gross_weight_itm>499.5</Gross_weight_itm></Weight_itm>
<Item_Invoice><Amount_foreign_currency>0</Amount_foreign_currency><Currency_code><null/></Currency_code></Item_Invoice>
</Valuation_item>
</Item>
</ASYCUDA>
"""


def items(data: bytes, **limits: int) -> list[Message | Defect]:
    return list(reader.read(io.BytesIO(data), file="m.xml", limits=Limits(**limits)))


def messages(data: bytes) -> list[Message]:
    """Read a file that has no trouble outside its messages."""
    found = items(data)
    assert not [item for item in found if isinstance(item, Defect)]
    return [item for item in found if isinstance(item, Message)]


def statements(data: bytes) -> list[Statement]:
    return [one for message in messages(data) for one in message.statements]


def defects(data: bytes) -> list[Defect]:
    """Every defect of a file, in messages and outside."""
    return [
        defect
        for item in items(data)
        for defect in (item.defects if isinstance(item, Message) else (item,))
    ]


def check_place(data: bytes, found: Defect, path: str) -> None:
    """A defect tells path, line and byte of its element."""
    tag = path.rpartition("/")[2]
    assert (found.element, found.segment) == (path, tag)
    assert data[found.offset :].startswith(f"<{tag}>".encode())
    assert found.segment_no == data.count(b"\n", 0, found.offset) + 1


def stating(*statements: Statement, function: Function = Function.ORIGINAL) -> Message:
    return Message(
        format="made", offset=0, length=0, reference="M1", function=function, statements=statements
    )


def written(kind: str, *messages: Message, office: str = "PAONX") -> bytes:
    return b"".join(writers.write_file(messages, Heading(recipient=office), kind))
