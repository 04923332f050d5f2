"""A community with members on three hosts, for several files."""

from fixtures_commons import commons, small  # noqa: F401  # fixtures
