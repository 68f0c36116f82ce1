"""Sessions of the portal and second factors of accounts."""

from __future__ import annotations

_TABLES = (
    """CREATE TABLE second_factors (
        account TEXT NOT NULL PRIMARY KEY REFERENCES accounts (name), secret TEXT NOT NULL, begun_at TEXT NOT NULL,
        confirmed_at TEXT NOT NULL, last_step INTEGER NOT NULL, failures INTEGER NOT NULL, recovery TEXT NOT NULL
    )""",
    """CREATE TABLE sessions (
        id TEXT NOT NULL PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts (name), csrf TEXT NOT NULL,
        passed INTEGER NOT NULL CHECK (passed IN (0, 1)), begun_at TEXT NOT NULL, used_at TEXT NOT NULL,
        ends_at TEXT NOT NULL
    )""",
    "CREATE INDEX sessions_account ON sessions (account)",
    "CREATE INDEX sessions_ends ON sessions (ends_at)",
)


def statements(dialect: str) -> tuple[str, ...]:
    return _TABLES
