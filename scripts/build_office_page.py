"""Write docs/reference/office.md from the tables of the catalogue: permissions, states of cases, appeals.

python scripts/build_office_page.py            # writes the page
python scripts/build_office_page.py --check    # exit 1 if the page is not the one that the tables give
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from qinggong.office import tables
from qinggong.office.appeals import appeal_rules
from qinggong.office.migrations import MIGRATIONS
from qinggong.office.permissions import ACTION_NAMES, OBJECT_NAMES, WHOSE_NAMES, permission_table
from qinggong.office.workflow import NEED_NAMES, case_table

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "office.md"
HEAD = """# Office

Accounts, permissions, cases, enterprise appeals. Generated from `src/qinggong/catalogue/data/office/` by
`scripts/build_office_page.py`; do not edit. How it is used: [prepare a dispatch
meeting](../howto/dispatch-meeting.md); the commands: [commands](commands.md#qinggong-office).

## The database

`office.sqlite` in the workspace (readable by its owner only; write-ahead log, foreign keys on), or a PostgreSQL
database (needs the extra `postgres`) named in `qinggong.toml` or, which goes first, by the variable
`QINGGONG_OFFICE_DATABASE`:

```toml
[office]
database = "postgresql://qinggong:PASSWORD@db.example/qinggong"
```

A server elsewhere is reached by TLS, with certificate and host name checked (`?sslrootcert=FILE` for a
certificate of one's own, `?sslmode=disable` to do without); `?unix_sock=FILE` is a local socket. An address is
never shown with its password. Attachments lie in `office_files/` under their SHA-256.

An older database is brought up to date when it is opened (of a SQLite file a copy `office.sqlite.v1.bak`
stays); a newer one is refused. There is one writer at a time; a step that names the version it has seen
(`--seen`) is refused if somebody has changed the case since.

Nothing is deleted: triggers of the database refuse it. Each change is a line of the journal (who, when, what,
before, after), chained by SHA-256; `qinggong office verify` recomputes the chain. Its last hash, noted on
paper, also proves that the end was not cut off (`--head`). Passwords, contacts of persons and addresses of
databases are in no journal.

Passwords: Argon2id (64 MiB, 3 passes, 4 lanes)."""


def rows(head: tuple[str, ...], lines: list[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(head)} |\n", f"|{'---|' * len(head)}\n", *(f"| {' | '.join(line)} |\n" for line in lines)]


def named(codes: tuple[str, ...] | list[str], names: dict[str, str]) -> str:
    return "、".join(names[c] for c in codes)


def page() -> str:
    lines = [HEAD, *_password_lines(), *_permission_lines(), *_case_lines(), *_appeal_lines()]
    return "".join(lines)


def _password_lines() -> list[str]:
    rule = permission_table().passwords
    return [
        f" {rule.shortest} to {rule.longest} characters of at least {rule.classes} of four classes,",
        " without the account's",
        f" name. After {rule.failures} failures an account is locked for {rule.locked_minutes} minutes.\n",
        "\nTables: ", "、".join(f"`{name}`" for name in tables.metadata.tables),
        ". Migrations: ", "; ".join(f"{m.number} {m.name}" for m in MIGRATIONS), ".\n",
    ]  # fmt: skip


def _permission_lines() -> list[str]:
    table = permission_table()
    roles = {r.code: r.name for r in table.roles}
    held = [(f"`{r.code}`" + ("" if r.held_by_accounts else " (of no account)"), r.name, r.duty) for r in table.roles]
    grants = [
        (named(g.roles, roles), named(g.kinds, OBJECT_NAMES), named(g.actions, ACTION_NAMES), WHOSE_NAMES[g.whose])
        for g in table.grants
    ]
    return [
        f"\n## Permissions\n\nValid from {table.valid_from}. What no line allows is refused.",
        " 范围: the industries and regions of",
        " the account; a code covers those under it, an empty list is no limit, two empty lists are no scope.\n\n",
        *rows(("role", "角色", "duty"), held),
        "\nNever together in one account: ", "; ".join(f"{roles[a]}—{roles[b]}" for a, b in table.apart), ".\n\n",
        *rows(("roles", "kinds", "actions", "whose"), grants),
    ]  # fmt: skip


def _case_lines() -> list[str]:
    table = case_table()
    states = {s.code: s.name for s in table.states}
    kinds = [(f"`{k.code}`", k.name, f"{k.prefix}-YYYY-NNNN", ", ".join(map(str, k.working_days))) for k in table.kinds]
    steps = [
        (
            f"`{t.action}`", t.name, named(t.from_, states), states[t.to] if t.to else "—",
            named(t.needs, NEED_NAMES) or "—", named(t.kinds, OBJECT_NAMES) or "—",
        )
        for t in table.transitions
    ]  # fmt: skip
    again, files = table.hysteresis, table.attachments
    return [
        f"\n## Cases\n\nValid from {table.valid_from}.\n\n",
        *rows(("kind", "类别", "number", "working days to the deadline: 一般, 较重, 严重"), kinds),
        "\n",
        *rows(("state", "状态", "ended"), [(f"`{s.code}`", s.name, "yes" if s.ended else "") for s in table.states]),
        "\n",
        *rows(("action", "办法", "from", "to", "needs", "only for"), steps),
        "\nWarnings of one industry and region are one case. A signal has gone after",
        f" {again.clear_after} months in a row",
        f" without it; a graver signal within {again.resume_within_days} days of the end opens the",
        " case again, one that is no",
        f" graver within {again.quiet_days} days is only noted.\n",
        f"\nAttachments: at most {files.largest_bytes:,} bytes each and {files.most_per_case} a case,",
        f" {', '.join(files.endings)}.\n",
    ]


def _appeal_lines() -> list[str]:
    rules = appeal_rules()
    near, many = rules.comparison, rules.systemic
    words = [
        (f"`{c.code}`", c.name, "、".join(f"{w}（{n}）" for w, n in c.words.items()) or "—") for c in rules.categories
    ]
    return [
        f"\n## Enterprise appeals\n\nValid from {rules.valid_from}; a workspace's own `catalogue/office/appeals.yaml`",
        " replaces the",
        f" table. Texts are compared by the cosine of their {' and '.join(map(str, near.characters))}-character",
        " strings: from",
        f" {near.duplicate} on, of one enterprise, the same appeal; from {near.alike} on alike.",
        f" {many.alike_firms} enterprises",
        f" alike, or {many.category_firms} of one industry in one category, within {many.within_days} days are a",
        " systemic issue.",
        f" A rating of {rules.rating.unsatisfied_at_most} or less sends the answer back.\n\n",
        *rows(("category", "类别", "words (weight)"), words),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    made = page()
    if parser.parse_args().check:
        if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == made:
            return 0
        print(f"{PAGE.name} is not what the tables give: run python scripts/build_office_page.py")
        return 1
    PAGE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
