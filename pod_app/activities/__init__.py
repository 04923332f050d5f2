"""Messages between pods."""
