"""The query that turns the texts of customs cells into codes and numbers."""

from __future__ import annotations

from collections.abc import Collection

from qinggong.sources.customs_layout import BREAKDOWNS, NUMBER, TOTAL, Layout

FIELDS = ("month", *BREAKDOWNS, "quantity", "unit", "quantity2", "unit2", "amount")
NAMES = ("goods_name", "partner_name", "mode_name")
LOOKED_UP = ("month", *BREAKDOWNS, "unit", "unit2")
"""The columns whose texts are understood by tables of text and code: ``known_goods``, ``known_unit`` and so on."""


def typed_query(layout: Layout, source: str, *, missing: Collection[str]) -> str:
    """The query of codes and numbers of a table of texts.

    Parameters
    ----------
    missing
        The cells, byte by byte as Latin-1 text, that stand for a figure that does not exist.
    """
    fields = layout.fields
    joins = "".join(f" LEFT JOIN known_{n} AS k_{n} ON raw.{n} = k_{n}.text" for n in LOOKED_UP if n in fields)

    def code(name: str, absent: str) -> str:
        return f"k_{name}.code" if name in fields else quoted(absent)

    def number(name: str) -> str:
        given, bare = f"raw.{name}", f"trim(raw.{name}, ' \t')"
        return (
            f"CASE WHEN regexp_full_match({given}, '{NUMBER}') THEN replace({given}, ',', '')"
            f" WHEN regexp_full_match({bare}, '{NUMBER}') THEN replace({bare}, ',', '') END"
        )

    def fault(figure: str, name: str) -> str:
        return f"({figure} IS NULL AND raw.{name} NOT IN ({', '.join(map(quoted, sorted(missing)))}))"

    parts = [code("goods", TOTAL), code("partner", ""), code("mode", "")]
    chosen = [
        "raw.row", "k_month.code AS period", "k_month.span AS span", "k_month.published AS published",
        f"{' || '.join(parts)} AS subject", f"{code('place', 'CN')} AS region", f"{number('amount')} AS money",
    ]  # fmt: skip
    faults = ["period IS NULL", "subject IS NULL", "region IS NULL", fault("money", "amount")]
    for figure, quantity, unit in quantities(layout):
        chosen += [
            f"{number(quantity)} AS {figure}", f"CAST({figure} AS DOUBLE) AS {figure}_value",
            f"k_{unit}.code AS {figure}_unit", f"k_{unit}.shown AS {figure}_shown",
            f"k_{unit}.dimension AS {figure}_dimension",
        ]  # fmt: skip
        faults.append(fault(figure, quantity))
    return f"SELECT {', '.join(chosen)}, {' OR '.join(faults)} AS bad FROM {source} AS raw{joins}"


def quantities(layout: Layout) -> list[tuple[str, str, str]]:
    """Name of each quantity the file has, with its two columns."""
    all_of_them = (("first", "quantity", "unit"), ("second", "quantity2", "unit2"))
    return [names for names in all_of_them if names[1] in layout.fields]


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
