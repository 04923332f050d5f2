"""Badges: achievements, issuing, verifying, endorsing, importing."""
