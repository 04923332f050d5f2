"""Commits that fail as on a full disk, whatever was changed."""

from pod_app.errors import N_, QuotaExceeded


def fail_commits(monkeypatch, database, times):
    """Let so many commits of an SQLite database fail; those after them are kept."""
    writer = database._writer
    commit, left = writer._commit, iter(range(times))

    def fails(execute):
        if next(left, None) is None:
            return commit(execute)
        execute("ROLLBACK")
        return QuotaExceeded(N_("Full."), N_("Wait."))

    monkeypatch.setattr(writer, "_commit", fails)
