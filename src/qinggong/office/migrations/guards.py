"""Statements that make a table grow only (只增不删): the database itself refuses what the program never does."""

from __future__ import annotations


def never(table: str, event: str, dialect: str) -> tuple[str, ...]:
    """Refuse ``UPDATE`` or ``DELETE`` on a table."""
    name = f"{table}_no_{event.lower()}"
    said = f"{table}: rows are never {'changed' if event == 'UPDATE' else 'deleted'}"
    if dialect == "sqlite":
        return (f"CREATE TRIGGER {name} BEFORE {event} ON {table} BEGIN SELECT RAISE(ABORT, '{said}'); END",)
    events = f"{event} OR TRUNCATE" if event == "DELETE" else event
    body = f"BEGIN RAISE EXCEPTION '{said}'; END"
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS '{body.replace(chr(39), chr(39) * 2)}'",
        f"CREATE TRIGGER {name} BEFORE {events} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {name}()",
    )
