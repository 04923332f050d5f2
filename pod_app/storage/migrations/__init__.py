"""Steps from one layout of the tables to the next; each runs in one transaction, on SQLite and PostgreSQL."""
