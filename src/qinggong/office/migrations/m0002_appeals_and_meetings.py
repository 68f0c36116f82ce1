"""Enterprise appeals and dispatch meetings; a case knows its parent, its meeting and its last answer."""

from __future__ import annotations

from qinggong.office.migrations.guards import never

_TABLES = (
    "ALTER TABLE cases ADD COLUMN parent TEXT REFERENCES cases (number)",
    "ALTER TABLE cases ADD COLUMN meeting TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE cases ADD COLUMN answer TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX cases_meeting ON cases (meeting)",
    """CREATE TABLE appeals (
        number TEXT NOT NULL PRIMARY KEY REFERENCES cases (number), firm TEXT NOT NULL, firm_code TEXT NOT NULL,
        contact TEXT NOT NULL, channel TEXT NOT NULL, received_on TEXT NOT NULL, category TEXT NOT NULL,
        classified_by TEXT NOT NULL, words TEXT NOT NULL, alike TEXT NOT NULL,
        rating INTEGER NOT NULL CHECK (rating BETWEEN 0 AND 5), rating_note TEXT NOT NULL
    )""",
    "CREATE INDEX appeals_alike ON appeals (alike)",
    "CREATE INDEX appeals_category ON appeals (category, received_on)",
    """CREATE TABLE meetings (
        day TEXT NOT NULL PRIMARY KEY, title TEXT NOT NULL, agenda TEXT NOT NULL, sha256 TEXT NOT NULL,
        prepared_by TEXT NOT NULL, prepared_at TEXT NOT NULL
    )""",
)


def statements(dialect: str) -> tuple[str, ...]:
    return (*_TABLES, *never("appeals", "DELETE", dialect), *never("meetings", "DELETE", dialect))
