"""Whatever bytes come, a source answers with rows or with one sentence: no traceback, no hang, no half result.

Three kinds of bytes: mutations of a small synthetic file of every shape, mutations of every recorded real file (skipped
where the example data is absent), and bytes that hypothesis makes up. Every registered shape is asked whether each of
them is its own, and the one that claims it reads it.
"""

from __future__ import annotations

import io
import json
import random
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import astuple
from functools import cache
from pathlib import Path, PurePath

import duckdb
import pytest
import xlsxwriter  # type: ignore[import-untyped]
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qinggong.sources import SHAPES, Parsed, Shape, UnreadableFile

QUIET = list(HealthCheck)
HANG = 300  # seconds after which a reader hangs; far beyond what any file here needs
LARGEST_REAL = 4_000_000
FOLDERS = (
    "api_responses", "china_annual_by_sector", "china_macro_products", "china_subsector_monthly", "classifications",
    "official_releases", "published_facts",
)  # fmt: skip
PPI = "家具制造业工业生产者出厂价格指数(上年同月=100)"
LONG = "时期,行业,指标,度量,数值,单位,发布机构\n2024-08,原盐,产量,level,512.3,万吨,国家统计局\n"
RELEASE = "2024年1—8月份工业利润\n来源：国家统计局\n1—8月份，农副食品加工业利润总额1234.5亿元，同比增长3.1%，家具制造业下降2.9%。\n"
NBS_NODE = {
    "data": {"hasdata": True, "strdata": "12.3", "data": 12.3},
    "wds": [{"wdcode": "zb", "valuecode": "A02090A01"}, {"wdcode": "sj", "valuecode": "202404"}],
}
NBS_NAME = {"wdcode": "zb", "nodes": [{"code": "A02090A01", "cname": "啤酒产量_当期值", "unit": "万千升"}]}
ANSWER = {"returncode": 200, "returndata": {"datanodes": [NBS_NODE], "wdnodes": [NBS_NAME]}}
EXCHANGE = {
    "request": {"uri": "https://data.stats.gov.cn/easyquery.htm"},
    "response": {"body": {"string": json.dumps(ANSWER, ensure_ascii=False)}},
}
ITEM = {"i_showname": "啤酒产量当期值", "value": "12.3", "du_name": "万千升", "da_name": "全国"}
TRADE = {
    "typeCode": "C", "freqCode": "M", "period": "202408", "reporterCode": 156, "partnerCode": 0, "flowCode": "X",
    "classificationCode": "H6", "cmdCode": "9403", "primaryValue": 1.5,
}  # fmt: skip
DOC = {"provider_code": "P", "dataset_code": "D", "series_code": "S", "period": ["2024-08"], "value": [1.5]}
NS = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1"
SDMX = (
    f'<m:GenericData xmlns:m="{NS}/message" xmlns:c="{NS}/common" xmlns:g="{NS}/data/generic"><m:Header><m:ID>T</m:ID>'
    '<m:Test>false</m:Test><m:Prepared>2026-01-01T00:00:00</m:Prepared><m:Sender id="O"/><m:Structure structureID="S1"'
    ' dimensionAtObservation="TIME_PERIOD"><c:Structure><Ref agencyID="O" id="T"/></c:Structure></m:Structure>'
    '</m:Header><m:DataSet structureRef="S1"><g:Series><g:SeriesKey><g:Value id="FREQ" value="M"/></g:SeriesKey><g:Obs>'
    '<g:ObsDimension value="2024-08"/><g:ObsValue value="1.5"/></g:Obs></g:Series></m:DataSet></m:GenericData>'
)
CUSTOMS = '数据年月,商品编码,商品名称,人民币\n202408,94036099,木家具,"1,234"\n'
_TITLE = "(4) China's Total Export & Import Values by Country/Region, March 2025 (in USD)"
CUSTOMS_PAGE = (
    f"<!DOCTYPE html><html><head><title>{_TITLE}</title></head><body><p>GACC</p><div class='atcl-ttl'>{_TITLE}</div>"
    "<div class='atcl-date'>2025/04/18</div><table><tr><td colspan='10'>Unit: USD 1 Million</td>"
    "</tr><tr><td>Source</td>"
    "<td colspan='2'>Export &amp; Import</td><td colspan='2'>Export</td><td colspan='2'>Import</td>"
    "<td colspan='3'>1-to-3 "
    "Total Year-on-Year (±%)</td></tr><tr><td>Destination</td><td>Mar</td><td>1-to-3</td><td>Mar"
    "</td><td>1-to-3</td><td>Mar"
    "</td><td>1-to-3</td><td>Export &amp; Import</td><td>Export</td><td>Import</td></tr><tr><td>Total</td><td>500</td>"
    "<td>1,400.5</td><td>300.1</td><td>853</td><td>200</td><td>547</td><td>0.2</td><td>5.8</td>"
    "<td>-7.0</td></tr></table>"
    "</body></html>"
)
MATLAB = (
    "s1_M = timeseries([49.2;48.0], {'10/01/2022','11/01/2022'});\ns1_M.Name = 'CN: PMI: Mfg: New Order';\n"
    "s1_M.UserData.seriesInfo = struct('Unit','%','frequency','Monthly','source','合成');\n"
)
WIND = [
    ["Wind", ""],
    ["指标名称", "中国:PPI:家具制造业:当月同比"],
    ["单位", "%"],
    ["2024-04-30", 1.5],
    ["2024-03-31", 0],
]


def workbook(lines: list[list[object]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet("合成")
    for i, line in enumerate(lines):
        sheet.write_row(i, 0, line)
    book.close()
    return out.getvalue()


def document() -> bytes:
    import docx

    out, made = io.BytesIO(), docx.Document()
    for line in RELEASE.splitlines():
        made.add_paragraph(line)
    made.save(out)
    return out.getvalue()


def columns(folder: Path) -> bytes:
    names, values = (line.split(",") for line in LONG.splitlines())
    fields = ", ".join(f"'{v}' AS \"{n}\"" for n, v in zip(names, values, strict=True))
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT {fields} FROM range(40)) TO '{folder / 'a'}' (FORMAT parquet)")
    return (folder / "a").read_bytes()


SEEDS: dict[str, tuple[str, Callable[[Path], bytes]]] = {
    "应答.json": ("nbs-answer", lambda _: json.dumps(ANSWER, ensure_ascii=False).encode()),
    "新版.json": ("nbs-answer",
        lambda _: json.dumps({"success": True, "data": [{"code": "202404MM", "values": [ITEM]}]}).encode()),
    "下载.csv": ("nbs-download", lambda _: "数据库：月度数据\n指标,2024年4月\n啤酒产量_当期值(万千升),12.3\n".encode("gbk")),
    "下载.xlsx": ("nbs-download", lambda _: workbook([["数据库：月度数据"], ["指标", "2024年4月"], ["啤酒产量_当期值(万千升)", 12.3]])),
    "录制.yaml": ("nbs-recording", lambda _: yaml.safe_dump({"interactions": [EXCHANGE]}, allow_unicode=True).encode()),
    "贸易.json": ("comtrade", lambda _: json.dumps({"elapsedTime": "1", "count": 1, "data": [TRADE]}).encode()),
    "序列.json": ("dbnomics", lambda _: json.dumps({"_meta": {}, "series": {"docs": [DOC]}}).encode()),
    "数据.xml": ("sdmx", lambda _: SDMX.encode()),
    "出口.csv": ("customs", lambda _: CUSTOMS.encode("gb18030")),
    "海关.html": ("customs-page", lambda _: CUSTOMS_PAGE.encode()),
    "终端.xlsx": ("series_workbook", lambda _: workbook(WIND)),
    "终端.csv": ("series_workbook", lambda _: "\n".join(",".join(map(str, line)) for line in WIND[1:]).encode("gbk")),
    "长序列.csv": ("series_workbook", lambda _: f"月份,指标,数值\n2024-04,{PPI},99.5\n".encode()),
    "序列.m": ("ceic_text", lambda _: MATLAB.encode()),
    "粘贴.js": ("pasted", lambda _: f'const a = {{"{PPI}": {{"2024-03": 99.5, "2024-04": 99.7}}}};'.encode()),
    "粘贴.json": ("pasted", lambda _: json.dumps([{"name": PPI, "points": [["2024-03", 1], ["2024-04", 2]]}]).encode()),
    "长表.csv": ("table", lambda _: LONG.encode()),
    "长表.xlsx": ("table", lambda _: workbook([list(line.split(",")) for line in LONG.splitlines()])),
    "长表.parquet": ("table", columns),
    "发布.txt": ("release_text", lambda _: RELEASE.encode()),
    "发布.html": ("release_text", lambda _: f"<h1>{'</h1><p>'.join(RELEASE.splitlines())}</p>".encode()),
    "发布.docx": ("release_text", lambda _: document()),
}  # fmt: skip


@pytest.fixture(autouse=True)
def watchdog() -> Iterator[None]:
    """A reader that hangs fails here instead of stopping the whole run."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def hung(*_: object) -> None:
        raise TimeoutError("a source hangs")

    before = signal.signal(signal.SIGALRM, hung)
    signal.setitimer(signal.ITIMER_REAL, HANG)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("合成")
    return {name: make(folder) for name, (_, make) in SEEDS.items()}


def mutated(content: bytes, rng: random.Random) -> bytes:
    """A few bytes changed, put in, taken out, or a piece cut off or given twice."""
    changed = bytearray(content)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(changed) + 1)
        match rng.randrange(7):
            case 0 | 1:
                changed[at : at + 1] = bytes([rng.choice([rng.randrange(256), *b'{}[]<>",:;=&0159-+.eE\n\x00\xff'])])
            case 2:
                changed[at:at] = rng.randbytes(rng.randint(1, 4))
            case 3:
                del changed[at : at + rng.randint(1, 60)]
            case 4:
                del changed[at:]
            case 5:
                changed[at:at] = changed[max(0, at - rng.randint(1, 200)) : at]
            case _:
                changed[at:at] = rng.choice([b"9" * 40, b"[" * 50, "同比".encode(), b"\xb9\xe3", b"1e999", b"&#0;"])
    return bytes(changed)


def claimed(path: PurePath, content: bytes) -> list[Shape]:
    """All shapes that would take the file; asking must never fail."""
    return [s for s in SHAPES if s.recognises(path, content[:65536])]


def answered(shape: Shape, path: PurePath, content: bytes) -> Parsed | None:
    """What a shape makes of the bytes: a whole result, or nothing and one sentence."""
    try:
        parsed = shape.parse(path, content)
    except UnreadableFile as error:
        said = str(error)
        assert said and "\n" not in said and "Traceback" not in said and len(said) < 400, said
        return None
    assert isinstance(parsed, Parsed)
    for row in parsed.rows:
        number, *texts = astuple(row)
        assert isinstance(number, int) and number >= 1 and all(isinstance(t, str) for t in texts)
        assert row.value or row.status
    assert all(d.row >= 0 and d.message and d.advice for d in parsed.defects)
    assert all(u.why and u.figures >= 0 for u in parsed.unmapped)
    return parsed


def tried(path: PurePath, content: bytes, *further: Shape) -> None:
    """The bytes, to the shape that claims them first and to ``further`` ones."""
    for shape in {s.id: s for s in (*claimed(path, content)[:1], *further)}.values():
        answered(shape, path, content)


def known(ident: str) -> Shape:
    return next(s for s in SHAPES if s.id == ident)


@pytest.mark.parametrize("name", SEEDS)
def test_the_seeds_are_files_of_their_shapes(seeds: dict[str, bytes], name: str) -> None:
    path, content = PurePath(name), seeds[name]
    first = claimed(path, content)[0]
    assert first.id == SEEDS[name][0]
    parsed = answered(first, path, content)
    if parsed is None:
        pytest.importorskip("sdmx")
    assert parsed is not None and (parsed.rows or parsed.unmapped)
    assert answered(first, path, content) == parsed, "the same bytes, the same result"


def test_every_shape_has_a_seed() -> None:
    assert {ident for ident, _ in SEEDS.values()} == {s.id for s in SHAPES}


@pytest.mark.parametrize("name", SEEDS)
@settings(max_examples=40, deadline=None, suppress_health_check=QUIET, derandomize=True)
@given(seed=st.integers(0, 2**32))
def test_mutated_synthetic_files(seeds: dict[str, bytes], name: str, seed: int) -> None:
    content = mutated(seeds[name], random.Random(seed))
    tried(PurePath(name), content, known(SEEDS[name][0]))


@pytest.mark.parametrize("name", SEEDS)
def test_names_that_are_not_those_of_the_content(seeds: dict[str, bytes], name: str) -> None:
    for ending in (".csv", ".json", ".xlsx", ".html", ".pdf", ".docx", ".txt", ".xml", ".m", ""):
        path = PurePath(f"合成{ending}")
        tried(path, seeds[name])


@settings(max_examples=80, deadline=None, suppress_health_check=QUIET)
@given(
    content=st.binary(max_size=400) | st.text(max_size=200).map(lambda t: t.encode("utf-8", "surrogatepass")),
    start=st.sampled_from([
        b"", b"PK\x03\x04", b"PAR1", b"PARE", b"%PDF-1.7\n", b"{", b"<", b"interactions:\n- ", b"\xef\xbb\xbf"]),
    ending=st.sampled_from([
        ".csv", ".json", ".xlsx", ".html", ".pdf", ".docx", ".txt", ".xml", ".js", ".yaml", ".m", ""]),
)  # fmt: skip
def test_any_bytes(content: bytes, start: bytes, ending: str) -> None:
    tried(PurePath(f"合成{ending}"), start + content)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda s: s.id)
@settings(max_examples=20, deadline=None, suppress_health_check=QUIET)
@given(content=st.binary(max_size=200))
def test_any_bytes_to_every_shape(shape: Shape, content: bytes) -> None:
    for name in ("合成.csv", "合成.txt"):
        answered(shape, PurePath(name), content)


@cache
def real_files() -> tuple[Path, ...]:
    data = Path(__file__).resolve().parents[3] / "shared" / "data"
    found = (p for folder in FOLDERS for p in sorted((data / folder).rglob("*")) if p.is_file())
    return tuple(p for p in found if p.stat().st_size <= LARGEST_REAL)


@pytest.mark.parametrize("path", real_files(), ids=lambda p: p.name)
def test_mutated_real_files(path: Path) -> None:
    """The larger the file, the fewer the mutations; each is the same on every machine."""
    content = path.read_bytes()
    first = claimed(path, content)[:1]
    rng = random.Random(path.name)
    for _ in range(max(1, min(10, 1_000_000 // max(1, len(content))))):
        tried(path, mutated(content, rng), *first)


def test_real_files_are_there() -> None:
    if not real_files():
        pytest.skip("没有 ../shared，跳过 / the folder ../shared is absent")
    assert len(real_files()) > 60
