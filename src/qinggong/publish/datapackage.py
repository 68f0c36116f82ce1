"""The papers of a data release (数据说明): Frictionless data package, DCAT, checksums, licence, citation, read-me.

Sources: Frictionless Data Package 2.0 (datapackage.org, “Data Package”, “Data Resource”, “Table Schema”); W3C Data
Catalog Vocabulary (DCAT) 3, sections 6.4 and 6.8; Citation File Format 1.2.0; GNU coreutils, ``sha256sum``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from qinggong.catalogue.synthetic import NOTICE, NOTICE_EN, publisher_name
from qinggong.publish.data import DataTable
from qinggong.publish.states import folder_name

_MEDIA = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/jsonl",
    "md": "text/markdown",
    "sdmx/structure.xml": "application/vnd.sdmx.structure+xml",
    "sdmx/data.xml": "application/vnd.sdmx.data+xml",
    "sdmx/data.csv": "application/vnd.sdmx.data+csv",
}
_INTEGERS = frozenset({"row", "vintage", "current", "place", "of"})
_DATES = frozenset({"published_at", "old_published_at", "new_published_at"})
_KEYS = {
    "facts": ["id"],
    "observations": ["series_id", "period"],
    "vintages": ["series_id", "period", "vintage"],
    "all_series": ["series_id"],
}
CHECKSUMS = "CHECKSUMS"


@dataclass(frozen=True, slots=True)
class Described:
    """What the papers of a data release say of it; dates are ISO, ``folder`` is that of the release."""

    title: str
    month: str
    period_name: str
    start: str
    end: str
    edition: int
    released: str
    publisher: str
    agency: str
    address: str
    licence: str
    synthetic: bool
    note: str = ""
    without: Mapping[str, str] = field(default_factory=dict)
    sources: Sequence[str] = ()

    @property
    def folder(self) -> str:
        return folder_name(self.month, self.edition)

    @property
    def name(self) -> str:
        again = f"（更正，第{self.edition}版）" if self.edition > 1 else ""
        return f"{NOTICE if self.synthetic else ''}{self.period_name}{self.title}数据{again}"

    @property
    def by(self) -> str:
        told = self.publisher or "轻工运行监测（qinggong）"
        return publisher_name("本系统测算") if self.synthetic else told


def papers(told: Described, tables: Sequence[DataTable], files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The papers by their path in the release, made from its data files; the checksums cover them too.

    Parameters
    ----------
    files
        All files of the release; those under ``data/`` are described.
    """
    data = {name.removeprefix("data/"): files[name] for name in sorted(files) if name.startswith("data/")}
    made = {
        "LICENCE.txt": licence_text(told),
        "CITATION.cff": citation(told),
        "README.md": readme(told, tables, data),
        "datapackage.json": data_package(told, tables, data),
        "dcat.jsonld": dcat(told, data),
    }
    made[CHECKSUMS] = checksums(data | made)
    return {f"data/{name}": content for name, content in made.items()}


def checksums(files: Mapping[str, bytes]) -> bytes:
    """Lines that ``sha256sum --check`` reads, by name."""
    return "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)).encode()


def data_package(told: Described, tables: Sequence[DataTable], data: Mapping[str, bytes]) -> bytes:
    """``datapackage.json``: every data file with its hash, and the columns of the tables."""
    described = {t.name: t for t in tables}
    package: dict[str, Any] = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": f"qinggong-{told.folder.lower()}",
        "title": told.name,
        "description": f"{told.period_name}月报所用的数字、公布数字及历次公布值。"
        + (f"{NOTICE} {NOTICE_EN}" if told.synthetic else ""),
        "version": f"{told.month}.{told.edition}",
        "created": f"{told.released}T00:00:00+08:00",
        "licenses": [{"path": "LICENCE.txt", "title": told.licence or "见 LICENCE.txt / see LICENCE.txt"}],
        "sources": [{"title": source} for source in told.sources],
        "contributors": [{"title": told.by, "roles": ["publisher"]}],
        "keywords": ["轻工业", "运行监测", "light industry", "China"],
        "resources": [_resource(name, content, described) for name, content in data.items()],
    }
    if told.address:
        package["homepage"] = f"{told.address}{told.folder}/"
    if not package["sources"]:
        del package["sources"]
    return _json(package)


def _resource(name: str, content: bytes, tables: Mapping[str, DataTable]) -> dict[str, Any]:
    stem, _, ending = name.rpartition(".")
    resource: dict[str, Any] = {
        "name": name.lower().replace("/", "-").replace(".", "-").replace("_", "-"),
        "path": name,
        "format": ending,
        "mediatype": _media(name),
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
    }
    table = tables.get(stem)
    if table is not None and ending in ("csv", "parquet"):
        resource |= {"title": table.title, "type": "table", "schema": _schema(table)}
    if ending == "csv":
        resource |= {"encoding": "utf-8", "dialect": {"delimiter": ",", "lineTerminator": "\r\n"}}
    return resource


def _schema(table: DataTable) -> dict[str, Any]:
    fields = []
    for name, head in table.columns:
        kind = "integer" if name in _INTEGERS else "number" if name in table.numbers else "string"
        fields.append({"name": name, "title": head, "type": "date" if name in _DATES else kind})
    schema: dict[str, Any] = {"fields": fields, "missingValues": [""]}
    if table.name in _KEYS:
        schema["primaryKey"] = _KEYS[table.name]
    return schema


def dcat(told: Described, data: Mapping[str, bytes]) -> bytes:
    """The release as a DCAT dataset in JSON-LD, each file as a distribution with its checksum."""
    context: dict[str, Any] = {
        "dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/", "foaf": "http://xmlns.com/foaf/0.1/",
        "xsd": "http://www.w3.org/2001/XMLSchema#", "spdx": "http://spdx.org/rdf/terms#",
        "adms": "http://www.w3.org/ns/adms#", "prov": "http://www.w3.org/ns/prov#",
    }  # fmt: skip
    if told.address:
        context["@base"] = f"{told.address}{told.folder}/data/"
    dataset: dict[str, Any] = {
        "@context": context,
        "@id": "./",
        "@type": "dcat:Dataset",
        "dct:identifier": f"{told.agency}:{told.folder}",
        "dct:title": [
            {"@value": told.name, "@language": "zh-Hans"},
            {"@value": f"China light industry, data of {told.month}"
             + (f" ({NOTICE_EN})" if told.synthetic else ""), "@language": "en"},
        ],
        "dct:description": {"@value": f"{told.period_name}月报所用的数字及其来源。", "@language": "zh-Hans"},
        "dct:publisher": {"@type": "foaf:Organization", "foaf:name": told.by},
        "dct:issued": {"@value": told.released, "@type": "xsd:date"},
        "dct:language": "zh-Hans",
        "dct:accrualPeriodicity": {"@id": "http://publications.europa.eu/resource/authority/frequency/MONTHLY"},
        "dct:spatial": {"@id": "http://publications.europa.eu/resource/authority/country/CHN"},
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": {"@value": told.start, "@type": "xsd:date"},
            "dcat:endDate": {"@value": told.end, "@type": "xsd:date"},
        },
        "dct:license": {"@id": "LICENCE.txt"},
        "dct:source": list(told.sources),
        "dcat:version": str(told.edition),
        "dcat:keyword": ["轻工业", "运行监测"],
        "dcat:distribution": [_distribution(name, content) for name, content in data.items()],
    }  # fmt: skip
    if told.edition > 1:
        before = folder_name(told.month, told.edition - 1)
        dataset["prov:wasRevisionOf"] = {"@id": f"../../{before}/data/"}
        dataset["adms:versionNotes"] = told.note
    return _json(dataset)


def _distribution(name: str, content: bytes) -> dict[str, Any]:
    kind = _media(name)
    return {
        "@id": name,
        "@type": "dcat:Distribution",
        "dct:title": name,
        "dcat:downloadURL": {"@id": name},
        "dcat:mediaType": {"@id": f"https://www.iana.org/assignments/media-types/{kind}"},
        "dcat:byteSize": {"@value": str(len(content)), "@type": "xsd:nonNegativeInteger"},
        "dct:license": {"@id": "LICENCE.txt"},
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": {"@id": "spdx:checksumAlgorithm_sha256"},
            "spdx:checksumValue": {"@value": hashlib.sha256(content).hexdigest(), "@type": "xsd:hexBinary"},
        },
    }


def licence_text(told: Described) -> bytes:
    """What may be done with the data: the bodies' figures are theirs; the rest is under the declared licence."""
    own = (
        f"本系统测算的数字和编排按 {told.licence} 许可使用。"
        if told.licence
        else "本系统测算的数字和编排，发布者没有作出许可声明；使用前请与发布者联系。"
    )
    own_en = (
        f"Figures computed by this system, and the compilation, are licensed under {told.licence}."
        if told.licence
        else "For figures computed by this system, and for the compilation, the publisher has declared no licence."
    )
    lines = [
        f"{told.name}：使用许可 / Licence of the data", "",
        *([f"{NOTICE} / {NOTICE_EN}", ""] if told.synthetic else []),
        "1. 各机构公布的数字属于各发布机构，使用时注明发布机构和出处（每行的 publisher、citation、url 各列）；本数据不代其作许可。",
        "   Figures published by official bodies belong to these bodies; name body and source (columns publisher,",
        "   citation and url of each row). Nothing is licensed here on their behalf.",
        f"2. {own}", f"   {own_en}",
        "3. 数字按公布时的状态提供，不作任何保证。本数据不是官方出版物。",
        "   The data come without warranty of any kind. This is no official publication.", "",
    ]  # fmt: skip
    return "\n".join(lines).encode()


def citation(told: Described) -> bytes:
    """``CITATION.cff``: how to cite the data."""
    cited: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": "引用本数据时请用以下信息。 / Please cite these data as follows.",
        "type": "dataset",
        "title": told.name,
        "authors": [{"name": told.by}],
        "version": f"{told.month}.{told.edition}",
        "date-released": told.released,
        "keywords": ["light industry", "China"],
    }
    if told.address:
        cited["url"] = f"{told.address}{told.folder}/"
    if told.synthetic:
        cited["abstract"] = f"{NOTICE} {NOTICE_EN}"
    return yaml.safe_dump(cited, allow_unicode=True, sort_keys=False).encode()


def readme(told: Described, tables: Sequence[DataTable], data: Mapping[str, bytes]) -> bytes:
    """What lies in the folder, what is not in it and why."""
    titles = {t.name: t.title for t in tables}
    lines = [f"# {told.name}", ""]
    if told.synthetic:
        lines += [f"**{NOTICE} / {NOTICE_EN}**", ""]
    if told.note:
        lines += [f"更正说明：{told.note}", ""]
    lines += [
        f"数据截至 {told.released}。核对：`sha256sum --check {CHECKSUMS}`。 / Verify with `sha256sum --check {CHECKSUMS}`.",
        "", "| 文件 / file | 内容 / content |", "|---|---|",
    ]  # fmt: skip
    lines += [f"| `{name}` | {_told_of(name, titles)} |" for name in data]
    lines += [f"| `{name}` | {what} |" for name, what in _PAPERS.items()]
    for what, why in told.without.items():
        lines += ["", f"没有 / not included: {what}：{why}"]
    return ("\n".join(lines) + "\n").encode()


_PAPERS = {
    "datapackage.json": "文件和各列的说明（Frictionless） / files and columns",
    "dcat.jsonld": "目录元数据（DCAT） / catalogue metadata",
    "CHECKSUMS": "校验和 / checksums",
    "LICENCE.txt": "使用许可 / licence",
    "CITATION.cff": "引用格式 / citation",
}
_OTHERS = {
    "data.xlsx": "月报所用事实和公布数字，表头为中文 / the facts and observations, Chinese heads",
    "changelog.md": "修订说明 / what was revised",
    "specifications.jsonl": "季节调整的设定 / specifications of seasonal adjustment",
    "sdmx/structure.xml": "SDMX-ML 3.0 结构：概念、代码表、数据结构、数据流 / structure",
    "sdmx/data.xml": "SDMX-ML 3.0 数据 / data",
    "sdmx/data.csv": "SDMX-CSV 2.0 数据 / data",
}


def _media(name: str) -> str:
    """Media type of a file: by its name if it has one of its own, else by its ending."""
    return _MEDIA.get(name) or _MEDIA.get(name.rpartition(".")[2], "application/octet-stream")


def _told_of(name: str, titles: Mapping[str, str]) -> str:
    return _OTHERS.get(name) or titles.get(name.rpartition(".")[0], "")


def _json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()
