"""The figures of a large customs file held against the stored ones and against each other (大文件与库中数字核对).

What ``validate`` says of rows one by one is asked here of millions at once: of each figure a fingerprint of its
series and period, its value and its rounding are kept in files beside the store, and one join with the stored figures
tells which are there already, which contradict a figure of the same day, and which revise an earlier one by more than
usual. Memory does not grow with the file; the engine goes to the disk beyond its limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from qinggong.catalogue import Catalogue
from qinggong.catalogue.concordance import trade_subject
from qinggong.intake.workspace import Workspace
from qinggong.sources import customs
from qinggong.store.base import StoreError
from qinggong.validate import Finding, Thresholds
from qinggong.validate.evidence import CHECK, text

LISTED = 200
"""Findings of one rule that are listed; the others are counted."""
_KEY = "hash(subject, region, indicator, unit, span, period)"
_ROUNDING = "CAST(CASE WHEN contains({0}, '.') THEN length({0}) - instr({0}, '.') ELSE 0 END AS INTEGER)"
_SLACK = 1 + 1e-9
_KINDS = ("contradiction", "large-revision", "publishers-differ")
_ADVICE = "请核对；是以后重新查询的，请用 --vintage 写明查询的日期（如 2025-10-12）再导入；确属公布数的，可用 qinggong findings accept 采信"
_REPAIR = "请运行 qinggong store verify 查明范围，再运行 qinggong replay 用原始档重建"
_INCOMING, _OUT = "incoming", "out.parquet"


@dataclass(frozen=True, slots=True)
class Doubt:
    """A figure of the file that is doubted: its place, what the other figure is and where that stands."""

    rule: str
    row: int
    indicator: str
    unit: str
    other: float
    body: str
    day: str


@dataclass(frozen=True, slots=True)
class Compared:
    """What the comparison says: figures that stay out since they are there already, doubts, and further doubts by rule.

    ``refused`` counts the contradictions, listed or not. ``out`` names a file of the figures that stay out, by row,
    indicator and unit; empty if none does.
    """

    repeated: int
    refused: int
    doubts: tuple[Doubt, ...]
    more: dict[str, int]
    out: str


class Comparison:
    """Takes the batches of a file, then compares.

    Parameters
    ----------
    folder
        For files of this comparison; on the disk of the store.
    """

    def __init__(
        self, workspace: Workspace, folder: Path, *, sha256: str, accepted: frozenset[tuple[str, int]]
    ) -> None:
        self.workspace, self.folder, self.sha256, self.accepted = workspace, folder, sha256, accepted
        self.parts = 0

    def add(self, batch: customs.Batch) -> None:
        """Keep what is needed of a batch."""
        columns = (
            f"{_KEY} AS key, value, {_ROUNDING.format('printed')} AS decimals, published_at, row, indicator, unit,"
            " printed_unit, publisher"
        )
        path = self.folder / f"{_INCOMING}-{self.parts:05d}.parquet"
        batch.relation.project(columns).write_parquet(str(path), compression="snappy")
        self.parts += 1

    def finish(self, *, threads: int = 2) -> Compared:
        """Join with what the store holds.

        Raises
        ------
        StoreError
            If the store cannot be read.
        """
        settings = {
            "threads": str(threads), "memory_limit": "1GiB", "temp_directory": str(self.folder / "spill"),
            "preserve_insertion_order": "false", "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }  # fmt: skip
        if not self.parts:
            return Compared(0, 0, (), {}, "")
        with duckdb.connect(config=settings) as run:  # type: ignore[arg-type]
            try:
                run.execute("SET enable_progress_bar = false")
                return self._compared(run)
            except (duckdb.IOException, duckdb.InvalidInputException) as error:
                reason = " ".join(str(error).split())[:160]
                raise StoreError(
                    f"观测表 {self.workspace.store.place} 打不开或已损坏（{reason}），{_REPAIR}"
                ) from error

    # ------------------------------------------------------------------------------------------------- steps

    def _compared(self, run: duckdb.DuckDBPyConnection) -> Compared:
        run.read_parquet(str(self.folder / f"{_INCOMING}-*.parquet")).create_view("raw_incoming")
        indicators = [name for (name,) in run.execute("SELECT DISTINCT indicator FROM raw_incoming").fetchall()]
        run.execute("CREATE TABLE factors (printed_unit VARCHAR, unit VARCHAR, factor DOUBLE)")
        self._factors(run, "raw_incoming")
        run.execute(
            f"CREATE VIEW {_INCOMING} AS SELECT i.*, 0.5 * 10.0 ** -decimals * factor AS half FROM raw_incoming AS i"
            " JOIN factors USING (printed_unit, unit)"
        )
        self._stored(run, sorted(indicators))
        run.execute(
            "CREATE TABLE accepted AS SELECT unnest($rules) AS rule, unnest($rows) AS row",
            {"rules": [r for r, _ in sorted(self.accepted)], "rows": [n for _, n in sorted(self.accepted)]},
        )
        self._repeated_in_file(run)
        self._met(run)
        limits = self._limits(run, self.workspace.limits)
        return self._told(run, limits)

    def _stored(self, run: duckdb.DuckDBPyConnection, indicators: list[str]) -> None:
        """The stored figures of goods under these indicators, as the view ``stored``."""
        names = ", ".join(f"'{i}'" for i in indicators)
        wanted = (
            "subject_kind = 'trade' AND subject LIKE 'hs.%' AND measure = 'level' AND basis = 'published'"
            f" AND indicator IN ({names})"
        )
        files = self.workspace.store.readable(self.folder, where=wanted)
        if files:
            run.read_parquet(files).create_view("observations")
            run.execute(
                f"CREATE VIEW raw_stored AS SELECT {_KEY} AS key, value, {_ROUNDING.format('printed')} AS decimals,"
                " printed_unit, unit, status, published_at, epoch_us(known_at) AS known_at, row, raw_sha256, publisher"
                f" FROM observations WHERE {wanted}"
            )
            self._factors(run, "raw_stored")
        else:
            run.execute(
                "CREATE VIEW raw_stored AS SELECT NULL::UBIGINT AS key, NULL::DOUBLE AS value, 0 AS decimals, '' AS"
                " printed_unit, '' AS unit, '' AS status, NULL::DATE AS published_at, 0::BIGINT AS known_at, 0 AS row,"
                " '' AS raw_sha256, '' AS publisher WHERE false"
            )
        run.execute(
            "CREATE VIEW stored AS SELECT s.*, 0.5 * 10.0 ** -decimals * factor AS half FROM raw_stored AS s"
            " JOIN factors USING (printed_unit, unit)"
        )
        # A number that the body withdrew that day neither repeats nor contradicts.
        run.execute(
            "CREATE TABLE withdrawn AS SELECT key, published_at, publisher, max((known_at, row)) AS last"
            " FROM raw_stored WHERE status = 'withdrawn' GROUP BY ALL"
        )

    def _factors(self, run: duckdb.DuckDBPyConnection, view: str) -> None:
        """How much of a series' unit one of the printed unit is."""
        catalogue = self.workspace.catalogue
        pairs = run.execute(
            f"SELECT DISTINCT printed_unit, unit FROM {view} ANTI JOIN factors USING (printed_unit, unit)"
        ).fetchall()
        for printed, unit in pairs:
            run.execute("INSERT INTO factors VALUES (?, ?, ?)", [printed, unit, _factor(catalogue, printed, unit)])

    def _repeated_in_file(self, run: duckdb.DuckDBPyConnection) -> None:
        """Figures whose series and period the file has given before: the table ``again``, with the first value."""
        run.execute(f"CREATE TABLE doubled AS SELECT key FROM {_INCOMING} GROUP BY key HAVING count(*) > 1")
        run.execute(
            f"CREATE TABLE again AS SELECT * FROM (SELECT key, row, indicator, unit, value, half,"
            " first_value(value) OVER given AS first, first_value(half) OVER given AS first_half,"
            " row_number() OVER given AS place"
            f" FROM {_INCOMING} SEMI JOIN doubled USING (key) WINDOW given AS (PARTITION BY key ORDER BY row))"
            " WHERE place > 1"
        )

    def _met(self, run: duckdb.DuckDBPyConnection) -> None:
        """Each figure that something is stored of, with what stands against it: the table ``met``."""
        far = f"abs(s.value - i.value) > (s.half + i.half) * {_SLACK!r}"
        stands = "(w.last IS NULL OR (s.known_at, s.row) > w.last)"
        run.execute(
            f"""
            CREATE TABLE met AS SELECT row, indicator, unit, key, any_value(value) AS value,
                any_value(day) AS published_at, bool_or(own) AS own,
                arg_max(held, place) FILTER (same AND far) AS against,
                coalesce(bool_or(same AND NOT far AND as_fine), false) AS repeated,
                arg_max(held, later) FILTER (earlier) AS before,
                arg_max(held, place) FILTER (elsewhere AND far) AS otherwise,
                arg_max(body, place) FILTER (elsewhere AND far) AS body, count(*) AS versions
            FROM (
                SELECT i.row, i.indicator, i.unit, i.key, i.value, i.published_at AS day, s.value AS held,
                    s.publisher AS body, (s.known_at, s.row) AS place, (s.published_at, s.known_at, s.row) AS later,
                    (s.raw_sha256 = '{self.sha256}' AND s.row = i.row) AS own, {far} AS far,
                    i.half >= s.half * (1 - 1e-9) AS as_fine, s.publisher <> i.publisher AS elsewhere,
                    s.publisher = i.publisher AND s.published_at = i.published_at AND {stands} AND NOT own AS same,
                    s.publisher = i.publisher AND s.published_at IS DISTINCT FROM i.published_at AS earlier
                FROM {_INCOMING} AS i JOIN stored AS s ON s.key = i.key
                LEFT JOIN withdrawn AS w ON w.key = s.key AND w.published_at = s.published_at
                    AND w.publisher = s.publisher
                WHERE s.status <> 'withdrawn'
            ) GROUP BY row, indicator, unit, key
            """
        )

    def _limits(self, run: duckdb.DuckDBPyConnection, limits: Thresholds) -> dict[str, float]:
        """From which relative change on a revision is large, by indicator."""
        rule = limits.revisions
        known = run.execute(
            "SELECT indicator, count(*), median(abs(change)) FROM ("
            " SELECT m.indicator, s.value / nullif(lag(s.value) OVER versions, 0) - 1 AS change FROM stored AS s"
            " JOIN (SELECT DISTINCT key, indicator FROM met WHERE versions > 1) AS m USING (key)"
            " WHERE s.status <> 'withdrawn'"
            " WINDOW versions AS (PARTITION BY key, s.publisher ORDER BY s.published_at, s.known_at, s.row)"
            ") WHERE change IS NOT NULL AND change <> 0 GROUP BY indicator"
        ).fetchall()
        usual = {indicator: rule.times * float(middle) for indicator, count, middle in known if count >= rule.least}
        names = run.execute(f"SELECT DISTINCT indicator FROM {_INCOMING}").fetchall()
        return {name: max(rule.level, usual.get(name, 0.0)) for (name,) in names}

    def _told(self, run: duckdb.DuckDBPyConnection, limits: dict[str, float]) -> Compared:
        run.execute("CREATE TABLE limits (indicator VARCHAR, most DOUBLE)")
        for item in limits.items():
            run.execute("INSERT INTO limits VALUES (?, ?)", list(item))
        passed = "(SELECT row FROM accepted WHERE rule = '{}')"
        run.execute(
            f"""
            CREATE VIEW told AS
            SELECT row, indicator, unit, 'taken' AS what, NULL::DOUBLE AS other, '' AS body, NULL::DATE AS day FROM met
                WHERE own
            UNION ALL SELECT row, indicator, unit, 'contradiction', against, '', published_at FROM met
                WHERE NOT own AND against IS NOT NULL AND row NOT IN {passed.format("contradiction")}
            UNION ALL SELECT row, indicator, unit, 'repeated', NULL, '', NULL FROM met
                WHERE NOT own AND against IS NULL AND repeated
            UNION ALL SELECT a.row, a.indicator, a.unit,
                CASE WHEN abs(a.value - first) > (half + first_half) * {_SLACK!r} THEN 'contradiction'
                     ELSE 'repeated' END, first, 'file', NULL
                FROM again AS a ANTI JOIN (SELECT * FROM met WHERE own OR against IS NOT NULL OR repeated) AS m
                    USING (row, indicator, unit)
                WHERE NOT (abs(a.value - first) > (half + first_half) * {_SLACK!r}
                    AND a.row IN {passed.format("contradiction")})
            """
        )
        run.execute("CREATE TABLE staying_out AS SELECT * FROM told")
        run.execute(
            f"""
            CREATE VIEW doubted AS
            SELECT what AS rule, row, indicator, unit, other, body, day FROM staying_out WHERE what = 'contradiction'
            UNION ALL SELECT 'large-revision', m.row, m.indicator, m.unit, before, '', NULL FROM met AS m
                JOIN limits USING (indicator) ANTI JOIN staying_out USING (row, indicator, unit)
                WHERE before <> 0 AND abs(value / before - 1) > most
                    AND m.row NOT IN {passed.format("large-revision")}
            UNION ALL SELECT 'publishers-differ', m.row, m.indicator, m.unit, otherwise, body, NULL FROM met AS m
                ANTI JOIN staying_out USING (row, indicator, unit)
                WHERE otherwise IS NOT NULL AND m.row NOT IN {passed.format("publishers-differ")}
            """
        )
        doubts, more, refused = list[Doubt](), dict[str, int](), 0
        for rule in _KINDS:
            (count,) = run.execute("SELECT count(*) FROM doubted WHERE rule = ?", [rule]).fetchall()[0]
            refused += count if rule == "contradiction" else 0
            if count > LISTED:
                more[rule] = count - LISTED
            rows = run.execute(
                "SELECT row, indicator, unit, other, body, day FROM doubted WHERE rule = ?"
                f" ORDER BY ALL LIMIT {LISTED}",
                [rule],
            ).fetchall()
            doubts += [
                Doubt(rule, int(row), indicator, unit, float(other), body or "", day.isoformat() if day else "")
                for row, indicator, unit, other, body, day in rows
            ]
        repeated, left = run.execute(
            "SELECT count(*) FILTER (what <> 'contradiction'), count(*) FROM staying_out"
        ).fetchall()[0]
        out = ""
        if left:
            out = str(self.folder / _OUT)
            run.execute(
                "COPY (SELECT DISTINCT row, indicator, unit FROM staying_out ORDER BY row) TO '"
                + out.replace("'", "''") + "' (FORMAT parquet)"
            )  # fmt: skip
        return Compared(int(repeated), int(refused), tuple(doubts), more, out)


def without(batch: customs.Batch, out: str) -> duckdb.DuckDBPyRelation:
    """The figures of a batch but for those that stay out."""
    if not out:
        return batch.relation
    path = out.replace("'", "''")
    return _asked(
        batch,
        f"SELECT * FROM batch ANTI JOIN (SELECT row, indicator, unit FROM read_parquet('{path}')"
        f" WHERE row BETWEEN {batch.first} AND {batch.last}) USING (row, indicator, unit)",
    )


def _asked(batch: customs.Batch, query: str) -> duckdb.DuckDBPyRelation:
    """What a query of the batch gives, still within its own engine."""
    answer = batch.relation.query("batch", query)
    assert answer is not None  # the query is a SELECT
    return answer


def described(batch: customs.Batch, doubts: tuple[Doubt, ...], *, file: str, catalogue: Catalogue) -> Iterator[Finding]:
    """The findings about figures of a batch."""
    here = {(d.row, d.indicator, d.unit): d for d in doubts if batch.first <= d.row <= batch.last}
    if not here:
        return
    rows = ", ".join(str(row) for row in sorted({row for row, _, _ in here}))
    found: list[tuple[Any, ...]] = _asked(
        batch, f"SELECT row, indicator, unit, subject, period, printed FROM batch WHERE row IN ({rows}) ORDER BY ALL"
    ).fetchall()
    for row, indicator, unit, subject, period, printed in found:
        for doubt in doubts:
            if (doubt.row, doubt.indicator, doubt.unit) == (row, indicator, unit):
                yield _finding(doubt, file, subject, period, printed, catalogue)


def _finding(doubt: Doubt, file: str, subject: str, period: str, printed: str, catalogue: Catalogue) -> Finding:
    name, other = catalogue.indicator(doubt.indicator).name, text(doubt.other, doubt.unit)
    series, value = f"{trade_subject(subject).name}·{name}·level", printed
    if doubt.rule == "contradiction":
        where = "本文件前面已有" if doubt.body else f"（{doubt.day}）的同一指标，库中已有"
        message = f"同一发布机构同一发布日期{where}另一个数值{doubt.other:.10g}{doubt.unit}"
        return Finding(doubt.rule, "error", file, doubt.row, series, period, value, message, _ADVICE)
    if doubt.rule == "large-revision":
        message = f"较同一机构此前公布的{other}修订过大"
    else:
        message = f"与{doubt.body}公布的{other}不一致"
    return Finding(doubt.rule, "warning", file, doubt.row, series, period, value, message, CHECK, other)


def counted(compared: Compared, *, file: str) -> Iterator[Finding]:
    """One finding for the doubts of a rule that are not listed."""
    words = {
        "contradiction": ("error", "个数字与库中同一发布日期的数字不同，没有入库", _ADVICE),
        "large-revision": ("warning", "个数字较此前公布的修订过大", CHECK),
        "publishers-differ": ("warning", "个数字与其他机构公布的不一致", CHECK),
    }
    for rule, count in compared.more.items():
        severity, said, advice = words[rule]
        yield Finding(
            rule, "error" if severity == "error" else "warning", file, 0, "", "", "", f"另有{count}{said}，未逐行列出",
            advice,
        )  # fmt: skip


def _factor(catalogue: Catalogue, printed: str, unit: str) -> float:
    given, kept = catalogue.unit(printed), catalogue.unit(unit)
    return float(given.factor / kept.factor)
