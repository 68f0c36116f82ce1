"""Accounts, the journal, cases with signals and attachments."""

from __future__ import annotations

from qinggong.office.migrations.guards import never

_TABLES = (
    """CREATE TABLE accounts (
        name TEXT NOT NULL PRIMARY KEY, display TEXT NOT NULL, body TEXT NOT NULL,
        password TEXT NOT NULL, password_at TEXT NOT NULL,
        roles TEXT NOT NULL, industries TEXT NOT NULL, regions TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('active', 'disabled')),
        failures INTEGER NOT NULL, locked_until TEXT NOT NULL, created_at TEXT NOT NULL, version INTEGER NOT NULL
    )""",
    """CREATE TABLE journal_head (
        id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, hash TEXT NOT NULL
    )""",
    "INSERT INTO journal_head (id, seq, hash) VALUES (1, 0, '')",
    """CREATE TABLE journal (
        seq INTEGER NOT NULL PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL,
        kind TEXT NOT NULL, object TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, note TEXT NOT NULL,
        previous TEXT NOT NULL, hash TEXT NOT NULL UNIQUE
    )""",
    "CREATE INDEX journal_object ON journal (kind, object, seq)",
    """CREATE TABLE cases (
        number TEXT NOT NULL PRIMARY KEY, kind TEXT NOT NULL, state TEXT NOT NULL, title TEXT NOT NULL,
        body TEXT NOT NULL, industry TEXT NOT NULL, region TEXT NOT NULL,
        severity INTEGER NOT NULL CHECK (severity BETWEEN 1 AND 3),
        owner TEXT REFERENCES accounts (name), opened_by TEXT NOT NULL, opened_at TEXT NOT NULL,
        deadline TEXT NOT NULL, changed_at TEXT NOT NULL, ended_at TEXT NOT NULL, episode TEXT NOT NULL,
        origin TEXT NOT NULL, merged_into TEXT REFERENCES cases (number), version INTEGER NOT NULL
    )""",
    "CREATE INDEX cases_kind_state ON cases (kind, state, deadline)",
    "CREATE INDEX cases_episode ON cases (episode)",
    """CREATE TABLE signals (
        number TEXT NOT NULL REFERENCES cases (number), rule TEXT NOT NULL,
        severity INTEGER NOT NULL CHECK (severity BETWEEN 1 AND 3), problems TEXT NOT NULL,
        first_period TEXT NOT NULL, last_period TEXT NOT NULL, cleared INTEGER NOT NULL, cleared_period TEXT NOT NULL,
        text TEXT NOT NULL, PRIMARY KEY (number, rule)
    )""",
    """CREATE TABLE attachments (
        number TEXT NOT NULL REFERENCES cases (number), sha256 TEXT NOT NULL, name TEXT NOT NULL,
        size INTEGER NOT NULL CHECK (size >= 0), added_by TEXT NOT NULL, added_at TEXT NOT NULL,
        PRIMARY KEY (number, sha256)
    )""",
)


def statements(dialect: str) -> tuple[str, ...]:
    guards = [never("journal", "UPDATE", dialect)]
    for table in ("journal", "journal_head", "accounts", "cases", "signals", "attachments", "office_version"):
        guards.append(never(table, "DELETE", dialect))
    return (*_TABLES, *(statement for guard in guards for statement in guard))
