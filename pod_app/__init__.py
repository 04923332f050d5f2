"""Pods, signed badges and a community's collective capital, as linked data."""

__version__ = "0.1.0"
