"""The tables of the office as they are now; ``migrations`` makes them, and a test holds the two against each other.

Moments are ISO texts in UTC of one width, days ISO texts, so that both databases order and hash them alike. Lists are
JSON texts.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table, Text

metadata = MetaData()

version = Table(
    "office_version", metadata,
    Column("number", Integer, primary_key=True, autoincrement=False), Column("name", Text, nullable=False),
    Column("applied_at", Text, nullable=False), Column("code_version", Text, nullable=False),
)  # fmt: skip

accounts = Table(
    "accounts", metadata,
    Column("name", Text, primary_key=True),
    Column("display", Text, nullable=False), Column("body", Text, nullable=False),
    Column("password", Text, nullable=False), Column("password_at", Text, nullable=False),
    Column("roles", Text, nullable=False), Column("industries", Text, nullable=False),
    Column("regions", Text, nullable=False), Column("state", Text, nullable=False),
    Column("failures", Integer, nullable=False), Column("locked_until", Text, nullable=False),
    Column("created_at", Text, nullable=False), Column("version", Integer, nullable=False),
)  # fmt: skip

journal_head = Table(
    "journal_head", metadata,
    Column("id", Integer, primary_key=True, autoincrement=False), Column("seq", Integer, nullable=False),
    Column("hash", Text, nullable=False),
)  # fmt: skip

journal = Table(
    "journal", metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False), Column("at", Text, nullable=False),
    Column("who", Text, nullable=False), Column("action", Text, nullable=False), Column("kind", Text, nullable=False),
    Column("object", Text, nullable=False), Column("before", Text, nullable=False),
    Column("after", Text, nullable=False), Column("note", Text, nullable=False),
    Column("previous", Text, nullable=False), Column("hash", Text, nullable=False),
)  # fmt: skip

cases = Table(
    "cases", metadata,
    Column("number", Text, primary_key=True),
    Column("kind", Text, nullable=False), Column("state", Text, nullable=False),
    Column("title", Text, nullable=False), Column("body", Text, nullable=False),
    Column("industry", Text, nullable=False), Column("region", Text, nullable=False),
    Column("severity", Integer, nullable=False), Column("owner", Text, ForeignKey("accounts.name")),
    Column("opened_by", Text, nullable=False), Column("opened_at", Text, nullable=False),
    Column("deadline", Text, nullable=False), Column("changed_at", Text, nullable=False),
    Column("ended_at", Text, nullable=False), Column("episode", Text, nullable=False),
    Column("origin", Text, nullable=False), Column("merged_into", Text, ForeignKey("cases.number")),
    Column("version", Integer, nullable=False),
    Column("parent", Text, ForeignKey("cases.number")), Column("meeting", Text, nullable=False),
    Column("answer", Text, nullable=False),
)  # fmt: skip

signals = Table(
    "signals", metadata,
    Column("number", Text, ForeignKey("cases.number"), primary_key=True), Column("rule", Text, primary_key=True),
    Column("severity", Integer, nullable=False), Column("problems", Text, nullable=False),
    Column("first_period", Text, nullable=False), Column("last_period", Text, nullable=False),
    Column("cleared", Integer, nullable=False), Column("cleared_period", Text, nullable=False),
    Column("text", Text, nullable=False),
)  # fmt: skip

attachments = Table(
    "attachments", metadata,
    Column("number", Text, ForeignKey("cases.number"), primary_key=True), Column("sha256", Text, primary_key=True),
    Column("name", Text, nullable=False), Column("size", Integer, nullable=False),
    Column("added_by", Text, nullable=False), Column("added_at", Text, nullable=False),
)  # fmt: skip

appeals = Table(
    "appeals", metadata,
    Column("number", Text, ForeignKey("cases.number"), primary_key=True),
    Column("firm", Text, nullable=False), Column("firm_code", Text, nullable=False),
    Column("contact", Text, nullable=False), Column("channel", Text, nullable=False),
    Column("received_on", Text, nullable=False), Column("category", Text, nullable=False),
    Column("classified_by", Text, nullable=False), Column("words", Text, nullable=False),
    Column("alike", Text, nullable=False), Column("rating", Integer, nullable=False),
    Column("rating_note", Text, nullable=False),
)  # fmt: skip

meetings = Table(
    "meetings", metadata,
    Column("day", Text, primary_key=True), Column("title", Text, nullable=False),
    Column("agenda", Text, nullable=False), Column("sha256", Text, nullable=False),
    Column("prepared_by", Text, nullable=False), Column("prepared_at", Text, nullable=False),
)  # fmt: skip

second_factors = Table(
    "second_factors", metadata,
    Column("account", Text, ForeignKey("accounts.name"), primary_key=True),
    Column("secret", Text, nullable=False), Column("begun_at", Text, nullable=False),
    Column("confirmed_at", Text, nullable=False), Column("last_step", Integer, nullable=False),
    Column("failures", Integer, nullable=False), Column("recovery", Text, nullable=False),
)  # fmt: skip

sessions = Table(
    "sessions", metadata,
    Column("id", Text, primary_key=True), Column("account", Text, ForeignKey("accounts.name"), nullable=False),
    Column("csrf", Text, nullable=False), Column("passed", Integer, nullable=False),
    Column("begun_at", Text, nullable=False), Column("used_at", Text, nullable=False),
    Column("ends_at", Text, nullable=False),
)  # fmt: skip
