"""The doors over HTTP: they translate and decide nothing."""
