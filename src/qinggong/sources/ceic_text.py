"""Series that CEIC exports as text for MATLAB (CEIC 文本导出): one ``timeseries([…],{'mm/dd/yyyy',…})`` a series.

The text is taken apart line by line and never run. Names, units, frequencies and sources stand beside each series; a
layout says what the names mean.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePath

from qinggong.catalogue import Catalogue
from qinggong.sources.base import Shape, UnreadableFile
from qinggong.sources.named_series import NamedSeries, sheet_of
from qinggong.sources.series_reading import series_shape
from qinggong.sources.sheet import Sheet, decode

PARSER_VERSION = 1
MAX_BYTES = 60_000_000
FIELDS: dict[str, str] = {
    "sN_M = timeseries([…],{…})": "序列的数值与日期，一一对应；日期是 mm/dd/yyyy，取其年月",
    "sN_M.Name": "序列名称，按版式对应指标和行业",
    "seriesInfo.Unit": "单位的英文写法，按版式换成目录中的单位",
    "seriesInfo.frequency": "频率，只收 Monthly",
    "seriesInfo.source": "原发布机构",
    "row": "文件中第几个数（各序列依次数下来）",
}
TRAPS: tuple[str, ...] = (
    "价格指数以上年同月为100，减100记为同比。",
    "早年有单独的1月、2月，后来没有；工业的单独1月、2月一律不收。",
    "单位是英文千（th）、百万（mn）、十亿（bn），电冰箱等产量的 Unit th 是千台。",
    "名称中的撇号没有转义，这种文本不能直接运行，本软件也不运行。",
    "累计销售收入2018年及以前是主营业务收入。",
    "历年12月的利润、收入、存货常是年报修订后的数，与当月发布的不同。",
)
_FEWEST = 0.5
_SERIES = re.compile(r"(\w{1,40}) = timeseries\(\[([^\]]*)\], ?\{([^}]*)\}\);?\s*")
_NAME = re.compile(r"(\w{1,40})\.Name = '(.{0,400})';\s*")
_FORMAT = re.compile(r"(\w{1,40})\.TimeInfo\.Format = '([^']{0,40})';\s*")
_INFO = re.compile(r"(\w{1,40})\.UserData\.seriesInfo = struct\((.*)\);\s*")
_PAIR = re.compile(r"'(\w{1,40})','([^']{0,400})'")
_DAY = re.compile(r"'(\d{2})/\d{2}/(\d{4})'")
_SIGN = re.compile(rb"^\s*\w{1,40} = timeseries\(\[", re.MULTILINE)


def recognises(path: PurePath, head: bytes) -> bool:
    return _SIGN.search(head[:4096]) is not None


def sheets(content: bytes) -> list[Sheet]:
    """The series of a text as one sheet.

    Raises
    ------
    UnreadableFile
        If it is too large, no text, or a line is torn.
    """
    if len(content) > MAX_BYTES:
        raise UnreadableFile(f"超过{MAX_BYTES // 1_000_000}MB，不像一次导出的文本")
    found: dict[str, NamedSeries] = {}
    number = 0
    for row, line in enumerate(decode(content).splitlines(), start=1):
        if " = timeseries(" in line[:60]:
            parts = _SERIES.fullmatch(line.strip())
            if parts is None:
                raise UnreadableFile(f"第{row}行的 timeseries 不完整，可能没有存全")
            one = found[parts[1]] = NamedSeries(parts[1])
            values = [v.strip() for v in parts[2].split(";")]
            days = [d.strip() for d in parts[3].split(",")]
            if len(values) != len(days):
                raise UnreadableFile(f"第{row}行有{len(values)}个数、{len(days)}个日期，个数不同")
            for value, day in zip(values, days, strict=True):
                number += 1
                one.figures.append((_month(day, row), "" if value == "NaN" else value, (number, 1)))
        elif (parts := _NAME.fullmatch(line)) and parts[1] in found:
            found[parts[1]].name = parts[2]
        elif (parts := _FORMAT.fullmatch(line)) and parts[2] != "mm/dd/yyyy":
            raise UnreadableFile(f"第{row}行的日期格式是“{parts[2]}”，应为 mm/dd/yyyy")
        elif (parts := _INFO.fullmatch(line)) and parts[1] in found:
            one, told = found[parts[1]], dict(_PAIR.findall(parts[2]))
            one.unit, one.frequency, one.source = (told.get(k, "") for k in ("Unit", "frequency", "source"))
    return [sheet_of("", 1, list(found.values()))]


def _month(day: str, row: int) -> str:
    found = _DAY.fullmatch(day)
    if found is None:
        raise UnreadableFile(f"第{row}行的日期“{day[:20]}”不是 mm/dd/yyyy")
    return f"{found[2]}-{found[1]}"


def shape_for(overlay: Path | None, *, catalogue: Catalogue | None = None) -> Shape:
    """The shape, with the layouts that a workspace remembers and its catalogue."""
    return series_shape(
        "ceic_text", "CEIC 文本导出（MATLAB timeseries）", PARSER_VERSION, recognises=recognises,
        sheets=lambda path, content: sheets(content), overlay=overlay, catalogue=catalogue,
    )  # fmt: skip


SHAPE = shape_for(None)
