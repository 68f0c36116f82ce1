"""People and their work (办公): accounts, permissions, cases, enterprise appeals and dispatch meetings.

Kept in a relational database (SQLite, or PostgreSQL where several people work at once). What may be done by whom, and
from which state, are tables of the catalogue; each change is written to a journal that only grows.
"""
