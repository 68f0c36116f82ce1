"""Form and parameters of the dynamic factor model; see ``dynamic_factor``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qinggong import periods

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MONTH, YTD, JAN_FEB, YTD_OF = "month", "ytd", "jan_feb", "ytd_of"
AGGREGATIONS = (MONTH, YTD, JAN_FEB)
QUARTERLY_WEIGHTS = ("growth", "mean", "sum")
IDIOSYNCRATIC = ("ar1", "white")
STATIONARY = 1.0 - 1e-8

Shares = tuple[tuple[float, ...], ...]
Aggregation = str | tuple[str, Shares] | tuple[str, int, Shares]


@dataclass(frozen=True, slots=True)
class FactorForm:
    """What a dynamic factor model is made of, apart from its numbers.

    Attributes
    ----------
    blocks
        For each series one bool a block: whether it loads on the block's factors.
    factors, factor_order
        Factors of each block and lags of their vector autoregression.
    idiosyncratic
        "ar1" or "white".
    quarterly, quarterly_weights
        Columns whose value stands in the last month of a quarter; how it comes from the months.
    aggregation
        For each series "month", "ytd", "jan_feb", ("ytd", shares) with shares (years, 12) as nested tuples, or
        ("ytd_of", column, shares): further figures of another column, to date, with () for equal shares.
    """

    blocks: tuple[tuple[bool, ...], ...]
    factors: tuple[int, ...]
    factor_order: tuple[int, ...]
    idiosyncratic: str
    quarterly: tuple[int, ...]
    quarterly_weights: str
    aggregation: tuple[Aggregation, ...]

    @property
    def series(self) -> int:
        return len(self.blocks)

    @property
    def number(self) -> int:
        """Factors of all blocks."""
        return sum(self.factors)

    @property
    def order(self) -> int:
        """The longest lag of all blocks."""
        return max(self.factor_order)

    @property
    def spans(self) -> tuple[slice, ...]:
        """The factors of each block."""
        ends = np.cumsum(self.factors).tolist()
        return tuple(slice(end - size, end) for end, size in zip(ends, self.factors, strict=True))

    @property
    def loads(self) -> NDArray[np.bool_]:
        """(series, factors): which loadings are free."""
        return np.repeat(np.array(self.blocks, dtype=bool), self.factors, axis=1)

    def kind(self, series: int) -> str:
        """ "quarterly", "month", "ytd" or "jan_feb"; a column of "ytd_of" holds figures to date, so "ytd"."""
        if series in self.quarterly:
            return "quarterly"
        entry = self.aggregation[series]
        return entry if isinstance(entry, str) else YTD

    def whole(self, series: int) -> int:
        """The column whose months the figures of a column are made of: itself, or the one it is "ytd_of"."""
        entry = self.aggregation[series]
        return int(entry[1]) if len(entry) == 3 and not isinstance(entry, str) else series

    @property
    def further(self) -> dict[int, int]:
        """For each column that has one, the column of its further figures to date."""
        return {self.whole(j): j for j in range(self.series) if self.whole(j) != j}

    @property
    def own(self) -> NDArray[np.bool_]:
        """(series,) True for columns with months of their own."""
        return np.array([self.whole(j) == j for j in range(self.series)], dtype=np.bool_)

    def shares(self, series: int) -> Floats | None:
        """(years, 12) base-year shares of a year-to-date series, if given."""
        entry = self.aggregation[series]
        return None if isinstance(entry, str) or not entry[-1] else np.array(entry[-1], dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class FactorParameters:
    """Numbers of a dynamic factor model, on the scale of the standardised values z = (y − mean) / deviation.

    z(i,t) = Σ_k w_k g(i,t−k),  g(i,t) = λ_i f(t) + u(i,t),  u(i,t) = φ_i u(i,t−1) + e(i,t),  e ~ N(0, σ²_i);
    f(t) = A_1 f(t−1) + … + A_p f(t−p) + η(t),  η ~ N(0, Q). These are the conventions of statsmodels' DynamicFactorMQ.

    Attributes
    ----------
    form
        What the model is made of.
    loadings
        (series, factors) λ; 0 where a block is not loaded.
    transition
        (factors, factors · p): A_1 … A_p beside each other; block-diagonal.
    innovation
        (factors, factors) Q; block-diagonal.
    persistence, variance
        (series,) φ and σ²; φ is 0 with white idiosyncratic terms.
    mean, deviation
        (series,) of the standardisation.
    included
        (series,) bool: False for a series that was left out of the estimation.
    """

    form: FactorForm
    loadings: Floats
    transition: Floats
    innovation: Floats
    persistence: Floats
    variance: Floats
    mean: Floats
    deviation: Floats
    included: NDArray[np.bool_]


def first_month(start: str) -> tuple[int, int]:
    """Year and month of a text like "2010-01"; ValueError for anything else."""
    try:
        found = periods.parse(str(start))
    except periods.PeriodError as error:
        raise ValueError(f'应为月份，例如"2010-01"，收到{start!r}') from error
    if found.kind != "month":
        raise ValueError(f'应为一个月份，例如"2010-01"，收到{start!r}')
    return found.year, found.last


def form_of(
    series: int,
    *,
    factors: int | Sequence[int],
    factor_order: int | Sequence[int],
    idiosyncratic: str,
    blocks: ArrayLike | None,
    quarterly: Sequence[int],
    quarterly_weights: str,
    aggregation: Sequence[Any] | None,
) -> FactorForm:
    """Check the arguments of ``dynamic_factor`` and put them into one form; ValueError in plain words."""
    chosen = np.ones((series, 1), dtype=bool) if blocks is None else np.asarray(blocks)
    if np.issubdtype(chosen.dtype, np.number) and np.isin(chosen, (0, 1)).all():
        chosen = chosen.astype(bool)
    if chosen.dtype != np.bool_ or chosen.ndim != 2 or chosen.shape[0] != series or chosen.shape[1] == 0:
        raise ValueError(
            f"blocks应为（序列，组）的布尔数组，序列{series}条，收到形状{chosen.shape}、类型{chosen.dtype}"
        )
    if isinstance(aggregation, str):
        raise ValueError(f"aggregation应为每条序列一项，收到{aggregation!r}；请写成[{aggregation!r}]*{series}")
    ways = [MONTH] * series if aggregation is None else list(aggregation)
    if len(ways) != series:
        raise ValueError(f"aggregation应为每条序列一项：序列{series}条，收到{len(ways)}项")
    entries = tuple(_aggregation(entry, i, series) for i, entry in enumerate(ways))
    further = _further(entries)
    chosen = chosen.copy()
    for j, i in further.items():
        chosen[j] = chosen[i]
    counts = _each("factors", factors, chosen.shape[1])
    orders = _each("factor_order", factor_order, chosen.shape[1])
    single = np.array([j not in further for j in range(series)], dtype=np.bool_)
    for number, (count, members) in enumerate(zip(counts, chosen[single].sum(axis=0), strict=True)):
        if members == 0:
            raise ValueError(f"第{number}组没有任何序列，因子无法识别；请删去该组")
        if count > members:
            raise ValueError(f"第{number}组有{count}个因子，却只有{members}条序列，因子无法识别；请减少因子")
    alone = np.flatnonzero(~chosen.any(axis=1))
    if alone.size:
        raise ValueError(f"第{alone[0]}列不属于任何组；请在blocks中给它至少一个组，或删去该列")
    if idiosyncratic not in IDIOSYNCRATIC:
        raise ValueError(f"idiosyncratic应为{'、'.join(IDIOSYNCRATIC)}之一，收到{idiosyncratic!r}")
    if quarterly_weights not in QUARTERLY_WEIGHTS:
        raise ValueError(f"quarterly_weights应为{'、'.join(QUARTERLY_WEIGHTS)}之一，收到{quarterly_weights!r}")
    columns = tuple(sorted({column(each, series, "quarterly") for each in quarterly}))
    for i in columns:
        if entries[i] != MONTH:
            raise ValueError(f"第{i}列是季度序列，aggregation应为month，收到{ways[i]!r}")
        if i in further.values():
            raise ValueError(f"第{i}列是季度序列，不能以累计数补充；请去掉对应的ytd_of")
    return FactorForm(
        tuple(tuple(bool(b) for b in line) for line in chosen),
        counts,
        orders,
        idiosyncratic,
        columns,
        quarterly_weights,
        entries,
    )


def column(value: Any, series: int, name: str) -> int:
    """A column number from 0, or ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not 0 <= int(value) < series:
        raise ValueError(f"{name}应为列号0—{series - 1}，收到{value!r}")
    return int(value)


def check_parameters(parameters: Any, series: int) -> FactorParameters:
    """Parameters that fit values of so many series and describe a stationary model, or ValueError."""
    if not isinstance(parameters, FactorParameters):
        raise ValueError(f"parameters应为dynamic_factor结果的parameters，收到{type(parameters).__name__}")
    form = parameters.form
    if form.series != series:
        raise ValueError(f"参数属于{form.series}条序列的模型，数据有{series}条序列")
    r = form.number
    wanted = {
        "loadings": (series, r),
        "transition": (r, r * form.order),
        "innovation": (r, r),
        "persistence": (series,),
        "variance": (series,),
        "mean": (series,),
        "deviation": (series,),
        "included": (series,),
    }
    for name, shape in wanted.items():
        found = np.asarray(getattr(parameters, name))
        if found.shape != shape:
            raise ValueError(f"参数{name}应为形状{shape}，收到{found.shape}")
        known = found[parameters.included] if found.shape[0] == series and shape[0] == series else found
        if not np.isfinite(known).all():
            raise ValueError(f"参数{name}含有缺失或无穷大的值")
    used = parameters.included
    if (parameters.variance[used] <= 0).any() or (parameters.deviation[used] <= 0).any():
        raise ValueError("参数variance与deviation应为正数")
    if (np.abs(parameters.persistence[used]) >= 1).any():
        raise ValueError("参数persistence应在−1与1之间")
    if spectral_radius(parameters.transition) >= 1:
        raise ValueError("参数transition不平稳：因子自回归的特征根应小于1")
    if np.linalg.eigvalsh(parameters.innovation).min() <= 0:
        raise ValueError("参数innovation应为正定矩阵")
    return parameters


def companion(transition: Floats) -> Floats:
    """(r·p, r·p) matrix of the vector autoregression as one of order 1, the newest month first."""
    r, width = transition.shape
    found = np.zeros((width, width))
    found[:r] = transition
    found[r:, :-r] = np.eye(width - r)
    return found


def spectral_radius(transition: Floats) -> float:
    return float(np.abs(np.linalg.eigvals(companion(transition))).max())


def discounted_sum(matrix: Floats, start: Floats) -> Floats:
    """Σ M^k S M'^k by doubling: the solution of X = M X M' + S."""
    total, power = start, matrix
    for _ in range(60):
        step = power @ total @ power.T
        total = total + step
        if np.abs(step).max() <= 1e-17 * np.abs(total).max():
            break
        power = power @ power
    return (total + total.T) / 2


def stationary_covariance(transition: Floats, innovation: Floats) -> Floats:
    """(r·p, r·p) covariance of p months of factors, the newest first."""
    width, r = transition.shape[1], innovation.shape[0]
    noise = np.zeros((width, width))
    noise[:r, :r] = innovation
    return discounted_sum(companion(transition), noise)


def _each(name: str, value: int | Sequence[int], blocks: int) -> tuple[int, ...]:
    many = list(value) if isinstance(value, Sequence | np.ndarray) else [value] * blocks
    if len(many) != blocks:
        raise ValueError(f"{name}应为一个整数，或每组一个：组{blocks}个，收到{len(many)}个")
    for each in many:
        if isinstance(each, bool) or not isinstance(each, int | np.integer) or not 1 <= int(each) <= 24:
            raise ValueError(f"{name}应为1—24的整数，收到{each!r}")
    return tuple(int(each) for each in many)


def _aggregation(entry: Any, i: int, series: int) -> Aggregation:
    if isinstance(entry, str):
        if entry in AGGREGATIONS:
            return entry
    elif isinstance(entry, tuple | list) and len(entry) == 2 and entry[0] == YTD:
        return (YTD, _shares(entry[1], i))
    elif isinstance(entry, tuple | list) and len(entry) in (2, 3) and entry[0] == YTD_OF:
        of = column(entry[1], series, f"第{i}列的ytd_of")
        return (YTD_OF, of, _shares(entry[2], i) if len(entry) == 3 and len(entry[2]) else ())
    raise ValueError(
        f'第{i}列的aggregation应为{"、".join(AGGREGATIONS)}之一，或("ytd", 基期比重)、("ytd_of", 列, 基期比重)，收到{entry!r}'
    )


def _shares(given: Any, i: int) -> Shares:
    shares = np.atleast_2d(np.asarray(given, dtype=np.float64))
    if shares.ndim != 2 or shares.shape[1] != 12 or not (np.isfinite(shares) & (shares > 0)).all():
        raise ValueError(f"第{i}列的基期比重应为12个正数，或（年，12）的正数，收到形状{shares.shape}")
    return tuple(tuple(float(v) for v in line) for line in shares)


def _further(entries: Sequence[Aggregation]) -> dict[int, int]:
    """Columns that hold further figures of another one, with that column."""
    found: dict[int, int] = {}
    for j, entry in enumerate(entries):
        if isinstance(entry, str) or entry[0] != YTD_OF:
            continue
        of = int(entry[1])  # type: ignore[arg-type]
        if entries[of] not in (MONTH, JAN_FEB) or of == j:
            raise ValueError(
                f"第{j}列补充第{of}列的累计数：第{of}列的aggregation应为month或jan_feb，收到{entries[of]!r}"
            )
        if of in found.values():
            raise ValueError(f"第{of}列只能有一列补充的累计数，收到第{j}列和另一列；请合并")
        found[j] = of
    return found
