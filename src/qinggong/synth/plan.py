"""What a synthetic history is (生成方案): seed, months and parts. Archived as a file, it makes the same rows again."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from qinggong.catalogue.synthetic import NOTICE
from qinggong.synth.goods import Span
from qinggong.synth.months import FIRST_YEAR, LAST
from qinggong.synth.randomness import LARGEST_SEED
from qinggong.synth.subjects import Detail

VERSION = 1
"""Version of the generator; other rows from the same seed need another number."""
PARTS = ("published", "returns", "trade")
FILE = "合成数据方案.json"
"""Name under which a plan is archived."""
NEWEST = "2025-12"
USUAL_MONTHS = 120
_FORMAT = "qinggong-synthetic"


class PlanError(ValueError):
    """A plan cannot be carried out; the message is one Chinese sentence."""


@dataclass(frozen=True)
class Plan:
    """A part of the synthetic history.

    Attributes
    ----------
    seed
        0 … 2⁶³−1; another seed, another economy.
    end
        The last month, ``YYYY-MM``.
    months
        How many months up to then; whole years are generated and cut.
    parts
        Of :data:`PARTS`: what bodies publish, enterprises' returns, trade by goods, partner and province.
    detail
        ``usual``, or ``full``: every industry × province × indicator.
    """

    seed: int = 1
    end: str = NEWEST
    months: int = USUAL_MONTHS
    parts: tuple[str, ...] = ("published",)
    detail: Detail = "usual"

    def __post_init__(self) -> None:
        if not 0 <= self.seed <= LARGEST_SEED:
            raise PlanError(f"种子 {self.seed} 超出范围，请用 0 至 {LARGEST_SEED} 的整数")
        year, number = self._end
        if not (FIRST_YEAR < year <= LAST and 1 <= number <= 12):
            raise PlanError(f"合成数据的截止月份“{self.end}”不可用，请写 {FIRST_YEAR + 1}-01 至 {LAST}-12 之间的月份")
        most = (year - FIRST_YEAR) * 12 + number
        if not 12 <= self.months <= most:
            raise PlanError(f"合成数据的月数 {self.months} 不可用，请用 12 至 {most}（截至 {self.end}）")
        if not self.parts or set(self.parts) - set(PARTS):
            raise PlanError(f"不认识的合成数据部分“{'、'.join(self.parts)}”，可用：{'、'.join(PARTS)}")
        if self.detail not in ("usual", "full"):
            raise PlanError(f"不认识的详细程度“{self.detail}”，可用：usual、full")

    @property
    def _end(self) -> tuple[int, int]:
        try:
            year, number = (int(part) for part in self.end.split("-"))
        except ValueError as error:
            raise PlanError(f"不认识的月份“{self.end}”，请写成 2025-12") from error
        return year, number

    @property
    def start(self) -> tuple[int, int]:
        """Year and number of the first month."""
        year, number = self._end
        first = year * 12 + number - self.months
        return first // 12, first % 12 + 1

    @property
    def span(self) -> Span:
        """The whole years that contain the months."""
        return Span(self.start[0], self._end[0])

    @property
    def kept(self) -> tuple[int, int]:
        """First month of the span that belongs to the plan, and the first that does not any more."""
        return self.start[1] - 1, 12 * (self.span.years - 1) + self._end[1]

    def as_file(self) -> bytes:
        """The plan as a file; its bytes name it."""
        described = {"format": _FORMAT, "version": VERSION, "notice": NOTICE, **dataclasses.asdict(self)}
        return (json.dumps(described, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.as_file()).hexdigest()

    @property
    def known_at(self) -> dt.datetime:
        """A moment when all its figures are out; fixed, so that the same plan makes the same rows."""
        year, number = self._end
        return dt.datetime(year + (number + 5) // 12, (number + 5) % 12 + 1, 1, tzinfo=dt.UTC)


def read_plan(content: bytes) -> Plan | None:
    """The plan in a file; ``None`` if the file is something else.

    Raises
    ------
    PlanError
        For a plan of another version of the generator, or a damaged one.
    """
    if _FORMAT.encode() not in content[:4096]:
        return None
    try:
        read: dict[str, Any] = json.loads(content)
        if read.pop("format", None) != _FORMAT:
            return None
        version = read.pop("version", None)
        read.pop("notice", None)
        plan = Plan(**{**read, "parts": tuple(read["parts"])})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, PlanError):
            raise
        raise PlanError(f"合成数据方案已损坏（{error}），请重新运行 qinggong init --synthetic") from error
    if version != VERSION:
        raise PlanError(f"合成数据方案的版本是 {version}，本程序只会 {VERSION}，请用原来的程序或重新生成")
    return plan


def relations(plan: Plan, *, known_at: dt.datetime | None = None) -> Iterator[tuple[Any, int]]:
    """All rows of a plan as relations in the columns of the observation table, each with its number of rows.

    One is made at a time; each must be read before the next is asked for.

    Parameters
    ----------
    known_at
        When the plan was frozen, if it was.
    """
    from qinggong.synth.published import published_relations
    from qinggong.synth.returns import return_relations
    from qinggong.synth.trade import trade_relations

    sha256, moment = plan.sha256, known_at or plan.known_at
    if "published" in plan.parts:
        yield from published_relations(
            plan.seed, plan.span, plan.kept, detail=plan.detail, raw_sha256=sha256, known_at=moment
        )
    if "returns" in plan.parts:
        yield from return_relations(plan.seed, plan.span, plan.kept, raw_sha256=sha256, known_at=moment)
    if "trade" in plan.parts:
        yield from trade_relations(plan.seed, plan.span, plan.kept, raw_sha256=sha256, known_at=moment)
