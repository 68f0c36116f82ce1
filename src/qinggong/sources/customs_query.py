"""The query that turns the texts of a customs block into codes and numbers."""

from __future__ import annotations

from collections.abc import Collection

from qinggong.sources.customs_layout import BREAKDOWNS, NUMBER, TOTAL, Layout

LOOKED_UP = ("month", *BREAKDOWNS, "unit", "unit2")
"""The columns whose texts are understood by tables of text and code: ``known_goods``, ``fixed_place`` and so on."""
_FORMS = {
    "goods": ("(0[1-9]|[1-689][0-9]|7[0-689])([0-9]{2}){0,4}", "hs."),
    "partner": ("[0-9]{3}", ".p"),
    "mode": ("[0-9]{2,4}", ".m"),
}
"""The usual form of a code and the prefix it gets; codes of another form are understood one by one."""


def typed_query(layout: Layout, source: str, *, missing: Collection[str], quick: bool) -> str:
    """The query of codes and numbers of a source of texts.

    ``quick`` understands codes by their form and months, places and units by tables that are known beforehand.
    """
    fields, present = layout.fields, layout.present
    known = "fixed" if quick else "known"
    looked_up = [n for n in LOOKED_UP if n in fields and not (quick and n in _FORMS)]
    joins = "".join(f" LEFT JOIN {known}_{n} AS k_{n} ON raw.{n} = k_{n}.text" for n in looked_up)

    def code(name: str, absent: str) -> str:
        if name not in fields:
            return f"'{absent}'"
        if not quick or name not in _FORMS:
            return f"k_{name}.code"
        if name not in present:
            return f"CASE WHEN raw.{name} = '' THEN '{absent}' END"
        form, prefix = _FORMS[name]
        return f"CASE WHEN regexp_full_match(raw.{name}, '{form}') THEN '{prefix}' || raw.{name} END"

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
        shown = f"coalesce(k_{unit}.shown, raw.{unit})" if quick else f"k_{unit}.shown"
        chosen += [
            f"{number(quantity)} AS {figure}", f"CAST({figure} AS DOUBLE) AS {figure}_value",
            f"k_{unit}.code AS {figure}_unit", f"{shown} AS {figure}_shown",
        ]  # fmt: skip
        faults.append(fault(figure, quantity))
    return f"SELECT {', '.join(chosen)}, {' OR '.join(faults)} AS bad FROM {source} AS raw{joins}"


def quantities(layout: Layout) -> list[tuple[str, str, str]]:
    """Name of each quantity the file has, with its two columns."""
    all_of_them = (("first", "quantity", "unit"), ("second", "quantity2", "unit2"))
    return [names for names in all_of_them if names[1] in layout.fields]


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
