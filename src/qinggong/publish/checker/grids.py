"""Tables by themselves, and against the text (表内勾稽): differences, gaps, shares, margins and sums of columns.

Columns are known by their heads alone, so that tables of unknown indicators are checked too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from qinggong.publish.checker.amounts import ratio_span
from qinggong.publish.checker.document import Material
from qinggong.publish.checker.findings import words
from qinggong.publish.checker.intervals import Interval, decimals_of, exactly, rounded, shown
from qinggong.publish.checker.lists import listed_names
from qinggong.reading import Block, Cell
from qinggong.reading.claims import INDEX_POINTS, LAST_MONTH, Claim
from qinggong.reading.heads import head_rows, head_text, is_figure
from qinggong.reading.numbers import fold, squeeze

_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_TIME = re.compile(r"\d{1,2}月|全年|上半年|季度|上月|上期|上年末|去年同|上年同")
_GROWTH = re.compile(r"同比|增速|增长|±")
_CHANGE = re.compile(r"增速变化|变化|升降|增减|环比|比上月|较上月")
_GAP = re.compile(r"高于|低于")
_SHARE = re.compile(r"比重|占比|份额")
_COUNT = re.compile(r"(?:数量|个数|家数|户数)$")
_EFFECT = re.compile(r"百分点|影响|变动")  # signed steps, with subtotals among the rows
_MONTH_HEAD = re.compile(r"(?:(\d{4})年)?(\d{1,2})月")
_NOT_LEVEL = re.compile(r"率|成本|费用|每百元|天数|周转|回收期|增长面|亏损面|拉动|贡献|位次|排名|价格|指数")


@dataclass(frozen=True, slots=True)
class _Value:
    cell: Cell
    value: Decimal
    printed: str
    scale: Decimal

    @property
    def span(self) -> Interval:
        return rounded(self.value, self.printed, factor=self.scale)


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with its heads read downwards and its rows of figures."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, tuple[_Value | None, ...], tuple[Cell, ...]], ...]


def grids(material: Material) -> None:
    """The checks of every table, and index values of the text against the table that has their row."""
    for number, block in enumerate(material.blocks):
        if block.kind == "table":
            grid = grid_of(block)
            _differences(material, grid)
            _gaps(material, grid)
            _margins(material, grid)
            _shares(material, grid)
            _totals(material, grid)
            _named(material, grid)
            _against_text(material, grid, number)


def grid_of(block: Block) -> Grid:
    """The heads and rows of a table; cells that hold no lone number are ``None``."""
    rows = [row for row in block.rows if any(cell.text for cell in row)]
    top = head_rows(rows)
    heads = [row for row in rows[:top] if len({id(c) for c in row if c.text}) > 1]
    width = max((len(row) for row in rows), default=0)
    told = tuple(
        (row[0].text.strip(), tuple(_value(row[x]) if x < len(row) else None for x in range(width)), tuple(row))
        for row in rows[top:]
    )
    return Grid(tuple(head_text(heads, x) for x in range(width)), told)


def _value(cell: Cell) -> _Value | None:
    if not is_figure(cell):
        return None
    text = fold(cell.text).replace(" ", "").replace(",", "")
    found = _NUMBER.match(text)
    if found is None:
        return None
    rest = text[found.end() :]
    scales = {"": Decimal(1), "%": Decimal(1), "万": Decimal(10_000), "亿": Decimal(10**8), "万亿": Decimal(10_000)}
    if rest not in scales:
        return None
    printed = found[0].lstrip("+-")
    return _Value(cell, Decimal(found[0]), printed, scales[rest])


def _bare(label: str) -> str:
    return re.sub(r"[*①②③#\s]|^其中[:：]?|[（(].*?[)）]$", "", squeeze(fold(label))[0])


# ------------------------------------------------------------------------------------------------ columns


def _differences(material: Material, grid: Grid) -> None:
    """A column of changes against the two columns to its left that it is the difference of."""
    for x, head in enumerate(grid.heads):
        if not _CHANGE.search(head) or _GAP.search(head) or "%" in head.replace("百分点", ""):
            continue
        pair = _pair(grid.heads, x)
        if pair is None:
            continue
        for label, values, _ in grid.rows:
            now, before, change = values[pair[0]], values[pair[1]], values[x]
            if now is None or before is None or change is None:
                continue
            moved, said = now.span - before.span, change.span
            if said.meets(moved):
                continue
            places = max(decimals_of(now.printed), decimals_of(before.printed))
            right = shown(now.value - before.value, places)
            message = f"{label}：{now.cell.text}与{before.cell.text}之差为{right}，表中为{change.cell.text}"
            material.say("table-change", change.cell.start, change.cell.text, message, right)


def _pair(heads: Sequence[str], x: int) -> tuple[int, int] | None:
    """The columns of this period and of the one before: both growth, or both levels of an index."""
    head = heads[x]
    left = [i for i in range(1, x) if _GROWTH.search(heads[i]) and not _CHANGE.search(heads[i].replace("同比增减", ""))]
    if "百分点" in head or "增速" in head:
        dated = [i for i in left if _TIME.search(heads[i])]
        fresh = [i for i in left if i not in dated]
        if len(left) == 2 and len(dated) == 1 and len(fresh) == 1:
            return fresh[0], dated[0]
        months = [i for i in range(1, x) if re.fullmatch(r"(?:\d{4}年)?(?:\d-)?\d{1,2}月份?", heads[i])]
        if not left and len(months) == 2:  # rates by month: 8月 | 7月 | 比上月增减（百分点）
            later = _later(heads[months[0]], heads[months[1]])
            if later or _later(heads[months[1]], heads[months[0]]):
                return (months[0], months[1]) if later else (months[1], months[0])
        return (
            (left[0], left[1])
            if len(left) == 2 and len(dated) == 2 and _later(heads[left[0]], heads[left[1]])
            else None
        )
    now = next(
        (i for i in range(1, len(heads)) if re.search(r"本月|本期", heads[i]) and not _CHANGE.search(heads[i])), None
    )
    before = next((i for i in range(1, len(heads)) if heads[i].startswith(("上月", "上期"))), None)
    if now is None or before is None or _GROWTH.search(head) or "率" in head or _GROWTH.search(heads[now]):
        return None
    return now, before


def _later(one: str, other: str) -> bool:
    months = [re.findall(r"(\d{1,2})月", head) for head in (one, other)]
    return all(months) and int(months[0][-1]) == int(months[1][-1]) + 1


def _gaps(material: Material, grid: Grid) -> None:
    """“高于全国工业” columns against the growth of the row and that of the whole."""
    for x, head in enumerate(grid.heads):
        if not head.startswith(("高于", "低于")):
            continue
        growth = [i for i in range(1, x) if _GROWTH.search(grid.heads[i]) and not _TIME.search(grid.heads[i])]
        growth = [i for i in growth if not _CHANGE.search(grid.heads[i])]
        whole = next((v for label, v, _ in grid.rows if _bare(label) in words()["wholes"]), None)
        if len(growth) != 1 or whole is None or (base := whole[growth[0]]) is None:
            continue
        for label, values, _ in grid.rows:
            own, gap = values[growth[0]], values[x]
            if own is None or gap is None or values is whole:
                continue
            apart = own.span - base.span if head.startswith("高于") else base.span - own.span
            if gap.span.meets(apart):
                continue
            right = shown(apart.middle, decimals_of(gap.printed))
            message = f"{label}：{own.cell.text}与{base.cell.text}之差为{right}，表中为{gap.cell.text}"
            material.say("table-change", gap.cell.start, gap.cell.text, message, right)


def _margins(material: Material, grid: Grid) -> None:
    places = [
        [x for x, h in enumerate(grid.heads) if re.search(form, h) and not _GROWTH.search(h)]
        for form in (r"营业收入(?!利润率|同比)", r"利润(?:总额)?(?!率)(?:[(]|$|[^率]*$)", r"利润率")
    ]
    places[1] = [x for x in places[1] if x not in places[2]]
    if any(len(p) != 1 for p in places):
        return
    revenue_at, profit_at, margin_at = (p[0] for p in places)
    for label, values, _ in grid.rows:
        revenue, profit, margin = values[revenue_at], values[profit_at], values[margin_at]
        if revenue is None or profit is None or margin is None or revenue.span.low <= 0:
            continue
        derived = profit.span.over(revenue.span).scaled(100)
        if derived.meets(ratio_span(margin.value, margin.printed)) or revenue.scale != profit.scale:
            continue
        right = shown(derived.middle, decimals_of(margin.printed))
        message = f"{label}：利润{profit.cell.text}除以营业收入{revenue.cell.text}得{right}%，表中为{margin.cell.text}"
        material.say("margin", margin.cell.start, margin.cell.text, message, f"{right}%")


def _shares(material: Material, grid: Grid) -> None:
    """A column of shares against the one column of amounts, where a row holds the whole."""
    levels = [
        x for x, h in enumerate(grid.heads)
        if x and not _GROWTH.search(h) and not _SHARE.search(h) and not _CHANGE.search(h) and not _GAP.search(h)
        and not _NOT_LEVEL.search(h) and not _TIME.search(h) and any(v[x] is not None for _, v, _ in grid.rows)
    ]  # fmt: skip
    for x, head in enumerate(grid.heads):
        if not _SHARE.search(head) or _GROWTH.search(head) or len(levels) != 1:
            continue
        whole = next((v[levels[0]] for label, v, _ in grid.rows if _bare(label) in words()["wholes"]), None)
        if whole is None or whole.span.low <= 0:
            continue
        for label, values, _ in grid.rows:
            own, share = values[levels[0]], values[x]
            if own is None or share is None:
                continue
            derived = own.span.over(whole.span).scaled(100)
            if ratio_span(share.value, share.printed).meets(derived):
                continue
            right = f"{shown(derived.middle, decimals_of(share.printed))}"
            message = f"{label}：{own.cell.text}占{whole.cell.text}的{right}%，表中为{share.cell.text}"
            material.say("share", share.cell.start, share.cell.text, message, f"{right}%")


def _totals(material: Material, grid: Grid) -> None:
    """A row 合计 against the rows: counts must sum exactly, no part is larger than the whole, shares sum to 100."""
    total = next((r for r in grid.rows if _bare(r[0]) in ("合计", "总计", "共计")), None)
    if total is None or len(total[2]) != len(grid.heads):
        return  # none, or one of which cells are missing
    others = [r for r in grid.rows if r is not total and not re.match(r"\s*其中|#", r[0])]
    for x in range(1, len(grid.heads)):
        whole, head = total[1][x], grid.heads[x]
        own = [v for _, values, _ in others if (v := values[x]) is not None]
        if whole is None or len(own) < 2 or _GROWTH.search(head) or _CHANGE.search(head) or _GAP.search(head):
            continue
        if _NOT_LEVEL.search(head) or _EFFECT.search(head) or any(v.value < 0 for v in (*own, whole)):
            continue
        spans = own[0].span
        for value in own[1:]:
            spans = spans + value.span
        counted = _COUNT.search(head) is not None
        exact = counted and all(not decimals_of(v.printed) for v in (*own, whole))
        if exact:
            spans = exactly(sum(v.value for v in own))
        sum_text = shown(sum((v.value for v in own), Decimal(0)), decimals_of(whole.printed))
        wrong = (exact and spans.low != whole.value) or spans.low > whole.span.high
        if wrong or (_SHARE.search(head) and not spans.meets(whole.span)):
            message = f"“{head}”各行之和为{sum_text}，合计为{whole.cell.text}"
            material.say("table-sum", whole.cell.start, whole.cell.text, message, sum_text)


def _named(material: Material, grid: Grid) -> None:
    """A count in one cell and the names that it counts in the next: 23 | 甲、乙、…."""
    for x, head in enumerate(grid.heads):
        if not _COUNT.search(head):
            continue
        for label, values, cells in grid.rows:
            count = values[x]
            listed = next((c for c in cells[x + 1 :] if "、" in c.text and not any(d.isdigit() for d in c.text)), None)
            if count is None or listed is None or "等" in listed.text[-6:] or decimals_of(count.printed):
                continue
            numbers = listed_names(squeeze(fold(listed.text))[0], material)
            if int(count.value) not in numbers:
                message = f"{label}：行业数量为{count.cell.text}，列出的名称有{numbers[0]}个"
                material.say("list", count.cell.start, count.cell.text, message, str(numbers[0]))


# ------------------------------------------------------------------------------------------- text and table


def _against_text(material: Material, grid: Grid, number: int) -> None:
    """Index values of the text against the row of a table whose label is that index or its short name."""
    columns = list(_index_columns(grid.heads))
    if not columns:
        return
    heading = "".join(b.text for b in material.blocks[max(0, number - 3) : number] if b.kind != "table")
    about = "指数" in heading or "景气" in heading or any("指数" in h for h in grid.heads)
    if not about and not any("指数" in label for label, _, _ in grid.rows):
        return
    for claim in material.ledger.claims:
        if claim.role not in ("level", "change") or claim.unit != INDEX_POINTS or claim.aside or claim.rough:
            continue
        for label, values, _ in grid.rows:
            if _is_row(_noun(material, claim), _bare(label)):
                _compare(material, claim, label, values, _of_its_month(claim, grid.heads, columns))


def _of_its_month(claim: Claim, heads: Sequence[str], columns: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """The columns with that of the claim's own month as the present one, where heads name several months."""
    months = {x: found for x, head in enumerate(heads) if (found := _MONTH_HEAD.match(head))}
    named = claim.period.period if claim.period is not None else None
    if len(months) < 2 or named is None:
        return columns
    own = [x for x, m in months.items() if int(m[2]) == named.last and m[1] in (None, str(named.year))]
    return [*(("now", x) for x in own[:1]), *((kind, x) for kind, x in columns if x not in months)]


def _index_columns(heads: Sequence[str]) -> Iterator[tuple[str, int]]:
    for x, head in enumerate(heads[1:], start=1):
        if re.search(r"环比|比上月|较上月", head) and not re.search(r"率|%", head):
            yield "mom", x
        elif re.search(r"同比|比上年同|较上年同|比去年同", head) and not re.search(r"率|%", head):
            yield "yoy", x
        elif re.match(r"上个?月", head):
            yield LAST_MONTH, x
        elif re.match(r"本月|本期|当月|指数|\d{1,2}月|\d{4}年\d{1,2}月", head):
            yield "now", x


def _noun(material: Material, claim: Claim) -> str:
    return f"{claim.subject}{material.ledger.indicator_name(claim.indicator)}"


def _is_row(noun: str, label: str) -> bool:
    return bool(label) and (
        label in (noun, noun.removeprefix("中轻"))
        or re.fullmatch(rf"(?:中轻|轻工业?)?{re.escape(label)}(?:分项)?(?:景气)?指数", noun) is not None
    )


def _compare(
    material: Material, claim: Claim, label: str, values: Sequence[_Value | None], columns: list[tuple[str, int]]
) -> None:
    told = {kind: values[x] for kind, x in reversed(columns)}
    if claim.role == "level":
        last = claim.period is not None and claim.period.text == LAST_MONTH
        cell = told.get(LAST_MONTH if last else "now")
        if not last and not _of_this_month(material, claim):
            return
    else:
        cell = told.get(claim.base)
    if cell is None or cell.span.meets(rounded(claim.value, claim.printed)):
        return
    quote = f"{claim.verb}{claim.printed}{INDEX_POINTS}" if claim.role == "change" else claim.printed
    message = f"{_noun(material, claim)}：文字为{quote}，表中“{label}”为{cell.cell.text}"
    before = told.get(LAST_MONTH)
    if claim.role == "level" and before is not None and before.value == claim.value:
        message += "；文字用的是上月的数"
    material.say("text-table", claim, quote, message, cell.cell.text)


def _of_this_month(material: Material, claim: Claim) -> bool:
    """True for a value of the document's own month, or of none that is named."""
    now = material.ledger.default
    if claim.period is None or now is None or now.period is None or claim.period.period is None:
        return claim.period is None or claim.period is now
    return claim.period.period.last == now.period.last and claim.period.period.year == now.period.year
